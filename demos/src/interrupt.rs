//! The end of a run that a signal interrupts: what was recorded of it is written.

use std::cell::Cell;
use std::io;

use executor::Executor;
use executor::trace::note;

use crate::signals;

type End = Box<dyn FnOnce()>;

thread_local! {
    /// What ends the run on this thread, which its executor has as well.
    static END: Cell<Option<End>> = const { Cell::new(None) };
}

/// While it lives, a signal ends the run in another way.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Guard(signals::Guard);

impl Drop for Guard {
    fn drop(&mut self) {
        END.set(None);
    }
}

/// Calls a function between two polls of an executor of this thread, if a signal comes that ends
/// the program, and ends it then. A second signal ends it at once, also if a poll doesn't return.
///
/// # Errors
///
/// Fails as [`signals::guard`] does.
pub(crate) fn guard(executor: &Executor, end: impl FnOnce() + 'static) -> io::Result<Guard> {
    END.set(Some(Box::new(end)));
    let courier = executor.courier();
    // The courier fails only if the executor is gone, and then the guard is, too.
    let hand_over = move || drop(courier.send(end_run));
    signals::guard_by(hand_over).map(Guard)
}

/// The recording says so, and the page tells of it in its summary.
fn end_run() {
    if let Some(end) = END.take() {
        note("the run was interrupted");
        end();
        signals::end_by_last();
    }
}
