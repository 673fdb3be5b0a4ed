//! What happens in an executor, as it is told to a recorder.
//!
//! Where something happens stands one line that tells of it. Without the feature
//! `trace` there is nobody to tell: [`Probe`] and [`Place`] take no room, and the
//! line is no code at all. With it, and while nothing is recorded, it is the test
//! of one flag.

use std::panic::Location;

use crate::clock::Ticks;
use crate::id::TaskId;
use crate::wheel::Key;

/// One thing that happened. What can be derived from the events before is left
/// out; see `State` in `trace/state.rs`, which does.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "trace"), expect(dead_code, reason = "there is nobody to tell"))]
pub(crate) enum Event {
    // The loop.
    /// A turn begins, with the whole ready queue for its batch.
    Turn {
        batch: usize,
    },
    /// A schedule has put the batch in another order.
    Order {
        order: Text,
    },
    TurnEnd,
    Park {
        until: Option<u64>,
    },
    Unpark,
    /// The virtual clock is set forward.
    Jump {
        to: u64,
    },
    /// Another thread has woken a task.
    Heard {
        task: TaskId,
    },
    /// The executor ends.
    Close,

    // Tasks.
    Spawn {
        task: TaskId,
        at: Option<Caller>,
    },
    Name {
        task: TaskId,
        name: Text,
    },
    /// It joins the ready queue.
    Ready {
        task: TaskId,
    },
    /// It was woken, but stands in the queue.
    Again {
        task: TaskId,
    },
    /// Its turn has come: for a poll,
    Poll {
        task: TaskId,
    },
    /// to be dropped without one, since it was cancelled,
    Unwind {
        task: TaskId,
    },
    /// or for nothing, since it has ended.
    Skip {
        task: TaskId,
    },
    Awaits {
        task: TaskId,
        on: On,
        at: Option<Caller>,
    },
    /// Somebody keeps a waker of the task.
    Keep {
        task: TaskId,
    },
    Polled {
        task: TaskId,
        ready: bool,
    },
    Done {
        task: TaskId,
        outcome: Ended,
        text: Option<Text>,
    },
    Detach {
        task: TaskId,
    },
    Gone {
        task: TaskId,
    },

    // Timers.
    TimerAt {
        timer: Key,
        task: Option<TaskId>,
        deadline: u64,
    },
    TimerIn {
        timer: Key,
        task: Option<TaskId>,
        delay: u64,
    },
    Untimer {
        timer: Key,
    },
    Advance {
        now: u64,
    },
    /// The first timer that is due fires.
    Fire {
        task: Option<TaskId>,
    },

    // Cancellation.
    Cancel {
        task: TaskId,
    },
    Pass {
        task: TaskId,
        to: Option<TaskId>,
    },
    Mark {
        task: TaskId,
    },
    Unmark {
        task: TaskId,
    },
    Catch {
        task: TaskId,
    },

    // Watches.
    Watch {
        watch: u32,
    },
    What {
        watch: u32,
        text: Text,
    },
    Child {
        watch: u32,
        child: u32,
        task: TaskId,
    },
    /// A notice joins the ready queue.
    Notice {
        watch: u32,
        child: u32,
    },
    /// A notice's turn has come.
    Ask {
        watch: u32,
        child: u32,
    },
    Met {
        watch: u32,
    },
    Over {
        watch: u32,
        text: Text,
    },
    Unwatch {
        watch: u32,
    },

    // The program.
    Note {
        text: Text,
    },
}

/// The number of a text that the recorder keeps.
pub(crate) type Text = u32;
/// A line of somebody's source.
pub(crate) type Caller = &'static Location<'static>;

/// What a poll waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum On {
    Task(TaskId),
    Timer(Key),
    Watch(u32),
    /// The next turn.
    Turn,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Returned,
    Cancelled,
    Panicked,
}

/// Where an executor tells what happens.
#[derive(Default)]
pub(crate) struct Probe {
    #[cfg(feature = "trace")]
    pub(crate) recorder: crate::trace::Recorder,
    #[cfg(feature = "trace")]
    pub(crate) order: crate::schedule::Order,
}

impl Probe {
    /// Puts the batch of a turn into another order, if somebody wants that.
    #[inline(always)]
    pub(crate) fn reorder<T: Copy>(&self, clock: &Ticks, batch: &mut [T]) {
        #[cfg(feature = "trace")]
        if let Some(order) = self.order.of_batch(batch.len()) {
            let before = batch.to_vec();
            for (entry, &place) in batch.iter_mut().zip(&order) {
                *entry = before[place as usize];
            }
            let text = || order.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
            self.tell_text(clock, text, |order| Event::Order { order });
        }
        #[cfg(not(feature = "trace"))]
        let _ = (clock, batch);
    }

    /// Tells of an event, if somebody wants to know.
    #[inline(always)]
    pub(crate) fn tell(&self, clock: &Ticks, event: impl FnOnce() -> Event) {
        #[cfg(feature = "trace")]
        self.recorder.record(clock, event);
        #[cfg(not(feature = "trace"))]
        let _ = (clock, event);
    }

    /// Tells of an event that has a text.
    #[inline(always)]
    pub(crate) fn tell_text(
        &self,
        clock: &Ticks,
        text: impl FnOnce() -> String,
        event: impl FnOnce(Text) -> Event,
    ) {
        #[cfg(feature = "trace")]
        self.recorder.record(clock, || event(self.recorder.keep(text())));
        #[cfg(not(feature = "trace"))]
        let _ = (clock, text, event);
    }
}

/// A line of somebody's source, if it may be asked for.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    #[cfg(feature = "trace")]
    caller: Caller,
}

impl Place {
    #[cfg_attr(feature = "trace", track_caller)]
    #[inline(always)]
    pub(crate) fn here() -> Self {
        Self {
            #[cfg(feature = "trace")]
            caller: Location::caller(),
        }
    }

    /// This line, unless it is one of ours: then the other.
    pub(crate) fn or(self, other: Self) -> Option<Caller> {
        #[cfg(feature = "trace")]
        return [self, other].into_iter().map(|it| it.caller).find(|it| !is_ours(it.file()));
        #[cfg(not(feature = "trace"))]
        return None.filter(|_: &Caller| matches!(other, Self {}));
    }
}

/// Whether a file is one of this library, of its sister with the combinators, or
/// of Rust's own. A future that is awaited by way of these is seen there.
#[cfg(feature = "trace")]
fn is_ours(file: &str) -> bool {
    let ours = file!().trim_end_matches("probe.rs");
    file.starts_with("/rustc/")
        || file.starts_with(ours)
        || file.starts_with(&ours.replacen("executor", "combinators", 1))
}

/// A number that no other has on this thread.
pub(crate) struct Number {
    #[cfg(feature = "trace")]
    number: u32,
}

impl Number {
    #[inline(always)]
    pub(crate) fn next() -> Self {
        Self {
            #[cfg(feature = "trace")]
            number: crate::trace::next_number(),
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> u32 {
        #[cfg(feature = "trace")]
        return self.number;
        #[cfg(not(feature = "trace"))]
        return 0;
    }
}

#[cfg(not(feature = "trace"))]
const _: () = assert!(
    size_of::<Probe>() + size_of::<Place>() + size_of::<Number>() == 0,
    "what isn't recorded takes no room"
);
