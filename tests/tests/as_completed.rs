//! `as_completed`: tasks one by one, as they end (facts F122 to F133).
//!
//! What is given is the task's handle; a child's failure is in its outcome, and no
//! business of the others'. Lines of a trace are what the same program writes in
//! asyncio of `CPython` 3.13, by its `async for`.

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use combinators::{AsCompleted, as_completed};
use executor::{
    Clock, Executor, Handle, JoinError, Next, Shared, Task, TaskRef, now, sleep, spawn, yield_now,
};
use futures_lite::future::{or, poll_once, zip};
use futures_util::{Stream, StreamExt};
use wheelhouse_tests::{
    Counting, Gate, HOUR, cancel_self, ends, guarded, is_cancelled, is_caught, ms,
    next_when_stalled, panic_of, run, say, sleeps, trace, turns, unless_dropped, virtual_executor,
};

/// What a task that has ended has to show.
fn outcome_of<T: Clone + Debug>(task: &Task<T>) -> String {
    match task.outcome().expect("it has ended") {
        Ok(value) => format!("{value:?}"),
        Err(error) if error.is_cancelled() => "cancelled".to_owned(),
        Err(error) => error.panic_message().unwrap().to_owned(),
    }
}

/// Takes all that are given, and says what.
async fn takes_all<T: Clone + Debug>(name: &'static str, mut completed: AsCompleted<Task<T>>) {
    while let Some(task) = completed.next().await {
        say(format!("{name} has {}", outcome_of(&task)));
    }
    say(format!("{name} {}", if completed.timed_out() { "timed out" } else { "ends" }));
}

/// Asks for the next; several may.
async fn next<H: Handle>(shared: &RefCell<AsCompleted<H>>) -> Option<H> {
    poll_fn(|cx| Pin::new(&mut *shared.borrow_mut()).poll_next(cx)).await
}

/// All values, in the order in which they are given.
async fn values<H: Handle>(mut completed: AsCompleted<H>) -> Vec<H::Output> {
    let mut values = Vec::new();
    while let Some(task) = completed.next().await {
        values.push(task.into_join().await.unwrap());
    }
    values
}

// In order -----------------------------------------------------------------------

/// F122, F127: each two turns after its end, in the order of the ends; without
/// waiting, if it is there. A failure is a task like others.
#[test]
fn tasks_are_given_two_turns_after_they_have_ended() {
    let program = async {
        let fails = async {
            ends("b", 2).await;
            panic!("on purpose");
        };
        let tasks = [spawn(ends("a", 5)), spawn(fails), spawn(ends("c", 3)), spawn(ends("d", 3))];
        takes_all("main", as_completed(tasks)).await;
    };
    trace(program).assert(&[
        "0+0 b ends",
        "0+1 c ends",
        "0+1 d ends",
        "0+2 main has on purpose",
        "0+3 a ends",
        "0+3 main has \"c\"",
        "0+3 main has \"d\"",
        "0+5 main has \"a\"",
        "0+5 main ends",
    ]);
}

/// F126: those that have ended before the call come first, in the order of the
/// arguments, two turns after it. F123: of nothing there is nothing, at once.
#[test]
fn tasks_that_had_ended_before_come_first() {
    let program = async {
        let tasks = [("c", 6), ("a", 1), ("b", 1)];
        let tasks = tasks.map(|(name, turn)| spawn(ends(name, turn)));
        turns(2).await;
        say("main asks");
        takes_all("main", as_completed(tasks)).await;
        takes_all("main", as_completed(Vec::<Task<()>>::new())).await;
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 b ends",
        "0+1 main asks",
        "0+3 main has \"a\"",
        "0+3 main has \"b\"",
        "0+5 c ends",
        "0+7 main has \"c\"",
        "0+7 main ends",
        "0+7 main ends",
    ]);
}

/// F125: it listens from the call on, whenever it is asked.
#[test]
fn ends_are_noted_from_the_call_on() {
    let program = async {
        let tasks = [("c", 9), ("b", 2), ("a", 1)];
        let completed = as_completed(tasks.map(|(name, turn)| spawn(ends(name, turn))));
        turns(5).await;
        say("main asks");
        takes_all("main", completed).await;
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+1 b ends",
        "0+4 main asks",
        "0+4 main has \"a\"",
        "0+4 main has \"b\"",
        "0+8 c ends",
        "0+10 main has \"c\"",
        "0+10 main ends",
    ]);
}

