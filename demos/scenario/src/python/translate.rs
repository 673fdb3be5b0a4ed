//! Makes a scenario of a program.
//!
//! Whatever is known before the run is worked out here: each call of a function becomes a
//! coroutine of its own, in which the arguments stand for the parameters, and a loop over
//! a known range becomes as many steps. The run keeps the values that only it can know:
//! results of tasks, errors, and what is made of them.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::rc::Rc;

use crate::errors;
use crate::program::{
    Body, Catch, Constant, Deadline, Expr, Function, Millis, Name, Program, Source, Step,
};
use crate::python::calls::check_many_times;
use crate::python::complaint::{Place, Result};
use crate::python::expressions::{items_of, truth_of, value_of};
use crate::python::frame::{
    Closure, Frame, Known, assigned, is_new, leaves, outer, targets, used_by_functions,
};
use crate::python::methods::changes;
use crate::python::parse::parse;
use crate::python::syntax::{self, Define, Does, Handler, Kind, Statement};

/// The number of steps that a program may have.
const MOST_STEPS: usize = 20_000;
/// The number of statements, expressions and items that may be gone through to write the steps.
const MOST_WORK: usize = 2_000_000;
/// The number of steps after which a run is given up.
const LONGEST_RUN: u64 = 100_000;
/// The number of calls, blocks and expressions that may stand within each other.
const DEEPEST: usize = 50;

/// Whether a program can exit here: that unwinds the stack.
const CAN_EXIT: bool = cfg!(panic = "unwind");

/// The name under which the run keeps what an exit is given.
pub(crate) const EXIT_VALUE: &str = "(exit)";

/// Makes a scenario of a program.
///
/// # Errors
///
/// The error is the first thing that is wrong with it, or that a scenario can't say.
pub(crate) fn translate(file: &str, text: &str) -> Result<Program> {
    let statements = parse(text)?;
    let mut made_in_run = BTreeSet::new();
    let mut work = 0;
    loop {
        let mut translator = Translator::new(&statements, made_in_run, work);
        let result = translator.program(file, text, &statements);
        let known = translator.made_in_run.len();
        made_in_run = translator.made_in_run;
        made_in_run.append(&mut translator.wanted);
        // The lists that turned out to be changed in the run are made there from now on.
        if made_in_run.len() == known {
            return result;
        }
        work = translator.work;
    }
}

#[derive(Default)]
pub(crate) struct Translator {
    /// The names of the program's top: functions, modules and constants.
    pub(crate) globals: BTreeMap<Name, Known>,
    coros: BTreeMap<Name, Body>,
    /// For each function the coroutines that its calls have made, by their steps.
    calls: BTreeMap<Name, BTreeMap<String, Name>>,
    /// The coroutine that the run begins with, once it is known.
    pub(crate) main: Option<Name>,
    /// The place of the call that begins the run.
    begins: Place,
    /// The names that handles, values and coroutines have, and how often each was asked for.
    used: BTreeMap<Name, usize>,
    /// The names that functions have assigned to, as far as they were called.
    pub(crate) seen: BTreeSet<Name>,
    /// The names that tasks were given.
    pub(crate) task_names: BTreeMap<Name, Name>,
    /// True if the program changes any list.
    pub(crate) changes_lists: bool,
    /// The places of lists that are made in the run, where all their names stand for one list.
    pub(crate) made_in_run: BTreeSet<Place>,
    /// The places of those that turn out to be changed in the run.
    pub(crate) wanted: BTreeSet<Place>,
    /// The names of the program that functions assign to, and where the run keeps them.
    pub(crate) shared: BTreeMap<Name, Name>,
    /// The names of the values that coroutines are given.
    pub(crate) given_to: BTreeMap<Name, Rc<[Name]>>,
    /// True in a comprehension whose coroutines are gathered at once: there they become tasks.
    pub(crate) spawns: bool,
    steps: usize,
    work: usize,
    depth: usize,
}

/// The whole program.
impl Translator {
    fn new(statements: &[Statement], made_in_run: BTreeSet<Place>, work: usize) -> Self {
        let changes_lists = changes_lists(statements);
        let mut translator = Self { changes_lists, made_in_run, work, ..Self::default() };
        for name in ["main", "self"] {
            translator.used.insert(name.into(), 1);
        }
        translator
    }

    fn program(&mut self, file: &str, text: &str, statements: &[Statement]) -> Result<Program> {
        let mut top = Frame { function: "the program".into(), ..Frame::default() };
        self.top(&mut top, statements)?;
        let end = Place { line: text.lines().count().max(1), column: 1 };
        let main = self.main.take().ok_or_else(|| {
            end.wrong("nothing starts the program: write `asyncio.run(main())` as its last line")
        })?;
        let begins = self.begins;
        Ok(Program {
            name: None,
            main,
            coros: std::mem::take(&mut self.coros),
            busy: false,
            most_steps: Some(LONGEST_RUN),
            from_python: true,
            source: Some(Source { file: file.into(), text: text.into(), begins }),
        })
    }
}

/// Returns whether statements change any list.
fn changes_lists(statements: &[Statement]) -> bool {
    statements.iter().any(|Statement { kind, .. }| {
        let here = match kind {
            Does::Assign { target, .. } => !matches!(target.kind, Kind::Name(_) | Kind::Tuple(_)),
            Does::Delete(_) => true,
            Does::Define(define) => changes_lists(&define.body),
            _ => false,
        };
        here || kind.expressions().into_iter().any(changes_list)
            || kind.blocks().into_iter().any(changes_lists)
    })
}

