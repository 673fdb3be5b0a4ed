// @ts-check
// The panes that show the state: each has `show(moment)` and no memory of what
// it showed before, but the elements that it keeps.
//
// A moment is `{recording, state, step, event, selected, hideFuture}`: the state
// after a step, and the step itself.

// Elements -------------------------------------------------------------------

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.flat().filter((it) => it !== null && it !== undefined));
  return element;
}

/// An element of the page, of whatever kind.
/** @returns {any} */
function byId(id) {
  return document.getElementById(id);
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const wanted = value === null || value === undefined || value === false ? null : String(value);
    if (wanted === null) element.removeAttribute(name);
    else if (element.getAttribute(name) !== wanted) element.setAttribute(name, wanted);
  }
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/// Calls that measure what is shown: they come after all panes have changed, so that the
/// browser lays the page out once for them all.
const measures = [];

function afterShow(measure) {
  measures.push(measure);
}

function measureShown() {
  for (const measure of measures.splice(0)) measure();
}

/// True if a pane is in a tab that isn't chosen. (To ask for its size would have the page
/// laid out.)
function isHidden(element) {
  return element.closest("[hidden]") !== null;
}

/// Makes the children of `parent` those of `items`, keeping the elements that
/// are there already, so that focus and scrolling survive a step. All that an
/// element gets from `make` alone must be in its key.
function keyed(parent, items, keyOf, make, update) {
  const old = new Map([...parent.children].map((it) => [it.dataset.key, it]));
  const wanted = items.map((item) => ({ item, key: String(keyOf(item)) }));
  const keys = new Set(wanted.map(({ key }) => key));
  // Those that go do so first, or all behind them would seem to have moved.
  for (const [key, element] of old) if (!keys.has(key)) element.remove();
  let place = parent.firstElementChild;
  for (const { item, key } of wanted) {
    const element = old.get(key) ?? make(item);
    element.dataset.key = key;
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
    update?.(element, item);
  }
}

// Tasks and sentences --------------------------------------------------------

/// Hues that neighbours tell apart: steps of the golden angle. The main future
/// has none.
function hueOf(id) {
  const [slot, tenant = "1"] = id.split(".");
  return (Number(slot) * 137.508 + Number(tenant) * 47) % 360;
}

function tint(element, id) {
  element.style.setProperty("--hue", hueOf(id).toFixed(1));
  element.classList.toggle("neutral", isMain(id));
  return element;
}

function chip(state, id, attributes = {}) {
  const name = nameOf(state, id);
  return tint(h("span", { class: "task", title: titleOf(id, name), ...attributes }, name), id);
}

function titleOf(id, name) {
  const task = `Task-${id}`;
  return name === task ? task : `${name} (${task})`;
}

/// A small mark for where a name doesn't fit.
function dot(state, id, attributes = {}, tag = "span") {
  const title = titleOf(id, nameOf(state, id));
  return tint(h(tag, { class: "dot", title, "data-task": id, ...attributes }, shortNameOf(state, id)), id);
}

/// A mark that the keyboard reaches, too; it is read out by the task's whole name.
function dotButton(state, id, attributes = {}) {
  const name = spokenName(shortNameOf(state, id), titleOf(id, nameOf(state, id)));
  return dot(state, id, { type: "button", "aria-label": name, ...attributes }, "button");
}

/// The name by which a mark is read out: who speaks to the page says what is seen of it.
function spokenName(shown, title) {
  return title.split(" ").includes(shown) ? title : `${shown}: ${title}`;
}

