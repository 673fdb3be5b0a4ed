// What the sentences say of failures, answers, functions and sections.

import assert from "node:assert/strict";
import { test } from "node:test";

import { done, page, recordingOf, spawn, table, timer } from "./load.mjs";

const poll = (task, number = 1) => ({ ev: "poll", task, number });
const polled = (task, ready = true) => ({ ev: "polled", task, ready });

/// The sentences of all steps.
function told(steps, header) {
  const recording = recordingOf(steps, header);
  return recording.steps.map((_, step) => page.partsAsText(page.sentence(recording, step), recording.at(step)));
}

/// The sentence of the first step of a kind.
function toldOf(kind, steps) {
  return told(steps)[steps.findIndex(({ ev }) => ev === kind)];
}

test("a task has failed whether that is told before its end or after it", () => {
  const life = [spawn("0", "main"), spawn("1", "copy"), poll("1")];
  const fail = { ev: "fail", task: "1", text: "no disk" };
  for (const steps of [[...life, fail, polled("1"), done("1")], [...life, polled("1"), done("1"), fail]]) {
    assert.equal(toldOf("done", steps), "copy has failed: it ended with an error (in step 2), no disk.");
    const { failures, last } = recordingOf(steps);
    assert.deepEqual(failures, [{ task: "1", step: steps.findIndex(({ ev }) => ev === "done"), text: "no disk" }]);
    assert.equal(recordingOf(steps).at(last).task("1").failure.text, "no disk");
  }
});

test("a panic is a failure, and a cancellation is none", () => {
  const steps = [spawn("1"), spawn("2"), { ...done("1", "panicked"), text: "boom" }, done("2", "cancelled")];
  assert.deepEqual(recordingOf(steps).failures, [{ task: "1", step: 2, text: "boom" }]);
});

test("a combinator that gives an error to its parent doesn't return", () => {
  const gather = [spawn("0", "main"), { ev: "watch", watch: 3, by: "0" }, { ev: "what", watch: 3, what: "gather 2" }];
  const over = (why) => toldOf("over", [...gather, { ev: "over", watch: 3, why }]);
  assert.equal(over("child 1 (`a`) failed"), "The combinator with watch 3 (gather 2) ends for main with an error: child 1 (a) failed.");
  assert.equal(over("all have ended"), "The combinator with watch 3 (gather 2) returns to main: all have ended.");
});

/// A wait for two tasks, which has looked at the end of the first.
const waiting = (enough, why) => [
  spawn("0", "main"), spawn("1", "a"), { ev: "watch", watch: 3, by: "0" }, { ev: "what", watch: 3, what: "wait for 1" },
  { ev: "child", watch: 3, child: 0, task: "1", ended: false }, done("1"),
  { ev: "answer", watch: 3, child: 0, enough, why },
  { ev: "notice", watch: 3, child: 0, because: 5 }, { ev: "turn", batch: 1 }, { ev: "ask", watch: 3, child: 0 },
];

test("an answer is told with its reason when the child ends, and the notice refers to it", () => {
  const steps = waiting(true, "an error, so the wait is over");
  assert.equal(toldOf("answer", steps), "Watch 3 (wait for 1) looks at how a (child 0) has ended (step 5): an error, so the wait is over. A notice will tell main.");
  assert.equal(toldOf("ask", steps),
    "A notice is next in the batch (step 7): it tells main of the end of a (child 0), which has decided watch 3 (wait for 1) (step 6).");
  const met = [...steps, { ev: "met", watch: 3 }, { ev: "ready", task: "0", because: 9 }];
  assert.equal(toldOf("met", met), "The notice (step 9) has told main that the wait of watch 3 is over, so it is woken.");
  assert.match(toldOf("ready", met), /because the notice told it that the wait of watch 3 is over \(step 10\)/);
});

test("a condition that is asked a turn later has its answer told there", () => {
  const asked = waiting(false, "").filter(({ ev }) => ev !== "answer").map((it) => (it.because ? { ...it, because: 5 } : it));
  assert.match(toldOf("ask", asked), /asks its condition about a \(child 0\). No, so the wait goes on.$/);
  assert.match(toldOf("ask", [...asked, { ev: "met", watch: 3 }]), /about a \(child 0\). Yes.$/);
});

