//! A walk through a small run, one step per key.

mod screen;

use std::io::{self, Write};
use std::time::Duration;

use combinators::{FirstException, wait};
use console::{Key, Term};
use executor::trace::Recording;
use executor::{Clock, Executor, Schedule, sleep, spawn};
use viewer::{Scene, View};

use crate::report::print;
use crate::signals::{self, Guard};
pub(crate) use screen::wrapped;
use screen::{Paper, Screen, Size};

/// The number of steps that a page of them has.
const PAGE: usize = 10;

/// Walks through the recording. If nobody sits at a terminal, prints all of it.
///
/// # Errors
///
/// Fails when the terminal can't be read from.
pub(crate) fn walk(recording: &Recording) -> io::Result<()> {
    let scenes: Vec<_> = recording.scenes().collect();
    let terminal = Term::stdout();
    if !terminal.is_term() {
        print(Paper(&scenes));
        return Ok(());
    }
    let _guard = keep_terminal()?;
    let mut walk = Walk { scenes: &scenes, at: 0, top: 0, explains: true };
    loop {
        let screen = walk.screen(terminal.size());
        walk.top = screen.top();
        terminal.clear_screen()?;
        print(screen);
        // The last line has no end, and would wait for it.
        io::stdout().flush()?;
        match terminal.read_key_raw()? {
            Key::Char('q') | Key::Escape => return Ok(()),
            Key::CtrlC => signals::end(),
            key => walk.obey(&key),
        }
    }
}

/// The place that somebody who walks has come to.
struct Walk<'a> {
    scenes: &'a [Scene],
    /// The step that is shown.
    at: usize,
    /// The number of lines that have been scrolled away.
    top: usize,
    /// The page that explains is shown instead of the step.
    explains: bool,
}

impl Walk<'_> {
    fn screen(&self, (rows, columns): (u16, u16)) -> Screen {
        let size = Size { rows: rows.into(), columns: columns.into() };
        if self.explains {
            return Screen::explaining(self.top, size);
        }
        Screen::of_step(self.scenes, self.at, self.top, size)
    }

    fn obey(&mut self, key: &Key) {
        match key {
            Key::ArrowDown => self.top += 1,
            Key::ArrowUp => self.top = self.top.saturating_sub(1),
            Key::Char('?') => self.show(self.at, !self.explains),
            _ if self.explains => self.show(self.at, false),
            key => {
                if let Some(at) = self.target(key) {
                    self.show(at, false);
                }
            }
        }
    }

    fn show(&mut self, at: usize, explains: bool) {
        *self = Self { scenes: self.scenes, at, top: 0, explains };
    }

    /// Returns the step to which a key leads.
    fn target(&self, key: &Key) -> Option<usize> {
        let (at, last) = (self.at, self.scenes.len().saturating_sub(1));
        let target = match key {
            Key::Char(' ' | 'n') | Key::Enter | Key::ArrowRight => at + 1,
            Key::Char('b' | 'p') | Key::Backspace | Key::ArrowLeft => at.saturating_sub(1),
            Key::PageDown => at + PAGE,
            Key::PageUp => at.saturating_sub(PAGE),
            Key::Home => 0,
            Key::End => last,
            _ => return None,
        };
        Some(target.min(last))
    }
}

/// Restores the terminal if a signal ends the program while it waits for a key, for then
/// the terminal doesn't show what is typed.
#[cfg(unix)]
fn keep_terminal() -> io::Result<Guard> {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use std::fs::File;
    use std::io::IsTerminal;
    use std::os::fd::{AsFd, OwnedFd};

    // Keys are read from this.
    let stdin = io::stdin();
    let terminal: OwnedFd = if stdin.is_terminal() {
        stdin.as_fd().try_clone_to_owned()?
    } else {
        File::open("/dev/tty")?.into()
    };
    let settings = tcgetattr(&terminal)?;
    signals::guard(move || {
        // If this fails nobody is left to hear of it.
        let _ = tcsetattr(&terminal, OptionalActions::Now, &settings);
    })
}

#[cfg(not(unix))]
fn keep_terminal() -> io::Result<Guard> {
    signals::guard(|| {})
}

/// Records the run that is walked through.
pub(crate) fn record(schedule: Schedule) -> Recording {
    let executor = Executor::builder().clock(Clock::Virtual).schedule(schedule).build();
    executor.start_recording();
    executor.block_on(async {
        let tasks = [(30, false), (10, false), (20, true)].map(|(time, fails)| {
            let task = spawn(async move {
                sleep(Duration::from_millis(time)).await;
                if fails { Err("an exception") } else { Ok(time) }
            });
            task.named(format!("sleep {time}"))
        });
        let waited = wait(tasks).return_when(FirstException).await;
        for task in &waited.pending {
            task.cancel();
        }
    });
    executor.stop_recording()
}
