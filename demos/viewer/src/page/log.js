// @ts-check
// The output of the program, and the list of all that happened: to read, to
// filter, to search, and to go to.

// Output ---------------------------------------------------------------------

/// Kinds of steps whose text is the program's own.
const PRINTS = new Set(["print", "note"]);

class OutputPane {
  static #MOST_LINES = 200;

  constructor(pane, recording) {
    this.element = pane("output");
    this.note = pane("output-note");
    this.prints = stepsWhere(recording.steps, ({ ev }) => PRINTS.has(ev));
    this.element.closest(".pane").hidden = this.prints.length === 0;
  }

  /// The lines up to this step, the latest in sight.
  /** @param {Moment} moment */
  show({ recording, state, step }) {
    const count = countUpTo(this.prints, step);
    const now = `${count} ${this.prints[count - 1] === step}`;
    if (now === this.now) return;
    this.now = now;
    const shown = this.prints.slice(Math.max(0, count - OutputPane.#MOST_LINES), count);
    keyed(this.element, shown, (it) => it, (it) => this.#line(recording.steps[it], it, state),
      (line, it) => setAttributes(line, { "data-now": it === step }));
    setText(this.note, count === 0 ? "nothing yet" : countText(count, "line"));
    afterShow(() => {
      this.element.scrollTop = this.element.scrollHeight;
    });
  }

  /** @param {Step} event */
  #line({ ev, task, text }, step, state) {
    const title = typeof task === "string" ? `${nameOf(state, task)}, step ${step}` : `step ${step}`;
    const line = h("li", { class: ev }, h("a", { href: `#step=${step}`, "data-step": step, title }, text));
    return typeof task === "string" ? tint(line, task) : line;
  }
}

function stepsWhere(steps, holds) {
  const found = [];
  for (let step = 0; step < steps.length; step++) if (holds(steps[step])) found.push(step);
  return found;
}

/// How many of some steps, which are sorted, are not after one.
function countUpTo(steps, step) {
  return firstFrom(0, steps.length, (it) => steps[it] > step);
}

// Filters --------------------------------------------------------------------

/// The kinds of steps that one may ask the log for.
const LOG_KINDS = {
  "all events": null,
  "the story": ["spawn", "fire", "done", "fail", "print", "note", "met", "over", "cancel", "park", "jump", "stuck", "leave"],
  loop: ["turn", "order", "turn_end", "park", "unpark", "jump", "stuck", "close"],
  tasks: ["spawn", "found", "name", "done", "fail", "detach", "gone"],
  "ready queue": ["ready", "again", "notice"],
  polls: ["poll", "awaits", "keep", "polled", "unwind", "skip"],
  timers: ["timer", "untimer", "advance", "fire", "rings"],
  "other threads": ["heard", "request"],
  combinators: ["watch", "what", "child", "ask", "answer", "met", "over", "unwatch", "calls"],
  sections: ["section", "member", "limit", "remark", "leave"],
  cancellation: ["cancel", "pass", "mark", "unmark", "catch", "uncancel", "unwind"],
  statements: ["reach"],
  output: ["print", "note"],
};

/// Words for which one may search besides the kind's own name and its texts.
const LOG_WORDS = {
  spawn: "spawned task", ready: "wake woken joins ready queue", again: "wake woken", notice: "joins ready queue",
  ask: "notice condition", met: "condition met", poll: "polled begins", polled: "poll over", unwind: "dropped cancelled",
  done: "ended end", gone: "vacant slot", timer: "set sleep", untimer: "timer taken out", advance: "clock look",
  fire: "timer fires", heard: "inbox another thread wake", request: "inbox another thread call", park: "parks sleep", unpark: "runs again", jump: "virtual clock",
  over: "returns combinator", reach: "line statement", cancel: "cancels", mark: "marked cancelled", catch: "caught", uncancel: "takes back", fail: "failed failure error exception",
  print: "output printed", awaits: "waits for", detach: "detached handle dropped", turn: "batch begins", turn_end: "turn over", stuck: "deadlock",
};

/// Which steps the log shows: of a kind, about a task, with certain words.
class LogFilter {
  constructor(recording, { kind = "all events", task = "", words = "" } = {}) {
    this.recording = recording;
    this.kinds = LOG_KINDS[kind] ? new Set(LOG_KINDS[kind]) : null;
    this.task = task.trim() === "" ? null : findTask(recording, task) ?? "";
    this.words = words.toLowerCase().split(/\s+/).filter((it) => it !== "");
    this.isOpen = this.kinds === null && this.task === null && this.words.length === 0;
  }

