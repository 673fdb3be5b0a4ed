//! A plan: some coroutines, and the call that they are given to.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// The plan of a run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) source: Source,
    pub(crate) call: Call,
    /// The coroutines in the order in which they start. The call gets them by index.
    pub(crate) coroutines: Vec<Coroutine>,
}

/// The source of a plan.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Source {
    /// A cell of the notebook, whose sleeps are divided by `speed`.
    Notebook {
        /// The number, which every event has anyway.
        #[serde(skip)]
        cell: u8,
        speed: f64,
    },
    /// A generator of random numbers.
    Random { seed: u64 },
}

/// The call that gets the coroutines.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "call", rename_all = "lowercase")]
pub(crate) enum Call {
    Wait {
        return_when: ReturnWhen,
        #[serde(
            rename = "timeout_ms",
            serialize_with = "millis",
            skip_serializing_if = "Option::is_none"
        )]
        timeout: Option<Duration>,
    },
    Gather {
        return_exceptions: bool,
    },
}

/// The condition of a `wait`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReturnWhen {
    AllCompleted,
    FirstCompleted,
    FirstException,
    FirstSuccess,
    Completions(usize),
    Successes(usize),
}

/// One of the coroutines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coroutine {
    pub(crate) index: usize,
    /// The time as it is printed. At another speed than 1 the coroutine sleeps for
    /// [`Plan::time_for`] this.
    pub(crate) sleep: Duration,
    pub(crate) fails: bool,
}

impl Plan {
    /// Returns how long a sleep really takes.
    pub(crate) fn time_for(&self, sleep: Duration) -> Duration {
        match self.source {
            Source::Random { .. } => sleep,
            Source::Notebook { speed, .. } => {
                let seconds = sleep.as_secs_f64() / speed;
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        }
    }

    /// Returns the number of the notebook's cell, if the plan is that of a cell.
    pub(crate) fn cell(&self) -> Option<u8> {
        match self.source {
            Source::Notebook { cell, .. } => Some(cell),
            Source::Random { .. } => None,
        }
    }

    /// Returns whether the plan is one of the notebook's. An exception in it
    /// is the notebook's content, not a failure.
    pub(crate) fn is_replay(&self) -> bool {
        self.cell().is_some()
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Call::Wait { return_when, .. } => write!(f, "wait, {return_when}"),
            Call::Gather { return_exceptions: true } => f.write_str("gather, return-exceptions"),
            Call::Gather { return_exceptions: false } => f.write_str("gather"),
        }
    }
}

/// Writes it as on the command line.
impl fmt::Display for ReturnWhen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReturnWhen::AllCompleted => f.write_str("all-completed"),
            ReturnWhen::FirstCompleted => f.write_str("first-completed"),
            ReturnWhen::FirstException => f.write_str("first-exception"),
            ReturnWhen::FirstSuccess => f.write_str("first-success"),
            ReturnWhen::Completions(count) => write!(f, "completions={count}"),
            ReturnWhen::Successes(count) => write!(f, "successes={count}"),
        }
    }
}

impl Serialize for ReturnWhen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn millis<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|it| it.as_millis()).serialize(serializer)
}
