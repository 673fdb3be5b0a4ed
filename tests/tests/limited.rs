//! `gather(limited(n, ..))`: so many children at once, the others not even spawned.
//!
//! | when                              | children that run | those that haven't begun |
//! |-----------------------------------|-------------------|--------------------------|
//! | one ends                          | run on            | the next begins          |
//! | one fails                         | run on            | are dropped              |
//! | one fails, exceptions returned    | run on            | the next begins          |
//! | the task that awaits is cancelled | are cancelled, and end first | are dropped   |
//! | the gather is dropped in between  | are cancelled     | are dropped              |
//! | the gather is never awaited       | run on            | are dropped              |

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::rc::Rc;

use combinators::{Gather, LimitedTasks, gather, limited};
use executor::{all_tasks, now, sleep, spawn, yield_now};
use futures_lite::future::{or, poll_once};
use wheelhouse_tests::{
    Counting, Counts, HOUR, cleans_up, end_of, ms, panic_of, run, run_until_stalled, say, sleeps,
    trace, turns, unless_dropped, virtual_executor,
};

/// The number of tasks, the main one aside.
fn tasks() -> usize {
    all_tasks().len() - 1
}

/// So many futures that never end, and their counts.
fn never(count: usize) -> (Vec<Counting>, Vec<Counts>) {
    let futures: Vec<_> = (0..count).map(|_| Counting::forever()).collect();
    let counts = futures.iter().map(Counting::counts).collect();
    (futures, counts)
}

/// Sleeps, and fails if the time is odd.
async fn even(time: u64) -> Result<u64, &'static str> {
    sleep(ms(time)).await;
    if time.is_multiple_of(2) { Ok(time) } else { Err("odd") }
}

/// Cleans up when cancelled, and then ends as cancelled.
async fn cleans(name: &'static str) -> u64 {
    match cleans_up(name, 2).await.resume().await {}
}

/// A gather that is kept has a type that can be written.
struct Kept {
    all: Gather<LimitedTasks<Counting>>,
}

#[test]
fn the_type_of_a_limited_gather_can_be_named() {
    run(async {
        let futures = [(); 3].map(|()| Counting::ready());
        let kept = Kept { all: gather(limited(2, futures)) };
        assert_eq!(kept.all.await.unwrap().len(), 3);
    });
}

// In turn ------------------------------------------------------------------------

/// The next one begins in the turn after the end, as one that waits for a semaphore does.
#[test]
fn a_child_begins_when_another_has_ended() {
    let program = async {
        let child = |name: &'static str| async move {
            say(format!("{name} begins"));
            turns(2).await;
            say(format!("{name} ends"));
            name
        };
        let names = gather(limited(2, ["a", "b", "c", "d", "e"].map(child))).await.unwrap();
        say(names.concat());
    };
    trace(program).assert(&[
        "0+0 a begins",
        "0+0 b begins",
        "0+2 a ends",
        "0+2 b ends",
        "0+3 c begins",
        "0+3 d begins",
        "0+5 c ends",
        "0+5 d ends",
        "0+6 e begins",
        "0+8 e ends",
        "0+10 abcde",
    ]);
}

#[test]
fn no_more_than_the_limit_are_spawned_and_values_are_in_the_order_of_arguments() {
    for limit in [1, 2, 3, 7, 20, usize::MAX] {
        run(async move {
            let most = Rc::new(Cell::new(0));
            let times = [5, 3, 8, 1, 1, 9, 2, 4, 4, 7];
            let child = |time| {
                let most = Rc::clone(&most);
                async move {
                    most.set(most.get().max(tasks()));
                    sleeps(time).await
                }
            };
            assert_eq!(gather(limited(limit, times.map(child))).await.unwrap(), times);
            assert_eq!(most.get(), limit.min(times.len()));
        });
    }
}

/// It is busy all the time: a limit of two halves the time.
#[test]
fn a_child_that_takes_long_holds_up_no_other() {
    run(async {
        let start = now();
        gather(limited(2, [10, 1, 2, 3, 4].map(sleeps))).await.unwrap();
        assert_eq!(now() - start, ms(10));
    });
}

/// The children go on whether or not somebody awaits them yet.
#[test]
fn the_next_begins_without_any_poll_of_the_gather() {
    run(async {
        let gathered = gather(limited(1, [1, 2, 3].map(sleeps)));
        sleep(ms(9)).await;
        assert_eq!(tasks(), 0);
        assert_eq!(gathered.await.unwrap(), [1, 2, 3]);
    });
}

