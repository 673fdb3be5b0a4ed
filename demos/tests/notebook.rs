//! The facts of the notebook's cells, against what the replay reports.
//!
//! The numbers stand here a second time, as read off the notebook's output:
//! a slip in the table of the binary is one here, too, or shows.

mod common;

use serde_json::Value;

use crate::common::output_of;

/// What the notebook shows of a cell.
struct Facts {
    cell: u8,
    /// The index and the seconds of each coroutine, in the order of the lines.
    started: &'static str,
    /// In the order of their ends until the cell was over; where two slept
    /// equally long, in the order of the lines.
    ended: &'static [usize],
    /// When `wait` or `gather` returned.
    returned_at_ms: u64,
    /// The lines after those of the coroutines.
    printed: &'static [&'static str],
}

const FACTS: [Facts; 5] = [
    Facts {
        cell: 2,
        started: "7 1.11, 6 1.95, 0 2.28, 8 0.06, 5 1.33, 1 1.14, 4 1.48, 3 2.59, 9 2.21, 2 1.54",
        ended: &[8, 7, 1, 5, 4, 2, 6, 9, 0, 3],
        returned_at_ms: 2590,
        printed: &["Completed size: 10, pending size 0", "8", "Exception on i = 7"],
    },
    Facts {
        cell: 3,
        started: "3 1.59, 9 0.90, 0 2.86, 4 1.90, 1 1.06, 5 1.09, 6 1.43, 7 0.60, 2 0.39, 8 1.13",
        ended: &[2, 7],
        returned_at_ms: 600,
        printed: &["Completed size: 2, pending size 8", "2", "Exception on i = 7"],
    },
    Facts {
        cell: 4,
        started: "6 0.74, 5 1.29, 1 0.51, 8 0.33, 7 0.32, 4 1.26, 9 0.86, 2 2.79, 3 2.11, 0 0.41",
        ended: &[7],
        returned_at_ms: 320,
        printed: &["Completed size: 1, pending size 9", "Exception on i = 7"],
    },
    Facts {
        cell: 5,
        started: "8 0.10, 3 1.43, 1 0.10, 9 2.55, 4 1.61, 2 2.91, 5 1.02, 6 2.49, 7 2.53, 0 1.35",
        ended: &[8, 1, 5],
        returned_at_ms: 1020,
        printed: &["Exception on i = 5"],
    },
    Facts {
        cell: 6,
        started: "5 1.35, 8 2.83, 1 0.20, 6 0.39, 9 0.09, 0 0.39, 2 0.66, 7 0.26, 3 1.29, 4 0.98",
        ended: &[9, 1, 7, 6, 0, 2, 4, 3, 5, 8],
        returned_at_ms: 2830,
        printed: &[
            "Tasks complete",
            "[0, 1, 2, 3, 4, Exception on i = 5, 6, Exception on i = 7, 8, 9]",
        ],
    },
];

#[test]
fn each_cell_prints_the_lines_of_the_notebook() {
    for facts in &FACTS {
        let output = output_of(&format!("replay {} --virtual", facts.cell));
        let started = facts.started.split(", ").map(|it| {
            let (i, seconds) = it.split_once(' ').expect("two numbers");
            format!("Coro with {i}, sleeping for {seconds} seconds")
        });
        let printed = facts.printed.iter().map(ToString::to_string);
        let expected: Vec<_> = started.chain(printed).collect();
        let lines: Vec<_> = output.lines().skip(1).collect(); // Without the heading.
        assert_eq!(lines, expected, "cell {}", facts.cell);
    }
}

#[test]
fn each_cell_returns_when_the_notebook_did() {
    for facts in &FACTS {
        let events = events(&format!("replay {} --virtual --format json", facts.cell));
        let ended = indices(&events, "ended");
        let returned = events.iter().find(|it| it["event"] == "returned").expect("it returns");
        assert_eq!(ended, facts.ended, "cell {}", facts.cell);
        assert_eq!(returned["at_ms"], facts.returned_at_ms, "cell {}", facts.cell);
    }
}

