//! `timeout`, `timeout_at`, `Timeout` and `wait_for` (facts F87 to F112).
//!
//! What asyncio does too is in `tests/asyncio/specification/timeout.py`, which `CPython` checks: in
//! which turn a future is cancelled, what counts for more, which of two limits elapses. Here is
//! what that language can't say: clones of a limit, instants, panics, limits that are given up,
//! moved or side by side.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::{Duration, Instant};

use combinators::{
    Elapsed, NotRunning, Timeout, WaitForError, as_completed, gather, shield, task_group, timeout,
    timeout_at, wait, wait_for,
};
use executor::{
    Alarm, JoinError, Next, Task, catch_cancel, current_task, end_as_cancelled, now, sleep, spawn,
    yield_now,
};
use futures_lite::future::{or, poll_once, zip};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use wheelhouse_tests::{
    Counting, Gate, HOUR, Lent, Trace, cancel_self, cancelling, cleaner, cleans_up, is_cancelled,
    is_caught, manual_executor, ms, next_when_stalled, panic_of, run, run_until_stalled, sleeps,
    turns, virtual_executor,
};

/// The reason why a task has no value of its own.
fn join_error<V, E>(result: Result<V, WaitForError<E>>) -> JoinError {
    match result {
        Err(WaitForError::Join(error)) => error,
        _ => panic!("it has ended by itself"),
    }
}

// In time ------------------------------------------------------------------------

/// F88: what is done in time gives its value, or its failure; no timer is left.
#[test]
fn a_future_that_is_in_time_gives_its_value() {
    let executor = virtual_executor();
    executor.block_on(async {
        let start = now();
        assert_eq!(timeout(HOUR, sleeps(2)).await, Ok(2));
        assert_eq!(timeout_at(start + HOUR, sleeps(2)).await, Ok(2));
        assert_eq!(Timeout::never().run(sleeps(2)).await, Ok(2));
        assert_eq!(timeout(HOUR, async { Err::<(), _>("failed") }).await, Ok(Err("failed")));
        assert_eq!(timeout(HOUR, spawn(sleeps(2))).await.unwrap().unwrap(), 2);
        assert_eq!(wait_for(spawn(sleeps(2)), HOUR).await.unwrap(), 2);
        assert_eq!(wait_for(sleeps(2), HOUR).await.unwrap(), 2);
        assert_eq!(now() - start, ms(12));
    });
    assert_eq!(next_when_stalled(&executor), Next::Woken);
}

/// F87: the future is a part of the task that runs it.
#[test]
fn a_future_under_a_limit_is_a_part_of_its_task() {
    run(async {
        let own = current_task().unwrap().id();
        let inside = timeout(HOUR, async { current_task().unwrap().id() });
        assert_eq!(inside.await, Ok(own));
    });
}

/// F88, F101: what never has to wait is in time, with no time at all too.
#[test]
fn a_future_that_does_not_wait_is_in_time() {
    run(async {
        assert_eq!(timeout(Duration::ZERO, async { 7 }).await, Ok(7));
        assert_eq!(timeout_at(now(), async { 7 }).await, Ok(7));
        let ended = spawn(async { 7 });
        yield_now().await;
        assert_eq!(timeout(Duration::ZERO, ended).await.unwrap().unwrap(), 7);
        turns(3).await;
        assert_eq!(cancelling(), 0);
    });
}

// The time is up -----------------------------------------------------------------

/// F108, F110: a future that catches the cancellation goes on, for as long as it
/// likes, and its value is what counts. The limit has expired all the same.
#[test]
fn a_future_that_catches_the_cancellation_is_in_time() {
    run(async {
        let limit = Timeout::after(ms(5));
        let (inside, after) = (limit.clone(), limit.clone());
        let value = limit.run(async move {
            assert!(is_caught(sleep(ms(9))).await);
            assert!(inside.expired());
            assert_eq!(cancelling(), 1, "the limit's request counts as long as it runs");
            sleeps(2).await
        });
        assert_eq!(value.await, Ok(2));
        assert!(after.expired());
        assert_eq!(cancelling(), 0);
    });
}

/// F41, F96: what is ready, but has not resumed when the time is up, is late, although it was set
/// before the limit.
#[test]
fn a_future_that_was_set_before_the_limit_is_late_at_that_instant() {
    run(async {
        let mut earlier = sleep(ms(5));
        assert_eq!(poll_once(&mut earlier).await, None);
        assert_eq!(timeout(ms(5), &mut earlier).await, Err(Elapsed));
        assert_eq!(poll_once(earlier).await, Some(()), "it was ready");
    });
}

/// F41: a task that would have gone on at the instant of its limit is cancelled instead.
#[test]
fn a_task_that_would_end_at_the_instant_of_its_limit_is_cancelled() {
    run(async {
        let earlier = spawn(sleeps(5)).shared();
        turns(1).await;
        assert!(wait_for(earlier.clone(), ms(5)).await.unwrap_err().is_elapsed());
        assert!(earlier.is_cancelled());
    });
}

