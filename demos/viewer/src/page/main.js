// @ts-check
// The page: one run, or two side by side, at one step; and how one moves.

/// A recording and its panes.
class Run {
  constructor(recording, story, prefix, actions) {
    this.recording = recording;
    this.element = byId("run").content.firstElementChild.cloneNode(true);
    if (recording.header.executor) this.#nameElsewhere();
    const pane = this.#named(prefix);
    this.title = pane("run-title");
    setText(this.title, recording.header.title ?? "");
    this.sentence = pane("sentence");
    this.phases = this.element.querySelectorAll("[data-phase]");
    this.selected = null;
    this.stops = ["wheel", "gantt", "dials"].map((it) => new Stops(pane(it)));
    this.element.classList.toggle("nothing", recording.isEmpty);
    this.order = new PaneOrder(this.element);
    this.gantt = new Gantt(pane, recording, story.chapters, actions.goto);
    recording.finalNames ??= finalNames(recording);
    this.log = new LogPane(pane, recording);
    this.tabs = new Tabs(pane("tabs"), (name) => pane(`${name}-panel`), actions.redraw);
    this.panes = [
      new SentencePane(pane), new SourcePane(pane, recording, actions.redraw), new InboxPane(pane),
      new WheelPane(pane, recording), new ReadyPane(pane), new PollPane(pane), new DuePane(pane),
      new ParkPane(pane), new SlotsPane(pane, recording, actions.select), new CardsPane(pane), this.gantt,
      new OutputPane(pane, recording), this.log, new DialsPane(pane, recording), new WaitsPane(pane),
    ];
  }

  /// The moment of a step; of the last one, if the recording is shorter.
  /** @returns {Moment} */
  moment(step, { selected, hideFuture }) {
    const at = Math.min(step, this.recording.last);
    const state = this.recording.at(at);
    return { recording: this.recording, state, step: at, event: this.recording.steps[at], selected, hideFuture };
  }

  /** @param {Moment} moment */
  show(moment) {
    for (const pane of this.panes) pane.show(moment);
    for (const it of this.phases) setAttributes(it, { "data-active": it.dataset.phase === moment.state.phase });
    this.#markSelected(moment.selected);
    for (const it of this.stops) it.update();
  }

  /// Marks of other tasks may have come since, but not if none was and none is selected.
  #markSelected(selected) {
    if (selected === null && this.selected === null) return;
    this.selected = selected;
    for (const it of this.element.querySelectorAll("[data-task], [data-of]")) {
      const isSelected = selected !== null && taskOfMark(it) === selected;
      it.classList.toggle("selected", isSelected);
      if (it.matches("[role=button]")) setAttributes(it, { "aria-pressed": String(isSelected) });
    }
  }

  /// Another executor, which is asyncio's, has a heap of timers, and tasks without slots.
  #nameElsewhere() {
    for (const it of this.element.querySelectorAll("[data-elsewhere]")) {
      if (it.ariaLabel === null) setText(it, it.dataset.elsewhere);
      else it.ariaLabel = it.dataset.elsewhere;
    }
  }

  /// Gives each pane its id; that of a second run begins with "other-".
  #named(prefix) {
    const panes = new Map();
    for (const it of this.element.querySelectorAll("[data-pane]")) {
      panes.set(it.dataset.pane, it);
      it.id = prefix + it.dataset.pane;
    }
    for (const it of this.element.querySelectorAll("[data-for]")) it.htmlFor = prefix + it.dataset.for;
    if (prefix !== "") for (const it of this.element.querySelectorAll("[aria-label]")) it.ariaLabel = `Second run: ${it.ariaLabel}`;
    for (const it of this.element.querySelectorAll("[data-controls]")) it.setAttribute("aria-controls", prefix + it.dataset.controls);
    this.element.setAttribute("aria-labelledby", `${prefix}run-title`);
    for (const it of this.element.querySelectorAll("[data-labelled]")) it.setAttribute("aria-labelledby", prefix + it.dataset.labelled);
    return Object.assign((name) => panes.get(name), { prefix });
  }
}

/// The width of a run, in pixels, from which its panes stand in three columns; the style has it,
/// too.
const THREE_COLUMNS = 1040;

