//! Shows the next exercise: the first whose tests fail. `README.md` says the rest.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use std::thread;

/// The steps, at whose ends the texts of the exercises stand.
const STEPS: [&str; 8] = [
    include_str!("../../steps/examples/step_1.rs"),
    include_str!("../../steps/examples/step_2.rs"),
    include_str!("../../steps/examples/step_3.rs"),
    include_str!("../../steps/examples/step_4.rs"),
    include_str!("../../steps/examples/step_5.rs"),
    include_str!("../../steps/examples/step_6.rs"),
    include_str!("../../steps/examples/step_7.rs"),
    include_str!("../../steps/examples/step_8.rs"),
];

const USAGE: &str = "cargo run              shows the next exercise
cargo run -- list      shows which exercises are done
cargo run -- hint 7    shows a hint for exercise 7";

/// An exercise, and what its tests say.
struct Exercise {
    step: usize,
    name: &'static str,
    text: String,
    /// The failures, or `None` if the exercise is done.
    failures: Option<String>,
}

impl Exercise {
    /// Returns the path of the exercise's file in a folder.
    fn file(&self, folder: &str) -> String {
        format!("{folder}/step_{}/{}.rs", self.step, self.name)
    }

    /// Runs the exercise's tests, in a process of their own: some may hang or abort.
    fn test(&mut self, tests: &Path) {
        let filter = format!("step_{}::{}::", self.step, self.name);
        let output = Command::new(tests).arg(filter).env("RUST_BACKTRACE", "0").output();
        let output = output.expect("the tests can be run");
        self.failures = (!output.status.success()).then(|| failures(&output));
    }
}

/// Returns what the tests say of their failures; all that they say, if they were aborted.
fn failures(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout);
    let said = said.split_once("\nfailures:\n").map_or(&*said, |(_, failures)| failures);
    let said = said.rsplit_once("\nfailures:\n").map_or(said, |(failures, _)| failures);
    format!("{}\n{}", said.trim(), String::from_utf8_lossy(&output.stderr)).trim().to_owned()
}

/// Reads the exercises of a step, at the end of its head comment.
fn exercises_of((step, source): (usize, &'static str)) -> Vec<Exercise> {
    let (_, section) = source.split_once("//! # Exercises\n").expect("each step has exercises");
    let mut exercises: Vec<Exercise> = Vec::new();
    for line in section.lines().map_while(|line| line.strip_prefix("//!")) {
        if let Some((name, item)) = item_of(line) {
            exercises.push(Exercise { step, name, text: item.to_owned(), failures: None });
        } else if let Some(exercise) = exercises.last_mut() {
            exercise.text += "\n";
            exercise.text += line.trim();
        }
    }
    exercises
}

/// Reads a line such as "1. `name`: The text". Returns the name, and the line without number.
fn item_of(line: &str) -> Option<(&str, &str)> {
    let (number, item) = line.trim().split_once(". ")?;
    number.parse::<usize>().ok()?;
    let (name, _) = item.strip_prefix('`')?.split_once("`: ")?;
    Some((name, item))
}

/// Builds the tests, and returns where they are.
///
/// # Errors
///
/// The error is what the compiler says.
fn build() -> Result<String, String> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--test", "exercises", "--no-run", "--locked", "--quiet"]);
    let output = command.arg("--message-format=json-render-diagnostics").output();
    let output = output.expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let artifact = said.lines().find(|line| line.contains(r#""kind":["test"]"#));
    let path = artifact.and_then(|it| it.split_once(r#""executable":""#)?.1.split_once('"'));
    match path {
        Some((path, _)) => Ok(path.replace(r"\\", r"\")),
        None => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// Runs the tests of all exercises, at once.
fn test_all(exercises: &mut [Exercise]) -> Result<(), String> {
    let tests = build()?;
    thread::scope(|scope| {
        for exercise in exercises {
            scope.spawn(|| exercise.test(Path::new(&tests)));
        }
    });
    Ok(())
}

fn count_done(exercises: &[Exercise]) -> String {
    let done = exercises.iter().filter(|exercise| exercise.failures.is_none()).count();
    format!("{done} of {} exercises are done.", exercises.len())
}

fn show_next(exercises: &[Exercise]) {
    println!("{}", count_done(exercises));
    let next =
        (1..).zip(exercises).find_map(|(number, it)| Some((number, it, it.failures.as_ref()?)));
    let Some((number, exercise, failures)) = next else { return };
    println!("\nExercise {number}, of step {}:\n\n{}\n", exercise.step, exercise.text);
    println!("the step   ../steps/examples/step_{}.rs", exercise.step);
    println!("to change  {}", exercise.file("src"));
    println!("its tests  {}", exercise.file("tests/exercises"));
    println!("a hint     cargo run -- hint {number}\n\n{failures}");
}

fn show_list(exercises: &[Exercise]) {
    for (number, exercise) in (1..).zip(exercises) {
        let state = if exercise.failures.is_none() { "done" } else { "" };
        println!("{number:>2}  {:<34}  {state}", exercise.file("src"));
    }
    println!("{}", count_done(exercises));
}

/// Shows the head comment of a solution, which says how to find it.
fn show_hint(exercises: &[Exercise], number: &str) -> ExitCode {
    let number = number.parse().unwrap_or(0_usize);
    let Some((_, exercise)) = (1..).zip(exercises).find(|(it, _)| *it == number) else {
        return show_usage();
    };
    let solution = fs::read_to_string(exercise.file("solutions")).expect("each has a solution");
    let hint = solution.lines().map_while(|line| line.strip_prefix("//!"));
    hint.for_each(|line| println!("{}", line.trim()));
    println!("\nThe solution is {}.", exercise.file("solutions"));
    ExitCode::SUCCESS
}

fn show_usage() -> ExitCode {
    println!("{USAGE}");
    ExitCode::FAILURE
}

fn main() -> ExitCode {
    env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("the package is where it was built");
    let mut exercises: Vec<_> = (1..).zip(STEPS).flat_map(exercises_of).collect();
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let show = match arguments[..] {
        [] => show_next,
        ["list"] => show_list,
        ["hint", number] => return show_hint(&exercises, number),
        _ => return show_usage(),
    };
    if let Err(errors) = test_all(&mut exercises) {
        eprintln!("{errors}");
        return ExitCode::FAILURE;
    }
    show(&exercises);
    ExitCode::SUCCESS
}
