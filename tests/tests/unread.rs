//! Panics that nobody has seen, and who is told of them (facts F25, F26, F66, F74, F86, F118).
//!
//! A panic is seen by who awaits the task, looks at its outcome, copies it or takes it. Each test
//! says by the tasks' names whose panics were told of.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use combinators::{FirstException, TaskSet, gather, shield, wait};
use executor::{Clock, Executor, Task, current_task, spawn, yield_now};
use futures_lite::future::or;
use wheelhouse_tests::{Counting, Gate, cleans_up, run_until_stalled, turns};

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

/// `mark_read` says that nobody needs to see the panic, before the end or after.
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

/// Whether the end was seen can be asked, also of an error that a task returned.
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

/// F26: to cancel a task that has ended is to have seen its panic; to cancel one that lives isn't.
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

/// If a destructor panics when a task is cancelled, that is a panic too.
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

/// I7: who is told may use the executor, to which a panic of that function is nothing.
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

/// A log shows whether somebody is told of panics.
#[test]
fn builders_can_be_printed() {
    let text = format!("{:?}", Executor::builder().on_unread_panic(|_| {}));
    assert_eq!(text, "Builder { clock: Real, slack: 1ms, on_unread_panic: true, on_wake: false }");
    assert!(format!("{:?}", Executor::builder()).contains("on_unread_panic: false"));
}
