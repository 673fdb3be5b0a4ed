//! The life of an executor: it is turned, and has futures to block on, until it
//! is dropped.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Instant;

use executor::{Clock, Executor, Next, Task, TaskRef, sleep, spawn};

use super::acts::act;
use super::fate::Fate;
use super::faults::expect;
use super::hostile::{Hook, contained, forget, hear_of_wake};
use super::realm::{Ending, Realm, slot_of};
use super::watched::Watched;
use super::world::World;

/// How deep executors, scopes and limits may stand in each other.
pub(super) const DEEPEST: usize = 5;

/// No program takes as many.
const MOST_TURNS: usize = 20_000;

type Panic = Box<dyn std::any::Any + Send>;

/// Lives within a task, or a destructor. A main future's panic goes on.
pub(super) fn live_within(realm: &Rc<Realm>) {
    if realm.depth + 1 >= DEEPEST {
        return;
    }
    match live(&Realm::new(&realm.world, realm.depth + 1)) {
        Some(panic) if realm.world.may_panic() => resume_unwind(panic),
        panic => panic.into_iter().for_each(forget),
    }
}

/// Returns the panic of a main future.
pub(super) fn live(realm: &Rc<Realm>) -> Option<Panic> {
    let world = &realm.world;
    world.realms.borrow_mut().push(Rc::clone(realm));
    world.begin_poll(&Fate::of_task(0));
    let executor = build(realm);
    let panic = use_up(&executor, realm);
    if world.number(4) > 0 {
        bring_to_rest(&executor, realm);
    }
    end(executor, realm);
    world.end_poll();
    world.realms.borrow_mut().pop();
    panic
}

fn build(realm: &Rc<Realm>) -> Rc<Executor> {
    let recorder = &realm.world.recorder;
    let mut builder = recorder.configure(Executor::builder().clock(Clock::Virtual));
    if realm.world.coin() {
        let hook = Hook::new(realm);
        builder = builder.on_unread_panic(move |_| hook.hear());
    }
    if realm.world.coin() {
        builder = builder.on_wake(hear_of_wake);
    }
    let executor = Rc::new(builder.build());
    if realm.world.coin() {
        recorder.begin(&executor);
    }
    realm.executor.replace(Rc::downgrade(&executor));
    executor
}

fn use_up(executor: &Executor, realm: &Rc<Realm>) -> Option<Panic> {
    realm.spawn_from_outside(executor);
    let mut panic = None;
    while let Some(byte) = realm.world.byte() {
        match byte % 16 {
            0..6 => {
                let before = std::mem::replace(&mut panic, block_on_main(executor, realm));
                before.into_iter().for_each(forget);
            }
            6..11 => (0..realm.world.number(8)).for_each(|_| _ = turn(executor, realm)),
            11 | 12 => realm.spawn_from_outside(executor),
            13 | 14 => contained(|| act(realm)),
            _ => break,
        }
    }
    panic
}

/// Returns the panic of the main future. None other may come out, but for the
/// text of one that was cancelled.
fn block_on_main(executor: &Executor, realm: &Rc<Realm>) -> Option<Panic> {
    let (mut main, life) = realm.main();
    let run = || realm.within(|| executor.block_on(limited(&mut main)));
    let result = catch_unwind(AssertUnwindSafe(run));
    let cancelled = |panic: &Panic| main.fate.is_doomed() && panic.is::<&str>();
    let is_mains = |panic| life.panicked.get() || cancelled(panic);
    expect(result.as_ref().err().is_none_or(is_mains), "a panic that isn't the main future's");
    let ended = !matches!(result, Ok(None));
    expect(ended || realm.world.rings, "the main future doesn't end");
    contained(|| main.give_up());
    match result {
        Ok(ending) => contained(|| drop(ending)),
        Err(panic) => return Some(panic),
    }
    None
}

/// Gives a main future up that waits for ever.
async fn limited(main: &mut Watched<Ending>) -> Option<Ending> {
    let mut time = sleep(World::longest_time());
    poll_fn(|cx| match Pin::new(&mut *main).poll(cx) {
        Poll::Ready(ending) => Poll::Ready(Some(ending)),
        Poll::Pending => Pin::new(&mut time).poll(cx).map(|()| None),
    })
    .await
}

fn turn(executor: &Executor, realm: &Rc<Realm>) -> Next {
    realm.world.turns.update(|turns| turns + 1);
    realm.world.recorder.before_turn(executor, realm);
    let result = catch_unwind(AssertUnwindSafe(|| realm.within(|| executor.turn())));
    expect(result.is_ok(), "a panic came out of a turn");
    result.map_err(forget).unwrap_or(Next::Now)
}

fn run_until_stalled(executor: &Executor, realm: &Rc<Realm>) {
    let stalled = (0..MOST_TURNS).any(|_| match turn(executor, realm) {
        Next::Now => false,
        Next::At(time) => {
            thread::sleep(time.saturating_duration_since(Instant::now()));
            false
        }
        Next::Woken => true,
    });
    expect(stalled, "the program doesn't end");
}

/// Turns the executor until nothing more happens, and looks at what is left.
fn bring_to_rest(executor: &Executor, realm: &Rc<Realm>) {
    let world = &realm.world;
    run_until_stalled(executor, realm);
    realm.clear();
    run_until_stalled(executor, realm);
    let muted = world.muted.replace(true);
    realm.clear();
    run_until_stalled(executor, realm);
    for (task, called) in realm.calls.take() {
        expect(called.get() || !task.is_finished(), "a callback wasn't called");
    }
    if !world.rings {
        expect(realm.tasks.get() == 0, "a task waits for nothing, and doesn't end");
        expect_vacant(executor, realm);
    }
    expect_usable(executor, realm);
    world.muted.set(muted);
}

/// The slots of all tasks that there were are vacant: as many fit in again.
fn expect_vacant(executor: &Executor, realm: &Rc<Realm>) {
    let highest = realm.highest.get();
    let tasks: Vec<Task<()>> = (0..highest).map(|_| executor.spawn(async {})).collect();
    let fit_in = tasks.iter().all(|task| slot_of(task.id()) <= highest);
    expect(fit_in, "a slot was lost");
    drop(tasks);
    run_until_stalled(executor, realm);
}

fn expect_usable(executor: &Executor, realm: &Rc<Realm>) {
    let program = async {
        let task = spawn(async {
            sleep(World::long_time()).await;
            7
        });
        task.await.ok()
    };
    let result = catch_unwind(AssertUnwindSafe(|| realm.within(|| executor.block_on(program))));
    expect(matches!(result, Ok(Some(7))), "the executor can't be used any more");
}

/// Drops the executor. Some handles outlive it.
fn end(executor: Rc<Executor>, realm: &Rc<Realm>) {
    if realm.world.coin() {
        realm.clear();
    }
    realm.world.recorder.end(&executor, realm);
    realm.closed.set(true);
    contained(|| realm.within(|| drop(executor)));
    expect(realm.tasks.get() == 0, "a task outlives its executor");
    expect(
        realm.references().iter().all(TaskRef::is_finished),
        "a handle says that a task outlives its executor",
    );
    for _ in 0..realm.world.number(4) {
        contained(|| act(realm));
    }
    realm.clear();
    contained(|| realm.forget_tasks());
}
