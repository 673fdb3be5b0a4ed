//! Many threads do to wakers all that one may, while the executor works and
//! while it ends. To be run under the thread sanitizer as well.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use executor::{Executor, Task, sleep, spawn, yield_now};
use wheelhouse_tests::{Counting, run_until_stalled, with_time_limit};

const THREADS: usize = 8;
const LIMIT: Duration = Duration::from_mins(5);

/// Wakers that tasks leave, for threads to find.
#[derive(Clone, Default)]
struct Board(Arc<Shared>);

#[derive(Default)]
struct Shared {
    wakers: Mutex<[Option<Waker>; 16]>,
    stop: AtomicBool,
}

impl Board {
    fn leave(&self, place: usize, waker: Waker) {
        let before = self.0.wakers.lock().unwrap()[place % 16].replace(waker);
        drop(before);
    }

    fn look(&self, place: usize) -> Option<Waker> {
        self.0.wakers.lock().unwrap()[place % 16].clone()
    }

    /// Threads that take turns in all that can be done to a waker.
    fn start(&self) -> [JoinHandle<()>; THREADS] {
        std::array::from_fn(|thread| {
            let board = self.clone();
            thread::spawn(move || board.play(thread))
        })
    }

    fn play(&self, thread: usize) {
        for step in (thread..).take_while(|_| !self.0.stop.load(Ordering::Relaxed)) {
            let Some(waker) = self.look(step) else { continue };
            match step % 5 {
                0 => waker.wake(),
                1 => waker.wake_by_ref(),
                2 => drop(waker),
                3 => self.leave(step + thread, waker),
                _ => wake_by_the_clone(waker),
            }
        }
    }

    fn stop(&self, threads: [JoinHandle<()>; THREADS]) {
        self.0.stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

fn wake_by_the_clone(waker: Waker) {
    let clone = waker.clone();
    drop(waker);
    clone.wake();
}

/// A task that leaves its waker on the board in each of a few polls.
fn player(board: &Board, number: usize) -> Task<()> {
    let (board, mut polls) = (board.clone(), 0);
    spawn(poll_fn(move |cx| {
        polls += 1;
        board.leave(number + polls, cx.waker().clone());
        if polls % 2 == 0 {
            cx.waker().wake_by_ref();
        }
        if polls < 6 { Poll::Pending } else { Poll::Ready(()) }
    }))
}

/// I3: tasks come and go, slots and wakers are used again, and stale wakers
/// wake nobody else.
#[test]
fn eight_threads_wake_tasks_that_come_and_go() {
    with_time_limit(LIMIT, || {
        let board = Board::default();
        let threads = board.start();
        let executor = Executor::new();
        executor.block_on(async {
            let untouched = Counting::forever();
            let counts = untouched.counts();
            let _untouched = spawn(untouched);
            for round in 0..200 {
                let players: Vec<_> = (0..20).map(|number| player(&board, number)).collect();
                sleep(Duration::from_micros(100)).await;
                players.into_iter().skip(round % 20).for_each(|task| {
                    task.cancel();
                });
                yield_now().await;
            }
            counts.assert(1, 0, 0);
        });
        board.stop(threads);
    });
}

#[test]
fn eight_threads_wake_while_executors_are_dropped() {
    with_time_limit(LIMIT, || {
        let board = Board::default();
        let threads = board.start();
        for number in 0..200 {
            let executor = Executor::new();
            let future = Counting::forever().keeping_waker();
            let counts = future.counts();
            let _task = executor.spawn(future);
            run_until_stalled(&executor);
            board.leave(number, counts.waker());
            counts.forget_waker();
            let _ = executor.turn();
            drop(executor);
            assert_eq!(counts.future_drops(), 1);
        }
        board.stop(threads);
    });
}

/// Each thread goes on when its wake was answered, so one that is lost hangs.
/// Also invariant I6.
#[test]
fn no_wake_of_eight_threads_is_lost() {
    const WAKES: u64 = 1_000;
    with_time_limit(LIMIT, || {
        let asked: [_; THREADS] = std::array::from_fn(|_| Arc::new(AtomicU64::new(0)));
        let answered = Arc::new(AtomicU64::new(0));
        Executor::new().block_on(async {
            let waker = poll_fn(|cx| Poll::Ready(cx.waker().clone())).await;
            let threads = asked.each_ref().map(|asked| {
                let (asked, answered) = (Arc::clone(asked), Arc::clone(&answered));
                let waker = waker.clone();
                thread::spawn(move || ask(&asked, &answered, &waker, WAKES))
            });
            poll_fn(|_| {
                let least = asked.iter().map(|asked| asked.load(Ordering::Relaxed)).min();
                answered.store(least.unwrap(), Ordering::Release);
                if least == Some(WAKES) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            for thread in threads {
                thread.join().unwrap();
            }
        });
    });
}

/// Asks, wakes, and waits until all have asked as often.
fn ask(asked: &AtomicU64, answered: &AtomicU64, waker: &Waker, times: u64) {
    for number in 1..=times {
        asked.store(number, Ordering::Relaxed);
        waker.wake_by_ref();
        while answered.load(Ordering::Acquire) < number {
            thread::yield_now();
        }
    }
}

/// Neither the task nor the executor is there any more.
#[test]
fn wakers_of_what_is_gone_are_harmless_on_eight_threads() {
    let executor = Executor::new();
    let waker = executor
        .block_on(async { spawn(poll_fn(|cx| Poll::Ready(cx.waker().clone()))).await.unwrap() });
    drop(executor);
    let done = Arc::new(AtomicUsize::new(0));
    let threads: [_; THREADS] = std::array::from_fn(|_| {
        let (waker, done) = (waker.clone(), Arc::clone(&done));
        thread::spawn(move || {
            for _ in 0..1_000 {
                waker.wake_by_ref();
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    drop(waker);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(done.load(Ordering::Relaxed), THREADS * 1_000);
}
