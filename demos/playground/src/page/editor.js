// @ts-check
// The text of the program, with the numbers of its lines. It is a plain field, which readers
// of screens and the keyboard know.

const LINE_HEIGHT = 19;
const PADDING = 6;
const INDENT = "    ";

class Editor {
  /// `onChange` is called after each change of the text by hand.
  constructor(onChange) {
    this.field = byId("program");
    this.numbers = byId("line-numbers");
    this.wrong = byId("program-wrong");
    this.onChange = onChange;
    /// The lines that have a mark: where the step is, and where something is wrong.
    this.marks = { now: null, wrong: null };
    this.leaves = false;
    const on = (event, listener) => this.field.addEventListener(event, listener);
    on("input", () => this.#change());
    on("scroll", () => this.#draw());
    on("keydown", (event) => this.#key(event));
    on("blur", () => (this.leaves = false));
    new ResizeObserver(() => this.#draw()).observe(this.field);
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    if (text === this.field.value) return;
    this.field.value = text;
    this.field.setSelectionRange(0, 0);
    this.#draw();
  }

  /// Puts another text in the place of a part, and keeps the cursor and the scrolling.
  replace(begin, end, text) {
    this.field.setRangeText(text, begin, end, "preserve");
    this.#draw();
  }

  /// Says what is wrong, at its place; null takes that away.
  complain(wrong) {
    this.marks.wrong = wrong?.line ?? null;
    this.field.setAttribute("aria-invalid", String(wrong !== null));
    this.wrong.hidden = wrong === null;
    this.wrong.replaceChildren(...(wrong === null ? [] : this.#words(wrong)));
    this.#draw();
  }

  #words({ line, column, words }) {
    const place = h("button", { type: "button" }, `Line ${line}, column ${column}`);
    place.addEventListener("click", () => this.goto(line, column));
    // If the field lost the focus, the controls would come over this button before it is clicked.
    place.addEventListener("mousedown", (event) => event.preventDefault());
    return [place, ...withCode(words)];
  }

  /// Marks the line of the step; null marks none.
  mark(line) {
    if (line === this.marks.now) return;
    this.marks.now = line;
    this.#draw();
  }

  goto(line, column) {
    const before = this.text.split("\n").slice(0, line - 1).join("\n");
    const inLine = [...(this.text.split("\n")[line - 1] ?? "")].slice(0, column - 1).join("");
    const at = (line > 1 ? before.length + 1 : 0) + inLine.length;
    this.field.focus();
    this.field.setSelectionRange(at, at);
    this.field.scrollTop = Math.max(0, (line - 4) * LINE_HEIGHT);
  }

  #change() {
    this.#draw();
    this.onChange();
  }

  /// Only the numbers in sight exist.
  #draw() {
    const { scrollTop, clientHeight } = this.field;
    const first = Math.floor(scrollTop / LINE_HEIGHT) + 1;
    const last = Math.min(first + Math.ceil(clientHeight / LINE_HEIGHT), this.#count);
    const lines = Array.from({ length: Math.max(last - first + 1, 0) }, (_, nth) => first + nth);
    keyed(this.numbers, lines, (it) => it, (it) => h("span", {}, `${it}`), (number, line) => {
      number.style.top = `${PADDING + (line - 1) * LINE_HEIGHT - scrollTop}px`;
      number.classList.toggle("now", line === this.marks.now);
      number.classList.toggle("wrong", line === this.marks.wrong);
    });
  }

  get #count() {
    let count = 1;
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) count += 1;
    return count;
  }

  // Keys ---------------------------------------------------------------------

  /// Tab indents, but not after Escape: else nobody could leave by the keyboard.
  #key(event) {
    const { key, shiftKey, ctrlKey, metaKey, altKey, isComposing } = event;
    if (ctrlKey || metaKey || altKey || isComposing) return;
    if (key === "Escape") this.leaves = true;
    else if (key === "Tab" && !this.leaves) this.#take(event, () => this.#indent(shiftKey));
    else if (key === "Enter") this.#take(event, () => this.#breakLine());
    else if (key !== "Shift" && key !== "Tab") this.leaves = false;
  }

  #take(event, act) {
    event.preventDefault();
    act();
  }

  /// Puts in a text as if it was typed, so that it can be undone.
  #type(text) {
    const typed = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
    if (typed) return;
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.#change();
  }

  /// The next line is indented as this one; after a colon, by a step more.
  #breakLine() {
    const before = this.text.slice(0, this.field.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const indent = line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? INDENT : "");
    this.#type(`\n${indent}`);
  }

  /// Moves the selected lines to the right, or back; without a selection it puts in blanks.
  #indent(back) {
    const { selectionStart: start, selectionEnd: end } = this.field;
    if (start === end && !back) return this.#type(INDENT.slice((start - this.text.lastIndexOf("\n", start - 1) - 1) % 4));
    const from = this.text.lastIndexOf("\n", start - 1) + 1;
    const to = Math.max(end > start && this.text[end - 1] === "\n" ? end - 1 : end, from);
    const lines = this.text.slice(from, to).split("\n");
    const moved = lines.map((it) => (back ? it.replace(/^ {1,4}/, "") : it && INDENT + it)).join("\n");
    if (moved === this.text.slice(from, to)) return;
    this.field.setSelectionRange(from, to);
    this.#type(moved);
    if (lines.length > 1) this.field.setSelectionRange(from, from + moved.length);
  }
}
