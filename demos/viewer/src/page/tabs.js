// @ts-check
// Panes that share one place: tabs, of which one is chosen.

class Tabs {
  /// `panelOf` finds the panel of a tab by its name.
  constructor(list, panelOf, onChange) {
    this.tabs = [...list.querySelectorAll("[role=tab]")];
    this.panelOf = panelOf;
    this.onChange = onChange;
    for (const tab of this.tabs) tab.addEventListener("click", () => this.choose(tab.dataset.tab));
    list.addEventListener("keydown", (event) => this.#key(event));
    this.#show(this.tabs[0]);
  }

  /// The name of the tab that is chosen.
  get chosen() {
    return this.tabs.find((it) => it.ariaSelected === "true").dataset.tab;
  }

  choose(name) {
    const tab = this.tabs.find((it) => it.dataset.tab === name);
    if (!tab || name === this.chosen) return;
    this.#show(tab);
    this.onChange(name);
  }

  #show(chosen) {
    for (const tab of this.tabs) {
      setAttributes(tab, { "aria-selected": String(tab === chosen), tabindex: tab === chosen ? 0 : -1 });
      this.panelOf(tab.dataset.tab).hidden = tab !== chosen;
    }
  }

  chooseNext(way = 1) {
    const at = this.tabs.findIndex((it) => it.ariaSelected === "true");
    const next = this.tabs[(at + way + this.tabs.length) % this.tabs.length];
    this.choose(next.dataset.tab);
    return next;
  }

  #key({ key }) {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (way) this.chooseNext(way).focus();
  }
}
