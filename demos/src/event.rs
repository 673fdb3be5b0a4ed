//! The events of a run, and their form as JSON.
//!
//! With `--format json` every event is an object on a line of its own:
//!
//! | `event`     | what has happened                      | members             |
//! |-------------|----------------------------------------|---------------------|
//! | `run`       | a run begins                           | the *plan*          |
//! | `started`   | a coroutine took its first step        | `coroutine`, `sleep_ms` |
//! | `ended`     | a coroutine has ended                  | the *end*           |
//! | `cancelled` | a coroutine was dropped before its end | `coroutine`         |
//! | `returned`  | `wait` or `gather` has returned        | the result          |
//!
//! - The *plan* is `call` (`wait` with `return_when` and perhaps `timeout_ms`,
//!   or `gather` with `return_exceptions`), the number of `coroutines`, the
//!   indices of the `failing`, and `speed` or `seed`.
//! - An *end* is `coroutine` and `outcome`: `returned` with `value`, or
//!   `failed` with `error`.
//! - The result of `wait` is the numbers `completed` and `pending`, the `reason`
//!   (`met` and the coroutine that met the condition as `by`; `impossible` and the one
//!   after whose end it couldn't be met any more, as `by`; `exhausted`; or `timeout`) and
//!   `done`: ends, in the order of completion.
//! - The result of `gather` is `results`, which are ends by index; or one end,
//!   that of the coroutine whose exception came out.
//!
//! All events have `at_ms`, the executor's time since the run began, and in a
//! replay `cell`. Coroutines that outlive their cell still report for it.

use std::fmt::Display;

use combinators::Reason;
use serde::Serialize;

use crate::plan::{Call, Plan, Source};

/// Something that happens in a run.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    Run {
        #[serde(flatten)]
        call: Call,
        coroutines: usize,
        failing: Vec<usize>,
        #[serde(flatten)]
        source: Source,
    },
    Started {
        coroutine: usize,
        sleep_ms: u128,
    },
    Ended(End),
    Cancelled {
        coroutine: usize,
    },
    Returned(Returned),
}

/// The end of a coroutine.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub(crate) enum End {
    Returned { coroutine: usize, value: usize },
    Failed { coroutine: usize, error: String },
}

/// The result of the call.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Returned {
    Waited {
        completed: usize,
        pending: usize,
        #[serde(flatten)]
        reason: Why,
        done: Vec<End>,
    },
    Gathered {
        results: Vec<End>,
    },
    /// The exception of a coroutine came out of `gather`.
    Raised(End),
}

/// The reason for which `wait` returned.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "reason", rename_all = "lowercase")]
pub(crate) enum Why {
    Met { by: usize },
    Impossible { by: usize },
    Exhausted,
    Timeout,
}

impl Event {
    /// Returns the event that the run of a plan begins.
    pub(crate) fn run(plan: &Plan) -> Self {
        let failing = plan.coroutines.iter().filter(|it| it.fails).map(|it| it.index);
        Event::Run {
            call: plan.call,
            coroutines: plan.coroutines.len(),
            failing: failing.collect(),
            source: plan.source,
        }
    }
}

impl End {
    /// Returns the end of a coroutine that has this result.
    pub(crate) fn of<E: Display>(coroutine: usize, result: &Result<usize, E>) -> Self {
        match result {
            Ok(value) => End::Returned { coroutine, value: *value },
            Err(error) => End::Failed { coroutine, error: error.to_string() },
        }
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self, End::Failed { .. })
    }
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Met(by) => Why::Met { by },
            Reason::Impossible(by) => Why::Impossible { by },
            Reason::Exhausted => Why::Exhausted,
            Reason::TimedOut => Why::Timeout,
        }
    }
}
