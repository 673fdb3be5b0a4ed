//! Recordings: what they tell is what happened.

use std::cell::RefCell;
use std::collections::HashSet;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

use combinators::{
    Condition, FirstCompleted, FirstException, Group, Progress, Reason, Remote, Successes, TaskSet,
    as_completed, gather, interval, raising, remote, shield, task_group, timeout, to_thread, wait,
};
use executor::trace::{Recording, failed, note, printed};
use executor::{
    Alarm, Clock, Executor, JoinError, Schedule, Section, Task, Watch, Watcher, catch_cancel, now,
    sleep, spawn, yield_now,
};
use futures_lite::future::poll_once;
use proptest::prelude::*;
use serde_json::Value;
use wheelhouse_tests::{
    HOUR, Recorded, manual_executor, ms, panic_of, program_of, run_recorded, run_until_stalled,
    turns, virtual_executor,
};

/// The steps of a program on a virtual clock, as they are exported.
fn record<F: Future>(program: F) -> Vec<Value> {
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(program);
    steps(&executor.stop_recording())
}

fn steps(recording: &Recording) -> Vec<Value> {
    let lines = recording.to_json_lines();
    lines.lines().skip(1).map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
}

fn of_kind<'a>(steps: &'a [Value], kind: &str) -> Vec<&'a Value> {
    steps.iter().filter(|step| step["ev"] == kind).collect()
}

/// The one step of its kind.
fn the<'a>(steps: &'a [Value], kind: &str) -> &'a Value {
    let all = of_kind(steps, kind);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0]
}

/// The kind of the step that caused this one.
fn cause<'a>(steps: &'a [Value], step: &Value) -> &'a str {
    let because = step["because"].as_u64().expect("something in the run has caused it");
    steps[usize::try_from(because).unwrap()]["ev"].as_str().unwrap()
}

/// Why a task became ready, from time to time.
fn causes<'a>(steps: &'a [Value], task: &str) -> Vec<&'a str> {
    let ready = of_kind(steps, "ready").into_iter().filter(|step| step["task"] == task);
    ready.filter(|step| !step["because"].is_null()).map(|step| cause(steps, step)).collect()
}

/// The lines at which a task awaited something, each once.
fn lines(steps: &[Value], task: &str) -> Vec<u32> {
    let awaits = of_kind(steps, "awaits").into_iter().filter(|step| step["task"] == task);
    let mut lines: Vec<_> = awaits.map(|step| line_of(&step["at"])).collect();
    lines.dedup();
    lines
}

fn line_of(place: &Value) -> u32 {
    let place = place.as_str().expect("the place is known");
    let (file, rest) = place.split_once(':').unwrap();
    assert_eq!(file, file!());
    rest.split_once(':').unwrap().0.parse().unwrap()
}

// Places ----------------------------------------------------------------------------

#[test]
fn a_spawn_has_its_line() {
    let steps = record(async {
        drop(spawn(async {}));
    });
    assert_eq!(line_of(&of_kind(&steps, "spawn")[1]["at"]), line!() - 2);
}

#[test]
fn what_a_task_says_prints_and_cancels_has_its_line() {
    let first = line!();
    let steps = record(async {
        note("a remark");
        printed("a line");
        failed("no");
        let task = spawn(sleep(ms(1)));
        task.cancel();
        task.reference().cancel();
    });
    let kinds = ["note", "print", "fail", "cancel"].map(|it| of_kind(&steps, it));
    let relative: Vec<_> = kinds.iter().flatten().map(|it| line_of(&it["at"]) - first).collect();
    assert_eq!(relative, [2, 3, 4, 6, 7]);
}

/// Nor what acts for it in this library.
#[test]
fn who_says_of_another_task_that_it_has_failed_says_nothing_of_its_line() {
    let steps = record(async {
        let task = spawn(async {});
        yield_now().await;
        task.describe_failure(|| "no".into());
        drop([spawn(sleep(ms(1)))].into_iter().collect::<TaskSet<()>>());
    });
    let silent = [the(&steps, "fail"), the(&steps, "cancel")];
    assert_eq!(silent.map(|it| &it["at"]), [&Value::Null; 2]);
}

/// Of the await, or else of the call that made the future.
#[test]
fn an_await_has_its_line() {
    let first = line!();
    let steps = record(async {
        sleep(ms(1)).await;
        yield_now().await;
        let task = spawn(sleep(ms(1)));
        task.await.unwrap();
        let mut task = spawn(sleep(ms(1)));
        (&mut task).await.unwrap();
        let shared = spawn(sleep(ms(1))).shared();
        shared.await.unwrap();
        drop(wait([spawn(sleep(ms(1)))]).await);
        gather([sleep(ms(1))]).await.unwrap();
        gather([sleep(ms(1))]).return_exceptions().await;
        timeout(ms(5), sleep(ms(1))).await.unwrap();
        as_completed([sleep(ms(1))]).next().await;
    });
    let relative: Vec<_> = lines(&steps, "0").into_iter().map(|line| line - first).collect();
    assert_eq!(relative, [2, 3, 5, 7, 9, 10, 11, 12, 13, 14]);
}

// Causes ----------------------------------------------------------------------------

#[test]
fn a_task_is_ready_because_it_was_spawned_and_because_its_timer_fired() {
    let steps = record(async { drop(spawn(sleep(ms(1))).await) });
    assert_eq!(causes(&steps, "1"), ["spawn", "fire"]);
    assert_eq!(the(&steps, "fire")["timer"], the(&steps, "timer")["timer"]);
}

#[test]
fn a_task_is_ready_because_one_that_it_awaits_is_done() {
    let steps = record(async { drop(spawn(async {}).await) });
    assert_eq!(causes(&steps, "0"), ["spawn", "done"]);
}

#[test]
fn a_task_is_ready_because_a_watch_has_seen_enough() {
    let steps = record(async { drop(wait([spawn(async {})]).await) });
    assert_eq!(causes(&steps, "0"), ["spawn", "ask"]);
    assert_eq!(cause(&steps, the(&steps, "notice")), "done");
}

#[test]
fn a_task_is_ready_because_another_polled_it_awake_or_cancelled_it() {
    let steps = record(async {
        let task = spawn(sleep(ms(1)));
        yield_now().await;
        task.cancel();
        drop(task.await);
    });
    assert_eq!(causes(&steps, "1"), ["spawn", "mark"]);
    assert_eq!(causes(&steps, "0"), ["spawn", "poll", "done"]);
}

#[test]
fn a_task_is_ready_because_another_thread_woke_it() {
    let executor = Executor::new();
    executor.start_recording();
    executor.block_on(async {
        let (sender, receiver) = async_channel::bounded(1);
        let sending = std::thread::spawn(move || {
            std::thread::sleep(ms(1));
            sender.send_blocking(()).unwrap();
        });
        receiver.recv().await.unwrap();
        sending.join().unwrap();
    });
    let steps = steps(&executor.stop_recording());
    assert_eq!(causes(&steps, "0"), ["spawn", "heard"]);
    the(&steps, "keep");
    assert!(!of_kind(&steps, "park").is_empty());
    assert_eq!(of_kind(&steps, "park").len(), of_kind(&steps, "unpark").len());
}

