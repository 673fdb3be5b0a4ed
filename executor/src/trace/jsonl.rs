//! Recordings as JSON Lines: a line about the run, then a line for each step.
//!
//! See `format.md` beside this file for what the lines say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::Location;

use serde_json::{Map, Value, json};

use crate::probe::{Caller, Ended, Event, On};
use crate::run::id::TaskId;
use crate::time::wheel::Key;

use super::Recording;
use super::recorder::{Record, Texts};
use super::state::{Consequence, State};
use super::timers::{Moves, Spot};

/// The version of the format.
const VERSION: u32 = 1;

impl Recording {
    /// Returns the recording as JSON Lines: a line about the run, then a line for
    /// each step.
    #[must_use]
    pub fn to_json_lines(&self) -> String {
        let mut lines = self.header().to_string();
        for step in self.steps() {
            lines.push('\n');
            lines.push_str(&step.to_string());
        }
        lines.push('\n');
        lines
    }

    pub(super) fn header(&self) -> Value {
        json!({
            "wheelhouse": VERSION,
            "title": self.title,
            "clock": if self.is_virtual { "virtual" } else { "real" },
            "slack": self.slack,
            "steps": self.len(),
            "forgotten": self.forgotten(),
            "sources": self.sources(),
        })
    }

    /// The steps, each with what follows from those before.
    pub(super) fn steps(&self) -> impl Iterator<Item = Value> {
        let mut state = State::default();
        let texts = &self.notes.texts;
        (0..).zip(&self.notes.records).map(move |(number, record)| {
            let consequence = state.apply(number, record, texts);
            let mut step = object(json!({ "ev": kind(&record.event), "t": record.tick }));
            step.append(&mut object(fields(record, texts, &state)));
            step.append(&mut object(more(&record.event, consequence)));
            Value::Object(step)
        })
    }