/// The first argument of a name that is a call; else the number that it ends with, or its beginning.
function shortNameOf(state, id) {
  const name = nameOf(state, id);
  if (name === `Task-${id}`) return id;
  const argument = name.match(/\(["']?([^,"')]+)/)?.[1].slice(0, 4);
  return argument ?? name.match(/\d+$/)?.[0] ?? name.slice(0, 4);
}

/// Of a longer text that was printed the pane of the output has the whole.
const MOST_OF_A_QUOTE = 400;

function partsAsNodes(parts, state) {
  return parts.map((it) => {
    if (typeof it === "string") return it;
    if (it.task !== undefined) return chip(state, it.task, { "data-task": it.task });
    if (it.quote !== undefined) return h("q", {}, inLine(it.quote, MOST_OF_A_QUOTE));
    return h("a", { href: `#step=${it.link}`, "data-step": it.link }, it.text);
  });
}

class SentencePane {
  constructor(pane) {
    this.element = pane("sentence");
  }

  /** @param {Moment} moment */
  show({ recording, state, step }) {
    this.element.replaceChildren(...partsAsNodes(sentence(recording, step), state));
  }
}

// Source ---------------------------------------------------------------------

/// Comments, strings, lifetimes, keywords, and numbers of Rust; a hint for the eye, no parser.
const RUST = new RegExp([
  "(?<comment>//.*)", "(?<string>\"(?:[^\"\\\\]|\\\\.)*\")", "(?<life>'\\w+\\b(?!'))",
  "(?<word>\\b(?:as|async|await|break|const|continue|else|enum|fn|for|if|impl|in|let|loop|match|mod|move|mut|pub|ref|return|self|Self|static|struct|trait|type|use|where|while)\\b)",
].join("|"), "g");

/// The same of Python.
const PYTHON = new RegExp([
  "(?<comment>#.*)", "(?<string>\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*')",
  "(?<word>\\b(?:and|as|async|await|break|class|continue|def|elif|else|except|finally|for|from|if|import|in|is|lambda|None|not|or|pass|raise|return|try|while|with|yield|True|False)\\b)",
].join("|"), "g");

function coloured(text, language = RUST) {
  const line = unturned(text);
  const nodes = [];
  let from = 0;
  for (const match of line.matchAll(language)) {
    const kind = Object.keys(match.groups).find((it) => match.groups[it] !== undefined);
    nodes.push(line.slice(from, match.index), h("span", { class: kind }, match[0]));
    from = match.index + match[0].length;
  }
  return [...nodes, line.slice(from)];
}

/// Why there is no source text. Paths are those that the compiler knows.
function noSourceWords(missing) {
  if (missing === undefined) return "This recording has no source text.";
  return `This recording has no source text: ${missing} wasn't found where the program ran. Start it in the folder of its package or workspace, from which that path leads.`;
}

class SourcePane {
  static #MOST_DOTS = 10;

  constructor(pane, recording, redraw) {
    this.code = pane("source");
    this.performer = new PerformerView(pane, redraw);
    this.translation = new TranslationView(pane, recording);
    this.choice = pane("file-shown");
    this.sources = recording.header.sources ?? {};
    /// Per file, and per line where something is spawned or waits at some time: its places.
    /// Only these lines have room for dots, so that no line moves.
    this.marked = markedLines(recording);
    this.tasks = new TasksAtPlaces(recording);
    /// Per line that has room for dots: that room.
    this.lenses = new Map();
    /// The files that were opened: their lines, and the lines' room for dots.
    this.opened = new Map();
    this.file = null;
    const files = Object.keys(this.sources);
    this.missing = [...this.marked.keys()].filter((it) => !(it in this.sources));
    this.choice.hidden = files.length === 0;
    this.choice.append(...files.map((it) => h("option", { value: it }, it)));
    this.choice.append(...this.missing.map((it) => h("option", { disabled: "" }, `${it}: not found where the program ran`)));
    this.choice.addEventListener("change", () => this.#open(this.choice.value));
    this.#open(files.find((it) => this.marked.has(it)) ?? files[0]);
  }

  /** @param {Moment} moment */
  show(moment) {
    if (this.performer.show(moment)) {
      this.file = null;
      return;
    }
    const lit = placeToShow(moment, this.sources);
    this.translation.show(lit);
    if (this.file === null) this.#open(this.last);
    if (lit && lit.file in this.sources) this.#open(lit.file);
    this.tasks.follow(moment.state);
    for (const [number, lens] of this.lenses) this.#fill(lens, this.marked.get(this.file).get(number), moment);
    light(this.lit, null);
    this.lit = lit?.file === this.file ? this.opened.get(this.file).made[lit.line - 1] : null;
    light(this.lit, lit);
    const { lit: line } = this;
    if (line) afterShow(() => reveal(this.code, line));
  }

  #open(file) {
    if (file === undefined) return this.code.replaceChildren(h("p", { class: "empty" }, noSourceWords(this.missing[0])));
    if (file === this.file) return;
    this.file = file;
    this.last = file;
    this.choice.value = file;
    if (!this.opened.has(file)) this.opened.set(file, this.#made(file));
    this.lenses = this.opened.get(file).lenses;
    for (const [name, { lines }] of this.opened) lines.classList.toggle("away", name !== file);
    // A file that is away keeps its layout: steps go to and fro between two files.
    if (!this.opened.get(file).lines.isConnected) this.code.replaceChildren(...[...this.opened.values()].map(({ lines }) => lines));
    afterShow(() => {
      this.code.scrollTop = 0;
    });
  }

  #made(file) {
    this.lenses = new Map();
    const marked = this.marked.get(file) ?? new Map();
    const lines = this.sources[file].replace(/\n$/, "").split("\n");
    const language = languageOf(file);
    const made = lines.map((text, at) => this.#line(coloured(text, language), at + 1, marked.has(at + 1)));
    return { lines: h("div", {}, ...made), made, lenses: this.lenses };
  }

  #line(text, number, marked) {
    const line = lineOf(text, number);
    if (marked) {
      const lens = h("div", { class: "lens" });
      this.lenses.set(number, lens);
      line.append(lens);
    }
    return line;
  }

  /// What hasn't changed since it was shown last stays as it is.
  #fill(lens, places, { state }) {
    const roles = { "waits": "waits here", "spawned": "spawned here" };
    const found = Object.entries(roles).map(([role, words]) => ({ role, words, ...this.tasks.tasksAt(role, places, SourcePane.#MOST_DOTS) }));
    const shownOf = [...found.map(({ version }) => version), state.namesAt].join(" ");
    if (lens.shownOf === shownOf) return;
    lens.shownOf = shownOf;
    const row = ({ role, words, first, count }) => {
      const more = count > first.length ? [` +${count - first.length}`] : [];
      return [h("span", { class: "role" }, words), ...first.map((id) => dot(state, id, { "data-role": role })), ...more];
    };
    lens.replaceChildren(...found.filter(({ count }) => count > 0).flatMap(row));
  }
}

/// The line of this step; else where the polled task was seen last, or who the step is about.
/// `how` says so if the line isn't the one that runs.
/** @param {Moment} moment @returns {{file: string, line: number, how: string} | null} */
function placeToShow({ event, state, selected, recording, step }, sources) {
  const isShown = (at) => placeOf(at)?.file in sources;
  const at = event?.at ?? awaitOf(event, recording?.steps[step + 1]);
  if (isShown(at)) return { ...placeOf(at), how: "" };
  const ids = [state.polled, event?.task, state.watch(event?.watch)?.by, selected];
  const task = ids.map((id) => (typeof id === "string" ? state.task(id) : undefined)).find((it) => isShown(it?.at));
  return task ? { ...placeOf(task.at), how: howAt(task, state) } : null;
}

/// The place of the await that sets a timer: it is told with the next step.
function awaitOf(event, next) {
  return event?.ev === "timer" && next?.ev === "awaits" && next.on.timer === event.timer ? next.at : undefined;
}

/// How a task has to do with the line at which it was seen last; "" if it runs there.
/** @param {Task} task @param {State} state */
function howAt(task, { polled, work }) {
  if (!task.live || (task.polling && polled !== task.id)) return "was seen here last";
  if (task.came === null) return "spawned here";
  if (polled !== task.id) return "is suspended here";
  return task.came < work.step ? "goes on from here" : "";
}

/// Lights a line as the one that runs, or as one that says how else it has to do with that.
function light(line, lit) {
  if (line) setAttributes(line, { "data-lit": lit && (lit.how === "" ? "true" : "from"), "data-how": lit?.how || null });
}

function languageOf(file) {
  return file?.endsWith(".py") ? PYTHON : RUST;
}

/// A line of a text, with its number.
function lineOf(code, number) {
  return h("div", { class: "line", "data-line": number }, h("span", { class: "no" }, `${number}`), h("code", {}, ...code));
}

/// Scrolls to a line, unless it is well in sight.
function reveal(code, line) {
  const { scrollTop, clientHeight } = code;
  const top = line.offsetTop;
  const margin = clientHeight / 8;
  if (top >= scrollTop + margin && top + line.offsetHeight + margin <= scrollTop + clientHeight) return;
  code.scrollTop = top - clientHeight / 2;
}

function markedLines({ steps }) {
  const marked = new Map();
  const seen = new Set();
  for (const { at, ev } of steps) {
    if (seen.has(at) || (ev !== "spawn" && ev !== "awaits")) continue;
    seen.add(at);
    const place = placeOf(at);
    if (!place) continue;
    if (!marked.has(place.file)) marked.set(place.file, new Map());
    const lines = marked.get(place.file);
    lines.set(place.line, [...lines.get(place.line) ?? [], at]);
  }
  return marked;
}

// Inbox, due timers and park -------------------------------------------------

class InboxPane {
  constructor(pane) {
    this.element = pane("inbox");
    this.note = pane("inbox-note");
  }

  /** @param {Moment} moment */
  show({ state }) {
    const heard = state.heard.slice(-12);
    keyed(this.element, heard, (it) => `${it.step} ${it.function ?? nameOf(state, it.task)}`, (it) => heardChip(state, it));
    setText(this.note, heard.length === 0 ? "nothing from another thread" : "from other threads");
  }
}

/// A task that another thread has woken, or a function for whose call one has asked.
function heardChip(state, { task, function: called }) {
  return task === undefined ? functionChip(called) : chip(state, task, { "data-task": task });
}

function functionChip(called) {
  return h("span", { class: "plain", title: `${called} is called` }, `${called.split("::").at(-1)}()`);
}

class DuePane {
  static #MOST = 12;

  constructor(pane) {
    this.element = pane("due");
  }

  /** @param {Moment} moment */
  show({ state }) {
    const left = state.due.slice(state.fired);
    const chips = left.slice(0, DuePane.#MOST).map((id) => timerChip(state, id));
    const more = left.length > chips.length ? [`+${left.length - chips.length}`] : [];
    this.element.replaceChildren(...(left.length === 0 ? ["none"] : chips), ...more);
  }
}

function timerChip(state, id) {
  const task = state.timer(id)?.task;
  const title = `timer ${id}`;
  if (typeof task !== "string") return h("span", { class: "plain", "data-timer": id }, title);
  return h("span", { class: "timer", "data-timer": id }, `${title} `, chip(state, task, { "data-task": task }));
}

class ParkPane {
  constructor(pane) {
    this.element = pane("park");
  }

  /** @param {Moment} moment */
  show({ recording, state, step }) {
    const { park } = state;
    setAttributes(this.element, { "data-parked": park?.kind ?? null });
    setText(this.element, parkText(recording, state, step));
  }
}

function parkText(recording, state, step) {
  const { park } = state;
  if (recording.steps[step]?.ev === "unpark") return partsAsText(sentence(recording, step), state);
  if (!park) return "The thread is running.";
  if (park.kind === "jump") return `The virtual clock jumps to ${whenText(state, park.until)}.`;
  return park.until === null ? "Parked until another thread calls."
    : `Parked until ${whenText(state, park.until)}.`;
}

// Timer wheel ----------------------------------------------------------------

/// How much time one list of a level covers.
function spanText(level) {
  const span = LISTS ** level;
  const day = 86_400e9;
  if (span >= 365 * day) return `${Math.round(span / (365 * day))} y`;
  if (span >= day) return `${Math.round(span / day)} d`;
  if (span >= 3_600e9) return `${Math.round(span / 3_600e9)} h`;
  if (span >= 60e9) return `${Math.round(span / 60e9)} min`;
  const [unit, size] = UNITS.find(([, size]) => span >= size);
  return `${Number((span / size).toPrecision(3))} ${unit}`;
}

class WheelPane {
  /// So many timers of a list, of the nursery, and of all are drawn one by one.
  static #MOST_IN_LIST = 6;
  static #MOST_IN_NURSERY = 24;
  static #MOST_LINES = 40;

  constructor(pane, recording) {
    this.note = pane("wheel-note");
    this.timers = new TimersInLists(recording);
    /// What is shown, and the marks that have moved in this step.
    this.version = "";
    this.flagged = [];
    const levels = [...Array(LEVELS).keys()].filter((it) => recording.levels.has(it)).reverse();
    this.levels = new Map(levels.map((level) => [level, levelRow(level)]));
    this.nursery = h("div", { class: "nursery-marks" });
    this.deadlines = h("ol", { class: "deadlines", "aria-label": "Timers by deadline" });
    /// Another executor has a heap, and neither levels nor a nursery.
    const below = recording.header.executor ? "heap" : "nursery";
    const rows = [...this.levels.values()].map(({ row }) => row);
    pane("wheel").append(
      h("div", { class: "levels", role: "group", "aria-label": "The levels; their timers are listed below" }, ...rows),
      h("div", { class: "level nursery" }, h("span", { class: "level-name" }, below), this.nursery),
      this.deadlines,
    );
  }

  /// What hasn't changed since it was shown last stays as it is.
  /** @param {Moment} moment */
  show(moment) {
    const { state, event, step } = moment;
    for (const mark of this.flagged) mark.removeAttribute("data-moved");
    this.flagged = [];
    const version = `${state.timersAt} ${state.namesAt}`;
    if (version !== this.version) this.#showTimers(state);
    this.version = version;
    if (event?.ev === "advance") this.#flag(step);
  }

  #showTimers(state) {
    const { timers } = this;
    timers.follow(state);
    const byLevel = Map.groupBy(timers.filled(), ({ level }) => level);
    for (const [level, row] of this.levels) this.#showLevel(level, row, byLevel.get(level) ?? [], state);
    this.#showNursery(timers.nursery, state);
    this.#showDeadlines(state.nextTimers(WheelPane.#MOST_LINES), state);
    const count = timers.count === 0 ? "no timer" : countText(timers.count, "timer");
    setText(this.note, `time ${whenText(state, state.wheelTime)} · ${count}`);
  }

  #showLevel(level, { lists, cursor }, filled, state) {
    cursor.style.gridColumn = cursorOn(level, state.wheelTime) + 1;
    keyed(lists, filled, ({ list }) => list, ({ list }) => h("span", { class: "list", "data-of-list": list }),
      (element, list) => this.#showList(element, level, list, state));
  }

  #showList(element, level, { list, indices, version }, state) {
    const shownOf = `${version} ${state.namesAt}`;
    if (element.shownOf === shownOf) return;
    element.shownOf = shownOf;
    element.style.gridColumn = list + 1;
    const shown = indices.slice(0, WheelPane.#MOST_IN_LIST).map((it) => state.timers.get(it));
    element.classList.toggle("many", indices.length > shown.length);
    setAttributes(element, { title: `level ${level}, list ${list}: ${countText(indices.length, "timer")}` });
    keyed(element, shown, (it) => markKey(state, it), (it) => timerMark(state, it), placeMark);
  }

  /// Marks the timers that came to another list in this step.
  #flag(step) {
    const { timers } = this;
    for (const { lists } of this.levels.values()) {
      for (const mark of lists.querySelectorAll(".timer-mark")) {
        if (timers.movedAt(mark.dataset.timer) !== step) continue;
        mark.setAttribute("data-moved", "true");
        this.flagged.push(mark);
      }
    }
  }

  #showNursery(indices, state) {
    const shown = indices.slice(0, WheelPane.#MOST_IN_NURSERY).map((it) => state.timers.get(it));
    keyed(this.nursery, shown, (it) => markKey(state, it), (it) => timerMark(state, it), (mark) => {
      setAttributes(mark, { "data-level": "nursery", "data-list": "" });
    });
    setAttributes(this.nursery, { "data-more": moreText(indices.length - shown.length)?.replace(" more", "") ?? null });
  }

  #showDeadlines(timers, state) {
    const dueText = (it) => (it.where === "nursery" ? `${timeText(it.delay)} from the next look`
      : `due ${whenText(state, it.deadline)}${it.where === "wheel" ? ` · level ${it.level}, list ${it.list}` : ""}`);
    keyed(this.deadlines, timers, (it) => `${markKey(state, it)} ${it.where} ${it.function} ${it.section} ${it.level} ${it.list}`, (it) => {
      const whose = typeof it.task === "string" ? chip(state, it.task, { "data-task": it.task }) : inLine(state.section(it.section)?.what ?? it.function ?? "no task");
      return h("li", {}, h("span", { class: "timer-name" }, `timer ${it.id}`), h("span", { class: "owner" }, whose), h("span", { class: "due-at" }, dueText(it)));
    });
  }
}

function levelRow(level) {
  const lists = h("div", { class: "lists" });
  const cursor = h("span", { class: "cursor" });
  const name = h("span", { class: "level-name", title: `A list of level ${level} covers ${spanText(level)}` },
    `${level} `, h("small", {}, spanText(level)));
  const track = h("div", { class: "track" }, cursor, lists);
  return { row: h("div", { class: "level", "data-row": level }, name, track), lists, cursor };
}

function timerMark(state, { id, task }) {
  const mark = h("span", { class: "timer-mark", "data-timer": id });
  if (typeof task !== "string") return mark;
  mark.title = `timer ${id} of ${nameOf(state, task)}`;
  mark.dataset.of = task;
  setAttributes(mark, pressable(mark.title));
  return tint(mark, task);
}

function markKey(state, { id, task }) {
  return typeof task === "string" ? `${id} ${nameOf(state, task)}` : id;
}

function placeMark(mark, { level, list }) {
  setAttributes(mark, { "data-level": level, "data-list": list });
}

// Ready queue ----------------------------------------------------------------

class ReadyPane {
  /// So many entries are shown; of those that were taken, at most these if not
  /// all can be.
  static #MOST = 10;
  static #TAKEN = 3;

  constructor(pane) {
    this.note = pane("ready-note");
    this.batch = h("ol", { class: "batch", "aria-label": "This turn's batch" });
    this.queue = h("ol", { class: "queue", "aria-label": "Waits for the next turn" });
    pane("ready").append(
      h("span", { class: "tag" }, "this turn's batch"), this.batch,
      h("span", { class: "tag" }, "for the next turn"), this.queue,
    );
  }

  /** @param {Moment} moment */
  show({ state }) {
    const { batch, taken, queue, turn, inTurn } = state;
    const from = batch.length <= ReadyPane.#MOST ? 0 : Math.max(0, taken - ReadyPane.#TAKEN);
    const entries = batch.slice(from, from + ReadyPane.#MOST).map((entry, nth) => ({ entry, at: from + nth }));
    keyed(this.batch, entries, ({ entry }) => entryKey(state, entry), ({ entry }) => entryChip(state, entry),
      (element, { entry, at }) => markTaken(element, entry, at, taken));
    keyed(this.queue, queue.slice(0, ReadyPane.#MOST), (it) => entryKey(state, it), (it) => entryChip(state, it),
      (element, entry) => markTaken(element, entry, 0, 0));
    setAttributes(this.batch, { "data-more": moreText(batch.length - from - entries.length) });
    setAttributes(this.queue, { "data-more": moreText(queue.length - ReadyPane.#MOST) });
    const turnText = inTurn ? `turn ${turn}: ${taken} of ${batch.length} taken` : "between turns";
    setText(this.note, turnText);
  }
}

function moreText(count) {
  return count > 0 ? `+${NUMBERS.format(count)} more` : null;
}

function entryKey(state, { task, step }) {
  return task === undefined ? step : `${step} ${nameOf(state, task)}`;
}

function entryChip(state, { task, watch, child }) {
  if (task !== undefined) return h("li", {}, chip(state, task));
  const called = state.watch(watch)?.function;
  if (called) return h("li", {}, functionChip(called));
  return h("li", {}, h("span", { class: "plain", title: `Watch ${watch} is told that child ${child} has ended` },
    `notice ${watch}·${child}`));
}

/// An entry that stands in the queue has `data-task` or `data-watch`; one that
/// was taken has `data-taken`.
function markTaken(element, { task, watch, child }, at, taken) {
  const gone = at < taken;
  const name = task ?? `${watch}.${child}`;
  setAttributes(element, {
    "data-task": gone ? null : task, "data-watch": gone ? null : watch, "data-child": gone ? null : child,
    "data-taken": gone ? name : null, "data-now": at === taken - 1,
  });
}

// Poll -----------------------------------------------------------------------

class PollPane {
  constructor(pane) {
    this.element = pane("poll");
    this.note = pane("poll-note");
  }

  /** @param {Moment} moment */
  show({ recording, state }) {
    const { work } = state;
    setAttributes(this.element, { "data-task": work?.task ?? null, "data-kind": work?.kind ?? null });
    setText(this.note, work ? WORK_NOTES[work.kind](work, state, recording) : "");
    const lines = work ? workLines(recording, state, work) : [["Nothing is being polled."]];
    this.element.replaceChildren(...lines.map((it) => h("p", {}, ...partsAsNodes(it, state))));
  }
}

const WORK_NOTES = {
  poll: (work, state, recording) => pollNow(recording, state, work),
  ask: ({ watch }, state) => {
    const it = state.watch(watch);
    return it?.function ? "a function is called" : isDecided(it) ? "a notice is heard" : "a condition is asked";
  },
  unwind: () => "dropped, not polled",
  skip: () => "passed over",
};

/// How a poll goes on, by a word for what has become of it.
const POLLS = {
  running: "is being polled", ready: "is done", pending: "is pending", cancelled: "ends as cancelled", panicked: "panics",
  raised: "raises what the loop doesn't catch",
};

/// What has become of a poll, as the sentence about its end says it.
function pollNow(recording, state, { step, task, ready }) {
  if (ready === null) return "running";
  const end = endIn(recording.steps, step, task);
  if (end === "panicked" && isInterpreted(state.task(task))) return "raised";
  return end !== "returned" ? end : ready ? "ready" : "pending";
}

function workLines(recording, state, { kind, step, task, number, watch, child, ready }) {
  if (kind === "ask") {
    const asked = recording.childOf(watch, child);
    const { met, answer: decision, function: called, gone } = state.watch(watch) ?? {};
    if (gone < step) return [[`A notice of watch ${watch}, which nobody waits for any more.`]];
    if (called) return [["A function is called: ", { quote: called }, asked ? [", as " , { task: asked.task }, " has ended"] : ""].flat()];
    const who = asked ? [" (", { task: asked.task }, ")"] : [];
    if (decision?.enough && decision.child === child) {
      return [[`Child ${child}`, ...who, ` has decided watch ${watch}; `, ...waiterWords(recording, state, watch, step), met ? " is told." : " is to be told."]];
    }
    const answer = met ? "It says yes." : "";
    return [[`Watch ${watch}: is child ${child}`, ...who, ` enough? ${answer}`]];
  }
  if (kind !== "poll") {
    return [[{ task }, kind === "unwind" ? ": its future is dropped" : " has ended already"]];
  }
  const it = state.task(task);
  const result = POLLS[pollNow(recording, state, { step, task, ready })];
  const waits = it?.waits.length > 0 ? [["waits for ", ...allWaitWords(state, it)]] : [];
  const kept = it?.kept ? "; a clone of its waker is kept" : "";
  return [[{ task }, ` ${result}, poll ${number}${kept}`], ...waits];
}

// Slots ----------------------------------------------------------------------

/// With more tasks than this not every slot has a row.
const MOST_ROWS = 64;

/// So many steps on either side of the cursor are near it.
const NEAR = 20;

class SlotsPane {
  constructor(pane, recording, select) {
    this.body = pane("slots").tBodies[0];
    this.counts = pane("counts");
    this.box = pane("map-box");
    this.map = pane("map");
    this.collapsed = recording.taskIds.length > MOST_ROWS;
    this.box.hidden = !this.collapsed;
    this.body.closest(".pane").classList.toggle("collapsed", this.collapsed);
    pane("find").addEventListener("change", (event) => select(findTask(recording, event.target.value)));
    /// Width and height of the map, until they change.
    this.size = null;
    new ResizeObserver(() => {
      this.size = null;
    }).observe(this.map);
    this.map.addEventListener("click", (event) => {
      const index = this.#indexUnder(event);
      if (index < recording.taskIds.length) select(recording.taskIds[index]);
    });
  }

  /** @param {Moment} moment */
  show(moment) {
    const { recording, state, step, selected } = moment;
    const tasks = this.collapsed ? tasksOfInterest(moment) : tenants(state);
    keyed(this.body, tasks, (it) => slotOf(it.id), () => slotRow(),
      (row, task) => fillRow(row, task, state, selected));
    const told = STATES.map((it) => /** @type {[number, string]} */ ([recording.counts[it][step] ?? 0, it])).filter(([count]) => count > 0);
    setText(this.counts, told.map(([count, it]) => `${NUMBERS.format(count)} ${it}`).join(" · "));
    if (this.collapsed) this.#draw(moment);
    const row = this.body.querySelector("[data-changed]");
    if (row) afterShow(() => revealRow(row));
  }

  /// A pixel per task, in the colour of its state; the counts say it in words.
  #draw({ recording, state, step }) {
    this.size ??= [this.map.clientWidth, this.map.clientHeight];
    const [width, height] = this.size;
    const colours = this.#colours();
    const shape = `${width} ${height} ${colours.theme}`;
    if (shape !== this.shape) this.#shape(recording.taskIds.length, width, height);
    const isNear = shape === this.shape && Math.abs(step - this.drawn) <= 1;
    this.shape = shape;
    const paint = (task, index) => {
      this.pixels[index] = task ? colours[stateOf(task)] : 0;
    };
    if (isNear) for (const it of recording.at(Math.max(step, this.drawn)).touched) paint(state.tasks.get(it), it);
    else {
      this.pixels.fill(0);
      state.tasks.forEach((task) => paint(task, task.index));
    }
    this.drawn = step;
    this.map.getContext("2d").putImageData(this.image, 0, 0);
    setAttributes(this.map, { "aria-label": `All tasks by state: ${this.counts.textContent}` });
  }

  #shape(count, width, height) {
    const columns = Math.ceil(Math.sqrt((count * width) / height)) || 1;
    Object.assign(this.map, { width: columns, height: Math.ceil(count / columns) });
    this.image = this.map.getContext("2d").createImageData(this.map.width, this.map.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /// Each state's colour as a pixel, read anew when the theme has changed.
  #colours() {
    const theme = `${document.documentElement.dataset.theme} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
    if (this.colours?.theme !== theme) this.colours = { ...coloursOfStates(this.map), theme };
    return this.colours;
  }

  #indexUnder({ offsetX, offsetY }) {
    const { clientWidth, clientHeight, width, height } = this.map;
    const row = Math.floor((offsetY / clientHeight) * height);
    return row * width + Math.floor((offsetX / clientWidth) * width);
  }
}

/// Red, green, blue and opacity of each state, in the four bytes of a pixel, as the
/// theme has them.
function coloursOfStates(element) {
  const probe = h("span");
  element.after(probe);
  const colours = Object.fromEntries(STATES.map((it) => {
    probe.style.color = `var(--state-${it})`;
    const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
    return [it, new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0]];
  }));
  probe.remove();
  return colours;
}

function findTask(recording, text) {
  const wanted = text.trim();
  const named = recording.steps.find(({ ev, name }) => (ev === "spawn" || ev === "name") && name === wanted);
  const id = named?.task ?? wanted.replace(/^Task-/i, "");
  return recording.taskIds.includes(id) ? id : null;
}

/// The task that each slot has now, or had last.
function tenants(state) {
  const slots = new Map();
  for (const task of state.tasks) slots.set(slotOf(task.id), task);
  return [...slots.values()].sort((a, b) => slotOf(a.id) - slotOf(b.id));
}

/// What happens to whom near the cursor, and who is selected.
function tasksOfInterest({ recording, state, step, selected, hideFuture }) {
  const until = hideFuture ? step : step + NEAR;
  const ids = new Set(["0", selected]);
  for (const { task, by } of recording.steps.slice(Math.max(0, step - NEAR), until + 1)) ids.add(task).add(by);
  const tasks = [...ids].filter((it) => typeof it === "string").map((id) => state.task(id)).filter(Boolean);
  const slots = new Map(tasks.map((it) => [slotOf(it.id), it]));
  return [...slots.values()].sort((a, b) => slotOf(a.id) - slotOf(b.id));
}

function slotRow() {
  const name = h("button", { type: "button", class: "task" });
  return h("tr", {}, h("td", { class: "slot" }), h("th", { scope: "row" }, name), h("td", { class: "state" },
    h("span", { class: "badge" }), h("span", { class: "detail" })), h("td", { class: "number" }), h("td", { class: "handle" }));
}

function fillRow(row, task, state, selected) {
  const [slot, head, status, polls, handle] = row.children;
  const now = stateOf(task);
  setAttributes(row, {
    "data-task": task.id, "data-state": now, "data-waits": now === "waiting" ? causeOf(task) : null,
    "data-outcome": endOf(task), "data-marked": task.marked !== null && task.live,
    "data-held": task.held, "data-changed": state.touched.includes(task.index),
    "data-selected": task.id === selected,
  });
  setText(slot, slotOf(task.id));
  const button = head.firstElementChild;
  tint(button, task.id);
  setText(button, nameOf(state, task.id));
  setAttributes(button, { "data-select": task.id, "aria-pressed": String(task.id === selected), title: titleOf(task.id, button.textContent) });
  setText(status.children[0], badgeText(task, now));
  const detail = detailText(task, now, state);
  setText(status.children[1], detail);
  status.title = detail;
  setText(polls, `${task.polls}`);
  setText(handle, task.held ? "held" : "detached");
}

const BADGES = {
  new: "○ new", queued: "◔ queued", polled: "● polled", dropped: "◌ dropped", waiting: "… waiting", vacant: "∅ vacant",
};

const OUTCOMES = { done: "• done", returned: "✓ returned", failed: "✗ failed", cancelled: "⊘ cancelled", panicked: "✗ panicked" };

function badgeText(task, now) {
  return now === "ended" ? OUTCOMES[endOf(task)] ?? "ended" : BADGES[now];
}

function detailText(task, now, state) {
  const parts = [];
  if (task.marked !== null && task.live) parts.push("marked as cancelled");
  if (now === "waiting") parts.push(shortWaits(task, state));
  if (now === "queued" && task.polls === 0) parts.push("new");
  if (now === "vacant") parts.push(endOf(task) ?? "");
  const text = isInterpreted(task) && task.text ? panicText(task.text) : task.text ?? task.failure?.text;
  if (text) parts.push(text);
  return inLine(parts.join("; "));
}

function shortWaits(task, state) {
  return task.waits.map((it) => shortWait(it, state)).join(" and ") || (isInterpreted(task) ? "a future" : "a waker");
}

function shortWait({ on }, state) {
  if (on.timer !== undefined) {
    const deadline = state.timer(on.timer)?.deadline;
    return Number.isInteger(deadline) ? `timer ${on.timer} (${whenText(state, deadline)})` : `timer ${on.timer}`;
  }
  if (on.task !== undefined) return nameOf(state, on.task);
  if (on.watch !== undefined) return state.watch(on.watch)?.what ? `watch ${on.watch} (${state.watch(on.watch).what})` : `watch ${on.watch}`;
  if (on.section !== undefined) return state.section(on.section)?.what ?? `section ${on.section}`;
  return on.turn ? "one turn" : "something unknown";
}

function revealRow(row) {
  const box = row.closest(".scroll");
  const head = row.closest("table").tHead.offsetHeight;
  const top = row.offsetTop;
  if (top - head >= box.scrollTop && top + row.offsetHeight <= box.scrollTop + box.clientHeight) return;
  box.scrollTop = top - box.clientHeight / 2;
}

// Combinators ----------------------------------------------------------------

class CardsPane {
  static #MOST_CHIPS = 14;
  static #MOST_CARDS = 20;

  constructor(pane) {
    this.element = pane("cards");
    this.prefix = pane.prefix;
  }

  /** @param {Moment} moment */
  show({ recording, state }) {
    const shown = cardsOf(recording, state, CardsPane.#MOST_CARDS);
    if (shown.length === 0) return this.element.replaceChildren(h("p", { class: "empty" }, "None is waiting."));
    this.element.querySelector(".empty")?.remove();
    const idOf = (it) => (it.remarks ? `section-${it.id}` : `card-${it.id}`);
    keyed(this.element, shown, idOf, (it) => h("article", { id: this.prefix + idOf(it), class: "card" }),
      (card, it) => (it.remarks ? this.#showSection(card, it, recording, state) : this.#showWatch(card, it, recording, state)));
  }

  #showSection(card, section, recording, state) {
    const tasks = { members: recording.membersOf(section.id), count: section.members, until: section.left?.step ?? Infinity };
    this.#showIfNew(card, section, tasks, recording, state, (parts) => this.#fillSection(card, section, parts, state));
  }

  /// A card stays as it was when its wait returned.
  #showWatch(card, watch, recording, state) {
    const tasks = { members: recording.childrenOf(watch.id), count: watch.children, until: watch.over?.step ?? watch.gone ?? Infinity };
    this.#showIfNew(card, watch, tasks, recording, state, (parts) => this.#fill(card, watch, parts, recording, state));
  }

  /// Fills a card with the tasks that had ended and the others, unless it was shown so last.
  #showIfNew(card, record, { members, count, until }, recording, state, fill) {
    const by = Math.min(until, state.step);
    const shownOf = [record, recording.doneBy(members, count, by), state.timer(record.timer), state.namesAt];
    if (card.shownOf?.every((it, nth) => it === shownOf[nth])) return;
    card.shownOf = shownOf;
    fill(recording.parted(members, count, by, CardsPane.#MOST_CHIPS));
  }

  #fillSection(card, section, parts, state) {
    const { id, by, left, remarks, timer } = section;
    const of = typeof by === "string" ? [" of ", chip(state, by, { "data-task": by })] : [];
    setAttributes(card, { "data-section": id, "data-done": parts.doneCount, "data-pending": parts.pendingCount, "data-over": left !== null });
    const deadline = timer === null ? undefined : state.timer(timer)?.deadline;
    const limit = timer === null ? [] : [`Limit: timer ${timer}`, Number.isInteger(deadline) ? `, due at ${whenText(state, deadline)}.` : "."];
    const lines = [limit, ...remarks.map(({ text, step }) => [...opening(quoted(text)), ...at(step), "."]),
      left === null ? [] : ["Over: ", ...quoted(left.why), ...at(left.step), "."]];
    const what = isScope(section) ? "scope of `catch_cancel`" : section.what ?? "a section";
    card.replaceChildren(
      h("h4", {}, ...partsAsNodes(opening(quoted(what)), state), h("small", {}, ` section ${id}`, ...of)),
      ...(section.members === 0 ? [] : this.#childLines(parts, state)),
      ...lines.filter((it) => it.length > 0).map((it) => h("p", { class: "met" }, ...partsAsNodes(it, state))),
    );
  }

  #fill(card, watch, parts, recording, state) {
    setAttributes(card, {
      "data-watch": watch.id, "data-done": parts.doneCount, "data-pending": parts.pendingCount,
      "data-met": watch.met !== null, "data-over": watch.over !== null,
    });
    const met = recording.childOf(watch.id, isDecided(watch) ? watch.answer.child : watch.met?.child);
    const of = typeof watch.by === "string" ? [" of ", chip(state, watch.by, { "data-task": watch.by })] : [];
    card.replaceChildren(
      h("h4", {}, inLine(watch.what ?? "not said yet"), h("small", {}, ` watch ${watch.id}`, ...of)),
      h("progress", { max: Math.max(watch.children, 1), value: parts.doneCount, "aria-label": "Children that ended" }),
      ...this.#childLines(parts, state),
      h("p", { class: "met" }, ...metNodes(recording, watch, met, state)),
    );
  }

  #childLines({ done, doneCount, pending, pendingCount }, state) {
    return [this.#childLine("done", done, doneCount, state), this.#childLine("pending", pending, pendingCount, state)];
  }

  #childLine(role, children, count, state) {
    const mark = ({ task }) => {
      const end = role === "done" ? endOf(state.task(task)) : null;
      return dotButton(state, task, { "data-role": role, "data-outcome": end, "data-failed": end === "failed" || end === "panicked" });
    };
    const more = count > children.length ? ` +${count - children.length}` : null;
    return h("p", { class: "children" }, h("span", { class: "role" }, `${count} ${role}`), ...children.map(mark), more);
  }
}

/// Those that still wait, and then those that are over: the latest on top. Scopes come last
/// of each, as every wait may be in one.
function cardsOf(recording, state, most) {
  const { cards } = recording;
  const isOver = (it) => Boolean(it.over || it.gone || it.left);
  const isWait = (it) => !isScope(it);
  const begun = cards.slice(0, firstFrom(0, cards.length, (it) => cards[it].begun > state.step));
  const lists = [[state.open, isWait], [state.open, isScope], [begun, (it) => isOver(it) && isWait(it)], [begun, (it) => isOver(it) && isScope(it)]];
  const shown = [];
  for (const [list, isIt] of lists) {
    for (let at = list.length - 1; at >= 0 && shown.length < most; at--) {
      const record = state[list[at].table].get(list[at].index);
      if (isIt(record)) shown.push(record);
    }
  }
  return shown;
}

function isScope({ what }) {
  return what === "catch_cancel";
}

function metNodes(recording, watch, child, state) {
  const { answer } = watch;
  const last = answer ? ["Asked last", ...at(answer.step), ": ", ...quoted(answer.why ?? ""), ". "] : [];
  const why = watch.over ? [isFailure(watch.over.why) ? "Failed: " : "Returned: ", ...quoted(watch.over.why), ...at(watch.over.step)] : [];
  if (isDecided(watch)) return partsAsNodes([...decidedParts(recording, watch, child, state), ...why], state);
  if (watch.met === null) return partsAsNodes(watch.over ? why : [...last, ...(watch.gone === undefined ? ["Not met yet."] : goneParts(watch))], state);
  const by = child ? [" by ", { task: child.task }] : [];
  return partsAsNodes(["Met", ...by, ...at(watch.met.step), ". ", ...why], state);
}

/// What a card still shows of a wait that was given up.
function goneParts({ gone }) {
  return ["Gone", ...at(gone), ". It left its tasks alone, which are shown as they were then."];
}

/// The child that has decided a wait, and when the parent is told.
function decidedParts(recording, { id, answer, met, over, gone }, child, state) {
  const by = child ? [" by ", { task: child.task }] : [];
  const parent = waiterWords(recording, state, id, answer.step);
  const told = met ? [". ", ...opening(parent), " was told", ...at(met.step)] : over || gone !== undefined ? [] : [". ", ...opening(parent), " isn't told yet"];
  return ["Decided", ...by, ": ", ...quoted(answer.why ?? ""), ...at(answer.step), ...told, ". "];
}
