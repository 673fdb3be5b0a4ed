//! The proof that a run can't go on, and its text.

use std::error::Error;
use std::fmt::{self, Write};

use crate::cancel::points::Wait;
use crate::run::core::Core;
use crate::run::id::TaskId;
use crate::run::slots::{Slot, flag};

/// The error of [`try_block_on`](crate::Executor::try_block_on): no task can ever go on.
/// None is ready, no timer is set, and nobody holds a waker by which to wake one, or a
/// [`Courier`](crate::Courier).
///
/// It says which tasks there are, where they were spawned, and what they wait for.
/// If the run is recorded, with the feature `trace`, it says at which line they
/// wait as well.
#[derive(Clone)]
pub struct Deadlock {
    tasks: String,
}

impl Deadlock {
    pub(crate) fn of(core: &Core) -> Self {
        if let Some(tasks) = core.probe.dump(core) {
            return Self { tasks };
        }
        let slots = (0..core.slots.len()).map(|index| core.slots.tenant(index));
        let alive = slots.filter(|(_, slot)| slot.has(flag::LIVE));
        Self { tasks: alive.map(|(id, slot)| line(core, id, slot) + "\n").collect() }
    }
}

fn line(core: &Core, id: TaskId, slot: &Slot) -> String {
    let name = |id| InLine::name(&core.name(id).to_string()).to_string();
    let spawned = slot.spawned_at().map_or_else(String::new, |at| format!(", spawned at {at}"));
    let waits = match core.innermost_wait(id) {
        Wait::Task(inner) => format!("for {}", name(inner)),
        Wait::Target(_) => "for several tasks".into(),
        _ => "for what nobody is left to bring".into(),
    };
    format!("{}{spawned}: waits {waits}", name(id))
}

/// A program's text within a line of ours. When it is displayed, none of its characters
/// ends the line, turns its direction or steers a terminal.
pub(crate) struct InLine<'a> {
    text: &'a str,
    /// The greatest number of characters. The others are left out.
    most: usize,
}

impl<'a> InLine<'a> {
    /// Takes a text as a name, which is cut, so that the line of each task that waits for
    /// one with a long name doesn't have all of it.
    pub(crate) fn name(text: &'a str) -> Self {
        Self { text, most: 60 }
    }

    #[cfg(feature = "trace")]
    pub(crate) fn text(text: &'a str) -> Self {
        Self { text, most: usize::MAX }
    }
}

impl fmt::Display for InLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.text.chars();
        characters.by_ref().take(self.most).try_for_each(|it| match it {
            it if leaves_its_place(it) => write!(f, "{}", it.escape_default()),
            it => f.write_char(it),
        })?;
        f.write_str(if characters.next().is_some() { "…" } else { "" })
    }
}

/// Returns whether it is a control character, an end of a line, or a mark of direction.
fn leaves_its_place(it: char) -> bool {
    let turns = matches!(it,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    it.is_control() || turns || matches!(it, '\u{2028}' | '\u{2029}')
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no task can ever go on: none is ready, no timer is set, nobody holds a waker",
        )?;
        self.tasks.lines().try_for_each(|task| write!(f, "\n  {task}"))
    }
}

/// Shows the text that is displayed, because `unwrap` shows this.
impl fmt::Debug for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Deadlock {}
