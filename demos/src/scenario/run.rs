//! A whole run: the turns, and what is said at the end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use executor::{Clock, Executor, Next, sleep};
use serde_json::{Value as Json, json};

use super::fault::{Error, Fault, out};
use super::handle::{Child, Handle, outcome};
use super::hot;
use super::log::NOBODY;
use super::machine::{Machine, labels};
use super::program::Program;

/// How far the clock has gone when a run begins: there are deadlines before that.
const BEFORE: Duration = Duration::from_hours(24);

/// A scenario on its executor.
struct Run {
    machine: Rc<Machine>,
    executor: Executor,
}

/// Runs a scenario and returns its log.
pub(crate) fn run(program: Program, with_turns: bool) -> String {
    let executor = Executor::builder().clock(Clock::Virtual).build();
    Run { machine: Machine::new(program, with_turns), executor }.finish()
}

/// Has the loop stop if it ran for that. An exit has stopped it already.
fn main_ended(machine: &Machine, main: &Child) {
    let exit = || matches!(outcome(main), Some(Err(Fault::Error(Error::Exit))));
    if !machine.stop.without_main.get() && !exit() {
        machine.stop();
    }
}

impl Run {
    fn finish(self) -> String {
        let main = self.start();
        if !self.turn_until_stopped() {
            let outcome = outcome(&main);
            self.say("main", [outcome.as_ref().map_or(("pending", json!(true)), out)]);
        }
        self.machine.stop.without_main.set(!main.is_finished());
        self.shut_down();
        drop(main);
        self.close()
    }

    fn start(&self) -> Child {
        self.executor.block_on(sleep(BEFORE));
        let coroutine = self.machine.main();
        let task = self.machine.note(self.executor.spawn(coroutine.task()).shared(), "main");
        self.machine.bind(&"main".into(), Handle::Task(task.clone()));
        let (machine, main) = (Rc::clone(&self.machine), task.clone());
        task.on_done(move || {
            Rc::clone(&machine).call(move || main_ended(&machine, &main));
        });
        task
    }

    /// Turns until what it turns for is over, or nothing is left to do. Returns
    /// whether the program has exited, and says so.
    fn turn_until_stopped(&self) -> bool {
        let Machine { log, stop, .. } = &*self.machine;
        loop {
            log.next_turn();
            let next = self.executor.turn();
            if stop.over.take() {
                break;
            }
            if next == Next::Woken {
                log.next_turn();
                self.say("deadlock", []);
                break;
            }
        }
        let exit = stop.exit.take();
        if exit {
            self.say("main", [("exit", json!(true))]);
        }
        exit
    }

    /// Cancels what is left, in the order of its making, and lets it end.
    fn shut_down(&self) {
        let left = self.machine.running();
        if left.is_empty() {
            return;
        }
        self.say("shutdown", [("pending", json!(labels(&left)))]);
        for task in &left {
            task.cancel();
        }
        self.stop_after(&left);
        self.turn_until_stopped();
        for task in &left {
            if let Some(Err(Fault::Error(error))) = outcome(task) {
                self.say("shutdown_error", [("of", json!(task.name())), ("err", error.json())]);
            }
        }
    }

    /// Has the loop stop when these have ended: two turns after the last, as it
    /// does when they are gathered.
    fn stop_after(&self, tasks: &[Child]) {
        let left = Rc::new(Cell::new(tasks.len()));
        for task in tasks {
            let (left, machine) = (Rc::clone(&left), Rc::clone(&self.machine));
            task.on_done(move || {
                left.set(left.get() - 1);
                if left.get() == 0 {
                    machine.stop_next_turn();
                }
            });
        }
    }

    /// Says what is still there, and what was never seen.
    fn close(self) -> String {
        let Self { machine, executor } = self;
        for name in labels(&machine.destroyed()) {
            machine.log.line(NOBODY, "destroyed", [("of", json!(name))]);
        }
        let mut unread = machine.unread();
        unread.sort_by_key(|(name, error)| (name.clone(), error.to_string()));
        for (name, error) in unread {
            machine.log.line(NOBODY, "unretrieved", [("of", json!(name)), ("err", error)]);
        }
        hot::forget();
        machine.forget();
        drop(executor);
        machine.log.line(NOBODY, "end", []);
        machine.log.take()
    }

    fn say<const N: usize>(&self, event: &str, rest: [(&str, Json); N]) {
        self.machine.log.line(NOBODY, event, rest);
    }
}
