//! Groups: several tasks that are watched for one future.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::task::Poll;

use crate::probe::Number;
use crate::run::error::{Payload, contain, contain_quietly, discard};
use crate::run::waiter::Waiter;

/// Decides when a future that watches several tasks has seen enough.
///
/// The condition of a [`Watch`](crate::Watch). It notes each end at once, and is
/// asked one turn after an end that matters, both in the order in which the tasks
/// ended. Should it panic, the future that watches panics with the same payload.
pub trait Watcher {
    /// Notes that the task which was added as number `child` has ended, as the
    /// `count`th since the watch was made or [rearmed](crate::Watch::rearm). Returns
    /// whether to ask about it in the next turn.
    ///
    /// The default is yes. A watcher that knows by itself which end is enough says yes to
    /// that one only, and the others need no place in the ready queue.
    fn note_end(&self, _child: u32, _count: u32) -> bool {
        true
    }

    /// Says in words how it has judged the end of a child, for a recording of the run, which
    /// asks right after [`note_end`](Self::note_end); `None` if it hasn't.
    ///
    /// It hasn't, unless said otherwise.
    fn describe_end(&self, _child: u32) -> Option<String> {
        None
    }

    /// Returns whether the future is to be woken, one turn after task number `child`
    /// has ended.
    ///
    /// Once it has said yes it isn't asked again, unless the watch is rearmed.
    fn ended(&self, child: u32) -> bool;
}

/// Several watched tasks and their parent, the future that waits for them.
///
/// The watch and the slots of the tasks share it. When the watch is dropped it *closes*
/// the group, which is O(1): the slots keep their share, but the group has no watcher and
/// no parent any more. A closed group has nothing foreign in it, so slots may drop their
/// share anywhere.
pub(crate) struct Group {
    /// The watcher; `None` once the group is closed.
    watcher: RefCell<Option<Rc<dyn Watcher>>>,
    /// The log: the numbers of tasks that have ended, in that order, until the parent takes
    /// them.
    ended: RefCell<VecDeque<u32>>,
    /// True if the group keeps a log.
    logs: bool,
    /// The number of tasks that have ended since the group was made or rearmed.
    count: Cell<u32>,
    matters: Cell<Matters>,
    parent: Cell<Option<Waiter>>,
    /// True once the watcher has said yes, or has panicked.
    met: Cell<bool>,
    /// The number of this group's notices in the ready queue.
    notices: Cell<usize>,
    /// The number of those, from the front, that date from before `rearm` and are void.
    void: Cell<usize>,
    /// The watcher's panic on its way to the parent.
    panic: Cell<Option<Payload>>,
    number: Number,
}

/// The numbers of the first ends that matter to a watcher, counted from 1.
#[derive(Clone, Copy, Default)]
struct Matters {
    /// The first that matters if the task has returned.
    returned: u32,
    /// The first that matters if the task has panicked or was cancelled.
    failed: u32,
}

impl Group {
    /// Creates a group. If it is to keep a log, `log` is the number of ends for which that
    /// has room at first.
    pub(crate) fn new(watcher: Rc<dyn Watcher>, log: Option<usize>) -> Rc<Self> {
        Rc::new(Self {
            watcher: RefCell::new(Some(watcher)),
            ended: RefCell::new(VecDeque::with_capacity(log.unwrap_or(0))),
            logs: log.is_some(),
            count: Cell::new(0),
            matters: Cell::default(),
            parent: Cell::default(),
            met: Cell::new(false),
            notices: Cell::new(0),
            void: Cell::new(0),
            panic: Cell::default(),
            number: Number::next(),
        })
    }

    /// Returns the number that names the group in a recording.
    pub(crate) fn number(&self) -> u32 {
        self.number.get()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.watcher.borrow().is_some()
    }

    /// Counts a child's end, and logs it. Returns whether it may matter to the watcher,
    /// which is to note it then.
    #[inline(always)]
    pub(crate) fn count_end(&self, child: u32, returned: bool) -> bool {
        let count = self.count.get() + 1;
        self.count.set(count);
        // Nobody takes the log of a closed group.
        if self.logs && self.is_open() {
            self.ended.borrow_mut().push_back(child);
        }
        let matters = self.matters.get();
        count >= if returned { matters.returned } else { matters.failed }
    }