test("a notice of what was given up, or waited for before, is void", () => {
  const [gone, round] = [{ ev: "unwatch", watch: 3 }, { ev: "what", watch: 3, what: "wait for 1 again" }];
  const with_ = (step) => [...waiting(true, "").slice(0, -2), step, ...waiting(true, "").slice(-2)];
  assert.match(toldOf("ask", with_(gone)), /it is void, for watch 3 \(wait for 1\) was given up \(step 8\).$/);
  assert.match(told(with_(round)).at(-1), /it is void, for it dates from the wait before the one of watch 3/);
});

test("of a watch that has done its work nobody says that it was given up", () => {
  const gone = { ev: "unwatch", watch: 3 };
  const [over, notice, ask] = [{ ev: "over", watch: 3, why: "the time is up" }, { ev: "notice", watch: 3, child: 0, because: 5 }, { ev: "ask", watch: 3, child: 0 }];
  const wait = waiting(true, "").slice(0, -3);
  assert.match(told([...wait, gone, gone]).at(-1), /^Nothing is left of watch 3, which was given up \(step 7\)\.$/);
  assert.match(told([...wait, over, gone, gone]).at(-1), /^Nothing is left of watch 3, whose wait was over \(step 7\)\.$/);
  assert.equal(told([...wait, notice, over, gone, { ev: "turn", batch: 1 }, ask]).at(-1),
    "A notice is next in the batch (step 7): it is void, for the wait of watch 3 (wait for 1) was over (step 8).");
  const call = [{ ev: "watch", watch: 3, by: null }, { ev: "calls", watch: 3, function: "demo::tidy" }, notice, { ev: "turn", batch: 1 }];
  assert.equal(told([...call, ask, gone, gone]).at(-1), "Nothing is left of watch 3, which has called demo::tidy (step 4).");
  assert.match(told([...call, gone, ask, gone]).at(-1), /^Nothing is left of watch 3, which was given up \(step 4\)\.$/);
});

test("a function that is called has its name", () => {
  const steps = [
    spawn("1", "a"), { ev: "watch", watch: 3, by: null }, { ev: "calls", watch: 3, function: "demo::tidy" },
    { ev: "child", watch: 3, child: 0, task: "1", ended: false }, done("1"),
    { ev: "notice", watch: 3, child: 0, because: 4 }, { ev: "turn", batch: 1 }, { ev: "ask", watch: 3, child: 0 },
    { ev: "cancel", task: "1", by: null },
  ];
  assert.equal(toldOf("calls", steps), "Watch 3 is there to call demo::tidy, when a has ended.");
  assert.equal(toldOf("notice", steps), "A function joins the ready queue, demo::tidy, because a ended (step 4).");
  assert.equal(toldOf("ask", steps), "A function is next in the batch (step 5): demo::tidy is called.");
  assert.equal(toldOf("cancel", steps), "demo::tidy cancels a: it is asked to end.");
});

test("whoever takes a cancellation back is said, with how many others are left", () => {
  const uncancel = (left, by) => ({ ev: "uncancel", task: "1", left, by });
  const backOf = (...it) => toldOf("uncancel", [spawn("1", "a"), spawn("2", "b"), poll("2"), uncancel(...it)]);
  assert.equal(backOf(0, "1"), "a takes back a cancellation in a: no other is left.");
  assert.equal(backOf(1, "2"), "b takes back a cancellation in a: one other is left.");
  assert.equal(backOf(2, null), "Something outside takes back a cancellation in a: 2 others are left.");
});

test("whoever has ended a park is said: another thread or the time", () => {
  const [park, unpark] = [{ ev: "park", until: 9_000_000 }, (t = 5_000_000) => ({ ev: "unpark", t })];
  const request = { ev: "request", function: "demo::tidy" };
  const life = [spawn("1", "a"), park];
  assert.equal(toldOf("unpark", [...life, unpark(), { ev: "heard", task: "1" }]),
    "The thread runs again, as another thread wakes a. Else it would have parked until 9 ms.");
  assert.match(toldOf("unpark", [...life, unpark(), request]), /, as another thread asks for a call of demo::tidy\. Else/);
  assert.equal(toldOf("unpark", [...life, unpark(9_000_000)]), "The thread runs again, as the time is up: it parked until 9 ms.");
  assert.equal(toldOf("unpark", [...life, unpark()]), "The thread runs again, after it parked until 9 ms at the latest.");
  assert.equal(toldOf("unpark", [{ ...park, until: null }, unpark(), request]), "The thread runs again, as another thread asks for a call of demo::tidy.");
});