/// F41, F96: the value is lost, unless another handle has it.
#[test]
fn a_task_that_has_ended_at_the_instant_of_its_limit_is_late() {
    let (executor, gate) = (manual_executor(), Gate::new());
    let until = gate.clone();
    let task = executor.spawn(async move { until.wait().await }).shared();
    let waiting = executor.spawn(wait_for(task.clone(), ms(5)));
    run_until_stalled(&executor);
    gate.open();
    executor.advance(ms(5));
    run_until_stalled(&executor);
    assert!(waiting.peek(|it| it.as_ref().unwrap().as_ref().unwrap_err().is_elapsed()).unwrap());
    task.outcome().expect("it has ended").expect("and returned");
}

/// F78, F82, F99: children of a gather are cancelled, and it is late whatever they
/// do about it.
#[test]
fn the_children_of_a_gather_are_cancelled() {
    run(async {
        let start = now();
        let children = [spawn(sleep(HOUR)), cleaner("cleaner", 2)];
        let references = children.each_ref().map(Task::reference);
        assert_eq!(timeout(ms(5), gather(children)).await.err(), Some(Elapsed));
        assert!(references[0].is_finished() && !references[1].is_finished());
        let swallows = || async { drop(cleans_up("swallows", 1).await) };
        let gathered = gather([swallows(), swallows()]).return_exceptions();
        assert_eq!(timeout(ms(5), gathered).await.err(), Some(Elapsed));
        assert_eq!((now() - start, cancelling()), (ms(10), 0));
    });
}

/// F121: a shielded task runs on.
#[test]
fn a_shielded_task_runs_on() {
    run(async {
        let task = spawn(sleeps(7)).shared();
        assert_eq!(timeout(ms(5), shield(task.clone())).await.err(), Some(Elapsed));
        assert!(wait_for(shield(task.clone()), Duration::ZERO).await.unwrap_err().is_elapsed());
        assert_eq!(task.reference().cancelling(), 0);
        assert_eq!(task.await.unwrap(), 7);
    });
}

/// An error of the future's own is no business of the limit's, nor is a panic.
#[test]
fn a_panic_under_a_limit_is_the_tasks() {
    run(async {
        let task = spawn(timeout(HOUR, async { panic!("on purpose") }));
        assert_eq!(task.await.err().unwrap().panic_message(), Some("on purpose"));
        let late = Counting::forever().on_drop(|| panic!("in the destructor"));
        let counts = late.counts();
        let task = spawn(timeout(ms(5), late));
        let error = task.await.err().unwrap();
        assert_eq!(error.panic_message(), Some("in the destructor"));
        counts.assert(1, 1, 0);
    });
}

// Limits within limits -----------------------------------------------------------

/// F41, F96, F104: late is late, even if something is ready that would have kept
/// the inner one from being asked.
#[test]
fn limits_that_are_up_together_are_late_though_something_else_is_ready() {
    run(async {
        let task = spawn(async {
            let inner = async { assert!(timeout(ms(5), sleep(HOUR)).await.is_err()) };
            let result = timeout(ms(5), or(sleep(ms(5)), inner)).await;
            turns(3).await;
            (result, cancelling())
        });
        assert_eq!(task.await.ok(), Some((Err(Elapsed), 0)));
    });
}

/// F104: through any depth, and whichever is first.
#[test]
fn limits_nest_to_any_depth() {
    fn nested(limits: Vec<u64>) -> Pin<Box<dyn Future<Output = Vec<u64>>>> {
        Box::pin(async move {
            let [limit, within @ ..] = &limits[..] else {
                pending::<()>().await;
                return Vec::new();
            };
            match timeout(ms(*limit), nested(within.to_vec())).await {
                Ok(elapsed) => elapsed,
                Err(Elapsed) => vec![*limit],
            }
        })
    }
    run(async {
        let start = now();
        for limits in [vec![5; 50], (5..55).collect(), (5..55).rev().collect()] {
            assert_eq!(nested(limits).await, [5]);
        }
        assert_eq!((now() - start, cancelling()), (ms(15), 0));
    });
}

// Other cancellations ------------------------------------------------------------

/// F98, F106: a cancellation in the turn in which the time is up counts for more, whether it comes
/// before the time or after it.
#[test]
fn a_cancellation_in_the_turn_of_the_time_counts_for_more() {
    for cancel_after in [false, true] {
        run(async {
            let task = Rc::new(RefCell::new(None::<Task<Result<(), Elapsed>>>));
            let victim = Rc::clone(&task);
            let cancel = move || assert!(victim.borrow().as_ref().unwrap().cancel());
            let mut alarm = None;
            if !cancel_after {
                alarm = Some(Alarm::after(ms(5), cancel.clone()));
            }
            task.replace(Some(spawn(timeout(ms(5), sleep(ms(9))))));
            yield_now().await;
            if cancel_after {
                alarm = Some(Alarm::after(ms(5), cancel));
            }
            sleep(ms(6)).await;
            let task = task.take().unwrap();
            assert!(is_cancelled(&task));
            assert_eq!(task.reference().cancelling(), 1);
            drop(alarm);
        });
    }
}

