// @ts-check
// One sentence for each kind of step, from the table of sentences: `sentences.json`, which
// the library fills for a terminal, too (`sentence.rs`). A template has places in braces. What
// stands in brackets is left out, if a place in it isn't known. `VARIANTS` chooses the template,
// and `VALUES` fills it.

/// What is told: a step, and the state after it.
/** @typedef {{recording?: Recording, steps?: Step[], step?: number, event?: any, state: State}} Told */

const PIECES = new Map();

/// The texts and places of a template, by what may be left out together.
function piecesOf(template) {
  if (!PIECES.has(template)) {
    const split = (text) => text.split(/\{([^}]*)\}/).map((it, nth) => (nth % 2 === 1 ? { place: it } : it));
    const groups = template.split(/\[([^\]]*)\]/).map((it, nth) => ({ optional: nth % 2 === 1, pieces: split(it) }));
    PIECES.set(template, groups);
  }
  return PIECES.get(template);
}

/// A template with its places filled by what is known of a thing.
/** @param {Told} told @param {string} template @returns {Part[]} */
function filled(told, template, it) {
  return piecesOf(template).flatMap(({ optional, pieces }) => {
    const parts = pieces.map((piece) => (typeof piece === "string" ? piece : valueOf(told, piece.place, it)));
    return optional && parts.includes(null) ? [] : parts.flat();
  }).reduce(appended, []);
}

/// Texts that stand side by side are one part.
function appended(parts, part) {
  if (part === "" || part === null) return parts;
  if (typeof part !== "string" || typeof parts.at(-1) !== "string") return [...parts, part];
  return [...parts.slice(0, -1), parts.at(-1) + part];
}

/// The parts that belong into a place; null if they aren't known.
function valueOf(told, place, it) {
  const value = VALUES[place](told, it);
  if (typeof value === "number") return `${value}`;
  return value === undefined || value === "" || value?.length === 0 ? null : value;
}

/// A part of a sentence that is itself one of the table's.
function phrase(told, key, it) {
  return filled(told, TABLE.phrases[key], it);
}

/// What happens in a step, and because of what.
/** @param {Recording} recording @param {number} step @returns {Part[]} */
function sentence(recording, step) {
  const { steps } = recording;
  const event = steps[step];
  const told = { recording, steps, step, event, state: recording.at(step) };
  if (!event) return ["Nothing was recorded: the executor did not run."];
  const [variant, it = event] = [VARIANTS[event.ev]?.(told, event)].flat();
  const key = variant ? `${event.ev}.${variant}` : event.ev;
  return opening(filled(told, TABLE.steps[Object.hasOwn(TABLE.steps, key) ? key : "unknown"], it));
}

// Which template ---------------------------------------------------------------

/// Watches that give their tasks away one by one, and are never content.
const TAKERS = /^(as_completed|the next of a set)/;

