//! The functions of asyncio.

use std::rc::Rc;

use crate::coroutine::millis;
use crate::program::{Aw, Constant, Expr, Millis, Name, ReturnWhen, Step};
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::syntax::{self, Argument, Kind};
use crate::python::translate::Translator;
use crate::python::translate::arguments::Arguments;
use crate::python::translate::frame::{Frame, Known};

/// The functions of asyncio.
impl Translator {
    pub(crate) fn of_asyncio(
        &mut self,
        frame: &mut Frame,
        at: Place,
        function: &str,
        arguments: &[Argument],
    ) -> Result<Known> {
        let call = format!("asyncio.{function}");
        let given = Arguments::new(&call, at, arguments);
        match function {
            "sleep" => self.sleep(frame, given),
            "create_task" | "ensure_future" => self.spawn(frame, at, None, arguments),
            "gather" => {
                let step = self.gather(frame, at, arguments)?;
                self.begin(frame, at, "gather", step)
            }
            "shield" => {
                let step = self.shield(frame, at, arguments)?;
                self.begin(frame, at, "shield", step)
            }
            "wait" => self.wait(frame, given),
            "wait_for" => self.wait_for(frame, given),
            "current_task" => given.done().map(|()| Known::Task("self".into())),
            "get_running_loop" => given.done().map(|()| Known::Loop),
            "run" => Err(
                at.wrong("`asyncio.run` stands at the end of the program only: write `await` here")
            ),
            _ => Err(at.wrong(format!("write `async with {call}(..):` for it"))),
        }
    }

    fn sleep(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let given_at = given.at;
        let time = given.need("delay", "asyncio.sleep(1)")?;
        if let value @ (Expr::Name(_) | Expr::Call(..)) = self.value(frame, time)? {
            given.done()?;
            let time = self.settle(frame, given_at, "time", value)?;
            return Ok(Known::Later(Box::new(Step::SleepFor { time }), "asyncio.sleep"));
        }
        let ms = self.millis(frame, time)?;
        given.done()?;
        let step = if ms > 0 { Step::Sleep { ms } } else { Step::Yield };
        Ok(Known::Later(Box::new(step), "asyncio.sleep"))
    }

    /// Begins a gather or a shield that isn't awaited now.
    fn begin(&mut self, frame: &mut Frame, at: Place, name: &str, mut step: Step) -> Result<Known> {
        let name = self.fresh(name);
        if let Step::Gather { handle, .. } | Step::Shield { handle, .. } = &mut step {
            *handle = Some(Rc::clone(&name));
        }
        self.emit(frame, at, step)?;
        Ok(Known::Task(name))
    }

    fn wait_for(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let example = "asyncio.wait_for(work(), 1)";
        let inner = given.need("fut", example)?;
        let known = self.expression(frame, inner)?;
        let aw = self.aw(frame, inner.at, known)?;
        let limit = given.need("timeout", example)?;
        let timeout = self.millis_or_none(frame, limit)?;
        given.done()?;
        Ok(Known::Later(Box::new(Step::WaitFor { aw, timeout }), "asyncio.wait_for"))
    }

    pub(crate) fn spawn(
        &mut self,
        frame: &mut Frame,
        at: Place,
        group: Option<Name>,
        arguments: &[Argument],
    ) -> Result<Known> {
        let mut given = Arguments::new("create_task", at, arguments);
        let inner = given.need("coro", "asyncio.create_task(work())")?;
        let name = given.named("name");
        given.done()?;
        let known = self.expression(frame, inner)?;
        let (coro, label, given) = match known {
            Known::Coro { coro, label, given, .. } => (coro, label, given),
            Known::Later(ref step, _) => {
                let given = self.names_in(step);
                let (coro, label) = self.coro_of(inner.at, known)?;
                (coro, label, given)
            }
            known => return Err(no_coroutine(inner.at, &known, "create_task")),
        };
        let label = name.map_or(Ok(label), |name| self.task_name(frame, name))?;
        let handle = self.fresh(&label);
        if name.is_some() {
            self.task_names.insert(Rc::clone(&handle), label);
        }
        let kept = Rc::clone(&handle);
        let step = if frame.place.repeats {
            Step::SpawnAnew { coro, handle, group, given }
        } else {
            Step::Spawn { coro, handle, group }
        };
        self.emit(frame, at, step)?;
        Ok(Known::Task(kept))
    }

    /// Returns the names that a step uses, whose values it is given.
    fn names_in(&self, step: &Step) -> Rc<[Name]> {
        match step {
            Step::Wait { tasks, .. } => Rc::clone(tasks),
            Step::SleepFor { time: Expr::Name(name) }
            | Step::WaitFor { aw: Aw::Handle(name), .. } => [Rc::clone(name)].into(),
            Step::WaitFor { aw: Aw::Coro { coro, .. }, .. } => {
                self.given_to.get(coro).cloned().unwrap_or_default()
            }
            _ => [].into(),
        }
    }

