//! The tasks that have ended, for consumers that take them one by one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Context;

use executor::{Alarm, Watcher};

use crate::consumers::{Consumer, Consumers};

/// The numbers of the tasks that have ended, and the consumers that wait for the next.
#[derive(Default)]
pub(crate) struct Queue {
    ended: RefCell<VecDeque<u32>>,
    /// The number of tasks that haven't ended.
    running: Cell<usize>,
    timed_out: Cell<bool>,
    alarm: RefCell<Option<Alarm>>,
    consumers: Consumers,
}

impl Queue {
    /// Expects so many ends more.
    pub(crate) fn expect(&self, ends: usize) {
        self.running.set(self.running.get() + ends);
    }

    /// Returns the number of tasks that haven't ended.
    pub(crate) fn running(&self) -> usize {
        self.running.get()
    }

    pub(crate) fn timed_out(&self) -> bool {
        self.timed_out.get()
    }

    /// Takes the next task that has ended, unless those that have are for other consumers.
    pub(crate) fn pop(&self, consumer: &mut Consumer) -> Option<u32> {
        let mut ended = self.ended.borrow_mut();
        let may_take = self.consumers.may_take(consumer, ended.len());
        may_take.then(|| ended.pop_front()).flatten()
    }

    /// Sets an alarm, or none. It rings unless all have ended before.
    pub(crate) fn set_alarm(&self, alarm: Option<Alarm>) {
        self.alarm.replace(alarm);
    }

    /// Gives no more tasks, for the time is up, and lets the consumers know.
    pub(crate) fn time_out(&self) {
        self.timed_out.set(true);
        self.consumers.wake_all();
    }

    /// Wakes the consumers that don't wait for further tasks to be added.
    pub(crate) fn close(&self) {
        self.consumers.wake_all();
    }

    /// Keeps a consumer, to be woken by an end.
    pub(crate) fn wait(&self, consumer: &mut Consumer, cx: &Context<'_>) {
        self.consumers.wait(consumer, cx);
        // To clone its waker may be foreign code, which has dropped a consumer that something
        // was promised to.
        self.consumers.promise_what_is_free(self.ended.borrow().len());
    }

    /// Forgets a consumer.
    pub(crate) fn forget(&self, consumer: &mut Consumer) {
        self.consumers.forget(consumer);
    }
}

impl Watcher for Queue {
    fn ended(&self, child: u32) -> bool {
        if !self.timed_out.get() {
            self.ended.borrow_mut().push_back(child);
            self.running.set(self.running.get() - 1);
            self.consumers.promise();
            if self.running.get() == 0 {
                self.alarm.take();
                self.consumers.wake_all();
            }
        }
        false
    }
}