/// Per kind of step that has several templates: the name of the right one, and what it is
/// filled with, if that isn't the step.
const VARIANTS = {
  __proto__: null,
  turn: (_, { batch }) => (batch === 2 ? "two" : howMany(batch)),
  turn_end: ({ state }) => howMany(state.queue.length),
  park: (_, { until }) => (until === null ? "forever" : ""),
  stuck: ({ state }) => (state.nextTimers(1).length > 0 ? "timers" : ""),
  /// What has ended a park: what the inbox had, or the time.
  unpark(told, it) {
    const next = told.steps[told.step + 1];
    if (next?.ev === "heard" || next?.ev === "request") return [next.ev, { ...it, ...next }];
    return parkedUntil(told) <= it.t ? "time" : "";
  },
  spawn(told, { task, by }) {
    if (isMain(task)) return "main";
    return typeof by === "string" || actorOf(told, {})[0] !== "outside" ? "" : "outside";
  },
  ready({ state, steps }, { because }) {
    const { ev, watch } = steps[because] ?? {};
    return state.inTurn && ev === "ask" && state.watch(watch)?.met ? "second" : "";
  },
  polled({ state, steps, step }, { task, ready }) {
    const end = endIn(steps, step, task);
    if (end === "panicked" && isInterpreted(state.task(task))) return "raised";
    if (end !== "returned") return end;
    if (ready) return "ready";
    return state.task(task)?.queued ? "queued" : "pending";
  },
  done({ state }, it) {
    const task = state.task(it.task);
    if (it.outcome === "panicked" && isInterpreted(task)) return ["raised", { ...it, text: panicText(it.text ?? "") }];
    return task ? endOf(task) : it.outcome;
  },
  fail: ({ state }, { task }) => (state.task(task)?.live === false ? "after" : "before"),
  detach: ({ state }, { task }) => (state.task(task)?.live ? "live" : "ended"),
  timer: (_, { level, deadline }) => (Number.isInteger(level) ? "wheel" : Number.isInteger(deadline) ? "heap" : "nursery"),
  advance({ state, steps, step }, { now, started, moved, due }) {
    if (started.length + moved.length + due.length > 0) return "";
    // In the beginning the time is told as it is.
    const isFirst = state.turn === 0 && steps.findIndex(({ ev }) => ev === "advance") === step;
    return isFirst ? now < state.origin ? "before" : "first" : "nothing";
  },
  pass({ state, recording }, { task, to }) {
    const shield = typeof to === "string" ? undefined : shieldOf(state, task, recording);
    if (shield !== undefined) return ["shield", { task, watch: shield, child: 0 }];
    return typeof to === "string" ? "" : "inward";
  },
  mark: ({ state }, { task }) => (state.task(task)?.polling ? "polled" : "waiting"),
  catch(told, { task }) {
    const section = caughtIn(told, task);
    if (section !== undefined) return ["section", { task, section }];
    const it = told.state.task(task);
    return isInterpreted(it) ? ["raised", { task, at: it.at }] : "";
  },
  uncancel: (_, { left }) => ["none", "one"][left] ?? "",
  keep({ state }, { task }) {
    const it = state.task(task);
    return isInterpreted(it) && it.waits.every(({ on }) => on.section !== undefined) ? "future" : "";
  },
  watch: ({ steps, step }) => (steps[step + 1]?.ev === "calls" ? "call" : ""),
  calls({ steps, step }, it) {
    const next = steps[step + 1];
    return next?.ev === "child" && next.watch === it.watch ? ["after", { ...it, task: next.task }] : "";
  },
  child: (_, { ended }) => (ended ? "ended" : ""),
  answer: (_, { enough }) => (enough ? "enough" : ""),
  notice({ state, recording, steps }, { watch, child, because }) {
    const ended = steps[because]?.ev === "done" && recording.childOf(watch, child) !== undefined;
    if (state.watch(watch)?.function) return ended ? "call_after" : steps[because]?.ev === "request" ? "call_asked" : "call";
    return ended ? "ended" : "";
  },
  ask({ state, recording, step }, { watch, child }) {
    const it = state.watch(watch);
    const { function: called, answer, what, gone, round } = it ?? {};
    if (Number.isInteger(gone)) return called ? "call_void" : wasOver(it) ? "void_over" : "void";
    if (state.batch[state.taken - 1]?.step < round) return "former";
    if (called) return "call";
    if (answer?.child === child && answer.enough) return "decided";
    if (TAKERS.test(what ?? "")) return "taken";
    return recording.yes.has(step) ? "yes" : "no";
  },
  met({ state, recording, step }, { watch }) {
    const isAlone = recording.metFrom(watch, step)?.woken === null;
    return [isDecided(state.watch(watch)) ? "decided" : "", isAlone ? "alone" : ""].filter(Boolean).join("_");
  },
  over: (_, { why }) => (isFailure(why) ? "failed" : ""),
  unwatch({ state, step }, { watch }) {
    const it = state.watch(watch);
    if (it?.gone < step) return hasCalled(it) ? "void_called" : wasOver(it) ? "void_over" : "void";
    return it?.function ? "call" : "";
  },
  limit: (_, { timer }) => (timer === null ? "none" : ""),
  reach: (_, { at }) => (placeOf(at) ? "" : "none"),
};

function howMany(count) {
  return count > 1 ? "several" : count === 1 ? "one" : "empty";
}

/// Whether a combinator ends with an error, as a child of it has failed or was cancelled.
function isFailure(why) {
  return why?.startsWith("child ") === true;
}

/// Whether a combinator ends in a future that is no task: nobody was woken by the end of its
/// wait, and its parent isn't polled.
/** @param {Told} told @param {any} it */
function endsInFuture({ state, recording }, { watch }) {
  const { met, by } = state.watch(watch) ?? {};
  return Boolean(met) && recording?.metFrom(watch, met.step)?.woken === null && !state.task(by)?.polling;
}

