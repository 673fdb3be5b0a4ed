// @ts-check
// A recording, and the executor's state after each of its steps.
//
// The state is a pure fold of the steps: `Recording.at(step)` starts from the
// nearest keyframe before the step and folds on from there, so that a step
// looks the same however one came to it. Nothing here knows about the page.

/// A recording that is larger isn't read: the tab would die of it.
const MOST_BYTES = 100e6;

/// The latest version of the format that this page reads. Those before say less.
const LATEST = 2;

/// At least so many steps lie between two keyframes, of which there are at most so many: each
/// keeps what its steps have changed.
const KEYFRAME = 256;
const MOST_KEYFRAMES = 1000;

/// Lists on a level of the timer wheel, and levels.
const LISTS = 64;
const LEVELS = 11;

// Containers -----------------------------------------------------------------

/// A list that is cheap to copy: copies share chunks until one is written to.
class Table {
  static CHUNK = 32;
  #chunks = [];
  #owned = [];

  get(index) {
    return this.#chunks[Math.floor(index / Table.CHUNK)]?.[index % Table.CHUNK];
  }

  set(index, value) {
    const at = Math.floor(index / Table.CHUNK);
    if (!this.#owned[at]) {
      this.#chunks[at] = (this.#chunks[at] ?? []).slice();
      this.#owned[at] = true;
    }
    this.#chunks[at][index % Table.CHUNK] = value;
  }

  copy() {
    const copy = new Table();
    copy.#chunks = this.#chunks.slice();
    this.#owned = [];
    return copy;
  }

  /// Faster than its iterator, for lists of all that there is.
  forEach(call) {
    for (const chunk of this.#chunks) {
      if (chunk) for (let at = 0; at < chunk.length; at++) if (chunk[at]) call(chunk[at]);
    }
  }

  *[Symbol.iterator]() {
    for (const chunk of this.#chunks) {
      for (const value of chunk ?? []) if (value) yield value;
    }
  }
}

/// Numbers for names, in the order in which they came.
class Ordinals {
  #numbers = new Map();

