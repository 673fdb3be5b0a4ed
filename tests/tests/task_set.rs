//! `TaskSet`: tasks that come and go, each given when it ends.
//!
//! | when                        | the tasks that haven't ended |
//! |-----------------------------|------------------------------|
//! | one fails                   | run on                       |
//! | who waits is cancelled      | run on                       |
//! | the set is dropped          | are cancelled                |
//! | they are taken              | run on                       |

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;

use combinators::TaskSet;
use executor::{sleep, spawn, yield_now};
use futures_lite::future::{or, poll_once, zip};
use futures_util::StreamExt as _;
use wheelhouse_tests::{
    Counting, HOUR, ends, guarded, ms, panic_of, run, run_until_stalled, say, sleeps, trace, turns,
    virtual_executor,
};

/// All values, in the order in which they are given.
async fn values<T>(set: &TaskSet<T>) -> Vec<T> {
    let mut values = Vec::new();
    while let Some(task) = set.next().await {
        values.push(task.await.unwrap());
    }
    values
}

// In order -----------------------------------------------------------------------

/// Without waiting, if a task is there. It is two turns as of `as_completed` (F122).
#[test]
fn tasks_are_given_two_turns_after_their_ends_in_that_order() {
    let program = async {
        let set = TaskSet::new();
        for (name, turn) in [("a", 5), ("b", 2), ("c", 3), ("d", 3)] {
            set.spawn(ends(name, turn));
        }
        while let Some(task) = set.next().await {
            say(format!("main has {}", task.await.unwrap()));
        }
        say("main ends");
    };
    trace(program).assert(&[
        "0+0 b ends",
        "0+1 c ends",
        "0+1 d ends",
        "0+2 main has b",
        "0+3 a ends",
        "0+3 main has c",
        "0+3 main has d",
        "0+5 main has a",
        "0+5 main ends",
    ]);
}

#[test]
fn an_empty_set_gives_nothing() {
    run(async {
        let set = TaskSet::<()>::new();
        assert!(set.is_empty());
        assert!(set.next().await.is_none());
    });
}

/// A failure is in the outcome of the task, and no business of the others'.
#[test]
fn the_set_goes_on_when_a_task_fails() {
    run(async {
        let set = TaskSet::new();
        let shaky = spawn(async { panic!("on purpose") });
        set.insert(shaky.named("shaky"));
        set.spawn(async { Err("refused") });
        let slept = |time| async move {
            sleep(time).await;
            Ok(())
        };
        let lost = set.spawn(slept(HOUR));
        set.spawn(slept(ms(5)));
        lost.cancel();
        let first = set.next().await.unwrap();
        assert_eq!(first.name(), "shaky");
        assert_eq!(first.await.unwrap_err().panic_message(), Some("on purpose"));
        assert_eq!(set.next().await.unwrap().await.unwrap(), Err("refused"));
        assert!(set.next().await.unwrap().await.unwrap_err().is_cancelled());
        assert_eq!(set.next().await.unwrap().await.unwrap(), Ok(()));
        assert!(set.is_empty());
    });
}

// Added meanwhile ----------------------------------------------------------------

#[test]
fn a_task_may_be_added_while_somebody_waits() {
    let program = async {
        let set = TaskSet::new();
        set.spawn(ends("a", 9));
        let adds = async {
            turns(2).await;
            set.spawn(ends("b", 3));
        };
        let takes = async {
            while let Some(task) = set.next().await {
                say(format!("main has {}", task.await.unwrap()));
            }
        };
        zip(adds, takes).await;
    };
    trace(program).assert(&["0+0 b ends", "0+2 main has b", "0+4 a ends", "0+6 main has a"]);
}

#[test]
fn while_the_set_is_empty_ended_waits_for_a_task_to_come() {
    run(async {
        let set = TaskSet::new();
        let adds = async {
            sleep(ms(5)).await;
            set.spawn(sleeps(3));
        };
        let (task, ()) = zip(set.ended(), adds).await;
        assert_eq!(task.await.unwrap(), 3);
        assert!(poll_once(pin!(set.ended())).await.is_none());
    });
}

