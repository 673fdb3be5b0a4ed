// @ts-check
// A second recording beside the first.

class Comparison {
  constructor(app) {
    this.app = app;
    /// The title of the recording that a link names, until it is there.
    this.asked = null;
    this.panel = new Panel("compare");
    this.difference = byId("difference");
    this.jump = byId("to-difference");
    this.end = byId("end-compare");
    this.file = byId("file");
    this.file.addEventListener("change", () => this.#read(this.file.files[0]));
    this.jump.addEventListener("click", () => this.#goToFirst());
    this.list = new LongList(byId("differences"), "Differences", (row, place) => this.#fill(row, place));
    this.list.rowHeight = 48;
    this.end.addEventListener("click", () => this.close());
    this.#tell("", []);
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      // A text that is dropped into a field is no recording.
      if (event.dataTransfer.files.length === 0) return;
      event.preventDefault();
      this.panel.open();
      this.#read(event.dataTransfer.files[0]);
    });
  }

  /// A link can name a recording, but not bring it along.
  ask(title) {
    this.panel.open();
    this.asked = title;
    this.#tell(`This link compares with another recording: “${inLine(title)}”. Choose its file.`, []);
  }

  close() {
    this.panel.close();
    this.asked = null;
    this.file.value = "";
    this.#tell("", []);
    this.app.lay(null);
  }

  toggle() {
    if (this.panel.isOpen) return this.close();
    this.panel.open();
    this.file.focus();
  }

  /// Begins with a recording that the page has brought along, where the two differ first,
  /// unless the address says another step.
  begin(other) {
    this.panel.open();
    const { step } = seenIn(location.hash);
    this.#lay(other);
    const [first] = this.differences;
    if (step === null && first) this.app.goto(first.one ?? first.at, momentBeside(this.app.alignment, first, other));
  }

  /// A link says which step of the second stands beside that of the first.
  #lay(other) {
    const { recording, otherStep } = this.app;
    const linked = this.asked === null ? null : otherStep;
    this.asked = null;
    this.app.lay(other, new Alignment(recording, other), linked);
    this.#find(this.app.recording, other);
  }

  async #read(file) {
    if (!file) return;
    try {
      this.app.refuse(null);
      this.#lay(await recordingOf(file));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.app.refuse(error.message);
    }
  }

  #find(one, other) {
    const { differences } = this.app.alignment;
    this.runs = { one, other };
    if (differences.length === 0) return this.#tell(samenessWords(this.app.alignment, one, other), []);
    const [first] = differences;
    const count = differences.length === 1 ? "It is the only difference." : `There are ${NUMBERS.format(differences.length)} differences.`;
    this.#tell(`${differenceWords(this.app.alignment, one, other)} ${count}${leftOutWords(this.app.alignment)}${unknownWords(one, other)}`, differences);
  }

  #tell(text, differences) {
    this.differences = differences;
    setText(this.difference, text);
    this.jump.hidden = differences.length === 0;
    this.list.box.hidden = differences.length === 0;
    this.end.hidden = text === "";
    this.list.list.replaceChildren();
    this.list.fill(differences.length, (place) => place);
  }

  /// Beside the first difference stands what comes at the same moment.
  #goToFirst() {
    const [first] = this.differences;
    this.app.visit(first.one ?? first.at, momentBeside(this.app.alignment, first, this.runs.other));
  }

  /// Beside a difference of the list stands the same event.
  #go(place) {
    const { one, other, at } = this.differences[place];
    this.app.visit(one ?? at, other);
  }

  #fill(row, place) {
    if (row.firstElementChild) return;
    const { kind, one, other, count } = this.differences[place];
    const { runs } = this;
    const isTime = isOfTimeAlone(this.app.alignment, this.differences[place]);
    const words = isTime ? "comes at another time" : count === 1 ? kind : `${kind} (${countText(count, "event")})`;
    const line = (recording, step) => h("span", { class: "told" }, h("b", {}, step === null ? "–" : `${step}`), ` ${toldAt(recording, step)}`);
    const button = h("button", { type: "button" }, h("span", { class: "kind" }, words), line(runs.one, one), line(runs.other, other));
    button.addEventListener("click", () => this.#go(place));
    row.append(button);
  }
}

