//! Shared tasks: several who await one task (facts F12, F15, F16, F28).
//!
//! Lines of a trace are what the same program writes in asyncio of `CPython` 3.13.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;

use combinators::{gather, wait};
use executor::{IntoHandle, JoinError, Shared, block_on, spawn, yield_now};
use futures_lite::future::poll_once;
use wheelhouse_tests::{
    Counting, ends, is_cancelled, ms, panic_of, run, run_until_stalled, say, sleeps, trace, turns,
    virtual_executor,
};

/// Everyone who awaits a shared task gets a clone of its outcome.
#[test]
fn all_who_await_a_shared_task_get_its_value() {
    run(async {
        let task = spawn(async { String::from("value") }).shared();
        let doubles = [0; 3].map(|_| {
            let task = task.clone();
            spawn(async move { task.await.unwrap().repeat(2) })
        });
        for double in doubles {
            assert_eq!(double.await.unwrap(), "valuevalue");
        }
        assert_eq!(task.clone().await.unwrap(), "value");
        assert_eq!(task.await.unwrap(), "value");
    });
}

/// F12, F16: all who await resume one turn after its end, in the order in which they came;
/// F15: at once, if it had ended before.
#[test]
fn all_who_await_a_shared_task_resume_one_turn_after_its_end() {
    let program = async {
        let task = spawn(ends("task", 3)).shared();
        for name in ["a", "b", "c"] {
            let task = task.clone();
            drop(spawn(async move {
                say(format!("{name} has {}", task.await.unwrap()));
            }));
        }
        turns(5).await;
        say("main awaits");
        say(format!("main has {}", task.await.unwrap()));
    };
    trace(program).assert(&[
        "0+0 task ends",
        "0+1 a has task",
        "0+1 b has task",
        "0+1 c has task",
        "0+2 main awaits",
        "0+2 main has task",
    ]);
}

/// Failures are shared as values are; the payload of a panic is had once.
#[test]
fn all_who_await_a_shared_task_get_its_failure() {
    run(async {
        let failed = spawn(async { Err::<(), _>("failed") }).shared();
        assert_eq!(failed.clone().await.unwrap(), Err("failed"));
        assert_eq!(failed.await.unwrap(), Err("failed"));
        let panicked = spawn(async { panic!("on purpose") }).shared();
        let errors = [panicked.clone().await.unwrap_err(), panicked.await.unwrap_err()];
        assert_eq!(errors.each_ref().map(JoinError::panic_message), [Some("on purpose"); 2]);
        assert_eq!(errors.map(|error| error.into_panic().is_some()), [true, false]);
    });
}

/// F38, F49: cancelling one who awaits it cancels the task, and for the others
/// that is an error.
#[test]
fn cancelling_one_who_awaits_a_shared_task_cancels_it() {
    run(async {
        let task = spawn(pending::<()>()).shared();
        let [hasty, other] = [0; 2].map(|_| spawn(task.clone().into_future()));
        turns(2).await;
        hasty.cancel();
        assert!(hasty.await.unwrap_err().is_cancelled());
        assert!(other.await.unwrap().unwrap_err().is_cancelled());
        assert!(task.is_cancelled());
    });
}

/// Giving up an await leaves the task alone, even if it was the last that was
/// held of it (F33).
#[test]
fn giving_up_the_await_of_a_shared_task_leaves_it_alone() {
    run(async {
        let future = Counting::yielding(5);
        let counts = future.counts();
        let task = spawn(future);
        let reference = task.reference();
        let task = spawn(async move { drop(task.await) }).shared();
        assert!(poll_once(task.clone().into_future()).await.is_none());
        let mut last = task.into_future();
        assert!(poll_once(&mut last).await.is_none());
        drop(last);
        turns(8).await;
        assert_eq!(reference.cancelling(), 0);
        counts.assert(6, 1, 1);
    });
}

