// Who runs next? A question about the next entry that the loop takes, answered
// by those who look at the queue.

/// Steps by which the loop takes the next entry of a batch.
const TAKES = ["poll", "ask", "unwind", "skip"];

class Quiz {
  static #MOST = 6;

  constructor(app) {
    this.app = app;
    this.on = false;
    this.asked = 0;
    this.right = 0;
    this.section = document.getElementById("quiz");
    this.candidates = document.getElementById("candidates");
    this.verdict = document.getElementById("verdict");
    this.score = document.getElementById("score");
    this.candidates.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.answer(button.dataset.answer);
    });
  }

  toggle() {
    this.on = !this.on;
    this.section.hidden = !this.on;
    setText(this.verdict, "");
    this.app.refresh();
  }

  /// As far as one may step without an answer.
  limit(step) {
    return this.on ? (this.#takenAfter(step) ?? Infinity) - 1 : Infinity;
  }

  show({ recording, state, step }) {
    if (!this.on) return;
    const taken = this.#takenAfter(step);
    this.question = taken === undefined ? null : this.#ask(recording, state, taken);
    setText(document.getElementById("question"), this.question ? "Who runs next?" : "Nobody runs any more.");
    const choices = this.question?.choices ?? [];
    this.candidates.replaceChildren(...choices.map((entry, nth) => this.#button(state, entry, nth)));
    const score = this.asked === 0 ? "No answer yet." : `${this.right} of ${this.asked} right.`;
    setText(this.score, score);
  }

  answer(key) {
    const { recording } = this.app.moment;
    const { right, taken, choices } = this.question ?? {};
    const chosen = choices?.find((it) => keyOf(it) === key);
    if (!chosen) return;
    const isRight = key === keyOf(right);
    this.asked += 1;
    this.right += isRight ? 1 : 0;
    const before = recording.at(taken - 1);
    const why = [isRight ? "Right: " : "No: ", ...whyNext(before, right), ...(isRight ? [] : whyNot(before, chosen))];
    this.section.dataset.verdict = isRight ? "right" : "wrong";
    this.app.goto(taken);
    this.verdict.replaceChildren(...partsAsNodes(why, this.app.moment.state));
  }

  /// The choice by its number on the keyboard.
  answerNth(nth) {
    const entry = this.question?.choices[nth];
    if (entry) this.answer(keyOf(entry));
  }

  focus() {
    this.candidates.querySelector("button")?.focus();
  }

  #takenAfter(step) {
    const { steps } = this.app.recording;
    for (let at = step + 1; at < steps.length; at++) if (TAKES.includes(steps[at].ev)) return at;
    return undefined;
  }

  /// The right one, those that are ready, and those whose timers are next; in an
  /// order that tells nothing.
  #ask(recording, state, taken) {
    const { task, watch, child } = recording.steps[taken];
    const right = task === undefined ? { watch, child } : { task };
    const sleeping = state.waitingTimers().filter((it) => typeof it.task === "string");
    const waiting = [{ task: "0" }, ...sleeping].map(({ task }) => ({ task }));
    const ready = [...state.batch.slice(state.taken), ...state.queue];
    const all = new Map([right, ...ready, ...waiting].map((it) => [keyOf(it), it]));
    const choices = [...all.values()].slice(0, Quiz.#MOST);
    choices.sort((a, b) => keyOf(a).localeCompare(keyOf(b), "en", { numeric: true }));
    return { right, taken, choices };
  }

  #button(state, entry, nth) {
    const words = entry.task === undefined ? [`notice of watch ${entry.watch} about child ${entry.child}`]
      : [chip(state, entry.task)];
    return h("button", { type: "button", "data-answer": keyOf(entry) }, h("kbd", {}, `${nth + 1}`), " ", ...words);
  }
}

function keyOf({ task, watch, child }) {
  return task ?? `notice ${watch}.${child}`;
}

/// The rule by which the right one is next.
function whyNext(before, right) {
  const entry = before.batch[before.taken];
  const place = before.taken === 0 ? "the first of its batch" : "the next of the batch";
  const since = entry ? [", which joined the ready queue in ", link(entry.step)] : [];
  return [...entryWords(right), ` is ${place}`, ...since, "."];
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
