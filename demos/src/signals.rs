//! The work that is done before a signal ends the program.

use std::io;

/// While it lives, a function is called when a signal comes that would end the program. There
/// is one at a time.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        system::forget();
    }
}

/// What becomes of the program after the call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The signal ends it.
    End,
    /// The function has seen to it that it ends. The next signal ends it at once.
    GoOn,
}

/// Calls a function if a signal comes that ends the program.
///
/// # Errors
///
/// Fails when the system refuses the handlers, or the thread that waits for signals.
pub(crate) fn guard(put_right: impl FnOnce() + Send + 'static) -> io::Result<Guard> {
    system::remember(Box::new(put_right), Then::End)?;
    Ok(Guard(()))
}

/// Calls a function if a signal comes that would end the program. It has another thread end the
/// program, by [`end_by_last`].
///
/// # Errors
///
/// Fails as [`guard`] does.
pub(crate) fn guard_by(hand_over: impl FnOnce() + Send + 'static) -> io::Result<Guard> {
    system::remember(Box::new(hand_over), Then::GoOn)?;
    Ok(Guard(()))
}

/// Ends the program by the signal that has interrupted the reading of a key; for
/// Ctrl-C, which is read as a key, by the one that it stands for.
pub(crate) use system::end;
/// Ends the program by the last signal that has come.
pub(crate) use system::end_by_last;

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, LazyLock, Mutex, PoisonError};
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    use super::Then;

    type Call = Box<dyn FnOnce() + Send>;

    /// The state that is shared with the thread that waits for signals.
    struct Shared {
        listens: bool,
        call: Option<(Call, Then)>,
    }

    static SHARED: Mutex<Shared> = Mutex::new(Shared { listens: false, call: None });
    /// The last signal, which is known as soon as it has interrupted a thread.
    static LAST: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

    pub(super) fn remember(call: Call, then: Then) -> io::Result<()> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.call = Some((call, then));
        if !shared.listens {
            listen()?;
            shared.listens = true;
        }
        Ok(())
    }

    pub(super) fn forget() {
        SHARED.lock().unwrap_or_else(PoisonError::into_inner).call = None;
    }

    fn listen() -> io::Result<()> {
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            flag::register_usize(signal, Arc::clone(&LAST), signal.cast_unsigned() as usize)?;
        }
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let wait = move || signals.forever().for_each(end_by);
        thread::Builder::new().name("signals".into()).spawn(wait)?;
        Ok(())
    }

    /// Keeps the lock to the end of the program, if the signal ends that: so a thread that wants
    /// to drop or make a guard waits.
    fn end_by(signal: i32) {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((call, then)) = shared.call.take() {
            call();
            if then == Then::GoOn {
                return;
            }
        }
        // It only fails for signals that have no default.
        let _ = low_level::emulate_default_handler(signal);
    }

    pub(crate) fn end_by_last() -> ! {
        let last = LAST.load(Ordering::SeqCst);
        // It only fails for numbers that are no signals.
        let _ = low_level::emulate_default_handler(last.try_into().unwrap_or(SIGINT));
        std::process::exit(128 + SIGINT)
    }

    pub(crate) fn end() -> ! {
        if LAST.load(Ordering::SeqCst) == 0 {
            // It only fails for numbers that are no signals.
            let _ = low_level::raise(SIGINT);
        }
        loop {
            thread::park();
        }
    }
}

/// On other systems the function isn't called.
#[cfg(not(unix))]
mod system {
    use std::io;

    use super::Then;

    #[expect(clippy::unnecessary_wraps, reason = "with signals it may fail")]
    pub(super) fn remember(_: Box<dyn FnOnce() + Send>, _: Then) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn forget() {}

    pub(crate) fn end() -> ! {
        std::process::exit(130)
    }

    pub(crate) fn end_by_last() -> ! {
        end()
    }
}
