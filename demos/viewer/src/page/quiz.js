// @ts-check
// Questions about what comes next, of five kinds, posed at the chapters of the
// run. What gives the answer away is hidden meanwhile.

/// Steps by which the loop takes the next entry of a batch.
const TAKES = new Set(["poll", "ask", "unwind", "skip"]);

/// So many choices are given at most.
const MOST_CHOICES = 6;

// Questions ------------------------------------------------------------------
//
// A question is posed after the step `at`. It has `words`, the `choices` as
// `{key, words}`, the key of the right one, `because`, the step at which the
// answer is seen, and the panes that it `hides`.

/// All questions of a run, of each kind at most one per chapter, by their steps.
function questionsOf(recording, story) {
  const finders = [nextQuestions, returnQuestions, resumeQuestions, timerQuestions, restQuestions];
  return finders.flatMap((find) => oneInAChapter(find, recording, story)).sort((a, b) => a.at - b.at);
}

/// A finder asks whether a step's chapter has no question of its kind yet, before
/// it looks any closer.
function oneInAChapter(find, recording, story) {
  const asked = new Set();
  const chapterOf = (step) => story.at(step)?.number ?? 0;
  const found = [];
  for (const it of find(recording, (step) => !asked.has(chapterOf(step)), story)) {
    asked.add(chapterOf(it.at));
    found.push(it);
  }
  return found;
}

/// Asks who runs next, where a turn has several entries. A seeded schedule can't be
/// guessed.
function* nextQuestions({ steps }, isFree, { end }) {
  for (const [at, { ev, batch }] of steps.entries()) {
    if (ev !== "turn" || batch < 2 || !TAKES.has(steps[at + 1]?.ev)) continue;
    if (isFree(at) && !(at > end && isBookkeeping(steps, at))) {
      yield { kind: "next", at, seen: at + 1, hides: "ready chart", ask: askWhoIsNext };
    }
  }
}

/// The right one, those that are ready, and those whose timers are next; in an
/// order that tells nothing.
function askWhoIsNext(recording, { seen }) {
  const before = recording.at(seen - 1);
  const right = before.batch[before.taken];
  const sleeping = before.nextTimers(MOST_CHOICES).filter((it) => typeof it.task === "string");
  const waiting = [...programOf(before), ...sleeping].map(({ task }) => ({ task }));
  const ready = [...before.batch.slice(before.taken), ...before.queue];
  const all = new Map([right, ...ready, ...waiting].map((it) => [keyOf(it), it]));
  const entries = [...all.values()].slice(0, MOST_CHOICES);
  const choices = distinct(before, entries.map((it) => ({ key: keyOf(it), words: entryWords(before, it), entry: it })));
  choices.sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
  const because = whyNext(before, choices.find(({ key }) => key === keyOf(right)).words, right);
  return { words: ["Who runs next?"], choices, right: keyOf(right), because, whyNot: (chosen) => whyNot(before, chosen) };
}

/// The choices with names that differ: of tasks that are called the same, the number is told, too.
function distinct(state, choices) {
  const textOf = ({ words }) => partsAsText(words, state);
  const texts = Map.groupBy(choices, textOf);
  const isAlone = (it) => texts.get(textOf(it)).length === 1 || it.entry.task === undefined;
  return choices.map((it) => (isAlone(it) ? it : { ...it, words: [...it.words, ` (Task-${it.entry.task})`] }));
}

/// The main future, or the task that is called "main"; none where there is neither.
function programOf(state) {
  const main = state.task("0") ?? [...state.tasks].find(({ name }) => name === "main");
  return main ? [{ task: main.id }] : [];
}

function keyOf({ task, watch, child }) {
  return task ?? `notice ${watch}.${child}`;
}

/// The rule by which the right one is next.
function whyNext(before, words, { step }) {
  const place = before.taken === 0 ? "the first of its batch" : "the next of the batch";
  return [...words, ` is ${place}, which joined the ready queue in `, link(step), "."];
}

