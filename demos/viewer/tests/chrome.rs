//! The trace format of Chromium: its rules are kept.

use std::collections::HashSet;

use combinators::{gather, raising, timeout};
use executor::trace::printed;
use executor::{Executor, sleep, spawn, yield_now};
use serde_json::Value;
use viewer::View;
use wheelhouse_tests::{ms, virtual_executor};

/// A run with all that the format shows.
fn chrome_events(executor: &Executor) -> Vec<Value> {
    executor.start_recording();
    executor.block_on(async {
        let tasks: Vec<_> = (1..6).map(|time| spawn(sleep(ms(time)))).collect();
        tasks[3].cancel();
        let failing = spawn(async { panic!("on purpose") });
        drop(gather(tasks).return_exceptions().await);
        drop(failing.await);
        assert!(timeout(ms(1), sleep(ms(9))).await.is_err());
        drop(spawn(raising(async { Err::<(), _>("no disk") })).await);
        printed("a line");
        drop(spawn(timeout(ms(1000), sleep(ms(1000)))));
        yield_now().await;
    });
    let trace: Value = serde_json::from_str(&executor.stop_recording().to_chrome()).unwrap();
    assert_eq!(trace["displayTimeUnit"], "ns");
    trace["traceEvents"].as_array().unwrap().clone()
}

fn phase<'a>(events: &'a [Value], phase: &str) -> Vec<&'a Value> {
    let of_phase: Vec<_> = events.iter().filter(|event| event["ph"] == phase).collect();
    assert!(!of_phase.is_empty(), "there are no events of phase {phase}");
    of_phase
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("it is a number")
}

#[test]
fn the_trace_for_chromium_keeps_the_rules_of_its_format() {
    for executor in [virtual_executor(), Executor::new()] {
        let events = chrome_events(&executor);
        for event in &events {
            assert!(event["name"].is_string() && event["pid"].is_u64() && event["tid"].is_u64());
            assert!(number(&event["ts"]) >= 0.0, "{event}");
        }
        for event in phase(&events, "M") {
            assert!(event["args"]["name"].is_string(), "{event}");
        }
        for event in phase(&events, "i") {
            assert!(["g", "p", "t"].contains(&event["s"].as_str().unwrap()), "{event}");
        }
        for event in phase(&events, "C") {
            assert!(event["args"].as_object().unwrap().values().all(Value::is_u64), "{event}");
        }
        each_life_begins_and_ends(&events);
        sections_failures_and_output_are_there(&events);
        slices_are_one_within_the_other(&events);
        arrows_go_from_slice_to_slice(&events);
    }
}

fn each_life_begins_and_ends(events: &[Value]) {
    let key = |event: &&Value| (event["cat"].clone(), event["id"].clone(), event["name"].clone());
    let begun: Vec<_> = phase(events, "b").iter().map(key).collect();
    let ended: HashSet<_> = phase(events, "e").iter().map(key).collect();
    assert_eq!(begun.len(), ended.len());
    assert!(begun.iter().all(|it| ended.contains(it)));
}

fn sections_failures_and_output_are_there(events: &[Value]) {
    let names = |wanted| phase(events, wanted).into_iter().map(|it| it["name"].clone());
    let (begun, instants): (Vec<_>, Vec<_>) = (names("b").collect(), names("i").collect());
    for section in ["timeout of 1ms", "timeout of 1s"] {
        assert!(begun.contains(&section.into()), "{begun:?}");
    }
    for instant in ["fails: no disk", "a line"] {
        assert!(instants.contains(&instant.into()), "{instants:?}");
    }
}

fn slices_are_one_within_the_other(events: &[Value]) {
    let slices = phase(events, "X");
    for slice in &slices {
        let (begin, end) = span(slice);
        assert!(end >= begin, "{slice}");
        for other in slices.iter().filter(|it| it["tid"] == slice["tid"]) {
            let (other_begin, other_end) = span(other);
            let apart = other_end <= begin || end <= other_begin;
            let within = (begin <= other_begin && other_end <= end)
                || (other_begin <= begin && end <= other_end);
            assert!(apart || within, "{slice} and {other}");
        }
    }
}

fn span(slice: &Value) -> (f64, f64) {
    (number(&slice["ts"]), number(&slice["ts"]) + number(&slice["dur"]))
}

fn arrows_go_from_slice_to_slice(events: &[Value]) {
    let slices = phase(events, "X");
    let in_slice = |event: &Value| {
        let at = number(&event["ts"]);
        let here = slices.iter().filter(|slice| slice["tid"] == event["tid"]);
        // Not to fail for the last digit of a sum.
        here.map(|slice| span(slice)).any(|(begin, end)| begin - 1e-6 <= at && at <= end + 1e-6)
    };
    let ends = phase(events, "f");
    let begins = phase(events, "s");
    assert_eq!(begins.len(), ends.len());
    for begin in begins {
        let end =
            ends.iter().find(|end| end["id"] == begin["id"]).expect("an arrow leads somewhere");
        assert_eq!((&begin["cat"], &begin["name"]), (&end["cat"], &end["name"]));
        assert_eq!(end["bp"], "e");
        assert!(number(&begin["ts"]) <= number(&end["ts"]));
        assert!(in_slice(begin) && in_slice(end), "{begin} to {end}");
    }
}
