use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use executor::{sleep, spawn, yield_now};

/// The waker of a task that has ended is woken, while another task sleeps.
pub(crate) async fn run() {
    let kept = Rc::new(RefCell::new(None::<Waker>));
    let keeper = Rc::clone(&kept);
    let former = spawn(poll_fn(move |cx| {
        keeper.replace(Some(cx.waker().clone()));
        Poll::Ready(())
    }));
    former.named("former").await.unwrap();
    let sleeper = spawn(sleep(Duration::from_millis(10))).named("sleeper");
    yield_now().await;
    kept.take().unwrap().wake();
    sleeper.await.unwrap();
}
