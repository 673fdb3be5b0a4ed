//! What must hold in whichever order things happen. Four of the models are too
//! large for all orders: see `model_with_few_preemptions`.
//!
//! loom fails a model in which every thread waits, which is what a lost wake
//! comes to, and one that leaks an `Arc`.

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::run::id::TaskId;
use crate::run::inbox::{Heard, Inbox, TaskWaker};
use crate::run::slots::Slot;
use crate::run::waker::Wakers;
use crate::task::Waker;
use crate::watch::courier::Couriers;

const TASK: TaskId = TaskId { index: 1, generation: 0 };
const NEXT: TaskId = TaskId { index: 2, generation: 0 };

/// Runs a model with at most three switches of threads that aren't waits, where
/// all orders would take hours.
fn model_with_few_preemptions(program: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(program);
}

fn join(threads: [thread::JoinHandle<()>; 2]) {
    for thread in threads {
        thread.join().unwrap();
    }
}

fn waker_of(inbox: &Inbox) -> Arc<TaskWaker> {
    Arc::new(TaskWaker::new(Arc::clone(inbox.door()), TASK))
}

/// The task that was woken, in models that send no errands.
fn task_of(heard: Heard) -> TaskId {
    match heard {
        Heard::Wake(task) => task,
        Heard::Errand(_) => unreachable!("nobody has sent one"),
    }
}

/// Polls until `is_ready`, with the loop's way of hearing: look, poll if woken,
/// park if there is nothing to do. Then the executor is dropped.
fn block_on(inbox: &Inbox, is_ready: impl Fn() -> bool) {
    let mut woken = true;
    loop {
        woken |= inbox.drain().count() > 0;
        if woken && is_ready() {
            return inbox.close();
        }
        woken = inbox.is_empty() && inbox.wait(None).is_some();
    }
}

/// Raises a flag, and then wakes, on a thread of its own.
fn raises(flag: &Arc<AtomicBool>, waker: &Arc<TaskWaker>) -> thread::JoinHandle<()> {
    let (flag, waker) = (flag.clone(), waker.clone());
    thread::spawn(move || {
        flag.store(true, Relaxed);
        waker.send();
    })
}

/// I6: also if the wake comes while the loop is about to park, and though the
/// two make the channel at the same time.
#[test]
fn a_wake_ends_the_park() {
    loom::model(|| {
        let inbox = Inbox::new(None);
        let flag = Arc::new(AtomicBool::new(false));
        let thread = raises(&flag, &waker_of(&inbox));
        block_on(&inbox, || flag.load(Relaxed));
        thread.join().unwrap();
    });
}

/// The second wake may find the task told: then the poll that follows sees what
/// was done before that wake too.
#[test]
fn of_two_wakes_by_one_waker_none_is_lost() {
    model_with_few_preemptions(|| {
        let inbox = Inbox::new(None);
        let waker = waker_of(&inbox);
        let flags = [0; 2].map(|_| Arc::new(AtomicBool::new(false)));
        let threads = flags.each_ref().map(|flag| raises(flag, &waker));
        block_on(&inbox, || flags.iter().all(|flag| flag.load(Relaxed)));
        join(threads);
    });
}

/// The flag is cleared before the poll (I4): a wake for each of several steps.
#[test]
fn of_wakes_one_after_the_other_none_is_lost() {
    model_with_few_preemptions(|| {
        let inbox = Inbox::new(None);
        let waker = waker_of(&inbox);
        let steps = Arc::new(AtomicUsize::new(0));
        let done = steps.clone();
        let thread = thread::spawn(move || {
            for step in 1..=3 {
                done.store(step, Relaxed);
                waker.send();
            }
        });
        block_on(&inbox, || steps.load(Relaxed) == 3);
        thread.join().unwrap();
    });
}

#[test]
fn wakes_of_two_tasks_are_both_heard() {
    model_with_few_preemptions(|| {
        let inbox = Inbox::new(None);
        let threads = [TASK, NEXT].map(|task| {
            let waker = Arc::new(TaskWaker::new(Arc::clone(inbox.door()), task));
            thread::spawn(move || waker.send())
        });
        let mut heard = [(); 2].map(|()| inbox.wait(None).map(task_of));
        heard.sort();
        assert_eq!(heard, [Some(TASK), Some(NEXT)]);
        join(threads);
    });
}

/// Nothing hangs, and nothing is left: not even a wake that nobody has heard.
#[test]
fn a_wake_while_the_executor_is_dropped_is_harmless() {
    model_with_few_preemptions(|| {
        let inbox = Inbox::new(None);
        let wakers = [waker_of(&inbox), waker_of(&inbox)];
        let threads = wakers.map(|waker| thread::spawn(move || waker.send()));
        inbox.close();
        join(threads);
    });
}

