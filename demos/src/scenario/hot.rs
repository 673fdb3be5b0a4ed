//! A gather or a shield that a handle stands for, before anybody awaits it.
//!
//! Here both are futures that do nothing unless polled. As asyncio's are done as
//! soon as a callback says so, each is polled by its own waker: there and then.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

type Driven = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// What is driven on this thread and hasn't ended. Out of here while polled.
    static DRIVEN: RefCell<HashMap<u64, Driven>> = RefCell::default();
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// A waker that polls what it wakes.
struct Driver(u64);

impl Wake for Driver {
    fn wake(self: Arc<Self>) {
        poll(self.0);
    }
}

/// A future that is driven to its end, or until it is given up.
pub(super) struct Drive(u64);

impl Drive {
    pub(super) fn new(future: impl Future<Output = ()> + 'static) -> Self {
        let id = LAST.get() + 1;
        LAST.set(id);
        DRIVEN.with_borrow_mut(|all| all.insert(id, Box::pin(future)));
        poll(id);
        Self(id)
    }

    pub(super) fn give_up(self) {
        drop(DRIVEN.with_borrow_mut(|all| all.remove(&self.0)));
    }
}

/// Forgets all that hasn't ended.
pub(super) fn forget() {
    drop(DRIVEN.take());
}

fn poll(id: u64) {
    let Some(mut future) = DRIVEN.with_borrow_mut(|all| all.remove(&id)) else { return };
    let waker = Waker::from(Arc::new(Driver(id)));
    if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        DRIVEN.with_borrow_mut(|all| all.insert(id, future));
    }
}