test("what another thread asks for is told of from the inbox to the call", () => {
  const steps = [
    { ev: "request", function: "demo::tidy" }, { ev: "watch", watch: 3, by: null }, { ev: "calls", watch: 3, function: "demo::tidy" },
    { ev: "notice", watch: 3, child: 0, because: 0 }, { ev: "watch", watch: 4, by: null },
  ];
  assert.deepEqual(told(steps), [
    "The inbox has a request from another thread: demo::tidy is to be called.",
    "Another thread begins watch 3, by which a function is called.",
    "Watch 3 is there to call demo::tidy, soon.",
    "A function joins the ready queue, demo::tidy, as another thread asked for it (step 0), to be called with the next batch.",
    "Something outside begins watch 4, to wait for others.",
  ]);
  assert.deepEqual(recordingOf(steps).at(1).heard, [{ function: "demo::tidy", step: 0 }]);
});

test("a park says by how much it outlasts the deadline, and a timer that is late for which one", () => {
  const set = [spawn("1", "a"), timer("3", "1", 8_600_000, 3, 3)];
  const park = { ev: "park", until: 9_000_000 };
  const fire = { ev: "fire", timer: "3", task: "1", late: 400_000 };
  assert.deepEqual(told([...set, park, fire], { slack: 1_000_000 }).slice(2), [
    "Nothing is ready: the thread parks until 9 ms, for timer 3 of a (set in step 1). That is due at 8.6 ms, and a park lasts longer by up to the slack, 1 ms.",
    "Timer 3 of a (set in step 1) fires, 400 µs late: it was due at 8.6 ms.",
  ]);
  assert.match(toldOf("park", [...set, { ...park, until: 8_600_000 }]), /for timer 3 of a \(set in step 1\)\.$/);
});

test("a timer of no task says whose limit it is, or which function it calls", () => {
  const set = [spawn("0", "main"), { ev: "section", section: 4, what: "timeout of 5ms", by: "0" }, timer("0", null, 5e6, 3, 3),
    { ev: "rings", timer: "0", function: "demo::ring" }];
  const fire = { ev: "fire", timer: "0", task: null, late: 0 };
  assert.equal(toldOf("fire", [...set, fire]), "Timer 0 (set in step 2), which calls demo::ring, fires.");
  const limited = [...set, { ev: "limit", section: 4, timer: "0" }, fire];
  assert.equal(toldOf("fire", limited), "Timer 0 (set in step 2), the limit of the timeout of 5ms (section 4) of main, fires.");
});

test("a section is told of from its beginning to its end", () => {
  const steps = [
    spawn("0", "main"), spawn("1", "a"), { ev: "section", section: 4, what: "task group", by: "0" },
    { ev: "member", section: 4, task: "1" }, poll("0"), { ev: "awaits", task: "0", on: { section: 4 }, at: null }, polled("0", false),
    { ev: "remark", section: 4, text: "`a` failed: what is left in it is cancelled" },
    { ev: "leave", section: 4, why: "it fails, as 1 in it failed" },
  ];
  assert.deepEqual(told(steps).slice(2), [
    "main begins a section of its work: task group (section 4).",
    "a is in the task group (section 4) of main.",
    "main is next in the batch: its poll 1 begins.",
    "In this poll main comes to wait for its task group (section 4).",
    "The poll is over. main goes back into its slot and waits for its task group (section 4).",
    "Task group (section 4) of main: a failed: what is left in it is cancelled.",
    "The task group (section 4) of main is over (begun in step 2): it fails, as 1 in it failed.",
  ]);
});

test("the chart knows sections within sections", () => {
  const section = (id) => ({ ev: "section", section: id, what: `timeout ${id}`, by: "0" });
  const leave = (id) => ({ ev: "leave", section: id, why: "the time was up" });
  const { sections } = recordingOf([spawn("0", "main"), section(1), section(2), leave(2), section(3), leave(3), leave(1), section(4)]);
  const seen = sections.get("0").map(({ section, depth, begun, left }) => [section, depth, begun, left]);
  assert.deepEqual(seen, [[1, 0, 1, 6], [2, 1, 2, 3], [3, 1, 4, 5], [4, 0, 7, null]]);
});

