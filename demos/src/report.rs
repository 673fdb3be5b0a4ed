//! The reporters, which get events and show them.

mod json;
mod live;
mod text;

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use executor::Clock;

use crate::event::Event;
use crate::plan::Plan;
use json::Json;
use live::Live;
use text::Text;

/// The style of what has failed.
pub(crate) const FAILED: Style = AnsiColor::Red.on_default();

/// The most coroutines that get a bar each; more would not fit on the screen.
const MOST_BARS: usize = 30;

/// A reporter gets the events of one run, and shows them.
pub(crate) trait Reporter {
    /// Reports an event. `at` is the time since the run began.
    fn report(&self, plan: &Plan, at: Duration, event: &Event);

    /// Returns the lines that are printed for an event: those of the notebook, unless said
    /// otherwise.
    fn lines(&self, plan: &Plan, _at: Duration, event: &Event) -> Vec<String> {
        text::lines(plan, event)
    }

    /// Reports that the run is over. Coroutines that it left behind may still
    /// report events.
    fn close(&self) {}
}

/// The reporter that shows nothing.
struct Silence;

impl Reporter for Silence {
    fn report(&self, _: &Plan, _: Duration, _: &Event) {}
}

/// The format in which events are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    // These comments are no help texts, with which the help would be long.
    //
    // As the notebook prints.
    Text,
    // One JSON object per event, on a line of its own.
    Json,
}

/// The reporters that are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    format: Format,
    /// The standard output is used for something else.
    silent: bool,
    /// Somebody is watching, and the clock is real, so that bars can move.
    live: bool,
}

impl View {
    pub(crate) fn new(format: Format, clock: Clock) -> Self {
        Self { format, silent: false, live: clock == Clock::Real && live::can_draw() }
    }

    /// Makes the reporters silent.
    pub(crate) fn silent(self) -> Self {
        Self { silent: true, ..self }
    }

    /// Returns a reporter for one run.
    pub(crate) fn reporter(self, plan: &Plan) -> Box<dyn Reporter> {
        match self.format {
            _ if self.silent => Box::new(Silence),
            Format::Json => Box::new(Json),
            Format::Text if self.live && plan.coroutines.len() <= MOST_BARS => {
                Box::new(Live::new(plan))
            }
            Format::Text => Box::new(Text),
        }
    }
}

/// Prints a text, in colour where colours are seen.
///
/// Ends the program if that can't be done, since output is all that it is
/// for: without a word if nobody reads any more, as in `wheelhouse | head`.
pub(crate) fn print(text: impl Display) {
    let written = write!(anstream::stdout(), "{text}");
    written.unwrap_or_else(|error| give_up(&error));
}

/// Prints a line, as [`print()`] does.
fn print_line(line: impl Display) {
    print(format_args!("{line}\n"));
}

/// Says what is wrong. If that can't be written, the exit code has to be enough.
pub(crate) fn tell_error(reason: impl Display) {
    tell(format_args!("{FAILED}error:{FAILED:#} {reason}"));
}

/// Prints a line about the run, apart from what it prints itself.
pub(crate) fn tell(line: impl Display) {
    // If nobody reads it, what it tells of is so all the same.
    let _ = writeln!(anstream::stderr(), "{line}");
}

fn give_up(error: &io::Error) -> ! {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    tell_error(format_args!("can't write: {error}"));
    std::process::exit(1);
}
