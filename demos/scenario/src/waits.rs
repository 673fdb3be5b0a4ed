//! Steps that wait for tasks.

use std::time::Duration;

use combinators::{
    AllCompleted, AsCompleted, Condition, FirstCompleted, FirstException, WaitForError,
    as_completed, shield, timeout, wait, wait_for,
};
use executor::{CancelTarget, Instant, current_task, now, yield_now};
use serde_json::json;

use crate::coroutine::{Coroutine, pass_cancel, word};
use crate::ends::{self, distinct};
use crate::fault::{Error, Fault, Halt, Outcome, Returned, flat, out};
use crate::handle::{Child, Handle, outcome, tasks as tasks_of};
use crate::hot::{self, gathered};
use crate::program::{Aw, Millis, Name, ReturnWhen, Step};
use crate::promise::Promise;
use crate::value::Value;
use crate::{later, span};

/// The names of asyncio's futures of these, if they were given none.
const GATHER: &str = "_GatheringFuture";
const SHIELD: &str = "Future";

/// The children that have ended, and the others.
type Sets = (Vec<Handle>, Vec<Handle>);

impl Coroutine {
    /// Takes a step that waits, and returns the value of what it waited for.
    pub(crate) async fn wait_for_others(&self, step: &Step) -> Result<Value, Halt> {
        match step {
            Step::Await { task } => {
                let value = self.join(self.machine.handle(task)?).await?;
                self.log("await", [("of", word(task)), ("ok", value.json())]);
                Ok(value)
            }
            Step::Wait { tasks, return_when, timeout } => {
                self.wait_step(tasks, *return_when, *timeout).await
            }
            Step::Gather { aws, return_exceptions, handle } => {
                self.gather(aws, *return_exceptions, handle.as_ref()).await
            }
            Step::Shield { aw, handle } => self.shield(aw, handle.as_ref()).await,
            Step::WaitFor { aw, timeout } => {
                let value = self.wait_for(aw, timeout.map(span)).await?;
                self.log("wait_for", [("ok", value.json())]);
                Ok(value)
            }
            Step::AsCompleted { aws, timeout, limit } => {
                self.as_completed(aws, *timeout, *limit).await?;
                Ok(Value::NONE)
            }
            _ => unreachable!("this step waits for nobody"),
        }
    }

    /// Awaits a task or future. A task that awaits itself gets an error, a turn later
    /// (F28).
    async fn join(&self, handle: Handle) -> Outcome {
        match handle {
            Handle::Future(future) => self.wait(future.join()).await?,
            Handle::Task(task) if self.machine.is_spoilt(&task) => {
                Err(Error::named("RuntimeError").into())
            }
            Handle::Task(task) if is_current(&task) => {
                self.machine.spoil(&task);
                self.wait(yield_now()).await?;
                Err(Error::named("RuntimeError").into())
            }
            Handle::Task(task) => flat(self.wait(task).await?),
        }
    }

    async fn wait_step(
        &self,
        tasks: &[Name],
        return_when: ReturnWhen,
        limit: Option<Millis>,
    ) -> Result<Value, Halt> {
        let handles = distinct(self.machine.handles(tasks)?);
        if handles.is_empty() {
            return Err(Error::named("ValueError").into());
        }
        let deadline = limit.and_then(|limit| later(now(), limit));
        let (mut done, pending) = match tasks_of(&handles) {
            Some(tasks) => self.wait_for_tasks(tasks, return_when, deadline).await?,
            None => self.wait_for_any(handles.clone(), return_when, deadline).await?,
        };
        let sets = [("done", json!(labels_of(&done))), ("pending", json!(labels_of(&pending)))];
        self.log("wait", sets);
        done.sort_by_key(|task| handles.iter().position(|it| it.is(task)));
        let set = |tasks: Vec<Handle>| Value::set(tasks.into_iter().map(Value::Task).collect());
        Ok(Value::Tuple(vec![set(done), set(pending)]))
    }

    /// Returns the children that have ended, and the others.
    async fn wait_for_tasks(
        &self,
        tasks: Vec<Child>,
        return_when: ReturnWhen,
        deadline: Option<Instant>,
    ) -> Result<Sets, Fault> {
        let mut waiting = wait(tasks).return_when(condition(return_when));
        if let Some(deadline) = deadline {
            waiting = waiting.timeout_at(deadline);
        }
        let waited = self.wait(waiting).await?;
        let done = waited.done.into_iter().map(Handle::Task).collect();
        Ok((done, waited.pending.iter().cloned().map(Handle::Task).collect()))
    }

