// @ts-check
// The tree of who waits for whom, from those for whom nobody waits.

/// So many are shown of what one task waits for, and of those for whom nobody waits.
const MOST_AWAITED = 12;

/// The tree at a moment. A node has a `task` or the `words` of something else, and what
/// it waits for: `below`, and how many `more` there are. A task that was woken has `woken`:
/// why, in words.
function waitTree(recording, state) {
  const awaited = new Set();
  state.tasks.forEach((task) => {
    if (task.live) for (const id of awaitedBy(task, recording, state)) awaited.add(id);
  });
  const roots = [];
  state.tasks.forEach((task) => {
    if (task.live && !awaited.has(task.id)) roots.push(task.id);
  });
  const seen = new Set();
  const shown = roots.slice(0, MOST_AWAITED).map((id) => waitNode(id, recording, state, seen));
  return { below: shown, more: roots.length - shown.length };
}

/// The living tasks for which a task waits.
function awaitedBy(task, recording, state) {
  return task.waits.flatMap(({ on }) => membersOfWait(on, task.id, recording, state)).filter((id) => state.task(id)?.live);
}

function membersOfWait(on, waiter, recording, state) {
  if (on.task !== undefined) return [on.task];
  if (on.watch !== undefined) return recording.tasksOf(on.watch, state.watch(on.watch)?.children ?? 0);
  if (on.section === undefined) return [];
  const members = recording.membersOf(on.section).slice(0, state.section(on.section)?.members ?? 0);
  return [...new Set(members.map(({ task }) => task))].filter((id) => id !== waiter);
}

/// A task that was shown already isn't unfolded again: tasks may wait in a circle.
function waitNode(id, recording, state, seen) {
  const task = state.task(id);
  const status = endingOf(recording, state, id) ?? stateOf(task);
  const again = seen.has(id);
  seen.add(id);
  // Who is woken waits for nothing that is over, nor for a timer, until the next poll says so.
  const waits = status in ENDINGS ? [] : status !== "queued" ? task.waits : task.waits.filter(({ on }) => membersOfWait(on, id, recording, state).some((it) => state.task(it)?.live));
  const woken = status === "queued" ? wokenWords(recording, task) : [];
  return { task: id, status, woken, below: again ? [] : waits.map((it) => awaitedNode(it, id, recording, state, seen)), more: 0 };
}

/// How a task ends in the poll that was the last step but for what follows from it.
const ENDINGS = { cancelled: "ends as cancelled", panicked: "panics", raised: "raises what the loop doesn't catch" };

function endingOf(recording, state, id) {
  const { work } = state;
  if (work?.kind !== "poll" || work.task !== id) return null;
  const now = pollNow(recording, state, work);
  return now in ENDINGS ? now : null;
}

/// Why tasks were woken, by the step in which they were.
const WOKEN = new WeakMap();

/// Why a task in the ready queue was woken, as the sentence about that step says it.
function wokenWords(recording, { woken }) {
  const event = recording.steps[woken];
  if (!event) return [];
  if (!WOKEN.has(event)) {
    const told = { recording, steps: recording.steps, step: woken, event, state: recording.at(woken) };
    WOKEN.set(event, [", ", ...VALUES.because(told, event)]);
  }
  return WOKEN.get(event);
}

function awaitedNode({ on }, waiter, recording, state, seen) {
  if (on.task !== undefined && state.task(on.task)?.live) return waitNode(on.task, recording, state, seen);
  const all = membersOfWait(on, waiter, recording, state);
  const living = all.filter((id) => state.task(id)?.live);
  const below = living.slice(0, MOST_AWAITED).map((id) => waitNode(id, recording, state, seen));
  return { words: [...awaitedWords(on, state), countOf(all, living)], below, more: living.length - below.length };
}

function awaitedWords(on, state) {
  if (on.timer === undefined) return waitWords(state, { on });
  const deadline = state.timer(on.timer)?.deadline;
  return [Number.isInteger(deadline) ? `timer ${on.timer}, due at ${whenText(state, deadline)}` : `timer ${on.timer}`];
}

function countOf(all, living) {
  if (all.length === 0) return "";
  if (all.length === 1) return living.length === 1 ? ", whose one task is left" : ", whose one task has ended";
  return `, of which ${NUMBERS.format(living.length)} of ${NUMBERS.format(all.length)} tasks ${living.length === 1 ? "is" : "are"} left`;
}

class WaitsPane {
  constructor(pane) {
    this.element = pane("waits");
  }

  /** @param {Moment} moment */
  show({ recording, state }) {
    if (isHidden(this.element)) return;
    const { below, more } = waitTree(recording, state);
    const { scrollTop } = this.element;
    this.element.replaceChildren(below.length === 0 ? h("p", { class: "empty" }, "No task lives.") : this.#list(below, more, state));
    this.element.scrollTop = scrollTop;
  }

  #list(nodes, more, state) {
    const rest = more > 0 ? [h("li", { class: "empty" }, `and ${NUMBERS.format(more)} more`)] : [];
    return h("ul", {}, ...nodes.map((it) => this.#item(it, state)), ...rest);
  }

  #item(node, state) {
    const [only] = node.below;
    // A leaf stands on the line of the one that waits for it.
    const isLeaf = node.below.length === 1 && only.task === undefined && only.below.length === 0;
    const joint = node.status === "polled" ? " and comes to wait for " : " for ";
    const rest = isLeaf ? partsAsNodes([joint, ...only.words.filter((it) => it !== "")], state)
      : node.below.length > 0 ? [this.#list(node.below, node.more, state)] : [];
    if (node.task === undefined) return h("li", {}, ...partsAsNodes(node.words.filter((it) => it !== ""), state), ...rest);
    const status = ENDINGS[node.status] ?? BADGES[node.status] ?? node.status;
    return h("li", {}, chip(state, node.task, { "data-task": node.task }), " ", h("span", { class: "badge" }, status), ...partsAsNodes(node.woken, state), ...rest);
  }
}
