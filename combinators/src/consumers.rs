//! The consumers of one queue, which are served in the order in which they came.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::task::Context;

use executor::LocalWaker;

use crate::foreign::contain_quietly;

/// A future that takes what is in a queue.
pub(crate) struct Consumer {
    kind: Kind,
    /// Its ticket, from when it has to wait until it is served.
    ticket: Option<Rc<Ticket>>,
}

/// The kinds of consumers.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// It borrows the queue mutably, so no other waits meanwhile, and it needs no ticket.
    Alone,
    /// It waits as long as anything may still come.
    WhileAnyMayCome,
    /// It waits for ever.
    ForEver,
}

/// A consumer's place in line.
struct Ticket {
    kind: Kind,
    /// The waker; `None` while the consumer was woken and hasn't been polled since.
    waker: Cell<Option<LocalWaker>>,
    /// Is set when the consumer has left the line, since something in the queue is its own.
    is_promised: Cell<bool>,
}

/// The consumers that wait, and the promises.
///
/// Each arrival is promised to the first consumer in line, which leaves the line and is woken.
/// Those that come later don't get it, even if they are polled before. So no consumer is woken
/// in vain, and an arrival costs O(1). Hence there is a line only while all that is in the
/// queue is promised.
#[derive(Default)]
pub(crate) struct Consumers {
    /// The line. A ticket whose consumer is gone stays until its turn, or until the line
    /// needs room.
    line: RefCell<VecDeque<Weak<Ticket>>>,
    /// The number of promises that haven't been kept.
    promised: Cell<usize>,
    /// The number of consumers to be woken when nothing can come any more.
    may_give_up: Cell<usize>,
    /// The consumer that is alone, if it waits.
    alone: Cell<Option<LocalWaker>>,
}

impl Consumer {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind, ticket: None }
    }

    fn is_promised(&self) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| ticket.is_promised.get())
    }
}

impl Consumers {
    /// Returns whether a consumer may take something now, `present` being in the queue. If
    /// something was promised to it, that promise is kept by this.
    pub(crate) fn may_take(&self, consumer: &mut Consumer, present: usize) -> bool {
        if consumer.is_promised() {
            consumer.ticket = None;
            self.promised.set(self.promised.get() - 1);
        }
        consumer.ticket.is_none() && present > self.promised.get()
    }

    /// Keeps a consumer, at the end of the line unless it has its place already.
    pub(crate) fn wait(&self, consumer: &mut Consumer, cx: &Context<'_>) {
        let waker = LocalWaker::of(cx);
        if consumer.kind == Kind::Alone {
            drop(self.alone.replace(Some(waker)));
            return;
        }
        let ticket = consumer.ticket.get_or_insert_with(|| self.join(consumer.kind));
        let before = self.take_waker(ticket);
        ticket.waker.set(Some(waker));
        self.may_give_up.set(self.may_give_up.get() + ticket.gives_up());
        drop(before);
    }

    /// Forgets a consumer. What was promised to it is promised to the next.
    pub(crate) fn forget(&self, consumer: &mut Consumer) {
        let Some(ticket) = consumer.ticket.take() else { return };
        let (waker, was_promised) = (self.take_waker(&ticket), ticket.is_promised.get());
        drop(ticket); // It is out of the line before any foreign code runs, as of the waker.
        if was_promised {
            self.promised.set(self.promised.get() - 1);
            self.promise();
        }
        drop(waker);
    }

    /// Promises what is new in the queue to the first in line, and wakes it.
    pub(crate) fn promise(&self) {
        let Some(ticket) = self.leave() else { return self.wake_alone() };
        ticket.is_promised.set(true);
        self.promised.set(self.promised.get() + 1);
        self.take_waker(&ticket).into_iter().for_each(wake);
    }

    /// Promises to those in line what is in the queue, `present` being there, and isn't
    /// promised yet.
    pub(crate) fn promise_what_is_free(&self, present: usize) {
        for _ in self.promised.get()..present {
            self.promise();
        }
    }

    /// Wakes those who needn't wait any more if nothing can come. They keep their places,
    /// for something may have been added when they are polled.
    pub(crate) fn wake_all(&self) {
        self.wake_alone();
        if self.may_give_up.get() == 0 {
            return; // The line may be long, and all of it wait for ever.
        }
        // Just their wakers are kept meanwhile: a ticket that is kept would be taken for one
        // whose consumer still waits, and wakers may drop that.
        let line = self.line.borrow();
        let tickets = line.iter().filter_map(Weak::upgrade).filter(|ticket| ticket.gives_up() > 0);
        let wakers: Vec<_> = tickets.filter_map(|ticket| self.take_waker(&ticket)).collect();
        drop(line);
        wakers.into_iter().for_each(wake);
    }

    fn wake_alone(&self) {
        self.alone.take().into_iter().for_each(wake);
    }

    /// Adds a ticket to the line. Tickets that are void are looked for only when the line is
    /// full, and then it gets room for as many as are left: that is O(1) on average.
    fn join(&self, kind: Kind) -> Rc<Ticket> {
        let ticket = Rc::new(Ticket { kind, waker: Cell::default(), is_promised: Cell::default() });
        let mut line = self.line.borrow_mut();
        if line.len() == line.capacity() {
            line.retain(|ticket| ticket.strong_count() > 0);
            let left = line.len();
            line.reserve(left);
        }
        line.push_back(Rc::downgrade(&ticket));
        ticket
    }

    /// Takes the first out of the line.
    fn leave(&self) -> Option<Rc<Ticket>> {
        let mut line = self.line.borrow_mut();
        loop {
            if let Some(ticket) = line.pop_front()?.upgrade() {
                return Some(ticket);
            }
        }
    }

    fn take_waker(&self, ticket: &Ticket) -> Option<LocalWaker> {
        let waker = ticket.waker.take();
        if waker.is_some() {
            self.may_give_up.set(self.may_give_up.get() - ticket.gives_up());
        }
        waker
    }
}

impl Ticket {
    /// Returns 1 for a consumer that gives up when nothing can come any more, and else 0.
    fn gives_up(&self) -> usize {
        usize::from(self.kind == Kind::WhileAnyMayCome)
    }
}

/// Wakes by a waker that may be foreign, so nothing is borrowed.
fn wake(waker: LocalWaker) {
    contain_quietly(|| waker.wake());
}
