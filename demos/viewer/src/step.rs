//! A step of a recording, as the format says it; see `format.md` in the executor.

use std::fmt;
use std::num::ParseIntError;

use serde::Deserialize;
use serde_json::{Error, Map, Value, json};

pub(crate) struct Step {
    /// The word that the format has for it.
    pub(crate) kind: String,
    /// The time at which it happened, in ticks.
    pub(crate) tick: u64,
    /// The task that it is about.
    pub(crate) task: Option<Id>,
    /// The task that acts, if that is another.
    pub(crate) by: Option<Id>,
    pub(crate) event: Event,
}

/// The fields that steps have in common.
#[derive(Deserialize)]
struct Common {
    ev: String,
    t: u64,
    task: Option<Id>,
    by: Option<Id>,
}

/// The fields of a step, by their names in the format.
pub(crate) type Fields = Map<String, Value>;

/// Reads the line of a step.
pub(crate) fn read(line: &str) -> Result<Step, Error> {
    let Common { ev: kind, t: tick, task, by } = serde_json::from_str(line)?;
    Ok(Step { kind, tick, task, by, event: serde_json::from_str(line)? })
}

/// An event, with those of its fields that change the state or choose a sentence.
#[derive(Deserialize)]
#[serde(tag = "ev", rename_all = "snake_case")]
#[rustfmt::skip]
pub(crate) enum Event {
    // The loop.
    Turn { batch: usize },
    Order { order: Vec<usize> },
    TurnEnd,
    Park { until: Option<u64> },
    Unpark,
    Jump,
    Heard,
    Request,
    Stuck,
    Close,

    // Tasks.
    Spawn { task: Id, name: String, at: Option<String>, by: Option<Id> },
    Found { polls: u32, since: Option<u64>, ending: bool },
    Name { task: Id, name: String },
    Ready { task: Id, because: Option<usize> },
    Again,
    Poll { task: Id, number: u32 },
    Unwind { task: Id },
    Skip { task: Id },
    Awaits { task: Id, on: On, at: Option<String> },
    Keep { task: Id },
    Polled { task: Id, ready: bool },
    Done { task: Id, outcome: Outcome },
    Fail { task: Id, text: String },
    Detach { task: Id },
    Gone { task: Id },

    // Timers.
    Timer(NewTimer),
    Untimer { timer: Id },
    Advance(Advance),
    Fire { timer: Option<Id>, task: Option<Id> },
    Rings { timer: Id, function: String },

    // Cancellation.
    Cancel { task: Id },
    Pass { task: Id, to: Option<Id> },
    Mark { task: Id },
    Unmark,
    Catch { task: Id },
    Uncancel { left: u32 },

    // Watches.
    Watch { watch: u32, by: Option<Id> },
    What { watch: u32, what: String },
    Calls { watch: u32, function: String },
    Child { watch: u32, child: u32, task: Id, ended: bool },
    Notice { watch: u32, child: u32, because: Option<usize> },
    Ask { watch: u32, child: u32 },
    Answer { watch: u32, child: u32, enough: bool },
    Met { watch: u32 },
    Over { watch: u32, why: String },
    Unwatch { watch: u32 },

    // Sections.
    Section { section: u32, what: String, by: Option<Id> },
    Member { section: u32 },
    Limit { section: u32, timer: Option<Id> },
    Remark { section: u32, text: String },
    Leave { section: u32, why: String },

    // The program.
    Reach { task: Option<Id>, at: Option<String> },
    Note,
    Print { text: String },

    /// A kind of step that this version doesn't know.
    #[serde(other)]
    Unknown,
}

impl Event {
    /// Returns whether the loop goes on to another entry by it, or does something else.
    pub(crate) fn is_next_entry(&self) -> bool {
        let is_entry = matches!(self, Self::Poll { .. } | Self::Ask { .. } | Self::Unwind { .. });
        let is_turn = matches!(self, Self::Turn { .. } | Self::TurnEnd | Self::Skip { .. });
        is_entry || is_turn || matches!(self, Self::Advance(_) | Self::Fire { .. } | Self::Close)
    }