/// F107: a cancellation that was swallowed before is over, even if it wasn't taken back.
#[test]
fn a_cancellation_that_was_swallowed_before_does_not_count() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(sleep(HOUR)).await);
            let result = timeout(ms(2), sleep(HOUR)).await;
            (result, cancelling())
        });
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), (Err(Elapsed), 1));
    });
}

/// F106, F107: a cancellation that is swallowed within the limit is over too; the limit goes on.
#[test]
fn a_cancellation_that_is_swallowed_within_leaves_the_limit_running() {
    run(async {
        let task = spawn(timeout(ms(5), async {
            assert!(is_caught(sleep(HOUR)).await);
            is_caught(sleep(HOUR)).await
        }));
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), Ok(true));
    });
}

/// F43: a task that cancels itself under a limit.
#[test]
fn a_task_may_cancel_itself_under_a_limit() {
    run(async {
        let task = spawn(timeout(ms(5), async {
            cancel_self();
            sleep(ms(1)).await;
        }));
        assert!(task.await.unwrap_err().is_cancelled());
        let caught = spawn(catch_cancel(timeout(ms(5), async {
            cancel_self();
            sleep(ms(1)).await;
        })));
        assert!(caught.await.unwrap().is_err());
    });
}

// wait_for -----------------------------------------------------------------------

/// F97: a task that somebody else cancels isn't late; it is cancelled.
#[test]
fn a_task_that_somebody_else_cancels_is_not_late() {
    run(async {
        let a = spawn(sleep(HOUR));
        let reference = a.reference();
        let task = spawn(async { (wait_for(a, ms(9)).await, cancelling()) });
        turns(2).await;
        reference.cancel();
        let (outcome, count) = task.await.unwrap();
        assert!(join_error(outcome).is_cancelled());
        assert_eq!(count, 0);
    });
}

/// F97: a task that was cancelled before is cancelled, and not late, with or without time.
#[test]
fn a_task_that_was_cancelled_before_is_not_late() {
    run(async {
        for limit in [ms(9), Duration::ZERO] {
            let task = spawn(sleep(HOUR));
            task.cancel();
            yield_now().await;
            assert!(join_error(wait_for(task, limit).await).is_cancelled());
        }
    });
}

/// A panic of the task is its outcome; in a destructor too.
#[test]
fn wait_for_gives_the_panic_of_the_task() {
    run(async {
        let panics: Task<()> = spawn(async { panic!("on purpose") });
        let error = join_error(wait_for(panics, ms(5)).await);
        assert_eq!(error.panic_message(), Some("on purpose"));
        let fragile = || spawn(Counting::forever().on_drop(|| panic!("in the destructor")));
        for limit in [ms(5), Duration::ZERO] {
            let task = fragile();
            yield_now().await;
            let error = join_error(wait_for(task, limit).await);
            assert_eq!(error.panic_message(), Some("in the destructor"));
        }
    });
}

/// One result: a value, or the reason why there is none, with that one's own text.
#[test]
fn wait_for_gives_a_value_or_the_reason_why_there_is_none() {
    run(async {
        let number = |text: &'static str| async move { text.parse::<u8>() };
        let parse = async |text| Ok::<_, Box<dyn Error>>(wait_for(number(text), ms(5)).await?);
        assert_eq!(parse("7").await.unwrap(), 7);
        assert_eq!(parse("seven").await.unwrap_err().to_string(), "invalid digit found in string");
        let late = wait_for(sleep(HOUR), ms(5)).await.unwrap_err();
        assert!(late.is_elapsed());
        assert_eq!(late.to_string(), "the time was up");
        let panics: Task<()> = spawn(async { panic!("on purpose") });
        let panicked = wait_for(panics, ms(5)).await.unwrap_err();
        assert!(!panicked.is_elapsed());
        assert!(panicked.to_string().ends_with("panicked: on purpose"));
    });
}

/// In functions that do input and output, `?` gives an error of these.
#[test]
fn wait_for_fails_as_input_and_output_do() {
    run(async {
        let read = |time| async move {
            sleep(time).await;
            assert!(time > ms(1), "on purpose");
            Err::<(), io::Error>(io::ErrorKind::ConnectionReset.into())
        };
        let reads = async |time| Ok::<_, io::Error>(wait_for(read(time), ms(5)).await?);
        let kind_of = async |time| reads(time).await.unwrap_err().kind();
        assert_eq!(kind_of(HOUR).await, io::ErrorKind::TimedOut);
        assert_eq!(kind_of(ms(2)).await, io::ErrorKind::ConnectionReset);
        assert_eq!(kind_of(ms(1)).await, io::ErrorKind::Other);
    });
}

/// Dropping it cancels the task, as dropping its await does.
#[test]
fn dropping_a_wait_for_cancels_the_task() {
    run(async {
        let task = spawn(sleep(HOUR));
        let reference = task.reference();
        or(async { drop(wait_for(task, HOUR).await) }, turns(2)).await;
        turns(1).await;
        assert!(reference.is_finished());
        let shared = spawn(sleeps(9)).shared();
        or(async { drop(wait_for(shared.clone(), HOUR).await) }, turns(2)).await;
        assert_eq!(shared.await.unwrap(), 9, "a shared task runs on");
    });
}

