// @ts-check
// The story of a run, found in its steps: chapters, and a summary of three
// sentences. Their words are parts, as in words.js.

/// Kinds of chapters: those that are worth more stay if there are too many. Of some all are
/// shown if there is room for the whole kind.
const CHAPTERS = {
  fail: { most: 4, worth: 9, whole: true }, stuck: { most: 1, worth: 9 }, end: { most: 1, worth: 8 }, over: { most: 4, worth: 7, whole: true },
  spawn: { most: 3, worth: 6, whole: true }, cancel: { most: 3, worth: 6, whole: true }, leave: { most: 4, worth: 5, whole: true },
  shield: { most: 2, worth: 5, whole: true }, despite: { most: 2, worth: 5, whole: true }, cancelled: { most: 2, worth: 4, whole: true },
  note: { most: 4, worth: 4, whole: true }, done: { most: 1, worth: 4, whole: true }, sleep: { most: 1, worth: 3 }, fire: { most: 1, worth: 3 },
  cascade: { most: 1, worth: 2 }, heard: { most: 1, worth: 2 },
};

/// The kinds at which a page opens.
const OPENINGS = new Set(["fail", "stuck"]);

const MOST_CHAPTERS = 16;

/// So many characters of a text of the program stand in a chapter's words.
const MOST_IN_A_CHAPTER = 100;

class Story {
  constructor(recording) {
    const found = new Finder(recording);
    this.recording = recording;
    this.chapters = chosen(found.chapters);
    this.leftOut = found.chapters.length - this.chapters.length;
    /// The step in which main ends, if it does.
    this.end = found.main?.step ?? Infinity;
    this.halt = found.main?.end === "cancelled" ? found.remark?.step : undefined;
    this.summary = [ranWords(found), endWords(found), whyWords(found)];
  }

  /// Where the page opens: at the first failure, or where the run can't go on. Of an interpreted
  /// program that is remarked, and `asyncio.run` cancels main after it.
  get opening() {
    const first = this.chapters.find(({ kind }) => OPENINGS.has(kind));
    return first?.step ?? this.halt ?? 0;
  }

  /// The chapter that a step is in: the last one that has begun.
  /** @param {number} step @returns {Chapter | undefined} */
  at(step) {
    return this.chapters.findLast((it) => it.step <= step);
  }
}

/// The first of each kind, and the last of those of which there are too many. A kind is shown
/// as a whole if there is room for that.
function chosen(chapters) {
  const worth = ({ kind }) => CHAPTERS[kind].worth;
  const byWorth = chapters.toSorted((a, b) => worth(b) - worth(a) || a.step - b.step);
  const kinds = [...Map.groupBy(byWorth, ({ kind }) => kind)];
  const best = kinds.flatMap(([kind, all]) => fewOf(all, CHAPTERS[kind].most)).slice(0, MOST_CHAPTERS);
  for (const [kind, all] of kinds) {
    const others = CHAPTERS[kind].whole ? all.filter((it) => !best.includes(it)) : [];
    if (best.length + others.length <= MOST_CHAPTERS) best.push(...others);
  }
  return best.sort((a, b) => a.step - b.step).map((it, nth) => ({ ...it, number: nth + 1 }));
}

function fewOf(all, most) {
  return all.length <= most || most === 1 ? all.slice(0, most) : [...all.slice(0, most - 1), all.at(-1)];
}

