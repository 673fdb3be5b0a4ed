//! Whether something may be cancelled, and why.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use executor::Alarm;

/// Of a task, or of a part of one: of what a scope or a group runs, or one
/// branch of several. It is doomed when there is a reason to cancel it: it was
/// asked to end, was given up, its time is up, its group has failed; or that
/// holds for what it is part of, or for whoever awaits it.
pub(super) struct Fate {
    /// Of the task. One that is awaited has a greater number than who awaits it.
    pub(super) number: usize,
    doomed: Cell<bool>,
    above: RefCell<Vec<Rc<Fate>>>,
    /// Whether it is being asked; for tasks that await each other.
    asked: Cell<bool>,
}

impl Fate {
    /// Of a new task.
    pub(super) fn of_task(number: usize) -> Rc<Self> {
        Rc::new(Self {
            number,
            doomed: Cell::new(false),
            above: RefCell::default(),
            asked: Cell::new(false),
        })
    }

    /// Of a part of it.
    pub(super) fn part(self: &Rc<Self>) -> Rc<Self> {
        let part = Self::of_task(self.number);
        part.depend_on(self);
        part
    }

    pub(super) fn doom(&self) {
        self.doomed.set(true);
    }

    /// Dooms it when its time is up, before others hear of that.
    #[must_use = "dropping it takes that back"]
    pub(super) fn expire(self: &Rc<Self>, limit: Duration) -> Option<Alarm> {
        if limit.is_zero() {
            self.doom();
            return None;
        }
        let fate = Rc::clone(self);
        Some(Alarm::after(limit, move || fate.doom()))
    }

    /// From now on a reason to cancel the other is one to cancel this.
    pub(super) fn depend_on(&self, other: &Rc<Self>) {
        self.above.borrow_mut().push(Rc::clone(other));
    }

    pub(super) fn is_doomed(&self) -> bool {
        if self.doomed.get() || self.asked.replace(true) {
            return self.doomed.get();
        }
        let doomed = self.above.borrow().iter().any(|above| above.is_doomed());
        self.asked.set(false);
        doomed
    }

    /// Forgets what it depends on, which may depend on it.
    pub(super) fn forget(&self) {
        self.above.take();
    }
}
