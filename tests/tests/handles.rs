//! What few tasks need: several who await, functions called at the end, somebody
//! who is told of panics, and the list of all (facts F16 to F18, F25 to F30).
//!
//! Lines of a trace are what the same program writes in asyncio of `CPython` 3.13.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;

use combinators::{FirstException, TaskSet, gather, shield, wait};
use executor::{
    Clock, Executor, IntoHandle, JoinError, Shared, Task, TaskRef, Watch, Watcher, all_tasks,
    block_on, current_task, find_task, spawn, yield_now,
};
use futures_lite::future::{or, poll_once};
use wheelhouse_tests::{
    Counting, Gate, Trace, cleans_up, ends, is_cancelled, ms, panic_of, run, run_until_stalled,
    say, sleeps, trace, turns, virtual_executor,
};

// Shared tasks -------------------------------------------------------------------

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

/// F12, F16: they resume one turn after its end, in the order in which they came;
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

/// Added twice to a watch under one number it is there once, whoever else came
/// in between.
#[test]
fn a_task_is_in_a_watch_once_for_each_number() {
    struct Asked(RefCell<Vec<u32>>);
    impl Watcher for Asked {
        fn ended(&self, child: u32) -> bool {
            self.0.borrow_mut().push(child);
            false
        }
    }
    run(async {
        let (asked, task) = (Rc::new(Asked(RefCell::default())), spawn(turns(3)));
        let watch = Watch::new(asked.clone());
        for number in [0, 1, 0, 1, 2, 0] {
            watch.add(&task, number);
        }
        turns(6).await;
        assert_eq!((watch.take_ended(), asked.0.take()), (vec![0, 1, 2], vec![0, 1, 2]));
    });
}

// Functions called at the end ----------------------------------------------------

fn says(text: &'static str) -> impl FnOnce() {
    move || say(text)
}

/// F16, F17: functions are called in the turn after the end, and those who await
/// resume in it, all in the order in which they came.
#[test]
fn functions_and_joins_are_told_in_the_order_in_which_they_came() {
    let program = async {
        let task = spawn(ends("task", 3)).shared();
        let joins = |name: &'static str| {
            let task = task.clone();
            drop(spawn(async move {
                task.await.unwrap();
                say(name);
            }));
        };
        task.on_done(says("call 1"));
        joins("join 1");
        turns(1).await;
        task.on_done(says("call 2"));
        joins("join 2");
        turns(1).await;
        task.on_done(says("call 3"));
        turns(4).await;
        task.on_done(says("late"));
        say("main");
        drop(spawn(ends("other", 1)));
        turns(2).await;
    };
    trace(program).assert(&[
        "0+0 task ends",
        "0+1 call 1",
        "0+1 join 1",
        "0+1 call 2",
        "0+1 join 2",
        "0+1 call 3",
        "0+3 main",
        "0+4 late",
        "0+4 other ends",
    ]);
}

/// F17: however the task ends; also if nobody holds it any more.
#[test]
fn functions_are_called_however_the_task_ends() {
    run(async {
        let trace = Trace::new();
        let tell = |task: Task<()>, text: &'static str| {
            let log = trace.clone();
            task.on_done(move || log.push(text));
            task
        };
        drop(tell(spawn(async {}), "returned"));
        drop(tell(spawn(async { panic!("on purpose") }), "panicked"));
        let cancelled = tell(spawn(pending()), "cancelled");
        cancelled.cancel();
        let unstarted = tell(spawn(async {}), "unstarted");
        unstarted.cancel();
        turns(2).await;
        trace.assert(&["returned", "panicked", "cancelled", "unstarted"]);
    });
}

/// F18: a panic in one is nothing to the others.
#[test]
fn a_function_that_panics_is_nothing_to_the_others() {
    run(async {
        let task = spawn(async { 7 });
        let called = Rc::new(Cell::new(0));
        for number in 0..3 {
            let count = Rc::clone(&called);
            task.on_done(move || {
                assert!(number != 1, "in a function called at the end");
                count.set(count.get() + 1);
            });
        }
        assert_eq!(task.await.unwrap(), 7);
        yield_now().await;
        assert_eq!(called.get(), 2);
    });
}

