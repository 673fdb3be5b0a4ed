// @ts-check
// Marks that are many, and that the keyboard reaches without as many stops: Tab leads to
// one of a box, the arrows up and down to the others.

/// The marks of a box that can be pressed.
class Stops {
  static #MARK = "[role=button]";

  constructor(box) {
    this.box = box;
    /// The mark to which Tab leads.
    this.stop = null;
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("focusin", () => this.update());
  }

  /// Tab leads to the mark that has the focus, to that of the selected task, or to the first.
  update() {
    const { activeElement } = document;
    const has = activeElement !== this.box && this.box.contains(activeElement) ? activeElement.closest(Stops.#MARK) : null;
    const stop = has ?? this.box.querySelector(`${Stops.#MARK}[aria-pressed=true]`) ?? this.box.querySelector(Stops.#MARK);
    if (stop === this.stop) return;
    this.stop?.setAttribute("tabindex", "-1");
    stop?.setAttribute("tabindex", "0");
    this.stop = stop;
  }

  /// Enter and Space do what a click does.
  #key(event) {
    const mark = event.target.closest(Stops.#MARK);
    if (!mark || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way) this.#neighbour(mark, way)?.focus();
    else if (event.key === "Enter" || event.key === " ") mark.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #neighbour(mark, way) {
    const marks = [...this.box.querySelectorAll(Stops.#MARK)];
    return marks[marks.indexOf(mark) + way];
  }
}

/// The attributes of a mark that can be pressed, and is read out by this name.
function pressable(name) {
  return { role: "button", tabindex: -1, "aria-label": name, "aria-pressed": "false" };
}