/// Why the chosen one isn't.
function whyNot(state, { key, words: name, entry }) {
  const words = [" ", ...name];
  if (state.batch.slice(state.taken).some((it) => keyOf(it) === key)) return [...words, " stands behind it in the batch."];
  if (state.queue.some((it) => keyOf(it) === key)) return [...words, " joined the queue after this batch was taken: it comes a turn later."];
  const task = state.task(entry.task);
  if (!task?.live) return [...words, " has ended."];
  return [...words, " isn't ready: it waits for ", ...allWaitWords(state, task), "."];
}

/// Asks what a combinator returns.
function* returnQuestions(recording, isFree) {
  for (const [step, { ev, watch }] of recording.steps.entries()) {
    if (ev === "over" && isFree(step - 1) && recording.childrenOf(watch).length > 1) {
      yield { kind: "returns", at: step - 1, seen: step, watch, hides: "cards slots chart wheel waits", ask: askWhatReturns };
    }
  }
}

function askWhatReturns(recording, { seen, watch }) {
  const state = recording.at(seen);
  const { ended, pending } = childrenAt(recording, state, watch);
  const [done, left, all] = [ended.length, pending.length, ended.length + pending.length];
  const pairs = [[done, left], [left, done], [all, 0], [done - 1, left + 1], [1, all - 1], [done + 1, left - 1]];
  const fitting = pairs.filter(([a, b]) => a >= 0 && b >= 0);
  const choices = new Map(fitting.map(([a, b]) => [`${a}`, { key: `${a}`, words: [`${a} done, ${b} pending`] }]));
  const { what, over: { why } } = state.watch(watch);
  return {
    words: ["How many children are done when ", { quote: what ?? "the combinator" }, ` ${isFailure(why) ? "fails" : "returns"}?`], right: `${done}`,
    choices: [...choices.values()].slice(0, 4).sort((a, b) => Number(a.key) - Number(b.key)),
    because: [isFailure(why) ? "It failed: " : "It returned: ", ...quoted(why), ...at(seen), ". ", ...listOfTasks(ended), " had ended by then."],
  };
}

function childrenAt(recording, state, watch) {
  const children = recording.tasksOf(watch);
  const hasEnded = (task) => (state.task(task)?.ended ?? null) !== null;
  return { ended: children.filter(hasEnded), pending: children.filter((it) => !hasEnded(it)) };
}

function listOfTasks(ids) {
  const most = 4;
  if (ids.length === 0) return ["None"];
  const shown = ids.slice(0, most).flatMap((task, nth) => (nth === 0 ? [{ task }] : [", ", { task }]));
  return ids.length > most ? [...shown, ` and ${NUMBERS.format(ids.length - most)} more`] : shown;
}

/// Asks when the end of a task brings its parent to run again: in the next turn if it waits for
/// the task itself, later if a notice has a turn before it, or not at all.
function* resumeQuestions(recording, isFree) {
  const { steps } = recording;
  for (let end = 0; end < steps.length; end++) {
    if (steps[end].ev !== "done" || !isFree(end)) continue;
    const effect = directEffect(steps, end) ?? noticeEffect(recording, end) ?? noEffect(recording, end);
    if (effect) yield { kind: "resume", at: end, hides: "chart", ...effect };
  }
}

/// The first such step that belongs to an end: the next end, or the loop's next entry, is another's.
function effectOf(steps, end, holds) {
  const step = next(steps, end, (it) => it.ev === "done" || ENTRIES.has(it.ev) || holds(it));
  return step !== undefined && holds(steps[step]) ? step : undefined;
}

/// The end wakes the task that awaits it.
function directEffect(steps, end) {
  const woken = effectOf(steps, end, ({ ev, because }) => ev === "ready" && because === end);
  if (woken === undefined) return null;
  const parent = steps[woken].task;
  const seen = next(steps, woken, (it) => TAKES.has(it.ev) && it.task === parent);
  return steps[seen]?.ev === "poll" ? { parent, woken, seen, ask: askWhenItResumes } : null;
}

