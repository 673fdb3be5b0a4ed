// All that the page finds in a recording, without a page.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { declared, done, fakeElements, html, page, recordingOf, scripts, spawn, timer } from "./load.mjs";

const { Alignment, Levels, LogFilter, Story, Table, TasksAtPlaces, TimersInLists } = page;

const text = (recording, parts) => page.partsAsText(parts, recording.at(recording.last));

// The scripts -------------------------------------------------------------------

test("no two scripts declare the same name, as they are parts of one module", () => {
  const all = scripts().flatMap(({ name, text }) => declared(text).map((it) => ({ it, name })));
  const twice = [...Map.groupBy(all, ({ it }) => it)].filter(([, places]) => places.length > 1);
  assert.deepEqual(twice.map(([it, places]) => `${it} in ${places.map(({ name }) => name).join(" and ")}`), []);
  assert.ok(all.some(({ it, name }) => it === "App" && name === "main.js") && all.length > 200, `${all.length}`);
  assert.deepEqual(declared("const { a, b: c } = x;\nlet [d] = y;\nasync function e() {\n  const f = 1;\n}\nclass G {}"), ["a", "c", "d", "e", "G"]);
});

test("a file that wasn't found where the program ran is named, with what to do", () => {
  assert.equal(page.noSourceWords(undefined), "This recording has no source text.");
  assert.match(page.noSourceWords("src/main.rs"), /^This recording has no source text: src\/main\.rs wasn't found where the program ran\. Start it in the folder of its package or workspace, /);
});

// Reading ----------------------------------------------------------------------

const timed = (steps) => steps.map((it) => ({ t: 0, ...it }));
const data = (steps) => JSON.stringify({ header: { wheelhouse: 2, title: "a run" }, steps: timed(steps) });
const pack = (text) => deflateRawSync(text).toString("base64");
const refusal = (pattern) => (error) => error instanceof page.Refusal && pattern.test(error.message);

test("the data of a page are read as they are, with blanks before them, or packed", async () => {
  const steps = [spawn("0", "größer"), done("0")];
  const { header } = await page.readPage(data(steps));
  assert.equal(header.title, "a run");
  for (const it of [data(steps), `\n  ${data(steps)}`, pack(data(steps)), ` ${pack(data(steps))}\n`]) {
    assert.deepEqual((await page.readPage(it)).steps, timed(steps));
  }
});

test("a page that is chosen as a file is read as it reads itself", async () => {
  const html = (data) => `<p></p><script type="application/json" id="recording">${data}</script><p></p>`;
  const file = (text) => ({ name: "other.html", size: text.length, text: async () => text });
  for (const it of [data([spawn("0")]), pack(data([spawn("0")]))]) {
    assert.equal((await page.recordingOf(file(html(it)))).steps.length, 1);
  }
});

test("data are refused that are damaged, cut off or of too great a length", async () => {
  const whole = pack(data([spawn("0")]));
  for (const it of ["", "%%%", whole.slice(0, -8), `AAAA${whole}`, whole.slice(0, 5)]) {
    await assert.rejects(page.readPage(it), refusal(/^The recording in this page can't be unpacked, .* Record the run once more\.$/), it);
  }
  await assert.rejects(page.readPage(pack("[")), refusal(/isn't JSON/));
  await assert.rejects(page.readPage(pack(" ".repeat(100_000_001))), refusal(/has 101 MB, and this page reads at most 100 MB/));
});

/// A file that somebody chooses, of these lines.
function fileOf(lines, header = { wheelhouse: 2 }) {
  const text = [header, ...lines].map((it) => JSON.stringify(it)).join("\n");
  return { name: "a.jsonl", size: text.length, text: async () => text };
}

test("a line that is no step, or whose fields aren't its kind's, is refused", async () => {
  const poll = { ev: "poll", t: 0, task: "0", number: 1 };
  const begun = [{ t: 0, ...spawn("0") }, { ev: "ready", t: 0, task: "0", because: null }, { ev: "turn", t: 0, batch: 1 }, poll];
  const polled = { ev: "polled", t: 0, task: "0", ready: false };
  for (const [line, fault] of [
    [null, "isn't a step"], [[], "isn't a step"], ["turn", "isn't a step"], [{ t: 0 }, "has no right “ev”"], [{ ev: "turn", batch: 1 }, "has no right “t”"],
    [{ ...polled, ready: "no" }, "has no right “ready”"], [{ ...polled, task: "main" }, "has no right “task”"], [{ ...polled, task: "7" }, "tells of task 7, of which no line before tells"],
    [{ ev: "advance", t: 0, now: 0, started: [], moved: [{}], due: [] }, "has no right “moved”"], [{ ev: "awaits", t: 0, task: "0", on: {} }, "has no right “on”"],
    [{ ev: "order", t: 0, order: [0, 0] }, "orders what isn't in the batch"], [{ ev: "order", t: 0, order: [1] }, "orders what isn't in the batch"],
    [{ ev: "later", t: 0, by: 3 }, "has no right “by”"], [{ ev: "turn_end", t: 0 }, "comes before the poll of task 0 is over"],
  ]) {
    await assert.rejects(page.recordingOf(fileOf([...begun, line])), refusal(new RegExp(`^Line 6 of a.jsonl ${fault}, so the recording is damaged`)), fault);
  }
  await assert.rejects(page.recordingOf(fileOf([begun[0], polled])), refusal(/^Line 3 of a.jsonl ends a poll that no line before begins/));
  for (const [field, value] of [["sources", { a: 1 }], ["steps", "two"], ["title", 7]]) {
    await assert.rejects(page.recordingOf(fileOf([], { wheelhouse: 2, [field]: value })), refusal(new RegExp(`^a.jsonl has no right “${field}” in its header`)));
  }
  await assert.rejects(page.readPage(JSON.stringify({ header: { wheelhouse: 2 } })), refusal(/isn't a recording/));
  assert.equal((await page.recordingOf(fileOf([...begun, polled]))).steps.length, 5);
});

test("a kind of step that the page doesn't know is told of, whatever it is called", async () => {
  const kinds = ["constructor", "__proto__", "toString", "any", "header", "later"];
  const recording = await page.recordingOf(fileOf(kinds.map((ev) => ({ ev, t: 0 }))));
  for (const [step, ev] of kinds.entries()) assert.equal(text(recording, page.sentence(recording, step)), `A step that this version doesn't know: ${ev}.`);
});

/// Numbers that look random, and are the same each time.
function* numbers(seed) {
  for (let it = seed; ; ) {
    it = (it * 1_103_515_245 + 12_345) % 2 ** 31;
    yield it / 2 ** 31;
  }
}

/// Lines as a fault of a disk, or of somebody's hand, may leave them.
function damaged(lines, next) {
  const place = () => Math.floor(next() * lines.length);
  const [from, to] = [place(), place()].sort((a, b) => a - b);
  const line = lines[from];
  const field = Object.keys(line)[Math.floor(next() * Object.keys(line).length)];
  const value = [null, 7, "7", [], {}, true, "", -1][Math.floor(next() * 8)];
  return [
    () => lines.toSpliced(from, to - from), () => lines.toSpliced(from, 1), () => lines.toSpliced(from, to - from, ...lines.slice(from, to).reverse()),
    () => lines.toSpliced(from, 0, lines[to]), () => lines.with(from, { ...line, [field]: value }), () => lines.toSpliced(from, 1 + (to - from) % 8),
  ][Math.floor(next() * 6)]();
}

test("a recording that is damaged is refused, or else all of it can be told", async () => {
  const folder = new URL("../../../faults/runs/", import.meta.url);
  const random = numbers(1);
  const next = () => random.next().value;
  let refused = 0;
  for (const name of readdirSync(folder)) {
    const [header, ...lines] = readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n").map((it) => JSON.parse(it));
    for (let nth = 0; nth < 20; nth++) {
      const recording = await page.recordingOf(fileOf(damaged(lines, next), header)).catch((error) => {
        if (!(error instanceof page.Refusal)) throw error;
        refused += 1;
      });
      if (!recording) continue;
      recording.finalNames = page.finalNames(recording);
      for (const step of recording.steps.keys()) assert.ok(text(recording, page.sentence(recording, step)));
      assert.equal(new Story(recording).summary.length, 3);
      assert.ok(new Alignment(recording, recording).differences.length === 0);
    }
  }
  assert.ok(refused > 100, `${refused}`);
});

test("a recording whose lines are fewer than its header says is cut off, and says so", async () => {
  const lines = [spawn("0"), done("0")].map((it) => ({ t: 0, ...it }));
  const read = (steps) => page.recordingOf(fileOf(lines, { wheelhouse: 2, steps }));
  const missing = async (steps) => (await read(steps)).missing;
  // A recording that grew has the number of its beginning.
  assert.deepEqual([await missing(2), await missing(1), await missing(undefined), await missing(5)], [0, 0, 0, 3]);
  const cut = await read(5);
  assert.equal(page.cutWords("This recording", cut), "This recording is cut off: it has 2 of its 5 steps, and is shown as far as it goes.");
});

/// A live page, and what it hears from its server.
function livePage() {
  const element = fakeElements();
  const heard = {};
  globalThis.EventSource = class {
    addEventListener = (kind, call) => (heard[kind] = (data) => call({ data }));
    close = () => {};
  };
  const left = new Set();
  Object.assign(globalThis, { addEventListener: (kind, call) => left.add(call), removeEventListener: (kind, call) => left.delete(call) });
  const app = { recording: recordingOf([]), last: -1, step: 0, quiz: {}, other: null, grow: (it) => (app.recording = it), settle: () => {} };
  const growth = new page.Growth(app, "/stream");
  return { app, growth, element, left, hear: (kind, data) => heard[kind](typeof data === "string" ? data : data.map((it) => JSON.stringify(it)).join("\n")) };
}

test("a live page that has ended says what is left to do, asks before one leaves, and has the whole recording in itself", async () => {
  const { growth, element, left, hear } = livePage();
  hear("header", [{ wheelhouse: 2, title: "a run", steps: 1 }]);
  hear("steps", [spawn("0", "</script>"), done("0")].map((it) => ({ t: 0, ...it })));
  assert.equal(left.size, 0);
  hear("end", "The program has ended.");
  assert.match(element("growing").textContent, /^The program has ended\. A reload of this page loses its steps, which the program gives to nobody any more\. Unless a file has them, save/);
  assert.equal(element("live").textContent, "");
  const data = element("recording").textContent;
  assert.ok(!data.includes("<"));
  const { header, steps } = await page.readPage(data);
  assert.deepEqual([header.title, header.steps, steps.length, steps[0].name], ["a run", 2, 2, "</script>"]);
  assert.equal(growth.whole.header.steps, 2);
  assert.equal(left.size, 1);
  element("save-recording").click();
  assert.equal(left.size, 0);
  assert.match(element("growing").textContent, /^The program has ended\. The steps are in the file that was saved\. /);
});

test("a live page whose program is gone before it came says how steps are kept", () => {
  const { element, hear, left } = livePage();
  hear("end", "The program is gone.");
  assert.match(element("growing").textContent, /^The program is gone\. This page has none of its steps\. .*“wheelhouse show FILE --html PAGE”/);
  assert.equal(left.size, 0);
});

// State ------------------------------------------------------------------------

test("a copy of a table doesn't see what is written later", () => {
  const table = new Table();
  for (let index = 0; index < 300; index++) table.set(index, { index });
  const copy = table.copy();
  table.set(5, { index: "new" });
  copy.set(299, { index: "other" });
  assert.equal(copy.get(5).index, 5);
  assert.equal(table.get(299).index, 299);
  assert.equal([...copy].length, 300);
});

test("a step looks the same however one comes to it", () => {
  const steps = [spawn("0")];
  for (let nth = 1; nth < 290; nth++) steps.push(spawn(`${nth}`), done(`${nth}`));
  const recording = recordingOf(steps);
  const walked = recording.steps.map((_, step) => JSON.stringify(recording.at(step).snapshot()));
  for (const step of [578, 3, 255, 256, 257, 511, 0]) {
    assert.equal(JSON.stringify(recording.at(step).snapshot()), walked[step], `step ${step}`);
  }
});

test("the timers that wait are found by deadline, and those of the nursery come last", () => {
  const nursery = { ev: "timer", timer: "2", task: null, deadline: null, delay: 5, level: null, list: null };
  const recording = recordingOf([spawn("0"), timer("0", null, 900, 1, 14), timer("1", null, 70, 1, 1), nursery, { ev: "untimer", timer: "1" }]);
  assert.deepEqual(recording.at(3).nextTimers(9).map(({ id }) => id), ["1", "0", "2"]);
  assert.deepEqual(recording.at(4).nextTimers(1).map(({ id }) => id), ["0"]);
});

test("the lists of the wheel are the same after a step as after a jump", () => {
  const steps = [spawn("0")];
  for (let nth = 0; nth < 200; nth++) steps.push(timer(`${nth}`, null, 1000 + nth, 1, nth % 64));
  for (let nth = 0; nth < 200; nth += 3) steps.push({ ev: "untimer", timer: `${nth}` });
  const recording = recordingOf(steps);
  const walking = new TimersInLists(recording);
  const plain = (timers) => timers.filled().map(({ level, list, indices }) => [level, list, [...indices]]);
  for (const [step] of recording.steps.entries()) {
    walking.follow(recording.at(step));
    const jumping = new TimersInLists(recording);
    jumping.follow(recording.at(step));
    assert.deepEqual(plain(walking), plain(jumping), `step ${step}`);
  }
});

test("the tasks at a place are the same after a step as after a jump", () => {
  const steps = [spawn("0")];
  const awaits = (task, at) => ({ ev: "awaits", task, on: { turn: true }, at });
  for (let nth = 1; nth < 200; nth++) steps.push({ ...spawn(`${nth}`), at: "a.rs:1:1" }, awaits(`${nth}`, nth % 3 === 0 ? "a.rs:2:1" : "a.rs:2:9"));
  for (let nth = 1; nth < 200; nth += 2) steps.push({ ev: "poll", task: `${nth}`, number: 1 }, done(`${nth}`));
  const recording = recordingOf(steps);
  const walking = new TasksAtPlaces(recording);
  const plain = (tasks) => [["spawned", ["a.rs:1:1"]], ["waits", ["a.rs:2:1", "a.rs:2:9"]]].map(([role, places]) => {
    const { first, count } = tasks.tasksAt(role, places, 5);
    return { first, count };
  });
  for (const [step] of recording.steps.entries()) {
    walking.follow(recording.at(step));
    const jumping = new TasksAtPlaces(recording);
    jumping.follow(recording.at(step));
    assert.deepEqual(plain(walking), plain(jumping), `step ${step}`);
  }
  assert.deepEqual(plain(walking), [{ first: ["2", "4", "6", "8", "10"], count: 99 }, { first: ["6", "12", "18", "24", "30"], count: 99 }]);
});

test("the cards are those of waits, the open ones first and the latest on top, and then those of scopes", () => {
  const watch = (watch) => ({ ev: "watch", watch, by: "0" });
  const section = (section, what) => ({ ev: "section", section, what, by: "0" });
  const leave = (section, why) => ({ ev: "leave", section, why });
  const recording = recordingOf([
    spawn("0", "main"), watch(1), { ev: "what", watch: 1, what: "wait" }, section(1, "catch_cancel"), watch(2), { ev: "calls", watch: 2, function: "f" },
    section(2, "task group"), section(3, "catch_cancel"), { ev: "over", watch: 1, why: "met" }, leave(3, "it ends"), leave(1, "it has caught"), leave(2, "it ends"),
    { ev: "what", watch: 1, what: "wait" },
  ]);
  const cardsAt = (step, most = 20) => page.cardsOf(recording, recording.at(step), most).map(({ id, what }) => `${what} ${id}`);
  assert.deepEqual(cardsAt(7), ["task group 2", "wait 1", "catch_cancel 3", "catch_cancel 1"]);
  assert.deepEqual(cardsAt(8), ["task group 2", "catch_cancel 3", "catch_cancel 1", "wait 1"]);
  assert.deepEqual(cardsAt(8, 2), ["task group 2", "catch_cancel 3"]);
  assert.deepEqual(cardsAt(11), ["task group 2", "wait 1", "catch_cancel 1"]);
  assert.deepEqual(cardsAt(12), ["wait 1", "task group 2", "catch_cancel 1"]);
});

// Words ------------------------------------------------------------------------

test("times and counts are said as people say them", () => {
  assert.equal(page.timeText(1_590_000_000), "1.59 s");
  assert.equal(page.timeText(390_000_000), "390 ms");
  assert.equal(page.timeText(0), "0 s");
  assert.equal(page.countText(1, "task"), "one task");
  assert.equal(page.countText(12345, "entry", "entries"), "12,345 entries");
});

test("a text of the program changes nothing around it in a line", () => {
  const turned = "\u202ewhy\u2069 <i>\n";
  const told = "\\u{202e}why\\u{2069} <i>\\n";
  assert.equal(page.inLine(turned), told);
  assert.equal(page.inLine("שלום, größer"), "שלום, größer");
  const recording = recordingOf([spawn("0", turned), spawn("1", "é😀".repeat(5000)), spawn("2", "")]);
  fakeElements();
  const parts = [{ task: "0" }, " ", { quote: turned }, " ", ...page.quoted(`of ${turned} \`${turned}\``)];
  assert.equal(text(recording, parts), `${told} ${told} of ${told} ${told}`);
  const nodes = page.partsAsNodes(parts, recording.at(2));
  assert.equal(nodes.map((it) => it.textContent ?? it).join(""), `${told} ${told} of ${told} ${told}`);
  assert.equal(text(recording, [{ task: "1" }, { task: "2" }]), `${"é😀".repeat(30)}…Task-2`);
  assert.equal(page.partsAsNodes([{ quote: "x".repeat(1e6) }], recording.at(2))[0].textContent, `${"x".repeat(400)}…`);
});

test("a text of the program turns nothing around in a slot, a source or a chapter", () => {
  const turned = "\u202ewhy\u2069";
  const told = "\\u{202e}why\\u{2069}";
  const watch = [{ ev: "watch", watch: 3, by: "1" }, { ev: "what", watch: 3, what: turned }, { ev: "awaits", task: "1", on: { watch: 3 }, at: null }];
  const section = [{ ev: "section", section: 4, what: turned, by: "2" }, { ev: "awaits", task: "2", on: { section: 4 }, at: null }];
  const recording = recordingOf([spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), ...watch, ...section,
    { ev: "over", watch: 3, why: turned }, { ev: "fail", task: "1", text: turned }, done("1")]);
  const detail = (task, now, step) => page.detailText(recording.at(step).task(task), now, recording.at(step));
  assert.equal(detail("1", "waiting", 5), `watch 3 (${told})`);
  assert.equal(detail("2", "waiting", 7), told);
  assert.equal(detail("1", "ended", 10), told);
  const chapters = new Story(recording).chapters.map(({ words }) => text(recording, words));
  assert.ok(chapters.includes(`${told} returns`), chapters.join());
  fakeElements();
  const line = page.coloured(`\tx = "${turned}"  # שלום`).map((it) => it.textContent ?? it).join("");
  assert.equal(line, `\tx = "${told}"  # שלום`);
});

// Story ------------------------------------------------------------------------

test("a story has chapters and three sentences", () => {
  const recording = recordingOf([
    spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), { ev: "polled", task: "0", ready: false },
    { ev: "jump", to: 5 }, { ev: "fail", task: "1", text: "no" }, done("1"),
    { ev: "cancel", task: "2", by: "0" }, done("2", "cancelled"), done("0"),
  ], { title: "a lesson" });
  const story = new Story(recording);
  const chapters = story.chapters.map(({ step, words }) => [step, text(recording, words)]);
  assert.deepEqual(chapters, [
    [2, "main spawns 2 tasks"], [4, "all wait: the clock jumps"], [6, "a fails"], [7, "main cancels b"], [8, "b ends as cancelled"], [9, "main returns"],
  ]);
  assert.equal(story.opening, 6);
  assert.equal(story.at(8).number, 5);
  const [ran, ended, why] = story.summary.map((parts) => text(recording, parts));
  assert.equal(ran, "a lesson was run on a virtual clock: it spawned 2 tasks.");
  assert.match(ended, /^main returned .* of the other tasks 1 failed and 1 ended as cancelled\.$/);
  assert.match(why, /a failed with no .*and then main cancelled b/);
});

test("a combinator that gives an error fails, and one that hands on what its task gave is over", () => {
  const gather = (why) => [spawn("0", "main"), { ev: "watch", watch: 1, by: "0" }, { ev: "what", watch: 1, what: "gather 1" }, { ev: "over", watch: 1, why }];
  const chapterOf = (why) => text(recordingOf(gather(why)), new Story(recordingOf(gather(why))).chapters[0].words);
  assert.equal(chapterOf("child 0 (`a`) failed"), "gather fails");
  assert.equal(chapterOf("child 0 (`a`) was cancelled"), "gather fails");
  assert.equal(chapterOf("all have ended"), "gather returns");
  assert.equal(chapterOf("its task has ended"), "gather is over");
});

/// The last sentence of the summary.
function whyOf(steps) {
  const recording = recordingOf(steps);
  return text(recording, new Story(recording).summary.at(-1));
}

test("a summary counts the same tasks where it tells of their spawns and of their ends", () => {
  const recording = recordingOf([
    spawn("2", "Task-2", null), { ev: "name", task: "2", name: "main" }, spawn("3", "a", "2"), spawn("4", "b", "2"), spawn("5", "c", "2"),
    done("3"), done("4", "cancelled"), done("2"),
  ]);
  const [ran, ended] = new Story(recording).summary.map((parts) => text(recording, parts));
  assert.match(ran, /: it spawned 3 tasks\.$/);
  assert.match(ended, /; of the other tasks 1 returned, 1 ended as cancelled and 1 hadn't ended\.$/);
});

test("a summary tells what happened in the order of the steps", () => {
  const why = whyOf([
    spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), { ev: "cancel", task: "1", by: "0" }, done("1", "cancelled"),
    { ev: "fail", task: "2", text: "E1" }, done("2"), done("0"),
  ]);
  assert.equal(why, "main cancelled a (step 3), and then b failed with E1 (step 6).");
});

test("a summary names the step in which a wait was decided, not the one in which it was told", () => {
  const watch = [spawn("0", "main"), spawn("1", "a"), { ev: "watch", watch: 1, by: "0" }, { ev: "what", watch: 1, what: "wait for 1" }, { ev: "child", watch: 1, child: 0, task: "1" }];
  const told = [{ ev: "ask", watch: 1, child: 0 }, { ev: "met", watch: 1 }, { ev: "over", watch: 1, why: "met by child 0" }];
  const answer = { ev: "answer", watch: 1, child: 0, enough: true, why: "it has ended" };
  assert.equal(whyOf([...watch, answer, ...told, done("0")]), "The end of a met the condition (step 5), so wait returned (step 8).");
  assert.equal(whyOf([...watch, ...told, done("0")]), "The end of a met the condition (step 6), so wait returned (step 7).");
  const timedOut = { ev: "over", watch: 1, why: "timed out" };
  assert.equal(whyOf([...watch, timedOut, done("0")]), "Wait returned: timed out (step 5).");
  const again = { ev: "what", watch: 1, what: "wait for 1" };
  assert.equal(whyOf([...watch, answer, ...told.slice(0, 2), again, timedOut, done("0")]), "Wait returned: timed out (step 9).");
});

const timeIsUp = (section) => ({ ev: "remark", section, text: "the time is up: what is in it is cancelled" });

test("a summary knows of a limit that was reached, which cancels no task from outside", () => {
  const steps = [spawn("0", "main"), { ev: "section", section: 4, what: "timeout of 3ms", by: "0" }, timeIsUp(4)];
  assert.equal(whyOf(steps), "The limit of the timeout of 3ms of main was reached, so what was in it was cancelled (step 2).");
  assert.match(whyOf([...steps, timeIsUp(4)]), /\(step 2\) \(the first of 2 such limits\)\.$/);
  const polled = { ev: "poll", task: "0", number: 2 };
  assert.match(whyOf([...steps, polled, { ev: "cancel", task: "1", by: "0" }]), /\(step 2\), and then main cancelled /);
  assert.match(whyOf([...steps, { ev: "cancel", task: "1", by: null }]), /\(step 2\), and then the timeout of 3ms cancelled /);
});

test("a summary knows of a cancellation that it sees only where it is caught", () => {
  const scope = { ev: "section", section: 4, what: "catch_cancel", by: "0" };
  const why = whyOf([spawn("0", "main"), scope, { ev: "catch", task: "0" }, { ev: "leave", section: 4, why: "it has caught" }, done("0")]);
  assert.equal(why, "A scope of main caught a cancellation (step 2).");
  const inPython = whyOf([spawn("0", "main"), { ev: "reach", task: "0", at: "a.py:7:5" }, { ev: "catch", task: "0" }, done("0")]);
  assert.equal(inPython, "CancelledError was raised in main (step 2).");
});

test("a summary doesn't say that nobody was cancelled where the executor's end did that", () => {
  const quiet = [spawn("0", "main"), spawn("1", "a"), done("0"), { ev: "close" }];
  assert.equal(whyOf([...quiet, done("1", "cancelled")]), "Nothing failed; the last task to end was a (step 4).");
  assert.equal(whyOf([...quiet, done("1")]), "Nobody tells of a failure, and nobody was cancelled; the last task to end was a (step 4).");
  const interpreted = [spawn("0", "main"), spawn("1", "a"), { ev: "reach", task: "1", at: "a.py:1:1" }, done("1")];
  assert.equal(whyOf([...interpreted, done("0")]), "Nothing failed, and nobody was cancelled; the last task to end was a (step 3).");
});

test("a summary tells of a recording that is cut off as far as it goes", () => {
  const told = (steps, missing) => {
    const recording = recordingOf(steps, { clock: "virtual", steps: steps.length + missing });
    return new Story(recording).summary.map((parts) => text(recording, parts));
  };
  const steps = [spawn("0", "main"), spawn("1", "a"), poll("1"), done("1")];
  assert.deepEqual(told(steps, 3), [
    "A program was run on a virtual clock: as far as the recording goes, it spawned one task.",
    "The recording is cut off after 0 s, in turn 0, while main isn't done; of the other tasks 1 returned.",
    "As far as the recording goes, nobody tells of a failure, and nobody was cancelled; the last task to end was a (step 3); what the run did then isn't known.",
  ]);
  assert.match(told(steps.slice(0, 1), 6)[0], /^A program was run on a virtual clock, as far as the recording goes, with no task but main\.$/);
  assert.match(told(steps, 0).join(), /: it spawned one task\.,The recording ends after .*,Nobody tells of a failure, and nobody was cancelled; /);
});

test("a summary tells whom a task has cancelled, and who was cancelled with them", () => {
  const cancel = (task) => ({ ev: "cancel", task, by: "0" });
  const [ready, pass] = [(task) => ({ ev: "ready", task, because: 0 }), (task, to = null) => ({ ev: "pass", task, to })];
  const life = [spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), spawn("3", "c")];
  const why = (...steps) => whyOf([...life, ...steps]);
  assert.equal(why(cancel("1"), ready("1"), cancel("1")), "main cancelled a (step 4).");
  assert.equal(why(cancel("1"), pass("1"), ready("1"), cancel("2"), pass("2"), ready("2")), "main cancelled 2 tasks (step 4).");
  assert.equal(why(cancel("1"), pass("1"), cancel("2"), ready("2"), cancel("3"), ready("3"), pass("1")), "main cancelled a, and with it 2 tasks (step 4).");
  assert.equal(why(cancel("1"), pass("1", "2"), ready("2")), "main cancelled a, and with it b (step 4).");
  assert.equal(why(cancel("1"), ready("1"), cancel("2"), pass("2", "1"), pass("1")), "main cancelled 2 tasks (step 4).");
  const twice = why(cancel("1"), { ev: "polled", task: "0", ready: false }, cancel("2"), { ev: "turn", batch: 0 });
  assert.equal(twice, "main cancelled a (step 4) (the first of 2 cancellations).");
});

test("a summary says first what comes first, the answer of a wait or another task's failure", () => {
  const steps = [
    spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), { ev: "watch", watch: 1, by: "0" }, { ev: "what", watch: 1, what: "wait for 2" },
    { ev: "child", watch: 1, child: 0, task: "1" }, done("1"), { ev: "answer", watch: 1, child: 0, enough: true, why: "a value" },
    { ev: "fail", task: "2", text: "E1" }, done("2"), { ev: "met", watch: 1 }, { ev: "over", watch: 1, why: "met by child 0 (`a`)" },
  ];
  assert.equal(whyOf(steps), "The end of a met the condition (step 7), then b failed with E1 (step 9), and then wait returned (step 11).");
});

test("a story tells of the shield that stops a cancellation", () => {
  const [cancel, inward] = [{ ev: "cancel", task: "2", by: "0" }, { ev: "pass", task: "2", to: null }];
  const shield = [{ ev: "watch", watch: 1, by: "2" }, { ev: "child", watch: 1, child: 0, task: "1", ended: false }, { ev: "what", watch: 1, what: "shield" }];
  const steps = [spawn("0", "main"), spawn("1", "save"), spawn("2", "request"), ...shield];
  const awaits = { ev: "awaits", task: "2", on: { watch: 1 }, at: null };
  assert.equal(whyOf([...steps, awaits, cancel, inward]), "main cancelled request (step 7), and then a shield kept save from the cancellation (step 8).");
  assert.equal(whyOf([...steps, cancel, inward]), "main cancelled request (step 6).");
  const recording = recordingOf([...steps, awaits, cancel, inward]);
  assert.deepEqual(new Story(recording).chapters.map(({ words }) => text(recording, words)).slice(-2), ["main cancels request", "a shield keeps save from the cancellation"]);
});

test("a summary tells what no task has remarked, as that main waits for ever", () => {
  const cancel = { ev: "cancel", task: "0", by: null };
  const why = whyOf([spawn("0", "main"), { ev: "note", task: null, text: "nothing could wake main" }, cancel, done("0", "cancelled")]);
  assert.equal(why, "The program remarked: nothing could wake main (step 1), and then something outside cancelled main (step 2).");
});

test("a story tells that a run can't go on, opens there, and tells for what main waited", () => {
  const waits = { ev: "awaits", task: "0", on: { task: "1" }, at: null };
  const drop = { ev: "cancel", task: "1", by: null, at: null };
  const steps = [spawn("0", "main"), spawn("1", "never"), waits, { ev: "stuck" }, drop, { ev: "mark", task: "1" }];
  const recording = recordingOf(steps);
  const { summary, chapters, opening } = new Story(recording);
  assert.equal(opening, 3);
  assert.deepEqual(chapters.map(({ words }) => text(recording, words)), ["main spawns never", "no task can ever go on", "the drop of main's future cancels never"]);
  assert.deepEqual(summary.slice(1).map((it) => text(recording, it)), [
    "The run couldn't go on after 0 s, in turn 0 (step 3), while main wasn't done; of the other tasks 1 hadn't ended.",
    "main waited for the end of never, and no task could ever go on (step 3).",
  ]);
  const alone = recordingOf([spawn("0", "main"), { ev: "stuck" }]);
  assert.equal(text(alone, new Story(alone).summary[2]), "main waited for what nobody is left to bring, and no task could ever go on (step 1).");
});

test("a story says whose function a thread runs and whose outcome somebody gets, and counts no remote task as a tool", () => {
  const what = "to_thread of the closure in line 3 of src/main.rs";
  const recording = recordingOf([
    spawn("0", "main"), { ev: "section", section: 1, what, by: "0" }, { ev: "section", section: 2, what: "remote task", by: null }, spawn("1", "asked", null),
    { ev: "member", section: 2, task: "1" }, { ev: "leave", section: 2, why: "the thread `other`, which joins it, gets its outcome" },
    { ev: "leave", section: 1, why: "the function has returned" },
  ]);
  const { chapters, summary } = new Story(recording);
  const leaves = chapters.filter(({ kind }) => kind === "leave").map(({ words }) => text(recording, words));
  assert.deepEqual(leaves, ["asked: the thread other, which joins it, gets its outcome", "main's to_thread: the function has returned"]);
  assert.equal(text(recording, summary[0]), "A program was run on a virtual clock: it spawned one task, and used to_thread.");
});

test("the story of an interpreted program opens where it is remarked that main waits for ever", () => {
  const remark = { ev: "note", task: null, text: "nothing could wake main" };
  const cancel = { ev: "cancel", task: "0", by: null };
  const opening = (steps) => new Story(recordingOf([spawn("0", "main"), remark, ...steps])).opening;
  assert.equal(opening([cancel, done("0", "cancelled")]), 1);
  assert.equal(opening([done("0")]), 0);
});

test("a task that raises what the loop doesn't catch has failed, on the whole page", () => {
  const end = { ...done("1", "panicked"), text: "task `x` (spawned at demo.rs:5:6) panicked: SystemExit" };
  const recording = recordingOf([spawn("0", "main"), spawn("1", "x"), { ev: "reach", task: "1", at: "exit.py:9:1" }, poll("1"), { ev: "polled", task: "1", ready: true }, end]);
  const { chapters, summary } = new Story(recording);
  assert.equal(text(recording, chapters.at(-1).words), "x fails");
  assert.match(text(recording, summary[1]), /; of the other tasks 1 failed\.$/);
  assert.equal(text(recording, summary[2]), "x failed with SystemExit (step 5).");
  const state = recording.at(4);
  assert.equal(text(recording, page.workLines(recording, state, state.work)[0]), "x raises what the loop doesn't catch, poll 1");
  assert.deepEqual(page.waitTree(recording, state).below.map(({ status }) => status), ["new", "raised"]);
  assert.equal(page.detailText(recording.at(5).task("1"), "ended", recording.at(5)), "SystemExit");
});

test("a summary says that a task group cancels its tasks, whoever is polled", () => {
  const group = { ev: "section", section: 4, what: "task group", by: "0" };
  const remark = { ev: "remark", section: 4, text: "its block failed: what is left in it is cancelled" };
  const steps = [spawn("0", "main"), spawn("1", "a"), group, remark, { ev: "pass", task: "0", to: null }, { ev: "cancel", task: "1", by: "0" }];
  assert.equal(whyOf(steps), "The task group cancelled a (step 5).");
});

test("a combinator that is told of anew before it has returned is counted once", () => {
  const ranOf = (steps) => {
    const recording = recordingOf(steps);
    return text(recording, new Story(recording).summary[0]);
  };
  const [watch, what] = [(id) => ({ ev: "watch", watch: id, by: "0" }), (id, it) => ({ ev: "what", watch: id, what: it })];
  const again = [spawn("0", "main"), watch(1), what(1, "gather 2"), what(1, "gather 2, failures included")];
  assert.match(ranOf(again), /, and used gather 2, failures included\.$/);
  const over = { ev: "over", watch: 1, why: "all have ended" };
  assert.match(ranOf([...again, over, what(1, "gather 1")]), /, and used gather 2, failures included, the first of 2 combinators\.$/);
  const anew = [spawn("0", "main"), watch(1), what(1, "gather 2"), { ev: "unwatch", watch: 1 }, watch(2), what(2, "gather 2, failures included")];
  assert.match(ranOf(anew), /, and used gather 2, failures included\.$/);
});

test("a summary counts combinators of all kinds as such, and no futures", () => {
  const what = (watch, it) => [{ ev: "watch", watch, by: "0" }, { ev: "what", watch, what: it }];
  const recording = recordingOf([spawn("0", "main"), ...what(1, "a future, in Queue.get"), { ev: "section", section: 9, what: "future `ready`", by: "0" }, { ev: "section", section: 10, what: "future", by: "0" }, { ev: "section", section: 11, what: "remote task", by: null }, ...what(2, "shield"), ...what(3, "gather 1")]);
  assert.match(text(recording, new Story(recording).summary[0]), /, and used shield, the first of 2 combinators\.$/);
});

test("a summary tells the turn of main's end as the page does, whatever comes after it", () => {
  const turn = [{ ev: "turn", batch: 1 }, { ev: "turn_end" }];
  const steps = [spawn("0", "main"), { ev: "turn", batch: 0 }, { ev: "turn_end" }, { ev: "turn", batch: 1 }, done("0"), { ev: "turn_end" }, ...turn, ...turn];
  const endOf = (steps) => {
    const recording = recordingOf(steps);
    return text(recording, new Story(recording).summary[1]);
  };
  assert.equal(endOf(steps), "main returned after 0 s, in turn 2 (step 4).");
  assert.equal(endOf(steps.slice(0, 4)), "The recording ends after 0 s, in turn 2, while main isn't done.");
  const growing = new page.Recording({ clock: "virtual" }, steps.slice(0, 4).map((it) => ({ t: 0, ...it })), true);
  assert.equal(text(growing, new Story(growing).summary[1]), "So far main isn't done after 0 s, in turn 2.");
});

test("a summary says what the end of a child was for the combinator", () => {
  const why = (what, over) => whyOf([
    spawn("0", "main"), spawn("1", "a"), { ev: "watch", watch: 1, by: "0" }, { ev: "what", watch: 1, what }, { ev: "child", watch: 1, child: 0, task: "1" },
    { ev: "answer", watch: 1, child: 0, enough: true, why: "a value" }, { ev: "met", watch: 1 }, { ev: "over", watch: 1, why: over },
  ]);
  assert.equal(why("wait for 1 until FirstException", "met by child 0 (`a`)"), "The end of a met the condition (step 5), so wait returned (step 7).");
  assert.equal(why("wait for 1 until FirstException", "all have ended"), "The end of a was the last (step 5), so wait returned (step 7).");
  assert.match(why("wait for 1 until Successes(2)", "it can't be met any more, as child 0 (`a`) has ended"), /^The end of a decided it/);
  assert.equal(why("gather 1", "child 0 (`a`) failed"), "The end of a decided it (step 5), so gather failed (step 7).");
});

test("a story has no more chapters than one can take in", () => {
  const steps = [spawn("0", "main")];
  for (let nth = 1; nth < 900; nth++) steps.push(spawn(`${nth}`), { ev: "polled", task: "0" }, { ev: "note", task: "0", text: "so" }, done(`${nth}`, "panicked"));
  const { chapters } = new Story(recordingOf(steps));
  assert.ok(chapters.length <= 16, `${chapters.length}`);
  assert.equal(chapters.filter(({ kind }) => kind === "fail").length, 4);
  assert.deepEqual(chapters.map(({ number }) => number), chapters.map((_, at) => at + 1));
});

/// The chapters of a run in which some tasks come to these ends, before main does.
function endsOf(...ends) {
  const recording = recordingOf([spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), spawn("3", "c"), ...ends, done("0")]);
  const story = new Story(recording);
  return { told: story.chapters.map(({ words }) => text(recording, words)).slice(1), ended: text(recording, story.summary[1]) };
}

test("the chapters have all ends where there is room for them", () => {
  assert.deepEqual(endsOf(done("1"), done("2"), done("3")).told, ["a returns", "b returns", "c returns", "main returns"]);
  assert.deepEqual(endsOf({ ev: "close" }, done("1", "cancelled")).told, ["main returns"]);
  const cancelled = endsOf(done("1", "cancelled"), done("2", "cancelled"), { ev: "turn", batch: 1 }, done("3", "cancelled"));
  assert.deepEqual(cancelled.told, ["2 tasks end as cancelled", "c ends as cancelled", "main returns"]);
});

test("a task that returns though it was asked to end has a chapter, and is in the summary", () => {
  const cancel = { ev: "cancel", task: "1", by: null };
  const one = endsOf(cancel, done("1"), done("2", "cancelled"), done("3"));
  assert.deepEqual(one.told.slice(1), ["a returns, though it was asked to end", "b ends as cancelled", "c returns", "main returns"]);
  assert.match(one.ended, /; of the other tasks 2 returned \(1 though asked to end\) and 1 ended as cancelled\.$/);
  assert.match(endsOf(cancel, done("1")).ended, /; of the other tasks 1 returned though asked to end and 2 hadn't ended\.$/);
  assert.match(endsOf({ ev: "pass", task: "2", to: "1" }, done("1")).ended, / 1 returned though asked to end/);
});

test("a task from which the request was taken back returns as any other", () => {
  const [mark, unmark] = ["mark", "unmark"].map((ev) => ({ ev, task: "1" }));
  const [cancel, back] = [{ ev: "cancel", task: "1", by: "0" }, { ev: "polled", task: "1", ready: false }];
  const toldOf = (...steps) => endsOf(...steps, done("1")).told.find((it) => it.startsWith("a returns"));
  assert.equal(toldOf(cancel, mark, unmark), "a returns");
  assert.equal(toldOf(cancel, mark, unmark, cancel), "a returns, though it was asked to end");
  assert.equal(toldOf(cancel, mark, back, unmark, { ev: "pass", task: "1", to: null }), "a returns, though it was asked to end");
  assert.equal(toldOf(cancel, back, mark, unmark), "a returns, though it was asked to end");
  const uncancel = (left) => ({ ev: "uncancel", task: "1", left, by: "1" });
  assert.equal(toldOf(cancel, back, mark, unmark, uncancel(0)), "a returns");
  assert.equal(toldOf(cancel, cancel, uncancel(1)), "a returns, though it was asked to end");
  assert.equal(toldOf(cancel, uncancel(0), cancel), "a returns, though it was asked to end");
});

test("a story says how many chapters it leaves out, and leads to the last spawn of many", () => {
  const many = (count) => Array.from({ length: count }, (_, nth) => [spawn(`${nth + 1}`), { ev: "name", task: `${nth + 1}`, name: `n${nth}` }]).flat();
  const story = new Story(recordingOf([spawn("0"), ...many(3), { ev: "polled", task: "0" }, done("0")]));
  assert.deepEqual(story.chapters.map(({ step }) => step), [5, 8]);
  assert.equal(story.leftOut, 0);
  const ends = Array.from({ length: 30 }, (_, nth) => done(`${nth + 1}`));
  assert.equal(new Story(recordingOf([spawn("0"), ...many(30), ...ends, done("0")])).leftOut, 29);
});

test("one moves from stop to stop, and not beyond the ends", () => {
  const recording = recordingOf([spawn("0"), { ev: "turn", batch: 1 }, spawn("1"), { ev: "turn_end" }, { ev: "turn", batch: 0 }, done("0")]);
  const levels = new Levels(new Story(recording));
  assert.deepEqual([0, 1, 4].map((step) => levels.next("turns", step, true)), [1, 4, 5]);
  assert.deepEqual([5, 4, 1].map((step) => levels.next("turns", step, false)), [4, 1, 0]);
  assert.equal(levels.next("all", 3, true), 4);
  assert.equal(levels.next("story", 5, true), 5);
});

test("a turn after main's end that takes no task is a stop of no level but that of steps", () => {
  const [turn, call] = [{ ev: "turn", batch: 1 }, [{ ev: "ask", watch: 1, child: 0 }, { ev: "turn_end" }]];
  const recording = recordingOf([spawn("0"), turn, ...call, turn, poll("0"), done("0"), { ev: "turn_end" }, turn, ...call, turn, poll("1"), { ev: "turn_end" }, turn, { ev: "fire", timer: "1", task: null }]);
  const story = new Story(recording);
  assert.deepEqual(new Levels(story).turns, [1, 4, 11]);
  assert.deepEqual(story.chapters.map(({ kind }) => kind), ["end"]);
});

test("on paper a chapter at which a combinator ends has what is done and what is pending", () => {
  const children = ["1", "2", "3"].map((task, child) => ({ ev: "child", watch: 1, child, task, ended: false }));
  const recording = recordingOf([
    spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), spawn("3", "c"), { ev: "watch", watch: 1, by: "0" }, ...children,
    { ev: "what", watch: 1, what: "wait for 3 until FirstCompleted" }, done("2"), { ev: "over", watch: 1, why: "met by child 1 (`b`)" }, done("1"),
  ]);
  const linesAt = (step) => page.paperLines(recording, recording.at(step)).map((line) => line.join(" | ")).filter((it) => it.startsWith("wait"));
  assert.deepEqual([9, 10, 11].map(linesAt), [[], ["wait: done | b", "wait: pending | a, c"], []]);
});

// Log and links ----------------------------------------------------------------

test("the log is filtered by kind, by task and by words", () => {
  const recording = recordingOf([
    spawn("0", "main"), spawn("1", "reader"), { ev: "advance", now: 5, started: [], due: [], moved: [{ timer: "0", level: 0, list: 1, from: [1, 0] }] },
    { ev: "advance", now: 6, started: [], due: [], moved: [] }, { ev: "print", task: "1", text: "Hello World" }, done("1"),
  ]);
  const found = (wanted) => [...recording.steps.keys()].filter((step) => new LogFilter(recording, wanted).accepts(recording.steps[step], step));
  assert.deepEqual(found({ words: "cascade" }), [2]);
  assert.deepEqual(found({ words: "world hello" }), [4]);
  assert.deepEqual(found({ task: "reader" }), [1, 4, 5]);
  assert.deepEqual(found({ kind: "tasks", task: "reader" }), [1, 5]);
  assert.deepEqual(found({ task: "nobody" }), []);
  assert.ok(new LogFilter(recording).isOpen);
});

test("a link says what is seen", () => {
  const seen = { step: 7, task: "8.2", level: "turns", pane: "log", compare: "wait & see", beside: 9 };
  assert.deepEqual(page.seenIn(page.hashOf(seen)), seen);
  assert.equal(page.hashOf({ step: 3, task: null, level: "all", pane: "chart", compare: null, beside: null }), "#step=3");
  for (const level of ["none", "constructor"]) {
    assert.deepEqual(page.seenIn(`#step=many&level=${level}`), { step: null, task: null, level: "all", pane: "chart", compare: null, beside: null });
  }
});

test("a recording is saved as the lines that it was read from", () => {
  const recording = recordingOf([spawn("0")], { title: "a < b" });
  const [header, step, rest] = page.linesOf(recording).split("\n");
  assert.equal(JSON.parse(header).title, "a < b");
  assert.equal(JSON.parse(step).ev, "spawn");
  assert.equal(rest, "");
});

test("control characters are saved as the recorder writes them", () => {
  const text = "\b\f\r\t\u0001\n\\t\"";
  const [, line] = page.linesOf(recordingOf([{ ...spawn("0"), name: text }])).split("\n");
  assert.ok(line.includes(String.raw`"\u0008\u000c\u000d\u0009\u0001\n\\t\""`), line);
  assert.equal(JSON.parse(line).name, text);
});

test("a chart is well-formed XML, whatever a name has in it", () => {
  assert.equal(page.wellFormed("<text>a\u0001\u001b\ufffeb\ud83dc\ude00d\t\n😀é</text>"), "<text>a\ufffd\ufffd\ufffdb\ufffdc\ufffdd\t\n😀é</text>");
});

// Comparing --------------------------------------------------------------------

const poll = (task) => ({ ev: "poll", task, number: 1 });

test("two runs are compared by task and event, whatever the numbers", () => {
  const one = recordingOf([spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), poll("1"), poll("2")]);
  const other = recordingOf([spawn("0", "main"), spawn("1", "b"), spawn("2", "a"), poll("1"), poll("2"), done("2")]);
  const { differences, partners } = new Alignment(one, other);
  assert.deepEqual([...partners], [0, 2, 1, 4, 3]);
  assert.deepEqual(differences.map(({ kind }) => kind).sort(), ["comes in another order", "comes in another order", "only in the second"]);
  assert.equal(new Alignment(one, other).beside(4), 3);
  assert.equal(new Alignment(one, other).taskBeside("1"), "2");
  assert.deepEqual([1, 2, 3, 5, 99].map((step) => new Alignment(one, other).besideOther(step)), [2, 1, 4, 3, 3]);
  assert.deepEqual(new Alignment(one, one).differences, []);
});

test("the run of another executor is compared by the order of tasks alone", () => {
  const steps = [spawn("1", "a"), spawn("2", "b"), poll("1"), poll("2"), done("2")];
  const one = recordingOf([spawn("0", "main"), poll("0"), { ev: "keep", task: "0" }, ...steps]);
  const other = (steps) => recordingOf(steps.map((it) => ({ ...it, t: 5 })), { executor: "CPython 3.13.0", origin: 5 });
  assert.deepEqual(new Alignment(one, other(steps)).differences, []);
  const [a, b, first, second, end] = steps;
  const kinds = new Alignment(one, other([a, b, second, first, end])).differences.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["comes in another order"]);
});

