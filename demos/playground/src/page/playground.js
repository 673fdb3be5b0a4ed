// @ts-check
// The playground: a program that is changed and run, around the page of its recording.

/// The pause after a key, in milliseconds, before the program runs by itself.
const PAUSE_AFTER_KEY = 120;

/// The file of a program in its recording.
const PROGRAM_FILE = "program.py";

class Playground {
  #timer = null;
  #busy = false;
  #again = null;

  constructor(app, machine, lessons) {
    this.app = app;
    this.machine = machine;
    this.lessons = lessons;
    this.lesson = null;
    this.editor = new Editor(() => this.#plan());
    this.knobs = new Knobs(this.editor, () => this.#runOn());
    this.tabs = new Tabs(byId("program-tabs"), (name) => byId(`${name}-panel`), () => this.#showView());
    this.#fillLessons();
    this.#fillLanguage();
    this.#listen();
    this.#open(location.hash);
  }

  // Programs -----------------------------------------------------------------

  /// Opens what a link says: a program, a lesson by its name, or else the first lesson.
  async #open(hash) {
    const seen = seenIn(hash);
    const fields = new URLSearchParams(hash.replace(/^#/, ""));
    this.#setSeed(fields.get("seed"));
    const lesson = this.lessons.find(({ name }) => name === fields.get("lesson"));
    this.#choose(lesson ?? (fields.has("program") ? null : this.lessons[0] ?? null));
    this.app.linked = { seed: this.seed, lesson: this.lesson?.name, program: fields.get("program") };
    try {
      const text = fields.has("program") ? await unpacked(fields.get("program")) : this.lesson?.program ?? "";
      this.editor.text = text;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.#tell(error.message);
    }
    await this.run(hash === "" ? undefined : seen);
  }

  #choose(lesson) {
    this.lesson = lesson;
    byId("lesson").classList.toggle("chosen", lesson !== null);
    byId("lesson-choice").value = lesson?.name ?? "";
    const question = byId("lesson-question");
    question.open = false;
    byId("lesson-why").replaceChildren(...withCode(lesson?.why ?? ""));
    question.firstElementChild.replaceChildren(...withCode(lesson?.question ?? ""));
    question.lastElementChild.replaceChildren(...withCode(lesson?.answer ?? ""));
  }

  /// Back leads to what was there before: to another lesson, or to a program that was changed.
  #openLesson(lesson) {
    if (!lesson) return;
    this.app.address.enter(() => {
      this.#choose(lesson);
      this.editor.text = lesson.program;
      this.app.linked = { seed: this.seed, lesson: lesson.name, program: null };
    });
    this.run();
  }

  #nextLesson(way) {
    const at = this.lessons.indexOf(this.lesson);
    this.#openLesson(this.lessons[(at + way + this.lessons.length) % this.lessons.length]);
  }

  get #isLesson() {
    return this.lesson !== null && this.editor.text === this.lesson.program;
  }

  get seed() {
    return byId("order").value === "" ? null : Math.max(0, Math.round(Number(byId("seed").value)) || 0);
  }