  of(name) {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  find(name) {
    return this.#numbers.get(name);
  }

  names() {
    return [...this.#numbers.keys()];
  }
}

/// The first of some numbers of which something holds, as it does of all after it.
function firstFrom(low, high, holds) {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

// State ----------------------------------------------------------------------

const NEW_TASK = {
  name: null, at: null, came: null, spawnAt: null, spawned: null, by: null, live: true, queued: false,
  polling: false, polls: 0, found: false, held: true, detached: null, waits: [], kept: false, woken: null, marked: null, lastMark: null,
  cancelled: null, passed: null, limited: null, inward: null, dropping: false, outcome: null, text: null, failure: null, judged: false, ended: null, vacant: false,
};

/// Another record with these changes. (To spread both into one takes several times as long.)
function changed(record, changes) {
  const it = { ...record };
  for (const name in changes) it[name] = changes[name];
  return it;
}

/// All that the page shows of the executor. Records in it (tasks, timers,
/// watches, entries of the queue) are never changed, but replaced.
class State {
  constructor(ordinals, told, origin) {
    this.ordinals = ordinals;
    /// The time from which all are counted, when they are shown.
    this.origin = origin;
    /// What is told later than it happens.
    /** @type {ToldLater} */
    this.told = told;
    /// The number of the last step that is folded in.
    this.step = -1;
    /// All steps since this one may be parts of a cancellation.
    this.cancellingSince = 0;
    this.time = 0;
    this.turn = 0;
    this.inTurn = false;
    /// The step that says that no task can ever go on.
    this.stuck = null;
    /// What the loop is at: look, take, run, fire or park.
    this.phase = null;
    /// Entries: `{task, step}` or `{watch, child, step}`.
    this.queue = [];
    this.batch = [];
    /// So many of the batch are taken.
    this.taken = 0;
    /// What the loop took last from the batch, and what came of it.
    this.work = null;
    /// The task that is being polled.
    this.polled = null;
    this.heard = [];
    /// The wheel's time.
    this.elapsed = 0;
    this.due = [];
    /// So many of the due timers have fired.
    this.fired = 0;
    /// The timer that has fired last in this turn.
    this.firing = null;
    /// `{kind, until}` while the thread is parked or the clock jumps.
    this.park = null;
    this.tasks = new Table();
    this.timers = new Table();
    this.watches = new Table();
    this.sections = new Table();
    /// The watches that wait and the sections that aren't left, in the order of their begins,
    /// as `{table, index, begun}`. A watch that calls a function isn't among them. The list is
    /// never changed, but replaced.
    this.open = [];
    /// The ordinals of the tasks and of the timers that the last step changed.
    this.touched = [];
    this.touchedTimers = [];
    /// The last steps that changed a timer or the wheel's time, and a task's name.
    this.timersAt = -1;
    this.namesAt = -1;
    /// Where a program that is interpreted is, while none of its tasks runs.
    this.program = null;
    /// The last watch by which `asyncio.run` stops its loop with main, which is its child.
    this.withMain = null;
  }

  copy() {
    const copy = Object.assign(new State(this.ordinals, this.told, this.origin), this);
    copy.queue = this.queue.slice();
    copy.tasks = this.tasks.copy();
    copy.timers = this.timers.copy();
    copy.watches = this.watches.copy();
    copy.sections = this.sections.copy();
    copy.touched = this.touched.slice();
    copy.touchedTimers = this.touchedTimers.slice();
    return copy;
  }

  /// Takes one step. What it doesn't know, it passes over.
  fold(event, step) {
    this.step = step;
    this.time = event.t ?? this.time;
    this.touched.length = 0;
    this.touchedTimers.length = 0;
    if (this.park && !["park", "jump"].includes(event.ev)) this.park = null;
    FOLD[event.ev]?.(this, event, step);
    if (PLACED.has(event.ev) && event.at) this.#come(event, step);
    if (!CANCELLING.has(event.ev)) this.cancellingSince = step + 1;
  }

  /** @param {Id} id @returns {Task | undefined} */
  task(id) {
    return this.tasks.get(this.ordinals.tasks.find(id) ?? -1);
  }

  /** @param {Id} id @returns {Timer | undefined} */
  timer(id) {
    return this.timers.get(this.ordinals.timers.find(id) ?? -1);
  }

  watch(id) {
    return this.watches.get(this.ordinals.watches.find(id) ?? -1);
  }

  section(id) {
    return this.sections.get(this.ordinals.sections.find(id) ?? -1);
  }

  setTask(id, changes) {
    const index = this.ordinals.tasks.of(id);
    this.tasks.set(index, changed(this.tasks.get(index) ?? { id, index, ...NEW_TASK }, changes));
    this.touched.push(index);
  }

  /// Whoever acts in a step that has a place has come there. That doesn't count as a change.
  #come({ ev, task, by, at }, step) {
    const index = this.ordinals.tasks.find((ev === "spawn" || ev === "cancel" ? by : task) ?? "");
    const it = this.tasks.get(index ?? -1);
    if (it) this.tasks.set(index, changed(it, { at, came: step }));
  }

  setTimer(id, changes) {
    const index = this.ordinals.timers.of(id);
    this.timers.set(index, changed(this.timers.get(index) ?? { id, index }, changes));
    this.touchedTimers.push(index);
    this.timersAt = this.step;
  }

  setWatch(id, changes) {
    const index = this.ordinals.watches.of(id);
    const before = this.watches.get(index) ?? { id, what: null, function: null, children: 0, answer: null, asked: null, met: null, over: null };
    const it = { ...before, ...changes };
    this.watches.set(index, it);
    this.#keepOpen("watches", index, it.begun, Boolean(it.over || it.gone || it.function));
  }

  setSection(id, changes) {
    const index = this.ordinals.sections.of(id);
    const before = this.sections.get(index) ?? { id, what: null, by: null, members: 0, timer: null, remarks: [], left: null };
    const it = { ...before, ...changes };
    this.sections.set(index, it);
    this.#keepOpen("sections", index, it.begun, it.left !== null);
  }

  #keepOpen(table, index, begun, isOver) {
    if (begun === undefined) return;
    const { open } = this;
    const place = firstFrom(0, open.length, (it) => open[it].begun >= begun);
    const isThere = open[place]?.begun === begun;
    if (isThere !== isOver) return;
    this.open = isThere ? open.toSpliced(place, 1) : open.toSpliced(place, 0, { table, index, begun });
  }

  /// The task doesn't wait for this any more, though its poll isn't over.
  endWait(task, kind, id) {
    const waits = this.task(task)?.waits.filter(({ on }) => on[kind] !== id);
    if (waits) this.setTask(task, { waits });
  }

  /// The next entry of the batch is taken.
  take(kind, event, step) {
    this.phase = "run";
    this.taken += 1;
    this.work = { kind, step, ...event, ready: null };
  }

  /// The wheel's time as it is shown: before the first look at the clock that was recorded
  /// it is that of the beginning.
  get wheelTime() {
    return Math.max(this.elapsed, this.origin);
  }

  /// The timers in the wheel, or on the heap of another executor, by deadline; then those in
  /// the nursery.
  waitingTimers() {
    return this.nextTimers(Infinity);
  }

  /// The first so many of the timers that wait.
  /** @param {number} most @returns {Timer[]} */
  nextTimers(most) {
    const { byDeadline } = this.ordinals;
    const found = [];
    for (const where of ["wheel", "heap", "nursery"]) {
      for (let place = 0; place < byDeadline.length && found.length < most; place++) {
        const timer = this.timers.get(byDeadline[place]);
        if (timer?.where === where) found.push(timer);
      }
    }
    return found;
  }

  /// The state as plain values, for tests and the curious.
  snapshot() {
    const { ordinals, told, touched, touchedTimers, open, tasks, timers, watches, sections, ...rest } = this;
    const plain = (table) => Object.fromEntries([...table].map((it) => [it.id, it]));
    const parts = { tasks: plain(tasks), timers: plain(timers), watches: plain(watches), sections: plain(sections) };
    return JSON.parse(JSON.stringify({ ...rest, ...parts }));
  }
}

/// The kinds of steps of which a cancellation consists.
const CANCELLING = new Set(["cancel", "pass", "mark", "unmark", "remark", "ready", "again"]);

/// The kinds of steps that may say where in its source the task is that acts.
const PLACED = new Set(["spawn", "awaits", "cancel", "fail", "reach", "note", "print"]);

/// How a section's remark ends that cancels what is in it.
const CANCELS = /is cancelled$/;

/// The function by which `asyncio.run` stops its loop.
const STOPS_WITH_MAIN = "asyncio_run::stop_with_main";

/// What each kind of step does to the state.
const FOLD = {
  __proto__: null,
  turn(state) {
    Object.assign(state, { turn: state.turn + 1, inTurn: true, phase: "take", work: null, stuck: null });
    Object.assign(state, { batch: state.queue, queue: [], taken: 0 });
  },
  /// Notices keep their order among each other, whichever entry is taken for one.
  order(state, { order }) {
    const { batch } = state;
    const notices = batch.filter((it) => it.task === undefined).values();
    state.batch = order.map((place) => (batch[place].task === undefined ? notices.next().value : batch[place]));
  },
  turn_end(state) {
    Object.assign(state, { inTurn: false, batch: [], taken: 0, work: null, heard: [] });
    Object.assign(state, { due: [], fired: 0, firing: null, phase: null });
  },
  spawn(state, { task, name, at, by }, step) {
    state.setTask(task, { name, at, spawnAt: at, by, spawned: step });
  },
  /// It was there before the first step.
  found(state, { task, polls }) {
    state.setTask(task, { found: true, polls });
  },
  name(state, { task, name }, step) {
    state.namesAt = step;
    state.setTask(task, { name });
  },
  ready(state, { task }, step) {
    state.setTask(task, { queued: true, woken: step });
    state.queue.push({ task, step });
  },
  notice(state, { watch, child }, step) {
    state.queue.push({ watch, child, step });
  },
  ask(state, { watch, child }, step) {
    state.take("ask", { watch, child }, step);
    state.setWatch(watch, { asked: { child, step } });
  },
  met(state, { watch }, step) {
    state.setWatch(watch, { met: { child: state.watch(watch)?.asked?.child ?? null, step } });
  },
  poll(state, { task, number }, step) {
    state.take("poll", { task, number }, step);
    state.polled = task;
    state.setTask(task, { queued: false, polling: true, polls: number, waits: [] });
  },
  awaits(state, { task, on, at }, step) {
    const waits = [...(state.task(task)?.waits ?? []), { on, at, step }];
    state.setTask(task, { waits });
  },
  /// An interpreter has come to a place in its program, or to none any more.
  reach(state, { task, at }) {
    if (typeof task === "string") state.setTask(task, { at });
    else state.program = at;
  },
  keep(state, { task }) {
    state.setTask(task, { kept: true });
  },
  /// A future that is done counts as polled until its `done`, which follows.
  polled(state, { task, ready }) {
    state.polled = null;
    state.work = { ...state.work, ready };
    state.setTask(task, { polling: ready });
  },
  unwind(state, { task }, step) {
    state.take("unwind", { task }, step);
    state.setTask(task, { queued: false, dropping: true });
  },
  skip(state, { task }, step) {
    state.take("skip", { task }, step);
    state.setTask(task, { queued: false });
  },
  /// A combinator tells of a failure when it looks at it, which is after the end.
  done(state, { task, outcome, text }, step) {
    const failure = state.task(task)?.failure ?? state.told.failures.get(task) ?? null;
    const judged = state.told.judges(task);
    state.setTask(task, { live: false, polling: false, dropping: false, waits: [], outcome, text, failure, judged, ended: step });
  },
  fail(state, { task, text }, step) {
    state.setTask(task, { failure: state.task(task)?.failure ?? { text, step } });
  },
  detach(state, { task }, step) {
    state.setTask(task, { held: false, detached: step });
  },
  gone(state, { task }) {
    state.setTask(task, { vacant: true });
  },
  timer(state, { timer, task, deadline, delay, level, list, at }, step) {
    const where = Number.isInteger(level) ? "wheel" : Number.isInteger(deadline) ? "heap" : "nursery";
    state.setTimer(timer, { task, deadline, delay, level, list, at, where, set: step });
  },
  untimer(state, { timer }) {
    state.setTimer(timer, { where: "removed" });
    state.due = state.due.filter((due, place) => due !== timer || place < state.fired);
  },
  advance(state, { now, started, moved, due }, step) {
    Object.assign(state, { phase: "look", elapsed: now, timersAt: state.step });
    for (const { timer, deadline, level, list } of started) {
      state.setTimer(timer, { deadline, level, list, where: "wheel", moved: step });
    }
    for (const { timer, level, list } of moved) state.setTimer(timer, { level, list, moved: step });
    for (const timer of due) state.setTimer(timer, { where: "due" });
    state.due = state.due.slice(state.fired).concat(due);
    state.fired = 0;
  },
  rings(state, { timer, function: name }) {
    state.setTimer(timer, { function: name });
  },
  fire(state, { timer }) {
    state.phase = "fire";
    if (state.due[state.fired] !== timer) {
      // Only an executor with a fault fires one out of its turn.
      const others = state.due.slice(state.fired).filter((due) => due !== timer);
      state.due = [...state.due.slice(0, state.fired), timer, ...others];
    }
    state.fired += 1;
    state.firing = timer;
    state.setTimer(timer, { where: "fired" });
  },
  heard(state, { task }, step) {
    state.phase = "look";
    state.heard = [...state.heard, { task, step }];
  },
  request(state, { function: name }, step) {
    state.phase = "look";
    state.heard = [...state.heard, { function: name, step }];
  },
  stuck(state, _, step) {
    state.stuck = step;
  },
  park(state, { until }) {
    Object.assign(state, { phase: "park", park: { kind: "park", until } });
  },
  unpark(state) {
    state.phase = "park";
  },
  jump(state, { to }) {
    Object.assign(state, { phase: "park", park: { kind: "jump", until: to } });
  },
  cancel(state, { task }, step) {
    state.setTask(task, { cancelled: step });
  },
  pass(state, { task, to }, step) {
    if (typeof to === "string") state.setTask(to, { passed: step });
    else state.setTask(task, { inward: step });
  },
  mark(state, { task }, step) {
    state.setTask(task, { marked: step });
  },
  unmark(state, { task }) {
    state.setTask(task, { marked: null, lastMark: state.task(task)?.marked ?? null });
  },
  catch(state, { task }) {
    state.setTask(task, { marked: null });
  },
  watch(state, { watch, by }, step) {
    state.setWatch(watch, { by, begun: step });
  },
  /// Another round of waiting on the same watch begins anew.
  what(state, { watch, what }, step) {
    // So the format said it before there was `calls`.
    if (what === "call a function") return state.setWatch(watch, { function: "a function" });
    state.setWatch(watch, { what, round: step, answer: null, asked: null, met: null, over: null });
  },
  calls(state, { watch, function: name }) {
    state.setWatch(watch, { function: name });
    if (name === STOPS_WITH_MAIN) state.withMain = watch;
  },
  answer(state, { watch, child, enough, why }, step) {
    state.setWatch(watch, { answer: { child, enough, why, step } });
  },
  child(state, { watch }) {
    state.setWatch(watch, { children: (state.watch(watch)?.children ?? 0) + 1 });
  },
  /// It returns in the middle of a poll, which may come to wait for something else.
  over(state, { watch, why }, step) {
    state.setWatch(watch, { over: { why, step } });
    state.endWait(state.watch(watch)?.by, "watch", watch);
  },
  unwatch(state, { watch }, step) {
    state.setWatch(watch, { gone: state.watch(watch)?.gone ?? step });
  },
  section(state, { section, what, by }, step) {
    state.setSection(section, { what, by, begun: step });
  },
  member(state, { section }) {
    state.setSection(section, { members: (state.section(section)?.members ?? 0) + 1 });
  },
  limit(state, { section, timer }) {
    state.setSection(section, { timer });
    if (timer !== null) state.setTimer(timer, { section });
  },
  remark(state, { section, text }, step) {
    const { by, remarks } = state.section(section) ?? {};
    state.setSection(section, { remarks: [...(remarks ?? []), { text, step }] });
    if (typeof by === "string" && CANCELS.test(text)) state.setTask(by, { limited: step });
  },
  leave(state, { section, why }, step) {
    state.setSection(section, { left: { why, step } });
    state.endWait(state.section(section)?.by, "section", section);
  },
  close(state) {
    Object.assign(state, { queue: [], batch: [], taken: 0, due: [], fired: 0, phase: null, work: null });
    for (const { id, where } of state.timers) {
      if (["wheel", "heap", "nursery"].includes(where)) state.setTimer(id, { where: "removed" });
    }
    for (const { id, queued } of state.tasks) if (queued) state.setTask(id, { queued: false });
  },
};

// What is said of a task -----------------------------------------------------

/// What a task is at: one of `STATES`.
/** @param {Task} task */
function stateOf(task) {
  if (task.vacant) return "vacant";
  if (!task.live) return "ended";
  if (task.polling) return "polled";
  if (task.dropping) return "dropped";
  if (task.queued) return "queued";
  return task.polls === 0 && !task.found ? "new" : "waiting";
}

/// How a task has ended: returned, failed, cancelled, panicked, or done. It has failed if it
/// has returned what stands for a failure, and is done if nobody has looked for one.
function endOf(task) {
  const { outcome, failure, judged } = task;
  if (outcome === "panicked" && isInterpreted(task)) return "failed";
  if (outcome !== "returned") return outcome;
  return failure !== null ? "failed" : judged ? "returned" : "done";
}

/// Whether a task runs a program in Python, which is interpreted. What it awaits without saying
/// so is a future, and what is a panic of the interpreter is an exception that the loop doesn't
/// catch, such as `SystemExit`.
function isInterpreted(task) {
  return IN_PYTHON.test(task?.at ?? "");
}

const IN_PYTHON = /\.py:\d+:\d+$/;

/// What a panic says, without the task that it says it of.
function panicText(text) {
  return text.split("panicked: ").at(-1);
}

/// Whether a section is a mere scope that has caught nothing: there are many, and
/// little comes of them.
function isQuietScope({ what, why, left }) {
  return what === "catch_cancel" && (why ?? left?.why ?? CAUGHT) !== CAUGHT;
}

/// Why a scope is left that has caught a cancellation.
const CAUGHT = "it has caught";

/// What a waiting task waits for: timer, task, watch, section, turn or foreign. A task
/// that waits for several things at once is shown as waiting for the first.
/** @param {Task} task */
function causeOf(task) {
  const [first] = task.waits;
  return first ? Object.keys(first.on)[0] : "foreign";
}

/// How a stretch of a task's life is drawn; "" once it has ended.
/** @param {Task} task */
function stretchOf(task) {
  const state = stateOf(task);
  if (state === "ended" || state === "vacant") return "";
  return state === "waiting" ? causeOf(task) : state === "new" ? "queued" : state;
}

/// The list of a level that the wheel's time has come to: the digit of its
/// time on that level. (Division by powers of two is exact.)
function cursorOn(level, elapsed) {
  return Math.floor(elapsed / LISTS ** level) % LISTS;
}

/// Tells a listener of each step, by its methods: that for a `spawn` is `on_spawn`. Another
/// function may come before. (To put the names together for each step would take longer than
/// all that the methods do.)
function tellEach(steps, listener, before = (_) => {}) {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(listener)).filter((it) => it.startsWith("on_"));
  const calls = new Map(names.map((it) => [it.slice("on_".length), it]));
  for (let step = 0; step < steps.length; step++) {
    const event = steps[step];
    before(event);
    const call = calls.get(event.ev);
    if (call !== undefined) listener[call](event, step);
  }
}

