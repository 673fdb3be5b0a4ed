//! Scopes that catch cancellations, and the count of them (facts F37 to F52).
//!
//! Lines of a trace are what the same program writes in asyncio of `CPython` 3.13.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::iter::once;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use combinators::{gather, task_group, timeout};
use executor::{
    Alarm, Cancelled, JoinError, Scope, Task, TaskRef, catch_cancel, current_task,
    end_as_cancelled, now, sleep, spawn, yield_now,
};
use futures_lite::future::{or, poll_once, zip};
use futures_util::future::join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use wheelhouse_tests::{
    Counting, Gate, HOUR, Lent, Trace, cancel_self, cancelling, cleaner, cleans_up, end_of, ends,
    guarded, is_cancelled, is_caught, ms, panic_of, requests, run, run_until_stalled, say, sleeps,
    trace, turns, unless_dropped, virtual_executor,
};

// Scopes -------------------------------------------------------------------------

/// F37, F47: a scope catches in the next turn; the task goes on.
#[test]
fn a_scope_catches_next_turn() {
    let program = async {
        let task = spawn(async {
            assert!(is_caught(guarded("inner", sleep(HOUR))).await);
            say("task catches");
            ends("task", 3).await
        });
        turns(1).await;
        say("main cancels");
        task.cancel();
        say(format!("main has {:?}", task.await.unwrap()));
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 inner cancelled",
        "0+1 task catches",
        "0+3 task ends",
        "0+4 main has \"task\"",
    ]);
}

/// I3: a cancellation that was passed on to a scope which was given up isn't taken for one of
/// the next scope in its place.
#[test]
fn a_cancellation_is_not_lost_to_the_next_scope_in_the_place() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let task = spawn(async move {
            or(until.wait(), async { drop(catch_cancel(pending::<()>()).await) }).await;
            is_caught(pending::<()>()).await
        });
        turns(1).await;
        task.cancel();
        gate.open();
        assert!(task.await.unwrap());
    });
}

/// A scope that has nothing to catch gives what the future gives.
#[test]
fn a_scope_gives_what_its_future_does() {
    run(async {
        assert_eq!(catch_cancel(sleeps(2)).await.unwrap(), 2);
        let in_a_task = spawn(async { catch_cancel(spawn(sleeps(3))).await.unwrap().unwrap() });
        assert_eq!(in_a_task.await.unwrap(), 3);
    });
}

/// What was awaited in it is awaited no more, though it is still there.
#[test]
fn what_a_scope_has_awaited_takes_no_cancellation_after_it() {
    run(async {
        let inner = spawn(pending::<()>()).shared();
        let lent = Lent::new(inner.clone().into_future());
        let on_shelf = Rc::clone(&lent);
        let task = spawn(async move {
            catch_cancel(poll_once(on_shelf.polled())).await.unwrap();
            pending::<()>().await;
        });
        turns(2).await;
        task.cancel();
        turns(1).await;
        assert!(is_cancelled(&task));
        assert_eq!(inner.reference().cancelling(), 0);
        drop(lent);
    });
}

/// A future that has ended is dropped, too, though the scope is kept.
#[test]
fn a_scope_that_is_over_has_dropped_its_future() {
    run(async {
        let future = Counting::ready();
        let counts = future.counts();
        let mut scope = pin!(catch_cancel(future));
        let output = scope.as_mut().await.unwrap();
        counts.assert(1, 1, 0);
        drop(output);
    });
}

/// The future in the scope is dropped, once, without a further poll.
#[test]
fn a_scope_drops_its_future_unpolled() {
    run(async {
        let (future, gate) = (Counting::forever(), Gate::new());
        let counts = future.counts();
        let until = gate.clone();
        let task = spawn(async move {
            assert!(is_caught(future).await);
            until.wait().await;
        });
        turns(1).await;
        task.cancel();
        counts.assert(1, 0, 0);
        turns(1).await;
        counts.assert(1, 1, 0);
        gate.open();
        task.await.unwrap();
        counts.assert(1, 1, 0);
    });
}

/// F41, F42: also if it would be ready.
#[test]
fn a_scope_catches_though_its_future_is_ready() {
    run(async {
        let gate = Gate::new();
        let (until, yields) = (Counting::until(&gate), Counting::yielding(9));
        let counts = [until.counts(), yields.counts()];
        let waits = spawn(async { catch_cancel(until).await.is_err() });
        let yields = spawn(async { catch_cancel(yields).await.is_err() });
        turns(1).await;
        gate.open();
        assert!(waits.cancel() && yields.cancel());
        assert!(waits.await.unwrap() && yields.await.unwrap());
        for counts in counts {
            counts.assert(1, 1, 0);
        }
    });
}

/// F43: within a scope as well, a task that cancels itself runs on until it
/// waits.
#[test]
fn a_scope_catches_what_is_done_in_it_once_it_waits() {
    let program = async {
        let task = spawn(async {
            let inner = guarded("inner", async {
                cancel_self();
                say("inner runs on");
                turns(1).await;
                say("not reached");
            });
            assert!(is_caught(inner).await);
            say("task catches");
        });
        task.await.unwrap();
    };
    trace(program).assert(&["0+0 inner runs on", "0+1 inner cancelled", "0+1 task catches"]);
}

/// F43, F44: a scope that never waits catches nothing; the cancellation goes to
/// the next wait, or to the end.
#[test]
fn a_scope_that_never_waits_catches_nothing() {
    run(async {
        let task = spawn(async {
            let never_waits = catch_cancel(async { cancel_self() }).await;
            let waits = catch_cancel(turns(1)).await;
            (never_waits.is_ok(), waits.is_err())
        });
        assert_eq!(task.await.unwrap(), (true, true));
        let task = spawn(async {
            catch_cancel(async { cancel_self() }).await.unwrap();
        });
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// F45: several requests before the task resumes are caught as one.
#[test]
fn several_requests_are_caught_as_one() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(turns(9)).await);
            turns(2).await;
            cancelling()
        });
        turns(2).await;
        (0..3).for_each(|_| assert!(task.cancel()));
        assert_eq!(task.await.unwrap(), 3);
    });
}

/// F46: a request that comes after is delivered again: to the next scope, or it ends
/// the task while that cleans up.
#[test]
fn a_further_request_interrupts_the_cleaning_up() {
    let program = async {
        let task = spawn(async {
            assert!(is_caught(turns(9)).await);
            assert!(is_caught(guarded("first", turns(9))).await);
            guarded("second", turns(9)).await;
        });
        for _ in 0..3 {
            turns(2).await;
            say("main cancels");
            task.cancel();
        }
        assert!(task.await.unwrap_err().is_cancelled());
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+2 main cancels",
        "0+3 first cancelled",
        "0+4 main cancels",
        "0+5 second cancelled",
    ]);
}

/// F38: if a task waits within the scope, that one ends first.
#[test]
fn a_scope_catches_once_the_inner_task_has_ended() {
    let program = async {
        let inner = cleaner("inner", 2);
        let task = spawn(async move {
            assert!(is_caught(inner).await);
            say(format!("task catches, {}", requests(cancelling())));
        });
        turns(2).await;
        say("main cancels");
        task.cancel();
        task.await.unwrap();
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 inner cleans up",
        "0+3 inner is clean",
        "0+4 task catches, 1 request",
    ]);
}

/// F39: a scope around a task that swallows the cancellation has nothing to
/// catch.
#[test]
fn a_scope_catches_nothing_if_the_inner_task_swallows_it() {
    run(async {
        let inner = spawn(async {
            drop(cleans_up("inner", 1).await);
            7
        });
        let task = spawn(async move { catch_cancel(inner).await });
        turns(2).await;
        task.cancel();
        assert_eq!(task.await.unwrap().unwrap().unwrap(), 7);
    });
}

/// Of scopes within scopes the innermost catches, and may pass it on.
#[test]
fn the_innermost_scope_catches() {
    run(async {
        let trace = Trace::new();
        let log = trace.clone();
        let task = spawn(async move {
            let outer = catch_cancel(async {
                let inner = catch_cancel(async {
                    catch_cancel(turns(1)).await.unwrap();
                    catch_cancel(sleep(HOUR)).await.unwrap_err().resume().await
                });
                let Err(cancelled) = inner.await;
                log.push("inner");
                turns(2).await;
                cancelled.resume().await
            });
            let Err(_cancelled) = outer.await;
            log.push("outer");
        });
        turns(3).await;
        task.cancel();
        task.await.unwrap();
        trace.assert(&["inner", "outer"]);
    });
}

