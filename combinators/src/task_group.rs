//! `task_group`: children that end before the block does, together.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;

use executor::{
    Cancelled, JoinError, LocalWaker, Scope, Section, Shared, Task, TaskId, TaskRef, current_task,
    spawn,
};

use crate::failure::{BoxError, Failure};
use crate::foreign::{discard, drop_each};
use crate::outcome::{Outcome, UNREADABLE};
use crate::raising::raising_as;

const FAILED: &str = "it returned a failure";
const ELSEWHERE: &str = "a task group has tasks of one executor only: \
    await the tasks of another executor inside that executor's `block_on`";
const FORSAKEN: &str = "it was cancelled with the task that ran the group before";
const CANCELS: &str = "what is left in it is cancelled";
const OUTSIDE: &str = "a task group was awaited outside of a task: await it inside `block_on`";

/// Runs a block that may spawn tasks, and returns when the block and all of them
/// have ended.
///
/// The first failure, of a task or of the block, cancels the rest; it is waited
/// for until it has ended, also if that takes time, and then all failures are
/// the error, in the order in which they came, the block's last. A task that was
/// cancelled is no failure. If the task that runs the group is cancelled, so is all in it:
/// first the block, with what it awaits; when that has ended, the tasks. Once they are, a further
/// cancellation reaches them no more. If the group is dropped, or its block panics, the tasks
/// are cancelled at once.
///
/// The task ends as cancelled when all in the group have ended; or when the group is dropped
/// before, whoever does that. If another task goes on with the group, the one that was cancelled
/// ends so then, and in the other the group fails.
///
/// A failure is an error that is returned, or a panic. An error may be of any type that
/// has a text, such as `io::Error` or `Rc<io::Error>`: the group tells the text, and the
/// error itself stays in the task. There [`peek`](executor::Task::peek) shows it, and an
/// await gives a clone of the outcome: if the task is to be awaited, an error that can't be
/// cloned goes into an `Rc`, by `map_err(Rc::new)`.
///
/// A block returns a [`Plain`](crate::Plain) value, or a `Result`, whose error is one more
/// failure. If it uses `?` it ends with `Ok::<_, io::Error>(value)`, so that the type of its error is known.
///
/// ```
/// use combinators::task_group;
///
/// async fn half(number: u32) -> Result<u32, String> {
///     if number % 2 == 0 { Ok(number / 2) } else { Err(format!("{number} is odd")) }
/// }
///
/// executor::block_on(async {
///     let sum = task_group(async |group| {
///         let halves = [4, 6].map(|number| group.spawn(half(number)));
///         let mut sum = 0;
///         for half in halves {
///             sum += half.await.unwrap().unwrap();
///         }
///         sum
///     });
///     assert_eq!(sum.await.unwrap(), 5);
///
///     let error = task_group(async |group| {
///         group.spawn(half(7)).named("half of seven");
///     });
///     let failure = &error.await.unwrap_err().failures[0];
///     assert_eq!(failure.name, "half of seven");
///     assert_eq!(failure.cause.to_string(), "7 is odd");
/// });
/// ```
///
/// # Errors
///
/// Fails if a task or the block does.
///
/// # Panics
///
/// Panics outside of a running executor, and if the block does.
pub async fn task_group<B, R>(block: B) -> Result<R::Value, GroupError>
where
    B: AsyncFnOnce(Group) -> R,
    R: Outcome<Error: Into<BoxError>>,
{
    let group = Group(Rc::new(State::new(current_task().expect(OUTSIDE))));
    let running = Running(Rc::clone(&group.0));
    let block = group.0.scope.catch(block(group.clone())).await;
    running.0.end(block.map(Outcome::into_result)).await
}

/// The guard of a group that runs. When the group is over, it refuses new tasks. If it was given
/// up, its tasks are cancelled, and who was asked gets a cancellation back that was held back: now,
/// and not only when the last clone of the group goes.
struct Running(Rc<State>);

impl Drop for Running {
    fn drop(&mut self) {
        let Self(state) = self;
        state.over.set(true);
        state.section.end(|| "it is given up".into());
        state.abort();
        state.scope.uncancel();
        state.scope.give_back();
    }
}