test("a timer with a deadline and no place in the wheel is on a heap", () => {
  const recording = recordingOf([spawn("1", "a"), timer("0", "1", 900, null, null)]);
  assert.equal(recording.at(1).timer("0").where, "heap");
  assert.deepEqual(recording.at(1).waitingTimers().map(({ id }) => id), ["0"]);
});

const fire = (task) => ({ ev: "fire", task, timer: task, late: 0 });

/// The words for the first difference of two runs.
function differenceOf(one, other) {
  const [first, second] = [recordingOf(one), recordingOf(other)];
  return page.differenceWords(new Alignment(first, second), first, second);
}

test("where a clock was real, it is said that times and the loop's steps aren't compared", () => {
  const turn = (t) => ({ ev: "turn", t, batch: 1 });
  const words = (clock, one, other) => {
    const [first, second] = [one, other].map((steps) => recordingOf([spawn("0", "main"), ...steps], { clock }));
    const alignment = new Alignment(first, second);
    return [alignment.differences.length, page.samenessWords(alignment, first, second), page.leftOutWords(alignment)];
  };
  const leftOut = " A clock was real, so times and the loop's own steps (turns, parks, looks at the clock) aren't compared.";
  assert.deepEqual(words("real", [turn(1), turn(2)], [turn(5)]), [0, `The tasks do the same in both recordings, event for event.${leftOut}`, leftOut]);
  assert.deepEqual(words("virtual", [turn(1)], [turn(1)]), [0, "The two recordings are the same, event for event.", ""]);
});