/// Goes once through all steps, and notes what a story is made of.
class Finder {
  chapters = [];
  spawned = new Set();
  ends = { returned: 0, failed: 0, cancelled: 0, panicked: 0 };
  /// So many of those that returned may have failed: nobody has looked at their values.
  unjudged = 0;
  /// Tasks that failed, with the step that said so.
  failures = new Map();
  /// Combinators and sections, with their words.
  tools = [];
  /// The first combinator that returned, and the first cancellation.
  over = null;
  cancel = null;
  /// So often has somebody cancelled tasks.
  cancels = 0;
  /// Sections whose time was up, as `{section, step}`, and the first scope's catch.
  limits = [];
  caught = null;
  /// The first task that a shield has kept from a cancellation.
  kept = null;
  /// The first remark that no task has made.
  remark = null;
  /// The first step that says that no task can ever go on, and the main future of that run.
  stuck = null;
  /// The end of the main future, and the last end of another task.
  main = null;
  /// A task that is called "main" counts as the main future does.
  program = null;
  lastEnd = null;
  #ended = new Map();
  /// The main future that was spawned last.
  #mainFuture = null;
  /// The tasks that were asked to end.
  #toEnd = new Set();
  /// The tasks that have ended as cancelled in this turn, with their chapter.
  #together = null;
  #isClosed = false;
  /// By watch, the combinator that it belongs to.
  #combinators = new Map();
  #sections = new Map();
  /// The tasks that have come to a shield.
  #shielded = new Set();
  #burst = null;

  constructor(recording) {
    this.recording = recording;
    /// Tasks that were there before the recording: their spawns are no news.
    this.found = new Set(recording.steps.filter(({ ev }) => ev === "found").map(({ task }) => task));
    tellEach(recording.steps, this, (event) => {
      if (this.#burst && BURST_ENDS.has(event.ev)) this.#endBurst();
    });
    this.#endBurst();
    // Of a task that returned, it may have been told later that it failed.
    this.chapters = this.chapters.filter(({ kind, task }) => !["done", "despite"].includes(kind) || !this.failures.has(task));
  }

  /// The tasks that were spawned, without the program: their ends are told of.
  get others() {
    return [...this.spawned].filter((task) => task !== this.program);
  }

  /// So many of them have returned though they were asked to end.
  get despite() {
    return this.chapters.filter(({ kind }) => kind === "despite").length;
  }

  /// So many of them had no end in the recording.
  get unended() {
    return this.others.filter((task) => !this.#ended.has(task)).length;
  }

  #add(kind, step, words, task) {
    this.chapters.push({ kind, step, words, task });
  }

  /// Spawns and cancellations come in bursts, within one poll.
  #count(kind, by, task, step) {
    if (this.#burst?.kind !== kind || this.#burst.by !== by) {
      this.#endBurst();
      this.#burst = { kind, by, first: step, tasks: [] };
    }
    this.#burst.tasks.push({ task, isAsked: true });
    this.#burst.last = step;
  }