/// F125: futures are spawned at the call; they run if nobody asks.
#[test]
fn futures_are_tasks_from_the_call_on() {
    run(async {
        let futures = [0; 2].map(|_| Counting::yielding(2));
        let counts = futures.each_ref().map(Counting::counts);
        let completed = as_completed(futures);
        turns(4).await;
        for counts in &counts {
            counts.assert(3, 1, 0);
        }
        drop(completed);
        for counts in counts {
            counts.assert(3, 1, 1);
        }
    });
}

/// F133: what is given is the task that was given.
#[test]
fn the_tasks_themselves_are_given() {
    run(async {
        let tasks = [3, 1, 2].map(|time| spawn(sleeps(time)));
        let ids = tasks.each_ref().map(Task::id);
        let mut completed = as_completed(tasks);
        for expected in [1, 2, 0] {
            let task = completed.next().await.unwrap();
            assert_eq!(task.id(), ids[expected]);
            assert_eq!(task.outcome().unwrap().unwrap(), [3, 1, 2][expected]);
        }
        assert!(completed.next().await.is_none());
        assert!(completed.next().await.is_none(), "it may be asked again");
    });
}

/// F131: one that was cancelled is given as well.
#[test]
fn a_cancelled_task_is_given() {
    let program = async {
        let tasks = [spawn(unless_dropped("a", pending())), spawn(ends("b", 6))];
        let reference = tasks[0].reference();
        drop(spawn(takes_all("t", as_completed(tasks))));
        turns(2).await;
        say("main cancels");
        reference.cancel();
        turns(9).await;
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 a cancelled",
        "0+3 t has cancelled",
        "0+4 b ends",
        "0+6 t has \"b\"",
        "0+6 t ends",
    ]);
}

/// F123: handles of one task are given back each; in asyncio, where they would be
/// the same object, it comes once.
#[test]
fn a_task_that_is_given_twice_comes_twice() {
    run(async {
        let task = spawn(sleeps(1)).shared();
        let twice = [task.clone(), spawn(sleeps(2)).shared(), task];
        assert_eq!(values(as_completed(twice)).await, [1, 1, 2]);
    });
}

/// F132: it is a stream.
#[test]
fn it_is_a_stream() {
    run(async {
        let completed = as_completed([3, 1, 2].map(sleeps));
        let values: Vec<_> = completed.then(|task| async { task.await.unwrap() }).collect().await;
        assert_eq!(values, [1, 2, 3]);
        let first = as_completed([3, 1, 2].map(sleeps)).map(|task| task.id()).next().await;
        assert!(first.is_some());
    });
}

/// Many tasks cost each the same.
#[test]
fn there_may_be_many_tasks() {
    run(async {
        let completed = as_completed((0..5_000).map(|i| sleeps(i * 7_919 % 5_000)));
        assert!(values(completed).await.into_iter().eq(0..5_000));
    });
}

// Limits -------------------------------------------------------------------------

/// F128: when the time is up there are no more; what has ended by then was given.
/// The others run on.
#[test]
fn when_the_time_is_up_there_are_no_more() {
    let program = async {
        let tasks = [("a", 3), ("b", 5), ("c", 9)].map(|(name, time)| {
            spawn(async move {
                guarded(name, sleep(ms(time))).await;
                name
            })
        });
        turns(1).await;
        takes_all("main", as_completed(tasks).timeout(ms(5))).await;
        sleep(ms(9)).await;
    };
    trace(program).assert(&[
        "3+0 a ends",
        "3+2 main has \"a\"",
        "5+0 b ends",
        "5+0 main timed out",
        "9+0 c ends",
    ]);
}

/// F128: an end is heard of a turn later than the time, so the time counts.
#[test]
fn a_task_that_ends_when_the_time_is_up_is_not_given() {
    run(async {
        let earlier = spawn(sleeps(5));
        turns(1).await;
        let mut completed = as_completed([earlier]).timeout(ms(5));
        assert!(completed.next().await.is_none() && completed.timed_out());
        let pending = completed.into_pending();
        assert_eq!(pending[0].outcome().unwrap().unwrap(), 5, "it has ended");
    });
}

/// F128: with no time at all, what has ended by the next turn is given.
#[test]
fn with_no_time_at_all_what_has_ended_is_given() {
    let program = async {
        let tasks = [("a", 1), ("b", 2), ("c", 3)];
        let tasks = tasks.map(|(name, turn)| spawn(ends(name, turn)));
        takes_all("main", as_completed(tasks).timeout(Duration::ZERO)).await;
        let tasks = [("d", 1), ("e", 9)].map(|(name, turn)| spawn(ends(name, turn)));
        turns(3).await;
        say("main asks");
        takes_all("main", as_completed(tasks).timeout(Duration::ZERO)).await;
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+1 b ends",
        "0+1 main timed out",
        "0+2 c ends",
        "0+2 d ends",
        "0+4 main asks",
        "0+6 main has \"d\"",
        "0+6 main timed out",
        "0+10 e ends",
    ]);
}

