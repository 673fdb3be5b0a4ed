//! `shield`: an await that no cancellation gets through (facts F113 to F121).
//!
//! What asyncio does too is in `tests/asyncio/specification/shield.py`, which `CPython` checks: in
//! which turn who awaits resumes, and what a cancellation reaches. Here is what that language
//! can't say: futures, panics, shields that are dropped, moved or side by side.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

use combinators::{gather, shield};
use executor::{Task, TaskRef, sleep, spawn, yield_now};
use futures_lite::future::{or, poll_once, zip};
use wheelhouse_tests::{
    Counting, HOUR, cancel_self, cleaner, is_caught, ms, panic_of, run, sleeps, turns,
    virtual_executor,
};

// The outcome --------------------------------------------------------------------

/// F113: a panic is an error, as for who awaits the task itself.
#[test]
fn a_shield_gives_a_panic() {
    run(async {
        let error = shield(async { panic!("on purpose") }).await.err().unwrap();
        assert_eq!(error.panic_message(), Some("on purpose"));
    });
}

/// F119: a future becomes a task at the call, and runs if nobody awaits it.
#[test]
fn a_future_is_a_task_from_the_call_on() {
    run(async {
        let futures = [0; 2].map(|_| Counting::yielding(2));
        let counts = futures.each_ref().map(Counting::counts);
        let [kept, dropped] = futures;
        let shielded = shield(kept);
        drop(shield(dropped));
        turns(4).await;
        counts[0].assert(3, 1, 0);
        counts[1].assert(3, 1, 1);
        drop(shielded.await.unwrap());
        counts[0].assert(3, 1, 1);
    });
}

// Cancelled ----------------------------------------------------------------------

/// F43: a task that cancels itself and awaits a shield.
#[test]
fn a_task_that_cancels_itself_and_awaits_a_shield_ends_there() {
    run(async {
        let inner = spawn(sleeps(5)).shared();
        let shielded = shield(inner.clone());
        let task = spawn(async {
            cancel_self();
            shielded.await.is_ok()
        });
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(inner.await.unwrap(), 5);
    });
}

/// F43, F116: a task that cancels itself doesn't end at a shield that doesn't have to wait.
#[test]
fn a_shield_that_does_not_wait_takes_no_cancellation() {
    run(async {
        let ended = spawn(async { 7 });
        yield_now().await;
        let task = spawn(async {
            cancel_self();
            (shield(ended).await.unwrap(), is_caught(yield_now()).await)
        });
        assert_eq!(task.await.unwrap(), (7, true));
    });
}

/// F120: shields in a gather end, what they shield runs on.
#[test]
fn shields_in_a_gather_end_as_cancelled() {
    run(async {
        let tasks = [0; 2].map(|_| spawn(sleeps(5)).shared());
        let shields = tasks.clone().map(shield);
        let parent = spawn(async { gather(shields).await });
        turns(2).await;
        parent.cancel();
        assert!(parent.await.unwrap_err().is_cancelled());
        for task in tasks {
            assert_eq!(task.reference().cancelling(), 0);
            assert_eq!(task.await.unwrap(), 5);
        }
    });
}

/// F120: the children of a gather in a shield run on.
#[test]
fn a_gather_in_a_shield_runs_on() {
    run(async {
        let children = [0; 2].map(|_| spawn(sleeps(5)));
        let references = children.each_ref().map(Task::reference);
        let parent = spawn(shield(gather(children).into_future()));
        turns(2).await;
        parent.cancel();
        assert!(parent.await.unwrap_err().is_cancelled());
        assert_eq!(references.each_ref().map(TaskRef::cancelling), [0, 0]);
        sleep(ms(6)).await;
        assert!(references.iter().all(TaskRef::is_finished));
    });
}

// Dropped, or side by side -------------------------------------------------------

/// Dropping a shield detaches the task, if that was its last handle.
#[test]
fn dropping_a_shield_leaves_the_task_running() {
    run(async {
        let future = Counting::yielding(6);
        let counts = future.counts();
        let shielded = async { drop(shield(future).await) };
        or(shielded, turns(3)).await;
        assert_eq!(counts.future_drops(), 0);
        turns(5).await;
        counts.assert(7, 1, 1);
    });
}

/// Several shields may be awaited at once, of one task too.
#[test]
fn shields_side_by_side() {
    run(async {
        let task = spawn(sleeps(5)).shared();
        let (one, other) = zip(shield(task.clone()), shield(task.clone())).await;
        assert_eq!((one.unwrap(), other.unwrap()), (5, 5));
        let (shielded, awaited) =
            zip(shield(spawn(sleeps(1))), spawn(sleeps(2)).into_future()).await;
        assert_eq!((shielded.unwrap(), awaited.unwrap()), (1, 2));
    });
}

