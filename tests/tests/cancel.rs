//! Cancellation of tasks, as in asyncio (facts F34 to F52).
//!
//! What asyncio does too is in `tests/asyncio/specification/cancelled.py`, which `CPython` checks:
//! in which turn tasks end that wait for each other, and what counts. Here is what that language
//! can't say: scopes, tasks that await several at once, borrowed handles, wakers, and what a
//! request does in a scope:
//!
//! | the task        | outside of a scope                 | in a scope that catches      |
//! |-----------------|------------------------------------|------------------------------|
//! | hasn't begun    | having run none of its code  | (the scope hasn't begun)     |
//! | waits           | ends next turn                     | is past the scope next turn  |
//! | is ready        | ends, and the value is lost        | is past the scope next turn  |
//! | is being polled | ends once it waits or returns      | is past the scope once it waits |
//! | awaits a task   | that one is cancelled, and this one ends after it | the same, and is past the scope then |
//! | has ended       | nothing: `false`                   | (the scope is over)          |
//!
//! `grid.rs` has cancellation poll by poll, `hostile.rs` destructors that panic.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::{Future, pending, poll_fn};
use std::iter;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::thread;

use executor::{
    CancelTarget, Cancelled, Clock, Executor, Join, PassCancel, Scope, Shared, Task, TaskRef,
    catch_cancel, sleep, spawn, yield_now,
};
use futures_lite::future::{or, poll_once, zip};
use wheelhouse_tests::{
    Counting, Gate, HOUR, Lent, cancel_self, cancelling, cleaner, cleans_up, guarded, is_cancelled,
    is_caught, ms, panic_of, run, run_until_stalled, say, sleeps, trace, turns, virtual_executor,
};

// Requests -----------------------------------------------------------------------

/// Checks that a task which was cancelled waits for one that cleans up, and then ends so, too.
async fn ends_after_the_clean_up<T: Debug>(task: Task<T>) {
    assert!(!task.is_finished(), "the inner task cleans up");
    assert!(task.await.unwrap_err().is_cancelled());
}

/// F34, F45: a request says whether the task lives, and is counted if it does.
#[test]
fn requests_are_counted_and_say_whether_the_task_lives() {
    run(async {
        let task = spawn(sleeps(5));
        let reference = task.reference();
        assert_eq!(reference.cancelling(), 0);
        assert!(task.cancel() && reference.cancel() && task.cancel());
        assert_eq!(reference.cancelling(), 3);
        assert!(!task.is_finished(), "it is only asked to end");
        yield_now().await;
        assert!(is_cancelled(&task));
        assert!(!task.cancel() && !reference.cancel());
        assert_eq!(reference.cancelling(), 3, "a request that comes too late doesn't count");
        drop(task);
        assert_eq!((reference.cancelling(), reference.uncancel()), (0, 0), "it is gone");
    });
}

