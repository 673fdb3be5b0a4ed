//! Names, calls and awaits.

use std::rc::Rc;

use crate::errors;
use crate::program::{Aw, Constant, Expr, Function, Millis, Name, ReturnWhen, Step};
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::frame::{Frame, Known};
use crate::python::syntax::{self, Argument, Define, Kind};
use crate::python::translate::{Translator, folded, forgotten, joined, made, value_of};

/// The functions of Python that are known.
const BUILTINS: [&str; 19] = [
    "print",
    "len",
    "range",
    "str",
    "repr",
    "sum",
    "min",
    "max",
    "sorted",
    "list",
    "set",
    "tuple",
    "enumerate",
    "zip",
    "isinstance",
    "type",
    "reversed",
    "round",
    "int",
];

/// The functions of asyncio that are known.
const OF_ASYNCIO: [&str; 12] = [
    "sleep",
    "create_task",
    "gather",
    "wait",
    "wait_for",
    "shield",
    "timeout",
    "TaskGroup",
    "current_task",
    "get_running_loop",
    "run",
    "ensure_future",
];

/// The longest range.
const LONGEST_RANGE: usize = 100_000;

/// The arguments of a call that are known, by place and by name.
struct Arguments<'a> {
    call: String,
    at: Place,
    places: Vec<&'a syntax::Expr>,
    names: Vec<(&'a Name, &'a syntax::Expr)>,
}

impl<'a> Arguments<'a> {
    fn new(call: &str, at: Place, arguments: &'a [Argument]) -> Self {
        let with_name = |it: &'a Argument| Some((it.name.as_ref()?, &it.value));
        let unnamed = arguments.iter().filter(|it| it.name.is_none()).map(|it| &it.value);
        let names = arguments.iter().filter_map(with_name).collect();
        Self { call: call.to_owned(), at, places: unnamed.collect(), names }
    }

    /// Takes the argument with this name.
    fn named(&mut self, name: &str) -> Option<&'a syntax::Expr> {
        let place = self.names.iter().position(|(it, _)| ***it == *name)?;
        Some(self.names.remove(place).1)
    }

    /// Takes the argument at the next place, or with this name.
    fn next(&mut self, name: &str) -> Option<&'a syntax::Expr> {
        if self.places.is_empty() { self.named(name) } else { Some(self.places.remove(0)) }
    }

    fn need(&mut self, name: &str, example: &str) -> Result<&'a syntax::Expr> {
        let call = self.call.clone();
        self.next(name).ok_or_else(|| {
            self.at.wrong(format!("`{call}` is called without its argument: write `{example}`"))
        })
    }

    /// Looks whether all arguments were taken.
    fn done(self) -> Result<()> {
        let call = &self.call;
        if let Some((name, value)) = self.names.first() {
            let reason = format!("`{call}` has no argument `{name}` here: take it away");
            return Err(value.at.wrong(reason));
        }
        match self.places.first() {
            None => Ok(()),
            Some(more) => {
                Err(more.at.wrong(format!("`{call}` takes fewer arguments: take this one away")))
            }
        }
    }
}

/// Names.
impl Translator {
    pub(crate) fn name(&mut self, frame: &Frame, at: Place, name: &Name) -> Result<Known> {
        if let Some(known) = frame.names.get(name).or_else(|| self.globals.get(name)) {
            return Ok(known.clone());
        }
        if BUILTINS.contains(&&**name) {
            return Ok(Known::Builtin(Rc::clone(name)));
        }
        if errors::exists(name) && !["CancelledError", "InvalidStateError"].contains(&&**name) {
            return Ok(Known::Class(Rc::clone(name)));
        }
        Err(at.wrong(self.unknown(frame, name)))
    }

