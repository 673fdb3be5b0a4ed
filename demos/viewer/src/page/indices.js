// @ts-check
// Indices of what a state holds, which follow the reader from step to step: what the
// steps between have changed is moved, or all is found anew if these are many.

/// The records of a table by their places, each in the order of its ordinals.
class ByPlace {
  static #FEW_STEPS = 64;
  static #NOTHING = { indices: [], version: 0 };
  #nextVersion = 1;

  /// `touched` is the field of a state that has the ordinals that its step changed;
  /// `placesOf` gives the places of a record.
  constructor(recording, table, touched, placesOf) {
    this.recording = recording;
    this.table = table;
    this.touched = touched;
    this.placesOf = placesOf;
    this.#empty();
  }

  #empty() {
    this.state = null;
    /// Per place: ordinals, in order, and a number that is another whenever they are.
    this.places = new Map();
    /// Per ordinal: its places, if there are any.
    this.found = new Map();
  }

  follow(state) {
    const from = this.state?.step ?? -Infinity;
    const few = Math.abs(state.step - from) <= ByPlace.#FEW_STEPS;
    if (few) for (const it of this.#touchedBetween(Math.min(from, state.step), Math.max(from, state.step))) this.#move(it, state);
    else this.#findAll(state);
    this.state = state;
  }

  /// What is at a place: `{indices, version}`.
  at(place) {
    return this.places.get(place) ?? ByPlace.#NOTHING;
  }

  /// How many records have a place.
  get count() {
    return this.found.size;
  }

  #findAll(state) {
    this.#empty();
    state[this.table].forEach(({ index }) => this.#move(index, state));
  }

  #touchedBetween(from, to) {
    const touched = new Set();
    for (let step = from + 1; step <= to; step++) for (const it of this.recording.at(step)[this.touched]) touched.add(it);
    return touched;
  }

  #move(index, state) {
    const record = state[this.table].get(index);
    const places = record ? this.placesOf(record) : [];
    const before = this.found.get(index) ?? [];
    if (places.length === before.length && places.every((it, nth) => it === before[nth])) return;
    for (const place of before) this.#take(index, place);
    for (const place of places) this.#put(index, place);
    if (places.length > 0) this.found.set(index, places);
    else this.found.delete(index);
  }

  #indicesAt(place) {
    if (!this.places.has(place)) this.places.set(place, { indices: [], version: 0 });
    const it = this.places.get(place);
    it.version = this.#nextVersion++;
    return it.indices;
  }

  #put(index, place) {
    const indices = this.#indicesAt(place);
    indices.splice(firstFrom(0, indices.length, (it) => indices[it] > index), 0, index);
  }

  #take(index, place) {
    const indices = this.#indicesAt(place);
    indices.splice(firstFrom(0, indices.length, (it) => indices[it] >= index), 1);
  }
}

/// The timers that wait, by their lists.
class TimersInLists extends ByPlace {
  static #IN_ROW = ["in a row"];

  constructor(recording) {
    super(recording, "timers", "touchedTimers", TimersInLists.#placesOf);
  }

  static #placesOf({ where, level, list }) {
    if (where === "wheel") return [level * LISTS + list];
    return where === "nursery" || where === "heap" ? TimersInLists.#IN_ROW : [];
  }

  /// The timers of the nursery; of another executor, those on the heap.
  get nursery() {
    return this.at(TimersInLists.#IN_ROW[0]).indices;
  }

  movedAt(id) {
    return this.state.timer(id)?.moved;
  }

  /// The lists that have timers, in order.
  filled() {
    const filled = [...this.places].filter(([place, { indices }]) => Number.isInteger(place) && indices.length > 0).sort(([a], [b]) => a - b);
    return filled.map(([place, it]) => ({ level: Math.floor(place / LISTS), list: place % LISTS, ...it }));
  }
}

/// The living tasks by the places in the source where they were spawned and where they wait.
class TasksAtPlaces extends ByPlace {
  constructor(recording) {
    super(recording, "tasks", "touched", TasksAtPlaces.#placesOf);
  }

  static #placesOf({ live, spawnAt, waits }) {
    if (!live) return [];
    const waiting = waits.map(({ at }) => `waits ${at}`);
    return [`spawned ${spawnAt}`, ...new Set(waiting)];
  }

  /// The tasks that are there in one role: how many, the first so many, and a number that is
  /// another whenever they are.
  tasksAt(role, places, most) {
    const found = places.map((it) => this.at(`${role} ${it}`));
    const first = found.flatMap(({ indices }) => indices.slice(0, most)).slice(0, most);
    return {
      first: first.map((it) => this.state.tasks.get(it).id),
      count: found.reduce((sum, { indices }) => sum + indices.length, 0),
      version: found.map(({ version }) => version).join(),
    };
  }
}