/// Whether a watch has looked at the end of a child, and seen that it is enough.
function isDecided(watch) {
  return watch?.answer?.enough === true;
}

/// Whether a watch that is gone has called its function before. Else it was given up.
function hasCalled({ function: called, asked, gone }) {
  return Boolean(called) && asked?.step < gone;
}

/// Whether the wait of a watch that is gone was over before. Else it was given up.
function wasOver({ over, gone }) {
  return over?.step < gone;
}

/// How the task ends that was just polled, after its future was dropped.
function endIn(steps, polled, task) {
  let step = polled + 1;
  while (steps[step] && !ENTRIES.has(steps[step].ev) && (steps[step].ev !== "done" || steps[step].task !== task)) step += 1;
  return steps[step]?.ev === "done" ? steps[step].outcome : "returned";
}

/// Steps by which the loop goes on to another entry, or does something else.
const ENTRIES = new Set(["poll", "ask", "unwind", "skip", "advance", "turn", "turn_end", "fire", "close"]);

/// The shield for which a task waits, as a watch, if there is something left to keep.
function shieldOf(state, task, recording) {
  const shields = state.task(task)?.waits.filter(({ on }) => state.watch(on.watch)?.what === SHIELD) ?? [];
  return shields.find(({ on }) => state.task(recording.childOf(on.watch, 0)?.task)?.live)?.on.watch;
}

/// What a watch is there for that keeps a cancellation from its task.
const SHIELD = "shield";

/// The scope that is left in this poll, since it has caught; unless it belongs to
/// a timeout or a group, which go on from there.
function caughtIn({ state, steps, step }, task) {
  for (let at = step + 1; steps[at] && steps[at].ev !== "polled"; at++) {
    const { ev, section, why } = steps[at];
    if (ev === "leave") return why === CAUGHT && state.section(section)?.by === task ? section : undefined;
  }
  return undefined;
}

/// The section whose remark a cancellation follows.
function cancellingSection(steps, cancel) {
  let step = cancel - 1;
  while (CANCELLING.has(steps[step]?.ev) && steps[step].ev !== "remark") step -= 1;
  const { ev, section, text } = steps[step] ?? {};
  return ev === "remark" && CANCELS.test(text) ? section : undefined;
}

/// Who acts: the section that has just said that it cancels, or else the task that is polled, or
/// what is called while none is.
/** @param {Told} told @param {any} it @returns {[string, any]} */
function actorOf({ state, steps, step, recording }, { by, ev, at, step: cancel = step }) {
  const { work, phase, firing } = state;
  const section = ev === "cancel" ? cancellingSection(steps, cancel) : undefined;
  if (section !== undefined) return ["section", { section }];
  if (typeof by === "string") return ["task", { task: by }];
  if (steps?.[step - 1]?.ev === "request") return ["thread", {}];
  if (phase === "fire") return [state.timer(firing)?.function ? "call" : "timer", { timer: firing }];
  if (work?.kind === "ask") return [state.watch(work.watch)?.function ? "call" : "watch", { watch: work.watch }];
  if (work && state.task(work.task)?.ended >= work.step) return ["end", { task: work.task }];
  // Whoever calls `cancel` has a place, unlike the drop of a main future that is stuck.
  if (state.program === null) return [state.stuck !== null && ev === "cancel" && typeof at !== "string" ? "drop" : "outside", {}];
  return statementAt(recording, state.program) === null ? ["program", {}] : ["statement", { at: state.program }];
}

/// The line of a program's source at a place.
function statementAt(recording, place) {
  const { file, line } = placeOf(place) ?? {};
  return recording?.header.sources?.[file]?.split("\n")[line - 1]?.trim() ?? null;
}

// Because of what ----------------------------------------------------------------

/// Why a task or a notice joins the queue: what the step `because` did.
function reasonOf(told, it) {
  const cause = told.steps[it.because];
  const cancelled = cancelledBy(told, it, cause) ?? remarkedOn(told, it);
  if (cancelled) return cancelled;
  if (!cause) return ["outside", {}];
  const variant = (CAUSES[cause.ev] ?? (() => cause.ev))(told, cause);
  const known = TABLE.phrases[`because.${variant}`] ? variant : "step";
  return [known, { ...cause, step: causeStep(told, cause, it.because) }];
}

