//! A wake is heard when `park` *returns*, and only then may it be forgotten. So clear the flag
//! at the end, while the lock is still held from the look at it.
//!
//! In the executor: `Inbox::wait` in `executor/src/run/inbox.rs`. There a wake is a message in
//! a channel, so it can't be forgotten before it is heard.

use std::sync::{Arc, Condvar, Mutex};
use std::task::Wake;

/// Parks a thread until it is woken, without the token that each thread has.
#[derive(Default)]
pub struct Parker {
    woken: Mutex<bool>,
    wakes: Condvar,
}

impl Parker {
    /// Blocks the thread until there is a wake, unless there was one since the last call.
    pub fn park(&self) {
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.wakes.wait(woken).unwrap();
        }
        *woken = false;
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.wakes.notify_one();
    }
}
