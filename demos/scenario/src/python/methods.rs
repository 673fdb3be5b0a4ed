//! Methods of tasks, groups and lists.

use std::rc::Rc;

use crate::program::{Constant, Expr, Function, Name, Step};
use crate::python::arguments::Arguments;
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::expressions::made;
use crate::python::frame::{Frame, Known};
use crate::python::syntax::{self, Argument, Kind};
use crate::python::translate::Translator;
use crate::python::words::nearest;

/// Methods.
impl Translator {
    pub(crate) fn method(
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
            (Known::Loop, "create_future") => self.future(frame, given),
            (Known::Loop, "create_task") => self.spawn(frame, at, None, arguments),
            (Known::List(items, Function::List), "append" | "add") => {
                self.append(frame, of, items, given)
            }
            (Known::Task(task), method) => self.of_task(frame, &task, method, given),
            (Known::Value(list), "append" | "pop") => self.change(frame, of, list, given),
            (Known::Value(value @ (Expr::Name(_) | Expr::Call(..))), method) => {
                let task = self.handle_of(frame, at, value)?;
                self.of_task(frame, &task, method, given)
            }
            (other @ (Known::Coro { .. } | Known::Later(..)), _) => Err(other.is_no_value(at)),
            (_, method) => {
                let said = "isn't part of this language here: leave it out";
                Err(at.wrong(format!("the method `{method}` {said}")))
            }
        }
    }

    fn future(&mut self, frame: &mut Frame, given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        given.done()?;
        let handle = self.fresh("future");
        self.emit(frame, at, Step::Future { handle: Rc::clone(&handle) })?;
        Ok(Known::Task(handle))
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
        Ok(made(question, vec![Expr::Name(task)]))
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
                let error = self.named_error(frame, error)?;
                (Step::Fail { future: task, error }, "set_exception(..)")
            }
            other => return Err(no_method(at, other)),
        };
        given.done()?;
        self.emit(frame, at, step)?;
        Ok(Known::Nothing(call))
    }

    /// Returns the name of an error that is known.
    fn named_error(&mut self, frame: &mut Frame, error: &syntax::Expr) -> Result<Name> {
        match self.expression(frame, error)? {
            Known::Class(class) => Ok(class),
            Known::Error(class, Expr::Constant(Constant::Text(text))) => {
                Ok(format!("{class}: {text}").into())
            }
            _ => Err(error.at.wrong("give an error, as `ValueError(..)`")),
        }
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
        frame.share(item);
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
        check_own(frame, of.at, name)?;
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
        check_own(frame, at, name)?;
        self.emit(frame, at, Step::Let { name: kept, value })?;
        Ok(found)
    }
}

/// Looks whether a list may be changed under this name: under others it would stay as it is.
fn check_own(frame: &Frame, at: Place, name: &Name) -> Result<()> {
    if frame.own.contains(name) {
        return Ok(());
    }
    Err(at.wrong(format!(
        "this list may have another name, too, here or in another function, where it wouldn't \
        change: write `{name} = {name} + [..]`, and return the list from a function"
    )))
}

/// The methods of tasks and futures.
const METHODS: [&str; 10] = [
    "cancel",
    "done",
    "cancelled",
    "result",
    "exception",
    "get_name",
    "cancelling",
    "uncancel",
    "set_result",
    "set_exception",
];

fn no_method(at: Place, method: &str) -> Complaint {
    if method == "add_done_callback" {
        return at.wrong(
            "callbacks aren't part of this language: await the task, and write what comes then \
            behind it",
        );
    }
    if let Some(near) = nearest(method, METHODS) {
        return at.wrong(format!("a task has no method `{method}`: is `{near}` meant?"));
    }
    at.wrong(format!(
        "a task has no method `{method}` here: there are cancel, done, cancelled, result, \
        exception, get_name, cancelling and uncancel"
    ))
}
