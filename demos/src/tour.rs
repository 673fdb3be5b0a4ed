//! A walk through a small run, one step per key.

use std::fmt;
use std::io;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use combinators::{FirstException, wait};
use console::{Key, Term};
use executor::trace::Recording;
use executor::{Clock, Executor, Schedule, sleep, spawn};
use viewer::{Scene, View};

use crate::report::print;
use crate::signals::{self, Guard};

const WELCOME: &str = "\
Three coroutines, one of which fails, and `wait` until the first exception: the
run has been recorded, and this is how the executor carried it out. A turn takes
what is ready as its batch, and polls each task once; then timers that are due
fire. `executor/src` has the functions that are named.
";
const HAPPENS: Style = Style::new().bold();
const STATE: Style = AnsiColor::Cyan.on_default();
const KEYS: &str = "any key: next   b: back   q: quit";

/// Walks through the recording. If nobody sits at a terminal, prints all of it.
///
/// # Errors
///
/// Fails when the terminal can't be read from.
pub(crate) fn walk(recording: &Recording) -> io::Result<()> {
    let scenes: Vec<_> = recording.scenes().collect();
    let terminal = Term::stdout();
    if !terminal.is_term() {
        print(WELCOME);
        for scene in &scenes {
            print(Shown(scene));
        }
        return Ok(());
    }
    let _guard = keep_terminal()?;
    let mut at = 0;
    while let Some(scene) = scenes.get(at) {
        terminal.clear_screen()?;
        print(format_args!("{WELCOME}{}\n{STATE}{KEYS}{STATE:#}\n", Shown(scene)));
        match terminal.read_key_raw()? {
            Key::Char('q') | Key::Escape => break,
            Key::CtrlC => signals::end(),
            Key::Char('b') | Key::ArrowLeft | Key::Backspace => at = at.saturating_sub(1),
            _ => at += 1,
        }
    }
    Ok(())
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

/// A scene as it is shown.
struct Shown<'a>(&'a Scene);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Scene { step, turn, sentence, file, function, state, .. } = self.0;
        writeln!(f, "\nstep {step}, turn {turn}\n{HAPPENS}{sentence}{HAPPENS:#}")?;
        writeln!(f, "  `{function}` in executor/src/{file}\n")?;
        for (heading, line) in state {
            writeln!(f, "  {STATE}{heading:<8}{STATE:#}{line}")?;
        }
        Ok(())
    }
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