/// F125, F128: the time counts from the call, not from the first that is asked
/// for; what had ended when it was up is given later too.
#[test]
fn what_had_ended_when_the_time_was_up_is_given_later() {
    run(async {
        let mut completed = as_completed([1, 9, 2].map(sleeps)).timeout(ms(5));
        sleep(ms(20)).await;
        assert!(completed.timed_out());
        assert_eq!(completed.next().await.unwrap().await.unwrap(), 1);
        assert_eq!(completed.next().await.unwrap().await.unwrap(), 2);
        assert!(completed.next().await.is_none());
        let late = completed.into_pending();
        assert_eq!(late[0].outcome().unwrap().unwrap(), 9, "it has ended since");
    });
}

/// F129: no timer is left when all have ended.
#[test]
fn no_timer_is_left_when_all_have_ended() {
    let executor = virtual_executor();
    let start = executor.block_on(async { now() });
    let completed = executor.block_on(async {
        let mut completed = as_completed([1, 2].map(sleeps)).timeout(HOUR);
        while completed.next().await.is_some() {}
        assert!(!completed.timed_out());
        sleep(ms(3)).await;
        assert!(!completed.timed_out());
        completed
    });
    assert_eq!(next_when_stalled(&executor), Next::Woken);
    assert!(executor.block_on(async { now() }) < start + HOUR);
    drop(completed);
}

/// F2, F129: nor does the time run out when the last has ended in the same turn.
#[test]
fn a_limit_that_is_not_needed_any_more_does_not_run_out() {
    for turn_count in 0..9 {
        let (executor, gate) = (virtual_executor(), Gate::new());
        let (until, timed_out) = (gate.clone(), Rc::new(Cell::new(None)));
        let set = Rc::clone(&timed_out);
        drop(executor.spawn(async move {
            let mut completed = as_completed([async move { until.wait().await }]).timeout(ms(5));
            let given = completed.next().await.is_some();
            turns(3).await;
            set.set(Some((given, completed.timed_out())));
        }));
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        gate.open();
        assert_eq!(next_when_stalled(&executor), Next::Woken);
        let (given, timed_out) = timed_out.get().unwrap();
        assert_eq!(given, !timed_out, "after {turn_count} turns");
    }
}

/// An instant will do; the last setting counts; for nothing there is no time.
#[test]
fn a_limit_may_be_an_instant() {
    run(async {
        let start = now();
        let children = || [1, 3, 9].map(sleeps);
        assert_eq!(values(as_completed(children()).timeout_at(start + ms(2))).await, [1]);
        assert_eq!(now() - start, ms(2));
        let reset = as_completed(children()).timeout(ms(2)).timeout(ms(4));
        assert_eq!(values(reset).await, [1, 3]);
        assert_eq!(now() - start, ms(6));
        let past = as_completed(children()).timeout_at(start);
        assert!(values(past).await.is_empty());
        let nothing = as_completed(Vec::<Task<()>>::new()).timeout(Duration::ZERO);
        assert!(!nothing.timed_out());
        assert!(values(nothing).await.is_empty());
    });
}

/// What wasn't given can be had, in the order of the arguments: running or not.
#[test]
fn the_rest_can_be_had() {
    run(async {
        let mut completed = as_completed([9, 1, 8, 2].map(sleeps)).timeout(ms(5));
        assert_eq!(completed.next().await.unwrap().await.unwrap(), 1);
        sleep(ms(3)).await;
        let rest = completed.into_pending();
        assert_eq!(rest.iter().map(Task::is_finished).collect::<Vec<_>>(), [false, false, true]);
        for (task, value) in rest.into_iter().zip([9, 8, 2]) {
            assert_eq!(task.await.unwrap(), value);
        }
    });
}

// Given up -----------------------------------------------------------------------

/// F130: leaving early leaves the others running, detached.
#[test]
fn leaving_early_leaves_the_others_running() {
    let program = async {
        let tasks = [("a", 1), ("b", 4)].map(|(name, turn)| spawn(ends(name, turn)));
        {
            let mut completed = as_completed(tasks).timeout(HOUR);
            say(format!("main has {}", outcome_of(&completed.next().await.unwrap())));
        }
        say("left");
        turns(5).await;
    };
    trace(program).assert(&["0+0 a ends", "0+2 main has \"a\"", "0+2 left", "0+3 b ends"]);
}

