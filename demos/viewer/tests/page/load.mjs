// The page's scripts are parts of one module without exports. For tests all but the
// last, which starts the page, are put together with a line that gives out names.

import { readFileSync } from "node:fs";

const PAGE = new URL("../../src/page/", import.meta.url);

/// Older than browsers are.
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const it of items) {
    const key = keyOf(it);
    if (groups.has(key)) groups.get(key).push(it);
    else groups.set(key, [it]);
  }
  return groups;
};

/// The table of sentences.
export const table = JSON.parse(readFileSync(new URL("../sentences.json", PAGE), "utf8"));

/// The page without its scripts and its style.
export const html = readFileSync(new URL("page.html", PAGE), "utf8");

/// The scripts in the order in which the page has them.
export function scripts() {
  const page = readFileSync(new URL("../html.rs", PAGE), "utf8");
  const names = [...page.matchAll(/include_str!\("page\/(\w+\.js)"\)/g)].map(([, name]) => name);
  return names.map((name) => ({ name, text: readFileSync(new URL(name, PAGE), "utf8") }));
}

/// The names that a script declares outside of all functions and classes.
export function declared(text) {
  const names = [...text.matchAll(/^(?:async )?(?:function\*?|class|const|let|var) (?:\{([^}]*)\}|\[([^\]]*)\]|([\w$]+))/gm)];
  return names.flatMap(([, fields, items, name]) => (name ? [name] : (fields ?? items).split(",").map((it) => it.split(":").at(-1).trim())));
}

const library = scripts().filter(({ name }) => name !== "main.js").map(({ text }) => text);

const NAMES = [
  "differenceWords", "samenessWords", "leftOutWords", "VALUES", "Growth", "cutWords", "noSourceWords",
  "Recording", "Refusal", "readPage", "recordingOf", "Table", "Story", "Levels", "chosen", "Alignment", "longestRise", "LogFilter", "finalNames", "LongList",
  "hashOf", "seenIn", "linesOf", "wellFormed", "questionsOf", "Quiz", "dotButton", "waitTree", "placeToShow", "workLines", "coloured", "detailText", "WORK_NOTES", "timeText", "countText", "partsAsText", "partsAsNodes", "inLine", "quoted", "sentence",
  "cursorOn", "digitWords", "ownTime", "firstFrom", "countUpTo", "shortWaits", "stretchWords", "paperLines", "TimersInLists", "TasksAtPlaces", "cardsOf", "LISTS",
];

export const page = new Function("TABLE", `${library.join("\n")}\nreturn { ${NAMES.join(", ")} };`)(table);

/// A recording of steps, each of which comes at time 0 if it doesn't say otherwise.
export function recordingOf(steps, header = {}) {
  const recording = new page.Recording({ wheelhouse: 1, clock: "virtual", ...header }, steps.map((it) => ({ t: 0, ...it })));
  recording.finalNames = page.finalNames(recording);
  return recording;
}

export const spawn = (task, name = `Task-${task}`, by = "0") => ({ ev: "spawn", task, name, at: null, by: task === "0" ? null : by });
export const done = (task, outcome = "returned") => ({ ev: "done", task, outcome, text: null });
export const timer = (id, task, deadline, level, list) => ({ ev: "timer", timer: id, task, deadline, delay: null, level, list });

/// As much of an element as a pane needs of it: text, data and listeners.
class FakeElement {
  dataset = {};
  style = { setProperty() {} };
  classList = { toggle() {} };
  textContent = "";
  #attributes = new Map();
  #listeners = {};
  constructor(tag = "div") {
    this.tagName = tag;
  }
  addEventListener(name, listener) {
    this.#listeners[name] = listener;
  }
  click() {
    this.#listeners.click({ target: this });
  }
  append(...children) {
    this.textContent += children.map((it) => it.textContent ?? it).join("");
  }
  replaceChildren(...children) {
    this.textContent = "";
    this.append(...children);
  }
  getAttribute(name) {
    return this.#attributes.get(name) ?? null;
  }
  setAttribute(name, value) {
    this.#attributes.set(name, value);
  }
  removeAttribute(name) {
    this.#attributes.delete(name);
  }
  querySelector() {
    return null;
  }
}

/// Has the page find elements by their ids, which are made as they are asked for.
export function fakeElements() {
  const elements = {};
  globalThis.document = { createElement: (tag) => new FakeElement(tag), getElementById: (id) => (elements[id] ??= new FakeElement()) };
  return (id) => document.getElementById(id);
}
