//! Recordings as JSON Lines: a line about the run, then a line for each step.
//!
//! See `format.md` beside this file for what the lines say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::probe::{Ended, Event, On};
use crate::run::id::TaskId;
use crate::time::wheel::Key;

use super::json::{Json, Writer};
use super::state::{At, Consequence, State};
use super::timers::{Moves, Spot};
use super::{Recording, Translation};

/// The version of the format.
const VERSION: u32 = 2;

/// A value that isn't known, or isn't there.
const NULL: Option<u64> = None;

/// The events as they are written: the kind of each, and the fields that are its own,
/// by their own names. A field behind a semicolon is written as it follows from the state.
macro_rules! kinds {
    ($($event:ident $kind:literal $({ $($field:ident),* $(; $later:ident)? })?;)*) => {
        fn write_event(out: &mut Writer<'_>, event: &Event) {
            match event {
                $(Event::$event $({ $($field),* $(, $later: _)? })? => {
                    out.field("ev", $kind);
                    $($(out.field(stringify!($field), $field);)*)?
                })*
            }
        }

        /// Returns the name of the field that follows from the state, if the event has one.
        fn later_field(event: &Event) -> Option<&'static str> {
            match event {
                $(Event::$event { .. } => None $($(.or(Some(stringify!($later))))?)?,)*
            }
        }
    };
}

kinds! {
    Turn "turn" { batch };
    Order "order" { order };
    TurnEnd "turn_end";
    Park "park" { until };
    Unpark "unpark";
    Jump "jump" { to };
    Heard "heard" { task };
    Request "request" { function };
    Stuck "stuck";
    Close "close";

    Spawn "spawn" { task; at };
    Found "found" { task, polls, since, ending };
    Name "name" { task, name };
    Ready "ready" { task };
    Again "again" { task };
    Poll "poll" { task };
    Unwind "unwind" { task };
    Skip "skip" { task };
    Awaits "awaits" { task, on; at };
    Keep "keep" { task };
    Polled "polled" { task, ready };
    Done "done" { task, outcome, text };
    Fail "fail" { task, text; at };
    Detach "detach" { task };
    Gone "gone" { task };

    TimerAt "timer" { timer, task, deadline };
    TimerIn "timer" { timer, task, delay };
    Untimer "untimer" { timer };
    Advance "advance" { now };
    Fire "fire" { task };
    Rings "rings" { timer, function };

    Cancel "cancel" { task; at };
    Pass "pass" { task, to };
    Mark "mark" { task };
    Unmark "unmark" { task };
    Catch "catch" { task };
    Uncancel "uncancel" { task, left };

    Watch "watch" { watch };
    FoundWatch "watch" { watch, by };
    What "what" { watch, what };
    Calls "calls" { watch, function };
    Child "child" { watch, child, task };
    Answer "answer" { watch, child, enough, why };
    Notice "notice" { watch, child };
    Ask "ask" { watch, child };
    Met "met" { watch };
    Over "over" { watch, why };
    Unwatch "unwatch" { watch };

    Section "section" { section, what };
    FoundSection "section" { section, by, what };
    Member "member" { section, task };
    Limit "limit" { section, timer };
    Remark "remark" { section, text };
    Leave "leave" { section, why };

    Reach "reach" { task, at };
    Note "note" { text; at };
    Print "print" { text; at };
}

impl Recording {
    /// Returns the recording as JSON Lines: a line about the run, then a line for
    /// each step.
    #[must_use]
    pub fn to_json_lines(&self) -> String {
        let mut files = BTreeSet::new();
        let steps = self.step_lines(0, &mut State::default(), &mut files);
        self.header_line(&files) + &steps
    }

    /// Returns the line about the run, with the texts of these files.
    pub(super) fn header_line(&self, files: &BTreeSet<String>) -> String {
        let mut out = Writer::new(&self.notes.texts);
        out.line(|out| self.write_header(out, files));
        out.finish()
    }

    /// Returns the lines of the steps from this one on. The state is the one before it, and
    /// goes on to that after the last. The files that the steps are about join the others.
    pub(super) fn step_lines(
        &self,
        first: usize,
        state: &mut State,
        files: &mut BTreeSet<String>,
    ) -> String {
        let texts = &self.notes.texts;
        let mut out = Writer::new(texts);
        for (step, record) in (0..).zip(&self.notes.records).skip(first) {
            let consequence = state.apply(step, record, texts);
            let place = state.place_of(&record.event);
            let file = place.as_ref().map(At::file);
            files.extend(file.filter(|it| !files.contains(*it)).map(str::to_owned));
            out.line(|out| {
                write_event(out, &record.event);
                out.field("t", &record.tick);
                if let Some(name) = later_field(&record.event) {
                    out.field(name, &place.as_ref());
                }
                write_more(out, &record.event, state);
                write_consequence(out, &consequence);
            });
        }
        out.finish()
    }

