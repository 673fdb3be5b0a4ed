//! The log of a run: a line of JSON for each thing that happens.

use std::cell::{Cell, RefCell};
use std::fmt::Write;

use executor::trace::printed;
use executor::{Instant, now};
use serde_json::{Value as Json, json};

use crate::program::{Millis, Program};

/// The name of the task in a line that is about no task.
pub(crate) const NOBODY: &str = "-";

pub(crate) struct Log {
    text: RefCell<String>,
    /// The lines that the program has printed.
    printed: RefCell<String>,
    /// The text of the line that was begun, and not ended.
    begun_line: RefCell<String>,
    /// The turn that runs, counted from 1.
    turn: Cell<u64>,
    with_times: bool,
    with_turns: bool,
    /// True if a recording is to have the lines of the log, and not those that the program
    /// prints.
    is_output: bool,
    begun: Cell<Option<Instant>>,
    /// The time of the last look at the clock.
    at: Cell<Millis>,
}

impl Log {
    pub(crate) fn new(program: &Program, with_turns: bool) -> Self {
        Self {
            text: RefCell::default(),
            printed: RefCell::default(),
            begun_line: RefCell::default(),
            turn: Cell::new(0),
            with_times: !program.busy,
            with_turns: with_turns || program.busy,
            is_output: !program.from_python,
            begun: Cell::new(None),
            at: Cell::new(0),
        }
    }

    /// Notes that another turn begins.
    pub(crate) fn next_turn(&self) {
        self.turn.set(self.turn.get() + 1);
    }

    /// Looks at the clock, which only runs while the executor does.
    pub(crate) fn look_at_clock(&self) {
        let millis = (now() - self.begun()).as_millis();
        self.at.set(Millis::try_from(millis).unwrap_or(Millis::MAX));
    }

    /// Returns the time at which the run began: that of the first look at the clock.
    pub(crate) fn begun(&self) -> Instant {
        let begun = self.begun.get().unwrap_or_else(now);
        self.begun.set(Some(begun));
        begun
    }

    /// Writes a line, with further keys.
    pub(crate) fn line<const N: usize>(&self, task: &str, event: &str, rest: [(&str, Json); N]) {
        let mut keys = Vec::new();
        if self.with_times {
            keys.push(("t", json!(self.at.get())));
        }
        if self.with_turns {
            keys.push(("turn", json!(self.turn.get())));
        }
        keys.extend([("task", json!(task)), ("ev", json!(event))]);
        keys.extend(rest);
        let keys: Vec<_> = keys.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let line = format!("{{{}}}", keys.join(","));
        let written = writeln!(self.text.borrow_mut(), "{line}");
        written.expect("a string can be written to");
        if self.is_output {
            printed(line);
        }
    }

    /// Notes a line that the program prints.
    pub(crate) fn print(&self, line: &str) {
        self.printed.borrow_mut().extend([line, "\n"]);
        if !self.is_output {
            printed(line);
        }
    }

    /// Takes the text of the line that was begun, and not ended.
    pub(crate) fn begun_line(&self) -> String {
        self.begun_line.take()
    }

    /// Begins a line.
    pub(crate) fn begin_line(&self, text: &str) {
        self.begun_line.replace(text.to_owned());
    }

    /// Returns the length of all lines, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.borrow().len()
    }

    /// Takes what the program has printed.
    pub(crate) fn take_printed(&self) -> String {
        self.printed.take() + &self.begun_line.take()
    }

    /// Takes all lines.
    pub(crate) fn take(&self) -> String {
        self.text.take()
    }
}