/// The order of the panes: the loop comes first where all is in sight. Where one has to scroll,
/// what one uses most comes first. It is the order of the elements, as the keyboard follows that.
class PaneOrder {
  constructor(run) {
    const pane = (name) => run.querySelector(`.${name}`);
    /// Per element whose children are put in order: these, as they stand on a wide screen.
    this.groups = [[pane("panes"), ["loop", "tables", "gantt-pane"]], [pane("tables"), ["slots-pane", "cards-pane"]]]
      .map(([parent, names]) => ({ parent, children: names.map(pane) }));
    this.isWide = true;
    new ResizeObserver(([{ contentRect }]) => this.#arrange(contentRect.width >= THREE_COLUMNS)).observe(run);
  }

  #arrange(isWide) {
    if (isWide === this.isWide) return;
    this.isWide = isWide;
    for (const { parent, children } of this.groups) {
      for (const it of isWide ? children : children.toReversed()) moveToEnd(parent, it);
    }
  }
}

/// Moves an element. Where the browser can, it keeps the focus and what is scrolled in it.
function moveToEnd(parent, element) {
  if (parent.moveBefore) parent.moveBefore(element, null);
  else parent.append(element);
}

/// The task of which an element is a mark.
function taskOfMark({ dataset }) {
  return dataset.task ?? dataset.of;
}

class App {
  #timer = null;

  constructor(recording) {
    this.#read(recording);
    /// What a page around this one wants in links, by the names of the fields.
    this.linked = {};
    /// What comes from a program, of which not all may be shown yet.
    /** @type {Growth | null} */
    this.growth = null;
    /// It says that the end of a recording is missing.
    this.isCut = false;
    this.level = "all";
    this.step = 0;
    this.selected = null;
    this.actions = { goto: (step) => this.visit(step), select: (id) => this.select(id), redraw: () => this.redraw() };
    this.run = new Run(recording, this.story, "", this.actions);
    this.other = null;
    this.otherStep = null;
    this.quiz = new Quiz(this);
    this.comparison = new Comparison(this);
    this.storyPane = new StoryPane(this);
    this.sharePanel = new SharePanel(this);
    this.address = new Address(() => this.seen());
    byId("runs").append(this.run.element);
    this.#describe();
    this.#listen();
    this.lay(null);
    this.#see(seenIn(location.hash));
  }

  // Moving -------------------------------------------------------------------

  /// The whole recording, shown or not.
  get whole() {
    return this.growth?.whole ?? this.recording;
  }

  get last() {
    return Math.max(this.recording.last, 0);
  }

  /// Beside it stands the step of a second recording that is given, or that is
  /// the same event.
  goto(step, otherStep = null) {
    this.step = Math.min(Math.max(Math.round(step), 0), this.last);
    this.otherStep = otherStep;
    this.redraw();
  }

  /// Goes to a step from which Back leads here again.
  visit(step, otherStep = null) {
    if (step !== this.step || otherStep !== this.otherStep) this.address.enter(() => this.goto(step, otherStep));
  }