/// F47, F48: what was caught may be resumed later, or never.
#[test]
fn a_caught_cancellation_may_be_resumed_any_time() {
    run(async {
        let task = spawn(async {
            let cancelled = catch_cancel(sleep(HOUR)).await.unwrap_err();
            sleep(ms(5)).await;
            cancelled.resume().await
        });
        yield_now().await;
        task.cancel();
        sleep(ms(4)).await;
        assert!(!task.is_finished());
        let Err(error) = task.await;
        assert!(error.is_cancelled());
    });
}

/// F48: a cancellation may end a task that nobody has asked to end. It does so
/// there and then.
#[test]
fn a_cancellation_of_one_task_may_end_another() {
    run(async {
        let donor = spawn(async { catch_cancel(sleep(HOUR)).await.unwrap_err() });
        yield_now().await;
        donor.cancel();
        let cancelled = donor.await.unwrap();
        let task = spawn(guarded("task", async { cancelled.resume().await }));
        yield_now().await;
        assert!(is_cancelled(&task), "in one turn");
        assert_eq!(task.reference().cancelling(), 0);
    });
}

/// F48: to end as cancelled there need be no cancellation.
#[test]
fn a_task_may_end_as_cancelled_there_and_then() {
    let program = async {
        let task = spawn(unless_dropped("task", async {
            say("task ends");
            end_as_cancelled().await
        }));
        turns(1).await;
        assert_eq!(end_of(&task), "cancelled, no request");
    };
    trace(program).assert(&["0+0 task ends", "0+0 task cancelled"]);
}

/// A task that cancels itself goes on until it waits, and has been asked to end.
#[test]
fn to_cancel_oneself_is_another_thing() {
    let program = async {
        let task = spawn(unless_dropped("task", async {
            cancel_self();
            say("task goes on");
            pending::<()>().await;
        }));
        turns(2).await;
        assert_eq!(end_of(&task), "cancelled, 1 request");
    };
    trace(program).assert(&["0+0 task goes on", "0+1 task cancelled"]);
}

/// The innermost scope catches it, as it catches every cancellation.
#[test]
fn to_end_as_cancelled_ends_what_is_in_the_scope() {
    run(async {
        let task = spawn(async {
            let caught = is_caught(async { end_as_cancelled().await }).await;
            (caught, cancelling())
        });
        assert_eq!(task.await.unwrap(), (true, 0));
    });
}

/// Who awaits the task has an error, as with a task that somebody else has cancelled.
#[test]
fn who_awaits_a_task_that_ends_as_cancelled_goes_on() {
    run(async {
        let inner = spawn(async { end_as_cancelled().await });
        let outer = spawn(async { inner.await.err().is_some_and(|it| it.is_cancelled()) });
        assert!(outer.await.unwrap());
    });
}

/// F48: a future written by hand may as well.
#[test]
fn a_future_of_ones_own_may_end_its_task_as_cancelled() {
    run(async {
        let (thrown, polls) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let count = Rc::clone(&thrown);
        let task = spawn(poll_fn(move |cx| {
            count.set(count.get() + 1);
            Cancelled::throw::<()>(cx)
        }));
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!((thrown.get(), polls.get()), (1, 0));
        let scope = spawn(catch_cancel(poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            Cancelled::throw::<()>(cx)
        })));
        assert!(scope.await.unwrap().is_err());
    });
}

/// A scope that has been left catches nothing, however it was left.
#[test]
fn a_scope_that_was_left_catches_nothing() {
    run(async {
        let (gate, reached) = (Gate::new(), Rc::new(Cell::new(false)));
        let (until, reach) = (gate.clone(), Rc::clone(&reached));
        let task = spawn(async move {
            or(async { drop(catch_cancel(sleep(HOUR)).await) }, sleep(ms(1))).await;
            until.wait().await;
            reach.set(true);
        });
        sleep(ms(2)).await;
        gate.open();
        task.cancel();
        yield_now().await;
        assert!(is_cancelled(&task) && !reached.get());
    });
}

/// Also if it was polled twice in the turn in which it was left.
#[test]
fn a_scope_that_was_polled_twice_and_left_catches_nothing() {
    run(async {
        let (first, gate, reached) = (Gate::new(), Gate::new(), Rc::new(Cell::new(false)));
        let (until, reach) = (gate.clone(), Rc::clone(&reached));
        let task = spawn(async move {
            {
                let mut scope = pin!(catch_cancel(first.wait()));
                assert!(poll_once(scope.as_mut()).await.is_none());
                first.open();
                scope.await.unwrap();
            }
            until.wait().await;
            reach.set(true);
        });
        yield_now().await;
        gate.open();
        task.cancel();
        yield_now().await;
        assert!(is_cancelled(&task) && !reached.get());
    });
}

/// F41: a task that was cancelled while it waited in a scope is, even if it
/// leaves the scope another way at that very turn.
#[test]
fn a_cancellation_is_not_lost_if_the_scope_is_left_another_way() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let task = spawn(async move {
            or(until.wait(), async { drop(catch_cancel(sleep(HOUR)).await) }).await;
        });
        yield_now().await;
        gate.open();
        task.cancel();
        assert!(task.await.is_err_and(|error| error.is_cancelled()));
    });
}

/// Whatever else is ready, a cancellation doesn't get past the scope that it was
/// thrown in.
#[test]
fn a_cancellation_that_was_thrown_in_a_scope_stays_there() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let inner = spawn(pending::<()>());
        let task = spawn(async move {
            drop(catch_cancel(or(async { drop(inner.await) }, until.wait())).await);
            turns(2).await;
            7
        });
        turns(2).await;
        task.cancel();
        turns(1).await;
        gate.open();
        assert_eq!(task.await.ok(), Some(7));
    });
}

/// A delivery that ends in a panic is over: it goes to no other task.
#[test]
fn a_panic_instead_of_catching_is_nothing_to_other_scopes() {
    run(async {
        let panics = Rc::new(Cell::new(false));
        let now = Rc::clone(&panics);
        let task = spawn(or(
            poll_fn(move |_| {
                assert!(!now.get(), "on purpose");
                Poll::<()>::Pending
            }),
            async { drop(catch_cancel(pending::<()>()).await) },
        ));
        let other = spawn(async {
            turns(2).await;
            catch_cancel(turns(2)).await.is_ok()
        });
        turns(2).await;
        panics.set(true);
        task.cancel();
        assert_eq!(task.await.unwrap_err().panic_message(), Some("on purpose"));
        assert!(other.await.unwrap(), "nobody has cancelled it");
    });
}

/// A panic in the destructor of what a scope drops is the task's.
#[test]
fn a_panic_in_the_destructor_of_a_caught_future_is_the_tasks() {
    run(async {
        let fragile = Counting::forever().on_drop(|| panic!("in the destructor"));
        let counts = fragile.counts();
        let task = spawn(async { catch_cancel(fragile).await.is_err() });
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap_err().panic_message(), Some("in the destructor"));
        counts.assert(1, 1, 0);
    });
}

/// F46: what is dropped by a scope may cancel the task again.
#[test]
fn the_destructor_of_a_caught_future_may_cancel_its_task_again() {
    run(async {
        let future = Counting::forever().on_drop(cancel_self);
        let task = spawn(async {
            assert!(is_caught(future).await);
            (cancelling(), catch_cancel(turns(1)).await.is_err(), cancelling())
        });
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), (2, true, 2));
    });
}

/// Outside of an executor there is nothing to catch.
#[test]
fn outside_of_an_executor_a_scope_only_polls() {
    let scope = catch_cancel(async { catch_cancel(async { 7 }).await.unwrap() });
    assert_eq!(futures_lite::future::block_on(scope).unwrap(), 7);
}

/// Misuse: a future is over when it is over.
#[test]
fn a_scope_that_is_polled_again_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let mut scope = pin!(catch_cancel(yield_now()));
            scope.as_mut().await.unwrap();
            drop(scope.await);
        });
    });
    assert!(message.contains("polled again after it was ready: await it once"), "{message}");
}

fn throws() -> Poll<()> {
    Cancelled::throw(&Context::from_waker(Waker::noop()))
}

/// Misuse: nobody to end as cancelled.
#[test]
fn throwing_outside_of_an_executor_is_an_error() {
    let throwing = panic_of(throws);
    let ending = panic_of(|| futures_lite::future::block_on(async { end_as_cancelled().await }));
    for message in [throwing, ending] {
        assert!(message.contains("no executor runs on this thread"), "{message}");
    }
}

