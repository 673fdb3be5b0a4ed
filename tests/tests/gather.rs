//! `gather`: what asyncio's does (facts F68 to F78), and what ours adds.
//!
//! A `Task` is no copy, so a child is given twice only by its `Shared` handles
//! (F71): that is in `tests/asyncio/specification/gather_cancelled.py`. `unread.rs` has the
//! panics that count as seen (F75).
//!
//! How many turns it takes is in `turns.rs`, how many polls in `polls.rs`.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::error::Error;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::num::ParseIntError;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use combinators::{Failure, GatherError, Outcome, Plain, gather};
use executor::{Executor, Task, current_task, now, sleep, spawn, yield_now};
use futures_lite::future::{or, poll_once};
use wheelhouse_tests::{Counting, Trace, ms, panic_of, run, sleeps, turns, virtual_executor};

type Checked = Result<u64, String>;

async fn succeeds(time: u64) -> Checked {
    Ok(sleeps(time).await)
}

async fn fails(time: u64) -> Checked {
    Err(format!("failed after {}", sleeps(time).await))
}

async fn panics(time: u64) -> Checked {
    panic!("panicked after {}", sleeps(time).await)
}

async fn cancelled(time: u64) -> Checked {
    sleep(ms(time)).await;
    current_task().expect("in a task").cancel();
    pending().await
}

/// A child of any of these kinds.
type BoxedChild = Pin<Box<dyn Future<Output = Checked>>>;

