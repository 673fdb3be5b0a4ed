//! Cancelling a task that gathers (facts F78 to F86).
//!
//! What asyncio does too is in `tests/asyncio/specification/gather_cancelled.py`, which
//! `CPython` checks: when the children are cancelled, and with which of them the task ends. Here
//! is what that language can't say: destructors, panics, scopes, gathers that move or are given
//! up. A cancellation from elsewhere of one child is a failure like others, as `gather.rs` has
//! it; dropping a gather is there as well.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use combinators::{
    Failure, GatherAll, Gathering, Outcome, Progress, gather, limited, timeout, wait,
};
use executor::{CancelTarget, PassCancel, Task, TaskRef, catch_cancel, sleep, spawn, yield_now};
use futures_lite::future::{or, poll_once, zip};
use wheelhouse_tests::{
    Counting, Gate, HOUR, cancel_self, cancelling, cleaner, cleans_up, end_of, ends, guarded,
    is_cancelled, is_caught, ms, panic_of, run, run_until_stalled, say, trace, turns,
    unless_dropped, virtual_executor,
};

type Checked = Result<&'static str, &'static str>;

/// A task that cleans up when it is cancelled, and then ends as cancelled.
fn cleans(name: &'static str, turns: usize) -> Task<Checked> {
    spawn(async move { cleans_up(name, turns).await.resume().await })
}

/// A task that cleans up when it is cancelled, and then returns.
fn swallows(name: &'static str, turns: usize, result: Checked) -> Task<Checked> {
    spawn(async move {
        drop(cleans_up(name, turns).await);
        result
    })
}

/// A task that says when it is dropped, which may be when it likes to.
fn waits(name: &'static str) -> Task<Checked> {
    spawn(guarded(name, pending()))
}

// When the children end --------------------------------------------------------------

/// F81: a panic is a failure too, in a destructor for instance.
#[test]
fn a_panic_while_cleaning_up_is_what_the_task_gets() {
    run(async {
        let fragile = Counting::forever().on_drop(|| panic!("in the destructor"));
        let task = spawn(async { gather((async { drop(fragile.await) }, pending::<()>())).await });
        turns(2).await;
        task.cancel();
        let error = task.await.unwrap().unwrap_err();
        assert_eq!(error.index, 0);
        assert!(matches!(error.cause, Failure::Join(it) if it.is_panic()));
    });
}

/// F83: a gather on nothing but ended children never waits, so there is nothing to
/// cancel.
#[test]
fn a_gather_that_does_not_wait_takes_no_cancellation() {
    run(async {
        let ended = spawn(async { 7 });
        yield_now().await;
        let task = spawn(async {
            cancel_self();
            let values = gather([ended]).await.unwrap();
            (values, is_caught(yield_now()).await)
        });
        assert_eq!(task.await.unwrap(), (vec![7], true));
    });
}

// Within scopes and gathers ------------------------------------------------------

/// A scope around a gather that fails meanwhile has nothing to catch.
#[test]
fn a_scope_around_a_gather_that_fails_catches_nothing() {
    run(async {
        let children = [swallows("a", 0, Err("dirty")), swallows("b", 5, Ok("b"))];
        let task = spawn(async {
            let result = catch_cancel(gather(children)).await.unwrap();
            let later = is_caught(turns(3)).await;
            (result.unwrap_err().index, later, cancelling())
        });
        turns(2).await;
        task.cancel();
        assert_eq!(task.await.unwrap(), (0, false, 1));
    });
}

/// F39, F49: the failure that came out is the end of the cancellation. A task that
/// somebody else has cancelled is an error like others after that.
#[test]
fn a_cancellation_that_became_a_failure_is_over() {
    run(async {
        let gone = spawn(pending::<()>());
        gone.cancel();
        let children = [swallows("a", 0, Err("dirty"))];
        let task = spawn(async {
            gather(children).await.unwrap_err();
            gone.await.unwrap_err().is_cancelled()
        });
        turns(2).await;
        task.cancel();
        assert_eq!(task.await.ok(), Some(true));
    });
}

/// F65, F78: a wait within a gather isn't passed through.
#[test]
fn a_wait_within_a_gather_leaves_its_tasks_alone() {
    run(async {
        let task = spawn(sleep(HOUR)).shared();
        let waited = task.clone();
        let parent = spawn(async { gather([async { drop(wait([waited]).await) }]).await });
        turns(3).await;
        parent.cancel();
        assert!(parent.await.unwrap_err().is_cancelled());
        assert_eq!(task.reference().cancelling(), 0);
    });
}