  accepts(event, step) {
    if (this.kinds !== null && !this.kinds.has(event.ev)) return false;
    if (this.task !== null && !this.recording.isAbout(this.task, step)) return false;
    if (this.words.length === 0) return true;
    const text = this.#textOf(event);
    return this.words.every((it) => text.includes(it));
  }

  #textOf(event) {
    const { ev, moved, due } = event;
    const numbers = ["timer", "watch", "section"].map((it) => (event[it] === undefined ? "" : `${it} ${event[it]}`));
    const more = [moved?.length > 0 ? "cascade moves lower level" : "", due?.length > 0 ? "due" : ""];
    const texts = ["text", "what", "why", "name", "outcome", "function", "at"].map((it) => event[it] ?? "");
    const names = [event.task, event.by, event.to].map((it) => this.recording.finalNames.get(it) ?? "");
    return [ev, LOG_WORDS[ev] ?? "", ...numbers, ...more, ...texts, ...names].join(" ").toLowerCase();
  }
}

/// The name that each task has in the end.
function finalNames({ steps }) {
  const names = new Map();
  for (const { ev, task, name } of steps) if (ev === "spawn" || ev === "name") names.set(task, name);
  return names;
}

// The list -------------------------------------------------------------------

/// A list of any length, of which only the rows in sight exist. Browsers limit
/// the height of an element; beyond that, scrolling goes in larger steps.
class LongList {
  static #MOST_HEIGHT = 8e6;

  constructor(box, label, make) {
    this.box = box;
    this.make = make;
    this.count = 0;
    this.rowHeight = 26;
    this.list = h("ol", { "aria-label": label });
    this.space = h("div", { class: "space" }, this.list);
    box.replaceChildren(this.space);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
  }

  /// Lists so many rows, each of which has a key.
  fill(count, keyOf) {
    this.count = count;
    this.keyOf = keyOf;
    this.space.style.height = `${this.#height}px`;
    this.draw();
  }

  get #height() {
    return Math.min(this.count * this.rowHeight, LongList.#MOST_HEIGHT);
  }

