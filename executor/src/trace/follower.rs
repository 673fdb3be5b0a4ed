//! A recording that another thread follows while it grows.

use std::collections::BTreeSet;
use std::fmt;
use std::mem::replace;

use crossbeam_channel::{Receiver, TryRecvError};

use crate::run::executor::Executor;

use super::recorder::{Notes, Told};
use super::state::State;
use super::{Recording, begin};

/// Follows a recording while it grows, on any thread; made by
/// [`Executor::follow_recording`]. Only with the feature `trace`.
///
/// The executor doesn't wait for it, nor does it run more turns because of it: the recording
/// is the same as one that nobody follows. What comes of a step, and its line of JSON, is
/// found out by the thread that follows.
pub struct Follower {
    /// The steps that have come so far.
    recording: Recording,
    told: Receiver<Told>,
    /// The state after the steps that were returned, and their number.
    state: State,
    returned: usize,
    /// The header was returned.
    has_header: bool,
    /// The source files that those steps are about.
    files: BTreeSet<String>,
}

/// The lines by which a recording has grown; returned by [`Follower::grow`].
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Growth {
    /// The header, at first and when the steps are about further source files.
    pub header: Option<String>,
    /// The lines of the steps that are new; empty if there are none.
    pub steps: String,
    /// True if there will be no more.
    pub is_over: bool,
}

/// Only with the feature `trace`.
impl Executor {
    /// Starts to record, as [`start_recording`](Self::start_recording) does, and lets another
    /// thread see the steps while the program runs. It is over when the recording is stopped,
    /// or another one started, or the executor is dropped.
    ///
    /// Steps that the other thread doesn't take wait in memory: some 50 bytes each, and their
    /// texts. What it has taken, it keeps for its header, so that a followed recording takes
    /// twice the memory.
    ///
    /// ```
    /// use executor::{Executor, yield_now};
    /// use std::thread;
    ///
    /// let executor = Executor::new();
    /// let mut follower = executor.follow_recording();
    /// let other = thread::spawn(move || {
    ///     let mut lines = String::new();
    ///     loop {
    ///         let growth = follower.grow();
    ///         lines += &growth.steps;
    ///         if growth.is_over {
    ///             return lines;
    ///         }
    ///         thread::yield_now();
    ///     }
    /// });
    /// executor.block_on(yield_now());
    /// let recording = executor.stop_recording().to_json_lines();
    /// let (_header, steps) = recording.split_once('\n').unwrap();
    /// assert_eq!(other.join().unwrap(), steps);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics while the executor runs: start before `block_on` or `turn`.
    #[must_use]
    pub fn follow_recording(&self) -> Follower {
        self.check_rests();
        let told = self.core.probe.recorder.start_followed(&self.core.clock);
        let origin = self.core.probe.recorder.origin();
        begin::tell_what_is_there(&self.core);
        Follower {
            recording: self.recording(Notes { origin, ..Notes::default() }),
            told,
            state: State::default(),
            returned: 0,
            has_header: false,
            files: BTreeSet::new(),
        }
    }
}

impl Follower {
    /// Gives the recording a title, as [`Recording::titled`] does.
    #[must_use]
    pub fn titled(self, title: impl Into<String>) -> Self {
        Self { recording: self.recording.titled(title), ..self }
    }

    /// Adds the text of a source file, as [`Recording::with_source`] does.
    #[must_use]
    pub fn with_source(self, path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { recording: self.recording.with_source(path, text), ..self }
    }

    /// Adds a text that says the same as sources do, as [`Recording::with_translation`] does.
    #[must_use]
    pub fn with_translation<'a>(
        self,
        path: impl Into<String>,
        text: impl Into<String>,
        lines: impl IntoIterator<Item = ((&'a str, usize), usize)>,
    ) -> Self {
        Self { recording: self.recording.with_translation(path, text, lines), ..self }
    }

    /// Returns the lines of the steps that the executor took since the last call. It waits
    /// for none.
    pub fn grow(&mut self) -> Growth {
        let is_over = self.take_told();
        let known = self.files.len();
        let Self { recording, state, files, .. } = self;
        let steps = recording.step_lines(self.returned, state, files);
        let is_news = !replace(&mut self.has_header, true) || self.files.len() > known;
        let header = is_news.then(|| self.recording.header_line(&self.files));
        self.returned = self.recording.len();
        Growth { header, steps, is_over }
    }

    /// Takes what was told by now. Returns whether there will be no more.
    fn take_told(&mut self) -> bool {
        // One more than there are, but no end of them: the program may be faster than this.
        for _ in 0..=self.told.len() {
            let notes = &mut self.recording.notes;
            match self.told.try_recv() {
                Ok(Told::Text(text)) => drop(notes.texts.keep(text)),
                Ok(Told::Record(record)) => notes.records.push(record),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
        false
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut follower = f.debug_struct("Follower");
        follower.field("recording", &self.recording).field("returned", &self.returned);
        follower.finish_non_exhaustive()
    }
}
