// @ts-check
// How the page speaks: names, times, and the parts of sentences.
//
// A sentence is a list of parts: strings, `{task}`, `{link}` (to a step) and
// `{quote}`. `partsAsText` and `partsAsNodes` (in panes.js) make of it what is
// read out and what is shown.

// Names and times ------------------------------------------------------------

/// A name is cut after so many characters: each task that waits for one with a long name
/// would have all of it.
const MOST_OF_A_NAME = 60;

/// A task's name, or "Task-7" for one that has none.
/** @param {State} state @param {Id} id */
function nameOf(state, id) {
  return inLine(state.task(id)?.name || `Task-${id}`, MOST_OF_A_NAME);
}

/// Characters that end a line, turn its direction or steer a terminal.
const LEAVES_ITS_PLACE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu;

/// Those of them that turn its direction.
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/// A line of a source, as it stands but for what would show it in another order than it has.
function unturned(text) {
  return text.replace(TURNS, escaped);
}

/// A character by its number.
function escaped(it) {
  return `\\u{${it.codePointAt(0).toString(16)}}`;
}

const ESCAPES = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/// A text of the program within a line, as `InLine` of the executor writes it: what would change
/// the line around it is told by its number.
/** @param {string} text */
function inLine(text, most = Infinity) {
  const whole = text.length <= most ? text : cut(text, most);
  return whole.replace(LEAVES_ITS_PLACE, (it) => ESCAPES[it] ?? escaped(it));
}

/// The first characters. (To take all of a long text apart would take long.)
function cut(text, most) {
  const characters = [...text.slice(0, 2 * most)];
  return characters.length <= most ? text : `${characters.slice(0, most).join("")}…`;
}

/** @type {[string, number][]} */
const UNITS = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];

/// Made once: making it costs more than all its numbers.
const NUMBERS = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });

/// A time in nanoseconds, as people say it: "1.59 s".
function timeText(nanoseconds) {
  if (nanoseconds === 0) return "0 s";
  const [unit, size] = UNITS.find(([, size]) => Math.abs(nanoseconds) >= size) ?? UNITS.at(-1);
  const thousandths = Math.round(Math.abs(nanoseconds) / (size / 1000));
  return `${NUMBERS.format(Math.sign(nanoseconds) * thousandths / 1000)} ${unit}`;
}

/// A moment, counted from where the recording began.
function whenText({ origin }, time) {
  return timeText(time - origin);
}

function countText(count, one, many = `${one}s`) {
  return count === 1 ? `one ${one}` : `${NUMBERS.format(count)} ${many}`;
}

const PLACES = new Map([[null, null], [undefined, null]]);

/// What a place is: file and line. There are few places, each asked for often.
function placeOf(text) {
  if (!PLACES.has(text)) {
    const [, file, line] = text.match(/^(.*):(\d+):(\d+)$/) ?? [];
    PLACES.set(text, file === undefined ? null : { file, line: Number(line) });
  }
  return PLACES.get(text);
}

// Parts ----------------------------------------------------------------------

function link(step, text = `step ${step}`) {
  return Number.isInteger(step) ? { link: step, text } : text;
}

/// "(step 12)", or nothing where there is no such step.
function at(step, how = "") {
  return Number.isInteger(step) ? [` (${how}`, link(step), ")"] : "";
}

/// Of the program's words so many characters are told at most.
/** @param {Part[]} parts @param {State} state */
function partsAsText(parts, state, most = Infinity) {
  return parts.map((it) => {
    if (typeof it === "string") return it;
    if (it.quote !== undefined) return inLine(it.quote, most);
    return it.task === undefined ? it.text : nameOf(state, it.task);
  }).join("");
}

/// Names in the recorder's own words stand between backticks.
function quoted(text) {
  return inLine(text).split("`").map((part, nth) => (nth % 2 === 1 ? { quote: part } : part)).filter((it) => it !== "");
}

/// "7" for the tasks "7" and "7.2".
function slotOf(task) {
  return task.split(".")[0];
}

/// Whether a task is the future that the executor was given, or a later one.
function isMain(task) {
  return slotOf(task) === "0";
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/// Parts that begin with a capital.
/** @param {Part[]} parts */
function opening([first, ...rest]) {
  return typeof first === "string" ? [capital(first), ...rest] : [first, ...rest];
}