/// What steps tell of a task later than it ends: why it has failed, and that somebody has
/// looked at its value, who tells of failures.
class ToldLater {
  failures = new Map();
  /// Another executor is recorded by a driver, which knows all failures.
  #judgesAll;
  #judged = new Set();
  /// Per watch of a combinator: the tasks by their numbers as children.
  #children = new Map();
  #calls = new Set();
  #groups = new Set();
  #gathers = new Set();
  /// Per task: the line where it was spawned. A task that tells of its own failure stands for
  /// those that were spawned at the same line: they would have told, too.
  #lines = new Map();
  #tellers = new Set();
  #ended = new Set();

  constructor({ header, steps }) {
    this.#judgesAll = header.executor !== undefined;
    tellEach(steps, this);
  }

  judges(task) {
    return this.#judgesAll || this.#judged.has(task) || this.#tellers.has(this.#lines.get(task));
  }

  on_spawn({ task, at }) {
    if (typeof at === "string") this.#lines.set(task, at);
  }

  on_fail({ task, text }, step) {
    if (!this.failures.has(task)) this.failures.set(task, { text, step });
    if (!this.#ended.has(task) && this.#lines.has(task)) this.#tellers.add(this.#lines.get(task));
  }

  on_done({ task }) {
    this.#ended.add(task);
  }

  /// An interpreter tells of the failures of its tasks.
  on_reach({ task }) {
    this.#judged.add(task);
  }

  on_calls({ watch }) {
    this.#calls.add(watch);
  }

  on_child({ watch, child, task }) {
    if (this.#calls.has(watch)) return;
    if (!this.#children.has(watch)) this.#children.set(watch, new Map());
    this.#children.get(watch).set(child, task);
  }

  on_answer({ watch, child }) {
    this.#judged.add(this.#children.get(watch)?.get(child));
  }

  on_what({ watch, what }) {
    if (what.startsWith("gather")) this.#gathers.add(watch);
  }

  /// A gather looks at all that have ended before it returns.
  on_over({ watch }) {
    if (!this.#gathers.has(watch)) return;
    for (const task of this.#children.get(watch)?.values() ?? []) if (this.#ended.has(task)) this.#judged.add(task);
  }

  on_section({ section, what }) {
    if (what.startsWith("task group")) this.#groups.add(section);
  }

  on_member({ section, task }) {
    if (this.#groups.has(section)) this.#judged.add(task);
  }
}

// Recording ------------------------------------------------------------------

/// Steps by which a task is woken.
const WAKES = new Set(["ready", "again"]);

const SECTION_STEPS = new Set(["section", "member", "leave"]);

const STATES = ["new", "queued", "polled", "dropped", "waiting", "ended", "vacant"];

class Recording {
  #keyframes = [];
  /// The sections that haven't ended yet, while the steps are gone through.
  #open = new Map();
  /// So many sections of each task haven't ended.
  #depths = new Map();
  #last = null;
  #sortedEnds = new WeakMap();

  /** @param {any} header @param {Step[]} steps */
  constructor(header, steps, goesOn = false) {
    this.header = header;
    this.steps = steps;
    /// Further steps are to come, as the program runs.
    this.goesOn = goesOn;
    this.told = new ToldLater(this);
    this.keyframe = Math.max(KEYFRAME, Math.ceil(steps.length / MOST_KEYFRAMES));
    this.ordinals = { tasks: new Ordinals(), timers: new Ordinals(), watches: new Ordinals(), sections: new Ordinals() };
    /// Per task: at which steps it begins to do what, as `{step, stretch}`.
    this.stretches = [];
    /// Per task: the steps that are about it.
    this.stepsOf = [];
    /// Wakes that join two tasks, or the loop (null) and a task.
    this.wakes = [];
    /// Per watch: its children, as `{child, task, ended, step}`.
    this.children = [];
    /// Per section: the tasks in it, as `{task, step}`.
    this.members = [];
    /// Per task: its sections, as `{section, by, what, begun, left, why, depth}`.
    this.sections = new Map();
    /// Tasks that have failed or panicked, in the order of their ends:
    /// `{task, step, text}`.
    this.failures = [];
    /// The steps in which a watch was asked, and said yes.
    this.yes = new Set();
    /// Per watch: where its wait was over, as `{step, woken}` with the task that this woke. It
    /// is null where a future waits that is no task, and undefined where the recording ends.
    this.mets = new Map();
    /// Levels of the wheel that are used at some time.
    this.levels = new Set();
    /// Per state: how many tasks are in it after each step.
    this.counts = Object.fromEntries(STATES.map((it) => [it, new Uint32Array(steps.length)]));
    /// Per task: the step at which it ends.
    this.ends = [];
    /// The watches and the sections that have a card when they are over, too: in the order of
    /// their begins, as a state has those that are open.
    this.cards = [];
    this.#scan();
    this.taskIds = this.ordinals.tasks.names();
  }

  get last() {
    return this.steps.length - 1;
  }

  /// So many steps are missing at the end, as the header says.
  get missing() {
    return Math.max((this.header.steps ?? 0) - this.steps.length, 0);
  }

  /// Whether nothing has run yet. (A recording begins with the time of the timers.)
  get isEmpty() {
    return this.steps.every(({ ev }) => ev === "advance");
  }

  /// The state after a step; before the first, that of an executor just built.
  /** @param {number} step @returns {State} */
  at(step) {
    const keyframe = this.#keyframes[Math.floor((step + 1) / this.keyframe)];
    const last = this.#last;
    const near = last && last.step <= step && last.step > keyframe.step ? last : keyframe;
    if (near.step === step) return near;
    const state = near.copy();
    for (let at = near.step + 1; at <= step; at++) state.fold(this.steps[at], at);
    this.#last = state;
    return state;
  }

  childrenOf(watch) {
    return this.children[this.ordinals.watches.find(watch) ?? -1] ?? [];
  }

  /// The tasks of the first so many children: one that was given twice is one task.
  tasksOf(watch, count = Infinity) {
    return [...new Set(this.childrenOf(watch).slice(0, count).map(({ task }) => task))];
  }

  childOf(watch, child) {
    return this.childrenOf(watch).find((it) => it.child === child);
  }

  membersOf(section) {
    return this.members[this.ordinals.sections.find(section) ?? -1] ?? [];
  }

  /// Where the wait of a watch is over next.
  metFrom(watch, step) {
    return this.mets.get(watch)?.find((it) => it.step >= step);
  }

  /// The next step (or, backwards, the one before) that is about a task.
  neighbour(task, step, forward) {
    const steps = this.stepsOf[this.ordinals.tasks.find(task) ?? -1] ?? [];
    return forward ? steps.find((it) => it > step) : steps.findLast((it) => it < step);
  }

  /// One pass over all steps: keyframes, and what needs the whole recording. (To ask a step
  /// for a field that its kind doesn't have takes long, so its kind comes first.)
  #scan() {
    const state = new State(this.ordinals, this.told, this.header.origin ?? 0);
    const tally = Object.fromEntries(STATES.map((it) => [it, 0]));
    const known = [];
    this.#keyframes.push(state.copy());
    for (const [step, event] of this.steps.entries()) {
      this.#noteWake(state, event, step);
      state.fold(event, step);
      this.#noteAbout(state, event, step);
      this.#notePlaces(event, step);
      this.#noteSection(event, step);
      this.#noteEnd(state, event, step);
      for (const index of state.touched) {
        const task = state.tasks.get(index);
        this.#noteStretch(task, step);
        tally[stateOf(task)] += 1;
        if (known[index]) tally[known[index]] -= 1;
        known[index] = stateOf(task);
      }
      for (const it of STATES) this.counts[it][step] = tally[it];
      if ((step + 1) % this.keyframe === 0) this.#keyframes.push(state.copy());
    }
    this.#noteLast(state);
  }

  /// What the last state says of the whole run: the ends of tasks, the watches and sections
  /// that have cards, and the timers by deadline.
  #noteLast(state) {
    for (const { index, ended } of state.tasks) this.ends[index] = ended ?? Infinity;
    this.#noteCards("watches", state.watches, (it) => !it.function);
    this.#noteCards("sections", state.sections, (it) => !isQuietScope(it));
    this.cards.sort((a, b) => a.begun - b.begun);
    const timers = [...state.timers];
    const order = (it) => it.deadline ?? Infinity;
    timers.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
    this.ordinals.byDeadline = Int32Array.from(timers, ({ index }) => index);
  }

  #noteCards(table, records, hasCard) {
    for (const it of records) {
      if (it.begun !== undefined && hasCard(it)) this.cards.push({ table, index: this.ordinals[table].find(it.id), begun: it.begun });
    }
  }

  /// The step at which a task ends; `Infinity` if it doesn't.
  endStepOf(task) {
    return this.ends[this.ordinals.tasks.find(task) ?? -1] ?? Infinity;
  }

  /// How many of the first so many of a list had ended by a step.
  doneBy(members, count, until) {
    const { sorted } = this.#endsOf(members, count);
    return firstFrom(0, sorted.length, (it) => sorted[it].end > until);
  }

  /// Which of the first so many of a list had ended by a step, in the order of their ends,
  /// and which had not: of each the first few, and their count.
  parted(members, count, until, most) {
    const { inOrder, sorted } = this.#endsOf(members, count);
    const done = this.doneBy(members, count, until);
    const pending = [];
    for (let at = 0; at < inOrder.length && pending.length < most; at++) if (inOrder[at].end > until) pending.push(inOrder[at].member);
    return {
      done: sorted.slice(0, Math.min(done, most)).map(({ member }) => member), doneCount: done,
      pending, pendingCount: inOrder.length - done,
    };
  }

  /// The members with their ends, in the order in which they came and in that of the ends. A task
  /// that was given twice is one of them.
  #endsOf(members, count) {
    const known = this.#sortedEnds.get(members);
    if (known?.count === count) return known;
    const tasks = new Map(members.slice(0, count).toReversed().map((member) => [member.task, member]));
    const inOrder = [...tasks.values()].reverse().map((member) => ({ member, end: this.endStepOf(member.task) }));
    const ends = { count, inOrder, sorted: inOrder.toSorted((a, b) => (a.end < b.end ? -1 : a.end > b.end ? 1 : 0)) };
    this.#sortedEnds.set(members, ends);
    return ends;
  }

  #noteStretch(task, step) {
    const stretches = (this.stretches[task.index] ??= []);
    const stretch = stretchOf(task);
    if (stretches.at(-1)?.stretch === stretch) return;
    const outcome = stretch === "" ? endOf(task) : null;
    stretches.push({ step, stretch, outcome });
  }

  #noteAbout(state, event, step) {
    const { ev, task, by, watch } = event;
    this.#noteStep(task, step);
    this.#noteStep(by, step);
    if (watch !== undefined) this.#noteStep(state.watch(watch)?.by, step);
    if (ev === "untimer") this.#noteStep(state.timer(event.timer)?.task, step);
  }

