// @ts-check
// Which steps of two recordings are the same event: the same kind of step about
// the same task, as often after the run's begin.

/// Steps of the loop are about no task: they are known by the time they come at.
const OF_LOOP = new Set(["turn", "order", "turn_end", "advance", "park", "unpark", "jump", "close", "heard", "request"]);

/// The turns of tasks and their ends: recordings of two executors have no more in common.
const OF_ORDER = new Set(["poll", "unwind", "done"]);

function isMainFuture(id) {
  return /^0(\.|$)/.test(id);
}

/// Names that mean the same in another recording, where numbers may differ.
class Labels {
  #tasks = new Map();
  #timers = new Map();
  #watches = new Map();

  constructor({ steps }) {
    this.#nameTasks(steps);
    const begun = new Map();
    for (const { ev, timer, task, watch, by } of steps) {
      if (ev === "timer") this.#timers.set(timer, this.task(task));
      if (ev === "watch") {
        const count = (begun.get(by) ?? 0) + 1;
        begun.set(by, count);
        this.#watches.set(watch, `watch ${count} of ${this.task(by)}`);
      }
    }
  }

  /// A task's last name; tasks that share one are numbered.
  #nameTasks(steps) {
    const names = new Map();
    for (const { ev, task, name } of steps) if (ev === "spawn" || ev === "name") names.set(task, name ?? "");
    const used = new Map();
    for (const [task, given] of names) {
      const name = isMainFuture(task) ? "the main future" : given;
      const nth = (used.get(name) ?? 0) + 1;
      used.set(name, nth);
      this.#tasks.set(task, nth === 1 ? name : `${name} (${nth})`);
    }
    this.tasks = new Map([...this.#tasks].map(([task, label]) => [label, task]));
  }

  task(id) {
    return this.#tasks.get(id) ?? (typeof id === "string" ? id : "nobody");
  }

  timer(id) {
    return this.#timers.get(id) ?? "nobody";
  }

  watch(id) {
    return this.#watches.get(id) ?? `watch ${id}`;
  }

  /// Whom or what a step is about.
  of({ task, timer, watch, child }) {
    if (watch !== undefined) return `${this.watch(watch)} ${child ?? ""}`;
    if (typeof task === "string") return this.task(task);
    return timer === undefined ? "" : this.timer(timer);
  }
}

/// A recording's steps by their keys, and what each says in words that can be
/// compared.
class Keyed {
  #begun = new Set();

  constructor(recording, timesAreReal, inOrderAlone) {
    this.steps = recording.steps;
    this.origin = recording.header.origin ?? 0;
    this.ofOrder = inOrderAlone ? this.steps.map((event) => this.#isOfOrder(event)) : null;
    this.labels = new Labels(recording);
    this.timesAreReal = timesAreReal;
    const counts = new Map();
    this.keys = this.steps.map((event) => {
      const place = OF_LOOP.has(event.ev) && !timesAreReal ? event.t - this.origin : this.labels.of(event);
      const key = `${event.ev} ${place}`;
      const nth = (counts.get(key) ?? 0) + 1;
      counts.set(key, nth);
      return `${key} ${nth}`;
    });
    this.stepOf = new Map(this.keys.map((key, step) => [key, step]));
  }

  /// The main future doesn't count, as a loop can do without; nor a task that ended before.
  #isOfOrder({ ev, task }) {
    if (!OF_ORDER.has(ev) || isMainFuture(task)) return false;
    return ev !== "done" ? Boolean(this.#begun.add(task)) : this.#begun.has(task);
  }

  /// Where times are real, the loop's own steps come as they like.
  isTold(step) {
    if (this.ofOrder) return this.ofOrder[step];
    return !this.timesAreReal || !OF_LOOP.has(this.steps[step].ev);
  }

  said(step) {
    if (this.ofOrder) return this.#saidOfOrder(this.steps[step]);
    return JSON.stringify(this.steps[step], (key, value) => this.#plain(key, value));
  }

  #saidOfOrder({ ev, t, number, outcome }) {
    return JSON.stringify({ ev, number, outcome, t: this.timesAreReal ? null : t - this.origin });
  }

  #plain(key, value) {
    const { labels } = this;
    if (this.timesAreReal && REAL_TIMES.has(key)) return undefined;
    if (key === "name") return /^Task-\d/.test(value) ? null : value;
    if (key === "because") return this.keys[value] ?? null;
    if (key === "task" || key === "by" || key === "to") return typeof value === "string" ? labels.task(value) : value;
    if (key === "timer") return typeof value === "string" ? labels.timer(value) : value;
    if (key === "watch") return labels.watch(value);
    if (key === "due") return value.map((it) => labels.timer(it));
    return value;
  }
}

/// The steps of two recordings side by side, and all their differences.
class Alignment {
  constructor(one, other) {
    this.timesAreReal = [one, other].some(({ header }) => header.clock !== "virtual");
    this.inOrderAlone = (one.header.executor ?? "") !== (other.header.executor ?? "");
    this.one = new Keyed(one, this.timesAreReal, this.inOrderAlone);
    this.other = new Keyed(other, this.timesAreReal, this.inOrderAlone);
    /// Per step of the first: its partner in the second, or -1.
    this.partners = Int32Array.from(this.one.keys, (key) => this.other.stepOf.get(key) ?? -1);
    /// The last step of each that can lack a partner for sure: where the other recording is cut
    /// off, what it lacks after the last pair may only be missing.
    this.known = {
      one: other.missing > 0 ? this.one.keys.findLastIndex((_, step) => this.isPaired(step)) : Infinity,
      other: one.missing > 0 ? this.other.keys.findLastIndex((key, step) => this.other.isTold(step) && this.one.stepOf.has(key)) : Infinity,
    };
    this.differences = this.#differences();
  }