#[test]
fn a_function_is_called_because_another_thread_has_asked_for_it() {
    let executor = Executor::new();
    executor.start_recording();
    executor.block_on(async {
        let remote = remote();
        to_thread(move || remote.spawn(|| async {}).unwrap().join().unwrap()).await;
    });
    let steps = steps(&executor.stop_recording());
    assert_eq!(the(&steps, "request")["function"], "Remote::spawn");
    assert_eq!(cause(&steps, of_kind(&steps, "notice")[0]), "request");
    assert_eq!(words(&steps, "calls", "function"), ["Remote::spawn", "remote::send_outcome"]);
}

/// Whoever turns the executor has.
#[test]
fn what_comes_from_outside_has_no_cause() {
    let executor = virtual_executor();
    executor.start_recording();
    let task = executor.spawn(sleep(ms(1)));
    let _ = executor.turn();
    task.cancel();
    let steps = steps(&executor.stop_recording());
    assert!(the(&steps, "cancel")["by"].is_null());
    assert!(the(&steps, "spawn")["by"].is_null());
}

// What happens -----------------------------------------------------------------------

#[test]
fn a_combinator_says_what_it_waits_for_and_why_it_returned() {
    let steps = record(async {
        let tasks = [3, 1, 2].map(|time| spawn(sleep(ms(time))).named(format!("sleep {time}")));
        let waited = wait(tasks).return_when(FirstCompleted).await;
        drop(wait(waited.pending).timeout(ms(1)).await);
        drop(gather([spawn(async { Err::<(), _>("no") }).named("bad")]).await);
        let late = spawn(sleep(ms(1))).named("late");
        late.cancel();
        drop(gather([late]).await);
    });
    let what: Vec<_> = of_kind(&steps, "what").iter().map(|it| it["what"].clone()).collect();
    assert_eq!(
        what,
        [
            "wait for 3 until FirstCompleted",
            "wait for 2 until AllCompleted",
            "gather 1",
            "gather 1"
        ]
    );
    let why: Vec<_> = of_kind(&steps, "over").iter().map(|it| it["why"].clone()).collect();
    let first = ["met by child 1 (`sleep 1`)", "the time is up"];
    let gathers = ["child 0 (`bad`) failed", "child 0 (`late`) was cancelled"];
    assert_eq!(why, [first, gathers].concat());
}

#[test]
fn a_function_that_is_called_at_the_end_is_told_of_like_a_watch() {
    let steps = record(async {
        let task = spawn(sleep(ms(1)));
        task.on_done(|| {});
        task.await.unwrap();
    });
    let watch = &the(&steps, "watch")["watch"];
    let name = "recording::a_function_that_is_called_at_the_end_is_told_of_like_a_watch";
    assert_eq!(the(&steps, "calls")["function"], name);
    assert_eq!(the(&steps, "child")["task"], "1");
    assert_eq!((&the(&steps, "ask")["watch"], &the(&steps, "unwatch")["watch"]), (watch, watch));
}

#[test]
fn a_function_that_is_given_up_is_told_of_before_its_turn() {
    let steps = record(async {
        drop(Alarm::soon(|| unreachable!("it was given up")));
        turns(2).await;
    });
    let kinds = steps.iter().map(|it| it["ev"].as_str().unwrap());
    let told: Vec<_> = kinds.filter(|it| ["calls", "unwatch", "ask"].contains(it)).collect();
    assert_eq!(told, ["calls", "unwatch", "ask", "unwatch"]);
}

#[test]
fn a_cancellation_is_told_of_from_the_request_to_the_end() {
    let steps = record(async {
        let inner = spawn(sleep(ms(9)));
        let outer = spawn(async { inner.await.unwrap() });
        turns(2).await;
        outer.cancel();
        drop(outer.await);
    });
    let pass = the(&steps, "pass");
    assert_eq!((&pass["task"], &pass["to"]), (&"2".into(), &"1".into()));
    assert_eq!(the(&steps, "mark")["task"], "1");
    assert_eq!(the(&steps, "unwind")["task"], "1");
    assert_eq!(the(&steps, "untimer")["timer"], the(&steps, "timer")["timer"]);
    let done: Vec<_> = of_kind(&steps, "done").iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(done, ["cancelled", "cancelled", "returned"]);
}

#[test]
fn a_cancellation_that_a_scope_catches_is_told_of() {
    let steps = record(async {
        let task = spawn(async { catch_cancel(sleep(ms(9))).await.is_err() });
        turns(2).await;
        task.cancel();
        assert!(task.await.unwrap());
    });
    assert_eq!(the(&steps, "catch")["task"], "1");
    assert_eq!(of_kind(&steps, "done")[0]["outcome"], "returned");
}

/// The requests that are taken back: of which task, by whom, and how many are left.
fn taken_back(steps: &[Value]) -> Vec<(Value, Value, Value)> {
    let told = of_kind(steps, "uncancel").into_iter();
    told.map(|it| (it["task"].clone(), it["by"].clone(), it["left"].clone())).collect()
}

#[test]
fn a_request_that_is_taken_back_is_told_of_with_how_many_are_left() {
    let steps = record(async {
        let task = spawn(catch_cancel(sleep(ms(9))));
        turns(2).await;
        task.cancel();
        task.cancel();
        let left = [2, 1, 0].map(|_| task.reference().uncancel());
        assert_eq!(left, [1, 0, 0], "the last time there was nothing to take back");
        drop(task.await);
    });
    let expected = [1, 0].map(|left| ("1".into(), "0".into(), left.into()));
    assert_eq!(taken_back(&steps), expected);
}

#[test]
fn a_timeout_is_said_to_take_its_own_request_back_when_it_has_caught() {
    let steps = record(async { assert!(timeout(ms(1), sleep(ms(9))).await.is_err()) });
    assert_eq!(taken_back(&steps), [("0".into(), "0".into(), 0.into())]);
    let kinds = steps.iter().map(|it| it["ev"].as_str().unwrap());
    let told: Vec<_> = kinds.filter(|it| ["catch", "uncancel", "leave"].contains(it)).collect();
    assert_eq!(told, ["catch", "uncancel", "leave"]);
}

#[test]
fn a_set_says_once_what_is_awaited_of_it() {
    let steps = record(async {
        let set = TaskSet::new();
        set.spawn(turns(1));
        set.spawn(turns(1));
        while set.next().await.is_some() {}
    });
    assert_eq!(words(&steps, "what", "what"), ["the next of a set"]);
}

