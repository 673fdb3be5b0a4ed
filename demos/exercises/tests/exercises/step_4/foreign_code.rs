#[path = "../../../src/step_4/foreign_code.rs"]
mod exercise;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use crate::tools::Wakes;
use exercise::{set, wake_due};

/// A waker that sets another timer when it is called.
struct Sets(u64, Waker);

impl Wake for Sets {
    fn wake(self: Arc<Self>) {
        set(self.0, self.1.clone());
    }
}

/// A waker that sets itself again when it is called.
#[derive(Default)]
struct Again(AtomicUsize);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        let wakes = self.0.fetch_add(1, Ordering::SeqCst);
        assert!(wakes < 1_000, "one call of `wake_due` wakes the same waker over and over");
        set(10, Waker::from(self));
    }
}

#[test]
fn timers_wake_when_they_are_due() {
    let ((soon, soon_waker), (late, late_waker)) = (Wakes::new(), Wakes::new());
    set(20, late_waker);
    set(10, soon_waker);
    for (now, expected) in [(9, (0, 0)), (10, (1, 0)), (20, (1, 1)), (30, (1, 1))] {
        wake_due(now);
        assert_eq!((soon.count(), late.count()), expected, "at {now}");
    }
}

#[test]
fn a_waker_may_set_a_timer() {
    let (wakes, waker) = Wakes::new();
    set(10, Waker::from(Arc::new(Sets(20, waker))));
    wake_due(10);
    assert_eq!(wakes.count(), 0);
    wake_due(20);
    assert_eq!(wakes.count(), 1);
}

#[test]
fn a_timer_that_a_waker_sets_is_for_the_next_call_even_if_it_is_due() {
    let again = Arc::new(Again::default());
    set(10, Waker::from(Arc::clone(&again)));
    for wakes in 1..4 {
        wake_due(10);
        assert_eq!(again.0.load(Ordering::SeqCst), wakes);
    }
}
