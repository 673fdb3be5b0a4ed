//! The one mechanism under `wait` and `gather`: register once on each child's
//! slot, be woken once.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use executor::{CancelTarget, Handle, PassCancel, Task, Watch, Watcher};

/// A child's number, as a watch wants it.
pub(crate) fn number(child: usize) -> u32 {
    u32::try_from(child).expect("there are at most 2^32 - 1 tasks to wait for")
}

const CONDITION_PANICKED: &str = "a `wait` was polled again after its condition had panicked: \
    await it once, and let the panic go";
pub(crate) const OUTCOME_TAKEN: &str = "a task whose outcome had been taken was given to `wait` or `gather`: \
    give tasks that still have theirs, reading them with `peek` or `outcome` before";

/// Makes sure that a task will have an outcome to show when it has ended.
#[track_caller]
pub(crate) fn with_outcome<H: Handle>(handle: H) -> H {
    let task = handle.task();
    assert!(!task.is_finished() || has_outcome(task), "{OUTCOME_TAKEN}");
    handle
}

/// Returns whether a task that has ended still has its outcome.
pub(crate) fn has_outcome<T>(task: &Task<T>) -> bool {
    task.glance(|_| ()).is_some()
}

/// Several children, and the condition that ends a wait for them.
pub(crate) trait Family: 'static {
    /// Returns whether that decides the round: this child has ended, as the `ended`th of
    /// `total`.
    fn decide(&mut self, child: usize, ended: usize, total: usize) -> Option<Over>;

    /// Says in words how a child has ended; `None` if the family didn't look at it.
    fn describe_end(&self, child: usize) -> Option<&'static str>;

    /// The first end that can be enough, of those of `total` children.
    fn first_that_matters(&self, total: usize) -> FirstEnd;
}

/// A family that is cancelled with its parent.
pub(crate) trait CancelledWithParent: Family {
    /// Cancels the children; `false` if none is left to cancel.
    fn cancel(&mut self) -> bool;
}

/// The first end that can be enough, counted from 1.
#[derive(Clone, Copy)]
pub(crate) struct FirstEnd {
    /// The first one, if it is the end of a child that returns.
    pub(crate) returned: usize,
    /// The first one, if the child panics or is cancelled.
    pub(crate) failed: usize,
}

/// The reason why a round of waiting is over.
#[derive(Clone, Copy)]
pub(crate) enum Over {
    /// This child made it enough.
    Enough(usize),
    /// Since this child has ended, the others can't make it enough.
    Hopeless(usize),
    /// All children have ended, and it wasn't enough.
    Exhausted,
}

/// A family that is waited for, round after round.
///
/// Each child is counted once, in the round in which it ends, so a round costs O(1) for
/// each child that ends in it and nothing for the others. It is decided there and then
/// whether that is enough. But the parent learns of it a turn later: the notice of the
/// child that decides stands in the ready queue where asyncio has that child's callback
/// (F12), and the other children need none.
pub(crate) struct Children<F> {
    pub(crate) watch: Watch,
    shared: Rc<Shared<F>>,
}

/// The state that the parent shares with the executor, which asks about each end.
struct Shared<F> {
    /// The family. It is taken out while it is asked, because a condition is
    /// foreign code, which may drop the parent.
    family: Cell<Option<F>>,
    /// The number of children.
    total: Cell<usize>,
    /// The number of children that had ended before the round.
    before: Cell<usize>,
    /// The reason why the round is over, set when a child decides it.
    over: Cell<Option<Over>>,
    /// Set when the parent may know of it.
    told: Cell<bool>,
}

impl<F: Family> Children<F> {
    /// Creates children that log the order in which they end; `total` is their number.
    pub(crate) fn logged(total: usize) -> Self {
        Self::watched_by(|watcher| Watch::with_capacity(watcher, total))
    }

    /// Creates children whose order of ends doesn't matter.
    pub(crate) fn unlogged() -> Self {
        Self::watched_by(Watch::without_log)
    }

    fn watched_by(watch: impl FnOnce(Rc<dyn Watcher>) -> Watch) -> Self {
        let shared = Rc::new(Shared {
            family: Cell::new(None),
            total: Cell::new(0),
            before: Cell::new(0),
            over: Cell::new(None),
            told: Cell::new(false),
        });
        Self { watch: watch(Rc::clone(&shared) as _), shared }
    }

