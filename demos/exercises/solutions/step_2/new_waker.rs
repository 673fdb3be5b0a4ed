//! Only the waker of the last poll is certain to reach whoever waits. So each poll that isn't
//! ready has to put its own waker there, and the one before is dropped.
//!
//! In the executor: `stays_armed` in `executor/src/run/sleep.rs`, which lets the timer wake
//! the task of the last poll.

use std::future::poll_fn;
use std::mem::take;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

/// An alarm. A thread that has slept long enough rings it.
#[derive(Default)]
pub struct Alarm {
    has_rung: Mutex<bool>,
    waker: Mutex<Option<Waker>>,
}

impl Alarm {
    /// Ends the sleep, and wakes whoever waits for that.
    pub fn ring(&self) {
        *self.has_rung.lock().unwrap() = true;
        let waker = take(&mut *self.waker.lock().unwrap());
        waker.into_iter().for_each(Waker::wake);
    }

    /// Sleeps until the alarm has rung.
    pub async fn sleep(&self) {
        poll_fn(|cx| self.poll(cx)).await;
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let before = self.waker.lock().unwrap().replace(waker);
        drop(before); // It is dropped without the lock, as nobody knows what that does.
        // The waker is there first: a ring that comes in between finds it.
        if *self.has_rung.lock().unwrap() { Poll::Ready(()) } else { Poll::Pending }
    }
}
