//! The executor's `platform.rs`, `inbox.rs`, `waker.rs` and `courier.rs`, as they are, for
//! loom to run in the orders that the memory model allows.
//!
//! Those files say `use std::sync::…`, and here `std` is this crate: it gives
//! them loom's atomics and `Arc`, and a channel with a lock made of loom's
//! parts. So nothing in them needs to know of loom. What loom doesn't model is
//! the inside of the channel, and a weaker read of an `Arc`'s count than the
//! strongest; so it doesn't tell whether the fence after that read is needed.
//!
//! Needs a nightly compiler, as loom's `Arc` is to be a method's receiver.

#![feature(arbitrary_self_types)]
#![expect(dead_code, reason = "the executor uses more of the files than the models do")]

extern crate self as crossbeam_channel;
extern crate self as parking_lot;
extern crate self as std;
extern crate std as real;

#[expect(unused_imports, reason = "the models have no clock")]
#[path = "../../../executor/src/platform.rs"]
mod platform;

#[path = "../../../executor/src/run"]
mod run {
    pub(crate) mod id;
    pub(crate) mod inbox;
    pub(crate) mod waker;

    /// The threads of the models run no executor that `wake` could find.
    pub(crate) mod context {
        use crate::run::inbox::TaskWaker;

        pub(crate) fn wake_here(_: &TaskWaker) -> bool {
            false
        }
    }

    /// Nothing in the models panics.
    pub(crate) mod error {
        pub(crate) fn contain_quietly(foreign: impl FnOnce()) {
            foreign();
        }
    }

    /// Of a slot, the wakers need no more than its flags.
    pub(crate) mod slots {
        use core::cell::Cell;

        pub(crate) mod flag {
            pub(crate) const BOUND: u8 = 1;
        }

        #[derive(Default)]
        pub(crate) struct Slot(Cell<u8>);

        impl Slot {
            pub(crate) fn has(&self, flag: u8) -> bool {
                self.0.get() & flag != 0
            }

            pub(crate) fn set(&self, flag: u8) {
                self.0.set(self.0.get() | flag);
            }

            pub(crate) fn clear(&self, flag: u8) {
                self.0.set(self.0.get() & !flag);
            }
        }
    }
}

#[path = "../../../executor/src/watch"]
mod watch {
    pub(crate) mod courier;
    pub(crate) mod names;
}

mod above {
    pub(crate) use crate::watch::courier::Errand;
}

// `std`, as far as it is used ------------------------------------------------

pub use core::{any, cell, fmt, mem};
pub use real::{error, time};

/// `std::sync`.
pub mod sync {
    use core::sync::atomic::Ordering;

    pub use loom::sync::Arc;

    /// `std::sync::atomic`.
    pub mod atomic {
        pub use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    }

    /// A cell that is set once: the value is there before it is said to be.
    pub struct OnceLock<T> {
        value: real::sync::OnceLock<T>,
        is_set: loom::sync::atomic::AtomicBool,
        setting: loom::sync::Mutex<()>,
    }

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            Self {
                value: real::sync::OnceLock::new(),
                is_set: loom::sync::atomic::AtomicBool::new(false),
                setting: loom::sync::Mutex::new(()),
            }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            self.is_set.load(Ordering::Acquire).then(|| self.value.get()).flatten()
        }

        pub(crate) fn set(&self, value: T) -> Result<(), T> {
            let _setting = self.setting.lock().unwrap();
            self.value.set(value)?;
            self.is_set.store(true, Ordering::Release);
            Ok(())
        }

        pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
            if self.get().is_none() {
                let _setting = self.setting.lock().unwrap();
                self.value.get_or_init(init);
                self.is_set.store(true, Ordering::Release);
            }
            self.value.get().expect("it has just been set")
        }
    }
}

/// `std::task`, for the one kind of waker that there is.
pub mod task {
    use loom::sync::Arc;

    use crate::run::inbox::TaskWaker;

    pub(crate) trait Wake {
        fn wake(self: Arc<Self>);
        fn wake_by_ref(self: &Arc<Self>);
    }

    #[derive(Clone)]
    pub(crate) struct Waker(Arc<TaskWaker>);

    impl From<Arc<TaskWaker>> for Waker {
        fn from(waker: Arc<TaskWaker>) -> Self {
            Self(waker)
        }
    }

    impl Waker {
        pub(crate) fn wake(self) {
            Wake::wake(self.0);
        }

        pub(crate) fn wake_by_ref(&self) {
            Wake::wake_by_ref(&self.0);
        }
    }
}

// `parking_lot` --------------------------------------------------------------

/// A lock that isn't poisoned.
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }
}

// `crossbeam_channel` --------------------------------------------------------

/// A channel without bounds.
pub(crate) fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    let channel = sync::Arc::new(Channel::default());
    (Sender(channel.clone()), Receiver(channel))
}

/// The end that sends.
pub(crate) struct Sender<T>(sync::Arc<Channel<T>>);

/// The end that receives.
pub(crate) struct Receiver<T>(sync::Arc<Channel<T>>);

/// There is no receiver.
pub(crate) struct SendError<T>(T);

impl<T> SendError<T> {
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

struct Channel<T> {
    queue: loom::sync::Mutex<Queue<T>>,
    sent: loom::sync::Condvar,
}

struct Queue<T> {
    messages: real::collections::VecDeque<T>,
    has_receiver: bool,
}

impl<T> Default for Channel<T> {
    fn default() -> Self {
        let queue = Queue { messages: Default::default(), has_receiver: true };
        Self { queue: loom::sync::Mutex::new(queue), sent: loom::sync::Condvar::new() }
    }
}

impl<T> Sender<T> {
    pub(crate) fn send(&self, message: T) -> Result<(), SendError<T>> {
        let mut queue = self.0.queue.lock().unwrap();
        if !queue.has_receiver {
            return Err(SendError(message));
        }
        queue.messages.push_back(message);
        self.0.sent.notify_one();
        Ok(())
    }
}

impl<T> Receiver<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.queue.lock().unwrap().messages.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn try_recv(&self) -> Result<T, ()> {
        self.0.queue.lock().unwrap().messages.pop_front().ok_or(())
    }

    pub(crate) fn recv(&self) -> Result<T, ()> {
        let mut queue = self.0.queue.lock().unwrap();
        loop {
            if let Some(message) = queue.messages.pop_front() {
                return Ok(message);
            }
            queue = self.0.sent.wait(queue).unwrap();
        }
    }

    /// In the models the time is always up.
    pub(crate) fn recv_deadline(&self, _: time::Instant) -> Result<T, ()> {
        self.try_recv()
    }
}

/// The messages go with the receiver, outside of the lock.
impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock().unwrap();
        queue.has_receiver = false;
        let messages = core::mem::take(&mut queue.messages);
        drop(queue);
        drop(messages);
    }
}

#[cfg(test)]
mod models;
#[cfg(test)]
mod step_8;
