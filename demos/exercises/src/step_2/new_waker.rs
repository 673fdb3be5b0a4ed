//! Exercise 4, of step 2: a sleep that is polled with another waker.

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
        self.waker.lock().unwrap().get_or_insert(waker);
        // The waker is there first: a ring that comes in between finds it.
        if *self.has_rung.lock().unwrap() { Poll::Ready(()) } else { Poll::Pending }
    }
}