#[test]
fn a_panic_has_its_words() {
    let steps = record(async { drop(spawn(async { panic!("boom") }).await) });
    let panicked = &of_kind(&steps, "done")[0];
    assert_eq!(panicked["outcome"], "panicked");
    assert!(panicked["text"].as_str().unwrap().contains("boom"));
}

#[test]
fn a_panic_of_the_main_future_has_its_words() {
    let executor = virtual_executor();
    executor.start_recording();
    panic_of(|| executor.block_on(async { panic!("boom") }));
    let steps = steps(&executor.stop_recording());
    let done = the(&steps, "done");
    assert_eq!((&done["outcome"], &done["text"]), (&"panicked".into(), &"boom".into()));
}

// Failures and answers ------------------------------------------------------------------

/// Fails if it is told to, after so many milliseconds.
async fn work(time: u64, error: Option<&'static str>) -> Result<u64, &'static str> {
    sleep(ms(time)).await;
    error.map_or(Ok(time), Err)
}

/// The tasks that have failed, each with the reason.
fn failures(steps: &[Value]) -> Vec<String> {
    let texts = of_kind(steps, "fail").into_iter();
    texts
        .map(|it| format!("{}: {}", it["task"].as_str().unwrap(), it["text"].as_str().unwrap()))
        .collect()
}

/// The words of all steps of a kind.
fn words<'a>(steps: &'a [Value], kind: &str, field: &str) -> Vec<&'a str> {
    of_kind(steps, kind).iter().map(|it| it[field].as_str().unwrap()).collect()
}

#[test]
fn who_looks_at_an_error_says_that_its_task_has_failed() {
    let failing = || spawn(work(1, Some("no disk")));
    let by_wait = record(async { drop(wait([failing()]).return_when(FirstException).await) });
    let by_gather = record(async { drop(gather([failing()]).await) });
    let by_results = record(async { drop(gather([failing()]).return_exceptions().await) });
    let by_itself = record(async { drop(spawn(raising(work(1, Some("no disk")))).await) });
    let by_group = record(async {
        drop(task_group(async |group| drop(group.spawn(work(1, Some("no disk"))))).await);
    });
    let by_task = record(async {
        drop(spawn(async { executor::trace::failed("no disk") }).await);
    });
    for steps in [by_wait, by_gather, by_results, by_itself, by_group, by_task] {
        assert_eq!(failures(&steps), ["1: no disk"]);
    }
}

#[test]
fn a_failure_is_told_of_once() {
    let steps = record(async {
        let task = spawn(raising(work(1, Some("no disk"))));
        let waited = wait([task]).return_when(FirstException).await;
        drop(gather(waited.done).return_exceptions().await);
    });
    assert_eq!(failures(&steps), ["1: no disk"]);
}

/// The text of an error is known where its type is one that has texts for sure.
#[test]
fn an_error_without_a_text_is_told_of_by_its_type() {
    struct Odd;
    let steps = record(async { drop(gather([async { Err::<(), _>(Odd) }]).await) });
    assert_eq!(failures(&steps), ["1: Odd"]);
}

#[test]
fn an_error_whose_text_panics_has_failed_its_task_all_the_same() {
    struct Bad;
    impl std::fmt::Display for Bad {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no text")
        }
    }
    let steps = record(async {
        drop(task_group(async |group| drop(group.spawn(async { Err::<(), _>(Bad) }))).await);
    });
    let told = failures(&steps);
    assert!(told[0].starts_with("1: the reason can't be told"), "{told:?}");
}

/// Words of foreign code, which is asked for them only because somebody records the run.
#[test]
fn words_that_panic_are_nothing_to_the_run() {
    struct Speechless;
    impl Condition<()> for Speechless {
        fn is_met(&mut self, _: Progress, _: &Result<(), JoinError>) -> bool {
            true
        }

        fn failure(&self, _: &Result<(), JoinError>) -> Option<String> {
            panic!("no words")
        }
    }
    impl Watcher for Speechless {
        fn ended(&self, _: u32) -> bool {
            true
        }

        fn describe_end(&self, _: u32) -> Option<String> {
            panic!("no words")
        }
    }
    let steps = record(async {
        let waited = wait([spawn(async {})]).return_when(Speechless).await;
        assert_eq!(waited.reason, Reason::Met(0));
        let watch = Watch::new(Rc::new(Speechless));
        watch.add(&spawn(async {}), 0);
        poll_fn(|cx| watch.poll_met(cx)).await;
    });
    assert_eq!(words(&steps, "answer", "why"), ["an error, so the wait is over"]);
}

#[test]
fn a_condition_is_told_of_with_each_of_its_answers() {
    let steps = record(async {
        let tasks = [(1, None), (2, Some("no disk")), (3, None)];
        let waited = wait(tasks.map(|(time, error)| spawn(work(time, error))));
        drop(waited.return_when(FirstException).await);
    });
    let answers = of_kind(&steps, "answer");
    assert_eq!(
        words(&steps, "answer", "why"),
        ["a value, so the wait goes on", "an error, so the wait is over"]
    );
    let enough: Vec<_> = answers.iter().map(|it| it["enough"].as_bool().unwrap()).collect();
    assert_eq!(enough, [false, true]);
    assert_eq!(the(&steps, "notice")["child"], answers[1]["child"]);
}

#[test]
fn a_condition_that_can_t_be_met_any_more_says_so() {
    let steps = record(async {
        let tasks = [1, 2, 3].map(|time| spawn(work(time, Some("no"))));
        drop(wait(tasks).return_when(Successes(2)).await);
    });
    let why = words(&steps, "answer", "why");
    assert_eq!(
        why,
        ["an error, so the wait goes on", "an error, so the condition can't be met any more"]
    );
}

#[test]
fn a_cancellation_and_a_panic_are_told_of_as_such() {
    let steps = record(async {
        let tasks = [spawn(pending::<()>()), spawn(async { panic!("boom") })];
        tasks[0].cancel();
        drop(wait(tasks).return_when(FirstException).await);
    });
    let why = words(&steps, "answer", "why");
    assert_eq!(why, ["a cancellation, so the wait goes on", "a panic, so the wait is over"]);
    assert_eq!(failures(&steps), [""; 0]);
}

// Sections --------------------------------------------------------------------------------

/// The steps of sections in a few words.
fn sections(steps: &[Value]) -> Vec<String> {
    let told = steps.iter().filter_map(|it| {
        let rest = match it["ev"].as_str()? {
            "section" => &it["what"],
            "member" => &it["task"],
            "remark" => &it["text"],
            "leave" => &it["why"],
            _ => return None,
        };
        Some(format!("{}: {}", it["ev"].as_str()?, rest.as_str()?))
    });
    told.collect()
}