/// F36: none of its code runs, scopes included.
#[test]
fn a_task_that_has_not_begun_runs_nothing() {
    run(async {
        let task = spawn(async {
            drop(catch_cancel(async { say("not reached") }).await);
        });
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// F41, F42: a task that is about to resume is cancelled all the same.
#[test]
fn a_task_that_is_ready_is_cancelled_all_the_same() {
    run(async {
        let gate = Gate::new();
        let waiting = spawn({
            let gate = gate.clone();
            async move { gate.wait().await }
        });
        let yielding = spawn(turns(9));
        turns(1).await;
        gate.open();
        assert!(waiting.cancel() && yielding.cancel());
        turns(1).await;
        assert!(is_cancelled(&waiting) && is_cancelled(&yielding));
    });
}

/// F43: an await that doesn't have to wait delivers nothing.
/// F44: a task that has cancelled itself and returns ends as cancelled.
#[test]
fn a_task_that_cancels_itself_and_returns_ends_as_cancelled() {
    run(async {
        let ended = spawn(async { 7 });
        yield_now().await;
        let value = Rc::new(Cell::new(0));
        let awaited = Rc::clone(&value);
        let task = spawn(async move {
            cancel_self();
            awaited.set(ended.await.unwrap());
            8
        });
        yield_now().await;
        assert!(is_cancelled(&task));
        assert_eq!(value.get(), 7);
    });
}

/// F43, F45: several requests of a task to itself are one end, but all count.
#[test]
fn a_task_may_cancel_itself_several_times() {
    run(async {
        let task = spawn(async {
            (0..3).for_each(|_| cancel_self());
            assert!(is_caught(turns(1)).await);
            (cancelling(), catch_cancel(turns(1)).await.is_ok())
        });
        assert_eq!(task.await.unwrap(), (3, true));
    });
}

// What a task waits for ----------------------------------------------------------

/// F40: a panic of the inner task while it cleans up is a failure too.
#[test]
fn the_outer_task_gets_the_panic_of_an_inner_that_cleans_up_badly() {
    run(async {
        let inner = spawn(Counting::forever().on_drop(|| panic!("in the destructor")));
        let outer = spawn(async move { inner.await.map(drop) });
        turns(2).await;
        outer.cancel();
        let error = outer.await.unwrap().unwrap_err();
        assert_eq!(error.panic_message(), Some("in the destructor"));
    });
}

/// F38: an inner task may cancel who awaits it, which is to cancel itself.
#[test]
fn an_inner_task_may_cancel_its_outer() {
    run(async {
        let outer = Rc::new(RefCell::new(None::<TaskRef>));
        let own = Rc::clone(&outer);
        let inner = spawn(async move {
            yield_now().await;
            assert!(own.borrow().as_ref().unwrap().cancel());
            assert_eq!(cancelling(), 1);
            yield_now().await;
            unreachable!("it was cancelled");
        });
        let inner_reference = inner.reference();
        let task = spawn(inner.into_future());
        outer.replace(Some(task.reference()));
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(inner_reference.is_finished());
    });
}

/// F49: a task that was cancelled by somebody else is an error to who awaits it,
/// whose own count is 0.
#[test]
fn the_cancellation_of_another_task_is_an_error_like_others() {
    run(async {
        let inner = spawn(pending::<()>());
        let reference = inner.reference();
        let outer = spawn(async move { (inner.await.unwrap_err().is_cancelled(), cancelling()) });
        yield_now().await;
        reference.cancel();
        assert_eq!(outer.await.unwrap(), (true, 0));
    });
}

/// F38: if both were cancelled, it is the outer task's own cancellation.
#[test]
fn a_cancellation_of_both_ends_both() {
    run(async {
        let inner = spawn(pending::<()>());
        let reference = inner.reference();
        let outer = spawn(inner.into_future());
        turns(2).await;
        reference.cancel();
        outer.cancel();
        assert_eq!(reference.cancelling(), 2);
        assert!(outer.await.unwrap_err().is_cancelled());
    });
}

/// F39, F49: a cancellation that the inner task has swallowed is over. If the
/// next task that is awaited was cancelled by somebody else, that is an error
/// like others.
#[test]
fn a_swallowed_cancellation_is_over() {
    run(async {
        let gone = spawn(pending::<()>());
        gone.cancel();
        let swallows = spawn(async { drop(cleans_up("inner", 0).await) });
        let outer = spawn(async move {
            swallows.await.unwrap();
            gone.await.unwrap_err().is_cancelled()
        });
        turns(2).await;
        outer.cancel();
        assert_eq!(outer.await.ok(), Some(true));
    });
}

/// F39, F49: also if the next task lives where the one before has lived.
#[test]
fn a_swallowed_cancellation_is_over_for_the_next_task_in_the_slot() {
    run(async {
        let next = Rc::new(RefCell::new(None));
        let told = Rc::clone(&next);
        let swallows = spawn(async { drop(cleans_up("inner", 0).await) });
        let slot = swallows.id().to_string();
        let outer = spawn(async move {
            swallows.await.unwrap();
            let task = spawn(pending::<()>());
            assert_eq!(task.id().to_string(), format!("{slot}.2"));
            told.replace(Some(task.reference()));
            task.await.unwrap_err().is_cancelled()
        });
        turns(2).await;
        outer.cancel();
        turns(4).await;
        next.take().expect("the inner task has returned").cancel();
        assert_eq!(outer.await.ok(), Some(true));
    });
}

// Several at once ----------------------------------------------------------------

/// A borrowed handle takes no cancellation.
#[test]
fn awaiting_a_borrowed_handle_passes_nothing_on() {
    run(async {
        let mut inner = spawn(sleeps(5));
        let reference = inner.reference();
        let outer = spawn(async move { drop((&mut inner).await) });
        turns(2).await;
        outer.cancel();
        turns(1).await;
        assert!(is_cancelled(&outer) && !reference.is_finished());
        sleep(ms(5)).await;
        assert!(reference.is_finished());
        assert_eq!(reference.cancelling(), 0);
    });
}

/// Of several tasks that one awaits at once none takes the cancellation: it is
/// the task's own. It gives up the awaits then, which cancels the others.
#[test]
fn a_task_that_awaits_several_is_cancelled_itself() {
    let program = async {
        let [a, b] = ["a", "b"].map(|name| spawn(guarded(name, pending::<()>())));
        let task =
            spawn(guarded("task", async { drop(zip(a.into_future(), b.into_future()).await) }));
        turns(2).await;
        say("main cancels");
        task.cancel();
        turns(3).await;
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 task cancelled",
        "0+2 a cancelled",
        "0+2 b cancelled",
    ]);
}

/// Among other futures a single task takes it.
#[test]
fn a_single_task_among_other_futures_takes_the_cancellation() {
    run(async {
        let inner = spawn(pending::<()>());
        let reference = inner.reference();
        let task = spawn(async move {
            or(async { drop(inner.await) }, sleep(HOUR)).await;
        });
        turns(2).await;
        task.cancel();
        assert_eq!((reference.cancelling(), task.reference().cancelling()), (1, 1));
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// A wait that a task has given up takes no cancellation any more.
#[test]
fn a_task_that_is_awaited_no_more_takes_no_cancellation() {
    run(async {
        let inner = spawn(sleep(HOUR)).shared();
        let given_up = inner.clone();
        let task = spawn(async move {
            or(async { drop(given_up.await) }, sleep(ms(1))).await;
            sleep(HOUR).await;
        });
        sleep(ms(2)).await;
        task.cancel();
        yield_now().await;
        assert!(is_cancelled(&task));
        assert_eq!((inner.is_finished(), inner.reference().cancelling()), (false, 0));
    });
}

/// Nor does one that is being cancelled because the await was given up.
#[test]
fn a_task_whose_await_was_given_up_takes_no_cancellation() {
    run(async {
        let inner = cleaner("inner", 5);
        let reference = inner.reference();
        let task = spawn(async move {
            or(async { drop(inner.await) }, sleep(ms(1))).await;
            sleep(HOUR).await;
        });
        sleep(ms(1)).await;
        turns(2).await;
        task.cancel();
        yield_now().await;
        assert!(is_cancelled(&task));
        assert_eq!(reference.cancelling(), 1, "from giving up its await");
    });
}

/// Awaits a join that others can take away: for ever, if they do.
async fn awaits_what_is_on(shelf: Rc<RefCell<Option<Join<()>>>>) {
    let awaits = |cx: &mut Context<'_>| match shelf.borrow_mut().as_mut() {
        Some(join) => Pin::new(join).poll(cx).map(drop),
        None => Poll::Pending,
    };
    poll_fn(awaits).await;
}

/// I3: a join that was taken away from who awaited it leaves nobody to pass a
/// cancellation to, whoever lives in the slot by then.
#[test]
fn a_cancellation_is_not_passed_to_the_next_task_in_the_slot() {
    run(async {
        let inner = spawn(pending::<()>());
        let slot = inner.id().to_string();
        let shelf = Rc::new(RefCell::new(Some(inner.into_future())));
        let task = spawn(awaits_what_is_on(Rc::clone(&shelf)));
        turns(2).await;
        drop(shelf.take());
        turns(2).await;
        expect_no_request_to_the_next_in(&slot, &task).await;
    });
}

/// Cancels a task, which doesn't wait for what is in that slot by now.
async fn expect_no_request_to_the_next_in(slot: &str, task: &Task<()>) {
    let tenant = spawn(pending::<()>());
    assert_eq!(tenant.id().to_string(), format!("{slot}.2"));
    task.cancel();
    turns(2).await;
    assert!(is_cancelled(task));
    assert_eq!((tenant.is_finished(), tenant.reference().cancelling()), (false, 0));
}

/// I3: nor does one that another task has polled to its end.
#[test]
fn a_cancellation_is_not_passed_to_the_next_task_after_a_join_that_ended_elsewhere() {
    run(async {
        let inner = spawn(turns(3));
        let (slot, reference) = (inner.id().to_string(), inner.reference());
        let shelf = Rc::new(RefCell::new(Some(inner.into_future())));
        let task = spawn(awaits_what_is_on(Rc::clone(&shelf)));
        while !reference.is_finished() {
            yield_now().await;
        }
        // The task is queued for that end, but here it is taken first.
        assert!(shelf.take().unwrap().await.is_ok());
        expect_no_request_to_the_next_in(&slot, &task).await;
    });
}

/// I9: a task that had passed its request on to one whose end another takes is asked itself, at
/// once.
#[test]
fn a_cancellation_comes_back_from_a_join_that_ended_elsewhere() {
    run(async {
        let inner = spawn(pending::<()>());
        let reference = inner.reference();
        let shelf = Rc::new(RefCell::new(Some(inner.into_future())));
        let task = spawn(awaits_what_is_on(Rc::clone(&shelf)));
        turns(1).await;
        task.cancel();
        while !reference.is_finished() {
            yield_now().await;
        }
        assert!(shelf.take().unwrap().await.unwrap_err().is_cancelled());
        turns(1).await;
        assert!(is_cancelled(&task));
    });
}

/// I3: nor does one of a task that is queued, and has heard nothing yet, as another drops its
/// join.
#[test]
fn a_cancellation_is_not_passed_to_the_next_task_after_a_join_that_was_dropped_elsewhere() {
    run(async {
        let inner = spawn(pending::<()>());
        let (slot, reference) = (inner.id().to_string(), inner.reference());
        let shelf = Rc::new(RefCell::new(Some(inner.into_future())));
        let task = spawn(awaits_what_is_on(Rc::clone(&shelf)));
        turns(1).await;
        task.cancel();
        while !reference.is_finished() {
            yield_now().await;
        }
        drop(shelf.take());
        expect_no_request_to_the_next_in(&slot, &task).await;
    });
}

/// A join that a task has left alone since takes nothing with it when it is dropped.
#[test]
fn a_cancellation_is_passed_to_what_a_task_waits_for_now_whatever_it_has_waited_for_before() {
    run(async {
        let inner = spawn(pending::<()>()).shared();
        let shelf = Rc::new(RefCell::new(Some(spawn(pending::<()>()).into_future())));
        let task = spawn({
            let (inner, shelf) = (inner.clone(), Rc::clone(&shelf));
            async move {
                or(awaits_what_is_on(shelf), yield_now()).await;
                yield_now().await;
                inner.await
            }
        });
        turns(3).await;
        drop(shelf.take());
        task.cancel();
        turns(3).await;
        assert!(is_cancelled(&task));
        assert!(inner.is_cancelled());
    });
}

/// I9: nor is one lost that was passed on within a scope, if the task itself takes away, from
/// outside of the scope, what was awaited there.
#[test]
fn a_cancellation_is_not_lost_if_the_task_takes_away_what_a_scope_in_it_awaits() {
    run(async {
        let shelf = Rc::new(RefCell::new(Some(cleaner("inner", 9).into_future())));
        let gate = Gate::new();
        let mut task = spawn({
            let gate = gate.clone();
            async move {
                let scope = catch_cancel(awaits_what_is_on(Rc::clone(&shelf)));
                let takes_away = async {
                    Counting::until(&gate).await;
                    drop(shelf.take());
                };
                zip(scope, takes_away).await.0
            }
        });
        turns(2).await;
        task.cancel();
        turns(2).await;
        gate.open();
        turns(3).await;
        let caught = task.take_outcome().map(|it| it.unwrap().is_err());
        assert_eq!(caught, Some(true));
    });
}

/// A task that goes on while what it waited for is still being cancelled has not
/// lost the cancellation.
#[test]
fn a_cancellation_is_not_lost_if_another_future_is_ready_first() {
    run(async {
        let (inner, gate) = (cleaner("inner", 9), Gate::new());
        let (reference, until) = (inner.reference(), gate.clone());
        let task = spawn(async move {
            or(async { drop(inner.await) }, until.wait()).await;
            sleep(HOUR).await;
        });
        turns(2).await;
        task.cancel();
        turns(2).await;
        assert!(!reference.is_finished());
        gate.open();
        turns(2).await;
        assert!(is_cancelled(&task));
    });
}

/// Waits that were given up, several even, don't stand in the way of the next.
#[test]
fn the_next_task_takes_the_cancellation_when_several_were_given_up() {
    run(async {
        let [a, b, inner] = ["a", "b", "inner"].map(|name| cleaner(name, 3));
        let reference = inner.reference();
        let task = spawn(async move {
            let both = zip(a.into_future(), b.into_future());
            or(async { drop(both.await) }, sleep(ms(1))).await;
            drop(inner.await);
        });
        sleep(ms(1)).await;
        turns(2).await;
        task.cancel();
        assert_eq!(reference.cancelling(), 1);
        turns(2).await;
        ends_after_the_clean_up(task).await;
    });
}

/// Nor does one that was given up in the poll in which it had begun, polled once or twice.
fn a_wait_that_was_given_up_at_once_is_none<T: 'static>(
    wait: impl Fn() -> Pin<Box<dyn Future<Output = T>>> + Copy + 'static,
) {
    for polls in 1..3 {
        run(async move {
            let inner = spawn(pending::<()>()).shared();
            let awaited = inner.clone();
            let task = spawn(async move {
                let mut wait = wait();
                for _ in 0..polls {
                    assert!(poll_once(wait.as_mut()).await.is_none());
                }
                drop(wait);
                awaited.await
            });
            turns(2).await;
            task.cancel();
            assert_eq!(inner.reference().cancelling(), 1, "after {polls} polls");
        });
    }
}

#[test]
fn a_scope_that_was_given_up_at_once_takes_no_cancellation() {
    a_wait_that_was_given_up_at_once_is_none(|| Box::pin(catch_cancel(pending::<()>())));
}

#[test]
fn a_target_that_was_given_up_at_once_takes_no_cancellation() {
    a_wait_that_was_given_up_at_once_is_none(|| Box::pin(passes_on(Rc::default())));
}

/// One of two awaits of a shared task may be given up: the other passes on.
#[test]
fn a_second_await_of_the_same_task_may_be_given_up() {
    run(async {
        let inner = cleaner("inner", 3).shared();
        let twice = inner.clone();
        let task = spawn(async move {
            let mut second = twice.clone().into_future();
            let gives_up = async move {
                assert!(poll_once(&mut second).await.is_none());
                drop(second);
                pending::<()>().await;
            };
            zip(async { drop(twice.await) }, gives_up).await;
        });
        turns(2).await;
        task.cancel();
        assert_eq!(inner.reference().cancelling(), 1);
        turns(2).await;
        ends_after_the_clean_up(task).await;
    });
}

/// Also once the request was passed on: the other waits for that task as before.
#[test]
fn a_second_await_may_be_given_up_while_the_task_that_is_awaited_cleans_up() {
    run(async {
        let (inner, gate) = (cleaner("inner", 9).shared(), Gate::new());
        let (twice, until) = (inner.clone(), gate.clone());
        let task = spawn(async move {
            let gives_up = async { or(until.wait(), async { drop(twice.clone().await) }).await };
            zip(async { drop(twice.clone().await) }, gives_up).await;
        });
        turns(2).await;
        task.cancel();
        gate.open();
        turns(3).await;
        ends_after_the_clean_up(task).await;
        assert_eq!(inner.reference().cancelling(), 1);
    });
}

/// The end of a task that is awaited later says nothing of a request that was passed on before.
#[test]
fn the_end_of_another_task_is_not_that_of_the_one_that_was_asked() {
    run(async {
        let (inner, gate) = (cleaner("inner", 9), Gate::new());
        let until = gate.clone();
        let task = spawn(async move {
            let later = async {
                until.wait().await;
                spawn(turns(1)).await.is_ok()
            };
            zip(inner.into_future(), later).await.1
        });
        turns(2).await;
        task.cancel();
        gate.open();
        turns(5).await;
        ends_after_the_clean_up(task).await;
    });
}

/// I9: nor does it in a scope: whoever drops that gives the request back.
#[test]
fn the_end_of_another_task_in_a_scope_is_not_that_of_the_one_that_was_asked() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let lent = Lent::new(async move {
            let later = async {
                until.wait().await;
                spawn(turns(1)).await.is_ok()
            };
            is_caught(zip(cleaner("inner", 9).into_future(), later)).await
        });
        let task = spawn(Rc::clone(&lent).polled());
        turns(3).await;
        task.cancel();
        gate.open();
        turns(5).await;
        drop(lent.0.take());
        turns(1).await;
        assert!(is_cancelled(&task));
    });
}