/// F130: so does cancelling who asks.
#[test]
fn cancelling_who_asks_leaves_the_tasks_running() {
    let program = async {
        let tasks = [("a", 6), ("b", 7)].map(|(name, turn)| spawn(ends(name, turn)));
        let references = tasks.each_ref().map(Task::reference);
        let task = spawn(unless_dropped("t", takes_all("t", as_completed(tasks))));
        turns(2).await;
        say("main cancels");
        task.cancel();
        turns(9).await;
        assert_eq!(references.each_ref().map(TaskRef::cancelling), [0, 0]);
    };
    trace(program).assert(&["0+0 main cancels", "0+1 t cancelled", "0+4 a ends", "0+5 b ends"]);
}

/// Nothing is lost with a consumer that is cancelled, or that has given up asking:
/// the next one is given it.
#[test]
fn the_next_who_asks_is_given_what_the_last_was_not() {
    let program = async {
        for count in 2..=3 {
            let tasks = [("a", 2), ("b", 8)].map(|(name, turn)| spawn(ends(name, turn)));
            let completed = Rc::new(RefCell::new(as_completed(tasks)));
            let asked = Rc::clone(&completed);
            let consumer = spawn(unless_dropped("c", async move {
                say(format!("c has {}", outcome_of(&next(&asked).await.unwrap())));
            }));
            turns(count).await;
            say("main cancels");
            consumer.cancel();
            turns(2).await;
            say(format!("main has {}", outcome_of(&next(&completed).await.unwrap())));
            drop(completed);
            turns(7).await;
        }
    };
    trace(program).assert(&[
        "0+0 a ends",
        "0+0 main cancels",
        "0+1 c cancelled",
        "0+2 main has \"a\"",
        "0+6 b ends",
        "0+11 a ends",
        "0+12 main cancels",
        "0+13 c cancelled",
        "0+14 main has \"a\"",
        "0+17 b ends",
    ]);
}

/// Giving up to ask loses nothing, however often.
#[test]
fn asking_may_be_given_up() {
    run(async {
        let mut completed = as_completed([4, 2].map(sleeps));
        for _ in 0..3 {
            let next = completed.next();
            or(async { drop(next.await) }, yield_now()).await;
        }
        sleep(ms(9)).await;
        assert_eq!(values(completed).await, [2, 4]);
    });
}

/// F43: who cancels itself and asks; F127: what is there is given first.
#[test]
fn what_is_there_is_given_before_a_cancellation_is() {
    run(async {
        let mut completed = as_completed([async { 7 }]);
        turns(3).await;
        let task = spawn(async move {
            cancel_self();
            let first = completed.next().await.unwrap().await.unwrap();
            let none = completed.next().await.is_none();
            (first, none, is_caught(yield_now()).await)
        });
        assert_eq!(task.await.unwrap(), (7, true, true));
    });
}

/// The last to ask is woken.
#[test]
fn it_may_move_from_task_to_task() {
    run(async {
        let mut completed = as_completed([2, 1].map(sleeps));
        assert!(poll_once(completed.next()).await.is_none());
        assert_eq!(spawn(values(completed)).await.unwrap(), [1, 2]);
    });
}

/// It may be asked beside other things.
#[test]
fn it_may_be_asked_beside_others() {
    run(async {
        let [a, b] = [[5, 1], [2, 4]].map(|times| values(as_completed(times.map(sleeps))));
        assert_eq!(zip(a, b).await, (vec![1, 5], vec![2, 4]));
    });
}

/// I8: the end of the executor drops everything once, and nothing is kept.
#[test]
fn an_executor_may_be_dropped_amid_it() {
    for turn_count in 0..9 {
        let executor = virtual_executor();
        let futures = [1, 3, 9].map(Counting::yielding);
        let counts = futures.each_ref().map(Counting::counts);
        let task = executor.spawn(async {
            let mut completed = as_completed(futures).timeout(ms(5));
            while completed.next().await.is_some() {}
        });
        for _ in 0..turn_count {
            let _ = executor.turn();
        }
        drop((executor, task));
        for (counts, polls) in counts.iter().zip([2, 4, 10]) {
            assert_eq!(counts.future_drops(), 1, "after {turn_count} turns");
            assert_eq!(counts.output_drops(), usize::from(counts.polls() == polls));
        }
    }
}