test("a program that is interpreted comes to its lines", () => {
  const steps = [spawn("1", "a"), { ev: "reach", task: "1", at: "turns.py:7:5" }, { ev: "reach", task: null, at: "turns.py:17:1" }, { ev: "reach", task: "1", at: null }];
  assert.deepEqual(told(steps).slice(1), ["a comes to line 7 of turns.py.", "The program comes to line 17 of turns.py.", "a comes to no further line."]);
  assert.equal(recordingOf(steps).at(1).task("1").at, "turns.py:7:5");
});

test("times count from where the recording began", () => {
  const [sentence] = told([{ ev: "jump", to: 86_400_005_000_000 }], { origin: 86_400_000_000_000 });
  assert.match(sentence, /the virtual clock jumps to 5 ms/);
});

test("a recording of the former format has functions, too", () => {
  const steps = [{ ev: "watch", watch: 3, by: null }, { ev: "what", watch: 3, what: "call a function" }];
  assert.equal(recordingOf(steps).at(1).watch(3).function, "a function");
});

test("a vacant slot doesn't say that nobody asked for the outcome, which may have been taken", () => {
  const steps = [spawn("1", "a"), done("1"), { ev: "detach", task: "1" }, { ev: "gone", task: "1" }];
  assert.equal(toldOf("detach", steps),
    "a has ended (step 1), and its last handle is gone now: its outcome was taken, or was dropped with the handle.");
  assert.equal(toldOf("gone", steps), "Slot 1 is vacant: a has ended (step 1), and its last handle is gone (step 2).");
  assert.equal(toldOf("detach", [spawn("1", "a"), { ev: "detach", task: "1" }]), "The last handle of a is gone. The task runs on, detached.");
});

test("a task that is marked ends without a poll, or is cancelled after the poll that it is in", () => {
  const [life, cancel, mark] = [[spawn("1", "a")], { ev: "cancel", task: "1", by: null }, { ev: "mark", task: "1" }];
  assert.equal(toldOf("mark", [...life, cancel, mark]),
    "a is marked as cancelled (step 1): when its turn comes it ends, without another poll.");
  assert.match(toldOf("mark", [...life, poll("1"), cancel, mark]), /: once this poll is over, the cancellation takes effect.$/);
});

test("a cancellation is passed on inward to where the future waits", () => {
  const steps = [spawn("1", "a"), poll("1"), timer("2", "1", 5e6, 3, 3), { ev: "awaits", task: "1", on: { timer: "2" }, at: null },
    polled("1", false), { ev: "cancel", task: "1", by: null }, { ev: "pass", task: "1", to: null }];
  assert.equal(toldOf("pass", steps),
    "The cancellation in a (step 5) is passed on inward, to the place in its own future that waits for timer 2 (set in step 2).");
});

test("a cancellation stops at a shield", () => {
  const steps = [spawn("1", "request"), spawn("2", "save"), { ev: "watch", watch: 3, by: "1" }, { ev: "child", watch: 3, child: 0, task: "2", ended: false },
    { ev: "what", watch: 3, what: "shield" }, { ev: "awaits", task: "1", on: { watch: 3 }, at: null }, { ev: "cancel", task: "1", by: null }, { ev: "pass", task: "1", to: null }];
  assert.equal(toldOf("pass", steps), "The cancellation in request (step 6) is passed on inward, to the shield that it waits for. There it stops: save isn't cancelled with it.");
  const late = [...steps.slice(0, -2), done("2", "cancelled"), ...steps.slice(-2)];
  assert.match(toldOf("pass", late), /is passed on inward, to the place in its own future that waits for watch 3/);
});