/// I9: a task that returns amid that is asked to end itself, and its value is lost (F44).
#[test]
fn a_task_that_returns_while_it_still_awaits_what_was_asked_ends_as_cancelled() {
    run(async {
        let (shelf, gate) = (Lent::new(cleaner("inner", 9).into_future()), Gate::new());
        let (on_shelf, until) = (Rc::clone(&shelf), gate.clone());
        let task = spawn(or(async { drop(on_shelf.polled().await) }, async move {
            until.wait().await;
        }));
        turns(2).await;
        task.cancel();
        turns(2).await;
        gate.open();
        turns(1).await;
        assert!(is_cancelled(&task));
        drop(shelf);
    });
}

/// What one task has given up is nothing to the next that is polled.
#[test]
fn what_a_task_has_said_is_forgotten_with_its_poll() {
    run(async {
        let (inner, beside) = (cleaner("inner", 3), spawn(pending::<()>()));
        let throws = async { drop(catch_cancel(poll_fn(|cx| Cancelled::throw::<()>(cx))).await) };
        let first = spawn(zip(beside.into_future(), throws));
        let second = spawn(inner.into_future());
        turns(1).await;
        second.cancel();
        turns(2).await;
        assert!(!second.is_finished(), "the inner task cleans up");
        assert!(second.await.unwrap_err().is_cancelled());
        assert!(!first.is_finished());
    });
}

