//! Programs that are recorded: what a recording says is what is there.

use std::cell::RefCell;
use std::time::Duration;

use executor::trace::Recording;
use executor::{Builder, Clock, Executor};

use super::faults::expect;
use super::realm::Realm;

/// How the executors of a program are recorded.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The clock of the executors.
    pub clock: Clock,
    /// The number of turns before the recording begins.
    pub from_turn: usize,
    /// The number of last steps that are kept.
    pub last: usize,
}

/// What records the executors of a program. Unless it is told how, it records some of them,
/// and nobody looks.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) how: Option<Recorded>,
    pub(super) recordings: RefCell<Vec<Recording>>,
}

impl Recorder {
    /// Returns whether the executors have a real clock.
    pub(super) fn takes_time(&self) -> bool {
        self.how.is_some_and(|how| how.clock == Clock::Real)
    }

    pub(super) fn configure(&self, builder: Builder) -> Builder {
        match self.how {
            Some(how) => builder.clock(how.clock).slack(Duration::ZERO),
            None => builder,
        }
    }

    /// Records an executor from its beginning. Nothing changes by it.
    pub(super) fn begin(&self, executor: &Executor) {
        if self.how.is_none() {
            executor.start_recording();
        }
    }

    pub(super) fn before_turn(&self, executor: &Executor, realm: &Realm) {
        let turn = realm.turns.replace(realm.turns.get() + 1);
        if let Some(how) = self.how.filter(|how| how.from_turn == turn) {
            executor.start_recording_last(how.last);
            realm.is_looked_at.set(true);
        }
        Self::look(realm);
    }

    /// Compares what the recording says with what is there.
    pub(super) fn look(realm: &Realm) {
        let executor = realm.executor.borrow().upgrade();
        let Some(executor) = executor.filter(|_| realm.is_looked_at.get()) else { return };
        let recording = executor.recorded();
        let (told, there) = (recording.snapshot_after(recording.len()), executor.snapshot());
        if told != there {
            realm.is_looked_at.set(false);
            expect(false, &format!("the recording says {told:#?}, but there is {there:#?}"));
        }
    }

    pub(super) fn end(&self, executor: &Executor, realm: &Realm) {
        Self::look(realm);
        if realm.is_looked_at.replace(false) {
            self.recordings.borrow_mut().push(executor.stop_recording());
        }
    }
}