/// Nor is there anybody in a callback, between two polls: the next that is polled, who has
/// nothing to do with it, goes on.
#[test]
fn throwing_between_polls_is_an_error_and_ends_nobody() {
    let executor = virtual_executor();
    let message = executor.block_on(async {
        let message = Rc::new(RefCell::new(String::new()));
        let told = Rc::clone(&message);
        let _alarm = Alarm::after(ms(1), move || {
            told.replace(panic_of(throws));
        });
        sleep(ms(2)).await;
        message.take()
    });
    assert!(message.contains("nothing is polled that could end as cancelled"), "{message}");
}

/// What a log shows.
#[test]
fn scopes_can_be_printed() {
    run(async {
        let mut scope = pin!(catch_cancel(yield_now()));
        assert_eq!(format!("{scope:?}"), "CatchCancel { ready: false, .. }");
        scope.as_mut().await.unwrap();
        assert_eq!(format!("{scope:?}"), "CatchCancel { ready: true, .. }");
        let task = spawn(async {
            let cancelled = catch_cancel(pending::<()>()).await.unwrap_err();
            format!("{cancelled:?}")
        });
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), "Cancelled(())");
    });
}

// Counting -----------------------------------------------------------------------

/// F50: requests are taken back one by one; without any left, a task that hasn't
/// taken a step since runs on.
#[test]
fn requests_are_taken_back_one_by_one() {
    run(async {
        let task = spawn(turns(5));
        let reference = task.reference();
        turns(2).await;
        assert!(task.cancel() && task.cancel());
        assert_eq!(reference.cancelling(), 2);
        assert_eq!([(); 3].map(|()| reference.uncancel()), [1, 0, 0]);
        assert_eq!(reference.cancelling(), 0);
        task.await.unwrap();
    });
}

/// F50: before the first step too.
#[test]
fn a_request_to_a_task_that_has_not_begun_can_be_taken_back() {
    run(async {
        let task = spawn(async { 7 });
        task.cancel();
        assert_eq!(task.reference().uncancel(), 0);
        assert_eq!(task.await.unwrap(), 7);
    });
}

/// F50: taken back in part it is still delivered.
#[test]
fn a_request_that_is_left_is_delivered() {
    run(async {
        let task = spawn(turns(5));
        assert!(task.cancel() && task.cancel());
        assert_eq!(task.reference().uncancel(), 1);
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// F43, F50: a task may take its own request back before it waits.
#[test]
fn a_task_may_think_better_of_cancelling_itself() {
    run(async {
        let task = spawn(async {
            cancel_self();
            assert_eq!(current_task().unwrap().uncancel(), 0);
            turns(2).await;
            7
        });
        assert_eq!(task.await.unwrap(), 7);
    });
}

/// F43, F50: also beside a scope, which is asked for nothing then.
#[test]
fn a_task_may_think_better_of_cancelling_itself_beside_a_scope() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let task = spawn(async move {
            let thinks_better = async {
                until.wait().await;
                cancel_self();
                assert_eq!(current_task().unwrap().uncancel(), 0);
            };
            zip(thinks_better, is_caught(turns(5))).await.1
        });
        turns(2).await;
        gate.open();
        assert!(!task.await.unwrap());
    });
}

/// F50: what was passed on already can't be taken back.
#[test]
fn a_request_that_was_passed_on_can_not_be_taken_back() {
    run(async {
        let inner = spawn(pending::<()>());
        let outer = spawn(inner.into_future());
        turns(2).await;
        outer.cancel();
        assert_eq!(outer.reference().uncancel(), 0);
        assert!(outer.await.unwrap_err().is_cancelled());
    });
}

/// F47, F50: what was caught counts until it is taken back.
#[test]
fn a_caught_request_counts_until_it_is_taken_back() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(turns(9)).await);
            let before = cancelling();
            let left = current_task().unwrap().uncancel();
            turns(1).await;
            (before, left, cancelling())
        });
        turns(2).await;
        task.cancel();
        assert_eq!(task.await.unwrap(), (1, 0, 0));
    });
}

/// F50: taking back one that was caught doesn't take the mark of the next off.
#[test]
fn taking_a_caught_request_back_leaves_the_next_standing() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(turns(9)).await);
            cancel_self();
            assert_eq!(current_task().unwrap().uncancel(), 1);
            turns(1).await;
        });
        turns(2).await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

// The main future ----------------------------------------------------------------

/// The main future can be cancelled only within a scope.
#[test]
fn the_main_future_is_cancelled_in_a_scope_only() {
    run(async {
        let main = current_task().unwrap();
        let cancel = || {
            let main = main.clone();
            spawn(async move { main.cancel() })
        };
        assert!(!cancel().await.unwrap());
        let cancelling = cancel();
        assert!(catch_cancel(sleep(HOUR)).await.is_err());
        assert!(cancelling.await.unwrap());
        assert!(!cancel().await.unwrap(), "the scope is over");
        assert_eq!((main.cancelling(), main.uncancel()), (1, 0));
    });
}

/// F38: what it awaits in the scope ends first.
#[test]
fn the_main_future_passes_cancellations_on() {
    run(async {
        let main = current_task().unwrap();
        let inner = cleaner("inner", 3);
        let reference = inner.reference();
        drop(spawn(async move {
            turns(2).await;
            assert!(main.cancel());
        }));
        assert!(catch_cancel(inner).await.is_err());
        assert!(reference.is_finished());
    });
}

/// F43: it may cancel itself there.
#[test]
fn the_main_future_may_cancel_itself_in_a_scope() {
    run(async {
        let scope = catch_cancel(async {
            turns(1).await;
            cancel_self();
            sleep(HOUR).await;
        });
        assert!(scope.await.is_err());
    });
}

/// F43: from the first poll on.
#[test]
fn the_main_future_may_cancel_itself_at_once_in_a_scope() {
    run(async {
        let scope = catch_cancel(async {
            cancel_self();
            turns(3).await;
        });
        assert!(scope.await.is_err());
    });
}

/// Misuse: it has to return a value.
#[test]
fn the_main_future_can_not_end_as_cancelled() {
    let message = panic_of(|| {
        run(async {
            let main = current_task().unwrap();
            drop(spawn(async move { main.cancel() }));
            let cancelled = catch_cancel(sleep(HOUR)).await.unwrap_err();
            cancelled.resume().await
        })
    });
    assert!(message.contains("ended as cancelled, and so has no value"), "{message}");
    assert!(message.contains("catch the cancellation in it"), "{message}");
}

/// An executor whose main future ended so can be used again.
#[test]
fn a_main_future_that_ended_as_cancelled_leaves_the_executor_usable() {
    let executor = virtual_executor();
    let task = executor.spawn(sleeps(5));
    panic_of(|| executor.block_on(poll_fn(|cx| Cancelled::throw::<()>(cx))));
    assert_eq!(executor.block_on(task).unwrap(), 5);
}

/// A scope in another task isn't one of the main future.
#[test]
fn the_main_future_is_not_cancelled_for_a_scope_of_who_asks() {
    run(async {
        let main = current_task().unwrap();
        let asks = spawn(catch_cancel(async move { main.cancel() }));
        assert!(!asks.await.unwrap().unwrap());
    });
}

/// Nor is a scope that it has polled within another one by now, which is over.
#[test]
fn the_main_future_is_not_cancelled_for_a_scope_that_it_leaves_alone() {
    run(async {
        let gate = Gate::new();
        let mut scope = Box::pin(catch_cancel(pending::<()>()));
        let opens = gate.clone();
        let _opens = spawn(async move { opens.open() });
        or(gate.wait(), async { _ = scope.as_mut().await }).await;
        assert!(catch_cancel(poll_once(scope.as_mut())).await.unwrap().is_none());
        assert!(!current_task().unwrap().cancel());
    });
}

/// It can't end without a value: a request that it takes over comes to nothing, once and for all.
#[test]
fn a_request_that_the_main_future_takes_over_comes_to_nothing() {
    run(async {
        let (main, gate) = (current_task().unwrap(), Gate::new());
        let opens = gate.clone();
        let _asks = spawn(async move {
            assert!(main.cancel());
            opens.open();
        });
        or(gate.wait(), async { _ = catch_cancel(pending::<()>()).await }).await;
        turns(2).await;
        assert!(!is_caught(turns(3)).await);
    });
}