  #endBurst() {
    const burst = this.#burst;
    this.#burst = null;
    if (!burst) return;
    const { kind, by, first, last, tasks } = burst;
    // The program itself comes from outside.
    if (kind === "spawn" && typeof by !== "string" && tasks.length === 1) return;
    const [asked, others] = [true, false].map((it) => new Set(tasks.filter(({ isAsked }) => isAsked === it).map(({ task }) => task)));
    const rest = [...others].filter((task) => !asked.has(task));
    const whom = [taskWords([...asked]), ...(rest.length > 0 ? [asked.size === 1 ? ", and with it " : ", and with them ", taskWords(rest)] : [])];
    const who = this.#caller(first, by);
    // After the last of them, or before their effects.
    this.#add(kind, kind === "spawn" ? last : first, [who, ` ${kind}s `, ...whom]);
    // That a run ends which can't go on is told by itself.
    if (kind !== "cancel" || this.recording.at(first).stuck !== null) return;
    this.cancel ??= { who, whom, step: first };
    this.cancels += 1;
  }

  /// The actor of a step: the section that has just remarked that it cancels, or else the task
  /// that is polled, or what is called then.
  #caller(first, by) {
    const section = cancellingSection(this.recording.steps, first);
    if (section !== undefined) return `the ${shortTool(this.#sections.get(section))}`;
    if (typeof by === "string") return { task: by };
    const [who] = callerWords(this.recording, first);
    return typeof who === "string" ? who[0].toLowerCase() + who.slice(1) : who;
  }

  on_turn() {
    this.#together = null;
  }

  /// The burst lasts until the last task has come.
  on_spawn({ task, by }, step) {
    if (isMain(task)) this.#mainFuture = task;
    if (isMain(task) || this.found.has(task)) return;
    this.spawned.add(task);
    this.#count("spawn", by, task, step);
  }

  on_name({ task, name }) {
    if (name === "main") this.program = task;
  }

  on_cancel({ task, by }, step) {
    this.#toEnd.add(task);
    this.#count("cancel", by, task, step);
  }

  /// A request may be passed on to other tasks. That of a task for which others stand is told
  /// of after theirs.
  on_pass({ task, to }, step) {
    if (typeof to !== "string" && this.#shielded.has(task)) this.#keep(task, step);
    if (typeof to === "string") this.#toEnd.add(to);
    if (this.#burst?.kind !== "cancel") return;
    const { tasks } = this.#burst;
    if (typeof to === "string") return void tasks.push({ task: to, isAsked: false });
    const own = tasks.findLastIndex((it) => it.task === task);
    if (own >= 0) for (const it of tasks.slice(own + 1)) it.isAsked = false;
  }

  /// The request is taken back, unless the end of a poll has seen to the mark.
  on_unmark({ task }, step) {
    if (!isSeenTo(this.recording.steps, task, step)) this.#toEnd.delete(task);
  }

  /// One who has caught a cancellation may take the request back, so that it goes on.
  on_uncancel({ task, left }) {
    if (left === 0) this.#toEnd.delete(task);
  }

  /// The shield stands in the way of the cancellation, if the task waits for it just then.
  #keep(task, step) {
    const shield = shieldOf(this.recording.at(step), task, this.recording);
    const child = shield === undefined ? undefined : this.recording.childOf(shield, 0);
    if (!child) return;
    this.kept ??= { task: child.task, step };
    this.#add("shield", step, ["a shield keeps ", { task: child.task }, " from the cancellation"]);
  }

  on_park(_, step) {
    this.#add("sleep", step, ["nothing is ready: the thread parks"]);
  }

  on_jump(_, step) {
    this.#add("sleep", step, ["all wait: the clock jumps"]);
  }

  on_stuck(_, step) {
    this.stuck ??= { step, main: this.#mainFuture };
    this.#add("stuck", step, ["no task can ever go on"]);
  }

  on_fire({ task }, step) {
    if (this.main) return;
    const whose = typeof task === "string" ? [", of ", { task }] : [];
    this.#add("fire", step, ["a timer fires", ...whose]);
  }

  on_advance({ moved }, step) {
    if (moved?.length > 0) this.#add("cascade", step, ["timers cascade to a lower level"]);
  }

  on_heard({ task }, step) {
    this.#add("heard", step, ["another thread wakes ", { task }]);
  }

  /// A combinator may be told of anew before it has returned: then it is the same one.
  on_what({ watch, what }, step) {
    if (what === SHIELD) this.#shielded.add(this.recording.at(step).watch(watch).by);
    if (A_FUTURE.test(what)) return;
    const known = this.#combinators.get(watch);
    const tool = known?.isOver === false ? known : { what, isOver: false };
    if (tool !== known) this.tools.push(tool);
    this.#combinators.set(watch, Object.assign(tool, { what }));
    this.#answers.delete(watch);
    if (this.#met?.watch === watch) this.#met = null;
  }

  /// One that is given up at once was made for nothing: another takes its place.
  on_unwatch({ watch }, step) {
    const before = this.recording.steps[step - 1];
    if (before?.ev === "what" && before.watch === watch && this.tools.at(-1) === this.#combinators.get(watch)) this.tools.pop();
  }

  on_over({ watch, why }, step) {
    const tool = this.#combinators.get(watch);
    if (tool) tool.isOver = true;
    const what = tool?.what;
    const by = this.#met?.watch === watch ? this.#met : null;
    this.over ??= { what, why, step, by };
    this.#add("over", step, [shortTool(what), ` ${overVerbs(why)[0]}`]);
  }

  /// By watch, the answer that is enough: a wait is decided there, and told of it later.
  #answers = new Map();

  on_answer({ watch, child, enough }, step) {
    if (enough) this.#answers.set(watch, { watch, child, step });
  }

  /// The child whose end met the condition, and the step in which it did. The former format
  /// has no answers: there it is the child that was asked about last.
  #met = null;
  #asked = null;

  on_ask({ watch, child }) {
    this.#asked = { watch, child };
  }

  on_met({ watch }, step) {
    this.#met = this.#answers.get(watch) ?? { ...this.#asked, step };
  }

  on_section({ section, what }) {
    this.#sections.set(section, what);
    if (what !== "catch_cancel" && !NO_TOOL.test(what)) this.tools.push({ what });
  }

  on_remark({ section, text }, step) {
    if (text.startsWith(TIME_IS_UP)) this.limits.push({ section, step });
  }

  on_catch({ task }, step) {
    this.caught ??= { task, step };
  }

  on_leave({ section, why }, step) {
    if (isScope({ what: this.#sections.get(section) })) return;
    this.#add("leave", step, [...this.#ownedTool(section, step), ": ", ...quoted(why ?? "it ends")]);
  }

  /// A section in words, with the task that was in it; of a remote task, that task itself.
  #ownedTool(section, step) {
    const tool = quoted(shortTool(this.#sections.get(section)));
    const { by } = this.recording.at(step).section(section) ?? {};
    if (typeof by === "string") return [{ task: by }, "'s ", ...tool];
    const [member] = this.recording.membersOf(section);
    return member ? [{ task: member.task }] : tool;
  }

  on_note({ task, text }, step) {
    if (typeof task !== "string") this.remark ??= { step, text };
    this.#add("note", step, [{ quote: text }]);
  }

  /// A failure may be told before the end of its task, or after it.
  on_fail({ task, text }, step) {
    if (this.failures.has(task)) return;
    this.failures.set(task, { step, text });
    if (!this.#ended.has(task)) return;
    this.ends[this.#ended.get(task)] -= 1;
    this.ends.failed += 1;
    this.#failed(task, step);
  }

  on_done({ task, outcome, text }, step) {
    const panicked = outcome === "panicked";
    if (panicked && !this.failures.has(task)) this.failures.set(task, { step, text });
    const isFailure = this.failures.has(task);
    const end = panicked ? endOf(this.recording.at(step).task(task)) : isFailure ? "failed" : outcome;
    this.#ended.set(task, end);
    if (isMain(task) || task === this.program) return this.#endMain(task, end, step);
    if (this.found.has(task)) return;
    this.ends[end] = (this.ends[end] ?? 0) + 1;
    this.lastEnd = { task, step, end };
    if (outcome === "returned" && !isFailure && !this.recording.told.judges(task)) this.unjudged += 1;
    if (isFailure) this.#failed(task, step);
    else if (outcome === "cancelled") this.#cancelled(task, step);
    else if (this.#toEnd.has(task)) this.#add("despite", step, [{ task }, " returns, though it was asked to end"], task);
    else this.#add("done", step, [{ task }, " returns"], task);
  }

  on_close() {
    this.#isClosed = true;
  }

  /// Those of a turn are one chapter, after the last of them. Those that the executor's end has
  /// cancelled are none.
  #cancelled(task, step) {
    if (this.#isClosed) return;
    if (this.#together === null) this.#add("cancelled", step, []);
    this.#together ??= { chapter: this.chapters.at(-1), tasks: [] };
    const { chapter, tasks } = this.#together;
    tasks.push(task);
    Object.assign(chapter, { step, words: [taskWords(tasks), tasks.length === 1 ? " ends as cancelled" : " end as cancelled"] });
  }

  #failed(task, step) {
    const failure = this.failures.get(task);
    Object.assign(failure, { step });
    this.#add("fail", step, [{ task }, this.#ended.get(task) === "panicked" ? " panics" : " fails"]);
  }

  #endMain(task, end, step) {
    if (this.program !== null && task !== this.program) return;
    this.main = { task, end, step };
    const isFailure = end === "failed" || end === "panicked";
    this.#add(isFailure ? "fail" : "end", step, [{ task }, ` ${END_VERBS[end] ?? "ends"}`]);
  }
}

/// Whether a mark goes as its task's poll is over: then the cancellation goes on.
function isSeenTo(steps, task, unmark) {
  let step = unmark - 1;
  while (steps[step]?.ev === "mark" && steps[step].task === task) step -= 1;
  return steps[step]?.ev === "polled" && steps[step].task === task;
}

function taskWords(tasks) {
  return tasks.length === 1 ? { task: tasks[0] } : countText(tasks.length, "task");
}

/// How a timeout's remark begins that its limit was reached.
const TIME_IS_UP = "the time is up";

/// How another executor's recording names the wait for a future, which is no combinator.
const A_FUTURE = /^(a future, in |future `|future$)/;

/// Sections that aren't combinators: the waits for such a future, and for a remote task.
const NO_TOOL = /^(a future, in |future `|future$|remote task)/;

const BURST_ENDS = new Set(["polled", "poll", "turn", "turn_end", "over", "done"]);

const END_VERBS = { returned: "returns", failed: "fails", cancelled: "ends as cancelled", panicked: "panics" };

/// "wait" for "wait for 10 until FirstException"; timeouts are told apart by their limits.
function shortTool(what) {
  return inLine(what?.match(/^(task group|remote task|timeout of \S+|\S+)/)?.[0] ?? "a combinator");
}

/// The same where it says of what it is, unless that is a function for a thread.
function namedTool(what) {
  return what.startsWith("to_thread ") ? shortTool(what) : what;
}

// The summary ----------------------------------------------------------------

/// The title of a recording that was given none.
const NO_TITLE = "a run";

/// The first sentence says what was run.
function ranWords({ recording, others, tools }) {
  const { title, clock } = recording.header;
  const run = title && title !== NO_TITLE ? [{ quote: title }, " was run"] : ["A program was run"];
  const [first, ...more] = tools;
  const rest = more.length > 0 ? `, the first of ${NUMBERS.format(tools.length)} combinators` : "";
  const used = first ? [", and used ", { quote: namedTool(first.what) }, rest] : [];
  const [known, comma] = recording.missing > 0 ? ["as far as the recording goes, ", ","] : ["", ""];
  const spawned = others.length === 0 ? `${comma} ${known}with no task but main` : `: ${known}it spawned ${countText(others.length, "task")}`;
  return [...run, ` on a ${clock ?? "clock"} clock`, spawned, ...used, "."];
}

/// The second says how it ended.
function endWords({ recording, main, stuck, ends, unended, despite }) {
  const end = main?.step ?? stuck?.step ?? recording.last;
  const { time, turn, origin } = recording.at(end);
  const when = ` after ${timeText(time - origin)}, in turn ${NUMBERS.format(turn)}`;
  const told = [["returned", "returned"], ["failed", "failed"], ["panicked", "panicked"], ["cancelled", "ended as cancelled"]];
  const parts = told.filter(([end]) => ends[end] > 0).map(([end, verb]) => `${NUMBERS.format(ends[end])} ${verb}`);
  if (despite > 0 && ends.returned > 0) parts[0] += despite === ends.returned ? " though asked to end" : ` (${NUMBERS.format(despite)} though asked to end)`;
  if (unended > 0) parts.push(`${NUMBERS.format(unended)} hadn't ended`);
  const rest = parts.length > 0 ? `; of the other tasks ${listText(parts)}` : "";
  if (!main && recording.goesOn) return [`So far main isn't done${when}${rest}.`];
  if (!main && stuck) return [`The run couldn't go on${when}`, ...at(stuck.step), `, while main wasn't done${rest}.`];
  if (!main) return [`The recording ${recording.missing > 0 ? "is cut off" : "ends"}${when}, while main isn't done${rest}.`];
  const verb = { returned: "returned", failed: "failed", panicked: "panicked", cancelled: "ended as cancelled" }[main.end];
  return [{ task: main.task }, ` ${verb}`, when, ...at(main.step), `${rest}.`];
}

/// The third says why it ended so: the first failure, the first limit that was reached, the
/// first combinator's end, the first cancellation, the first shield that stopped one, the
/// first remark that no task has made and for what main waits that can't go on, in the order of
/// the steps that are told.
function whyWords(found) {
  const others = [failureLink(found), limitLink(found), cancelLink(found), shieldLink(found), remarkLink(found), stuckLink(found)].filter((it) => it !== null);
  const chain = [...others, ...overLinks(found, others)].sort((a, b) => a.step - b.step);
  if (chain.length === 0) return quietWords(found);
  const joined = chain.flatMap(({ words }, nth) => [nth === 0 ? "" : nth === chain.length - 1 ? ", and then " : ", then ", ...words]);
  return [...opening(joined.filter((it) => it !== "")), "."];
}

function failureLink({ failures }) {
  if (failures.size === 0) return null;
  const [task, { step, text }] = [...failures].reduce((first, it) => (it[1].step < first[1].step ? it : first));
  const why = text ? [" with ", { quote: panicText(text) }] : [];
  const more = failures.size > 1 ? ` (the first of ${NUMBERS.format(failures.size)} failures)` : "";
  return { step, words: [{ task }, " failed", ...why, ...at(step), more] };
}

/// A wait is decided first, and then it ends. That is one link, unless another comes between.
function overLinks({ recording, over }, others) {
  if (!over) return [];
  const child = over.by && recording.childOf(over.by.watch, over.by.child);
  const ended = [shortTool(over.what), ` ${overVerbs(over.why)[1]}`];
  if (!child) return [{ step: over.step, words: [...ended, ": ", ...quoted(over.why), ...at(over.step)] }];
  const met = { step: over.by.step, words: ["the end of ", { task: child.task }, ` ${deed(over)}`, ...at(over.by.step)] };
  const end = [...ended, ...at(over.step)];
  const isApart = others.some(({ step }) => step > met.step && step < over.step);
  return isApart ? [met, { step: over.step, words: end }] : [{ ...met, words: [...met.words, ", so ", ...end] }];
}

/// How a combinator is said to end, now and then. A shield hands on what its task has given,
/// which it doesn't look at.
function overVerbs(why) {
  if (isFailure(why)) return ["fails", "failed"];
  return why === "its task has ended" ? ["is over", "was over"] : ["returns", "returned"];
}

/// The deed of the child whose end was decisive.
function deed({ what, why }) {
  if (why?.startsWith("all have ended")) return "was the last";
  return what?.startsWith("wait") && !why?.includes("can't be met") ? "met the condition" : "decided it";
}

function limitLink({ recording, limits }) {
  if (limits.length === 0) return null;
  const [{ section, step }] = limits;
  const { what, by } = recording.at(step).section(section) ?? {};
  const whose = typeof by === "string" ? [" of ", { task: by }] : [];
  const more = limits.length > 1 ? ` (the first of ${NUMBERS.format(limits.length)} such limits)` : "";
  return { step, words: ["the limit of the ", ...quoted(what ?? "timeout"), ...whose, " was reached, so what was in it was cancelled", ...at(step), more] };
}

/// Where no task was cancelled from outside, a future may have been, within a task: then
/// the task's scope has caught that.
function cancelLink({ recording, cancel, cancels, limits, caught }) {
  if (cancel) {
    const more = cancels > 1 ? ` (the first of ${NUMBERS.format(cancels)} cancellations)` : "";
    return { step: cancel.step, words: [cancel.who, " cancelled ", ...cancel.whom, ...at(cancel.step), more] };
  }
  if (!caught || limits.length > 0) return null;
  const { task, step } = caught;
  const isRaised = isInterpreted(recording.at(step).task(task));
  return { step, words: [...(isRaised ? ["CancelledError was raised in ", { task }] : ["a scope of ", { task }, " caught a cancellation"]), ...at(step)] };
}

function shieldLink({ kept }) {
  return kept && { step: kept.step, words: ["a shield kept ", { task: kept.task }, " from the cancellation", ...at(kept.step)] };
}

function remarkLink({ remark }) {
  return remark && { step: remark.step, words: ["the program remarked: ", { quote: remark.text }, ...at(remark.step)] };
}

function stuckLink({ recording, stuck }) {
  if (!stuck) return null;
  const { step, main } = stuck;
  const state = recording.at(step);
  const waits = main ? [{ task: main }, " waited for ", ...allWaitWords(state, state.task(main)), ", and "] : [];
  return { step, words: [...waits, "no task could ever go on", ...at(step)] };
}

/// Tasks that the executor's end has cancelled are told of in the second sentence. What a
/// recording lacks that is cut off isn't known.
function quietWords({ recording, lastEnd, ends, main, unjudged }) {
  const isCancelled = ends.cancelled > 0 || main?.end === "cancelled";
  const last = lastEnd ? ["; the last task to end was ", { task: lastEnd.task }, ...at(lastEnd.step)] : [];
  const quiet = `${unjudged > 0 ? "nobody tells of a failure" : "nothing failed"}${isCancelled ? "" : ", and nobody was cancelled"}`;
  if (recording.missing > 0) return [`As far as the recording goes, ${quiet}`, ...last, "; what the run did then isn't known."];
  return [capital(quiet), ...last, "."];
}

function listText(parts) {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

// Levels of detail -----------------------------------------------------------

/// How far one move goes: to the next chapter, turn or step.
const LEVEL_NAMES = { story: "chapter", turns: "turn", all: "step" };

/// The steps at which each level but the last stops.
class Levels {
  constructor({ recording, chapters, end }) {
    const { steps, last } = recording;
    this.last = last;
    this.story = [...new Set([0, ...chapters.map(({ step }) => step), last])];
    this.turns = [];
    for (const [step, { ev }] of steps.entries()) {
      if (TURN_STOPS.has(ev) && !(step > end && isBookkeeping(steps, step))) this.turns.push(step);
    }
  }

  /// The next stop; the last step, or forwards that of a longer recording beside
  /// this one, where there is none.
  next(level, step, forward) {
    if (level === "all") return step + (forward ? 1 : -1);
    const stops = this[level];
    const after = firstFrom(0, stops.length, (it) => stops[it] > step);
    if (forward) return stops[after] ?? Math.max(this.last, step);
    const here = firstFrom(0, stops.length, (it) => stops[it] >= step);
    return stops[here - 1] ?? 0;
  }
}

/// Whether a turn takes no task. After main's end it is then the end of the run that keeps its
/// books.
function isBookkeeping(steps, turn) {
  let step = turn + 1;
  while (steps[step] && steps[step].ev !== "turn_end" && !TAKES_A_TASK.has(steps[step].ev)) step += 1;
  return steps[turn].ev === "turn" && !TAKES_A_TASK.has(steps[step]?.ev);
}

const TAKES_A_TASK = new Set(["poll", "unwind", "skip"]);

const TURN_STOPS = new Set(["turn", "park", "jump"]);

// Showing --------------------------------------------------------------------

/// The summary, and a button for each chapter.
class StoryPane {
  constructor(app) {
    this.app = app;
    this.list = byId("chapters");
    this.buttons = new Map();
    const { story, recording } = app;
    const state = recording.at(recording.last);
    byId("summary").replaceChildren(...summaryNodes(story));
    this.rest = story.leftOut > 0 ? h("li", { class: "left-out" }, `and ${NUMBERS.format(story.leftOut)} more, which the log has as “the story”`) : null;
    this.list.replaceChildren(...story.chapters.map((it) => this.#item(it, state)), ...(this.rest ? [this.rest] : []));
    byId("story").hidden = recording.isEmpty;
  }

  /// Nobody shall read in a chapter's name what a question is about.
  /** @param {Moment} moment */
  show({ step, hideFuture }) {
    const now = this.app.story.at(step);
    for (const [chapter, button] of this.buttons) {
      setAttributes(button, { "aria-current": chapter === now ? "step" : null });
      button.parentElement.hidden = hideFuture && chapter.step > step;
    }
    if (this.rest) this.rest.hidden = hideFuture;
    byId("summaries").hidden = hideFuture;
  }

  /// The summary of a second run stands beside that of the first; null takes it away.
  lay(story) {
    const other = byId("other-summary");
    other.hidden = story === null;
    other.replaceChildren(...(story === null ? [] : summaryNodes(story)));
  }

  #item(chapter, state) {
    const button = h("button", { type: "button", "data-chapter": chapter.step, title: `Go to step ${chapter.step}` },
      h("span", { class: "nth" }, `${chapter.number}`), " ", partsAsText(chapter.words, state, MOST_IN_A_CHAPTER));
    button.addEventListener("click", () => this.app.visit(chapter.step));
    this.buttons.set(chapter, button);
    return h("li", {}, button);
  }
}

function summaryNodes({ summary, recording }) {
  const state = recording.at(recording.last);
  return summary.map((it) => h("span", {}, ...partsAsNodes(it, state), " "));
}

// On paper -------------------------------------------------------------------

/// A handout of the run: each chapter with its sentence, and the state after it.
function handout({ recording, chapters }) {
  return chapters.map(({ step, number, words }) => {
    const state = recording.at(step);
    return h("section", {},
      h("h3", {}, `${number}. `, partsAsText(words, state), h("small", {}, ` step ${step}, turn ${state.turn}, ${whenText(state, state.time)}`)),
      h("p", {}, partsAsText(sentence(recording, step), state)),
      h("dl", {}, ...paperLines(recording, state).flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
  });
}

/// So many things are listed at most.
const MOST_ON_PAPER = 40;

function listedOnPaper(texts, count = texts.length) {
  const shown = texts.slice(0, MOST_ON_PAPER);
  return (count > shown.length ? [...shown, `and ${NUMBERS.format(count - shown.length)} more`] : shown).join(", ");
}

function paperLines(recording, state) {
  return [...setLines(recording, state), ...stateLines(state)];
}

/// Where a combinator ends: which of its tasks had ended by then, and which hadn't.
function setLines(recording, state) {
  const { ev, watch } = recording.steps[state.step] ?? {};
  if (ev !== "over") return [];
  const { what, children } = state.watch(watch);
  const { done, doneCount, pending, pendingCount } = recording.parted(recording.childrenOf(watch), children, state.step, MOST_ON_PAPER);
  const line = (role, members, count) => [`${shortTool(what)}: ${role}`, listedOnPaper(members.map(({ task }) => nameOf(state, task)), count) || "none"];
  return [line("done", done, doneCount), line("pending", pending, pendingCount)];
}

/// The state in words: who is at what, the ready queue, and the next timers.
function stateLines(state) {
  const groups = Map.groupBy([...state.tasks], (it) => statusText(it));
  const lines = [...groups].map(([status, tasks]) => [capital(status), listedOnPaper(tasks.map((it) => wordsOnTask(it, state)))]);
  const ready = [...state.batch.slice(state.taken), ...state.queue].map((it) => partsAsText(entryWords(state, it), state));
  const timers = state.nextTimers(MOST_ON_PAPER).map(({ id, deadline }) => `timer ${id}${Number.isInteger(deadline) ? ` (${whenText(state, deadline)})` : ""}`);
  return [...lines, ["Ready", listedOnPaper(ready) || "nobody"], ["Timers", listedOnPaper(timers) || "none"]];
}

function statusText(task) {
  const now = stateOf(task);
  return now === "ended" || now === "vacant" ? endOf(task) ?? now : now;
}

function wordsOnTask(task, state) {
  const name = nameOf(state, task.id);
  return stateOf(task) === "waiting" ? `${name} (for ${shortWaits(task, state)})` : name;
}