#[test]
fn the_gather_is_polled_twice() {
    run(async {
        let mut gathered = gather(limited(3, (0..50).map(sleeps))).into_future();
        let polls = Cell::new(0);
        let values = poll_fn(|cx| {
            polls.set(polls.get() + 1);
            std::pin::Pin::new(&mut gathered).poll(cx)
        });
        assert!(values.await.unwrap().into_iter().eq(0..50));
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn of_no_futures_there_are_no_values() {
    run(async {
        assert!(gather(limited(2, (0..0).map(sleeps))).await.unwrap().is_empty());
    });
}

#[test]
fn there_may_be_many() {
    run(async {
        let values = gather(limited(7, (0..20_000).map(async |i| i))).await.unwrap();
        assert!(values.into_iter().eq(0..20_000));
    });
}

// Failures -----------------------------------------------------------------------

#[test]
fn after_a_failure_those_that_run_run_on_and_no_other_begins() {
    run(async {
        let times = [2, 3, 20, 4, 6];
        let error = gather(limited(3, times.map(even))).await.unwrap_err();
        assert_eq!((error.index, error.cause.to_string()), (1, "odd".into()));
        assert_eq!(tasks(), 2, "the third, and the fourth, which began when the first ended");
        sleep(ms(30)).await;
        assert_eq!(tasks(), 0);
    });
}

#[test]
fn futures_that_do_not_begin_are_dropped() {
    run(async {
        let (futures, counts) = never(3);
        let children = std::iter::once(None).chain(futures.into_iter().map(Some));
        let failing = children.map(|future| async move {
            let future: Counting = future.ok_or("the first")?;
            drop(future.await);
            Ok::<_, &str>(())
        });
        assert_eq!(gather(limited(1, failing)).await.unwrap_err().index, 0);
        for counts in counts {
            counts.assert(0, 1, 0);
        }
    });
}

#[test]
fn with_return_exceptions_all_have_their_turn() {
    run(async {
        let results = gather(limited(2, (1..=9).map(even))).return_exceptions().await;
        let results: Vec<_> = results.into_iter().map(Result::ok).collect();
        let expected: Vec<_> = (1..=9).map(|it| (it % 2 == 0).then_some(it)).collect();
        assert_eq!(results, expected);
    });
}

/// Said after a failure, the rest has its turn all the same.
#[test]
fn exceptions_may_be_returned_though_one_was_seen() {
    run(async {
        let most = Rc::new(Cell::new(0));
        let child = |time| {
            let most = Rc::clone(&most);
            async move {
                most.set(most.get().max(tasks()));
                even(time).await
            }
        };
        let gathered = gather(limited(2, [1, 2, 3, 4, 6].map(child)));
        sleep(ms(9)).await;
        let results = gathered.return_exceptions().await;
        let results: Vec<_> = results.into_iter().map(Result::ok).collect();
        assert_eq!(results, [None, Some(2), None, Some(4), Some(6)]);
        assert_eq!(most.get(), 2);
    });
}

#[test]
fn a_child_that_is_cancelled_is_a_failure() {
    run(async {
        let gathered = gather(limited(1, [HOUR, ms(1)].map(sleep)));
        yield_now().await;
        all_tasks().iter().filter(|task| task.name() != "main").for_each(|it| _ = it.cancel());
        assert!(gathered.await.unwrap_err().to_string().contains("was cancelled"));
        assert_eq!(tasks(), 0);
    });
}

// Given up -----------------------------------------------------------------------

/// Those that run clean up first; the others never begin.
#[test]
fn cancelling_who_awaits_cancels_those_that_run() {
    let program = async {
        for with_exceptions in [false, true] {
            let gathered = gather(limited(2, ["a", "b", "c"].map(cleans)));
            let task = spawn(unless_dropped("g", async move {
                if with_exceptions {
                    drop(gathered.return_exceptions().await);
                } else {
                    drop(gathered.await);
                }
            }));
            turns(2).await;
            say("main cancels");
            task.cancel();
            turns(9).await;
            say(end_of(&task));
            assert_eq!(tasks(), 0);
        }
    };
    trace(program).assert(&[
        "0+0 main cancels",
        "0+1 a cleans up",
        "0+1 b cleans up",
        "0+3 a is clean",
        "0+3 b is clean",
        "0+5 g cancelled",
        "0+9 cancelled, 1 request",
        "0+11 main cancels",
        "0+12 a cleans up",
        "0+12 b cleans up",
        "0+14 a is clean",
        "0+14 b is clean",
        "0+16 g cancelled",
        "0+20 cancelled, 1 request",
    ]);
}

#[test]
fn dropping_it_in_between_cancels_those_that_run() {
    run(async {
        let (futures, counts) = never(5);
        let futures = futures.into_iter().map(|future| async { drop(future.await) });
        let gathered = gather(limited(2, futures));
        assert!(
            or(async { Some(gathered.await) }, async {
                turns(3).await;
                None
            })
            .await
            .is_none()
        );
        turns(2).await;
        let drops: Vec<_> = counts.iter().map(|it| (it.polls(), it.future_drops())).collect();
        assert_eq!(drops, [(1, 1), (1, 1), (0, 1), (0, 1), (0, 1)]);
    });
}

#[test]
fn dropping_it_before_the_await_leaves_those_that_run() {
    run(async {
        let (futures, counts) = never(3);
        drop(gather(limited(1, futures.into_iter().map(|future| async { drop(future.await) }))));
        turns(3).await;
        let drops: Vec<_> = counts.iter().map(|it| (it.polls(), it.future_drops())).collect();
        assert_eq!(drops, [(1, 0), (0, 1), (0, 1)]);
    });
}

// Foreign code and misuse --------------------------------------------------------

/// Those that haven't begun are dropped one by one, whatever their destructors do.
#[test]
fn futures_that_never_begin_are_dropped_one_by_one() {
    run(async {
        let futures = (0..4).map(|_| Counting::forever().on_drop(|| panic!("in the destructor")));
        let futures: Vec<_> = futures.collect();
        let counts: Vec<_> = futures.iter().map(Counting::counts).collect();
        let futures = futures.into_iter().map(|future| async { drop(future.await) });
        let mut gathered = Box::pin(gather(limited(1, futures)).into_future());
        assert!(poll_once(gathered.as_mut()).await.is_none());
        drop(gathered);
        turns(2).await;
        assert!(counts.iter().all(|counts| counts.future_drops() == 1));
    });
}

/// Also before the await.
#[test]
fn futures_that_never_begin_are_dropped_one_by_one_with_a_gather_that_nobody_awaits() {
    run(async {
        let fragile = || Counting::forever().on_drop(|| panic!("in the destructor"));
        let futures = [Counting::forever(), fragile(), fragile(), fragile()];
        let counts = futures.each_ref().map(Counting::counts);
        drop(gather(limited(1, futures.into_iter().map(|future| async { drop(future.await) }))));
        assert_eq!(counts.map(|counts| counts.future_drops()), [0, 1, 1, 1]);
    });
}

/// So are the values of those that have ended.
#[test]
fn values_that_nobody_takes_are_dropped_one_by_one() {
    run(async {
        let ends = || Counting::ready().on_output_drop(|| panic!("in the destructor"));
        let futures = [ends(), ends(), Counting::forever()];
        let counts = futures.each_ref().map(Counting::counts);
        let mut gathered = Box::pin(gather(limited(3, futures)).into_future());
        assert!(poll_once(gathered.as_mut()).await.is_none());
        turns(2).await;
        drop(gathered);
        turns(2).await;
        assert_eq!(counts.map(|counts| counts.output_drops()), [1, 1, 0]);
    });
}

/// What is left is dropped with the executor.
#[test]
fn an_executor_may_go_before_all_have_begun() {
    for with_exceptions in [false, true] {
        let executor = virtual_executor();
        let (futures, counts) = never(2_000);
        let futures = futures.into_iter().map(|future| async { drop(future.await) });
        let task = executor.spawn(async move {
            let gathered = gather(limited(3, futures));
            if with_exceptions {
                drop(gathered.return_exceptions().await);
            } else {
                drop(gathered.await);
            }
        });
        run_until_stalled(&executor);
        drop(executor);
        assert!(task.is_finished());
        assert!(counts.iter().all(|counts| counts.future_drops() == 1));
    }
}

/// The same if it isn't in a task, and the children go first.
#[test]
fn an_executor_may_go_before_the_gather() {
    let executor = virtual_executor();
    let (futures, counts) = never(2_000);
    let gathered = executor.block_on(async {
        let futures = futures.into_iter().map(|future| async { drop(future.await) });
        let gathered = gather(limited(3, futures)).return_exceptions();
        turns(2).await;
        Some(gathered)
    });
    drop(executor);
    drop(gathered);
    assert!(counts.iter().all(|counts| counts.future_drops() == 1));
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let message = panic_of(|| limited(0, [pending::<()>()]));
    assert!(message.contains("with a limit of 0 no future would ever begin"), "{message}");
}