  /// Goes to a step of the second recording, beside the same event.
  #visitOther(step) {
    this.visit(this.alignment.besideOther(step), step);
  }

  /// Steps forward, but never past a question of the quiz.
  advance(step) {
    const limit = this.quiz.limit(this.step);
    if (step > limit && this.step >= limit) {
      this.pause();
      this.quiz.focus();
    }
    this.goto(Math.min(step, limit));
  }

  nextOfTask(forward) {
    const id = this.selected ?? this.moment.event?.task ?? this.moment.event?.by;
    if (typeof id !== "string") return;
    const step = this.recording.neighbour(id, this.step, forward);
    if (step === undefined) return;
    if (forward) this.advance(step);
    else this.goto(step);
  }

  /// One move forward or back, as far as the level of detail says.
  move(forward, level = this.level) {
    const step = this.levels.next(level, this.step, forward);
    if (forward) this.advance(step);
    else this.goto(step);
  }

  search() {
    this.run.tabs.choose("log");
    this.run.log.fields.words.focus();
  }

  setLevel(level) {
    this.level = level;
    byId("level").value = level;
    const name = LEVEL_NAMES[level];
    for (const [id, text] of [["back", `Back one ${name}`], ["forward", `Forward one ${name}`]]) {
      setAttributes(byId(id), { "aria-label": text, title: `${text} (${id === "back" ? "←" : "→"})` });
    }
  }

  switchLevel() {
    const levels = Object.keys(LEVEL_NAMES);
    this.setLevel(levels[(levels.indexOf(this.level) + 1) % levels.length]);
    this.address.follow();
  }

  toCause() {
    const link = this.run.sentence.querySelector("a[data-step]");
    if (link) this.visit(Number(link.dataset.step));
  }

  select(id) {
    this.selected = id === this.selected ? null : id;
    this.redraw();
  }

  // Playing ------------------------------------------------------------------

  get plays() {
    return this.#timer !== null;
  }

  play() {
    if (this.step === this.last) this.goto(0);
    const pause = 1000 / Number(byId("speed").value);
    this.#timer = setInterval(() => {
      if (this.step === this.last) this.pause();
      else this.move(true);
    }, pause);
    this.#showPlaying();
  }

  pause() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#showPlaying();
  }

  togglePlay() {
    if (this.plays) this.pause();
    else this.play();
  }

  /// While it plays the sentences aren't read out: they'd never end.
  #showPlaying() {
    const button = byId("play");
    setAttributes(button, { "aria-pressed": String(this.plays), "aria-label": this.plays ? "Pause" : "Play" });
    this.run.sentence.setAttribute("aria-live", this.plays ? "off" : "polite");
  }

  // Showing ------------------------------------------------------------------

  /// Shows what has changed. A link that was followed, or a task's mark, may be gone then:
  /// the focus is on the new mark of that task, or else stays in its pane.
  redraw() {
    /** @type {any} */
    const focused = document.activeElement;
    const pane = focused?.closest("[data-pane]");
    this.refresh();
    if (pane && document.activeElement === document.body) {
      const marks = [...pane.querySelectorAll("button[data-task], [role=button]")];
      const again = marks.find((it) => taskOfMark(it) === taskOfMark(focused));
      (again ?? pane.closest("[tabindex]"))?.focus();
    }
    this.address.follow();
  }

  refresh() {
    const options = { selected: this.selected, hideFuture: this.quiz.on };
    this.moment = this.run.moment(this.step, options);
    this.run.show(this.moment);
    if (this.other) this.#showOther(options);
    this.quiz.show(this.moment);
    this.storyPane.show(this.moment);
    this.sharePanel.show();
    this.#showPosition();
    measureShown();
  }

  #showOther(options) {
    const step = this.otherStep ?? this.alignment.beside(this.step);
    this.other.show(this.other.moment(step, { ...options, selected: this.alignment.taskBeside(this.selected) }));
    setText(this.other.title, `${inLine(this.other.recording.header.title ?? "The second recording")}, step ${step}`);
  }

  /// Lays a second recording beside the first, at a step that is given, or takes it away.
  lay(recording, alignment = null, otherStep = null) {
    this.other?.element.remove();
    this.alignment = alignment;
    const story = recording && new Story(recording);
    this.other = recording && new Run(recording, story, "other-", { ...this.actions, goto: (step) => this.#visitOther(step) });
    this.storyPane.lay(story);
    if (this.other) byId("runs").append(this.other.element);
    document.body.classList.toggle("comparing", recording !== null);
    this.#drawTicks();
    this.#tellCuts();
    this.goto(this.step, otherStep);
  }

  /// Shows another recording in place of this one: what is seen of it is given, or is what
  /// one opens with.
  load(recording, seen = { ...this.seen(), step: null, compare: null, beside: null }) {
    this.pause();
    if (this.quiz.on) this.toggleQuiz();
    if (this.other) this.comparison.close();
    this.#replace(recording);
    this.#see(seen);
  }

  /// Shows the end of a recording that goes on where this one ends.
  grow(recording) {
    this.#replace(recording);
    this.goto(this.last);
  }

  /// The run is over, and all its steps are there: the story tells of it as a whole.
  settle() {
    this.recording.goesOn = false;
    this.#read(this.recording);
    this.storyPane = new StoryPane(this);
    this.refresh();
  }

  #replace(recording) {
    const { chosen } = this.run.tabs;
    this.#read(recording);
    this.storyPane = new StoryPane(this);
    this.quiz.questions = null;
    const { element } = this.run;
    this.run = new Run(recording, this.story, "", this.actions);
    element.replaceWith(this.run.element);
    this.run.tabs.choose(chosen);
    this.#describe();
    this.#drawTicks();
  }

  #read(recording) {
    this.recording = recording;
    this.story = new Story(recording);
    this.levels = new Levels(this.story);
  }

  refuse(message) {
    refuse(message);
  }

  /// A recording may lack its end: what seems to be the end of a run is none then.
  #tellCuts() {
    const shown = [["This recording", this.recording], ["The second recording", this.other?.recording]];
    const cut = shown.filter(([, it]) => it?.missing > 0).map(([which, it]) => cutWords(which, it));
    // Another refusal stays where there is none of these.
    if (cut.length > 0 || this.isCut) this.refuse(cut.length > 0 ? cut.join(" ") : null);
    this.isCut = cut.length > 0;
  }

  #describe() {
    const { title, clock, slack } = this.recording.header;
    document.title = `${title ?? "A run"} - Wheelhouse`;
    setText(byId("title"), title ?? "A recorded run");
    const tasks = countText(this.recording.taskIds.length, "task");
    this.#tellCuts();
    const slackText = clock !== "virtual" && slack ? `, slack ${timeText(slack)}` : "";
    setText(byId("facts"),
      `${countText(this.recording.steps.length, "step")}, ${tasks}, ${clock ?? "unknown"} clock${slackText}`);
  }

  #showPosition() {
    const { state } = this.moment;
    const scrub = byId("scrub");
    Object.assign(scrub, { max: this.last, value: this.step });
    scrub.setAttribute("aria-valuetext", `step ${this.step} of ${this.last}, turn ${state.turn}, ${whenText(state, state.time)}`);
    const field = byId("step");
    field.max = this.last;
    if (field !== document.activeElement) field.value = this.step;
    setText(byId("of"), `/ ${this.last} · turn ${state.turn} · ${whenText(state, state.time)}`);
    const chosen = byId("selected");
    if (this.selected === null) setText(chosen, "this step's task");
    else if (chosen.firstElementChild?.textContent !== nameOf(state, this.selected)) chosen.replaceChildren(chip(state, this.selected));
    this.#showTicks();
  }

  /// Nobody shall see on the scale what a question is about.
  #showTicks() {
    const part = this.last === 0 ? 1 : this.step / this.last;
    byId("ticks").style.clipPath = this.quiz.on ? `inset(0 ${(1 - part) * 100}% 0 0)` : "";
  }

  #drawTicks() {
    drawTicks(byId("ticks"), this.recording.steps, this.story.chapters, this.last);
  }

  // The address --------------------------------------------------------------

  /// All that a link to this says.
  seen() {
    const compare = this.other ? this.other.recording.header.title : this.comparison.asked;
    const { step, selected: task, level, otherStep: beside } = this;
    return { step, task, level, pane: this.run.tabs.chosen, compare, beside, ...this.linked };
  }

  #see({ step, task, level, pane, compare, beside }) {
    this.selected = this.recording.taskIds.includes(task) ? task : null;
    this.setLevel(level);
    this.run.tabs.choose(pane);
    if (compare !== null && !this.other) this.comparison.ask(compare);
    this.goto(step ?? this.story.opening, beside);
  }

  /// The chart as a file.
  chart() {
    this.run.tabs.choose("chart");
    return this.run.gantt.withLegend(standalone);
  }

  // Listening ----------------------------------------------------------------

  #listen() {
    const on = (id, event, listener) => byId(id).addEventListener(event, listener);
    on("first", "click", () => this.goto(0));
    on("back", "click", () => this.move(false));
    on("play", "click", () => this.togglePlay());
    on("forward", "click", () => this.move(true));
    on("level", "change", ({ target }) => {
      this.setLevel(target.value);
      this.address.follow();
    });
    on("last", "click", () => this.advance(this.last));
    on("previous-of", "click", () => this.nextOfTask(false));
    on("next-of", "click", () => this.nextOfTask(true));
    on("scrub", "input", ({ target }) => this.goto(Number(target.value)));
    on("step", "change", ({ target }) => this.goto(Number(target.value)));
    on("speed", "change", () => this.plays && (this.pause(), this.play()));
    on("theme", "click", () => this.refresh());
    on("quiz-switch", "click", () => this.toggleQuiz());
    on("compare-switch", "click", () => this.comparison.toggle());
    on("share-switch", "click", () => this.sharePanel.toggle());
    addEventListener("popstate", () => this.address.leave());
    addEventListener("hashchange", () => this.#see(seenIn(location.hash)));
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#drawTicks()).observe(byId("ticks"));
    addEventListener("beforeprint", () => this.#layOut());
    addEventListener("afterprint", () => byId("handout").replaceChildren());
  }

  /// On paper there is the story with the chart, and the log if it is what one sees.
  #layOut() {
    const { chosen } = this.run.tabs;
    const log = chosen === "log" ? [this.run.log.transcript()] : [];
    // The chart is drawn only where it is seen.
    this.run.tabs.choose("chart");
    this.run.tabs.choose(chosen);
    byId("handout").replaceChildren(...handout(this.story), ...log);
  }

  toggleQuiz() {
    this.quiz.toggle();
    byId("quiz-switch").setAttribute("aria-pressed", String(this.quiz.on));
  }

  /// Links lead to a step, and every mark of a task selects it.
  #click(event) {
    const link = event.target.closest("a[data-step]");
    if (link) {
      event.preventDefault();
      return this.#follow(link, Number(link.dataset.step));
    }
    if (event.target.closest("#candidates")) return;
    const mark = event.target.closest("[data-select], #runs [data-task], #runs [data-of], #runs [data-taken]");
    if (!mark) return;
    const id = mark.dataset.select ?? mark.dataset.task ?? mark.dataset.of ?? mark.dataset.taken;
    if (this.recording.taskIds.includes(id)) this.select(id);
  }

  /// What the second run links to is a step of that.
  #follow(link, step) {
    if (link.closest("#other-summary") || this.other?.element.contains(link)) this.#visitOther(step);
    else this.visit(step);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.#leave(event);
    if (isTyping(event)) return;
    const action = this.#actionOf(event.key, event.shiftKey);
    if (!action) return;
    event.preventDefault();
    action();
  }

  /// Escape closes the panel that one is in, or leaves the field.
  #leave(event) {
    const { target } = event;
    if (byId("help").open) return;
    const panel = [this.comparison, this.sharePanel].find((it) => it.panel.holds(target));
    if (panel) panel.close();
    else if (isField(target) && target.closest("#transport, #runs")) this.#leaveField(target);
    else return;
    event.preventDefault();
  }

  /// What is typed into the field for the step, and not confirmed, is of no use then.
  #leaveField(field) {
    if (field === byId("step")) field.value = this.step;
    const box = field.closest(".panel, .pane")?.querySelector(".scroll");
    if (box) box.focus();
    else field.blur();
  }

  #actionOf(key, shift) {
    if (this.quiz.on && /^[1-9]$/.test(key)) return () => this.quiz.answerNth(Number(key) - 1);
    return {
      ArrowRight: () => this.move(true, shift ? "turns" : this.level),
      ArrowLeft: () => this.move(false, shift ? "turns" : this.level),
      l: () => this.switchLevel(),
      Home: () => this.goto(0),
      End: () => this.advance(this.last),
      " ": () => this.togglePlay(),
      n: () => this.nextOfTask(true),
      p: () => this.nextOfTask(false),
      b: () => this.toCause(),
      q: () => this.toggleQuiz(),
      c: () => this.comparison.toggle(),
      e: () => byId("performer").click(),
      g: () => [this.run, this.other].forEach((it) => it?.tabs.chooseNext()),
      s: () => this.sharePanel.toggle(),
      "/": () => this.search(),
      x: () => [this.run, this.other].forEach((it) => it?.gantt.switchAxis()),
    }[key];
  }
}