#[test]
fn a_task_group_is_told_of_with_its_tasks_and_what_becomes_of_them() {
    let steps = record(async {
        let group = task_group(async |group| {
            drop(group.spawn(work(1, Some("no disk"))).named("bad"));
            drop(group.spawn(work(9, None)));
        });
        drop(group.await);
    });
    let expected = [
        "section: task group",
        "member: 1",
        "member: 2",
        "remark: `bad` failed: what is left in it is cancelled",
        "leave: it fails, as 1 in it failed",
    ];
    assert_eq!(sections(&steps), expected);
    assert_eq!(the(&steps, "section")["by"], "0");
    let waits = of_kind(&steps, "awaits").into_iter().any(|it| it["on"]["section"].is_u64());
    assert!(waits, "the parent waits for the group");
}

#[test]
fn a_group_says_how_it_came_to_its_end() {
    let ends = async |act: fn(&Group)| {
        drop(task_group(async |group| act(&group)).await);
    };
    let stopped = record(ends(Group::stop));
    assert_eq!(
        sections(&stopped)[1..],
        ["remark: it was stopped: what is left in it is cancelled", "leave: all in it have ended"]
    );
    let failed = record(async { drop(task_group(async |_| Err::<(), _>("no")).await) });
    assert_eq!(
        sections(&failed)[1..],
        [
            "remark: its block failed: what is left in it is cancelled",
            "leave: it fails, as 1 in it failed"
        ]
    );
    let cancelled = record(async {
        let task = spawn(async { drop(task_group(async |_| pending::<()>().await).await) });
        turns(1).await;
        task.cancel();
        drop(task.await);
    });
    assert_eq!(
        sections(&cancelled)[1..],
        [
            "remark: its block was cancelled: what is left in it is cancelled",
            "leave: it was cancelled"
        ]
    );
}

#[test]
fn a_timeout_is_told_of_with_its_timer_and_whether_the_time_was_up() {
    let steps = record(async { assert!(timeout(ms(2), sleep(ms(9))).await.is_err()) });
    let expected = [
        "section: timeout of 2ms",
        "remark: the time is up: what is in it is cancelled",
        "leave: the time was up",
    ];
    assert_eq!(sections(&steps), expected);
    assert_eq!(the(&steps, "limit")["timer"], the(&steps, "fire")["timer"]);
    let rings = the(&steps, "rings");
    assert_eq!(
        (&rings["timer"], &rings["function"]),
        (&the(&steps, "fire")["timer"], &"timeout::time_is_up".into())
    );

    let in_time = record(async { assert!(timeout(ms(9), sleep(ms(2))).await.is_ok()) });
    assert_eq!(sections(&in_time)[1..], ["leave: its future has ended in time"]);
    let stubborn = record(async {
        let stays = async { catch_cancel(sleep(ms(9))).await.map_err(|_| "E1") };
        assert_eq!(timeout(ms(2), stays).await, Ok(Err("E1")));
    });
    let late = "leave: its future has ended after the time was up, and its outcome counts";
    assert_eq!(sections(&stubborn).last().unwrap(), late);
    let given_up = record(async {
        let mut limited = Box::pin(timeout(ms(9), sleep(ms(2))));
        poll_fn(|cx| Poll::Ready(limited.as_mut().poll(cx).is_pending())).await;
    });
    assert_eq!(sections(&given_up)[1..], ["leave: it is given up"]);
}

#[test]
fn a_scope_is_told_of_and_whether_it_has_caught() {
    let steps = record(async {
        let task = spawn(async {
            assert!(catch_cancel(sleep(ms(1))).await.is_ok());
            assert!(catch_cancel(sleep(ms(9))).await.is_err());
            drop(catch_cancel(async {}));
        });
        sleep(ms(2)).await;
        task.cancel();
        task.await.unwrap();
    });
    let told = sections(&steps);
    let (begun, caught) = ("section: catch_cancel", "leave: it has caught");
    assert_eq!(told, [begun, "leave: its future has ended", begun, caught]);
}

fn a_function() {}

#[test]
fn a_function_on_another_thread_is_told_of_until_it_has_returned() {
    let line = line!() + 1;
    let steps = record(async { to_thread(|| ()).await });
    let section = format!("section: to_thread of the closure in line {line} of {}", file!());
    assert_eq!(sections(&steps), [&section, "leave: the function has returned"]);
    let named = record(async { to_thread(a_function).await });
    assert_eq!(sections(&named)[0], "section: to_thread of `recording::a_function`");
}

#[test]
fn a_function_whose_await_is_given_up_is_said_to_run_on_in_its_thread() {
    let (begin, has_begun) = mpsc::channel();
    let (open, gate) = mpsc::channel::<()>();
    let steps = record(async {
        let mut function = to_thread(move || (begin.send(()), gate.recv().is_ok()));
        assert!(poll_once(&mut function).await.is_none());
        has_begun.recv().unwrap();
        drop(function);
    });
    drop(open);
    let last = "leave: it is given up, and the function runs on in its thread";
    assert_eq!(sections(&steps).last().unwrap(), last);
}

/// The ends of the sections that are remote tasks, in a run to whose executor another thread has
/// a handle.
fn ends_of_remote_tasks(elsewhere: impl FnOnce(Remote) + Send + 'static) -> Vec<String> {
    let executor = Executor::new();
    executor.start_recording();
    executor.block_on(async {
        let remote = remote();
        let thread = thread::Builder::new().name("stranger".into());
        let thread = thread.spawn(move || elsewhere(remote)).unwrap();
        to_thread(move || thread.join().unwrap()).await;
    });
    let told = sections(&steps(&executor.stop_recording()));
    told.into_iter().filter(|it| it.starts_with("leave: ") && it.contains("outcome")).collect()
}

#[test]
fn the_thread_that_joins_a_remote_task_is_said_to_get_its_outcome() {
    let joins = "leave: the thread `stranger`, which joins it, gets its outcome";
    // Sometimes the task has ended before the thread joins it.
    let mut ends = std::iter::repeat_with(|| {
        ends_of_remote_tasks(|remote| {
            let task = remote.spawn(|| async { sleep(ms(5)).await });
            task.unwrap().join().unwrap();
        })
    });
    assert!(ends.any(|it| it == [joins]));
}

#[test]
fn a_remote_task_says_what_becomes_of_its_outcome_if_nobody_waits() {
    let dropped = ends_of_remote_tasks(|remote| {
        drop(remote.spawn(|| async {}).unwrap());
        remote.spawn(|| async {}).unwrap().join().unwrap();
    });
    assert_eq!(dropped[0], "leave: its handle is gone, so its outcome is dropped");
}

