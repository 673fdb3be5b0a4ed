//! Expressions.

use std::rc::Rc;

use crate::limits::limit_of_call;
use crate::program::{Body, Constant, Expr, Function, Name, Step};
use crate::python::complaint::{Place, Result};
use crate::python::frame::{Frame, Known};
use crate::python::syntax::{self, Kind, Part};
use crate::python::translate::Translator;
use crate::value::{Value, call};

/// The longest text that is joined before the run, in bytes.
const LONGEST_JOINED: usize = 10_000;

impl Translator {
    /// Returns what is known of an expression. Steps that it takes are written.
    pub(crate) fn expression(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Known> {
        self.deeper(expr.at, |it| it.any_expression(frame, expr))
    }

    /// Returns an expression as a value.
    pub(crate) fn value(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Expr> {
        let known = self.expression(frame, expr)?;
        value_of(expr.at, known)
    }

    /// Adds the value of an expression to those that stand before it. If it takes steps, these
    /// are computed before them.
    pub(crate) fn value_after(
        &mut self,
        frame: &mut Frame,
        values: &mut Vec<Expr>,
        expr: &syntax::Expr,
    ) -> Result<()> {
        let count = frame.steps.len();
        let value = self.value(frame, expr)?;
        let taken = frame.steps.split_off(count);
        if !taken.is_empty() {
            for before in &mut *values {
                if frame.may_change(before) {
                    *before = self.settle(frame, expr.at, "value", before.clone())?;
                }
            }
        }
        frame.steps.extend(taken);
        values.push(value);
        Ok(())
    }

    pub(crate) fn truth(&mut self, frame: &mut Frame, test: &syntax::Expr) -> Result<Expr> {
        match self.expression(frame, test)? {
            Known::List(items, _) => Ok(Constant::Bool(!items.is_empty()).into()),
            Known::Task(_) => Err(test
                .at
                .wrong("a task is always true: write `task.done()`, or another question to it")),
            other => value_of(test.at, other),
        }
    }

    fn any_expression(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Known> {
        let at = expr.at;
        match &expr.kind {
            Kind::Constant(constant) => Ok(Known::Value(constant.clone().into())),
            Kind::Format(parts) => self.format(frame, parts),
            Kind::Name(name) => self.name(frame, at, name),
            Kind::Attribute(of, name) => self.attribute(frame, at, of, name),
            Kind::Call(callee, arguments) => self.call(frame, at, callee, arguments),
            Kind::Await(inner) => self.awaited(frame, at, inner, true),
            Kind::List(items) | Kind::Set(items) | Kind::Tuple(items) => {
                let items = items.iter().map(|item| {
                    let known = self.expression(frame, item)?;
                    frame.share(item);
                    self.settled(frame, item.at, known)
                });
                let is_tuple = matches!(expr.kind, Kind::Tuple(_));
                let kind = if is_tuple { Function::Tuple } else { Function::List };
                Ok(Known::List(items.collect::<Result<_>>()?, kind))
            }
            Kind::Comprehension { element, target, items, test } => {
                self.comprehension(frame, element, target, items, test.as_deref())
            }
            Kind::Index(list, place) => self.index(frame, list, place),
            Kind::Not(inner) => {
                let inner = self.truth(frame, inner)?;
                Ok(made(Function::Not, vec![inner]))
            }
            Kind::Negative(inner) => {
                let inner = self.value(frame, inner)?;
                Ok(made(Function::Sub, vec![Some(0).into(), inner]))
            }
            Kind::Binary(function, one, other) => self.binary(frame, *function, one, other),
            Kind::Choice { test, one, other } => self.choice(frame, test, one, other),
            Kind::Star(_) => Err(at.wrong("a `*` stands in the arguments of a call only")),
        }
    }

    /// Computes a value now, if only the run knows it.
    pub(crate) fn settled(&mut self, frame: &mut Frame, at: Place, known: Known) -> Result<Known> {
        match known {
            Known::Value(value) if frame.may_change(&value) => {
                Ok(self.settle(frame, at, "value", value)?.into())
            }
            Known::Task(task) if frame.is_cell(&task) => {
                self.settle(frame, at, "task", Expr::Name(task)).map(task_of)
            }
            Known::Nothing(_) => Err(known.is_no_value(at)),
            other => Ok(other),
        }
    }

    fn binary(
        &mut self,
        frame: &mut Frame,
        function: Function,
        one: &syntax::Expr,
        other: &syntax::Expr,
    ) -> Result<Known> {
        let is_logic = matches!(function, Function::And | Function::Or);
        let first = if is_logic { self.truth(frame, one)? } else { self.value(frame, one)? };
        if let Expr::Constant(constant) = &first
            && is_logic
        {
            let is_true = Value::Constant(constant.clone()).is_true();
            let is_enough = is_true == (function == Function::Or);
            return if is_enough { Ok(first.into()) } else { self.expression(frame, other) };
        }
        let mut values = vec![first];
        let count = frame.steps.len();
        self.value_after(frame, &mut values, other)?;
        if is_logic && frame.steps.len() != count {
            return Err(other.at.wrong("this part waits: put it on a line of its own"));
        }
        Ok(made(function, values))
    }

    fn choice(
        &mut self,
        frame: &mut Frame,
        test: &syntax::Expr,
        one: &syntax::Expr,
        other: &syntax::Expr,
    ) -> Result<Known> {
        let at = test.at;
        let test = self.truth(frame, test)?;
        if let Expr::Constant(constant) = test {
            let taken = Value::Constant(constant).is_true();
            return self.expression(frame, if taken { one } else { other });
        }
        let name = self.fresh("choice");
        let mut branch = |it: &mut Self, expr: &syntax::Expr| {
            let outer = std::mem::take(&mut frame.steps);
            let before = std::mem::replace(&mut frame.place.may_not_run, true);
            let result = it
                .value(frame, expr)
                .and_then(|value| it.emit(frame, at, Step::Let { name: Rc::clone(&name), value }));
            frame.place.may_not_run = before;
            let steps = std::mem::replace(&mut frame.steps, outer);
            result.map(|()| Body::from(steps))
        };
        let (body, otherwise) = (branch(self, one)?, branch(self, other)?);
        self.emit(frame, at, Step::If { test, body, otherwise })?;
        Ok(Expr::Name(name).into())
    }

    fn index(
        &mut self,
        frame: &mut Frame,
        list: &syntax::Expr,
        place: &syntax::Expr,
    ) -> Result<Known> {
        let known = self.expression(frame, list)?;
        let at = place.at;
        let place = self.value(frame, place)?;
        let Known::List(items, kind) = known else {
            let list = value_of(list.at, known)?;
            return Ok(made(Function::Index, vec![list, place]));
        };
        let Expr::Constant(constant) = place else {
            let list = value_of(at, Known::List(items, kind))?;
            return Ok(made(Function::Index, vec![list, place]));
        };
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
        let place = constant.whole().map(|it| if it < 0 { it + length } else { it });
        let item = place.and_then(|it| items.into_iter().nth(usize::try_from(it).ok()?));
        item.ok_or_else(|| at.wrong(format!("this list has {length} items: give an index of one")))
    }

    fn comprehension(
        &mut self,
        frame: &mut Frame,
        element: &syntax::Expr,
        target: &syntax::Expr,
        items: &syntax::Expr,
        test: Option<&syntax::Expr>,
    ) -> Result<Known> {
        let shadowed = frame.names.clone();
        self.spend(element.at, shadowed.values().map(Known::weight).sum())?;
        let result = match self.expression(frame, items)? {
            Known::List(items, _) => self.comprehend(frame, element, target, items, test),
            Known::Value(list @ (Expr::Name(_) | Expr::Call(..))) => {
                let (name, all) = (self.fresh("item"), self.fresh("list"));
                let empty = Expr::Call(Function::List, [].into());
                self.emit(frame, element.at, Step::Let { name: Rc::clone(&all), value: empty })?;
                let item = Known::Value(Expr::Name(Rc::clone(&name)));
                let body = self.repeated(frame, |it, frame| {
                    let outer = std::mem::take(&mut frame.steps);
                    let result = it
                        .bind(frame, target, item)
                        .and_then(|()| it.append_if(frame, &all, element, test));
                    let steps = std::mem::replace(&mut frame.steps, outer);
                    result.map(|()| Body::from(steps))
                })?;
                self.emit(frame, items.at, Step::For { name, items: list, body })?;
                Ok(Expr::Name(all).into())
            }
            other => Err(other.is_no_value(items.at)),
        };
        frame.names = shadowed;
        result
    }

    /// Goes through a list whose items are known.
    fn comprehend(
        &mut self,
        frame: &mut Frame,
        element: &syntax::Expr,
        target: &syntax::Expr,
        items: Vec<Known>,
        test: Option<&syntax::Expr>,
    ) -> Result<Known> {
        let (mut list, mut all) = (Vec::new(), None);
        for item in items {
            self.bind(frame, target, item)?;
            let test_now = test.map(|test| self.truth(frame, test)).transpose()?;
            match test_now {
                Some(Expr::Constant(constant)) if !Value::Constant(constant.clone()).is_true() => {
                    continue;
                }
                None | Some(Expr::Constant(_)) if all.is_none() => {
                    let known = self.expression(frame, element)?;
                    list.push(self.settled(frame, element.at, known)?);
                    continue;
                }
                _ => {}
            }
            // From here on only the run knows which items there are.
            if all.is_none() {
                let name = self.fresh("list");
                let begin = std::mem::take(&mut list);
                let value = value_of(element.at, Known::list(begin))?;
                self.emit(frame, element.at, Step::Let { name: Rc::clone(&name), value })?;
                all = Some(name);
            }
            if let Some(all) = &all {
                self.append_if(frame, all, element, test)?;
            }
        }
        Ok(all.map_or_else(|| Known::list(list), |all| Expr::Name(all).into()))
    }

    fn append_if(
        &mut self,
        frame: &mut Frame,
        all: &Name,
        element: &syntax::Expr,
        test: Option<&syntax::Expr>,
    ) -> Result<()> {
        let at = element.at;
        let test = test.map(|test| self.truth(frame, test)).transpose()?;
        let outer = std::mem::take(&mut frame.steps);
        let appended = self.value(frame, element).and_then(|element| {
            let items = [Expr::Name(Rc::clone(all)), element];
            let value = Expr::Call(Function::Append, items.into());
            self.emit(frame, at, Step::Let { name: Rc::clone(all), value })
        });
        let body = std::mem::replace(&mut frame.steps, outer);
        appended?;
        match test {
            None => frame.steps.extend(body),
            Some(test) => {
                let step = Step::If { test, body: body.into(), otherwise: [].into() };
                self.emit(frame, at, step)?;
            }
        }
        Ok(())
    }

    fn format(&mut self, frame: &mut Frame, parts: &[Part]) -> Result<Known> {
        let mut all: Vec<Expr> = Vec::new();
        for part in parts {
            let part = match part {
                Part::Words(words) => Constant::Text(Rc::clone(words)).into(),
                Part::Shown { value, repr, spec } => {
                    self.value_after(frame, &mut all, value)?;
                    let shown = all.pop().unwrap_or_else(|| "".into());
                    let function = if *repr { Function::Repr } else { Function::Str };
                    let shown = if spec.is_empty() { folded(function, vec![shown]) } else { shown };
                    formatted(value.at, shown, spec)?
                }
            };
            all.push(part);
        }
        Ok(joined(all).into())
    }
}

/// Returns the task with a name.
fn task_of(value: Expr) -> Known {
    if let Expr::Name(task) = value { Known::Task(task) } else { value.into() }
}

/// Returns what is known as a value.
pub(crate) fn value_of(at: Place, known: Known) -> Result<Expr> {
    match known {
        Known::Value(value) => Ok(value),
        Known::Task(name) => Ok(Expr::Name(name)),
        Known::List(items, kind) => {
            let items = items.into_iter().map(|item| value_of(at, item));
            Ok(Expr::Call(kind, items.collect::<Result<_>>()?))
        }
        other => Err(other.is_no_value(at)),
    }
}

/// Returns a value as what follows the `:` in a text says.
fn formatted(at: Place, value: Expr, spec: &str) -> Result<Expr> {
    let wrong =
        || at.wrong(format!("`:{spec}` isn't known here: write `:.2f`, `:<8`, `:>8`, or nothing"));
    if spec.is_empty() || spec == "d" || spec == "s" {
        return Ok(value);
    }
    let (width, digits) = match spec.split_once('.') {
        Some((width, digits)) => (width, Some(digits.strip_suffix('f').ok_or_else(wrong)?)),
        None => (spec.trim_end_matches(['d', 's']), None),
    };
    if width.starts_with('0') {
        return Err(wrong());
    }
    let mut value = value;
    if let Some(digits) = digits {
        let digits = digits.parse::<u8>().map_err(|_| wrong())?;
        value = folded(Function::Fixed, vec![value, Some(i64::from(digits)).into()]);
    }
    let aligned = width.starts_with(['<', '>', '^']);
    let is_text = matches!(&value, Expr::Constant(Constant::Text(_))) && digits.is_none();
    let align = match (width, aligned) {
        ("", _) => return Ok(value),
        (width, true) => width.to_owned(),
        (width, false) if is_text => format!("<{width}"),
        (width, false) => format!(">{width}"),
    };
    let (_, number) = align.split_at(1);
    number.parse::<u8>().map_err(|_| wrong())?;
    Ok(folded(Function::Align, vec![value, (&*align).into()]))
}

/// Returns the texts of all, one after the other.
pub(crate) fn joined(parts: Vec<Expr>) -> Expr {
    let mut all: Vec<Expr> = Vec::new();
    for part in parts {
        if let Expr::Constant(part) = &part {
            let text = Value::Constant(part.clone()).text();
            match all.last_mut() {
                Some(Expr::Constant(Constant::Text(before)))
                    if before.len() + text.len() <= LONGEST_JOINED =>
                {
                    *before = format!("{before}{text}").into();
                }
                _ => all.push((&*text).into()),
            }
        } else {
            all.push(part);
        }
    }
    match &all[..] {
        [] => "".into(),
        [one @ Expr::Constant(_)] => one.clone(),
        _ => Expr::Call(Function::Join, all.into()),
    }
}

/// Returns what a function makes of values; at once, if all are constants.
pub(crate) fn folded(function: Function, of: Vec<Expr>) -> Expr {
    let constant = |value: &Expr| match value {
        Expr::Constant(constant) => Some(Value::Constant(constant.clone())),
        _ => None,
    };
    let all: Option<Vec<_>> = of.iter().map(constant).collect();
    // A value that would be too big isn't made now: the run is given up there.
    let all = all.filter(|all| limit_of_call(function, all).is_none());
    let Some(all) = all else { return Expr::Call(function, of.into()) };
    match call(function, all) {
        Ok(Value::Constant(constant)) => constant.into(),
        // What fails does so in the run, where it may be caught.
        Ok(_) | Err(_) => Expr::Call(function, of.into()),
    }
}

pub(crate) fn made(function: Function, of: Vec<Expr>) -> Known {
    Known::Value(folded(function, of))
}
