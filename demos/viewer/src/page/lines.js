// @ts-check
// What a recording must say for the page to show it: a header, and lines that are steps, which
// tell of no task before its spawn. Else lines are missing, damaged or in another order.

/// What a field's value may be, by the words of the tables below.
const IS = {
  count: (it) => Number.isInteger(it) && it >= 0,
  counts: (it) => Array.isArray(it) && it.every(IS.count),
  flag: (it) => typeof it === "boolean",
  text: (it) => typeof it === "string",
  texts: (it) => isObject(it) && Object.values(it).every(IS.text),
  id: (it) => typeof it === "string" && /^\d+(\.\d+)?$/.test(it),
  ids: (it) => Array.isArray(it) && it.every(IS.id),
  outcome: (it) => ["returned", "cancelled", "panicked"].includes(it),
  awaited: (it) => isObject(it) && Object.entries(it).length === 1 && fits(it, PARTS.awaited),
  started: (it) => Array.isArray(it) && it.every((move) => fits(move, PARTS.started)),
  moved: (it) => Array.isArray(it) && it.every((move) => fits(move, PARTS.moved)),
  translations: (it) => isObject(it) && Object.values(it).every((text) => fits(text, PARTS.translation)),
  lines: (it) => isObject(it) && Object.values(it).every(IS.count),
};

function isObject(it) {
  return typeof it === "object" && it !== null && !Array.isArray(it);
}

/// The fields of a header, of all steps, be their kind known or not, and of what stands in them.
/// A question mark stands after what may be null, or missing.
const PARTS = fieldsOf({
  header: "title:text? clock:text? slack:count? origin:count? executor:text? steps:count? sources:texts? translations:translations?",
  translation: "text:text lines:lines", awaited: "task:id? timer:id? watch:count? section:count? turn:flag?",
  started: "timer:id deadline:count level:count? list:count?", moved: "timer:id level:count list:count from:counts",
  any: "ev:text t:count task:id? by:id? watch:count? section:count? timer:id? at:text?",
});

/// The other fields that the page needs, by kinds of steps.
const FIELDS = fieldsOf({
  turn: "batch:count", turn_end: "", unpark: "", stuck: "", close: "", reach: "", order: "order:counts", park: "until:count?", jump: "to:count", request: "function:text",
  spawn: "task:id name:text", found: "task:id polls:count", name: "task:id name:text", ready: "task:id because:count?", again: "task:id",
  poll: "task:id number:count", unwind: "task:id", skip: "task:id", awaits: "task:id on:awaited", keep: "task:id",
  polled: "task:id ready:flag", done: "task:id outcome:outcome text:text?", fail: "task:id text:text", detach: "task:id", gone: "task:id",
  timer: "timer:id deadline:count? delay:count? level:count? list:count?", untimer: "timer:id",
  advance: "now:count started:started moved:moved due:ids", fire: "timer:id", rings: "timer:id function:text", heard: "task:id",
  cancel: "task:id", pass: "task:id to:id?", mark: "task:id", unmark: "task:id", catch: "task:id", uncancel: "task:id left:count",
  watch: "watch:count", what: "watch:count what:text", calls: "watch:count function:text", child: "watch:count child:count task:id ended:flag",
  notice: "watch:count child:count because:count?", ask: "watch:count child:count", answer: "watch:count child:count enough:flag why:text?",
  met: "watch:count", over: "watch:count why:text", unwatch: "watch:count",
  section: "section:count what:text", member: "section:count task:id", limit: "section:count timer:id?",
  remark: "section:count text:text", leave: "section:count why:text", note: "text:text", print: "text:text",
});

function fieldsOf(table) {
  const read = (it) => {
    const [, name, kind, open] = it.match(/^(\w+):(\w+)(\??)$/);
    return { name, is: IS[kind], isOpen: open === "?" };
  };
  return Object.fromEntries(Object.entries(table).map(([kind, fields]) => [kind, fields.split(" ").filter(Boolean).map(read)]));
}

/// The first field that isn't as it has to be. (It is asked of each step of long recordings.)
function misfit(it, fields) {
  for (const field of fields) {
    const value = it[field.name];
    if (value === undefined || value === null ? !field.isOpen : !field.is(value)) return field;
  }
  return undefined;
}

function fits(it, fields) {
  return isObject(it) && misfit(it, fields) === undefined;
}

/// What is wrong with the header, if anything is.
function faultOfHeader(header) {
  const field = misfit(header, PARTS.header);
  return field ? `has no right “${field.name}” in its header` : null;
}

/// Reads steps in their order, and refuses the first that can't be one.
class StepReader {
  #spawned = new Set();
  #polled = null;
  #queued = 0;
  #batch = 0;
  #count = 0;

  /// `nameOf` gives the words for a step by its number, such as "Line 5 of a.jsonl".
  /** @param {(step: number) => string} nameOf */
  constructor(nameOf) {
    this.nameOf = nameOf;
  }

  /** @param {any} event @returns {Step} */
  read(event) {
    const fault = this.#faultOf(event);
    if (fault !== null) throw new Refusal(`${this.nameOf(this.#count)} ${fault}, so the recording is damaged. Record the run once more.`);
    this.#count += 1;
    return event;
  }

  #faultOf(event) {
    if (!isObject(event)) return "isn't a step";
    const isKnown = Object.hasOwn(FIELDS, event.ev);
    const field = misfit(event, PARTS.any) ?? misfit(event, isKnown ? FIELDS[event.ev] : []);
    if (field) return `has no right “${field.name}”`;
    if (!isKnown) return null;
    return this.#unknownIn(event) ?? this.#outOfPlace(event);
  }

  /// A task that no step has spawned.
  #unknownIn({ ev, task, by, to }) {
    if (ev === "spawn") this.#spawned.add(task);
    const isUnknown = (it) => typeof it === "string" && !this.#spawned.has(it);
    if (!isUnknown(task) && !isUnknown(by) && !isUnknown(to)) return null;
    return `tells of task ${[task, by, to].find(isUnknown)}, of which no line before tells`;
  }

  /// A poll is over after it has begun, and before anything else is taken. An order has each
  /// entry of the batch once.
  #outOfPlace({ ev, task, order }) {
    if (ev === "ready" || ev === "notice") this.#queued += 1;
    if (ev === "turn") [this.#batch, this.#queued] = [this.#queued, 0];
    if (ev === "close") this.#queued = this.#batch = 0;
    if (ev === "order" && (new Set(order).size !== order.length || order.some((it) => it >= this.#batch))) return "orders what isn't in the batch";
    if (ev === "polled" && task !== this.#polled) return "ends a poll that no line before begins";
    if (AFTER_A_POLL.has(ev) && this.#polled !== null) return `comes before the poll of task ${this.#polled} is over`;
    if (ev === "poll") this.#polled = task;
    if (ev === "polled" || ev === "close") this.#polled = null;
    return null;
  }
}

/// The steps that come once a poll is over.
const AFTER_A_POLL = new Set(["poll", "ask", "unwind", "skip", "turn", "turn_end"]);
