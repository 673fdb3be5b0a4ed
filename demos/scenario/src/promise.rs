//! A plain future, which somebody else completes: asyncio's `Future`, made of
//! what the executor has for futures of one's own.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use executor::{CancelTarget, PassCancel, Section};
use serde_json::Value as Json;

use crate::fault::{Fault, Outcome};
use crate::handle::{Child, Handle};
use crate::program::Name;

/// A way to have functions called next turn, in the order of all that is queued.
pub(crate) type CallSoon = Rc<dyn Fn(Box<dyn FnOnce()>)>;

thread_local! {
    static CALL_SOON: RefCell<Option<CallSoon>> = const { RefCell::new(None) };
}

/// Has functions called by this way. If it is `None`, no function is called any more.
pub(crate) fn call_by(way: Option<CallSoon>) {
    drop(CALL_SOON.replace(way));
}

fn call_soon(call: Box<dyn FnOnce()>) {
    let way = CALL_SOON.with_borrow(Clone::clone);
    if let Some(way) = way {
        way(call);
    }
}

/// A future of a scenario. Clones are the same.
#[derive(Clone)]
pub(crate) struct Promise(Rc<State>);

struct State {
    label: Name,
    kind: Kind,
    outcome: RefCell<Option<Outcome>>,
    /// True if it is complete because it was cancelled.
    cancelled: Cell<bool>,
    /// True if somebody has seen the outcome.
    seen: Cell<bool>,
    /// The awaits and functions that wait for the outcome, in the order in which they came.
    waiting: RefCell<Vec<Waiting>>,
}

/// The kinds of futures, which differ in what a cancellation does.
enum Kind {
    /// It is complete when it is cancelled.
    Plain,
    /// A gather cancels its children instead, and their ends complete it.
    Gather { children: Vec<Handle>, return_exceptions: bool, cancelled: Cell<bool> },
}

/// An await or a function that waits for the outcome.
enum Waiting {
    /// An await, by what a recording says of it, and the waker of its task.
    Await(Rc<Section>, Waker),
    Call(Box<dyn FnOnce()>),
}

impl Promise {
    pub(crate) fn new(label: &Name) -> Self {
        Self::of(label, Kind::Plain)
    }

    /// The future of a gather, for that to complete.
    pub(crate) fn gather(label: &Name, children: Vec<Handle>, return_exceptions: bool) -> Self {
        Self::of(label, Kind::Gather { children, return_exceptions, cancelled: Cell::new(false) })
    }

    fn of(label: &Name, kind: Kind) -> Self {
        Self(Rc::new(State {
            label: Rc::clone(label),
            kind,
            outcome: RefCell::default(),
            cancelled: Cell::new(false),
            seen: Cell::new(false),
            waiting: RefCell::default(),
        }))
    }

    /// Completes it, and notifies all that wait. Returns `false` if it was complete before.
    pub(crate) fn complete(&self, outcome: Outcome) -> bool {
        let pending = !self.is_done();
        if pending {
            self.0.outcome.replace(Some(self.0.kind.outcome(outcome)));
            self.0.waiting.take().into_iter().for_each(Waiting::tell);
        }
        pending
    }

    pub(crate) fn is_done(&self) -> bool {
        self.0.outcome.borrow().is_some()
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.cancelled.get()
    }

    pub(crate) fn label(&self) -> String {
        self.0.label.to_string()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Drops all that waits for it.
    pub(crate) fn forget(&self) {
        drop(self.0.waiting.take());
    }

    /// Returns its outcome. This counts as seeing it.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.0.seen.set(self.is_done());
        self.0.outcome.borrow().clone()
    }

    /// Returns the label and the error, if it failed and nobody has seen that.
    pub(crate) fn unread(&self) -> Option<(String, Json)> {
        let fault = self.0.outcome.borrow().as_ref()?.as_ref().err()?.json();
        (!self.0.seen.get() && !self.is_cancelled()).then(|| (self.label(), fault))
    }

    pub(crate) fn on_done(&self, call: impl FnOnce() + 'static) {
        let call = Waiting::Call(Box::new(call));
        if self.is_done() {
            call.tell();
        } else {
            self.0.waiting.borrow_mut().push(call);
        }
    }

    /// Awaits the outcome. A cancellation of the task that does so is passed on.
    pub(crate) fn join(&self) -> Join {
        let pass = PassCancel::to(Rc::new(self.clone()));
        Join { promise: self.clone(), section: None, pass: Some(pass) }
    }

    /// Begins what a recording says of an await; of a gather, for which tasks it waits, too.
    fn section(&self) -> Section {
        let mut tasks = Vec::new();
        let section = Section::begin(|| {
            tasks = self.tasks();
            self.name() + &self.0.kind.words()
        });
        for task in &tasks {
            section.add(task);
        }
        section
    }

