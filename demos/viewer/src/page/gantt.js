// @ts-check
// The chart of all tasks: a row per task, and over the steps (or over time)
// what it waits for, when it is ready but not polled, and when it is polled.

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/// How a stretch is called in the legend. Each has a shape of its own.
const STRETCHES = {
  polled: "polled", queued: "ready, not polled", timer: "waits for a timer", task: "for a task",
  watch: "for a watch", section: "for a section", turn: "for a turn", foreign: "for a waker", dropped: "future dropped",
};

const END_MARKS = { done: "•", returned: "✓", failed: "✗", cancelled: "⊘", panicked: "✗" };

class Gantt {
  static #ROW = 17;
  static #AXIS = 34;
  /// Right of the last step, for its mark.
  static #MARGIN = 22;
  static #HEAT = 44;
  static #MOST_WAKES = 400;
  static #MOST_SECTIONS = 200;
  static #ALL_UP_TO = 1500;

  constructor(pane, recording, chapters, goto) {
    this.box = pane("gantt");
    this.chapters = chapters;
    this.recording = recording;
    this.turns = turnsOf(recording.steps);
    this.collapsed = recording.taskIds.length > MOST_ROWS;
    this.axis = pane("axis");
    this.range = pane("range");
    this.range.append(...rangesOf(recording.steps.length).map(([value, text]) => h("option", { value }, text)));
    this.range.value = recording.steps.length <= Gantt.#ALL_UP_TO ? "all" : "300";
    pane("legend").append(...legend());
    this.box.addEventListener("click", (event) => this.#jump(event, goto));
    this.box.addEventListener("pointermove", (event) => this.#explain(event));
    for (const it of [this.axis, this.range]) it.addEventListener("change", () => this.#redraw());
    this.width = 0;
    new ResizeObserver(() => {
      this.width = this.box.clientWidth;
      this.#redraw();
    }).observe(this.box);
  }

  /** @param {Moment} moment */
  show(moment) {
    this.moment = moment;
    if (isHidden(this.box)) return;
    const frame = this.#frame(moment);
    if (frame.key !== this.frame?.key) this.#draw(frame);
    this.#point(moment);
  }

  switchAxis() {
    this.axis.value = this.axis.value === "steps" ? "time" : "steps";
    this.#redraw();
  }

  /// Calls with the drawing while it has its legend below it, as a file needs it.
  withLegend(call) {
    const { chart, frame: { width } } = this;
    const height = Number(chart.getAttribute("height"));
    const legend = legendBelow(width, height);
    const fit = (height) => setAttributes(chart, { height, viewBox: `0 0 ${width} ${height}` });
    fit(height + legend.height);
    chart.append(legend.drawing);
    try {
      return call(chart);
    } finally {
      legend.drawing.remove();
      fit(height);
    }
  }

  #redraw() {
    if (!this.moment) return;
    this.show(this.moment);
    measureShown();
  }

  /// What is drawn at this moment: which steps, which tasks, how wide.
  #frame(moment) {
    const [from, to] = this.#window(moment.step);
    const ids = this.collapsed ? tasksOfInterest(moment).map((it) => it.id) : this.recording.taskIds;
    this.width ||= this.box.clientWidth;
    const { width } = this;
    const left = width < 600 ? 72 : 116;
    const axis = this.axis.value;
    return { from, to, ids, width, left, axis, key: [from, to, ids, width, axis].join() };
  }

  /// All steps, or so many about the cursor. The window moves by half its size,
  /// and depends on the cursor alone.
  #window(step) {
    const count = this.recording.steps.length;
    if (this.range.value === "all") return [0, Math.max(count, 1)];
    const size = Number(this.range.value);
    const half = size / 2;
    const from = Math.max(0, Math.min(Math.floor(step / half) * half - size / 4, count - size));
    return [from, Math.min(from + size, count)];
  }

  // Geometry -----------------------------------------------------------------