/// A scope beside a task that is awaited doesn't take its place.
#[test]
fn a_scope_that_has_caught_leaves_what_is_beside_it_waiting() {
    run(async {
        let inner = cleaner("inner", 3);
        let reference = inner.reference();
        let throws = async { drop(catch_cancel(poll_fn(|cx| Cancelled::throw::<()>(cx))).await) };
        let task = spawn(zip(inner.into_future(), throws));
        turns(1).await;
        task.cancel();
        assert_eq!(reference.cancelling(), 1);
        turns(2).await;
        ends_after_the_clean_up(task).await;
    });
}

/// I3: a cancellation that was passed on to a task that ended unheard isn't taken
/// for one of the next task in its slot.
#[test]
fn a_cancellation_is_not_lost_to_the_next_task_in_the_slot() {
    run(async {
        let (inner, gate) = (spawn(pending::<()>()), Gate::new());
        let (slot, until) = (inner.id().to_string(), gate.clone());
        let task = spawn(async move {
            or(until.wait(), async { drop(inner.await) }).await;
            let next = spawn(pending::<()>());
            assert_eq!(next.id().to_string(), format!("{slot}.2"));
            drop(next.await);
        });
        turns(2).await;
        task.cancel();
        turns(1).await;
        gate.open();
        turns(4).await;
        assert!(is_cancelled(&task));
    });
}

/// I3: nor if it was a scope in the task that heard of that end.
#[test]
fn a_cancellation_is_not_lost_if_a_scope_hears_what_the_task_has_awaited() {
    run(async {
        let (inner, gate) = (spawn(pending::<()>()), Gate::new());
        let (slot, until) = (inner.id().to_string(), gate.clone());
        let task = spawn(async move {
            let mut join = Some(inner.into_future());
            or(until.wait(), async { drop(join.as_mut().unwrap().await) }).await;
            assert!(catch_cancel(join.take().unwrap()).await.is_ok_and(|it| it.is_err()));
            let next = spawn(pending::<()>());
            assert_eq!(next.id().to_string(), format!("{slot}.2"));
            drop(next.await);
        });
        turns(2).await;
        task.cancel();
        turns(1).await;
        gate.open();
        turns(4).await;
        assert!(is_cancelled(&task));
    });
}

/// Spawns tasks each of which awaits the next, and the last the first.
fn ring(executor: &Executor, count: usize) -> Vec<Shared<()>> {
    let tasks = Rc::new(RefCell::new(Vec::<Shared<()>>::new()));
    let spawned = (0..count).map(|number| {
        let tasks = Rc::clone(&tasks);
        let awaits_next = async move {
            let next = tasks.borrow()[(number + 1) % count].clone();
            drop(tasks);
            drop(next.await);
        };
        executor.spawn(awaits_next).shared()
    });
    let ring: Vec<_> = spawned.collect();
    tasks.borrow_mut().extend(ring.iter().cloned());
    run_until_stalled(executor);
    tasks.take();
    ring
}

/// Tasks that await each other wait for ever; to cancel one ends them (F38).
#[test]
fn tasks_that_await_each_other_can_be_cancelled() {
    for count in [2, 3, 100] {
        let executor = virtual_executor();
        let tasks = ring(&executor, count);
        tasks[0].cancel();
        run_until_stalled(&executor);
        assert!(tasks.iter().all(|task| is_cancelled(task)), "{count}");
    }
}