/// F29, I7: they are called between polls, and may do what tasks may.
#[test]
fn a_function_may_spawn_cancel_and_add_another() {
    run(async {
        let trace = Trace::new();
        let (log, task) = (trace.clone(), spawn(async {}).shared());
        let (itself, victim) = (task.clone(), spawn(pending::<()>()));
        let cancelled = victim.reference();
        task.on_done(move || {
            assert!(current_task().is_none());
            assert!(cancelled.cancel());
            log.push("first");
            let (spawned, second) = (log.clone(), log.clone());
            drop(spawn(async move { spawned.push("spawned") }));
            itself.on_done(move || second.push("second"));
        });
        turns(2).await;
        trace.assert(&["first"]);
        turns(1).await;
        trace.assert(&["first", "spawned", "second"]);
        assert!(is_cancelled(&victim));
    });
}

/// F38: cancelling, at its end, who waits for the task: it is ready by then, and
/// cancelled all the same (F41).
#[test]
fn a_function_may_cancel_who_awaits_the_task() {
    run(async {
        let task = spawn(turns(2)).shared();
        let awaiting = Rc::new(RefCell::new(None::<TaskRef>));
        let victim = Rc::clone(&awaiting);
        task.on_done(move || assert!(victim.borrow().as_ref().unwrap().cancel()));
        let waits = spawn(task.clone().into_future());
        awaiting.replace(Some(waits.reference()));
        assert!(waits.await.unwrap_err().is_cancelled());
        assert_eq!(task.reference().cancelling(), 0);
    });
}

/// I8: with the executor go the functions that weren't called, once each.
#[test]
fn functions_that_were_not_called_are_dropped_with_the_executor() {
    for turn_count in 0..3 {
        let (executor, counting) = (virtual_executor(), Rc::new(()));
        let called = Rc::new(Cell::new(0));
        for future in [0, 1, 9].map(turns) {
            let task = executor.spawn(future).shared();
            let (kept, itself, call) = (Rc::clone(&counting), task.clone(), Rc::clone(&called));
            task.on_done(move || {
                drop((kept, itself));
                call.set(call.get() + 1);
            });
        }
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        drop(executor);
        assert_eq!(called.get(), [0, 0, 1][turn_count]);
        assert_eq!(Rc::strong_count(&counting), 1, "after {turn_count} turns");
    }
}

/// F17: between two runs of the executor, one waits for the next.
#[test]
fn a_function_may_be_added_while_the_executor_does_not_run() {
    let executor = virtual_executor();
    let called = Rc::new(Cell::new(0));
    let task = executor.spawn(async {});
    let count = |count: &Rc<Cell<u32>>| {
        let count = Rc::clone(count);
        move || count.set(count.get() + 1)
    };
    task.on_done(count(&called));
    run_until_stalled(&executor);
    assert_eq!(called.get(), 1);
    task.on_done(count(&called));
    assert_eq!(called.get(), 1);
    run_until_stalled(&executor);
    assert_eq!(called.get(), 2);
}

// Panics that nobody sees --------------------------------------------------------

/// Runs a program on an executor that tells of unseen panics. Returns whose,
/// in order.
fn unread<F: Future>(program: F) -> Vec<String> {
    let (builder, told) = telling();
    let executor = builder.clock(Clock::Virtual).build();
    executor.block_on(program);
    drop(executor);
    told.take()
}

type Told = Rc<RefCell<Vec<String>>>;

fn telling() -> (executor::Builder, Told) {
    let told = Told::default();
    let tell = Rc::clone(&told);
    let builder = Executor::builder().on_unread_panic(move |error| {
        assert!(error.is_panic());
        tell.borrow_mut().push(error.task_name());
    });
    (builder, told)
}

/// A task that panics in its `turn`th turn, with its name.
fn panics(name: &'static str, turn: usize) -> Task<()> {
    spawn(async move {
        turns(turn - 1).await;
        panic!("{name}")
    })
    .named(name)
}

/// F25: a panic that nobody has seen is told of once the outcome is dropped.
#[test]
fn a_panic_that_nobody_sees_is_told_of() {
    let names = unread(async {
        drop(panics("detached", 1));
        let held = panics("held", 1);
        let shared = panics("shared", 1).shared();
        turns(2).await;
        drop(shared.clone());
        drop(held);
        drop(shared);
        drop(panics("too late", 9));
    });
    assert_eq!(names, ["detached", "held", "shared"]);
}

/// `?` makes an error of I/O of one, where such are returned.
#[test]
fn an_error_of_a_task_goes_into_one_of_io() {
    async fn awaits() -> io::Result<()> {
        Ok(panics("worker", 1).await?)
    }
    let error = run(awaits()).unwrap_err();
    assert!(error.get_ref().unwrap().is::<JoinError>());
    assert!(error.to_string().contains("worker"), "{error}");
}