// No limit -----------------------------------------------------------------------

/// `None` is no limit, wherever there may be one; an `Option` may be given as well.
#[test]
fn none_is_no_limit() {
    run(async {
        let start = now();
        assert_eq!(timeout(None, sleeps(2)).await, Ok(2));
        assert_eq!(timeout_at(None, sleeps(2)).await, Ok(2));
        assert_eq!(wait_for(sleeps(2), None).await.unwrap(), 2);
        let children = || [1, 2].map(|time| spawn(sleeps(time)));
        assert_eq!(wait(children()).timeout(ms(1)).timeout(None).await.done.len(), 2);
        assert_eq!(wait(children()).timeout_at(None).await.done.len(), 2);
        for limit in [None, Some(ms(1))] {
            let mut completed = as_completed([3, 4].map(sleeps)).timeout(ms(2)).timeout(limit);
            let mut count = 0;
            while completed.next().await.is_some() {
                count += 1;
            }
            assert_eq!(
                (count, completed.timed_out()),
                (2 * usize::from(limit.is_none()), limit.is_some())
            );
            assert_eq!(timeout(limit, sleeps(2)).await.ok(), limit.map_or(Some(2), |_| None));
        }
        assert!(now() < start + HOUR);
    });
}

// The limit while it runs --------------------------------------------------------

/// It is known once the time counts.
#[test]
fn when_the_time_is_up_can_be_asked() {
    run(async {
        let when = |timeout: Timeout| async move {
            let before = timeout.when();
            let (own, start) = (timeout.clone(), now());
            let running = timeout.run(async move {
                let begun = own.when();
                let moved = own.reschedule(Some(start + ms(9))).map(|()| own.when());
                (begun, moved.unwrap())
            });
            let (begun, moved) = running.await.unwrap();
            [before, begun, moved].map(|it| it.map(|it: Instant| it - start))
        };
        assert_eq!(when(Timeout::never()).await, [None, None, Some(ms(9))]);
        assert_eq!(when(Timeout::after(ms(5))).await, [None, Some(ms(5)), Some(ms(9))]);
        assert_eq!(when(Timeout::at(now() + ms(5))).await, [Some(ms(5)), Some(ms(5)), Some(ms(9))]);
        assert_eq!(when(Timeout::after(Duration::MAX)).await, [None, None, Some(ms(9))]);
    });
}

/// F103, F110, F111: a limit has a life of its own, seen by its clones.
#[test]
fn a_limit_is_created_runs_and_is_over() {
    run(async {
        let limit = Timeout::after(ms(5));
        let clone = limit.clone();
        let error = clone.reschedule(None).unwrap_err();
        assert!(error.to_string().contains("when it hasn't begun to run"), "{error}");
        let inside = limit.clone();
        let value = limit.run(async move {
            assert!(!inside.expired());
            inside.reschedule(Some(now() + ms(7))).unwrap();
            sleeps(6).await
        });
        assert_eq!(value.await, Ok(6));
        assert!(!clone.expired());
        let error: Box<dyn Error + Send + Sync> = clone.reschedule(None).unwrap_err().into();
        assert!(error.to_string().contains("when it is over"), "{error}");
        assert!(error.to_string().contains("do so while its future runs"), "{error}");
    });
}

/// F111: a limit isn't moved when it has expired, or is about to.
#[test]
fn a_limit_that_has_expired_is_not_moved() {
    fn refused(result: Result<(), NotRunning>) -> bool {
        result.is_err_and(|error| error.to_string().contains("when it has expired"))
    }
    run(async {
        let limit = Timeout::after(ms(5));
        let (inside, clone) = (limit.clone(), limit.clone());
        let result = limit.run(async move {
            assert!(is_caught(sleep(HOUR)).await);
            refused(inside.reschedule(Some(now() + ms(5))))
        });
        assert_eq!(result.await, Ok(true));
        assert!(clone.expired() && refused(clone.reschedule(None)));
        let limit = Timeout::after(ms(5));
        let clone = limit.clone();
        let join = spawn(limit.run(cleaner("inner", 3)));
        sleep(ms(5)).await;
        turns(1).await;
        assert!(clone.expired() && refused(clone.reschedule(None)));
        assert_eq!(join.await.unwrap().err(), Some(Elapsed));
    });
}

/// F102, F111: later, earlier, off, and on again; to the past means next turn.
#[test]
fn a_limit_may_be_moved_while_it_runs() {
    run(async {
        let moved = |limit: Timeout, moves: Vec<(u64, Option<u64>)>| async move {
            let (start, inside) = (now(), limit.clone());
            let moving = async move {
                for (at, deadline) in moves {
                    executor::sleep_until(start + ms(at)).await;
                    inside.reschedule(deadline.map(|it| start + ms(it))).unwrap();
                }
                sleep(HOUR).await;
            };
            assert_eq!(limit.run(moving).await, Err(Elapsed));
            (now() - start).as_millis()
        };
        assert_eq!(moved(Timeout::after(ms(5)), vec![(1, Some(9))]).await, 9);
        assert_eq!(moved(Timeout::after(ms(5)), vec![(1, Some(3))]).await, 3);
        assert_eq!(moved(Timeout::after(ms(5)), vec![(2, None), (9, Some(11))]).await, 11);
        assert_eq!(moved(Timeout::never(), vec![(2, Some(1))]).await, 2);
        assert_eq!(moved(Timeout::after(ms(9)), vec![(1, Some(2)), (1, Some(3))]).await, 3);
    });
}

