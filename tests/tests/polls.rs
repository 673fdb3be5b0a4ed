//! What `wait` and `gather` cost: polls of the parent, polls of the children,
//! and questions to the condition, counted at ten children and at a hundred
//! thousand.

use std::cell::Cell;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use combinators::{Completions, FirstCompleted, FirstException, Reason, gather, wait};
use executor::{Task, sleep, spawn, yield_now};
use wheelhouse_tests::virtual_executor;

const SIZES: [usize; 3] = [10, 1_000, 100_000];

type Count = Rc<Cell<usize>>;

fn add_one(count: &Cell<usize>) {
    count.set(count.get() + 1);
}

/// A future whose polls are counted.
struct Counted<F> {
    future: Pin<Box<F>>,
    polls: Count,
}

fn counted<F: IntoFuture>(future: F, polls: &Count) -> Counted<F::IntoFuture> {
    Counted { future: Box::pin(future.into_future()), polls: Rc::clone(polls) }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        add_one(&self.polls);
        self.future.as_mut().poll(cx)
    }
}

/// The number of the child that fails.
const CULPRIT: usize = usize::MAX;

/// A child that takes two polls, and fails if it has that number.
async fn fails_if_culprit(child: usize) -> Result<usize, usize> {
    yield_now().await;
    if child == CULPRIT { Err(child) } else { Ok(child) }
}

/// A child that needs as many polls as its number says, up to nine.
async fn step_by_step(child: usize) -> usize {
    for _ in 0..child % 9 {
        yield_now().await;
    }
    child
}

fn polls_of(children: usize) -> usize {
    (0..children).map(|child| child % 9 + 1).sum()
}

/// How often the parent, and how often the children are polled together.
type Polls = (usize, usize);

/// Counts the polls of a program that is made from children, and of these.
fn measure<F: IntoFuture>(
    children: usize,
    program: impl FnOnce(Vec<Task<usize>>) -> F,
) -> (F::Output, Polls) {
    let (parent, child) = (Count::default(), Count::default());
    let output = virtual_executor().block_on(async {
        let tasks = (0..children).map(|it| spawn(counted(step_by_step(it), &child)));
        let tasks = tasks.collect();
        counted(program(tasks), &parent).await
    });
    (output, (parent.get(), child.get()))
}

/// The parent is polled when it begins and when the condition is met, and each
/// child as often as it needs.
#[test]
fn wait_is_polled_twice_however_many_children_it_has() {
    for size in SIZES {
        let (waited, polls) = measure(size, wait);
        assert_eq!((waited.done.len(), polls), (size, (2, polls_of(size))));
    }
}

/// The same if nobody fails before the end, and all have to be looked at.
#[test]
fn first_exception_is_polled_twice() {
    for size in SIZES {
        let program = |tasks| wait(tasks).return_when(FirstException);
        let (waited, polls) = measure(size, program);
        assert_eq!((waited.reason, polls), (Reason::Exhausted, (2, polls_of(size))));
    }
}

/// The same if the last child's failure ends it.
#[test]
fn first_exception_of_the_last_child_is_polled_twice() {
    for size in SIZES {
        let polls = Count::default();
        let waited = virtual_executor().block_on(async {
            let last = std::iter::once(CULPRIT);
            let tasks = (1..size).chain(last).map(|child| spawn(fails_if_culprit(child)));
            counted(wait(tasks).return_when(FirstException), &polls).await
        });
        assert_eq!((waited.reason, polls.get()), (Reason::Met(size - 1), 2));
    }
}

/// Children that end after the condition was met don't wake the parent again.
#[test]
fn completions_of_the_half_is_polled_twice() {
    for size in SIZES {
        let (waited, polls) = measure(size, |tasks| wait(tasks).return_when(Completions(size / 2)));
        assert!(matches!(waited.reason, Reason::Met(_)));
        assert!(waited.done.len() >= size / 2 && waited.pending.len() + waited.done.len() == size);
        assert_eq!(polls.0, 2);
    }
}

/// A timeout is one of the two.
#[test]
fn a_wait_that_times_out_is_polled_twice() {
    for size in SIZES {
        let polls = Count::default();
        let waited = virtual_executor().block_on(async {
            let time = |child: usize| Duration::from_millis(child as u64 % 7 + 1);
            let tasks = (0..size).map(|child| spawn(sleep(time(child))));
            counted(wait(tasks).timeout(Duration::from_micros(4500)), &polls).await
        });
        assert_eq!((waited.reason, polls.get()), (Reason::TimedOut, 2));
        let done = (0..size).filter(|child| child % 7 < 4).count();
        assert_eq!((waited.done.len(), waited.pending.len()), (done, size - done));
    }
}

/// Gather is polled no more often than wait.
#[test]
fn gather_is_polled_twice_however_many_children_it_has() {
    for size in SIZES {
        let (values, polls) = measure(size, gather);
        assert_eq!((values.unwrap().len(), polls), (size, (2, polls_of(size))));
    }
}

