//! `wait`: what asyncio's does (facts F53 to F67), and what ours adds.
//!
//! Some facts can't be broken, thanks to types: `wait` takes no single future
//! and knows no unknown condition (F54); it takes tasks, not bare futures
//! (F55); a `Task` is no copy, so it can't be given twice (F56). `unread.rs` has the
//! panics that count as seen (F66).
//!
//! How many turns each takes is in `turns.rs`, how many polls in `polls.rs`.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use combinators::{
    AllCompleted, Completions, Condition, FirstCompleted, FirstException, FirstSuccess, Progress,
    Reason, Successes, Wait, Waited, Waiting, wait,
};
use executor::{
    Executor, JoinError, Next, Task, current_task, now, sleep, sleep_until, spawn, yield_now,
};
use futures_lite::future::or;
use proptest::prelude::*;
use wheelhouse_tests::{
    Gate, Trace, ms, next_when_stalled, panic_of, run, turns, virtual_executor,
};

type Checked = Result<u64, &'static str>;

/// A child that returns the time it sleeps.
fn sleeps(time: u64) -> Task<u64> {
    spawn(async move {
        sleep(ms(time)).await;
        time
    })
}

fn succeeds(time: u64) -> Task<Checked> {
    spawn(async move {
        sleep(ms(time)).await;
        Ok(time)
    })
}

fn fails(time: u64) -> Task<Checked> {
    spawn(async move {
        sleep(ms(time)).await;
        Err("failed")
    })
}

fn panics(time: u64) -> Task<Checked> {
    spawn(async move {
        sleep(ms(time)).await;
        panic!("on purpose")
    })
}

fn cancelled(time: u64) -> Task<Checked> {
    spawn(async move {
        sleep(ms(time)).await;
        current_task().expect("in a task").cancel();
        pending().await
    })
}

/// What the children in `done` returned.
fn values<T: Clone>(waited: &Waited<Task<T>>) -> Vec<T> {
    waited.done.iter().map(|task| task.outcome().unwrap().unwrap()).collect()
}

// What it gives ------------------------------------------------------------------

/// F53: children that failed, panicked or were cancelled are done like others.
#[test]
fn wait_never_fails() {
    run(async {
        let waited = wait([fails(1), panics(2), cancelled(3), succeeds(4)]).await;
        assert_eq!(waited.done.len(), 4);
        assert!(waited.pending.is_empty());
        let [failed, panicked, cancelled, succeeded] = waited.done.try_into().unwrap();
        assert_eq!(failed.await.unwrap(), Err("failed"));
        assert!(panicked.await.unwrap_err().is_panic());
        assert!(cancelled.await.unwrap_err().is_cancelled());
        assert_eq!(succeeded.await.unwrap(), Ok(4));
    });
}

/// F53: neither the condition nor the timeout cancels anyone.
#[test]
fn wait_never_cancels() {
    run(async {
        let waited = wait([sleeps(1), sleeps(9)]).return_when(FirstCompleted).await;
        let waited = wait(waited.pending).timeout(ms(3)).await;
        let [task] = waited.pending.into_tasks().try_into().unwrap();
        assert_eq!(task.await.unwrap(), 9);
    });
}

/// F53: in asyncio both are sets; here each has an order.
#[test]
fn done_is_in_order_of_completion_and_pending_in_order_of_arguments() {
    run(async {
        let times = [9, 3, 8, 1, 7, 2];
        let waited = wait(times.map(sleeps)).return_when(Completions(3)).await;
        assert_eq!(values(&waited), [1, 2, 3]);
        let mut rest = Vec::new();
        for task in waited.pending.into_tasks() {
            rest.push(task.await.unwrap());
        }
        assert_eq!(rest, [9, 8, 7]);
    });
}

/// F53: the tasks given back are the ones given.
#[test]
fn wait_gives_back_the_tasks_that_it_was_given() {
    run(async {
        let tasks = [5, 1, 3].map(sleeps);
        let ids = tasks.each_ref().map(Task::id);
        let waited = wait(tasks).return_when(FirstCompleted).await;
        assert_eq!(waited.done[0].id(), ids[1]);
        assert_eq!(waited.pending.len(), 2);
        let pending: Vec<_> = waited.pending.iter().map(Task::id).collect();
        assert_eq!(pending, [ids[0], ids[2]]);
        let borrowed: Vec<_> = (&waited.pending).into_iter().map(Task::id).collect();
        assert_eq!(borrowed, pending);
    });
}

/// F15, F53: a child's outcome is still there after the wait, for anyone.
#[test]
fn children_can_be_awaited_after_the_wait_by_any_task() {
    run(async {
        let mut waited = wait([sleeps(1), sleeps(5)]).return_when(FirstCompleted).await;
        let start = now();
        assert_eq!(waited.done.remove(0).await.unwrap(), 1);
        assert_eq!(now(), start);
        let [task] = waited.pending.into_tasks().try_into().unwrap();
        assert_eq!(spawn(task.into_future()).await.unwrap().unwrap(), 5);
    });
}

/// F54: no tasks, no condition that could be met.
#[test]
fn no_tasks_at_all_is_an_error() {
    let message = panic_of(|| wait(Vec::<Task<()>>::new()));
    assert!(message.contains("`wait` was given no tasks"), "{message}");
    assert!(message.contains("ask `is_empty` before waiting again"), "{message}");
}

