//! Steps with other steps in them.

use combinators::{Timeout, task_group};
use executor::now;
use serde_json::json;

use crate::coroutine::{Coroutine, Scope, pass_cancel, word};
use crate::fault::{Error, Fault, Flow, Halt};
use crate::program::{Body, Catch, Deadline, Expr, Function, Millis, Name, Step};
use crate::value::Value;
use crate::{later, span};

impl Coroutine {
    pub(crate) async fn block<'a>(
        &'a self,
        step: &'a Step,
        scope: Scope<'a>,
    ) -> Result<Flow, Halt> {
        match step {
            Step::Timeout { deadline, body } => self.timeout(*deadline, body, scope).await,
            Step::Group { name, body } => self.group(name, body, scope).await,
            Step::Loop { n, body } => Ok(self.repeat(*n, body, scope).await?),
            Step::If { test, body, otherwise } => {
                let body = if self.value(test, scope)?.is_true() { body } else { otherwise };
                Ok(self.steps(body, scope).await?)
            }
            Step::While { test, body } => self.repeat_while(test, body, scope).await,
            Step::For { name, items, body } => {
                let items = self.value(items, scope)?;
                self.machine.allow(Function::ListOf, std::slice::from_ref(&items))?;
                Ok(self.each(name, items, body, scope).await?)
            }
            Step::Try { body, catch, finally: None } => {
                Ok(self.handled(body, catch, scope).await?)
            }
            Step::Try { body, catch, finally: Some(finally) } => {
                let result = self.handled(body, catch, scope).await;
                match self.steps(finally, scope).await? {
                    Flow::On => Ok(result?),
                    left => Ok(left),
                }
            }
            _ => unreachable!("this is no block"),
        }
    }

    async fn timeout(
        &self,
        deadline: Option<Deadline>,
        body: &Body,
        scope: Scope<'_>,
    ) -> Result<Flow, Halt> {
        let timeout = match deadline {
            None => Timeout::never(),
            Some(Deadline::After(limit)) => Timeout::after(span(limit)),
            Some(Deadline::At(at)) => {
                later(self.machine.log.begun(), at).map_or_else(Timeout::never, Timeout::at)
            }
        };
        let scope = Scope { timeout: Some(&timeout), ..scope };
        let body = async { pass_cancel(self.steps(body, scope).await).await };
        let result = self.wait(timeout.clone().run(body)).await?;
        let flow = result.map_err(|_| Error::Timeout)??;
        self.log("timeout", [("expired", json!(timeout.expired()))]);
        Ok(flow)
    }

    async fn group(&self, name: &Name, body: &Body, scope: Scope<'_>) -> Result<Flow, Halt> {
        let at = self.at.get();
        let group = task_group(async |group| {
            self.machine.enter(&self.names);
            self.machine.bind_group(name, group);
            let result = self.steps(body, scope).await;
            self.at.set(at);
            self.reach_again(); // The end of the block waits for the tasks.
            pass_cancel(result).await
        });
        let result = self.wait(group).await?;
        let flow = result.map_err(|error| self.machine.group_error(error))?;
        self.log("group", [("of", word(name))]);
        Ok(flow)
    }

    /// Takes the steps of a loop's body.
    async fn once(&self, body: &Body, scope: Scope<'_>) -> Result<Flow, Fault> {
        self.machine.count_step();
        self.stay_if_given_up().await;
        self.steps(body, scope).await
    }

    async fn repeat(&self, n: u64, body: &Body, scope: Scope<'_>) -> Result<Flow, Fault> {
        for _ in 0..n {
            if let Some(end) = self.once(body, scope).await?.end_of_loop() {
                return Ok(end);
            }
        }
        Ok(Flow::On)
    }

    async fn repeat_while(&self, test: &Expr, body: &Body, scope: Scope<'_>) -> Result<Flow, Halt> {
        while self.value(test, scope)?.is_true() {
            if let Some(end) = self.once(body, scope).await?.end_of_loop() {
                return Ok(end);
            }
        }
        Ok(Flow::On)
    }

    /// Takes the steps for each item. A list may change meanwhile: then it is the items at its
    /// places that count. A set or a dictionary must keep its size.
    async fn each(
        &self,
        name: &Name,
        items: Value,
        body: &Body,
        scope: Scope<'_>,
    ) -> Result<Flow, Fault> {
        let all = items.clone().into_items()?;
        for place in 0.. {
            let item = match &items {
                Value::List(list) => list.get(place),
                Value::Set(now) if now.len() != all.len() => return Err(changed("Set")),
                Value::Dict(now) if now.len() != all.len() => return Err(changed("dictionary")),
                _ => all.get(place).cloned(),
            };
            let Some(item) = item else { break };
            self.machine.enter(&self.names);
            self.machine.keep(name, item);
            if let Some(end) = self.once(body, scope).await?.end_of_loop() {
                return Ok(end);
            }
        }
        Ok(Flow::On)
    }

    /// Takes the steps of a body, and if they fail those of the handler for that fault.
    async fn handled(
        &self,
        body: &Body,
        catch: &[(Catch, Body)],
        scope: Scope<'_>,
    ) -> Result<Flow, Fault> {
        let fault = match self.steps(body, scope).await {
            Err(fault) => fault,
            flow => return flow,
        };
        let Some((kind, handler)) = handler(&fault, catch) else { return Err(fault) };
        match &fault {
            Fault::Cancelled => self.log("caught", [("kind", word(kind))]),
            Fault::Error(error) => {
                self.log("caught", [("kind", word(kind)), ("err", error.json())]);
            }
        }
        self.steps(handler, Scope { caught: Some(&fault), ..scope }).await
    }
}

/// Makes the error of a set or a dictionary that changes while a loop goes through it.
fn changed(kind: &str) -> Fault {
    Error::Named(format!("RuntimeError: {kind} changed size during iteration")).into()
}

/// The handler for a fault, and what the fault's kind is called. That for any
/// error takes no cancellation.
fn handler<'a>(fault: &Fault, catch: &'a [(Catch, Body)]) -> Option<(&'static str, &'a Body)> {
    let (kind, name) = fault.kind()?;
    let of = |wanted: &Catch| catch.iter().find(|(kind, _)| kind == wanted);
    let named = || catch.iter().find(|(kind, _)| is_of(fault, kind));
    let any = || if kind == Catch::Cancelled { None } else { of(&Catch::Any) };
    named().or_else(|| of(&kind)).or_else(any).map(|(_, body)| (name, body))
}

/// Returns whether the fault is an error of the class that the handler names.
fn is_of(fault: &Fault, kind: &Catch) -> bool {
    match (fault, kind) {
        (Fault::Error(error), Catch::Named(class)) => error.is_named(class),
        _ => false,
    }
}

pub(crate) fn reschedule(ms: Option<Millis>, scope: Scope<'_>) -> Result<(), Halt> {
    let timeout = scope.timeout.expect("a reschedule stands in a timeout block");
    let deadline = ms.and_then(|ms| later(now(), ms));
    timeout.reschedule(deadline).map_err(|_| Error::named("RuntimeError").into())
}