/// Has a task ask the main future to end, take away the scope that was to catch that while what
/// it awaits cleans up, and do more. Waits until that has been done.
async fn takes_a_request_over(then: impl FnOnce(&TaskRef) + 'static) {
    let (main, gate) = (current_task().unwrap(), Gate::new());
    let join = Lent::new(cleaner("inner", 9).into_future());
    let lent = Lent::new(is_caught(Rc::clone(&join).polled()));
    let (on_shelf, opens) = (Rc::clone(&lent), gate.clone());
    let _asks = spawn(async move {
        turns(2).await;
        assert!(main.cancel());
        drop(on_shelf.0.take());
        then(&main);
        opens.open();
    });
    or(gate.wait(), async { _ = lent.polled().await }).await;
    drop(join);
}

/// F50: others may take that back before,
#[test]
fn a_request_that_the_main_future_takes_over_is_not_counted_below_zero() {
    run(async {
        takes_a_request_over(|main| assert_eq!(main.uncancel(), 0)).await;
        turns(2).await;
        assert_eq!(cancelling(), 0);
    });
}

/// and so may the main future, in the step that it takes for it.
#[test]
fn the_main_future_may_take_back_a_request_that_it_takes_over() {
    run(async {
        takes_a_request_over(|_| ()).await;
        assert_eq!(current_task().unwrap().uncancel(), 0);
        assert!(!is_caught(turns(3)).await);
        assert_eq!(cancelling(), 0);
    });
}

/// Each main future is another one, which nobody has cancelled yet.
#[test]
fn the_next_main_future_begins_uncancelled() {
    let executor = virtual_executor();
    let former = executor.block_on(async {
        let main = current_task().unwrap();
        let canceller = main.clone();
        spawn(async move { canceller.cancel() });
        assert!(is_caught(sleep(HOUR)).await);
        main
    });
    assert_eq!(executor.block_on(async { cancelling() }), 0);
    assert_eq!((former.cancelling(), former.cancel()), (0, false));
}

/// F50: a cancellation is taken back, also in a step that a cancelled wait has begun.
#[test]
fn a_cancellation_of_oneself_can_be_taken_back_after_another_was_caught() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(pending::<()>()).await);
            let me = current_task().unwrap();
            assert_eq!(me.uncancel(), 0);
            me.cancel();
            assert_eq!(me.uncancel(), 0);
            yield_now().await;
            "goes on"
        });
        turns(2).await;
        task.cancel();
        assert_eq!(task.await.unwrap(), "goes on");
    });
}

/// I9: an await that has ended as cancelled may be polled again in that poll: by whoever
/// goes on with the rest of a race that another has won.
#[test]
fn an_await_that_was_cancelled_may_be_polled_again_in_that_poll() {
    for gathers in [false, true] {
        let caught = run(async move {
            let child = spawn(pending::<()>()).shared();
            let awaited = child.clone();
            let scope = Scope::default();
            let canceller = scope.clone();
            let _alarm = Alarm::after(ms(1), move || canceller.cancel());
            let racing = scope.catch(async move {
                let join: Pin<Box<dyn Future<Output = ()>>> = if gathers {
                    Box::pin(async { drop(gather([awaited]).await) })
                } else {
                    Box::pin(async { drop(awaited.await) })
                };
                let mut rest = Box::pin(join);
                let won = poll_fn(|cx| {
                    let _ = rest.as_mut().poll(cx);
                    if child.is_finished() { Poll::Ready(()) } else { Poll::Pending }
                });
                won.await;
                rest.await;
            });
            racing.await.is_err()
        });
        assert!(caught, "gathers: {gathers}");
    }
}

// Futures that lend wakers of their own ---------------------------------------------

/// Cancels a task once it waits, and returns how it ended.
async fn cancel_waiting<T: 'static>(task: Task<T>) -> Result<T, JoinError> {
    turns(2).await;
    task.cancel();
    task.await
}

#[test]
fn a_scope_catches_within_futures_unordered() {
    run(async {
        let task = spawn(async {
            let mut futures: FuturesUnordered<_> = once(catch_cancel(pending::<()>())).collect();
            futures.next().await.unwrap().is_err()
        });
        assert!(cancel_waiting(task).await.unwrap());
    });
}

/// Also after the task has awaited other tasks, in whose polls the scope wasn't polled.
#[test]
fn a_scope_catches_within_futures_unordered_after_other_awaits() {
    run(async {
        let task = spawn(async {
            let mut scopes: FuturesUnordered<_> = once(catch_cancel(pending::<()>())).collect();
            let others = async {
                for _ in 0..2 {
                    spawn(turns(2)).await.unwrap();
                }
                pending::<bool>().await
            };
            or(async { scopes.next().await.unwrap().is_err() }, others).await
        });
        turns(12).await;
        assert!(cancel_waiting(task).await.unwrap());
    });
}

/// A destructor may cancel the task that ends as cancelled, also if a scope in it is polled by
/// a stranger: that makes no difference to how it ends.
#[test]
fn a_task_with_a_strangers_scope_ends_as_cancelled_whatever_its_destructor_cancels() {
    run(async {
        let task = spawn(async {
            let own = current_task().unwrap();
            let _cancels = Counting::forever().on_drop(move || _ = own.cancel());
            let mut scopes: FuturesUnordered<_> = once(catch_cancel(pending::<()>())).collect();
            let ends = async {
                turns(1).await;
                end_as_cancelled().await;
            };
            or(async { _ = scopes.next().await }, ends).await;
        });
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn one_of_many_scopes_catches_within_join_all() {
    run(async {
        let scopes = (0..50).map(|_| catch_cancel(sleep(ms(5))));
        let task = spawn(async { join_all(scopes).await.iter().filter(|it| it.is_err()).count() });
        assert_eq!(cancel_waiting(task).await.unwrap(), 1);
    });
}

#[test]
fn groups_in_each_other_fail_within_futures_unordered() {
    run(async {
        let groups = task_group(async |outer| {
            outer.spawn(async { Err::<(), _>("a child of the outer") });
            let inner = task_group(async |inner| {
                inner.spawn(async { Ok::<_, &str>(()) });
                Err::<(), _>("the block of the inner")
            });
            drop(inner.await);
            sleep(ms(1)).await;
        });
        let task = spawn(async {
            let mut futures: FuturesUnordered<_> = once(groups).collect();
            futures.next().await.unwrap().is_err()
        });
        assert!(task.await.unwrap());
    });
}

// Waits that move from task to task -------------------------------------------------

/// Polls a future once, gives it to a task of its own, and then waits for an hour.
/// Returns that task by a shelf.
async fn hands_over<T: 'static>(
    future: Pin<Box<dyn Future<Output = T>>>,
    shelf: Rc<RefCell<Option<Task<T>>>>,
) {
    let mut future = future;
    assert!(poll_once(future.as_mut()).await.is_none());
    shelf.replace(Some(spawn(future)));
    sleep(HOUR).await;
}

/// Whoever has handed its wait over is cancelled itself, and not what it has waited for;
/// from when the other has polled it.
fn a_wait_that_was_handed_over_is_somebody_elses<T: 'static>(
    wait: impl Fn() -> Pin<Box<dyn Future<Output = T>>> + 'static,
) {
    for turns_before in 2..5 {
        let future = wait();
        run(async move {
            let shelf = Rc::default();
            let first = spawn(hands_over(future, Rc::clone(&shelf)));
            turns(turns_before).await;
            let second = shelf.take();
            first.cancel();
            turns(4).await;
            assert!(is_cancelled(&first), "after {turns_before} turns");
            assert!(second.is_none_or(|it| !it.is_finished()), "after {turns_before} turns");
        });
    }
}

#[test]
fn a_scope_may_move_to_another_task() {
    a_wait_that_was_handed_over_is_somebody_elses(|| Box::pin(catch_cancel(pending::<()>())));
}

#[test]
fn a_gather_may_move_to_another_task() {
    a_wait_that_was_handed_over_is_somebody_elses(|| {
        Box::pin(async { gather([pending::<()>()]).await.is_err() })
    });
}

#[test]
fn a_join_may_move_to_another_task() {
    a_wait_that_was_handed_over_is_somebody_elses(|| {
        Box::pin(async { spawn(pending::<()>()).await.is_err() })
    });
}

/// It catches there, too.
#[test]
fn a_scope_that_moves_to_another_executor_catches_there() {
    let lent = Lent::new(is_caught(pending::<()>()));
    let executors = [virtual_executor(), virtual_executor()];
    let [first, second] = executors.each_ref().map(|executor| {
        let task = executor.spawn(Rc::clone(&lent).polled());
        run_until_stalled(executor);
        task
    });
    second.cancel();
    run_until_stalled(&executors[1]);
    assert!(second.outcome().unwrap().unwrap() && !first.is_finished());
}

/// What it has declared in the former one is nothing to what waits beside it.
#[test]
fn a_scope_that_moves_to_another_executor_leaves_what_is_beside_it_waiting() {
    let gate = Gate::new();
    let until = gate.clone();
    let lent = Lent::new(async move { is_caught(until.wait()).await });
    let former = virtual_executor();
    let _first = former.spawn(Rc::clone(&lent).polled());
    run_until_stalled(&former);
    gate.open();
    let executor = virtual_executor();
    let inner = executor.spawn(pending::<()>()).shared();
    let task = executor.spawn(zip(inner.clone().into_future(), lent.polled()));
    run_until_stalled(&executor);
    task.cancel();
    assert_eq!(inner.reference().cancelling(), 1);
}

/// The main future is another in the next run.
#[test]
fn a_cancellation_of_the_main_future_ends_with_its_run() {
    let executor = virtual_executor();
    executor.block_on(async {
        catch_cancel(async { assert!(current_task().unwrap().cancel()) }).await.unwrap();
    });
    executor.block_on(async {
        assert_eq!(current_task().unwrap().cancelling(), 0);
        catch_cancel(yield_now()).await.unwrap();
    });
}

/// A scope catches, and an await wouldn't: so the scope takes it, on whichever side.
#[test]
fn a_scope_beside_an_await_takes_the_cancellation() {
    for scope_first in [true, false] {
        run(async move {
            let (inner, kept) = (spawn(pending::<()>()).shared(), Gate::new());
            let other = inner.clone();
            let gate = kept.clone();
            let task = spawn(async move {
                let scope = async { is_caught(pending::<()>()).await };
                let join = or(async { drop(other.await) }, gate.wait());
                if scope_first { zip(scope, join).await.0 } else { zip(join, scope).await.1 }
            });
            turns(2).await;
            task.cancel();
            turns(2).await;
            assert!(!inner.is_finished(), "the await wasn't asked");
            kept.open();
            assert!(task.await.unwrap(), "the scope has caught");
        });
    }
}

/// A scope that is polled elsewhere in its task than before catches there.
#[test]
fn a_scope_that_moves_out_of_another_one_in_its_task_catches() {
    run(async {
        let task = spawn(async {
            let mut inner = Box::pin(catch_cancel(pending::<()>()));
            assert!(catch_cancel(poll_once(inner.as_mut())).await.unwrap().is_none());
            inner.await.is_err()
        });
        assert!(cancel_waiting(task).await.unwrap());
    });
}

/// It leaves a request where that came from: a request is caught once.
#[test]
fn a_scope_that_moves_out_of_another_one_leaves_the_request_there() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let task = spawn(async move {
            let inner = Lent::new(is_caught(pending::<()>()));
            let mut outer = Box::pin(is_caught(Rc::clone(&inner).polled()));
            or(until.wait(), async { _ = outer.as_mut().await }).await;
            let caught = poll_once(inner.polled()).await;
            (caught, outer.await, cancelling())
        });
        turns(2).await;
        gate.open();
        task.cancel();
        assert_eq!(task.await.unwrap(), (None, true, 1));
    });
}