/// F54: nor is there one for a rest of which nothing is left.
#[test]
fn waiting_again_on_nothing_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let waited = wait([sleeps(1)]).await;
            wait(waited.pending).await
        })
    });
    assert!(message.contains("ask `is_empty` before waiting again"), "{message}");
}

/// F67: a task may wait for itself, for all the good it does.
#[test]
fn a_task_that_waits_for_itself_waits_for_the_timeout() {
    run(async {
        let own = Rc::new(RefCell::new(None));
        let handle = Rc::clone(&own);
        let task = spawn(async move {
            yield_now().await;
            let own: Task<()> = handle.take().unwrap();
            let waited = wait([own]).timeout(ms(5)).await;
            assert_eq!(waited.reason, Reason::TimedOut);
            assert_eq!(waited.pending.len(), 1);
        });
        let reference = task.reference();
        own.replace(Some(task));
        sleep(ms(6)).await;
        assert!(reference.is_finished());
    });
}

/// Misuse: a future is over when it is over.
#[test]
#[should_panic(expected = "`wait` was polled again after it had returned")]
fn polling_a_wait_that_has_returned_is_an_error() {
    run(async {
        let mut waiting = wait([sleeps(1)]).into_future();
        drop((&mut waiting).await);
        drop(waiting.await);
    });
}

/// What a log shows of it.
#[test]
fn wait_and_what_it_gives_can_be_printed() {
    run(async {
        let waiting = wait([sleeps(1).named("one"), sleeps(2).named("two")]);
        let shown = "Wait { pending: [Task(`one`, running), Task(`two`, running)], .. }";
        assert_eq!(format!("{waiting:?}"), shown);
        let mut waiting = waiting.return_when(FirstCompleted).into_future();
        assert_eq!(format!("{waiting:?}"), "Waiting { returned: false, .. }");
        let waited = (&mut waiting).await;
        assert_eq!(format!("{waiting:?}"), "Waiting { returned: true, .. }");
        assert_eq!(format!("{:?}", waited.done), "[Task(`one`, finished)]");
        assert_eq!(format!("{:?}", waited.pending), "[Task(`two`, running)]");
    });
}

// Conditions ---------------------------------------------------------------------

/// F53: all, unless said otherwise; and so it is if one says so.
#[test]
fn all_completed_waits_for_all() {
    run(async {
        let waited = wait([succeeds(3), fails(1), cancelled(2)]).await;
        assert_eq!((waited.done.len(), waited.reason), (3, Reason::Met(0)));
        let waited = wait([succeeds(3), panics(4)]).return_when(AllCompleted).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Met(1)));
    });
}

/// F58: however it ended.
#[test]
fn first_completed_waits_for_one() {
    for first in [succeeds as fn(u64) -> _, fails, panics, cancelled] {
        run(async {
            let waited = wait([succeeds(2), first(1)]).return_when(FirstCompleted).await;
            assert_eq!(waited.reason, Reason::Met(1));
            assert_eq!((waited.done.len(), waited.pending.len()), (1, 1));
        });
    }
}

/// F59: whoever ended before the parent resumed is done as well.
#[test]
fn first_completed_may_give_several() {
    run(async {
        let waited = wait([4, 2, 2, 3, 2].map(sleeps)).return_when(FirstCompleted).await;
        assert_eq!(values(&waited), [2, 2, 2]);
        assert_eq!(waited.reason, Reason::Met(1));
    });
}

/// F60: an error or a panic is an exception.
#[test]
fn first_exception_waits_for_an_error_or_a_panic() {
    run(async {
        let waited = wait([succeeds(1), succeeds(9), fails(2)]).return_when(FirstException).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Met(2)));
        let waited = wait([succeeds(1), panics(2), succeeds(9)]).return_when(FirstException).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Met(1)));
    });
}

/// F60: a cancelled child is done and no exception.
#[test]
fn first_exception_takes_no_notice_of_cancelled_children() {
    run(async {
        let waited = wait([cancelled(1), fails(3), succeeds(2), succeeds(9)]);
        let waited = waited.return_when(FirstException).await;
        assert_eq!((waited.done.len(), waited.reason), (3, Reason::Met(1)));
    });
}

/// F60: without a failure it waits for all.
#[test]
fn first_exception_without_one_waits_for_all() {
    run(async {
        let waited = wait([succeeds(3), cancelled(1)]).return_when(FirstException).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Exhausted));
    });
}

/// F61: the failure may lie in the past.
#[test]
fn first_exception_sees_a_child_that_had_failed_before() {
    run(async {
        let failed = fails(1);
        sleep(ms(2)).await;
        let start = now();
        let waited = wait([succeeds(9), failed]).return_when(FirstException).await;
        assert_eq!((waited.pending.len(), waited.reason), (1, Reason::Met(1)));
        assert_eq!(now(), start);
    });
}

/// Children that return no `Result` fail by panicking only.
#[test]
fn first_exception_of_plain_values_is_a_panic() {
    run(async {
        let panics = spawn(async {
            sleep(ms(2)).await;
            panic!("on purpose")
        });
        let waited = wait([sleeps(1), panics, sleeps(3)]).return_when(FirstException).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Met(1)));
    });
}

/// Beyond asyncio: failures of all kinds don't count.
#[test]
fn first_success_waits_for_a_success() {
    run(async {
        let tasks = [fails(1), panics(2), cancelled(3), succeeds(4), succeeds(5)];
        let waited = wait(tasks).return_when(FirstSuccess).await;
        assert_eq!((waited.done.len(), waited.reason), (4, Reason::Met(3)));
        let waited = wait([fails(1), cancelled(2)]).return_when(FirstSuccess).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Exhausted));
    });
}

