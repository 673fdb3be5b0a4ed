//! Waiting for plain futures, or for these and tasks.
//!
//! The combinators take tasks. Where a plain future is among what a step waits
//! for, it waits as asyncio does: by functions that are called at the end of
//! each.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use executor::{Alarm, CancelTarget, Instant};

use crate::fault::{Fault, Outcome};
use crate::handle::Handle;
use crate::program::{Name, ReturnWhen};
use crate::promise::Promise;
use crate::value::Value;

/// Calls a function at the end of each handle, until this is dropped. It is called even for
/// those that have ended already.
pub(crate) struct Ends(Vec<(Handle, Rc<Cell<bool>>)>);

impl Ends {
    pub(crate) fn of(handles: &[Handle], told: impl Fn(&Handle) + 'static) -> Self {
        let told = Rc::new(told);
        let tell = |handle: &Handle| {
            let (open, told) = (Rc::new(Cell::new(true)), Rc::clone(&told));
            let (is_open, ended) = (Rc::clone(&open), handle.clone());
            handle.on_done(move || {
                if is_open.get() {
                    told(&ended);
                }
            });
            (handle.clone(), open)
        };
        Self(handles.iter().map(tell).collect())
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.iter().for_each(|(handle, open)| open.set(handle.is_done()));
    }
}

/// A gather. Children that have ended count at once (F73).
pub(crate) fn gather(label: &Name, children: Vec<Handle>, return_exceptions: bool) -> Promise {
    let gathering = Promise::gather(label, children.clone(), return_exceptions);
    let all = distinct(children.clone());
    let left = Cell::new(all.len());
    let count = {
        let gathering = gathering.clone();
        Rc::new(move |child: &Handle| {
            left.set(left.get() - 1);
            let failed = || child.outcome().is_some_and(|outcome| outcome.is_err());
            if gathering.is_done() || !return_exceptions && failed() {
                gathering.complete(child.outcome().expect("it has ended"));
            } else if left.get() == 0 {
                let outcomes = children.iter().filter_map(Handle::outcome);
                gathering.complete(Ok(Value::Gathered(outcomes.collect())));
            }
        })
    };
    let (ended, run): (Vec<_>, Vec<_>) = all.into_iter().partition(Handle::is_done);
    for child in run {
        let (count, ended) = (Rc::clone(&count), child.clone());
        child.on_done(move || count(&ended));
    }
    for child in &ended {
        count(child);
    }
    gathering
}

/// Makes the shield of a future, which is itself a future. It keeps the inner one until a
/// turn after the shield was cancelled (F118).
pub(crate) fn shield(label: &Name, inner: Promise) -> Promise {
    let outer = Promise::new(label);
    let shield = outer.clone();
    let ends = Ends::of(&[Handle::Future(inner)], move |inner| shield.end_as(inner));
    outer.on_done(|| drop(ends));
    outer
}

/// A `wait`. It is over when its future is completed.
pub(crate) struct Wait {
    pub(crate) enough: Promise,
    _alarm: Option<Alarm>,
    _ends: Ends,
}

impl Wait {
    pub(crate) fn new(
        handles: &[Handle],
        return_when: ReturnWhen,
        deadline: Option<Instant>,
    ) -> Self {
        let enough = Promise::new(&"wait".into());
        let (expired, met) = (enough.clone(), enough.clone());
        let alarm = deadline.map(|at| Alarm::at(at, move || expired.notify()));
        let left = Cell::new(handles.len());
        let ends = Ends::of(handles, move |handle| {
            left.set(left.get() - 1);
            if left.get() == 0 || is_enough(return_when, handle) {
                met.notify();
            }
        });
        Self { enough, _alarm: alarm, _ends: ends }
    }
}

/// Returns whether the end of this one is enough for the `wait`.
fn is_enough(return_when: ReturnWhen, handle: &Handle) -> bool {
    let failed = || handle.outcome().is_some_and(|outcome| outcome.is_err());
    match return_when {
        ReturnWhen::AllCompleted => false,
        ReturnWhen::FirstCompleted => true,
        ReturnWhen::FirstException => !handle.is_cancelled() && failed(),
    }
}

/// The items of an `as_completed`.
pub(crate) struct Items {
    queue: Rc<Queue>,
    _alarm: Option<Alarm>,
    _ends: Ends,
}

#[derive(Default)]
struct Queue {
    /// The children that haven't ended.
    left: RefCell<Vec<Handle>>,
    /// The children that have ended; `None` for each that hadn't when the time was up.
    found: RefCell<VecDeque<Option<Handle>>>,
    /// The future of an await of the next of these.
    taker: RefCell<Option<Promise>>,
}

impl Items {
    pub(crate) fn new(handles: &[Handle], deadline: Option<Instant>) -> Self {
        let queue = Rc::new(Queue { left: handles.to_vec().into(), ..Queue::default() });
        let (told, expired) = (Rc::clone(&queue), Rc::clone(&queue));
        let ends = Ends::of(handles, move |handle| told.ended(handle));
        let alarm = deadline.map(|at| Alarm::at(at, move || expired.expire()));
        Self { queue, _alarm: alarm, _ends: ends }
    }

    /// Returns the outcome of the next child; `None` when the time is up.
    pub(crate) async fn next(&self) -> Result<Option<Outcome>, Fault> {
        loop {
            if let Some(found) = self.queue.found.borrow_mut().pop_front() {
                return Ok(found.and_then(|handle| handle.outcome()));
            }
            let taker = Promise::new(&"next".into());
            self.queue.taker.replace(Some(taker.clone()));
            taker.join().await?;
        }
    }
}

impl Queue {
    fn ended(&self, handle: &Handle) {
        let mut left = self.left.borrow_mut();
        let Some(place) = left.iter().position(|it| it.is(handle)) else { return };
        let ended = left.remove(place);
        drop(left);
        self.put(Some(ended));
    }

    fn expire(&self) {
        self.left.take().iter().for_each(|_| self.put(None));
    }

    fn put(&self, item: Option<Handle>) {
        self.found.borrow_mut().push_back(item);
        let taker = self.taker.take();
        taker.iter().for_each(Promise::notify);
    }
}

impl Promise {
    /// Completes it without a value, to wake the task that waits.
    pub(crate) fn notify(&self) {
        self.complete(Ok(Value::NONE));
    }

    /// Completes it as another has ended: as cancelled, if that was cancelled.
    fn end_as(&self, other: &Handle) {
        let outcome = other.outcome().expect("it has ended");
        if other.is_cancelled() {
            self.cancel();
        } else {
            self.complete(outcome);
        }
    }
}

/// Returns the handles without repetitions.
pub(crate) fn distinct(handles: Vec<Handle>) -> Vec<Handle> {
    let mut kept: Vec<Handle> = Vec::with_capacity(handles.len());
    for handle in handles {
        if kept.iter().all(|it| !it.is(&handle)) {
            kept.push(handle);
        }
    }
    kept
}
