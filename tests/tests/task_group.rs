//! `task_group`: tasks that end before the block does (facts F134 to F155).
//!
//! What asyncio does too is in `tests/asyncio/specification/task_group.py`, which `CPython` checks:
//! in which turn a group is over, whom a failure cancels, what comes out if the group is cancelled.
//! Here is what that language can't say: types of values and errors, panics, groups that are
//! stopped, given up or moved, and what is dropped when.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt::Debug;
use std::future::{Future, pending, poll_fn, ready};
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use combinators::{
    Elapsed, Failure, Group, GroupError, Outcome, gather, raising, task_group, timeout,
};
use executor::{
    Alarm, Clock, Executor, Shared, Task, all_tasks, catch_cancel, current_task, now, sleep, spawn,
    yield_now,
};
use futures_lite::FutureExt as _;
use futures_lite::future::{or, poll_once, zip};
use wheelhouse_tests::{
    Counting, Gate, HOUR, Lent, Trace, cancel_self, cancelling, cleans_up, end_of, ends, guarded,
    is_cancelled, is_caught, ms, panic_of, run, say, sleeps, trace, turns, unless_dropped,
    virtual_executor,
};

type Checked = Result<&'static str, &'static str>;

/// Reads what isn't there.
async fn missing() -> io::Result<u64> {
    turns(1).await;
    Err(io::ErrorKind::NotFound.into())
}

async fn fails(name: &'static str, turn: usize) -> Checked {
    Err(ends(name, turn).await)
}

/// Cleans up when cancelled, and then ends as cancelled.
async fn cleans(name: &'static str, turns: usize) -> Checked {
    cleans_up(name, turns).await.resume().await
}

/// Cleans up when cancelled, and then fails.
async fn cleans_badly(name: &'static str, turns: usize) -> Checked {
    drop(cleans_up(name, turns).await);
    Err(name)
}

async fn panics(turn: usize) {
    turns(turn - 1).await;
    panic!("on purpose")
}

async fn waits(name: &'static str) {
    guarded(name, pending::<()>()).await;
}

/// Runs a group, and says what came of it.
async fn grouped<B, R>(name: &'static str, block: B) -> Result<R::Value, GroupError>
where
    B: AsyncFnOnce(Group) -> R,
    R: Outcome<Value: Debug, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let result = unless_dropped(name, task_group(block)).await;
    match &result {
        Ok(value) => say(format!("{name} has {value:?}")),
        Err(error) => say(format!("{name} fails: {}", causes(error))),
    }
    result
}

/// The causes of a group's failures, and of those of groups among them.
fn causes(error: &GroupError) -> String {
    let cause = |cause: &Failure<Box<dyn Error + Send + Sync>>| match cause {
        Failure::Error(error) => match error.downcast_ref::<GroupError>() {
            Some(inner) => format!("[{}]", causes(inner)),
            None => error.to_string(),
        },
        Failure::Join(error) => error.panic_message().expect("it panicked").to_owned(),
    };
    let causes: Vec<_> = error.failures.iter().map(|failure| cause(&failure.cause)).collect();
    causes.join(" ")
}

// The block and the values -----------------------------------------------------------

/// F134: values are had from the tasks' handles, in the block or after.
#[test]
fn the_values_are_in_the_handles() {
    run(async {
        let group = task_group(async |group| {
            let tasks = [3, 1, 2].map(|time| group.spawn(sleeps(time)));
            let first = tasks[0].clone().await.unwrap();
            (first, tasks)
        });
        let (first, tasks) = group.await.unwrap();
        assert_eq!(first, 3);
        assert_eq!(tasks.map(|task| task.outcome().unwrap().unwrap()), [3, 1, 2]);
        assert_eq!(task_group(async |_| Ok::<_, String>("value")).await.unwrap(), "value");
    });
}

/// The block is a part of the task, and may borrow from it.
#[test]
fn the_block_is_a_part_of_the_task() {
    run(async {
        let (own, mut count) = (current_task().unwrap().id(), 0);
        let group = task_group(async |_| {
            assert_eq!(current_task().unwrap().id(), own);
            yield_now().await;
            count += 1;
        });
        group.await.unwrap();
        assert_eq!(count, 1);
    });
}

// Failures and panics ------------------------------------------------------------------

/// A panic is a failure like others; in a destructor too.
#[test]
fn a_panic_is_a_failure() {
    run(async {
        let group = task_group(async |group| {
            let fragile = Counting::forever().on_drop(|| panic!("in the destructor"));
            group.spawn(async { drop(fragile.await) }).set_name("fragile");
            group.spawn(panics(3)).set_name("shaky");
            pending::<()>().await;
        });
        let error = group.await.unwrap_err();
        assert_eq!(causes(&error), "on purpose in the destructor");
        assert_eq!(error.failures[0].name, "shaky");
        assert_eq!(error.failures[1].name, "fragile");
    });
}

/// The block's failure has the name of the task that runs it.
#[test]
fn the_error_says_who_failed_and_why() {
    run(async {
        let group = async {
            let group = task_group(async |group| {
                group.spawn(async { Err::<(), _>("dirty") }).set_name("culprit");
                turns(1).await;
                Err::<(), _>("late")
            });
            group.await.unwrap_err()
        };
        let error = spawn(group).named("owner").await.unwrap();
        let names: Vec<_> = error.failures.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["culprit", "owner"]);
        assert!(error.failures.iter().all(|it| matches!(it.cause, Failure::Error(_))));
        let text = "2 of a group failed; task `culprit`: dirty; task `owner`: late";
        assert_eq!(error.to_string(), text);
        let boxed: Box<dyn Error + Send + Sync> = error.into();
        assert!(boxed.is::<GroupError>());
        let panics = task_group(async |group| {
            group.spawn(panics(1)).set_name("shaky");
        });
        let text = panics.await.unwrap_err().to_string();
        assert!(text.starts_with("1 of a group failed; task `shaky` (spawned at "), "{text}");
        assert!(text.ends_with("panicked: on purpose"), "{text}");
    });
}

