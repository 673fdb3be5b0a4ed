//! How tokio differs, as the guide says it on its page about tokio.

use std::future::{pending, ready};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use executor::{spawn, yield_now};
use futures::future::select;
use tokio::runtime::{Builder, LocalOptions, Runtime};
use tokio::sync::oneshot;

use crate::example;

/// Gives up an await after one poll of it.
async fn abandon(task: impl IntoFuture) {
    let awaited = pin!(task.into_future());
    select(awaited, ready(())).await;
}

/// A task that never ends, and an `Arc` that it shares until it is dropped.
fn endless() -> (Arc<()>, impl Future<Output = ()> + Send) {
    let held = Arc::new(());
    let guard = Arc::clone(&held);
    let task = async {
        pending::<()>().await;
        drop(guard);
    };
    (held, task)
}

fn is_alive(held: &Arc<()>) -> bool {
    Arc::strong_count(held) > 1
}

/// Tokio's runtime with one thread for its tasks.
fn tokio() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap()
}

#[test]
fn what_is_not_send_runs_there_on_a_local_runtime() {
    let runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
    let ours = Rc::new("ours");
    let task = runtime.spawn_local(async move {
        tokio::task::yield_now().await;
        *ours
    });
    assert_eq!(runtime.block_on(task).unwrap(), "ours");
}

#[test]
fn an_abandoned_await_cancels_here_and_not_there() {
    example(async || {
        let (held, task) = endless();
        abandon(spawn(task)).await;
        yield_now().await;
        assert!(!is_alive(&held));
    });
    tokio().block_on(async {
        let (held, task) = endless();
        abandon(tokio::spawn(task)).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(is_alive(&held));
    });
}

#[test]
fn a_handle_that_is_dropped_detaches_here_and_there() {
    example(async || {
        let (sender, receiver) = oneshot::channel();
        drop(spawn(async { sender.send("ran") }));
        assert_eq!(receiver.await, Ok("ran"));
    });
    tokio().block_on(async {
        let (sender, receiver) = oneshot::channel();
        drop(tokio::spawn(async { sender.send("ran") }));
        assert_eq!(receiver.await, Ok("ran"));
    });
}

/// Three tasks that one task spawns, in the order in which they run.
#[test]
fn tasks_run_first_in_first_out_here_and_not_there() {
    let log = |log: &Sender<u32>, number: u32| {
        let log = log.clone();
        async move { log.send(number).unwrap() }
    };
    let (here, ours) = channel();
    example(async move || drop([1, 2, 3].map(|number| spawn(log(&here, number)))));
    assert_eq!(ours.iter().collect::<Vec<_>>(), [1, 2, 3]);

    let (there, theirs) = channel();
    let tasks = async move { drop([1, 2, 3].map(|number| tokio::spawn(log(&there, number)))) };
    let runtime = tokio();
    runtime.spawn(tasks);
    assert_eq!(theirs.iter().collect::<Vec<_>>(), [3, 1, 2], "what was woken last comes first");
}