    /// The texts of the source files that steps are about, as far as they can
    /// be had.
    fn sources(&self) -> BTreeMap<&str, String> {
        let mut files: BTreeSet<_> = self
            .notes
            .records
            .iter()
            .filter_map(|it| caller(&it.event))
            .map(Location::file)
            .collect();
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

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn caller(event: &Event) -> Option<Caller> {
    match event {
        Event::Spawn { at, .. } | Event::Awaits { at, .. } => *at,
        _ => None,
    }
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Turn { .. } => "turn",
        Event::Order { .. } => "order",
        Event::TurnEnd => "turn_end",
        Event::Park { .. } => "park",
        Event::Unpark => "unpark",
        Event::Jump { .. } => "jump",
        Event::Heard { .. } => "heard",
        Event::Close => "close",
        Event::Spawn { .. } => "spawn",
        Event::Found { .. } => "found",
        Event::Name { .. } => "name",
        Event::Ready { .. } => "ready",
        Event::Again { .. } => "again",
        Event::Poll { .. } => "poll",
        Event::Unwind { .. } => "unwind",
        Event::Skip { .. } => "skip",
        Event::Awaits { .. } => "awaits",
        Event::Keep { .. } => "keep",
        Event::Polled { .. } => "polled",
        Event::Done { .. } => "done",
        Event::Detach { .. } => "detach",
        Event::Gone { .. } => "gone",
        Event::TimerAt { .. } | Event::TimerIn { .. } => "timer",
        Event::Untimer { .. } => "untimer",
        Event::Advance { .. } => "advance",
        Event::Fire { .. } => "fire",
        Event::Cancel { .. } => "cancel",
        Event::Pass { .. } => "pass",
        Event::Mark { .. } => "mark",
        Event::Unmark { .. } => "unmark",
        Event::Catch { .. } => "catch",
        Event::Watch { .. } | Event::FoundWatch { .. } => "watch",
        Event::What { .. } => "what",
        Event::Child { .. } => "child",
        Event::Notice { .. } => "notice",
        Event::Ask { .. } => "ask",
        Event::Met { .. } => "met",
        Event::Over { .. } => "over",
        Event::Unwatch { .. } => "unwatch",
        Event::Note { .. } => "note",
    }
}

/// What the event says.
fn fields(record: &Record, texts: &Texts, state: &State) -> Value {
    match record.event {
        Event::Turn { batch } => json!({ "batch": batch }),
        Event::Order { order } => {
            let places: Vec<u32> = texts.get(order).split(' ').flat_map(str::parse).collect();
            json!({ "order": places })
        }
        Event::TurnEnd | Event::Unpark | Event::Close => json!({}),
        Event::Park { until } => json!({ "until": until }),
        Event::Jump { to } => json!({ "to": to }),
        Event::Heard { task }
        | Event::Ready { task }
        | Event::Again { task }
        | Event::Poll { task }
        | Event::Unwind { task }
        | Event::Skip { task }
        | Event::Keep { task }
        | Event::Detach { task }
        | Event::Gone { task }
        | Event::Cancel { task }
        | Event::Mark { task }
        | Event::Unmark { task }
        | Event::Catch { task } => json!({ "task": id(task) }),
        Event::Spawn { task, at } => {
            json!({ "task": id(task), "name": state.name(task), "at": place(at) })
        }
        Event::Found { task, polls, since, ending } => {
            json!({ "task": id(task), "polls": polls, "since": since, "ending": ending })
        }
        Event::Name { task, name } => json!({ "task": id(task), "name": texts.get(name) }),
        Event::Awaits { task, on: what, at } => {
            json!({ "task": id(task), "on": on(what), "at": place(at) })
        }
        Event::Polled { task, ready } => json!({ "task": id(task), "ready": ready }),
        Event::Done { task, outcome, text } => {
            let text = text.map(|text| texts.get(text));
            json!({ "task": id(task), "outcome": ended(outcome), "text": text })
        }
        Event::TimerAt { timer, task, deadline } => {
            json!({ "timer": key(timer), "task": task.map(id), "deadline": deadline, "delay": null })
        }
        Event::TimerIn { timer, task, delay } => {
            json!({ "timer": key(timer), "task": task.map(id), "deadline": null, "delay": delay,
                "level": null, "list": null })
        }
        Event::Untimer { timer } => json!({ "timer": key(timer) }),
        Event::Advance { now } => json!({ "now": now }),
        Event::Fire { task } => json!({ "task": task.map(id) }),
        Event::Pass { task, to } => json!({ "task": id(task), "to": to.map(id) }),
        Event::Watch { watch } | Event::Met { watch } | Event::Unwatch { watch } => {
            json!({ "watch": watch })
        }
        Event::FoundWatch { watch, by } => json!({ "watch": watch, "by": by.map(id) }),
        Event::What { watch, text } => json!({ "watch": watch, "what": texts.get(text) }),
        Event::Over { watch, text } => json!({ "watch": watch, "why": texts.get(text) }),
        Event::Child { watch, child, task } => {
            json!({ "watch": watch, "child": child, "task": id(task) })
        }
        Event::Notice { watch, child } | Event::Ask { watch, child } => {
            json!({ "watch": watch, "child": child })
        }
        Event::Note { text } => json!({ "task": state.polled.map(id), "text": texts.get(text) }),
    }
}

/// What follows from it.
fn more(event: &Event, consequence: Consequence) -> Value {
    match consequence {
        Consequence::None => json!({}),
        Consequence::Because(step) => json!({ "because": step }),
        Consequence::By(task) => json!({ "by": task.map(id) }),
        Consequence::Number(number) => json!({ "number": number }),
        Consequence::At(spot) => {
            json!({ "level": spot.map(|it| it.0), "list": spot.map(|it| it.1) })
        }
        Consequence::Moved(moves) => moved(moves),
        Consequence::Fired(fired) => {
            json!({ "timer": fired.map(|it| key(it.0)), "late": fired.map(|it| it.1) })
        }
        Consequence::Ended(ended) => {
            debug_assert!(matches!(event, Event::Child { .. }));
            json!({ "ended": ended })
        }
    }
}

fn moved(Moves { started, moved, due }: Moves) -> Value {
    let pair = |(level, list): Spot| json!([level, list]);
    let started = started.into_iter().map(|(timer, deadline, (level, list))| {
        json!({ "timer": key(timer), "deadline": deadline, "level": level, "list": list })
    });
    let moved = moved.into_iter().map(|(timer, (level, list), from)| {
        json!({ "timer": key(timer), "level": level, "list": list, "from": pair(from) })
    });
    json!({
        "started": started.collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "due": due.into_iter().map(key).collect::<Vec<_>>(),
    })
}

pub(super) fn id(task: TaskId) -> String {
    task.to_string()
}

fn key(timer: Key) -> String {
    timer.to_string()
}

pub(super) fn place(at: Option<Caller>) -> Option<String> {
    at.map(ToString::to_string)
}

fn on(on: On) -> Value {
    match on {
        On::Task(task) => json!({ "task": id(task) }),
        On::Timer(timer) => json!({ "timer": key(timer) }),
        On::Watch(watch) => json!({ "watch": watch }),
        On::Turn => json!({ "turn": true }),
    }
}

pub(super) fn ended(outcome: Ended) -> &'static str {
    match outcome {
        Ended::Returned => "returned",
        Ended::Cancelled => "cancelled",
        Ended::Panicked => "panicked",
    }
}
