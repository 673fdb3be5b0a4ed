#[path = "../../../src/step_3/order.rs"]
mod exercise;

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use exercise::Executor;

type Log = Rc<RefCell<String>>;

/// A future that notes each poll, and wakes itself in all but the last.
fn noting(log: &Log, letter: char, last: usize) -> impl Future<Output = ()> + use<> {
    let (log, mut polls) = (Rc::clone(log), 0);
    poll_fn(move |cx| {
        polls += 1;
        assert!(polls < 1_000, "a turn polls a task that wakes itself over and over");
        log.borrow_mut().push(letter);
        if polls == last {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

#[test]
fn tasks_are_polled_in_the_order_in_which_they_were_woken() {
    let (mut executor, log) = (Executor::default(), Log::default());
    for letter in ['a', 'b', 'c'] {
        executor.spawn(noting(&log, letter, 1));
    }
    executor.turn();
    assert_eq!(*log.borrow(), "abc");
}

#[test]
fn a_task_that_wakes_itself_is_polled_once_in_each_turn() {
    let (mut executor, log) = (Executor::default(), Log::default());
    executor.spawn(noting(&log, 'a', usize::MAX));
    executor.spawn(noting(&log, 'b', 2));
    for polled in ["ab", "abab", "ababa"] {
        executor.turn();
        assert_eq!(*log.borrow(), polled);
    }
}
