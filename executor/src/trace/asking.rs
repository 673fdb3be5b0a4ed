//! Dumps for other threads, which ask for them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

use crate::run::context;
use crate::run::executor::Executor;
use crate::run::inbox::{Door, Message};
use crate::watch::courier::Errand;

/// Asks an executor for a [dump](Executor::dump), from any thread; made by
/// [`dump_handle`]. Only with the feature `trace`.
///
/// It is for a thread that watches over the executor's, or one that waits for signals, when a
/// [`block_on`](Executor::block_on) doesn't end. The request comes through the inbox, as a
/// wake by another thread does, and the loop answers it between two polls, behind all that
/// is ready. A poll that doesn't return keeps the loop from that.
///
/// ```
/// use executor::{Executor, sleep};
/// use std::{future::pending, thread, time::Duration};
///
/// let executor = Executor::new();
/// let handle = executor.dump_handle();
/// let watchdog = thread::spawn(move || handle.dump(Duration::from_secs(60)));
/// let _stuck = executor.spawn(pending::<()>()).named("stuck");
/// executor.block_on(async {
///     while !watchdog.is_finished() {
///         sleep(Duration::from_millis(1)).await;
///     }
/// });
/// let dump = watchdog.join().unwrap().unwrap();
/// assert!(dump.contains("stuck, spawned at "));
/// ```
///
/// Unlike a [`Courier`](crate::Courier) it doesn't keep the executor from finding that no task
/// can ever go on. Nor does a dump make an [`explore`](crate::explore) think that the run goes
/// on.
#[derive(Clone)]
pub struct DumpHandle(Arc<Door>);

/// Returns a handle by which other threads ask the executor that runs on this one for a dump.
///
/// # Panics
///
/// Panics outside of a running executor.
#[must_use]
#[track_caller]
pub fn dump_handle() -> DumpHandle {
    DumpHandle(Arc::clone(context::current().inbox.door()))
}

/// Only with the feature `trace`.
impl Executor {
    /// Returns a handle by which other threads ask for a dump.
    #[must_use]
    pub fn dump_handle(&self) -> DumpHandle {
        DumpHandle(Arc::clone(self.core.inbox.door()))
    }
}

impl DumpHandle {
    /// Asks for a dump, and waits for it as long as `limit`. On the executor's own thread that
    /// is in vain: there, call [`Executor::dump`].
    ///
    /// # Errors
    ///
    /// Fails if there is no answer within that time, or the executor is gone.
    ///
    /// # Panics
    ///
    /// Panics if [`Builder::on_wake`](crate::Builder::on_wake) does.
    pub fn dump(&self, limit: Duration) -> Result<String, NoDump> {
        let (answer, answered) = bounded(1);
        let asks = Arc::new(());
        let asked = Arc::downgrade(&asks);
        let errand = Errand::new(move || {
            if asked.strong_count() == 0 {
                return; // Nobody waits for it any more, and a dump may take long.
            }
            let core = context::current();
            core.probe.note_dump();
            let dump = super::dump(&core);
            let _ = answer.send(dump); // By now nobody may wait for it.
        });
        self.0.leave(Message::Errand(errand)).map_err(|_| NoDump::Gone)?;
        answered.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => NoDump::Busy,
            RecvTimeoutError::Disconnected => NoDump::Gone,
        })
    }
}

/// The error of [`DumpHandle::dump`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NoDump {
    /// There was no answer in time: a poll that has begun doesn't return, or nobody runs the
    /// executor now.
    Busy,
    /// The executor is gone.
    Gone,
}

impl fmt::Display for NoDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => {
                "the executor didn't answer in time: a poll doesn't return, or nobody runs it; \
                 a debugger shows which poll that is"
            }
            Self::Gone => "the executor is gone, so there is nothing to dump",
        })
    }
}

impl Error for NoDump {}

impl fmt::Debug for DumpHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DumpHandle").finish_non_exhaustive()
    }
}