fn changes_list(expr: &syntax::Expr) -> bool {
    let here = match &expr.kind {
        Kind::Call(callee, _) => match &callee.kind {
            Kind::Attribute(_, name) => changes(name),
            _ => false,
        },
        Kind::Binary(function, ..) => matches!(function, Function::AddTo | Function::MulTo),
        Kind::Lambda(define) => changes_lists(&define.body),
        _ => false,
    };
    here || expr.parts().into_iter().any(changes_list)
}

/// Names and steps.
impl Translator {
    /// Returns a name that nothing has: this one, with a number if it is taken.
    pub(crate) fn fresh(&mut self, name: &str) -> Name {
        loop {
            let count = self.used.entry(name.into()).or_default();
            *count += 1;
            let fresh: Name =
                if *count == 1 { return name.into() } else { format!("{name}.{count}").into() };
            if !self.used.contains_key(&fresh) {
                self.used.insert(Rc::clone(&fresh), 1);
                return fresh;
            }
        }
    }

    /// Counts so much work, done for this place.
    ///
    /// # Errors
    ///
    /// Fails if it gets too much: a short program may have loops in loops in loops.
    pub(crate) fn spend(&mut self, at: Place, work: usize) -> Result<()> {
        self.work = self.work.saturating_add(work);
        if self.work <= MOST_WORK {
            return Ok(());
        }
        Err(at.wrong(format!(
            "the program gets too long: to write out its calls and loops, {MOST_WORK} lines and \
            values were gone through; use smaller counts"
        )))
    }