/// The end has a notice, which wakes the parent. What the notice wakes may be a future in the
/// parent, which wakes the parent later: then nothing is asked.
function noticeEffect(recording, end) {
  const { steps } = recording;
  const notice = effectOf(steps, end, ({ ev, because }) => ev === "notice" && because === end);
  const { watch, child } = steps[notice] ?? {};
  if (notice === undefined || recording.childOf(watch, child)?.task !== steps[end].task) return null;
  const asked = next(steps, notice, (it) => it.ev === "ask" && it.watch === watch && it.child === child);
  const met = next(steps, asked ?? steps.length, (it) => TAKES.has(it.ev) || it.ev === "met");
  if (steps[met]?.ev !== "met") return null;
  const parent = recording.at(met).watch(watch)?.by;
  const woken = next(steps, met, (it) => WAKES.has(it.ev) && it.task === parent);
  if (steps[woken]?.because !== asked) return null;
  const seen = next(steps, met, (it) => it.ev === "poll" && it.task === parent);
  return seen === undefined ? null : { parent, notice, asked, met, seen, ask: askWhenItResumes };
}

/// The combinator looks at the end, and goes on waiting.
function noEffect(recording, end) {
  const { steps } = recording;
  const isNoNotice = effectOf(steps, end, ({ ev }) => ev === "notice" || ev === "ready") === undefined;
  const seen = effectOf(steps, end, ({ ev, enough }) => ev === "answer" && !enough);
  if (seen === undefined || !isNoNotice) return null;
  const { watch, child } = steps[seen];
  const { by: parent, what } = recording.at(end).watch(watch) ?? {};
  const isChild = recording.childOf(watch, child)?.task === steps[end].task;
  return isChild && typeof parent === "string" && what ? { parent, watch, seen, ask: askWhenItResumes } : null;
}

function next(steps, from, holds) {
  for (let step = from + 1; step < steps.length; step++) if (holds(steps[step])) return step;
  return undefined;
}

/// The turns after that of the end, and the answer where it wakes nobody.
const RESUMES = {
  0: "in this turn still", 1: "in the next turn", 2: "two turns later", 3: "three turns later",
  none: "not because of this end",
};

function askWhenItResumes(recording, place) {
  const { at: end, seen, parent } = place;
  const turnOf = (step) => recording.at(step).turn;
  const isWoken = place.watch === undefined;
  return {
    words: [{ task: recording.steps[end].task }, " has ended. When is ", { task: parent }, " polled because of that?"],
    right: isWoken ? `${Math.min(turnOf(seen) - turnOf(end), 3)}` : "none",
    choices: Object.entries(RESUMES).map(([key, text]) => ({ key, words: [text] })),
    because: isWoken ? whenWords(place, turnOf) : waitsOnWords(recording, place),
  };
}

/// By which ways the end has come to the parent, and in which turns.
function whenWords({ at: end, seen, parent, woken, notice, asked, met }, turnOf) {
  const way = notice === undefined
    ? [{ task: parent }, " waits for the task itself, so the end wakes it at once", ...at(woken), ", and it runs"]
    : ["first the notice", ...at(notice), `, which is asked in turn ${turnOf(asked)}`, ...at(asked), "; that wakes ", { task: parent }, ...at(met), ", which runs"];
  return [`The end was in turn ${turnOf(end)}. What joins the queue during a turn runs in the next one: `, ...way, ` in turn ${turnOf(seen)}`, ...at(seen), "."];
}

function waitsOnWords(recording, { watch, seen, parent }) {
  const { what, answer } = recording.at(seen).watch(watch);
  return [{ quote: what }, " of ", { task: parent }, " looks at the end at once", ...at(seen), ": ", ...quoted(answer.why), "."];
}

/// Asks in which list of the wheel a timer lands.
function* timerQuestions({ steps }, isFree) {
  const levels = new Set();
  for (const [step, { ev, level, deadline, t }] of steps.entries()) {
    if (ev !== "timer" || !Number.isInteger(level) || !Number.isInteger(deadline)) continue;
    if (deadline <= t || levels.has(level) || !isFree(step - 1)) continue;
    levels.add(level);
    yield { kind: "timer", at: step - 1, seen: step, hides: "wheel", ask: askWhereItLands };
  }
}