/// F25: being given a task isn't seeing how it has failed.
#[test]
fn a_panic_is_seen_by_who_looks_at_it() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let tell = Rc::clone(&told);
    let on_unread = move |error: &JoinError| tell.borrow_mut().push(error.task_name());
    let executor = Executor::builder().clock(Clock::Virtual).on_unread_panic(on_unread).build();
    executor.block_on(async {
        let panics = |name: &str| spawn(async { panic!("on purpose") }).named(name);
        let mut completed = as_completed(["seen", "given", "not given"].map(panics));
        completed.next().await.unwrap().await.unwrap_err();
        drop(completed.next().await.unwrap());
    });
    assert_eq!(*told.borrow(), ["given", "not given"]);
}

/// I7: a destructor of what is given may ask for more.
#[test]
fn a_destructor_may_do_what_it_likes() {
    run(async {
        let completed = Rc::new(RefCell::new(None::<AsCompleted<Task<_>>>));
        let futures = [0; 2].map(|_| {
            let completed = Rc::clone(&completed);
            Counting::yielding(2).on_output_drop(move || drop(completed.take()))
        });
        let counts = futures.each_ref().map(Counting::counts);
        completed.replace(Some(as_completed(futures)));
        let next = poll_fn(|cx| Pin::new(completed.borrow_mut().as_mut().unwrap()).poll_next(cx));
        drop(next.await);
        assert!(completed.borrow().is_none());
        for counts in counts {
            counts.assert(3, 1, 1);
        }
    });
}

// Misuse -------------------------------------------------------------------------

/// Misuse: tasks of two executors.
#[test]
fn tasks_of_two_executors_are_an_error() {
    let executors = [virtual_executor(), virtual_executor()];
    let tasks = executors.each_ref().map(|it| it.spawn(sleeps(1)));
    let message = panic_of(|| drop(as_completed(tasks)));
    assert!(message.contains("a watch has tasks of one executor only"), "{message}");
}

/// Misuse: asked where the tasks don't run.
#[test]
fn asking_on_another_executor_is_an_error() {
    let other = virtual_executor();
    let mut completed = as_completed([other.spawn(sleeps(1))]);
    let message = panic_of(|| run(async { poll_once(completed.next()).await.is_some() }));
    assert!(message.contains("inside that executor's `block_on`"), "{message}");
}

/// Misuse: a task that has no outcome to give.
#[test]
fn a_task_whose_outcome_was_taken_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let mut task = spawn(async {});
            (&mut task).await.unwrap();
            drop(as_completed([task]));
        });
    });
    assert!(message.contains("a task whose outcome had been taken"), "{message}");
}

/// Misuse: futures, and nobody to run them; a limit, and no clock.
#[test]
fn it_begins_in_an_executor() {
    let message = panic_of(|| drop(as_completed([async {}])));
    assert!(message.contains("no executor runs on this thread"), "{message}");
    let executor = virtual_executor();
    let completed = as_completed([executor.spawn(async {})]);
    let message = panic_of(|| drop(completed.timeout(ms(1))));
    assert!(message.contains("no executor runs on this thread"), "{message}");
}

/// A task that asks for itself: nothing, until it is cancelled.
#[test]
fn a_task_that_waits_for_itself_can_be_cancelled() {
    run(async {
        let own = Rc::new(RefCell::new(None::<Shared<()>>));
        let itself = Rc::clone(&own);
        let task = spawn(async move {
            let mut completed = as_completed(itself.take());
            drop(completed.next().await);
        });
        let task = task.shared();
        own.replace(Some(task.clone()));
        turns(3).await;
        task.cancel();
        turns(1).await;
        assert!(is_cancelled(&task));
    });
}

/// What a log shows.
#[test]
fn it_can_be_printed() {
    run(async {
        let mut completed = as_completed([1, 2].map(sleeps));
        assert_eq!(format!("{completed:?}"), "AsCompleted { running: 2, .. }");
        drop(completed.next().await);
        assert_eq!(format!("{completed:?}"), "AsCompleted { running: 1, .. }");
    });
}

/// It isn't tied to the heap, nor to one type of children.
#[test]
fn children_may_be_boxed_futures() {
    run(async {
        let children: [Pin<Box<dyn Future<Output = u64>>>; 2] =
            [Box::pin(sleeps(2)), Box::pin(async { 1 })];
        assert_eq!(values(as_completed(children)).await, [1, 2]);
    });
}
