//! The tasks that a `wait` waits for, and keeps between waits.

use std::fmt;
use std::iter::{self, Flatten};
use std::mem::take;
use std::slice;
use std::task::{Context, Poll};

use executor::{Handle, Task};

use crate::children::{Children, Family, FirstEnd, Over, with_outcome};
use crate::conditions::{Condition, Counts};
use crate::foreign::Contained;
use crate::outcome::describe_end;
use crate::wait::{Reason, Waited};

/// The tasks that were left when a [`wait`](crate::wait()) returned, in the order
/// in which they were given.
///
/// They can be waited for again, which costs nothing for tasks that don't end:
///
/// ```
/// use combinators::{FirstCompleted, wait};
/// use executor::spawn;
///
/// executor::block_on(async {
///     let waited = wait((0..10).map(|i| spawn(async move { i })));
///     let mut waited = waited.return_when(FirstCompleted).await;
///     while !waited.pending.is_empty() {
///         waited = wait(waited.pending).return_when(FirstCompleted).await;
///     }
/// });
/// ```
///
/// Go through it by `for task in &pending`, or take the tasks by
/// `for task in pending.into_tasks()`. It is no iterator by value, because `wait` takes
/// any iterator for new tasks, and these are watched already. Dropping it detaches them.
pub struct Pending<H: Handle> {
    /// The tasks by their numbers; `None` for one that was given away. During a wait
    /// `children` has them.
    tasks: Vec<Option<H>>,
    len: usize,
    children: Children<Asked<H>>,
    /// Is set when an earlier wait has registered the tasks.
    watched: bool,
}

/// The family of `wait`: its tasks, and the condition to ask about them.
struct Asked<H: Handle> {
    tasks: Vec<Option<H>>,
    condition: AnyCondition<H::Output>,
    interest: Interest,
    counts: Counts,
}

/// The ends in which a condition takes an interest.
#[derive(Clone, Copy)]
struct Interest {
    /// Is set if it sees the outcomes.
    sees: bool,
    /// The least number of ends with which it can be met.
    least: u32,
}

/// A condition of any type, whose destructor may do what it likes.
pub(crate) type AnyCondition<T> = Contained<Box<dyn Condition<T>>>;

impl<H: Handle> Family for Asked<H> {
    fn decide(&mut self, child: usize, ended: usize, total: usize) -> Option<Over> {
        // The last end is always noted, for it ends the wait, even if it can't be enough.
        if ended < self.interest.least() {
            return None;
        }
        let Self { tasks, condition, interest, counts } = self;
        let task = tasks[child].as_ref()?.task();
        interest.note_seen(task, ended, total);
        let condition = condition.get();
        let decided = task.glance(|outcome| {
            let progress = counts.count(condition.is_success(outcome), ended, total);
            if condition.is_met(progress, outcome) {
                return Some(Over::Enough(child));
            }
            let hopeless = ended < total && !condition.can_be_met(progress);
            hopeless.then_some(Over::Hopeless(child))
        });
        decided.flatten()
    }

    fn describe_end(&self, child: usize) -> Option<&'static str> {
        let task = self.tasks[child].as_ref()?.task();
        Some(describe_end(task, |outcome| self.condition.look().failure(outcome)))
    }

    fn first_that_matters(&self, _: usize) -> FirstEnd {
        FirstEnd { returned: self.interest.least(), failed: self.interest.least() }
    }
}

impl<H: Handle> Asked<H> {
    /// Returns the number and the name of a child.
    fn name_of(&self, child: usize) -> String {
        let name = self.tasks[child].as_ref().map(|handle| handle.task().name());
        format!("child {child} (`{}`)", name.unwrap_or_default())
    }
}

impl Interest {
    fn of<T: 'static>(condition: &dyn Condition<T>, total: usize) -> Self {
        // There are fewer than 2^32 children: a greater number means the same, never.
        let least = u32::try_from(condition.least(total)).unwrap_or(u32::MAX);
        Self { sees: condition.sees(), least }
    }

    fn least(self) -> usize {
        self.least as usize
    }

    /// Marks an outcome as seen if the condition sees outcomes, unless the child is the
    /// last one to end: asyncio doesn't look at that one (F66).
    fn note_seen<T>(self, task: &Task<T>, ended: usize, total: usize) {
        if self.sees && (self.least()..total).contains(&ended) {
            task.mark_read();
        }
    }
}