/// Of two in one task the first that is polled takes it.
#[test]
fn of_scopes_side_by_side_the_first_takes_the_cancellation_of_the_task() {
    run(async {
        let task = spawn(async {
            let scope = || is_caught(pending::<()>());
            or(async { (1, scope().await) }, async { (2, scope().await) }).await
        });
        turns(2).await;
        task.cancel();
        assert_eq!(task.await.unwrap(), (1, true));
    });
}

/// In the poll under way nothing has been delivered yet.
#[test]
fn a_task_may_take_back_what_a_scope_was_asked_for_in_that_poll() {
    run(async {
        let scope = Scope::default();
        let within = scope.clone();
        let caught = scope.catch(async move {
            within.cancel();
            current_task().unwrap().uncancel();
            turns(2).await;
        });
        assert!(caught.await.is_ok());
    });
}

/// F50: so may others, as long as nothing was delivered.
#[test]
fn what_a_scope_was_asked_for_can_be_taken_back_until_its_wait_is_cancelled() {
    let taken_back = async |wait: Pin<Box<dyn Future<Output = ()>>>| {
        let scope = Scope::default();
        let within = scope.clone();
        let task = spawn(async move { (within.catch(wait).await.is_err(), cancelling()) });
        turns(2).await;
        scope.cancel();
        assert_eq!((task.reference().cancelling(), task.reference().uncancel()), (1, 0));
        task.await.unwrap()
    };
    run(async move {
        assert_eq!(taken_back(Box::pin(turns(5))).await, (false, 0));
        assert_eq!(taken_back(Box::pin(sleep(HOUR))).await, (true, 0));
    });
}

/// It can't end without a value: the request comes to nothing.
#[test]
fn a_request_that_outlives_the_scope_of_the_main_future_does_not_keep_it_busy() {
    let executor = virtual_executor();
    executor.block_on(async {
        catch_cancel(async { cancel_self() }).await.unwrap();
        sleep(ms(1)).await;
    });
}

/// One that is over is out of the way of the next.
#[test]
fn of_scopes_that_strangers_poll_the_first_that_is_left_takes_the_cancellation() {
    run(async {
        let task = spawn(async {
            let scopes = [1, 2, 3].map(|number| async move {
                let caught = match number {
                    1 => is_caught(turns(1)).await,
                    _ => is_caught(pending::<()>()).await,
                };
                (number, caught)
            });
            let mut scopes = FuturesUnordered::from_iter(scopes);
            (scopes.next().await, scopes.next().await)
        });
        turns(4).await;
        task.cancel();
        let ends = task.await.unwrap();
        assert_eq!(ends.0, Some((1, false)));
        assert!(ends.1.is_some_and(|(_, caught)| caught));
    });
}

/// It is polled whenever the task is.
#[test]
fn a_scope_beside_one_that_a_stranger_polls_takes_the_cancellation() {
    run(async {
        let task = spawn(async {
            let mut strangers: FuturesUnordered<_> = once(is_caught(pending::<()>())).collect();
            let strange = async { ("a stranger's", strangers.next().await == Some(true)) };
            or(strange, async { ("its own", is_caught(pending::<()>()).await) }).await
        });
        turns(2).await;
        task.cancel();
        assert_eq!(task.await.unwrap(), ("its own", true));
    });
}

/// Of two futures at once it cancels the one that began last, also when the first has ended.
#[test]
fn a_scope_of_two_futures_cancels_the_last_though_the_first_has_ended() {
    run(async {
        let scope = Scope::default();
        let (first, last) = (scope.catch(turns(2)), scope.catch(pending::<()>()));
        let both = zip(first, async { last.await.is_err() });
        let cancel = async {
            turns(5).await;
            scope.cancel();
        };
        let ((first, last), ()) = zip(both, cancel).await;
        assert!(first.is_ok() && last);
    });
}

/// One that has passed a request on keeps it, also when another one is polled before it by now:
/// a request is caught once.
#[test]
fn a_scope_that_begins_later_takes_no_request_that_is_under_way() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let task = spawn(async move {
            let later = async {
                until.wait().await;
                is_caught(turns(9)).await
            };
            zip(later, is_caught(cleaner("inner", 5))).await
        });
        turns(3).await;
        task.cancel();
        gate.open();
        assert_eq!(task.await.unwrap(), (false, true));
    });
}

/// So does one that a stranger polls, and doesn't poll for a while, when the task awaits
/// another task by now.
#[test]
fn a_task_that_is_awaited_later_takes_no_request_that_is_under_way() {
    run(async {
        let (held, gate) = (Rc::new(Cell::new(false)), Gate::new());
        let (is_held, until) = (Rc::clone(&held), gate.clone());
        let task =
            spawn(async move {
                let mut strangers: FuturesUnordered<_> = once(is_caught(pending::<()>())).collect();
                let strange = poll_fn(move |cx| {
                    if is_held.get() { Poll::Pending } else { strangers.poll_next_unpin(cx) }
                });
                let later = async {
                    until.wait().await;
                    spawn(turns(9)).await.is_ok()
                };
                zip(strange, later).await
            });
        turns(3).await;
        held.set(true);
        task.cancel();
        gate.open();
        turns(5).await;
        held.set(false);
        assert_eq!(task.await.unwrap(), (Some(true), true));
    });
}

// What others do to a wait ------------------------------------------------------------

