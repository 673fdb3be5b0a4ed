//! The tasks that a `wait` waits for, and keeps between waits.

use std::fmt;
use std::iter::Flatten;
use std::slice;
use std::task::{Context, Poll};

use executor::Task;

use crate::children::{Children, Family, Over, number, with_outcome};
use crate::conditions::{Condition, Progress};
use crate::wait::{Reason, Waited};

/// The tasks that were left when a [`wait`](crate::wait()) returned, in the order
/// in which they were given.
///
/// Can be waited for again, which costs nothing for tasks that don't end:
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
/// [`into_tasks`](Pending::into_tasks). Dropping it detaches them.
pub struct Pending<T: 'static> {
    /// By number; `None` once given away. Lent to `children` during a wait.
    tasks: Vec<Option<Task<T>>>,
    len: usize,
    children: Children<Asked<T>>,
    /// Whether the tasks are registered, by a wait before.
    watched: bool,
}

/// The family of `wait`: its tasks, and the condition to ask about them.
struct Asked<T: 'static> {
    tasks: Vec<Option<Task<T>>>,
    condition: Box<dyn Condition<T>>,
}

impl<T: 'static> Family for Asked<T> {
    fn is_enough(&mut self, child: usize, progress: Progress) -> bool {
        let Self { tasks, condition } = self;
        let task = tasks[child].as_ref();
        let met = task.and_then(|it| it.peek(|outcome| condition.is_met(progress, outcome)));
        met.unwrap_or(false)
    }
}

impl<T> Pending<T> {
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
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.tasks.iter().flatten())
    }

    /// Gives the tasks away.
    #[must_use]
    pub fn into_tasks(self) -> Vec<Task<T>> {
        self.tasks.into_iter().flatten().collect()
    }

    /// Starts a wait. Tasks that aren't watched are from here on; of the others,
    /// those that have ended since the last wait are counted in this.
    pub(crate) fn start(&mut self, condition: Box<dyn Condition<T>>) {
        let Children { watch, .. } = &self.children;
        let unseen = watch.take_ended();
        let all_watched = watch.rearm() && self.watched;
        let to_add = if all_watched { unseen } else { (0..number(self.tasks.len())).collect() };
        for child in to_add {
            if let Some(task) = &self.tasks[child as usize] {
                watch.add(task, child);
            }
        }
        self.watched = true;
        let tasks = std::mem::take(&mut self.tasks);
        self.children.start(Asked { tasks, condition }, self.len);
    }

    pub(crate) fn poll_over(&self, cx: &mut Context<'_>) -> Poll<Over> {
        self.children.poll_over(cx)
    }

    /// Ends a wait: parts the tasks that have ended by now from the rest.
    pub(crate) fn finish(mut self, reason: Reason) -> Waited<T> {
        let family = self.children.take_family();
        self.tasks = family.expect("nobody is asked while the parent is polled").tasks;
        let mut done = Vec::new();
        while let Some(child) = self.children.watch.next_ended() {
            done.push(self.tasks[child as usize].take().expect("a task ends once"));
        }
        self.len -= done.len();
        Waited { done, pending: self, reason }
    }
}

/// What [`wait`](crate::wait()) takes: tasks, or what is left of a wait before.
#[diagnostic::on_unimplemented(
    message = "`wait` takes tasks, and `{Self}` doesn't yield them by value",
    note = "give it an array, a vector or an iterator of `Task`s; \
            futures are to be spawned first, as in `futures.map(spawn)`"
)]
pub trait IntoPending<T> {
    /// Returns the tasks, ready to be waited for.
    fn into_pending(self) -> Pending<T>;
}

impl<T> IntoPending<T> for Pending<T> {
    fn into_pending(self) -> Pending<T> {
        self
    }
}

impl<T: 'static, I: IntoIterator<Item: IsTask<T>>> IntoPending<T> for I {
    #[track_caller]
    fn into_pending(self) -> Pending<T> {
        let children = self.into_iter();
        let mut tasks = Vec::with_capacity(children.size_hint().0);
        for task in children {
            tasks.push(Some(with_outcome(task.into_task())));
        }
        let len = tasks.len();
        Pending { tasks, len, children: Children::with_capacity(len), watched: false }
    }
}

/// A task, and nothing else: for the error message where it is something else.
#[diagnostic::on_unimplemented(
    message = "`wait` takes tasks, and this is `{Self}`",
    note = "spawn futures first, as in `futures.map(spawn)`; give tasks by value, not by reference"
)]
pub trait IsTask<T: 'static> {
    fn into_task(self) -> Task<T>;
}

impl<T> IsTask<T> for Task<T> {
    fn into_task(self) -> Task<T> {
        self
    }
}

/// Iterates over the tasks of a [`Pending`].
#[derive(Debug)]
pub struct Iter<'a, T: 'static>(Flatten<slice::Iter<'a, Option<Task<T>>>>);

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a Task<T>;

    fn next(&mut self) -> Option<&'a Task<T>> {
        self.0.next()
    }
}

impl<'a, T> IntoIterator for &'a Pending<T> {
    type Item = &'a Task<T>;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}
