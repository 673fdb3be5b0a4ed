//! Virtual time that stands still while another thread works.

use std::fmt;
use std::sync::Arc;

use crate::run::context;
use crate::run::error::contain_quietly;
use crate::watch::courier::Courier;

/// Freezes the time of the virtual clock of the executor that runs on this thread, until the
/// guard is dropped.
///
/// A [virtual clock](crate::Clock::Virtual) jumps to the next deadline when no task is ready.
/// If another thread is at work for a task, that would end each time limit around it at once.
/// So the future that waits for the thread holds this guard meanwhile, as that of `to_thread`
/// in the crate `combinators` does. The executor then waits for the thread instead, and finds
/// no [`Deadlock`](crate::Deadlock).
///
/// The guard may be dropped on any thread. On other clocks, and outside of an executor, it
/// does nothing. A task that sleeps while it holds one sleeps for ever.
///
/// ```
/// use std::{thread, time::Duration};
/// use executor::{Clock, Executor, freeze_time, now, sleep};
///
/// Executor::builder().clock(Clock::Virtual).build().block_on(async {
///     let (start, frozen) = (now(), freeze_time());
///     let thread = thread::spawn(move || {
///         thread::sleep(Duration::from_millis(1)); // The work.
///         drop(frozen);
///     });
///     sleep(Duration::from_secs(10)).await;
///     assert!(thread.is_finished() || thread.join().is_ok());
///     assert_eq!(now() - start, Duration::from_secs(10));
/// });
/// ```
pub fn freeze_time() -> FrozenTime {
    let core = context::try_current();
    FrozenTime(core.and_then(|core| Some((core.clock.freeze()?, core.courier()))))
}

/// Keeps a virtual clock from jumping while it lives; made by [`freeze_time`].
#[must_use = "dropping it lets the time go on"]
pub struct FrozenTime(Option<(Arc<()>, Courier)>);

/// The executor may be parked, and then nothing but a message makes it look at the clock.
impl Drop for FrozenTime {
    fn drop(&mut self) {
        let Some((frozen, courier)) = self.0.take() else { return };
        drop(frozen); // This comes before the message, by which the executor learns of it.
        let current = context::try_current();
        if !current.is_some_and(|core| Arc::ptr_eq(core.inbox.door(), courier.door())) {
            contain_quietly(|| drop(courier.send(|| ()))); // It calls `on_wake` (I7).
        }
    }
}

impl fmt::Debug for FrozenTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FrozenTime").field(&self.0.is_some()).finish()
    }
}