/// What is said of two runs of which the second, or the first, lacks its end.
function comparedWithCut(steps, cut, clock = "virtual") {
  const [whole, part] = [recordingOf(steps, { clock }), recordingOf(cut, { clock, steps: steps.length })];
  const told = (one, other) => {
    const alignment = new Alignment(one, other);
    return alignment.differences.length === 0 ? page.samenessWords(alignment, one, other) : page.differenceWords(alignment, one, other);
  };
  return [told(whole, part), told(part, whole)];
}

test("what a recording lacks that is cut off is no difference", () => {
  const steps = [spawn("0", "main"), spawn("1", "a"), { ...poll("1"), t: 5 }, { ev: "turn_end", t: 5 }, { ...done("1"), t: 5 }];
  const unknown = (which, where) => `The ${which} is cut off ${where}: what its run did then isn't known.`;
  const same = "As far as both go, the two recordings are the same, event for event.";
  for (const [length, where] of [[3, "after step 2"], [0, "before its first step"]]) {
    assert.deepEqual(comparedWithCut(steps, steps.slice(0, length)), ["second", "first"].map((which) => `${same} ${unknown(which, where)}`));
  }
  const leftOut = / aren't compared\. The second is cut off after step 2: /;
  assert.match(comparedWithCut(steps, steps.slice(0, 3), "real")[0], leftOut);
});