/// Beyond asyncio: so many ends of any kind.
#[test]
fn completions_waits_for_so_many_children() {
    run(async {
        let tasks = [succeeds(9), fails(1), cancelled(2), succeeds(3)];
        let waited = wait(tasks).return_when(Completions(3)).await;
        assert_eq!((waited.done.len(), waited.reason), (3, Reason::Met(3)));
        let waited = wait([succeeds(1), fails(2)]).return_when(Completions(3)).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Exhausted));
    });
}

/// Beyond asyncio: a quorum.
#[test]
fn successes_waits_for_so_many_successes() {
    run(async {
        let tasks = [succeeds(1), fails(2), cancelled(3), succeeds(4), panics(5), succeeds(6)];
        let waited = wait(tasks).return_when(Successes(2)).await;
        assert_eq!((waited.done.len(), waited.reason), (4, Reason::Met(3)));
        let waited = wait([succeeds(1), fails(2)]).return_when(Successes(2)).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Exhausted));
    });
}

/// Of five, three have failed: the others can't make it three any more, and are left.
#[test]
fn a_quorum_that_is_out_of_reach_ends_the_wait_at_once() {
    run(async {
        let start = now();
        let tasks = [fails(1), succeeds(9), panics(2), cancelled(3), succeeds(8)];
        let waited = wait(tasks).return_when(Successes(3)).await;
        assert_eq!((waited.done.len(), waited.reason), (3, Reason::Impossible(3)));
        assert_eq!(now() - start, ms(3));
        let left = wait(waited.pending).return_when(Successes(2)).await;
        assert_eq!((left.done.len(), left.reason), (2, Reason::Met(1)));
    });
}

/// The reason of asyncio's conditions, and of the last child to end, stays what it was.
#[test]
fn the_last_failure_exhausts_the_wait() {
    run(async {
        let waited = wait([succeeds(1), fails(2)]).return_when(Successes(2)).await;
        assert_eq!(waited.reason, Reason::Exhausted);
        let waited = wait([fails(1), fails(2)]).return_when(FirstSuccess).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Exhausted));
    });
}

/// A condition of one's own may give up as well, also one that is chosen at run time.
struct Patience {
    failures: usize,
}

impl Condition<Checked> for Patience {
    fn is_met(&mut self, progress: Progress, _: &Result<Checked, JoinError>) -> bool {
        progress.succeeded == 9
    }

    fn can_be_met(&self, progress: Progress) -> bool {
        progress.failed < self.failures
    }

    fn is_success(&self, outcome: &Result<Checked, JoinError>) -> bool {
        outcome.as_ref().is_ok_and(Result::is_ok)
    }
}

#[test]
fn a_condition_of_ones_own_may_give_up() {
    run(async {
        let tasks = || [succeeds(1), fails(2), fails(3), succeeds(4)];
        let waited = wait(tasks()).return_when(Patience { failures: 2 }).await;
        assert_eq!((waited.done.len(), waited.reason), (3, Reason::Impossible(2)));
        let patience: Box<dyn Condition<_>> = Box::new(Patience { failures: 1 });
        let waited = wait(tasks()).return_when(patience).await;
        assert_eq!((waited.done.len(), waited.reason), (2, Reason::Impossible(1)));
    });
}

/// Those who have returned no error have succeeded; all others have failed.
#[test]
fn the_progress_counts_successes_and_failures() {
    run(async {
        let counted = Trace::new();
        let counts = counted.clone();
        let tasks = [succeeds(1), fails(2), panics(3), cancelled(4), succeeds(5)];
        let waiting = wait(tasks).until(move |progress, _| {
            let Progress { ended, succeeded, failed, total } = progress;
            counts.push(format!("{ended} of {total}: {succeeded} + {failed}"));
            false
        });
        assert_eq!(waiting.await.reason, Reason::Exhausted);
        let lines = ["1 of 5: 1 + 0", "2 of 5: 1 + 1", "3 of 5: 1 + 2", "4 of 5: 1 + 3"];
        counted.assert(&[&lines[..], &["5 of 5: 2 + 3"]].concat());
    });
}

/// Beyond asyncio: a function decides, by progress and outcome.
#[test]
fn until_waits_for_a_function_to_say_so() {
    run(async {
        let waited = wait([8, 3, 4, 1].map(sleeps));
        let waited = waited.until(|_, it| it.as_ref().is_ok_and(|time| time % 2 == 0)).await;
        assert_eq!((values(&waited), waited.reason), (vec![1, 3, 4], Reason::Met(2)));
        let waited = wait([1, 3].map(sleeps)).until(|_, _| false).await;
        assert_eq!(waited.reason, Reason::Exhausted);
        let waited = wait([1, 2, 3, 4].map(sleeps));
        let waited = waited.until(|progress, _| 2 * progress.ended >= progress.total).await;
        assert_eq!(waited.reason, Reason::Met(1));
    });
}

/// Stops once the times slept add up to a limit; notes what it is asked.
struct Budget {
    left: u64,
    asked: Trace,
}

