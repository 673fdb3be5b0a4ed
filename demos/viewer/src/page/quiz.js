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
  for (const it of find(recording, (step) => !asked.has(chapterOf(step)))) {
    asked.add(chapterOf(it.at));
    found.push(it);
  }
  return found;
}

/// Asks who runs next, where a turn has several entries. A seeded schedule can't be
/// guessed.
function* nextQuestions({ steps }, isFree) {
  for (const [at, { ev, batch }] of steps.entries()) {
    if (ev === "turn" && batch > 1 && TAKES.has(steps[at + 1]?.ev) && isFree(at)) {
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
  const choices = entries.map((it) => ({ key: keyOf(it), words: entryWords(it), entry: it }));
  choices.sort((a, b) => a.key.localeCompare(b.key, "en", { numeric: true }));
  const because = whyNext(before, right);
  return { words: ["Who runs next?"], choices, right: keyOf(right), because, whyNot: ({ entry }) => whyNot(before, entry) };
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
function whyNext(before, right) {
  const place = before.taken === 0 ? "the first of its batch" : "the next of the batch";
  return [...entryWords(right), ` is ${place}, which joined the ready queue in `, link(right.step), "."];
}

/// Why the chosen one isn't.
function whyNot(state, chosen) {
  const key = keyOf(chosen);
  const words = [" ", ...entryWords(chosen)];
  if (state.batch.slice(state.taken).some((it) => keyOf(it) === key)) return [...words, " stands behind it in the batch."];
  if (state.queue.some((it) => keyOf(it) === key)) return [...words, " joined the queue after this batch was taken: it comes a turn later."];
  const task = state.task(chosen.task);
  if (!task?.live) return [...words, " has ended."];
  return [...words, " isn't ready: it waits for ", ...allWaitWords(state, task), "."];
}

/// Asks what a combinator returns.
function* returnQuestions(recording, isFree) {
  for (const [step, { ev, watch }] of recording.steps.entries()) {
    if (ev === "over" && isFree(step - 1) && recording.childrenOf(watch).length > 1) {
      yield { kind: "returns", at: step - 1, seen: step, watch, hides: "cards slots chart", ask: askWhatReturns };
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
  const what = state.watch(watch)?.what ?? "the combinator";
  return {
    words: ["How many children are done when ", { quote: what }, " returns?"], right: `${done}`,
    choices: [...choices.values()].slice(0, 4).sort((a, b) => Number(a.key) - Number(b.key)),
    because: ["It returned: ", ...quoted(state.watch(watch)?.over?.why ?? ""), ...at(seen), ". ", ...listOfTasks(ended), " had ended by then."],
  };
}

function childrenAt(recording, state, watch) {
  const children = recording.childrenOf(watch).map(({ task }) => task);
  const hasEnded = (task) => (state.task(task)?.ended ?? null) !== null;
  return { ended: children.filter(hasEnded), pending: children.filter((it) => !hasEnded(it)) };
}

function listOfTasks(ids) {
  const most = 4;
  if (ids.length === 0) return ["None"];
  const shown = ids.slice(0, most).flatMap((task, nth) => (nth === 0 ? [{ task }] : [", ", { task }]));
  return ids.length > most ? [...shown, ` and ${NUMBERS.format(ids.length - most)} more`] : shown;
}

/// Asks when the parent runs again after a child's end.
function* resumeQuestions(recording, isFree) {
  const { steps } = recording;
  for (const [met, { ev, watch }] of steps.entries()) {
    if (ev !== "met" || !isFree(met)) continue;
    const asked = previous(steps, met, (it) => it.ev === "ask" && it.watch === watch);
    const notice = previous(steps, asked, (it) => it.ev === "notice" && it.watch === watch && it.child === steps[asked]?.child);
    const parent = recording.at(met).watch(watch)?.by;
    // What the notice wakes may be a future in the parent, which wakes the parent later.
    const woken = next(steps, met, (it) => WAKES.has(it.ev) && it.task === parent);
    if (steps[woken]?.because !== asked) continue;
    const resumed = next(steps, met, (it) => it.ev === "poll" && it.task === parent);
    const end = steps[notice]?.because;
    if (Number.isInteger(end) && resumed !== undefined && isFree(end)) {
      yield { kind: "resume", at: end, seen: resumed, parent, notice, asked, met, hides: "chart", ask: askWhenItResumes };
    }
  }
}

function previous(steps, from, holds) {
  for (let step = (from ?? 0) - 1; step >= 0; step--) if (holds(steps[step])) return step;
  return undefined;
}

function next(steps, from, holds) {
  for (let step = from + 1; step < steps.length; step++) if (holds(steps[step])) return step;
  return undefined;
}

function askWhenItResumes(recording, { at: end, seen, parent, notice, asked, met }) {
  const turnOf = (step) => recording.at(step).turn;
  const [ended, resumed] = [turnOf(end), turnOf(seen)];
  const words = ["in this turn still", "in the next turn", "two turns later", "three turns later"];
  const right = Math.min(resumed - ended, words.length - 1);
  return {
    words: [{ task: recording.steps[end].task }, " has ended. When is ", { task: parent }, " polled again?"], right: `${right}`,
    choices: words.map((it, nth) => ({ key: `${nth}`, words: [it] })),
    because: [
      `The end was in turn ${ended}. What joins the queue during a turn runs in the next one: first the notice`, ...at(notice),
      `, which is asked in turn ${turnOf(asked)}`, ...at(asked), "; that wakes ", { task: parent }, ...at(met), `, which runs in turn ${resumed}`, ...at(seen), ".",
    ],
  };
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
      `Written with the base 64${ownTime(state)}, its deadline and the wheel's time differ first in digit ${level}: that is the level. `,
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

const FATES = {
  cancelled: "the parent cancels them", returned: "they run on to their ends",
  combinator: "the combinator cancels them", left: "they wait until the executor ends",
};

/// What becomes of tasks after a step, and the step that first shows it; null if it isn't the
/// same for all, or nothing of what one may choose.
function fateOf({ steps, last }, from, tasks, parent) {
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
  if (found !== null) return null;
  const close = next(steps, from, ({ ev }) => ev === "close");
  return { fate: "left", step: close ?? last, first: tasks[0] };
}

/// What becomes of the task of a step in it, if that is decided there.
function fateIn({ ev, by, outcome }, parent) {
  if (ev === "cancel") return by === parent ? "cancelled" : null;
  if (ev === "done") return outcome === "cancelled" ? null : "returned";
  return undefined;
}

function askWhatHappens(recording, { at: over, watch, pending, fate, step, first }) {
  const { what, by } = recording.at(over).watch(watch) ?? {};
  const parent = typeof by === "string" ? { task: by } : "its parent";
  const who = pending.length === 1 ? [{ task: pending[0] }, " is"] : [`${NUMBERS.format(pending.length)} children are`];
  const because = {
    cancelled: ["The combinator leaves them alone, but ", parent, " cancels them", ...at(step), "."],
    returned: ["The combinator leaves them alone, and nobody cancels them. ", { task: first }, " ends by itself", ...at(step), "."],
    left: ["Nobody cancels them, and they are still there when the executor ends", ...at(step), "."],
  }[fate];
  return {
    words: [...who, " pending when ", { quote: what ?? "the combinator" }, " returns. What happens to them?"],
    choices: Object.entries(FATES).map(([key, text]) => ({ key, words: [text] })), right: fate, because,
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
    const shown = words.map((it) => (it.task === undefined ? it : chip(state, it.task)));
    return h("button", { type: "button", "data-answer": key }, h("kbd", {}, `${nth + 1}`), " ", ...shown);
  }
}

/// What is said while no question is posed.
function onwardWords(next, isHere) {
  if (!next) return "There is no question any more.";
  return isHere ? "Go on: the next question comes at this step." : "Move on: the next question comes at a later step.";
}
