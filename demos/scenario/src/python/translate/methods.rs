//! Methods of tasks, groups and values.

use std::rc::Rc;

use crate::program::{Constant, Expr, Function, Name, Step};
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::syntax::{self, Argument, Kind};
use crate::python::translate::Translator;
use crate::python::translate::arguments::Arguments;
use crate::python::translate::expressions::{items_of, made};
use crate::python::translate::frame::{Frame, Known};
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
            (Known::Task(task), _) => self.of_task(frame, task, method, given),
            (Known::Value(value @ (Expr::Name(_) | Expr::Call(..))), _)
                if method_of_task(method).is_some() =>
            {
                let task = self.handle_of(frame, at, value)?;
                self.of_task(frame, task, method, given)
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
        task: Name,
        method: &str,
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let at = given.at;
        let (step, call) = match method_of_task(method) {
            None => return Err(no_method(at, method)),
            Some(OfTask::Asks(question)) => return ask(question, task, given),
            Some(OfTask::GetName) => return self.name_of_task(&task, given),
            Some(OfTask::Cancel) => (Step::Cancel { task }, "cancel()"),
            Some(OfTask::Uncancel) => (Step::Uncancel { task }, "uncancel()"),
            Some(OfTask::SetResult) => {
                let value = given.need("result", "future.set_result(1)")?;
                let value = self.stored(frame, value)?;
                (Step::Set { future: task, value }, "set_result(..)")
            }
            Some(OfTask::SetException) => {
                let error = given.need("exception", "future.set_exception(ValueError())")?;
                let error = self.named_error(frame, error)?;
                (Step::Fail { future: task, error }, "set_exception(..)")
            }
        };
        given.done()?;
        self.emit(frame, at, step)?;
        Ok(Known::Nothing(call))
    }

    /// Returns the name of a task, which has to be known before the run.
    fn name_of_task(&mut self, task: &Name, given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        given.done()?;
        self.task_names.get(task).map(|name| Known::text(name)).ok_or_else(|| {
            at.wrong("this task has no name that is known: write `create_task(.., name=..)`")
        })
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
        let Some(effect) = effect(method) else { return Err(no_method(at, method)) };
        if effect == Changes {
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
        self.call_of_method(frame, at, method, effect, values)
    }

    /// Calls a method. One that changes something does so now, and once.
    fn call_of_method(
        &mut self,
        frame: &mut Frame,
        at: Place,
        method: &Name,
        effect: Effect,
        values: Vec<Expr>,
    ) -> Result<Known> {
        match (made(Function::Method, values), effect) {
            (Known::Value(call @ Expr::Call(..)), Changes) => {
                Ok(self.settle(frame, at, method, call)?.into())
            }
            (Known::Value(call), Views(name)) => Ok(Known::Items(call, name)),
            (called, _) => Ok(called),
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

/// The effect of a method of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It only looks at what it belongs to.
    Looks,
    /// It changes what it belongs to.
    Changes,
    /// It returns what one can only go through, and which has this name.
    Views(&'static str),
}

use Effect::{Changes, Looks, Views};

/// The methods of lists.
const OF_LISTS: [(&str, Effect); 11] = [
    ("append", Changes),
    ("extend", Changes),
    ("insert", Changes),
    ("pop", Changes),
    ("remove", Changes),
    ("clear", Changes),
    ("sort", Changes),
    ("reverse", Changes),
    ("index", Looks),
    ("count", Looks),
    ("copy", Looks),
];

/// The methods of sets, dictionaries and texts that lists don't have.
const OF_OTHERS: [(&str, Effect); 33] = [
    ("add", Changes),
    ("update", Changes),
    ("discard", Changes),
    ("union", Looks),
    ("intersection", Looks),
    ("difference", Looks),
    ("issubset", Looks),
    ("issuperset", Looks),
    ("get", Looks),
    ("keys", Views("keys")),
    ("values", Views("values")),
    ("items", Views("items")),
    ("setdefault", Changes),
    ("upper", Looks),
    ("lower", Looks),
    ("capitalize", Looks),
    ("title", Looks),
    ("strip", Looks),
    ("lstrip", Looks),
    ("rstrip", Looks),
    ("isdigit", Looks),
    ("isalpha", Looks),
    ("split", Looks),
    ("splitlines", Looks),
    ("startswith", Looks),
    ("endswith", Looks),
    ("find", Looks),
    ("replace", Looks),
    ("join", Looks),
    ("zfill", Looks),
    ("ljust", Looks),
    ("rjust", Looks),
    ("center", Looks),
];

/// The names of all methods of values.
fn of_values() -> impl Iterator<Item = &'static str> {
    OF_LISTS.iter().chain(&OF_OTHERS).map(|(name, _)| *name)
}

/// Returns the effect of a method of a value, if there is one with this name.
fn effect(method: &str) -> Option<Effect> {
    let mut all = OF_LISTS.iter().chain(&OF_OTHERS);
    all.find(|(name, _)| *name == method).map(|(_, effect)| *effect)
}

/// Returns whether a method with this name changes what it belongs to.
pub(crate) fn changes(method: &str) -> bool {
    effect(method) == Some(Changes)
}

/// The things that a method of a task or a future does.
#[derive(Clone, Copy)]
enum OfTask {
    /// Returns what a function makes of the task.
    Asks(Function),
    GetName,
    Cancel,
    Uncancel,
    /// These two complete a future.
    SetResult,
    SetException,
}

/// The methods of tasks and futures.
const OF_TASKS: [(&str, OfTask); 10] = [
    ("cancel", OfTask::Cancel),
    ("done", OfTask::Asks(Function::Done)),
    ("cancelled", OfTask::Asks(Function::Cancelled)),
    ("result", OfTask::Asks(Function::Result)),
    ("exception", OfTask::Asks(Function::Exception)),
    ("get_name", OfTask::GetName),
    ("cancelling", OfTask::Asks(Function::Cancelling)),
    ("uncancel", OfTask::Uncancel),
    ("set_result", OfTask::SetResult),
    ("set_exception", OfTask::SetException),
];

fn method_of_task(name: &str) -> Option<OfTask> {
    OF_TASKS.iter().find(|(it, _)| *it == name).map(|(_, method)| *method)
}

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
    if let Some(near) = nearest(method, OF_TASKS.map(|(name, _)| name)) {
        return at.wrong(format!("a task has no method `{method}`: is `{near}` meant?"));
    }
    if let Some(near) = nearest(method, of_values()) {
        return at.wrong(format!("there is no method `{method}` here: is `{near}` meant?"));
    }
    let of_lists = in_words(OF_LISTS.iter().map(|(name, _)| *name));
    let is_of_future = |it: &OfTask| matches!(it, OfTask::SetResult | OfTask::SetException);
    let of_tasks = OF_TASKS.iter().filter(|(_, it)| !is_of_future(it)).map(|(name, _)| *name);
    at.wrong(format!(
        "there is no method `{method}` here: a list has {of_lists}; a task has {}",
        in_words(of_tasks)
    ))
}

/// Returns words with `,` between them, and `and` before the last.
fn in_words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.collect();
    match &words[..] {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => words.concat(),
    }
}

/// Asks a task or a future something.
fn ask(question: Function, task: Name, mut given: Arguments<'_>) -> Result<Known> {
    given.next("self").map_or(Ok(()), |more| Err(more.at.wrong("take this away")))?;
    given.done()?;
    Ok(made(question, vec![Expr::Name(task)]))
}

#[cfg(test)]
mod tests {
    use super::of_values;
    use crate::items::Items;
    use crate::methods::method;
    use crate::value::Value;

    #[test]
    fn each_method_that_may_be_called_is_there_in_the_run() {
        let word = || Value::words("a".into());
        let all = [
            Value::list(Vec::new()),
            Value::Set(Items::default()),
            Value::Dict(Items::default()),
            word(),
        ];
        for name in of_values() {
            let is_missing = |of: &Value, given: Vec<Value>| {
                let failure = method(name, of, given).err().map(|fault| fault.last_line());
                failure.is_some_and(|it| it.starts_with("AttributeError"))
            };
            let is_there = |it| !is_missing(it, Vec::new()) || !is_missing(it, vec![word()]);
            assert!(all.iter().any(is_there), "{name}");
        }
    }
}