  /// Where a step begins, in pixels.
  #x(step) {
    const { from, to, left, width, axis } = this.frame;
    const inner = width - left - Gantt.#MARGIN;
    if (axis === "steps") return left + ((step - from) / (to - from)) * inner;
    const [begin, end] = [this.#time(from), this.#time(to)];
    return left + ((this.#time(step) - begin) / Math.max(end - begin, 1)) * inner;
  }

  #time(step) {
    const { steps, last } = this.recording;
    return steps[Math.min(Math.max(step, 0), last)]?.t ?? 0;
  }

  #stepAt(x) {
    const { from, to, left, width, axis } = this.frame;
    const part = Math.min(Math.max((x - left) / (width - left - Gantt.#MARGIN), 0), 1);
    if (axis === "steps") return Math.min(Math.floor(from + part * (to - from)), to - 1);
    const time = this.#time(from) + part * (this.#time(to) - this.#time(from));
    return firstFrom(from, to - 1, (step) => this.#time(step) >= time);
  }

  #y(id) {
    const row = id === null ? 0 : this.rowOf.get(id) + 1;
    return this.top + row * Gantt.#ROW;
  }

  // Drawing ------------------------------------------------------------------

  /// Rows that stay keep their elements, and so the focus.
  #draw(frame) {
    const { from, to, ids, width, axis } = frame;
    const shape = [from, to, width, axis].join();
    this.frame = frame;
    this.rowOf = new Map(ids.map((id, row) => [id, row]));
    this.top = this.collapsed ? Gantt.#HEAT : 0;
    const bottom = this.top + (ids.length + 1) * Gantt.#ROW;
    if (shape !== this.shape) this.#begin();
    if (`${shape} ${bottom}` !== this.ground) this.#drawGround(bottom);
    keyed(this.rowBox, ids, (id) => id, (id) => this.#row(id), (row, id) => setAttributes(row, { transform: `translate(0 ${this.#y(id)})` }));
    this.rows = new Map(ids.map((id, nth) => [id, this.rowBox.children[nth]]));
    this.front.replaceChildren(this.#wakes());
    this.shape = shape;
    this.ground = `${shape} ${bottom}`;
  }

  #begin() {
    this.back = svg("g");
    this.rowBox = svg("g");
    this.front = svg("g");
    this.veil = svg("rect", { class: "veil", y: 0, width: 0 });
    this.cursor = svg("g", { class: "cursor" });
    this.chart = svg("svg", {
      role: "group", "aria-label": "What each task does at each step. The table of slots says it for this step.",
    }, arrowHead(), this.back, this.rowBox, this.front, this.veil, this.cursor);
    this.box.replaceChildren(this.chart);
  }

  /// All that doesn't depend on which tasks have a row, but on how many.
  #drawGround(bottom) {
    const { width } = this.frame;
    const height = bottom + Gantt.#AXIS;
    setAttributes(this.chart, { width, height, viewBox: `0 0 ${width} ${height}` });
    this.back.replaceChildren(this.#grid(bottom), this.#flags(bottom), ...(this.collapsed ? [this.#heatOfFrame()] : []), this.#loopRow());
    this.cursor.replaceChildren(svg("line", { y1: 0, y2: bottom }), svg("path", { d: `M-4 ${bottom + 5}h8l-4-5z` }));
    setAttributes(this.veil, { height });
  }

  /// Drawn at the top; the row is moved to its place.
  #row(id) {
    const name = svg("text", { class: "name", x: 16, y: 12 });
    const row = svg("g", { "data-task": id, ...pressable(id) }, svg("title"), svg("rect", { class: "band", x: 0, y: 0, width: this.frame.width, height: Gantt.#ROW }),
      svg("rect", { class: "swatch", x: 4, y: 4, width: 8, height: 9, rx: 2 }), name);
    tint(row, id);
    row.append(...this.#sections(id), ...this.#stretches(id));
    return row;
  }

  /// A band behind the stretches for each section, those within others narrower.
  #sections(id) {
    const { from, to } = this.frame;
    const all = (this.recording.sections.get(id) ?? []).filter((it) => it.begun < to && (it.left ?? to) > from && !isQuietScope(it));
    return all.slice(0, Gantt.#MOST_SECTIONS).map(({ section, what, begun, left, depth }) => {
      const [x, right] = [this.#x(Math.max(begun, from)), this.#x(Math.min(left ?? to, to))];
      const inset = Math.min(depth, 3) * 2;
      return svg("rect", {
        class: "section", "data-section": section, x, y: 1 + inset, width: Math.max(right - x, 2).toFixed(1),
        height: Gantt.#ROW - 2 - 2 * inset, rx: 3,
      }, svg("title", {}, `${what} (section ${section})`));
    });
  }

  /// One path per kind of stretch, and a mark where the task ends.
  #stretches(id) {
    const { from, to } = this.frame;
    const stretches = this.recording.stretches[this.recording.ordinals.tasks.find(id)] ?? [];
    const paths = new Map();
    const marks = [];
    for (const [nth, { step, stretch, outcome }] of stretches.entries()) {
      const end = Math.min(stretches[nth + 1]?.step ?? to, to);
      if (stretch === "" && outcome && step >= from && step < to) marks.push(this.#endMark(step, outcome));
      if (stretch === "" || end <= from || step >= to) continue;
      const [x, right] = [this.#x(Math.max(step, from)), this.#x(end)];
      paths.set(stretch, (paths.get(stretch) ?? "") + stretchPath(stretch, x, right));
    }
    return [...[...paths].map(([stretch, d]) => svg("path", { class: "stretch", "data-stretch": stretch, d })), ...marks];
  }

  #endMark(step, outcome) {
    return svg("text", { class: `end ${outcome}`, x: this.#x(step) + 3, y: 13 }, END_MARKS[outcome] ?? "·");
  }

  /// Turns as blocks, parks and jumps of the clock as gaps between them.
  #loopRow() {
    const { from, to } = this.frame;
    const y = this.top;
    const { turns } = this;
    const first = firstFrom(0, turns.length, (it) => turns[it].end >= from);
    const shown = turns.slice(first, firstFrom(first, turns.length, (it) => turns[it].begin >= to));
    const block = ({ begin, end }) => {
      const last = this.frame.axis === "steps" ? end + 1 : end;
      const [x, right] = [this.#x(Math.max(begin, from)), this.#x(Math.min(last, to))];
      return `M${x.toFixed(1)} ${y + 5}h${Math.max(right - x - 1, 1).toFixed(1)}v7h-${Math.max(right - x - 1, 1).toFixed(1)}z`;
    };
    return svg("g", { class: "loop-row" }, svg("text", { class: "name", x: 16, y: y + 12 }, "turns"),
      svg("path", { class: "turns", d: shown.map(block).join("") }));
  }

  #wakes() {
    const { from, to } = this.frame;
    const seen = (id) => id === null || this.rowOf.has(id);
    const all = this.recording.wakes;
    const first = firstFrom(0, all.length, (it) => all[it].step >= from);
    const near = all.slice(first, firstFrom(first, all.length, (it) => all[it].step >= to));
    const wakes = near.filter((it) => seen(it.from) && seen(it.task));
    this.arrows = new Map();
    for (const it of wakes.slice(0, Gantt.#MOST_WAKES)) {
      const right = this.#x(it.step);
      const x = it.from === null ? right : this.#x(Math.max(it.because, from));
      const [y, below] = [this.#y(it.from) + 9, this.#y(it.task) + (it.from === null || this.#y(it.task) > this.#y(it.from) ? 3 : 14)];
      const d = `M${x.toFixed(1)} ${y}H${right.toFixed(1)}V${below}`;
      this.arrows.set(it.step, svg("path", { class: "wake", d, "data-step": it.step }));
    }
    return svg("g", { class: "wakes" }, ...this.arrows.values());
  }

  #grid(bottom) {
    const { from, to, axis } = this.frame;
    const ticks = axis === "steps"
      ? niceTicks(from, to).map((step) => [this.#x(step), NUMBERS.format(step)])
      : niceTicks(this.#time(from), this.#time(to)).map((time) => [this.#xOfTime(time), timeText(time - (this.recording.header.origin ?? 0))]);
    const lines = ticks.map(([x]) => `M${x.toFixed(1)} 0V${bottom}`).join("");
    return svg("g", { class: "grid" }, svg("path", { d: lines }),
      ...ticks.map(([x, text]) => svg("text", { x, y: bottom + 14, "text-anchor": this.#anchor(x) }, text)));
  }

  /// The numbers of the chapters, side by side where they are close.
  #flags(bottom) {
    const { from, to } = this.frame;
    let least = 0;
    const flags = this.chapters.filter(({ step }) => step >= from && step < to).map(({ step, number }) => {
      const x = Math.max(this.#x(step), least);
      least = x + 14;
      return svg("g", { class: "flag", "data-chapter": step }, svg("path", { d: `M${this.#x(step).toFixed(1)} 0V${bottom}` }),
        svg("circle", { cx: x, cy: bottom + 25, r: 7 }), svg("text", { x, y: bottom + 28.5, "text-anchor": "middle" }, `${number}`));
    });
    return svg("g", { class: "flags" }, ...flags);
  }

  #anchor(x) {
    return x > this.frame.width - 40 ? "end" : "middle";
  }

  #xOfTime(time) {
    const { from, to, left, width } = this.frame;
    const [begin, end] = [this.#time(from), this.#time(to)];
    return left + ((time - begin) / Math.max(end - begin, 1)) * (width - left - Gantt.#MARGIN);
  }

  /// It is the same whichever tasks have a row.
  #heatOfFrame() {
    const { from, to, width, axis } = this.frame;
    const key = [from, to, width, axis].join();
    if (this.heat?.key !== key) this.heat = { key, element: this.#heat() };
    return this.heat.element;
  }

  /// How many tasks are in which state, as bands on top of each other.
  #heat() {
    const { left, width } = this.frame;
    const height = Gantt.#HEAT - 6;
    const total = this.recording.taskIds.length;
    const paths = Object.fromEntries(STATES.map((it) => [it, ""]));
    for (let x = left; x < width - Gantt.#MARGIN; x += 2) {
      const step = this.#stepAt(x);
      let y = height;
      for (const it of STATES) {
        const part = (this.recording.counts[it][step] / total) * height;
        if (part > 0) paths[it] += `M${x} ${y.toFixed(1)}v-${part.toFixed(1)}`;
        y -= part;
      }
    }
    const bands = STATES.map((it) => {
      const band = svg("path", { class: "heat", d: paths[it] });
      // The page's policy forbids the attribute `style`, but not this.
      band.style.stroke = `var(--state-${it})`;
      return band;
    });
    const name = svg("text", { class: "name", x: 16, y: 24 }, `all ${NUMBERS.format(total)}`);
    return svg("g", { class: "heat-strip" }, name, ...bands);
  }

  /// The cursor, the names (they may change), and the arrow of this step.
  #point({ state, event, step, selected, hideFuture }) {
    const x = this.#x(step);
    const wide = this.frame.axis === "steps" ? this.#x(step + 1) - x : 0;
    this.cursor.setAttribute("transform", `translate(${(x + wide / 2).toFixed(1)} 0)`);
    const edge = x + Math.max(wide, 1);
    setAttributes(this.veil, { x: edge, width: hideFuture ? Math.max(this.frame.width - edge, 0) : 0 });
    for (const [id, row] of this.rows) {
      const task = state.task(id);
      const name = nameOf(state, id);
      const shown = short(name, this.frame.left);
      const title = titleOf(id, name);
      setText(row.querySelector(".name"), shown);
      setAttributes(row, {
        // Who speaks to the page says what is seen.
        "aria-label": shown === name ? title : `${shown}: ${title}`,
        "data-selected": id === selected, "data-now": task ? stretchOf(task) || stateOf(task) : null,
      });
    }
    for (const [at, arrow] of this.arrows) setAttributes(arrow, { "data-now": at === step });
    const revealed = selected ?? state.polled ?? event?.task;
    afterShow(() => this.#reveal(revealed));
  }

  /// Scrolls to the row of a task, if it is out of sight.
  #reveal(id) {
    if (!this.rowOf.has(id)) return;
    const { scrollTop, clientHeight } = this.box;
    const y = this.#y(id);
    if (y < scrollTop || y + Gantt.#ROW > scrollTop + clientHeight) this.box.scrollTop = y - clientHeight / 2;
  }

  #xOf({ clientX }) {
    return clientX - this.box.getBoundingClientRect().left + this.box.scrollLeft;
  }

  /// A row's tooltip says what its task is at where the pointer is.
  #explain(event) {
    const row = event.target.closest("g[data-task]");
    if (!row) return;
    const { recording, state, step, hideFuture } = this.moment;
    const x = this.#xOf(event);
    const words = x < this.frame.left ? [] : stretchWords(recording, row.dataset.task, this.#stepAt(x), hideFuture ? step : Infinity);
    setText(row.querySelector("title"), partsAsText(words, state));
  }

  #jump(event, goto) {
    const x = this.#xOf(event);
    if (x < this.frame.left) return;
    event.stopPropagation();
    const flag = event.target.closest("[data-chapter]");
    goto(flag ? Number(flag.dataset.chapter) : this.#stepAt(x));
  }
}

/// What a task is at in a step: from when to when, and by what that ends. Of what comes after
/// the step `until` nothing is said.
function stretchWords(recording, task, at, until) {
  const stretches = recording.stretches[recording.ordinals.tasks.find(task)] ?? [];
  const next = firstFrom(0, stretches.length, (it) => stretches[it].step > at);
  const { step, stretch } = stretches[next - 1] ?? {};
  if (step === undefined || step > until) return [];
  const place = (step) => `step ${step} (${whenText(recording.at(step), recording.steps[step].t)})`;
  if (stretch === "") return [{ task }, `: ended in ${place(step)}. `, ...sentence(recording, step)];
  const doing = [{ task }, `: ${STRETCHES[stretch].replace(/^for/, "waits for")}, from ${place(step)} to `];
  const end = stretches[next]?.step ?? Infinity;
  if (end <= until && end <= recording.last) return [...doing, `${place(end)}. Then: `, ...sentence(recording, end)];
  return [...doing, until < recording.last ? "now, at least." : "the end of the recording."];
}

/// Turns, each from its first step to its last.
function turnsOf(steps) {
  const turns = [];
  for (const [step, { ev }] of steps.entries()) {
    if (ev === "turn") turns.push({ begin: step, end: steps.length - 1 });
    if (ev === "turn_end" && turns.length > 0) turns.at(-1).end = step;
  }
  return turns;
}

function rangesOf(count) {
  const near = [100, 300, 1000].filter((it) => it < count);
  return [["all", "the whole run"], ...near.map((it) => [`${it}`, `${it} steps`])];
}

/// A poll is a full block and never too thin to see, readiness a hollow one;
/// what waits is a line, dashed by what it waits for.
function stretchPath(stretch, x, right) {
  const width = Math.max(right - x, 2).toFixed(1);
  if (stretch === "polled" || stretch === "dropped") return `M${x.toFixed(1)} 2h${width}v13h-${width}z`;
  if (stretch === "queued") return `M${x.toFixed(1)} 5h${width}v7h-${width}z`;
  return `M${x.toFixed(1)} 8.5H${right.toFixed(1)}`;
}

function arrowHead(id = "arrow-head") {
  const path = svg("path", { d: "M0 0L6 3L0 6z" });
  const marker = { id, viewBox: "0 0 6 6", refX: 5, refY: 3, markerWidth: 5, markerHeight: 5, orient: "auto" };
  return svg("defs", {}, svg("marker", marker, path));
}

function legend() {
  return Object.entries(STRETCHES).map(([stretch, text]) => {
    const d = stretchPath(stretch, 1, 23);
    const sample = svg("svg", { width: 24, height: 17, "aria-hidden": "true" }, svg("path", { class: "stretch", "data-stretch": stretch, d }));
    return h("span", {}, sample, ` ${text}`);
  }).concat(sectionLegend());
}

const SECTION_WORDS = "section: a timeout, a group, a thread";

const SECTION_BAND = { class: "section", x: 1, y: 2, width: 22, height: 13, rx: 3 };

function sectionLegend() {
  return h("span", {}, svg("svg", { width: 24, height: 17, "aria-hidden": "true" }, svg("rect", SECTION_BAND)), ` ${SECTION_WORDS}`);
}

/// The signs of a drawing: what each means, the class of its group, and how it is drawn.
/** @returns {any[]} */
function signs() {
  const end = (outcome, text) => [text, "", "text", { class: `end ${outcome}`, x: 8, y: 13 }, END_MARKS[outcome]];
  return [
    ...Object.entries(STRETCHES).map(([stretch, text]) => [text, "", "path", { class: "stretch", "data-stretch": stretch, d: stretchPath(stretch, 1, 23) }]),
    [SECTION_WORDS, "", "rect", SECTION_BAND],
    ["a turn", "", "path", { class: "turns", d: "M1 5h22v7h-22z" }], ["wakes", "wakes", "path", { class: "wake", d: "M1 8.5H21" }],
    ["a chapter", "flag", "circle", { cx: 12, cy: 8.5, r: 7 }], ["this step", "cursor", "path", { d: "M8 12h8l-4-5z" }],
    end("returned", "returned"), end("failed", "failed or panicked"), end("cancelled", "cancelled"), end("done", "ended"),
  ];
}

/// The legend as a part of a drawing, from this height on, and the height that it takes.
function legendBelow(width, top) {
  const [begin, line] = [16, 18];
  const drawing = svg("g");
  let [x, y] = [begin, top];
  for (const [text, group, tag, attributes, ...content] of signs()) {
    const wide = 44 + text.length * 6;
    if (x > begin && x + wide > width) [x, y] = [begin, y + line];
    drawing.append(svg("g", { transform: `translate(${x} ${y})` },
      svg("g", { class: group }, svg(tag, attributes, ...content)), svg("text", { class: "words", x: 28, y: 12 }, text)));
    x += wide;
  }
  return { drawing, height: y + line + 6 - top };
}

function niceTicks(from, to) {
  const rough = Math.max((to - from) / 8, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].map((it) => it * power).find((it) => it >= rough);
  const first = Math.ceil(from / unit) * unit;
  return Array.from({ length: Math.floor((to - first) / unit) + 1 }, (_, nth) => first + nth * unit);
}

function short(name, width) {
  const most = Math.floor((width - 20) / 6.4);
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
