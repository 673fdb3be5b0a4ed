//! Functions that are called when a task has ended, or soon.

use std::cell::Cell;
use std::rc::Rc;

use crate::probe::Event;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::flag;
use crate::run::task::Task;
use crate::run::waiter::Waiter;
use crate::watch::group::{Group, Watcher};
use crate::watch::names::name_of_function;

/// A function that is called once, or given up.
pub(crate) trait Callback {
    fn call(&self);

    /// Drops the function, which is foreign code.
    fn give_up(&self);
}

/// A function that is called at most once. As a watcher it is called by the first notice,
/// and wakes no parent.
pub(crate) struct Once<F>(Cell<Option<F>>);

impl<F: FnOnce() + 'static> Once<F> {
    pub(crate) fn new(function: F) -> Rc<Self> {
        Rc::new(Self(Cell::new(Some(function))))
    }

    /// Creates a group that calls the function in the turn after an end.
    pub(crate) fn group(function: F) -> Rc<Group> {
        Group::new(Self::new(function), None)
    }
}

impl<F: FnOnce()> Callback for Once<F> {
    fn call(&self) {
        if let Some(function) = self.0.take() {
            function();
        }
    }

    fn give_up(&self) {
        self.0.take();
    }
}

impl<F: FnOnce()> Watcher for Once<F> {
    fn ended(&self, _: u32) -> bool {
        self.call();
        false
    }
}

impl<T> Task<T> {
    /// Calls a function in the turn after the task's end; if the task has ended already,
    /// in the next turn.
    ///
    /// Functions and futures that wait for a task are notified of its end in the order in
    /// which they came (F17).
    pub fn on_done<F: FnOnce() + 'static>(&self, call: F) {
        let (group, name) = (Once::group(call), name_of_function::<F>);
        self.core().record_callback(group.number(), Some(self.id()), name);
        if self.slot().has(flag::LIVE) {
            self.slot().add_waiter(Waiter::Group(group, 0));
        } else {
            self.core().notify_late(group, 0);
        }
    }
}

impl Core {
    /// Records a function that is called when a task has ended, or soon.
    pub(crate) fn record_callback(
        &self,
        watch: u32,
        task: Option<TaskId>,
        name: impl FnOnce() -> String,
    ) {
        self.record(|| Event::Watch { watch });
        self.record_text(name, |function| Event::Calls { watch, function });
        if let Some(task) = task {
            self.record(|| Event::Child { watch, child: 0, task });
        }
    }
}
