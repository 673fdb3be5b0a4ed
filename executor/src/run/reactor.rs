//! The loop.

use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::above::Deadlock;
use crate::platform::Instant;
use crate::probe::{Ended, Event};
use crate::run::cell::BoxedCell;
use crate::run::core::{Core, EndsCancelled, Ready};
use crate::run::error::{JoinError, LeftToBlockOn, Payload, contain, contain_quietly, message_of};
use crate::run::id::{MAIN, TaskId};
use crate::run::slots::{Slot, flag};
use crate::run::waker::Wakers;
use crate::time::pace::Pace;

/// The time at which to call [`Executor::turn`](crate::Executor::turn) again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "it says when to call `turn` again"]
pub enum Next {
    /// Call `turn` again: there is work.
    Now,
    /// Call `turn` at this instant, or before, when a task was spawned or
    /// [`Builder::on_wake`](crate::Builder::on_wake) has told of work.
    At(Instant),
    /// There is no timer, or only [`advance`](crate::Executor::advance) moves the clock, or
    /// its time is [frozen](crate::freeze_time()): call `turn` when a task was spawned or
    /// `on_wake` has told of work, and after `advance`.
    Woken,
}

/// The function that polls the main future.
pub(crate) type Main<'a> = &'a mut dyn FnMut(&mut Context<'_>) -> Poll<()>;

const MAIN_CANCELLED: &str = "the future that `block_on` was given ended as cancelled, \
    and so has no value: catch the cancellation in it, or await what may end so in a task";

/// The loop and what only the loop uses.
pub(crate) struct Reactor {
    core: Rc<Core>,
    wakers: Wakers,
    /// The entries that this turn runs. Empty between turns, unless a panic has left
    /// one; kept for its memory.
    batch: Vec<Ready>,
    /// The number of entries in the batch that were run.
    done: usize,
    pace: Pace,
    /// The end of the main future, or the panic that it ended with, until `run` takes it.
    main_ended: Option<Result<(), Payload>>,
}

impl Reactor {
    pub(crate) fn new(core: Rc<Core>) -> Self {
        let wakers = Wakers::new(Arc::clone(core.inbox.door()));
        Self { core, wakers, batch: Vec::new(), done: 0, pace: Pace::start(), main_ended: None }
    }

    /// Turns until the main future has ended, and once more (F20). Fails if it can never
    /// end.
    pub(crate) fn run(&mut self, main: Main<'_>) -> Result<(), Deadlock> {
        self.core.start_main();
        let run = contain(|| self.turn_to_the_end(main));
        // After a deadlock, or a panic that has left a turn, the main future still lives.
        self.end_main();
        let main_ended = self.main_ended.take();
        run.unwrap_or_else(|panic| resume_unwind(panic))?;
        match main_ended {
            Some(Err(panic)) => resume_unwind(panic),
            _ => Ok(()),
        }
    }

    fn turn_to_the_end(&mut self, main: Main<'_>) -> Result<(), Deadlock> {
        self.turn(main);
        while self.main_ended.is_none() {
            let next = self.prepare_park();
            if next == Next::Woken && self.is_deadlocked() {
                return Err(Deadlock::of(&self.core));
            }
            self.park(next);
            self.turn(main);
        }
        self.turn(main);
        Ok(())
    }

    /// Returns whether no message can come from any thread, when no task is ready and no
    /// timer fires by itself. A wake that is on its way holds the waker. All that could wake a task
    /// without a message, as the end of another, a [`LocalWaker`](crate::LocalWaker) or a
    /// manual clock that is moved, is done on this thread, which is about to block.
    fn is_deadlocked(&mut self) -> bool {
        let unbound = |slot| self.core.slots.at(slot).clear(flag::BOUND);
        !self.wakers.any_is_held(unbound) && !self.core.may_get_errands()
    }

    /// One turn: look, take the batch, run it, fire the timers.
    ///
    /// The batch is what was ready when the turn began. What becomes ready
    /// meanwhile waits for the next one; otherwise a task that wakes itself
    /// would keep the loop here, away from timers and other threads. Timers
    /// that are due fire last, so the tasks they wake queue up behind those
    /// that the batch woke, as in asyncio (F3).
    pub(crate) fn turn(&mut self, main: Main<'_>) {
        if self.wants_look() {
            self.look();
        }
        self.take_batch();
        while let Some(&entry) = self.batch.get(self.done) {
            self.done += 1; // An entry that panics isn't run again.
            self.run_entry(entry, main);
        }
        self.batch.clear();
        self.done = 0;
        self.core.fire_due();
        self.core.record(|| Event::TurnEnd);
    }

    /// Takes the ready queue as the batch. If a panic has left the turn before, the rest of
    /// that turn's batch is run instead.
    fn take_batch(&mut self) {
        if self.batch.is_empty() {
            self.core.take_batch(&mut self.batch);
        }
    }

    /// Makes the next turn look, for any time may have passed since the last.
    pub(crate) fn expire_pace(&mut self) {
        self.pace.expire();
    }

    /// Returns whether a turn begins with a look. On a real clock, a turn does that begins
    /// with nothing ready; a busy loop looks at its [`Pace`], or if it knows that a timer is
    /// due. On any other clock each turn looks, so that turns are exact.
    fn wants_look(&self) -> bool {
        let core = &self.core;
        let idle = !core.has_ready();
        !core.clock.is_real() || self.is_pace_spent() || idle || core.is_due_at_once()
    }

    /// Returns whether the pace asks for a look. It does so on a real clock only, for polls
    /// take no time on any other.
    fn is_pace_spent(&self) -> bool {
        self.core.clock.is_real() && self.pace.is_spent()
    }

    /// Hears other threads, and collects the timers that are due.
    fn look(&mut self) {
        self.core.hear_all();
        // Without timers, only the pace needs the time.
        if !self.core.timers.borrow().is_empty() || self.is_pace_spent() {
            let now = self.core.clock.now();
            if self.core.clock.is_real() {
                self.pace.set(now);
            }
            self.core.advance_timers(now);
        }
    }

    fn run_entry(&mut self, entry: Ready, main: Main<'_>) {
        match entry {
            Ready::Poll(MAIN) => self.step_main(main),
            Ready::Poll(index) => self.step(index),
            Ready::Notice => self.core.give_notice(),
        }
        self.pace.spend();
        // A long batch must not make sleeps begin or end late. But a timer that was due
        // already when this turn set it is for the next turn to fire, and no sooner (F3):
        // so this turn doesn't look any more.
        if self.is_pace_spent() && !self.core.is_due_at_once() {
            self.look();
        }
    }

    /// Takes a task one step further: polls it, or ends it if it is cancelled.
    fn step(&mut self, index: u32) {
        let Self { core, wakers, .. } = self;
        let (id, slot) = core.dequeue(index);
        if !slot.has(flag::LIVE) {
            // The task was woken in its last poll. No other entry points at its slot.
            core.record(|| Event::Skip { task: id });
            return core.release_unused(index, slot);
        }
        let mut out = Out::of(slot);
        let end = poll_or_end(core, wakers, id, slot, out.task());
        drop(out); // The outcome is in its slot before the waiters are notified.
        if let Poll::Ready(end) = end {
            wakers.unbind(id, slot);
            core.finish(id, slot, end);
        }
    }

    fn step_main(&mut self, main: Main<'_>) {
        let Self { core, wakers, .. } = self;
        let (id, slot) = core.dequeue(MAIN);
        if !slot.has(flag::LIVE) {
            return; // It was woken in its last poll.
        }
        let result = poll(core, wakers, id, slot, main).map_err(say_cancelled);
        match &result {
            Ok(Poll::Pending) => return,
            Ok(Poll::Ready(())) => core.record_end(id, Ended::Returned),
            Err(panic) => core.record_panic(id, || message_of(&**panic).into()),
        }
        self.end_main();
        self.main_ended = Some(result.map(drop));
    }

    fn end_main(&mut self) {
        let (id, slot) = self.core.slots.tenant(MAIN);
        if slot.has(flag::LIVE) {
            slot.clear(flag::LIVE);
            self.wakers.unbind(id, slot);
            slot.end_tenancy(); // An id of this main future won't reach the next one (I3).
        }
    }

    /// How long may we sleep?
    ///
    /// - Not at all, if a task is ready or another thread has sent a message; or
    ///   if a delay is still to be started, or a timer is due.
    /// - Not at all on a virtual clock that isn't frozen: it is set forward to the first deadline.
    /// - Until the first deadline on a real clock, rounded up to a multiple of the slack.
    /// - Until woken, if there is no timer, or if the clock is manual, or virtual and frozen.
    pub(crate) fn prepare_park(&self) -> Next {
        let clock = &self.core.clock;
        let may_jump = clock.may_jump(); // It is asked before the look into the inbox: see there.
        if self.core.has_ready() || !self.core.inbox.is_empty() {
            return Next::Now;
        }
        match self.core.timers.borrow().next_deadline() {
            None => Next::Woken,
            Some(deadline) if deadline <= clock.now() => Next::Now,
            Some(deadline) if may_jump => {
                clock.jump(deadline);
                self.core.record(|| Event::Jump { to: deadline });
                Next::Now
            }
            Some(_) if !clock.is_real() => Next::Woken,
            Some(deadline) => {
                let slack = self.core.slack;
                // It is rounded up, so the park ends late rather than early (I5).
                let rounded = deadline.checked_next_multiple_of(slack).unwrap_or(deadline);
                Next::At(clock.instant(rounded))
            }
        }
    }

    /// Blocks the thread for as long as `next` says, or until a message (I6).
    fn park(&mut self, next: Next) {
        let deadline = match next {
            Next::Now => return,
            Next::At(deadline) => Some(deadline),
            Next::Woken => None,
        };
        let core = &self.core;
        core.record(|| Event::Park { until: deadline.map(|it| core.clock.at(it)) });
        let heard = core.inbox.wait(deadline.or_else(|| core.probe.patience()));
        core.record(|| Event::Unpark);
        match heard {
            Some(heard) => core.hear(heard),
            None if deadline.is_none() => core.probe.lose_patience(core),
            None => {}
        }
        self.pace.expire(); // Any time may have passed.
    }
}

/// A task that is out of its slot for a step (I2). Dropping this puts the task back,
/// however the step ends.
struct Out<'a> {
    slot: &'a Slot,
    task: Option<BoxedCell>,
}

