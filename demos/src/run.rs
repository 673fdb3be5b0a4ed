//! Carries out a plan.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use combinators::{
    AllCompleted, Completions, Condition, FirstCompleted, FirstException, FirstSuccess, Successes,
    gather, wait,
};
use executor::trace::printed;
use executor::{Task, now, spawn, yield_now};

use crate::coroutine::{Exception, coro};
use crate::event::{End, Event, Returned};
use crate::plan::{Call, Coroutine, Plan, ReturnWhen};
use crate::report::{Reporter, View};

/// A plan that is being carried out.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    begun: Instant,
    reporter: Box<dyn Reporter>,
}

/// The exception of a coroutine came out of `gather`.
#[derive(Debug)]
pub(crate) struct Raised;

type Outcome = Result<usize, Exception>;
type Child = Task<Outcome>;

impl Run {
    /// Gives the reporter an event. The lines that are printed go into the recording, too.
    #[track_caller]
    pub(crate) fn report(&self, event: &Event) {
        let at = now() - self.begun;
        for (nth, line) in self.reporter.lines(&self.plan, at, event).iter().enumerate() {
            let line = strip_str(line).to_string();
            match event {
                Event::Returned(returned) => record(returned, nth, line),
                _ => printed(line),
            }
        }
        self.reporter.report(&self.plan, at, event);
    }
}

/// Records a line about what has returned, at a place of its own for each statement by which
/// the notebook prints.
#[expect(clippy::match_same_arms, reason = "the places differ")]
fn record(returned: &Returned, nth: usize, line: String) {
    let fails = |done: &[End]| done.get(nth - 1).is_some_and(End::has_failed);
    match returned {
        Returned::Waited { .. } if nth == 0 => printed(line),
        Returned::Waited { done, .. } if fails(done) => printed(line),
        Returned::Waited { .. } => printed(line),
        Returned::Gathered { .. } if nth == 0 => printed(line),
        Returned::Gathered { .. } => printed(line),
        Returned::Raised(_) => printed(line),
    }
}

/// Carries out a plan, and reports all that happens.
///
/// What `wait` leaves pending is cancelled, as the notebook does. What an
/// exception out of `gather` leaves behind runs on.
///
/// # Errors
///
/// Fails when an exception comes out of `gather`.
pub(crate) async fn perform(plan: Plan, view: View) -> Result<(), Raised> {
    let run = Rc::new(Run { begun: now(), reporter: view.reporter(&plan), plan });
    run.report(&Event::run(&run.plan));
    let children = spawn_all(&run);
    let (returned, pending) = match run.plan.call {
        Call::Wait { return_when, timeout } => wait_for(children, return_when, timeout).await,
        Call::Gather { return_exceptions: true } => (gather_all(children).await, Vec::new()),
        Call::Gather { return_exceptions: false } => (gather_values(children).await, Vec::new()),
    };
    let raised = matches!(returned, Returned::Raised(_));
    run.report(&Event::Returned(returned));
    cancel(&pending).await;
    run.reporter.close();
    if raised { Err(Raised) } else { Ok(()) }
}

/// Spawns the coroutines in the order of the plan, and returns them by index.
fn spawn_all(run: &Rc<Run>) -> Vec<Child> {
    let spawn = |it: &Coroutine| {
        (it.index, spawn(coro(Rc::clone(run), *it)).named(format!("coro {}", it.index)))
    };
    let mut children: Vec<_> = run.plan.coroutines.iter().map(spawn).collect();
    children.sort_by_key(|(index, _)| *index);
    children.into_iter().map(|(_, child)| child).collect()
}

async fn wait_for(
    children: Vec<Child>,
    return_when: ReturnWhen,
    timeout: Option<Duration>,
) -> (Returned, Vec<Child>) {
    let waiting = wait(children).return_when(condition(return_when));
    let waited = match timeout {
        Some(limit) => waiting.timeout(limit).await,
        None => waiting.await,
    };
    let mut done = Vec::with_capacity(waited.done.len());
    for child in waited.done {
        done.push(end(child).await);
    }
    let (pending, reason) = (waited.pending.into_tasks(), waited.reason.into());
    (Returned::Waited { completed: done.len(), pending: pending.len(), reason, done }, pending)
}

fn condition(it: ReturnWhen) -> Box<dyn Condition<Outcome>> {
    match it {
        ReturnWhen::AllCompleted => Box::new(AllCompleted),
        ReturnWhen::FirstCompleted => Box::new(FirstCompleted),
        ReturnWhen::FirstException => Box::new(FirstException),
        ReturnWhen::FirstSuccess => Box::new(FirstSuccess),
        ReturnWhen::Completions(count) => Box::new(Completions(count)),
        ReturnWhen::Successes(count) => Box::new(Successes(count)),
    }
}

/// Returns the end of a child that is done.
async fn end(child: Child) -> End {
    let result = child.await.expect("none panics, and none is cancelled before `wait` returns");
    let index = result.as_ref().map_or_else(|error| error.index, |&index| index);
    End::of(index, &result)
}

async fn gather_all(children: Vec<Child>) -> Returned {
    let results = gather(children).return_exceptions().await;
    let ends = results.iter().enumerate().map(|(index, result)| End::of(index, result));
    Returned::Gathered { results: ends.collect() }
}

async fn gather_values(children: Vec<Child>) -> Returned {
    match gather(children).await {
        Ok(values) => {
            let values = values.into_iter().enumerate();
            let ends = values.map(|(coroutine, value)| End::Returned { coroutine, value });
            Returned::Gathered { results: ends.collect() }
        }
        Err(error) => {
            Returned::Raised(End::Failed { coroutine: error.index, error: error.cause.to_string() })
        }
    }
}

/// Cancels tasks and lets them end, which takes them a turn.
async fn cancel(tasks: &[Child]) {
    for task in tasks {
        task.cancel();
    }
    yield_now().await;
}