impl Condition<u64> for Budget {
    fn is_met(&mut self, progress: Progress, outcome: &Result<u64, JoinError>) -> bool {
        let time = *outcome.as_ref().unwrap();
        self.left = self.left.saturating_sub(time);
        self.asked.push(format!("{} of {}: {time}", progress.ended, progress.total));
        self.left == 0
    }
}

/// A condition is asked once for each child, in order of their ends, until it
/// says yes.
#[test]
fn a_condition_of_ones_own_is_asked_once_for_each_end() {
    let asked = Trace::new();
    run(async {
        let budget = Budget { left: 6, asked: asked.clone() };
        let waited = wait([3, 1, 9, 2, 3].map(sleeps)).return_when(budget).await;
        assert_eq!((values(&waited), waited.reason), (vec![1, 2, 3, 3], Reason::Met(0)));
        asked.assert(&["1 of 5: 1", "2 of 5: 2", "3 of 5: 3"]);
    });
}

/// F57: about children that had ended it is asked too, in argument order.
#[test]
fn a_condition_is_asked_about_children_that_had_ended() {
    let asked = Trace::new();
    run(async {
        let tasks = [3, 1, 2].map(sleeps);
        sleep(ms(4)).await;
        let budget = Budget { left: 99, asked: asked.clone() };
        let waited = wait(tasks.into_iter().chain([sleeps(1)])).return_when(budget).await;
        assert_eq!((values(&waited), waited.reason), (vec![3, 1, 2, 1], Reason::Exhausted));
        asked.assert(&["1 of 4: 3", "2 of 4: 1", "3 of 4: 2", "4 of 4: 1"]);
    });
}

// Timeouts -----------------------------------------------------------------------

/// F62: time is up, and nothing is wrong with that.
#[test]
fn a_timeout_gives_what_is_done_by_then() {
    run(async {
        let start = now();
        let waited = wait([1, 9, 3].map(sleeps)).timeout(ms(5)).await;
        assert_eq!((values(&waited), waited.reason), (vec![1, 3], Reason::TimedOut));
        assert_eq!(waited.pending.len(), 1);
        assert_eq!(now() - start, ms(5));
    });
}

/// F62: without a timeout there is none, and the condition may come first.
#[test]
fn a_timeout_that_is_not_reached_changes_nothing() {
    run(async {
        let start = now();
        let waited = wait([1, 3].map(sleeps)).timeout(ms(5)).await;
        assert_eq!((values(&waited), waited.reason), (vec![1, 3], Reason::Met(1)));
        assert_eq!(now() - start, ms(3));
        let waited = wait([sleeps(1_000_000_000)]).await;
        assert_eq!(waited.reason, Reason::Met(0));
    });
}

/// F65: the timer goes when the wait is over, not when it is dropped.
#[test]
fn no_timer_is_left_when_the_condition_came_first() {
    let executor = virtual_executor();
    let (start, waiting) = executor.block_on(async {
        let start = now();
        let mut waiting = wait([sleeps(1)]).timeout(ms(500)).into_future();
        drop((&mut waiting).await);
        (start, waiting)
    });
    assert_eq!(next_when_stalled(&executor), Next::Woken);
    assert_eq!(executor.block_on(async { now() }) - start, ms(1));
    drop(waiting);
}

/// A timeout counts from the first poll, as a sleep does.
#[test]
fn a_timeout_counts_from_when_the_wait_is_awaited() {
    run(async {
        let start = now();
        let waiting = wait([sleeps(20)]).timeout(ms(5));
        sleep(ms(3)).await;
        assert_eq!(waiting.await.reason, Reason::TimedOut);
        assert_eq!(now() - start, ms(8));
    });
}

/// F63: a timeout of zero lets children take the steps that they can take.
#[test]
fn a_timeout_of_zero_looks_at_what_is_ready() {
    run(async {
        let quick = spawn(async { 0 });
        let start = now();
        let waited = wait([quick, sleeps(1)]).timeout(Duration::ZERO).await;
        assert_eq!((values(&waited), waited.reason), (vec![0], Reason::TimedOut));
        assert_eq!(now(), start);
    });
}

/// F64: who was set first at one instant is first. The child is done if it
/// slept before its parent waited, whatever the reason says.
#[test]
fn a_child_and_a_timeout_at_one_instant_go_by_who_was_set_first() {
    run(async {
        let early = sleeps(5);
        yield_now().await;
        let waited = wait([early]).timeout(ms(5)).await;
        assert_eq!((waited.done.len(), waited.reason), (1, Reason::TimedOut));
        let waited = wait([sleeps(5)]).timeout(ms(5)).await;
        assert_eq!((waited.done.len(), waited.reason), (0, Reason::TimedOut));
    });
}

/// No time is too long.
#[test]
fn a_timeout_may_be_for_ever() {
    run(async {
        let waited = wait([sleeps(1)]).timeout(Duration::MAX).await;
        assert_eq!(waited.reason, Reason::Met(0));
    });
}

/// Setting either twice leaves the last.
#[test]
fn the_last_setting_counts() {
    run(async {
        let waiting = wait([1, 2, 3].map(sleeps)).timeout(ms(1)).timeout(ms(9));
        let waited = waiting.return_when(FirstCompleted).return_when(Completions(2)).await;
        assert_eq!((values(&waited), waited.reason), (vec![1, 2], Reason::Met(1)));
    });
}

// Giving up ----------------------------------------------------------------------

/// Counts the questions, and whether it is still there.
struct Alive(Rc<Cell<usize>>);