  get #inSight() {
    return Math.ceil(this.box.clientHeight / this.rowHeight);
  }

  /// The place of the first row in sight, with a part of a row.
  get #first() {
    const way = this.#height - this.box.clientHeight;
    const most = Math.max(this.count - this.box.clientHeight / this.rowHeight, 0);
    return way <= 0 ? 0 : Math.min(this.box.scrollTop / way, 1) * most;
  }

  /// Scrolls as far as is needed to see a row.
  reveal(place) {
    const first = this.#first;
    const inSight = this.box.clientHeight / this.rowHeight;
    if (place >= first && place + 1 <= first + inSight) return;
    const wanted = Math.max(place - inSight / 2, 0);
    const most = Math.max(this.count - inSight, 1);
    this.box.scrollTop = (wanted / most) * (this.#height - this.box.clientHeight);
  }

  draw() {
    if (this.box.clientHeight === 0) return;
    const first = this.#first;
    const begin = Math.floor(first);
    const end = Math.min(begin + this.#inSight + 1, this.count);
    const places = Array.from({ length: Math.max(end - begin, 0) }, (_, nth) => begin + nth);
    const top = this.box.scrollTop - (first - begin) * this.rowHeight;
    this.list.style.transform = `translateY(${Math.max(top, 0).toFixed(1)}px)`;
    keyed(this.list, places, this.keyOf, (place) => h("li", {}), (row, place) => {
      row.style.height = `${this.rowHeight}px`;
      setAttributes(row, { "aria-posinset": place + 1, "aria-setsize": this.count });
      this.make(row, place);
    });
  }
}

class LogPane {
  /// So many steps are looked at before the page gets its turn.
  static #SLICE = 20_000;
  static #MOST_ON_PAPER = 3000;

  constructor(pane, recording) {
    this.recording = recording;
    this.note = pane("log-note");
    this.fields = { kind: pane("log-kind"), task: pane("log-task"), words: pane("log-words") };
    this.fields.kind.append(...Object.keys(LOG_KINDS).map((it) => h("option", {}, it)));
    for (const field of Object.values(this.fields)) field.addEventListener("input", () => this.#choose());
    this.box = pane("log");
    this.list = new LongList(this.box, "What happened", (row, place) => this.#fill(row, place));
    new ResizeObserver(() => this.#resize()).observe(this.box);
    this.#choose();
  }

  /// The rows for paper, as far as they are not too many.
  transcript() {
    const { steps } = this.recording;
    const count = Math.min(this.found?.length ?? steps.length, LogPane.#MOST_ON_PAPER);
    const rows = Array.from({ length: count }, (_, place) => {
      const step = this.#stepAt(place);
      const state = this.recording.at(step);
      return h("li", {}, h("span", {}, `${step}`), h("span", {}, whenText(state, state.time)), h("span", {}, partsAsText(sentence(this.recording, step), state)));
    });
    return h("section", {}, h("h3", {}, `Log: ${this.note.textContent}`), h("ol", { class: "transcript" }, ...rows));
  }

  /** @param {Moment} moment */
  show(moment) {
    this.moment = moment;
    if (isHidden(this.box)) return;
    this.#list();
    this.list.reveal(Math.max(this.#countUpTo(moment.step) - 1, 0));
    this.list.draw();
  }

  /// A narrow row has several lines.
  #resize() {
    const width = this.box.clientWidth;
    this.list.rowHeight = width > 900 ? 26 : width > 560 ? 44 : 62;
    this.box.style.setProperty("--lines", { 26: 1, 44: 2, 62: 3 }[this.list.rowHeight]);
    if (this.moment) this.show(this.moment);
  }

  #choose() {
    const { kind, task, words } = this.fields;
    this.filter = new LogFilter(this.recording, { kind: kind.value, task: task.value, words: words.value });
    clearTimeout(this.timer);
    this.found = this.filter.isOpen ? null : [];
    if (this.found) this.#look(0);
    else this.#showFound();
  }

  /// Goes through the steps, and lets the page live meanwhile.
  #look(from) {
    const { steps } = this.recording;
    const to = Math.min(from + LogPane.#SLICE, steps.length);
    for (let step = from; step < to; step++) if (this.filter.accepts(steps[step], step)) this.found.push(step);
    if (to < steps.length) this.timer = setTimeout(() => this.#look(to));
    this.#showFound();
  }

  #showFound() {
    if (this.moment) this.show(this.moment);
  }

  #countUpTo(step) {
    return this.found ? countUpTo(this.found, step) : step + 1;
  }

  #stepAt(place) {
    return this.found ? this.found[place] : place;
  }

  #list() {
    const { step, hideFuture } = this.moment;
    const all = this.found?.length ?? this.recording.steps.length;
    const count = hideFuture ? this.#countUpTo(step) : all;
    this.list.fill(count, (place) => this.#stepAt(place));
    setText(this.note, this.filter.isOpen ? countText(count, "event") : `${NUMBERS.format(count)} of ${countText(this.recording.steps.length, "event")}`);
  }

  #fill(row, place) {
    const step = this.#stepAt(place);
    setAttributes(row, { "data-now": step === this.moment.step });
    const link = row.firstElementChild;
    if (link) return setAttributes(link, { "aria-current": step === this.moment.step ? "step" : null });
    const state = this.recording.at(step);
    const { task } = this.recording.steps[step];
    const text = partsAsText(sentence(this.recording, step), state);
    row.append(h("a", { href: `#step=${step}`, "data-step": step, title: text, "aria-current": step === this.moment.step ? "step" : null },
      h("span", { class: "no" }, `${step}`), h("span", { class: "time" }, whenText(state, state.time)), h("span", { class: "told" }, text)));
    if (typeof task === "string") tint(row, task);
  }
}