/// The group tells the error's text. The error stays in the task, where it is found by id.
#[test]
fn an_error_may_be_of_any_type_and_stays_in_its_task() {
    run(async {
        let (mut task, mut shared) = (None, None);
        let group = task_group(async |group| {
            task = Some(group.spawn(missing()));
            shared = Some(group.spawn(async { missing().await.map_err(Rc::new) }));
            group.spawn(async { missing().await.map_err(Box::<dyn Error>::from) });
        });
        let (error, task) = (group.await.unwrap_err(), task.unwrap());
        assert_eq!(causes(&error), ["entity not found"; 3].join(" "));
        assert_eq!(error.failures[0].task, task.id());
        let kind = task.peek(|outcome| outcome.as_ref().unwrap().as_ref().unwrap_err().kind());
        assert_eq!(kind, Some(io::ErrorKind::NotFound));
        let error = shared.unwrap().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    });
}

/// The failures stay in it. Of a task's error there is only the text, so it has no kind.
#[test]
fn a_group_fails_as_input_and_output_do() {
    run(async {
        let read = async || Ok(task_group(async |_| missing().await).await?);
        let error: io::Error = read().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with("1 of a group failed; "), "{error}");
        let serve = async || {
            let serving = task_group(async |group| drop(group.spawn(missing())));
            Ok(serving.await?)
        };
        let error: io::Error = serve().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Other);
        assert_eq!(error.downcast::<GroupError>().unwrap().failures.len(), 1);
        let group = task_group(async |group| Some(group)).await.unwrap().unwrap();
        let spawn = || Ok(group.try_spawn(async {}).map(drop)?);
        let error: io::Error = spawn().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Other);
    });
}

/// A failure whose error nobody may look at is one all the same.
#[test]
fn a_failure_that_shows_no_error_is_a_failure() {
    struct Refused;
    impl Outcome for Refused {
        type Value = ();
        type Error = String;
        fn is_success(&self) -> bool {
            false
        }
        fn into_result(self) -> Result<(), String> {
            Err("refused".into())
        }
    }
    run(async {
        let error = task_group(async |group| drop(group.spawn(async { Refused }))).await;
        assert_eq!(causes(&error.unwrap_err()), "it returned a failure");
    });
}

/// F152: a panic of the block is the panic of who runs it. The tasks are
/// cancelled.
#[test]
fn a_panic_of_the_block_goes_through() {
    run(async {
        let task = Rc::new(RefCell::new(None));
        let left = Rc::clone(&task);
        let parent = spawn(async move {
            let group = task_group(async |group| {
                left.replace(Some(group.spawn(sleeps(5))));
                panics(1).await;
            });
            group.await.is_ok()
        });
        assert_eq!(parent.await.unwrap_err().panic_message(), Some("on purpose"));
        let task: Shared<u64> = task.take().unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// A group whose block has panicked is over: a task of it that fails later is
/// nothing to who ran it.
#[test]
fn a_failure_after_a_panic_of_the_block_cancels_nobody() {
    run(async {
        let parent = spawn(async {
            let group = task_group(async |group| {
                group.spawn(async { Err::<(), _>(sleeps(5).await.to_string()) });
                panics(1).await;
            });
            let group = async { drop(group.await) };
            assert!(AssertUnwindSafe(group).catch_unwind().await.is_err());
            sleep(ms(9)).await;
            cancelling()
        });
        assert_eq!(parent.await.ok(), Some(0));
    });
}

/// F107, F148: a cancellation that was swallowed before isn't the group's, and
/// stays counted.
#[test]
fn a_cancellation_that_was_swallowed_before_stays_counted() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(sleep(HOUR)).await);
            let value = task_group(async |group| group.spawn(sleeps(1)).await.unwrap());
            let value = value.await.unwrap();
            (value, cancelling(), is_caught(turns(2)).await)
        });
        yield_now().await;
        task.cancel();
        assert_eq!(task.await.unwrap(), (1, 1, false));
    });
}

// No more tasks ------------------------------------------------------------------

/// F144: a group that is over takes no tasks; the future is dropped.
#[test]
fn a_group_that_is_over_takes_no_tasks() {
    run(async {
        let group = task_group(async |group| Some(group)).await.unwrap().unwrap();
        let future = Counting::ready();
        let counts = future.counts();
        let closed = group.try_spawn(async { drop(future.await) }).unwrap_err();
        counts.assert(0, 1, 0);
        assert!(closed.to_string().contains("the task group is over: spawn into it before"));
        assert_eq!(closed, group.try_spawn(async {}).unwrap_err());
        let boxed: Box<dyn Error + Send + Sync> = closed.into();
        assert!(boxed.is::<combinators::GroupClosed>());
    });
}

