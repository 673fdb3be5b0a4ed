//! Statements.

use std::rc::Rc;

use crate::program::{Body, Constant, Expr, Function, Name, Step};
use crate::python::complaint::{Place, Result};
use crate::python::syntax::{self, Define, Does, Kind, Statement};
use crate::python::translate::expressions::{truth_of, value_of};
use crate::python::translate::frame::{Frame, Known};
use crate::python::translate::{CAN_EXIT, EXIT_VALUE, Translator};

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

    pub(crate) fn give_back(
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

    pub(crate) fn raise(
        &mut self,
        frame: &mut Frame,
        at: Place,
        error: Option<&syntax::Expr>,
    ) -> Result<()> {
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
    pub(crate) fn exit(
        &mut self,
        frame: &mut Frame,
        at: Place,
        error: Place,
        exit: Known,
    ) -> Result<()> {
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

    pub(crate) fn choose(
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
}

/// Returns whether the run is at a statement at some time, and not only in those within it.
fn does_something(does: &Does) -> bool {
    !matches!(
        does,
        Does::Pass | Does::Import(_) | Does::Define(_) | Does::Try { .. } | Does::Outer(_)
    )
}
