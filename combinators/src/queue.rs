//! The tasks that have ended, for consumers that take them one by one.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::mem::take;
use std::task::Context;

use executor::{Alarm, LocalWaker, Watcher};

use crate::foreign::contain_quietly;

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

    /// Takes the next task that has ended.
    pub(crate) fn pop(&self) -> Option<u32> {
        self.ended.borrow_mut().pop_front()
    }

    /// Sets an alarm, or none. It rings unless all have ended before.
    pub(crate) fn set_alarm(&self, alarm: Option<Alarm>) {
        self.alarm.replace(alarm);
    }

    /// Tells of no more ends.
    pub(crate) fn time_out(&self) {
        self.timed_out.set(true);
        self.consumers.wake();
    }

    /// Keeps a consumer, to be woken by the next end.
    pub(crate) fn wait(&self, consumer: &mut Consumer, cx: &Context<'_>) {
        self.consumers.wait(consumer, cx);
    }

    /// Forgets a consumer.
    pub(crate) fn forget(&self, consumer: &Consumer) {
        self.consumers.forget(consumer);
    }
}

impl Watcher for Queue {
    fn ended(&self, child: u32) -> bool {
        if !self.timed_out.get() {
            self.ended.borrow_mut().push_back(child);
            self.running.set(self.running.get() - 1);
            if self.running.get() == 0 {
                self.alarm.take();
            }
            self.consumers.wake();
        }
        false
    }
}

/// A consumer's number, which it has once it has waited.
#[derive(Default)]
pub(crate) struct Consumer(Option<u64>);

/// The consumers that wait, in the order in which they came.
#[derive(Default)]
struct Consumers {
    waiting: RefCell<Vec<(u64, LocalWaker)>>,
    /// The number of consumers that have waited.
    count: Cell<u64>,
}

impl Consumers {
    fn wait(&self, consumer: &mut Consumer, cx: &Context<'_>) {
        self.forget(consumer);
        let number = *consumer.0.get_or_insert_with(|| self.count.replace(self.count.get() + 1));
        let waker = LocalWaker::of(cx);
        self.waiting.borrow_mut().push((number, waker));
    }

    fn forget(&self, consumer: &Consumer) {
        let Some(number) = consumer.0 else { return };
        let place = self.waiting.borrow().iter().position(|(it, _)| *it == number);
        let waker = place.map(|place| self.waiting.borrow_mut().remove(place));
        drop(waker); // It may be foreign, so the borrow is over.
    }

    /// Wakes all of them: who comes first has the task, and the others wait again.
    fn wake(&self) {
        let mut waiting = take(&mut *self.waiting.borrow_mut());
        for (_, waker) in waiting.drain(..) {
            contain_quietly(|| waker.wake());
        }
        if self.waiting.borrow().is_empty() {
            self.waiting.replace(waiting); // It keeps its memory for the next.
        }
    }
}
