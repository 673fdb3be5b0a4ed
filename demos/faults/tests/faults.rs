//! The faults fit the executor, and their recordings show them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use faults::{FAULTS, Fault, RIGHT};

/// The greatest size of a recording, in bytes.
const MOST: usize = 40_000;

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns a text in one line, with one space between words.
fn in_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the files that a fault changes.
fn changed_files(fault: &Fault) -> impl Iterator<Item = &str> {
    fault.patch.lines().filter_map(|line| line.strip_prefix("--- a/"))
}

// Questions and answers -----------------------------------------------------------------

#[test]
fn the_answer_is_one_of_four_choices() {
    for fault in &FAULTS {
        let choices: BTreeSet<_> = fault.choices.into_iter().collect();
        assert_eq!(choices.len(), 4, "{}", fault.name);
        assert!(choices.contains(fault.answer()), "{}", fault.name);
    }
}

#[test]
fn the_answer_has_no_favourite_place() {
    for place in 0..4 {
        let answers = FAULTS.iter().filter(|fault| fault.right == place).count();
        assert!((2..=4).contains(&answers), "place {place}: {answers} answers");
    }
}

/// An invariant stands on the first page of the executor, a guarantee in the first column of
/// a table.
#[test]
fn the_choices_are_the_words_of_the_executors_documentation() {
    let page = file("executor/src/lib.rs").replace("//!", "");
    let (_, invariants) = page.split_once("# Invariants").expect("there is such a heading");
    let (invariants, guarantees) = (in_line(invariants), file("executor/src/guarantees.md"));
    for choice in FAULTS.iter().flat_map(|fault| fault.choices) {
        let is_invariant = invariants.contains(&format!("** {choice}"));
        let is_guarantee = guarantees.contains(&format!("\n| {choice} |"));
        assert!(is_invariant || is_guarantee, "{choice}");
    }
}

#[test]
fn the_explanation_names_a_function_and_a_file_that_is_changed() {
    for fault in &FAULTS {
        let names = |file: &str| {
            let file = file.trim_start_matches("executor/src/");
            fault.explanation.contains(&format!("` ({file})"))
        };
        assert!(changed_files(fault).any(names), "{}", fault.explanation);
    }
}

// Patches -------------------------------------------------------------------------------

/// Returns the parts of the source that a fault changes, as they are: each with its file.
fn old_texts(fault: &Fault) -> Vec<(&str, String)> {
    let mut texts: Vec<_> = Vec::new();
    for line in fault.patch.lines() {
        if let Some(path) = line.strip_prefix("--- a/") {
            texts.push((path, String::new()));
        } else if let Some(text) = line.strip_prefix([' ', '-'])
            && let Some((_, old)) = texts.last_mut()
        {
            old.extend([text, "\n"]);
        }
    }
    texts
}

/// If one of these functions changes, the patch has to change as well, and the runs are recorded
/// again, by `.ci/faults`.
#[test]
fn each_patch_fits_the_source_of_today() {
    for fault in &FAULTS {
        for (path, old) in old_texts(fault) {
            let found = file(path).matches(&old).count();
            assert_eq!(found, 1, "{} and {path}: this is to be there once\n{old}", fault.name);
        }
    }
}

/// Its place may be another.
#[test]
fn each_patch_changes_one_line() {
    for fault in &FAULTS {
        let changed = |sign: &str| {
            let lines = fault.patch.lines().filter(|line| line.starts_with(sign));
            lines.filter(|line| !line.starts_with(&sign.repeat(3))).count()
        };
        let (removed, added) = (changed("-"), changed("+"));
        assert!(removed <= 1 && added <= 1 && removed + added > 0, "{}", fault.name);
    }
}

// Runs ----------------------------------------------------------------------------------

#[test]
fn the_right_runs_are_what_the_executor_does_today() {
    for fault in &FAULTS {
        assert!(fault.record(RIGHT) == fault.right_run, "{}: see `.ci/faults`", fault.name);
    }
}

#[test]
fn the_recordings_are_small() {
    for fault in &FAULTS {
        assert!(fault.right_run.len().max(fault.faulty_run.len()) < MOST, "{}", fault.name);
    }
}