/// A task whose wait another drops sees a request that it had passed on to that, at once;
/// and if there was none, it goes on.
fn a_wait_that_another_drops_gives_the_request_back<T: 'static>(
    wait: impl AsyncFn() -> T + Copy + 'static,
) {
    for cancels in [true, false] {
        run(async move {
            let lent = Lent::new(async move { wait().await });
            let task = spawn(Rc::clone(&lent).polled());
            turns(3).await;
            assert!(!cancels || task.cancel());
            turns(2).await;
            assert!(!task.is_finished(), "what it waits for cleans up");
            drop(lent.0.take());
            turns(1).await;
            assert_eq!(is_cancelled(&task), cancels);
        });
    }
}

#[test]
fn a_join_that_another_drops_gives_the_request_back() {
    a_wait_that_another_drops_gives_the_request_back(async || cleaner("inner", 9).await);
}

#[test]
fn a_gather_that_another_drops_gives_the_request_back() {
    a_wait_that_another_drops_gives_the_request_back(async || gather([cleaner("a", 9)]).await);
}

#[test]
fn a_scope_that_another_drops_gives_the_request_back() {
    a_wait_that_another_drops_gives_the_request_back(async || is_caught(cleaner("a", 9)).await);
}

/// Nothing was asked of the other: the scope doesn't catch there.
#[test]
fn a_scope_that_another_polls_in_time_leaves_the_request_where_it_came_from() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let lent = Lent::new(async move { is_caught(until.wait()).await });
        let first = spawn(Rc::clone(&lent).polled());
        turns(2).await;
        first.cancel();
        assert_eq!(poll_once(Rc::clone(&lent).polled()).await, None);
        turns(1).await;
        assert!(is_cancelled(&first));
        gate.open();
        assert!(!lent.polled().await, "it has caught nothing");
    });
}

/// Has a task poll a wait, cancels it, and polls the wait here. Returns that task, and the wait.
async fn cancelled_and_taken<T: 'static>(
    wait: impl Future<Output = T> + 'static,
    turns_before: usize,
) -> (Task<T>, Rc<Lent<T>>) {
    let lent = Lent::new(wait);
    let first = spawn(Rc::clone(&lent).polled());
    turns(3).await;
    first.cancel();
    turns(turns_before).await;
    assert!(poll_once(Rc::clone(&lent).polled()).await.is_none());
    turns(1).await;
    (first, lent)
}

/// Nor does a scope catch there that has passed the request on: to a task that cleans up,
#[test]
fn a_scope_that_another_polls_leaves_the_request_though_it_was_passed_on() {
    run(async {
        let wait = async { is_caught(cleaner("inner", 5)).await };
        let (first, lent) = cancelled_and_taken(wait, 2).await;
        assert!(is_cancelled(&first));
        assert!(!lent.polled().await, "it has caught nothing");
    });
}

/// or to another scope;
#[test]
fn a_scope_in_one_that_another_polls_leaves_the_request_where_it_came_from() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let inner = async move { is_caught(until.wait()).await };
        let (first, lent) = cancelled_and_taken(async { catch_cancel(inner).await.ok() }, 0).await;
        assert!(is_cancelled(&first));
        gate.open();
        assert_eq!(lent.polled().await, Some(false), "neither has caught");
    });
}

/// and what never tells the first task of its end loses no request.
#[test]
fn a_gather_in_a_scope_that_another_polls_gives_the_request_back() {
    run(async {
        let wait = async { is_caught(gather([cleaner("inner", 5)]).into_future()).await };
        let (first, _lent) = cancelled_and_taken(wait, 2).await;
        assert!(is_cancelled(&first));
    });
}

/// A gather that a stranger polls by now, in another task, isn't asked for the first one.
#[test]
fn a_gather_that_a_stranger_polls_takes_no_request_to_another_task() {
    run(async {
        let child = cleaner("inner", 5);
        let reference = child.reference();
        let lent = Lent::new(gather([child]).into_future());
        let first = spawn(Rc::clone(&lent).polled());
        turns(3).await;
        let mut strangers: FuturesUnordered<_> = once(lent.polled()).collect();
        assert!(poll_once(strangers.next()).await.is_none());
        first.cancel();
        turns(2).await;
        assert!(is_cancelled(&first));
        assert_eq!(reference.cancelling(), 0);
    });
}

/// Nor does a scope take with it what its task has taken over already, as it was polled and
/// didn't poll the scope.
#[test]
fn a_scope_that_a_task_leaves_alone_leaves_the_request_with_the_task() {
    run(async {
        let lent = Lent::new(is_caught(pending::<()>()));
        let (on_shelf, mut polls) = (Rc::clone(&lent), 0..2);
        let first = spawn(poll_fn(move |cx| match polls.next() {
            Some(0) => pin!(Rc::clone(&on_shelf).polled()).poll(cx).map(drop),
            _ => Poll::Pending,
        }));
        turns(2).await;
        first.cancel();
        turns(2).await;
        assert!(is_cancelled(&first));
        assert_eq!(poll_once(lent.polled()).await, None, "it has caught nothing");
    });
}

/// A stranger has polled the scope before, which makes no difference by then.
#[test]
fn a_scope_that_a_stranger_has_polled_before_is_left_alone_like_others() {
    run(async {
        let lent = Lent::new(is_caught(pending::<()>()));
        let on_shelf = Rc::clone(&lent);
        let task = spawn(async move {
            let mut strangers: FuturesUnordered<_> = once(Rc::clone(&on_shelf).polled()).collect();
            assert!(poll_once(strangers.next()).await.is_none());
            drop(strangers);
            assert!(poll_once(on_shelf.polled()).await.is_none());
            pending::<()>().await;
        });
        turns(2).await;
        task.cancel();
        turns(2).await;
        assert!(is_cancelled(&task));
        drop(lent);
    });
}

/// The scope was cancelled, too: there are two requests, and each has its effect.
#[test]
fn a_scope_that_another_polls_keeps_a_request_of_its_own() {
    run(async {
        let scope = Scope::default();
        let itself = scope.clone();
        let lent = Lent::new(async move { itself.catch(pending::<()>()).await.is_err() });
        let first = spawn(Rc::clone(&lent).polled());
        turns(3).await;
        scope.cancel();
        first.cancel();
        assert_eq!(poll_once(lent.polled()).await, Some(true));
        turns(1).await;
        assert!(is_cancelled(&first));
    });
}

/// A cancellation that is held back is delivered when the scope goes, whoever drops that,
#[test]
fn a_cancellation_that_is_held_back_is_not_lost_with_its_scope() {
    run(async {
        let lent = Lent::new(async {
            let scope = Scope::default();
            scope.hold_back(scope.catch(pending::<()>()).await.unwrap_err());
            pending::<()>().await;
        });
        let task = spawn(Rc::clone(&lent).polled());
        turns(2).await;
        task.cancel();
        turns(2).await;
        assert!(!task.is_finished());
        drop(lent.0.take());
        turns(1).await;
        assert_eq!(end_of(&task), "cancelled, 1 request");
    });
}

/// It is delivered to who was asked, also if that was so before the scope began,
#[test]
fn a_cancellation_that_was_due_and_then_held_back_is_not_lost() {
    run(async {
        let task = spawn(async {
            cancel_self();
            let scope = Scope::default();
            scope.hold_back(scope.catch(pending::<()>()).await.unwrap_err());
            drop(scope);
            is_caught(turns(2)).await
        });
        assert!(task.await.unwrap());
    });
}

/// and to nobody else: not to a task that was asked at another time, and has had done with it.
#[test]
fn a_cancellation_of_a_scope_that_is_held_back_asks_no_task() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(pending::<()>()).await);
            let scope = Scope::default();
            let other = scope.clone();
            let _alarm = Alarm::soon(move || other.cancel());
            scope.hold_back(scope.catch(pending::<()>()).await.unwrap_err());
            drop(scope);
            is_caught(turns(2)).await
        });
        turns(2).await;
        task.cancel();
        assert!(!task.await.unwrap());
    });
}

/// Holds a cancellation back for some turns. Returns whether it could be released.
async fn holds_back() -> bool {
    let scope = Scope::default();
    scope.hold_back(scope.catch(pending::<()>()).await.unwrap_err());
    scope.catch(turns(9)).await.unwrap();
    scope.release().is_some()
}

/// or amid the poll of its task polls it in another executor;
#[test]
fn a_cancellation_that_is_held_back_does_not_move_to_another_executor() {
    run(async {
        let (lent, gate, other) = (Lent::new(holds_back()), Gate::new(), virtual_executor());
        let until = gate.clone();
        let task = spawn(async move {
            or(async { _ = Rc::clone(&lent).polled().await }, until.wait()).await;
            assert!(!other.block_on(lent.polled()));
            pending::<()>().await;
        });
        turns(2).await;
        task.cancel();
        turns(3).await;
        gate.open();
        turns(3).await;
        assert_eq!(end_of(&task), "cancelled, 1 request");
    });
}

