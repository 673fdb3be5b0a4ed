//! The tests that the guide's page on testing shows, in their order.

use std::time::Duration;

use combinators::{Elapsed, timeout};
use executor::{Clock, Executor, now, sleep};

/// Runs a test on a clock of its own.
fn run<F: Future>(test: F) -> F::Output {
    Executor::builder().clock(Clock::Virtual).build().block_on(test)
}

async fn ask() -> &'static str {
    sleep(Duration::from_mins(1)).await;
    "an answer"
}

#[test]
fn a_slow_answer_is_given_up_after_ten_seconds() {
    run(async {
        let start = now();
        assert_eq!(timeout(Duration::from_secs(10), ask()).await, Err(Elapsed));
        assert_eq!(now() - start, Duration::from_secs(10));
    });
}

use executor::Next;

#[test]
fn it_is_late_at_ten_seconds_and_not_before() {
    let executor = Executor::builder().clock(Clock::Manual).build();
    let run_tasks = || while executor.turn() == Next::Now {};
    let answer = executor.spawn(timeout(Duration::from_secs(10), ask()));
    run_tasks();
    executor.advance(Duration::from_millis(9_999));
    run_tasks();
    assert!(!answer.is_finished());
    executor.advance(Duration::from_millis(1));
    run_tasks();
    assert_eq!(answer.outcome().unwrap().unwrap(), Err(Elapsed));
}

use executor::spawn;

#[test]
fn an_answer_that_nobody_sends_is_no_reason_to_hang() {
    let executor = Executor::builder().clock(Clock::Virtual).build();
    let stuck = executor.try_block_on(async {
        let answer = spawn(std::future::pending::<()>()).named("answer");
        answer.await
    });
    let text = stuck.unwrap_err().to_string();
    assert!(text.contains("main: waits for answer"), "{text}");
}

use std::{cell::Cell, env, fs, rc::Rc};

use combinators::gather;
use executor::{explore, yield_now};
use viewer::View;

/// Runs a test in several orders, and writes a page of the run that fails.
#[track_caller]
fn in_any_order<F: Future<Output = ()>>(
    seeds: impl IntoIterator<Item = u64>,
    test: impl Fn(u64) -> F,
) {
    if let Err(failure) = explore(seeds, test) {
        let page = env::temp_dir().join("failure.html");
        fs::write(&page, failure.recording.to_html().unwrap()).unwrap();
        panic!("{failure}\nits steps: {}", page.display());
    }
}

async fn deposits_add_up() {
    let account = Rc::new(Cell::new(0));
    let deposits = [1, 2].map(|turns| {
        let account = Rc::clone(&account);
        async move {
            for _ in 0..turns {
                yield_now().await; // Somebody is asked for the money.
            }
            let before = account.get();
            yield_now().await;
            account.set(before + 10);
        }
    });
    gather(deposits).await.unwrap();
    assert_eq!(account.get(), 20, "a deposit is lost");
}

#[test]
fn deposits_add_up_in_the_order_of_the_spawns() {
    run(deposits_add_up());
}

#[test]
#[should_panic(expected = "a deposit is lost")]
fn in_another_order_they_do_not() {
    in_any_order(0..200, |_seed| deposits_add_up());
}