/// To drop a set of tasks, or to cancel all in it, is not to have seen how they have ended.
#[test]
fn a_panic_in_a_set_that_nobody_sees_is_told_of() {
    let names = unread(async {
        for cancels in [false, true] {
            let set = TaskSet::new();
            set.insert(panics("in a set", 1));
            turns(2).await;
            if cancels {
                set.cancel_all();
            }
        }
    });
    assert_eq!(names, ["in a set", "in a set"]);
}

/// F25: returning and being cancelled is no panic.
#[test]
fn nobody_is_told_of_other_ends() {
    let names = unread(async {
        drop(spawn(async { Err::<(), _>("failed") }));
        spawn(pending::<()>()).cancel();
        turns(2).await;
    });
    assert!(names.is_empty());
}

/// F25: seen is what is awaited, looked at, copied or taken.
#[test]
fn a_panic_that_is_seen_is_not_told_of() {
    let names = unread(async {
        panics("awaited", 1).await.unwrap_err();
        (&mut panics("borrowed", 1)).await.unwrap_err();
        panics("shared", 1).shared().await.unwrap_err();
        let tasks = [0; 3].map(|_| panics("looked at", 1));
        yield_now().await;
        let [peeked, copied, mut taken] = tasks;
        peeked.peek(|_| ());
        copied.outcome().unwrap().unwrap_err();
        taken.take_outcome().unwrap().unwrap_err();
    });
    assert!(names.is_empty(), "{names:?}");
}

/// A glance isn't a look, and a look that comes too early sees nothing.
#[test]
fn a_panic_that_is_glanced_at_is_told_of() {
    let names = unread(async {
        let glanced_at = panics("glanced at", 1);
        let early = panics("early", 1);
        assert!(early.peek(|_| ()).is_none());
        yield_now().await;
        glanced_at.glance(|outcome| outcome.as_ref().unwrap_err().is_panic()).unwrap();
    });
    assert_eq!(names, ["early", "glanced at"]);
}

/// `mark_read` says that nobody needs to, before the end or after.
#[test]
fn a_panic_that_is_marked_as_read_is_not_told_of() {
    let names = unread(async {
        let tasks = [panics("before", 1), panics("after", 1)];
        tasks[0].mark_read();
        yield_now().await;
        tasks[1].mark_read();
    });
    assert!(names.is_empty(), "{names:?}");
}

/// So one can ask, of an error too that a task returned.
#[test]
fn a_task_says_whether_its_end_was_seen() {
    executor::block_on(async {
        let [peeked, mut taken, glanced_at] =
            [0; 3].map(|_| spawn(async { Err::<(), _>("failed") }));
        let awaited = panics("awaited", 3).shared();
        assert!(!peeked.is_read(), "it runs");
        yield_now().await;
        assert!(!peeked.is_read() && !taken.is_read());
        peeked.peek(|_| ());
        (&mut taken).await.unwrap().unwrap_err();
        glanced_at.glance(|_| ());
        assert!(peeked.is_read() && taken.is_read() && !glanced_at.is_read());
        assert!(awaited.clone().await.is_err() && awaited.is_read());
    });
}

/// F26: so does cancelling a task that has ended; not one that lives.
#[test]
fn a_panic_of_a_task_that_is_cancelled_afterwards_is_not_told_of() {
    let names = unread(async {
        let ended = panics("ended", 1);
        let reference = panics("detached", 2).reference();
        let swallows = spawn(async {
            drop(cleans_up("swallows", 0).await);
            panic!("after all")
        });
        let swallows = swallows.named("swallows");
        yield_now().await;
        assert!(!ended.cancel());
        assert!(swallows.cancel());
        turns(2).await;
        assert!(!reference.cancel());
    });
    assert_eq!(names, ["detached", "swallows"]);
}

/// F66: wait sees nothing; waiting for the first exception sees all but the last
/// child's.
#[test]
fn what_wait_sees() {
    let names = unread(async { drop(wait([panics("a", 1), panics("b", 2)]).await) });
    assert_eq!(names, ["a", "b"]);
    let names = unread(async {
        let tasks = [panics("a", 1), panics("b", 2), panics("last", 1)];
        drop(wait(tasks).return_when(FirstException).await);
        turns(3).await;
    });
    assert_eq!(names, ["b"]);
}

