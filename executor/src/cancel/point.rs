//! A point, and what it waits for.

use crate::cancel::table::Key;
use crate::run::id::TaskId;

/// A point: a task, or a scope in one. It can be cancelled.
///
/// Both kinds have the same states. A point may be *marked*: it sees the cancellation at
/// its next step; or, if it is marked amid a poll, when it waits at the end of that. It *waits*
/// for another point, for a target, or for nothing that knows of cancellations. And it may have
/// *passed* a request on to what it waits for, without having heard yet what came of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Task(TaskId),
    Scope(ScopeId),
}

/// A point's wait, in one word: the id or key of what the point waits for, and the kind of that
/// in the two bits that no index takes.
///
/// It is checked when it is read, by `Core::awaited`: if the id or key is stale by then (I3), the
/// point waits for nothing. So nobody has to see to it when something goes that is waited for,
/// and who has its place next is never taken for it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wait(u64);

const KIND: u64 = 3 << 30;
const TASK: u64 = 1 << 30;
const SCOPE: u64 = 2 << 30;
const TARGET: u64 = 3 << 30;

impl Wait {
    /// A wait for something that can't be cancelled.
    pub(crate) const NOTHING: Self = Self(0);
    /// A wait that was cancelled: a request to its task can't be taken back (F50).
    pub(crate) const CANCELLED: Self = Self(1);

    pub(crate) fn task(id: TaskId) -> Self {
        Self(TASK | id.pack())
    }

    pub(crate) fn scope(ScopeId(key): ScopeId) -> Self {
        Self(SCOPE | key.pack())
    }

    pub(crate) fn target(TargetId(key): TargetId) -> Self {
        Self(TARGET | key.pack())
    }

    pub(crate) fn is_scope(self) -> bool {
        self.0 & KIND == SCOPE
    }

    /// Returns the point that is waited for, if it is one.
    pub(crate) fn to_point(self) -> Option<Point> {
        match self.0 & KIND {
            TASK => Some(Point::Task(TaskId::unpack(self.name()))),
            SCOPE => Some(Point::Scope(ScopeId(Key::unpack(self.name())))),
            _ => None,
        }
    }

    /// Returns the target that is waited for, if it is one.
    pub(crate) fn to_target(self) -> Option<TargetId> {
        (self.0 & KIND == TARGET).then(|| TargetId(Key::unpack(self.name())))
    }

    fn name(self) -> u64 {
        self.0 & !KIND
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
    /// woken for that: then it is cancelled itself, at that wake. (If nobody wakes it, it waits
    /// for ever.)
    fn cancel(&self) -> bool;
}