/// What two recordings are that don't differ, as far as they go.
/** @param {Alignment} alignment @param {Recording} one @param {Recording} other */
function samenessWords(alignment, one, other) {
  if (one.missing + other.missing === 0) return wholeSamenessWords(alignment, one, other);
  const same = wholeSamenessWords(alignment, one, other);
  return `As far as both go, ${same[0].toLowerCase()}${same.slice(1)}${unknownWords(one, other)}`;
}

/// Where recordings are cut off, nobody knows what their runs did then.
/** @param {Recording} one @param {Recording} other */
function unknownWords(one, other) {
  const told = (which, { missing, last }) => {
    const where = last < 0 ? "before its first step" : `after step ${last}`;
    return missing > 0 ? ` The ${which} is cut off ${where}: what its run did then isn't known.` : "";
  };
  return told("first", one) + told("second", other);
}

function wholeSamenessWords(alignment, one, other) {
  const [here, there] = [one, other].map(({ header }) => header.executor || "Wheelhouse");
  if (alignment.inOrderAlone) return `The order of tasks is the same in ${here} and in ${there}: each poll and each end.`;
  if (!alignment.timesAreReal) return "The two recordings are the same, event for event.";
  return `The tasks do the same in both recordings, event for event.${leftOutWords(alignment)}`;
}

/// On a real clock no two runs agree in their times, nor in what the loop does because of them.
function leftOutWords({ timesAreReal, inOrderAlone }) {
  if (!timesAreReal || inOrderAlone) return "";
  return " A clock was real, so times and the loop's own steps (turns, parks, looks at the clock) aren't compared.";
}

/// In what two recordings differ first.
/** @param {Alignment} alignment @param {Recording} one @param {Recording} other */
function differenceWords(alignment, one, other) {
  const [first] = alignment.differences;
  const where = first.one === null ? `step ${first.other} of the second` : `step ${first.one}`;
  const [here, there] = [toldAt(one, first.one), toldAt(other, first.other)];
  if (first.kind === "comes in another order") return orderWords(alignment, first, here, other);
  if (isOfTimeAlone(alignment, first)) return `They differ first in ${where}, ${timeWords(first, one, other)}. In the first: ${here} In the second: ${there}`;
  if (here === there) return `They differ first in ${where}, in what the sentence doesn't say (${alignment.fieldsOf(first).join(", ")}): ${here}`;
  return `They differ first in ${where}. In the first: ${here} In the second: ${there}`;
}

/// The same step comes earlier in one than in the other: told with what comes instead.
function orderWords(alignment, difference, here, other) {
  const { one, other: partner } = difference;
  const instead = momentBeside(alignment, difference, other);
  const then = instead === partner ? "." : `, and here, in step ${instead}: ${toldAt(other, instead)}`;
  return `They differ first in step ${one}, in the order. In the first: ${here} In the second that comes in step ${partner}${then}`;
}

/// Whether a step differs in nothing but its time.
function isOfTimeAlone(alignment, difference) {
  return difference.kind === "says something else" && alignment.fieldsOf(difference).join() === "t";
}

/// The same step comes at another time.
function timeWords(difference, one, other) {
  const when = (recording, step) => whenText(recording.at(step), recording.steps[step].t);
  return `in the time: it comes at ${when(one, difference.one)}, and in the second, in step ${difference.other}, at ${when(other, difference.other)}`;
}

/// The step of the second that is shown beside a difference: if only the order differs, the
/// one that comes at the same moment.
function momentBeside(alignment, { kind, one, other: partner }, { last }) {
  if (kind !== "comes in another order") return partner;
  let before = one - 1;
  while (before >= 0 && !alignment.isPaired(before)) before -= 1;
  let next = before < 0 ? 0 : alignment.partners[before] + 1;
  while (next <= last && !alignment.other.isTold(next)) next += 1;
  return next > last ? partner : next;
}

function toldAt(recording, step) {
  if (step === null) return recording.missing > 0 ? "this doesn't happen before it is cut off." : "this doesn't happen.";
  return partsAsText(sentence(recording, step), recording.at(step));
}