/// The request stops where it has been, however many tasks there were before; so it counts
/// once, but twice there.
#[test]
fn a_request_to_tasks_that_await_each_other_goes_round_once() {
    for count in [2, 3, 100] {
        let executor = virtual_executor();
        drop::<Vec<_>>((0..1000).map(|_| executor.spawn(async {})).collect());
        run_until_stalled(&executor);
        let tasks = ring(&executor, count);
        let leads_there = (0..7).fold(tasks[0].clone(), |inner, _| {
            executor.spawn(async move { drop(inner.await) }).shared()
        });
        run_until_stalled(&executor);
        leads_there.cancel();
        let counts = tasks.iter().map(|task| task.reference().cancelling());
        let expected = iter::once(2).chain(iter::repeat_n(1, count - 1));
        assert_eq!(counts.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        run_until_stalled(&executor);
        assert!(is_cancelled(&leads_there));
    }
}

// Targets ------------------------------------------------------------------------

/// Counts requests, and opens a gate for them; `false` once it is open.
#[derive(Default)]
struct Target {
    requests: Cell<u32>,
    gate: Gate,
    open: Cell<bool>,
}

impl CancelTarget for Target {
    fn cancel(&self) -> bool {
        self.requests.set(self.requests.get() + 1);
        self.gate.open();
        !self.open.replace(true)
    }
}

/// Waits for the target's gate, and passes cancellations on to it meanwhile.
async fn passes_on(target: Rc<Target>) {
    let gate = target.gate.clone();
    let mut waits = pin!(gate.wait());
    let mut pass = PassCancel::to(target);
    poll_fn(|cx| {
        let poll = waits.as_mut().poll(cx);
        if poll.is_pending() {
            pass.waits(cx);
        }
        poll
    })
    .await;
    pass.conclude();
}

/// A request goes to what the task says that it waits for; the task goes on,
/// and counts it.
#[test]
fn a_request_is_passed_on_to_a_target() {
    run(async {
        let target = Rc::new(Target::default());
        let waits_for = Rc::clone(&target);
        let task = spawn(async move {
            passes_on(waits_for).await;
            cancelling()
        });
        turns(1).await;
        task.cancel();
        assert_eq!(target.requests.get(), 1);
        assert_eq!(task.await.unwrap(), 1);
        assert_eq!(Rc::strong_count(&target), 1, "nobody keeps it");
    });
}

/// F83: a target with nothing left to cancel leaves the request to the task.
#[test]
fn a_target_with_nothing_left_leaves_the_request_to_the_task() {
    run(async {
        let target = Rc::new(Target::default());
        let task = spawn(passes_on(Rc::clone(&target)));
        turns(1).await;
        assert!(task.cancel() && task.cancel());
        assert_eq!(target.requests.get(), 2);
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// A target is asked only while the task waits for it.
#[test]
fn a_target_that_is_waited_for_no_more_is_not_asked() {
    run(async {
        let target = Rc::new(Target::default());
        let waits_for = Rc::clone(&target);
        let task = spawn(async move {
            or(passes_on(waits_for), sleep(ms(1))).await;
            sleep(HOUR).await;
        });
        sleep(ms(2)).await;
        task.cancel();
        turns(1).await;
        assert!(is_cancelled(&task));
        assert_eq!(target.requests.get(), 0);
    });
}

/// Of two targets at once none is asked, nor of a target and a task.
#[test]
fn one_of_several_targets_is_not_asked() {
    run(async {
        let targets = [(); 3].map(|()| Rc::new(Target::default()));
        let [a, b, c] = targets.clone();
        let inner = spawn(pending::<()>());
        let inner_reference = inner.reference();
        let both = spawn(zip(passes_on(a), passes_on(b)));
        let mixed = spawn(zip(passes_on(c), inner.into_future()));
        turns(1).await;
        assert!(both.cancel() && mixed.cancel());
        turns(1).await;
        assert!(is_cancelled(&both) && is_cancelled(&mixed));
        assert!(targets.iter().all(|target| target.requests.get() == 0));
        turns(1).await;
        assert!(inner_reference.is_finished(), "its await was given up");
        drop((both, mixed));
        assert!(targets.iter().all(|target| Rc::strong_count(target) == 1));
    });
}

/// A target goes with the wait: nobody keeps it when the task has ended.
#[test]
fn a_target_is_dropped_when_its_task_ends() {
    run(async {
        let targets = [(); 2].map(|()| Rc::new(Target::default()));
        let [a, b] = targets.clone();
        let returns = spawn(passes_on(a));
        let ends_with_the_executor = spawn(passes_on(b));
        turns(1).await;
        targets[0].gate.open();
        turns(1).await;
        assert!(returns.is_finished() && !ends_with_the_executor.is_finished());
        assert_eq!(Rc::strong_count(&targets[0]), 1);
    });
}

/// A future that is polled by another waker than the task's has nothing to pass
/// to.
#[test]
fn nothing_is_passed_on_outside_of_the_tasks_own_poll() {
    run(async {
        let target = Rc::new(Target::default());
        let mut boxed = Box::pin(passes_on(Rc::clone(&target)));
        let task = spawn(poll_fn(move |_| {
            let mut foreign = std::task::Context::from_waker(std::task::Waker::noop());
            boxed.as_mut().poll(&mut foreign)
        }));
        turns(1).await;
        task.cancel();
        turns(1).await;
        assert!(is_cancelled(&task));
        assert_eq!(target.requests.get(), 0);
    });
    let target = Rc::new(Target::default());
    let passed = panic_of(|| {
        futures_lite::future::block_on(or(passes_on(Rc::clone(&target)), async {
            panic!("no executor is no error")
        }));
    });
    assert_eq!(passed, "no executor is no error");
}

/// I7: a target may spawn, cancel and end tasks when it is asked.
#[test]
fn a_target_may_do_what_it_likes() {
    struct Busy(TaskRef, RefCell<Option<Task<()>>>);
    impl CancelTarget for Busy {
        fn cancel(&self) -> bool {
            assert!(self.0.cancel());
            let spawned = spawn(pending());
            spawned.cancel();
            drop(self.1.replace(Some(spawned)));
            true
        }
    }
    run(async {
        let other = spawn(pending::<()>());
        let busy = Rc::new(Busy(other.reference(), RefCell::default()));
        let mut pass = PassCancel::to(busy.clone());
        let task = spawn(poll_fn(move |cx| {
            pass.waits(cx);
            Poll::<()>::Pending
        }));
        turns(1).await;
        assert!(task.cancel() && task.cancel());
        turns(1).await;
        assert!(is_cancelled(&other) && !task.is_finished());
        assert!(is_cancelled(busy.1.borrow().as_ref().unwrap()));
    });
}

/// While a target is asked, its task waits for nothing: a request that comes back to the task
/// ends there, however many others come back after it.
#[test]
fn a_target_is_asked_once_by_a_request_that_comes_back() {
    struct Children(RefCell<Vec<Task<()>>>, Cell<u32>);
    impl CancelTarget for Children {
        fn cancel(&self) -> bool {
            self.1.set(self.1.get() + 1);
            assert!(self.0.borrow().iter().all(Task::cancel));
            true
        }
    }
    run(async {
        let target = Rc::new(Children(RefCell::default(), Cell::default()));
        let mut pass = PassCancel::to(target.clone());
        let parent = spawn(poll_fn(move |cx| {
            pass.waits(cx);
            Poll::<()>::Pending
        }));
        let parent = parent.shared();
        target.0.replace(vec![joins(&parent), joins(&parent)]);
        turns(2).await;
        parent.cancel();
        assert_eq!((target.1.get(), parent.reference().cancelling()), (1, 3));
    });
}

/// A target may drop the very wait for which it is asked: then the task sees the request.
#[test]
fn a_request_is_not_lost_to_a_target_that_drops_the_wait() {
    type Wait = Pin<Box<dyn Future<Output = ()>>>;
    #[derive(Default)]
    struct Dropping(RefCell<Option<Wait>>);
    impl CancelTarget for Dropping {
        fn cancel(&self) -> bool {
            self.0.take().is_some()
        }
    }
    run(async {
        let target = Rc::new(Dropping::default());
        let mut pass = PassCancel::to(target.clone());
        target.0.replace(Some(Box::pin(poll_fn(move |cx| {
            pass.waits(cx);
            Poll::Pending
        }))));
        let task = spawn(poll_fn(move |cx| match &mut *target.0.borrow_mut() {
            Some(wait) => wait.as_mut().poll(cx),
            None => Poll::Pending,
        }));
        turns(1).await;
        assert!(task.cancel());
        turns(1).await;
        assert!(is_cancelled(&task));
    });
}

/// It may also drop the scope around that wait.
#[test]
fn a_request_is_not_lost_to_a_target_that_drops_the_scope_around_the_wait() {
    struct Dropping(RefCell<Option<Rc<Lent<bool>>>>);
    impl CancelTarget for Dropping {
        fn cancel(&self) -> bool {
            self.0.take().is_some_and(|lent| lent.0.take().is_some())
        }
    }
    run(async {
        let target = Rc::new(Dropping(RefCell::default()));
        let mut pass = PassCancel::to(target.clone());
        let lent = Lent::new(is_caught(poll_fn(move |cx| {
            pass.waits(cx);
            Poll::<()>::Pending
        })));
        target.0.replace(Some(Rc::clone(&lent)));
        let task = spawn(lent.polled());
        turns(1).await;
        assert!(task.cancel());
        turns(1).await;
        assert!(is_cancelled(&task));
    });
}

/// Spawns a task that awaits another.
fn joins(task: &Shared<()>) -> Task<()> {
    let task = task.clone();
    spawn(async move { drop(task.await) })
}

/// A target whose destructor panics: the panic is the task's, and nothing to the
/// executor.
#[test]
fn a_panic_in_the_destructor_of_a_target_is_the_tasks() {
    struct Fragile;
    impl CancelTarget for Fragile {
        fn cancel(&self) -> bool {
            true
        }
    }
    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("in the target's destructor");
        }
    }
    let executor = virtual_executor();
    let passing = || {
        let mut pass = PassCancel::to(Rc::new(Fragile));
        poll_fn(move |cx| {
            pass.waits(cx);
            Poll::<()>::Pending
        })
    };
    let leaves = executor.spawn(or(passing(), turns(2)));
    let ends_with_the_executor = executor.spawn(passing());
    run_until_stalled(&executor);
    let error = leaves.outcome().unwrap().unwrap_err();
    assert_eq!(error.panic_message(), Some("in the target's destructor"));
    assert_eq!(executor.block_on(async { 7 }), 7);
    assert_eq!(panic_of(|| drop(executor)), "in the target's destructor");
    assert!(is_cancelled(&ends_with_the_executor));
}

/// The same if it goes with its wait, as it is asked: it is nothing to who asks.
#[test]
fn a_panic_in_the_destructor_of_a_target_that_is_asked_is_nothing_to_who_asks() {
    struct Fragile(RefCell<Option<PassCancel>>);
    impl CancelTarget for Fragile {
        fn cancel(&self) -> bool {
            drop(self.0.take());
            true
        }
    }
    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("in the target's destructor");
        }
    }
    run(async {
        let target = Rc::new(Fragile(RefCell::default()));
        let weak = Rc::downgrade(&target);
        target.0.replace(Some(PassCancel::to(target.clone())));
        drop(target);
        let task = spawn(poll_fn(move |cx| {
            let target = weak.upgrade().unwrap();
            target.0.borrow_mut().as_mut().unwrap().waits(cx);
            Poll::<()>::Pending
        }));
        turns(1).await;
        assert!(task.cancel());
        turns(1).await;
        assert!(is_cancelled(&task));
    });
}