#[test]
fn who_awaits_a_remote_task_waits_for_it_by_its_place() {
    let executor = Executor::new();
    executor.start_recording();
    let line = executor.block_on(async {
        let remote = remote();
        let (line, task) = (line!(), remote.spawn(|| async { sleep(ms(1)).await }).unwrap());
        task.await.unwrap();
        line
    });
    let awaited = format!("section: remote task that was spawned in line {line} of {}", file!());
    let told = sections(&steps(&executor.stop_recording()));
    let expected = [
        awaited.as_str(),
        "section: remote task",
        "member: 1",
        "leave: who awaits it gets its outcome",
        "leave: it has ended",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_function_from_another_thread_has_its_name() {
    let executor = virtual_executor();
    let remote = executor.block_on(async { remote() });
    executor.start_recording();
    drop(remote.spawn(|| async {}).map_err(drop));
    run_until_stalled(&executor);
    let steps = steps(&executor.stop_recording());
    assert!(words(&steps, "calls", "function").contains(&"Remote::spawn"));
}

#[test]
fn a_remote_task_has_the_place_of_the_line_that_asked_for_it() {
    let executor = virtual_executor();
    let remote = executor.block_on(async { remote() });
    executor.start_recording();
    let line = line!() + 1;
    drop(remote.spawn(|| async {}).map_err(drop));
    run_until_stalled(&executor);
    let steps = steps(&executor.stop_recording());
    let place = format!("{}:{line}:17", file!());
    assert_eq!(words(&steps, "spawn", "at"), [place]);
}

/// A section tells nothing of a run in which it isn't recorded, and calls no function.
#[test]
fn a_section_that_is_not_recorded_makes_no_words() {
    let executor = virtual_executor();
    executor.block_on(async {
        let section = Section::begin(|| unreachable!("nobody records this"));
        section.remark(|| unreachable!("nor this"));
    });
}

/// 20 ms is 20,000,000 ns: its highest digit stands on level 4.
#[test]
fn a_timer_comes_down_the_levels() {
    let steps = record(async {
        let near = spawn(sleep(ms(19)));
        sleep(ms(20)).await;
        near.await.unwrap();
    });
    let timers: Vec<_> = of_kind(&steps, "timer").iter().map(|it| it["level"].clone()).collect();
    assert_eq!(timers, [4, 4]);
    let moved =
        of_kind(&steps, "advance").into_iter().find(|it| it["moved"] != Value::Array(vec![]));
    let moved = &moved.expect("the later one moves when the earlier one fires")["moved"][0];
    assert_eq!(moved["from"][0], 4);
    assert_eq!(moved["level"], 3);
}

#[test]
fn a_remark_stands_where_it_was_made() {
    let steps = record(async {
        executor::trace::note("before");
        yield_now().await;
        executor::trace::note("after");
    });
    let notes: Vec<_> = of_kind(&steps, "note").iter().map(|it| it["text"].clone()).collect();
    assert_eq!(notes, ["before", "after"]);
}

#[test]
fn what_the_program_prints_stands_there_too() {
    let steps = record(async {
        drop(spawn(async { executor::trace::printed("hello") }).await);
    });
    let print = the(&steps, "print");
    assert_eq!((&print["text"], &print["task"]), (&"hello".into(), &"1".into()));
}

/// Its time is that of the steps, and it never jumps.
#[test]
fn a_manual_clock_is_recorded_as_a_virtual_one_that_is_late() {
    let executor = manual_executor();
    executor.start_recording();
    drop(executor.spawn(sleep(ms(5))));
    run_until_stalled(&executor);
    executor.advance(ms(7));
    run_until_stalled(&executor);
    let recording = executor.stop_recording();
    let lines = recording.to_json_lines();
    let header: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(header["clock"], "virtual");
    let steps = steps(&recording);
    assert!(of_kind(&steps, "jump").is_empty());
    assert_eq!(the(&steps, "fire")["late"], 2_000_000);
    assert_eq!(the(&steps, "done")["t"], 7_000_000);
}

/// Both what was given and what is on the disk.
#[test]
fn the_header_has_the_sources() {
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(yield_now());
    let recording = executor.stop_recording().titled("a yield").with_source(file!(), "its text");
    let lines = recording.to_json_lines();
    let header: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(header["title"], "a yield");
    assert_eq!(header["clock"], "virtual");
    assert_eq!(header["steps"], recording.len());
    assert_eq!(header["sources"], serde_json::json!({ file!(): "its text" }));
}

#[test]
fn a_recording_that_is_taken_while_the_executor_runs_has_its_header() {
    let executor = Rc::new(Executor::builder().slack(ms(3)).build());
    let header = |it: &Recording| -> Value {
        serde_json::from_str(it.to_json_lines().lines().next().unwrap()).unwrap()
    };
    executor.start_recording();
    let inner = Rc::clone(&executor);
    let running = executor.block_on(async move { [inner.recorded(), inner.stop_recording()] });
    executor.start_recording();
    for recording in [&running[0], &running[1], &executor.stop_recording()] {
        assert_eq!(header(recording)["slack"], 3_000_000);
    }
}

#[test]
fn nothing_is_recorded_unless_asked_for() {
    let executor = virtual_executor();
    executor.block_on(yield_now());
    assert!(executor.recorded().is_empty());
    executor.start_recording();
    executor.block_on(yield_now());
    assert!(!executor.stop_recording().is_empty());
    executor.block_on(yield_now());
    assert!(executor.recorded().is_empty());
}

#[test]
fn a_recording_cant_start_while_the_executor_runs() {
    let executor = Rc::new(virtual_executor());
    let inner = Rc::clone(&executor);
    let message = panic_of(|| executor.block_on(async move { inner.start_recording() }));
    assert!(message.contains("start it before `block_on` or `turn`"), "{message}");
}

/// What is written for those who read recordings by programs.
#[test]
fn the_format_is_described_kind_by_kind() {
    let format = include_str!("../../executor/src/trace/format.md");
    let rows = format.lines().filter_map(|line| line.strip_prefix("| `"));
    let described: HashSet<_> = rows.filter_map(|row| row.split('`').next()).collect();
    let source = include_str!("../../executor/src/trace/jsonl.rs");
    let kinds = source.split("\nkinds! {").nth(1).and_then(|it| it.split("\n}\n").next()).unwrap();
    let kinds: Vec<_> = kinds.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert!(kinds.len() > 30);
    for kind in kinds {
        assert!(described.contains(kind), "format.md doesn't describe `{kind}`");
    }
}

// Who waits for whom ---------------------------------------------------------------

#[test]
fn a_dump_tells_each_task_once_below_who_waits_for_it() {
    let executor = virtual_executor();
    executor.start_recording();
    let shared = executor.spawn(sleep(ms(7))).named("shared").shared();
    let waiters = ["left", "right"].map(|name| {
        let shared = shared.clone();
        executor.spawn(async move { shared.await.unwrap() }).named(name)
    });
    let all = executor.spawn(async { gather(waiters).await }).named("all");
    let _ = executor.turn();
    let dump = executor.dump();
    let lines: Vec<_> = dump.lines().map(|line| line.split([',', ':']).next().unwrap()).collect();
    assert_eq!(lines, ["all", "  left", "    shared", "  right", "    shared"]);
    let all_at = "waits for gather 2 at ";
    assert!(dump.contains(all_at), "{dump}");
    assert!(dump.contains("waits for its timer, due at 7ms at "), "{dump}");
    assert!(dump.ends_with("shared, see above\n"), "{dump}");
    drop(all);
}

#[test]
fn a_dump_has_the_line_of_each_await() {
    let executor = virtual_executor();
    executor.start_recording();
    let (held, blocks) = mpsc::channel::<()>();
    let tasks = [
        executor.spawn(async { drop(shield(pending::<()>()).await) }).named("shield"),
        executor.spawn(async { drop(TaskSet::<()>::new().ended().await) }).named("set"),
        executor.spawn(async { _ = to_thread(move || blocks.recv()).await }).named("thread"),
        executor.spawn(async { _ = interval(ms(5)).starting_at(now() + HOUR).tick().await }),
    ];
    run_until_stalled(&executor);
    let dump = executor.dump();
    let of_tasks: Vec<_> = dump.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(of_tasks.len(), tasks.len());
    for line in of_tasks {
        let (_, waits) = line.split_once(": waits for ").unwrap();
        assert!(waits.contains(&format!(" at {}:", file!())), "{line}");
    }
    drop(held);
}

/// Then it knows no lines; but tasks that await each other it does.
#[test]
fn a_dump_needs_no_recording() {
    let executor = virtual_executor();
    let inner = executor.spawn(sleep(ms(7))).named("inner");
    let outer = executor.spawn(async { inner.await.unwrap() }).named("outer");
    let _ = (executor.turn(), executor.turn());
    let dump = executor.dump();
    let lines: Vec<_> = dump.lines().map(|line| line.split([',', ':']).next().unwrap()).collect();
    assert_eq!(lines, ["outer", "  inner"]);
    drop(outer);
}

/// Of a task that was there before it may be known that it waits, and no more.
#[test]
fn a_dump_calls_no_task_new_that_was_polled() {
    let executor = virtual_executor();
    let _tasks = (
        executor.spawn(sleep(ms(7))).named("sleeper"),
        executor.spawn(std::future::pending::<()>()).named("stuck"),
    );
    let _ = executor.turn();
    let dump = executor.dump();
    let ends = [": waits for its timer, due at 7ms", ": waits for something else"];
    assert!(dump.lines().zip(ends).all(|(line, end)| line.ends_with(end)), "{dump}");
}

/// It isn't said since when.
#[test]
fn a_dump_says_for_how_long_a_task_has_waited() {
    let executor = virtual_executor();
    executor.start_recording();
    let _waiter = executor.spawn(sleep(ms(7)));
    executor.block_on(sleep(ms(3)));
    let dump = executor.dump();
    assert!(dump.ends_with(", for 3ms\n"), "{dump}");
    assert!(!dump.contains("since"), "{dump}");
}

/// Tasks that each await the one before.
fn chain(executor: &Executor, first: impl Future<Output = ()> + 'static, depth: usize) -> Task<()> {
    let first = executor.spawn(first);
    (0..depth).fold(first, |last, _| executor.spawn(async { last.await.unwrap() }))
}

/// A recursion that deep would be the end of the test's thread.
#[test]
fn a_dump_of_a_deep_chain_grows_as_the_chain_does() {
    const DEPTH: usize = 100_000;
    let executor = virtual_executor();
    executor.start_recording();
    let last = chain(&executor, sleep(ms(1)), DEPTH);
    let _ = executor.turn();
    let dump = executor.dump();
    assert_eq!(dump.lines().count(), DEPTH + 1);
    assert!(dump.lines().all(|line| line.len() < 250), "{}", dump.lines().last().unwrap());
    let deepest = dump.lines().last().unwrap().trim_start();
    assert!(deepest.starts_with("(100000 deep) Task-1, spawned at "), "{deepest}");
    executor.block_on(last).unwrap();
}

#[test]
fn a_deadlock_of_a_deep_chain_is_told_of_while_it_is_recorded() {
    const DEPTH: usize = 40_000;
    let executor = virtual_executor();
    executor.start_recording();
    let last = chain(&executor, std::future::pending(), DEPTH);
    let deadlock = executor.try_block_on(last).unwrap_err().to_string();
    assert_eq!(deadlock.lines().count(), 1 + 1 + DEPTH + 1);
    assert!(deadlock.len() < 250 * DEPTH);
}

/// In what is read as text; what programs read has it in full.
#[test]
fn a_long_name_is_cut() {
    let name = "n".repeat(100_000);
    let executor = virtual_executor();
    executor.start_recording();
    let sleeper = executor.spawn(sleep(ms(1))).named(name.clone());
    let _waiter = executor.spawn(async { sleeper.await.unwrap() });
    let _ = executor.turn();
    assert!(executor.dump().contains(&format!("waits for `{}…` at ", &name[..60])));
    assert!(executor.dump().len() < 1000);
    assert!(executor.stop_recording().to_json_lines().contains(&name));
}

/// Neither ends a line, nor turns its direction, nor steers a terminal.
#[test]
fn a_name_stays_within_its_line() {
    let name = "a\nb\u{202e}c\u{1b}[2Jd\u{2028}e";
    let program = async || {
        let stuck = spawn(std::future::pending::<()>()).named(name);
        executor::trace::note(name);
        gather([stuck]).await.unwrap();
    };
    let executor = virtual_executor();
    let plain = executor.try_block_on(program()).unwrap_err().to_string();
    executor.start_recording();
    let recorded = executor.try_block_on(program()).unwrap_err().to_string();
    let leaves = |it: char| it != '\n' && it.is_control() || matches!(it, '\u{202e}' | '\u{2028}');
    for text in [plain, recorded] {
        assert!(!text.contains(leaves) && !text.contains("a\nb"), "{text}");
        assert!(text.contains(r"a\nb\u{202e}c\u{1b}[2Jd\u{2028}e"), "{text}");
    }
}

// The last steps -------------------------------------------------------------------------

/// Runs a program whose last steps are recorded.
fn record_last<F: Future>(steps: usize, program: F) -> Recording {
    let executor = virtual_executor();
    executor.start_recording_last(steps);
    executor.block_on(program);
    executor.stop_recording()
}

async fn many_sleeps() {
    for number in 0..1000 {
        spawn(sleep(ms(1))).named(format!("sleeper {number}")).await.unwrap();
    }
}

async fn few_sleeps() {
    for _ in 0..5 {
        spawn(sleep(ms(1))).await.unwrap();
    }
}

/// Wherever the first of them is, in a poll for instance.
#[test]
fn the_last_steps_are_kept_with_those_causes_that_are_among_them() {
    let all = record_last(usize::MAX, few_sleeps());
    assert_eq!(all.forgotten(), 0);
    for count in 1..all.len() {
        let last = record_last(count, few_sleeps());
        assert_eq!(last.forgotten(), (all.len() - count) as u64);
        assert_eq!(the_last(count, &all), the_last(count, &last));
    }
}

/// Causes are counted from the first of the last steps.
fn the_last(count: usize, recording: &Recording) -> Vec<Value> {
    let first = recording.len() - count;
    let mut steps = steps(recording).split_off(first);
    for step in &mut steps {
        let because = step["because"].take().as_u64();
        step["because"] = because.and_then(|it| it.checked_sub(first as u64)).into();
    }
    steps
}

#[test]
fn what_is_forgotten_is_told_as_if_it_came_now() {
    let executor = Rc::new(virtual_executor());
    executor.start_recording_last(0);
    let inner = Rc::clone(&executor);
    let recording = executor.block_on(async move {
        let _ended = spawn(async {}).named("ended");
        let sleeper = spawn(sleep(ms(9)));
        let _waiter = spawn(async { drop(wait([sleeper]).await) });
        turns(2).await;
        let ready = spawn(async {});
        let section = Section::begin(|| "a section".into());
        section.add(&ready);
        inner.recorded()
    });
    let steps = steps(&recording);
    let told = steps.iter().map(|step| {
        let task = step["task"].as_str().map_or(String::new(), |task| format!(" {task}"));
        format!("{}{task}", step["ev"].as_str().unwrap())
    });
    let expected = [
        "spawn 0", "found 0", "spawn 1", "name 1", "done 1", "found 1", "spawn 2", "found 2",
        "spawn 3", "found 3", "spawn 4", "watch", "what", "child 2", "awaits 2", "awaits 3",
        "advance", "timer 2", "section", "member 4", "ready 0", "turn", "poll 0", "ready 4",
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(the(&steps, "watch")["by"], "3");
    assert_eq!(the(&steps, "poll")["number"], 3);
    let [first, last] = of_kind(&steps, "ready")[..] else { panic!("{steps:?}") };
    assert!(first["because"].is_null());
    assert_eq!(cause(&steps, last), "poll");
}

/// The steps that tell what was there before are no more than that asks for.
#[test]
fn a_recording_of_the_last_steps_stays_short() {
    for steps in [0, 1, 7, 100] {
        let recording = record_last(steps, many_sleeps());
        assert!(recording.len() < steps + 20, "{} for {steps}", recording.len());
    }
}

/// Neither are the tasks that were in a section once, nor those that have failed.
#[test]
fn a_recording_of_a_group_with_many_tasks_stays_short() {
    let recording = record_last(10, async {
        let group = task_group(async |group| {
            for _ in 0..1000 {
                sleep(ms(1)).await;
                drop(group.spawn(work(0, None)));
            }
        });
        group.await.unwrap();
    });
    assert!(recording.forgotten() > 10_000);
    assert!(recording.len() < 40, "{}", recording.len());
}

#[test]
fn the_last_steps_show_the_same_as_all_of_them() {
    async fn program(turns: u32) {
        let sleepers: Vec<_> = (1..9).map(|time| spawn(sleep(ms(time))).named("s")).collect();
        let _first = spawn(async {
            let waited = wait(sleepers).return_when(FirstCompleted).await;
            gather(waited.pending.into_tasks()).await.unwrap();
        });
        let _second = spawn(async {
            let group = task_group(async |group| {
                drop(group.spawn(sleep(ms(2))));
                drop(group.spawn(sleep(ms(7))));
            });
            group.await.unwrap();
        });
        for _ in 0..turns {
            sleep(ms(1)).await;
        }
    }
    let dump = |recording: &Recording| recording.dump_after(recording.len());
    for turns in [0, 1, 4, 9] {
        let all = record_last(usize::MAX, program(turns));
        for steps in 0..80 {
            let last = record_last(steps, program(turns));
            assert_eq!(dump(&last), dump(&all), "the last {steps} of {}", all.len());
            assert_eq!(
                last.snapshot_after(last.len()),
                all.snapshot_after(all.len()),
                "the last {steps} of {}",
                all.len()
            );
        }
    }
}

#[test]
fn a_recording_that_has_forgotten_its_beginning_is_not_replayed() {
    let schedule = Schedule::Replay(record_last(10, many_sleeps()));
    let message = panic_of(|| Executor::builder().schedule(schedule).build());
    assert!(message.contains("has forgotten its beginning: record all of the run"), "{message}");
}

// Orders ------------------------------------------------------------------------------

/// In which order five tasks take their steps.
fn order(schedule: Schedule) -> (Vec<usize>, Recording) {
    let executor = Executor::builder().clock(Clock::Virtual).schedule(schedule).build();
    executor.start_recording();
    let order = Rc::new(RefCell::new(Vec::new()));
    let tasks = [0, 1, 2, 3, 4].map(|number| {
        let order = Rc::clone(&order);
        async move {
            for _ in 0..3 {
                order.borrow_mut().push(number);
                yield_now().await;
            }
        }
    });
    executor.block_on(async { gather(tasks).await.unwrap() });
    (order.take(), executor.stop_recording())
}

#[test]
fn first_in_first_out_is_the_rule() {
    let (fifo, recording) = order(Schedule::default());
    assert_eq!(fifo, [0, 1, 2, 3, 4].repeat(3));
    assert!(of_kind(&steps(&recording), "order").is_empty());
}

#[test]
fn a_seed_stands_for_an_order() {
    let orders: HashSet<_> = (0..20).map(|seed| order(Schedule::Seeded(seed)).0).collect();
    assert!(orders.len() > 15, "{orders:?}");
    assert_eq!(order(Schedule::Seeded(7)).0, order(Schedule::Seeded(7)).0);
    for order in orders {
        assert!(order.chunks(5).all(|turn| turn.iter().sum::<usize>() == 10), "{order:?}");
    }
}

#[test]
fn a_recording_can_be_run_again() {
    let (seeded, recording) = order(Schedule::Seeded(7));
    let (again, replayed) = order(Schedule::Replay(recording.clone()));
    assert_eq!(seeded, again);
    assert_eq!(without_watch_numbers(&recording), without_watch_numbers(&replayed));
}

/// They go on from run to run.
fn without_watch_numbers(recording: &Recording) -> Vec<Value> {
    let mut steps = steps(recording);
    for step in &mut steps {
        step["watch"].take();
        step["on"].take();
    }
    steps
}

/// The message of the panic with which a program is run by a recording of another.
fn replayed_in_vain(recording: &Recording, program: impl Future) -> String {
    let schedule = Schedule::Replay(recording.clone());
    let executor = Executor::builder().clock(Clock::Virtual).schedule(schedule).build();
    panic_of(|| drop(executor.block_on(program)))
}

#[test]
fn another_program_cant_be_run_by_a_recording() {
    for schedule in [Schedule::Fifo, Schedule::Seeded(7)] {
        let (_, recording) = order(schedule);
        let program = async { gather([yield_now(), yield_now()]).await.unwrap() };
        let message = replayed_in_vain(&recording, program);
        assert!(message.contains("replay the program that was recorded"), "{message}");
    }
}

#[test]
fn nor_can_one_that_begins_so_and_goes_on() {
    for schedule in [Schedule::Fifo, Schedule::Seeded(7)] {
        let (_, recording) = order(schedule);
        let program = async {
            gather([3; 5].map(turns)).await.unwrap();
            gather([yield_now(), yield_now()]).await.unwrap();
        };
        let message = replayed_in_vain(&recording, program);
        assert!(message.contains("after the end of the recording"), "{message}");
    }
}

// The whole -----------------------------------------------------------------------

/// What holds of every recording.
fn obeys_the_rules(steps: &[Value]) {
    let mut polled = None;
    let mut queued = HashSet::new();
    for (number, step) in steps.iter().enumerate() {
        if let Some(because) = step["because"].as_u64() {
            assert!(because < number as u64, "{step} was caused by what came later");
        }
        let task = step["task"].as_str();
        match step["ev"].as_str().unwrap() {
            "ready" => assert!(queued.insert(task), "{step}: it is ready already"),
            "poll" => {
                assert!(queued.remove(&task), "{step}: it wasn't ready");
                assert_eq!(polled.replace(task), None, "{step}: within a poll");
            }
            "unwind" | "skip" => assert!(queued.remove(&task), "{step}: it wasn't ready"),
            "polled" => assert_eq!(polled.take(), Some(task), "{step}"),
            "turn_end" => assert_eq!(polled, None, "{step}: within a poll"),
            _ => {}
        }
    }
}

proptest! {
    /// Quotes, ends of lines, characters that steer: nothing ends a text or its line.
    #[test]
    fn any_text_is_there_as_it_was(text in r#"([\x00-\x7f]|[\"\\]|\PC)*"#) {
        let noted = text.clone();
        let steps = record(async { executor::trace::note(noted) });
        prop_assert_eq!(&the(&steps, "note")["text"], &text);
    }
}

/// Runs random programs, recorded in many ways. Wherever their tasks look, the fold of the events
/// is the state.
fn fold_to_the_state(clock: Clock, last: impl Fn(usize) -> usize) {
    for seed in 0..150 {
        let how = Recorded { clock, from_turn: seed % 4, last: last(seed) };
        for recording in run_recorded(&program_of(seed as u64), how) {
            obeys_the_rules(&steps(&recording));
        }
    }
}

#[test]
fn the_fold_of_the_events_is_the_state() {
    fold_to_the_state(Clock::Virtual, |_| usize::MAX);
}

#[test]
fn the_fold_of_the_last_events_is_the_state() {
    fold_to_the_state(Clock::Virtual, |seed| seed % 60);
}

#[test]
fn the_fold_of_the_events_is_the_state_on_a_real_clock() {
    fold_to_the_state(Clock::Real, |_| usize::MAX);
}

/// A program whose steps have texts: names, a remark, a section.
async fn program_with_texts() {
    let tasks = [1, 2].map(|time| spawn(sleep(ms(time))).named(format!("sleeper {time}")));
    executor::trace::note("they sleep");
    let _section = Section::begin(|| "wait for both".into());
    for task in tasks {
        task.await.unwrap();
    }
}

fn lines_of_steps(recording: &Recording) -> String {
    let lines = recording.to_json_lines();
    lines.split_once('\n').expect("there is a header").1.to_owned()
}

#[test]
fn whoever_follows_a_recording_gets_its_lines_whenever_they_ask() {
    let executor = manual_executor();
    let mut follower = executor.follow_recording();
    let mut lines = String::new();
    let task = executor.spawn(program_with_texts());
    while !task.is_finished() {
        let _ = executor.turn();
        executor.advance(ms(1));
        let growth = follower.grow();
        assert!(!growth.is_over && !growth.steps.is_empty());
        lines += &growth.steps;
    }
    assert_eq!(lines, lines_of_steps(&executor.recorded()));
}

#[test]
fn a_recording_that_is_followed_on_another_thread_is_the_same_as_any_other() {
    let executor = virtual_executor();
    let mut follower = executor.follow_recording();
    let other = std::thread::spawn(move || {
        let mut lines = String::new();
        loop {
            let growth = follower.grow();
            lines += &growth.steps;
            if growth.is_over {
                return lines;
            }
            std::thread::yield_now();
        }
    });
    executor.block_on(program_with_texts());
    let lines = lines_of_steps(&executor.stop_recording());
    assert_eq!(other.join().unwrap(), lines);

    // On a thread of its own, as each thread counts its sections.
    let alone = std::thread::spawn(|| {
        let executor = virtual_executor();
        executor.start_recording();
        executor.block_on(program_with_texts());
        lines_of_steps(&executor.stop_recording())
    });
    assert_eq!(lines, alone.join().unwrap());
}

#[test]
fn whoever_follows_a_recording_is_told_of_what_was_there_before() {
    let executor = virtual_executor();
    let _task = executor.spawn(pending::<()>()).named("there before");
    let steps = executor.follow_recording().grow().steps;
    assert!(steps.contains("there before"), "{steps}");
}

#[test]
fn the_header_of_a_recording_that_is_followed_comes_first_and_anew_with_further_files() {
    let header = |line: Option<String>| -> Value {
        serde_json::from_str(&line.expect("there is a header")).unwrap()
    };
    let executor = virtual_executor();
    let follower = executor.follow_recording().titled("followed");
    let mut follower = follower.with_source(file!(), "the text");
    let first = header(follower.grow().header);
    assert_eq!((&first["title"], &first["sources"][file!()]), (&"followed".into(), &Value::Null));
    assert_eq!(follower.grow().header, None);

    executor.block_on(async { spawn(sleep(ms(1))).await.unwrap() });
    assert_eq!(header(follower.grow().header)["sources"][file!()], "the text");
    executor.block_on(async { spawn(sleep(ms(1))).await.unwrap() });
    assert_eq!(follower.grow().header, None);
}

#[test]
fn a_recording_that_is_followed_is_over_when_it_is_stopped_or_begun_anew_or_its_executor_is_gone() {
    let ends: [fn(Executor); 3] = [
        |executor| drop(executor.stop_recording()),
        |executor| {
            executor.start_recording();
            std::mem::forget(executor);
        },
        drop,
    ];
    for end in ends {
        let executor = virtual_executor();
        let mut follower = executor.follow_recording();
        executor.block_on(yield_now());
        assert!(!follower.grow().is_over);
        end(executor);
        assert!(follower.grow().is_over);
    }
}

#[test]
fn a_recording_goes_on_when_nobody_follows_it_any_more() {
    let executor = virtual_executor();
    drop(executor.follow_recording());
    executor.block_on(yield_now());
    assert!(!executor.stop_recording().is_empty());
}