test("a task that is cancelled is woken because of that, whatever called or was polled", () => {
  const [group, ended] = [{ ev: "calls", watch: 3, function: "demo::cancel_all" }, { ev: "ask", watch: 3, child: 0 }];
  const called = [spawn("1", "a"), spawn("2", "b"), { ev: "watch", watch: 3, by: null }, group,
    { ev: "child", watch: 3, child: 0, task: "1", ended: false }, done("1"), { ev: "notice", watch: 3, child: 0, because: 5 },
    { ev: "turn", batch: 1 }, ended, { ev: "cancel", task: "2", by: null }, { ev: "mark", task: "2" }, { ev: "ready", task: "2", because: 8 }];
  assert.equal(toldOf("ready", called), "b joins the ready queue, because demo::cancel_all cancelled it (step 9).");
  const polling = [spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), poll("0"), { ev: "cancel", task: "1", by: "0" },
    { ev: "pass", task: "1", to: "2" }, { ev: "mark", task: "2" }, { ev: "ready", task: "2", because: 3 }];
  assert.equal(toldOf("ready", polling), "b joins the ready queue, because the cancellation in a was passed on to it (step 5).");
  assert.match(toldOf("ready", [...polling.slice(0, 4), { ev: "ready", task: "2", because: 3 }]), /because of a wake during the poll of main/);
});

test("whoever waits for a section is woken because of what that has just said", () => {
  const section = (id) => ({ ev: "section", section: id, what: "future `answer`", by: "1" });
  const steps = [spawn("0", "main"), spawn("1", "a"), section(4), section(5), poll("1"), { ev: "awaits", task: "1", on: { section: 4 }, at: null }, polled("1", false),
    poll("0"), { ev: "remark", section: 4, text: "it is complete" }, { ev: "ready", task: "1", because: 7 }];
  assert.equal(toldOf("ready", steps), "a joins the ready queue, because of its future answer (section 4), as it is complete (step 8).");
  const other = steps.map((it) => (it.ev === "remark" ? { ...it, section: 5 } : it));
  assert.match(toldOf("ready", other), /because of a wake during the poll of main \(step 7\)\.$/);
});

test("what a group cancels is cancelled by the group, whatever called or was polled, and its block too", () => {
  const steps = (by) => [
    spawn("0", "main"), spawn("1", "a"), spawn("2", "b"), { ev: "section", section: 4, what: "task group", by: "0" },
    { ev: "calls", watch: 3, function: "demo::child_has_ended" }, { ev: "turn", batch: 1 }, { ev: "ask", watch: 3, child: 0 },
    { ev: "remark", section: 4, text: "`a` failed: what is left in it is cancelled" },
    { ev: "cancel", task: "1", by }, { ev: "mark", task: "1" }, { ev: "ready", task: "1", because: 6 },
    { ev: "cancel", task: "2", by }, { ev: "ready", task: "2", because: 6 },
    { ev: "pass", task: "0", to: null }, { ev: "ready", task: "0", because: 6 },
  ];
  for (const by of [null, "0"]) {
    assert.deepEqual(told(steps(by)).filter((_, step) => [8, 10, 11, 12, 14].includes(step)), [
      "The task group (section 4) of main cancels a: it is asked to end.",
      "a joins the ready queue, because the task group (section 4) of main cancelled it (step 8).",
      "The task group (section 4) of main cancels b: it is asked to end.",
      "b joins the ready queue, because the task group (section 4) of main cancelled it (step 11).",
      "main joins the ready queue, because what is in its task group (section 4) was cancelled (step 7).",
    ]);
  }
  const paid = steps(null).map((it) => (it.ev === "remark" ? { ...it, text: "it is paid" } : it));
  assert.equal(told(paid)[8], "demo::child_has_ended cancels a: it is asked to end.");
  assert.match(told(paid)[14], /because demo::child_has_ended was called \(step 6\)\.$/);
});

test("a cancellation is told with the step that has asked for it", () => {
  const life = [spawn("1", "a"), spawn("2", "b"), { ev: "section", section: 4, what: "timeout of 3ms", by: "1" }, { ev: "cancel", task: "1", by: null }, poll("1"), polled("1", false)];
  const up = { ev: "remark", section: 4, text: "the time is up: what is in it is cancelled" };
  const [inward, caught] = [{ ev: "pass", task: "1", to: null }, { ev: "catch", task: "1" }];
  assert.match(toldOf("pass", [...life, up, inward]), /^The cancellation in a \(step 6\) is passed on inward/);
  assert.match(toldOf("catch", [...life, up, inward, poll("1", 2), caught]), /catches the cancellation \(step 6\)/);
  const paid = { ev: "remark", section: 4, text: "it is paid" };
  assert.match(toldOf("pass", [...life, paid, inward]), /^The cancellation in a \(step 3\)/);
  const passed = [...life, { ev: "pass", task: "1", to: "2" }, { ev: "mark", task: "2" }, done("2", "cancelled")];
  assert.match(toldOf("mark", passed), /^b is marked as cancelled \(step 6\)/);
  assert.equal(toldOf("done", passed), "b has ended as cancelled, as it was asked to (step 6).");
});