/// That something has happened in a section for which it waits, if the step just before says so.
function remarkedOn({ state, steps }, { ev, task }) {
  const step = ev === "ready" ? (state.task(task)?.woken ?? 0) - 1 : -1;
  const before = steps[step];
  const waits = before?.ev === "remark" && state.task(task).waits.some(({ on }) => on.section === before.section);
  return waits ? ["remark", { ...before, step }] : null;
}

/// That it was cancelled, if the steps just before say so.
function cancelledBy({ state, steps }, { task }, cause) {
  const { cancelled, passed, limited, inward } = state.task(task) ?? {};
  const justBefore = (step) => (step >= state.cancellingSince ? step : -1);
  const unlessFired = (step) => (cause?.ev === "fire" ? -1 : justBefore(step ?? -1));
  const [asked, passedOn, inSection] = [justBefore(cancelled ?? -1), unlessFired(passed), unlessFired(limited)];
  const step = Math.max(asked, passedOn);
  if (inSection > step && justBefore(inward ?? -1) > inSection) return ["section", { ...steps[inSection], step: inSection }];
  if (step >= 0) return [asked > passedOn ? "cancel_by" : "pass_to", { ...steps[step], step }];
  // A request that came in its poll was passed on inward after that.
  if (cause?.ev !== "poll" || cause.task !== task || justBefore(inward ?? -1) < 0) return null;
  return ["cancelled", { step: requestTo(state.task(task)) }];
}

/// The step in which a task was last cancelled, by itself or with one that waited for it.
function askedOf({ cancelled, passed }) {
  return (cancelled ?? -1) > (passed ?? -1) ? cancelled : passed;
}

/// The step in which it, or a part of it, was last cancelled.
function requestTo(task) {
  const asked = askedOf(task);
  return (asked ?? -1) > (task.limited ?? -1) ? asked : task.limited;
}

/// The step in which what was asked said yes, which is the one after the question.
function causeStep({ state }, { ev, watch }, step) {
  const met = ev === "ask" ? state.watch(watch)?.met : null;
  return met?.step > step ? met.step : step;
}

const CAUSES = {
  __proto__: null,
  fire: (_, { task }) => (typeof task === "string" ? "fire" : "fire_other"),
  ask({ state }, { watch }) {
    const it = state.watch(watch);
    if (it?.function) return "ask_call";
    if (!it?.met) return "ask";
    return isDecided(it) ? "ask_decided" : "ask_met";
  },
  poll: ({ event }, { task }) => (event.task === task ? "poll_own" : "poll"),
};

// Places -----------------------------------------------------------------------

const when = ({ state }, time) => (Number.isInteger(time) ? whenText(state, time) : null);
const taskPart = (task) => (typeof task === "string" ? { task } : null);
const quotePart = (text) => (typeof text === "string" ? { quote: text } : null);
const stepLink = (step) => (Number.isInteger(step) ? link(step) : null);
const timerOf = ({ state }, { timer }) => state.timer(timer);
const watchOf = ({ state }, { watch }) => state.watch(watch);
const sectionAt = ({ state }, { section }) => state.section(section);

/// The name of the function that is called.
function functionOf(told, it) {
  return it.function ?? watchOf(told, it)?.function ?? timerOf(told, it)?.function;
}

/// Whether the main of the last `asyncio.run` has ended: what that does at its end begins before,
/// if the run can't go on or was given up.
/** @param {Told} told */
function isMainDone({ state, recording }) {
  return state.task(recording?.childOf(state.withMain, 0)?.task)?.live === false;
}

/// The child that a watch is told of.
function memberOf(told, { watch, child }) {
  return told.recording?.childOf(watch, child ?? watchOf(told, { watch })?.asked?.child)?.task;
}

/// Until when the thread parks, by the step before; not a number if that isn't known.
/** @param {Told} told */
function parkedUntil({ steps, step }) {
  return steps[step - 1]?.until ?? NaN;
}

/// The task that a step is about.
function subject(told, it) {
  return told.state.task(it.task ?? memberOf(told, it));
}

