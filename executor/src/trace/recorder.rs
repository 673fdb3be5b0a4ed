//! Keeps what an executor tells, as it comes.

use std::cell::{Cell, RefCell};

use crate::clock::Ticks;
use crate::probe::{Event, Text};

/// Takes notes while it is on.
#[derive(Default)]
pub(crate) struct Recorder {
    on: Cell<bool>,
    notes: RefCell<Notes>,
}

/// What was told, in order, and the texts that are part of it.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    pub(crate) records: Vec<Record>,
    pub(crate) texts: Texts,
}

#[derive(Clone, Default)]
pub(crate) struct Texts(Vec<String>);

/// An event, and when it was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) tick: u64,
    pub(crate) event: Event,
}

const _: () = assert!(size_of::<Record>() <= 40, "a long recording is to fit into memory");

impl Texts {
    pub(crate) fn keep(&mut self, text: String) -> Text {
        self.0.push(text);
        Text::try_from(self.0.len() - 1).expect("a recording has at most 2^32 texts")
    }

    pub(crate) fn get(&self, text: Text) -> &str {
        &self.0[text as usize]
    }
}

impl Recorder {
    pub(crate) fn is_on(&self) -> bool {
        self.on.get()
    }

    /// Takes a note, or tests a flag. The event is made out here, where what it
    /// consists of may stay in registers.
    #[inline(always)]
    pub(crate) fn record(&self, clock: &Ticks, event: impl FnOnce() -> Event) {
        if self.on.get() {
            self.note(clock, event());
        }
    }

    #[cold]
    #[inline(never)]
    fn note(&self, clock: &Ticks, event: Event) {
        let record = Record { tick: clock.now(), event };
        self.notes.borrow_mut().records.push(record);
    }

    pub(crate) fn keep(&self, text: String) -> Text {
        self.notes.borrow_mut().texts.keep(text)
    }

    pub(crate) fn start(&self) {
        self.on.set(true);
    }

    /// Stops, and gives the notes away.
    pub(crate) fn stop(&self) -> Notes {
        self.on.set(false);
        self.notes.take()
    }

    /// A copy of the notes so far.
    pub(crate) fn notes(&self) -> Notes {
        self.notes.borrow().clone()
    }
}