    pub(crate) fn emit(&mut self, frame: &mut Frame, at: Place, step: Step) -> Result<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(at.wrong(format!(
                "the program gets too long: written out, its calls and loops are more than \
                {MOST_STEPS} steps; use smaller counts"
            )));
        }
        frame.steps.push(step);
        Ok(())
    }

    /// Keeps the value of the step before under a new name.
    pub(crate) fn keep(&mut self, frame: &mut Frame, at: Place, name: &str) -> Result<Known> {
        let name = self.fresh(name);
        self.emit(frame, at, Step::Keep { name: Rc::clone(&name) })?;
        Ok(Known::Value(Expr::Name(name)))
    }

    /// Computes a value now, and keeps it. Constants need not be kept.
    pub(crate) fn settle(
        &mut self,
        frame: &mut Frame,
        at: Place,
        name: &str,
        value: Expr,
    ) -> Result<Expr> {
        if let Expr::Constant(_) = value {
            return Ok(value);
        }
        let name = self.fresh(name);
        self.emit(frame, at, Step::Let { name: Rc::clone(&name), value })?;
        Ok(Expr::Name(name))
    }

    pub(crate) fn deeper<T>(
        &mut self,
        at: Place,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.spend(at, 1)?;
        if self.depth >= DEEPEST {
            return Err(at.wrong(format!(
                "more than {DEEPEST} calls, blocks and values stand within each other: a \
                function that calls itself must end soon"
            )));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// Returns the name of the coroutine with these steps: another call's, if that has the same.
    pub(crate) fn add_coro(&mut self, name: &str, body: Vec<Step>) -> Name {
        let all = self.calls.entry(name.into()).or_default();
        let number = all.len() + 1;
        match all.entry(format!("{body:?}")) {
            Entry::Occupied(same) => Rc::clone(same.get()),
            Entry::Vacant(place) => {
                let key: Name =
                    if number == 1 { name.into() } else { format!("{name}.{number}").into() };
                self.coros.insert(Rc::clone(&key), body.into());
                Rc::clone(place.insert(key))
            }
        }
    }
}

/// The top of a program.
impl Translator {
    fn top(&mut self, frame: &mut Frame, statements: &[Statement]) -> Result<()> {
        for statement in statements {
            if let Does::Define(define) = &statement.kind {
                let (name, define) = (Rc::clone(&define.name), Rc::clone(define));
                for name in outer(&define.body) {
                    let cell = self.fresh(&name);
                    self.shared.entry(name).or_insert(cell);
                }
                let closure = Closure { define, ..Closure::default() };
                self.globals.insert(name, Known::Function(Rc::new(closure)));
            }
        }
        frame.cells = self.shared.clone();
        statements.iter().try_for_each(|statement| self.at_top(frame, statement))
    }

    fn at_top(&mut self, frame: &mut Frame, statement: &Statement) -> Result<()> {
        let at = statement.at;
        match &statement.kind {
            Does::Import(module) => self.import(at, module),
            Does::Define(_)
            | Does::Pass
            | Does::Expression(syntax::Expr { kind: Kind::Constant(_), .. }) => Ok(()),
            Does::Expression(syntax::Expr { kind: Kind::Await(_), .. }) => Err(
                at.wrong("`await` stands in an `async def` only: write `asyncio.run(main())` here")
            ),
            Does::If { test, body, .. } if is_main_test(test) || is_true(test) => {
                body.iter().try_for_each(|inner| self.at_top(frame, inner))
            }
            Does::Expression(call) if is_asyncio_run(call) => self.run(frame, call),
            Does::Expression(call) => self.call_before_run(frame, at, call),
            Does::Assign { target, value } => {
                self.before_run(frame, at, |it, frame| it.assign(frame, target, value))?;
                self.globals.append(&mut frame.names);
                if self.main.is_none() { Ok(()) } else { Err(outside(at)) }
            }
            _ => Err(outside(at)),
        }
    }

    fn call_before_run(&mut self, frame: &mut Frame, at: Place, call: &syntax::Expr) -> Result<()> {
        match self.before_run(frame, at, |it, frame| it.expression(frame, call))? {
            Known::Coro { function, .. } => Err(at.wrong(format!(
                "`{function}(..)` only makes a coroutine: write `asyncio.run({function}(..))`"
            ))),
            _ if self.main.is_some() => Err(outside(at)),
            Known::Value(value @ Expr::Call(..)) => {
                self.settle(frame, at, "result", value).map(drop)
            }
            Known::Value(_) | Known::Nothing(_) => Ok(()),
            _ => Err(outside(at)),
        }
    }

    /// Does something before the run. The steps that it takes are the first of the run.
    fn before_run<T>(
        &mut self,
        frame: &mut Frame,
        at: Place,
        work: impl FnOnce(&mut Self, &mut Frame) -> Result<T>,
    ) -> Result<T> {
        let count = frame.steps.len();
        let done = work(self, frame)?;
        if frame.steps.len() > count {
            frame.steps.insert(count, Step::At(at));
        }
        Ok(done)
    }

    fn import(&mut self, at: Place, module: &Name) -> Result<()> {
        if !["asyncio", "time", "random"].contains(&&**module) {
            return Err(at.wrong(format!(
                "there is no module `{module}` here: only `import asyncio` has a use"
            )));
        }
        self.globals.insert(Rc::clone(module), Known::Module(Rc::clone(module)));
        Ok(())
    }

    fn run(&mut self, frame: &mut Frame, run: &syntax::Expr) -> Result<()> {
        let Kind::Call(callee, arguments) = &run.kind else { return Err(outside(run.at)) };
        self.expression(frame, callee)?;
        if self.main.is_some() {
            return Err(run.at.wrong("`asyncio.run` stands here twice: run one coroutine only"));
        }
        let [argument] = &arguments[..] else {
            return Err(run.at.wrong("`asyncio.run` takes one coroutine: write `main()` in it"));
        };
        let (at, main) = (argument.value.at, self.expression(frame, &argument.value)?);
        match main {
            Known::Coro { coro, label, .. } => {
                let mut steps = std::mem::take(&mut frame.steps);
                let main = if steps.is_empty() {
                    coro
                } else {
                    steps.extend(self.coros[&coro].iter().cloned());
                    self.add_coro(&label, steps)
                };
                (self.main, self.begins) = (Some(main), run.at);
            }
            Known::Function(define) => {
                let name = &define.name;
                return Err(at.wrong(format!("`{name}` is not called: write `{name}()`")));
            }
            _ => {
                return Err(at.wrong(
                    "`asyncio.run` takes a coroutine: define `async def main():`, \
                    and write `asyncio.run(main())`",
                ));
            }
        }
        Ok(())
    }
}

/// Returns whether the run is at a statement at some time, and not only in those within it.
fn does_something(does: &Does) -> bool {
    !matches!(
        does,
        Does::Pass | Does::Import(_) | Does::Define(_) | Does::Try { .. } | Does::Outer(_)
    )
}

fn outside(at: Place) -> crate::python::complaint::Complaint {
    at.wrong("this stands outside of any function: put it into `async def main():`")
}

/// Returns whether this is `__name__ == "__main__"`.
fn is_main_test(test: &syntax::Expr) -> bool {
    let Kind::Binary(Function::Eq, name, main) = &test.kind else { return false };
    matches!(&name.kind, Kind::Name(name) if **name == *"__name__")
        && matches!(&main.kind, Kind::Constant(Constant::Text(it)) if **it == *"__main__")
}

fn is_true(test: &syntax::Expr) -> bool {
    matches!(test.kind, Kind::Constant(Constant::Bool(true)))
}

fn is_asyncio_run(call: &syntax::Expr) -> bool {
    let Kind::Call(callee, _) = &call.kind else { return false };
    let Kind::Attribute(module, run) = &callee.kind else { return false };
    **run == *"run" && matches!(&module.kind, Kind::Name(name) if **name == *"asyncio")
}

/// Statements.
impl Translator {
    pub(crate) fn block(&mut self, frame: &mut Frame, body: &[Statement]) -> Result<Body> {
        let ((), steps) = frame.apart(|frame| self.statements(frame, body))?;
        Ok(steps.into())
    }

    /// Writes the steps of statements into the frame.
    pub(crate) fn statements(&mut self, frame: &mut Frame, body: &[Statement]) -> Result<()> {
        body.iter().try_for_each(|statement| self.statement(frame, statement))
    }

    fn statement(&mut self, frame: &mut Frame, statement: &Statement) -> Result<()> {
        self.deeper(statement.at, |it| it.any_statement(frame, statement))
    }

    fn any_statement(&mut self, frame: &mut Frame, statement: &Statement) -> Result<()> {
        let at = statement.at;
        if does_something(&statement.kind) {
            frame.steps.push(Step::At(at));
        }
        match &statement.kind {
            Does::Expression(value) => self.for_its_effect(frame, value),
            Does::Assign { target, value } => self.assign(frame, target, value),
            Does::Return(value) => self.give_back(frame, at, value.as_ref()),
            Does::Raise(error) => self.raise(frame, at, error.as_ref()),
            Does::Pass => Ok(()),
            Does::Import(_) => Err(at.wrong("put the `import` at the top of the program")),
            Does::Define(define) => self.define(frame, at, define),
            Does::Break => self.leave(frame, at, 2),
            Does::Continue => self.leave(frame, at, 1),
            Does::Delete(items) => items.iter().try_for_each(|item| self.delete(frame, item)),
            Does::Outer(names) => names.iter().try_for_each(|name| self.outer(frame, at, name)),
            Does::If { test, body, otherwise } => self.choose(frame, test, body, otherwise),
            Does::While { test, body } => self.repeat_while(frame, test, body),
            Does::For { target, items, body } => self.repeat(frame, target, items, body),
            Does::Try { body, handlers, finally } => {
                self.attempt(frame, at, body, handlers, finally.as_deref())
            }
            Does::With { is_async: false, .. } => {
                Err(at.wrong("`async` is missing: write `async with ..:`"))
            }
            Does::With { context, name, body, .. } => {
                self.with(frame, context, name.as_ref(), body)
            }
        }
    }

    fn define(&mut self, frame: &mut Frame, at: Place, define: &Rc<Define>) -> Result<()> {
        let function = self.closure(frame, at, define)?;
        frame.names.insert(Rc::clone(&define.name), function);
        Ok(())
    }

    /// Takes an expression on a line of its own.
    fn for_its_effect(&mut self, frame: &mut Frame, value: &syntax::Expr) -> Result<()> {
        let at = value.at;
        let known = match &value.kind {
            Kind::Await(inner) => self.awaited(frame, at, inner, false)?,
            Kind::Binary(Function::Eq, ..) => {
                return Err(at.wrong("`==` compares: write `=` to assign"));
            }
            _ => self.expression(frame, value)?,
        };
        match known {
            Known::Error(class, _) => {
                Err(at
                    .wrong(format!("this error is made but not raised: write `raise {class}(..)`")))
            }
            Known::Coro { .. } | Known::Later(..) | Known::Function(_) | Known::Builtin(_) => {
                Err(known.is_no_value(at))
            }
            // It may fail.
            Known::Value(value @ Expr::Call(..)) => {
                self.settle(frame, at, "result", value).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn give_back(
        &mut self,
        frame: &mut Frame,
        at: Place,
        value: Option<&syntax::Expr>,
    ) -> Result<()> {
        if frame.place.finally {
            return Err(at.wrong("a `finally` has no `return` here: put it behind the `try`"));
        }
        let value = match value {
            None => Constant::None.into(),
            Some(value) => self.stored(frame, value)?,
        };
        self.emit(frame, at, Step::Return { value })
    }

    fn raise(&mut self, frame: &mut Frame, at: Place, error: Option<&syntax::Expr>) -> Result<()> {
        let Some(error) = error else {
            if frame.caught.is_empty() {
                return Err(at.wrong("`raise` alone stands in an `except` only: name the error"));
            }
            return self.emit(frame, at, Step::Reraise);
        };
        let raised = self.expression(frame, error)?;
        match &raised {
            Known::Class(class) | Known::Error(class, _) if **class == *"SystemExit" => {
                return self.exit(frame, at, error.at, raised);
            }
            Known::Class(class) | Known::Error(class, _) if **class == *"CancelledError" => {
                let reason = "a cancellation isn't raised here: write `task.cancel()`";
                return Err(error.at.wrong(reason));
            }
            _ => {}
        }
        let error = match raised {
            Known::Class(class) => Constant::Text(class).into(),
            Known::Error(class, given) => match &given[..] {
                [Expr::Constant(Constant::Text(text))] => (&*format!("{class}: {text}")).into(),
                _ => value_of(at, Known::Error(class, given))?,
            },
            Known::Value(value @ (Expr::Name(_) | Expr::Call(..))) => value,
            _ => {
                return Err(error.at.wrong("only errors are raised: write `raise ValueError(..)`"));
            }
        };
        self.emit(frame, at, Step::Raise { error })
    }

    /// Exits with what `SystemExit` is given, which the run keeps.
    fn exit(&mut self, frame: &mut Frame, at: Place, error: Place, exit: Known) -> Result<()> {
        if !CAN_EXIT {
            let reason = "an exit isn't part of this language here: write `return` in `main`";
            return Err(error.wrong(reason));
        }
        let value = match exit {
            Known::Error(_, mut given) => given.swap_remove(0),
            _ => Constant::None.into(),
        };
        self.emit(frame, at, Step::Let { name: EXIT_VALUE.into(), value })?;
        self.emit(frame, at, Step::Exit)
    }

    /// Leaves loops: one stands within the other, for each item, so that `continue` leaves the
    /// inner one only.
    fn leave(&mut self, frame: &mut Frame, at: Place, loops: u64) -> Result<()> {
        let word = if loops == 2 { "break" } else { "continue" };
        if frame.place.loops == 0 {
            return Err(at.wrong(format!("`{word}` stands in a loop only: take it away")));
        }
        self.emit(frame, at, Step::Leave { loops })
    }

    /// Deletes an item of a list or a dictionary.
    fn delete(&mut self, frame: &mut Frame, item: &syntax::Expr) -> Result<()> {
        let Kind::Index(of, place) = &item.kind else { return Ok(()) };
        let mut values = vec![self.stored(frame, of)?];
        self.value_after(frame, &mut values, place)?;
        let value = Expr::Call(Function::RemoveItem, values.into());
        self.settle(frame, item.at, "deleted", value).map(drop)
    }

    /// Finds a name of the function around this one, or of the program, that is assigned to here.
    fn outer(&mut self, frame: &mut Frame, at: Place, name: &Name) -> Result<()> {
        let cell = frame.around.get(name).or_else(|| self.shared.get(name)).cloned();
        let Some(cell) = cell else {
            return Err(at.wrong(format!("there is no name `{name}` around this function")));
        };
        frame.names.insert(Rc::clone(name), Expr::Name(Rc::clone(&cell)).into());
        frame.cells.insert(Rc::clone(name), cell);
        Ok(())
    }

    fn choose(
        &mut self,
        frame: &mut Frame,
        test: &syntax::Expr,
        body: &[Statement],
        otherwise: &[Statement],
    ) -> Result<()> {
        let at = test.at;
        let test = self.truth(frame, test)?;
        if let Some(is_true) = truth_of(&test) {
            return self.statements(frame, if is_true { body } else { otherwise });
        }
        let names = &self.kept_in(frame, at, body)? | &self.kept_in(frame, at, otherwise)?;
        self.open_cells(frame, at, names.clone())?;
        let mut branch = |body| {
            let body = frame.maybe(|frame| self.block(frame, body))?;
            frame.forget_after_block(&names);
            Ok(body)
        };
        let (body, otherwise) = (branch(body)?, branch(otherwise)?);
        self.emit(frame, at, Step::If { test, body, otherwise })
    }

    fn repeat_while(
        &mut self,
        frame: &mut Frame,
        test: &syntax::Expr,
        body: &[Statement],
    ) -> Result<()> {
        let at = test.at;
        let names = self.kept_in(frame, at, body)?;
        self.open_cells(frame, at, names)?;
        let tested = |frame: &mut Frame| self.repeated(frame, |it, frame| it.truth(frame, test));
        let (test, before) = frame.apart(tested)?;
        let body = self.repeated(frame, |it, frame| it.body_of_loop(frame, at, body))?;
        let step = match test {
            Expr::Constant(Constant::Bool(true)) => Step::Loop { n: u64::MAX, body },
            test if before.is_empty() => Step::While { test, body },
            test => {
                // The test takes steps, so it stands at the begin of the body.
                let otherwise = [Step::Leave { loops: 1 }].into();
                let mut steps = before;
                steps.push(Step::If { test, body: [].into(), otherwise });
                steps.extend(body.iter().cloned());
                Step::Loop { n: u64::MAX, body: steps.into() }
            }
        };
        self.emit(frame, at, step)
    }

    /// Writes the steps of a loop's body. If it is left by `break` or `continue`, it is a loop
    /// of one round.
    fn body_of_loop(&mut self, frame: &mut Frame, at: Place, body: &[Statement]) -> Result<Body> {
        let around = frame.place;
        frame.place.loops += 1;
        let steps = self.block(frame, body);
        frame.place = around;
        let steps = steps?;
        if !leaves(body) {
            return Ok(steps);
        }
        self.spend(at, 1)?;
        Ok([Step::Loop { n: 1, body: steps }].into())
    }

    /// Works on a body that may be taken many times.
    pub(crate) fn repeated<T>(
        &mut self,
        frame: &mut Frame,
        work: impl FnOnce(&mut Self, &mut Frame) -> Result<T>,
    ) -> Result<T> {
        let before = (frame.place.repeats, frame.place.may_not_run);
        (frame.place.repeats, frame.place.may_not_run) = (true, true);
        let result = work(self, frame);
        (frame.place.repeats, frame.place.may_not_run) = before;
        result
    }

    fn repeat(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        items: &syntax::Expr,
        body: &[Statement],
    ) -> Result<()> {
        match self.gone_through(frame, items)? {
            Known::List(all, ..) if leaves(body) => {
                self.unroll_until_left(frame, target, all, body)
            }
            Known::List(items, ..) => self.unroll(frame, target, items, body),
            Known::Value(Expr::Constant(constant)) if constant.kind() != "str" => {
                Err(items.at.wrong("there is nothing to go through: write `range(..)`, or a list"))
            }
            Known::Value(list) => {
                let names = &self.kept_in(frame, items.at, body)? | &targets(target);
                self.open_cells(frame, items.at, names)?;
                let name = self.fresh("item");
                let item = Known::Value(Expr::Name(Rc::clone(&name)));
                let body = self.repeated(frame, |it, frame| it.round(frame, target, item, body))?;
                self.emit(frame, items.at, Step::For { name, items: list, body: body.into() })
            }
            other => Err(other.is_no_value(items.at)),
        }
    }

    /// Returns the steps that a loop takes for an item.
    fn round(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        item: Known,
        body: &[Statement],
    ) -> Result<Vec<Step>> {
        let (body, mut steps) = frame.apart(|frame| {
            self.bind(frame, target, item)?;
            self.body_of_loop(frame, target.at, body)
        })?;
        steps.extend(body.iter().cloned());
        Ok(steps)
    }

    /// Writes the steps of the body for each item, in a loop of one round that can be left.
    fn unroll_until_left(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        items: Vec<Known>,
        body: &[Statement],
    ) -> Result<()> {
        let names = &self.kept_in(frame, target.at, body)? | &targets(target);
        self.open_cells(frame, target.at, names)?;
        let mut round = |frame: &mut Frame, item: Known| {
            let count = frame.steps.len();
            self.bind(frame, target, item.clone())?;
            let kept = Self::keep_known(frame, target, &item, body);
            let body = self.body_of_loop(frame, target.at, body)?;
            frame.names.extend(kept);
            frame.steps.extend(body.iter().cloned());
            self.spend(target.at, frame.steps.len() - count)
        };
        let rounds = |frame: &mut Frame| items.into_iter().try_for_each(|it| round(frame, it));
        let ((), steps) = frame.apart(|frame| frame.maybe(rounds))?;
        self.emit(frame, target.at, Step::Loop { n: 1, body: steps.into() })
    }

    /// Has the name of an item stand for what is known of that in the body, unless this assigns
    /// to it. Returns what it stands for behind the loop.
    fn keep_known(
        frame: &mut Frame,
        target: &syntax::Expr,
        item: &Known,
        body: &[Statement],
    ) -> Vec<(Name, Known)> {
        let assigned = assigned(body).0;
        let mut pairs = Vec::new();
        known_parts(target, item, &mut pairs);
        let mut kept = Vec::new();
        for (name, item) in pairs {
            if assigned.contains(&name) || !matches!(item, Known::Value(Expr::Constant(_))) {
                continue;
            }
            if let Some(cell) = frame.names.insert(Rc::clone(&name), item) {
                kept.push((name, cell));
            }
        }
        kept
    }

    /// Writes the steps of the body for each item. Those that are the same become a loop.
    fn unroll(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        items: Vec<Known>,
        body: &[Statement],
    ) -> Result<()> {
        let mut runs: Vec<(Vec<Step>, u64)> = Vec::new();
        for item in items {
            let ((), steps) = frame.apart(|frame| {
                self.bind(frame, target, item)?;
                self.statements(frame, body)
            })?;
            self.spend(target.at, steps.len())?;
            self.add_to_runs(&mut runs, steps);
        }
        for (steps, n) in runs {
            if n == 1 || steps.is_empty() {
                frame.steps.extend(steps);
            } else {
                self.emit(frame, target.at, Step::Loop { n, body: steps.into() })?;
            }
        }
        Ok(())
    }

    /// Adds steps to those that are taken so many times. Steps like the last aren't written
    /// again.
    fn add_to_runs(&mut self, runs: &mut Vec<(Vec<Step>, u64)>, steps: Vec<Step>) {
        match runs.last_mut() {
            Some((same, count)) if *same == steps => {
                *count += 1;
                self.steps -= steps.iter().filter(|it| !matches!(it, Step::At(_))).count();
            }
            _ => runs.push((steps, 1)),
        }
    }
}

/// Finds the names of a target and what each of them stands for.
fn known_parts(target: &syntax::Expr, item: &Known, pairs: &mut Vec<(Name, Known)>) {
    match (&target.kind, item) {
        (Kind::Name(name), item) => pairs.push((Rc::clone(name), item.clone())),
        (Kind::Tuple(targets), Known::List(items, ..)) => {
            targets.iter().zip(items).for_each(|(target, item)| known_parts(target, item, pairs));
        }
        _ => {}
    }
}

/// Blocks that catch, or that end what is in them.
impl Translator {
    fn attempt(
        &mut self,
        frame: &mut Frame,
        at: Place,
        body: &[Statement],
        handlers: &[Handler],
        finally: Option<&[Statement]>,
    ) -> Result<()> {
        let inner = handlers.iter().map(|it| &it.body[..]).chain(finally);
        let mut names = BTreeSet::new();
        for block in inner.chain([body]) {
            names.append(&mut self.kept_in(frame, at, block)?);
        }
        self.open_cells(frame, at, names.clone())?;
        let body = frame.maybe(|frame| self.block(frame, body))?;
        frame.forget_after_block(&names);
        let catch = frame.maybe(|frame| self.handlers(frame, handlers))?;
        let finally = finally.map(|finally| self.finally(frame, finally)).transpose()?;
        self.emit(frame, at, Step::Try { body, catch: catch.into(), finally })
    }

    /// A `finally` stands in no handler: what the handlers around it have caught isn't raised
    /// again there.
    fn finally(&mut self, frame: &mut Frame, body: &[Statement]) -> Result<Body> {
        let around = frame.place;
        frame.place.finally = true;
        let caught = std::mem::take(&mut frame.caught);
        let result = self.block(frame, body);
        (frame.place, frame.caught) = (around, caught);
        result
    }

    /// Returns the handler of each kind of error: of those that catch it, the first.
    fn handlers(&mut self, frame: &mut Frame, handlers: &[Handler]) -> Result<Vec<(Catch, Body)>> {
        let mut bodies = Vec::new();
        for handler in handlers {
            for (class, at) in &handler.classes {
                check_class(class, *at)?;
            }
            check_name_of_error(frame, handler)?;
            bodies.push(self.handler(frame, handler)?);
        }
        let of = |class: &str| handlers.iter().position(|handler| catches(handler, class));
        let others = of("Exception");
        let mut catch = vec![
            (Catch::Cancelled, of("CancelledError")),
            (Catch::Timeout, of("TimeoutError")),
            (Catch::Group, of("ExceptionGroup")),
            (Catch::Error, others),
        ];
        let named = errors::raised().filter(|class| of(class) != others);
        catch.extend(named.map(|class| (Catch::Named(class.into()), of(class))));
        let body = |(kind, place): (Catch, Option<usize>)| Some((kind, Rc::clone(&bodies[place?])));
        Ok(catch.into_iter().filter_map(body).collect())
    }

    fn handler(&mut self, frame: &mut Frame, handler: &Handler) -> Result<Body> {
        frame.caught.push(handler.name.clone());
        let result = match &handler.name {
            None => self.block(frame, &handler.body),
            Some(name) => self.handler_with_name(frame, handler, name),
        };
        frame.caught.pop();
        result
    }

    /// The name of the error is known in the handler only.
    fn handler_with_name(
        &mut self,
        frame: &mut Frame,
        handler: &Handler,
        name: &Name,
    ) -> Result<Body> {
        let before = frame.names.get(name).cloned();
        let ((), steps) = frame.apart(|frame| {
            let caught = Expr::Call(Function::Caught, [].into());
            let error = self.settle(frame, handler.at, name, caught)?;
            frame.names.insert(Rc::clone(name), error.into());
            self.statements(frame, &handler.body)
        })?;
        match before {
            Some(known) => frame.names.insert(Rc::clone(name), known),
            None => frame.names.remove(name),
        };
        Ok(steps.into())
    }

    fn with(
        &mut self,
        frame: &mut Frame,
        context: &syntax::Expr,
        name: Option<&Name>,
        body: &[Statement],
    ) -> Result<()> {
        let at = context.at;
        if !frame.is_async {
            return Err(at.wrong(forgotten(frame)));
        }
        let Kind::Call(callee, arguments) = &context.kind else { return Err(no_context(at)) };
        let step = match self.expression(frame, callee)? {
            Known::Builtin(it) if *it == *"asyncio.timeout" => {
                if let Some(name) = name {
                    let reason = format!("the timeout needs no name here: take `as {name}` away");
                    return Err(at.wrong(reason));
                }
                let deadline = self.limit(frame, at, arguments)?.map(Deadline::After);
                Step::Timeout { deadline, body: self.block(frame, body)? }
            }
            Known::Builtin(it) if *it == *"asyncio.TaskGroup" => {
                let group = self.fresh(name.map_or("group", |name| name));
                if let Some(name) = name {
                    frame.names.insert(Rc::clone(name), Known::Group(Rc::clone(&group)));
                }
                Step::Group { name: group, body: self.block(frame, body)? }
            }
            _ => return Err(no_context(at)),
        };
        self.emit(frame, at, step)
    }

    fn limit(
        &mut self,
        frame: &mut Frame,
        at: Place,
        arguments: &[syntax::Argument],
    ) -> Result<Option<Millis>> {
        let [argument] = arguments else {
            return Err(at.wrong("write the time: `asyncio.timeout(1)`"));
        };
        self.millis_or_none(frame, &argument.value)
    }
}

fn no_context(at: Place) -> crate::python::complaint::Complaint {
    at.wrong("only `asyncio.timeout(..)` and `asyncio.TaskGroup()` stand in an `async with` here")
}

pub(crate) fn forgotten(frame: &Frame) -> String {
    let name = &frame.function;
    format!("`{name}` isn't `async`: write `async def {name}(..):` to wait in it")
}

fn check_class(class: &Name, at: Place) -> Result<()> {
    if **class == *"SystemExit" {
        return Err(at.wrong("`SystemExit` can't be caught here: leave it alone"));
    }
    if errors::exists(class) {
        return Ok(());
    }
    Err(at.wrong(format!("there is no class of errors `{class}` here: take one that Python has")))
}

/// Looks whether nothing else has the name of an error, which Python forgets behind the handler.
fn check_name_of_error(frame: &Frame, handler: &Handler) -> Result<()> {
    let Some(name) = &handler.name else { return Ok(()) };
    if frame.caught.contains(&Some(Rc::clone(name))) {
        return Err(handler.at.wrong(format!(
            "`{name}` is the error of the `except` around this one, and would be lost: \
            give this error another name"
        )));
    }
    if frame.assigns(name) > 0 {
        return Err(handler.at.wrong(format!(
            "Python forgets `{name}` behind this `except`, and it has another value before: \
            give the error another name"
        )));
    }
    Ok(())
}

fn catches(handler: &Handler, class: &str) -> bool {
    handler.classes.is_empty() || handler.classes.iter().any(|(it, _)| errors::is_a(class, it))
}

/// Names and what is assigned to them.
impl Translator {
    /// Returns the names that statements assign to, in all their blocks.
    pub(crate) fn assigned(&mut self, at: Place, body: &[Statement]) -> Result<BTreeSet<Name>> {
        let (names, statements) = assigned(body);
        self.spend(at, statements)?;
        Ok(names)
    }

    /// Returns the names whose values the run has to keep if it may leave statements out: those
    /// that they assign to, and those that functions in them share with the function around.
    fn kept_in(&mut self, frame: &Frame, at: Place, body: &[Statement]) -> Result<BTreeSet<Name>> {
        let mut names = self.assigned(at, body)?;
        let mut captured = BTreeSet::new();
        used_by_functions(body, &mut captured);
        names.extend(captured.into_iter().filter(|name| frame.is_shared(name)));
        Ok(names)
    }

    /// Keeps the values of these names in the run from here on, as a block that follows may
    /// assign to them or not.
    pub(crate) fn open_cells(
        &mut self,
        frame: &mut Frame,
        at: Place,
        names: impl IntoIterator<Item = Name>,
    ) -> Result<()> {
        for name in names {
            if frame.cells.contains_key(&name) {
                continue;
            }
            let cell = self.fresh(&name);
            frame.cells.insert(Rc::clone(&name), Rc::clone(&cell));
            if let Some(known) = frame.names.get(&name).cloned() {
                self.store(frame, at, &name, known)?;
            }
        }
        Ok(())
    }

    /// Binds a name, and stores the value if the run keeps it.
    fn store(&mut self, frame: &mut Frame, at: Place, name: &Name, known: Known) -> Result<()> {
        let Some(cell) = frame.cells.get(name).cloned() else {
            frame.names.insert(Rc::clone(name), known);
            return Ok(());
        };
        let is_task = matches!(known, Known::Task(_));
        self.pin(&known);
        let value = match known {
            Known::Value(_)
            | Known::Task(_)
            | Known::List(_, Function::List | Function::Tuple, _)
            | Known::Error(..) => value_of(at, known)?,
            other => {
                frame.names.insert(Rc::clone(name), other);
                return Ok(());
            }
        };
        self.emit(frame, at, Step::Let { name: Rc::clone(&cell), value })?;
        let known = if is_task { Known::Task(cell) } else { Expr::Name(cell).into() };
        frame.names.insert(Rc::clone(name), known);
        Ok(())
    }

    fn assign(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        value: &syntax::Expr,
    ) -> Result<()> {
        let known = self.expression(frame, value)?;
        if let Known::Nothing(call) = known {
            return Err(Known::Nothing(call).is_no_value(value.at));
        }
        check_many_times(value.at, &known)?;
        let known = match known {
            Known::Items(range, "range") => {
                Known::Items(self.settle(frame, value.at, "range", range)?, "range")
            }
            known => known,
        };
        self.bind(frame, target, known)?;
        if is_new(value) {
            frame.own.extend(targets(target));
        }
        Ok(())
    }

    /// Assigns to a name, or to several.
    pub(crate) fn bind(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        known: Known,
    ) -> Result<()> {
        let at = target.at;
        match &target.kind {
            Kind::Name(name) => self.bind_name(frame, at, name, known),
            Kind::Index(of, place) => self.set_item(frame, at, (of, place), known),
            Kind::Tuple(targets) | Kind::List(targets) => {
                let items = self.parts(frame, at, known, targets.len())?;
                let mut pairs = targets.iter().zip(items);
                pairs.try_for_each(|(target, item)| self.bind(frame, target, item))
            }
            _ => Err(at.wrong("only a name can be assigned to: write `name = ..`")),
        }
    }

    fn bind_name(&mut self, frame: &mut Frame, at: Place, name: &Name, known: Known) -> Result<()> {
        frame.own.remove(name);
        let known = match known {
            Known::Error(..) => value_of(at, known)?.into(),
            known => known,
        };
        let known = match known {
            Known::Value(value) if !frame.cells.contains_key(name) => {
                self.settle(frame, at, name, value)?.into()
            }
            known => known,
        };
        self.store(frame, at, name, known)
    }

    /// Puts a value at a place of a list, or at a key. The value is computed first.
    fn set_item(
        &mut self,
        frame: &mut Frame,
        at: Place,
        (of, place): (&syntax::Expr, &syntax::Expr),
        known: Known,
    ) -> Result<()> {
        self.pin(&known);
        let value = value_of(at, known)?;
        let value = self.settle(frame, at, "value", value)?;
        let mut values = vec![self.stored(frame, of)?];
        self.stored_after(frame, &mut values, place)?;
        values.push(value);
        let set = Expr::Call(Function::SetItem, values.into());
        self.settle(frame, at, "assigned", set).map(drop)
    }

    /// Returns the items of a list that is assigned to so many names.
    fn parts(
        &mut self,
        frame: &mut Frame,
        at: Place,
        known: Known,
        names: usize,
    ) -> Result<Vec<Known>> {
        match known {
            Known::List(items, ..) if items.len() == names => Ok(items),
            Known::List(items, ..) => {
                let values = items.len();
                Err(at.wrong(format!("{names} names get {values} values: make them even")))
            }
            other => {
                let list =
                    Expr::Call(Function::Parts, [items_of(at, other)?, names_of(names)].into());
                let list = self.settle(frame, at, "parts", list)?;
                let item = |place: i64| {
                    let of = [list.clone(), Some(place).into()];
                    Known::Value(Expr::Call(Function::Index, of.into()))
                };
                Ok((0..).take(names).map(item).collect())
            }
        }
    }
}

/// Returns a number of names as a constant.
fn names_of(names: usize) -> Expr {
    Some(i64::try_from(names).unwrap_or(i64::MAX)).into()
}
