//! Names, calls and awaits.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::errors;
use crate::program::{Aw, Constant, Expr, Function, Name, Step};
use crate::python::assigned::{assigned, outer, used};
use crate::python::complaint::{Place, Result};
use crate::python::syntax::{self, Argument, Define, Kind};
use crate::python::translate::Translator;
use crate::python::translate::arguments::Arguments;
use crate::python::translate::expressions::made;
use crate::python::translate::frame::{Closure, Frame, Known, Within};
use crate::python::translate::handling::forgotten;
use crate::python::words::{foreign, nearest};

/// The functions of Python that are known.
const BUILTINS: [&str; 25] = [
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
    "dict",
    "int",
    "float",
    "bool",
    "abs",
    "round",
    "any",
    "all",
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

/// The conditions of `wait`.
const CONDITIONS: [&str; 3] = ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"];

/// Names.
impl Translator {
    pub(crate) fn name(&mut self, frame: &Frame, at: Place, name: &Name) -> Result<Known> {
        let around = || self.globals.get(name).filter(|_| !frame.local.contains(name));
        if let Some(known) = frame.names.get(name).or_else(around) {
            let known = known.clone();
            self.spend(at, known.weight())?;
            return Ok(known);
        }
        // In brackets it is Python's, whatever the program calls so.
        let builtin = name.strip_prefix('(').and_then(|it| it.strip_suffix(')')).unwrap_or(name);
        if BUILTINS.contains(&builtin) || &**name == "(generator)" {
            return Ok(Known::Builtin(builtin.into()));
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
            _ if frame.local.contains(name) => {
                return format!(
                    "`{name}` has no value here: assign one before, or, if a name around this \
                    function is meant, write `global {name}` or `nonlocal {name}`"
                );
            }
            _ if self.seen.contains(name) => {
                return format!(
                    "`{name}` has no value here: assign one before, or, if it is the name of \
                    another function, pass it as an argument"
                );
            }
            _ => {}
        }
        if let Some(said) = foreign(name) {
            return said;
        }
        if OF_ASYNCIO.contains(&&**name) || CONDITIONS.contains(&&**name) {
            return format!("there is no name `{name}` here: write `asyncio.{name}`");
        }
        let own = frame.names.keys().chain(self.globals.keys()).map(|it| &**it);
        let class = || nearest(name, errors::raised()).filter(|_| name.ends_with("Error"));
        match nearest(name, own.chain(BUILTINS)).or_else(class) {
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
            Known::Type(value) if **name == *"__name__" => Ok(made(Function::Kind, vec![value])),
            Known::Value(value) if **name == *"exceptions" => {
                Ok(made(Function::Errors, vec![value]))
            }
            _ => Err(at.wrong(format!(
                "`.{name}` isn't part of this language: call a method, as `.done()`"
            ))),
        }
    }
}

/// Returns what a name of a module stands for.
fn of_module(at: Place, module: &str, name: &Name) -> Result<Known> {
    let known = match (module, &**name) {
        ("asyncio", "CancelledError" | "InvalidStateError" | "TimeoutError") => {
            return Ok(Known::Class(Rc::clone(name)));
        }
        ("asyncio", condition) if CONDITIONS.contains(&condition) => return Ok(Known::text(name)),
        ("asyncio", "get_event_loop") => "asyncio.get_running_loop".into(),
        ("asyncio", known) if OF_ASYNCIO.contains(&known) => format!("asyncio.{known}"),
        (module, name) => return Err(at.wrong(not_in(module, name))),
    };
    Ok(Known::Builtin(known.into()))
}

/// Looks whether something that gets a name can be gone through more than once.
pub(crate) fn check_many_times(at: Place, known: &Known) -> Result<()> {
    let name = match known {
        Known::List(_, function, _) => function.name(),
        Known::Items(_, name) => name,
        _ => "",
    };
    if !["zip", "enumerate", "reversed", "generator"].contains(&name) {
        return Ok(());
    }
    let remedy = if name == "generator" { "`[.. for .. in ..]`" } else { "`list(..)` around it" };
    Err(at.wrong(format!("one can go through this only once in Python: write {remedy}")))
}

/// Returns why a name of a module can't be used, and the remedy.
fn not_in(module: &str, name: &str) -> String {
    match (module, name) {
        ("asyncio", _) => {
            let all = OF_ASYNCIO.into_iter().chain(CONDITIONS);
            let near = nearest(name, all)
                .map(|near| format!("there is no `asyncio.{name}`: is `asyncio.{near}` meant?"));
            near.or_else(|| foreign(&format!("asyncio.{name}"))).unwrap_or_else(|| {
                let all = OF_ASYNCIO.join(", ");
                format!("`asyncio.{name}` isn't part of this language: there are {all}")
            })
        }
        ("time", "sleep") => "`time.sleep` blocks the loop, and all tasks with it: write \
            `await asyncio.sleep(..)`"
            .into(),
        ("time", _) => "the clock can't be read here: take `time` away".into(),
        _ => "chance isn't part of this language, so that each run is the same: write numbers of your \
            own"
            .into(),
    }
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
            let known = frame.unless_shared(of, |frame| self.expression(frame, of))?;
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
            Known::Class(class) => self.error(frame, at, class, arguments),
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

    /// Makes an error.
    fn error(
        &mut self,
        frame: &mut Frame,
        at: Place,
        class: Name,
        arguments: &[Argument],
    ) -> Result<Known> {
        let mut given = Arguments::new(&class, at, arguments);
        if given.places.is_empty() && given.names.is_empty() {
            return Ok(Known::Class(class));
        }
        let mut values = Vec::new();
        for value in std::mem::take(&mut given.places) {
            self.stored_after(frame, &mut values, value)?;
        }
        given.done()?;
        Ok(Known::Error(class, values))
    }

    /// Calls a function of the program. If it is `async` this makes a coroutine; otherwise
    /// its steps are taken now.
    fn own(
        &mut self,
        frame: &mut Frame,
        at: Place,
        define: &Rc<Closure>,
        arguments: &[Argument],
    ) -> Result<Known> {
        let given = self.given(frame, at, define, arguments)?;
        let label = call_in_words(define, &given);
        let mut names = BTreeSet::new();
        for (_, known) in &given {
            known.find_names(&mut names);
        }
        let mut inner = self.inner(frame, define);
        inner.names.extend(given);
        let assigned = self.assigned(at, &define.body)?;
        inner.local = &assigned - &outer(&define.body);
        self.seen.extend(assigned);
        self.deeper(at, |it| it.statements(&mut inner, &define.body))?;
        let coro = self.add_coro(&define.name, inner.steps);
        if define.is_async {
            let (function, given) = (Rc::clone(&define.name), names.into_iter().collect());
            return Ok(Known::Coro { coro, function, label, given });
        }
        let aw = Aw::Coro { coro, label: Some(label) };
        self.emit(frame, at, Step::WaitFor { aw, timeout: None })?;
        self.keep(frame, at, &define.name)
    }

    /// Returns the frame of a function that is called, with the names around that.
    fn inner(&self, frame: &Frame, define: &Rc<Closure>) -> Frame {
        let mut inner = Frame {
            is_async: define.is_async,
            function: Rc::clone(&define.name),
            names: define.outer.clone(),
            around: define.cells.clone(),
            define: Some(Rc::clone(&define.define)),
            place: Within { repeats: frame.place.repeats, ..Within::default() },
            ..Frame::default()
        };
        if !self.globals.contains_key(&define.name) {
            inner.names.insert(Rc::clone(&define.name), Known::Function(Rc::clone(define)));
        }
        for name in &define.later {
            if let Some(known @ Known::Function(_)) = frame.names.get(name) {
                inner.names.insert(Rc::clone(name), known.clone());
            }
        }
        inner
    }

    /// Returns a function within this one, with what it uses of the names around it. A name that
    /// gets other values is kept by the run from here on, where both find it.
    pub(crate) fn closure(
        &mut self,
        frame: &mut Frame,
        at: Place,
        define: &Rc<Define>,
    ) -> Result<Known> {
        let mut names = BTreeSet::new();
        used(&define.body, &mut names);
        let (own, changed) = (assigned(&define.body).0, outer(&define.body));
        let is_own =
            |it: &Name| own.contains(it) || define.parameters.iter().any(|(name, _)| name == it);
        names.retain(|name| !is_own(name));
        names.extend(changed.iter().cloned());
        self.spend(at, names.len())?;
        let mut closure = Closure { define: Rc::clone(define), ..Closure::default() };
        for name in names {
            if !frame.names.contains_key(&name) && frame.defines(&name) {
                closure.later.insert(name);
                continue;
            }
            self.capture(frame, at, &mut closure, name, &changed)?;
        }
        Ok(Known::Function(Rc::new(closure)))
    }

    /// Notes what a function within this one finds under a name.
    fn capture(
        &mut self,
        frame: &mut Frame,
        at: Place,
        closure: &mut Closure,
        name: Name,
        changed: &BTreeSet<Name>,
    ) -> Result<()> {
        if let Some(cell) = frame.around.get(&name) {
            closure.cells.insert(Rc::clone(&name), Rc::clone(cell));
        } else if frame.is_shared(&name) || (changed.contains(&name) && frame.assigns(&name) > 0) {
            if frame.place.may_not_run && !frame.cells.contains_key(&name) {
                return Err(at.wrong(format!(
                    "this function uses `{name}`, which gets several values: define it before, on \
                    a line of its own"
                )));
            }
            self.open_cells(frame, at, [Rc::clone(&name)])?;
            let cell = Rc::clone(&frame.cells[&name]);
            if !frame.names.contains_key(&name) {
                closure.outer.insert(Rc::clone(&name), Expr::Name(Rc::clone(&cell)).into());
            }
            closure.cells.insert(Rc::clone(&name), cell);
        }
        frame.own.remove(&name);
        if let Some(known) = frame.names.get(&name) {
            closure.outer.insert(name, known.clone());
        }
        Ok(())
    }

    /// Returns the parameters of a function with what stands for them.
    fn given(
        &mut self,
        frame: &mut Frame,
        at: Place,
        define: &Define,
        arguments: &[Argument],
    ) -> Result<Vec<(Name, Known)>> {
        if let Some(star) = arguments.iter().find(|it| matches!(it.value.kind, Kind::Star(_))) {
            return Err(star.value.at.wrong("write the arguments of this function one by one"));
        }
        let mut all = Arguments::new(&define.name, at, arguments);
        let mut given = Vec::new();
        for (name, default) in &define.parameters {
            let known = match (all.next(name), default) {
                (Some(value), _) => self.passed(frame, name, value)?,
                (None, Some(default)) => self.default(default)?,
                (None, None) => {
                    let function = &define.name;
                    let said = format!("`{function}` needs the argument `{name}`: give it");
                    return Err(at.wrong(said));
                }
            };
            given.push((Rc::clone(name), known));
        }
        all.done()?;
        Ok(given)
    }

    /// Returns a default value. Python makes it once, where the function is defined, so it has to
    /// be one that never changes.
    fn default(&mut self, default: &syntax::Expr) -> Result<Known> {
        let known = self.expression(&mut Frame::default(), default);
        known.ok().filter(|known| known.constant().is_some()).ok_or_else(|| {
            default.at.wrong(
                "Python makes this default once, for all calls: write a number, a text or `None`, \
                and make the rest in the function",
            )
        })
    }

    /// Returns what stands for a parameter.
    fn passed(&mut self, frame: &mut Frame, name: &Name, value: &syntax::Expr) -> Result<Known> {
        let known = self.expression(frame, value)?;
        check_many_times(value.at, &known)?;
        match known {
            Known::Task(task) if *task == *"self" => {
                let remedy = "assign the task that `create_task` returns, and use it";
                Err(value.at.wrong(remedy))
            }
            Known::Value(known) => Ok(self.settle(frame, value.at, name, known)?.into()),
            known => self.settled(frame, value.at, known),
        }
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
        let step = self.awaiting(frame, inner, known)?;
        let has_value = !matches!(step, Step::Sleep { .. } | Step::SleepFor { .. } | Step::Yield);
        self.emit(frame, at, step)?;
        if wanted && has_value { self.keep(frame, at, "result") } else { Ok(Known::none()) }
    }

    /// Returns the step that awaits something.
    fn awaiting(&mut self, frame: &mut Frame, inner: &syntax::Expr, known: Known) -> Result<Step> {
        match known {
            Known::Later(step, _) => {
                forget_awaited(frame, inner);
                Ok(*step)
            }
            Known::Coro { coro, label, .. } => {
                forget_awaited(frame, inner);
                let aw = Aw::Coro { coro, label: Some(label) };
                Ok(Step::WaitFor { aw, timeout: None })
            }
            Known::Task(task) => Ok(Step::Await { task }),
            Known::Value(value @ (Expr::Name(_) | Expr::Call(..)))
                if self.called(frame, inner).is_none() =>
            {
                Ok(Step::Await { task: self.handle_of(frame, inner.at, value)? })
            }
            other => Err(inner.at.wrong(self.not_awaitable(frame, inner, &other))),
        }
    }

    fn not_awaitable(&self, frame: &Frame, inner: &syntax::Expr, known: &Known) -> String {
        if let Some(name) = self.called(frame, inner) {
            return format!(
                "`{name}` is not `async`, so there is nothing to await: write \
                `async def {name}(..):`, or take `await` away"
            );
        }
        match known {
            Known::Function(define) => {
                let name = &define.name;
                format!("`{name}` is a function, which is not called: write `await {name}(..)`")
            }
            Known::List(..) => {
                "`await` takes one thing, not a list: write `await asyncio.gather(*tasks)`".into()
            }
            _ => "`await` wants a coroutine or a task: take `await` away, or call an `async` \
                function"
                .into(),
        }
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
        let function = match &callee.kind {
            Kind::Attribute(module, name) if module.is_name("asyncio") => Some(&**name),
            Kind::Name(name) => match frame.names.get(name).or_else(|| self.globals.get(name)) {
                Some(Known::Builtin(name)) => name.strip_prefix("asyncio."),
                _ => None,
            },
            _ => None,
        };
        let Some(function) = function.filter(|_| self.globals.contains_key("asyncio")) else {
            return Ok(None);
        };
        Ok(match &*function.to_owned() {
            "gather" => Some(self.gather(frame, inner.at, arguments)?),
            "shield" => Some(self.shield(frame, inner.at, arguments)?),
            _ => None,
        })
    }

    /// Returns a handle for a task that only the run knows.
    pub(crate) fn handle_of(&mut self, frame: &mut Frame, at: Place, value: Expr) -> Result<Name> {
        match self.settle(frame, at, "task", value)? {
            Expr::Name(name) => Ok(name),
            _ => Err(at.wrong("this is no task: assign the task that `create_task` returns")),
        }
    }
}

/// Forgets the name of a coroutine, which is awaited once.
fn forget_awaited(frame: &mut Frame, awaited: &syntax::Expr) {
    if let Kind::Name(name) = &awaited.kind {
        frame.names.remove(name);
    }
}

/// The most characters that the arguments in a task's name have.
const LONGEST: usize = 8;

/// Returns the call of a function as it is written, such as `work(3)`, without what is as by
/// default. If the arguments are long only the first is named, as in `work('a', ..)`; if that
/// isn't known before the run, none is.
fn call_in_words(Define { name, parameters, .. }: &Define, given: &[(Name, Known)]) -> Name {
    let is_default = |(known, default): (&Known, &Option<syntax::Expr>)| match default {
        Some(syntax::Expr { kind: Kind::Constant(it), .. }) => known.constant() == Some(it),
        _ => false,
    };
    let given = given.iter().map(|(_, it)| it).zip(parameters.iter().map(|it| &it.1));
    let given: Vec<_> = given.rev().skip_while(|it| is_default(*it)).collect();
    let words: Vec<_> =
        given.iter().rev().map(|(it, _)| it.constant().map(Constant::repr)).collect();
    let first = words.first().cloned().flatten().filter(|it| it.len() <= LONGEST);
    let all = words.into_iter().collect::<Option<Vec<_>>>().map(|it| it.join(", "));
    match (all, first) {
        (Some(all), Some(_)) if all.len() <= LONGEST => format!("{name}({all})").into(),
        (_, Some(first)) => format!("{name}({first}, ..)").into(),
        (_, None) => Rc::clone(name),
    }
}