    /// Makes tasks of coroutines, if many of the same steps may run at a time.
    fn spawned(&mut self, frame: &mut Frame, at: Place, aws: &mut [Aw]) -> Result<()> {
        if !frame.place.repeats {
            return Ok(());
        }
        for aw in aws {
            if let Aw::Coro { coro, label } = aw {
                let given = self.given_to.get(coro).cloned().unwrap_or_default();
                let handle = self.fresh(label.as_ref().unwrap_or(coro));
                let (coro, kept) = (Rc::clone(coro), Rc::clone(&handle));
                self.emit(frame, at, Step::SpawnAnew { coro, handle, group: None, given })?;
                *aw = Aw::Handle(kept);
            }
        }
        Ok(())
    }

    fn task_name(&mut self, frame: &mut Frame, name: &syntax::Expr) -> Result<Name> {
        match self.expression(frame, name)?.constant() {
            Some(Constant::Text(text)) => Ok(Rc::clone(text)),
            _ => Err(name
                .at
                .wrong("a task's name is a text that is known before the run: write one")),
        }
    }

    /// Makes a coroutine of our own from one of asyncio.
    fn coro_of(&mut self, at: Place, known: Known) -> Result<(Name, Name)> {
        match known {
            Known::Coro { coro, label, given, .. } => {
                self.given_to.insert(Rc::clone(&coro), given);
                Ok((coro, label))
            }
            Known::Later(step, name) => {
                let given = self.names_in(&step);
                let name = name.trim_start_matches("asyncio.");
                let mut body = vec![*step];
                if !matches!(body[0], Step::Sleep { .. } | Step::SleepFor { .. } | Step::Yield) {
                    let kept = self.fresh("result");
                    body.push(Step::Keep { name: Rc::clone(&kept) });
                    body.push(Step::Return { value: Expr::Name(kept) });
                }
                let coro = self.add_coro(name, body);
                self.given_to.insert(Rc::clone(&coro), given);
                Ok((coro, name.into()))
            }
            known => Err(no_coroutine(at, &known, "this")),
        }
    }

    /// Returns what is awaited, for a step.
    fn aw(&mut self, frame: &mut Frame, at: Place, known: Known) -> Result<Aw> {
        match known {
            Known::Task(task) => Ok(Aw::Handle(task)),
            Known::Value(value @ (Expr::Name(_) | Expr::Call(..))) => {
                Ok(Aw::Handle(self.handle_of(frame, at, value)?))
            }
            other => {
                let (coro, label) = self.coro_of(at, other)?;
                Ok(Aw::Coro { coro, label: Some(label) })
            }
        }
    }

    pub(crate) fn gather(
        &mut self,
        frame: &mut Frame,
        at: Place,
        arguments: &[Argument],
    ) -> Result<Step> {
        let mut given = Arguments::new("asyncio.gather", at, arguments);
        let flag = given.named("return_exceptions");
        let return_exceptions = match flag {
            None => false,
            Some(flag) => match self.expression(frame, flag)?.constant() {
                Some(Constant::Bool(flag)) => *flag,
                _ => {
                    return Err(flag
                        .at
                        .wrong("write `True` or `False`, which is known before the run"));
                }
            },
        };
        let mut aws = Vec::new();
        for argument in std::mem::take(&mut given.places) {
            aws.extend(self.gathered(frame, argument)?);
        }
        given.done()?;
        self.spawned(frame, at, &mut aws)?;
        Ok(Step::Gather { aws: aws.into(), return_exceptions, handle: None })
    }

    /// Returns what an argument of a gather stands for: one, or those of a list behind `*`.
    fn gathered(&mut self, frame: &mut Frame, argument: &syntax::Expr) -> Result<Vec<Aw>> {
        let (inner, is_star) = match &argument.kind {
            Kind::Star(list) => (&**list, true),
            _ => (argument, false),
        };
        let before = std::mem::replace(&mut self.spawns, is_star && is_comprehension(inner));
        let known = self.expression(frame, inner);
        self.spawns = before;
        match known? {
            Known::List(items, ..) if is_star => {
                items.into_iter().map(|item| self.aw(frame, inner.at, item)).collect()
            }
            Known::List(..) => Err(inner
                .at
                .wrong("`gather` takes tasks one by one, not a list: write `*` before the list")),
            Known::Items(value, _) if is_star => {
                Ok(vec![self.aw(frame, inner.at, value.into())?])
            }
            known => Ok(vec![self.aw(frame, inner.at, known)?]),
        }
    }

