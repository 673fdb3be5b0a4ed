//! The functions by which `asyncio.run` stops its loop. They are book-keeping, and a recording has
//! their names, which say whose it is.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use executor::{Alarm, Task};

use crate::fault::{Error, Fault};
use crate::handle::{Child, outcome};
use crate::machine::Machine;

/// Stops the loop when `main` has ended.
pub(crate) fn stop_with_main(machine: &Rc<Machine>, main: &Child) {
    let (machine, task) = (Rc::clone(machine), main.clone());
    main.on_done(move || {
        Rc::clone(&machine).call(move || main_ended(&machine, &task));
    });
}

/// Stops the loop if it ran for `main`. An exit has stopped it already.
fn main_ended(machine: &Machine, main: &Child) {
    let exit = || matches!(outcome(main), Some(Err(Fault::Error(Error::Exit))));
    if !machine.stop.without_main.get() && !exit() {
        machine.stop();
    }
}

/// Stops the loop when a task of its own has ended.
pub(crate) fn stop_with(machine: &Rc<Machine>, task: &Task<()>) {
    let machine = Rc::clone(machine);
    task.on_done(move || machine.stop());
}

/// Stops the loop when these have ended: two turns after the last, as when they are
/// gathered. Returns the number of those that are left.
pub(crate) fn stop_after(machine: &Rc<Machine>, tasks: &[Child]) -> Rc<Cell<usize>> {
    let left = Rc::new(Cell::new(tasks.len()));
    for task in tasks {
        let (left, machine) = (Rc::clone(&left), Rc::clone(machine));
        task.on_done(move || {
            left.set(left.get() - 1);
            if left.get() == 0 {
                stop_next_turn(&machine);
            }
        });
    }
    left
}

/// Stops the loop at the end of the next turn.
fn stop_next_turn(machine: &Rc<Machine>) {
    let next = Rc::clone(machine);
    machine.stop.next_turn.set(Some(Alarm::after(Duration::ZERO, move || next.stop())));
}

/// Keeps the clock from going on before the loop has stopped.
pub(crate) fn hold_clock(machine: &Machine) {
    machine.stop.next_turn.set(Some(Alarm::after(Duration::ZERO, || ())));
}