/// F5: a limit that is moved is set anew, among others of that instant.
#[test]
fn a_limit_that_is_moved_is_set_anew() {
    run(async {
        let (start, limits) = (now(), [(); 2].map(|()| Timeout::after(ms(5))));
        let trace = Trace::new();
        let [a, b] = limits.clone();
        let (first, second) = (trace.clone(), trace.clone());
        drop(spawn(async move {
            a.run(sleep(HOUR)).await.unwrap_err();
            first.push("first");
        }));
        drop(spawn(async move {
            b.run(sleep(HOUR)).await.unwrap_err();
            second.push("second");
        }));
        sleep(ms(1)).await;
        limits[0].reschedule(Some(start + ms(5))).unwrap();
        sleep(ms(9)).await;
        trace.assert(&["second", "first"]);
    });
}

/// F103: in asyncio it counts from the call; here a limit is made before it is awaited.
/// That of `timeout_at` counts from neither.
#[test]
fn the_time_counts_from_the_first_poll() {
    run(async {
        let start = now();
        let (after, at) = (timeout(ms(5), sleep(HOUR)), timeout_at(start + ms(5), sleep(HOUR)));
        sleep(ms(3)).await;
        at.await.unwrap_err();
        assert_eq!(now() - start, ms(5));
        after.await.unwrap_err();
        assert_eq!(now() - start, ms(10));
        timeout_at(start, sleep(HOUR)).await.unwrap_err();
        assert_eq!(now() - start, ms(10));
    });
}

/// F2: a future that ends in the turn in which the time is up, but before, is in
/// time: nobody is cancelled.
#[test]
fn a_limit_that_is_over_cancels_nobody() {
    for turn_count in 0..9 {
        let (executor, gate) = (virtual_executor(), Gate::new());
        let (limit, until) = (Timeout::after(ms(5)), gate.clone());
        let clone = limit.clone();
        let task = executor.spawn(async move {
            let in_time = limit.run(until.wait()).await.is_ok();
            turns(3).await;
            (in_time, cancelling())
        });
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        let expired = clone.expired();
        gate.open();
        run_until_stalled(&executor);
        assert_eq!(task.outcome().unwrap().ok(), Some((!expired, 0)), "after {turn_count} turns");
        assert_eq!(clone.expired(), expired);
    }
}

/// F2, F111: one that is moved in that turn hasn't expired either.
#[test]
fn a_limit_that_is_moved_in_time_does_not_expire() {
    for turn_count in 0..9 {
        let (executor, gate) = (virtual_executor(), Gate::new());
        let (limit, until) = (Timeout::after(ms(5)), gate.clone());
        let (moving, clone) = (limit.clone(), limit.clone());
        let task = executor.spawn(limit.run(async move {
            until.wait().await;
            moving.reschedule(None).unwrap();
            turns(3).await;
        }));
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        let in_time = !clone.expired();
        gate.open();
        run_until_stalled(&executor);
        let result = task.outcome().unwrap().unwrap();
        assert_eq!(result.is_ok(), in_time, "after {turn_count} turns");
    }
}

// Dropped, or side by side -------------------------------------------------------

/// A limit that is given up drops its future, and nothing comes of it later.
#[test]
fn a_limit_that_is_given_up_cancels_nobody() {
    run(async {
        let limit = Timeout::after(ms(5));
        let (clone, future) = (limit.clone(), Counting::forever());
        let counts = future.counts();
        let task = spawn(async {
            or(async { drop(limit.run(future).await) }, sleep(ms(2))).await;
            sleep(ms(9)).await;
            cancelling()
        });
        sleep(ms(3)).await;
        counts.assert(2, 1, 0);
        assert_eq!(task.await.unwrap(), 0);
        assert!(!clone.expired());
        assert!(clone.reschedule(None).unwrap_err().to_string().contains("is over"));
    });
}

/// Nothing comes of it either if the time was up already, but the task hadn't heard of it.
#[test]
fn a_limit_that_is_given_up_when_the_time_is_up_takes_its_cancellation_back() {
    run(async {
        let task = spawn(async {
            let limited = async { timeout(ms(5), sleep(HOUR)).await.unwrap_err() };
            or(sleep(ms(5)), async { assert_eq!(limited.await, Elapsed) }).await;
            turns(2).await;
            cancelling()
        });
        assert_eq!(task.await.ok(), Some(0));
    });
}