/// Several gathers at once in one task: it is cancelled itself, and gives them up,
/// which cancels the children.
#[test]
fn a_task_that_waits_for_several_gathers_is_cancelled_itself() {
    let program = async {
        let [a, b] = [gather([waits("a")]), gather([waits("b")])];
        let both = zip(a.into_future(), b.into_future());
        let task = spawn(unless_dropped("t", async { drop(both.await) }));
        turns(2).await;
        say("main cancels");
        task.cancel();
        turns(9).await;
        say(end_of(&task));
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 t cancelled",
        "0+2 a cancelled",
        "0+2 b cancelled",
        "0+9 cancelled, 1 request",
    ]);
}

/// A gather that the task has given up takes no cancellation any more.
#[test]
fn a_gather_that_was_given_up_takes_no_cancellation() {
    run(async {
        let children = [cleans("a", 9), cleans("b", 9)];
        let references = children.each_ref().map(Task::reference);
        let task = spawn(async {
            or(async { drop(gather(children).await) }, sleep(ms(1))).await;
            sleep(HOUR).await;
        });
        sleep(ms(1)).await;
        turns(2).await;
        assert_eq!(references.each_ref().map(TaskRef::cancelling), [1, 1]);
        task.cancel();
        turns(1).await;
        assert!(is_cancelled(&task));
        assert_eq!(references.each_ref().map(TaskRef::cancelling), [1, 1]);
    });
}

/// Nor is a cancellation lost that was passed on to it before.
#[test]
fn a_cancellation_is_not_lost_with_a_gather_that_was_given_up() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let children = [cleans("a", 9), cleans("b", 9)];
        let task = spawn(async move {
            or(async { drop(gather(children).await) }, until.wait()).await;
            sleep(HOUR).await;
        });
        turns(2).await;
        task.cancel();
        turns(2).await;
        gate.open();
        turns(2).await;
        assert!(is_cancelled(&task));
    });
}

/// Nor is one that comes as another task drops the gather, from what its children wait for.
#[test]
fn a_cancellation_is_not_lost_amid_the_end_of_a_gather() {
    #[derive(Default)]
    struct Parent(RefCell<Option<TaskRef>>);
    impl CancelTarget for Parent {
        fn cancel(&self) -> bool {
            self.0.take().is_some_and(|parent| parent.cancel())
        }
    }
    run(async {
        let parent = Rc::new(Parent::default());
        let mut pass = PassCancel::to(parent.clone());
        let child = spawn(poll_fn(move |cx| {
            pass.waits(cx);
            Poll::<()>::Pending
        }));
        let (task, shelf) = gathers_on_shelf(child);
        turns(2).await;
        parent.0.replace(Some(task.reference()));
        drop(shelf.take());
        turns(2).await;
        assert!(is_cancelled(&task));
    });
}

/// Nor with a gather that was about to wake the task, as all children have ended.
#[test]
fn a_cancellation_is_not_lost_with_the_wake_by_a_gather() {
    run(async {
        let child = spawn(turns(1));
        let reference = child.reference();
        let (task, shelf) = gathers_on_shelf(child);
        while !reference.is_finished() {
            yield_now().await;
        }
        task.cancel();
        drop(shelf.take());
        turns(2).await;
        assert!(is_cancelled(&task));
    });
}

type Shelf = Rc<RefCell<Option<Gathering<Vec<Task<()>>>>>>;

/// Spawns a task that awaits a gather, which others can take away. Returns both.
fn gathers_on_shelf(child: Task<()>) -> (Task<()>, Shelf) {
    let shelf: Shelf = Rc::new(RefCell::new(Some(gather([child]).into_future())));
    let on_shelf = Rc::clone(&shelf);
    let awaits = move |cx: &mut Context<'_>| match &mut *on_shelf.borrow_mut() {
        Some(gathering) => Pin::new(gathering).poll(cx).map(drop),
        None => Poll::Pending,
    };
    (spawn(poll_fn(awaits)), shelf)
}