/// Whether one types into an element, or chooses in it.
function isField(element) {
  return element.matches("input:not([type=range], [type=file], [readonly]), select, textarea");
}

/// Keys that the focused element takes for itself are left to it.
function isTyping({ target, key }) {
  if (document.querySelector("dialog[open]")) return true;
  if (target.matches("input[type=range]")) return !/^[a-z?]$/.test(key) && key !== " ";
  if (isField(target)) return true;
  if (target.matches("[role=tab]") && /^Arrow(Left|Right)$/.test(key)) return true;
  return (key === " " || key === "Enter") && target.matches("button, a, [type=file]");
}

// Ticks ----------------------------------------------------------------------

/// Kinds of steps that have a mark under the slider, each on a line of its own.
const TICKS = {
  spawn: ["spawn"], poll: ["poll"], wake: ["ready", "notice"], timer: ["timer", "fire"],
  cancel: ["cancel", "unwind"], end: ["done", "met", "over"],
};

const TICK_NAMES = {
  spawn: "a task is spawned", poll: "a poll begins", wake: "something joins the ready queue",
  timer: "a timer is set, or fires", cancel: "a cancellation", end: "a task or a combinator ends",
};

function drawTicks(element, steps, chapters, last) {
  const width = element.clientWidth;
  const x = (step) => Math.round((step / Math.max(last, 1)) * width * 2) / 2;
  const paths = Object.entries(TICKS).map(([kind, events], lane) => {
    const places = new Set();
    for (const [step, { ev }] of steps.entries()) {
      if (events.includes(ev)) places.add(x(step));
    }
    const d = [...places].map((x) => `M${x} ${7 + lane * 3}v2.5`).join("");
    return svg("path", { class: `tick ${kind}`, d });
  });
  const flags = chapters.map(({ step }) => `M${x(step) - 3} 0h6l-3 6z`).join("");
  element.replaceChildren(svg("path", { class: "chapter-flags", d: flags }), ...paths);
}