test("a step that only one recording has comes before the other is cut off, or it is unknown", () => {
  const steps = [spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), poll("2"), done("2")];
  const cut = [steps[0], steps[2]];
  const [one, other] = comparedWithCut(steps, cut);
  assert.equal(one, "They differ first in step 1. In the first: main spawns a (Task-1). It gets slot 1. In the second: this doesn't happen before it is cut off.");
  assert.match(other, /^They differ first in step 1 of the second\. In the first: this doesn't happen before it is cut off\. In the second: /);
});

test("two runs that differ in the order are told of by what comes at the same moment", () => {
  const set = [spawn("1", "a"), spawn("2", "b"), timer("1", "1", 5, 0, 5), timer("2", "2", 5, 0, 5)];
  assert.equal(differenceOf([...set, fire("1"), fire("2")], [...set, fire("2"), fire("1")]),
    "They differ first in step 4, in the order. In the first: Timer 1 of a (set in step 2) fires. " +
    "In the second that comes in step 5, and here, in step 4: Timer 2 of b (set in step 3) fires.");
});

test("two runs that differ in a time are told of by both times", () => {
  const run = (t) => [spawn("1", "a"), { ...poll("1"), t }];
  assert.equal(differenceOf(run(5e6), run(7e6)),
    "They differ first in step 1, in the time: it comes at 5 ms, and in the second, in step 1, at 7 ms. " +
    "In the first: a is next in the batch: its poll 1 begins. In the second: a is next in the batch: its poll 1 begins.");
});