    pub(crate) fn shield(
        &mut self,
        frame: &mut Frame,
        at: Place,
        arguments: &[Argument],
    ) -> Result<Step> {
        let mut given = Arguments::new("asyncio.shield", at, arguments);
        let inner = given.need("arg", "asyncio.shield(task)")?;
        given.done()?;
        let known = self.expression(frame, inner)?;
        let mut aw = [self.aw(frame, inner.at, known)?];
        self.spawned(frame, at, &mut aw)?;
        let [aw] = aw;
        Ok(Step::Shield { aw, handle: None })
    }

    fn wait(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        let list = given.need("fs", "asyncio.wait(tasks)")?;
        let tasks = match self.expression(frame, list)? {
            Known::List(items, ..) => {
                let tasks = items.into_iter().map(|item| match self.aw(frame, list.at, item)? {
                    Aw::Handle(task) => Ok(task),
                    Aw::Coro { .. } => Err(list.at.wrong(
                        "`wait` takes tasks, not coroutines: make each by \
                        `asyncio.create_task(..)`",
                    )),
                });
                tasks.collect::<Result<Vec<_>>>()?
            }
            Known::Value(value @ (Expr::Name(_) | Expr::Call(..))) => {
                vec![self.handle_of(frame, list.at, value)?]
            }
            Known::Task(_) => {
                return Err(list.at.wrong("`wait` takes a list: write `asyncio.wait([task])`"));
            }
            other => return Err(other.is_no_value(list.at)),
        };
        let limit = given.named("timeout");
        let timeout = limit.map(|it| self.millis_or_none(frame, it)).transpose()?.flatten();
        let return_when = match given.named("return_when") {
            None => ReturnWhen::AllCompleted,
            Some(condition) => self.condition(frame, condition)?,
        };
        given.done()?;
        if tasks.is_empty() {
            return Err(at.wrong("`wait` is given no task: give it one at least"));
        }
        let step = Step::Wait { tasks: tasks.into(), return_when, timeout };
        Ok(Known::Later(Box::new(step), "asyncio.wait"))
    }

    fn condition(&mut self, frame: &mut Frame, condition: &syntax::Expr) -> Result<ReturnWhen> {
        if let Some(Constant::Text(name)) = self.expression(frame, condition)?.constant() {
            match &**name {
                "ALL_COMPLETED" => return Ok(ReturnWhen::AllCompleted),
                "FIRST_COMPLETED" => return Ok(ReturnWhen::FirstCompleted),
                "FIRST_EXCEPTION" => return Ok(ReturnWhen::FirstException),
                _ => {}
            }
        }
        Err(condition.at.wrong(
            "write `asyncio.FIRST_COMPLETED`, `asyncio.FIRST_EXCEPTION` or \
            `asyncio.ALL_COMPLETED`",
        ))
    }

    /// Returns a time in milliseconds.
    fn millis(&mut self, frame: &mut Frame, time: &syntax::Expr) -> Result<Millis> {
        let value = self.value(frame, time)?;
        let Expr::Constant(constant) = &value else {
            return Err(time.at.wrong(
                "only the run knows this time: write a number, or a parameter that gets one",
            ));
        };
        let Some(seconds) = constant.number() else {
            let kind = constant.kind();
            return Err(time.at.wrong(format!("a time is a number of seconds, not {kind}")));
        };
        if seconds.abs() > 1e9 {
            return Err(time.at.wrong("this time is too long: write a shorter one"));
        }
        millis(seconds)
            .ok_or_else(|| time.at.wrong("the clock here has whole milliseconds: round the time"))
    }

    pub(crate) fn millis_or_none(
        &mut self,
        frame: &mut Frame,
        time: &syntax::Expr,
    ) -> Result<Option<Millis>> {
        if matches!(time.kind, Kind::Constant(Constant::None)) {
            return Ok(None);
        }
        if let Kind::Name(_) = &time.kind
            && matches!(self.expression(frame, time)?.constant(), Some(Constant::None))
        {
            return Ok(None);
        }
        self.millis(frame, time).map(Some)
    }
}

fn no_coroutine(at: Place, known: &Known, call: &str) -> Complaint {
    match known {
        Known::Function(define) => {
            let name = &define.name;
            at.wrong(format!("`{name}` is not called: write `{name}(..)`"))
        }
        Known::Task(_) => at.wrong("this is a task already: take `create_task` away"),
        Known::Value(_) => at.wrong(format!(
            "`{call}` wants a coroutine, and this is a value: is `async` missing at the \
            function's `def`, or is there an `await` too much?"
        )),
        _ => at.wrong(format!("`{call}` wants a coroutine: call an `async` function")),
    }
}

/// Returns whether this makes a list of what is written in it.
fn is_comprehension(expr: &syntax::Expr) -> bool {
    match &expr.kind {
        Kind::Comprehension { .. } => true,
        Kind::Call(callee, _) => callee.is_name("(generator)"),
        _ => false,
    }
}