  /// The step of the second that stands beside one of the first: its partner, or
  /// that of the last step before it that has one.
  beside(step) {
    for (let at = Math.min(step, this.partners.length - 1); at >= 0; at--) {
      if (this.partners[at] !== -1) return this.partners[at];
    }
    return 0;
  }

  /// The step of the first beside which one of the second stands, likewise.
  besideOther(step) {
    for (let at = Math.min(step, this.other.keys.length - 1); at >= 0; at--) {
      const partner = this.one.stepOf.get(this.other.keys[at]);
      if (partner !== undefined) return partner;
    }
    return 0;
  }

  /// Whether a step of the first is compared, and has a partner.
  isPaired(step) {
    return this.one.isTold(step) && this.partners[step] !== -1;
  }

  /// The fields of a step that say something else in the second.
  fieldsOf({ one, other }) {
    const [here, there] = [JSON.parse(this.one.said(one)), JSON.parse(this.other.said(other))];
    const fields = new Set([...Object.keys(here), ...Object.keys(there)]);
    return [...fields].filter((it) => JSON.stringify(here[it]) !== JSON.stringify(there[it]));
  }

  /// The task of the second that is called like one of the first.
  taskBeside(id) {
    return id === null ? null : this.other.labels.tasks.get(this.one.labels.task(id)) ?? null;
  }

  /// In the order in which they come: `{kind, one, other}`, where a step that
  /// isn't there is null.
  #differences() {
    const ordered = longestRise(this.partners.map((other, one) => (this.one.isTold(one) ? other : -1)));
    const found = [];
    for (const [one, other] of this.partners.entries()) {
      if (!this.one.isTold(one)) continue;
      if (other === -1 && one > this.known.one) break;
      if (other === -1) found.push({ kind: "only in the first", one, other: null, at: one });
      else if (this.one.said(one) !== this.other.said(other)) found.push({ kind: "says something else", one, other, at: one });
      else if (!ordered.has(one)) found.push({ kind: "comes in another order", one, other, at: one });
    }
    let at = 0;
    for (const [other, key] of this.other.keys.entries()) {
      const one = this.one.stepOf.get(key);
      if (one === undefined && other > this.known.other) break;
      if (one === undefined && this.other.isTold(other)) found.push({ kind: "only in the second", one: null, other, at });
      else if (one !== undefined) at = Math.max(at, one);
    }
    return merged(found.sort((a, b) => a.at - b.at));
  }
}

/// Steps that follow each other in both and differ in the same way are one
/// difference.
function merged(differences) {
  const all = [];
  for (const it of differences) {
    const before = all.at(-1);
    const follows = (name) => it[name] === null ? before[name] === null : it[name] === before[name] + before.count;
    if (before?.kind === it.kind && it.kind !== "says something else" && follows("one") && follows("other")) before.count += 1;
    else all.push({ ...it, count: 1 });
  }
  return all;
}

/// The places of a longest rising part of a list, without regard to -1.
function longestRise(values) {
  const tails = [];
  const before = new Int32Array(values.length).fill(-1);
  for (const [place, value] of values.entries()) {
    if (value === -1) continue;
    const length = firstFrom(0, tails.length, (it) => values[tails[it]] >= value);
    before[place] = tails[length - 1] ?? -1;
    tails[length] = place;
  }
  const rise = new Set();
  for (let place = tails.at(-1) ?? -1; place !== -1; place = before[place]) rise.add(place);
  return rise;
}
