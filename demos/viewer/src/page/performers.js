// @ts-check
// The executor's own functions: which of them performs a step, and its text.

/// The functions by the keys of what they perform. A page that was made without them
/// has none.
let known = null;

function functionsOfPage() {
  known ??= JSON.parse(byId("functions")?.textContent || "{}");
  return known;
}

/// Several functions perform some kinds of steps.
function performerOf(event) {
  const { ev, task, on, level, list } = event ?? {};
  const key = {
    spawn: task === "0" ? "spawn main" : "spawn",
    timer: Number.isInteger(level) && Number.isInteger(list) ? "timer" : "timer nursery",
    awaits: `awaits ${Object.keys(on ?? {})[0]}`,
  }[ev] ?? ev;
  return functionsOfPage()[key];
}

/// Shows the function that performs the step in place of the program's source.
class PerformerView {
  constructor(pane, redraw) {
    this.button = pane("performer");
    this.code = pane("source");
    this.on = false;
    this.button.addEventListener("click", () => {
      this.on = !this.on;
      this.button.setAttribute("aria-pressed", this.on);
      redraw();
    });
  }

  /// True if it has shown something.
  show({ event, recording }) {
    const { executor } = recording.header;
    const it = executor ? undefined : performerOf(event);
    setText(this.button, it ? `by fn ${it.name}` : `by ${executor || "the executor"}`);
    this.button.hidden = Object.keys(functionsOfPage()).length === 0;
    setAttributes(this.code.closest(".pane"), { "data-performer": this.on && Boolean(it) });
    if (!this.on || !it) return false;
    if (this.shown !== it || !this.element.isConnected) this.#open(it);
    return true;
  }

  #open(it) {
    this.shown = it;
    const lines = it.text.split("\n").map((text, at) => h("div", { class: "line" }, h("span", { class: "no" }, `${it.line + at}`), h("code", {}, ...coloured(text))));
    this.element = h("div", { class: "performer" }, h("p", {}, `executor/src/${it.file}`), ...lines);
    this.code.replaceChildren(this.element);
    afterShow(() => {
      this.code.scrollTop = 0;
    });
  }
}
