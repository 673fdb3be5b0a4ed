//! What few tasks have, and so isn't in their slots.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use crate::error::contain_quietly;
use crate::id::TaskId;
use crate::slots::{Slot, flag};

/// What a task's cancellation is passed on to while the task waits for it.
///
/// For futures that wait for several tasks, as `gather` does; see
/// [`PassCancel`](crate::PassCancel).
pub trait CancelTarget {
    /// Cancels what is waited for. Returns `false` if there is nothing left to
    /// cancel, since all of it has ended and the waiting task is about to be
    /// woken for that: then it is cancelled itself, at that wake.
    fn cancel(&self) -> bool;
}

#[derive(Default)]
pub(crate) struct Extra {
    pub(crate) name: Option<Arc<str>>,
    /// Cancellations, without the one that the task is marked with; which may
    /// have been taken back, and then this is -1.
    pub(crate) cancels: i32,
    /// What one was passed on to, until the task has heard what came of it.
    pub(crate) passed: Option<Passed>,
    pub(crate) target: Option<Rc<dyn CancelTarget>>,
}

impl Extra {
    /// Takes a target in again, unless the task waits for another by now. Then it
    /// returns it.
    pub(crate) fn put_target_back(
        &mut self,
        target: Rc<dyn CancelTarget>,
    ) -> Option<Rc<dyn CancelTarget>> {
        if self.target.is_some() {
            return Some(target);
        }
        self.target = Some(target);
        None
    }
}

/// The way of requests to end, from task to task; see `Core::cancel`. It is the
/// stack that calls within calls would have.
#[derive(Default)]
pub(crate) struct Walk {
    pub(crate) under_way: Cell<bool>,
    /// The last step is the next.
    steps: RefCell<Vec<Step>>,
}

pub(crate) enum Step {
    /// Sends a request to end to a task.
    Send(TaskId),
    /// Puts a target back, as all that it has requested was seen to.
    PutBack(TaskId, Rc<dyn CancelTarget>),
}

impl Walk {
    pub(crate) fn push(&self, step: Step) {
        self.steps.borrow_mut().push(step);
    }

    pub(crate) fn next(&self) -> Option<Step> {
        self.steps.borrow_mut().pop()
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.borrow().len()
    }

    /// Has the steps from this one on taken in the order in which they were pushed.
    pub(crate) fn reverse_from(&self, step: usize) {
        self.steps.borrow_mut()[step..].reverse();
    }
}

/// What a cancellation was passed on to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    Task(TaskId),
    Target,
}

/// By slot, for slots that say so.
#[derive(Default)]
pub(crate) struct Extras(RefCell<HashMap<u32, Extra, BuildHasherDefault<OfIndex>>>);

/// Spreads indices, which nobody chooses with evil intent.
#[derive(Default)]
struct OfIndex(u64);

impl Hasher for OfIndex {
    fn write_u32(&mut self, index: u32) {
        self.0 = u64::from(index).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("indices are u32");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Extras {
    /// Looks at a task's extras, made now if need be. No foreign code (I7).
    pub(crate) fn of<R>(&self, index: u32, slot: &Slot, look: impl FnOnce(&mut Extra) -> R) -> R {
        slot.set(flag::EXTRA);
        look(self.0.borrow_mut().entry(index).or_default())
    }

    pub(crate) fn name(&self, index: u32) -> Option<Arc<str>> {
        self.0.borrow().get(&index)?.name.clone()
    }

    pub(crate) fn cancels(&self, index: u32) -> i32 {
        self.0.borrow().get(&index).map_or(0, |extra| extra.cancels)
    }

    pub(crate) fn target(&self, index: u32) -> Option<Rc<dyn CancelTarget>> {
        self.0.borrow().get(&index)?.target.clone()
    }

    pub(crate) fn passed(&self, index: u32) -> Option<Passed> {
        self.0.borrow().get(&index)?.passed
    }

    pub(crate) fn remove(&self, index: u32) {
        let extra = self.0.borrow_mut().remove(&index);
        contain_quietly(|| drop(extra)); // Foreign code (I7).
    }
}