    /// Starts a round on the children of a family, `total` in number, of which `ended`
    /// ended before.
    pub(crate) fn start(&self, family: F, total: usize, ended: &[usize]) {
        let shared = &self.shared;
        self.spare(&family, total - ended.len());
        shared.family.set(Some(family));
        shared.total.set(total);
        shared.before.set(0);
        shared.over.set((total == 0).then_some(Over::Exhausted));
        for &child in ended {
            shared.before.set(shared.before.get() + 1);
            shared.note_end(child, 0);
        }
        shared.told.set(shared.over.get().is_some());
    }

    /// Returns whether the parent may know that the round is over.
    pub(crate) fn are_over(&self) -> bool {
        self.shared.told.get()
    }

    /// Returns whether a child has made it enough.
    pub(crate) fn are_enough(&self) -> bool {
        matches!(self.shared.over.get(), Some(Over::Enough(_)))
    }

    /// Spares the family those of the `left` ends to come that can't be enough.
    fn spare(&self, family: &F, left: usize) {
        let FirstEnd { returned, failed } = family.first_that_matters(left);
        self.watch.matters_from(number(returned.min(left)), number(failed.min(left)));
    }

    /// Returns `Ready` when the round is over.
    #[track_caller]
    pub(crate) fn poll_over(&self, cx: &mut Context<'_>) -> Poll<Over> {
        if !self.are_over() {
            ready!(self.watch.poll_met(cx));
        }
        Poll::Ready(self.shared.over.get().expect(CONDITION_PANICKED))
    }

    /// Cancels the children; `false` if none is left to cancel, or if the round is over.
    pub(crate) fn cancel(&self) -> bool
    where
        F: CancelledWithParent,
    {
        CancelTarget::cancel(&*self.shared)
    }

    /// Looks at the family, unless it is being asked. The look may be foreign code.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&F) -> R) -> Option<R> {
        self.shared.look(look)
    }

    /// Returns a [`PassCancel`] to the children, for cancellations of the parent.
    pub(crate) fn pass_cancel(&self) -> PassCancel
    where
        F: CancelledWithParent,
    {
        PassCancel::to(Rc::clone(&self.shared) as _)
    }

    pub(crate) fn put_family(&self, family: F) {
        self.spare(&family, self.shared.total.get() - self.shared.before.get());
        self.shared.family.set(Some(family));
    }

    /// Takes the family back.
    pub(crate) fn take_family(&self) -> Option<F> {
        self.shared.family.take()
    }
}

impl<F: Family> Shared<F> {
    fn look<R>(&self, look: impl FnOnce(&F) -> R) -> Option<R> {
        let family = self.family.take()?;
        let seen = catch_unwind(AssertUnwindSafe(|| look(&family)));
        self.family.set(Some(family));
        Some(seen.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Says in words what the end of a child, which was noted last, has decided.
    fn verdict(&self, child: usize) -> Option<&'static str> {
        match self.over.get() {
            None => Some("so the wait goes on"),
            Some(Over::Enough(it)) => (it == child).then_some("so the wait is over"),
            Some(Over::Hopeless(it)) => {
                (it == child).then_some("so the condition can't be met any more")
            }
            Some(Over::Exhausted) => Some("and no other is left"),
        }
    }

    /// Notes the end of a child, the `count`th in this round. Returns whether it decides.
    fn note_end(&self, child: usize, count: u32) -> bool {
        if self.over.get().is_some() {
            return false;
        }
        let Some(mut family) = self.family.take() else {
            return false;
        };
        let ended = self.before.get() + count as usize;
        let total = self.total.get();
        let decided = family.decide(child, ended, total);
        self.family.set(Some(family));
        self.over.set(decided.or((ended == total).then_some(Over::Exhausted)));
        self.over.get().is_some()
    }
}

impl<F: CancelledWithParent> CancelTarget for Shared<F> {
    /// As long as the parent doesn't know that a child has decided, a cancellation of the
    /// parent reaches the other children (F41, F83).
    fn cancel(&self) -> bool {
        if self.told.get() {
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
    fn note_end(&self, child: u32, count: u32) -> bool {
        self.note_end(child as usize, count)
    }

    fn describe_end(&self, child: u32) -> Option<String> {
        let verdict = self.verdict(child as usize)?;
        let end = self.look(|family| family.describe_end(child as usize))??;
        Some(format!("{end}, {verdict}"))
    }

    /// Lets the parent know, at the notice of the child that has decided.
    fn ended(&self, _: u32) -> bool {
        self.told.set(true);
        true
    }
}