test("a task that was cancelled is woken because of that, also from outside, and after its own poll", () => {
  const [cancel, inward] = [(by) => ({ ev: "cancel", task: "1", by }), { ev: "pass", task: "1", to: null }];
  const ready = (because) => ({ ev: "ready", task: "1", because });
  assert.equal(toldOf("ready", [spawn("1", "a"), cancel(null), inward, ready(null)]),
    "a joins the ready queue, because something outside cancelled it (step 1).");
  assert.match(toldOf("ready", [spawn("1", "a"), ready(null)]), /because of something outside/);
  const own = [spawn("1", "a"), poll("1"), cancel("1"), { ev: "mark", task: "1" }, polled("1", false), { ev: "unmark", task: "1" }, inward, ready(1)];
  assert.equal(toldOf("ready", own), "a joins the ready queue, because it was cancelled (step 2).");
  assert.match(toldOf("ready", [spawn("1", "a"), poll("1"), ready(1)]), /because it asked for that in its own poll/);
});

test("a task whose future is dropped after its last poll has ended in that", () => {
  const life = [spawn("1", "a"), spawn("2", "b"), poll("1"), polled("1", false)];
  const dropped = [{ ev: "detach", task: "2" }, { ev: "gone", task: "2" }, done("1", "cancelled")];
  assert.equal(toldOf("polled", [...life, ...dropped]), "The poll is over: a ends as cancelled in it.");
  assert.match(toldOf("polled", [...life, poll("2"), ...dropped]), /^The poll is over\. a goes back into its slot/);
});

test("a task that is spawned at the end of another isn't spawned from outside", () => {
  const steps = [spawn("1", "a"), { ev: "turn", batch: 1 }, poll("1"), polled("1"), done("1"), { ...spawn("2", "b"), by: null }];
  assert.equal(told(steps).at(-1), "What reacts to the end of a spawns b (Task-2). It gets slot 2.");
  assert.match(told([...steps, { ev: "turn_end" }, { ...spawn("3", "c"), by: null }]).at(-1), /^c \(Task-3\) is spawned from outside/);
});

test("what happens between the turns of an interpreted program is done by the statement that runs them", () => {
  const header = { sources: { "a.py": "import asyncio\n  asyncio.run(main())\n" } };
  const reach = (task, at) => ({ ev: "reach", task, at });
  const cancel = { ev: "cancel", task: "1", by: null };
  const life = [reach(null, "a.py:2:1"), spawn("1", "a", null)];
  assert.equal(told(life, header)[1], "asyncio.run(main()) spawns a (Task-1). It gets slot 1.");
  const steps = [...life, reach("1", "a.py:1:1"), cancel, { ev: "ready", task: "1", because: null }];
  assert.equal(told(steps, header)[3], "asyncio.run(main()) cancels a: it is asked to end.");
  assert.equal(told(steps, header)[4], "a joins the ready queue, because asyncio.run(main()) cancelled it (step 3).");
  assert.equal(told(steps)[3], "The program cancels a: it is asked to end.");
});

test("a recording begins with the time of the timers, at which nobody has looked yet", () => {
  const look = { ev: "advance", now: 0, started: [], moved: [], due: [] };
  assert.deepEqual(told([look, look]), ["So far the time of the timers is 0 s.", "The loop looks at the clock: its time is 0 s. Nothing is due."]);
  assert.deepEqual(told([look], { origin: 7 }), ["So far the time of the timers is that of a look at the clock before this recording."]);
  assert.equal(told([{ ev: "turn", batch: 0 }, look])[1], "The loop looks at the clock: its time is 0 s. Nothing is due.");
});

