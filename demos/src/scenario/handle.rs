//! What a handle stands for: a task, or a plain future.

use executor::Shared;

use super::fault::{Fault, Halt, Outcome, Value};
use super::promise::Promise;

/// A task of the scenario.
pub(super) type Child = Shared<Value>;

#[derive(Clone)]
pub(super) enum Handle {
    Task(Child),
    Future(Promise),
}

impl Handle {
    /// The task, for what waits for tasks only.
    pub(super) fn task(self) -> Result<Child, Halt> {
        match self {
            Handle::Task(task) => Ok(task),
            Handle::Future(_) => {
                Err(Halt::Unsupported("it waits for a plain future as if that were a task"))
            }
        }
    }

    pub(super) fn cancel(&self) -> bool {
        match self {
            Handle::Task(task) => task.cancel(),
            Handle::Future(future) => future.complete(Err(Fault::Cancelled)),
        }
    }

    pub(super) fn cancelling(&self) -> u32 {
        match self {
            Handle::Task(task) => task.reference().cancelling(),
            Handle::Future(_) => 0,
        }
    }

    /// How it has ended, without seeing it.
    pub(super) fn glance(&self) -> Option<Outcome> {
        match self {
            Handle::Task(task) => task.glance(outcome_of),
            Handle::Future(future) => future.glance(),
        }
    }

    /// How it has ended, which counts as seeing it.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self {
            Handle::Task(task) => outcome(task),
            Handle::Future(future) => future.outcome(),
        }
    }

    pub(super) fn on_done(&self, call: impl FnOnce() + 'static) {
        match self {
            Handle::Task(task) => task.on_done(call),
            Handle::Future(future) => future.on_done(call),
        }
    }
}

/// How a task has ended, which counts as seeing it.
pub(super) fn outcome(task: &Child) -> Option<Outcome> {
    task.peek(outcome_of)
}

fn outcome_of(outcome: &Result<Value, executor::JoinError>) -> Outcome {
    outcome.clone().map_err(Fault::from)
}