    fn unknown(&self, frame: &Frame, name: &Name) -> String {
        match &**name {
            "asyncio" | "time" | "random" => {
                return format!("`{name}` isn't imported: write `import {name}` at the top");
            }
            "CancelledError" => return "write `asyncio.CancelledError` for it".into(),
            "open" | "input" => {
                return format!("`{name}` can't be said here: a program only sleeps and prints");
            }
            _ => {}
        }
        let own = frame.names.keys().chain(self.globals.keys()).map(|it| &**it);
        let all = own.chain(BUILTINS);
        let near = all.filter(|it| distance(it, name) <= 2).min_by_key(|it| distance(it, name));
        match near {
            Some(near) => format!("there is no name `{name}` here: is `{near}` meant?"),
            None => format!(
                "there is no name `{name}` here: assign a value to it before, or correct it"
            ),
        }
    }

    pub(crate) fn attribute(
        &mut self,
        frame: &mut Frame,
        at: Place,
        of: &syntax::Expr,
        name: &Name,
    ) -> Result<Known> {
        match self.expression(frame, of)? {
            Known::Module(module) => of_module(at, &module, name),
            Known::Type(value) if **name == *"__name__" => made(at, Function::Kind, vec![value]),
            Known::Value(value) if **name == *"exceptions" => {
                made(at, Function::Errors, vec![value])
            }
            _ => {
                Err(at.wrong(format!("`.{name}` can't be said here: call a method, as `.done()`")))
            }
        }
    }
}

/// Returns what a name of a module stands for.
fn of_module(at: Place, module: &str, name: &Name) -> Result<Known> {
    let known = match (module, &**name) {
        ("asyncio", "CancelledError" | "InvalidStateError" | "TimeoutError") => {
            return Ok(Known::Class(Rc::clone(name)));
        }
        ("asyncio", "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED") => {
            return Ok(Known::text(name));
        }
        ("asyncio", "get_event_loop") => "asyncio.get_running_loop".into(),
        ("asyncio", known) if OF_ASYNCIO.contains(&known) => format!("asyncio.{known}"),
        ("asyncio", "as_completed") => {
            return Err(at.wrong(
                "`asyncio.as_completed` can't be said here: write `asyncio.wait(.., \
                return_when=asyncio.FIRST_COMPLETED)`",
            ));
        }
        ("asyncio", _) => {
            let all = OF_ASYNCIO.join(", ");
            return Err(at.wrong(format!("`asyncio.{name}` can't be said here: there are {all}")));
        }
        ("time", "sleep") => {
            return Err(at.wrong(
                "`time.sleep` blocks the loop, and all tasks with it: write \
                `await asyncio.sleep(..)`",
            ));
        }
        ("time", _) => {
            return Err(at.wrong("the clock can't be read here: take `time` away"));
        }
        _ => {
            return Err(at.wrong(
                "chance can't be said here, so that each run is the same: write numbers \
                of your own",
            ));
        }
    };
    Ok(Known::Builtin(known.into()))
}

/// Returns how many signs have to be changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, sign) in one.chars().take(40).enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, it) in other.iter().enumerate() {
            let change = before + usize::from(sign != *it);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[other.len()] + usize::from(other.len() <= 2) * 2
}

/// Calls.
impl Translator {
    pub(crate) fn call(
        &mut self,
        frame: &mut Frame,
        at: Place,
        callee: &syntax::Expr,
        arguments: &[Argument],
    ) -> Result<Known> {
        if let Kind::Attribute(of, method) = &callee.kind {
            let known = self.expression(frame, of)?;
            if !matches!(known, Known::Module(_)) {
                return self.method(frame, of, known, method, arguments);
            }
        }
        match self.expression(frame, callee)? {
            Known::Function(define) => self.own(frame, at, &define, arguments),
            Known::Builtin(name) => match name.strip_prefix("asyncio.") {
                Some(function) => self.of_asyncio(frame, at, function, arguments),
                None => self.builtin(frame, at, &name, arguments),
            },
            Known::Class(class) => {
                let mut given = Arguments::new(&class, at, arguments);
                let Some(text) = given.next("text") else { return Ok(Known::Class(class)) };
                given.done()?;
                let text = self.value(frame, text)?;
                Ok(Known::Error(class, folded(at, Function::Str, vec![text])?))
            }
            Known::Coro { .. }
            | Known::Later(..)
            | Known::Value(_)
            | Known::Task(_)
            | Known::List(..) => {
                Err(at.wrong("this is called, but is no function: take the brackets away"))
            }
            other => Err(other.is_no_value(at)),
        }
    }