impl<T> Condition<T> for Alive {
    fn is_met(&mut self, _: Progress, _: &Result<T, JoinError>) -> bool {
        self.0.set(self.0.get() + 1);
        false
    }
}

/// F65: a dropped wait leaves its children running; its condition and timer
/// are gone, and nobody is asked any more.
#[test]
fn dropping_a_wait_leaves_its_children_running() {
    let executor = virtual_executor();
    let ended = Trace::new();
    let asked = Rc::new(Cell::new(0));
    executor.block_on(async {
        let child = |time| {
            let ended = ended.clone();
            spawn(async move {
                sleep(ms(time)).await;
                ended.push(format!("{time}"));
            })
        };
        let condition = Alive(Rc::clone(&asked));
        let waiting = wait([3, 1, 2].map(child)).return_when(condition).timeout(ms(50));
        or(async { drop(waiting.await) }, sleep_until(now() + Duration::from_micros(1500))).await;
        assert_eq!((asked.get(), Rc::strong_count(&asked)), (1, 1));
    });
    assert_eq!(next_when_stalled(&executor), Next::Woken);
    ended.assert(&["1", "2", "3"]);
    assert_eq!(asked.get(), 1);
}

/// F65: an end that was on its way to the condition is forgotten as well.
#[test]
fn dropping_a_wait_forgets_ends_on_their_way() {
    run(async {
        let asked = Rc::new(Cell::new(0));
        let gate = Gate::new();
        let passing = gate.clone();
        let child = spawn(async move { passing.wait().await });
        let waiting = spawn(wait([child]).return_when(Alive(Rc::clone(&asked))).into_future());
        turns(2).await;
        gate.open();
        turns(1).await;
        drop(spawn(async {}));
        waiting.cancel();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(asked.get(), 1, "asked in the turn in which it was dropped, but before");
    });
}

/// F65: cancelling the task that waits drops the wait, no more.
#[test]
fn cancelling_the_waiting_task_leaves_the_children_running() {
    run(async {
        let child = sleeps(5);
        let reference = child.reference();
        let parent = spawn(async { wait([child]).timeout(ms(9)).await });
        sleep(ms(1)).await;
        parent.cancel();
        assert!(parent.await.unwrap_err().is_cancelled());
        assert!(!reference.is_finished());
        sleep(ms(3)).await;
        assert!(!reference.is_finished());
        sleep(ms(2)).await;
        assert!(reference.is_finished());
    });
}

/// A wait that was never awaited was never there.
#[test]
fn a_wait_that_is_not_awaited_asks_nobody() {
    run(async {
        let asked = Rc::new(Cell::new(0));
        let child = sleeps(1);
        let reference = child.reference();
        drop(wait([child]).return_when(Alive(Rc::clone(&asked))));
        sleep(ms(2)).await;
        assert!(reference.is_finished());
        assert_eq!((asked.get(), Rc::strong_count(&asked)), (0, 1));
    });
}

/// F65: a wait that loses a race is dropped; one that wins isn't disturbed by
/// being polled for the other's sake.
#[test]
fn a_wait_may_race_other_futures() {
    run(async {
        let waiting = wait([sleeps(5)]);
        let lost = or(async { Some(waiting.await) }, async {
            sleep(ms(2)).await;
            None
        });
        assert!(lost.await.is_none());
        let waiting = wait([sleeps(5)]);
        let won = or(async { Some(waiting.await) }, async {
            turns(9).await;
            sleep(ms(4)).await;
            turns(9).await;
            sleep(ms(9)).await;
            None
        });
        assert_eq!(won.await.unwrap().reason, Reason::Met(0));
    });
}

/// Several waits of one task are woken each for itself.
#[test]
fn one_task_may_await_several_waits_at_once() {
    run(async {
        let mut waits = futures_util::stream::FuturesUnordered::new();
        for time in [3, 1, 2] {
            let waiting = wait([sleeps(time), sleeps(9)]).return_when(FirstCompleted);
            waits.push(waiting.into_future());
        }
        let mut times = Vec::new();
        while let Some(waited) = futures_lite::StreamExt::next(&mut waits).await {
            times.push(values(&waited)[0]);
        }
        assert_eq!(times, [1, 2, 3]);
    });
}