/// At the end of the executor nothing is asked: all end with it.
#[test]
fn a_target_is_not_asked_by_a_destructor_at_the_end_of_the_executor() {
    let executor = virtual_executor();
    let (target, scope) = (Rc::new(Target::default()), Scope::default());
    let asked = Rc::new(RefCell::new(None::<TaskRef>));
    let asks = || {
        let (asked, scope) = (Rc::clone(&asked), scope.clone());
        executor.spawn(Counting::forever().on_drop(move || {
            asked.borrow().as_ref().unwrap().cancel();
            scope.redeliver();
        }))
    };
    let first = asks();
    let (passes, within) = (Rc::clone(&target), scope.clone());
    let task = executor.spawn(async move {
        assert!(within.catch(pending::<()>()).await.is_err());
        within.catch(passes_on(passes)).await.is_ok()
    });
    asked.replace(Some(task.reference()));
    let last = asks();
    run_until_stalled(&executor);
    task.cancel();
    run_until_stalled(&executor);
    drop(executor);
    assert!(is_cancelled(&first) && is_cancelled(&task) && is_cancelled(&last));
    assert_eq!(target.requests.get(), 0);
}

// From elsewhere -----------------------------------------------------------------

/// A task may have its await polled to the end by another executor's task, amid its own poll.
/// It was the one that was asked to end.
#[test]
fn a_cancellation_does_not_end_a_task_of_another_executor_that_takes_the_join() {
    run(async {
        let mut join = cleaner("inner", 2).into_future();
        let task = spawn(async move {
            let mut polls = 0..2;
            poll_fn(|cx| match polls.next() {
                Some(0) => Pin::new(&mut join).poll(cx).map(drop),
                _ => Poll::Ready(()),
            })
            .await;
            let elsewhere = virtual_executor().block_on(async { spawn(join).await });
            assert!(elsewhere.is_ok_and(|outcome| outcome.unwrap_err().is_cancelled()));
            pending::<()>().await;
        });
        turns(2).await;
        task.cancel();
        turns(5).await;
        assert!(is_cancelled(&task));
    });
}

