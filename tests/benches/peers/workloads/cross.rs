//! Other threads wake tasks. What counts here is time on the wall.

use std::future::poll_fn;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Acquire, Release, SeqCst},
};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread::{self, Thread};

use super::{Size, sum};
use crate::contestants::Executor;
use crate::measure::{Reading, Stopwatch, float, stay_on_one_processor};

/// A question from another thread, and the answer.
#[derive(Default)]
struct Line {
    asked: AtomicU64,
    answered: AtomicU64,
    listener: Mutex<Option<Waker>>,
}

impl Line {
    /// Waits for question number `number`.
    async fn heard(&self, number: u64) {
        poll_fn(|cx| {
            if self.asked.load(SeqCst) < number {
                *self.listener.lock().expect(UNPOISONED) = Some(cx.waker().clone());
            }
            // Asked again, for it may have been asked before there was a waker.
            if self.asked.load(SeqCst) < number { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    fn answer(&self, number: u64, asker: &Thread) {
        self.answered.store(number, SeqCst);
        asker.unpark();
    }

    fn ask(&self, number: u64) {
        self.asked.store(number, SeqCst);
        let listener = self.listener.lock().expect(UNPOISONED).take();
        listener.into_iter().for_each(Waker::wake);
        self.await_answer(number);
    }

    fn await_answer(&self, number: u64) {
        while self.answered.load(SeqCst) < number {
            thread::park();
        }
    }
}

const UNPOISONED: &str = "no thread panics";

/// Both threads stay on one processor. On two it is the system's way of waking
/// an idle one that is measured, which takes ten times as long.
pub(super) fn wake<E: Executor>(size: Size) -> Vec<Reading> {
    stay_on_one_processor();
    let ops = size.ops();
    let program = async move |_: E| {
        let line = Arc::new(Line::default());
        let watch = Stopwatch::start();
        let asker = {
            let line = Arc::clone(&line);
            thread::spawn(move || (1..=ops).for_each(|number| line.ask(number)))
        };
        for number in 1..=ops {
            line.heard(number).await;
            line.answer(number, asker.thread());
        }
        asker.join().expect(UNPOISONED);
        watch.per_op(ops)
    };
    E::run(program, || ())
}

/// The same between two threads, without futures.
pub(super) fn wake_thread(size: Size) -> Vec<Reading> {
    stay_on_one_processor();
    let ops = size.ops();
    let line = Arc::new(Line::default());
    let watch = Stopwatch::start();
    let (listener, this) = (Arc::clone(&line), thread::current());
    let listener = thread::spawn(move || {
        for number in 1..=ops {
            while listener.asked.load(SeqCst) < number {
                thread::park();
            }
            listener.answer(number, &this);
        }
    });
    for number in 1..=ops {
        line.asked.store(number, SeqCst);
        listener.thread().unpark();
        line.await_answer(number);
    }
    listener.join().expect(UNPOISONED);
    watch.per_op(ops)
}

/// `n` is a multiple of it.
const THREADS: usize = 4;

/// A task that is woken again and again. Each time it may see a greater number.
#[derive(Default)]
struct Target {
    number: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

impl Target {
    /// Ends when it has seen the last number. Should a wake be lost, never.
    async fn see(&self, last: u64) -> u64 {
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            if polls == 1 {
                *self.waker.lock().expect(UNPOISONED) = Some(cx.waker().clone());
            }
            if self.number.load(Acquire) < last { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        polls
    }

    fn waker(&self) -> Waker {
        let waker = self.waker.lock().expect(UNPOISONED).clone();
        waker.expect("the task has been polled")
    }
}

/// Wakes each of some tasks with each number up to the last.
fn send(targets: &[Target], last: u64) {
    let wakers: Vec<_> = targets.iter().map(Target::waker).collect();
    for number in 1..=last {
        for (target, waker) in targets.iter().zip(&wakers) {
            target.number.store(number, Release);
            waker.wake_by_ref();
        }
    }
}

/// Measures from the start of the threads until all tasks have seen the last
/// number.
pub(super) fn flood<E: Executor>(size: Size) -> Vec<Reading> {
    let Size { n, rounds } = size;
    let program = async move |executor: E| {
        let targets: Arc<[Target]> = (0..n).map(|_| Target::default()).collect();
        let see = |i: usize| {
            let targets = Arc::clone(&targets);
            executor.spawn(async move { targets[i].see(rounds).await })
        };
        let tasks = (0..targets.len()).map(see).collect();
        // Polled after all of them, so that they have left their wakers.
        E::value::<()>(executor.spawn(async {}).await);
        let watch = Stopwatch::start();
        for thread in 0..THREADS {
            let targets = Arc::clone(&targets);
            let share = targets.len() / THREADS;
            thread::spawn(move || send(&targets[thread * share..][..share], rounds));
        }
        let polls = sum::<E>(tasks).await;
        [watch.per_op(size.ops()), vec![("polls", float(polls))]].concat()
    };
    E::run(program, || ())
}