    /// Calls a function of the program. If it is `async` this makes a coroutine; otherwise
    /// its steps are taken now.
    fn own(
        &mut self,
        frame: &mut Frame,
        at: Place,
        define: &Rc<Define>,
        arguments: &[Argument],
    ) -> Result<Known> {
        let given = self.given(frame, at, define, arguments)?;
        let function = Rc::clone(&define.name);
        let mut inner = Frame { is_async: define.is_async, function, ..Frame::default() };
        inner.names.extend(given);
        self.deeper(at, |it| it.statements(&mut inner, &define.body))?;
        let coro = self.add_coro(&define.name, inner.steps);
        let label = Rc::clone(&define.name);
        if define.is_async {
            return Ok(Known::Coro { coro, label });
        }
        let aw = Aw::Coro { coro, label: Some(label) };
        self.emit(frame, at, Step::WaitFor { aw, timeout: None })?;
        self.keep(frame, at, &define.name)
    }

    /// Returns the parameters of a function with what stands for them.
    fn given(
        &mut self,
        frame: &mut Frame,
        at: Place,
        define: &Define,
        arguments: &[Argument],
    ) -> Result<Vec<(Name, Known)>> {
        let mut all = Arguments::new(&define.name, at, &[]);
        let mut spread = Vec::new();
        for argument in arguments {
            if let Kind::Star(list) = &argument.value.kind {
                return Err(list.at.wrong("write the arguments of this function one by one"));
            }
            match &argument.name {
                Some(name) => all.names.push((name, &argument.value)),
                None => all.places.push(&argument.value),
            }
        }
        for (name, default) in &define.parameters {
            let value = all.next(name).or(default.as_ref()).ok_or_else(|| {
                let function = &define.name;
                at.wrong(format!("`{function}` needs the argument `{name}`: give it"))
            })?;
            let known = self.expression(frame, value)?;
            if let Known::Task(task) = &known
                && **task == *"self"
            {
                return Err(value
                    .at
                    .wrong("assign the task that `create_task` returns, and use it"));
            }
            let known = match known {
                Known::Value(known) => self.settle(frame, value.at, name, known)?.into(),
                known => self.settled(frame, value.at, known)?,
            };
            spread.push((Rc::clone(name), known));
        }
        all.done()?;
        Ok(spread)
    }

    /// Awaits something. Unless its value is wanted, it isn't kept.
    pub(crate) fn awaited(
        &mut self,
        frame: &mut Frame,
        at: Place,
        inner: &syntax::Expr,
        wanted: bool,
    ) -> Result<Known> {
        if !frame.is_async {
            return Err(at.wrong(forgotten(frame)));
        }
        let known = match self.begun(frame, inner)? {
            Some(step) => Known::Later(Box::new(step), "asyncio.gather"),
            None => self.expression(frame, inner)?,
        };
        let step = match known {
            Known::Later(step, _) => *step,
            Known::Coro { coro, label } => {
                Step::WaitFor { aw: Aw::Coro { coro, label: Some(label) }, timeout: None }
            }
            Known::Task(task) => Step::Await { task },
            Known::Value(value @ (Expr::Name(_) | Expr::Call(..))) => {
                if let Some(name) = self.called(frame, inner) {
                    return Err(at.wrong(format!(
                        "`{name}` is not `async`, so there is nothing to await: write \
                        `async def {name}(..):`, or take `await` away"
                    )));
                }
                Step::Await { task: self.handle_of(frame, inner.at, value)? }
            }
            Known::Function(define) => {
                let name = &define.name;
                return Err(inner.at.wrong(format!(
                    "`{name}` is a function, which is not called: write `await {name}(..)`"
                )));
            }
            Known::List(..) => {
                return Err(inner.at.wrong(
                    "`await` takes one thing, not a list: write `await asyncio.gather(*tasks)`",
                ));
            }
            _ => {
                return Err(inner.at.wrong(
                    "`await` wants a coroutine or a task: take `await` away, or call an \
                    `async` function",
                ));
            }
        };
        let has_value = !matches!(step, Step::Sleep { .. } | Step::Yield);
        self.emit(frame, at, step)?;
        if wanted && has_value { self.keep(frame, at, "result") } else { Ok(Known::none()) }
    }

