#![doc = include_str!("python.md")]

mod arguments;
mod builtins;
mod calls;
mod complaint;
mod expressions;
mod frame;
mod methods;
mod of_asyncio;
mod parse;
mod syntax;
mod tokens;
mod translate;

use executor::trace::Recording;

use crate::program::Program;
use crate::run::{Report, report};
use crate::write::write;

/// A run of a program, and all that came of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Run {
    /// The lines that the program has printed.
    pub printed: String,
    /// The reason for which it failed, as the last line that Python prints; `None` if it
    /// ended well.
    pub failure: Option<String>,
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
    Ok(report(translated(text)?, false).into())
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

/// Runs a program as [`run`] does, and records the run.
///
/// # Errors
///
/// Fails as [`run`] does.
pub fn record(text: &str) -> Result<Run, String> {
    Ok(report(translated(text)?, true).into())
}

fn translated(text: &str) -> Result<Program, String> {
    translate::translate(text).map_err(|complaint| complaint.to_string())
}

impl From<Report> for Run {
    fn from(report: Report) -> Self {
        let Report { log, printed, failure, recording } = report;
        Self { printed, failure, log, recording }
    }
}
