//! A coroutine, and the steps that it takes.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;

use combinators::{Timeout, raising};
use executor::trace::failed;
use executor::{CatchCancel, end_as_cancelled, sleep, spawn, yield_now};
use serde_json::Value as Json;

use crate::fault::{Error, Fault, Flow, Halt, Outcome, Returned};
use crate::handle::Child;
use crate::limits::Limit;
use crate::machine::Machine;
use crate::names::Names;
use crate::program::{Body, Millis, Name, Place, Step};
use crate::span;
use crate::value::Value;

/// A coroutine of a scenario.
#[derive(Clone)]
pub(crate) struct Coroutine {
    pub(crate) machine: Rc<Machine>,
    pub(crate) label: Name,
    pub(crate) names: Rc<Names>,
    pub(crate) body: Body,
    /// The value of the last step that waited.
    pub(crate) last: Rc<Cell<Value>>,
    /// The place of the statement that it has come to; that of its call, until it begins.
    pub(crate) at: Rc<Cell<Option<Place>>>,
}

/// The blocks around a step, as far as steps use them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Scope<'a> {
    /// The innermost timeout.
    pub(crate) timeout: Option<&'a Timeout>,
    /// The fault that the innermost handler has caught.
    pub(crate) caught: Option<&'a Fault>,
}

/// The future of some steps, which is ready with their end.
pub(crate) type Ending<'a> = Pin<Box<dyn Future<Output = Result<Flow, Fault>> + 'a>>;

/// The life of a coroutine.
impl Coroutine {
    /// Makes a coroutine that is called by this one.
    pub(crate) fn call(&self, coro: &Name, label: &Name) -> Self {
        Self { at: Rc::new(self.at.as_ref().clone()), ..self.machine.coroutine(coro, label) }
    }

    pub(crate) fn spawn(self) -> Child {
        let (machine, label) = (Rc::clone(&self.machine), Rc::clone(&self.label));
        machine.note(spawn(raising(self.task())).shared(), &label)
    }

    /// Runs as a task. If the coroutine raises an error, the task ends with it.
    pub(crate) async fn task(self) -> Returned {
        let mut life = pin!(self.life());
        let ended = poll_fn(|cx| {
            self.machine.log.look_at_clock();
            life.as_mut().poll(cx)
        });
        match ended.await {
            Err(Error::Exit) => Error::exit(),
            returned => returned.inspect_err(|error| failed(error.text())),
        }
    }

    async fn life(&self) -> Returned {
        let begins = catching(self.machine.stay_out()).await;
        let result = if begins.is_err() { Err(Fault::Cancelled) } else { self.run().await };
        if let Err(Fault::Error(Error::Exit)) = result {
            self.machine.exit();
        }
        pass_cancel(result).await
    }

    /// Takes all its steps, and logs when it begins and how it ends.
    pub(crate) async fn run(&self) -> Outcome {
        self.log("start", []);
        self.reach_call();
        let result = self.steps(&self.body, Scope::default()).await;
        match &result {
            Ok(flow) => self.log("return", [("value", flow.clone().value().json())]),
            Err(Fault::Cancelled) => self.log("cancelled", []),
            Err(Fault::Error(Error::Exit)) => self.log("exit", []),
            Err(Fault::Error(error)) => self.log("raise", [("err", error.json())]),
        }
        result.map(Flow::value)
    }

    pub(crate) fn log<const N: usize>(&self, event: &str, rest: [(&str, Json); N]) {
        self.machine.log.line(&self.label, event, rest);
    }

    /// Comes to a statement.
    fn reach(&self, place: Place) {
        self.at.set(Some(place));
        self.machine.reach(place);
    }

    /// Comes to the place of its call, if this is a coroutine of asyncio's own, as `sleep(1)` makes
    /// one: it has no lines, so a recording would have ours.
    fn reach_call(&self) {
        if self.body.first().is_some_and(Step::is_of_asyncio) {
            self.reach_again();
        }
    }

    /// Goes on with the statement that it had come to, after others have run in between.
    pub(crate) fn reach_again(&self) {
        if let Some(place) = self.at.get() {
            self.machine.reach(place);
        }
    }

    /// Awaits a future so that a cancellation interrupts it. Each step has to await by this.
    pub(crate) async fn wait<F: IntoFuture>(&self, future: F) -> Result<F::Output, Fault> {
        let machine = &self.machine;
        let waited = catching(async {
            let output = future.await;
            machine.stay_out().await;
            output
        });
        let Ok(output) = waited.await else {
            let _once_is_enough = catching(machine.stay_out()).await;
            return Err(Fault::Cancelled);
        };
        Ok(output)
    }
}