/// I8: the outcome stays until the last handle goes.
#[test]
fn a_shared_outcome_is_dropped_with_the_last_handle() {
    #[derive(Clone)]
    struct Value(#[expect(dead_code, reason = "counts its drop")] Rc<wheelhouse_tests::Output>);
    let future = Counting::ready();
    let counts = future.counts();
    let executor = virtual_executor();
    let task = executor.spawn(async { Value(Rc::new(future.await)) }).shared();
    let clone = task.clone();
    run_until_stalled(&executor);
    let value = executor.block_on(task).ok();
    counts.assert(1, 1, 0);
    drop(clone);
    counts.assert(1, 1, 0);
    drop(value);
    counts.assert(1, 1, 1);
}

/// It is a task: named, cancelled, looked at and watched like others.
#[test]
fn a_shared_task_is_a_task() {
    run(async {
        let task = spawn(sleeps(5)).named("five").shared();
        assert_eq!((task.name(), task.is_finished()), ("five".into(), false));
        let waited = wait([task.clone()]).timeout(ms(1)).await;
        assert_eq!(waited.pending.len(), 1);
        assert_eq!(gather([task.clone(), task.clone()]).await.unwrap(), [5, 5]);
        assert_eq!(task.outcome().unwrap().unwrap(), 5);
        assert!(!task.cancel());
        assert_eq!(task.clone().into_handle().id(), task.id());
    });
}

/// A join gives the outcome as often as it is asked.
#[test]
fn the_join_of_a_shared_task_may_be_polled_again() {
    run(async {
        let mut join = pin!(spawn(async { 7 }).shared().into_future());
        assert_eq!(join.as_mut().await.unwrap(), 7);
        assert_eq!(join.await.unwrap(), 7);
    });
}

/// A value whose clone panics: it is the panic of who awaits, and of nobody else.
#[test]
fn a_panicking_clone_is_the_panic_of_who_awaits() {
    struct Unique(Rc<Cell<bool>>);
    impl Clone for Unique {
        fn clone(&self) -> Self {
            assert!(self.0.get(), "not to be cloned");
            Self(Rc::clone(&self.0))
        }
    }
    run(async {
        let clonable = Rc::new(Cell::new(false));
        let unique = Unique(Rc::clone(&clonable));
        let task = spawn(async { unique }).shared();
        let awaiting = spawn(task.clone().into_future());
        assert_eq!(awaiting.await.err().unwrap().panic_message(), Some("not to be cloned"));
        clonable.set(true);
        assert!(task.await.is_ok());
    });
}

/// Waiting costs each the same, however many there are.
#[test]
fn a_shared_task_may_have_many_who_await() {
    run(async {
        let task = spawn(ends("task", 3)).shared();
        let waiting: Vec<_> = (0..5_000).map(|_| spawn(task.clone().into_future())).collect();
        let call_count = Rc::new(Cell::new(0));
        for _ in 0..5_000 {
            let count = Rc::clone(&call_count);
            task.on_done(move || count.set(count.get() + 1));
        }
        for task in waiting {
            assert_eq!(task.await.unwrap().unwrap(), "task");
        }
        assert_eq!(call_count.get(), 5_000);
    });
}

/// I8: the end of the executor is told as a cancellation.
#[test]
fn a_shared_task_may_outlive_its_executor() {
    let executor = virtual_executor();
    let future = Counting::forever();
    let counts = future.counts();
    let task = executor.spawn(async { drop(future.await) }).shared();
    let awaiting = executor.spawn(task.clone().into_future());
    run_until_stalled(&executor);
    drop(executor);
    counts.assert(1, 1, 0);
    assert!(is_cancelled(&task) && is_cancelled(&awaiting));
    assert!(block_on(async { task.await.unwrap_err() }).is_cancelled());
}

/// F28. Misuse: it would wait for ever.
#[test]
fn a_shared_task_that_awaits_itself_is_an_error() {
    run(async {
        let own = Rc::new(RefCell::new(None::<Shared<()>>));
        let itself = Rc::clone(&own);
        let task = spawn(async move {
            let itself = itself.take().unwrap();
            itself.await.unwrap();
        });
        let task = task.shared();
        own.replace(Some(task.clone()));
        let error = task.await.unwrap_err();
        assert!(error.panic_message().unwrap().starts_with("a task awaits itself"), "{error}");
    });
}

/// Misuse: where it doesn't run.
#[test]
fn a_shared_task_is_awaited_in_its_executor() {
    let executor = virtual_executor();
    let task = executor.spawn(pending::<()>()).shared();
    let message = panic_of(|| run(task.into_future()).is_ok());
    assert!(message.contains("awaited outside of the executor"), "{message}");
}

/// Misuse: there is nothing to share.
#[test]
fn sharing_a_task_whose_outcome_was_taken_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let mut task = spawn(async { 7 });
            (&mut task).await.unwrap();
            task.shared().await.unwrap()
        })
    });
    assert!(message.contains("asked for again after it was taken"), "{message}");
}

/// What a log shows.
#[test]
fn shared_tasks_can_be_printed() {
    run(async {
        let task = spawn(async {}).named("egg").shared();
        assert_eq!(format!("{task:?}"), "Task(`egg`, running)");
        let join = task.clone().into_future();
        yield_now().await;
        assert_eq!(format!("{join:?}"), "SharedJoin(Task(`egg`, finished))");
    });
}

/// Being polled again and again, a join registers once.
#[test]
fn a_join_that_is_polled_often_is_woken_once() {
    run(async {
        let task = spawn(turns(50)).shared();
        let polls = Rc::new(Cell::new(0));
        let count = Rc::clone(&polls);
        let mut join = Box::pin(task.clone().into_future());
        let polling = spawn(async move {
            let both = poll_fn(move |cx| {
                count.set(count.get() + 1);
                join.as_mut().poll(cx).map(drop)
            });
            let mut both = pin!(both);
            for _ in 0..9 {
                assert!(poll_once(both.as_mut()).await.is_none());
                yield_now().await;
            }
            both.await;
        });
        polling.await.unwrap();
        assert_eq!(polls.get(), 9 + 2);
    });
}
