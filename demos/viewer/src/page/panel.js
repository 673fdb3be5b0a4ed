// @ts-check
// Parts of the page that one opens and closes, each by a switch of its own.

class Panel {
  /// The switch has the panel's name. A page that was saved while the panel was open has it
  /// closed.
  constructor(name) {
    this.section = byId(name);
    this.switch = byId(`${name}-switch`);
    this.#set(false);
  }

  get isOpen() {
    return !this.section.hidden;
  }

  /// Whether an element is in it.
  holds(element) {
    return this.section.contains(element);
  }

  open() {
    this.#set(true);
  }

  /// Whoever is in it finds themselves at its switch.
  close() {
    const leads = this.holds(document.activeElement);
    this.#set(false);
    if (leads) this.switch.focus();
  }

  #set(isOpen) {
    this.section.hidden = !isOpen;
    this.switch.setAttribute("aria-expanded", String(isOpen));
  }
}