    /// Returns the name of the function of the program that is called here and isn't `async`.
    fn called(&self, frame: &Frame, call: &syntax::Expr) -> Option<Name> {
        let Kind::Call(callee, _) = &call.kind else { return None };
        let Kind::Name(name) = &callee.kind else { return None };
        match frame.names.get(name).or_else(|| self.globals.get(name)) {
            Some(Known::Function(define)) => Some(Rc::clone(&define.name)),
            _ => None,
        }
    }

    /// Returns the step of a gather or shield that is awaited at once.
    fn begun(&mut self, frame: &mut Frame, inner: &syntax::Expr) -> Result<Option<Step>> {
        let Kind::Call(callee, arguments) = &inner.kind else { return Ok(None) };
        let Kind::Attribute(module, name) = &callee.kind else { return Ok(None) };
        let is_asyncio = matches!(&module.kind, Kind::Name(name) if **name == *"asyncio");
        if !is_asyncio || !self.globals.contains_key("asyncio") {
            return Ok(None);
        }
        Ok(match &**name {
            "gather" => Some(self.gather(frame, inner.at, arguments)?),
            "shield" => Some(self.shield(frame, inner.at, arguments)?),
            _ => None,
        })
    }

    /// Returns a handle for a task that only the run knows.
    fn handle_of(&mut self, frame: &mut Frame, at: Place, value: Expr) -> Result<Name> {
        match self.settle(frame, at, "task", value)? {
            Expr::Name(name) => Ok(name),
            _ => Err(at.wrong("this is no task: assign the task that `create_task` returns")),
        }
    }
}

/// The functions of asyncio.
impl Translator {
    fn of_asyncio(
        &mut self,
        frame: &mut Frame,
        at: Place,
        function: &str,
        arguments: &[Argument],
    ) -> Result<Known> {
        let call = format!("asyncio.{function}");
        let mut given = Arguments::new(&call, at, arguments);
        match function {
            "sleep" => {
                let ms = given.need("delay", "asyncio.sleep(1)")?;
                let ms = self.millis(frame, ms)?;
                given.done()?;
                let step = if ms > 0 { Step::Sleep { ms } } else { Step::Yield };
                Ok(Known::Later(Box::new(step), "asyncio.sleep"))
            }
            "create_task" | "ensure_future" => self.spawn(frame, at, None, arguments),
            "gather" => {
                let mut step = self.gather(frame, at, arguments)?;
                let name = self.fresh("gather");
                if let Step::Gather { handle, .. } = &mut step {
                    *handle = Some(Rc::clone(&name));
                }
                self.emit(frame, at, step)?;
                Ok(Known::Task(name))
            }
            "shield" => {
                let mut step = self.shield(frame, at, arguments)?;
                let name = self.fresh("shield");
                if let Step::Shield { handle, .. } = &mut step {
                    *handle = Some(Rc::clone(&name));
                }
                self.emit(frame, at, step)?;
                Ok(Known::Task(name))
            }
            "wait" => self.wait(frame, given),
            "wait_for" => {
                let aw = given.need("fut", "asyncio.wait_for(work(), 1)")?;
                let known = self.expression(frame, aw)?;
                let aw = self.aw(frame, aw.at, known)?;
                let limit = given.need("timeout", "asyncio.wait_for(work(), 1)")?;
                let timeout = self.millis_or_none(frame, limit)?;
                given.done()?;
                Ok(Known::Later(Box::new(Step::WaitFor { aw, timeout }), "asyncio.wait_for"))
            }
            "current_task" => given.done().map(|()| Known::Task("self".into())),
            "get_running_loop" => given.done().map(|()| Known::Loop),
            "run" => Err(
                at.wrong("`asyncio.run` stands at the end of the program only: write `await` here")
            ),
            _ => Err(at.wrong(format!("write `async with {call}(..):` for it"))),
        }
    }