/// One that has ended counts as ending when it is added.
#[test]
fn a_task_that_has_ended_may_be_added() {
    run(async {
        let ended = spawn(async { 1 });
        turns(2).await;
        let set: TaskSet<_> = [spawn(sleeps(2)), ended].into_iter().collect();
        assert_eq!(values(&set).await, [1, 2]);
    });
}

/// A connection that ends makes room for the next.
#[test]
fn tasks_may_be_added_one_for_each_that_ends() {
    run(async {
        let (set, mut most) = (TaskSet::new(), 0);
        let mut jobs = (0..50).map(sleeps);
        jobs.by_ref().take(4).for_each(|job| _ = set.spawn(job));
        let mut done = 0;
        while let Some(task) = set.next().await {
            task.await.unwrap();
            done += 1;
            jobs.next().into_iter().for_each(|job| _ = set.spawn(job));
            most = most.max(set.len());
        }
        assert_eq!((done, most), (50, 4));
    });
}

// Beside another future ----------------------------------------------------------

/// What `or` drops has taken nothing yet.
#[test]
fn no_task_is_lost_if_who_waits_turns_away() {
    run(async {
        let set: TaskSet<_> = (0..20).map(|time| spawn(sleeps(time))).collect();
        let mut values = Vec::new();
        while !set.is_empty() {
            let ended = async { Some(set.ended().await) };
            let tick = async {
                sleep(ms(3)).await;
                None
            };
            if let Some(task) = or(tick, ended).await {
                values.push(task.await.unwrap());
            }
        }
        assert!(values.into_iter().eq(0..20));
    });
}

/// Who comes first has the first; the last to wait finds the set empty.
#[test]
fn several_may_wait() {
    let program = async {
        let set = Rc::new(TaskSet::new());
        for (name, turn) in [("a", 2), ("b", 4)] {
            set.spawn(ends(name, turn));
        }
        let consumers = ["one", "two", "three"].map(|name| {
            let set = Rc::clone(&set);
            spawn(async move {
                match set.next().await {
                    Some(task) => say(format!("{name} has {}", task.await.unwrap())),
                    None => say(format!("{name} has nothing")),
                }
            })
        });
        for consumer in consumers {
            consumer.await.unwrap();
        }
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+2 one has a",
        "0+2 b ends",
        "0+4 two has b",
        "0+4 three has nothing",
    ]);
}

/// If the one who was woken goes, another takes what it was woken for.
#[test]
fn a_task_goes_to_another_if_who_was_woken_for_it_is_cancelled() {
    run(async {
        let set = Rc::new(TaskSet::new());
        set.spawn(turns(1));
        let takes = |set: &Rc<TaskSet<()>>| {
            let set = Rc::clone(set);
            spawn(async move { set.ended().await.await.is_ok() })
        };
        let (first, second) = (takes(&set), takes(&set));
        turns(3).await;
        first.cancel();
        assert!(second.await.unwrap());
        assert!(first.await.unwrap_err().is_cancelled());
    });
}

/// One poll for each end: waiting costs nothing for the others.
#[test]
fn who_waits_is_polled_once_for_each_end() {
    run(async {
        let set: TaskSet<_> = (1..=50).map(|time| spawn(sleeps(time))).collect();
        let polls = Cell::new(0);
        let takes = async {
            for _ in 0..50 {
                let mut next = pin!(set.next());
                std::future::poll_fn(|cx| {
                    polls.set(polls.get() + 1);
                    next.as_mut().poll(cx)
                })
                .await
                .unwrap();
            }
        };
        takes.await;
        assert_eq!(polls.get(), 2 * 50);
    });
}

#[test]
fn it_is_a_stream() {
    run(async {
        let set: TaskSet<_> = [3, 1, 2].map(|time| spawn(sleeps(time))).into_iter().collect();
        let values: Vec<_> = set.then(|task| async { task.await.unwrap() }).collect().await;
        assert_eq!(values, [1, 2, 3]);
    });
}

