// @ts-check
// The timer wheel, large: a dial for each level, the digits that choose a
// timer's place, and what moves where when timers cascade.

/// The bits of a digit of the base 64.
const BITS = 6;

class DialsPane {
  static #MOST_IN_LIST = 5;
  static #MOST_ARROWS = 24;
  static #MOST_WORDS = 6;

  constructor(pane, recording) {
    this.box = pane("dials");
    this.words = pane("dials-words");
    const { executor } = recording.header;
    this.nothing = executor ? `${executor} has a heap of timers, and no wheel.` : "No timer is ever in the wheel.";
    this.used = [...Array(LEVELS).keys()].filter((it) => recording.levels.has(it)).reverse();
    new ResizeObserver(() => this.moment && this.show(this.moment)).observe(this.box);
  }

  /** @param {Moment} moment */
  show(moment) {
    this.moment = moment;
    if (isHidden(this.box)) return;
    if (this.box.clientWidth !== this.width) this.#build();
    const { state, event } = moment;
    const timers = state.waitingTimers();
    const byLevel = Map.groupBy(timers.filter((it) => it.where === "wheel"), (it) => it.level);
    for (const [level, dial] of this.dials) this.#showDial(level, dial, byLevel.get(level) ?? [], moment);
    this.#showArrows(event);
    this.words.replaceChildren(...this.#wordNodes(timers, moment));
  }

  // Geometry -----------------------------------------------------------------

  #build() {
    this.width = this.box.clientWidth;
    const inRow = Math.max(Math.min(this.used.length, Math.floor(this.width / 172)), 1);
    this.size = Math.min(this.width / inRow, 216);
    const rows = Math.ceil(this.used.length / inRow);
    this.dials = new Map(this.used.map((level, nth) => [level, this.#dial(level, nth % inRow, Math.floor(nth / inRow))]));
    this.arrows = svg("g", { class: "moves" });
    const drawing = svg("svg", { width: this.width, height: rows * this.size, role: "group", "aria-label": "The levels of the wheel as dials; beside them it is said in words" },
      arrowHead("move-head"), ...[...this.dials.values()].map(({ element }) => element), this.arrows);
    this.box.replaceChildren(...(this.used.length > 0 ? [drawing] : [h("p", { class: "empty" }, this.nothing)]));
  }

  #dial(level, column, row) {
    const half = this.size / 2;
    const x = column * this.size + half;
    const y = row * this.size + half;
    const radius = half - 15;
    const depth = radius * 0.46;
    const ticks = [...Array(LISTS).keys()].map((list) => {
      const [sin, cos] = [Math.sin(angleOf(list - 0.5)), -Math.cos(angleOf(list - 0.5))];
      return `M${(sin * (radius - depth)).toFixed(1)} ${(cos * (radius - depth)).toFixed(1)}L${(sin * radius).toFixed(1)} ${(cos * radius).toFixed(1)}`;
    });
    const labels = [0, 8, 16, 24, 32, 40, 48, 56].map((list) => svg("text", {
      class: "list-number", x: Math.sin(angleOf(list)) * (radius + 8), y: 3 - Math.cos(angleOf(list)) * (radius + 8), "text-anchor": "middle",
    }, `${list}`));
    const hand = svg("path", { class: "hand", d: sectorPath(radius - depth - 3, radius + 2) });
    const digit = svg("text", { class: "digit", y: 4, "text-anchor": "middle" });
    const marks = svg("g", {});
    const element = svg("g", { class: "dial", "data-level": level, transform: `translate(${x} ${y})` },
      svg("circle", { class: "face", r: radius }), svg("circle", { class: "hub", r: radius - depth }), svg("path", { class: "lists-of-dial", d: ticks.join("") }),
      ...labels, hand, marks, svg("text", { class: "level-of-dial", y: -14, "text-anchor": "middle" }, `level ${level}`), digit,
      svg("text", { class: "span-of-dial", y: 20, "text-anchor": "middle" }, `${spanText(level)} a list`));
    return { element, hand, digit, marks, x, y, radius, depth };
  }

  /// The middle of a place in a list, on the drawing.
  #spot(level, list, nth = 0) {
    const dial = this.dials.get(level);
    if (!dial) return null;
    const r = dial.radius - (nth + 0.5) * (dial.depth / DialsPane.#MOST_IN_LIST);
    return { x: dial.x + Math.sin(angleOf(list)) * r, y: dial.y - Math.cos(angleOf(list)) * r };
  }

  // Showing ------------------------------------------------------------------

  #showDial(level, { hand, digit, marks, radius, depth }, timers, { state, step }) {
    const now = cursorOn(level, state.wheelTime);
    hand.setAttribute("transform", `rotate(${(now * 360) / LISTS})`);
    setText(digit, `at ${now}`);
    const height = depth / DialsPane.#MOST_IN_LIST - 1;
    const shown = [...Map.groupBy(timers, (it) => it.list).values()].flatMap((inList) => inList
      .slice(0, DialsPane.#MOST_IN_LIST).map((timer, nth) => ({ timer, nth, more: nth === DialsPane.#MOST_IN_LIST - 1 ? inList.length - nth - 1 : 0 })));
    keyed(marks, shown, ({ timer }) => markKey(state, timer), ({ timer }) => dialMark(state, timer), (mark, { timer, nth, more }) => {
      const { list, moved } = timer;
      const y = -radius + nth * (height + 1) + 0.5;
      setAttributes(mark, {
        x: -2.6, y, width: 5.2, height, rx: 1.5, transform: `rotate(${(list * 360) / LISTS})`,
        "data-list": list, "data-moved": moved === step, "data-rest": more > 0 ? more : null,
      });
    });
  }

  /// An arrow for each timer that cascades in this step.
  #showArrows(event) {
    const moved = event?.moved ?? [];
    const arrows = moved.slice(0, DialsPane.#MOST_ARROWS).map(({ level, list, from }) => {
      const [begin, end] = [this.#spot(...from), this.#spot(level, list)];
      if (!begin || !end) return "";
      const middle = { x: (begin.x + end.x) / 2, y: Math.min(begin.y, end.y) - 26 };
      return `M${begin.x.toFixed(1)} ${begin.y.toFixed(1)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${end.x.toFixed(1)} ${end.y.toFixed(1)}`;
    });
    const ghosts = moved.slice(0, DialsPane.#MOST_ARROWS).map(({ from }) => this.#spot(...from)).filter(Boolean)
      .map(({ x, y }) => svg("circle", { class: "ghost", cx: x, cy: y, r: 4 }));
    this.arrows.replaceChildren(...ghosts, ...arrows.map((d) => svg("path", { class: "move", d })));
  }

  #wordNodes(timers, moment) {
    const { state, event } = moment;
    const timer = timerOfInterest(timers, moment);
    const nodes = timer ? [digitTable(timer, state), h("p", {}, ...partsAsNodes(digitWords(timer, state), state))] : [h("p", { class: "empty" }, "No timer waits in the wheel.")];
    return [...nodes, ...this.#moveNodes(event, state)];
  }

  #moveNodes(event, state) {
    const moved = event?.moved ?? [];
    if (moved.length === 0) return [];
    const lines = moved.slice(0, DialsPane.#MOST_WORDS).map(({ timer, level, list, from }) => {
      const task = state.timer(timer)?.task;
      const whose = typeof task === "string" ? [" of ", { task }] : [];
      return h("li", {}, ...partsAsNodes([`timer ${timer}`, ...whose, `: level ${from[0]}, list ${from[1]} → level ${level}, list ${list}`], state));
    });
    const more = moved.length - lines.length;
    const rest = more > 0 ? [h("li", {}, `and ${NUMBERS.format(more)} more`)] : [];
    return [h("p", {}, h("b", {}, "Cascade. "), "The hand has come to their list, so they move down, to the level of the digit in which they differ from the time now:"), h("ol", {}, ...lines, ...rest)];
  }
}

function angleOf(list) {
  return (list * 2 * Math.PI) / LISTS;
}

/// The sector of one list at the top of a dial.
function sectorPath(inner, outer) {
  const half = Math.PI / LISTS;
  const [sin, cos] = [Math.sin(half), Math.cos(half)];
  const at = (r, side) => `${(side * sin * r).toFixed(2)} ${(-cos * r).toFixed(2)}`;
  return `M${at(inner, -1)}L${at(outer, -1)}A${outer} ${outer} 0 0 1 ${at(outer, 1)}L${at(inner, 1)}A${inner} ${inner} 0 0 0 ${at(inner, -1)}z`;
}

function dialMark(state, { id, task }) {
  const mark = svg("rect", { class: "timer-mark", "data-timer": id });
  const owner = typeof task === "string" ? ` of ${nameOf(state, task)}` : "";
  mark.append(svg("title", {}, `timer ${id}${owner}`));
  if (typeof task !== "string") return mark;
  mark.dataset.of = task;
  setAttributes(mark, pressable(`timer ${id}${owner}`));
  return tint(mark, task);
}

/// The timer of the selected task, or of this step; else the one that is due next.
function timerOfInterest(timers, { event, selected }) {
  const inWheel = timers.filter((it) => it.where === "wheel");
  const wanted = [(it) => it.task === selected, (it) => it.id === event?.timer, (it) => it.id === event?.moved?.[0]?.timer];
  return wanted.map((is) => inWheel.find(is)).find((it) => it !== undefined) ?? inWheel[0];
}

/// The digits are of the wheel's own time, which differs from the time that is shown if the
/// recording began later than it.
function ownTime({ origin }) {
  return origin === 0 ? "" : `, of the wheel's own time: ${timeText(origin)} where the recording began`;
}

/// Time and deadline with the base 64, a digit per level; the first in which they
/// differ is marked.
function digitTable({ id, deadline, level }, state) {
  const levels = [...Array(LEVELS).keys()].reverse();
  const row = (name, time) => h("tr", {}, h("th", { scope: "row" }, name), ...levels.map((it) => h("td", { "data-chosen": it === level, "data-same": it > level }, `${cursorOn(it, time)}`)));
  return h("table", { class: "digits" }, h("caption", {}, `Nanoseconds with the base 64${ownTime(state)}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "level"), ...levels.map((it) => h("th", { scope: "col", "data-chosen": it === level }, `${it}`)))),
    h("tbody", {}, row("time", state.wheelTime), row(`timer ${id}`, deadline)));
}

function digitWords({ id, task, deadline, level, list }, state) {
  const whose = typeof task === "string" ? [" of ", { task }] : [];
  const bits = list.toString(2).padStart(BITS, "0");
  return [
    `Timer ${id}`, ...whose, ` is due at ${whenText(state, deadline)}, and the time is ${whenText(state, state.wheelTime)}. `,
    `From the left they differ first in digit ${level}: the timer is on level ${level}. `,
    `Its digit there is ${list}, the bits `, { quote: bits }, `: it is in list ${list}. When the hand comes there, it is due or moves down.`,
  ];
}
