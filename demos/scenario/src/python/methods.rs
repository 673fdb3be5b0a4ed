//! Methods of tasks, groups and lists.

use std::rc::Rc;

use crate::program::{Constant, Expr, Function, Name, Step};
use crate::python::arguments::Arguments;
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::expressions::{items_of, made};
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
            (Known::List(items, Function::List, Some(site)), "append") => {
                self.append(frame, of, (items, site), given)
            }
            (Known::Task(task), method) => self.of_task(frame, &task, method, given),
            (Known::Value(value @ (Expr::Name(_) | Expr::Call(..))), method)
                if METHODS.contains(&method) =>
            {
                let task = self.handle_of(frame, at, value)?;
                self.of_task(frame, &task, method, given)
            }
            (known @ (Known::Value(_) | Known::List(..)), _) => {
                self.of_run(frame, of, known, method, given)
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
                let value = self.stored(frame, value)?;
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
            Known::Error(class, given) => match &given[..] {
                [Expr::Constant(Constant::Text(text))] => Ok(format!("{class}: {text}").into()),
                _ => Err(error.at.wrong("give the error one text that is known before the run")),
            },
            _ => Err(error.at.wrong("give an error, as `ValueError(..)`")),
        }
    }

    /// Appends to a list that is known, if no other name has it and it surely comes to this.
    /// Otherwise the list is made in the run.
    fn append(
        &mut self,
        frame: &mut Frame,
        of: &syntax::Expr,
        (mut items, site): (Vec<Known>, Place),
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let item = given.need("item", "tasks.append(task)")?;
        given.done()?;
        let name = if let Kind::Name(name) = &of.kind { Some(name) } else { None };
        let owned = name.filter(|it| frame.own.contains(*it) && !frame.place.may_not_run);
        let Some(name) = owned else {
            let item = self.expression(frame, item).map(drop);
            self.wanted.insert(site);
            return item.map(|()| Known::Nothing("append(..)"));
        };
        let known = self.expression(frame, item)?;
        items.push(self.settled(frame, item.at, known)?);
        frame.names.insert(Rc::clone(name), Known::List(items, Function::List, Some(site)));
        frame.own.insert(Rc::clone(name));
        Ok(Known::Nothing("append(..)"))
    }

    /// Calls a method of a value in the run.
    fn of_run(
        &mut self,
        frame: &mut Frame,
        of: &syntax::Expr,
        known: Known,
        method: &Name,
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let at = of.at;
        if !OF_VALUES.contains(&&**method) {
            return Err(no_method(at, method));
        }
        if CHANGING.contains(&&**method) {
            self.pin(&known);
        }
        let begin = vec![Constant::Text(Rc::clone(method)).into(), items_of(at, known)?];
        let mut values = begin;
        let (keys, backwards) = (given.named("key"), given.named("reverse"));
        for argument in std::mem::take(&mut given.places) {
            match &**method {
                "extend" | "update" | "join" => self.items_after(frame, &mut values, argument)?,
                _ => self.stored_after(frame, &mut values, argument)?,
            }
        }
        if **method == *"sort" {
            self.sorting(frame, at, &mut values, (keys, backwards))?;
        } else if let Some(more) = keys.or(backwards) {
            return Err(more.at.wrong(format!("`{method}` takes no such argument: take it away")));
        }
        given.done()?;
        self.call_of_method(frame, at, method, values)
    }

    /// Calls a method. One that changes something does so now, and once.
    fn call_of_method(
        &mut self,
        frame: &mut Frame,
        at: Place,
        method: &Name,
        values: Vec<Expr>,
    ) -> Result<Known> {
        match made(Function::Method, values) {
            Known::Value(call @ Expr::Call(..)) if CHANGING.contains(&&**method) => {
                Ok(self.settle(frame, at, method, call)?.into())
            }
            Known::Value(call) if VIEWS.contains(&&**method) => {
                Ok(Known::Items(call, "items of a dictionary"))
            }
            called => Ok(called),
        }
    }

    /// Adds what `sort` is given: whether backwards, and the keys, if it has such.
    fn sorting(
        &mut self,
        frame: &mut Frame,
        at: Place,
        values: &mut Vec<Expr>,
        (keys, backwards): (Option<&syntax::Expr>, Option<&syntax::Expr>),
    ) -> Result<()> {
        let list = values[1].clone();
        match backwards {
            Some(backwards) => self.value_after(frame, values, backwards)?,
            None => values.push(Constant::Bool(false).into()),
        }
        if let Some(keys) = keys {
            let keys = self.keys(frame, at, list, keys)?;
            values.push(keys);
        }
        Ok(())
    }

    /// Returns the list of what a function returns for each item of a list.
    pub(crate) fn keys(
        &mut self,
        frame: &mut Frame,
        at: Place,
        list: Expr,
        function: &syntax::Expr,
    ) -> Result<Expr> {
        let [items, item]: [Name; 2] = ["(items)".into(), "(item)".into()];
        let named = |name: &Name| syntax::Expr { at, kind: Kind::Name(Rc::clone(name)) };
        let before = frame.names.insert(Rc::clone(&items), list.into());
        let argument = Argument { name: None, value: named(&item) };
        let call = Kind::Call(Box::new(function.clone()), vec![argument]);
        let element = Box::new(syntax::Expr { at: function.at, kind: call });
        let (target, of) = (Box::new(named(&item)), Box::new(named(&items)));
        let kind = Kind::Comprehension { element, target, items: of, test: None };
        let keys = self.value(frame, &syntax::Expr { at: function.at, kind });
        match before {
            Some(before) => frame.names.insert(items, before),
            None => frame.names.remove(&items),
        };
        keys
    }
}

/// The methods of lists, sets, dictionaries and texts.
const OF_VALUES: [&str; 44] = [
    "append",
    "extend",
    "insert",
    "pop",
    "remove",
    "clear",
    "copy",
    "reverse",
    "sort",
    "index",
    "count",
    "add",
    "update",
    "discard",
    "union",
    "intersection",
    "difference",
    "issubset",
    "issuperset",
    "get",
    "keys",
    "values",
    "items",
    "setdefault",
    "upper",
    "lower",
    "capitalize",
    "title",
    "strip",
    "lstrip",
    "rstrip",
    "isdigit",
    "isalpha",
    "split",
    "splitlines",
    "startswith",
    "endswith",
    "find",
    "replace",
    "join",
    "zfill",
    "ljust",
    "rjust",
    "center",
];

/// Those that change what they belong to.
pub(crate) const CHANGING: [&str; 12] = [
    "append",
    "extend",
    "insert",
    "pop",
    "remove",
    "clear",
    "reverse",
    "sort",
    "add",
    "update",
    "discard",
    "setdefault",
];

/// Those that return what one can only go through.
const VIEWS: [&str; 3] = ["keys", "values", "items"];

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
    if method == "format" {
        return at
            .wrong("`format` isn't part of this language: write a text with `f`, as f\"{value}\"");
    }
    if let Some(near) = nearest(method, METHODS) {
        return at.wrong(format!("a task has no method `{method}`: is `{near}` meant?"));
    }
    if let Some(near) = nearest(method, OF_VALUES) {
        return at.wrong(format!("there is no method `{method}` here: is `{near}` meant?"));
    }
    at.wrong(format!(
        "there is no method `{method}` here: a list has append, extend, insert, pop, remove, \
        clear, sort, reverse, index, count and copy; a task has cancel, done, cancelled, result, \
        exception, get_name, cancelling and uncancel"
    ))
}