test("two runs that differ in what no sentence says are told of by the field", () => {
  const run = (at) => [{ ...spawn("1", "a"), at }];
  assert.equal(differenceOf(run("a.rs:1:1"), run("a.rs:2:1")),
    "They differ first in step 0, in what the sentence doesn't say (at): Task-0 spawns a (Task-1). It gets slot 1.");
});

test("the longest rising part leaves out as few as it can", () => {
  assert.deepEqual([...page.longestRise([3, 0, 1, -1, 2])].sort(), [1, 2, 4]);
  assert.deepEqual([...page.longestRise([])], []);
});

// Quiz, tree, wheel ------------------------------------------------------------

test("the right answer is among the choices, and they differ", () => {
  const recording = recordingOf([
    spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), { ev: "ready", task: "1", because: 1 }, { ev: "ready", task: "2", because: 2 },
    { ev: "turn", batch: 2 }, poll("1"), timer("0", "1", 900_000_000, 4, 53), poll("2"), { ev: "turn_end" },
  ]);
  const questions = page.questionsOf(recording, new Story(recording));
  assert.deepEqual(questions.map(({ kind }) => kind), ["next", "timer"]);
  for (const place of questions) {
    const { choices, right } = place.ask(recording, place);
    const keys = choices.map(({ key }) => key);
    assert.ok(keys.includes(right), `${right} of ${keys}`);
    assert.equal(new Set(keys).size, keys.length);
  }
});