/// Spawns tasks into a [`task_group`]. Clones are the same group, for tasks that
/// spawn further ones.
#[derive(Clone)]
pub struct Group(Rc<State>);

struct State {
    /// The task that runs the group.
    parent: TaskRef,
    /// The tasks that haven't ended, by the number of the spawn.
    tasks: RefCell<BTreeMap<u64, TaskRef>>,
    spawned: Cell<u64>,
    failures: RefCell<Vec<GroupFailure>>,
    /// Is set when the tasks have been cancelled.
    aborting: Cell<bool>,
    /// Is set when the block is over.
    exiting: Cell<bool>,
    /// Is set when the group is over.
    over: Cell<bool>,
    scope: Scope,
    section: Section,
    waiting: Cell<Option<LocalWaker>>,
}

impl Group {
    /// Spawns a task into the group.
    ///
    /// If the group is ending, because of a failure or since it was stopped, or is over, the
    /// task is cancelled before its first step, as if it had been spawned before that. One who
    /// wants to know that calls [`try_spawn`](Self::try_spawn).
    ///
    /// # Panics
    ///
    /// Panics outside of the running executor of the group.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> Shared<F::Output>
    where
        F: Future<Output: Outcome<Error: fmt::Display>> + 'static,
    {
        let is_closed = self.0.closed().is_some();
        let task = self.admit(future);
        if is_closed {
            task.cancel();
        }
        task
    }

    /// Spawns a task into the group, if that takes tasks.
    ///
    /// # Errors
    ///
    /// Fails if the group is over, or is ending. The future is dropped then.
    ///
    /// # Panics
    ///
    /// Panics outside of the running executor of the group.
    #[track_caller]
    pub fn try_spawn<F>(&self, future: F) -> Result<Shared<F::Output>, GroupClosed>
    where
        F: Future<Output: Outcome<Error: fmt::Display>> + 'static,
    {
        self.0.closed().map_or(Ok(()), Err)?;
        Ok(self.admit(future))
    }

    #[track_caller]
    fn admit<F>(&self, future: F) -> Shared<F::Output>
    where
        F: Future<Output: Outcome<Error: fmt::Display>> + 'static,
    {
        assert!(!self.0.scope.is_elsewhere(), "{ELSEWHERE}");
        let task = spawn(raising_as(future, text_of)).shared();
        self.0.section.add(&task);
        let number = self.0.spawned.replace(self.0.spawned.get() + 1);
        self.0.tasks.borrow_mut().insert(number, task.reference());
        task.on_done(child_has_ended(Rc::clone(&self.0), number, task.clone()));
        task
    }

    /// Ends the group early: cancels its tasks and refuses new ones. That is no failure. The
    /// block goes on, also if a task fails as it ends: the failure is told when the block is
    /// over.
    pub fn stop(&self) {
        self.0.section.remark(|| format!("it was stopped: {CANCELS}"));
        self.0.abort();
    }
}

/// Returns the function that is called when a task of a group has ended.
fn child_has_ended<T>(state: Rc<State>, number: u64, task: Shared<T>) -> impl FnOnce()
where
    T: Outcome<Error: fmt::Display>,
{
    move || state.note_end(number, &task)
}

/// Drops the failures that nobody was told of, because the group was given up.
impl Drop for State {
    fn drop(&mut self) {
        drop_each(self.failures.take());
    }
}

impl State {
    fn new(parent: TaskRef) -> Self {
        Self {
            parent,
            tasks: RefCell::default(),
            spawned: Cell::new(0),
            failures: RefCell::default(),
            aborting: Cell::new(false),
            exiting: Cell::new(false),
            over: Cell::new(false),
            scope: Scope::default(),
            section: Section::begin(|| "task group".into()),
            waiting: Cell::new(None),
        }
    }

    /// Returns why the group takes no more tasks, if so.
    fn closed(&self) -> Option<GroupClosed> {
        let over = self.over.get() || self.exiting.get() && self.tasks.borrow().is_empty();
        (over || self.aborting.get()).then_some(GroupClosed { over })
    }