/// F144: a group that is ending takes none either.
#[test]
fn a_group_that_is_ending_takes_no_tasks() {
    run(async {
        let times = Rc::new(Cell::new(0));
        let refuses = |group: &Group| {
            let text = group.try_spawn(async {}).unwrap_err().to_string();
            assert!(text.contains("is ending, since it failed or was stopped"), "{text}");
            times.set(times.get() + 1);
        };
        let group = task_group(async |group| {
            let own = group.clone();
            group.spawn(async { Err::<(), _>("failed") });
            let late = Rc::clone(&times);
            let cleans = async move {
                drop(catch_cancel(pending::<()>()).await);
                assert!(own.try_spawn(async {}).is_err());
                late.set(late.get() + 1);
            };
            group.spawn(cleans);
            assert!(is_caught(pending::<()>()).await);
            refuses(&group);
        });
        group.await.unwrap_err();
        assert_eq!(times.get(), 2);
    });
}

/// Who doesn't ask finds that out: the task is cancelled before its first step, also if the
/// group is over by then.
#[test]
fn a_task_that_comes_too_late_is_cancelled_before_its_first_step() {
    run(async {
        let future = Counting::ready();
        let counts = future.counts();
        let group = task_group(async |group| {
            group.stop();
            (group.spawn(async { drop(future.await) }).named("late"), group)
        });
        let (task, group) = group.await.unwrap();
        assert_eq!(task.name(), "late");
        assert!(task.await.unwrap_err().is_cancelled());
        counts.assert(0, 1, 0);
        assert!(group.spawn(async {}).await.unwrap_err().is_cancelled());
    });
}

/// A group may be stopped: its tasks are cancelled, its block goes on, and that is
/// no failure.
#[test]
fn a_group_may_be_stopped() {
    let program = async {
        let group = grouped("g", async |group| {
            group.spawn(cleans("a", 2));
            group.spawn(waits("b"));
            turns(2).await;
            group.stop();
            group.stop();
            assert!(group.try_spawn(async {}).is_err());
            say("block stops");
            ends("block", 2).await
        });
        group.await.unwrap();
    };
    trace(program).assert(&[
        "0+0 block stops",
        "0+1 a cleans up",
        "0+1 b cancelled",
        "0+1 block ends",
        "0+3 a is clean",
        "0+5 g has \"block\"",
    ]);
}

/// A failure of a task that is being stopped doesn't end the block, which goes on; the
/// group fails all the same.
#[test]
fn a_failure_in_a_group_that_is_stopped_leaves_its_block_alone() {
    let program = async {
        let group = grouped("g", async |group| {
            group.spawn(cleans_badly("a", 1));
            turns(2).await;
            group.stop();
            ends("block", 5).await
        });
        drop(group.await);
    };
    trace(program).assert(&[
        "0+0 a cleans up",
        "0+1 a is clean",
        "0+3 block ends",
        "0+3 g fails: a",
    ]);
}

/// Stopped by one of its tasks, or by anybody who has a handle; a failure at that
/// is a failure.
#[test]
fn a_group_may_be_stopped_by_its_tasks() {
    run(async {
        let group = task_group(async |group| {
            let own = group.clone();
            group.spawn(sleep(HOUR));
            group.spawn(async move { own.stop() });
            7
        });
        assert_eq!(group.await.unwrap(), 7);
        let group = task_group(async |group| {
            group.spawn(cleans_badly("a", 1));
            turns(2).await;
            group.stop();
            7
        });
        assert_eq!(causes(&group.await.unwrap_err()), "a");
    });
}

/// I7: stopped from a destructor, or in a function called at a task's end.
#[test]
fn a_group_may_be_stopped_from_anywhere() {
    run(async {
        let group = task_group(async |group| {
            let (first, second) = (group.clone(), group.clone());
            let future = Counting::forever().on_drop(move || first.stop());
            let fragile = group.spawn(async { drop(future.await) });
            group.spawn(sleep(HOUR));
            group.spawn(async {}).on_done(move || {
                assert!(second.try_spawn(async {}).is_ok());
                fragile.cancel();
            });
            7
        });
        assert_eq!(group.await.unwrap(), 7);
    });
}

/// F146: a group in a task of a group is one more task.
#[test]
fn groups_nest_by_their_tasks_too() {
    fn nested(left: usize, trace: &Trace) -> Pin<Box<dyn Future<Output = ()>>> {
        let trace = trace.clone();
        Box::pin(async move {
            if left == 0 {
                return sleep(HOUR).await;
            }
            let group = task_group(async |group| {
                group.spawn(nested(left - 1, &trace));
                waits("block").await;
            });
            drop(group.await);
            trace.push(format!("{left} fails"));
        })
    }
    run(async {
        let trace = Trace::new();
        let task = spawn(nested(50, &trace));
        turns(60).await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        trace.assert(&[]);
    });
}

// Given up, or side by side ------------------------------------------------------

