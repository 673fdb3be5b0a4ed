// @ts-check
// A recording that grows: its steps come from the program while that runs.
//
// The page shows the last step as long as one stays there. Whoever goes elsewhere
// isn't disturbed: further steps wait until one asks for them.

/// The shortest pause between two looks of the page, in milliseconds. A large recording
/// makes it longer: the page is made anew from all steps.
const SHORTEST_PAUSE = 250;

class Growth {
  #timer = null;
  #pause = SHORTEST_PAUSE;
  #goesOn = true;

  constructor(app, address) {
    this.app = app;
    this.header = app.recording.header;
    this.steps = [];
    this.reader = new StepReader((step) => `Step ${step} of the program`);
    byId("growth").hidden = false;
    byId("show-growth").addEventListener("click", () => this.#ask());
    setText(byId("growing"), "The program runs.");
    this.#listen(new EventSource(address));
  }

  #listen(source) {
    const on = (kind, call) => source.addEventListener(kind, ({ data }) => call(data));
    on("header", (line) => {
      this.header = checked(parse(line, "The header"), "This page");
      if (this.steps.length === 0) this.#show();
    });
    on("steps", (lines) => {
      for (const line of lines.split("\n")) this.steps.push(this.reader.read(parse(line, "A step")));
      this.#plan();
    });
    on("end", (words) => this.#end(source, words));
    // Only the system ends a program without its saying so.
    source.onerror = () => this.#end(source, "The program is gone.");
  }

  #end(source, words) {
    source.close();
    this.#goesOn = false;
    setText(byId("growing"), words);
    this.#plan();
  }

  /// One who stands at the end, and does nothing else there, sees what comes.
  get follows() {
    const { app } = this;
    return app.step === app.last && !app.plays && !app.quiz.on && app.other === null;
  }

  #plan() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (this.follows && this.#more > 0) this.#show();
      else if (!this.#goesOn && this.#more === 0) this.app.settle();
      this.#tell();
    }, this.#pause);
  }

  get #more() {
    return this.steps.length - this.app.recording.steps.length;
  }

  #tell() {
    const button = byId("show-growth");
    button.hidden = this.#more === 0;
    setText(button, `Show ${countText(this.#more, "more step")}`);
  }

  #show() {
    const begun = performance.now();
    this.app.grow(new Recording(this.header, this.steps.slice(), this.#goesOn));
    this.#pause = Math.max(SHORTEST_PAUSE, 4 * (performance.now() - begun));
  }

  #ask() {
    const { app } = this;
    if (app.quiz.on) app.toggleQuiz();
    if (app.other) app.comparison.close();
    app.pause();
    this.#show();
    this.#tell();
  }
}
