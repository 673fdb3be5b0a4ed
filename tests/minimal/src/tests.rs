//! What the minimal executor can do.

use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use crate::{Clock, Executor, block_on, now, sleep, spawn, yield_now};

fn virtual_clock() -> Executor {
    Executor::builder().clock(Clock::Virtual).build()
}

/// The first lines of the notebook: coroutines that sleep, run side by side.
#[test]
fn ten_tasks_sleep_side_by_side() {
    virtual_clock().block_on(async {
        let started = now();
        let tasks = [(); 10].map(|()| spawn(sleep(Duration::from_secs(1))));
        for task in tasks {
            (&mut { task }).await.unwrap();
        }
        assert_eq!(now() - started, Duration::from_secs(1));
    });
}

#[test]
fn tasks_run_in_the_order_in_which_they_were_spawned() {
    let order = Rc::new(RefCell::new(Vec::new()));
    block_on(async {
        for number in 0..3 {
            let order = Rc::clone(&order);
            spawn(async move { order.borrow_mut().push(number) });
        }
        yield_now().await;
    });
    assert_eq!(order.take(), [0, 1, 2]);
}

#[test]
fn a_panic_is_an_outcome() {
    block_on(async {
        let mut task = spawn(async { panic!("five") });
        let error: crate::JoinError = (&mut task).await.unwrap_err();
        assert_eq!(error.panic_message(), Some("five"));
    });
}

#[test]
fn another_thread_may_wake_a_task() {
    let (sender, receiver) = std::sync::mpsc::channel();
    block_on(async {
        let mut polls = 0;
        let task = spawn(poll_fn(move |cx| {
            polls += 1;
            if polls == 1 {
                let (waker, sender) = (cx.waker().clone(), sender.clone());
                thread::spawn(move || {
                    sender.send(()).unwrap();
                    waker.wake();
                });
                return Poll::Pending;
            }
            receiver.recv().unwrap();
            Poll::Ready(())
        }));
        (&mut { task }).await.unwrap();
    });
}

#[test]
fn a_run_that_can_never_end_is_given_up() {
    assert!(virtual_clock().try_block_on(pending::<()>()).is_err());
}