/// Catches a cancellation, as `catch_cancel` does. But a recording doesn't show the scope: the
/// program that is interpreted has none.
fn catching<F: IntoFuture>(future: F) -> CatchCancel<F::IntoFuture> {
    executor::Scope::default().catch(future)
}

/// Lets a cancellation go on: the futures around this one end by it, up to the next scope
/// that catches, or to the end of the task.
pub(crate) async fn pass_cancel<T>(result: Result<T, Fault>) -> Result<T, Error> {
    match result {
        Ok(value) => Ok(value),
        Err(Fault::Error(error)) => Err(error),
        Err(Fault::Cancelled) => end_as_cancelled().await,
    }
}

/// Steps.
impl Coroutine {
    /// Takes the steps of a body, until one fails or returns.
    pub(crate) fn steps<'a>(&'a self, body: &'a [Step], scope: Scope<'a>) -> Ending<'a> {
        Box::pin(async move {
            for step in body {
                if let Step::At(place) = step {
                    self.reach(*place);
                    continue;
                }
                self.machine.count_step();
                self.stay_if_given_up().await;
                self.machine.enter(&self.names);
                let result = self.step(step, scope).await;
                self.stay_if_given_up().await;
                match result {
                    Ok(Flow::On) => {}
                    Ok(returned) => return Ok(returned),
                    Err(Halt::Fault(fault)) => return Err(fault),
                    Err(Halt::Unbound(name)) if self.machine.program.from_python => {
                        return Err(Error::unbound(&name).into());
                    }
                    Err(Halt::Unbound(name)) => self.log("unbound", [("of", Json::from(&*name))]),
                }
            }
            Ok(Flow::On)
        })
    }

    /// Waits for ever if the run is given up. An error would have to unwind the stack, which
    /// not every platform can.
    pub(crate) async fn stay_if_given_up(&self) {
        if self.machine.is_given_up(self.at.get()) {
            pending::<()>().await;
        }
    }

    /// Sleeps for so many seconds.
    async fn sleep_for(&self, time: &Value) -> Result<(), Halt> {
        let seconds = if let Value::Constant(time) = time { time.number() } else { None };
        let Some(seconds) = seconds else {
            let kind = time.kind();
            let reason =
                format!("TypeError: '<=' not supported between instances of '{kind}' and 'int'");
            return Err(Error::Named(reason).into());
        };
        match millis(seconds) {
            Some(..=0) => self.wait(yield_now()).await?,
            Some(ms) => self.wait(sleep(span(ms))).await?,
            None => self.machine.give_up(Limit::Time),
        }
        Ok(())
    }

    async fn step<'a>(&'a self, step: &'a Step, scope: Scope<'a>) -> Result<Flow, Halt> {
        match step {
            Step::Sleep { ms } => self.wait(sleep(span(*ms))).await?,
            Step::SleepFor { time } => self.sleep_for(&self.value(time, scope)?).await?,
            Step::Yield => self.wait(yield_now()).await?,
            Step::Return { value } => return Ok(Flow::Return(self.value(value, scope)?)),
            Step::Raise { error } => {
                return Err(Halt::Fault(self.value(error, scope)?.into_fault()));
            }
            Step::Leave { loops } => return Ok(Flow::Leave(*loops)),
            Step::Exit => return Err(Error::Exit.into()),
            Step::Reraise => {
                return Err(scope.caught.expect("a reraise stands in a handler").clone().into());
            }
            Step::Timeout { .. }
            | Step::Group { .. }
            | Step::Loop { .. }
            | Step::If { .. }
            | Step::For { .. }
            | Step::While { .. }
            | Step::Try { .. } => return self.block(step, scope).await,
            Step::Reschedule { ms } => crate::blocks::reschedule(*ms, scope)?,
            Step::Await { .. }
            | Step::Wait { .. }
            | Step::Gather { .. }
            | Step::Shield { .. }
            | Step::WaitFor { .. }
            | Step::AsCompleted { .. } => self.last.set(self.wait_for_others(step).await?),
            act => self.act(act, scope)?,
        }
        Ok(Flow::On)
    }
}

pub(crate) fn word(text: &str) -> Json {
    text.into()
}

/// Returns a time in milliseconds, if it is a whole number of them that isn't too big.
pub(crate) fn millis(seconds: f64) -> Option<Millis> {
    let ms = seconds * 1000.0;
    if (ms - ms.round()).abs() > 1e-6 || ms.abs() > 1e12 || ms.is_nan() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not so big")]
    Some(ms.round() as Millis)
}