impl<H: Handle> Pending<H> {
    /// Returns the number of tasks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether no tasks are left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Goes through the tasks. Skips those that earlier waits gave back, which
    /// takes time too.
    pub fn iter(&self) -> Iter<'_, H> {
        Iter(self.tasks.iter().flatten())
    }

    /// Gives the tasks away.
    #[must_use]
    pub fn into_tasks(self) -> Vec<H> {
        self.tasks.into_iter().flatten().collect()
    }

    /// Starts a wait. Tasks that aren't watched are from here on; of the others,
    /// those that have ended since the last wait are counted in this.
    #[track_caller]
    pub(crate) fn start(&mut self, mut condition: AnyCondition<H::Output>) {
        let Children { watch, .. } = &self.children;
        let mut ended = watch.take_ended();
        watch.rearm();
        if !self.watched {
            self.watched = true;
            ended = self.watch_all();
        }
        watch.describe(|| format!("wait for {} until {}", self.len, condition.get().name()));
        let interest = Interest::of(&**condition.get(), self.len);
        let tasks = take(&mut self.tasks);
        let asked = Asked { tasks, condition, interest, counts: Counts::default() };
        self.children.start(asked, self.len, &[]);
        for child in ended {
            watch.count(child);
        }
    }

    /// Watches all tasks but those that have ended, which it returns.
    #[track_caller]
    fn watch_all(&self) -> Vec<u32> {
        let mut ended = Vec::new();
        for (child, it) in (0..).zip(self.tasks.iter().flatten()) {
            if !self.children.watch.add_running(it.task(), child) {
                ended.push(child);
            }
        }
        ended
    }

    #[track_caller]
    pub(crate) fn poll_over(&self, cx: &mut Context<'_>) -> Poll<Over> {
        self.children.poll_over(cx)
    }

    /// Gives a wait up. The condition has seen what has ended all the same: in asyncio a
    /// callback that is queued is still called (F19), and looks at the outcome (F66).
    pub(crate) fn abandon(&self) {
        let Some(Asked { tasks, interest, .. }) = self.children.take_family() else { return };
        let ended = iter::from_fn(|| self.children.watch.next_ended());
        for (ended, child) in (1..).zip(ended) {
            if let Some(handle) = &tasks[child as usize] {
                interest.note_seen(handle.task(), ended, self.len);
            }
        }
    }

    /// Ends a wait: parts the tasks that have ended by now from the rest. The
    /// condition sees those too that it isn't asked about (F66).
    pub(crate) fn finish(mut self, reason: Reason) -> Waited<H> {
        let family = self.children.take_family();
        let family = family.expect("nobody is asked while the parent is polled");
        // If the time was up between a child's end and its notice, that notice must not
        // wake the task, which no longer waits for it.
        self.children.watch.give_up();
        self.children.watch.conclude(|| match reason {
            Reason::Met(child) => format!("met by {}", family.name_of(child)),
            Reason::Impossible(child) => {
                format!("it can't be met any more, as {} has ended", family.name_of(child))
            }
            Reason::Exhausted => "all have ended".into(),
            Reason::TimedOut => "the time is up".into(),
        });
        self.tasks = family.tasks;
        let mut done = Vec::new();
        while let Some(child) = self.children.watch.next_ended() {
            let handle = self.tasks[child as usize].take().expect("a task ends once");
            family.interest.note_seen(handle.task(), done.len() + 1, self.len);
            done.push(handle);
        }
        self.len -= done.len();
        Waited { done, pending: self, reason }
    }
}

/// The argument of [`wait`](crate::wait()): tasks, or what an earlier wait has left.
#[diagnostic::on_unimplemented(
    message = "`wait` takes tasks, and `{Self}` doesn't yield them by value",
    note = "give it an array, a vector or an iterator of `Task`s; \
            futures are to be spawned first, as in `futures.map(spawn)`"
)]
pub trait IntoPending<H: Handle> {
    /// Returns the tasks, ready to be waited for.
    fn into_pending(self) -> Pending<H>;
}

impl<H: Handle> IntoPending<H> for Pending<H> {
    fn into_pending(self) -> Pending<H> {
        self
    }
}

impl<H: Handle, I: IntoIterator<Item = H>> IntoPending<H> for I {
    #[track_caller]
    fn into_pending(self) -> Pending<H> {
        let children = self.into_iter();
        let mut tasks = Vec::with_capacity(children.size_hint().0);
        for task in children {
            tasks.push(Some(with_outcome(task)));
        }
        let len = tasks.len();
        Pending { tasks, len, children: Children::logged(len), watched: false }
    }
}

/// Iterates over the tasks of a [`Pending`].
#[derive(Debug)]
pub struct Iter<'a, H>(Flatten<slice::Iter<'a, Option<H>>>);

impl<'a, H> Iterator for Iter<'a, H> {
    type Item = &'a H;

    fn next(&mut self) -> Option<&'a H> {
        self.0.next()
    }
}

impl<'a, H: Handle> IntoIterator for &'a Pending<H> {
    type Item = &'a H;
    type IntoIter = Iter<'a, H>;

    fn into_iter(self) -> Iter<'a, H> {
        self.iter()
    }
}

impl<H: Handle> fmt::Debug for Pending<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Handle::task)).finish()
    }
}