impl<'a> Out<'a> {
    fn of(slot: &'a Slot) -> Self {
        Self { slot, task: slot.take_task() }
    }

    fn task(&mut self) -> &mut BoxedCell {
        self.task.as_mut().expect("a live task is in its slot between polls")
    }
}

impl Drop for Out<'_> {
    fn drop(&mut self) {
        self.task.take().into_iter().for_each(|task| self.slot.put_task(task));
    }
}

/// Polls a task, or ends it if it is cancelled. Ready if the task has ended.
fn poll_or_end(
    core: &Core,
    wakers: &mut Wakers,
    id: TaskId,
    slot: &Slot,
    task: &mut BoxedCell,
) -> Poll<Ended> {
    // A marked task isn't polled, so none of its code but destructors runs (F36).
    let result = if slot.has(flag::MARKED) {
        core.record(|| Event::Unwind { task: id });
        Err(Box::new(EndsCancelled) as Payload)
    } else {
        poll(core, wakers, id, slot, |cx| task.as_mut().poll(cx))
    };
    match result {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(())) => {
            core.record_end(id, Ended::Returned);
            Poll::Ready(Ended::Returned)
        }
        Err(cause) => Poll::Ready(end(core, id, task, cause)),
    }
}

/// Ends a task that was cancelled, or that has panicked; the destructor of a
/// cancelled future may panic too.
fn end(core: &Core, id: TaskId, task: &mut BoxedCell, cause: Payload) -> Ended {
    let cancelled = cause.is::<EndsCancelled>();
    let result = if cancelled { contain(|| task.as_mut().end(None)) } else { Err(cause) };
    let Err(panic) = result else {
        core.record_end(id, Ended::Cancelled);
        return Ended::Cancelled;
    };
    let error = JoinError::panicked(core.origin(id, task), panic);
    core.record_panic(id, || error.to_string());
    // Drops the future if it has panicked. A panic of its destructor counts for nothing.
    contain_quietly(|| task.as_mut().end(Some(error)));
    Ended::Panicked
}