/// F38: beside a shield, a task that is awaited takes the cancellation alone.
#[test]
fn a_task_beside_a_shield_takes_the_cancellation() {
    run(async {
        let [shielded, awaited] = [cleaner("shielded", 1), cleaner("awaited", 3)];
        let references = [shielded.reference(), awaited.reference()];
        let both = zip(shield(shielded), awaited.into_future());
        let task = spawn(async { drop(both.await) });
        turns(2).await;
        task.cancel();
        assert_eq!(references.each_ref().map(TaskRef::cancelling), [0, 1]);
        turns(2).await;
        assert!(!task.is_finished(), "the awaited task cleans up");
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(!references[0].is_finished());
    });
}

/// A shield may move from task to task: the last to poll is woken.
#[test]
fn a_shield_may_move_from_task_to_task() {
    run(async {
        let mut shielded = shield(spawn(sleeps(5)));
        assert!(poll_once(&mut shielded).await.is_none());
        assert_eq!(spawn(shielded).await.unwrap().unwrap(), 5);
    });
}

/// Shields nest.
#[test]
fn a_shield_may_be_shielded() {
    run(async {
        let task = spawn(sleeps(5)).shared();
        let nested = shield(shield(shield(task.clone())));
        let outer = spawn(async { nested.await.unwrap().unwrap().unwrap() });
        yield_now().await;
        outer.cancel();
        assert!(outer.await.unwrap_err().is_cancelled());
        assert_eq!(task.await.unwrap(), 5);
    });
}

/// I8: the end of the executor gets through every shield, once.
#[test]
fn an_executor_may_be_dropped_amid_shields() {
    for turn_count in 0..7 {
        let executor = virtual_executor();
        let future = Counting::yielding(3);
        let counts = future.counts();
        let task = executor.spawn(async { drop(shield(future).await) });
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        drop((executor, task));
        // Its output is dropped too, once there is one.
        assert_eq!(counts.future_drops(), 1, "after {turn_count} turns");
        assert_eq!(counts.output_drops(), usize::from(counts.polls() == 4));
    }
}

// Misuse -------------------------------------------------------------------------

/// Misuse: a future is over when it is over.
#[test]
fn a_shield_that_is_polled_again_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let mut shielded = pin!(shield(async {}));
            shielded.as_mut().await.unwrap();
            shielded.await.is_ok()
        })
    });
    assert!(message.contains("`shield` was polled again after it had returned"), "{message}");
}

/// Misuse: a task of another executor.
#[test]
fn shielding_a_task_of_another_executor_is_an_error() {
    let other = virtual_executor();
    let shielded = shield(other.spawn(sleeps(1)));
    let message = panic_of(|| run(shielded).is_ok());
    assert!(message.contains("inside that executor's `block_on`"), "{message}");
}

/// Misuse: a task that has no outcome to give.
#[test]
fn shielding_a_task_whose_outcome_was_taken_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let mut task = spawn(async {});
            (&mut task).await.unwrap();
            shield(task).await.is_ok()
        })
    });
    assert!(message.contains("a task whose outcome had been taken"), "{message}");
}

/// Misuse: a future, and nobody to run it.
#[test]
fn shielding_a_future_outside_of_an_executor_is_an_error() {
    let message = panic_of(|| drop(shield(async {})));
    assert!(message.contains("no executor runs on this thread"), "{message}");
}

/// Misuse: a task that shields itself waits for ever; it can be cancelled.
#[test]
fn a_task_that_shields_itself_can_be_cancelled() {
    run(async {
        let own = Rc::new(RefCell::new(None));
        let itself = Rc::clone(&own);
        let task = spawn(async move {
            let task: executor::Shared<()> = itself.take().unwrap();
            drop(shield(task).await);
        });
        let task = task.shared();
        own.replace(Some(task.clone()));
        turns(3).await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// What a log shows.
#[test]
fn shields_can_be_printed() {
    run(async {
        let mut shielded = shield(spawn(sleep(HOUR)).named("egg"));
        assert_eq!(format!("{shielded:?}"), "Shield(Some(Task(`egg`, running)))");
        assert!(poll_once(&mut shielded).await.is_none());
        let mut ended = shield(async {});
        (&mut ended).await.unwrap();
        assert_eq!(format!("{ended:?}"), "Shield(None)");
    });
}

/// It may be looked at, and given to another task.
#[test]
fn a_shield_may_be_looked_at_and_given_away() {
    run(async {
        let shielded = shield(spawn(sleeps(5)).named("precious"));
        assert_eq!(shielded.child().unwrap().name(), "precious");
        assert!(!shielded.is_finished());
        sleep(ms(6)).await;
        assert!(shielded.is_finished());
        assert_eq!(spawn(shielded).await.unwrap().unwrap(), 5);
        let mut shielded = shield(sleeps(1));
        assert_eq!((&mut shielded).await.unwrap(), 1);
        assert!(shielded.is_finished() && shielded.child().is_none());
    });
}
