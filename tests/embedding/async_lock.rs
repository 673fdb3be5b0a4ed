//! async-lock: what tasks on several threads share, and how they meet.

use std::sync::Arc;
use std::thread;

use async_lock::{Barrier, Mutex, OnceCell, RwLock, Semaphore};
use combinators::gather;
use executor::{block_on, yield_now};

use crate::example;

/// Runs four executors on four threads, ten tasks on each.
fn forty_tasks<F: Future<Output = ()> + 'static>(task: impl Fn() -> F + Clone + Send + 'static) {
    let threads = [(); 4].map(|()| {
        let task = task.clone();
        thread::spawn(|| block_on(async move { gather((0..10).map(|_| task())).await.unwrap() }))
    });
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_mutex_keeps_threads_apart() {
    let total = Arc::new(Mutex::new(0));
    let shared = Arc::clone(&total);
    forty_tasks(move || {
        let total = Arc::clone(&shared);
        async move {
            for _ in 0..20 {
                let mut total = total.lock().await;
                let before = *total;
                yield_now().await; // The lock is held while others run.
                *total = before + 1;
            }
        }
    });
    assert_eq!(Arc::into_inner(total).unwrap().into_inner(), 800);
}

#[test]
fn a_barrier_is_where_threads_meet() {
    let (arrived, barrier) = (Arc::new(RwLock::new(0)), Arc::new(Barrier::new(40)));
    forty_tasks(move || {
        let (arrived, barrier) = (Arc::clone(&arrived), Arc::clone(&barrier));
        async move {
            *arrived.write().await += 1;
            barrier.wait().await;
            assert_eq!(*arrived.read().await, 40);
        }
    });
}

#[test]
fn a_semaphore_lets_so_many_in() {
    let gate = Arc::new(Semaphore::new(3));
    let inside = Arc::new(Mutex::new(0));
    forty_tasks(move || {
        let (gate, inside) = (Arc::clone(&gate), Arc::clone(&inside));
        async move {
            let _permit = gate.acquire().await;
            *inside.lock().await += 1;
            yield_now().await;
            assert!(*inside.lock().await <= 3);
            *inside.lock().await -= 1;
        }
    });
}

#[test]
fn what_all_need_is_made_once() {
    example(async || {
        let (count, cell) = (Mutex::new(0), OnceCell::new());
        let make = async || {
            yield_now().await;
            *count.lock().await += 1;
            "made"
        };
        let (a, b) = futures::join!(cell.get_or_init(make), cell.get_or_init(make));
        assert_eq!((*a, *b, *count.lock().await), ("made", "made", 1));
    });
}