    /// Returns its name in words. One that a program gave no name is `future`, `future.2` and so
    /// on.
    fn name(&self) -> String {
        match self.0.label.strip_prefix("future") {
            Some("") => "future".into(),
            Some(number) if number.starts_with('.') => format!("future `{}`", &number[1..]),
            _ => format!("future `{}`", self.0.label),
        }
    }

    /// Returns the tasks for which a gather waits: its own, and those of the gathers in it.
    fn tasks(&self) -> Vec<Child> {
        let (mut tasks, mut seen) = (Vec::new(), HashSet::new());
        let mut left = vec![Handle::Future(self.clone())];
        while let Some(handle) = left.pop() {
            match handle {
                Handle::Task(task) => tasks.push(task),
                Handle::Future(Self(state)) => {
                    if let Kind::Gather { children, .. } = &state.kind
                        && seen.insert(Rc::as_ptr(&state))
                    {
                        left.extend(children.iter().rev().cloned());
                    }
                }
            }
        }
        tasks
    }

    /// Wakes a task when this is completed. If the task polls again, it keeps its place.
    fn wake_then(&self, section: &Rc<Section>, waker: Waker) {
        let mut all = self.0.waiting.borrow_mut();
        match all.iter_mut().find(|waiting| waiting.is(section)) {
            Some(waiting) => *waiting = Waiting::Await(Rc::clone(section), waker),
            None => all.push(Waiting::Await(Rc::clone(section), waker)),
        }
    }
}

impl Kind {
    /// Returns what a recording says of the kind.
    fn words(&self) -> String {
        match self {
            Kind::Plain => String::new(),
            Kind::Gather { children, .. } => format!(", a gather of {}", children.len()),
        }
    }

    /// Returns the outcome that this one becomes: a gather that was cancelled ends as
    /// cancelled, unless a child's error ends it (F81, F82).
    fn outcome(&self, outcome: Outcome) -> Outcome {
        match (self, &outcome) {
            (Kind::Gather { return_exceptions: false, .. }, Err(_)) => outcome,
            (Kind::Gather { cancelled, .. }, _) if cancelled.get() => Err(Fault::Cancelled),
            _ => outcome,
        }
    }
}

impl CancelTarget for Promise {
    fn cancel(&self) -> bool {
        match &self.0.kind {
            Kind::Plain => {
                self.outcome(); // To cancel a future that has failed counts as seeing it.
                self.0.cancelled.set(self.is_cancelled() || !self.is_done());
                self.complete(Err(Fault::Cancelled))
            }
            Kind::Gather { .. } if self.is_done() => false,
            Kind::Gather { children, cancelled, .. } => {
                let any = children.iter().filter(|child| child.cancel()).count() > 0;
                cancelled.set(cancelled.get() || any);
                any
            }
        }
    }
}

impl Waiting {
    fn tell(self) {
        match self {
            Waiting::Await(section, waker) => {
                section.remark(|| "it is complete".into());
                waker.wake();
            }
            Waiting::Call(call) => call_soon(call),
        }
    }

    fn is(&self, section: &Rc<Section>) -> bool {
        matches!(self, Waiting::Await(it, _) if Rc::ptr_eq(it, section))
    }
}

/// The future of [`Promise::join`].
pub(crate) struct Join {
    promise: Promise,
    /// Is begun when the await has to wait.
    section: Option<Rc<Section>>,
    pass: Option<PassCancel>,
}

impl Future for Join {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        if let Some(outcome) = self.promise.outcome() {
            self.pass.take().into_iter().for_each(PassCancel::conclude);
            let is_cancelled = matches!(outcome, Err(Fault::Cancelled));
            let why = if is_cancelled { "it was cancelled" } else { "it has its outcome" };
            self.section.iter().for_each(|it| it.end(|| why.into()));
            return Poll::Ready(outcome);
        }
        let Self { promise, section, .. } = &mut *self;
        let section = Rc::clone(section.get_or_insert_with(|| Rc::new(promise.section())));
        section.wait();
        self.promise.wake_then(&section, cx.waker().clone());
        self.pass.iter_mut().for_each(|pass| pass.waits(cx));
        Poll::Pending
    }
}

/// Gives up the await. If its task was woken already, it has seen the outcome (F41).
impl Drop for Join {
    fn drop(&mut self) {
        self.promise.outcome();
        if let Some(section) = &self.section {
            self.promise.0.waiting.borrow_mut().retain(|waiting| !waiting.is(section));
        }
    }
}