/// Turns a cancellation of the main future into a panic: without a value, it can't end
/// otherwise.
fn say_cancelled(end: Payload) -> Payload {
    if end.is::<EndsCancelled>() { Box::new(LeftToBlockOn(MAIN_CANCELLED)) } else { end }
}

/// Polls a task with its waker; a panic comes back as an error.
fn poll(
    core: &Core,
    wakers: &mut Wakers,
    id: TaskId,
    slot: &Slot,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<()>,
) -> Result<Poll<()>, Payload> {
    let waker = wakers.lend(id, slot);
    core.begin_poll(id, waker);
    let result = contain(|| poll(&mut Context::from_waker(waker)));
    core.end_poll();
    core.record(|| Event::Polled { task: id, ready: !matches!(result, Ok(Poll::Pending)) });
    if wakers.keep_if_cloned(id, slot) {
        core.record(|| Event::Keep { task: id });
    }
    match result {
        Ok(poll) => core.settle(id, slot, poll),
        Err(panic) => {
            // The poll was broken off, and with it what its futures have declared.
            core.points.forget_poll();
            Err(panic)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;
    use std::task::Poll;

    use super::*;
    use crate::run::task::Task;
    use crate::{Executor, yield_now};

    /// An executor, and tasks that count their polls and wake themselves.
    fn counting<const N: usize>() -> (Executor, [Task<()>; N], Rc<Cell<usize>>) {
        let (executor, polls) = (Executor::new(), Rc::new(Cell::new(0)));
        let tasks = [(); N].map(|()| {
            let polls = Rc::clone(&polls);
            executor.spawn(poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            }))
        });
        (executor, tasks, polls)
    }

    /// Turns the executor, which panics.
    fn turn_panics(executor: &Executor) {
        assert!(catch_unwind(AssertUnwindSafe(|| executor.turn())).is_err());
    }

    #[test]
    fn a_panic_that_leaves_a_turn_takes_nobodys_turn() {
        let (executor, tasks, polls) = counting::<3>();
        let broken = tasks[1].slot().take_task();
        turn_panics(&executor);
        assert_eq!(polls.get(), 1);
        tasks[1].slot().put_task(broken.unwrap());
        assert_eq!(executor.turn(), Next::Now);
        assert_eq!(polls.get(), 2, "the third task has had its turn");
        assert_eq!(executor.turn(), Next::Now);
        assert_eq!(polls.get(), 4, "and those that go on have the next");
    }

    #[test]
    fn a_panic_that_leaves_a_step_leaves_the_task_in_its_slot() {
        let (executor, tasks, polls) = counting::<1>();
        tasks[0].slot().set(flag::BOUND); // There is no such waker.
        turn_panics(&executor);
        tasks[0].slot().clear(flag::BOUND);
        executor.core.wake(tasks[0].id());
        assert_eq!(executor.turn(), Next::Now, "the rest of that turn");
        assert_eq!(executor.turn(), Next::Now);
        assert_eq!(polls.get(), 1);
    }

    #[test]
    fn a_panic_that_leaves_a_run_ends_the_main_future() {
        let (executor, tasks, _) = counting::<1>();
        let broken = tasks[0].slot().take_task();
        let run = || executor.block_on(std::future::pending::<()>());
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        tasks[0].slot().put_task(broken.unwrap());
        executor.block_on(yield_now());
        drop(executor);
    }
}