test("each place of a template has a value, and each value a place", () => {
  const templates = [...Object.values(table.steps), ...Object.values(table.phrases)];
  const places = templates.flatMap((text) => [...text.matchAll(/\{([^}]*)\}/g)].map(([, place]) => place));
  assert.deepEqual([...new Set(places)].sort(), Object.keys(page.VALUES).sort());
});

test("a time has up to three digits after the point, as in the terminal", () => {
  const said = [0, 7, 1_500, 1_062_500, 2_000_400, 999_999_999, 1_234_000_000_000, -5_000_000].map(page.timeText);
  assert.deepEqual(said, ["0 s", "7 ns", "1.5 µs", "1.063 ms", "2 ms", "1,000 ms", "1,234 s", "-5 ms"]);
});

test("the one that is told of a wait's end is the task that is woken, or else a future within others", () => {
  const told = { ev: "met", watch: 3 };
  const byWhom = (next) => {
    const steps = [...waiting(true, "the last"), told, next];
    return ["answer", "ask", "met"].map((kind) => toldOf(kind, steps));
  };
  const ofOther = byWhom({ ev: "ready", task: "1", because: 9 });
  assert.match(ofOther[0], /A notice will tell a\.$/);
  assert.match(ofOther[1], /: it tells a of the end of a \(child 0\)/);
  assert.equal(ofOther[2], "The notice (step 9) has told a that the wait of watch 3 is over, so it is woken.");
  const ofNone = byWhom({ ev: "turn_end" });
  assert.match(ofNone[0], /A notice will tell the future that waits for this\.$/);
  assert.match(ofNone[2], /is over\. No task is woken by that: the future that waits for this goes on\.$/);
});

test("a combinator whose wait's end wakes no task returns to the future that waits for it, unless its parent is polled", () => {
  const over = (why, ...before) => told([...waiting(true, "the last"), { ev: "met", watch: 3 }, ...before, { ev: "over", watch: 3, why }]).at(-1);
  assert.match(over("all have ended"), /^The combinator with watch 3 \(wait for 1\) returns to the future that waits for this: all have ended \(step 10\)\.$/);
  assert.match(over("child 0 (`a`) failed"), / ends for the future that waits for this with an error: /);
  const [woken, turn] = [{ ev: "ready", task: "0", because: 9 }, { ev: "turn", batch: 1 }];
  assert.match(over("all have ended", woken, turn, poll("0")), / returns to main: /);
  assert.match(over("all have ended", turn, poll("0")), / returns to main: /);
});

test("a task has returned if somebody has looked at its value who tells of failures, and else is done", () => {
  const life = [spawn("0", "main"), spawn("1", "a"), poll("1"), polled("1"), done("1")];
  const isDone = /^a has ended: its future is done \(in step \d+\)\.$/;
  assert.match(toldOf("done", life), isDone);
  const watch = (kind) => [{ ev: "watch", watch: 3, by: "0" }, kind, { ev: "child", watch: 3, child: 0, task: "1", ended: false }];
  const [caller, combinator] = [{ ev: "calls", watch: 3, function: "f" }, { ev: "what", watch: 3, what: "wait for 1" }];
  const answer = { ev: "answer", watch: 3, child: 0, enough: true, why: "a value" };
  assert.match(toldOf("done", [...watch(caller), ...life]), isDone);
  assert.match(toldOf("done", [...watch(combinator), ...life]), isDone);
  const section = (what) => [{ ev: "section", section: 2, what, by: "0" }, { ev: "member", section: 2, task: "1" }];
  assert.match(toldOf("done", [...section("a transfer"), ...life]), isDone);
  const looked = [
    [...watch(combinator), ...life, answer], [...section("task group"), ...life],
    [{ ev: "reach", task: "1", at: "a.py:1:1" }, ...life],
    [...watch({ ev: "what", watch: 3, what: "gather 1" }), ...life, { ev: "over", watch: 3, why: "all have ended" }],
  ];
  for (const steps of looked) assert.match(toldOf("done", steps), /^a has ended: it returned \(in step \d+\)\.$/);
  const beside = { ev: "spawn", task: "2", name: "b", at: "a.rs:1:1", by: "0" };
  const teller = [beside, { ...life[1], at: "a.rs:1:1" }, { ev: "fail", task: "2", text: "no disk" }, ...life.slice(2)];
  assert.match(toldOf("done", teller), /: it returned /);
  assert.match(told(life, { executor: "CPython" }).at(-1), /: it returned /);
});

