// What the page says: names, times, and one sentence for every kind of step.
//
// A sentence is a list of parts: strings, `{task}`, `{link}` (to a step) and
// `{quote}`. `partsAsText` and `partsAsNodes` (in panes.js) make of it what is
// read out and what is shown.

// Names and times ------------------------------------------------------------

/// A task's name, or "Task-7" for one that has none.
function nameOf(state, id) {
  return state.task(id)?.name ?? `Task-${id}`;
}

const UNITS = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

/// A time in nanoseconds, as people say it: "1.59 s".
function timeText(nanoseconds) {
  if (nanoseconds === 0) return "0 s";
  const [unit, size] = UNITS.find(([, size]) => Math.abs(nanoseconds) >= size) ?? UNITS.at(-1);
  const number = (nanoseconds / size).toLocaleString("en", { maximumFractionDigits: 3 });
  return `${number} ${unit}`;
}

function countText(count, one, many = `${one}s`) {
  return count === 1 ? `one ${one}` : `${count.toLocaleString("en")} ${many}`;
}

const PLACES = new Map([[null, null], [undefined, null]]);

/// What a place is: file and line. There are few places, each asked for often.
function placeOf(text) {
  if (!PLACES.has(text)) {
    const [, file, line] = text.match(/^(.*):(\d+):(\d+)$/) ?? [];
    PLACES.set(text, file === undefined ? null : { file, line: Number(line) });
  }
  return PLACES.get(text);
}

// Parts ----------------------------------------------------------------------

function say(strings, ...values) {
  return strings.flatMap((text, at) => [text, values[at] ?? []].flat()).filter((it) => it !== "");
}

function link(step, text = `step ${step}`) {
  return Number.isInteger(step) ? { link: step, text } : text;
}

/// "(step 12)", or nothing where there is no such step.
function at(step, how = "") {
  return Number.isInteger(step) ? [` (${how}`, link(step), ")"] : "";
}

function partsAsText(parts, state) {
  return parts.map((it) => {
    if (typeof it === "string") return it;
    return it.task === undefined ? it.quote ?? it.text : nameOf(state, it.task);
  }).join("");
}

// Sentences ------------------------------------------------------------------

/// Why a task or a notice joins the queue: what the step `because` did.
function because(told, step) {
  const cause = told.steps[step];
  if (!cause) return "because of something outside of the executor's run";
  const words = BECAUSE[cause.ev]?.(told, cause);
  return words ? [...words, at(step)].flat() : ["because of ", link(step)];
}

const BECAUSE = {
  spawn: () => ["because it was spawned"],
  fire: (_, { timer }) => [`because its timer ${timer} fired`],
  done: (_, { task }) => ["because ", { task }, ", which it waits for, ended"],
  met: (_, { watch }) => [`because the condition of watch ${watch} was met`],
  ask: (_, { watch }) => [`because the condition of watch ${watch} was met`],
  cancel: () => ["because it was cancelled"],
  mark: () => ["because it was marked as cancelled"],
  pass: () => ["because a cancellation was passed on"],
  heard: () => ["because another thread woke it"],
  poll: (told, { task }) => (told.event.task === task ? ["because it asked for that in its own poll"]
    : ["because of a wake during the poll of ", { task }]),
  awaits: (_, { on }) => (on.turn ? ["because it asked for one turn"] : null),
  unwind: (_, { task }) => ["because of a wake while the future of ", { task }, " was dropped"],
  detach: (_, { task }) => ["because the handle of ", { task }, " was dropped"],
};

/// What a task waits for, as one would say it.
function waitWords(state, { on }) {
  if (on.timer !== undefined) return [`timer ${on.timer}`, at(state.timer(on.timer)?.set, "set in ")].flat();
  if (on.task !== undefined) return ["the end of ", { task: on.task }];
  if (on.watch !== undefined) return watchWords(state, on.watch);
  return on.turn ? ["one turn to pass"] : ["something unknown"];
}

function watchWords(state, id) {
  const what = state.watch(id)?.what;
  return [what ? `watch ${id} (${what})` : `watch ${id}`];
}

function allWaitWords(state, task) {
  if (!task || task.waits.length === 0) return ["a waker that something else keeps"];
  return task.waits.flatMap((it, nth) => [nth === 0 ? "" : " and for ", ...waitWords(state, it)]);
}