/// A target is asked by the task that waits for it now, though that has the same name in its
/// executor as the one before in another.
#[test]
fn a_target_may_move_to_another_executor() {
    let target = Rc::new(Target::default());
    let lent = Lent::new(passes_on(Rc::clone(&target)));
    let executors = [virtual_executor(), virtual_executor()];
    let [first, second] = executors.each_ref().map(|executor| {
        let task = executor.spawn(Rc::clone(&lent).polled());
        run_until_stalled(executor);
        task
    });
    assert_eq!(first.id(), second.id());
    second.cancel();
    assert_eq!(target.requests.get(), 1);
    run_until_stalled(&executors[1]);
    assert!(!is_cancelled(&second) && second.is_finished());
}

/// I2: tasks are cancelled while their executor doesn't run, and inside another
/// one's tasks; they end when theirs runs.
#[test]
fn tasks_are_cancelled_wherever_one_has_their_handles() {
    let executor = virtual_executor();
    let inner = executor.spawn(pending::<()>());
    let reference = inner.reference();
    let outer = executor.spawn(inner.into_future());
    run_until_stalled(&executor);
    run(async { assert!(outer.cancel()) });
    assert_eq!((outer.reference().cancelling(), reference.cancelling()), (1, 1));
    assert!(!reference.is_finished());
    run_until_stalled(&executor);
    assert!(reference.is_finished() && is_cancelled(&outer));
}

/// A host whose executor rests is told that there is something to do if what a task waits for is
/// dropped, and a cancellation comes back by that.
#[test]
fn a_host_is_told_of_a_cancellation_that_comes_back() {
    fn assert_is_told(wait: impl FnOnce(&Executor) -> Pin<Box<dyn Future<Output = ()>>>) {
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        let builder = Executor::builder().clock(Clock::Virtual);
        let executor = builder.on_wake(move || _ = count.fetch_add(1, Relaxed)).build();
        let lent = Lent::new(wait(&executor));
        let task = executor.spawn(Rc::clone(&lent).polled());
        run_until_stalled(&executor);
        task.cancel();
        run_until_stalled(&executor);
        let before = told.load(Relaxed);
        drop(lent.0.take());
        assert_eq!(told.load(Relaxed), before + 1);
        run_until_stalled(&executor);
        assert!(is_cancelled(&task));
    }
    assert_is_told(|executor| {
        let stubborn = async { while is_caught(pending::<()>()).await {} };
        let inner = executor.spawn(stubborn).shared();
        Box::pin(async move { drop(inner.await) })
    });
    let has_nothing_left = Target::default();
    has_nothing_left.open.set(true);
    assert_is_told(|_| {
        let mut pass = PassCancel::to(Rc::new(has_nothing_left));
        Box::pin(poll_fn(move |cx| {
            pass.waits(cx);
            Poll::Pending
        }))
    });
}

/// F35: a destructor may cancel any task, its own included.
#[test]
fn a_destructor_may_cancel_whom_it_likes() {
    run(async {
        let (own, bystander) = (Rc::new(RefCell::new(None::<TaskRef>)), spawn(pending::<()>()));
        let (itself, other) = (Rc::clone(&own), bystander.reference());
        let future = Counting::forever().on_drop(move || {
            assert!(itself.borrow().as_ref().unwrap().cancel());
            assert!(other.cancel());
        });
        let counts = future.counts();
        let task = spawn(future);
        own.replace(Some(task.reference()));
        turns(1).await;
        task.cancel();
        turns(1).await;
        assert!(is_cancelled(&task) && !bystander.is_finished());
        turns(1).await;
        assert!(is_cancelled(&bystander));
        counts.assert(1, 1, 0);
    });
}

/// F33: a detached task is cancelled like others.
#[test]
fn a_detached_task_can_be_cancelled() {
    run(async {
        let future = Counting::forever();
        let counts = future.counts();
        let reference = spawn(future).reference();
        turns(1).await;
        assert!(reference.cancel());
        turns(1).await;
        counts.assert(1, 1, 0);
        assert!(reference.is_finished());
    });
}

/// I8: an executor that is dropped amid cancellations drops everything once.
#[test]
fn an_executor_may_be_dropped_amid_cancellations() {
    for after in 0..7 {
        let executor = virtual_executor();
        let futures = [0; 3].map(|_| Counting::forever());
        let counts = futures.each_ref().map(Counting::counts);
        let [marked, caught, awaited] = futures;
        let marked = executor.spawn(marked);
        let caught = executor.spawn(async {
            let cancelled = catch_cancel(caught).await.unwrap_err();
            turns(2).await;
            cancelled.resume().await
        });
        let awaited = executor.spawn(awaited);
        let middle = executor.spawn(async move { awaited.await.map(drop) });
        let outer = executor.spawn(async move { middle.await });
        run_until_stalled(&executor);
        marked.cancel();
        caught.cancel();
        outer.cancel();
        for _ in 0..after {
            let _ = executor.turn();
        }
        drop(executor);
        for counts in counts {
            counts.assert(1, 1, 0);
        }
        assert!(is_cancelled(&marked) && is_cancelled(&outer));
        assert!(matches!(caught.outcome(), Some(Err(error)) if error.is_cancelled()));
    }
}

// Depth --------------------------------------------------------------------------

/// Runs a program on a small stack, which overflows at once if anything recurses
/// from task to task.
fn on_a_small_stack(program: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(256 << 10).spawn(program).unwrap();
    thread.join().unwrap_or_else(|panic| resume_unwind(panic));
}

const DEEP: usize = 100_000;

/// Tasks of which each awaits the one before; the first waits for a gate.
fn chain(executor: &Executor, gate: &Gate) -> Task<usize> {
    let until = gate.clone();
    let mut task = executor.spawn(async move {
        until.wait().await;
        0
    });
    for _ in 1..DEEP {
        task = executor.spawn(async move { task.await.map_or(0, |depth| depth + 1) });
    }
    run_until_stalled(executor);
    task
}

/// The same, and each catches what comes, and resumes.
fn chain_of_scopes(executor: &Executor) -> Task<()> {
    let mut task = executor.spawn(pending());
    for _ in 1..DEEP {
        task = executor.spawn(async move {
            match catch_cancel(task).await {
                Ok(ended) => ended.unwrap_or(()),
                Err(cancelled) => cancelled.resume().await,
            }
        });
    }
    run_until_stalled(executor);
    task
}

/// Tasks of which each spawns the next and awaits it.
fn chain_of_spawns(executor: &Executor) -> Task<()> {
    fn next(left: usize) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            match left {
                0 => pending().await,
                _ => spawn(next(left - 1)).await.unwrap_or(()),
            }
        })
    }
    let task = executor.spawn(next(DEEP));
    run_until_stalled(executor);
    task
}

/// F38: however many tasks await each other, a cancellation goes through.
#[test]
fn a_deep_chain_is_cancelled() {
    on_a_small_stack(|| {
        let (executor, gate) = (virtual_executor(), Gate::new());
        let outermost = chain(&executor, &gate);
        outermost.cancel();
        run_until_stalled(&executor);
        assert!(is_cancelled(&outermost));
        let outermost = chain_of_scopes(&executor);
        outermost.cancel();
        run_until_stalled(&executor);
        assert!(is_cancelled(&outermost));
    });
}

