//! The one mechanism under all combinators: register once on each child's
//! slot, be woken once.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use executor::{CancelTarget, Handle, PassCancel, Watch, Watcher};

use crate::conditions::Progress;

/// A child's number, as a watch wants it.
pub(crate) fn number(child: usize) -> u32 {
    u32::try_from(child).expect("there are at most 2^32 - 1 tasks to wait for")
}

const OUTCOME_TAKEN: &str = "a task whose outcome had been taken was given to `wait` or `gather`: \
    give tasks that still have theirs, reading them with `peek` or `outcome` before";

/// Makes sure that a task will have an outcome to show when it has ended.
#[track_caller]
pub(crate) fn with_outcome<H: Handle>(handle: H) -> H {
    let task = handle.task();
    assert!(!task.is_finished() || task.glance(|_| ()).is_some(), "{OUTCOME_TAKEN}");
    handle
}

/// Several children and what they are waited for.
pub(crate) trait Family: 'static {
    /// Whether it is enough that, after the others, this child has ended.
    fn is_enough(&mut self, child: usize, progress: Progress) -> bool;

    /// Cancels the children; `false` if none is left to cancel.
    fn cancel(&mut self) -> bool {
        false
    }
}

/// Why a round of waiting is over.
#[derive(Clone, Copy)]
pub(crate) enum Over {
    /// This child made it enough.
    Enough(usize),
    /// All children have ended, and it wasn't enough.
    Exhausted,
}

/// A family that is waited for, round after round.
///
/// Each child is asked about once a round, when it has ended, so a round costs
/// O(1) for each child that ends in it and nothing for the others.
pub(crate) struct Children<F> {
    pub(crate) watch: Watch,
    shared: Rc<Shared<F>>,
}

/// What the parent shares with the executor, which asks about each end.
struct Shared<F> {
    /// Out of here while it is asked: that is foreign code, which may drop the
    /// parent.
    family: Cell<Option<F>>,
    progress: Cell<Progress>,
    over: Cell<Option<Over>>,
}

impl<F: Family> Children<F> {
    /// Makes room for so many children.
    pub(crate) fn with_capacity(total: usize) -> Self {
        let shared = Rc::new(Shared {
            family: Cell::new(None),
            progress: Cell::new(Progress { ended: 0, total: 0 }),
            over: Cell::new(None),
        });
        let watcher: Rc<dyn Watcher> = Rc::clone(&shared) as _;
        Self { watch: Watch::with_capacity(watcher, total), shared }
    }

    /// Starts a round on the children of a family, `total` in number.
    pub(crate) fn start(&self, family: F, total: usize) {
        self.shared.family.set(Some(family));
        self.shared.progress.set(Progress { ended: 0, total });
        self.shared.over.set((total == 0).then_some(Over::Exhausted));
    }

    /// Whether the round is over.
    pub(crate) fn are_over(&self) -> bool {
        self.shared.over.get().is_some()
    }

    /// Counts a child that had ended before the round.
    pub(crate) fn count(&self, child: usize) {
        if !self.are_over() {
            self.shared.count(child);
        }
    }

    /// Ready when the round is over.
    #[track_caller]
    pub(crate) fn poll_over(&self, cx: &mut Context<'_>) -> Poll<Over> {
        if !self.are_over() {
            ready!(self.watch.poll_met(cx));
        }
        Poll::Ready(self.shared.over.get().expect("the watcher says yes when the round is over"))
    }

    /// What passes a cancellation of the parent on to the children.
    pub(crate) fn pass_cancel(&self) -> PassCancel {
        PassCancel::to(Rc::clone(&self.shared) as _)
    }

    pub(crate) fn put_family(&self, family: F) {
        self.shared.family.set(Some(family));
    }

    /// Takes the family back.
    pub(crate) fn take_family(&self) -> Option<F> {
        self.shared.family.take()
    }
}

impl<F: Family> Shared<F> {
    fn note_end(&self) -> Progress {
        let Progress { ended, total } = self.progress.get();
        let progress = Progress { ended: ended + 1, total };
        self.progress.set(progress);
        progress
    }

    fn count(&self, child: usize) {
        let progress = self.note_end();
        let Some(mut family) = self.family.take() else {
            return;
        };
        let enough = family.is_enough(child, progress);
        self.family.set(Some(family));
        let exhausted = (progress.ended == progress.total).then_some(Over::Exhausted);
        self.over.set(if enough { Some(Over::Enough(child)) } else { exhausted });
    }
}

impl<F: Family> CancelTarget for Shared<F> {
    fn cancel(&self) -> bool {
        if self.over.get().is_some() {
            return false;
        }
        let Some(mut family) = self.family.take() else {
            return false;
        };
        let cancelled = family.cancel();
        self.family.set(Some(family));
        cancelled
    }
}

impl<F: Family> Watcher for Shared<F> {
    fn ended(&self, child: u32) -> bool {
        self.count(child as usize);
        self.over.get().is_some()
    }
}