/// An await sees how its task ends when that ends, also if it is cancelled before it
/// resumes. A function that is called then sees nothing.
#[test]
fn what_an_await_sees_that_is_cancelled_just_then() {
    for (awaits, names_told) in [(true, 0), (false, 1)] {
        for functions in [0, 2] {
            let names = unread(async move {
                let gate = Gate::new();
                let opened = gate.clone();
                let child: Task<()> = spawn(async move {
                    opened.wait().await;
                    panic!("seen or not")
                });
                (0..functions).for_each(|_| child.on_done(|| ()));
                let parent = spawn(async move {
                    let mut child = child;
                    if awaits { drop((&mut child).await) } else { pending().await }
                });
                turns(2).await;
                gate.open(); // The panic comes next turn, and right after it
                parent.cancel(); // the await is dropped.
                turns(3).await;
            });
            assert_eq!(names.len(), names_told, "awaited: {awaits}, functions: {functions}");
        }
    }
}

/// F19, F66: a wait that is given up sees what has ended by then, although it isn't
/// asked about it any more.
#[test]
fn what_a_wait_sees_that_is_given_up() {
    let names = unread(async {
        let gate = Gate::new();
        let panicking = |name| {
            let gate = gate.clone();
            let task: Task<()> = spawn(async move {
                gate.wait().await;
                panic!("seen")
            });
            task.named(name)
        };
        let tasks = [panicking("asked about"), panicking("after that"), spawn(pending())];
        let waiting = spawn(async { drop(wait(tasks).return_when(FirstException).await) });
        turns(2).await;
        gate.open(); // The panics come next turn, and right after them
        waiting.cancel(); // the wait is dropped.
        turns(3).await;
    });
    assert!(names.is_empty(), "{names:?}");
}

/// F74, F75: gather sees all panics, those after the first as well, and those
/// that come when it is over or given up.
#[test]
fn what_gather_sees() {
    let names = unread(async {
        drop(gather([panics("a", 1), panics("b", 2), panics("c", 7)]).await);
        turns(9).await;
        drop(gather([panics("d", 1), panics("e", 2)]).return_exceptions().await);
        let child = spawn(Counting::forever().on_drop(|| panic!("in the destructor")));
        let gathered = gather([async { drop(child.await) }]);
        or(async { drop(gathered.await) }, turns(4)).await;
        turns(3).await;
    });
    assert!(names.is_empty(), "{names:?}");
}

/// F86: a failure of a gather that nobody awaits isn't lost.
#[test]
fn what_a_gather_sees_that_nobody_awaits() {
    for held in 0..4 {
        let names = unread(async move {
            let gathered = gather([panics("a", 1), panics("b", 1)]);
            turns(held).await;
            drop(gathered);
            turns(3).await;
        });
        assert_eq!(names, ["a", "b"], "held for {held} turns");
    }
}

/// F118: a shield that was given up sees nothing.
#[test]
fn what_a_shield_sees() {
    let names = unread(async {
        shield(panics("seen", 1)).await.unwrap_err();
        let hasty = spawn(shield(panics("unseen", 4)));
        turns(2).await;
        hasty.cancel();
        turns(4).await;
    });
    assert_eq!(names, ["unseen"]);
}

/// F25: the end of the executor isn't the end of a handle.
#[test]
fn a_panic_is_told_of_after_the_end_of_the_executor() {
    let (builder, told) = telling();
    let executor = builder.build();
    let task = executor.spawn(async { panic!("on purpose") }).named("held");
    run_until_stalled(&executor);
    drop(executor);
    assert!(told.borrow().is_empty());
    drop(task);
    assert_eq!(*told.borrow(), ["held"]);
}

/// A destructor that panics when a task is cancelled: also a panic.
#[test]
fn a_panic_of_a_cancelled_task_is_told_of() {
    let names = unread(async {
        let task = spawn(Counting::forever().on_drop(|| panic!("in the destructor")));
        let task = task.named("fragile");
        yield_now().await;
        task.cancel();
        drop(task);
        turns(2).await;
    });
    assert_eq!(names, ["fragile"]);
}

/// Who is told knows which task, where it was spawned, and why.
#[test]
fn who_is_told_of_a_panic_gets_the_error() {
    let told = Rc::new(RefCell::new(None));
    let tell = Rc::clone(&told);
    let executor = Executor::builder().on_unread_panic(move |error| {
        tell.replace(Some((error.clone(), current_task().is_none())));
    });
    let executor = executor.build();
    let line = line!() + 1;
    drop(executor.spawn(async { panic!("on {}", "purpose") }));
    run_until_stalled(&executor);
    let (error, between_polls) = told.take().unwrap();
    assert_eq!(error.panic_message(), Some("on purpose"));
    assert_eq!((error.spawned_at().line(), between_polls), (line, true));
    assert!(error.into_panic().is_some(), "the payload is there");
}