    async fn wait_for_any(
        &self,
        handles: Vec<Handle>,
        return_when: ReturnWhen,
        deadline: Option<Instant>,
    ) -> Result<Sets, Fault> {
        let waiting = ends::Wait::new(&handles, return_when, deadline);
        self.wait(waiting.enough.join()).await??;
        Ok(handles.into_iter().partition(Handle::is_done))
    }

    /// Awaits a gather; or, if the step has a handle, only binds it.
    async fn gather(
        &self,
        aws: &[Aw],
        return_exceptions: bool,
        handle: Option<&Name>,
    ) -> Result<Value, Halt> {
        let children = self.children_of_gather(aws)?;
        if let Some(handle) = handle {
            let gathering = hot::gather(handle, children, return_exceptions);
            self.machine.bind_future(handle, gathering);
            return Ok(Value::NONE);
        }
        let values = if let Some(tasks) = tasks_of(&children) {
            self.wait(gathered(tasks, return_exceptions)).await??
        } else {
            let gathering = ends::gather(&GATHER.into(), children, return_exceptions);
            self.wait(self.machine.note_future(gathering).join()).await??
        };
        self.log("gather", [("results", values.json())]);
        Ok(values)
    }

    fn children_of_gather(&self, aws: &[Aw]) -> Result<Vec<Handle>, Halt> {
        self.children(aws, |child| {
            if let Handle::Task(task) = child {
                self.machine.hush(task);
            }
        })
    }

    /// Awaits a shield; or, if the step has a handle, only binds it. A task that is done is
    /// its own shield (F116).
    async fn shield(&self, aw: &Aw, handle: Option<&Name>) -> Result<Value, Halt> {
        let inner = self.child(aw)?;
        if let Some(handle) = handle {
            if inner.is_done() {
                self.machine.bind(handle, inner);
            } else {
                self.machine.bind_future(handle, hot::shield(handle, inner));
            }
            return Ok(Value::NONE);
        }
        let value = match inner {
            Handle::Task(task) => flat(self.wait(shield(task)).await?)?,
            Handle::Future(inner) if inner.is_done() => self.wait(inner.join()).await??,
            Handle::Future(inner) => {
                let outer = self.machine.note_future(ends::shield(&SHIELD.into(), inner));
                self.wait(outer.join()).await??
            }
        };
        self.log("shield", [("ok", value.json())]);
        Ok(value)
    }

    /// Awaits with a time limit. A coroutine runs inline; if there is no time at all, it is
    /// a task that never begins (F92).
    async fn wait_for(&self, aw: &Aw, limit: Option<Duration>) -> Result<Value, Halt> {
        match aw {
            Aw::Handle(name) => self.wait_for_handle(self.machine.handle(name)?, limit).await,
            Aw::Coro { coro, label } => {
                let inner = self.call(coro, label.as_ref().unwrap_or(coro));
                if limit == Some(Duration::ZERO) {
                    return Ok(self.wait_for_task(inner.spawn(), Duration::ZERO).await?);
                }
                let outcome = self.within(limit, inner.run()).await;
                self.reach_again();
                Ok(outcome?)
            }
        }
    }

    async fn wait_for_handle(
        &self,
        handle: Handle,
        limit: Option<Duration>,
    ) -> Result<Value, Halt> {
        let result = match (handle, limit) {
            (Handle::Task(task), Some(limit)) if limit.is_zero() || self.can_await(&task) => {
                self.wait_for_task(task, limit).await
            }
            (Handle::Future(future), Some(Duration::ZERO)) => self.cancel_and_wait(&future).await,
            (handle, limit) => self.within(limit, self.join(handle)).await,
        };
        Ok(result?)
    }

    fn can_await(&self, task: &Child) -> bool {
        !is_current(task) && !self.machine.is_spoilt(task)
    }

    /// Awaits a future for no time at all: unless it is done, it is cancelled and waited for
    /// (F92).
    async fn cancel_and_wait(&self, future: &Promise) -> Outcome {
        if let Some(outcome) = future.outcome() {
            return outcome;
        }
        let end = Promise::new(&"end".into());
        future.on_done({
            let end = end.clone();
            move || end.notify()
        });
        future.cancel();
        self.wait(end.join()).await??;
        match future.outcome().expect("its end was waited for") {
            Err(Fault::Cancelled) => Err(Error::Timeout.into()),
            outcome => outcome,
        }
    }

    async fn wait_for_task(&self, task: Child, limit: Duration) -> Outcome {
        self.wait(wait_for(task, limit)).await?.map_err(|error| match error {
            WaitForError::Elapsed => Error::Timeout.into(),
            WaitForError::Error(error) => error.into(),
            WaitForError::Join(error) => error.into(),
        })
    }