/// Nothing comes of it either if it waits for a task to clean up.
#[test]
fn a_limit_that_is_given_up_while_a_task_cleans_up_takes_its_cancellation_back() {
    run(async {
        let task = spawn(async {
            let cleaner = cleaner("inner", 5);
            let limited = async { drop(timeout(ms(5), cleaner).await) };
            let later = async {
                sleep(ms(5)).await;
                turns(2).await;
            };
            or(limited, later).await;
            turns(2).await;
            cancelling()
        });
        assert_eq!(task.await.ok(), Some(0));
    });
}

/// If what it limits is ready another way meanwhile, it is in time.
#[test]
fn a_limit_that_is_met_while_a_task_cleans_up_takes_its_cancellation_back() {
    run(async {
        let task = spawn(async {
            let cleaner = cleaner("inner", 5);
            let future = or(async { drop(cleaner.await) }, sleep(ms(5)));
            let result = timeout(ms(5), future).await;
            turns(2).await;
            (result, cancelling())
        });
        assert_eq!(task.await.ok(), Some((Ok(()), 0)));
    });
}

/// Two limits side by side in one task: each is its own.
#[test]
fn limits_side_by_side_elapse_each_for_itself() {
    run(async {
        let start = now();
        for limits in [[5, 7], [7, 5], [5, 5]] {
            let [a, b] = limits.map(|limit| timeout(ms(limit), sleep(ms(9))));
            let task = spawn(zip(a, b));
            assert_eq!(task.await.ok(), Some((Err(Elapsed), Err(Elapsed))), "{limits:?}");
        }
        assert_eq!(now() - start, ms(19));
    });
}

/// Futures beside a limit go on when it elapses.
#[test]
fn what_is_beside_a_limit_goes_on() {
    run(async {
        let task = spawn(zip(sleeps(9), timeout(ms(5), sleeps(7))));
        assert_eq!(task.await.ok(), Some((9, Err(Elapsed))));
        let task = spawn(zip(catch_cancel(sleeps(9)), timeout(ms(5), sleeps(7))));
        let (scope, limited) = task.await.unwrap();
        assert_eq!((scope.ok(), limited), (Some(9), Err(Elapsed)));
    });
}

/// A collection of limits may poll only those that were woken.
#[test]
fn limits_in_a_collection_elapse_each_for_itself() {
    async fn all() -> Vec<Result<u64, Elapsed>> {
        let limited = (1..=6).map(|time| timeout(ms(4), sleeps(time)));
        limited.collect::<FuturesUnordered<_>>().collect().await
    }
    let late = || Err(Elapsed);
    let expected = [Ok(1), Ok(2), Ok(3), late(), late(), late()];
    assert_eq!(run(async { spawn(all()).await.ok() }), Some(expected.into()));
    assert_eq!(run(all()), expected);
}

/// The task that polled last is the one that is cancelled.
#[test]
fn a_limit_may_move_from_task_to_task() {
    run(async {
        let mut limited = Box::pin(timeout(ms(5), sleep(HOUR)));
        let shelf = Rc::new(RefCell::new(None));
        let on_shelf = Rc::clone(&shelf);
        let first = spawn(async move {
            assert!(poll_once(&mut limited).await.is_none());
            on_shelf.replace(Some(limited));
            sleeps(9).await
        });
        yield_now().await;
        let second = spawn(shelf.take().unwrap());
        assert_eq!(first.await.ok(), Some(9));
        assert_eq!(second.await.ok(), Some(Err(Elapsed)));
    });
}

/// A limit that begins in one task and goes on in another counts the cancellations of that one:
/// what was swallowed there before is over.
#[test]
fn a_limit_may_move_to_a_task_that_was_cancelled_before() {
    run(async {
        let lent = Lent::new(timeout(ms(5), sleep(HOUR)));
        let first = spawn(Rc::clone(&lent).polled());
        let second = spawn(async move {
            assert!(is_caught(sleep(HOUR)).await);
            (lent.polled().await, cancelling())
        });
        turns(2).await;
        second.cancel();
        assert_eq!(second.await.unwrap(), (Err(Elapsed), 1));
        assert!(!first.is_finished());
    });
}

/// So does one within another limit, which moves with it.
#[test]
fn limits_within_each_other_may_move_to_a_task_that_was_cancelled_before() {
    run(async {
        let lent = Lent::new(timeout(HOUR, async { timeout(ms(5), sleep(HOUR)).await }));
        let _first = spawn(Rc::clone(&lent).polled());
        let second = spawn(async move {
            assert!(is_caught(sleep(HOUR)).await);
            lent.polled().await
        });
        turns(2).await;
        second.cancel();
        assert_eq!(second.await.unwrap(), Ok(Err(Elapsed)));
    });
}

/// One that is up as it moves takes its request along, also to what is in a scope in it,
#[test]
fn a_limit_that_is_up_as_it_moves_cancels_what_is_in_a_limit_in_it() {
    run(async {
        let lent =
            Lent::new(timeout(ms(5), async { timeout(HOUR, pending::<()>()).await.is_err() }));
        assert!(poll_once(Rc::clone(&lent).polled()).await.is_none());
        sleep(ms(10)).await;
        let start = now();
        assert_eq!(spawn(lent.polled()).await.unwrap(), Err(Elapsed));
        assert_eq!(now(), start);
    });
}

