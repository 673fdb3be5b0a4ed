//! No rooms above: nobody waits for several tasks, and nobody cancels one.

use std::convert::Infallible;
use std::fmt;
use std::rc::Rc;
use std::task::Poll;

use crate::run::core::Core;
use crate::run::error::Payload;
use crate::run::id::TaskId;
use crate::run::slots::Slot;

/// Groups that watch tasks: there are none.
pub(crate) struct Group(Infallible);

impl Group {
    pub(crate) fn is_open(&self) -> bool {
        match self.0 {}
    }
}

/// Functions that are called at a task's end: there are none.
pub(crate) trait Callback {
    fn call(&self);
    fn give_up(&self);
}

/// Errands of other threads: there are none.
pub(crate) struct Errand(Infallible);

#[derive(Default)]
pub(crate) struct Couriers(());

#[derive(Default)]
pub(crate) struct Notices(());

impl Notices {
    pub(crate) fn drop_all(&self) {}
}

#[derive(Default)]
pub(crate) struct Points(());

impl Points {
    pub(crate) fn forget_poll(&self) {}
}

#[derive(Default)]
pub(crate) struct OfTask(());

/// A wait for what takes cancellations: for nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wait(());

/// No task can ever go on.
#[derive(Debug)]
pub struct Deadlock;

impl Deadlock {
    pub(crate) fn of(_: &Core) -> Self {
        Self
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no task can ever go on")
    }
}

impl Core {
    pub(crate) fn notify_group(&self, group: Rc<Group>, _: u32, _: bool) {
        match group.0 {}
    }

    pub(crate) fn queue_errand(&self, errand: Errand) {
        match errand.0 {}
    }

    pub(crate) fn may_get_errands(&self) -> bool {
        false
    }

    pub(crate) fn give_notice(&self) {}

    pub(crate) fn settle(&self, _: TaskId, _: &Slot, poll: Poll<()>) -> Result<Poll<()>, Payload> {
        Ok(poll)
    }
}
