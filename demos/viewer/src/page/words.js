// @ts-check
// What the page says: names, times, and one sentence for every kind of step.
//
// A sentence is a list of parts: strings, `{task}`, `{link}` (to a step) and
// `{quote}`. `partsAsText` and `partsAsNodes` (in panes.js) make of it what is
// read out and what is shown.

// Names and times ------------------------------------------------------------

/// A task's name, or "Task-7" for one that has none.
/** @param {State} state @param {Id} id */
function nameOf(state, id) {
  return state.task(id)?.name ?? `Task-${id}`;
}

/** @type {[string, number][]} */
const UNITS = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

/// Made once: making it costs more than all its numbers.
const NUMBERS = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });

/// A time in nanoseconds, as people say it: "1.59 s".
function timeText(nanoseconds) {
  if (nanoseconds === 0) return "0 s";
  const [unit, size] = UNITS.find(([, size]) => Math.abs(nanoseconds) >= size) ?? UNITS.at(-1);
  return `${NUMBERS.format(nanoseconds / size)} ${unit}`;
}

/// A moment, counted from where the recording began.
function whenText({ origin }, time) {
  return timeText(time - origin);
}

function countText(count, one, many = `${one}s`) {
  return count === 1 ? `one ${one}` : `${NUMBERS.format(count)} ${many}`;
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

/** @param {Part[]} parts @param {State} state */
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
  const cancelled = cancelledBy(told, step);
  if (cancelled) return cancelled;
  if (!cause) return "because of something outside of the executor's run";
  const words = BECAUSE[cause.ev]?.(told, cause);
  return words ? [...words, at(causeStep(told, cause, step))].flat() : ["because of ", link(step)];
}

/// The kinds of steps of which a cancellation consists.
const CANCELLING = new Set(["cancel", "pass", "mark", "unmark", "remark", "ready", "again"]);

/// That it was cancelled, if the steps just before say so.
function cancelledBy({ steps, step, event, before }, cause) {
  if (!Number.isInteger(cause)) return null;
  for (let place = step - 1; place > cause && CANCELLING.has(steps[place].ev); place--) {
    const { ev, task, to, by } = steps[place];
    if (ev === "cancel" && task === event.task) {
      const who = typeof by === "string" ? [{ task: by }] : uncapitalized(callerWords(before));
      return ["because ", ...who, " cancelled it", ...at(place)];
    }
    if (ev === "pass" && to === event.task && steps[cause].ev !== "fire") {
      return ["because the cancellation of ", { task }, " was passed on to it", ...at(place)];
    }
  }
  return null;
}

/// The step in which what was asked said yes, which is the one after the question.
function causeStep({ before }, cause, step) {
  const met = cause.ev === "ask" ? before.watch(cause.watch)?.met : null;
  return met && met.step > step ? met.step : step;
}

/// What came of a notice: the condition was met, or a function was called.
function askedWords({ before }, { watch, child }) {
  const it = before.watch(watch);
  if (it?.function) return ["because ", { quote: it.function }, " was called"];
  if (!it?.met) return [`because watch ${watch} was told that child ${child} has ended`];
  if (isDecided(it)) return [`because the notice told it that the wait of watch ${watch} is over`];
  return [`because the condition of watch ${watch} was met`];
}

const BECAUSE = {
  spawn: () => ["because it was spawned"],
  fire: (told, { timer, task }) => (typeof task === "string" ? [`because its timer ${timer} fired`]
    : [`because timer ${timer} fired, `, ...timerUse(told.before, timer)]),
  done: (_, { task }) => ["because ", { task }, ", which it waits for, ended"],
  ask: askedWords,
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
  if (on.section !== undefined) return ["what is in its ", ...sectionWords(state, on.section)];
  return on.turn ? ["one turn to pass"] : ["something unknown"];
}

function watchWords(state, id) {
  const what = state.watch(id)?.what;
  return [what ? `watch ${id} (${what})` : `watch ${id}`];
}

/// Whether a watch has looked at the end of a child, and seen that it is enough.
function isDecided(watch) {
  return watch?.answer?.enough === true;
}

/// The task to which a watch belongs.
function waiterWords(state, id) {
  const by = state.watch(id)?.by;
  return typeof by === "string" ? [{ task: by }] : ["its parent"];
}

/// "timeout of 2ms (section 3)"; names stand between backticks.
/// A scope has no words of its own.
function sectionWords(state, id) {
  const what = state.section(id)?.what;
  if (what === "catch_cancel") return [`scope (section ${id})`];
  return what ? [...quoted(what), ` (section ${id})`] : [`section ${id}`];
}

