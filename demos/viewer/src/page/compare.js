// A second recording beside the first.

class Comparison {
  constructor(app) {
    this.app = app;
    this.section = document.getElementById("compare");
    this.difference = document.getElementById("difference");
    this.jump = document.getElementById("to-difference");
    this.end = document.getElementById("end-compare");
    this.file = document.getElementById("file");
    this.file.addEventListener("change", () => this.#read(this.file.files[0]));
    this.jump.addEventListener("click", () => app.visit(this.first));
    this.end.addEventListener("click", () => this.close());
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      this.open();
      this.#read(event.dataTransfer.files[0]);
    });
  }

  open() {
    this.section.hidden = false;
    this.app.setExpanded("compare-switch", true);
  }

  /// A link can name a recording, but not bring it along.
  ask(title) {
    this.open();
    this.#tell(`This link compares with another recording: “${title}”. Choose its file.`, null);
  }

  close() {
    this.section.hidden = true;
    this.file.value = "";
    this.#tell("", null);
    this.app.setExpanded("compare-switch", false);
    this.app.lay(null);
  }

  toggle() {
    if (!this.section.hidden) return this.close();
    this.open();
    this.file.focus();
  }

  async #read(file) {
    if (!file) return;
    try {
      this.app.refuse(null);
      const other = await recordingOf(file);
      this.app.lay(other);
      this.#find(this.app.recording, other);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.app.refuse(error.message);
    }
  }

  #find(one, other) {
    const step = firstDifference(one, other);
    if (step === null) return this.#tell("The two recordings are the same, step for step.", null);
    const [here, there] = [one, other].map((it) => this.#told(it, step));
    this.#tell(`They differ first in step ${step}. In the first: ${here} In the second: ${there}`, step);
  }

  #told(recording, step) {
    if (step > recording.last) return "the recording is over.";
    return partsAsText(sentence(recording, step), recording.at(step));
  }

  #tell(text, step) {
    this.first = step;
    setText(this.difference, text);
    this.jump.hidden = step === null;
    this.end.hidden = text === "";
  }
}