/// Says when it ends, and when it is dropped before.
async fn traced(trace: Trace, time: u64) {
    struct Life(Trace, u64, &'static str);
    impl Drop for Life {
        fn drop(&mut self) {
            self.0.push(format!("{} {}", self.1, self.2));
        }
    }
    let mut life = Life(trace, time, "cancelled");
    sleep(ms(time)).await;
    life.2 = "ends";
}

// Values -------------------------------------------------------------------------

/// F68: in the order of the arguments, whatever the order of the ends.
#[test]
fn values_are_in_the_order_of_the_arguments() {
    run(async {
        let start = now();
        assert_eq!(gather([3, 1, 4, 1, 5].map(sleeps)).await.unwrap(), [3, 1, 4, 1, 5]);
        assert_eq!(now() - start, ms(5));
        assert_eq!(gather((0..100).rev().map(sleeps)).await.unwrap().len(), 100);
    });
}

/// Anything that yields tasks or futures will do.
#[test]
fn children_come_from_any_collection() {
    run(async {
        let tasks: VecDeque<_> = [2, 1].map(|time| spawn(sleeps(time))).into();
        assert_eq!(gather(tasks).await.unwrap(), [2, 1]);
        assert_eq!(gather(Some(sleeps(1))).await.unwrap(), [1]);
        let boxed: Vec<BoxedChild> = vec![Box::pin(succeeds(2)), Box::pin(succeeds(1))];
        assert_eq!(gather(boxed).await.unwrap(), [2, 1]);
    });
}

/// F69: futures are spawned at the call, in order; each runs as a task.
#[test]
fn futures_are_tasks_from_the_call_on() {
    let trace = Trace::new();
    run(async {
        let gathered = gather([2, 1, 3].map(|time| traced(trace.clone(), time)));
        sleep(ms(5)).await;
        trace.assert(&["1 ends", "2 ends", "3 ends"]);
        let start = now();
        gathered.await.unwrap();
        assert_eq!(now(), start);
    });
}

/// F69: a gather that nobody awaits has done its work at the call.
#[test]
fn a_gather_dropped_before_it_is_awaited_leaves_its_children_running() {
    let trace = Trace::new();
    run(async {
        drop(gather([2, 1].map(|time| traced(trace.clone(), time))));
        drop(gather([3].map(|time| traced(trace.clone(), time))).return_exceptions());
        drop(gather([4].map(|time| traced(trace.clone(), time))).into_future());
        sleep(ms(5)).await;
    });
    trace.assert(&["1 ends", "2 ends", "3 ends", "4 ends"]);
}

/// F70: nothing to wait for.
#[test]
fn no_children_are_gathered_at_once() {
    run(async {
        let mut gathered = pin!(gather(Vec::<Task<u64>>::new()).into_future());
        let first = poll_fn(|cx| Poll::Ready(gathered.as_mut().poll(cx))).await;
        let Poll::Ready(values) = first else { panic!("it is ready at once") };
        assert!(values.unwrap().is_empty());
        assert!(gather(Vec::<Task<Checked>>::new()).return_exceptions().await.is_empty());
    });
}

/// F73: all have ended, so there is nothing to wait for either.
#[test]
fn ended_children_are_gathered_at_once() {
    run(async {
        let tasks = [2, 1].map(|time| spawn(sleeps(time)));
        sleep(ms(3)).await;
        let mut gathered = pin!(gather(tasks).into_future());
        let first = poll_fn(|cx| Poll::Ready(gathered.as_mut().poll(cx))).await;
        let Poll::Ready(values) = first else { panic!("it is ready at once") };
        assert_eq!(values.unwrap(), [2, 1]);
    });
}

/// I8: each value is handed over, not copied, and dropped by who got it.
#[test]
fn values_are_moved_out() {
    struct Value(#[expect(dead_code, reason = "counts its drop")] wheelhouse_tests::Output);
    impl Plain for Value {}
    let children = [0, 1, 2].map(Counting::yielding);
    let counts = children.each_ref().map(Counting::counts);
    run(async {
        let children = children.map(|child| async { Value(child.await) });
        let values = gather(children).await.ok().unwrap();
        counts.iter().zip(1..).for_each(|(it, polls)| it.assert(polls, 1, 0));
        drop(values);
        counts.iter().zip(1..).for_each(|(it, polls)| it.assert(polls, 1, 1));
    });
}

/// Gathers nest.
#[test]
fn gathers_may_be_gathered() {
    run(async {
        let pair = |a, b| async move { gather([sleeps(a), sleeps(b)]).await.unwrap() };
        let start = now();
        let values = gather([pair(4, 3), pair(1, 2)]).await.unwrap();
        assert_eq!(values, [[4, 3], [1, 2]]);
        assert_eq!(now() - start, ms(4));
    });
}

// Failures -----------------------------------------------------------------------

/// F74: the first failure comes out at once, and says whose it is.
#[test]
fn the_first_failure_comes_out_at_once() {
    run(async {
        let start = now();
        let tasks = [spawn(succeeds(1)), spawn(fails(9)), spawn(fails(2)).named("culprit")];
        let error = gather(tasks).await.unwrap_err();
        assert_eq!((error.index, error.name.as_str()), (2, "culprit"));
        assert!(matches!(error.cause, Failure::Error(it) if it == "failed after 2"));
        assert_eq!(now() - start, ms(2));
    });
}

/// F74: the others are neither cancelled nor waited for.
#[test]
fn the_others_run_on_after_a_failure() {
    let trace = Trace::new();
    run(async {
        let good = [1, 4, 5].map(|time| {
            let traced = traced(trace.clone(), time);
            spawn(async move {
                traced.await;
                Ok(time)
            })
        });
        let [a, b, c] = good;
        let error = gather([a, spawn(fails(2)), b, c]).await.unwrap_err();
        assert_eq!(error.index, 1);
        trace.assert(&["1 ends"]);
        drop(error);
        sleep(ms(4)).await;
    });
    trace.assert(&["1 ends", "4 ends", "5 ends"]);
}

/// F74: among failures of one instant the first to end is first.
#[test]
fn failures_of_one_instant_go_by_who_ended_first() {
    run(async {
        let late = spawn(async {
            yield_now().await;
            fails(2).await
        });
        let error = gather([late, spawn(fails(2))]).await.unwrap_err();
        assert_eq!(error.index, 1);
    });
}

/// F73: among children that had failed before the call, the first argument.
#[test]
fn failures_before_the_call_go_by_the_order_of_the_arguments() {
    run(async {
        let [a, b, c] = [spawn(succeeds(9)), spawn(fails(2)), spawn(fails(1))];
        sleep(ms(3)).await;
        let start = now();
        let error = gather([a, b, c]).await.unwrap_err();
        assert_eq!((error.index, now()), (1, start));
    });
}

/// F69, F74: gather listens from the call on, so if it is awaited later the
/// first failure is still the first.
#[test]
fn failures_between_call_and_await_go_by_who_ended_first() {
    run(async {
        let gathered = gather([spawn(fails(2)), spawn(fails(1))]);
        sleep(ms(3)).await;
        assert_eq!(gathered.await.unwrap_err().index, 1);
    });
}

/// F76: results are asked for late, when a failure would have been enough.
#[test]
fn exceptions_may_be_returned_though_one_was_seen() {
    run(async {
        let gathered = gather([spawn(fails(1)), spawn(succeeds(3))]);
        sleep(ms(2)).await;
        let results = gathered.return_exceptions().await;
        assert!(results[0].is_err() && results[1].is_ok());
    });
}

/// The cause can be taken out; in functions that do input and output, `?` does that.
#[test]
fn the_cause_can_be_taken_out() {
    run(async {
        let error = gather([fails(1)]).await.unwrap_err();
        assert!(matches!(error.into_cause(), Failure::Error(_)));
        let read = |kind: Option<io::ErrorKind>| async move {
            match kind {
                Some(kind) => Err::<u8, io::Error>(kind.into()),
                None => panic!("on purpose"),
            }
        };
        let reads = async |kind| Ok::<_, io::Error>(gather([read(kind)]).await?);
        let refused = reads(Some(io::ErrorKind::ConnectionRefused)).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let panicked = reads(None).await.unwrap_err();
        assert_eq!(panicked.kind(), io::ErrorKind::Other);
        assert!(panicked.to_string().ends_with("panicked: on purpose"));
    });
}

/// F77: a cancelled child makes gather fail; the others run on.
#[test]
fn a_cancelled_child_is_a_failure() {
    let trace = Trace::new();
    run(async {
        let tasks = [1, 2, 3].map(|time| spawn(traced(trace.clone(), time)));
        let second = tasks[1].reference();
        second.cancel();
        let error = gather(tasks).await.unwrap_err();
        assert_eq!((error.index, error.name), (1, second.name()));
        assert!(matches!(error.cause, Failure::Join(it) if it.is_cancelled()));
        sleep(ms(4)).await;
    });
    trace.assert(&["1 ends", "3 ends"]);
}

/// A panicking child as well.
#[test]
fn a_panicking_child_is_a_failure() {
    run(async {
        let tasks = [spawn(succeeds(5)), spawn(panics(1)).named("shaky")];
        let error = gather(tasks).await.unwrap_err();
        assert_eq!((error.index, error.name.as_str()), (1, "shaky"));
        let Failure::Join(cause) = error.cause else { panic!("it didn't return an error") };
        assert_eq!(cause.panic_message(), Some("panicked after 1"));
    });
}

/// F76: failures are results like others, in their places, and all are waited
/// for.
#[test]
fn with_return_exceptions_failures_are_results() {
    run(async {
        let start = now();
        let children: [BoxedChild; 4] = [
            Box::pin(fails(1)),
            Box::pin(succeeds(4)),
            Box::pin(panics(3)),
            Box::pin(cancelled(2)),
        ];
        let results = gather(children).return_exceptions().await;
        assert_eq!(now() - start, ms(4));
        let [failed, succeeded, panicked, cancelled] = results.try_into().unwrap();
        assert!(matches!(failed, Err(Failure::Error(it)) if it == "failed after 1"));
        assert_eq!(succeeded.unwrap(), 4);
        assert!(matches!(panicked, Err(Failure::Join(it)) if it.is_panic()));
        assert!(matches!(cancelled, Err(Failure::Join(it)) if it.is_cancelled()));
    });
}

/// F73, F76: failures of the past are too.
#[test]
fn with_return_exceptions_ended_children_are_gathered_at_once() {
    run(async {
        let tasks = [spawn(fails(2)), spawn(succeeds(1))];
        sleep(ms(3)).await;
        let start = now();
        let results = gather(tasks).return_exceptions().await;
        assert_eq!(now(), start);
        assert!(results[0].is_err() && results[1].is_ok());
    });
}

// Types --------------------------------------------------------------------------

/// Children of a tuple may differ in type, be tasks or futures, fallible or
/// not.
#[test]
fn a_tuple_gathers_different_types() {
    run(async {
        let word = spawn(async { "two" });
        let number = async { "3".parse::<u32>() };
        let checked = spawn(succeeds(1));
        let (one, two, three, four) = gather((sleeps(1), word, number, checked)).await.unwrap();
        assert_eq!((one, two, three, four), (1, "two", 3, 1));
    });
}

/// Tuples of two to eight.
#[test]
fn a_tuple_may_have_two_to_eight_children() {
    run(async {
        let s = sleeps;
        assert_eq!(gather((s(2), s(1))).await.unwrap(), (2, 1));
        assert_eq!(gather((s(3), s(2), s(1))).await.unwrap(), (3, 2, 1));
        assert_eq!(gather((s(4), s(3), s(2), s(1))).await.unwrap(), (4, 3, 2, 1));
        let five = gather((s(5), s(4), s(3), s(2), s(1))).await;
        assert_eq!(five.unwrap(), (5, 4, 3, 2, 1));
        let six = gather((s(6), s(5), s(4), s(3), s(2), s(1))).await;
        assert_eq!(six.unwrap(), (6, 5, 4, 3, 2, 1));
        let seven = gather((s(7), s(6), s(5), s(4), s(3), s(2), s(1))).await;
        assert_eq!(seven.unwrap(), (7, 6, 5, 4, 3, 2, 1));
        let eight = gather((s(8), s(7), s(6), s(5), s(4), s(3), s(2), s(1))).await;
        assert_eq!(eight.unwrap(), (8, 7, 6, 5, 4, 3, 2, 1));
    });
}

/// Errors of different types come out boxed, and can be told apart.
#[test]
fn a_tuple_has_errors_of_different_types() {
    run(async {
        let number = |text: &'static str| async move { text.parse::<u32>() };
        let text = |time| async move { fails(time).await };
        let error = gather((number("x"), text(1))).await.unwrap_err();
        assert_eq!(error.index, 0);
        assert!(matches!(error.cause, Failure::Error(it) if it.is::<ParseIntError>()));
        let error = gather((number("1"), text(1), sleeps(5))).await.unwrap_err();
        assert_eq!(error.index, 1);
        assert!(matches!(error.cause, Failure::Error(it) if it.to_string() == "failed after 1"));
        let error = gather((sleeps(5), spawn(panics(1)).named("shaky"))).await.unwrap_err();
        assert_eq!((error.index, error.name.as_str()), (1, "shaky"));
        assert!(matches!(error.cause, Failure::Join(it) if it.is_panic()));
    });
}

/// Whichever child of a tuple fails, it is named.
#[test]
fn each_child_of_a_tuple_may_fail() {
    for culprit in 0..8 {
        run(async move {
            let c = |index| async move {
                sleep(ms(9 - index)).await;
                if index == culprit { Err(format!("{index}")) } else { Ok(index) }
            };
            let error = gather((c(0), c(1), c(2), c(3), c(4), c(5), c(6), c(7))).await;
            let error = error.unwrap_err();
            assert_eq!(error.index as u64, culprit);
            assert!(
                matches!(error.cause, Failure::Error(it) if it.to_string() == culprit.to_string())
            );
        });
    }
}

/// F76: for tuples too; each result has its own types.
#[test]
fn a_tuple_returns_exceptions_of_its_types() {
    run(async {
        let number = async { "x".parse::<u32>() };
        let (a, b, c) = gather((number, fails(2), sleeps(1))).return_exceptions().await;
        let Err(Failure::Error(error)) = a else { panic!("x is no number") };
        assert_eq!(error, "x".parse::<u32>().unwrap_err());
        assert!(matches!(b, Err(Failure::Error(text)) if text == "failed after 2"));
        assert_eq!(c.unwrap(), 1);
    });
}

/// F73: and tuples of ended children are ready at once.
#[test]
fn a_tuple_of_ended_children_is_gathered_at_once() {
    run(async {
        let (a, b) = (spawn(sleeps(1)), spawn(async { "b" }));
        sleep(ms(2)).await;
        let start = now();
        assert_eq!(gather((a, b)).await.unwrap(), (1, "b"));
        assert_eq!(now(), start);
    });
}

/// A row of a table; always a success.
#[derive(PartialEq, Debug)]
struct Row(u64);

impl Plain for Row {}

/// Children that can't fail return what they like: types known to be plain, or
/// one's own, with a line.
#[test]
fn plain_values_are_successes() {
    run(async {
        assert_eq!(gather([async { Row(7) }]).await.unwrap(), [Row(7)]);
        let (a, b, c, d) = gather((
            async { Some(1) },
            async { vec![String::new()] },
            async { HashMap::from([(1, 2)]) },
            async { (1, 'x', 2.5) },
        ))
        .await
        .unwrap();
        assert_eq!((a, b.len(), c.len(), d), (Some(1), 1, 1, (1, 'x', 2.5)));
        let (a, b, c, d) = gather((
            async { Box::new(Row(1)) },
            async { Rc::new(Row(2)) },
            async { Arc::<str>::from("three") },
            async { [Row(4)] },
        ))
        .await
        .unwrap();
        assert_eq!((*a, &*b, &*c, d), (Row(1), &Row(2), "three", [Row(4)]));
        let sets = gather((async { HashSet::from([1]) }, async { BTreeMap::from([(1, 2)]) }));
        let (hash, tree) = sets.await.unwrap();
        assert_eq!((hash.len(), tree.len()), (1, 1));
        gather((async {}, async { now() })).await.unwrap();
    });
}

/// Neither a success nor a `Result`: a type of one's own may say what it is.
enum Answer {
    Yes(u64),
    No,
}

impl Outcome for Answer {
    type Value = u64;
    type Error = &'static str;

    fn is_success(&self) -> bool {
        matches!(self, Self::Yes(_))
    }

    fn into_result(self) -> Result<u64, &'static str> {
        match self {
            Self::Yes(value) => Ok(value),
            Self::No => Err("no"),
        }
    }
}

/// An `Outcome` of one's own is taken apart like a `Result`.
#[test]
fn an_outcome_of_ones_own_may_fail() {
    run(async {
        let answer = |time| async move {
            sleep(ms(time)).await;
            if time > 2 { Answer::No } else { Answer::Yes(time) }
        };
        assert_eq!(gather([answer(2), answer(1)]).await.unwrap(), [2, 1]);
        let error = gather([answer(9), answer(3), answer(1)]).await.unwrap_err();
        assert!(matches!(error, GatherError { index: 1, cause: Failure::Error("no"), .. }));
    });
}

// The error ----------------------------------------------------------------------

/// What a gather says when it fails.
#[test]
fn the_error_says_which_child_failed_and_why() {
    run(async {
        let tasks = [spawn(succeeds(1)), spawn(fails(2)).named("culprit")];
        let error = gather(tasks).await.unwrap_err();
        assert_eq!(error.to_string(), "child 1 (task `culprit`) failed: failed after 2");
        assert_eq!(error.cause.to_string(), "failed after 2");
        let error = gather([spawn(panics(2)).named("shaky")]).await.unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("child 0: task `shaky` (spawned at "), "{text}");
        assert!(text.ends_with(" panicked: panicked after 2"), "{text}");
        assert!(error.to_string().contains(&error.cause.to_string()));
    });
}

