//! A future that somebody else completes: asyncio's `Future`, made of what the
//! executor has for futures of one's own.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use executor::{Alarm, CancelTarget, PassCancel};

use super::fault::{Error, Fault, Outcome};
use super::program::Name;

/// A future of a scenario. Clones are the same.
#[derive(Clone)]
pub(super) struct Promise(Rc<State>);

struct State {
    label: Name,
    outcome: RefCell<Option<Outcome>>,
    /// Whether somebody has seen the outcome.
    seen: Cell<bool>,
    /// In the order in which they came.
    waiting: RefCell<Vec<Waiting>>,
    /// The functions that are called next turn.
    calls: RefCell<Vec<Alarm>>,
}

/// Who waits for the outcome.
enum Waiting {
    /// An await, and the waker of its task.
    Await(Rc<()>, Waker),
    Call(Box<dyn FnOnce()>),
}

impl Promise {
    pub(super) fn new(label: &Name) -> Self {
        Self(Rc::new(State {
            label: Rc::clone(label),
            outcome: RefCell::default(),
            seen: Cell::new(false),
            waiting: RefCell::default(),
            calls: RefCell::default(),
        }))
    }

    /// Completes it, and tells all that wait; `false` if it was before.
    pub(super) fn complete(&self, outcome: Outcome) -> bool {
        let pending = self.0.outcome.borrow().is_none();
        if pending {
            self.0.outcome.replace(Some(outcome));
            self.0.waiting.take().into_iter().for_each(|waiting| self.tell(waiting));
        }
        pending
    }

    fn tell(&self, waiting: Waiting) {
        match waiting {
            Waiting::Await(_, waker) => waker.wake(),
            Waiting::Call(call) => self.0.calls.borrow_mut().push(Alarm::soon(call)),
        }
    }

    /// How it was completed, without seeing it.
    pub(super) fn glance(&self) -> Option<Outcome> {
        self.0.outcome.borrow().clone()
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        let outcome = self.glance()?;
        self.0.seen.set(true);
        Some(outcome)
    }

    /// The label and the error, if it failed and nobody has seen that.
    pub(super) fn unread(&self) -> Option<(String, Error)> {
        match self.glance().filter(|_| !self.0.seen.get())? {
            Err(Fault::Error(error)) => Some((self.0.label.to_string(), error)),
            _ => None,
        }
    }

    pub(super) fn on_done(&self, call: impl FnOnce() + 'static) {
        let call = Waiting::Call(Box::new(call));
        if self.glance().is_some() {
            self.tell(call);
        } else {
            self.0.waiting.borrow_mut().push(call);
        }
    }

    /// Awaits the outcome. A cancellation of the task that does so is passed on.
    pub(super) fn join(&self) -> Join {
        let pass = PassCancel::to(Rc::new(self.clone()));
        Join { promise: self.clone(), id: Rc::default(), pass: Some(pass) }
    }

    /// Has a task woken when it is completed. Its place is that of the first time.
    fn wake_then(&self, id: &Rc<()>, waker: Waker) {
        let mut all = self.0.waiting.borrow_mut();
        match all.iter_mut().find(|waiting| waiting.is(id)) {
            Some(waiting) => *waiting = Waiting::Await(Rc::clone(id), waker),
            None => all.push(Waiting::Await(Rc::clone(id), waker)),
        }
    }
}

impl Waiting {
    fn is(&self, await_id: &Rc<()>) -> bool {
        matches!(self, Waiting::Await(id, _) if Rc::ptr_eq(id, await_id))
    }
}

impl CancelTarget for Promise {
    fn cancel(&self) -> bool {
        self.complete(Err(Fault::Cancelled))
    }
}

/// The future of [`Promise::join`].
pub(super) struct Join {
    promise: Promise,
    id: Rc<()>,
    pass: Option<PassCancel>,
}

impl Future for Join {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        if let Some(outcome) = self.promise.outcome() {
            self.pass.take().into_iter().for_each(PassCancel::conclude);
            return Poll::Ready(outcome);
        }
        self.promise.wake_then(&self.id, cx.waker().clone());
        self.pass.iter_mut().for_each(|pass| pass.waits(cx));
        Poll::Pending
    }
}

/// Given up when the task was woken already, it has seen the outcome (F41).
impl Drop for Join {
    fn drop(&mut self) {
        self.promise.outcome();
        self.promise.0.waiting.borrow_mut().retain(|waiting| !waiting.is(&self.id));
    }
}