// The end of a set ---------------------------------------------------------------

#[test]
fn dropping_a_set_cancels_its_tasks() {
    let program = async {
        let set = TaskSet::new();
        set.spawn(guarded("a", pending::<()>()));
        set.spawn(guarded("b", async {}));
        turns(2).await;
        drop(set);
        say("main drops");
        turns(2).await;
    };
    trace(program).assert(&["0+0 b ends", "0+1 main drops", "0+2 a cancelled"]);
}

#[test]
fn who_waits_is_cancelled_alone_if_others_have_the_set() {
    run(async {
        let set = Rc::new(TaskSet::new());
        set.spawn(sleeps(5));
        let waiting = spawn({
            let set = Rc::clone(&set);
            async move { set.next().await.is_some() }
        });
        turns(2).await;
        waiting.cancel();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(values(&set).await, [5]);
    });
}

#[test]
fn all_may_be_cancelled_and_are_given() {
    run(async {
        let set: TaskSet<_> = [5, 9].map(|time| spawn(sleeps(time))).into_iter().collect();
        sleep(ms(7)).await;
        set.cancel_all();
        assert_eq!(set.next().await.unwrap().await.unwrap(), 5);
        assert!(set.next().await.unwrap().await.unwrap_err().is_cancelled());
        assert!(set.next().await.is_none());
    });
}

#[test]
fn the_tasks_may_be_taken_and_run_on() {
    run(async {
        let set = TaskSet::new();
        (1..=3).for_each(|time| _ = set.spawn(sleeps(time)));
        assert_eq!(set.next().await.unwrap().await.unwrap(), 1);
        for (task, value) in set.into_tasks().into_iter().zip([2, 3]) {
            assert_eq!(task.await.unwrap(), value);
        }
    });
}

// Foreign code and misuse --------------------------------------------------------

/// I7: values that nobody took are dropped one by one, and may use what holds the set.
#[test]
fn a_set_is_dropped_whatever_destructors_do() {
    let executor = virtual_executor();
    let shelf = Rc::new(RefCell::new(None));
    let futures = [(); 3].map(|()| {
        let on_shelf = Rc::clone(&shelf);
        Counting::ready().on_output_drop(move || {
            assert!(on_shelf.borrow().is_none(), "the set is gone");
            panic!("in the destructor");
        })
    });
    let counts = futures.each_ref().map(Counting::counts);
    let set: TaskSet<_> = futures.into_iter().map(|future| executor.spawn(future)).collect();
    shelf.replace(Some(set));
    run_until_stalled(&executor);
    let set = shelf.take();
    assert!(catch_unwind(AssertUnwindSafe(|| drop(set))).is_ok());
    for counts in counts {
        counts.assert(1, 1, 1);
    }
}

#[test]
fn a_task_whose_outcome_was_taken_is_refused() {
    let message = panic_of(|| {
        run(async {
            let mut task = spawn(async {});
            yield_now().await;
            task.take_outcome().unwrap().unwrap();
            TaskSet::new().insert(task);
        });
    });
    assert!(message.contains("a task whose outcome had been taken was given"), "{message}");
}

#[test]
fn tasks_of_two_executors_are_refused_and_the_set_goes_on() {
    let other = virtual_executor();
    run(async {
        let set = TaskSet::new();
        set.spawn(sleeps(1));
        let foreign = other.spawn(sleeps(2));
        let message = panic_of(|| set.insert(foreign));
        assert!(message.contains("a watch has tasks of one executor only"), "{message}");
        set.spawn(sleeps(3));
        assert_eq!(values(&set).await, [1, 3]);
    });
}

#[test]
fn sets_can_be_printed() {
    run(async {
        let set = TaskSet::default();
        set.spawn(async {});
        set.spawn(sleep(HOUR));
        turns(3).await;
        assert_eq!(format!("{set:?}"), "TaskSet { tasks: 2, running: 1, .. }");
        assert!(format!("{:?}", set.next()).starts_with("NextEnded(TaskSet {"));
    });
}
