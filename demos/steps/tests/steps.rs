//! What the steps promise: the same program with the same output, a fault that is there and
//! then isn't, files of a length that can be read, and names that stay.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use steps::faults::{self, Step};
use steps::meter::{Figures, Run};
use steps::shows::{STEP_3, STEP_4, STEP_5, STEP_6, STEP_7, STEP_8};
use steps::{lesson, meter, shows, step_1, step_2, step_3, step_4, step_5, step_6, step_7, step_8};

const STEPS: usize = 8;

/// The most lines of code that a step may have, without its imports.
const MOST_LINES: [usize; STEPS] = [30, 35, 85, 135, 190, 280, 330, 425];

fn source(step: usize) -> String {
    let file = format!("{}/examples/step_{step}.rs", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(file).unwrap()
}

/// The lines of code of a step, without blanks, comments and imports.
fn code(step: usize) -> Vec<String> {
    let source = source(step);
    let mut lines = Vec::new();
    let mut imports = false;
    for line in source.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with("//")) {
        imports |= line.starts_with("use ");
        if !imports {
            lines.push(line.to_owned());
        }
        imports &= !line.ends_with(';');
    }
    lines
}

/// The output and figures of a run in which no sleep was much too late. If one is, others may end before
/// it is seen, and the output is another.
fn in_time(run: Run) -> (String, Figures) {
    let runs = (0..100).map(|_| meter::measure_alone(run));
    let mut in_time = runs.filter(|(_, figures)| figures.lateness < Duration::from_millis(10));
    in_time.next().expect("this machine has no time for anything")
}

/// Runs something while nothing is measured, for it would be counted there.
fn alone<R>(run: impl FnOnce() -> R) -> R {
    meter::measure(run).0
}

/// The names of the functions and types of a step.
fn names(step: usize) -> BTreeSet<String> {
    let words = ["fn ", "struct ", "enum "];
    let named = |line: String| {
        let start = words.iter().find_map(|word| line.find(word).map(|at| at + word.len()))?;
        let name = line[start..].split(|it: char| !it.is_alphanumeric() && it != '_').next()?;
        (!name.is_empty()).then(|| name.to_owned())
    };
    code(step).into_iter().filter_map(named).collect()
}

// The program -----------------------------------------------------------------

#[test]
fn all_steps_have_the_same_output() {
    let runs = [
        step_1::run,
        step_2::run,
        step_3::run,
        step_4::run,
        step_5::run,
        step_6::run,
        step_7::run,
        step_8::run,
    ];
    for run in runs {
        assert_eq!(in_time(run).0, "Completed size: 2, pending size 8\n2\nException on i = 7");
    }
}

#[test]
fn the_output_is_that_of_the_notebook_whatever_has_ended() {
    let done = [Ok(4), Err(String::from("oh"))];
    assert_eq!(lesson::output(&done), "Completed size: 2, pending size 8\n4\noh");
}

// Faults, and their cures -------------------------------------------------------

#[test]
fn step_1_polls_all_the_time_and_step_2_does_not() {
    let (_, first) = meter::measure_alone(step_1::run);
    let (_, second) = meter::measure_alone(step_2::run);
    assert!(first.polls > 1_000, "{first:?}");
    assert!(second.polls < 1_000, "{second:?}");
}

#[test]
fn a_wake_gets_lost_in_step_2_and_in_no_later_one() {
    assert!(!alone(|| faults::loses_no_wake(step_2::block_on)));
    for step in [STEP_3, STEP_4, STEP_5, STEP_6, STEP_7, STEP_8] {
        assert!(alone(|| faults::loses_no_wake(step.block_on)), "{}", step.name);
    }
}

#[test]
fn a_task_that_wakes_itself_starves_the_others_unless_turns_end() {
    let polls = |turn: fn(&step_3::Executor)| {
        let block_on = |main| step_3::run_by(turn, main);
        alone(|| faults::polls_of_self_waking(block_on, step_3::spawn))
    };
    assert_eq!(polls(step_3::Executor::turn), 0);
    assert_eq!(polls(step_3::Executor::turn_without_end), 100_000);
}

#[test]
fn cancelled_timers_stay_in_step_4_and_are_gone_in_step_5() {
    let left = |step, entries| alone(|| faults::cancelled_timers(step, entries, 1_000).0);
    assert_eq!(left(STEP_4, step_4::entries), 1_000);
    assert_eq!(left(STEP_5, step_5::entries), 0);
}

#[test]
fn a_stale_name_wakes_the_next_tenant_only_without_generations() {
    let block_on = |main| step_6::run_with(false, main);
    let polls = |step| alone(|| faults::polls_by_stale_wake(step));
    assert_eq!(polls(Step { block_on, ..STEP_6 }), 2);
    for step in [STEP_6, STEP_7, STEP_8] {
        assert_eq!(polls(step), 1, "{}", step.name);
    }
}

/// The guide's table has the polls and wakes of each step.
#[test]
fn each_step_takes_what_the_guide_says() {
    let guide = include_str!("../../../executor/src/guide/steps.md");
    let runs =
        [step_2::run, step_3::run, step_4::run, step_5::run, step_6::run, step_7::run, step_8::run];
    for (step, run) in (2..).zip(runs) {
        let figures = in_time(run).1;
        let row = format!("| {step:<4} | {:<5} | {:<5} |\n", figures.polls, figures.wakes);
        assert!(guide.contains(&row), "the guide doesn't say: {row}");
    }
}

// The text ----------------------------------------------------------------------

#[test]
fn no_step_is_longer_than_it_says() {
    for (step, most) in (1..=STEPS).zip(MOST_LINES) {
        let lines = code(step).len();
        assert!(lines <= most, "step {step} has {lines} lines of code");
        assert!(lines > most * 9 / 10, "step {step} has {lines} lines of code only");
    }
}

/// What a step has of the one before keeps its name.
#[test]
fn a_step_gives_up_only_the_names_that_it_replaces() {
    let given_up = [
        vec!["sleep"], // From now on it is the lesson's, by a thread.
        vec!["Unpark"],
        vec!["run_by", "turn_without_end"],
        vec![],
        vec!["entries"],
        vec!["run_with"],
        vec![],
    ];
    for (step, given_up) in (1..STEPS).zip(given_up) {
        let (before, after) = (names(step), names(step + 1));
        let gone: Vec<_> = before.difference(&after).map(String::as_str).collect();
        assert_eq!(gone, given_up, "from step {step} to the next");
    }
}

#[test]
fn each_step_asks_answers_and_names_its_fault() {
    for step in 1..=STEPS {
        let source = source(step);
        let title = shows::ALL[step - 1].0;
        assert!(source.starts_with(&format!("//! Step {step}: {title}.\n")), "step {step}");
        let rest = if step == STEPS { "# What is still missing" } else { "# Fault" };
        for part in ["# Question", "# Answer", rest] {
            assert!(source.contains(&format!("//! {part}\n")), "step {step} has no `{part}`");
        }
    }
}

#[test]
fn the_steps_use_nothing_but_the_standard_library_and_what_they_share() {
    for step in 1..=STEPS {
        for line in source(step).lines().filter(|line| line.starts_with("use ")) {
            assert!(line.starts_with("use std::") || line.starts_with("use steps::"), "{line}");
        }
    }
}
