#[path = "../../../src/step_3/lost_wake.rs"]
mod exercise;

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use exercise::Executor;

/// A future that counts its polls, and wakes its task in each but the last.
fn counted(count: &Rc<Cell<u32>>, last: u32, wake: fn(&Waker)) -> impl Future<Output = ()> + use<> {
    let count = Rc::clone(count);
    poll_fn(move |cx| {
        count.set(count.get() + 1);
        if count.get() == last {
            return Poll::Ready(());
        }
        wake(cx.waker());
        Poll::Pending
    })
}

#[test]
fn a_wake_during_the_poll_causes_a_further_poll() {
    let (mut executor, polls) = (Executor::new(), Rc::default());
    executor.spawn(counted(&polls, 3, Waker::wake_by_ref));
    assert_eq!(executor.run(), 0, "the task was woken, but isn't polled again");
    assert_eq!(polls.get(), 3);
}

#[test]
fn several_wakes_during_the_poll_cause_one_further_poll() {
    let (mut executor, polls) = (Executor::new(), Rc::default());
    let wake_twice = |waker: &Waker| {
        waker.wake_by_ref();
        waker.wake_by_ref();
    };
    executor.spawn(counted(&polls, 3, wake_twice));
    executor.spawn(async {});
    assert_eq!(executor.run(), 0, "the task was woken, but isn't polled again");
    assert_eq!(polls.get(), 3);
}

#[test]
fn several_wakes_before_the_poll_cause_one_poll() {
    let (mut executor, polls) = (Executor::new(), Rc::default());
    let waker = executor.spawn(counted(&polls, 9, |_| ()));
    assert_eq!((executor.run(), polls.get()), (1, 1));
    waker.wake_by_ref();
    waker.wake_by_ref();
    assert_eq!((executor.run(), polls.get()), (1, 2));
}
