#[path = "../../../src/step_2/token.rs"]
mod exercise;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use crate::tools::in_time;
use exercise::block_on;

#[test]
fn a_wake_counts_even_if_the_poll_takes_the_token_away() {
    in_time("the loop parks, although its future was woken", || {
        let mut was_polled = false;
        block_on(poll_fn(|cx| {
            if was_polled {
                return Poll::Ready(());
            }
            was_polled = true;
            cx.waker().wake_by_ref();
            thread::park(); // This returns at once, as the wake has left a token.
            Poll::Pending
        }));
    });
}

#[test]
fn a_token_that_is_left_over_causes_no_poll() {
    in_time("the loop parks, although its future was woken", || {
        thread::current().unpark();
        let is_woken = Arc::new(AtomicBool::new(false));
        let mut was_polled = false;
        block_on(poll_fn(|cx| {
            if was_polled {
                assert!(is_woken.load(Ordering::SeqCst), "polled, though nobody has woken it");
                return Poll::Ready(());
            }
            was_polled = true;
            let (waker, is_woken) = (cx.waker().clone(), Arc::clone(&is_woken));
            thread::spawn(move || {
                // Long enough for a loop to go on that doesn't wait for this.
                thread::sleep(Duration::from_millis(50));
                is_woken.store(true, Ordering::SeqCst);
                waker.wake();
            });
            Poll::Pending
        }));
    });
}

#[test]
fn a_wake_during_the_poll_causes_one_further_poll() {
    in_time("the loop parks, although its future was woken", || {
        let mut polls = 0;
        block_on(poll_fn(|cx| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
    });
}