  #setSeed(written) {
    const isSeed = /^\d{1,4}$/.test(written ?? "");
    byId("order").value = isSeed ? "seed" : "";
    if (isSeed) byId("seed").value = written;
    byId("seed-knob").hidden = !isSeed;
  }

  // Running ------------------------------------------------------------------

  #plan() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(), PAUSE_AFTER_KEY);
  }

  /// Runs the program, and shows its recording. One that is asked for meanwhile comes after it,
  /// and only the last of these.
  async run(seen = undefined) {
    clearTimeout(this.#timer);
    if (this.#busy) {
      this.#again = { seen };
      return;
    }
    this.#busy = true;
    try {
      const { text } = this.editor;
      await this.#show(text, await this.machine.ask({ ask: "run", text, seed: this.seed }), seen);
    } finally {
      this.#busy = false;
    }
    const again = this.#again;
    this.#again = null;
    if (again) await this.run(again.seen);
  }

  async #show(text, answer, seen) {
    this.editor.complain(answer.wrong ?? null);
    document.body.classList.toggle("stale", answer.recording === undefined);
    this.#tell(wordsOn(answer));
    byId("lesson-anew").hidden = this.lesson === null || text === this.lesson.program;
    await this.#link();
    setText(byId("agreement"), "");
    if (answer.recording) {
      this.#showPrinted(answer);
      this.#load(answer.recording, text, seen);
      await this.#showKnobs(text);
    }
    await this.#showView();
  }

  #load({ header, steps }, text, seen) {
    header.title = text === this.lesson?.program ? this.lesson.title : "Your program";
    const recording = new Recording(header, steps);
    this.app.load(recording, seen);
    this.app.run.panes.push({ show: (moment) => this.editor.mark(programLine(moment)) });
    this.editor.mark(programLine(this.app.moment));
  }

  #showPrinted({ printed, failure }) {
    const failed = failure ? [h("span", { class: "failure" }, failure)] : [];
    byId("printed").replaceChildren(printed, ...failed);
    const { lesson } = this;
    const comparable = this.#isLesson && this.seed === null;
    const same = comparable && printed === lesson.printed && (failure ?? null) === (lesson.failure ?? null);
    setText(byId("agreement"), comparable ? same ? "CPython 3.13 prints the same" : "CPython 3.13 prints something else" : "");
    byId("python-printed").hidden = !comparable || same;
    if (comparable) setText(byId("python-printed").lastElementChild, lesson.printed + (lesson.failure ?? ""));
  }

  async #showView() {
    const view = this.tabs.chosen;
    if (view === "python") return;
    const { text, failed } = await this.machine.ask({ ask: view, text: this.editor.text });
    const lines = (text ?? failed).split("\n");
    byId(`${view}-panel`).replaceChildren(...lines.flatMap((it) => [...(view === "rust" ? coloured(it) : [it]), "\n"]));
  }

  // Knobs --------------------------------------------------------------------

  async #showKnobs(text) {
    const { knobs = [] } = await this.machine.ask({ ask: "knobs", text });
    if (text === this.editor.text) this.knobs.show(text, knobs);
  }

  /// The step stays where it is, as far as the new run has it.
  #runOn() {
    this.run({ ...this.app.seen(), compare: null });
  }

  // Links and files ----------------------------------------------------------

  /// Has links say the program: by the lesson's name, or as a whole.
  async #link() {
    const { seed } = this;
    const lesson = this.lesson?.name ?? null;
    const program = this.#isLesson ? null : await packed(this.editor.text);
    this.app.linked = { seed, lesson, program };
    this.app.address.follow();
  }

  async #copyLink() {
    await this.#link();
    if (!this.#isLesson && this.app.linked.program === null) return this.#tell("The program is too long for a link.");
    try {
      await navigator.clipboard.writeText(linkTo(this.app.seen()));
      this.#tell("The link is copied. The whole program is in it.");
    } catch {
      byId("share-switch").click();
      byId("link").select();
    }
  }

  async #openRecording(file) {
    if (!file) return;
    try {
      this.app.load(await recordingOf(file));
      document.body.classList.remove("stale");
      this.#tell(`Below are the steps of ${file.name}. Run shows those of the program again.`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#tell(error.message);
    }
  }

  #tell(words) {
    setText(byId("told"), words);
  }

  // Listening ----------------------------------------------------------------

  #fillLessons() {
    const groups = Map.groupBy(this.lessons, ({ chapter }) => chapter);
    const options = (lessons) => lessons.map(({ name, title }) => h("option", { value: name }, title));
    byId("lesson-choice").append(h("option", { value: "", hidden: "" }, "a program of yours"),
      ...[...groups].map(([label, lessons]) => h("optgroup", { label }, ...options(lessons))));
  }

  #fillLanguage() {
    const lines = byId("language-lines").textContent.split("\n");
    document.querySelector("#language ul").append(...lines.map((it) => h("li", {}, ...withCode(it))));
  }

  #listen() {
    const on = (id, event, listener) => byId(id).addEventListener(event, listener);
    on("run-program", "click", () => this.run());
    on("lesson-choice", "change", ({ target }) => this.#openLesson(this.lessons.find(({ name }) => name === target.value)));
    on("lesson-before", "click", () => this.#nextLesson(-1));
    on("lesson-after", "click", () => this.#nextLesson(1));
    on("lesson-anew", "click", () => this.#openLesson(this.lesson));
    on("order", "change", () => {
      byId("seed-knob").hidden = this.seed === null;
      this.run();
    });
    on("seed", "input", () => this.run());
    on("copy-program", "click", () => this.#copyLink());
    on("opened", "change", ({ target }) => this.#openRecording(target.files[0]));
    on("playground", "keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.run();
    });
    addEventListener("hashchange", () => this.#open(location.hash));
  }
}

/// A text in which words of the program stand between `.
function withCode(text) {
  return text.split("`").map((part, nth) => (nth % 2 === 0 ? part : h("code", {}, part)));
}

/// The words on an answer, as far as they are about the steps.
function wordsOn({ failed, wrong, left_out: leftOut = 0 }) {
  if (failed) return failed;
  if (wrong) return "The steps below are of the last program that could be run.";
  return leftOut > 0 ? `These are the first steps; ${leftOut.toLocaleString("en")} more are left out.` : "";
}

/// The line of the program that a step is about.
function programLine({ event, state, selected }) {
  const ids = [state.polled, event?.task, state.watch(event?.watch)?.by, selected];
  const places = [event?.at, ...ids.map((id) => (typeof id === "string" ? state.task(id)?.at : null))];
  return places.map(placeOf).find((it) => it?.file === PROGRAM_FILE)?.line ?? null;
}

const interpreter = new Machine(interpreterOf(byId("interpreter").textContent.trim()), byId("worker").textContent);
new Playground(started, interpreter, JSON.parse(byId("lessons").textContent));
