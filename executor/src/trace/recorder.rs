//! Keeps what an executor tells, as it comes: all of it, or the last steps.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::probe::{Event, Places, Text};
use crate::time::clock::Ticks;

use super::state::State;

/// Takes notes while it is on.
#[derive(Default)]
pub(crate) struct Recorder {
    on: Cell<bool>,
    /// There is one while it is on. An executor that isn't recorded doesn't pay for
    /// one.
    pad: RefCell<Option<Box<Pad>>>,
}

/// The events that were told, in order, and the texts that are part of them.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    pub(crate) records: Vec<Record>,
    pub(crate) texts: Texts,
    /// How many steps there were before, of which only the outcome is told.
    pub(crate) forgotten: u64,
}

/// Notes that are being taken.
#[derive(Clone, Default)]
struct Pad {
    /// The last records, up to so many.
    records: VecDeque<Record>,
    most: usize,
    texts: Texts,
    /// The state after those that had no room any more.
    before: State,
    forgotten: u64,
}

/// Texts in the order of the events that they are part of, each of which has one
/// at most.
#[derive(Clone, Default)]
pub(crate) struct Texts {
    /// The number of the first.
    first: u32,
    texts: VecDeque<String>,
}

/// An event, and when it was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) tick: u64,
    pub(crate) event: Event,
}

const _: () = assert!(size_of::<Record>() <= 40, "a long recording is to fit into memory");

impl Texts {
    pub(crate) fn keep(&mut self, text: String) -> Text {
        let place = u32::try_from(self.texts.len());
        self.texts.push_back(text);
        Text(self.first.wrapping_add(place.expect("a recording has at most 2^32 texts")))
    }

    pub(crate) fn get(&self, Text(number): Text) -> &str {
        &self.texts[number.wrapping_sub(self.first) as usize]
    }

    /// The places that the entries of a batch had, in their new order.
    pub(crate) fn places(&self, Places(text): Places) -> impl Iterator<Item = u32> {
        self.get(text).split(' ').flat_map(str::parse)
    }

    /// Drops a text whose event is forgotten, and it is the first then.
    fn forget(&mut self, text: Text) {
        debug_assert_eq!(text, Text(self.first));
        self.texts.pop_front();
        self.first = self.first.wrapping_add(1);
    }
}

impl Pad {
    fn add(&mut self, record: Record) {
        self.records.push_back(record);
        if self.records.len() > self.most {
            self.forget_first();
        }
    }

    #[inline(never)]
    fn forget_first(&mut self) {
        let Some(record) = self.records.pop_front() else { return };
        // A step that it causes will have no cause: its number is gone with it.
        self.before.apply(0, &record, &self.texts);
        if let Some(text) = record.event.text() {
            self.texts.forget(text);
        }
        self.forgotten += 1;
    }

    /// The notes begin with what came of the steps that are forgotten.
    fn into_notes(self) -> Notes {
        let Self { records, mut texts, before, forgotten, .. } = self;
        if forgotten == 0 {
            return Notes { records: records.into(), texts, forgotten };
        }
        let mut all = before.retold(&mut texts);
        all.extend(records);
        Notes { records: all, texts, forgotten }
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
        if let Some(pad) = &mut *self.pad.borrow_mut() {
            pad.add(record);
        }
    }

    pub(crate) fn keep(&self, text: String) -> Text {
        // A text may be made by a function of the program, which may have stopped the
        // recording. Then nobody takes a note of the event either.
        self.pad.borrow_mut().as_mut().map_or(Text(0), |pad| pad.texts.keep(text))
    }

    /// Starts afresh, to keep the last steps, up to so many.
    pub(crate) fn start(&self, most: usize) {
        self.pad.replace(Some(Box::new(Pad { most, ..Pad::default() })));
        self.on.set(true);
    }

    /// Stops, and gives the notes away.
    pub(crate) fn stop(&self) -> Notes {
        self.on.set(false);
        self.pad.take().map(|pad| pad.into_notes()).unwrap_or_default()
    }

    /// A copy of the notes so far.
    pub(crate) fn notes(&self) -> Notes {
        self.pad.borrow().clone().map(|pad| pad.into_notes()).unwrap_or_default()
    }
}