  /// Whether a step is about a task: also one that is about its timer or its watch.
  isAbout(task, step) {
    const steps = this.stepsOf[this.ordinals.tasks.find(task) ?? -1] ?? [];
    return steps[firstFrom(0, steps.length, (it) => steps[it] >= step)] === step;
  }

  #noteStep(id, step) {
    if (typeof id !== "string") return;
    const steps = (this.stepsOf[this.ordinals.tasks.of(id)] ??= []);
    if (steps[steps.length - 1] !== step) steps.push(step);
  }

  #notePlaces(event, step) {
    const { ev } = event;
    if (ev === "child") {
      const { watch, child, task, ended } = event;
      const index = this.ordinals.watches.of(watch);
      (this.children[index] ??= []).push({ child, task, ended, step });
    }
    if (ev === "timer" && Number.isInteger(event.level)) this.levels.add(event.level);
    if (ev === "advance") for (const { level } of [...event.started, ...event.moved]) if (Number.isInteger(level)) this.levels.add(level);
  }

  /** @param {State} state @param {Step} event */
  #noteEnd(state, event, step) {
    if (event.ev === "met") this.#noteMet(state, event.watch, step);
    if (event.ev !== "done") return;
    const { task, text } = event;
    const it = state.task(task);
    const end = endOf(it);
    if (end === "failed" || end === "panicked") this.failures.push({ task, step, text: text ?? it.failure?.text ?? null });
  }

  #noteMet(state, watch, step) {
    this.yes.add(state.watch(watch)?.asked?.step);
    const next = this.steps[step + 1];
    const woken = next && (WAKES.has(next.ev) ? next.task : null);
    if (!this.mets.has(watch)) this.mets.set(watch, []);
    this.mets.get(watch).push({ step, woken });
  }

  /** @param {Step} event */
  #noteSection(event, step) {
    if (!SECTION_STEPS.has(event.ev)) return;
    const { ev, section, task, what, by, why } = event;
    if (ev === "member") {
      const index = this.ordinals.sections.of(section);
      (this.members[index] ??= []).push({ task, step });
    }
    if (ev === "section") {
      if (!this.sections.has(by)) this.sections.set(by, []);
      const depth = this.#depths.get(by) ?? 0;
      const begun = { section, by, what, begun: step, left: null, why: null, depth };
      this.sections.get(by).push(begun);
      this.#open.set(section, begun);
      this.#depths.set(by, depth + 1);
    }
    if (ev === "leave" && this.#open.has(section)) {
      const begun = this.#open.get(section);
      Object.assign(begun, { left: step, why });
      this.#open.delete(section);
      this.#depths.set(begun.by, this.#depths.get(begun.by) - 1);
    }
  }

  /// Who woke whom: drawn as an arrow.
  /** @param {State} state @param {Step} event */
  #noteWake(state, event, step) {
    if (event.ev !== "ready") return;
    const { task, because } = event;
    const cause = this.steps[because];
    if (!cause) return;
    const from = this.#waker(state, cause);
    if (from !== task) this.wakes.push({ step, task, from, because });
  }

  #waker(state, cause) {
    if (["fire", "heard", "request"].includes(cause.ev)) return null;
    if (cause.ev === "met") {
      const met = state.watch(cause.watch)?.met;
      return this.childOf(cause.watch, met?.child)?.task ?? null;
    }
    if (cause.ev === "ask") return this.childOf(cause.watch, cause.child)?.task ?? null;
    if (cause.ev === "done") return cause.task;
    return cause.by ?? state.polled;
  }
}

