//! Steps that take no time.

use std::rc::Rc;

use serde_json::json;

use crate::coroutine::{Coroutine, Scope, word};
use crate::fault::{Error, Fault, Halt, Outcome, out};
use crate::handle::Handle;
use crate::log::NOBODY;
use crate::machine::labels;
use crate::program::{Expr, Function, Name, Step};
use crate::promise::Promise;
use crate::value::{Value, call};

impl Coroutine {
    pub(crate) fn act(&self, step: &Step, scope: Scope<'_>) -> Result<(), Halt> {
        let machine = &self.machine;
        match step {
            Step::Log { text } => self.print(&self.shown(text, scope)?),
            Step::Write { text } => self.write(&self.shown(text, scope)?),
            Step::Keep { name } => machine.keep(name, self.kept()),
            Step::Let { name, value } => self.keep(name, value, scope)?,
            Step::Spawn { .. } | Step::SpawnAnew { .. } => self.begin(step)?,
            Step::Future { handle } => machine.bind_future(handle, Promise::new(handle)),
            Step::Set { future, value } => {
                self.complete(future, Ok(self.value(value, scope)?))?;
            }
            Step::Fail { future, error } => {
                self.complete(future, Err(Fault::Error(Error::named(error))))?;
            }
            Step::Cancel { task } => {
                let cancelled = machine.handle(task)?.cancel();
                self.log("cancel", [("of", word(task)), ("ret", json!(cancelled))]);
            }
            Step::Uncancel { task } => self.uncancel(&machine.handle(task)?)?,
            Step::OnDone { task, text } => self.log_end(task, text)?,
            Step::AllTasks => self.log("all_tasks", [("tasks", json!(labels(&machine.running())))]),
            Step::Pause { body } => machine.pause(body),
            look => self.look(look)?,
        }
        Ok(())
    }

    /// Returns the text that is printed of a value.
    fn shown(&self, text: &Expr, scope: Scope<'_>) -> Result<String, Halt> {
        let value = self.value(text, scope)?;
        self.machine.allow(Function::Str, std::slice::from_ref(&value))?;
        Ok(value.text())
    }

    /// Returns the value of the last step that waited. Only a program for Python may change
    /// what a gather has collected.
    fn kept(&self) -> Value {
        let value = self.last.take();
        if self.machine.program.from_python { value.settled() } else { value }
    }

    /// Keeps a value. One that is appended to the list of the same name doesn't copy that.
    fn keep(&self, name: &Name, value: &Expr, scope: Scope<'_>) -> Result<(), Halt> {
        if let Expr::Call(Function::Append, of) = value
            && let [Expr::Name(list), item] = &**of
            && list == name
        {
            let item = self.value(item, scope)?;
            if let Some(item) = self.machine.append(name, item) {
                self.machine
                    .keep(name, call(Function::Append, vec![self.machine.kept(name)?, item])?);
            }
            return Ok(());
        }
        self.machine.keep(name, self.value(value, scope)?);
        Ok(())
    }

    fn print(&self, text: &str) {
        let text = &(self.machine.log.begun_line() + text);
        self.log("log", [("text", word(text))]);
        self.machine.log.print(text);
    }

    /// Prints a text that ends no line, unless it says so.
    fn write(&self, text: &str) {
        let text = self.machine.log.begun_line() + text;
        let mut lines: Vec<_> = text.split('\n').collect();
        let begun = lines.pop().unwrap_or_default();
        for line in lines {
            self.print(line);
        }
        self.machine.log.begin_line(begun);
    }

    /// Steps that only look.
    fn look(&self, step: &Step) -> Result<(), Halt> {
        let machine = &self.machine;
        match step {
            Step::State { task } => self.log_state(task, &machine.handle(task)?),
            Step::Outcome { tasks } => {
                for task in &**tasks {
                    let outcome = machine.handle(task)?.outcome();
                    let found = outcome.as_ref().map_or(("pending", json!(true)), out);
                    self.log("outcome", [("of", word(task)), found]);
                }
            }
            Step::Result { task } => {
                let outcome = machine.handle(task)?.outcome();
                let value = outcome.ok_or_else(|| Error::named("InvalidStateError"))??;
                self.log("result", [("of", word(task)), ("ok", value.json())]);
            }
            _ => unreachable!("this step takes time"),
        }
        Ok(())
    }

    /// Begins a task.
    fn begin(&self, step: &Step) -> Result<(), Halt> {
        let machine = &self.machine;
        match step {
            Step::SpawnAnew { coro, handle, group, given } => {
                let names = machine.new_names(given);
                let coroutine = Coroutine { names, ..self.call(coro, handle) };
                self.spawn_child(coroutine, handle, group.as_ref())
            }
            Step::Spawn { coro, handle, group } => {
                self.spawn_child(self.call(coro, handle), handle, group.as_ref())
            }
            _ => unreachable!("this begins no task"),
        }
    }

    fn spawn_child(
        &self,
        coroutine: Coroutine,
        handle: &Name,
        group: Option<&Name>,
    ) -> Result<(), Halt> {
        let machine = &self.machine;
        let group = group.map(|name| machine.group(name)).transpose()?;
        let task = match group {
            None => coroutine.spawn(),
            Some(group) => {
                let label = Rc::clone(&coroutine.label);
                let task = group.try_spawn(coroutine.task());
                machine.note(task.map_err(|_| Error::named("RuntimeError"))?, &label)
            }
        };
        machine.bind(handle, Handle::Task(task));
        Ok(())
    }

    /// Completes a future, once. A task completes itself.
    fn complete(&self, name: &Name, outcome: Outcome) -> Result<(), Halt> {
        match self.machine.handle(name)? {
            Handle::Future(future) if future.complete(outcome) => Ok(()),
            Handle::Future(_) => Err(Error::named("InvalidStateError").into()),
            Handle::Task(_) => Err(Error::named("RuntimeError").into()),
        }
    }

    fn uncancel(&self, handle: &Handle) -> Result<(), Halt> {
        let Handle::Task(task) = handle else { return Err(Error::named("AttributeError").into()) };
        self.log("uncancel", [("left", json!(task.reference().uncancel()))]);
        Ok(())
    }

    /// Logs a text when a task or future has ended.
    fn log_end(&self, of: &Name, text: &Name) -> Result<(), Halt> {
        let (machine, of, text) = (Rc::clone(&self.machine), Rc::clone(of), Rc::clone(text));
        self.machine.handle(&of)?.on_done(move || {
            Rc::clone(&machine).call(move || {
                machine.log.look_at_clock();
                machine.log.line(NOBODY, "callback", [("of", word(&of)), ("text", word(&text))]);
            });
        });
        Ok(())
    }

    fn log_state(&self, name: &Name, handle: &Handle) {
        let state = [
            ("of", word(name)),
            ("done", json!(handle.is_done())),
            ("cancelled", json!(handle.is_cancelled())),
            ("cancelling", json!(handle.cancelling())),
        ];
        self.log("state", state);
    }
}