/// and to another executor.
#[test]
fn a_limit_that_is_up_as_it_moves_to_another_executor_ends_there() {
    run(async {
        let lent = Lent::new(timeout(ms(5), pending::<()>()));
        assert!(poll_once(Rc::clone(&lent).polled()).await.is_none());
        sleep(ms(10)).await;
        assert_eq!(virtual_executor().block_on(lent.polled()), Err(Elapsed));
    });
}

/// A cancellation of that one goes through.
#[test]
fn a_limit_that_has_moved_lets_a_cancellation_of_its_new_task_through() {
    run(async {
        let lent = Lent::new(timeout(ms(5), cleaner("inner", 9)));
        let _first = spawn(Rc::clone(&lent).polled());
        turns(2).await;
        let second = spawn(lent.polled());
        sleep(ms(5)).await;
        second.cancel();
        assert!(second.await.unwrap_err().is_cancelled());
    });
}

/// Spawns a task that ends as cancelled after some time, however often it is cancelled before.
fn cleans_for(time: Duration) -> Task<()> {
    spawn(async move {
        let end = now() + time;
        while now() < end {
            drop(catch_cancel(sleep(end - now())).await);
        }
        end_as_cancelled().await;
    })
}

/// If limits within each other are up and move together it is the outer one that counts, as if
/// they had stayed.
#[test]
fn limits_that_move_together_are_late_together() {
    for moves in [false, true] {
        run(async move {
            let limited = async { timeout(ms(5), cleans_for(ms(9))).await.is_ok() };
            let lent = Lent::new(timeout(ms(4), limited));
            let stays = if moves { ms(6) } else { HOUR };
            let first = or(async { Some(Rc::clone(&lent).polled().await) }, async {
                sleep(stays).await;
                None
            });
            let late = match first.await {
                Some(late) => late,
                None => spawn(Rc::clone(&lent).polled()).await.unwrap(),
            };
            assert_eq!(late, Err(Elapsed), "{moves}");
        });
    }
}

/// The cancellation that a group holds back is that of the limit around it, which moves with it.
#[test]
fn a_limit_around_a_group_that_cleans_up_moves_with_it() {
    run(async {
        let group = task_group(async |group| {
            group.spawn(async { drop(cleans_up("child", 9).await) });
            sleep(HOUR).await;
        });
        let lent = Lent::new(timeout(ms(4), async { group.await.is_ok() }));
        let first = spawn(Rc::clone(&lent).polled());
        sleep(ms(4)).await;
        turns(4).await;
        let second = spawn(lent.polled());
        assert_eq!(second.await.unwrap(), Err(Elapsed));
        assert!(!first.is_finished());
    });
}

/// I8: the end of the executor drops what is under a limit, once.
#[test]
fn an_executor_may_be_dropped_amid_limits() {
    for turn_count in 0..9 {
        let executor = virtual_executor();
        let [inline, awaited] = [0; 2].map(|_| Counting::forever());
        let counts = [inline.counts(), awaited.counts()];
        let awaited = executor.spawn(async move { drop(awaited.await) });
        let tasks = [
            executor.spawn(async move { drop(timeout(ms(5), inline).await) }),
            executor.spawn(async move { drop(timeout(ms(5), timeout(ms(5), awaited)).await) }),
        ];
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        drop(executor);
        for counts in counts {
            assert_eq!(counts.future_drops(), 1);
        }
        assert!(tasks.iter().all(Task::is_finished));
    }
}

// The main future ----------------------------------------------------------------

/// The main future has limits too.
#[test]
fn the_main_future_may_have_limits() {
    assert_eq!(run(timeout(ms(5), sleep(HOUR))), Err(Elapsed));
    assert_eq!(run(timeout(ms(5), timeout(ms(5), sleep(HOUR)))), Err(Elapsed));
    assert_eq!(run(timeout(Duration::ZERO, yield_now())), Err(Elapsed));
    let program = async {
        let slow = || async {
            drop(cleans_up("slow", 3).await);
            7
        };
        let late = timeout(ms(5), gather([slow(), slow()])).await.err();
        let in_time = wait_for(slow(), ms(5)).await.unwrap();
        (late, in_time, cancelling())
    };
    assert_eq!(run(program), (Some(Elapsed), 7, 0));
}

/// Each run of a main future has limits of its own.
#[test]
fn each_main_future_has_its_own_limits() {
    let executor = virtual_executor();
    for _ in 0..3 {
        let swallows = timeout(ms(5), async { is_caught(sleep(HOUR)).await });
        assert_eq!(executor.block_on(swallows), Ok(true));
        assert_eq!(executor.block_on(timeout(ms(5), sleep(HOUR))), Err(Elapsed));
        assert_eq!(executor.block_on(async { cancelling() }), 0);
    }
}

// Misuse -------------------------------------------------------------------------

/// F112. Misuse: one limit for two futures.
#[test]
fn running_a_limit_twice_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let limit = Timeout::after(ms(5));
            limit.clone().run(async {}).await.unwrap();
            limit.run(async {}).await
        })
    });
    assert!(message.contains("a timeout was run twice: make one for each"), "{message}");
}

