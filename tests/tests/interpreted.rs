//! Recordings of programs that are interpreted: the places in them are the program's.

use std::time::Duration;

use executor::trace::{Recording, failed, printed, reached};
use executor::{Executor, sleep, spawn, yield_now};
use serde_json::{Value, json};
use wheelhouse_tests::{turns, virtual_executor};

const FILE: &str = "lesson.txt";

fn steps(recording: &Recording) -> Vec<Value> {
    let lines = recording.to_json_lines();
    lines.lines().skip(1).map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
}

fn record<F: Future>(program: F) -> Recording {
    let executor = virtual_executor();
    executor.start_recording();
    executor.block_on(program);
    executor.stop_recording()
}

/// The places of the steps of a kind that are about a task, or null.
fn places(recording: &Recording, kind: &str, task: &str) -> Vec<Value> {
    let steps = steps(recording).into_iter();
    let mine = steps.filter(|step| step["ev"] == kind && step["task"] == task);
    mine.map(|step| step["at"].clone()).collect()
}

/// The files whose texts the recording has.
fn sources(recording: Recording) -> Vec<String> {
    let lines = recording.with_source(FILE, "its text").to_json_lines();
    let header: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    header["sources"].as_object().unwrap().keys().cloned().collect()
}

/// Sleeps at each of these lines.
async fn naps(lines: [usize; 2]) {
    for line in lines {
        reached(FILE, line, 5);
        sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn an_await_is_at_the_statement_that_was_reached_last() {
    let recording = record(naps([7, 8]));
    assert_eq!(places(&recording, "awaits", "0"), ["lesson.txt:7:5", "lesson.txt:8:5"]);
    assert_eq!(places(&recording, "reach", "0"), ["lesson.txt:7:5", "lesson.txt:8:5"]);
}

#[test]
fn a_spawn_is_at_the_statement_of_the_task_that_spawns() {
    let recording = record(async {
        reached(FILE, 3, 1);
        drop(spawn(async {}));
    });
    assert_eq!(places(&recording, "spawn", "1"), ["lesson.txt:3:1"]);
    assert_eq!(places(&recording, "spawn", "0"), [Value::Null], "nothing spawns the main future");
}

#[test]
fn what_is_printed_raised_and_cancelled_is_at_the_statement_that_was_reached_last() {
    let recording = record(async {
        let task = spawn(naps([1, 2]));
        reached(FILE, 3, 1);
        printed("a line");
        failed("no");
        task.cancel();
    });
    for (kind, task) in [("print", "0"), ("fail", "0"), ("cancel", "1")] {
        assert_eq!(places(&recording, kind, task), ["lesson.txt:3:1"], "{kind}");
    }
}

/// It is a line of the interpreter.
#[test]
fn what_is_printed_before_the_first_statement_has_no_place() {
    let recording = record(async {
        reached(FILE, 1, 1);
        spawn(async { printed("a line") }).await.unwrap();
    });
    assert_eq!(places(&recording, "print", "1"), [Value::Null]);
}

#[test]
fn each_task_has_a_place_of_its_own() {
    let recording = record(async {
        let (one, other) = (spawn(naps([1, 2])), spawn(naps([11, 12])));
        one.await.unwrap();
        other.await.unwrap();
    });
    assert_eq!(places(&recording, "awaits", "1"), ["lesson.txt:1:5", "lesson.txt:2:5"]);
    assert_eq!(places(&recording, "awaits", "2"), ["lesson.txt:11:5", "lesson.txt:12:5"]);
    for place in places(&recording, "awaits", "0") {
        assert!(place.as_str().unwrap().starts_with(file!()), "this one interprets nothing");
    }
}

#[test]
fn the_next_tenant_of_a_slot_has_none_of_the_former() {
    let recording = record(async {
        spawn(naps([1, 2])).await.unwrap();
        spawn(yield_now()).await.unwrap();
    });
    let [place] = &places(&recording, "awaits", "1.2")[..] else { panic!("it waits once") };
    assert!(place.as_str().unwrap().starts_with(file!()));
}

#[test]
fn what_is_spawned_between_turns_is_at_the_statement_that_the_executor_was_told() {
    let executor = virtual_executor();
    executor.start_recording();
    drop(executor.spawn(async {}));
    executor.reached(FILE, 9, 1);
    drop(executor.spawn(async { drop(spawn(async {})) }));
    turn_until_idle(&executor);
    let recording = executor.stop_recording();
    assert_eq!(places(&recording, "spawn", "2"), ["lesson.txt:9:1"]);
    for before_or_within in ["1", "1.2"] {
        let [place] = &places(&recording, "spawn", before_or_within)[..] else { panic!() };
        assert!(place.as_str().unwrap().starts_with(file!()));
    }
}

#[test]
fn a_remark_between_turns_is_one_of_no_task() {
    let executor = virtual_executor();
    executor.note("nobody records it");
    executor.start_recording();
    executor.note("all is quiet");
    let lines = executor.stop_recording().to_json_lines();
    assert!(lines.contains(r#""ev":"note","text":"all is quiet""#) && !lines.contains("nobody"));
    assert!(lines.lines().any(|it| it.contains("all is quiet") && it.contains(r#""task":null"#)));
}

fn turn_until_idle(executor: &Executor) {
    for _ in 0..3 {
        let _ = executor.turn();
    }
}

#[test]
fn outside_of_a_run_there_is_nothing_to_say() {
    reached(FILE, 1, 1);
}

/// The lines of the interpreter would lead away from the program.
#[test]
fn the_sources_are_those_of_the_places_that_are_shown() {
    assert_eq!(sources(record(naps([1, 2]))), [FILE]);
    let with_rust = record(async {
        spawn(naps([1, 2])).await.unwrap();
    });
    assert_eq!(sources(with_rust).last().unwrap(), FILE);
}

#[test]
fn whoever_follows_the_recording_gets_the_same_header() {
    let executor = virtual_executor();
    let mut follower = executor.follow_recording().with_source(FILE, "its text");
    executor.block_on(naps([1, 2]));
    let header = follower.grow().header.expect("it is the first");
    assert!(header.contains(r#""sources":{"lesson.txt":"its text"}"#), "{header}");
}

/// Several interpreters, some of which wait, and a task that interprets nothing.
async fn crowd() {
    reached(FILE, 20, 1);
    let tasks = [spawn(naps([21, 22])), spawn(naps([31, 32]))];
    reached(FILE, 24, 1);
    let other = spawn(async {
        turns(2).await;
        spawn(sleep(Duration::from_millis(2))).await.unwrap();
    });
    for task in tasks {
        task.await.unwrap();
    }
    other.await.unwrap();
}

#[test]
fn the_places_are_known_where_former_steps_are_forgotten() {
    let record_last = |steps| {
        let executor = virtual_executor();
        executor.start_recording_last(steps);
        executor.reached(FILE, 50, 1);
        let outside = executor.spawn(crowd());
        executor.block_on(crowd());
        drop(outside);
        executor.stop_recording()
    };
    let all = record_last(usize::MAX);
    for kept in 0..all.len() {
        let last = record_last(kept);
        let (told, forgotten) = (last.len() - kept, all.len() - kept);
        assert_eq!(last.dump_after(told), all.dump_after(forgotten), "the last {kept} steps");
        assert_eq!(all_places(&last)[told..], all_places(&all)[forgotten..]);
    }
}

fn all_places(recording: &Recording) -> Vec<Value> {
    steps(recording).iter().map(|step| step["at"].clone()).collect()
}

// Translations ---------------------------------------------------------------------------

fn translations(recording: Recording) -> Value {
    let lines = [((FILE, 7), 2), ((FILE, 9), 3), (("other.txt", 7), 4)];
    let lines = recording.with_translation("lesson.md", "its text", lines).to_json_lines();
    let header: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    header["translations"].clone()
}

#[test]
fn a_translation_has_the_lines_that_say_the_same_as_those_of_the_sources() {
    let lines = json!({ "lesson.txt:7": 2, "lesson.txt:9": 3 });
    let expected = json!({ "lesson.md": { "text": "its text", "lines": lines } });
    assert_eq!(translations(record(naps([7, 8]))), expected);
}

#[test]
fn a_translation_of_what_no_step_is_about_is_left_out() {
    assert_eq!(translations(record(async {})), json!({}));
}

#[test]
fn whoever_follows_the_recording_gets_the_translation_too() {
    let executor = virtual_executor();
    let follower = executor.follow_recording();
    let mut follower = follower.with_translation("lesson.md", "its text", [((FILE, 7), 2)]);
    executor.block_on(naps([7, 8]));
    let header = follower.grow().header.expect("it is the first");
    assert!(header.contains(r#""lines":{"lesson.txt:7":2}"#), "{header}");
}