/// As does a value.
#[test]
fn a_deep_chain_returns() {
    on_a_small_stack(|| {
        let (executor, gate) = (virtual_executor(), Gate::new());
        let outermost = chain(&executor, &gate);
        gate.open();
        run_until_stalled(&executor);
        assert_eq!(outermost.outcome().unwrap().unwrap(), DEEP - 1);
    });
}

/// And so does giving up.
#[test]
fn the_await_of_a_deep_chain_is_given_up() {
    on_a_small_stack(|| {
        let executor = virtual_executor();
        let outermost = chain_of_spawns(&executor);
        let reference = outermost.reference();
        executor.block_on(async {
            assert!(poll_once(outermost.into_future()).await.is_none());
        });
        run_until_stalled(&executor);
        assert!(reference.is_finished());
    });
}

/// The end of the executor takes them one by one, from whichever side.
#[test]
fn a_deep_chain_is_dropped_with_its_executor() {
    on_a_small_stack(|| {
        let (executor, gate) = (virtual_executor(), Gate::new());
        let tasks = [chain(&executor, &gate).shared().reference()];
        let [scopes, spawns] = [chain_of_scopes(&executor), chain_of_spawns(&executor)];
        assert!(tasks[0].cancel());
        drop(executor);
        assert!(tasks[0].is_finished() && is_cancelled(&scopes) && is_cancelled(&spawns));
    });
}

/// F34: there is nothing to cancel of a task that has ended, and nothing to count.
#[test]
fn a_request_to_a_task_that_has_ended_does_not_count() {
    run(async {
        let task = spawn(async { 7 });
        turns(2).await;
        assert!(!task.cancel());
        assert_eq!(task.reference().cancelling(), 0);
        assert_eq!(task.await.unwrap(), 7);
    });
}

/// Not even if its awaits are kept, and if it has thrown a cancellation before.
#[test]
fn a_poll_that_panics_is_nothing_to_the_task_that_is_polled_next() {
    let program = async {
        let kept = Rc::new(RefCell::new(Vec::new()));
        let other = spawn(guarded("other", pending::<()>())).shared();
        let inner = spawn(guarded("inner", pending::<()>()));
        let panics = spawn({
            let kept = Rc::clone(&kept);
            poll_fn::<(), _>(move |cx| {
                let mut join = other.clone().into_future();
                assert!(Pin::new(&mut join).poll(cx).is_pending());
                kept.borrow_mut().push(join);
                let _: Poll<()> = Cancelled::throw(cx);
                panic!("after all that")
            })
        });
        let outer = spawn(guarded("outer", inner));
        turns(2).await;
        assert!(panics.await.unwrap_err().is_panic());
        outer.cancel();
        turns(1).await;
        say("a turn later");
        assert!(outer.await.unwrap_err().is_cancelled());
    };
    trace(program).assert(&["0+0 inner cancelled", "0+0 a turn later", "0+1 outer cancelled"]);
}

/// There is nothing to take back, and nothing is owed.
#[test]
fn to_take_back_more_than_was_asked_for_counts_for_nothing() {
    run(async {
        let task = spawn(pending::<()>());
        turns(2).await;
        let reference = task.reference();
        assert_eq!((reference.uncancel(), reference.cancelling()), (0, 0));
        task.cancel();
        assert_eq!(reference.cancelling(), 1);
    });
}

/// Of a task that has yet to take a step, the request leaves no trace.
#[test]
fn a_request_that_was_taken_back_counts_no_more_with_the_next() {
    run(async {
        let task = spawn(pending::<()>());
        let reference = task.reference();
        task.cancel();
        assert_eq!((reference.cancelling(), reference.uncancel()), (1, 0));
        task.cancel();
        assert_eq!((reference.cancelling(), reference.uncancel()), (1, 0));
        turns(2).await;
        assert!(!task.is_finished());
    });
}

/// F50: the request is taken back, but not what it has done to the wait.
#[test]
fn a_wait_that_was_cancelled_stays_so() {
    run(async {
        let task = spawn(pending::<()>());
        turns(2).await;
        task.cancel();
        assert_eq!(task.reference().uncancel(), 0);
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// F50: also for the count that is left once the task has ended.
#[test]
fn a_request_that_came_too_late_to_be_taken_back_counts_no_more_after_the_end() {
    run(async {
        let task = spawn(pending::<()>());
        turns(2).await;
        task.cancel();
        assert_eq!(task.reference().uncancel(), 0);
        turns(2).await;
        assert!(is_cancelled(&task));
        assert_eq!(task.reference().cancelling(), 0);
    });
}

/// F50: nothing is left of it that could come back when what has waited is given up.
#[test]
fn a_request_that_was_taken_back_in_time_does_not_come_back() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let task = spawn(async move {
            or(until.wait(), async { drop(catch_cancel(pending::<()>()).await) }).await;
            yield_now().await;
            cancelling()
        });
        turns(2).await;
        gate.open();
        task.cancel();
        assert_eq!(task.reference().uncancel(), 0);
        assert_eq!(task.await.unwrap(), 0);
    });
}

/// F44: a failure that a task is about to return outweighs a request from before, and none that
/// comes after.
#[test]
fn a_cancellation_that_comes_after_a_failure_was_told_does_not_give_way_to_it() {
    run(async {
        let fails = |again: fn()| {
            spawn(async move {
                cancel_self();
                Cancelled::give_way(true);
                again();
            })
        };
        let [once, twice] = [fails(|| {}), fails(cancel_self)];
        turns(1).await;
        assert!(!is_cancelled(&once) && once.is_finished());
        assert!(is_cancelled(&twice));
    });
}

/// What one task tells of its failure is nothing to the next that is polled: neither if nobody
/// has asked that one to end, nor if it panics after all.
#[test]
fn a_cancellation_does_not_give_way_to_the_failure_of_another_task() {
    for panics in [false, true] {
        run(async move {
            let (inner, gate) = (cleaner("inner", 9), Gate::new());
            let (until, fails) = (gate.clone(), gate.clone());
            let _fails = spawn(async move {
                fails.wait().await;
                (0..u32::from(panics)).for_each(|_| cancel_self());
                Cancelled::give_way(true);
                assert!(!panics, "after all");
            });
            let task = spawn(async move { or(async { drop(inner.await) }, until.wait()).await });
            turns(2).await;
            task.cancel();
            turns(1).await;
            gate.open();
            turns(1).await;
            assert!(is_cancelled(&task), "panics: {panics}");
        });
    }
}
