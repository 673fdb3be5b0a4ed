//! Runs scenarios: small programs of coroutines, written in JSON or as for Python's asyncio.
//!
//! A scenario is run on the executor with its virtual clock, and logged line by
//! line as asyncio would take its steps. So the same file, run on asyncio,
//! shows where the two differ. A scenario that is busy is run on the real clock,
//! by a loop that is never idle. The module [`language`] says what can be written in JSON;
//! what [`python`] reads is made a scenario too.
//!
//! | file           | what it is                                           |
//! |----------------|------------------------------------------------------|
//! | `json.rs`      | JSON, read strictly                                  |
//! | `program.rs`   | a scenario, as the steps that it takes               |
//! | `parse.rs`     | reads one, or says what is wrong with it             |
//! | `write.rs`     | writes one                                           |
//! | `list.rs`      | writes one as lines for a reader                     |
//! | `fault.rs`     | how coroutines end, and how the log says so          |
//! | `format.rs`    | the form of a value in a text                        |
//! | `errors.rs`    | the classes of Python's errors                       |
//! | `value.rs`     | values, and what expressions make of them            |
//! | `items.rs`     | the content of lists, which is one under all names     |
//! | `limits.rs`    | the limits of a run, by which each comes to an end   |
//! | `methods.rs`   | the methods of lists, sets, dictionaries and texts   |
//! | `places.rs`    | the places of lists, and the keys of dictionaries    |
//! | `names.rs`      | the names of coroutines, and what they stand for     |
//! | `numbers.rs`   | numbers, and what functions make of them             |
//! | `log.rs`       | the log                                              |
//! | `promise.rs`   | a future that somebody else completes                |
//! | `ends.rs`      | waiting for such futures, by callbacks                |
//! | `hot.rs`       | a gather or shield that runs without being awaited   |
//! | `handle.rs`    | handles: each stands for a task or for such a future |
//! | `machine.rs`   | the part that all coroutines share: names, tasks     |
//! | `coroutine.rs` | a coroutine, and the steps that it takes             |
//! | `acts.rs`      | steps that take no time                              |
//! | `waits.rs`     | steps that wait for tasks                            |
//! | `blocks.rs`    | steps with other steps in them                       |
//! | `run.rs`       | the whole run, from the first turn to the last line  |
//! | `python.rs`    | programs that look like Python's asyncio             |
//! | `lessons.rs`   | such programs as lessons                             |

#![forbid(unsafe_code)]

#[doc = include_str!("language.md")]
pub mod language {}

mod acts;
mod asyncio_run;
mod blocks;
mod coroutine;
mod ends;
mod errors;
mod fault;
mod format;
mod handle;
mod hot;
mod items;
mod json;
pub mod lessons;
mod limits;
mod list;
mod log;
mod machine;
mod methods;
mod names;
mod numbers;
mod parse;
mod places;
mod program;
mod promise;
pub mod python;
mod run;
mod value;
mod waits;
mod write;

use std::fs;
use std::path::Path;
use std::time::Duration;

use executor::Instant;
use executor::trace::Recording;

use program::Millis;

/// Runs the scenario in a file, and returns its log; see [`run`](run()).
///
/// # Errors
///
/// Fails if the file can't be read, or makes no sense: then the error says what is
/// wrong with it, and where in it that is.
pub fn run_file(path: &Path, with_turns: bool) -> Result<String, String> {
    run(&read(path)?, with_turns)
}

/// Runs the scenario in a file, and returns its log and the recording of the run. Its places
/// are those of a text that the recording has: the scenario, as lines that look like Python's.
///
/// # Errors
///
/// Fails as [`run_file`] does.
pub fn record_file(path: &Path, with_turns: bool) -> Result<(String, Recording), String> {
    let program = parse::parse(&read(path)?).map_err(|error| error.to_string())?;
    let name = path.file_stem().map_or_else(|| "scenario".into(), |it| it.to_string_lossy());
    Ok(run::record(list::listed(&format!("{name}.py"), program), with_turns))
}

/// Reads a file that may be a scenario or a program.
///
/// # Errors
///
/// The error says why it can't be read.
pub fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))
}

/// Runs a scenario, and returns its log: a line of JSON for each thing that
/// happens, and in it, if that is wanted, in which turn.
///
/// ```
/// let log = scenario::run(r#"{"coros": {"main": [{"op": "sleep", "ms": 5}]}}"#, false);
/// assert!(log.unwrap().ends_with("{\"t\":5,\"task\":\"-\",\"ev\":\"end\"}\n"));
/// ```
///
/// # Errors
///
/// Fails if the scenario makes no sense: the error says what is wrong with it, and
/// where in it that is.
pub fn run(text: &str, with_turns: bool) -> Result<String, String> {
    let program = parse::parse(text).map_err(|error| error.to_string())?;
    Ok(run::run(program, with_turns))
}

/// Returns a span of time. A negative one becomes zero.
fn span(ms: Millis) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// Returns the instant at this distance from another, which may be negative; `None` if no
/// clock gets there.
fn later(start: Instant, ms: Millis) -> Option<Instant> {
    let distance = Duration::from_millis(ms.unsigned_abs());
    if ms < 0 { start.checked_sub(distance).or(Some(start)) } else { start.checked_add(distance) }
}
