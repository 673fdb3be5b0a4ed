//! Functions that are called when a task has ended, or soon.

use std::cell::Cell;
use std::rc::Rc;

use crate::probe::Event;
use crate::run::context;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::flag;
use crate::run::task::Task;
use crate::run::waiter::Waiter;
use crate::watch::group::{Group, Watcher};

/// A watcher that calls a function, once, and is never content.
pub(crate) struct Callback(Cell<Option<Box<dyn FnOnce()>>>);

impl Callback {
    pub(crate) fn new(call: impl FnOnce() + 'static) -> Rc<Self> {
        Rc::new(Self(Cell::new(Some(Box::new(call)))))
    }

    /// A group that calls the function in the turn after an end.
    pub(crate) fn group(call: impl FnOnce() + 'static) -> Rc<Group> {
        Group::new(Self::new(call), None)
    }

    pub(crate) fn call(&self) {
        if let Some(call) = self.take() {
            call();
        }
    }

    pub(crate) fn take(&self) -> Option<Box<dyn FnOnce()>> {
        self.0.take()
    }
}

impl Watcher for Callback {
    fn ended(&self, _: u32) -> bool {
        self.call();
        false
    }
}

impl<T> Task<T> {
    /// Has a function called, in the turn after the task has ended; next turn,
    /// if it has ended already.
    ///
    /// Those who wait for a task and functions are told of its end in the order
    /// in which they came (F17).
    pub fn on_done(&self, call: impl FnOnce() + 'static) {
        let group = Callback::group(call);
        self.core().record_callback(group.number(), Some(self.id()));
        let (waiter, slot) = (Waiter::Group(group, 0), self.slot());
        if slot.has(flag::LIVE) {
            slot.add_waiter(waiter);
        } else {
            context::hear_from_outside(self.core());
            self.core().notify(waiter);
        }
    }
}

impl Core {
    /// Tells of a function that is called when a task has ended, or soon.
    pub(crate) fn record_callback(&self, watch: u32, task: Option<TaskId>) {
        self.record(|| Event::Watch { watch });
        self.record_text(|| "call a function".into(), |what| Event::What { watch, what });
        if let Some(task) = task {
            self.record(|| Event::Child { watch, child: 0, task });
        }
    }

    /// Drops a function that won't be called.
    pub(crate) fn drop_call(&self, call: Box<dyn FnOnce()>) {
        self.drop_foreign(call);
    }
}