    fn spawn(
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
        if frame.place.repeats && !matches!(known, Known::Task(_)) {
            return Err(at.wrong(
                "a task can't be made here, in a loop without a known end: use \
                `for i in range(3):`",
            ));
        }
        let (coro, label) = match known {
            Known::Coro { coro, label } => (coro, label),
            known @ Known::Later(..) => self.coro_of(inner.at, known)?,
            known => return Err(no_coroutine(inner.at, &known, "create_task")),
        };
        let label = match name {
            None => label,
            Some(name) => match self.expression(frame, name)?.constant() {
                Some(Constant::Text(text)) => Rc::clone(text),
                _ => return Err(name.at.wrong("a task's name is a text that is known before")),
            },
        };
        let handle = self.fresh(&label);
        if name.is_some() {
            self.task_names.insert(Rc::clone(&handle), label);
        }
        self.emit(frame, at, Step::Spawn { coro, handle: Rc::clone(&handle), group })?;
        Ok(Known::Task(handle))
    }

    /// Makes a coroutine of our own from one of asyncio.
    fn coro_of(&mut self, at: Place, known: Known) -> Result<(Name, Name)> {
        match known {
            Known::Coro { coro, label } => Ok((coro, label)),
            Known::Later(step, name) => {
                let name = name.trim_start_matches("asyncio.");
                let mut body = vec![*step];
                if !matches!(body[0], Step::Sleep { .. } | Step::Yield) {
                    let kept = self.fresh("result");
                    body.push(Step::Keep { name: Rc::clone(&kept) });
                    body.push(Step::Return { value: Expr::Name(kept) });
                }
                Ok((self.add_coro(name, body), name.into()))
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

    fn gather(&mut self, frame: &mut Frame, at: Place, arguments: &[Argument]) -> Result<Step> {
        let mut given = Arguments::new("asyncio.gather", at, arguments);
        let flag = given.named("return_exceptions");
        let return_exceptions = match flag {
            None => false,
            Some(flag) => match self.expression(frame, flag)?.constant() {
                Some(Constant::Bool(flag)) => *flag,
                _ => return Err(flag.at.wrong("give True or False")),
            },
        };
        let mut aws = Vec::new();
        for argument in std::mem::take(&mut given.places) {
            let (list, is_star) = match &argument.kind {
                Kind::Star(list) => (&**list, true),
                _ => (argument, false),
            };
            match self.expression(frame, list)? {
                Known::List(items, _) if is_star => {
                    for item in items {
                        aws.push(self.aw(frame, list.at, item)?);
                    }
                }
                Known::List(..) => {
                    return Err(list.at.wrong(
                        "`gather` takes tasks one by one, not a list: write `*` before the list",
                    ));
                }
                known => aws.push(self.aw(frame, list.at, known)?),
            }
        }
        given.done()?;
        Self::check_made(frame, at, &aws)?;
        Ok(Step::Gather { aws: aws.into(), return_exceptions, handle: None })
    }

    /// Looks whether coroutines may become tasks here.
    fn check_made(frame: &Frame, at: Place, aws: &[Aw]) -> Result<()> {
        if frame.place.repeats && aws.iter().any(|aw| matches!(aw, Aw::Coro { .. })) {
            return Err(at.wrong(
                "tasks can't be made here, in a loop without a known end: use \
                `for i in range(3):`",
            ));
        }
        Ok(())
    }

    fn shield(&mut self, frame: &mut Frame, at: Place, arguments: &[Argument]) -> Result<Step> {
        let mut given = Arguments::new("asyncio.shield", at, arguments);
        let inner = given.need("arg", "asyncio.shield(task)")?;
        given.done()?;
        let known = self.expression(frame, inner)?;
        let aw = self.aw(frame, inner.at, known)?;
        Self::check_made(frame, at, std::slice::from_ref(&aw))?;
        Ok(Step::Shield { aw, handle: None })
    }

    fn wait(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        let list = given.need("fs", "asyncio.wait(tasks)")?;
        let tasks = match self.expression(frame, list)? {
            Known::List(items, _) => {
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
        let ms = seconds * 1000.0;
        if (ms - ms.round()).abs() > 1e-6 {
            return Err(time.at.wrong("the clock here has whole milliseconds: round the time"));
        }
        if ms.abs() > 1e12 {
            return Err(time.at.wrong("this time is too long: write a shorter one"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not so big")]
        Ok(ms.round() as Millis)
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

/// Methods.
impl Translator {
    fn method(
        &mut self,
        frame: &mut Frame,
        of: &syntax::Expr,
        known: Known,
        method: &Name,
        arguments: &[Argument],
    ) -> Result<Known> {
        let at = of.at;
        let given = Arguments::new(method, at, arguments);
        match (known, &**method) {
            (Known::Group(group), "create_task") => self.spawn(frame, at, Some(group), arguments),
            (Known::Loop, "create_future") => {
                given.done()?;
                let handle = self.fresh("future");
                self.emit(frame, at, Step::Future { handle: Rc::clone(&handle) })?;
                Ok(Known::Task(handle))
            }
            (Known::Loop, "create_task") => self.spawn(frame, at, None, arguments),
            (Known::List(items, Function::List), "append" | "add") => {
                self.append(frame, of, items, given)
            }
            (Known::Task(task), method) => self.of_task(frame, &task, method, given),
            (Known::Value(list), "append" | "pop") => self.change(frame, of, list, given),
            (Known::Value(value @ (Expr::Name(_) | Expr::Call(..))), "expired") => {
                Err(at.wrong(format!("`{value:?}` has no method `expired` here")))
            }
            (Known::Value(value @ (Expr::Name(_) | Expr::Call(..))), method) => {
                let task = self.handle_of(frame, at, value)?;
                self.of_task(frame, &task, method, given)
            }
            (other @ (Known::Coro { .. } | Known::Later(..)), _) => {
                let complaint = other.is_no_value(at);
                Err(complaint)
            }
            (_, method) => {
                Err(at.wrong(format!("there is no method `{method}` of this here: leave it out")))
            }
        }
    }

    fn of_task(
        &mut self,
        frame: &mut Frame,
        task: &Name,
        method: &str,
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let (at, task) = (given.at, Rc::clone(task));
        let question = match method {
            "done" => Function::Done,
            "cancelled" => Function::Cancelled,
            "cancelling" => Function::Cancelling,
            "result" => Function::Result,
            "exception" => Function::Exception,
            "get_name" => {
                given.done()?;
                let name = self.task_names.get(&task).cloned();
                return name.map(|name| Known::text(&name)).ok_or_else(|| {
                    at.wrong(
                        "this task has no name that is known: write `create_task(.., name=..)`",
                    )
                });
            }
            _ => return self.act_on_task(frame, task, method, given),
        };
        given.next("self").map_or(Ok(()), |more| Err(more.at.wrong("take this away")))?;
        given.done()?;
        made(at, question, vec![Expr::Name(task)])
    }

    /// Methods that do something with a task or a future.
    fn act_on_task(
        &mut self,
        frame: &mut Frame,
        task: Name,
        method: &str,
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let at = given.at;
        let (step, call) = match method {
            "cancel" => (Step::Cancel { task }, "cancel()"),
            "uncancel" => (Step::Uncancel { task }, "uncancel()"),
            "set_result" => {
                let value = given.need("result", "future.set_result(1)")?;
                let value = self.value(frame, value)?;
                (Step::Set { future: task, value }, "set_result(..)")
            }
            "set_exception" => {
                let error = given.need("exception", "future.set_exception(ValueError())")?;
                let error = match self.expression(frame, error)? {
                    Known::Class(class) => class,
                    Known::Error(class, Expr::Constant(Constant::Text(text))) => {
                        format!("{class}: {text}").into()
                    }
                    _ => return Err(error.at.wrong("give an error, as `ValueError(..)`")),
                };
                (Step::Fail { future: task, error }, "set_exception(..)")
            }
            "add_done_callback" => {
                return Err(at.wrong(
                    "callbacks can't be said here: await the task, and write what comes then \
                    behind it",
                ));
            }
            _ => {
                return Err(at.wrong(format!(
                    "a task has no method `{method}` here: there are cancel, done, cancelled, \
                    result, exception, get_name, cancelling and uncancel"
                )));
            }
        };
        given.done()?;
        self.emit(frame, at, step)?;
        Ok(Known::Nothing(call))
    }

    /// Appends to a list that is known.
    fn append(
        &mut self,
        frame: &mut Frame,
        of: &syntax::Expr,
        mut items: Vec<Known>,
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let item = given.need("item", "tasks.append(task)")?;
        given.done()?;
        let known = self.expression(frame, item)?;
        let known = self.settled(frame, item.at, known)?;
        let Kind::Name(name) = &of.kind else {
            return Err(of.at.wrong("give the list a name, and append to that"));
        };
        if !frame.names.contains_key(name) {
            let reason = "this list belongs to the whole program: make it in the function";
            return Err(of.at.wrong(reason));
        }
        if frame.place.may_not_run {
            return Err(of.at.wrong(
                "only the run knows whether this is appended: make the list by \
                `[.. for .. in ..]`",
            ));
        }
        items.push(known);
        frame.names.insert(Rc::clone(name), Known::list(items));
        Ok(Known::Nothing("append(..)"))
    }

    /// Changes a list that only the run knows.
    fn change(
        &mut self,
        frame: &mut Frame,
        of: &syntax::Expr,
        list: Expr,
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let (at, Kind::Name(name)) = (of.at, &of.kind) else {
            return Err(of.at.wrong("give the list a name, and change that"));
        };
        let Expr::Name(kept) = &list else { return Err(at.wrong("this is no list")) };
        let kept = Rc::clone(kept);
        let (value, found) = if &*given.call == "append" {
            let item = given.need("item", "list.append(value)")?;
            let item = self.value(frame, item)?;
            let appended = Expr::Call(Function::Append, [list, item].into());
            (appended, Known::Nothing("append(..)"))
        } else {
            let first = Expr::Call(Function::First, [list.clone()].into());
            let first = self.settle(frame, at, &format!("of_{name}"), first)?;
            (Expr::Call(Function::Rest, [list].into()), first.into())
        };
        given.done()?;
        self.emit(frame, at, Step::Let { name: kept, value })?;
        Ok(found)
    }
}

/// The functions of Python.
impl Translator {
    fn builtin(
        &mut self,
        frame: &mut Frame,
        at: Place,
        name: &str,
        arguments: &[Argument],
    ) -> Result<Known> {
        let mut given = Arguments::new(name, at, arguments);
        match name {
            "print" => return self.print(frame, given),
            "isinstance" => return self.is_instance(frame, given),
            "range" => return self.range(frame, given),
            "list" | "set" | "tuple" if given.places.is_empty() => {
                given.done()?;
                return Ok(Known::list(Vec::new()));
            }
            "enumerate" | "zip" | "list" | "set" | "tuple" | "reversed" => {
                return self.relist(frame, name, given);
            }
            _ => {}
        }
        let value = given.need("value", &format!("{name}(value)"))?;
        if name == "round" {
            return Err(at.wrong("`round` can't be said here: write `{value:.2f}` in an f-text"));
        }
        let known = self.expression(frame, value)?;
        if let (Known::List(items, _), "len") = (&known, name) {
            given.done()?;
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            return Ok(Known::Value(Some(length).into()));
        }
        let mut values = vec![value_of(value.at, known)?];
        if let "min" | "max" = name
            && !given.places.is_empty()
        {
            for more in std::mem::take(&mut given.places) {
                values.push(self.value(frame, more)?);
            }
            values = vec![Expr::Call(Function::List, values.into())];
        }
        given.done()?;
        let function = match name {
            "len" => Function::Len,
            "str" => Function::Str,
            "repr" => Function::Repr,
            "sum" => Function::Sum,
            "min" => Function::Min,
            "max" => Function::Max,
            "sorted" => Function::Sorted,
            "type" => return Ok(Known::Type(values.swap_remove(0))),
            _ => {
                return Err(at.wrong(format!("`{name}` can't be said here: leave it out")));
            }
        };
        made(at, function, values)
    }

    fn print(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        given.named("flush");
        let sep = match given.named("sep") {
            None => Expr::from(" "),
            Some(sep) => self.value(frame, sep)?,
        };
        let mut parts = Vec::new();
        for (number, value) in std::mem::take(&mut given.places).into_iter().enumerate() {
            if let Kind::Star(list) = &value.kind {
                return Err(list.at.wrong("print the list itself: take the `*` away"));
            }
            if number > 0 {
                parts.push(sep.clone());
            }
            parts.push(self.value(frame, value)?);
        }
        given.done()?;
        self.emit(frame, at, Step::Log { text: joined(parts) })?;
        Ok(Known::none())
    }

    fn is_instance(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        let value = given.need("value", "isinstance(result, Exception)")?;
        let value = self.value(frame, value)?;
        let class = given.need("class", "isinstance(result, Exception)")?;
        given.done()?;
        match self.expression(frame, class)? {
            Known::Class(class) => {
                made(at, Function::IsError, vec![value, Constant::Text(class).into()])
            }
            _ => Err(class.at.wrong("give a class of errors: `isinstance(result, Exception)`")),
        }
    }

    fn range(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        let mut numbers = Vec::new();
        for value in std::mem::take(&mut given.places) {
            let number = self.expression(frame, value)?.constant().and_then(Constant::whole);
            numbers.push(number.ok_or_else(|| {
                value.at.wrong("a range has whole numbers that are known before: write them")
            })?);
        }
        given.done()?;
        let (begin, end, step) = match numbers[..] {
            [end] => (0, end, 1),
            [begin, end] => (begin, end, 1),
            [begin, end, step] if step != 0 => (begin, end, step),
            _ => return Err(at.wrong("write `range(3)` or `range(1, 4)`")),
        };
        let (mut items, mut number) = (Vec::new(), begin);
        while if step > 0 { number < end } else { number > end } {
            if items.len() >= LONGEST_RANGE {
                let reason = format!("this range is longer than {LONGEST_RANGE}: make it shorter");
                return Err(at.wrong(reason));
            }
            items.push(Known::Value(Some(number).into()));
            let Some(next) = number.checked_add(step) else { break };
            number = next;
        }
        Ok(Known::list(items))
    }

    /// Functions that make one list of another.
    fn relist(&mut self, frame: &mut Frame, name: &str, mut given: Arguments<'_>) -> Result<Known> {
        let mut lists = Vec::new();
        let at = given.at;
        let start = given.named("start");
        for value in std::mem::take(&mut given.places) {
            match self.expression(frame, value)? {
                Known::List(items, _) => lists.push(items),
                known @ Known::Value(Expr::Name(_) | Expr::Call(..))
                    if ["list", "set", "tuple"].contains(&name) =>
                {
                    return Ok(known);
                }
                _ => {
                    return Err(value.at.wrong(format!(
                        "`{name}` needs a list that is known before the run: go through this one \
                        by `for`"
                    )));
                }
            }
        }
        given.done()?;
        let begin = match start {
            None => 0,
            Some(start) => {
                let number = self.expression(frame, start)?.constant().and_then(Constant::whole);
                number.ok_or_else(|| start.at.wrong("give a whole number"))?
            }
        };
        if name != "zip" && lists.len() != 1 {
            return Err(at.wrong(format!("`{name}` takes one list")));
        }
        if name == "zip" {
            let length = lists.iter().map(Vec::len).min().unwrap_or(0);
            let row = |place: usize| lists.iter().map(|list| list[place].clone()).collect();
            return Ok(Known::list((0..length).map(row).map(Known::tuple).collect()));
        }
        let mut items = lists.swap_remove(0);
        match name {
            "reversed" => items.reverse(),
            "enumerate" => {
                let pair =
                    |(number, item)| Known::tuple(vec![Known::Value(Some(number).into()), item]);
                items = (begin..).zip(items).map(pair).collect();
            }
            _ => {}
        }
        Ok(Known::list(items))
    }
}