/// I7: and may use the executor, which a panic is nothing to.
#[test]
fn who_is_told_of_a_panic_may_spawn_and_panic() {
    let told = Rc::new(Cell::new(0));
    let tell = Rc::clone(&told);
    let executor = Executor::builder().on_unread_panic(move |_| {
        tell.set(tell.get() + 1);
        spawn(async { panic!("another") }).cancel();
        panic!("who is told panics");
    });
    let executor = executor.build();
    drop(executor.spawn(async { panic!("on purpose") }));
    let other = executor.spawn(async { 7 });
    run_until_stalled(&executor);
    assert_eq!((told.get(), other.outcome().unwrap().unwrap()), (1, 7));
    assert_eq!(executor.block_on(async { 8 }), 8);
}

/// What a log shows of it.
#[test]
fn builders_can_be_printed() {
    let text = format!("{:?}", Executor::builder().on_unread_panic(|_| {}));
    assert_eq!(text, "Builder { clock: Real, slack: 1ms, on_unread_panic: true, on_wake: false }");
    assert!(format!("{:?}", Executor::builder()).contains("on_unread_panic: false"));
}

// All tasks ----------------------------------------------------------------------

fn names_of_all() -> BTreeSet<String> {
    all_tasks().iter().map(TaskRef::name).collect()
}

/// F30: all that haven't ended: the one that asks, those that have not begun,
/// and those that are to end.
#[test]
fn all_tasks_are_those_that_have_not_ended() {
    run(async {
        assert_eq!(names_of_all(), ["main".into()].into());
        let waiting = spawn(pending::<()>()).named("waiting");
        let ended = spawn(async {}).named("ended");
        drop(spawn(pending::<()>()).named("detached"));
        let cancelled = spawn(pending::<()>()).named("cancelled");
        yield_now().await;
        cancelled.cancel();
        let _unstarted = spawn(async {}).named("not begun");
        let expected = ["main", "waiting", "detached", "cancelled", "not begun"];
        assert_eq!(names_of_all(), expected.map(String::from).into());
        let inside = spawn(async { names_of_all() }).named("itself").await.unwrap();
        let expected = ["main", "waiting", "detached", "itself"];
        assert_eq!(inside, expected.map(String::from).into());
        drop((waiting, ended));
    });
}

/// They may be used like other references, as `run` does at the end in asyncio
/// (F157).
#[test]
fn all_tasks_may_be_cancelled() {
    let executor = virtual_executor();
    let tasks = [0; 3].map(|_| executor.spawn(pending::<()>()));
    executor.block_on(async {
        let main = current_task().unwrap().id();
        for task in all_tasks() {
            assert_eq!(task.cancel(), task.id() != main);
        }
        yield_now().await;
        assert_eq!(all_tasks().len(), 1);
    });
    assert!(tasks.iter().all(is_cancelled));
}

/// Of this executor only; of its main future, only while that runs.
#[test]
fn all_tasks_are_of_the_running_executor() {
    let outer = virtual_executor();
    let _task = outer.spawn(pending::<()>());
    outer.block_on(async {
        let inner = virtual_executor();
        assert_eq!(inner.block_on(async { all_tasks().len() }), 1);
        assert_eq!(all_tasks().len(), 2);
    });
    let counted = outer.spawn(async { all_tasks().len() });
    run_until_stalled(&outer);
    assert_eq!(counted.outcome().unwrap().unwrap(), 2, "there is no main future now");
}

/// Misuse: of which executor?
#[test]
fn all_tasks_outside_of_an_executor_is_an_error() {
    let message = panic_of(all_tasks);
    assert!(message.contains("no executor runs on this thread"), "{message}");
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

/// An id names a task of its own executor. In another one it may name a task that has the
/// same place there, or none.
#[test]
fn no_task_is_found_by_an_id_that_is_beyond_all_others() {
    let ids = run(async {
        let tasks = [(); 100].map(|()| spawn(pending::<()>()));
        tasks.map(|task| task.id())
    });
    run(async move {
        let task = spawn(pending::<()>());
        let found: Vec<_> = ids.into_iter().filter_map(find_task).collect();
        assert_eq!(found.iter().map(TaskRef::id).collect::<Vec<_>>(), [task.id()]);
    });
}
