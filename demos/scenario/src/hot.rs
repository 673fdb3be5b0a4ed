//! A gather or a shield that a handle stands for, before anybody awaits it.
//!
//! Here both are futures that do nothing unless polled. As asyncio's are done as
//! soon as a callback says so, each is polled by its own waker, at once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use executor::CancelTarget;

use crate::ends;
use crate::fault::{Fault, Outcome, flat};
use crate::handle::{Child, Handle, tasks as tasks_of};
use crate::program::Name;
use crate::promise::Promise;
use crate::value::Value;

/// A gather that runs without being awaited.
pub(crate) fn gather(label: &Name, children: Vec<Handle>, return_exceptions: bool) -> Promise {
    let Some(tasks) = tasks_of(&children) else {
        return ends::gather(label, children, return_exceptions);
    };
    let promise = Promise::gather(label, children, return_exceptions);
    let gathering = promise.clone();
    Drive::new(async move {
        gathering.complete(gathered(tasks, return_exceptions).await);
    });
    promise
}

/// A shield that runs without being awaited. Its task is let go of a turn after
/// it was cancelled (F118).
pub(crate) fn shield(label: &Name, inner: Handle) -> Promise {
    let task = match inner {
        Handle::Task(task) => task,
        Handle::Future(future) => return ends::shield(label, future),
    };
    let promise = Promise::new(label);
    let outer = promise.clone();
    let shielding = Drive::new(async move {
        match flat(combinators::shield(task).await) {
            Err(Fault::Cancelled) => outer.cancel(),
            outcome => outer.complete(outcome),
        };
    });
    promise.on_done(|| shielding.give_up());
    promise
}

/// Gathers tasks, and returns the outcome.
pub(crate) async fn gathered(children: Vec<Child>, return_exceptions: bool) -> Outcome {
    let gather = combinators::gather(children);
    if return_exceptions {
        let results = gather.return_exceptions().await.into_iter();
        return Ok(Value::Gathered(results.map(|result| result.map_err(Fault::from)).collect()));
    }
    match gather.await {
        Ok(values) => Ok(Value::Gathered(values.into_iter().map(Ok).collect())),
        Err(error) => Err(error.cause.into()),
    }
}

type Driven = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// The futures that are driven on this thread and haven't ended. One isn't here while it
    /// is polled.
    static DRIVEN: RefCell<HashMap<u64, Driven>> = RefCell::default();
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// A waker that polls its future at once.
struct Driver(u64);

impl Wake for Driver {
    fn wake(self: Arc<Self>) {
        poll(self.0);
    }
}

/// A future that is driven to its end, or until it is given up.
struct Drive(u64);

impl Drive {
    fn new(future: impl Future<Output = ()> + 'static) -> Self {
        let id = LAST.get() + 1;
        LAST.set(id);
        DRIVEN.with_borrow_mut(|all| all.insert(id, Box::pin(future)));
        poll(id);
        Self(id)
    }

    fn give_up(self) {
        drop(DRIVEN.with_borrow_mut(|all| all.remove(&self.0)));
    }
}

/// Drops all futures that haven't ended.
pub(crate) fn forget() {
    drop(DRIVEN.take());
}

fn poll(id: u64) {
    let Some(mut future) = DRIVEN.with_borrow_mut(|all| all.remove(&id)) else { return };
    let waker = Waker::from(Arc::new(Driver(id)));
    if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        DRIVEN.with_borrow_mut(|all| all.insert(id, future));
    }
}