    /// Lets the watcher note the end that was counted last. Returns whether a notice of it
    /// is to be queued.
    #[must_use]
    pub(crate) fn note_end(&self, child: u32) -> bool {
        let wants_notice = self.ask(|it| it.note_end(child, self.count.get()));
        self.notices.set(self.notices.get() + usize::from(wants_notice));
        wants_notice
    }

    /// Asks the watcher for words about the end that was noted last. A panic of it is one of
    /// words that nobody needs.
    pub(crate) fn describe_end(&self, child: u32) -> Option<String> {
        let watcher = self.watcher.borrow().clone()?;
        let judged = contain(|| watcher.describe_end(child)).unwrap_or_else(|panic| {
            discard(panic);
            None
        });
        contain_quietly(|| drop(watcher));
        judged
    }

    /// Asks the watcher, if there is one. A panic of it counts as a yes: the parent is woken
    /// for it, and panics, too.
    fn ask(&self, ask: impl FnOnce(&dyn Watcher) -> bool) -> bool {
        // A clone, for the watcher is foreign, and may close its group meanwhile (I7).
        let Some(watcher) = self.watcher.borrow().clone() else { return false };
        let answer = contain(|| ask(&*watcher)).unwrap_or_else(|panic| {
            self.keep_panic(panic);
            true
        });
        contain_quietly(|| drop(watcher)); // It goes now if it has closed the group.
        answer
    }

    /// Takes the first entry of the log.
    pub(crate) fn next_ended(&self) -> Option<u32> {
        self.ended.borrow_mut().pop_front()
    }

    /// Asks the watcher about a child that has ended. Returns the parent if it is to be
    /// woken.
    #[must_use]
    pub(crate) fn notice(&self, child: u32) -> Option<Waiter> {
        self.notices.set(self.notices.get() - 1);
        if self.void.get() > 0 {
            self.void.set(self.void.get() - 1);
            return None;
        }
        if self.met.get() {
            return None; // The parent has been woken.
        }
        // If it has panicked when it noted an end, it isn't asked any more.
        let met = self.has_panicked() || self.ask(|it| it.ended(child));
        self.met.set(met);
        // A parent that wasn't polled yet isn't there, but sees `met` when it is.
        if met { self.parent.take() } else { None }
    }

    fn has_panicked(&self) -> bool {
        let panic = self.panic.take();
        let has_panicked = panic.is_some();
        self.panic.set(panic);
        has_panicked
    }

    /// Keeps the watcher's panic for the parent, unless the watcher has dropped the watch.
    fn keep_panic(&self, panic: Payload) {
        if self.is_open() {
            self.panic.set(Some(panic));
        } else {
            discard(panic);
        }
    }

    /// Returns `Ready` once the watcher has said yes. Until then it keeps the parent, to be
    /// woken by that.
    pub(crate) fn poll_met(&self, parent: impl FnOnce() -> Waiter) -> Poll<()> {
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
        if self.met.get() {
            return Poll::Ready(());
        }
        let before = self.parent.replace(Some(parent()));
        contain_quietly(|| drop(before)); // It may be a foreign waker (I7).
        Poll::Pending
    }

    /// Forgets the parent, whose destructor may be foreign code.
    pub(crate) fn forget_parent(&self) {
        contain_quietly(|| drop(self.parent.take()));
    }

    pub(crate) fn matters_from(&self, returned: u32, failed: u32) {
        self.matters.set(Matters { returned, failed });
    }

    /// Starts another wait. The notices that are queued by now are void.
    pub(crate) fn rearm(&self) {
        self.met.set(false);
        self.count.set(0);
        self.matters.set(Matters::default());
        self.void.set(self.notices.get());
    }

    /// Drops the watcher, the parent, and a panic that nobody has taken. All of these are
    /// foreign, and each destructor may panic.
    pub(crate) fn close(&self) {
        let watcher = self.watcher.take();
        contain_quietly(|| drop(watcher)); // The borrow is over (I7).
        self.forget_parent();
        self.panic.take().into_iter().for_each(discard);
    }
}
