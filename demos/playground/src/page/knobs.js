// @ts-check
// The parts of a program that can be turned: each is a number, or one of several words, at a
// place of the text.

class Knobs {
  /// `editor` has the text, and `onTurn` is called when a part of it has changed.
  constructor(editor, onTurn) {
    this.editor = editor;
    this.onTurn = onTurn;
    /// The text in which the knobs are.
    this.text = "";
    this.box = byId("turned");
    /// The knobs by their keys, as they are in the text now.
    this.knobs = new Map();
  }

  /// Shows the knobs of a text. Those that are there already are kept: one of them may be
  /// under a finger.
  show(text, knobs) {
    this.text = text;
    const numbered = knobs.map((knob, nth) => ({ ...knob, key: `${nth} ${knob.label} ${isChosen(knob)}` }));
    this.knobs = new Map(numbered.map((it) => [it.key, it]));
    keyed(this.box, numbered, ({ key }) => key, (it) => this.#made(it), (element, knob) => this.#update(element, knob));
  }

  #made(knob) {
    const { key, label, choices } = knob;
    const control = isChosen(knob) ? h("select", {}, ...choicesOf(choices)) : slider(knob);
    control.addEventListener("input", () => this.#turn(this.knobs.get(key), control.value));
    return h("label", { class: "knob" }, `${label} `, control, isChosen(knob) ? null : h("output", {}));
  }

  /// A finger is faster than the runs are, so the knobs behind this one move with the text. They
  /// mean nothing in a text that somebody has changed since.
  #turn(knob, value) {
    if (this.editor.text !== this.text) return;
    const { begin, end } = knob;
    this.editor.replace(begin, end, value);
    this.text = this.editor.text;
    const longer = value.length - (end - begin);
    for (const it of this.knobs.values()) {
      if (it.begin > begin) it.begin += longer;
      if (it.end >= end) it.end += longer;
    }
    this.onTurn();
  }

  #update(element, { value }) {
    const control = element.querySelector("select, input");
    if (control.value !== value) control.value = value;
    const output = element.querySelector("output");
    if (output) setText(output, value);
  }
}

function isChosen({ choices }) {
  return choices.length > 0;
}

function choicesOf(values) {
  return values.map((value) => h("option", { value }, value.replace(/^asyncio\./, "")));
}

/// A slider from 0 to some times the value; a limit that is None begins there.
function slider({ value }) {
  const step = stepOf(value);
  return h("input", { type: "range", min: 0, max: Math.max(Number(value) * 3 || 0, step * 20), step });
}

/// The last digit of a number that is written: 0.01 of "0.25", 1 of "3".
function stepOf(written) {
  const [, digits = ""] = written.split(".");
  return Number((10 ** -digits.length).toFixed(digits.length));
}