/// `?` takes it to where any error goes.
#[test]
fn the_error_goes_into_a_box() {
    async fn program() -> Result<u64, Box<dyn Error>> {
        let values = gather([succeeds(1), succeeds(2)]).await?;
        let (value, text) = gather((succeeds(3), async { "4".parse::<u64>() })).await?;
        let results = gather([spawn(succeeds(5)), spawn(fails(6))]).return_exceptions().await;
        for result in results {
            result?;
        }
        Ok(values[0] + value + text)
    }
    let error = run(program()).unwrap_err();
    assert_eq!(error.to_string(), "failed after 6");
    assert!(error.is::<Failure<String>>());
}

/// An error type of one's own needs to be no more than it is.
#[test]
fn the_error_may_be_any_type() {
    #[derive(PartialEq, Debug)]
    struct Opaque;
    run(async {
        let error = gather([async { Err::<(), _>(Opaque) }]).await.unwrap_err();
        assert!(matches!(error.cause, Failure::Error(Opaque)));
        assert_eq!(format!("{:?}", error.cause), "Error(Opaque)");
    });
}

/// What a log shows of a gather.
#[test]
fn gathers_can_be_printed() {
    fn show(it: &impl fmt::Debug) -> String {
        format!("{it:?}")
    }
    run(async {
        let gathered = gather([sleeps(1), sleeps(2)]);
        assert_eq!(show(&gathered), "Gather(not awaited)");
        let mut all = gathered.return_exceptions();
        assert_eq!(show(&all), "GatherAll(not awaited)");
        poll_fn(|cx| {
            assert!(Pin::new(&mut all).poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!(show(&all), "GatherAll(running)");
        drop((&mut all).await);
        assert_eq!(show(&all), "GatherAll(over)");
        assert_eq!(show(&gather([sleeps(1)]).into_future()), "Gathering(not awaited)");
    });
}

// Giving up ----------------------------------------------------------------------

/// F78: giving up a gather cancels the children that haven't ended, in the order
/// of the arguments.
#[test]
fn dropping_a_gather_cancels_its_children() {
    let trace = Trace::new();
    run(async {
        let gathered = gather([9, 1, 7, 8].map(|time| traced(trace.clone(), time)));
        or(async { drop(gathered.await) }, sleep(ms(2))).await;
        trace.assert(&["1 ends"]);
        yield_now().await;
        trace.assert(&["1 ends", "9 cancelled", "7 cancelled", "8 cancelled"]);
    });
}

/// F78: with `return_exceptions`, the same.
#[test]
fn dropping_a_gather_of_all_results_cancels_its_children() {
    let trace = Trace::new();
    run(async {
        let gathered = gather((traced(trace.clone(), 5), traced(trace.clone(), 4)));
        or(async { drop(gathered.return_exceptions().await) }, sleep(ms(2))).await;
        yield_now().await;
        trace.assert(&["5 cancelled", "4 cancelled"]);
    });
}

/// F78: cancelling the task that gathers cancels the children.
#[test]
fn cancelling_the_gathering_task_cancels_the_children() {
    let trace = Trace::new();
    run(async {
        let children = [5, 6].map(|time| traced(trace.clone(), time));
        let parent = spawn(async { gather(children).await });
        sleep(ms(1)).await;
        assert!(parent.cancel());
        assert!(parent.await.unwrap_err().is_cancelled());
        yield_now().await;
        trace.assert(&["5 cancelled", "6 cancelled"]);
    });
}

/// F78: through any depth.
#[test]
fn cancelling_a_gathering_task_cancels_gathers_within() {
    let trace = Trace::new();
    run(async {
        let inner = |a: u64, b: u64| {
            let children = [a, b].map(|time| traced(trace.clone(), time));
            async move { drop(gather(children).await) }
        };
        let [left, right] = [inner(5, 6), inner(7, 8)];
        let parent = spawn(async { gather([left, right]).await });
        sleep(ms(1)).await;
        parent.cancel();
        for _ in 0..3 {
            yield_now().await;
        }
        trace.assert(&["5 cancelled", "6 cancelled", "7 cancelled", "8 cancelled"]);
    });
}

/// A gather that is over has let go of its children, however it ended.
#[test]
fn dropping_a_gather_that_has_returned_cancels_nobody() {
    let trace = Trace::new();
    run(async {
        let good = traced(trace.clone(), 5);
        let good = spawn(async move {
            good.await;
            Ok(5)
        });
        let mut gathered = gather([good, spawn(fails(1))]).into_future();
        assert!((&mut gathered).await.is_err());
        drop(gathered);
        sleep(ms(5)).await;
    });
    trace.assert(&["5 ends"]);
}

/// Polls for the sake of others don't disturb it.
#[test]
fn a_gather_may_race_other_futures() {
    run(async {
        let gathered = gather([sleeps(2), sleeps(4)]);
        let won = or(async { Some(gathered.await.unwrap()) }, async {
            for _ in 0..9 {
                sleep(Duration::from_micros(400)).await;
            }
            sleep(ms(9)).await;
            None
        });
        assert_eq!(won.await.unwrap(), [2, 4]);
    });
}

/// The task that polled last is the one that is woken.
#[test]
fn a_gather_may_move_from_task_to_task() {
    run(async {
        let mut gathered = Box::pin(gather([sleeps(2), sleeps(4)]).into_future());
        poll_fn(|cx| {
            assert!(gathered.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!(spawn(gathered).await.unwrap().unwrap(), [2, 4]);
    });
}

/// A success test that panics does so in the task that gathers.
#[test]
fn a_panicking_success_test_panics_in_the_gathering_task() {
    struct Undecided;
    impl Outcome for Undecided {
        type Value = ();
        type Error = ();
        fn is_success(&self) -> bool {
            panic!("undecided")
        }
        fn into_result(self) -> Result<(), ()> {
            Ok(())
        }
    }
    run(async {
        let child = |time| async move {
            sleep(ms(time)).await;
            Undecided
        };
        let parent = spawn(gather([child(1)]).into_future());
        assert_eq!(parent.await.err().unwrap().panic_message(), Some("undecided"));
        let ended = spawn(child(1));
        sleep(ms(2)).await;
        let parent = spawn(async { gather([ended]).await });
        assert_eq!(parent.await.err().unwrap().panic_message(), Some("undecided"));
    });
}

// Misuse -------------------------------------------------------------------------

/// Misuse: a future is over when it is over.
#[test]
#[should_panic(expected = "`gather` was polled again after it had returned")]
fn polling_a_gather_that_has_returned_is_an_error() {
    run(async {
        let mut gathered = gather([sleeps(1)]).into_future();
        drop((&mut gathered).await);
        drop(gathered.await);
    });
}

/// Misuse: tasks of an executor that isn't running.
#[test]
fn children_of_another_executor_are_an_error() {
    let other = Executor::new();
    let task = other.spawn(sleeps(1));
    let message = panic_of(|| run(async { gather([task]).await }));
    assert!(message.contains("inside that executor's `block_on`"), "{message}");
}

/// Misuse: tasks of two executors.
#[test]
fn children_of_two_executors_are_an_error() {
    let other = Executor::new();
    let task = other.spawn(sleeps(1));
    let message = panic_of(|| run(async { gather((sleeps(1), task)).await }));
    assert!(message.contains("tasks of one executor only"), "{message}");
}

/// Misuse: futures, and nobody to run them.
#[test]
fn gathering_futures_outside_of_an_executor_is_an_error() {
    let message = panic_of(|| drop(gather([sleeps(1)])));
    assert!(message.contains("no executor runs on this thread"), "{message}");
}

/// Misuse: a child that was awaited before has no outcome to give.
#[test]
fn a_child_whose_outcome_was_taken_is_an_error() {
    let message = panic_of(|| {
        run(async {
            let mut task = spawn(sleeps(1));
            (&mut task).await.unwrap();
            gather([task]).await
        })
    });
    assert!(message.contains("a task whose outcome had been taken"), "{message}");
}

/// Tasks may be gathered outside of the running executor, and awaited in it.
#[test]
fn tasks_may_be_gathered_before_the_executor_runs() {
    let executor = virtual_executor();
    let count = Rc::new(Cell::new(0));
    let tasks = [2, 1].map(|time| {
        let count = Rc::clone(&count);
        executor.spawn(async move {
            count.set(count.get() + 1);
            sleeps(time).await
        })
    });
    let gathered = gather(tasks);
    assert_eq!(count.get(), 0);
    assert_eq!(executor.block_on(gathered).unwrap(), [2, 1]);
}

/// One that had ended before is among the results of those that run on.
#[test]
fn failures_may_be_included_beside_a_child_that_had_ended_before() {
    run(async {
        let ended = spawn(async { 1 });
        turns(2).await;
        let results = gather([ended, spawn(async { 2 })]).return_exceptions().await;
        assert_eq!(results.into_iter().map(Result::unwrap).sum::<i32>(), 3);
    });
}

/// Said between the last child's end and its notice, it changes nothing.
#[test]
fn failures_may_be_included_when_all_have_just_ended() {
    run(async {
        let gathering = gather([spawn(async { 1 })]);
        turns(1).await;
        let mut all = pin!(gathering.return_exceptions());
        assert!(poll_once(&mut all).await.is_none(), "its notice is on its way");
        assert_eq!(*all.await[0].as_ref().unwrap(), 1);
    });
}
