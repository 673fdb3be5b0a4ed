//! The top of a program: what stands outside of its functions.

use std::rc::Rc;

use crate::program::{Constant, Expr, Function, Name, Step};
use crate::python::assigned::outer;
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::syntax::{self, Does, Kind, Statement};
use crate::python::translate::Translator;
use crate::python::translate::frame::{Closure, Frame, Known};

/// The top of a program.
impl Translator {
    pub(crate) fn top(&mut self, frame: &mut Frame, statements: &[Statement]) -> Result<()> {
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

    pub(crate) fn import(&mut self, at: Place, module: &Name) -> Result<()> {
        if !["asyncio", "time", "random"].contains(&&**module) {
            return Err(at.wrong(format!(
                "there is no module `{module}` here: only `import asyncio` has a use"
            )));
        }
        self.globals.insert(Rc::clone(module), Known::Module(Rc::clone(module)));
        Ok(())
    }

    pub(crate) fn run(&mut self, frame: &mut Frame, run: &syntax::Expr) -> Result<()> {
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

fn outside(at: Place) -> Complaint {
    at.wrong("this stands outside of any function: put it into `async def main():`")
}

/// Returns whether this is `__name__ == "__main__"`.
fn is_main_test(test: &syntax::Expr) -> bool {
    let Kind::Binary(Function::Eq, name, main) = &test.kind else { return false };
    matches!(&name.kind, Kind::Name(name) if **name == *"__name__")
        && matches!(&main.kind, Kind::Constant(Constant::Text(it)) if **it == *"__main__")
}

pub(crate) fn is_true(test: &syntax::Expr) -> bool {
    matches!(test.kind, Kind::Constant(Constant::Bool(true)))
}

fn is_asyncio_run(call: &syntax::Expr) -> bool {
    let Kind::Call(callee, _) = &call.kind else { return false };
    let Kind::Attribute(module, run) = &callee.kind else { return false };
    **run == *"run" && matches!(&module.kind, Kind::Name(name) if **name == *"asyncio")
}
