//! `shield`: an await that no cancellation gets through (facts F113 to F121).
//!
//! | when                          | who awaits        | the task           |
//! |-------------------------------|-------------------|--------------------|
//! | the task ends                 | has its outcome, two turns later | has ended |
//! | the task was cancelled by somebody | has that as an error | has ended    |
//! | who awaits is cancelled       | ends next turn    | runs on            |
//! | the shield is dropped         | goes on           | runs on            |
//!
//! Lines of a trace are what the same program writes in asyncio of `CPython` 3.13.

use std::cell::RefCell;
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;

use combinators::{gather, shield, timeout};
use executor::{Task, TaskRef, catch_cancel, sleep, spawn, yield_now};
use futures_lite::future::{or, poll_once, zip};
use wheelhouse_tests::{
    Counting, HOUR, cancel_self, cleaner, end_of, ends, guarded, is_caught, ms, panic_of, run, say,
    sleeps, trace, turns, unless_dropped, virtual_executor,
};

fn say_end<T: 'static>(task: &Task<T>) {
    say(end_of(task));
}

// The outcome --------------------------------------------------------------------

/// F113, F116, F117: the task's outcome, two turns after its end; at once, if it
/// had ended before.
#[test]
fn a_shield_gives_the_outcome_two_turns_after_the_end() {
    let program = async {
        let a = spawn(ends("a", 3)).shared();
        for _ in 0..2 {
            say(format!("main has {}", shield(a.clone()).await.unwrap()));
        }
        let b = spawn(async { Err::<(), _>(ends("b", 1).await) });
        say(format!("main has {:?}", shield(b).await.unwrap()));
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+2 main has a",
        "0+2 main has a",
        "0+3 b ends",
        "0+5 main has Err(\"b\")",
    ]);
}

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

/// F115: a task that somebody cancels is an error, two turns later.
#[test]
fn a_shield_gives_the_cancellation_of_its_task() {
    let program = async {
        let a = spawn(guarded("a", pending::<()>()));
        let reference = a.reference();
        let task = spawn(async {
            say(format!("{}", shield(a).await.unwrap_err().is_cancelled()));
        });
        turns(2).await;
        say("main cancels");
        reference.cancel();
        turns(6).await;
        say_end(&task);
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 a cancelled",
        "0+3 true",
        "0+6 not cancelled, no request",
    ]);
}

// Cancelled ----------------------------------------------------------------------

/// F114: who awaits ends next turn; the task runs on, and has heard nothing.
#[test]
fn cancelling_who_awaits_leaves_the_task_running() {
    let program = async {
        let a = spawn(ends("a", 5));
        let reference = a.reference();
        let task = spawn(unless_dropped("t", async { drop(shield(a).await) }));
        turns(2).await;
        say("main cancels");
        task.cancel();
        turns(6).await;
        say_end(&task);
        assert_eq!(reference.cancelling(), 0);
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 t cancelled",
        "0+3 a ends",
        "0+6 cancelled, 1 request",
    ]);
}

/// F41: until it has resumed.
#[test]
fn who_awaits_can_be_cancelled_until_it_has_resumed() {
    let program = async {
        for count in 3..=5 {
            let a = spawn(ends("a", 3));
            let task = spawn(async {
                let value = unless_dropped("t", shield(a)).await.unwrap();
                say(format!("t has {value}"));
            });
            turns(count).await;
            say("main cancels");
            task.cancel();
            turns(6).await;
            say_end(&task);
        }
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 main cancels",
        "0+1 t cancelled",
        "0+6 cancelled, 1 request",
        "0+9 a ends",
        "0+10 main cancels",
        "0+11 t cancelled",
        "0+16 cancelled, 1 request",
        "0+19 a ends",
        "0+21 t has a",
        "0+21 main cancels",
        "0+27 not cancelled, no request",
    ]);
}

/// F38, F114: a cancellation that comes along a chain of tasks ends at the shield.
#[test]
fn a_shield_is_the_end_of_a_chain() {
    let program = async {
        let a = spawn(ends("a", 9));
        let t = spawn(unless_dropped("t", async { drop(shield(a).await) }));
        let u = spawn(unless_dropped("u", async { drop(t.await) }));
        turns(3).await;
        say("main cancels");
        u.cancel();
        turns(9).await;
        say_end(&u);
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 t cancelled",
        "0+2 u cancelled",
        "0+6 a ends",
        "0+9 cancelled, 1 request",
    ]);
}

/// What a shield is for: to wait on, and be cancelled after.
#[test]
fn a_task_may_wait_for_what_it_has_shielded() {
    let program = async {
        let task = spawn(async {
            let a = spawn(ends("a", 5)).shared();
            let Err(cancelled) = catch_cancel(shield(a.clone())).await else { return };
            say("t is cancelled, and waits");
            say(format!("t has {}", a.await.unwrap()));
            cancelled.resume().await;
        });
        turns(2).await;
        say("main cancels");
        task.cancel();
        turns(7).await;
        say_end(&task);
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 t is cancelled, and waits",
        "0+4 a ends",
        "0+5 t has a",
        "0+7 cancelled, 1 request",
    ]);
}

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

/// F43, F116: not at one that doesn't have to wait.
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

/// F120: so do the children of a gather in a shield.
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

/// F121: a limit is up in time.
#[test]
fn a_shield_under_a_limit_is_late_in_time() {
    let program = async {
        let inner = cleaner("inner", 9).shared();
        timeout(ms(5), shield(inner.clone())).await.unwrap_err();
        say(format!("late {}", inner.reference().cancelling()));
        inner.cancel();
        drop(inner.await);
    };
    trace(program).assert(&["5+0 late 0", "5+1 inner cleans up", "5+10 inner is clean"]);
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