/// and when another task polls what is in the scope by then. It isn't released there.
#[test]
fn a_cancellation_that_is_held_back_does_not_move_to_another_task() {
    run(async {
        let lent = Lent::new(holds_back());
        let first = spawn(Rc::clone(&lent).polled());
        turns(2).await;
        first.cancel();
        turns(3).await;
        let second = spawn(lent.polled());
        turns(2).await;
        assert_eq!(end_of(&first), "cancelled, 1 request");
        assert!(!second.await.unwrap());
    });
}

/// Wakes all who await what it polls, as a future does that several share.
#[derive(Default)]
struct Shares(Mutex<Vec<Waker>>);

impl Wake for Shares {
    fn wake(self: Arc<Self>) {
        self.0.lock().unwrap().drain(..).for_each(Waker::wake);
    }
}

impl Shares {
    async fn awaits<T: 'static>(self: Arc<Self>, lent: Rc<Lent<T>>) -> T {
        let mut wait = pin!(lent.polled());
        poll_fn(|cx| {
            self.0.lock().unwrap().push(cx.waker().clone());
            let stranger = Waker::from(Arc::clone(&self));
            wait.as_mut().poll(&mut Context::from_waker(&stranger))
        })
        .await
    }
}

/// F49: a wait that two tasks share is cancelled with the one that has polled what is in it last.
/// Then the other ends as cancelled too, as those do in asyncio that await one future: it doesn't
/// wait for ever.
fn a_wait_that_tasks_share_ends_for_both<T: 'static>(
    wait: impl Future<Output = T> + 'static,
    asked_comes_first: bool,
) {
    run(async move {
        let (lent, shares, gate) = (Lent::new(wait), Arc::new(Shares::default()), Gate::new());
        let until = gate.clone();
        let waits = async move {
            until.wait().await;
            pending().await
        };
        let awaits = || Arc::clone(&shares).awaits(Rc::clone(&lent));
        let asked = or(awaits(), waits);
        let (asked, other) = if asked_comes_first {
            (spawn(asked), spawn(awaits()))
        } else {
            let other = spawn(awaits());
            (spawn(asked), other)
        };
        turns(2).await;
        gate.open(); // It is polled before the other.
        asked.cancel();
        turns(3).await;
        assert!(is_cancelled(&asked));
        assert_eq!(end_of(&other), "cancelled, no request");
    });
}

#[test]
fn a_limit_that_tasks_share_ends_for_both() {
    a_wait_that_tasks_share_ends_for_both(timeout(HOUR, pending::<()>()), false);
}

/// A stranger polls it only if it is woken.
#[test]
fn a_limit_that_tasks_share_by_a_stranger_ends_for_both() {
    let wait = async {
        let mut strangers: FuturesUnordered<_> = once(timeout(HOUR, pending::<()>())).collect();
        strangers.next().await
    };
    a_wait_that_tasks_share_ends_for_both(wait, true);
}

// Scopes that are cancelled by themselves ---------------------------------------------

#[test]
fn a_scope_that_was_cancelled_before_its_first_poll_polls_nothing_in_another_scope() {
    run(async {
        let (scope, future) = (Scope::default(), Counting::ready());
        let counts = future.counts();
        scope.cancel();
        assert!(catch_cancel(scope.catch(future)).await.unwrap().is_err());
        counts.assert(0, 1, 0);
    });
}

/// Cancels a scope from within, and then polls a future in it.
async fn cancelled_within<F: Future>(scope: &Scope, then: F) -> bool {
    let cancels = async {
        scope.cancel();
        then.await
    };
    scope.catch(cancels).await.is_err()
}

#[test]
fn a_scope_that_is_cancelled_from_within_catches_once_it_waits() {
    run(async { assert!(cancelled_within(&Scope::default(), pending::<()>()).await) });
}

/// The request counts, but concerns nobody else.
#[test]
fn a_scope_that_is_cancelled_from_within_and_does_not_wait_leaves_the_task_alone() {
    run(async {
        let task = spawn(async {
            assert!(!cancelled_within(&Scope::default(), async {}).await);
            turns(1).await;
            cancelling()
        });
        assert_eq!(task.await.unwrap(), 1);
    });
}

#[test]
fn a_cancellation_of_a_scope_stays_with_the_task_if_the_scope_goes_before_it_is_taken_back() {
    run(async {
        let (scope, other) = (Scope::default(), Scope::default());
        assert!(cancelled_within(&scope, pending::<()>()).await);
        assert_eq!((cancelling(), other.cancelling()), (1, 0), "it concerns no other scope");
        drop(scope);
        assert_eq!((cancelling(), other.cancelling()), (1, 1));
    });
}

/// A further one counts anew, if the task has taken the former back,
#[test]
fn a_cancellation_of_a_scope_counts_again_after_the_task_has_taken_one_back() {
    run(async {
        let scope = Scope::default();
        assert!(cancelled_within(&scope, pending::<()>()).await);
        assert_eq!(current_task().unwrap().uncancel(), 0);
        assert!(cancelled_within(&scope, pending::<()>()).await);
        assert_eq!(cancelling(), 1);
    });
}

/// or if it comes to another task.
#[test]
fn a_cancellation_of_a_scope_counts_with_each_task_in_which_it_was_cancelled() {
    run(async {
        let scope = Scope::default();
        assert!(cancelled_within(&scope, pending::<()>()).await);
        let other = scope.clone();
        let task = spawn(async move {
            assert!(cancelled_within(&other, pending::<()>()).await);
            cancelling()
        });
        assert_eq!((task.await.unwrap(), cancelling()), (1, 1));
        assert_eq!(scope.uncancel(), 0);
        assert_eq!(cancelling(), 1, "it is the task's own by now");
    });
}

/// It counts once all the same, also if it isn't the task that drops the scope.
#[test]
fn a_cancellation_that_is_to_be_delivered_again_is_delivered_when_its_scope_goes() {
    run(async {
        let kept = Rc::new(Scope::default());
        let scope = Rc::downgrade(&kept);
        let task = spawn(async move {
            let again = async { Scope::default().redeliver() };
            assert!(!cancelled_within(&scope.upgrade().unwrap(), again).await);
            (is_caught(pending::<()>()).await, cancelling())
        });
        turns(2).await;
        drop(kept);
        assert_eq!(task.await.unwrap(), (true, 1));
    });
}

#[test]
fn a_scope_that_was_in_another_executor_is_in_no_scope_of_this_one() {
    let scope = Scope::default();
    run(async { assert!(!is_caught(scope.catch(async {})).await) });
    run(async { assert_eq!(scope.cancelling(), 0) });
}

/// The task has taken the request back itself, so that it is none of the others' by then.
#[test]
fn a_cancellation_of_a_scope_that_the_task_takes_back_concerns_no_other_scope() {
    run(async {
        let (scope, other) = (Scope::default(), Scope::default());
        let takes_back = async { current_task().unwrap().uncancel() };
        assert!(!cancelled_within(&scope, takes_back).await);
        assert_eq!((cancelling(), other.cancelling()), (0, 0));
    });
}

/// F50: as one of a task.
#[test]
fn a_cancellation_of_a_scope_that_is_taken_back_in_time_has_no_effect() {
    run(async {
        let (scope, other) = (Scope::default(), Scope::default());
        scope.cancel();
        assert_eq!(scope.uncancel(), 0);
        assert!(scope.catch(turns(2)).await.is_ok(), "before its first poll");
        let within = async {
            scope.cancel();
            assert_eq!(scope.uncancel(), 0);
            turns(2).await;
            other.cancelling()
        };
        assert_eq!(scope.catch(within).await.ok(), Some(0), "in a poll");
        let asks = scope.clone();
        let asks = spawn(async move {
            asks.cancel();
            asks.uncancel()
        });
        assert!(scope.catch(turns(4)).await.is_ok(), "before its next step");
        assert_eq!(asks.await.unwrap(), 0);
    });
}

/// What the task was asked for stays, though it is the scope that is to take it.
#[test]
fn a_cancellation_of_the_task_is_not_taken_back_with_one_of_its_scope() {
    run(async {
        let scope = Scope::default();
        let caught = scope.catch(sleep(HOUR));
        let task = spawn(async { (caught.await.is_err(), now()) });
        turns(2).await;
        let start = now();
        task.cancel();
        scope.cancel();
        assert_eq!(scope.uncancel(), 1);
        assert_eq!(task.await.unwrap(), (true, start));
    });
}