    fn note_end<T: Outcome<Error: fmt::Display>>(&self, number: u64, task: &Task<T>) {
        self.forget(number);
        let Some(cause) = failure_of(task) else { return };
        let failure = GroupFailure { name: task.name(), task: task.id(), cause };
        self.failures.borrow_mut().push(failure);
        if !self.aborting.get() {
            self.section.remark(|| format!("`{}` failed: {CANCELS}", task.name()));
            self.abort();
            self.scope.cancel();
        }
    }

    fn forget(&self, number: u64) {
        self.tasks.borrow_mut().remove(&number);
        if self.tasks.borrow().is_empty()
            && let Some(waiting) = self.waiting.take()
        {
            waiting.wake();
        }
    }

    fn abort(&self) {
        if self.aborting.replace(true) {
            return;
        }
        let tasks: Vec<_> = self.tasks.borrow().values().cloned().collect();
        for task in tasks {
            task.cancel();
        }
    }

    /// Ends the group, now that its block is over.
    async fn end<V, E: Into<BoxError>>(
        &self,
        block: Result<Result<V, E>, Cancelled>,
    ) -> Result<V, GroupError> {
        self.exiting.set(true);
        if !matches!(block, Ok(Ok(_))) {
            if !self.aborting.get() {
                let how = if block.is_ok() { "failed" } else { "was cancelled" };
                self.section.remark(|| format!("its block {how}: {CANCELS}"));
            }
            self.abort();
        }
        let block = block.map_err(|cancelled| self.hold_back(cancelled));
        let caught = self.outlive_tasks().await || block.is_err();
        let held = self.scope.release();
        self.scope.uncancel();
        let fails = matches!(block, Ok(Err(_))) || !self.failures.borrow().is_empty();
        if caught && !fails {
            let Some(cancelled) = held else { return Err(self.forsaken()) };
            self.section.end(|| "it was cancelled".into());
            cancelled.resume().await;
        }
        let result = self.result(block.ok());
        if result.is_err() {
            // The group fails with these instead of ending as cancelled. A cancellation
            // by others is delivered again at the next await (F140); the group's own
            // was taken back above (F148). What is delivered again by then gives way to these.
            self.scope.redeliver();
            Cancelled::give_way(true);
        }
        result
    }

    /// Waits until all tasks have ended. Returns whether a cancellation has come meanwhile.
    /// The first cancels the tasks. Those that come when the tasks are cancelled already
    /// aren't passed on to them (F141).
    async fn outlive_tasks(&self) -> bool {
        let mut caught = false;
        while let Err(cancelled) = self.scope.catch(self.emptied()).await {
            if !self.aborting.get() {
                self.section.remark(|| format!("its task was cancelled: {CANCELS}"));
                self.abort();
            }
            self.hold_back(cancelled);
            caught = true;
        }
        caught
    }

    /// Holds a cancellation back while tasks run. That by which a failure has ended the wait
    /// is the group's own, and concerns nobody else.
    fn hold_back(&self, cancelled: Cancelled) {
        let is_own = !self.failures.borrow().is_empty()
            && self.scope.cancelling() <= self.scope.cancelling_before();
        if !is_own {
            self.scope.hold_back(cancelled);
        }
    }

    fn result<V, E: Into<BoxError>>(&self, block: Option<Result<V, E>>) -> Result<V, GroupError> {
        let count = self.failures.borrow().len() + usize::from(matches!(block, Some(Err(_))));
        self.section.end(|| match count {
            0 => "all in it have ended".into(),
            count => format!("it fails, as {count} in it failed"),
        });
        let own = match block {
            Some(Ok(value)) if self.failures.borrow().is_empty() => return Ok(value),
            Some(Err(error)) => Some(Failure::Error(error.into())),
            Some(Ok(value)) => {
                drop(value);
                None
            }
            None => None,
        };
        // The error or the value was foreign, and might have panicked: until here the failures
        // are in their place, where they are dropped one by one.
        let mut failures = self.failures.take();
        failures.extend(own.map(|cause| self.failure_of_block(cause)));
        Err(GroupError { failures })
    }

    fn failure_of_block(&self, cause: Failure<BoxError>) -> GroupFailure {
        GroupFailure { name: self.parent.name(), task: self.parent.id(), cause }
    }

