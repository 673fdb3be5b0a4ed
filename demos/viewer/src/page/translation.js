// @ts-check
// A text that says in another language what the sources say, beside them.

class TranslationView {
  constructor(pane, { header }) {
    this.code = pane("translation");
    const [[file, { text, lines }] = ["", { text: "", lines: {} }]] = Object.entries(header.translations ?? {});
    this.lines = lines;
    this.made = text.replace(/\n$/, "").split("\n").map((it, at) => lineOf(coloured(it, languageOf(file)), at + 1));
    this.code.hidden = file === "";
    this.code.replaceChildren(h("p", {}, file), ...this.made);
  }

  /// Lights the line that says the same as one of a source does.
  show(lit) {
    light(this.lit, null);
    this.lit = lit ? this.made[this.lines[`${lit.file}:${lit.line}`] - 1] : undefined;
    const { lit: line } = this;
    if (!line) return;
    light(line, lit);
    afterShow(() => reveal(this.code, line));
  }
}