function sectionOf(state, id) {
  const by = state.section(id)?.by;
  return [...sectionWords(state, id), ...(typeof by === "string" ? [" of ", { task: by }] : [])];
}

/// What a timer is there for that wakes no task.
function timerUse(state, id) {
  const it = state.timer(id);
  if (it?.section !== undefined) return ["the limit of the ", ...sectionOf(state, it.section)];
  return it?.function ? ["which calls ", { quote: it.function }] : ["which is no task's"];
}

/// "the poll (step 7)" or "the drop (step 7)", of the task that is the work now.
function workLink({ work }, task) {
  return work?.task === task ? at(work.step, "in ") : "";
}

function allWaitWords(state, task) {
  if (!task || task.waits.length === 0) return ["a waker that something else keeps"];
  return task.waits.flatMap((it, nth) => [nth === 0 ? "" : " and for ", ...waitWords(state, it)]);
}

/// Who acts while no task is polled.
function callerWords(state) {
  const { work, phase, firing } = state;
  if (phase === "fire") return callee(state.timer(firing), `What timer ${firing} called`);
  if (work?.kind === "ask") return callee(state.watch(work.watch), `What watch ${work.watch} stands for`);
  return ["Something outside"];
}

function callee(it, otherwise) {
  return it?.function ? [{ quote: it.function }] : [otherwise];
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
    if (isMain(task)) return say`${{ task }} is the future that the executor was given. It lives in slot 0.`;
    const { phase, work } = after;
    const outside = phase === "fire" || work?.kind === "ask" ? [...callerWords(after), " spawns "] : "From outside comes ";
    const who = typeof by === "string" ? [{ task: by }, " spawns "] : outside;
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
    return say`${{ task }} joins the ready queue, ${because(told, cause)}.${nextTurn(told, cause)}`;
  },
  again(told, { task, because: cause }) {
    return say`${{ task }} is woken, ${because(told, cause)}. But it is in the queue already: nothing happens.`;
  },
  notice(told, { watch, child, because: cause }) {
    const ended = told.recording.childOf(watch, child);
    const called = told.after.watch(watch)?.function;
    if (called) return say`A function joins the ready queue, ${{ quote: called }}, ${calledWhen(told, ended, cause)}.`;
    const why = told.steps[cause]?.ev === "done"
      ? ["because ", { task: told.steps[cause].task }, ` (child ${child}) ended`, at(cause)].flat()
      : [`about child ${child}`, ended ? [", ", { task: ended.task }] : ""].flat(2);
    const then = told.after.inTurn ? `what joins during turn ${told.after.turn} runs in turn ${told.after.turn + 1}`
      : "its turn is yet to come";
    return say`A notice of watch ${`${watch}`} joins the ready queue, ${why}. It is an entry like a task: ${then}.`;
  },
  ask(told, { watch, child }) {
    const entry = told.before.batch[told.before.taken];
    const task = told.recording.childOf(watch, child)?.task;
    const who = task === undefined ? "" : [", ", { task }];
    const next = say`A notice is next in the batch${at(entry?.step)}: `;
    const { function: called, answer, what, gone, round } = told.before.watch(watch) ?? {};
    if (gone !== undefined) return say`${next}it is void, for ${called ? { quote: called } : watchWords(told.after, watch)} was given up${at(gone)}.`;
    if (entry?.step < round) return say`${next}it is void, for it dates from the wait before the one of ${watchWords(told.after, watch)}.`;
    if (called) return say`A function is next in the batch${at(entry?.step)}: ${{ quote: called }} is called.`;
    if (answer?.child === child && answer.enough) {
      const whom = waiterWords(told.before, watch);
      return say`${next}it tells ${whom} of the end of child ${`${child}`}${who}, which has decided ${watchWords(told.after, watch)}${at(answer.step)}.`;
    }
    if (TAKERS.test(what ?? "")) return say`${next}${watchWords(told.after, watch)} hears that child ${`${child}`}${who}, has ended.`;
    const says = told.recording.yes.has(told.step) ? "Yes" : "No, so the wait goes on";
    return say`${next}${watchWords(told.after, watch)} asks its condition about child ${`${child}`}${who}. ${says}.`;
  },
  answer({ after, recording }, { watch, child, why, enough }) {
    const task = recording.childOf(watch, child)?.task;
    const who = task === undefined ? [`child ${child}`] : [{ task }, ` (child ${child})`];
    const then = enough ? [" A notice will tell ", ...waiterWords(after, watch), "."] : "";
    return say`${capital(watchWords(after, watch)[0])} looks at how ${who} has ended${at(after.task(task)?.ended)}: ${why}.${then}`;
  },
  met(told, { watch }) {
    const it = told.after.watch(watch);
    const { asked, by } = it ?? {};
    if (isDecided(it)) return say`The notice${at(asked?.step)} has told ${waiterWords(told.after, watch)} that the wait of watch ${`${watch}`} is over, so it is woken.`;
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
  polled({ after, steps, step }, { task, ready }) {
    const next = steps[step + 1];
    const end = next?.ev === "done" && next.task === task ? POLL_ENDS[next.outcome] : undefined;
    if (end) return say`The poll is over: ${{ task }} ${end} in it.`;
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
  done({ before, after }, { task, outcome, text }) {
    const { cancelled } = before.task(task) ?? {};
    const it = after.task(task);
    const place = workLink(before, task);
    if (outcome === "panicked") return say`${{ task }} has ended by a panic${place}${text ? [": ", { quote: text }] : ""}.`;
    if (endOf(it) === "failed") return say`${{ task }} has failed: it returned an error${place}, ${{ quote: it.failure.text }}.`;
    if (outcome === "cancelled") return say`${{ task }} has ended as cancelled${Number.isInteger(cancelled) ? [", as it was asked to", ...at(cancelled)] : ""}.`;
    return say`${{ task }} has ended: it returned${place}.`;
  },
  fail({ before }, { task, text }) {
    const it = before.task(task);
    if (it && !it.live) return say`What ${{ task }} has returned${at(it.ended)} is an error: ${{ quote: text }}.`;
    return say`${{ task }} fails: it is about to return an error, ${{ quote: text }}.`;
  },
  detach({ before }, { task }) {
    const it = before.task(task);
    if (it?.live) return say`The last handle of ${{ task }} is gone. The task runs on, detached.`;
    return say`${{ task }} has ended${at(it?.ended)}, and its last handle is gone now: its outcome was taken, or was dropped with the handle.`;
  },
  gone({ before }, { task }) {
    const { ended, detached } = before.task(task) ?? {};
    return say`Slot ${slotOf(task)} is vacant: ${{ task }} has ended${at(ended)}, and its last handle is gone${at(detached)}.`;
  },
  timer({ after }, event) {
    const { timer, task, deadline, delay } = event;
    const whose = typeof task === "string" ? [" for ", { task }] : "";
    if (Number.isInteger(event.level)) return say`Timer ${timer} is set${whose}, due at ${whenText(after, deadline)}. It goes into ${listPlace(event)} of the wheel.`;
    if (Number.isInteger(deadline)) return say`Timer ${timer} is set${whose}, due at ${whenText(after, deadline)}. It goes onto the heap.`;
    return say`Timer ${timer} is set${whose}: ${timeText(delay ?? 0)} from the next look at the clock. Until then it stands in the nursery.`;
  },
  untimer({ before }, { timer }) {
    const it = before.timer(timer);
    const whose = typeof it?.task === "string" ? [" of ", { task: it.task }] : it?.function ? [", ", ...timerUse(before, timer), ","] : "";
    return say`Timer ${timer}${at(it?.set, "set in ")}${whose} is taken out before it was due: nobody waits for it any more.`;
  },
  advance({ after }, { now, started, moved, due }) {
    const parts = [];
    if (due.length > 0) parts.push([" Due: ", ...timersWords(after, due), "."]);
    if (started.length > 0) parts.push(` ${capital(countText(started.length, "timer"))} ${started.length === 1 ? "leaves" : "leave"} the nursery with a deadline.`);
    if (moved.length > 0) parts.push(` ${capital(countText(moved.length, "timer"))} ${moved.length === 1 ? "moves" : "move"} to a lower level.`);
    if (parts.length === 0) parts.push(" Nothing is due.");
    return say`The loop looks at the clock: its time is ${whenText(after, now)}.${parts.flat()}`;
  },
  fire({ before }, { timer, task, late }) {
    const set = before.timer(timer)?.set;
    const lateness = late > 0 ? `, ${timeText(late)} late` : "";
    if (typeof task !== "string") return say`Timer ${timer}${at(set, "set in ")}, ${timerUse(before, timer)}, fires${lateness}.`;
    return say`Timer ${timer} of ${{ task }}${at(set, "set in ")} fires${lateness}.`;
  },
  rings({ after }, { timer, function: name }) {
    return say`Timer ${timer} wakes no task${at(after.timer(timer)?.set, "set in ")}: it calls ${{ quote: name }}.`;
  },
  heard(_, { task }) {
    return say`The inbox has a wake from another thread, for ${{ task }}.`;
  },
  park({ before }, { until }) {
    if (until === null) return say`Nothing is ready, and no timer ends the wait: the thread parks until another one wakes it.`;
    const next = before.nextTimers(1)[0];
    const first = next ? [", for ", ...timersWords(before, [next.id]), ...at(next.set, "set in ")] : "";
    return say`Nothing is ready: the thread parks until ${whenText(before, until)}${first}.`;
  },
  unpark({ before }) {
    const until = before.park?.until;
    return say`The thread runs again${until ? `, after parking until ${whenText(before, until)} at the latest` : ""}.`;
  },
  jump({ before }, { to }) {
    const next = before.nextTimers(1)[0];
    const why = next ? [", when ", ...timersWords(before, [next.id]), " is due", ...at(next.set, "set in ")] : "";
    return say`Nothing is ready, so nobody really sleeps: the virtual clock jumps to ${whenText(before, to)}${why}.`;
  },
  cancel({ before }, { task, by }) {
    if (typeof by !== "string") return say`${callerWords(before)} cancels ${{ task }}: it is asked to end.`;
    return say`${{ task: by }} cancels ${{ task }}: it is asked to end.`;
  },
  pass({ before }, { task, to }) {
    const it = before.task(task);
    const waits = it && it.waits.length > 0 ? [" that waits for ", ...allWaitWords(before, it)] : "";
    const target = typeof to === "string" ? ["to what it waits for: ", { task: to }] : ["inward, to the place in its own future", ...waits];
    return say`The cancellation of ${{ task }}${at(it?.cancelled)} is passed on ${target}.`;
  },
  mark({ before }, { task }) {
    const { cancelled, polling } = before.task(task) ?? {};
    const then = polling ? "once this poll is over, the cancellation takes effect" : "when its turn comes it ends, without another poll";
    return say`${{ task }} is marked as cancelled${at(cancelled)}: ${then}.`;
  },
  unmark({ before }, { task }) {
    return say`${{ task }} isn't marked as cancelled any more${at(before.task(task)?.marked, "it was since ")}: that was seen to, or taken back.`;
  },
  catch(told, { task }) {
    const { before } = told;
    const section = caughtIn(told, task);
    if (section !== undefined) return say`The ${sectionOf(before, section)} catches the cancellation${at(before.task(task)?.cancelled)} in the poll that begins.`;
    return say`A scope in ${{ task }} catches the cancellation${at(before.task(task)?.cancelled)} in the poll that begins.`;
  },
  watch({ steps, step }, { watch, by }) {
    const who = typeof by === "string" ? { task: by } : "Something outside";
    if (steps[step + 1]?.ev === "calls") return say`${who} begins watch ${`${watch}`}, by which a function is called.`;
    return say`${who} begins watch ${`${watch}`}, to wait for several tasks at once.`;
  },
  what({ before }, { watch, what }) {
    const by = before.watch(watch)?.by;
    const whose = typeof by === "string" ? [" of ", { task: by }] : "";
    return say`Watch ${`${watch}`}${whose} is there for this: ${what}.`;
  },
  calls({ steps, step }, { watch, function: name }) {
    const child = steps[step + 1];
    const when = child?.ev === "child" && child.watch === watch ? ["when ", { task: child.task }, " has ended"] : ["soon"];
    return say`Watch ${`${watch}`} is there to call ${{ quote: name }}, ${when}.`;
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
    const it = before.watch(watch);
    if (it?.gone !== undefined) return say`Nothing is left of watch ${`${watch}`}, which was given up${at(it.gone)}.`;
    if (it?.function) return say`Watch ${`${watch}`}${at(it.begun)}, which was there for ${{ quote: it.function }}, is gone.`;
    return say`Watch ${`${watch}`}${at(it?.begun)} is gone. It leaves its tasks alone.`;
  },
  section({ after }, { section, by }) {
    const who = typeof by === "string" ? { task: by } : "Something outside";
    return say`${who} begins a section of its work: ${sectionWords(after, section)}.`;
  },
  member({ after }, { section, task }) {
    return say`${{ task }} is in the ${sectionOf(after, section)}.`;
  },
  limit({ after }, { section, timer }) {
    if (timer === null) return say`The ${sectionOf(after, section)} has no timer that limits it.`;
    const it = after.timer(timer);
    const due = Number.isInteger(it?.deadline) ? `, due at ${whenText(after, it.deadline)},` : "";
    return say`Timer ${timer}${due} limits the ${sectionOf(after, section)}.`;
  },
  remark({ after }, { section, text }) {
    return say`${opening(sectionOf(after, section))}: ${quoted(text)}.`;
  },
  leave({ before, after }, { section, why }) {
    return say`The ${sectionOf(after, section)} is over${at(before.section(section)?.begun, "begun in ")}: ${quoted(why)}.`;
  },
  close() {
    return say`The executor ends. Queue, batch and timers are no more, and the tasks that are left end as cancelled.`;
  },
  reach(_, { task, at }) {
    const who = typeof task === "string" ? { task } : "The program";
    const place = placeOf(at);
    return place ? say`${who} comes to line ${`${place.line}`} of ${place.file}.` : say`${who} comes to no further line.`;
  },
  print(_, { task, text }) {
    const who = typeof task === "string" ? { task } : "The program";
    return say`${who} prints: ${{ quote: text }}`;
  },
  note(_, { task, text }) {
    if (typeof task !== "string") return say`The program remarks: ${{ quote: text }}`;
    return say`${{ task }} remarks: ${{ quote: text }}`;
  },
};

/// What a task does in a poll that ends it without a value.
const POLL_ENDS = { cancelled: "ends as cancelled", panicked: "panics" };

/// The scope that is left in this poll, since it has caught; unless it belongs to
/// a timeout or a group, which go on from there.
function caughtIn({ before, steps, step }, task) {
  for (let at = step + 1; steps[at] && steps[at].ev !== "polled"; at++) {
    const { ev, section, why } = steps[at];
    if (ev === "leave") return why === CAUGHT && before.section(section)?.by === task ? section : undefined;
  }
  return undefined;
}

/// Watches that give their tasks away one by one, and are never content.
const TAKERS = /^(as_completed|the next of a set)/;

/// When a function is called that has joined the queue.
function calledWhen(told, child, cause) {
  const done = told.steps[cause]?.ev === "done";
  return child && done ? ["because ", { task: child.task }, " ended", at(cause)].flat() : ["to be called with the next batch"];
}

/// Who is woken by a notice has the second of two turns to wait.
function nextTurn({ steps, after }, cause) {
  const { ev, watch } = steps[cause] ?? {};
  if (!after.inTurn || ev !== "ask" || !after.watch(watch)?.met) return "";
  return ` That is the second turn: the notice had one, and what joins during turn ${after.turn} runs in turn ${after.turn + 1}.`;
}

/// Parts that begin with a capital.
/** @param {Part[]} parts */
function opening([first, ...rest]) {
  return typeof first === "string" ? [capital(first), ...rest] : [first, ...rest];
}

/// Parts that stand within a sentence.
/** @param {Part[]} parts */
function uncapitalized([first, ...rest]) {
  return typeof first === "string" ? [first[0].toLowerCase() + first.slice(1), ...rest] : [first, ...rest];
}

/// What happens in a step, and because of what. A kind of step that a newer
/// recorder knows is told by its name.
/** @param {Recording} recording @param {number} step @returns {Part[]} */
function sentence(recording, step) {
  const event = recording.steps[step];
  if (!event) return say`Nothing was recorded: the executor did not run.`;
  const told = { recording, event, step, steps: recording.steps, before: recording.at(step - 1), after: recording.at(step) };
  const words = SENTENCES[event.ev];
  if (words) return words(told, event);
  const task = typeof event.task === "string" ? [" of ", { task: event.task }] : "";
  return say`A step${task} that this page doesn't know: ${{ quote: event.ev }}.`;
}

/// Names in the recorder's own words stand between backticks.
function quoted(text) {
  return text.split("`").map((part, nth) => (nth % 2 === 1 ? { quote: part } : part)).filter((it) => it !== "");
}

/// An entry of the ready queue.
function entryWords({ task, watch, child }) {
  return task === undefined ? [`the notice of watch ${watch} about child ${child}`] : [{ task }];
}

/// "7" for the tasks "7" and "7.2".
function slotOf(task) {
  return task.split(".")[0];
}

/// Whether a task is the future that the executor was given, or a later one.
function isMain(task) {
  return slotOf(task) === "0";
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