const ORIGIN = 86_400_000_000_000;

/// The questions of a recording, with their choices.
function asked(recording) {
  return page.questionsOf(recording, new Story(recording)).map((place) => ({ ...place, ...place.ask(recording, place) }));
}

test("a question about a timer counts from where the recording began, as the sentences do", () => {
  const recording = recordingOf([spawn("1", "main"), { ...timer("0", "1", ORIGIN + 50_000_000, 4, 20), t: ORIGIN }], { origin: ORIGIN });
  const [{ words, because }] = asked(recording);
  assert.match(text(recording, words), /^The wheel's time is 0 s\. .* which is due at 50 ms\?$/);
  assert.match(text(recording, because), /^In nanoseconds, with the base 64, of the wheel's own time: 86,400 s where the recording began, its deadline/);
});

test("one is asked what becomes of the pending tasks, if it is the same for all of them", () => {
  const watch = [spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), spawn("3", "c"), { ev: "watch", watch: 1, by: "0" }, { ev: "what", watch: 1, what: "gather 3" },
    ...["1", "2", "3"].map((task, child) => ({ ev: "child", watch: 1, child, task, ended: false })), done("1"), { ev: "over", watch: 1, why: "child 0 (`a`) failed" }];
  const fate = (...steps) => asked(recordingOf([...watch, ...steps])).find(({ kind }) => kind === "rest")?.right;
  const cancel = (task, by) => ({ ev: "cancel", task, by });
  assert.equal(fate(done("2"), done("3")), "returned");
  assert.equal(fate(cancel("2", "0"), done("2", "cancelled"), cancel("3", "0"), done("3", "cancelled")), "cancelled");
  assert.equal(fate({ ev: "close" }, done("2", "cancelled"), done("3", "cancelled")), "left");
  assert.equal(fate(), "left");
  assert.equal(asked(recordingOf(watch, { steps: watch.length + 1 })).find(({ kind }) => kind === "rest"), undefined);
  assert.equal(fate(done("2"), cancel("3", null), done("3", "cancelled")), undefined);
  assert.equal(fate(cancel("2", "0"), done("3")), undefined);
  assert.equal(fate(done("2"), { ev: "close" }), undefined);
  assert.equal(fate(cancel("2", "3"), cancel("3", "0")), undefined);
  assert.equal(fate(done("2", "cancelled"), done("3", "cancelled")), undefined);
});

/// A gather of two tasks, of which the first ends in a turn.
const gathered = [
  spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), { ev: "watch", watch: 1, by: "0" }, { ev: "what", watch: 1, what: "gather 2" },
  { ev: "child", watch: 1, child: 0, task: "1", ended: false }, { ev: "child", watch: 1, child: 1, task: "2", ended: false },
  { ev: "turn", batch: 1 }, poll("1"), done("1"),
];
const told = (because) => [{ ev: "notice", watch: 1, child: 0, because }, { ev: "turn", batch: 1 }, { ev: "ask", watch: 1, child: 0 }, { ev: "met", watch: 1 }];
const resumed = (because) => [{ ev: "ready", task: "0", because }, { ev: "turn", batch: 1 }, poll("0")];

/// When the parent is polled, as the question about that has it.
function resumes(...steps) {
  const question = asked(recordingOf([...gathered, ...steps])).find(({ kind }) => kind === "resume");
  return question?.choices.find(({ key }) => key === question.right).words.join("");
}

test("one is asked when the end of a task brings its parent to run, which has several answers", () => {
  assert.equal(resumes(...told(9), ...resumed(12)), "two turns later");
  assert.equal(resumes(...resumed(9)), "in the next turn");
  const answer = { ev: "answer", watch: 1, child: 0, enough: false, why: "a value, so the wait goes on" };
  assert.equal(resumes(answer, { ev: "turn_end" }), "not because of this end");
});

test("one isn't asked when a parent is polled if another end, or something else, has woken it", () => {
  assert.equal(resumes(...told(9), ...resumed(8)), undefined);
  assert.equal(resumes(poll("0"), ...told(10), ...resumed(13)), undefined);
  assert.equal(resumes({ ...told(9)[0], child: 1 }, ...told(9).slice(1), ...resumed(12)), undefined);
});

