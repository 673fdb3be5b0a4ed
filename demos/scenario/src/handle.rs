//! Handles, each of which stands for a task or for a plain future.

use std::fmt;

use executor::{CancelTarget, Shared};

use crate::fault::{Error, Fault, Outcome, Returned, flat};
use crate::promise::Promise;

/// A task of the scenario.
pub(crate) type Child = Shared<Returned>;

#[derive(Clone)]
pub(crate) enum Handle {
    Task(Child),
    Future(Promise),
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl Handle {
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Handle::Task(one), Handle::Task(other)) => one.id() == other.id(),
            (Handle::Future(one), Handle::Future(other)) => one.is(other),
            _ => false,
        }
    }

    pub(crate) fn label(&self) -> String {
        match self {
            Handle::Task(task) => task.name(),
            Handle::Future(future) => future.label(),
        }
    }

    pub(crate) fn cancel(&self) -> bool {
        match self {
            Handle::Task(task) => task.cancel(),
            Handle::Future(future) => future.cancel(),
        }
    }

    pub(crate) fn cancelling(&self) -> u32 {
        match self {
            Handle::Task(task) => task.reference().cancelling(),
            Handle::Future(_) => 0,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        match self {
            Handle::Task(task) => task.is_finished(),
            Handle::Future(future) => future.is_done(),
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        match self {
            Handle::Task(task) => task.is_cancelled(),
            Handle::Future(future) => future.is_cancelled(),
        }
    }

    /// Returns its outcome. This counts as seeing it.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self {
            Handle::Task(task) => outcome(task),
            Handle::Future(future) => future.outcome(),
        }
    }

    pub(crate) fn on_done(&self, call: impl FnOnce() + 'static) {
        match self {
            Handle::Task(task) => task.on_done(call),
            Handle::Future(future) => future.on_done(call),
        }
    }
}

/// Returns the tasks that handles stand for, if none stands for a future.
pub(crate) fn tasks(handles: &[Handle]) -> Option<Vec<Child>> {
    let task = |handle: &Handle| match handle {
        Handle::Task(task) => Some(task.clone()),
        Handle::Future(_) => None,
    };
    handles.iter().map(task).collect()
}

/// Returns the outcome of a task. This counts as seeing it.
pub(crate) fn outcome(task: &Child) -> Option<Outcome> {
    task.outcome().map(flat)
}

/// Returns the error that a task ended with, if nobody has seen it.
pub(crate) fn unread(task: &Child) -> Option<Error> {
    let outcome = task.glance(Clone::clone).filter(|_| !task.is_read());
    match flat(outcome?) {
        Err(Fault::Error(error)) => Some(error),
        _ => None,
    }
}