/// A group that is given up cancels its tasks.
#[test]
fn a_group_that_is_given_up_cancels_its_tasks() {
    run(async {
        let task = Rc::new(RefCell::new(None));
        let left = Rc::clone(&task);
        let group = task_group(async |group| {
            left.replace(Some(group.spawn(sleeps(5))));
            pending::<()>().await;
        });
        or(async { drop(group.await) }, sleep(ms(1))).await;
        let task: Shared<u64> = task.take().unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// A failure in a group that was given up comes too late to concern who ran it.
#[test]
fn a_failure_in_a_group_that_was_given_up_cancels_nobody() {
    for in_the_block in [true, false] {
        run(async {
            let parent = spawn(async move {
                let group = task_group(async |group| {
                    group.spawn(async { Err::<(), _>(sleeps(5).await.to_string()) });
                    if in_the_block {
                        pending::<()>().await;
                    }
                });
                or(async { drop(group.await) }, sleep(ms(1))).await;
                sleep(ms(9)).await;
                cancelling()
            });
            assert_eq!(parent.await.ok(), Some(0));
        });
    }
}

/// A child of a group that was given up may spawn while it cleans up: what comes so late
/// ends before its first step, and the child with its value.
#[test]
fn a_child_of_a_group_that_was_given_up_may_spawn() {
    run(async {
        let shelf = Rc::new(Cell::new(None));
        let left = Rc::clone(&shelf);
        let group = task_group(async |group| {
            let own = group.clone();
            group.spawn(async move {
                drop(catch_cancel(pending::<()>()).await);
                left.set(Some(own.spawn(async {})));
            });
            pending::<()>().await;
        });
        or(async { drop(group.await) }, turns(2)).await;
        turns(2).await;
        let late: Shared<()> = shelf.take().expect("the child has gone on");
        assert!(late.await.unwrap_err().is_cancelled());
    });
}

/// A group that was given up takes no tasks any more.
#[test]
fn a_group_that_was_given_up_takes_no_tasks() {
    run(async {
        let shelf = Rc::new(RefCell::new(None));
        let left = Rc::clone(&shelf);
        let group = task_group(async |group| {
            left.replace(Some(group));
            pending::<()>().await;
        });
        or(async { drop(group.await) }, sleep(ms(1))).await;
        let group: Group = shelf.take().unwrap();
        let refused = group.try_spawn(async {}).unwrap_err().to_string();
        assert!(refused.contains("is over"), "{refused}");
    });
}

/// Given up while the block is being cancelled, it takes that back.
#[test]
fn a_group_that_is_given_up_while_it_fails_takes_its_cancellation_back() {
    run(async {
        let parent = spawn(async {
            let gate = Gate::new();
            let open = gate.clone();
            let group = task_group(async |group| {
                group.spawn(async { Err::<(), _>("failed") }).on_done(move || open.open());
                pending::<()>().await;
            });
            or(gate.wait(), async { drop(group.await) }).await;
            turns(2).await;
            cancelling()
        });
        assert_eq!(parent.await.ok(), Some(0));
    });
}

/// A cancellation isn't lost with a group that was given up while it waited for its
/// tasks to clean up.
#[test]
fn a_cancellation_is_not_lost_with_a_group_that_was_given_up() {
    run(async {
        let gate = Gate::new();
        let until = gate.clone();
        let task = spawn(async move {
            let group = task_group(async |group| {
                group.spawn(cleans("a", 9));
                sleep(HOUR).await;
            });
            or(async { drop(group.await) }, until.wait()).await;
            sleep(HOUR).await;
        });
        turns(2).await;
        task.cancel();
        turns(3).await;
        gate.open();
        turns(2).await;
        assert!(is_cancelled(&task));
    });
}

/// Runs a group whose task cleans up for some turns.
async fn cleans_up_in_a_group() -> Result<(), GroupError> {
    task_group(async |group| {
        group.spawn(cleans("a", 9));
        sleep(HOUR).await;
    })
    .await
}

/// Has a task run a group, and cancels it; the group waits until its task has cleaned up. Returns
/// the task, and the group.
async fn cancelled_in_a_group() -> (Task<Result<(), GroupError>>, Rc<Lent<Result<(), GroupError>>>)
{
    let lent = Lent::new(cleans_up_in_a_group());
    let task = spawn(Rc::clone(&lent).polled());
    turns(2).await;
    task.cancel();
    turns(3).await;
    assert!(!task.is_finished());
    (task, lent)
}

/// Whoever gives the group up, it is the task that was asked: another task may drop it,
#[test]
fn a_cancellation_is_not_lost_with_a_group_that_another_task_drops() {
    run(async {
        let (task, lent) = cancelled_in_a_group().await;
        drop(lent.0.take());
        turns(2).await;
        assert_eq!(end_of(&task), "cancelled, 1 request");
    });
}

/// or a function, which no task calls;
#[test]
fn a_cancellation_is_not_lost_with_a_group_that_an_alarm_drops() {
    run(async {
        let (task, lent) = cancelled_in_a_group().await;
        let _alarm = Alarm::soon(move || drop(lent.0.take()));
        turns(3).await;
        assert_eq!(end_of(&task), "cancelled, 1 request");
    });
}

/// or nobody within a run.
#[test]
fn a_cancellation_is_not_lost_with_a_group_that_is_dropped_between_two_runs() {
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    let builder = Executor::builder().clock(Clock::Virtual);
    let executor = builder.on_wake(move || _ = count.fetch_add(1, Ordering::Relaxed)).build();
    let (task, lent) = executor.block_on(cancelled_in_a_group());
    let before = woken.load(Ordering::Relaxed);
    drop(lent.0.take());
    assert!(woken.load(Ordering::Relaxed) > before, "the host's loop is told");
    executor.block_on(turns(2));
    assert_eq!(end_of(&task), "cancelled, 1 request");
}

/// If it was a limit that asked, the limit is told: also within another one, where the group may be
/// given up for something else.
#[test]
fn a_limit_that_is_up_is_not_lost_with_a_group_that_is_dropped_within_another() {
    run(async {
        let start = now();
        let limited = timeout(ms(10), async {
            let group = timeout(HOUR, cleans_for_long_in_a_group());
            or(async { drop(group.await) }, sleep(ms(20))).await;
            sleep(HOUR).await;
        });
        assert_eq!(limited.await, Err(Elapsed));
        assert_eq!(now() - start, ms(20));
    });
}

/// So is it if there was another limit between them, which is over by then.
#[test]
fn a_limit_that_is_up_is_not_lost_with_a_group_that_outlives_what_was_around_it() {
    run(async {
        let start = now();
        let limited = timeout(ms(10), async {
            let mut group = Box::pin(cleans_for_long_in_a_group());
            let gives_up = or(async { drop(group.as_mut().await) }, sleep(ms(20)));
            assert_eq!(timeout(HOUR, gives_up).await, Ok(()));
            drop(group);
            sleep(HOUR).await;
        });
        assert_eq!(limited.await, Err(Elapsed));
        assert_eq!(now() - start, ms(20));
    });
}

/// If the task was asked as well, the request outlives the limit, which is given up with the group.
#[test]
fn a_cancellation_is_not_lost_with_a_group_that_is_dropped_with_a_limit_that_is_up() {
    run(async {
        let task = spawn(async {
            let limited = timeout(ms(10), cleans_for_long_in_a_group());
            or(async { drop(limited.await) }, sleep(ms(30))).await;
            sleep(HOUR).await;
        });
        sleep(ms(20)).await;
        task.cancel();
        sleep(ms(20)).await;
        assert_eq!(end_of(&task), "cancelled, 1 request");
    });
}

/// If it was not, it isn't asked then, though it has swallowed a cancellation before;
#[test]
fn a_limit_that_is_up_and_is_dropped_with_a_group_cancels_no_task_that_was_cancelled_before() {
    run(async {
        let task = spawn(async {
            assert!(is_caught(pending::<()>()).await);
            let limited = timeout(ms(10), cleans_for_long_in_a_group());
            or(async { drop(limited.await) }, sleep(ms(30))).await;
            !is_caught(turns(3)).await
        });
        turns(2).await;
        task.cancel();
        assert!(task.await.unwrap());
    });
}

/// A failure counts for more than the request, also through the limit that was up before it.
#[test]
fn a_failure_in_a_group_in_a_limit_that_is_up_counts_for_more_than_a_cancellation() {
    run(async {
        let task = spawn(timeout(ms(10), async {
            let fails = async {
                cleans_for_long().await;
                Err::<(), _>("as it cleaned up")
            };
            task_group(async |group| drop(group.spawn(fails))).await
        }));
        sleep(ms(20)).await;
        task.cancel();
        assert!(task.await.expect("a failure is no cancellation").unwrap().is_err());
    });
}

/// or after it, while the limit waits for something that it has passed the request on to, and that
/// stays on a shelf.
#[test]
fn a_cancellation_is_not_lost_with_a_group_and_then_a_limit_that_is_up() {
    run(async {
        let cleaning = spawn(cleans_for_long());
        let shelf = Lent::new(async { cleaning.await.unwrap() });
        let lent = Rc::clone(&shelf);
        let task = spawn(async {
            let limited = timeout(ms(10), async {
                or(async { drop(cleans_for_long_in_a_group().await) }, sleep(ms(30))).await;
                lent.polled().await
            });
            or(async { _ = limited.await }, sleep(ms(40))).await;
            sleep(HOUR).await;
        });
        sleep(ms(20)).await;
        task.cancel();
        sleep(ms(30)).await;
        assert_eq!(end_of(&task), "cancelled, 1 request");
        drop(shelf);
    });
}

/// If a limit moves with the group, and is up, the task that was asked is asked again all the same.
#[test]
fn a_cancellation_is_not_lost_with_a_group_that_moves_within_a_limit_that_is_up() {
    run(async {
        let lent = Lent::new(timeout(ms(15), cleans_for_long_in_a_group()));
        let first = spawn(Rc::clone(&lent).polled());
        sleep(ms(10)).await;
        first.cancel();
        sleep(ms(10)).await;
        let second = spawn(lent.polled());
        sleep(ms(100)).await;
        assert_eq!(end_of(&first), "cancelled, 1 request");
        assert!(second.is_finished() && !is_cancelled(&second));
    });
}

/// Its task cleans up for 50 ms.
async fn cleans_for_long_in_a_group() -> Result<(), GroupError> {
    task_group(async |group| drop(group.spawn(cleans_for_long()))).await
}

async fn cleans_for_long() -> bool {
    let caught = catch_cancel(sleep(HOUR)).await;
    sleep(ms(50)).await;
    caught.is_err()
}

/// A failure of its own is no cancellation of the task, though that has swallowed one before.
#[test]
fn a_group_that_fails_holds_back_no_cancellation_that_is_over() {
    run(async {
        let lent = Lent::new(async {
            let group = task_group(async |group| {
                group.spawn(cleans("a", 9));
                group.spawn(fails("b", 1));
                sleep(HOUR).await;
            });
            group.await.is_ok()
        });
        let polled = Rc::clone(&lent).polled();
        let task = spawn(async move {
            assert!(is_caught(sleep(HOUR)).await);
            polled.await
        });
        turns(2).await;
        task.cancel();
        turns(6).await;
        drop(lent.0.take());
        turns(3).await;
        assert!(!task.is_finished());
    });
}

/// If another task goes on with the group, the one that was asked is cancelled. Nobody has asked
/// the other: there the group fails, for its block is gone.
#[test]
fn a_group_that_moves_leaves_the_cancellation_with_the_task_that_was_asked() {
    run(async {
        let (first, lent) = cancelled_in_a_group().await;
        let first = first.named("first");
        let second = spawn(lent.polled());
        turns(2).await;
        assert_eq!(end_of(&first), "cancelled, 1 request");
        let error = second.await.unwrap().unwrap_err();
        let text = "1 of a group failed; task `first`: \
            it was cancelled with the task that ran the group before";
        assert_eq!(error.to_string(), text);
    });
}

/// The other is cancelled if it is asked itself.
#[test]
fn a_group_that_has_moved_ends_as_cancelled_if_its_new_task_is_asked() {
    run(async {
        let (first, lent) = cancelled_in_a_group().await;
        let second = spawn(lent.polled());
        turns(2).await;
        second.cancel();
        turns(9).await;
        assert_eq!([first, second].each_ref().map(end_of), ["cancelled, 1 request"; 2]);
    });
}

/// F141. A group that was stopped has cancelled its tasks before; the cancellation counts at the
/// end.
#[test]
fn a_cancellation_of_a_task_whose_group_was_stopped_is_not_lost() {
    run(async {
        let task = spawn(async {
            let group = task_group(async |group| {
                group.spawn(cleans("a", 5));
                turns(1).await;
                group.stop();
            });
            group.await.is_ok()
        });
        turns(4).await;
        task.cancel();
        turns(2).await;
        assert!(!task.is_finished(), "the group waits for its task");
        turns(5).await;
        assert!(is_cancelled(&task));
    });
}

/// A task that panics has panicked, whatever its group held back.
#[test]
fn a_task_that_panics_beside_a_cancelled_group_has_panicked() {
    run(async {
        let mut group = Box::pin(cleans_up_in_a_group());
        let mut polls = 0..5;
        let task = spawn(poll_fn(move |cx| {
            assert!(polls.next().is_some(), "beside the group");
            cx.waker().wake_by_ref();
            group.as_mut().poll(cx)
        }));
        turns(2).await;
        task.cancel();
        turns(5).await;
        assert!(!task.is_cancelled());
        assert!(task.await.unwrap_err().is_panic());
    });
}

/// Two groups side by side in one task: each is its own.
#[test]
fn groups_side_by_side_fail_each_for_itself() {
    run(async {
        let parent = spawn(async {
            let good = task_group(async |group| {
                group.spawn(sleeps(5));
                sleep(ms(6)).await;
                "good"
            });
            let bad = task_group(async |group| {
                group.spawn(async { Err::<(), _>(sleeps(1).await.to_string()) });
                sleep(HOUR).await;
            });
            let (good, bad) = zip(good, bad).await;
            (good.ok(), bad.unwrap_err().failures.len(), cancelling())
        });
        assert_eq!(parent.await.ok(), Some((Some("good"), 1, 0)));
    });
}

/// A group moves to another task: that is whom it interrupts.
#[test]
fn a_group_may_move_from_task_to_task() {
    run(async {
        let mut group = Box::pin(task_group(async |group| {
            group.spawn(async { Err::<(), _>(sleeps(5).await.to_string()) });
            sleep(HOUR).await;
        }));
        let shelf = Rc::new(RefCell::new(None));
        let on_shelf = Rc::clone(&shelf);
        let first = spawn(async move {
            assert!(poll_once(group.as_mut()).await.is_none());
            on_shelf.replace(Some(group));
            sleeps(9).await
        });
        yield_now().await;
        let second = spawn(shelf.take().unwrap());
        assert_eq!(first.await.ok(), Some(9));
        assert_eq!(second.await.unwrap().unwrap_err().failures.len(), 1);
    });
}

/// I8: the end of the executor drops all that is in a group, once; nothing keeps
/// anything alive.
#[test]
fn an_executor_may_be_dropped_amid_a_group() {
    for turn_count in 0..9 {
        let (executor, kept) = (virtual_executor(), Rc::new(()));
        let futures = [0; 3].map(|_| Counting::forever());
        let counts = futures.each_ref().map(Counting::counts);
        let holds = Rc::clone(&kept);
        let task = executor.spawn(async move {
            let [a, b, block] = futures;
            let group = task_group(async move |group| {
                let (own, holds_too) = (group.clone(), Rc::clone(&holds));
                let a = group.spawn(async move { drop((a.await, own)) });
                let cleans = async move {
                    drop(catch_cancel(b).await);
                    turns(2).await;
                    drop(holds_too);
                };
                group.spawn(cleans);
                group.spawn(fails("c", 3));
                drop(block.await);
                drop((a, group, holds));
            });
            drop(group.await);
        });
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        drop((executor, task));
        for counts in counts {
            assert_eq!(counts.future_drops(), 1, "after {turn_count} turns");
        }
        assert_eq!(Rc::strong_count(&kept), 1, "after {turn_count} turns");
    }
}

/// I8: when it is over nothing is left of it.
#[test]
fn nothing_is_left_of_a_group_that_is_over() {
    let executor = virtual_executor();
    let kept = Rc::new(());
    executor.block_on(async {
        for fails in [false, true] {
            let holds = Rc::clone(&kept);
            let group = task_group(async |group| {
                let (own, holds) = (group.clone(), holds);
                let task = async move {
                    turns(2).await;
                    drop((own, holds));
                    if fails { Err("failed") } else { Ok(()) }
                };
                group.spawn(task);
                group.spawn(turns(1));
            });
            assert_eq!(group.await.is_err(), fails);
            assert_eq!(Rc::strong_count(&kept), 1);
        }
    });
    let slot = executor.spawn(async {}).id().to_string();
    assert!(slot.starts_with("1.") || slot.starts_with("2."), "{slot}: the slots are vacant");
}

/// A group may have thousands of tasks, which end or are cancelled.
#[test]
fn a_group_may_have_many_tasks() {
    run(async {
        let group = task_group(async |group| {
            for number in 0..3_000 {
                group.spawn(turns(number % 7));
            }
        });
        group.await.unwrap();
        let group = task_group(async |group| {
            for _ in 0..3_000 {
                group.spawn(sleep(HOUR));
            }
            turns(2).await;
            Err::<(), _>("enough")
        });
        assert_eq!(group.await.unwrap_err().failures.len(), 1);
    });
}

// The main future, and misuse ----------------------------------------------------

/// The main future may run groups, which may fail, one after the other.
#[test]
fn the_main_future_may_run_groups() {
    let executor = virtual_executor();
    for _ in 0..2 {
        let failed = executor.block_on(task_group(async |group| {
            group.spawn(fails("a", 2));
            group.spawn(cleans_badly("b", 2));
            sleep(HOUR).await;
        }));
        assert_eq!(causes(&failed.unwrap_err()), "a b");
        let value = executor.block_on(task_group(async |group| {
            group.spawn(sleeps(5));
            (7, cancelling())
        }));
        assert_eq!(value.unwrap(), (7, 0));
        let elapsed = executor.block_on(timeout(
            ms(5),
            task_group(async |group| {
                group.spawn(sleep(HOUR));
            }),
        ));
        assert_eq!(elapsed.err(), Some(Elapsed));
    }
}

/// F154. Misuse: no task to interrupt.
#[test]
fn a_group_outside_of_a_task_is_an_error() {
    let message = panic_of(|| futures_lite::future::block_on(task_group(async |_| ())).is_ok());
    assert!(message.contains("awaited outside of a task: await it inside `block_on`"), "{message}");
}

/// Misuse: a group is its executor's.
#[test]
fn spawning_into_a_group_outside_of_an_executor_is_an_error() {
    let executor = virtual_executor();
    let shelf = Rc::new(RefCell::new(None));
    let left = Rc::clone(&shelf);
    let task = executor.spawn(async move {
        let group = task_group(async |group| {
            left.replace(Some(group));
            sleep(HOUR).await;
        });
        group.await.is_ok()
    });
    let _ = executor.turn();
    let group: Group = shelf.take().unwrap();
    let message = panic_of(|| group.try_spawn(async {}).is_ok());
    assert!(message.contains("no executor runs on this thread"), "{message}");
    drop(task);
}

/// Misuse: a task of another executor. It would end when that one runs, and the group wait until
/// then.
#[test]
fn spawning_into_a_group_from_another_executor_is_an_error() {
    let other = virtual_executor();
    let message = panic_of(|| {
        run(async {
            let group = task_group(async |group| {
                other.block_on(async { drop(group.spawn(sleeps(5))) });
            });
            group.await.is_ok()
        })
    });
    assert!(message.contains("a task group has tasks of one executor only"), "{message}");
    assert!(message.contains("inside that executor's `block_on`"), "{message}");
}

/// What a log shows.
#[test]
fn groups_can_be_printed() {
    run(async {
        let group = task_group(async |group| {
            group.spawn(async { Err::<(), _>("failed") });
            let text = "Group { tasks: 1, failures: 0, ending: false, .. }";
            assert_eq!(format!("{group:?}"), text);
            assert!(is_caught(pending::<()>()).await);
            let text = "Group { tasks: 0, failures: 1, ending: true, .. }";
            assert_eq!(format!("{group:?}"), text);
            let refused = group.try_spawn(async {});
            assert_eq!(format!("{refused:?}"), "Err(GroupClosed { over: false })");
        });
        let text = format!("{:?}", group.await.unwrap_err());
        assert!(text.starts_with("GroupError { failures: [GroupFailure { name: "), "{text}");
    });
}

/// A group that is polled for the sake of others isn't disturbed.
#[test]
fn a_group_may_race_other_futures() {
    run(async {
        let group = task_group(async |group| {
            group.spawn(turns(20));
            turns(4).await;
            7
        });
        let mut group = pin!(group);
        let mut polls = 0;
        let value = poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            group.as_mut().poll(cx)
        });
        assert_eq!(value.await.unwrap(), 7);
        assert_eq!(all_tasks().len(), 1);
    });
}

// Failures and cancellations -------------------------------------------------------

/// Runs a group whose task fails when it is cancelled, as when it can't save a file.
async fn fails_to_save() -> Result<(), GroupError> {
    task_group(async |group| {
        group.spawn(cleans_badly("not saved", 1));
        sleep(HOUR).await;
    })
    .await
}

/// F140: who runs the group returns the failures, and so ends with them.
#[test]
fn the_failures_of_a_cancelled_group_are_what_its_task_returns() {
    run(async {
        let task = spawn(fails_to_save());
        turns(2).await;
        task.cancel();
        assert_eq!(causes(&task.await.unwrap().unwrap_err()), "not saved");
    });
}

/// They may be converted on the way out, as `?` does.
#[test]
fn so_are_those_that_go_into_an_error_of_ones_own() {
    run(async {
        let task = spawn(async { fails_to_save().await.map_err(|error| error.to_string()) });
        turns(2).await;
        task.cancel();
        assert!(task.await.unwrap().unwrap_err().contains("not saved"));
    });
}

/// F140: the cancellation isn't forgotten; whoever goes on meets it at the next await.
#[test]
fn a_task_that_goes_on_after_its_cancelled_group_is_cancelled_when_it_waits() {
    run(async {
        let task = spawn(async {
            assert!(fails_to_save().await.is_err());
            sleep(HOUR).await;
        });
        turns(2).await;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// So it is if the block has failed already, and the group waits for its tasks.
#[test]
fn a_group_whose_block_has_failed_tells_that_though_its_task_is_cancelled_then() {
    run(async {
        let task = spawn(async {
            let group = task_group(async |group| {
                group.spawn(cleans("beside", 5));
                turns(1).await;
                Err::<(), _>("the block")
            });
            (causes(&group.await.unwrap_err()), is_caught(turns(2)).await)
        });
        turns(4).await;
        task.cancel();
        assert_eq!(task.await.unwrap(), ("the block".to_owned(), true));
    });
}

#[test]
fn a_failure_within_a_group_that_another_group_cancels_is_told_by_both() {
    run(async {
        let group = task_group(async |outer| {
            outer.spawn(fails("first", 2));
            outer.spawn(fails_to_save());
        });
        let error = group.await.unwrap_err();
        assert_eq!(causes(&error), "first 1 of a group failed; task `Task-3`: not saved");
    });
}

/// F44: what a task returns is lost if it has cancelled itself, unless it is a
/// failure; the tasks of a group say whether it is.
#[test]
fn a_failure_counts_for_more_than_a_cancellation_that_is_due() {
    async fn ends_cancelling_itself(result: Checked) -> Checked {
        cancel_self();
        ready(result).await
    }
    run(async {
        let group = task_group(async |group| {
            let value = group.spawn(ends_cancelling_itself(Ok("value")));
            let failure = group.spawn(ends_cancelling_itself(Err("failure")));
            assert!(value.await.unwrap_err().is_cancelled());
            assert_eq!(failure.await.unwrap(), Err("failure"));
        });
        assert_eq!(causes(&group.await.unwrap_err()), "failure");
        let task = spawn(raising(ends_cancelling_itself(Err("failure"))));
        assert_eq!(task.await.unwrap(), Err("failure"));
        let task = spawn(raising(ends_cancelling_itself(Ok("value"))));
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// A failure that stands takes no cancellation back.
#[test]
fn a_cancellation_that_gives_way_stays_counted() {
    run(async {
        let task = spawn(raising(async {
            cancel_self();
            Err::<(), _>("failure")
        }));
        yield_now().await;
        assert_eq!(task.reference().cancelling(), 1);
    });
}

// Nobody has cancelled anything ------------------------------------------------------

#[test]
fn three_groups_in_each_other_that_fail_at_once_cancel_nobody() {
    let program = async {
        let outermost = task_group(async |group| {
            group.spawn(async { Err::<(), _>("a") });
            let middle = task_group(async |group| {
                group.spawn(async { Err::<(), _>("b") });
                let innermost = task_group(async |group| {
                    group.spawn(async { Err::<(), _>("c") });
                });
                drop(innermost.await);
                sleep(ms(1)).await;
            });
            drop(middle.await);
        });
        assert_eq!(causes(&outermost.await.unwrap_err()), "a");
        yield_now().await;
        cancelling()
    };
    assert_eq!(run(async { spawn(program).await }).unwrap(), 0);
}

#[test]
fn a_group_that_fails_beside_another_leaves_their_task_alone() {
    run(async {
        let failing_block = async {
            let group = task_group(async |group| {
                group.spawn(async { Ok::<_, &str>("a") });
                Err::<(), _>("the block")
            });
            let failed = group.await.is_err();
            yield_now().await;
            failed
        };
        let failing_task = async {
            let group = task_group(async |group| {
                group.spawn(fails("b", 1));
                group.spawn(async { Ok::<_, &str>(ends("c", 2).await) });
            });
            group.await.is_err()
        };
        assert!(spawn(or(failing_block, failing_task)).await.unwrap());
    });
}

/// The scope of the group is cancelled, and passes that on to a task which is awaited
/// beside it too.
#[test]
fn a_join_beside_a_group_that_fails_has_a_result_of_its_own() {
    run(async {
        let task = spawn(pending::<()>()).shared();
        let beside = async { task.clone().await.unwrap_err().is_cancelled() };
        let group = task_group(async |group| {
            group.spawn(fails("e", 2));
            drop(task.clone().await);
        });
        let (cancelled, group) = zip(beside, group).await;
        assert!(cancelled);
        assert_eq!(causes(&group.unwrap_err()), "e");
    });
}

/// F140: what an inner group has delivered again concerns the outer group alone.
#[test]
fn groups_in_each_other_that_fail_leave_what_is_beside_them_alone() {
    for turns_of_outer in 0..4 {
        for turns_of_inner in 0..4 {
            let program = async move {
                let beside = async { gather([spawn(sleep(ms(3)))]).await.is_ok() };
                let groups = task_group(async move |outer| {
                    outer.spawn(fails("outer", turns_of_outer + 1));
                    let inner = task_group(async |inner| {
                        inner.spawn(fails("inner", turns_of_inner + 1));
                    });
                    drop(inner.await);
                    sleep(ms(1)).await;
                });
                let (beside, groups) = zip(beside, groups).await;
                assert!(beside && groups.is_err());
                cancelling()
            };
            assert_eq!(run(async { spawn(program).await }).unwrap(), 0);
        }
    }
}

thread_local! {
    /// How many errors of the kind there are.
    static ERRORS: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug)]
struct Counted;

impl Counted {
    fn new() -> Self {
        ERRORS.set(ERRORS.get() + 1);
        Self
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ERRORS.set(ERRORS.get() - 1);
    }
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("counted")
    }
}

impl Error for Counted {}

/// A value that is lost to a failure is dropped before there is an error to lose.
#[test]
fn a_value_of_the_block_whose_destructor_panics_is_the_groups_panic() {
    run(async {
        let group = spawn(async {
            let block = task_group(async |group| {
                let failing = async {
                    yield_now().await;
                    Err::<(), _>(Counted::new())
                };
                group.spawn(failing);
                vec![Counting::forever().on_drop(|| panic!("a value"))]
            });
            block.await.map(drop).is_err()
        });
        let error = group.await.unwrap_err();
        assert_eq!(error.panic_message(), Some("a value"));
    });
    assert_eq!(ERRORS.get(), 0);
}