test("one task that is pending is asked about as one", () => {
  const left = [...gathered, { ev: "over", watch: 1, why: "child 0 (`a`) failed" }];
  const { words, choices, because } = asked(recordingOf(left)).find(({ kind }) => kind === "rest");
  assert.equal(text(recordingOf(left), words), "b is pending when gather 2 fails. What happens to it?");
  assert.deepEqual(choices.map((it) => it.words.join("")), ["the parent cancels it", "it runs on to its end", "the combinator cancels it", "it waits until the executor ends"]);
  assert.match(text(recordingOf(left), because), /^Nobody cancels it, and it is still there/);
});

test("a function that may run next is called by its name", () => {
  const calls = (watch) => [{ ev: "watch", watch, by: null }, { ev: "calls", watch, function: "demo::tidy" }];
  const queue = [{ ev: "notice", watch: 1, child: 0, because: null }, { ev: "notice", watch: 2, child: 0, because: null }, { ev: "turn", batch: 2 }];
  const recording = recordingOf([spawn("0"), ...calls(1), ...calls(2), ...queue, { ev: "ask", watch: 1, child: 0 }]);
  const [{ choices, because }] = asked(recording);
  assert.deepEqual(choices.map((it) => text(recording, it.words)), ["Task-0", "the function demo::tidy of watch 1", "the function demo::tidy of watch 2"]);
  assert.match(text(recording, because), /^the function demo::tidy of watch 1 is the first of its batch/);
});

test("a task that is two children is named once among those that had ended", () => {
  const twice = gathered.map((it) => (it.ev === "child" ? { ...it, task: "1" } : it));
  const { because } = asked(recordingOf([...twice, { ev: "over", watch: 1, why: "all have ended" }])).find(({ kind }) => kind === "returns");
  assert.match(text(recordingOf(twice), because), /\. a had ended by then\.$/);
});

test("a task that is two children is counted once: in the quiz, on the card and in the tree", () => {
  const thrice = gathered.map((it) => (it.ev === "child" && it.child === 1 ? { ...it, task: "1" } : it));
  const third = { ev: "child", watch: 1, child: 2, task: "2" };
  const awaits = { ev: "awaits", task: "0", on: { watch: 1 }, at: null };
  const steps = thrice.flatMap((it) => (it.child === 1 ? [it, third, awaits] : [it]));
  const recording = recordingOf([...steps, { ev: "over", watch: 1, why: "child 0 (`a`) failed" }]);
  const { right, choices } = asked(recording).find(({ kind }) => kind === "returns");
  assert.equal(text(recording, choices.find(({ key }) => key === right).words), "1 done, 1 pending");
  const { doneCount, pendingCount, done } = recording.parted(recording.childrenOf(1), 3, recording.last, 9);
  assert.deepEqual([doneCount, pendingCount, ...done.map(({ task }) => task)], [1, 1, "1"]);
  const begun = steps.indexOf(awaits);
  const [main] = page.waitTree(recording, recording.at(begun)).below;
  assert.match(text(recording, main.below[0].words), /, of which 2 of 2 tasks are left$/);
});

test("the main future that is next is told with the step in which it joined the queue", () => {
  const recording = recordingOf([spawn("0", "main"), spawn("1", "a"), { ev: "ready", task: "0", because: 0 }, { ev: "ready", task: "1", because: 1 }, { ev: "turn", batch: 2 }, poll("0")]);
  const [{ because }] = asked(recording);
  assert.equal(text(recording, because), "main is the first of its batch, which joined the ready queue in step 2.");
});

test("two tasks of the same name are told apart where they are choices", () => {
  const recording = recordingOf([
    spawn("0", "main"), spawn("1", "a"), spawn("2", "a"), spawn("3", "b"), { ev: "ready", task: "1", because: 1 }, { ev: "ready", task: "2", because: 2 },
    { ev: "ready", task: "3", because: 3 }, { ev: "turn", batch: 3 }, poll("1"),
  ]);
  const [{ choices, because, whyNot }] = asked(recording);
  assert.deepEqual(choices.map((it) => text(recording, it.words)), ["main", "a (Task-1)", "a (Task-2)", "b"]);
  assert.match(text(recording, because), /^a \(Task-1\) is the first of its batch/);
  assert.equal(text(recording, whyNot(choices[2])), " a (Task-2) stands behind it in the batch.");
});

test("nobody is asked about a main future that there isn't", () => {
  const begun = [{ ev: "ready", task: "2", because: 0 }, { ev: "ready", task: "3", because: 1 }, { ev: "turn", batch: 2 }, poll("2")];
  const choicesOf = (steps) => asked(recordingOf(steps))[0].choices.map(({ key }) => key);
  assert.deepEqual(choicesOf([spawn("2", "a"), spawn("3", "b"), ...begun]), ["2", "3"]);
  assert.deepEqual(choicesOf([spawn("2", "a"), spawn("3", "b"), spawn("4", "main"), ...begun]), ["2", "3", "4"]);
});

/// A quiz about a recording, with the elements that it fills, and an app that goes where
/// it is told.
function quizOn(recording) {
  const elementOf = fakeElements();
  const app = {
    recording, story: new Story(recording), run: { element: elementOf("run") },
    goto(step) {
      this.step = step;
      this.moment = { recording, step, state: recording.at(step) };
      this.quiz.show(this.moment);
    },
    advance(step) {
      this.goto(Math.min(step, this.quiz.limit(this.step)));
    },
    refresh() {
      this.goto(this.step);
    },
  };
  app.quiz = new page.Quiz(app);
  return { app, elementOf };
}

/// A question about a turn, and one about a timer that is set at some time after it.
const twoQuestions = (between) => recordingOf([
  spawn("1", "a"), spawn("2", "b"), { ev: "ready", task: "1", because: 0 }, { ev: "ready", task: "2", because: 1 },
  { ev: "turn", batch: 2 }, poll("1"), ...between, timer("0", "1", 900_000_000, 4, 53), poll("2"), { ev: "turn_end" },
]);