/// Also if the task was asked to end before.
#[test]
fn a_cancellation_of_a_scope_is_taken_back_whatever_else_the_task_was_asked_for() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(turns(9)).await);
            let scope = Scope::default();
            let within = async {
                scope.cancel();
                assert_eq!(scope.uncancel(), 1);
                turns(2).await;
            };
            scope.catch(within).await.is_err()
        });
        assert!(!cancel_waiting(task).await.unwrap());
    });
}

/// It concerns whatever is in the scope later, too.
#[test]
fn a_cancellation_of_a_scope_concerns_what_is_in_it_until_it_is_taken_back() {
    run(async {
        let (scope, inner) = (Scope::default(), Scope::default());
        assert!(!cancelled_within(&scope, async {}).await);
        let told = async || scope.catch(async { inner.cancelling() }).await.unwrap();
        assert_eq!(told().await, 1);
        scope.uncancel();
        assert_eq!(told().await, 0);
    });
}

/// What has come before the first poll is told in that poll, too.
#[test]
fn a_cancellation_of_the_scope_around_is_older_than_what_begins_then() {
    run(async {
        let (outer, inner) = (Scope::default(), Scope::default());
        let told = async { inner.catch(async { inner.cancelling_before() }).await.unwrap() };
        let within = async {
            outer.cancel();
            told.await
        };
        assert_eq!(outer.catch(within).await.unwrap(), 1);
    });
}

/// I9: the scope sees the request that was passed on, as a task does.
#[test]
fn a_cancellation_of_a_scope_is_not_lost_if_another_future_is_ready_first() {
    run(async {
        let (scope, gate) = (Scope::default(), Gate::new());
        let (within, until) = (scope.clone(), gate.clone());
        let task = spawn(async move {
            let goes_on = async {
                or(async { drop(cleaner("inner", 9).await) }, until.wait()).await;
                turns(3).await;
            };
            within.catch(goes_on).await.is_err()
        });
        turns(3).await;
        scope.cancel();
        turns(2).await;
        gate.open();
        assert!(task.await.unwrap());
    });
}

/// A poll that has panicked leaves nothing for which the scope would wait, whatever the scope
/// before has awaited.
#[test]
fn a_scope_whose_poll_has_panicked_passes_no_cancellation_on() {
    run(async {
        let (awaited, scope) = (spawn(pending::<()>()).shared(), Scope::default());
        let lent = Lent::new(awaited.clone().into_future());
        let (on_shelf, within) = (Rc::clone(&lent), scope.clone());
        let task = spawn(async move {
            or(async { drop(catch_cancel(on_shelf.polled()).await) }, turns(2)).await;
            let mut panics = Box::pin(within.catch(Counting::forever().panicking_in(1)));
            let poll =
                |cx: &mut Context<'_>| Poll::Ready(panic_of(|| _ = panics.as_mut().poll(cx)));
            assert_eq!(poll_fn(poll).await, "panic in poll 1");
            turns(9).await;
            drop(panics);
        });
        turns(6).await;
        scope.cancel();
        assert_eq!(awaited.reference().cancelling(), 0);
        assert!(task.await.is_ok());
        drop(lent);
    });
}

/// Cancels a scope, and what is around it, from within a future in it that doesn't wait.
async fn owes_a_delivery(scope: &Scope) -> bool {
    cancelled_within(scope, async { Scope::default().redeliver() }).await
}

/// The next future in the scope takes it, once, and passes it on as any other.
#[test]
fn a_cancellation_that_is_to_be_delivered_again_is_delivered_to_the_next_in_the_scope() {
    run(async {
        let task = spawn(async {
            let scope = Scope::default();
            assert!(!owes_a_delivery(&scope).await);
            assert!(scope.catch(async {}).await.is_ok(), "nor does this one wait");
            let inner = cleaner("inner", 3).shared();
            turns(2).await;
            let several_polls = zip(inner.clone().into_future(), turns(3));
            assert!(scope.catch(several_polls).await.is_err());
            let rest = scope.catch(turns(3)).await.is_ok();
            scope.uncancel();
            (inner.reference().cancelling(), rest, is_caught(turns(3)).await)
        });
        assert_eq!(task.await.unwrap(), (1, true, false));
    });
}

/// Once it has caught that it owes nothing any more, whoever polls it.
#[test]
fn a_cancellation_that_was_to_be_delivered_again_is_caught_once() {
    for strange in [false, true] {
        run(async move {
            let task = spawn(async move {
                let scope = Scope::default();
                assert!(!owes_a_delivery(&scope).await);
                let next = scope.catch(pending::<()>());
                let mut strangers = FuturesUnordered::new();
                let caught = if strange {
                    strangers.push(next);
                    strangers.next().await.unwrap().is_err()
                } else {
                    next.await.is_err()
                };
                (caught, scope.catch(turns(3)).await.is_err())
            });
            assert_eq!(task.await.unwrap(), (true, false), "by a stranger: {strange}");
        });
    }
}

/// F39: nor if a task has swallowed that; the next request is one of the scope alone.
#[test]
fn a_cancellation_that_was_to_be_delivered_again_is_over_when_it_was_swallowed() {
    run(async {
        let task = spawn(async {
            let scope = Scope::default();
            assert!(!owes_a_delivery(&scope).await);
            let swallows = spawn(async { drop(cleans_up("inner", 0).await) });
            turns(2).await;
            let within = async {
                swallows.await.unwrap();
                scope.cancel();
            };
            (scope.catch(within).await.is_err(), scope.catch(turns(3)).await.is_err())
        });
        assert_eq!(task.await.unwrap(), (false, false));
    });
}

/// F50: nor if the task takes it back in that poll, whoever polls the scope.
#[test]
fn a_cancellation_that_was_to_be_delivered_again_is_over_when_it_was_taken_back() {
    run(async {
        let task = spawn(async {
            let scope = Scope::default();
            let within = async {
                scope.cancel();
                Scope::default().redeliver();
                assert_eq!(current_task().unwrap().uncancel(), 0);
            };
            let mut strangers: FuturesUnordered<_> = once(scope.catch(within)).collect();
            assert!(strangers.next().await.unwrap().is_ok());
            scope.catch(turns(3)).await.is_err()
        });
        assert!(!task.await.unwrap());
    });
}

/// If the cancellation of the scope is taken back first, it is for who is around; unless that was
/// asked before what is in the scope began, and so knows of it.
#[test]
fn a_cancellation_that_is_to_be_delivered_again_is_left_to_those_around() {
    for in_the_scope in [true, false] {
        run(async move {
            let task = spawn(async move {
                let scope = Scope::default();
                let within = async {
                    assert!(!in_the_scope || is_caught(turns(9)).await);
                    scope.cancel();
                    Scope::default().redeliver();
                };
                assert!(in_the_scope || is_caught(turns(9)).await);
                assert!(scope.catch(within).await.is_ok());
                let left = scope.uncancel();
                (left, is_caught(turns(3)).await, cancelling())
            });
            assert_eq!(cancel_waiting(task).await.unwrap(), (1, in_the_scope, 1));
        });
    }
}

/// A task that has ended is asked for nothing, whatever it has awaited last.
#[test]
fn a_cancellation_is_not_delivered_again_to_a_task_that_has_ended() {
    run(async {
        let (scope, inner) = (Scope::default(), spawn(pending::<()>()).shared());
        let lent = Lent::new(inner.clone().into_future());
        let (within, on_shelf) = (scope.clone(), Rc::clone(&lent));
        let task = spawn(async move {
            assert!(within.catch(pending::<()>()).await.is_err());
            or(async { drop(on_shelf.polled().await) }, turns(2)).await;
        });
        turns(2).await;
        task.cancel();
        turns(5).await;
        assert!(task.is_finished());
        scope.redeliver();
        assert_eq!((inner.reference().cancelling(), task.reference().cancelling()), (0, 1));
        drop(lent);
    });
}

/// A cancellation that is delivered again is one that comes after a failure was told (F44).
#[test]
fn a_cancellation_that_is_delivered_again_does_not_give_way_to_a_failure() {
    run(async {
        let fails = |again: bool| {
            spawn(async move {
                cancel_self();
                Cancelled::give_way(true);
                if again {
                    Scope::default().redeliver();
                }
            })
        };
        let [once, twice] = [fails(false), fails(true)];
        turns(1).await;
        assert_eq!([is_cancelled(&once), is_cancelled(&twice)], [false, true]);
    });
}
