// @ts-check
// A second recording beside the first.

class Comparison {
  constructor(app) {
    this.app = app;
    this.section = byId("compare");
    this.difference = byId("difference");
    this.jump = byId("to-difference");
    this.end = byId("end-compare");
    this.file = byId("file");
    this.file.addEventListener("change", () => this.#read(this.file.files[0]));
    this.jump.addEventListener("click", () => this.#go(0));
    this.list = new LongList(byId("differences"), "Differences", (row, place) => this.#fill(row, place));
    this.list.rowHeight = 48;
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
    this.#tell(`This link compares with another recording: “${title}”. Choose its file.`, []);
  }

  close() {
    this.section.hidden = true;
    this.file.value = "";
    this.#tell("", []);
    this.app.setExpanded("compare-switch", false);
    this.app.lay(null);
  }

  toggle() {
    if (!this.section.hidden) return this.close();
    this.open();
    this.file.focus();
  }

  /// Begins with a recording that the page has brought along, where the two differ first,
  /// unless the address says another step.
  begin(other) {
    this.open();
    const { step } = seenIn(location.hash);
    this.#lay(other);
    const [first] = this.differences;
    if (step === null && first) this.app.goto(first.one ?? first.at, first.other);
  }

  #lay(other) {
    this.app.lay(other, new Alignment(this.app.recording, other));
    this.#find(this.app.recording, other);
  }

  async #read(file) {
    if (!file) return;
    try {
      this.app.refuse(null);
      this.#lay(await recordingOf(file));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.app.refuse(error.message);
    }
  }

  #find(one, other) {
    const { differences } = this.app.alignment;
    this.runs = { one, other };
    if (differences.length === 0) return this.#tell(this.#sameness(), []);
    const [first] = differences;
    const where = first.one === null ? `step ${first.other} of the second` : `step ${first.one}`;
    const count = differences.length === 1 ? "It is the only difference." : `There are ${differences.length.toLocaleString("en")} differences.`;
    this.#tell(`They differ first in ${where}. In the first: ${this.#told(one, first.one)} In the second: ${this.#told(other, first.other)} ${count}`, differences);
  }

  /// What two recordings are that don't differ.
  #sameness() {
    const { one, other } = this.runs;
    if (!this.app.alignment.inOrderAlone) return "The two recordings are the same, event for event.";
    const [here, there] = [one, other].map(({ header }) => header.executor || "Wheelhouse");
    return `The order of tasks is the same in ${here} and in ${there}: each poll and each end.`;
  }

  #told(recording, step) {
    if (step === null) return "this doesn't happen.";
    return partsAsText(sentence(recording, step), recording.at(step));
  }

  #tell(text, differences) {
    this.differences = differences;
    setText(this.difference, text);
    this.jump.hidden = differences.length === 0;
    this.list.box.hidden = differences.length === 0;
    this.end.hidden = text === "";
    this.list.list.replaceChildren();
    this.list.fill(differences.length, (place) => place);
  }

  #go(place) {
    const { one, other, at } = this.differences[place];
    this.app.visit(one ?? at, other);
  }

  #fill(row, place) {
    if (row.firstElementChild) return;
    const { kind, one, other, count } = this.differences[place];
    const { runs } = this;
    const words = count === 1 ? kind : `${kind} (${countText(count, "event")})`;
    const line = (recording, step) => h("span", { class: "told" }, h("b", {}, step === null ? "–" : `${step}`), ` ${this.#told(recording, step)}`);
    const button = h("button", { type: "button" }, h("span", { class: "kind" }, words), line(runs.one, one), line(runs.other, other));
    button.addEventListener("click", () => this.#go(place));
    row.append(button);
  }
}
