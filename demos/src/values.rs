//! The values on the command line: how they are written, and refused.
//!
//! A refusal says the rule and the remedy, in one line.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::str::FromStr;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use faults::FAULTS;

use crate::notebook::{CELLS, Cell};
use crate::plan::ReturnWhen;

/// The most coroutines of a run.
const MOST: usize = 100_000;

/// The longest time.
const LONGEST: Duration = Duration::from_hours(24);

/// The indices of the coroutines that fail.
#[derive(Clone, Debug)]
pub(crate) struct Failing(pub(crate) BTreeSet<usize>);

/// A cell of the notebook, by number.
pub(crate) fn cell(text: &str) -> Result<&'static Cell, String> {
    let cell = CELLS.iter().find(|cell| cell.number.to_string() == text);
    cell.ok_or(format!("cell {text}: coroutines run in cells 2 to 6; give some of these"))
}

/// A step on the way to the executor.
pub(crate) fn step(text: &str) -> Result<usize, String> {
    let steps = steps::shows::ALL.len();
    let step = text.parse().ok().filter(|step| (1..=steps).contains(step));
    step.ok_or(format!("step {text}: give a step from 1 to {steps}"))
}

/// A fault of the executor.
pub(crate) fn fault(text: &str) -> Result<usize, String> {
    let faults = FAULTS.len();
    let fault = text.parse().ok().filter(|fault| (1..=faults).contains(fault));
    fault.ok_or(format!("fault {text}: give a fault from 1 to {faults}"))
}

/// The number by which the sleeps are divided.
pub(crate) fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or("a speed is a number above zero; give 2 to halve the sleeps".into())
}

/// The number of coroutines.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
    count.ok_or(format!("give a number of coroutines from 1 to {MOST}"))
}

/// The seed from which the generator starts.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    let seed = text.parse();
    seed.map_err(|_| format!("a seed is a whole number; give one from 0 to {}", u64::MAX))
}

/// A time, as a number and its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let unit_at = text.find(|it: char| it != '.' && !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds = number.parse().ok().zip(seconds_in(unit)).map(|(it, unit): (f64, _)| it * unit);
    let duration = seconds.and_then(|it| Duration::try_from_secs_f64(it).ok());
    let duration = duration.filter(|it| *it <= LONGEST);
    duration.ok_or(
        "a time is a number with a unit, from 0s to 24h; give it as 1.5s, 250ms or 2m".into(),
    )
}

fn seconds_in(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(0.001),
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    }
}

fn quorum(text: &str) -> Result<usize, String> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.ok_or("the count is a whole number; give one from 1 up".into())
}

impl FromStr for Failing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(BTreeSet::new()));
        }
        let indices: Result<_, _> = text.split(',').map(str::parse).collect();
        let indices = indices.map_err(|_| "give indices as in 5,7, or none");
        Ok(Self(indices?))
    }
}

impl FromStr for ReturnWhen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=').unwrap_or((text, "")) {
            ("all-completed", "") => Ok(ReturnWhen::AllCompleted),
            ("first-completed", "") => Ok(ReturnWhen::FirstCompleted),
            ("first-exception", "") => Ok(ReturnWhen::FirstException),
            ("first-success", "") => Ok(ReturnWhen::FirstSuccess),
            ("completions", count) => quorum(count).map(ReturnWhen::Completions),
            ("successes", count) => quorum(count).map(ReturnWhen::Successes),
            _ => Err("give one of all-completed, first-completed, first-exception, \
                first-success, completions=K and successes=K"
                .into()),
        }
    }
}

/// Returns in one line what is wrong with a command line.
///
/// Where one of the functions above refuses the value of an option, that
/// option is named. Other errors are the first paragraph of what clap says.
pub(crate) fn one_line(error: &clap::Error) -> String {
    match error.source().filter(|_| error.kind() == ErrorKind::ValueValidation) {
        Some(refusal) => format!("{}{refusal}", option(error)),
        None => {
            format!("{}; {}", first_paragraph(&error.to_string()), remedy(error))
        }
    }
}

/// Says where to look, and asks whether another word was meant, if there is one like it.
fn remedy(error: &clap::Error) -> String {
    let kinds =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    let word = kinds.into_iter().filter_map(|kind| error.get(kind)).find_map(first);
    let meant = word.map(|word| format!("did you mean `{word}`? If not, ")).unwrap_or_default();
    format!("{meant}see `wheelhouse --help`")
}

fn first(words: &ContextValue) -> Option<&String> {
    match words {
        ContextValue::String(word) => Some(word),
        ContextValue::Strings(words) => words.first(),
        _ => None,
    }
}

/// The option and its value as they were given; nothing for an argument
/// without an option.
fn option(error: &clap::Error) -> String {
    let name = context(error, ContextKind::InvalidArg).split(' ').next();
    let value = context(error, ContextKind::InvalidValue);
    let name = name.filter(|name| name.starts_with('-'));
    name.map(|name| format!("{name} {value}: ")).unwrap_or_default()
}

fn first_paragraph(message: &str) -> String {
    let message = message.trim_start_matches("error: ");
    let paragraph = message.split("\n\n").next().unwrap_or_default();
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn context(error: &clap::Error, kind: ContextKind) -> &str {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text,
        _ => "",
    }
}