    fn write_header(&self, out: &mut Writer<'_>, files: &BTreeSet<String>) {
        out.field("wheelhouse", &VERSION);
        out.field("title", &self.title);
        out.field("clock", if self.is_virtual { "virtual" } else { "real" });
        out.field("slack", &self.slack);
        out.field("origin", &self.notes.origin);
        out.field("steps", &self.len());
        out.field("forgotten", &self.forgotten());
        out.object_field("sources", |out| {
            for (path, text) in self.sources(files) {
                out.field(path, &text);
            }
        });
        out.object_field("translations", |out| self.write_translations(out, files));
    }

    fn write_translations(&self, out: &mut Writer<'_>, files: &BTreeSet<String>) {
        for Translation { path, text, lines } in &self.translations {
            let mut shown = lines.iter().filter(|it| files.contains(&it.0)).peekable();
            if shown.peek().is_none() {
                continue;
            }
            out.object_field(path, |out| {
                out.field("text", text);
                out.object_field("lines", |out| {
                    shown.for_each(|(file, line, here)| out.field(&format!("{file}:{line}"), here));
                });
            });
        }
    }

    /// Returns the texts of source files, as far as they are known or can be read.
    fn sources<'a>(&'a self, files: &'a BTreeSet<String>) -> BTreeMap<&'a str, String> {
        let mut files: BTreeSet<_> = files.iter().map(String::as_str).collect();
        let mut sources = BTreeMap::new();
        for (path, text) in &self.sources {
            if files.remove(path.as_str()) {
                sources.insert(path.as_str(), text.clone());
            }
        }
        sources.extend(files.into_iter().filter_map(|it| Some((it, fs::read_to_string(it).ok()?))));
        sources
    }
}

/// Writes the fields that follow from the state, and those that are null.
fn write_more(out: &mut Writer<'_>, event: &Event, state: &State) {
    match *event {
        Event::Spawn { task, .. } => out.field("name", &state.name(task)),
        Event::Note { .. } | Event::Print { .. } => out.field("task", &state.polled),
        Event::TimerAt { .. } => out.field("delay", &NULL),
        Event::TimerIn { .. } => {
            out.field("deadline", &NULL);
            out.field("level", &NULL);
            out.field("list", &NULL);
        }
        _ => {}
    }
}

/// Writes the fields that follow from the steps before.
fn write_consequence(out: &mut Writer<'_>, consequence: &Consequence) {
    match consequence {
        Consequence::None => {}
        Consequence::Because(step) => out.field("because", step),
        Consequence::By(task) => out.field("by", task),
        Consequence::Number(number) => out.field("number", number),
        Consequence::At(spot) => write_spot(out, *spot),
        Consequence::Moved(moves) => write_moves(out, moves),
        Consequence::Fired(fired) => {
            out.field("timer", &fired.map(|it| it.0));
            out.field("late", &fired.map(|it| it.1));
        }
        Consequence::Ended(ended) => out.field("ended", ended),
    }
}

fn write_moves(out: &mut Writer<'_>, Moves { started, moved, due }: &Moves) {
    out.list("started", started, |out, &(timer, deadline, spot)| {
        out.field("timer", &timer);
        out.field("deadline", &deadline);
        write_spot(out, spot);
    });
    out.list("moved", moved, |out, &(timer, spot, (level, list))| {
        out.field("timer", &timer);
        out.field("from", &[level, list][..]);
        write_spot(out, spot);
    });
    out.field("due", &due[..]);
}

fn write_spot(out: &mut Writer<'_>, (level, list): Spot) {
    out.field("level", &level);
    out.field("list", &list);
}

impl Json for TaskId {
    fn write(&self, out: &mut Writer<'_>) {
        self.to_string().write(out);
    }
}

impl Json for Key {
    fn write(&self, out: &mut Writer<'_>) {
        self.to_string().write(out);
    }
}

impl Json for &At {
    fn write(&self, out: &mut Writer<'_>) {
        self.to_string().write(out);
    }
}

impl Json for On {
    fn write(&self, out: &mut Writer<'_>) {
        out.object(|out| match self {
            Self::Task(task) => out.field("task", task),
            Self::Timer(timer) => out.field("timer", timer),
            Self::Watch(watch) => out.field("watch", watch),
            Self::Section(section) => out.field("section", section),
            Self::Turn => out.field("turn", &true),
        });
    }
}

impl Json for Ended {
    fn write(&self, out: &mut Writer<'_>) {
        let word = match self {
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        };
        word.write(out);
    }
}
