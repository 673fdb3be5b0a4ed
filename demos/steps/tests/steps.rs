//! What the steps promise: the same program with the same output, a fault that is there and
//! then isn't, files of a length that can be read, and names that stay.

use std::collections::BTreeSet;
use std::fs;
use std::future::pending;
use std::path::Path;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use steps::faults::{self, Step};
use steps::meter::{Figures, Run};
use steps::shows::{
    self, RUNS, STEP_3, STEP_3_LATE, STEP_3_WITHOUT_TURNS, STEP_4, STEP_5, STEP_6,
    STEP_6_WITHOUT_GENERATIONS, STEP_7, STEP_8,
};
use steps::{lesson, meter, step_2, step_4, step_5, step_6, step_7, step_8};

const STEPS: usize = 8;

/// The most lines of code that a step may have, without its imports.
const MOST_LINES: [usize; STEPS] = [60, 60, 90, 110, 150, 190, 220, 260];

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
        imports |= line.starts_with("use ") || line.starts_with("pub use ");
        if !imports {
            lines.push(line.to_owned());
        }
        imports &= !line.ends_with(';');
    }
    lines
}

/// The number of lines of code that the step before doesn't have, or has in another order.
fn new_lines(step: usize) -> usize {
    let (before, now) = (if step == 1 { Vec::new() } else { code(step - 1) }, code(step));
    // For each beginning of the lines now: the most that it has in common with those before.
    let mut common = vec![0; now.len() + 1];
    for line in &before {
        let mut diagonal = 0;
        for (place, other) in now.iter().enumerate() {
            let above = common[place + 1];
            common[place + 1] = if line == other { diagonal + 1 } else { above.max(common[place]) };
            diagonal = above;
        }
    }
    now.len() - common[now.len()]
}

/// The number of words in the text of a step, without its exercises.
fn words(step: usize) -> usize {
    let head = head(&source(step));
    head.split("# Exercises").next().unwrap().split_whitespace().count()
}

