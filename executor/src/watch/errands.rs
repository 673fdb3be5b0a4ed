//! Errands: how to get a courier, and how the functions that it brings are called, and spawn.

use std::panic::Location;

use crate::probe::Event;
use crate::run::context;
use crate::run::core::Core;
use crate::run::executor::Executor;
use crate::run::task::{Task, spawn_on};
use crate::watch::callback::Once;
use crate::watch::courier::{Courier, Errand};

/// Returns a courier, by which other threads hand functions over to the executor
/// that runs on this one.
///
/// # Panics
///
/// Panics outside of a running executor.
#[must_use]
#[track_caller]
pub fn courier() -> Courier {
    context::current().courier()
}

/// Spawns a future as a task of the executor that runs on this thread, as [`spawn`](crate::spawn)
/// does, and names another line as the one where that was done. A function that spawns for
/// somebody elsewhere, as one that a courier brings, names the line of its sender.
///
/// ```
/// use std::panic::Location;
///
/// let here = Location::caller();
/// executor::block_on(async {
///     let task: executor::Task<()> = executor::spawn_at(here, async { panic!("no disk") });
///     let error = task.await.unwrap_err().to_string();
///     assert!(error.contains(&format!("spawned at {here}")), "{error}");
/// });
/// ```
///
/// # Panics
///
/// Panics outside of a running executor.
#[track_caller]
pub fn spawn_at<F: Future + 'static>(
    place: &'static Location<'static>,
    future: F,
) -> Task<F::Output> {
    spawn_on(context::current(), future, place)
}

impl Executor {
    /// Returns a courier, by which other threads hand functions over.
    #[must_use]
    pub fn courier(&self) -> Courier {
        self.core.courier()
    }
}

impl Core {
    pub(crate) fn courier(&self) -> Courier {
        self.couriers.get(self.inbox.door())
    }

    /// Returns whether an errand may come.
    pub(crate) fn may_get_errands(&self) -> bool {
        self.couriers.may_send_to(&self.inbox)
    }

    /// Queues a function that a courier has brought, to be called with the next batch.
    pub(crate) fn queue_errand(&self, errand: Errand) {
        self.record_text(|| errand.name(), |function| Event::Request { function });
        let mut name = String::new();
        self.probe.if_recorded(|| name = errand.name());
        let group = Once::group(|| errand.call());
        self.record_callback(group.number(), None, || name);
        self.notify_group(group, 0, false);
    }
}
