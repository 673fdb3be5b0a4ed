//! The work that is done before a signal ends the program.

use std::io;

/// While it lives, a function is called before a signal ends the program. There is
/// one at a time.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        system::forget();
    }
}

/// Calls a function if a signal comes that ends the program.
///
/// # Errors
///
/// Fails when the system refuses the handlers, or the thread that waits for signals.
pub(crate) fn guard(put_right: impl FnOnce() + Send + 'static) -> io::Result<Guard> {
    system::remember(Box::new(put_right))?;
    Ok(Guard(()))
}

/// Ends the program by the signal that has interrupted the reading of a key; for
/// Ctrl-C, which is read as a key, by the one that it stands for.
pub(crate) use system::end;

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, LazyLock, Mutex, PoisonError};
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};

    type PutRight = Box<dyn FnOnce() + Send>;

    /// The state that is shared with the thread that waits for signals.
    struct Shared {
        listens: bool,
        put_right: Option<PutRight>,
    }

    static SHARED: Mutex<Shared> = Mutex::new(Shared { listens: false, put_right: None });
    /// The last signal, which is known as soon as it has interrupted a thread.
    static LAST: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

    pub(super) fn remember(put_right: PutRight) -> io::Result<()> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.put_right = Some(put_right);
        if !shared.listens {
            listen()?;
            shared.listens = true;
        }
        Ok(())
    }

    pub(super) fn forget() {
        SHARED.lock().unwrap_or_else(PoisonError::into_inner).put_right = None;
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

    /// Keeps the lock to the end of the program, so that a thread that wants to drop or make
    /// a guard waits.
    fn end_by(signal: i32) {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(put_right) = shared.put_right.take() {
            put_right();
        }
        // It only fails for signals that have no default.
        let _ = low_level::emulate_default_handler(signal);
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

    #[expect(clippy::unnecessary_wraps, reason = "with signals it may fail")]
    pub(super) fn remember(_: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn forget() {}

    pub(crate) fn end() -> ! {
        std::process::exit(130)
    }
}