    /// Returns the watch that it changes.
    pub(crate) fn watch(&self) -> Option<u32> {
        match *self {
            Self::Watch { watch, .. }
            | Self::What { watch, .. }
            | Self::Calls { watch, .. }
            | Self::Child { watch, .. }
            | Self::Answer { watch, .. }
            | Self::Ask { watch, .. }
            | Self::Met { watch }
            | Self::Over { watch, .. }
            | Self::Unwatch { watch } => Some(watch),
            _ => None,
        }
    }
}

/// The setting of a timer. It has a deadline, and a place in the wheel; or, in the
/// nursery, a delay.
#[derive(Deserialize)]
pub(crate) struct NewTimer {
    pub(crate) timer: Id,
    pub(crate) task: Option<Id>,
    pub(crate) deadline: Option<u64>,
    pub(crate) delay: Option<u64>,
    level: Option<usize>,
    list: Option<usize>,
}

impl NewTimer {
    pub(crate) fn spot(&self) -> Option<Spot> {
        self.level.zip(self.list)
    }

    /// The timer has a deadline, but no place in a wheel: its executor has a heap instead.
    pub(crate) fn is_on_heap(&self) -> bool {
        self.deadline.is_some() && self.spot().is_none()
    }
}

/// A level of the wheel, and a list on it.
pub(crate) type Spot = (usize, usize);

/// A move of the wheel's time.
#[derive(Deserialize)]
pub(crate) struct Advance {
    pub(crate) now: u64,
    pub(crate) started: Vec<Started>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) due: Vec<Id>,
}

impl Advance {
    /// Returns whether no timer is moved.
    pub(crate) fn is_empty(&self) -> bool {
        self.started.is_empty() && self.moved.is_empty() && self.due.is_empty()
    }
}

/// A timer that leaves the nursery.
#[derive(Deserialize)]
pub(crate) struct Started {
    pub(crate) timer: Id,
    pub(crate) deadline: u64,
    pub(crate) level: usize,
    pub(crate) list: usize,
}

/// A timer that goes to a lower level.
#[derive(Deserialize)]
pub(crate) struct Moved {
    pub(crate) timer: Id,
    pub(crate) level: usize,
    pub(crate) list: usize,
}

/// A thing that a poll waits for.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    Task(Id),
    Timer(Id),
    Watch(u32),
    Section(u32),
    Turn(bool),
}

impl On {
    /// Writes it as the format has it.
    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Task(task) => json!({ "task": task.to_string() }),
            Self::Timer(timer) => json!({ "timer": timer.to_string() }),
            Self::Watch(watch) => json!({ "watch": watch }),
            Self::Section(section) => json!({ "section": section }),
            Self::Turn(it) => json!({ "turn": it }),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Returned,
    Cancelled,
    Panicked,
}

impl Outcome {
    /// Reads one as the format has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }
}

/// A task or a timer: its place, and the number of others that had that before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Id {
    place: u32,
    former: u64,
}

impl Id {
    pub(crate) fn is_main(self) -> bool {
        self.place == 0
    }

    /// Returns the number of its slot.
    pub(crate) fn place(self) -> u32 {
        self.place
    }
}

/// Writes "7", or "7.2" for the second at that place.
impl TryFrom<String> for Id {
    type Error = ParseIntError;

    fn try_from(text: String) -> Result<Self, ParseIntError> {
        let (place, nth) = text.split_once('.').unwrap_or((&text, "1"));
        Ok(Self { place: place.parse()?, former: nth.parse::<u64>()?.saturating_sub(1) })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.former {
            0 => write!(f, "{}", self.place),
            former => write!(f, "{}.{}", self.place, former + 1),
        }
    }
}
