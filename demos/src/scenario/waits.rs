//! Steps that wait for tasks.

use std::time::Duration;

use combinators::{
    AllCompleted, AsCompleted, Condition, FirstCompleted, FirstException, as_completed, gather,
    shield, timeout, wait, wait_for,
};
use executor::{CancelTarget, current_task, now, yield_now};
use serde_json::json;

use super::coroutine::{Coroutine, pass_cancel, word};
use super::fault::{Error, Fault, Halt, Outcome, Value, out};
use super::handle::{Child, Handle, outcome};
use super::hot::Drive;
use super::machine::labels;
use super::program::{Aw, Millis, Name, ReturnWhen, Step};
use super::promise::Promise;
use super::{later, span};

impl Coroutine {
    pub(super) async fn wait_for_others(&self, step: &Step) -> Result<(), Halt> {
        match step {
            Step::Await { task } => {
                let value = self.join(self.machine.handle(task)?).await?;
                self.log("await", [("of", word(task)), ("ok", value.json())]);
            }
            Step::Wait { tasks, return_when, timeout } => {
                self.wait_step(tasks, *return_when, *timeout).await?;
            }
            Step::Gather { aws, return_exceptions, handle } => {
                let children = self.children_of_gather(aws)?;
                if let Some(handle) = handle {
                    self.bind_gather(handle, children, *return_exceptions);
                } else {
                    let values = self.wait(gathered(children, *return_exceptions)).await??;
                    self.log("gather", [("results", values.json())]);
                }
            }
            Step::Shield { aw, handle: Some(handle) } => {
                self.bind_shield(handle, self.child(aw)?);
            }
            Step::Shield { aw, handle: None } => {
                let value = self.wait(shield(self.child(aw)?)).await??;
                self.log("shield", [("ok", value.json())]);
            }
            Step::WaitFor { aw, timeout } => {
                let value = self.wait_for(aw, timeout.map(span)).await?;
                self.log("wait_for", [("ok", value.json())]);
            }
            Step::AsCompleted { aws, timeout, limit } => {
                self.as_completed(aws, *timeout, *limit).await?;
            }
            _ => unreachable!("this step waits for nobody"),
        }
        Ok(())
    }