#[test]
fn each_coroutine_ends_after_its_sleep_or_is_cancelled() {
    let events = events("replay --virtual --format json");
    let key = |it: &Value| (it["cell"].as_u64(), it["coroutine"].as_u64());
    for started in events.iter().filter(|it| it["event"] == "started") {
        let ends = ["ended", "cancelled"];
        let is_end =
            |it: &&Value| key(it) == key(started) && ends.iter().any(|end| it["event"] == *end);
        let [end] = *events.iter().filter(is_end).collect::<Vec<_>>() else {
            panic!("one end expected: {started}")
        };
        let is_in_time = end["event"] == "cancelled" || end["at_ms"] == started["sleep_ms"];
        assert!(is_in_time, "{started} {end}");
    }
}

#[test]
fn what_cells_3_and_4_leave_pending_is_cancelled() {
    for (cell, pending) in [(3, vec![0, 1, 3, 4, 5, 6, 8, 9]), (4, vec![0, 1, 2, 3, 4, 5, 6, 8, 9])]
    {
        let events = events(&format!("replay {cell} --virtual --format json"));
        let mut cancelled = indices(&events, "cancelled");
        cancelled.sort_unstable();
        assert_eq!(cancelled, pending, "cell {cell}");
    }
}

#[test]
fn what_cell_5_leaves_behind_ends_during_cell_6() {
    let events = events("replay 5 6 --virtual --format json");
    let cell_6 = events.iter().position(|it| it["cell"] == 6).expect("cell 6 has events");
    let late: Vec<_> = events[cell_6..].iter().filter(|it| it["cell"] == 5).cloned().collect();
    assert_eq!(indices(&late, "ended"), [0, 3, 4, 6, 7, 9, 2]);
    assert_eq!(late.len(), 7);
}

/// By the words that are printed, and of other steps by their kind: what the line of the
/// cell has that does it.
const STATEMENTS: [(&str, &str); 8] = [
    ("# cell", "print(\"# cell"),
    ("Coro with", "print(f\"Coro with"),
    ("Completed size", "print(f\"Completed size"),
    ("Exception", "print(error)"),
    ("Tasks complete", "print(\"Tasks complete\")"),
    ("[", "print(\"[\""),
    ("fail", "raise Exception("),
    ("cancel", "task.cancel()"),
];

#[test]
fn what_a_cell_prints_raises_and_cancels_is_at_its_line_of_python() {
    for Facts { cell, .. } in &FACTS {
        let recording = events(&format!("replay {cell} --virtual --jsonl -"));
        let translation = &recording[0]["translations"][format!("cell_{cell}.py")];
        let python: Vec<_> = translation["text"].as_str().unwrap().lines().collect();
        let statement = |step: &Value| {
            let (place, _) = step["at"].as_str().unwrap().rsplit_once(':').unwrap();
            python[usize::try_from(translation["lines"][place].as_u64().unwrap()).unwrap() - 1]
        };
        for step in recording.iter().filter(|it| {
            ["print", "fail"].iter().any(|kind| it["ev"] == *kind)
                || it["ev"] == "cancel" && it["by"] == "0"
        }) {
            let words = if step["ev"] == "print" { &step["text"] } else { &step["ev"] };
            let words = words.as_str().unwrap();
            let known = STATEMENTS.iter().find(|it| words.starts_with(it.0));
            let expected = known.map_or("print(task.result())", |it| it.1);
            assert!(statement(step).contains(expected), "cell {cell}: {step}");
        }
    }
}

fn events(arguments: &str) -> Vec<Value> {
    let event = |line| serde_json::from_str(line).expect("each line is an object");
    output_of(arguments).lines().map(event).collect()
}

fn indices(events: &[Value], event: &str) -> Vec<usize> {
    let of_kind = events.iter().filter(|it| it["event"] == event);
    of_kind.map(|it| usize::try_from(it["coroutine"].as_u64().unwrap()).unwrap()).collect()
}