    /// Returns the error of a group that was cancelled with a task, and that another goes on
    /// with. Nobody has asked that one to end.
    fn forsaken(&self) -> GroupError {
        self.section.end(|| "it was cancelled with another task".into());
        GroupError { failures: vec![self.failure_of_block(Failure::Error(FORSAKEN.into()))] }
    }

    /// Waits until all tasks have ended.
    async fn emptied(&self) {
        poll_fn(|cx| {
            if self.tasks.borrow().is_empty() {
                return Poll::Ready(());
            }
            self.section.wait();
            self.waiting.set(Some(LocalWaker::of(cx)));
            Poll::Pending
        })
        .await;
    }
}

/// Returns the reason why a task of a group has failed, if it has. This runs foreign
/// code, which makes the error's text; a panic of that is a failure of the task, too.
fn failure_of<T: Outcome<Error: fmt::Display>>(task: &Task<T>) -> Option<Failure<BoxError>> {
    let failure = catch_unwind(AssertUnwindSafe(|| task.peek(meaning).flatten()));
    failure.unwrap_or_else(|panic| {
        discard(panic);
        Some(Failure::Error(UNREADABLE.into()))
    })
}

fn text_of<T: Outcome<Error: fmt::Display>>(failure: &T) -> String {
    failure.error().map_or_else(|| FAILED.into(), ToString::to_string)
}

/// Returns the failure that an outcome means to a group. A cancellation is none.
fn meaning<T: Outcome<Error: fmt::Display>>(
    outcome: &Result<T, JoinError>,
) -> Option<Failure<BoxError>> {
    match outcome {
        Ok(value) if value.is_success() => None,
        Ok(value) => Some(Failure::Error(text_of(value).into())),
        Err(error) if error.is_cancelled() => None,
        Err(error) => Some(Failure::Join(error.clone())),
    }
}

/// The failures of a [`task_group`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GroupError {
    /// The failures in the order in which they came; the block's is the last.
    pub failures: Vec<GroupFailure>,
}

/// One failure in a [`task_group`].
#[derive(Debug)]
#[non_exhaustive]
pub struct GroupFailure {
    /// The name of the task that failed; for the block, that of the task that ran it.
    pub name: String,
    /// The id of that task.
    pub task: TaskId,
    /// The reason why it failed: of a task's error the text, of the block's the error itself.
    pub cause: Failure<BoxError>,
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.failures.len();
        write!(f, "{count} of a group failed")?;
        for GroupFailure { name, cause, .. } in &self.failures {
            match cause {
                Failure::Error(error) => write!(f, "; task `{name}`: {error}")?,
                Failure::Join(error) => write!(f, "; {error}")?,
            }
        }
        Ok(())
    }
}

impl Error for GroupError {}

/// So that `?` works where an `io::Result` is returned. It keeps the failures, for
/// [`downcast`](io::Error::downcast), and has the kind of the block's error if that is of I/O.
impl From<GroupError> for io::Error {
    fn from(error: GroupError) -> Self {
        let kind = match error.failures.last() {
            Some(GroupFailure { cause: Failure::Error(cause), .. }) => cause.downcast_ref(),
            _ => None,
        };
        Self::new(kind.map_or(io::ErrorKind::Other, Self::kind), error)
    }
}

/// A [`Group`] takes no more tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupClosed {
    over: bool,
}

impl fmt::Display for GroupClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.over {
            "the task group is over: spawn into it before its block and tasks have ended"
        } else {
            "the task group is ending, since it failed or was stopped: it takes no more tasks"
        })
    }
}

impl Error for GroupClosed {}

/// So that `?` works where an `io::Result` is returned.
impl From<GroupClosed> for io::Error {
    fn from(closed: GroupClosed) -> Self {
        Self::other(closed)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { tasks, failures, aborting, exiting, .. } = &*self.0;
        f.debug_struct("Group")
            .field("tasks", &tasks.borrow().len())
            .field("failures", &failures.borrow().len())
            .field("ending", &(aborting.get() || exiting.get()))
            .finish_non_exhaustive()
    }
}
