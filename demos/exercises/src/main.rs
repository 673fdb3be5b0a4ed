//! Shows the next exercise: the first whose tests fail. `README.md` says the rest.

use std::env;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

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

const ENDLESS: &str = "A test goes on for ever. It is none of those that have a result here:\n";

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
        let mut command = Command::new(tests);
        command.arg(format!("step_{}::{}::", self.step, self.name)).env("RUST_BACKTRACE", "0");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tests = command.spawn().expect("the tests can be run");
        let said = read(tests.stdout.take());
        let errors = read(tests.stderr.take());
        let status = end_in_time(&mut tests);
        let [said, errors] = [said, errors].map(|it| it.join().expect("it only reads"));
        self.failures = match status {
            Some(status) if status.success() => None,
            Some(_) => Some(failures(&said, &errors)),
            None => Some(ENDLESS.to_owned() + &said),
        };
    }
}

/// Reads what tests say in a thread of its own: they would wait for ever if a pipe was full.
fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(|| {
        let mut bytes = Vec::new();
        let mut pipe = pipe.expect("it is piped");
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Returns how long the tests of an exercise may take: twice as long as one that waits in vain.
fn limit() -> Duration {
    let seconds = env::var("TEST_LIMIT").ok().and_then(|it| it.parse().ok());
    Duration::from_secs(2 * seconds.unwrap_or(3))
}

/// Waits until tests have ended. If they haven't in time it kills them, and returns `None`.
fn end_in_time(tests: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit();
    while Instant::now() < deadline {
        let status = tests.try_wait().expect("they can be waited for");
        if status.is_some() {
            return status;
        }
        thread::sleep(Duration::from_millis(10));
    }
    tests.kill().expect("they can be killed");
    tests.wait().expect("they can be waited for");
    None
}

/// Returns what the tests say of their failures; all that they say, if they were aborted.
fn failures(said: &str, errors: &str) -> String {
    let said = said.split_once("\nfailures:\n").map_or(said, |(_, failures)| failures);
    let said = said.rsplit_once("\nfailures:\n").map_or(said, |(failures, _)| failures);
    format!("{}\n{errors}", said.trim()).trim().to_owned()
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