function askWhereItLands(recording, { seen }) {
  const { deadline, level, list, timer } = recording.steps[seen];
  const state = recording.at(seen);
  const spot = (level, list) => ({ key: `${level}.${list}`, words: [`level ${level}, list ${list}`] });
  const others = [level - 1, level + 1].filter((it) => it >= 0 && it < LEVELS).map((it) => spot(it, cursorOn(it, deadline)));
  const near = [spot(level, cursorOn(level, state.wheelTime)), spot(level, (list + 1) % LISTS)];
  const choices = new Map([spot(level, list), ...others, ...near].map((it) => [it.key, it]));
  return {
    words: [`The wheel's time is ${whenText(state, state.wheelTime)}. Where does timer ${timer} land, which is due at ${whenText(state, deadline)}?`],
    right: `${level}.${list}`, choices: [...choices.values()].slice(0, 4).sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true })),
    because: [
      `In nanoseconds, with the base 64${ownTime(state)}, its deadline and the wheel's time differ first, from the left, in digit ${level}: that is the level. `,
      `The deadline has ${list} there: that is the list`, ...at(seen), ".",
    ],
  };
}

/// Asks what happens to those that are pending when a combinator returns, where it is the same
/// for all of them.
function* restQuestions(recording, isFree) {
  let tries = 0;
  for (const [step, { ev, watch }] of recording.steps.entries()) {
    if (ev !== "over" || !isFree(step)) continue;
    const state = recording.at(step);
    const { pending } = childrenAt(recording, state, watch);
    if (pending.length === 0) continue;
    if (++tries > MOST_TRIES) return;
    const fate = fateOf(recording, step, pending, state.watch(watch)?.by);
    if (fate) yield { kind: "rest", at: step, seen: fate.step, watch, pending, ...fate, hides: "chart", ask: askWhatHappens };
  }
}

/// Each takes a walk through the steps that follow.
const MOST_TRIES = 100;

/// What may become of one task, or of several.
const FATES = {
  cancelled: (whom) => `the parent cancels ${whom}`,
  returned: (whom) => (whom === "it" ? "it runs on to its end" : "they run on to their ends"),
  combinator: (whom) => `the combinator cancels ${whom}`,
  left: (whom) => (whom === "it" ? "it waits until the executor ends" : "they wait until the executor ends"),
};

/// What becomes of tasks after a step, and the step that first shows it; null if it isn't the
/// same for all, or nothing of what one may choose. Nor is it known where a recording is cut off.
function fateOf({ steps, last, missing }, from, tasks, parent) {
  const open = new Set(tasks);
  let found = null;
  for (let step = from + 1; step < steps.length && steps[step].ev !== "close"; step++) {
    const fate = open.has(steps[step].task) ? fateIn(steps[step], parent) : undefined;
    if (fate === undefined) continue;
    if (fate === null || (found !== null && fate !== found.fate)) return null;
    found ??= { fate, step, first: steps[step].task };
    open.delete(steps[step].task);
    if (open.size === 0) return found;
  }
  const close = next(steps, from, ({ ev }) => ev === "close");
  if (found !== null || (close === undefined && missing > 0)) return null;
  return { fate: "left", step: close ?? last, first: tasks[0] };
}

/// What becomes of the task of a step in it, if that is decided there.
function fateIn({ ev, by, outcome }, parent) {
  if (ev === "cancel") return by === parent ? "cancelled" : null;
  if (ev === "done") return outcome === "cancelled" ? null : "returned";
  return undefined;
}

function askWhatHappens(recording, { at: over, watch, pending, fate, step, first }) {
  const { what, by, over: { why } } = recording.at(over).watch(watch);
  const parent = typeof by === "string" ? { task: by } : "its parent";
  const [who, whom] = pending.length === 1 ? [[{ task: first }, " is"], "it"] : [[`${NUMBERS.format(pending.length)} children are`], "them"];
  const left = whom === "it" ? "it is" : "they are";
  const because = {
    cancelled: [`The combinator leaves ${whom} alone, but `, parent, ` cancels ${whom}`, ...at(step), "."],
    returned: [`The combinator leaves ${whom} alone, and nobody cancels ${whom}. `, { task: first }, " ends by itself", ...at(step), "."],
    left: [`Nobody cancels ${whom}, and ${left} still there when the executor ends`, ...at(step), "."],
  }[fate];
  return {
    words: [...who, " pending when ", { quote: what ?? "the combinator" }, ` ${isFailure(why) ? "fails" : "returns"}. What happens to ${whom}?`],
    choices: Object.entries(FATES).map(([key, text]) => ({ key, words: [text(whom)] })), right: fate, because,
  };
}

