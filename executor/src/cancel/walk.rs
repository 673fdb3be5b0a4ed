//! The walk of a request, which takes a loop where calls within calls would be too deep.

use std::cell::{Cell, RefCell};

use crate::cancel::point::{Point, TargetId};

/// The steps of requests that are still to be taken; see `Core::request`. They are the
/// stack that calls within calls would have.
#[derive(Default)]
pub(crate) struct Walk {
    /// The number of requests that are being sent, one within the other.
    pub(crate) depth: Cell<u32>,
    /// The number of ways along waits that requests have gone.
    way: Cell<u64>,
    /// The steps. The one that was pushed last is the next.
    steps: RefCell<Vec<Step>>,
}

pub(crate) enum Step {
    /// Sends a request to a point.
    Send(Point),
    /// Lets a point wait for its target again, once all that the target has requested was sent.
    Restore(Point, TargetId),
}

impl Walk {
    /// Begins another way of a request along waits.
    pub(crate) fn begin_way(&self) {
        self.way.set(self.way.get() + 1);
    }

    /// Returns the number of the way that was begun last.
    pub(crate) fn way(&self) -> u64 {
        self.way.get()
    }

    pub(crate) fn push(&self, step: Step) {
        self.steps.borrow_mut().push(step);
    }

    /// Takes the next step, unless only so many are left.
    pub(crate) fn next_after(&self, steps: usize) -> Option<Step> {
        let mut all = self.steps.borrow_mut();
        // Those that are left are for the request within which this one is sent.
        if all.len() > steps { all.pop() } else { None }
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.borrow().len()
    }

    /// Reverses the steps from this one on: the first that was pushed is taken first.
    pub(crate) fn reverse_from(&self, step: usize) {
        self.steps.borrow_mut()[step..].reverse();
    }
}
