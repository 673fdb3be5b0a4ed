#[path = "../../../src/step_2/parker.rs"]
mod exercise;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use crate::tools::in_time;
use exercise::Parker;

fn parker() -> (Arc<Parker>, Waker) {
    let parker = Arc::new(Parker::default());
    (Arc::clone(&parker), Waker::from(parker))
}

#[test]
fn a_park_after_a_wake_returns_at_once() {
    in_time("the park waits for a wake that has come before", || {
        let (parker, waker) = parker();
        waker.wake();
        parker.park();
    });
}

#[test]
fn a_wake_from_another_thread_ends_the_park() {
    in_time("the park waits for a wake that has come before, or meanwhile", || {
        let (parker, waker) = parker();
        let waking = thread::spawn(|| waker.wake());
        parker.park();
        waking.join().unwrap();
    });
}

#[test]
fn several_wakes_before_a_park_end_that_one_and_no_other() {
    in_time("the park waits for a wake that has come before", || {
        let (parker, waker) = parker();
        waker.wake_by_ref();
        waker.wake_by_ref();
        parker.park();
        let is_woken = Arc::new(AtomicBool::new(false));
        let wakes = Arc::clone(&is_woken);
        let waking = thread::spawn(move || {
            // Long enough for a park to return that doesn't wait for this.
            thread::sleep(Duration::from_millis(50));
            wakes.store(true, Ordering::SeqCst);
            waker.wake();
        });
        parker.park();
        assert!(is_woken.load(Ordering::SeqCst), "the second park returned without a wake");
        waking.join().unwrap();
    });
}