    /// Awaits something other than a task, with a time limit.
    async fn within(
        &self,
        limit: Option<Duration>,
        inner: impl Future<Output = Outcome>,
    ) -> Outcome {
        let Some(limit) = limit else { return inner.await };
        let inner = async { pass_cancel(inner.await).await };
        Ok(self.wait(timeout(limit, inner)).await?.map_err(|_| Error::Timeout)??)
    }

    async fn as_completed(
        &self,
        aws: &[Aw],
        limit: Option<Millis>,
        most: Option<u64>,
    ) -> Result<(), Halt> {
        let children = distinct(self.children(aws, |_| ())?);
        let total = most.unwrap_or(u64::MAX).min(children.len() as u64);
        let deadline = limit.and_then(|limit| later(now(), limit));
        let mut items = Items::new(&children, deadline);
        let mut count = 0;
        while count < total {
            let found = match self.next_outcome(&mut items).await? {
                Some(outcome) => out(&outcome),
                None => ("timeout", json!(true)),
            };
            let timed_out = found.0 == "timeout";
            self.log("next", [("i", json!(count)), found]);
            if timed_out {
                break;
            }
            count += 1;
        }
        self.log("as_completed", [("n", json!(count))]);
        Ok(())
    }

    /// Returns the outcome of the next item; `None` when the time is up. The reference takes
    /// any timeout error for that.
    ///
    /// If a cancellation interrupts this, the reference tells by the number of cancellations
    /// whose it is. If the number has grown meanwhile it is this task's; otherwise it counts
    /// as that of the item's child, even if this task had asked for it before.
    async fn next_outcome(&self, items: &mut Items) -> Result<Option<Outcome>, Fault> {
        let cancels = || current_task().map_or(0, |task| task.cancelling());
        let before = cancels();
        match self.wait(items.next()).await.and_then(|item| item) {
            Ok(item) => Ok(item.filter(|it| !matches!(it, Err(Fault::Error(Error::Timeout))))),
            Err(_) if cancels() <= before => Ok(Some(Err(Fault::Cancelled))),
            Err(cancelled) => Err(cancelled),
        }
    }

    /// Returns the children that awaitables stand for, and tells of those that it makes. No
    /// task is made unless all handles are bound.
    fn children(&self, aws: &[Aw], made: impl Fn(&Handle)) -> Result<Vec<Handle>, Halt> {
        for aw in aws {
            if let Aw::Handle(name) = aw {
                self.machine.handles([name])?;
            }
        }
        let mut children = Vec::new();
        for aw in aws {
            match aw {
                Aw::Handle(name) => children.extend(self.machine.handles([name])?),
                Aw::Coro { .. } => {
                    let child = self.child(aw)?;
                    made(&child);
                    children.push(child);
                }
            }
        }
        Ok(children)
    }

    fn child(&self, aw: &Aw) -> Result<Handle, Halt> {
        match aw {
            Aw::Handle(name) => self.machine.handle(name),
            Aw::Coro { coro, label } => {
                let coroutine = self.call(coro, label.as_ref().unwrap_or(coro));
                Ok(Handle::Task(coroutine.spawn()))
            }
        }
    }
}

/// The items of an `as_completed`.
enum Items {
    Tasks(AsCompleted<Child>),
    Any(ends::Items),
}

impl Items {
    fn new(children: &[Handle], deadline: Option<Instant>) -> Self {
        let Some(tasks) = tasks_of(children) else {
            return Self::Any(ends::Items::new(children, deadline));
        };
        let items = as_completed(tasks);
        Self::Tasks(match deadline {
            Some(deadline) => items.timeout_at(deadline),
            None => items,
        })
    }

    /// Returns the outcome of the next child; `None` when the time is up.
    async fn next(&mut self) -> Result<Option<Outcome>, Fault> {
        match self {
            Items::Tasks(items) => Ok(items.next().await.and_then(|item| outcome(&item))),
            Items::Any(items) => items.next().await,
        }
    }
}

fn is_current(task: &Child) -> bool {
    current_task().is_some_and(|current| current.id() == task.id())
}

fn labels_of(handles: &[Handle]) -> Vec<String> {
    let mut labels: Vec<_> = handles.iter().map(Handle::label).collect();
    labels.sort();
    labels
}

fn condition(return_when: ReturnWhen) -> Box<dyn Condition<Returned>> {
    match return_when {
        ReturnWhen::AllCompleted => Box::new(AllCompleted),
        ReturnWhen::FirstCompleted => Box::new(FirstCompleted),
        ReturnWhen::FirstException => Box::new(FirstException),
    }
}
