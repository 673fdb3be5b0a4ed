//! Random programs that look like those for asyncio, here and on Python.
//!
//! | file                  | what it is                                  |
//! |-----------------------|---------------------------------------------|
//! | `random/mod.rs`       | numbers by chance                           |
//! | `generators/mod.rs`   | a program while it is written               |
//! | `generators/tasks.rs` | programs of tasks                           |
//! | `generators/state.rs` | programs that change lists and dictionaries |

mod generators;
mod random;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scenario::python::{check, run};

use generators::{program_of_tasks, program_with_state};

/// Returns what a program prints here, and the error that it ends with, if any.
fn outcome(text: &str) -> String {
    let run = run(text).expect("it was checked");
    let failure = match run.failure {
        Some(failure) if failure.contains("waits for ever") => "! reference.Deadlock".into(),
        Some(failure) => format!("! {failure}"),
        None => return run.printed,
    };
    format!("{}{failure}\n", run.printed)
}

#[test]
fn random_programs_make_sense() {
    for text in (0..300).map(program_of_tasks).chain((0..300).map(program_with_state)) {
        let too_long = |said: &String| said.contains("the program gets too long");
        let checked = check(&text);
        assert!(checked.as_ref().err().is_none_or(too_long), "{checked:?}\n{text}");
    }
}

#[test]
#[ignore = "takes a Python 3.13"]
fn random_programs_print_the_same_on_cpython() {
    assert_that_they_print_the_same("programs", program_of_tasks);
}

#[test]
#[ignore = "takes a Python 3.13"]
fn random_programs_with_state_print_the_same_on_cpython() {
    assert_that_they_print_the_same("state", program_with_state);
}

/// `PYTHON313` is a Python 3.13. Prints the counts, and keeps what differs.
fn assert_that_they_print_the_same(kind: &str, program: fn(u64) -> String) {
    let python = env::var("PYTHON313").expect("PYTHON313 says where a Python 3.13 is");
    let number = |name, usual| env::var(name).map_or(usual, |it| it.parse().expect("a number"));
    let (seed, count) = (number("SEED", 1), number("PROGRAMS", 300));
    let folder = env::temp_dir().join(format!("wheelhouse-{kind}-{seed}"));
    fs::create_dir_all(&folder).unwrap();
    let file = |index| folder.join(format!("{index}.py"));
    let paths: Vec<_> = (0..count).map(file).collect();
    let programs = (seed * 1_000_000..).map(program).filter(|text| check(text).is_ok());
    for (path, text) in paths.iter().zip(programs) {
        fs::write(path, text).unwrap();
    }
    run_on(&python, &paths);
    let different: Vec<_> = paths.iter().filter(|path| is_different(path)).collect();
    println!("{count} programs run, {} different", different.len());
    assert!(different.is_empty(), "{different:#?}");
    fs::remove_dir_all(&folder).unwrap();
}

fn run_on(python: &str, paths: &[PathBuf]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/asyncio/virtual.py");
    let mut command = Command::new(python);
    command.arg("-B").arg(file).arg("--save").args(paths);
    let output = command.output().expect("Python starts");
    assert!(output.status.success(), "{output:?}");
}

/// A run that is given up prints the begin.
fn is_different(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    let expected = fs::read_to_string(path.with_extension("out")).unwrap();
    let ours = outcome(&text);
    match ours.split_once("! the program is given up") {
        Some((printed, _)) => !expected.starts_with(printed),
        None => ours != expected,
    }
}
