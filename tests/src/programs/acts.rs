//! What destructors, callbacks and tasks may do: anything that doesn't wait.

use std::pin::Pin;
use std::rc::Rc;
use std::task::Context;

use executor::{Alarm, TaskRef, all_tasks, sleep};

use super::faults::expect;
use super::hostile::{Load, Stranger};
use super::lives::live_within;
use super::nests::inside;
use super::realm::{Begun, Realm};
use super::tasks::Place;
use super::watched::Watched;

/// Does something, or nothing if there are no bytes left.
pub(super) fn act(realm: &Rc<Realm>) {
    let Some(byte) = realm.world.byte() else { return };
    match byte % 20 {
        0 if realm.is_inside() => realm.spawn_and_keep(),
        1 | 2 => cancel_one(realm),
        3 if realm.is_inside() => set_alarm(realm),
        4 if realm.is_inside() => begin(realm),
        5 => call_back(realm),
        6 => drop(realm.take(&realm.handles)),
        7 => drop(realm.take(&realm.shared)),
        8 => give_up(realm),
        9 => drop(realm.take(&realm.alarms)),
        10 => realm.world.wake_all(),
        11 => drop(realm.take(&realm.world.wakers)),
        12 => peek(realm),
        13 if realm.is_inside() => act_on_group(realm),
        14 => live_within(realm),
        15 => share(realm),
        16 => drop(realm.take(&realm.groups)),
        17 | 18 if realm.world.may_panic() => realm.panic(),
        _ => {}
    }
}

fn cancel_one(realm: &Rc<Realm>) {
    if realm.world.peaceful {
        return;
    }
    let any = realm.is_inside() && realm.world.coin();
    let tasks = if any { all_tasks() } else { realm.references() };
    if !tasks.is_empty() {
        cancel(realm, &tasks[realm.world.number(tasks.len())]);
    }
}

/// Cancels a task, which says whether it still could be.
pub(super) fn cancel(realm: &Realm, task: &TaskRef) {
    let Some(record) = realm.record(task.id()) else { return };
    if record.life.spawned.get() {
        record.fate.doom();
    }
    let ended = task.is_finished();
    let told = realm.within(|| task.cancel());
    expect(!told || !ended, "a task was cancelled that had ended");
    expect(told || ended || record.is_main, "a task that lives wasn't cancelled");
}

fn set_alarm(realm: &Rc<Realm>) {
    let load = Load::new(realm, None);
    let alarm = Alarm::after(realm.world.time(), move || drop(load));
    realm.alarms.borrow_mut().push(alarm);
}

/// Asks to be called at the end of a task.
fn call_back(realm: &Rc<Realm>) {
    let Some(task) = realm.take(&realm.shared) else { return };
    let load = Load::new(realm, realm.world.coin().then(|| task.clone()));
    let called = realm.expect_call(task.reference());
    task.on_done(move || {
        called.set(true);
        drop(load);
    });
    realm.shared.borrow_mut().push(task);
}

fn peek(realm: &Rc<Realm>) {
    let Some(task) = realm.take(&realm.handles) else { return };
    let _ = task.peek(|_| act(realm));
    realm.handles.borrow_mut().push(task);
}

fn share(realm: &Realm) {
    if let Some(task) = realm.take(&realm.handles) {
        realm.shared.borrow_mut().push(task.shared());
    }
}

fn act_on_group(realm: &Rc<Realm>) {
    let groups = realm.groups.borrow().clone();
    let Some(group) = groups.get(realm.world.number(groups.len().max(1))) else { return };
    if realm.world.number(3) > 0 {
        realm.spawn_in(group, inside(realm, &Place::top(realm).deeper()));
    } else if !realm.world.peaceful {
        group.fate.doom();
        group.group.stop();
    }
}

/// Begins to wait for a task, or for a time, under a strange waker.
fn begin(realm: &Rc<Realm>) {
    let mut begun = if realm.world.coin() {
        let task = realm.take_later();
        Begun { task: Some(task.id()), future: realm.join(task) }
    } else {
        let time = sleep(realm.world.time());
        Begun { task: None, future: Watched::new(realm, realm.part(), Box::pin(time)) }
    };
    let stranger = Stranger::waker(&realm.world);
    if Pin::new(&mut begun.future).poll(&mut Context::from_waker(&stranger)).is_pending() {
        realm.begun.borrow_mut().push(begun);
    }
}

fn give_up(realm: &Realm) {
    let Some(begun) = realm.take(&realm.begun) else { return };
    if realm.world.peaceful && begun.task.is_some() {
        realm.begun.borrow_mut().push(begun);
    } else {
        realm.world.outside(|| begun.future.give_up());
    }
}