/// What fills a place.
/** @type {Record<string, (told: Told, it: any) => any>} */
const VALUES = {
  task: (_, { task }) => taskPart(task),
  "task or program": (told, { task }) => taskPart(task) ?? phrase(told, "program", {}),
  to: (told, { to }) => (typeof to === "string" ? { task: to } : when(told, to)),
  member: (told, it) => taskPart(memberOf(told, it)),
  owner: (told, it) => taskPart(it.section === undefined ? timerOf(told, it)?.task : sectionAt(told, it)?.by),
  parent: (told, it) => taskPart(watchOf(told, it)?.by),
  /// The one that is woken when the wait is over, which may be no task.
  waiter(told, it) {
    const woken = told.recording?.metFrom(it.watch, told.step)?.woken;
    if (woken === null) return phrase(told, "waiter.future", it);
    return taskPart(woken) ?? VALUES.parent(told, it) ?? phrase(told, "waiter.unknown", it);
  },
  recipient: (told, it) => (endsInFuture(told, it) ? phrase(told, "waiter.future", it) : VALUES.parent(told, it)),
  actor(told, it) {
    const [variant, by] = actorOf(told, it);
    return variant === "task" ? { task: by.task } : phrase(told, `actor.${variant}`, by);
  },
  id: (_, { task }) => task,
  alias: ({ state }, { task }) => (nameOf(state, task) === `Task-${task}` ? null : `Task-${task}`),
  slot: (_, { task }) => slotOf(task),

  timer: (_, { timer }) => timer,
  watch: (_, { watch }) => watch,
  section: (_, { section }) => section,
  child: (_, { child }) => child,
  number: (_, { number }) => number,
  level: (_, { level }) => level,
  list: (_, { list }) => list,
  turn: ({ state }) => state.turn,
  "next turn": ({ state }) => state.turn + 1,
  batch: (_, { batch }) => NUMBERS.format(batch),
  queued: ({ state }) => NUMBERS.format(state.queue.length),
  count: (_, { count }) => NUMBERS.format(count),
  left: (_, { left }) => NUMBERS.format(left),

  statement: ({ recording }, { at }) => quotePart(statementAt(recording, at)),
  file: (_, { at }) => inLine(placeOf(at)?.file ?? ""),
  line: (_, { at }) => placeOf(at)?.line,

  now: (told, { now }) => when(told, now),
  until: (told, { until }) => when(told, until),
  "parked until": (told) => when(told, parkedUntil(told)),
  deadline: (told, it) => when(told, it.deadline ?? timerOf(told, it)?.deadline),
  /// That of the next timer, if the thread parks longer.
  "earlier deadline"(told, { until }) {
    const deadline = told.state.nextTimers(1)[0]?.deadline;
    return deadline < until ? when(told, deadline) : null;
  },
  slack: ({ recording }) => (recording?.header.slack ? timeText(recording.header.slack) : null),
  delay: (_, { delay }) => timeText(delay ?? 0),
  late: (_, { late }) => (late > 0 ? timeText(late) : null),

  name: (_, { name }) => quotePart(typeof name === "string" ? inLine(name, MOST_OF_A_NAME) : name),
  text: (_, { text }) => quotePart(text),
  kind: (_, { ev }) => quotePart(ev),
  failure: (told, it) => quotePart(subject(told, it)?.failure?.text),
  function: (told, it) => quotePart(functionOf(told, it)),
  /// What a function of asyncio's own is there for.
  purpose(told, it) {
    const key = `purpose.${functionOf(told, it)}`;
    return TABLE.phrases[key] ? phrase(told, key, it) : null;
  },
  "at the end": (told, it) => phrase(told, isMainDone(told) ? "end.main" : "end.run", it),
  words: (_, { text }) => quoted(text),
  why: (_, { why }) => quoted(why),
  what: (told, it) => quoted((it.section === undefined ? watchOf(told, it) : sectionAt(told, it))?.what ?? ""),

  step: (_, { step }) => stepLink(step),
  cause: (_, { because }) => stepLink(because),
  ended: (told, it) => stepLink(subject(told, it)?.ended),
  cancelled: (told, it) => stepLink(askedOf(subject(told, it) ?? {})),
  request: (told, it) => stepLink(requestTo(subject(told, it) ?? {})),
  detached: (told, it) => stepLink(subject(told, it)?.detached),
  marked: (told, it) => stepLink(subject(told, it)?.lastMark),
  woken: (told, it) => stepLink(subject(told, it)?.woken),
  work: ({ state: { work } }, { task }) => (work?.task === task ? stepLink(work.step) : null),
  set: (told, it) => stepLink(timerOf(told, it)?.set),
  begun: (told, it) => stepLink((it.section === undefined ? watchOf(told, it) : sectionAt(told, it))?.begun),
  answered: (told, it) => stepLink(watchOf(told, it)?.answer?.step),
  asked: (told, it) => stepLink(watchOf(told, it)?.asked?.step),
  met: (told, it) => stepLink(watchOf(told, it)?.met?.step),
  over: (told, it) => stepLink(watchOf(told, it)?.over?.step),
  "given up": (told, it) => stepLink(watchOf(told, it)?.gone),
  joined: ({ state }) => stepLink(state.batch[state.taken - 1]?.step),

  because(told, it) {
    const [variant, about] = reasonOf(told, it);
    return phrase(told, `because.${variant}`, about);
  },
  awaited: (told, it) => (it.on ? awaitedPhrase(told, it.on) : awaitedOfTask(told, subject(told, it))),
  "known wait": (told, it) => (subject(told, it)?.waits.length > 0 ? VALUES.awaited(told, it) : null),
  "first entry": (told) => entryPhrase(told, told.state.batch[0]),
  "next timer"(told) {
    const next = told.state.nextTimers(1)[0];
    return next ? phrase(told, "timer.set", { timer: next.id }) : null;
  },
  "its turn": (told, it) => phrase(told, told.state.inTurn ? "turn.next" : "turn.later", it),
  due: (told, { due }) => listOfTimers(told, due),
  started: (told, { started: { length } }) => (length > 0 ? phrase(told, `started.${howMany(length)}`, { count: length }) : null),
  moved: (told, { moved: { length } }) => (length > 0 ? phrase(told, `moved.${howMany(length)}`, { count: length }) : null),
  use(told, it) {
    const { task, section, function: called } = timerOf(told, it) ?? {};
    if (typeof task === "string") return null;
    if (section !== undefined) return phrase(told, "use.limit", { section });
    return called ? phrase(told, "use.call", it) : null;
  },
  "watch in words": (told, { watch }) => phrase(told, "watch.words", { watch }),
  "child in words": (told, it) => phrase(told, memberOf(told, it) === undefined ? "child.nameless" : "child.known", it),
  "section in words": (told, { section }) => phrase(told, "section.of", { section }),
  "named section"(told, { section }) {
    const what = sectionAt(told, { section })?.what;
    return phrase(told, what === "catch_cancel" ? "section.scope" : what ? "section.words" : "section.nameless", { section });
  },
  before: (_, { before }) => before,
  next: (_, { next }) => next,
};

