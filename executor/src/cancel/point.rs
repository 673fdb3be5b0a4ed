//! A point, and what it waits for.

use crate::cancel::table::Key;
use crate::run::id::TaskId;
use crate::run::slots::code;

/// A point: a task, or a scope in one. It can be cancelled.
///
/// Both kinds have the same states. A point may be *marked*: it sees the cancellation at
/// its next step. It *waits* for another point, for a target, or for nothing that
/// knows of cancellations. And it may have *passed* a request on to what it waits
/// for, without having heard yet what came of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Task(TaskId),
    Scope(ScopeId),
}

/// A point's wait. If what it names is gone by now, the point waits for nothing.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Wait {
    #[default]
    Nothing,
    Task(TaskId),
    Scope(ScopeId),
    Target(TargetId),
    /// The wait was cancelled, which can't be taken back (F50).
    Cancelled,
}

impl Wait {
    /// Returns the code of the wait for a task's slot, if there is one: it names a task or a
    /// scope by its place alone. A target has none, and is kept with the extras.
    #[inline(always)]
    pub(crate) fn code(self) -> Option<u32> {
        match self {
            Self::Nothing => Some(code::NOTHING),
            Self::Cancelled => Some(code::CANCELLED),
            Self::Task(id) => Some(id.index),
            Self::Scope(ScopeId(key)) => {
                key.index().checked_add(code::FREE).filter(|it| *it < code::END)
            }
            Self::Target(_) => None,
        }
    }

    pub(crate) fn is_scope(self) -> bool {
        matches!(self, Self::Scope(_))
    }
}

/// Names a scope while something is in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeId(pub(crate) Key);

/// Names a target while somebody may wait for it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TargetId(pub(crate) Key);

/// A target, to which a task's cancellation is passed on while the task waits for it.
///
/// It is for futures that wait for several tasks, as `gather` does; see
/// [`PassCancel`](crate::PassCancel).
pub trait CancelTarget {
    /// Cancels the tasks that are waited for. Returns `false` if there is nothing left to
    /// cancel, since all of them have ended and the waiting task is about to be
    /// woken for that: then it is cancelled itself, at that wake.
    fn cancel(&self) -> bool;
}
