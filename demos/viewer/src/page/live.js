// @ts-check
// A recording that grows: its steps come from the program while that runs.
//
// The page shows the last step as long as one stays there. Whoever goes elsewhere
// isn't disturbed: further steps wait until one asks for them.
//
// When the program has ended there is no server any more, so nothing but this page has the
// steps. It puts them into itself: what a browser saves of it is a page of the whole run.

/// The shortest pause between two looks of the page, in milliseconds. A large recording
/// makes it longer: the page is made anew from all steps.
const SHORTEST_PAUSE = 250;

/// What is left to do when the program has ended, with the steps that the page has. They may be in
/// a file that the program has written, or in another page.
const KEEP = "A reload of this page loses its steps, which the program gives to nobody any more. Unless a file has them, "
  + "save the recording, under Share. The command “wheelhouse show FILE --html PAGE” makes a page of that.";
const KEPT = "The steps are in the file that was saved. "
  + "The command “wheelhouse show FILE --html PAGE” makes a page of that.";
const NOTHING_LEFT = "This page has none of its steps. While a program runs they can be saved, under Share and Save recording, "
  + "and the command “wheelhouse show FILE --html PAGE” makes a page of that.";

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
    const isEmpty = this.steps.length === 0;
    setText(byId("growing"), `${words} ${isEmpty ? NOTHING_LEFT : KEEP}`);
    if (!isEmpty) this.#keep(words);
    this.#plan();
  }

  /// The whole recording: its header was written when there were fewer steps.
  get whole() {
    return { header: { ...this.header, steps: this.steps.length }, steps: this.steps };
  }

  #keep(words) {
    byId("recording").textContent = dataOf(this.whole);
    byId("live").textContent = "";
    addEventListener("beforeunload", askBefore);
    byId("save-recording").addEventListener("click", () => {
      removeEventListener("beforeunload", askBefore);
      setText(byId("growing"), `${words} ${KEPT}`);
    });
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
    const { header, steps } = this.whole;
    this.app.grow(new Recording(header, steps.slice(), this.#goesOn));
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

/// Has the browser ask before one leaves.
function askBefore(event) {
  event.preventDefault();
}

/// The data of a page, as it reads them. They stand within a page, so nothing in them may look
/// like the end of a script.
function dataOf({ header, steps }) {
  return JSON.stringify({ header, steps }).replaceAll("<", "\\u003c");
}