    /// Awaits a task or future. A task that awaits itself is told so, a turn
    /// later (F28).
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
            Handle::Task(task) => Ok(self.wait(task).await??),
        }
    }

    async fn wait_step(
        &self,
        tasks: &[Name],
        return_when: ReturnWhen,
        limit: Option<Millis>,
    ) -> Result<(), Halt> {
        let handles = tasks.iter().map(|name| self.machine.handle(name));
        let handles = handles.collect::<Result<Vec<_>, _>>()?.into_iter();
        let tasks = distinct(handles.map(Handle::task).collect::<Result<_, _>>()?);
        if tasks.is_empty() {
            return Err(Error::named("ValueError").into());
        }
        let mut waiting = wait(tasks).return_when(condition(return_when));
        if let Some(deadline) = limit.and_then(|limit| later(now(), limit)) {
            waiting = waiting.timeout_at(deadline);
        }
        let waited = self.wait(waiting).await?;
        let (done, pending) = (labels(&waited.done), labels(&waited.pending));
        self.log("wait", [("done", json!(done)), ("pending", json!(pending))]);
        Ok(())
    }

    fn children_of_gather(&self, aws: &[Aw]) -> Result<Vec<Child>, Halt> {
        let children = self.children(aws)?;
        for (child, aw) in children.iter().zip(aws) {
            if matches!(aw, Aw::Coro { .. }) {
                self.machine.hush(child);
            }
        }
        Ok(children)
    }

    fn bind_gather(&self, handle: &Name, children: Vec<Child>, return_exceptions: bool) {
        let promise = Promise::gather(handle, children.clone(), return_exceptions);
        self.machine.bind_future(handle, promise.clone());
        Drive::new(async move {
            promise.complete(gathered(children, return_exceptions).await);
        });
    }

    /// A task that has ended is its own shield (F116). One that runs is let go
    /// of a turn after the shield was cancelled (F118).
    fn bind_shield(&self, handle: &Name, task: Child) {
        if task.is_finished() {
            return self.machine.bind(handle, Handle::Task(task));
        }
        let promise = Promise::new(handle);
        self.machine.bind_future(handle, promise.clone());
        let shielding = Drive::new({
            let promise = promise.clone();
            async move {
                promise.complete(shield(task).await.map_err(Fault::from));
            }
        });
        promise.on_done(|| shielding.give_up());
    }

    /// A coroutine runs inline; if there is no time at all, it is a task that
    /// never begins (F92).
    async fn wait_for(&self, aw: &Aw, limit: Option<Duration>) -> Result<Value, Halt> {
        match aw {
            Aw::Handle(name) => self.wait_for_handle(self.machine.handle(name)?, limit).await,
            Aw::Coro { .. } if limit == Some(Duration::ZERO) => {
                Ok(self.wait_for_task(self.child(aw)?, Duration::ZERO).await?)
            }
            Aw::Coro { coro, label } => {
                let inner = self.machine.coroutine(coro, label.as_ref().unwrap_or(coro));
                Ok(self.within(limit, inner.run()).await?)
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

    /// What becomes of a future for which there is no time at all: unless it is
    /// done, it is cancelled and waited for (F92).
    async fn cancel_and_wait(&self, future: &Promise) -> Outcome {
        if let Some(outcome) = future.outcome() {
            return outcome;
        }
        let end = Promise::new(&"end".into());
        future.on_done({
            let end = end.clone();
            move || {
                end.complete(Ok(Value::Returned(None)));
            }
        });
        future.cancel();
        self.wait(end.join()).await??;
        match future.outcome().expect("its end was waited for") {
            Err(Fault::Cancelled) => Err(Error::Timeout.into()),
            outcome => outcome,
        }
    }

    async fn wait_for_task(&self, task: Child, limit: Duration) -> Outcome {
        Ok(self.wait(wait_for(task, limit)).await?.map_err(|_| Error::Timeout)??)
    }

    /// Awaits what is no task for so long at most.
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
        let children = distinct(self.children(aws)?);
        let total = most.unwrap_or(u64::MAX).min(children.len() as u64);
        let mut items = as_completed(children);
        if let Some(deadline) = limit.and_then(|limit| later(now(), limit)) {
            items = items.timeout_at(deadline);
        }
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

    /// The outcome of the next item; `None` when the time is up, for which the
    /// reference takes any such error.
    ///
    /// If a cancellation comes that this task had asked for before, the item is
    /// given up instead: the reference tells by the number of cancellations whose
    /// it is.
    async fn next_outcome(&self, items: &mut AsCompleted<Child>) -> Result<Option<Outcome>, Fault> {
        let cancels = || current_task().map_or(0, |task| task.cancelling());
        let before = cancels();
        match self.wait(items.next()).await {
            Ok(item) => {
                let outcome = item.map(|item| outcome(&item).expect("an item has ended"));
                Ok(outcome.filter(|it| !matches!(it, Err(Fault::Error(Error::Timeout)))))
            }
            Err(_) if cancels() == before => Ok(Some(Err(Fault::Cancelled))),
            Err(cancelled) => Err(cancelled),
        }
    }

    /// The tasks of awaitables. None is made unless all handles are bound.
    fn children(&self, aws: &[Aw]) -> Result<Vec<Child>, Halt> {
        for aw in aws {
            if let Aw::Handle(name) = aw {
                self.machine.handle(name)?;
            }
        }
        aws.iter().map(|aw| self.child(aw)).collect()
    }

    fn child(&self, aw: &Aw) -> Result<Child, Halt> {
        match aw {
            Aw::Handle(name) => self.machine.handle(name)?.task(),
            Aw::Coro { coro, label } => {
                Ok(self.machine.coroutine(coro, label.as_ref().unwrap_or(coro)).spawn())
            }
        }
    }
}

fn is_current(task: &Child) -> bool {
    current_task().is_some_and(|current| current.id() == task.id())
}

/// Tasks without those that come again.
fn distinct(tasks: Vec<Child>) -> Vec<Child> {
    let mut kept: Vec<Child> = Vec::with_capacity(tasks.len());
    for task in tasks {
        if kept.iter().all(|it| it.id() != task.id()) {
            kept.push(task);
        }
    }
    kept
}

fn condition(return_when: ReturnWhen) -> Box<dyn Condition<Value>> {
    match return_when {
        ReturnWhen::AllCompleted => Box::new(AllCompleted),
        ReturnWhen::FirstCompleted => Box::new(FirstCompleted),
        ReturnWhen::FirstException => Box::new(FirstException),
    }
}

/// What comes of a gather.
async fn gathered(children: Vec<Child>, return_exceptions: bool) -> Outcome {
    let gather = gather(children);
    if return_exceptions {
        let results = gather.return_exceptions().await.into_iter();
        return Ok(Value::Gathered(results.map(|result| result.map_err(Fault::from)).collect()));
    }
    match gather.await {
        Ok(values) => Ok(Value::Gathered(values.into_iter().map(Ok).collect())),
        Err(error) => Err(error.cause.into()),
    }
}