// Reading --------------------------------------------------------------------

/// Why a recording can't be shown, in words for whoever wants to see it.
class Refusal extends Error {}

function refuseTooLarge(bytes) {
  if (bytes <= MOST_BYTES) return;
  throw new Refusal(
    `This recording has ${Math.ceil(bytes / 1e6)} MB, and this page reads at most ` +
    `${MOST_BYTES / 1e6} MB. Record a shorter run or fewer tasks, or cut the .jsonl file after ` +
    "its first lines: each line is one step.",
  );
}

/// Reads a file that somebody chose: lines of JSON, or a page like this one.
async function recordingOf(file) {
  refuseTooLarge(file.size);
  const text = await file.text();
  const embedded = text.match(/<script type="application\/json" id="recording">([^<]*)<\/script>/);
  if (embedded) return readPage(embedded[1]);
  return parseLines(text, file.name);
}

/// Reads the data of a page: a JSON object, which is packed if it is long.
async function readPage(data) {
  const text = /^\s*\{/.test(data) ? data : await unpackedText(data);
  refuseTooLarge(text.length);
  const { header, steps } = parse(text, "The recording in this page");
  return recordingFrom(header, steps, "This page", (step) => `Step ${step} of the recording in this page`);
}

function parseLines(text, name) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (!lines[0]?.startsWith("{")) throw notOurs(name);
  const [header, ...steps] = lines.map((line, at) => parse(line, `Line ${at + 1} of ${name}`));
  return recordingFrom(header, steps, name, (step) => `Line ${step + 2} of ${name}`);
}