/// F112. Misuse: no task to cancel.
#[test]
fn a_limit_outside_of_a_task_is_an_error() {
    let message = panic_of(|| futures_lite::future::block_on(timeout(ms(5), async {})));
    assert!(message.contains("awaited outside of a task: await it inside `block_on`"), "{message}");
    let message = panic_of(|| futures_lite::future::block_on(wait_for(sleeps(1), ms(5))).is_ok());
    assert!(message.contains("no executor runs on this thread"), "{message}");
}

/// Misuse: a task of another executor.
#[test]
fn waiting_for_a_task_of_another_executor_is_an_error() {
    let other = virtual_executor();
    for limit in [ms(5), Duration::ZERO] {
        let task = other.spawn(sleeps(1));
        let message = panic_of(|| run(wait_for(task, limit)).is_ok());
        assert!(message.contains("inside that executor's `block_on`"), "{message}");
    }
}

/// Misuse: a task that was awaited before has no outcome to give.
#[test]
fn waiting_for_a_task_whose_outcome_was_taken_is_an_error() {
    for limit in [ms(5), Duration::ZERO] {
        let message = panic_of(|| {
            run(async {
                let mut task = spawn(sleeps(1));
                (&mut task).await.unwrap();
                wait_for(task, limit).await.is_ok()
            })
        });
        let rule = ["outcome was asked for again after", "a task whose outcome had been taken"];
        assert!(rule.iter().any(|rule| message.contains(rule)), "{message}");
    }
}

/// Misuse: a limit is its executor's.
#[test]
fn moving_a_limit_from_another_executor_is_an_error() {
    let other = virtual_executor();
    let (executor, limit) = (virtual_executor(), Timeout::after(ms(5)));
    let task = executor.spawn(limit.clone().run(sleep(HOUR)));
    let _ = executor.turn();
    let moves = |deadline| panic_of(|| limit.reschedule(deadline));
    let later = Some(executor.now() + HOUR);
    let message = moves(later);
    assert!(message.contains("no executor runs on this thread"), "{message}");
    let message = other.block_on(async { moves(later) });
    assert!(message.contains("another executor than that in which its future runs"), "{message}");
    assert_eq!(executor.block_on(task).unwrap(), Err(Elapsed), "it is as it was");
}

/// It is taken away anywhere.
#[test]
fn a_limit_may_be_taken_away_between_two_runs() {
    let (executor, limit) = (virtual_executor(), Timeout::after(ms(5)));
    let task = executor.spawn(limit.clone().run(sleeps(9)));
    let _ = executor.turn();
    limit.reschedule(None).unwrap();
    assert_eq!(executor.block_on(task).unwrap(), Ok(9));
}

/// What a log shows.
#[test]
fn limits_can_be_printed() {
    run(async {
        let limit = Timeout::after(ms(5));
        let clone = limit.clone();
        assert_eq!(format!("{limit:?}"), "Timeout(Created)");
        let mut running = pin!(limit.run(cleaner("inner", 2)));
        assert!(poll_once(running.as_mut()).await.is_none());
        assert_eq!(format!("{clone:?}"), "Timeout(Running)");
        assert_eq!(running.await.err(), Some(Elapsed));
        assert_eq!(format!("{clone:?}"), "Timeout(Expired)");
        let error: Box<dyn Error + Send + Sync> = Elapsed.into();
        assert_eq!(
            (error.to_string(), format!("{error:?}")),
            ("the time was up".into(), "Elapsed".into())
        );
        assert_eq!(format!("{:?}", clone.reschedule(None)), "Err(NotRunning(Expired))");
    });
}

/// A future that is ready is ready, though it was woken by the alarm's turn.
#[test]
fn polls_for_the_sake_of_others_do_not_disturb_a_limit() {
    run(async {
        let mut polls = 0;
        let mut limited = pin!(timeout(ms(5), sleep(HOUR)));
        let beside = poll_fn(|cx| {
            polls += 1;
            if polls < 20 {
                cx.waker().wake_by_ref();
            }
            limited.as_mut().poll(cx)
        });
        assert_eq!(beside.await, Err(Elapsed));
        assert!(matches!(polls, 20..=22), "{polls} polls");
    });
}

/// F101: an instant that has passed is no time at all. No timer is set, and the time is
/// up in the order of all that is queued: before the turn of who comes after.
#[test]
fn an_instant_that_has_passed_is_no_time_at_all() {
    run(async {
        let past = now().checked_sub(ms(1)).unwrap();
        for limit in [Timeout::after(Duration::ZERO), Timeout::at(now()), Timeout::at(past)] {
            let turns = Rc::new(Cell::new(0));
            let counted = Rc::clone(&turns);
            let limited = spawn(async move {
                assert_eq!(limit.run(pending::<()>()).await, Err(Elapsed));
                counted.get()
            });
            let ticker = spawn(async move {
                loop {
                    turns.set(turns.get() + 1);
                    yield_now().await;
                }
            });
            assert_eq!(limited.await.unwrap(), 2);
            ticker.cancel();
        }
    });
}