/// The task that polled last is the one that is woken.
#[test]
fn a_wait_may_move_from_task_to_task() {
    run(async {
        let mut waiting = Box::pin(wait([sleeps(5)]).timeout(ms(7)).into_future());
        poll_fn(|cx| {
            assert!(waiting.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        let waited = spawn(waiting).await.unwrap();
        assert_eq!(waited.reason, Reason::Met(0));
        let mut waiting = Box::pin(wait([sleeps(9)]).timeout(ms(7)).into_future());
        poll_fn(|cx| {
            assert!(waiting.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!(spawn(waiting).await.unwrap().reason, Reason::TimedOut);
    });
}

// Waiting again ------------------------------------------------------------------

/// Each child is done once, in order of completion over all rounds, and keeps
/// the number that it had in the first.
#[test]
fn waiting_again_on_the_rest_gives_each_child_once() {
    run(async {
        let times = [7, 3, 9, 1, 3, 8];
        let mut waited = wait(times.map(sleeps)).return_when(FirstCompleted).await;
        let mut rounds = vec![(values(&waited), waited.reason)];
        while !waited.pending.is_empty() {
            waited = wait(waited.pending).return_when(FirstCompleted).await;
            rounds.push((values(&waited), waited.reason));
        }
        let expected = [
            (vec![1], Reason::Met(3)),
            (vec![3, 3], Reason::Met(1)),
            (vec![7], Reason::Met(0)),
            (vec![8], Reason::Met(5)),
            (vec![9], Reason::Met(2)),
        ];
        assert_eq!(rounds, expected);
    });
}

/// Each round asks about the children that are left.
#[test]
fn progress_counts_from_the_beginning_of_each_round() {
    let asked = Trace::new();
    run(async {
        let budget = |left| Budget { left, asked: asked.clone() };
        let waited = wait([1, 2, 3, 4, 5].map(sleeps)).return_when(budget(3)).await;
        sleep(ms(1)).await;
        let waited = wait(waited.pending).return_when(budget(7)).await;
        assert_eq!((values(&waited), waited.reason), (vec![3, 4], Reason::Met(3)));
        asked.assert(&["1 of 5: 1", "2 of 5: 2", "1 of 3: 3", "2 of 3: 4"]);
    });
}

/// A child that ended between two waits, however long ago, counts in the
/// second, and once.
#[test]
fn ends_between_two_waits_count_in_the_second() {
    for pause in 0..6 {
        let asked = Trace::new();
        run(async {
            let ends = |turn| {
                spawn(async move {
                    turns(turn).await;
                    turn as u64
                })
            };
            let waited = wait([0, 2, 3, 4, 30].map(ends)).return_when(FirstCompleted).await;
            let before: Vec<_> = values(&waited);
            turns(pause).await;
            let budget = Budget { left: 99, asked: asked.clone() };
            let waited = wait(waited.pending).return_when(budget).await;
            assert_eq!([before, values(&waited)].concat(), [0, 2, 3, 4, 30]);
            assert_eq!(asked.lines().len(), waited.done.len(), "with a pause of {pause}");
        });
    }
}

/// The last wait may have been a timeout, so a child's end may just have been
/// on its way to a condition that nobody asks any more.
#[test]
fn ends_on_their_way_at_a_timeout_count_in_the_next_wait_or_the_last() {
    for turn in 0..6 {
        run(async move {
            let child = spawn(turns(turn));
            let long = spawn(turns(40));
            let waited = wait([child, long]).timeout(Duration::ZERO).await;
            let first = waited.done.len();
            let waited = wait(waited.pending).return_when(Completions(2 - first)).await;
            assert_eq!(first + waited.done.len(), 2, "a child that ends in turn {turn}");
        });
    }
}

/// The rest may be taken apart, changed, and waited for as tasks.
#[test]
fn the_rest_may_be_waited_for_in_other_company() {
    run(async {
        let waited = wait([1, 5, 7].map(sleeps)).return_when(FirstCompleted).await;
        sleep(ms(5)).await;
        let tasks = waited.pending.into_tasks().into_iter().chain([sleeps(3)]);
        let waited = wait(tasks).return_when(Completions(2)).await;
        assert_eq!((values(&waited), waited.reason), (vec![5, 7], Reason::Met(1)));
    });
}

/// A task of the rest may have been watched by others meanwhile.
#[test]
fn the_rest_may_have_been_watched_by_others() {
    struct Nobody;
    impl executor::Watcher for Nobody {
        fn ended(&self, _: u32) -> bool {
            false
        }
    }
    run(async {
        let waited = wait([1, 5, 7].map(sleeps)).return_when(FirstCompleted).await;
        let watch = executor::Watch::new(Rc::new(Nobody));
        for task in &waited.pending {
            watch.add(task, 0);
        }
        let waited = wait(waited.pending).timeout(ms(20)).await;
        assert_eq!((values(&waited), waited.reason), (vec![5, 7], Reason::Met(2)));
    });
}

/// Dropping the rest detaches it.
#[test]
fn dropping_the_rest_leaves_it_running() {
    run(async {
        let waited = wait([1, 5].map(sleeps)).return_when(FirstCompleted).await;
        let rest = waited.pending.iter().next().unwrap().reference();
        drop(waited);
        sleep(ms(3)).await;
        assert!(!rest.is_finished());
        sleep(ms(2)).await;
        assert!(rest.is_finished());
    });
}

/// Cancelling the rest and waiting for it again is how to end what one started.
#[test]
fn the_rest_may_be_cancelled_and_waited_for() {
    run(async {
        let waited = wait([1, 500, 600].map(sleeps)).return_when(FirstCompleted).await;
        let start = now();
        for task in &waited.pending {
            assert!(task.cancel());
        }
        let waited = wait(waited.pending).await;
        assert_eq!(now(), start);
        for task in waited.done {
            assert!(task.await.unwrap_err().is_cancelled());
        }
    });
}

// Conditions that do things ----------------------------------------------------

/// A condition's panic is the waiting task's, its children's it is not.
#[test]
fn a_panicking_condition_panics_in_the_waiting_task() {
    run(async {
        let [a, b] = [1, 3].map(sleeps);
        let child = b.reference();
        let waiting = wait([a, b]).until(|_, _| panic!("condition"));
        let error = spawn(waiting.into_future()).await.unwrap_err();
        assert_eq!(error.panic_message(), Some("condition"));
        sleep(ms(1)).await;
        assert!(!child.is_finished());
        sleep(ms(2)).await;
        assert!(child.is_finished());
    });
}

/// That holds for the main future too.
#[test]
#[should_panic(expected = "condition")]
fn a_panicking_condition_panics_in_the_main_future() {
    run(async { wait([sleeps(1)]).until(|_, _| panic!("condition")).await });
}

/// I7: a condition may cancel the very task that waits.
#[test]
fn a_condition_may_cancel_the_waiting_task() {
    for met in [false, true] {
        run(async {
            let child = sleeps(3);
            let reference = child.reference();
            let parent = spawn(async move {
                let own = current_task().unwrap();
                wait([sleeps(1), child]).until(move |_, _| own.cancel() && met).await;
            });
            assert!(parent.await.unwrap_err().is_cancelled());
            assert!(!reference.is_finished());
            sleep(ms(2)).await;
            assert!(reference.is_finished());
        });
    }
}

/// I7: a condition may drop the very wait that asks it.
#[test]
fn a_condition_may_drop_the_wait() {
    for met in [false, true] {
        run(async {
            type Shared = Rc<RefCell<Option<Pin<Box<Waiting<Task<u64>>>>>>>;
            let shared = Shared::default();
            let condition = Rc::clone(&shared);
            let waiting = wait([1, 2].map(sleeps)).until(move |_, _| {
                drop(condition.take());
                met
            });
            shared.replace(Some(Box::pin(waiting.into_future())));
            poll_fn(|cx| {
                assert!(shared.borrow_mut().as_mut().unwrap().as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            sleep(ms(3)).await;
            assert!(shared.borrow().is_none());
            assert_eq!(Rc::strong_count(&shared), 1, "the condition is gone");
        });
    }
}

/// I7: a condition may spawn, and cancel the other children.
#[test]
fn a_condition_may_spawn_and_cancel() {
    run(async {
        let tasks = [1, 5, 9].map(sleeps);
        let others: Vec<_> = tasks.iter().map(Task::reference).collect();
        let spawned = Rc::new(RefCell::new(None));
        let slot = Rc::clone(&spawned);
        let waiting = wait(tasks).until(move |progress, _| {
            for task in &others {
                assert!(task.cancel() || task.is_finished());
            }
            let before = slot.replace(Some(sleeps(2)));
            assert_eq!(before.is_some(), progress.ended > 1);
            false
        });
        let waited = waiting.await;
        assert_eq!((waited.done.len(), waited.reason), (3, Reason::Exhausted));
        assert!(waited.done[2].outcome().unwrap().unwrap_err().is_cancelled());
        let task = spawned.take().unwrap();
        assert_eq!(task.await.unwrap(), 2);
    });
}

/// I7: destructors of outcomes and conditions may do as they like, too.
#[test]
fn a_conditions_destructor_may_spawn() {
    struct Spawns;
    impl Drop for Spawns {
        fn drop(&mut self) {
            drop(spawn(async {}));
        }
    }
    run(async {
        let spawns = Spawns;
        let waiting = wait([sleeps(1)]).until(move |_, _| {
            let _: &Spawns = &spawns;
            true
        });
        assert_eq!(waiting.await.reason, Reason::Met(0));
    });
}

// Other executors ----------------------------------------------------------------

/// Misuse: tasks of an executor that isn't running.
#[test]
fn children_of_another_executor_are_an_error() {
    let other = Executor::new();
    let task = other.spawn(async {});
    let message = panic_of(|| run(async { wait([task]).await }));
    assert!(message.contains("inside that executor's `block_on`"), "{message}");
}

/// Misuse: tasks of two executors.
#[test]
fn children_of_two_executors_are_an_error() {
    let other = Executor::new();
    let task = other.spawn(async { 0 });
    let message = panic_of(|| run(async { wait([sleeps(1), task]).await }));
    assert!(message.contains("tasks of one executor only"), "{message}");
}

/// F21: a wait goes on where it was when its executor runs again.
#[test]
fn a_wait_outlives_a_run_of_its_executor() {
    let executor = virtual_executor();
    let waiting = executor.block_on(async {
        let waiting = spawn(wait([sleeps(5)]).into_future());
        sleep(ms(1)).await;
        waiting
    });
    let waited = executor.block_on(async { waiting.await.unwrap() });
    assert_eq!(waited.reason, Reason::Met(0));
}

// A model ------------------------------------------------------------------------

#[derive(Clone, Copy, PartialEq, Debug)]
enum End {
    Succeeds,
    Fails,
    Cancelled,
}

#[derive(Clone, Copy, Debug)]
enum Until {
    All,
    First,
    Exception,
    Success,
    Completions(usize),
    Successes(usize),
}

/// One wait: its condition, its timeout, and for how long its parent then does
/// something else.
#[derive(Clone, Copy, Debug)]
struct Round {
    until: Until,
    timeout: Option<u64>,
    pause: u64,
}

/// A sixteenth of a millisecond. Each timeout and pause is that much longer
/// than whole milliseconds, so that it meets no child's end.
const SLIP: Duration = Duration::from_nanos(62_500);

fn child((time, end): (u64, End)) -> Task<Checked> {
    match end {
        End::Succeeds => succeeds(time),
        End::Fails => fails(time),
        End::Cancelled => cancelled(time),
    }
}

fn waiting(
    children: impl combinators::IntoPending<Task<Checked>>,
    round: Round,
) -> Wait<Task<Checked>> {
    let waiting = wait(children);
    let waiting = match round.until {
        Until::All => waiting,
        Until::First => waiting.return_when(FirstCompleted),
        Until::Exception => waiting.return_when(FirstException),
        Until::Success => waiting.return_when(FirstSuccess),
        Until::Completions(count) => waiting.return_when(Completions(count)),
        Until::Successes(count) => waiting.return_when(Successes(count)),
    };
    match round.timeout {
        Some(time) => waiting.timeout(ms(time) + SLIP),
        None => waiting,
    }
}

/// A child's number, when it ends, and how.
type Ending = (usize, Duration, End);

/// What a wait is to give: done and pending by number, the reason, and the time
/// when it returns. `left` is in the order of the ends.
fn model(
    left: &[Ending],
    round: Round,
    start: Duration,
) -> (Vec<usize>, Vec<usize>, Reason, Duration) {
    let count = |it: &[Ending], end| it.iter().filter(|child| child.2 == end).count();
    let enough = (1..=left.len()).find(|&ended| {
        let (seen, last) = (&left[..ended], left[ended - 1].2);
        match round.until {
            Until::All => ended == left.len(),
            Until::First => true,
            Until::Exception => last == End::Fails,
            Until::Success => last == End::Succeeds,
            Until::Completions(quorum) => ended >= quorum,
            Until::Successes(quorum) => count(seen, End::Succeeds) >= quorum,
        }
    });
    let hopeless = (1..left.len()).find(|&ended| {
        let failed = ended - count(&left[..ended], End::Succeeds);
        matches!(round.until, Until::Successes(quorum) if left.len() - failed < quorum)
    });
    let last = left[enough.or(hopeless).unwrap_or(left.len()) - 1];
    let mut reason = match (enough, hopeless) {
        (Some(_), _) => Reason::Met(last.0),
        (None, Some(_)) => Reason::Impossible(last.0),
        (None, None) => Reason::Exhausted,
    };
    let mut end = last.1.max(start);
    if let Some(timeout) = round.timeout.map(|time| start + ms(time) + SLIP)
        && timeout < end
    {
        (reason, end) = (Reason::TimedOut, timeout);
    }
    let (done, pending): (Vec<Ending>, Vec<Ending>) = left.iter().partition(|child| child.1 <= end);
    let mut pending: Vec<_> = pending.iter().map(|child| child.0).collect();
    pending.sort_unstable();
    (done.iter().map(|child| child.0).collect(), pending, reason, end)
}

async fn check(children: Vec<(u64, End)>, rounds: Vec<Round>) {
    let start = now();
    let tasks: Vec<_> = children.iter().copied().map(child).collect();
    let ids: Vec<_> = tasks.iter().map(Task::id).collect();
    let number = |task: &Task<Checked>| ids.iter().position(|id| *id == task.id()).unwrap();
    let ending = |(number, &(time, end)): (_, &(u64, _))| (number, ms(time), end);
    let mut left: Vec<Ending> = children.iter().enumerate().map(ending).collect();
    // A cancelled child takes a turn more to end.
    left.sort_by_key(|&(number, time, end)| (time, end == End::Cancelled, number));
    let mut rounds = rounds.into_iter();
    let mut next = rounds.next().map(|round| (waiting(tasks, round), round));
    while let Some((waiting, round)) = next.take() {
        let (done, pending, reason, end) = model(&left, round, now() - start);
        let waited = waiting.await;
        assert_eq!(waited.done.iter().map(number).collect::<Vec<_>>(), done, "done");
        assert_eq!(waited.pending.iter().map(number).collect::<Vec<_>>(), pending, "pending");
        assert_eq!((waited.reason, now() - start), (reason, end));
        left.retain(|child| !done.contains(&child.0));
        if round.pause > 0 {
            sleep(ms(round.pause) + SLIP).await;
        }
        if !left.is_empty() {
            next = rounds.next().map(|round| (self::waiting(waited.pending, round), round));
        }
    }
}

fn ends() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Succeeds), Just(End::Fails), Just(End::Cancelled)]
}

fn rounds() -> impl Strategy<Value = Round> {
    let until = prop_oneof![
        Just(Until::All),
        Just(Until::First),
        Just(Until::Exception),
        Just(Until::Success),
        (1..6_usize).prop_map(Until::Completions),
        (1..6_usize).prop_map(Until::Successes),
    ];
    (until, prop::option::of(1..8_u64), 0..4_u64).prop_map(|(until, timeout, pause)| Round {
        until,
        timeout,
        pause,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// F53, F57 to F62: whatever ends when, and whatever is waited for, round
    /// after round.
    #[test]
    fn wait_gives_what_a_simple_model_says(
        children in prop::collection::vec((0..12_u64, ends()), 1..12),
        rounds in prop::collection::vec(rounds(), 1..6),
    ) {
        run(check(children, rounds));
    }
}

/// F62: a child that ends in the turn in which a wait resumes for its timeout is done, and
/// nobody is woken for it any more, as long as the rest may be kept.
#[test]
fn a_wait_whose_time_is_up_wakes_nobody_for_a_child_that_ends_then() {
    run(async {
        let child = spawn(sleep(ms(1)));
        yield_now().await;
        let waited = wait([child]).timeout(ms(1)).await;
        assert_eq!((waited.reason, waited.done.len()), (Reason::TimedOut, 1));
        let (mut polls, mut later) = (0, sleep(ms(5)));
        poll_fn(|cx| {
            polls += 1;
            Pin::new(&mut later).poll(cx)
        })
        .await;
        assert_eq!(polls, 2);
        drop(waited.pending);
    });
}