/// Looks at all that was read, before any of it is shown.
function recordingFrom(header, steps, name, nameOf) {
  checked(header, name);
  if (!Array.isArray(steps)) throw notOurs(name);
  const reader = new StepReader(nameOf);
  for (const step of steps) reader.read(step);
  return new Recording(header, steps);
}

async function unpackedText(data) {
  try {
    const text = await readChecked(inflated(bytesOf(data)), refuseTooLarge);
    return await text.text();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("The recording in this page can't be unpacked, so it is damaged or cut off. Record the run once more.");
  }
}

function parse(text, what) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(`${what} isn't JSON, so it is damaged or cut off. Record the run once more.`);
  }
}

function checked(header, name) {
  const version = header?.wheelhouse;
  if (!Number.isInteger(version)) throw notOurs(name);
  if (version > LATEST) {
    throw new Refusal(
      `${name} was written by a newer recorder (format ${version}), and this page reads formats up to ${LATEST}. ` +
      "Make the page with the version that made the recording.",
    );
  }
  const fault = faultOfHeader(header);
  if (fault !== null) throw new Refusal(`${name} ${fault}, so it is damaged. Record the run once more.`);
  return header;
}

function notOurs(name) {
  return new Refusal(
    `${name} isn't a recording of Wheelhouse. Choose a .jsonl file that the recorder wrote, ` +
    "or a page like this one.",
  );
}

/// That the end of a recording is missing.
function cutWords(which, { steps, missing }) {
  return `${which} is cut off: it has ${steps.length} of its ${steps.length + missing} steps, and is shown as far as it goes.`;
}

// Comparing ------------------------------------------------------------------

/// Where times come from a real clock they never agree, nor does what follows
/// from them: where in the wheel a timer stands.
const REAL_TIMES = new Set([
  "t", "deadline", "delay", "now", "late", "until", "level", "list", "from", "started", "moved",
]);