/// Who acts while no task is polled.
function callerWords({ work, phase }) {
  if (work?.kind === "ask") return `What watch ${work.watch} stands for`;
  return phase === "fire" ? "What the timer called" : "Something outside";
}

function listPlace({ level, list }) {
  return `list ${list} of level ${level}`;
}

function timersWords(state, ids) {
  const most = 3;
  const shown = ids.slice(0, most).flatMap((id, nth) => {
    const task = state.timer(id)?.task;
    const owner = task === null || task === undefined ? [] : [" of ", { task }];
    return [nth === 0 ? "" : ", ", `timer ${id}`, ...owner];
  });
  return ids.length > most ? [...shown, ` and ${ids.length - most} more`] : shown;
}

/// One sentence for each kind of step. `told` has the state `before` and
/// `after` the step, the `recording`, and its `steps`.
const SENTENCES = {
  turn(told, { batch }) {
    const { turn } = told.after;
    if (batch === 0) return say`Turn ${`${turn}`} begins with an empty batch: nothing is ready.`;
    const entries = { 1: "The one entry", 2: "Both entries" }[batch] ?? `All ${countText(batch, "entry", "entries")}`;
    const become = batch === 1 ? "becomes" : "become";
    return say`Turn ${`${turn}`} begins. ${entries} of the ready queue ${become} its batch.`;
  },
  order(told) {
    const first = told.after.batch[0];
    const goes = first ? [": ", ...entryWords(first), " goes first"] : "";
    return say`The seeded schedule reorders the batch${goes}.`;
  },
  turn_end({ after }) {
    const waiting = countText(after.queue.length, "entry", "entries");
    const left = after.queue.length === 0 ? "The ready queue is empty"
      : `The next turn will find ${waiting} in the ready queue`;
    return say`Turn ${`${after.turn}`} is over. ${left}.`;
  },
  spawn({ after }, { task, by }) {
    if (task === "0") return say`${{ task }} is the future that the executor was given. It lives in slot 0.`;
    const who = typeof by === "string" ? [{ task: by }, " spawns "] : "From outside comes ";
    const named = nameOf(after, task) === `Task-${task}` ? "" : ` (Task-${task})`;
    return say`${who}${{ task }}${named}. It gets slot ${slotOf(task)}.`;
  },
  found(_, { task }) {
    return say`${{ task }} was there before the first step of this recording.`;
  },
  name(_, { task, name }) {
    return say`Task-${task} is called ${{ quote: name }} from here on.`;
  },
  ready(told, { task, because: cause }) {
    return say`${{ task }} joins the ready queue, ${because(told, cause)}.`;
  },
  again(told, { task, because: cause }) {
    return say`${{ task }} is woken, ${because(told, cause)}. But it is in the queue already: nothing happens.`;
  },
  notice(told, { watch, child, because: cause }) {
    const ended = told.recording.childOf(watch, child);
    const why = told.steps[cause]?.ev === "done"
      ? ["because ", { task: told.steps[cause].task }, ` (child ${child}) ended`, at(cause)].flat()
      : [`about child ${child}`, ended ? [", ", { task: ended.task }] : ""].flat(2);
    return say`A notice of watch ${`${watch}`} joins the ready queue, ${why}. When its turn comes the condition is asked.`;
  },
  ask(told, { watch, child }) {
    const entry = told.before.batch[told.before.taken];
    const task = told.recording.childOf(watch, child)?.task;
    const who = task === undefined ? "" : [", ", { task }];
    return say`A notice is next in the batch${at(entry?.step)}: ${watchWords(told.after, watch)} asks its condition about child ${`${child}`}${who}.`;
  },
  met(told, { watch }) {
    const { asked, by } = told.after.watch(watch) ?? {};
    const child = told.recording.childOf(watch, asked?.child);
    const who = child ? [": ", { task: child.task }, " meets it"] : "";
    const parent = typeof by === "string" ? [{ task: by }, " is woken"] : "its parent is woken";
    return say`The condition of watch ${`${watch}`} says yes${who}${at(asked?.step)}, so ${parent}.`;
  },
  poll({ before }, { task, number }) {
    const woken = before.task(task)?.woken;
    const since = Number.isInteger(woken) ? [" It had joined the ready queue in ", link(woken), "."] : "";
    return say`${{ task }} is next in the batch: its poll ${`${number}`} begins.${since}`;
  },
  awaits({ after }, { task, on }) {
    return say`In this poll ${{ task }} comes to wait for ${waitWords(after, { on })}.`;
  },
  keep(_, { task }) {
    return say`Something keeps a clone of the waker of ${{ task }}, and can wake it from anywhere.`;
  },
  polled({ after }, { task, ready }) {
    if (ready) return say`The poll is over: the future of ${{ task }} is done.`;
    const now = after.task(task);
    if (now?.queued) return say`The poll is over. ${{ task }} isn't done, but was woken meanwhile${at(now.woken)}, so it is in the queue already.`;
    return say`The poll is over. ${{ task }} goes back into its slot and waits for ${allWaitWords(after, now)}.`;
  },
  unwind({ before }, { task }) {
    return say`${{ task }} is next in the batch, but was cancelled${at(before.task(task)?.cancelled)}: its future is dropped without a poll.`;
  },
  skip({ before }, { task }) {
    return say`${{ task }} is next in the batch, but has ended already${at(before.task(task)?.ended)}: nothing is to be done.`;
  },
  done({ before }, { task, outcome, text }) {
    const cancelled = before.task(task)?.cancelled;
    if (outcome === "panicked") return say`${{ task }} has ended by a panic${text ? [": ", { quote: text }] : ""}.`;
    if (outcome === "cancelled") return say`${{ task }} has ended as cancelled${Number.isInteger(cancelled) ? [", as it was asked to", ...at(cancelled)] : ""}.`;
    return say`${{ task }} has ended: it returned.`;
  },
  detach({ before }, { task }) {
    const it = before.task(task);
    const then = it?.live ? "It runs on, detached" : ["It has ended already", ...at(it?.ended)];
    return say`Nobody holds the right to the outcome of ${{ task }} any more. ${then}.`;
  },
  gone({ before }, { task }) {
    return say`Slot ${slotOf(task)} is vacant: ${{ task }} has ended${at(before.task(task)?.ended)}, and nobody will ask for its outcome.`;
  },
  timer(_, event) {
    const { timer, task, deadline, delay } = event;
    const whose = typeof task === "string" ? [" for ", { task }] : "";
    if (Number.isInteger(event.level)) return say`Timer ${timer} is set${whose}, due at ${timeText(deadline)}. It goes into ${listPlace(event)} of the wheel.`;
    return say`Timer ${timer} is set${whose}: ${timeText(delay ?? 0)} from the next look at the clock. Until then it stands in the nursery.`;
  },
  untimer({ before }, { timer }) {
    const it = before.timer(timer);
    const whose = typeof it?.task === "string" ? [" of ", { task: it.task }] : "";
    return say`Timer ${timer}${whose}${at(it?.set, "set in ")} is taken out before it was due: nobody waits for it any more.`;
  },
  advance({ after }, { now, started, moved, due }) {
    const parts = [];
    if (due.length > 0) parts.push([" Due: ", ...timersWords(after, due), "."]);
    if (started.length > 0) parts.push(` ${capital(countText(started.length, "timer"))} ${started.length === 1 ? "leaves" : "leave"} the nursery with a deadline.`);
    if (moved.length > 0) parts.push(` ${capital(countText(moved.length, "timer"))} ${moved.length === 1 ? "moves" : "move"} to a lower level.`);
    if (parts.length === 0) parts.push(" Nothing is due.");
    return say`The loop looks at the clock: the wheel's time is ${timeText(now)}.${parts.flat()}`;
  },
  fire({ before }, { timer, task, late }) {
    const set = before.timer(timer)?.set;
    if (typeof task !== "string") return say`Timer ${timer}${at(set, "set in ")} fires. It is no task's: it calls a function, or nobody waits any more.`;
    const lateness = late > 0 ? `, ${timeText(late)} late` : "";
    return say`Timer ${timer} of ${{ task }}${at(set, "set in ")} fires${lateness}.`;
  },
  heard(_, { task }) {
    return say`The inbox has a wake from another thread, for ${{ task }}.`;
  },
  park({ before }, { until }) {
    if (until === null) return say`Nothing is ready, and no timer ends the wait: the thread parks until another one wakes it.`;
    const next = before.waitingTimers()[0];
    const first = next ? [", for ", ...timersWords(before, [next.id]), ...at(next.set, "set in ")] : "";
    return say`Nothing is ready: the thread parks until ${timeText(until)}${first}.`;
  },
  unpark({ before }) {
    const until = before.park?.until;
    return say`The thread runs again${until ? `, after parking until ${timeText(until)} at the latest` : ""}.`;
  },
  jump({ before }, { to }) {
    const next = before.waitingTimers()[0];
    const why = next ? [", when ", ...timersWords(before, [next.id]), " is due", ...at(next.set, "set in ")] : "";
    return say`Nothing is ready, so nobody really sleeps: the virtual clock jumps to ${timeText(to)}${why}.`;
  },
  cancel({ before }, { task, by }) {
    if (typeof by !== "string") return say`${callerWords(before)} cancels ${{ task }}: it is asked to end.`;
    return say`${{ task: by }} cancels ${{ task }}: it is asked to end.`;
  },
  pass({ before }, { task, to }) {
    const target = typeof to === "string" ? { task: to } : "what its combinator stands for";
    return say`The cancellation of ${{ task }}${at(before.task(task)?.cancelled)} is passed on to what it waits for: ${target}.`;
  },
  mark({ before }, { task }) {
    return say`${{ task }} is marked${at(before.task(task)?.cancelled)}: it will see the cancellation at its next step.`;
  },
  unmark({ before }, { task }) {
    return say`${{ task }} isn't marked as cancelled any more${at(before.task(task)?.marked, "it was since ")}: that was seen to, or taken back.`;
  },
  catch({ before }, { task }) {
    return say`A scope in ${{ task }} catches the cancellation${at(before.task(task)?.cancelled)} in the poll that begins.`;
  },
  watch(_, { watch, by }) {
    const who = typeof by === "string" ? { task: by } : "Something outside";
    return say`${who} begins watch ${`${watch}`}, to wait for several tasks at once.`;
  },
  what({ before }, { watch, what }) {
    const by = before.watch(watch)?.by;
    const whose = typeof by === "string" ? [" of ", { task: by }] : "";
    return say`Watch ${`${watch}`}${whose} is there for this: ${what}.`;
  },
  child({ before }, { watch, child, task, ended }) {
    const already = ended ? [", which has ended already", ...at(before.task(task)?.ended)] : "";
    return say`Watch ${`${watch}`} watches ${{ task }}, as child ${`${child}`}${already}.`;
  },
  over({ before }, { watch, why }) {
    const { by, met } = before.watch(watch) ?? {};
    const whom = typeof by === "string" ? [" to ", { task: by }] : "";
    return say`The combinator with watch ${`${watch}`} returns${whom}: ${quoted(why)}${at(met?.step)}.`;
  },
  unwatch({ before }, { watch }) {
    return say`Watch ${`${watch}`}${at(before.watch(watch)?.begun)} is gone. It leaves its tasks alone.`;
  },
  close() {
    return say`The executor ends. Queue, batch and timers are no more, and the tasks that are left end as cancelled.`;
  },
  note(_, { task, text }) {
    if (typeof task !== "string") return say`The program remarks: ${{ quote: text }}`;
    return say`${{ task }} remarks: ${{ quote: text }}`;
  },
};

/// What happens in a step, and because of what. A kind of step that a newer
/// recorder knows is told by its name.
function sentence(recording, step) {
  const event = recording.steps[step];
  if (!event) return say`Nothing was recorded: the executor did not run.`;
  const told = { recording, event, steps: recording.steps, before: recording.at(step - 1), after: recording.at(step) };
  const words = SENTENCES[event.ev];
  if (words) return words(told, event);
  const task = typeof event.task === "string" ? [" of ", { task: event.task }] : "";
  return say`A step${task} that this page doesn't know: ${{ quote: event.ev }}.`;
}

/// Names in the recorder's own words stand between backticks.
function quoted(text) {
  return text.split("`").map((part, nth) => (nth % 2 === 1 ? { quote: part } : part));
}

/// An entry of the ready queue.
function entryWords({ task, watch, child }) {
  return task === undefined ? [`the notice of watch ${watch} about child ${child}`] : [{ task }];
}

/// "7" for the tasks "7" and "7.2".
function slotOf(task) {
  return task.split(".")[0];
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