#[test]
fn a_wake_after_the_executor_was_dropped_is_harmless() {
    loom::model(|| {
        let inbox = Inbox::new(None);
        let waker = waker_of(&inbox);
        inbox.wait(Some(crate::time::Instant::now()));
        let thread = thread::spawn({
            let waker = waker.clone();
            move || waker.send()
        });
        inbox.close();
        waker.send();
        thread.join().unwrap();
    });
}

/// Polls a task that leaves a clone of its waker to the model.
fn poll_keeping(wakers: &mut Wakers, task: TaskId, slot: &Slot) -> Waker {
    let kept = wakers.lend(task, slot).clone();
    assert!(wakers.keep_if_cloned(task, slot));
    kept
}

/// I3: a waker is made out to another task only when nobody holds it any more,
/// and no message with it is on its way.
#[test]
fn a_wake_never_reaches_the_task_that_the_waker_is_lent_to_next() {
    loom::model(|| {
        let inbox = Inbox::new(None);
        let mut wakers = Wakers::new(Arc::clone(inbox.door()));
        let (slot, next_slot) = (Slot::default(), Slot::default());
        let kept = poll_keeping(&mut wakers, TASK, &slot);
        let thread = thread::spawn(move || kept.wake());
        wakers.unbind(TASK, &slot);
        wakers.lend(NEXT, &next_slot);
        wakers.keep_if_cloned(NEXT, &next_slot);
        assert!(inbox.drain().map(task_of).all(|task| task == TASK));
        thread.join().unwrap();
        assert!(inbox.drain().map(task_of).all(|task| task == TASK));
    });
}

/// A clone that is dropped on another thread, and one that is woken there.
#[test]
fn a_waker_that_comes_back_alone_is_lent_again_and_wakes() {
    loom::model(|| {
        let inbox = Inbox::new(None);
        let mut wakers = Wakers::new(Arc::clone(inbox.door()));
        let (slot, next_slot) = (Slot::default(), Slot::default());
        let kept = poll_keeping(&mut wakers, TASK, &slot);
        let former = thread::spawn(move || drop(kept));
        wakers.unbind(TASK, &slot);
        let woken = poll_keeping(&mut wakers, NEXT, &next_slot);
        let latter = thread::spawn(move || woken.wake_by_ref());
        assert_eq!(inbox.wait(None).map(task_of), Some(NEXT));
        former.join().unwrap();
        latter.join().unwrap();
    });
}

/// Of wakers that one may wait for, there is always one: the thread's own, or the
/// one in its message.
#[test]
fn a_run_is_not_given_up_while_a_wake_may_come() {
    loom::model(|| {
        let inbox = Inbox::new(None);
        let mut wakers = Wakers::new(Arc::clone(inbox.door()));
        let slot = Slot::default();
        let kept = poll_keeping(&mut wakers, TASK, &slot);
        let thread = thread::spawn(move || kept.wake());
        if inbox.is_empty() {
            assert!(wakers.any_is_held(|_| ()));
            assert_eq!(inbox.wait(None).map(task_of), Some(TASK));
        }
        thread.join().unwrap();
    });
}

/// Also of errands: a courier is about, or has left one.
#[test]
fn a_run_is_not_given_up_while_an_errand_may_come() {
    loom::model(|| {
        let (inbox, couriers) = (Inbox::new(None), Couriers::default());
        let courier = couriers.get(inbox.door());
        let thread = thread::spawn(move || courier.send(|| ()).unwrap());
        if inbox.is_empty() {
            // Of itself loom doesn't try what happens if the courier goes here.
            thread::yield_now();
            assert!(couriers.may_send_to(&inbox));
            assert!(matches!(inbox.wait(None), Some(Heard::Errand(_))));
        }
        thread.join().unwrap();
        inbox.drain().for_each(drop);
        assert!(!couriers.may_send_to(&inbox));
    });
}

/// It is dropped, or comes back: nothing is left.
#[test]
fn an_errand_while_the_executor_is_dropped_is_harmless() {
    loom::model(|| {
        let (inbox, couriers) = (Inbox::new(None), Couriers::default());
        let dropped = Arc::new(());
        let threads = [(); 2].map(|()| {
            let (courier, holds) = (couriers.get(inbox.door()), dropped.clone());
            thread::spawn(move || drop(courier.send(move || drop(holds))))
        });
        inbox.close();
        join(threads);
        assert_eq!(Arc::strong_count(&dropped), 1);
    });
}

/// A loop of one's own, which turns the executor when it is told to.
#[test]
fn who_is_told_of_a_wake_finds_it_in_the_inbox() {
    loom::model(|| {
        let told = Arc::new(Notify::new());
        let teller = told.clone();
        let tell: real::sync::Arc<dyn Fn() + Send + Sync> =
            real::sync::Arc::new(move || teller.notify());
        let inbox = Inbox::new(Some(Arc::from_std(tell)));
        let waker = waker_of(&inbox);
        let thread = thread::spawn(move || waker.send());
        // loom's `Notify` may also wake without reason.
        while inbox.drain().next().is_none() {
            told.wait();
        }
        thread.join().unwrap();
    });
}
