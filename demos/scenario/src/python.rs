#![doc = include_str!("python.md")]

mod assigned;
mod complaint;
mod knobs;
mod parse;
mod rust;
mod syntax;
mod tokens;
mod translate;
mod words;

use std::path::Path;

use executor::Schedule;
use executor::trace::Recording;

pub use complaint::Complaint;
pub use knobs::{Knob, Turns, knobs, knobs_json, turned};
pub use rust::to_rust;
pub(crate) use translate::EXIT_VALUE;

use crate::program::{Constant, Program};
use crate::read;
use crate::run::{Report, report};
use crate::value::Value;
use crate::write::write;

/// The name of the file in recordings of programs that have none.
const UNNAMED: &str = "program.py";

/// A run of a program, and all that came of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Run {
    /// The lines that the program has printed.
    pub printed: String,
    /// The reason for which it failed, as the last line that Python prints; `None` if it
    /// ended well.
    pub failure: Option<String>,
    /// The number that it gave to `SystemExit`; 0 if it has exited without one, and `None` if it
    /// hasn't.
    pub exit: Option<u8>,
    /// The log of the scenario that it is: a line of JSON for each thing that happened.
    pub log: String,
    /// The recording of the run, step by step; empty if it wasn't recorded.
    pub recording: Recording,
}

/// Runs a program that looks like Python's asyncio.
///
/// ```
/// let program = r#"
/// import asyncio
///
/// async def main():
///     await asyncio.sleep(1)
///     print("done")
///
/// asyncio.run(main())
/// "#;
/// assert_eq!(scenario::python::run(program).unwrap().printed, "done\n");
/// ```
///
/// # Errors
///
/// Fails if the program makes no sense, or does what can't be said here. The error names the
/// line and the column, what is wrong there, and the remedy.
///
/// ```
/// let error = scenario::python::run("import time\ntime.sleep(1)\n").unwrap_err();
/// assert_eq!(
///     error,
///     "line 2, column 1: `time.sleep` blocks the loop, and all tasks with it: \
///     write `await asyncio.sleep(..)`"
/// );
/// ```
pub fn run(text: &str) -> Result<Run, String> {
    Options::new().run(text).map_err(|complaint| complaint.to_string())
}

/// Runs the program in a file, as [`run`] does.
///
/// # Errors
///
/// Fails as [`run`] does, and if the file can't be read.
pub fn run_file(path: &Path) -> Result<Run, String> {
    run(&read(path)?)
}

/// Looks whether a program can be run, and doesn't run it.
///
/// # Errors
///
/// Fails as [`run`] does.
pub fn check(text: &str) -> Result<(), String> {
    translated(text).map(drop)
}

/// Makes a scenario of a program, as JSON; see [`language`](crate::language).
///
/// # Errors
///
/// Fails as [`run`] does.
pub fn to_json(text: &str) -> Result<String, String> {
    Ok(format!("{:#}\n", write(&translated(text)?)))
}

/// Runs a program as [`run`] does, and records the run. The places in the recording are those of
/// the program, whose text it has as `program.py`.
///
/// # Errors
///
/// Fails as [`run`] does.
pub fn record(text: &str) -> Result<Run, String> {
    record_as(UNNAMED, text)
}

/// Runs and records the program in a file, as [`record`] does. Its text is in the recording by
/// the name of the file, without the folders.
///
/// # Errors
///
/// Fails as [`run`] does, and if the file can't be read.
pub fn record_file(path: &Path) -> Result<Run, String> {
    let name = path.file_name().map_or_else(|| UNNAMED.into(), |it| it.to_string_lossy());
    record_as(&name, &read(path)?)
}

fn record_as(file: &str, text: &str) -> Result<Run, String> {
    Options::new().recorded().run_as(file, text).map_err(|complaint| complaint.to_string())
}

fn translated(text: &str) -> Result<Program, String> {
    translate::translate(UNNAMED, text).map_err(|complaint| complaint.to_string())
}

/// The way in which a program is run.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Options {
    seed: Option<u64>,
    most_steps: Option<u64>,
    is_recorded: bool,
}

impl Options {
    /// Returns those of [`run`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the tasks of a turn run in an order that this seed stands for. Without one they
    /// run in the order in which they became ready, as asyncio's do.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Gives the run up after so many steps. It is given up after 100,000 in any case.
    pub fn most_steps(self, most: u64) -> Self {
        Self { most_steps: Some(most), ..self }
    }

    /// Records the run, step by step.
    pub fn recorded(self) -> Self {
        Self { is_recorded: true, ..self }
    }

    /// Runs a program.
    ///
    /// ```
    /// use scenario::python::Options;
    ///
    /// let program = r#"
    /// import asyncio
    ///
    /// async def main():
    ///     while True:
    ///         await asyncio.sleep(1)
    ///
    /// asyncio.run(main())
    /// "#;
    /// let run = Options::new().seed(1).most_steps(50).run(program).unwrap();
    /// assert!(run.failure.unwrap().contains("it hasn't ended after 50 steps"));
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as [`run`] does.
    pub fn run(self, text: &str) -> Result<Run, Complaint> {
        self.run_as(UNNAMED, text)
    }

    fn run_as(self, file: &str, text: &str) -> Result<Run, Complaint> {
        let mut program = translate::translate(file, text)?;
        program.most_steps = self.most_steps.min(program.most_steps).or(program.most_steps);
        let schedule = self.seed.map_or(Schedule::Fifo, Schedule::Seeded);
        Ok(report(program, schedule, self.is_recorded).into())
    }
}

impl From<Report> for Run {
    fn from(report: Report) -> Self {
        let Report { log, printed, failure, exit, recording } = report;
        // Any other value is the reason: Python prints it.
        let reason = exit.as_ref().filter(|it| exit_code(it).is_none()).map(Value::text);
        let exit = exit.as_ref().map(|it| exit_code(it).unwrap_or(1));
        Self { printed, failure: failure.or(reason), exit, log, recording }
    }
}

/// Returns the exit code that a value stands for.
fn exit_code(value: &Value) -> Option<u8> {
    match value {
        Value::Constant(Constant::None) => Some(0),
        Value::Constant(number) => number.whole().and_then(|it| u8::try_from(it & 0xFF).ok()),
        _ => None,
    }
}