/// The output and figures of a run in which no sleep was much too late. If one is, others may
/// end before it is seen, and the output is another. Each run has a thread of its own, since a
/// late sleep of step 2 leaves its thread a token.
fn in_time(run: Run) -> (String, Figures) {
    let measure = |_| thread::spawn(move || meter::measure_alone(run)).join().unwrap();
    let runs = (0..100).map(measure);
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
    for run in RUNS {
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
    let (_, first) = meter::measure_alone(RUNS[0]);
    let (_, second) = meter::measure_alone(RUNS[1]);
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
fn a_wake_during_the_poll_gets_lost_if_the_flag_is_cleared_after_it() {
    assert!(!alone(|| faults::loses_no_wake(STEP_3_LATE.block_on)));
}

#[test]
fn a_task_that_wakes_itself_starves_the_others_unless_turns_end() {
    let polls = |step| alone(|| faults::polls_of_self_waking(step));
    assert_eq!(polls(STEP_3), 0);
    assert_eq!(polls(STEP_3_WITHOUT_TURNS), 100_000);
}

#[test]
fn cancelled_timers_stay_in_step_4_and_are_gone_in_step_5() {
    let left = |step, entries| alone(|| faults::cancelled_timers(step, entries, 1_000).0);
    assert_eq!(left(STEP_4, step_4::entries), 1_000);
    assert_eq!(left(STEP_5, step_5::entries), 0);
}

#[test]
fn every_sleep_ends_before_a_later_one_although_others_are_given_up() {
    for step in [STEP_4, STEP_5, STEP_6, STEP_7, STEP_8] {
        assert_eq!(alone(|| faults::sleeps_left(step, 1_000)), 0, "{}", step.name);
    }
}

/// Runs an executor within a task of another, which then goes on.
fn run_nested(Step { block_on, spawn, sleep, .. }: Step) {
    let nap = Duration::from_millis(1);
    block_on(Box::pin(async move {
        block_on(sleep(nap));
        spawn(sleep(nap));
        sleep(2 * nap).await;
    }));
}

#[test]
fn an_executor_that_runs_within_another_leaves_it_where_it_was() {
    for step in [STEP_3, STEP_4, STEP_5, STEP_6, STEP_7, STEP_8] {
        alone(|| run_nested(step));
    }
}

#[test]
fn a_wait_polls_all_in_step_6_and_each_twice_in_step_7() {
    let polls = |wait: fn(usize)| meter::measure(|| wait(1_000)).1.polls;
    assert!(polls(shows::WAIT_IN_STEP_6) > 1_000 * 1_000 / 5);
    assert!(polls(shows::WAIT_IN_STEP_7) < 3 * 1_000);
}

#[test]
fn a_stale_name_wakes_the_next_tenant_only_without_generations() {
    let polls = |step| alone(|| faults::polls_by_stale_wake(step));
    assert_eq!(polls(STEP_6_WITHOUT_GENERATIONS), 2);
    for step in [STEP_6, STEP_7, STEP_8] {
        assert_eq!(polls(step), 1, "{}", step.name);
    }
}

/// Keeps a handle longer than its executor. Then cancels it, while a task of another executor has
/// the same slot and generation. Returns whether that task still lives.
macro_rules! spares_the_namesake {
    ($step:ident) => {
        alone(|| {
            let stale = $step::block_on(async { $step::spawn(pending::<()>()) });
            $step::block_on(async move {
                let life = Rc::new(());
                let held = Rc::clone(&life);
                let _namesake = $step::spawn(async move { drop(held) });
                stale.cancel();
                Rc::strong_count(&life) == 2
            })
        })
    };
}

#[test]
fn a_handle_whose_executor_is_gone_cancels_no_task_of_another() {
    assert!(spares_the_namesake!(step_6));
    assert!(spares_the_namesake!(step_7));
    assert!(spares_the_namesake!(step_8));
}

/// The guide's table has what it takes to read each step, and what the program takes there.
#[test]
fn each_step_takes_what_the_guide_says() {
    let guide = include_str!("../../../executor/src/guide/steps.md");
    for (step, run) in (1..).zip(RUNS) {
        let (lines, new, words) = (code(step).len(), new_lines(step), words(step));
        let minutes = (words as f64 / 150.0 + new as f64 / 10.0).round();
        let row = format!("| {step:<4} | {lines:<5} | {new:<3} | {words:<5} | {minutes:<7} |");
        let (_, rest) = guide.split_once(&row).expect(&row);
        let Figures { polls, wakes, .. } = in_time(run).1;
        let program = format!(" {polls:<5} | {wakes:<5} |\n");
        assert!(step == 1 || rest.starts_with(&program), "{row}{program}");
    }
}

// The text ----------------------------------------------------------------------

#[test]
fn no_step_is_longer_than_it_says() {
    for (step, most) in (1..=STEPS).zip(MOST_LINES) {
        let lines = code(step).len();
        assert!(lines <= most, "step {step} has {lines} lines of code");
    }
}

/// What a step has of the one before keeps its name.
#[test]
fn a_step_gives_up_only_the_names_that_it_replaces() {
    let given_up = [
        vec![],
        vec!["Unpark", "sleep"], // Step 3 takes the sleep of step 2.
        vec![],
        vec![],
        vec!["entries"],
        vec![],
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
        for line in source(step).lines().map(|line| line.trim_start_matches("pub ")) {
            let ours = ["use std::", "use steps::"].iter().any(|it| line.starts_with(it));
            assert!(ours || !line.starts_with("use "), "{line}");
        }
    }
}

// The exercises -----------------------------------------------------------------

/// How many exercises each step has.
const EXERCISES: usize = 3;

/// An exercise, as the text of its step has it.
struct Exercise {
    /// Its number among those of all steps, from 1.
    number: usize,
    step: usize,
    name: String,
    text: String,
}

impl Exercise {
    /// Returns the text of its file in a folder of `demos/exercises`.
    fn file(&self, folder: &str) -> String {
        let path = format!("{}/{}.rs", exercises_folder(folder, self.step), self.name);
        fs::read_to_string(path).unwrap()
    }
}

fn exercises_folder(folder: &str, step: usize) -> String {
    format!("{}/../exercises/{folder}/step_{step}", env!("CARGO_MANIFEST_DIR"))
}

/// The head comment of a file, in one line.
fn head(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.flat_map(|line| [line.trim(), " "]).collect()
}

/// The exercises of a step, at the end of its head comment.
fn exercises_of(step: usize) -> Vec<Exercise> {
    let head = head(&source(step));
    let (_, mut left) = head.split_once("# Exercises ").expect("each step has exercises");
    let mut exercises = Vec::new();
    for place in 1..=EXERCISES {
        let (_, item) = left.split_once(&format!(" {place}. `")).expect("they have numbers");
        let end = item.find(&format!(" {}. `", place + 1)).unwrap_or(item.len());
        let (name, text) = item[..end].split_once("`: ").expect("a name, and a text");
        let (name, text) = (name.to_owned(), text.trim().to_owned());
        exercises.push(Exercise { number: EXERCISES * (step - 1) + place, step, name, text });
        left = &item[end..];
    }
    exercises
}

fn exercises() -> impl Iterator<Item = Exercise> {
    (1..=STEPS).flat_map(exercises_of)
}

#[test]
fn each_step_ends_with_its_exercises() {
    for step in 1..=STEPS {
        let source = source(step);
        let last = source.lines().rfind(|line| line.starts_with("//! # "));
        assert_eq!(last, Some("//! # Exercises"), "step {step}");
    }
}

#[test]
fn each_exercise_is_told_in_two_to_four_sentences() {
    for Exercise { name, text, .. } in exercises() {
        let ends = text.split(['.', '?']).filter(|rest| rest.is_empty() || rest.starts_with(' '));
        assert!((2..=4).contains(&ends.count()) && text.ends_with('.'), "{name}: {text}");
    }
}

#[test]
fn each_exercise_has_a_file_a_test_and_a_solution_and_there_are_no_others() {
    for step in 1..=STEPS {
        let names = exercises_of(step).into_iter().map(|it| format!("{}.rs", it.name));
        let names: BTreeSet<_> = names.collect();
        for folder in ["src", "tests/exercises", "solutions"] {
            let files = fs::read_dir(exercises_folder(folder, step)).unwrap();
            let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
            assert_eq!(files.collect::<BTreeSet<_>>(), names, "{folder}, step {step}");
        }
    }
}

#[test]
fn each_exercise_says_its_number_and_is_short() {
    for exercise in exercises() {
        let Exercise { number, step, ref name, .. } = exercise;
        let source = exercise.file("src");
        assert!(source.starts_with(&format!("//! Exercise {number}, of step {step}: ")), "{name}");
        assert!(source.lines().count() <= 80, "{name} is long");
    }
}

#[test]
fn each_solution_begins_with_a_hint_that_names_files_of_the_executor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for exercise in exercises() {
        let hint = head(&exercise.file("solutions"));
        assert!(hint.contains("In the executor: "), "{}", exercise.name);
        let names = hint.split('`').skip(1).step_by(2);
        let files: Vec<_> = names.filter(|name| name.contains('/')).collect();
        assert!(!files.is_empty(), "{}", exercise.name);
        for file in files {
            assert!(root.join(file).exists(), "{} names {file}", exercise.name);
        }
    }
}