/// A list of parts, each joined to those before by a phrase.
function joinedBy(told, key, list) {
  return list.reduce((before, next) => phrase(told, key, { before, next }));
}

/// What a task waits for, as one would say it.
function awaitedPhrase(told, on) {
  const key = `awaited.${Object.keys(on)[0]}`;
  return phrase(told, TABLE.phrases[key] ? key : "awaited.waker", on);
}

function awaitedOfTask(told, task) {
  if (!task || task.waits.length === 0) return phrase(told, isInterpreted(task) ? "awaited.future" : "awaited.waker", {});
  return joinedBy(told, "awaited.and", task.waits.map(({ on }) => awaitedPhrase(told, on)));
}

function listOfTimers(told, ids) {
  const most = 3;
  if (ids.length === 0) return null;
  const before = joinedBy(told, "list.and", ids.slice(0, most).map((timer) => phrase(told, "timer.brief", { timer })));
  return ids.length > most ? phrase(told, "list.more", { before, count: ids.length - most }) : before;
}

function entryPhrase(told, entry) {
  if (!entry) return null;
  const kind = entry.task !== undefined ? "task" : told.state.watch(entry.watch)?.function ? "call" : "notice";
  return phrase(told, `entry.${kind}`, entry);
}

// For other scripts ------------------------------------------------------------

function waitWords(state, { on }) {
  return awaitedPhrase({ state }, on);
}

function allWaitWords(state, task) {
  if (state.stuck !== null && task.waits.length === 0) return ["what nobody is left to bring"];
  return awaitedOfTask({ state }, task);
}

/// An entry of the ready queue.
function entryWords(state, entry) {
  return entryPhrase({ state }, entry);
}

/// The one that a watch tells that its wait is over, at a step or later.
function waiterWords(recording, state, watch, step) {
  return [VALUES.waiter({ recording, state, step }, { watch })].flat();
}

/// Who acts in a step while no task is polled.
function callerWords(recording, step) {
  const { steps } = recording;
  return [VALUES.actor({ recording, steps, step, state: recording.at(step) }, steps[step])].flat();
}