/// F78: an awaited gather may have moved to another task meanwhile: the one that
/// polled last is who waits.
#[test]
fn a_gather_may_move_to_another_task_and_be_cancelled_there() {
    run(async {
        let children = [waits("a"), waits("b")];
        let references = children.each_ref().map(Task::reference);
        let mut gathered = Box::pin(gather(children).into_future());
        poll_fn(|cx| {
            assert!(gathered.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        let task = spawn(gathered);
        turns(1).await;
        task.cancel();
        assert_eq!(references.each_ref().map(TaskRef::cancelling), [1, 1]);
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

// Who else ------------------------------------------------------------------------

/// F38, F78: a child may cancel who gathers it, and so itself.
#[test]
fn a_child_may_cancel_who_gathers_it() {
    run(async {
        let parent = Rc::new(RefCell::new(None::<TaskRef>));
        let (own, other) = (Rc::clone(&parent), waits("other"));
        let sibling = other.reference();
        let child = spawn(async move {
            yield_now().await;
            assert!(own.borrow().as_ref().unwrap().cancel());
            assert_eq!((cancelling(), sibling.cancelling()), (1, 1));
            yield_now().await;
            unreachable!("it was cancelled");
        });
        let task = spawn(async { gather([child, other]).await.is_ok() });
        parent.replace(Some(task.reference()));
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// A gather that waits, by way of a child, for its own parent.
#[test]
fn tasks_that_gather_each_other_can_be_cancelled() {
    run(async {
        let parent = Rc::new(RefCell::new(None));
        let own = Rc::clone(&parent);
        let child = spawn(async move {
            yield_now().await;
            let parent: executor::Shared<()> = own.take().unwrap();
            drop(gather([parent]).await);
        });
        let reference = child.reference();
        let task = spawn(async { drop(gather([child]).await) }).shared();
        parent.replace(Some(task.clone()));
        turns(4).await;
        task.cancel();
        turns(6).await;
        assert!(task.is_finished() && reference.is_finished());
    });
}

/// F37, F79: a destructor of a child may cancel its siblings, and the parent again.
#[test]
fn the_destructor_of_a_child_may_cancel_everybody() {
    run(async {
        let all = Rc::new(RefCell::new(Vec::<TaskRef>::new()));
        let futures = [0; 3].map(|_| {
            let all = Rc::clone(&all);
            Counting::forever().on_drop(move || {
                let tasks = all.borrow().clone();
                for task in &tasks {
                    assert!(task.cancel() || task.is_finished());
                }
            })
        });
        let counts = futures.each_ref().map(Counting::counts);
        let children = futures.map(|future| spawn(async move { drop(future.await) }));
        all.borrow_mut().extend(children.each_ref().map(Task::reference));
        let task = spawn(async { drop(gather(children).await) });
        all.borrow_mut().push(task.reference());
        turns(2).await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        for counts in counts {
            counts.assert(1, 1, 0);
        }
    });
}

/// I8: dropping the executor amid a cancelled gather drops everything once.
#[test]
fn an_executor_may_be_dropped_amid_a_cancelled_gather() {
    for turn_count in 0..7 {
        let executor = virtual_executor();
        let futures = [0; 3].map(|_| Counting::forever());
        let counts = futures.each_ref().map(Counting::counts);
        let children = futures.map(|future| {
            executor.spawn(async move {
                drop(catch_cancel(future).await);
                turns(2).await;
            })
        });
        let task = executor.spawn(async move { drop(gather(children).await) });
        run_until_stalled(&executor);
        task.cancel();
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        drop(executor);
        for counts in counts {
            counts.assert(1, 1, 0);
        }
        assert!(is_cancelled(&task));
    }
}

/// However many children there are.
#[test]
fn many_children_are_cancelled() {
    run(async {
        let children: Vec<_> = (0..5_000).map(|_| spawn(sleep(HOUR))).collect();
        let references: Vec<_> = children.iter().map(Task::reference).collect();
        let task = spawn(async { gather(children).await });
        turns(1).await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(references.iter().all(TaskRef::is_finished));
    });
}

/// And however deep they nest, up to a point.
#[test]
fn gathers_nest_deep() {
    fn nested(left: usize) -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async move {
            match left {
                0 => sleep(HOUR).await,
                _ => drop(gather([nested(left - 1)]).await),
            }
        })
    }
    for cancels in [true, false] {
        let executor = virtual_executor();
        let task = executor.spawn(nested(500));
        settle_turns(&executor, 1_100);
        if cancels {
            assert!(task.cancel());
            settle_turns(&executor, 1_600);
            assert!(is_cancelled(&task));
        }
        drop(executor);
        assert!(is_cancelled(&task));
    }
}

fn settle_turns(executor: &executor::Executor, count: usize) {
    for _ in 0..count {
        let _ = executor.turn();
    }
}

/// F82, F99: under a limit too, whatever the children do about it.
#[test]
fn a_gather_under_a_limit_is_late() {
    run(async {
        let children = [swallows("a", 1, Ok("a")), swallows("b", 2, Err("dirty"))];
        let all = gather(children).return_exceptions();
        assert!(timeout(ms(5), all).await.is_err());
        let children = [swallows("a", 2, Ok("a")), swallows("b", 1, Err("dirty"))];
        let failed = timeout(ms(5), gather(children)).await.unwrap();
        assert_eq!(failed.unwrap_err().index, 1);
    });
}

/// The request stays passed on while the gather waits, however often it is polled.
#[test]
fn a_task_that_is_polled_meanwhile_cancels_its_children_once() {
    let program = async {
        let task = spawn(async {
            let ticks = async {
                turns(4).await;
                say("still ticks");
                pending::<()>().await;
            };
            zip(gather([cleaner("a", 4)]).into_future(), ticks).await
        });
        turns(2).await;
        task.cancel();
        assert!(task.reference().cancelling() == 1);
        turns(1).await;
        drop(task.await);
    };
    trace(program).assert(&["0+0 a cleans up", "0+2 still ticks", "0+4 a is clean"]);
}

// As an object -------------------------------------------------------------------

/// F78: a gather that isn't awaited may be cancelled, and who awaits it then ends as
/// cancelled, though nobody has cancelled that one.
#[test]
fn a_gather_may_be_cancelled_before_it_is_awaited() {
    let program = async {
        let gathered = gather([cleans("a", 2), waits("b")]);
        turns(2).await;
        say("main cancels");
        assert!(gathered.cancel());
        let task = spawn(unless_dropped("t", async { drop(gathered.await) }));
        turns(9).await;
        say(end_of(&task));
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 a cleans up",
        "0+1 b cancelled",
        "0+3 a is clean",
        "0+3 t cancelled",
        "0+9 cancelled, no request",
    ]);
}

/// The one who polls it may cancel it as well; with `return_exceptions`, all end first.
#[test]
fn a_gather_may_be_cancelled_by_who_polls_it() {
    let program = async {
        let task = spawn(unless_dropped("t", async {
            let mut gathered = gather([cleans("a", 2), waits("b")]).return_exceptions();
            assert!(poll_once(&mut gathered).await.is_none());
            turns(1).await;
            say("t cancels");
            assert!(gathered.cancel());
            drop(gathered.await);
        }));
        turns(9).await;
        say(end_of(&task));
    };
    trace(program).assert(&[
        "0+0 t cancels",
        "0+1 a cleans up",
        "0+1 b cancelled",
        "0+3 a is clean",
        "0+5 t cancelled",
        "0+7 cancelled, no request",
    ]);
}

/// There is nothing to cancel then.
#[test]
fn a_gather_that_is_over_is_not_cancelled() {
    run(async {
        let gathered = gather([ends("a", 1)]);
        turns(4).await;
        assert!(gathered.is_finished() && !gathered.cancel());
        let mut gathered = gathered.into_future();
        assert_eq!((&mut gathered).await.unwrap(), ["a"]);
        assert!(gathered.is_finished() && !gathered.cancel());
        assert_eq!(gathered.progress().total, 0);
    });
}

#[test]
fn the_progress_of_a_gather_counts_its_children() {
    run(async {
        let child = |time, result: Checked| async move {
            sleep(ms(time)).await;
            result
        };
        let children =
            [child(1, Ok("a")), child(3, Err("b")), child(5, Ok("c")), child(7, Ok("d"))];
        let gathered = gather(limited(2, children)).return_exceptions();
        let counts = |gathered: &GatherAll<_>| {
            let Progress { ended, succeeded, failed, total } = gathered.progress();
            assert_eq!(total, 4);
            (ended, succeeded, failed)
        };
        assert_eq!(counts(&gathered), (0, 0, 0));
        sleep(ms(2)).await;
        assert_eq!(counts(&gathered), (1, 1, 0));
        sleep(ms(2)).await;
        assert_eq!(counts(&gathered), (2, 1, 1));
        assert!(!gathered.is_finished());
        sleep(HOUR).await;
        assert_eq!(counts(&gathered), (4, 3, 1));
        assert!(gathered.is_finished());
    });
}

/// I7: to look is foreign code; its panic loses nothing.
#[test]
fn a_panic_while_one_looks_loses_nothing() {
    struct Shy(Rc<Cell<bool>>);
    impl Outcome for Shy {
        type Value = ();
        type Error = ();
        fn is_success(&self) -> bool {
            assert!(!self.0.get(), "looked at");
            true
        }
        fn into_result(self) -> Result<(), ()> {
            Ok(())
        }
    }
    run(async {
        let shy = Rc::new(Cell::new(false));
        let own = Rc::clone(&shy);
        let gathered = gather([async move { Shy(own) }]).return_exceptions();
        turns(4).await;
        shy.set(true);
        assert_eq!(panic_of(|| gathered.progress()), "looked at");
        assert!(gathered.await[0].is_ok());
    });
}

/// Spawned, it is a task: it may be given to another, cancelled, and shared.
#[test]
fn a_gather_that_is_spawned_is_a_task() {
    run(async {
        let gathered = spawn(async { gather([waits("a"), waits("b")]).await.is_ok() }).shared();
        let awaits = spawn(gathered.clone().into_future());
        turns(2).await;
        gathered.cancel();
        assert!(awaits.await.unwrap().unwrap_err().is_cancelled());
        assert!(gathered.await.unwrap_err().is_cancelled());
        let spawned = spawn(gather([ends("a", 3)]).into_future());
        assert_eq!(spawned.await.unwrap().unwrap(), ["a"]);
    });
}