test("a verdict doesn't stand under the next question", () => {
  const { app, elementOf } = quizOn(twoQuestions([{ ev: "note", task: "1", text: "so" }]));
  app.step = 4;
  app.quiz.toggle();
  app.quiz.answer("2");
  assert.match(elementOf("verdict").textContent, /^No: a is the first of its batch/);
  assert.equal(elementOf("quiz").dataset.verdict, "wrong");
  app.goto(6);
  assert.match(elementOf("question").textContent, /^The wheel's time is/);
  assert.equal(elementOf("verdict").textContent, "");
  assert.equal(elementOf("quiz").dataset.verdict, undefined);
});

test("where the next question comes at the step of a verdict, it waits until that is read", () => {
  const { app, elementOf } = quizOn(twoQuestions([]));
  app.step = 4;
  app.quiz.toggle();
  app.quiz.answer("1");
  assert.equal(app.step, 5);
  assert.match(elementOf("verdict").textContent, /^Right: /);
  assert.equal(elementOf("question").textContent, "Go on: the next question comes at this step.");
  app.quiz.answerNth(0);
  assert.match(elementOf("verdict").textContent, /^Right: /);
  elementOf("to-question").click();
  assert.match(elementOf("question").textContent, /^The wheel's time is/);
  assert.equal(elementOf("verdict").textContent, "");
});

test("tasks that wait for each other in a circle make no endless tree", () => {
  const waits = (task, on) => ({ ev: "awaits", task, on: { task: on }, at: null });
  const recording = recordingOf([spawn("0"), spawn("1"), spawn("2"), waits("1", "2"), waits("2", "1"), waits("0", "1")]);
  const { below } = page.waitTree(recording, recording.at(recording.last));
  assert.equal(below.length, 1);
  const [[toTwo]] = [below[0].below[0].below];
  assert.equal(toTwo.task, "2");
  assert.deepEqual(toTwo.below.map(({ task, below }) => [task, below.length]), [["1", 0]]);
});

test("the table of slots says what a watch is there for, as the tree does", () => {
  const steps = [spawn("0", "main"), { ev: "watch", watch: 1, by: "0" }, { ev: "awaits", task: "0", on: { watch: 1 }, at: null }];
  const waitsOf = (steps) => {
    const state = recordingOf(steps).at(steps.length - 1);
    return page.shortWaits(state.task("0"), state);
  };
  assert.equal(waitsOf(steps), "watch 1");
  assert.equal(waitsOf([...steps, { ev: "what", watch: 1, what: "gather 2" }]), "watch 1 (gather 2)");
});

test("of a gather in which a gather is the tree has the tasks, each once", () => {
  const section = { ev: "section", section: 1, what: "future `y`, a gather of 2", by: "0" };
  const members = ["1", "2", "1"].map((task) => ({ ev: "member", section: 1, task }));
  const recording = recordingOf([spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), section, ...members, { ev: "awaits", task: "0", on: { section: 1 }, at: null }]);
  const [main] = page.waitTree(recording, recording.at(recording.last)).below;
  const [gather] = main.below;
  assert.equal(text(recording, gather.words.flat().filter(Boolean)), "its future y, a gather of 2 (section 1), of which 2 of 2 tasks are left");
  assert.deepEqual(gather.below.map(({ task }) => task), ["1", "2"]);
});

test("who is woken waits no more: the tree says why it stands in the queue", () => {
  const awaits = (on) => ({ ev: "awaits", task: "1", on, at: null });
  const pending = { ev: "polled", task: "1", ready: false };
  const poll = { ev: "poll", task: "1", number: 1 };
  const recording = recordingOf([
    spawn("1", "a", null), spawn("2", "b", null), poll, awaits({ timer: "7" }), awaits({ task: "2" }), pending,
    { ev: "fire", timer: "7", task: "1", late: 0 }, { ev: "ready", task: "1", because: 6 },
    done("2"), poll, awaits({ timer: "7" }),
  ]);
  const nodeAt = (step) => {
    const { status, woken, below } = page.waitTree(recording, recording.at(step)).below[0];
    return [status, text(recording, woken), ...below.map((it) => it.task ?? text(recording, it.words))];
  };
  assert.deepEqual(nodeAt(6), ["waiting", "", "timer 7", "2"]);
  assert.deepEqual(nodeAt(7), ["queued", ", because its timer 7 fired (step 6)", "2"]);
  assert.deepEqual(nodeAt(8), ["queued", ", because its timer 7 fired (step 6)"]);
  assert.deepEqual(nodeAt(9), ["polled", ""]);
  assert.deepEqual(nodeAt(10), ["polled", "", "timer 7"]);
});

test("of a poll in which a task ends as cancelled the pane says the same as the sentence", () => {
  const poll = [spawn("1", "a"), { ev: "poll", task: "1", number: 2 }, { ev: "polled", task: "1", ready: false }];
  const nowAt = (steps, step) => {
    const recording = recordingOf(steps);
    const state = recording.at(step);
    const { work } = state;
    const lines = page.workLines(recording, state, work).map((it) => text(recording, it));
    return [page.WORK_NOTES[work.kind](work, state, recording), lines[0]];
  };
  const untimer = { ev: "untimer", timer: "3" };
  for (const [outcome, words] of [["cancelled", "ends as cancelled"], ["panicked", "panics"]]) {
    const steps = [...poll, untimer, done("1", outcome), { ev: "turn_end" }];
    assert.deepEqual(nowAt(steps, 1), ["running", "a is being polled, poll 2"]);
    for (const step of [2, 3, 4]) assert.deepEqual(nowAt(steps, step), [outcome, `a ${words}, poll 2`]);
  }
  const other = [...poll, { ev: "poll", task: "2", number: 1 }, done("1", "cancelled")];
  assert.deepEqual(nowAt(other, 2), ["pending", "a is pending, poll 2"]);
  assert.deepEqual(nowAt([spawn("1", "a"), poll[1], { ...poll[2], ready: true }, done("1")], 3), ["ready", "a is done, poll 2"]);
});

test("in the tree a task that ends as cancelled in its poll says so, and waits for nothing", () => {
  const recording = recordingOf([
    spawn("1", "a"), timer("3", "1", 900, 1, 14), { ev: "awaits", task: "1", on: { timer: "3" }, at: null }, { ev: "poll", task: "1", number: 2 },
    { ev: "awaits", task: "1", on: { timer: "3" }, at: null }, { ev: "polled", task: "1", ready: false }, done("1", "cancelled"),
  ]);
  const nodeAt = (step) => page.waitTree(recording, recording.at(step)).below.map(({ status, below }) => `${status} ${below.length}`);
  assert.deepEqual([2, 4, 5].map((step) => nodeAt(step)), [["new 1"], ["polled 1"], ["cancelled 0"]]);
});

test("the line that is lit says if it isn't the one that runs", () => {
  const poll = (number) => ({ ev: "poll", task: "1", number });
  const pending = { ev: "polled", task: "1", ready: false };
  const recording = recordingOf([
    spawn("0", "main"), { ...spawn("1", "a"), at: "a.py:21:5" }, poll(1), { ev: "print", task: "1", text: "hello", at: "a.py:12:5" },
    timer("0", "1", 900, 1, 14), { ev: "awaits", task: "1", on: { timer: "0" }, at: "a.py:13:5" }, pending, { ev: "ready", task: "1", because: null }, poll(2),
    { ev: "fail", task: "1", text: "no", at: "a.py:15:5" }, { ...pending, ready: true }, done("1"),
    { ev: "cancel", task: "1", by: "0", at: "a.py:31:5" }, { ev: "poll", task: "0", number: 1 },
  ]);
  const litAt = (step) => {
    const lit = page.placeToShow({ recording, step, state: recording.at(step), event: recording.steps[step], selected: null }, { "a.py": "" });
    return lit && `${lit.line} ${lit.how}`;
  };
  assert.deepEqual(recording.steps.map((_, step) => litAt(step)), [
    null, "21 ", "21 spawned here", "12 ", "13 ", "13 ", "13 is suspended here", "13 is suspended here", "13 goes on from here",
    "15 ", "15 was seen here last", "15 was seen here last", "31 ", "31 goes on from here",
  ]);
});

test("a timer stands on the level of the first digit that differs, in the list of that digit", () => {
  const [now, deadline] = [70_000_000, 80_000_000];
  const digits = (time) => [...Array(11).keys()].map((level) => page.cursorOn(level, time));
  const level = digits(now).findLastIndex((digit, at) => digit !== digits(deadline)[at]);
  assert.equal(level, 3);
  const recording = recordingOf([spawn("0"), timer("0", null, deadline, level, digits(deadline)[level])]);
  const state = recording.at(1);
  assert.match(text(recording, page.digitWords(state.timer("0"), state)), /on level 3\. Its digit there is 49, the bits 110001/);
});

test("the words beside the dials count from where the recording began", () => {
  const recording = recordingOf([spawn("1"), { ev: "advance", now: ORIGIN, started: [], moved: [], due: [] }, timer("0", null, ORIGIN + 50_000_000, 4, 20)], { origin: ORIGIN });
  const state = recording.at(2);
  assert.match(text(recording, page.digitWords(state.timer("0"), state)), /is due at 50 ms, and the time is 0 s\. /);
  assert.equal(page.ownTime(state), ", of the wheel's own time: 86,400 s where the recording began");
  assert.equal(page.ownTime({ origin: 0 }), "");
});

test("a child's mark on a card is a button, which is read out by the task's name", () => {
  fakeElements();
  const mark = page.dotButton(recordingOf([spawn("8", "coro 7")]).at(0), "8", { "data-role": "done" });
  assert.equal(mark.tagName, "button");
  assert.equal(mark.textContent, "7");
  assert.equal(mark.getAttribute("aria-label"), "coro 7 (Task-8)");
  assert.equal(mark.getAttribute("data-role"), "done");
  const spoken = (name) => page.dotButton(recordingOf([spawn("8", name)]).at(0), "8", {}).getAttribute("aria-label");
  assert.deepEqual(["saver", "work(12)", "main"].map(spoken), ["save: saver (Task-8)", "12: work(12) (Task-8)", "main (Task-8)"]);
});

test("the steps about a task are the same to the keys and to the log: those of its timer and its watch, too", () => {
  const recording = recordingOf([
    spawn("1", "a", null), spawn("2", "b", null), timer("7", "1", 900, 1, 14), { ev: "watch", watch: 3, by: "1" }, { ev: "what", watch: 3, what: "wait" },
    { ev: "untimer", timer: "7" }, { ev: "cancel", task: "2", by: "1" },
  ]);
  const filter = new LogFilter(recording, { task: "a" });
  const logged = [...recording.steps.keys()].filter((step) => filter.accepts(recording.steps[step], step));
  assert.deepEqual(logged, [0, 2, 3, 4, 5, 6]);
  const walked = [0];
  for (let step = 0; step !== undefined; step = recording.neighbour("1", step, true)) walked.push(step);
  assert.deepEqual(walked.slice(1), logged);
});

test("a row of the chart says what its task is at, from when to when, and by what that ends", () => {
  const recording = recordingOf([
    spawn("1", "a", null), { ev: "ready", task: "1", because: 0 }, poll("1"), timer("7", "1", 900, 1, 14), { ev: "awaits", task: "1", on: { timer: "7" }, at: null },
    { ev: "polled", task: "1", ready: false }, { ev: "fire", timer: "7", task: "1", late: 0, t: 900e6 }, { ev: "ready", task: "1", because: 6, t: 900e6 }, { ...poll("1"), t: 900e6 },
    { ...done("1"), t: 900e6 }, { ev: "turn_end", t: 900e6 },
  ]);
  const wordsAt = (step, until = Infinity) => text(recording, page.stretchWords(recording, "1", step, until));
  assert.equal(wordsAt(6), "a: waits for a timer, from step 5 (0 s) to step 7 (900 ms). Then: a joins the ready queue, because its timer 7 fired (step 6).");
  assert.match(wordsAt(2), /^a: polled, from step 2 \(0 s\) to step 5 \(0 s\)\. Then: The poll is over\. a goes back into its slot/);
  assert.match(wordsAt(10), /^a: ended in step 9 \(900 ms\)\. a has ended/);
  assert.equal(wordsAt(6, 6), "a: waits for a timer, from step 5 (0 s) to now, at least.");
  assert.deepEqual([wordsAt(8, 6), text(recording, page.stretchWords(recording, "2", 3, Infinity))], ["", ""]);
  const cutOff = recordingOf(recording.steps.slice(0, 7));
  assert.equal(text(cutOff, page.stretchWords(cutOff, "1", 6, Infinity)), "a: waits for a timer, from step 5 (0 s) to the end of the recording.");
});

test("the help explains the words that the page uses", () => {
  const glossary = html.slice(html.indexOf('id="glossary"'), html.indexOf("</table>", html.indexOf('id="glossary"')));
  const words = [...glossary.matchAll(/<th scope="row">([^<]+)<\/th>/g)].map(([, word]) => word);
  for (const word of ["poll", "batch", "handle", "inbox", "waker", "slack", "late", "detached", "1.2"]) assert.ok(words.includes(word), word);
});

test("a mark has the number of a name, or the first argument of a call", () => {
  fakeElements();
  const markOf = (name) => page.dotButton(recordingOf([spawn("8", name)]).at(0), "8", {}).textContent;
  const marks = { "coro 7": "7", "Task-8": "8", "work(12)": "12", "child('d', ..)": "d", "work(2).3": "2", "saver": "save" };
  for (const [name, mark] of Object.entries(marks)) assert.equal(markOf(name), mark);
});
