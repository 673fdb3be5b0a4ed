// @ts-check
// The parts of a program that can be turned: each is a number, or one of several words, at a
// place of the text.

class Knobs {
  /// `turn` is called with a knob and its new text.
  constructor(turn) {
    this.turn = turn;
    this.box = byId("turned");
    /// The knobs by their keys, as they are in the text now.
    this.knobs = new Map();
  }

  /// Shows the knobs of a text. Those that are there already are kept: one of them may be
  /// under a finger.
  show(knobs) {
    const numbered = knobs.map((knob, nth) => ({ ...knob, key: `${nth} ${knob.kind} ${knob.line} ${knob.choices.join("|")}` }));
    this.knobs = new Map(numbered.map((it) => [it.key, it]));
    keyed(this.box, numbered, ({ key }) => key, (it) => this.#made(it), (element, knob) => this.#update(element, knob));
  }

  #made(knob) {
    const control = knob.choices.length > 0 ? this.#choice(knob) : this.#slider(knob);
    control.addEventListener("input", () => this.turn(this.knobs.get(knob.key), control.value));
    const name = `${KNOB_NAMES[knob.kind] ?? knob.kind}, line ${knob.line}`;
    return h("label", { class: "knob" }, `${name} `, control, knob.choices.length > 0 ? null : h("output", {}));
  }

  #choice({ choices }) {
    return h("select", {}, ...choices.map((it) => h("option", {}, it)));
  }

  #slider({ value }) {
    const number = Number(value);
    const step = stepOf(value);
    return h("input", { type: "range", min: 0, max: Math.max(number * 3, step * 20), step });
  }

  #update(element, { value }) {
    const control = element.querySelector("select, input");
    if (control.value !== value) control.value = value;
    const output = element.querySelector("output");
    if (output) setText(output, value);
  }
}

const KNOB_NAMES = {
  sleep: "sleep", timeout: "timeout", return_when: "return_when", return_exceptions: "return_exceptions", fails: "fails",
};

/// The last digit of a number that is written: 0.01 of "0.25", 1 of "3".
function stepOf(written) {
  const [, digits = ""] = written.split(".");
  return Number((10 ** -digits.length).toFixed(digits.length));
}