function drawTickLegend() {
  const rows = Object.entries(TICK_NAMES).map(([kind, text]) => {
    const sample = svg("svg", { width: 16, height: 12 }, svg("path", { class: `tick ${kind}`, d: "M8 1v10" }));
    return h("tr", {}, h("th", { scope: "row" }, sample, kind), h("td", {}, text));
  });
  const flag = svg("svg", { width: 16, height: 12 }, svg("path", { class: "chapter-flags", d: "M4 3h8l-4 7z" }));
  const chapter = h("tr", {}, h("th", { scope: "row" }, flag, "chapter"), h("td", {}, "a chapter begins"));
  document.querySelector("#tick-legend tbody").replaceChildren(chapter, ...rows);
}

// Theme, help, refusals ------------------------------------------------------

/// Follows the system until somebody chooses.
function switchTheme() {
  const dark = document.documentElement.dataset.theme === "dark"
    || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("wheelhouse-theme", document.documentElement.dataset.theme);
  } catch {
    // A page from disk may have no storage: then the choice ends with it.
  }
}

function restoreTheme() {
  try {
    const theme = localStorage.getItem("wheelhouse-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // As above.
  }
}

function toggleHelp() {
  const help = byId("help");
  if (help.open) help.close();
  else help.showModal();
}

function refuse(message) {
  const element = byId("refusal");
  element.hidden = message === null;
  setText(element, message ?? "");
}

function listenAlways() {
  byId("theme").addEventListener("click", switchTheme);
  for (const id of ["help-switch", "help-close"]) byId(id).addEventListener("click", toggleHelp);
  document.addEventListener("keydown", (/** @type {any} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    if (event.key === "t") byId("theme").click();
    if (event.key === "?") toggleHelp();
  });
}

/// A page that a browser has saved as it looked begins anew.
function clear() {
  byId("help").close();
  for (const id of ["runs", "handout"]) byId(id).replaceChildren();
  for (const id of ["quiz", "growth"]) byId(id).hidden = true;
  byId("quiz-switch").setAttribute("aria-pressed", "false");
  document.body.classList.remove("refused");
  refuse(null);
}

async function start() {
  clear();
  restoreTheme();
  listenAlways();
  drawTickLegend();
  let recording, beside;
  try {
    recording = await readPage(byId("recording").textContent);
    const data = byId("beside").textContent;
    beside = data === "" ? null : await readPage(data);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    document.body.classList.add("refused");
    return refuse(error.message);
  }
  const app = new App(recording);
  if (beside) app.comparison.begin(beside);
  const address = byId("live").textContent;
  if (address !== "") app.growth = new Growth(app, address);
  /// For tests, and for the console.
  window.wheelhouse = {
    get step() {
      return app.step;
    },
    get steps() {
      return app.recording.steps;
    },
    state: (step) => app.recording.at(step).snapshot(),
    goto: (step) => app.goto(step),
  };
  return app;
}

/// The page around this one, if there is any, goes on with it.
// @ts-expect-error The checker doesn't see that the scripts are parts of one module.
const started = await start();