// Asking ---------------------------------------------------------------------

class Quiz {
  constructor(app) {
    this.app = app;
    this.on = false;
    this.questions = null;
    this.score = { asked: 0, right: 0 };
    this.answered = new Set();
    /// The step at which the last verdict is read: the next question waits until then.
    this.readAt = null;
    this.isPosed = false;
    this.section = byId("quiz");
    this.candidates = byId("candidates");
    this.verdict = byId("verdict");
    this.told = byId("score");
    this.onward = byId("to-question");
    this.onward.addEventListener("click", () => {
      this.readAt = null;
      app.advance(this.limit(app.step));
    });
    this.candidates.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.answer(button.dataset.answer);
    });
  }

  toggle() {
    this.on = !this.on;
    this.questions ??= questionsOf(this.app.recording, this.app.story);
    this.section.hidden = !this.on;
    this.#forgetVerdict();
    this.app.refresh();
  }

  #forgetVerdict() {
    this.readAt = null;
    setText(this.verdict, "");
    delete this.section.dataset.verdict;
  }

  /// The next question that isn't answered.
  #next(step) {
    return this.questions.find((it) => it.at >= step && !this.answered.has(it));
  }

  /// As far as one may step without an answer.
  limit(step) {
    return this.on ? this.#next(step)?.at ?? Infinity : Infinity;
  }

  /** @param {Moment} moment */
  show({ recording, state, step }) {
    const next = this.on ? this.#next(step) : undefined;
    const isHere = next?.at === step;
    setAttributes(this.app.run.element, { "data-hides": isHere ? next.hides : this.on ? "chart" : null });
    if (!this.on) return;
    if (this.place !== next) this.question = next && { ...next, ...next.ask(recording, next) };
    this.place = next;
    this.isPosed = isHere && this.readAt !== step;
    if (this.isPosed) this.#forgetVerdict();
    byId("question").replaceChildren(...partsAsNodes(this.isPosed ? this.question.words : [onwardWords(next, isHere)], state));
    this.candidates.replaceChildren(...(this.isPosed ? this.question.choices.map((it, nth) => this.#button(state, it, nth)) : []));
    this.onward.hidden = this.isPosed || !next;
    const { asked, right } = this.score;
    setText(this.told, asked === 0 ? `${countText(this.questions.length, "question")}.` : `${right} of ${asked} right.`);
  }

  answer(key) {
    const { question, place } = this;
    const chosen = this.isPosed && question.choices.find((it) => it.key === key);
    if (!chosen) return;
    const isRight = key === question.right;
    this.score.asked += 1;
    this.score.right += isRight ? 1 : 0;
    this.answered.add(place);
    this.section.dataset.verdict = isRight ? "right" : "wrong";
    const why = [isRight ? "Right: " : "No: ", ...question.because, ...(isRight ? [] : question.whyNot?.(chosen) ?? [])];
    this.readAt = Math.min(question.seen, this.limit(this.app.step));
    this.app.goto(this.readAt);
    this.verdict.replaceChildren(...partsAsNodes(why, this.app.moment.state));
  }

  /// The choice by its number on the keyboard.
  answerNth(nth) {
    const choice = this.isPosed ? this.question.choices[nth] : undefined;
    if (choice) this.answer(choice.key);
  }

  /// Who wants to go on has read the verdict.
  focus() {
    this.readAt = null;
    this.show(this.app.moment);
    this.candidates.querySelector("button")?.focus();
  }

  #button(state, { key, words }, nth) {
    const shown = words.map((it) => {
      if (it.quote !== undefined) return h("q", {}, it.quote);
      return it.task === undefined ? it : chip(state, it.task);
    });
    return h("button", { type: "button", "data-answer": key }, h("kbd", {}, `${nth + 1}`), " ", ...shown);
  }
}

/// What is said while no question is posed.
function onwardWords(next, isHere) {
  if (!next) return "There is no question any more.";
  return isHere ? "Go on: the next question comes at this step." : "Move on: the next question comes at a later step.";
}