/// The same if failures are results.
#[test]
fn gather_with_return_exceptions_is_polled_twice() {
    for size in SIZES {
        let (results, polls) = measure(size, |tasks| gather(tasks).return_exceptions());
        assert_eq!((results.len(), polls), (size, (2, polls_of(size))));
    }
}

/// The same if it fails with the last child.
#[test]
fn gather_that_fails_is_polled_twice() {
    for size in SIZES {
        let polls = Count::default();
        let error = virtual_executor().block_on(async {
            let children = (1..size).chain(std::iter::once(CULPRIT)).map(fails_if_culprit);
            counted(gather(children), &polls).await.unwrap_err()
        });
        assert_eq!((error.index, polls.get()), (size - 1, 2));
    }
}

/// F73: and once, if all has happened before.
#[test]
fn gather_on_ended_children_is_polled_once() {
    for size in SIZES {
        let polls = Count::default();
        virtual_executor().block_on(async {
            let tasks: Vec<_> = (0..size).map(|child| spawn(fails_if_culprit(child))).collect();
            yield_now().await;
            yield_now().await;
            counted(gather(tasks), &polls).await.unwrap();
        });
        assert_eq!(polls.get(), 1);
    }
}

/// On the real clock it is no different.
#[test]
fn polls_are_as_many_on_the_real_clock() {
    let polls = Count::default();
    executor::block_on(async {
        let tasks: Vec<_> = (0..1_000).map(|child| spawn(step_by_step(child))).collect();
        counted(wait(tasks), &polls).await;
        counted(gather((0..1_000).map(step_by_step)), &polls).await.unwrap();
    });
    assert_eq!(polls.get(), 4);
}

/// Waiting again and again on what is left asks the condition about each child
/// once, and costs two polls a round. Were a round to look at all that are
/// left, this would take a hundred thousand times as long.
#[test]
fn the_drain_loop_costs_the_same_each_round() {
    for size in SIZES {
        let (asked, polls, rounds) = (Count::default(), Count::default(), Count::default());
        virtual_executor().block_on(async {
            let time = |child| Duration::from_micros(child as u64 + 1);
            let tasks = (0..size).map(|child| spawn(sleep(time(child))));
            let condition = || {
                let asked = Rc::clone(&asked);
                move |_, _: &_| {
                    add_one(&asked);
                    true
                }
            };
            let mut waited = counted(wait(tasks).until(condition()), &polls).await;
            add_one(&rounds);
            while !waited.pending.is_empty() {
                waited = counted(wait(waited.pending).until(condition()), &polls).await;
                assert_eq!((waited.done.len(), waited.reason), (1, Reason::Met(rounds.get())));
                add_one(&rounds);
            }
        });
        assert_eq!((asked.get(), polls.get(), rounds.get()), (size, 2 * size, size));
    }
}

/// The same if many children end between two rounds: each is asked about until
/// one is enough, and the rest is asked about in no later round either.
#[test]
fn the_drain_loop_asks_about_no_child_twice() {
    for size in SIZES {
        let asked = Count::default();
        let rounds = virtual_executor().block_on(async {
            let time = |child| Duration::from_micros(child as u64 + 1);
            let tasks: Vec<_> = (0..size).map(|child| spawn(sleep(time(child)))).collect();
            let condition = || {
                let asked = Rc::clone(&asked);
                move |_, _: &_| {
                    add_one(&asked);
                    asked.get() % 2 == 0
                }
            };
            let mut waited = wait(tasks).until(condition()).await;
            let mut rounds = 1;
            while !waited.pending.is_empty() {
                sleep(Duration::from_micros(10)).await;
                waited = wait(waited.pending).until(condition()).await;
                rounds += 1;
            }
            rounds
        });
        assert!(asked.get() <= size, "{} of {size}", asked.get());
        assert!(rounds <= size / 10 + 2, "{rounds} rounds for {size}");
    }
}

/// A wait that is dropped at once costs its children nothing.
#[test]
fn waits_that_come_and_go_cost_their_children_nothing() {
    let asked = Count::default();
    virtual_executor().block_on(async {
        let mut pending = wait([spawn(sleep(Duration::from_secs(9))), spawn(yield_now())])
            .return_when(FirstCompleted)
            .await
            .pending;
        for _ in 0..1_000 {
            let asked = Rc::clone(&asked);
            let waiting = wait(pending).until(move |_, _| {
                add_one(&asked);
                false
            });
            pending = waiting.timeout(Duration::from_millis(1)).await.pending;
        }
        assert_eq!((pending.len(), asked.get()), (1, 0));
    });
}

/// Not even by the notice of a child that has met the condition at that instant.
#[test]
fn a_wait_whose_time_is_up_wakes_its_task_no_more() {
    let polls = Count::default();
    virtual_executor().block_on(async {
        let child = spawn(sleep(Duration::from_millis(5)));
        yield_now().await;
        let waited = wait([child]).timeout(Duration::from_millis(5)).await;
        assert_eq!((waited.reason, waited.done.len()), (Reason::TimedOut, 1));
        counted(sleep(Duration::from_secs(1)), &polls).await;
    });
    assert_eq!(polls.get(), 2);
}