test("what acts from outside of a run is the program, where one is interpreted", () => {
  const life = [spawn("1", "a"), { ev: "reach", task: null, at: "a.py:9:1" }];
  assert.equal(told([...life, { ev: "cancel", task: "1", by: null }]).at(-1), "The program cancels a: it is asked to end.");
  assert.equal(told([...life, { ...spawn("2", "b"), by: null }]).at(-1), "The program spawns b (Task-2). It gets slot 2.");
});

test("a task whose section a called function has cancelled is woken because of that", () => {
  const steps = [
    spawn("0", "main"), { ev: "section", section: 4, what: "task group", by: "0" }, { ev: "watch", watch: 5, by: "0" },
    { ev: "calls", watch: 5, function: "child_has_ended" }, { ev: "turn", batch: 1 }, { ev: "ask", watch: 5, child: 0 },
    { ev: "remark", section: 4, text: "a failed: what is left in it is cancelled" }, { ev: "pass", task: "0", to: null },
  ];
  const ready = { ev: "ready", task: "0", because: 5 };
  assert.equal(told([...steps, ready]).at(-1), "main joins the ready queue, because what is in its task group (section 4) was cancelled (step 6).");
  assert.match(told([...steps, { ev: "poll", task: "0" }, ready]).at(-1), /because child_has_ended was called \(step 5\)/);
});

test("an exception that the loop doesn't catch is none of Rust's panics", () => {
  const end = { ...done("1", "panicked"), text: "task `x` (spawned at demo.rs:5:6) panicked: SystemExit" };
  const steps = [spawn("1", "x"), poll("1"), { ev: "reach", task: "1", at: "exit.py:9:1" }, polled("1"), end];
  assert.deepEqual(told(steps).slice(3), [
    "The poll is over: in it x raises an exception that the loop doesn't catch.",
    "x has failed: it raised SystemExit (in step 1), which the loop doesn't catch.",
  ]);
  assert.deepEqual(told(steps.filter(({ ev }) => ev !== "reach")).slice(2), [
    "The poll is over: x panics in it.",
    "x has ended by a panic (in step 1): task `x` (spawned at demo.rs:5:6) panicked: SystemExit.",
  ]);
});

test("what asyncio.run does at its end comes at the end of main only where main is done", () => {
  const calls = (watch, name, task) => [{ ev: "watch", watch, by: null }, { ev: "calls", watch, function: `asyncio_run::${name}` },
    ...(task ? [{ ev: "child", watch, child: 0, task, ended: false }] : [])];
  const life = [spawn("0", "the program"), spawn("1", "main"), spawn("2", "a"), ...calls(0, "stop_with_main", "1")];
  assert.match(told(life)[4], /, when main has ended\. By that asyncio\.run stops its loop at the end of main\.$/);
  const purpose = (...before) => told([...life, ...before, ...calls(7, "stop_after", "2")]).at(-2);
  assert.match(purpose(), /By that asyncio\.run waits, at the end of the run, for a task that it has cancelled\.$/);
  assert.match(purpose(done("2")), / at the end of the run, /);
  assert.match(purpose(done("1")), / at the end of main, /);
  assert.match(purpose(done("1"), spawn("3", "main"), ...calls(5, "stop_with_main", "3")), / at the end of the run, /);
});

test("what a task of an interpreted program awaits without saying so is a future", () => {
  const steps = [spawn("1", "a"), poll("1"), { ev: "keep", task: "1" }, polled("1", false)];
  const place = { ev: "reach", task: "1", at: "a.py:9:1" };
  assert.match(told(steps).at(-1), /waits for a wake by something that keeps its waker\.$/);
  assert.match(told([...steps.slice(0, 2), place, ...steps.slice(2)]).at(-1), /waits for a future that isn't done\.$/);
  assert.equal(toldOf("keep", [place, ...steps]), "Something keeps a clone of the waker of a, and can wake it from anywhere.");
  const kept = toldOf("keep", [...steps.slice(0, 2), place, ...steps.slice(2)]);
  assert.equal(kept, "The future that a awaits keeps the waker of a, to wake it when it is done.");
});
