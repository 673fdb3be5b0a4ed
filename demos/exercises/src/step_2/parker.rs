//! Exercise 6, of step 2: a wake that comes before the park.

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
        *self.woken.lock().unwrap() = false;
        let mut woken = self.woken.lock().unwrap();
        while !*woken {
            woken = self.wakes.wait(woken).unwrap();
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.wakes.notify_one();
    }
}
