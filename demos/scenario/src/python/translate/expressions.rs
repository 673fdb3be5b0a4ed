//! Expressions.

use std::rc::Rc;

use crate::format::is_known;
use crate::limits::limit_of_call;
use crate::program::{Body, Constant, Expr, Function, Name, Step};
use crate::python::assigned::targets;
use crate::python::complaint::{Place, Result};
use crate::python::syntax::{self, Kind, Part};
use crate::python::translate::Translator;
use crate::python::translate::frame::{Frame, Known};
use crate::value::{Value, call};

/// The longest text that is joined before the run, in bytes.
const LONGEST_JOINED: usize = 10_000;

impl Translator {
    /// Returns what is known of an expression. Steps that it takes are written.
    pub(crate) fn expression(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Known> {
        self.deeper(expr.at, |it| it.any_expression(frame, expr))
    }

    /// Returns an expression as a value that is only looked at.
    pub(crate) fn value(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Expr> {
        let known = frame.unless_shared(expr, |frame| self.expression(frame, expr))?;
        if let Known::List(items, ..) = &known {
            self.pin_all(items);
        }
        value_of(expr.at, known)
    }

    /// Returns an expression as a value that the run keeps. Lists in it are made in the run, so
    /// that they stay the same ones.
    pub(crate) fn stored(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Expr> {
        let known = self.expression(frame, expr)?;
        self.pin(&known);
        value_of(expr.at, known)
    }

    /// Returns an expression as an item of a list that is made in the run.
    pub(crate) fn kept(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Expr> {
        let spawns = std::mem::take(&mut self.spawns);
        match self.expression(frame, expr)? {
            Known::Coro { coro, label, given, .. } if spawns => {
                let (handle, group) = (self.fresh(&label), None);
                let kept = Rc::clone(&handle);
                self.emit(frame, expr.at, Step::SpawnAnew { coro, handle, group, given })?;
                Ok(Expr::Name(kept))
            }
            Known::Coro { function, .. } => Err(expr.at.wrong(format!(
                "only the run knows the items of this list, and `{function}(..)` makes a coroutine \
                before it: go through the items by `for`, and write `await {function}(..)` in that"
            ))),
            known => {
                self.pin(&known);
                value_of(expr.at, known)
            }
        }
    }

    /// Returns an expression as something whose items are gone through.
    pub(crate) fn items(&mut self, frame: &mut Frame, expr: &syntax::Expr) -> Result<Expr> {
        let known = frame.unless_shared(expr, |frame| self.expression(frame, expr))?;
        if let Known::List(items, ..) = &known {
            self.pin_all(items);
        }
        items_of(expr.at, known)
    }

    /// Has lists made in the run, if the program changes any: what is known before would stay as
    /// it was under the other names.
    pub(crate) fn pin(&mut self, known: &Known) {
        let Known::List(items, function, at) = known else { return };
        if self.changes_lists {
            if let (Function::List, Some(at)) = (function, at) {
                self.wanted.insert(*at);
            }
            self.pin_all(items);
        }
    }

    pub(crate) fn pin_all(&mut self, items: &[Known]) {
        for item in items {
            self.pin(item);
        }
    }

    /// Returns a new list of known items, which is made in the run if that is wanted.
    pub(crate) fn new_list(
        &mut self,
        frame: &mut Frame,
        at: Place,
        items: Vec<Known>,
    ) -> Result<Known> {
        let known = Known::List(items, Function::List, Some(at));
        if !self.made_in_run.contains(&at) {
            return Ok(known);
        }
        let value = value_of(at, known)?;
        Ok(self.settle(frame, at, "list", value)?.into())
    }

    /// Adds the value of an expression to those that stand before it.
    pub(crate) fn value_after(
        &mut self,
        frame: &mut Frame,
        values: &mut Vec<Expr>,
        expr: &syntax::Expr,
    ) -> Result<()> {
        self.after(frame, values, expr.at, |it, frame| it.value(frame, expr))
    }

    /// Adds a value that is kept likewise.
    pub(crate) fn stored_after(
        &mut self,
        frame: &mut Frame,
        values: &mut Vec<Expr>,
        expr: &syntax::Expr,
    ) -> Result<()> {
        self.after(frame, values, expr.at, |it, frame| it.stored(frame, expr))
    }

    /// Adds something whose items are gone through likewise.
    pub(crate) fn items_after(
        &mut self,
        frame: &mut Frame,
        values: &mut Vec<Expr>,
        expr: &syntax::Expr,
    ) -> Result<()> {
        self.after(frame, values, expr.at, |it, frame| it.items(frame, expr))
    }

    /// Adds a value to those that stand before it. If it takes steps, these are computed before
    /// them.
    fn after(
        &mut self,
        frame: &mut Frame,
        values: &mut Vec<Expr>,
        at: Place,
        value: impl FnOnce(&mut Self, &mut Frame) -> Result<Expr>,
    ) -> Result<()> {
        let count = frame.steps.len();
        let value = value(self, frame)?;
        let taken = frame.steps.split_off(count);
        if !taken.is_empty() {
            for before in &mut *values {
                if frame.may_change(before) {
                    *before = self.settle(frame, at, "value", before.clone())?;
                }
            }
        }
        frame.steps.extend(taken);
        values.push(value);
        Ok(())
    }

    pub(crate) fn truth(&mut self, frame: &mut Frame, test: &syntax::Expr) -> Result<Expr> {
        match frame.unless_shared(test, |frame| self.expression(frame, test))? {
            Known::List(items, ..) => Ok(Constant::Bool(!items.is_empty()).into()),
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
            Kind::Name(name) => self.used_name(frame, at, name),
            Kind::Lambda(define) => self.closure(frame, at, define),
            Kind::Attribute(of, name) => self.attribute(frame, at, of, name),
            Kind::Call(callee, arguments) => self.call(frame, at, callee, arguments),
            Kind::Await(inner) => self.awaited(frame, at, inner, true),
            Kind::Tuple(items) => Ok(Known::tuple(self.all_settled(frame, items)?)),
            Kind::List(items) => {
                let items = self.all_settled(frame, items)?;
                self.new_list(frame, at, items)
            }
            Kind::Set(items) => self.collected(frame, at, Function::Set, items.iter()),
            Kind::Dict(pairs) => self.dictionary(frame, at, pairs),
            Kind::Slice(of, bounds) => self.slice(frame, at, of, bounds),
            Kind::Comprehension { element, target, items, test } => {
                self.comprehension(frame, at, (element, target, items, test.as_deref()))
            }
            Kind::Index(list, place) => self.index(frame, list, place),
            Kind::Not(inner) => Ok(made(Function::Not, vec![self.truth(frame, inner)?])),
            Kind::Negative(inner) => Ok(made(Function::Negative, vec![self.value(frame, inner)?])),
            Kind::Binary(function, one, other) => self.binary(frame, *function, one, other),
            Kind::Choice { test, one, other } => self.choice(frame, test, one, other),
            Kind::Star(_) => Err(at.wrong(
                "a `*` stands in the arguments of a call only: write `one + other` to join lists",
            )),
        }
    }

    /// Returns what a name stands for. From here on something else may have it, too.
    fn used_name(&mut self, frame: &mut Frame, at: Place, name: &Name) -> Result<Known> {
        frame.own.remove(name);
        self.name(frame, at, name)
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
            Known::Error(..) => Ok(self.settle(frame, at, "error", value_of(at, known)?)?.into()),
            Known::Nothing(_) => Err(known.is_no_value(at)),
            other => Ok(other),
        }
    }

    /// Computes each of these now, if only the run knows it.
    fn all_settled(&mut self, frame: &mut Frame, items: &[syntax::Expr]) -> Result<Vec<Known>> {
        let items = items.iter().map(|item| {
            let known = self.expression(frame, item)?;
            self.settled(frame, item.at, known)
        });
        items.collect()
    }

    fn dictionary(
        &mut self,
        frame: &mut Frame,
        at: Place,
        pairs: &[(syntax::Expr, syntax::Expr)],
    ) -> Result<Known> {
        let items = pairs.iter().flat_map(|(key, value)| [key, value]);
        self.collected(frame, at, Function::Dict, items)
    }

    /// Makes a set or a dictionary, in the run.
    fn collected<'a>(
        &mut self,
        frame: &mut Frame,
        at: Place,
        function: Function,
        items: impl Iterator<Item = &'a syntax::Expr>,
    ) -> Result<Known> {
        let mut values = Vec::new();
        for item in items {
            self.stored_after(frame, &mut values, item)?;
        }
        let made = Expr::Call(function, values.into());
        Ok(self.settle(frame, at, function.name(), made)?.into())
    }

    fn slice(
        &mut self,
        frame: &mut Frame,
        at: Place,
        of: &syntax::Expr,
        bounds: &[Option<syntax::Expr>],
    ) -> Result<Known> {
        let mut values = vec![self.value(frame, of)?];
        for bound in bounds {
            match bound {
                Some(bound) => self.value_after(frame, &mut values, bound)?,
                None => values.push(Constant::None.into()),
            }
        }
        if let Known::Value(constant @ Expr::Constant(_)) = made(Function::Slice, values.clone()) {
            return Ok(constant.into());
        }
        Ok(self.settle(frame, at, "slice", Expr::Call(Function::Slice, values.into()))?.into())
    }

    fn binary(
        &mut self,
        frame: &mut Frame,
        function: Function,
        one: &syntax::Expr,
        other: &syntax::Expr,
    ) -> Result<Known> {
        if matches!(function, Function::And | Function::Or) {
            return self.either(frame, function, one, other);
        }
        let is_text = matches!(one.kind, Kind::Format(_) | Kind::Constant(Constant::Text(_)));
        if function == Function::Mod && is_text {
            let said = "`%` fills no text here: write a text with `f`, as f\"{value}\"";
            return Err(one.at.wrong(said));
        }
        let is_kept = matches!(function, Function::Is | Function::AddTo | Function::MulTo);
        let first = if is_kept { self.stored(frame, one) } else { self.value(frame, one) };
        let mut values = vec![first?];
        match function {
            Function::Is => self.stored_after(frame, &mut values, other)?,
            Function::In | Function::AddTo => self.items_after(frame, &mut values, other)?,
            _ => self.value_after(frame, &mut values, other)?,
        }
        match made(function, values) {
            // It changes a list, which it does once.
            Known::Value(value @ Expr::Call(..)) if is_kept => {
                Ok(self.settle(frame, one.at, "value", value)?.into())
            }
            known => Ok(known),
        }
    }

    /// `and` and `or`: the second is computed only if the first isn't enough.
    fn either(
        &mut self,
        frame: &mut Frame,
        function: Function,
        one: &syntax::Expr,
        other: &syntax::Expr,
    ) -> Result<Known> {
        let known = self.expression(frame, one)?;
        if let Some(is_true) = known.is_true() {
            let is_enough = is_true == (function == Function::Or);
            return if is_enough { Ok(known) } else { self.expression(frame, other) };
        }
        let first = value_of(one.at, known)?;
        let second = |frame: &mut Frame| self.stored(frame, other);
        let (second, steps) = frame.apart(|frame| frame.maybe(second))?;
        if steps.is_empty() {
            return Ok(made(function, vec![first, second]));
        }
        self.either_in_run(frame, one.at, function, first, (second, steps))
    }

    /// Computes the second value by its steps, if the first isn't enough.
    fn either_in_run(
        &mut self,
        frame: &mut Frame,
        at: Place,
        function: Function,
        first: Expr,
        (second, mut steps): (Expr, Vec<Step>),
    ) -> Result<Known> {
        let name = self.fresh("either");
        steps.push(Step::Let { name: Rc::clone(&name), value: second });
        self.emit(frame, at, Step::Let { name: Rc::clone(&name), value: first })?;
        let test = Expr::Name(Rc::clone(&name));
        let (taken, empty) = (Body::from(steps), Body::from([]));
        let is_and = function == Function::And;
        let (body, otherwise) = if is_and { (taken, empty) } else { (empty, taken) };
        self.emit(frame, at, Step::If { test, body, otherwise })?;
        Ok(Expr::Name(name).into())
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
        if let Some(is_true) = truth_of(&test) {
            return self.expression(frame, if is_true { one } else { other });
        }
        let name = self.fresh("choice");
        let mut branch = |expr: &syntax::Expr| {
            let kept = |frame: &mut Frame| {
                let value = self.stored(frame, expr)?;
                self.emit(frame, at, Step::Let { name: Rc::clone(&name), value })
            };
            let ((), steps) = frame.apart(|frame| frame.maybe(kept))?;
            Ok(Body::from(steps))
        };
        let (body, otherwise) = (branch(one)?, branch(other)?);
        self.emit(frame, at, Step::If { test, body, otherwise })?;
        Ok(Expr::Name(name).into())
    }

    fn index(
        &mut self,
        frame: &mut Frame,
        list: &syntax::Expr,
        place: &syntax::Expr,
    ) -> Result<Known> {
        let known = frame.unless_shared(list, |frame| self.expression(frame, list))?;
        let (items, kind, site) = match known {
            Known::List(items, kind, site) => (items, kind, site),
            known => {
                let mut values = vec![value_of(list.at, known)?];
                self.value_after(frame, &mut values, place)?;
                return Ok(made(Function::Index, values));
            }
        };
        let at = self.value(frame, place)?;
        if let Expr::Constant(constant) = &at
            && let Some(number) = constant.whole()
        {
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let number = if number < 0 { number + length } else { number };
            let item = usize::try_from(number).ok().and_then(|it| items.get(it));
            if let Some(item) = item {
                return Ok(item.clone());
            }
        }
        self.pin_all(&items);
        let list = items_of(list.at, Known::List(items, kind, site))?;
        Ok(made(Function::Index, vec![list, at]))
    }

    fn comprehension(&mut self, frame: &mut Frame, at: Place, parts: Parts<'_>) -> Result<Known> {
        let (element, target, items, _) = parts;
        let shadowed = frame.names.clone();
        self.spend(element.at, shadowed.values().map(Known::weight).sum())?;
        let gone_through = self.gone_through(frame, items);
        // Within it the names of the items are its own.
        let cells = frame.cells.clone();
        frame.cells.retain(|name, _| !targets(target).contains(name));
        let result = match gone_through {
            Ok(Known::List(all, ..)) => self.comprehend(frame, at, all, parts),
            Ok(known) => self.comprehend_in_run(frame, known, parts),
            Err(complaint) => Err(complaint),
        };
        frame.names = shadowed;
        frame.cells.retain(|name, _| !cells.contains_key(name));
        frame.cells.extend(cells);
        result
    }

    /// Returns what a loop goes through: known items, or a value.
    pub(crate) fn gone_through(
        &mut self,
        frame: &mut Frame,
        items: &syntax::Expr,
    ) -> Result<Known> {
        match self.expression(frame, items)? {
            known @ Known::List(..) => Ok(known),
            Known::Value(value) => Ok(value.into()),
            Known::Builtin(name) if *name == *"range" => {
                Err(items.at.wrong("`range` is not called: write `range(3)`"))
            }
            other => items_of(items.at, other).map(Known::Value),
        }
    }

    /// Goes through a list that only the run knows.
    fn comprehend_in_run(
        &mut self,
        frame: &mut Frame,
        known: Known,
        (element, target, items, test): Parts<'_>,
    ) -> Result<Known> {
        let list = value_of(items.at, known)?;
        let (name, all) = (self.fresh("item"), self.fresh("list"));
        let empty = Expr::Call(Function::List, [].into());
        self.emit(frame, element.at, Step::Let { name: Rc::clone(&all), value: empty })?;
        let item = Known::Value(Expr::Name(Rc::clone(&name)));
        let ((), body) = self.repeated(frame, |it, frame| {
            frame.apart(|frame| {
                it.bind(frame, target, item)?;
                it.append_if(frame, &all, element, test)
            })
        })?;
        self.emit(frame, items.at, Step::For { name, items: list, body: body.into() })?;
        Ok(Expr::Name(all).into())
    }

    /// Goes through a list whose items are known.
    fn comprehend(
        &mut self,
        frame: &mut Frame,
        at: Place,
        items: Vec<Known>,
        (element, target, _, test): Parts<'_>,
    ) -> Result<Known> {
        let (mut list, mut all) = (Vec::new(), None);
        for item in items {
            self.bind(frame, target, item)?;
            let is_item = match test {
                None => Some(true),
                Some(test) => truth_of(&self.truth(frame, test)?),
            };
            match (is_item, &all) {
                (Some(false), _) => {}
                (Some(true), None) => {
                    let known = self.expression(frame, element)?;
                    list.push(self.settled(frame, element.at, known)?);
                }
                (_, Some(all)) => self.append_if(frame, all, element, test)?,
                // From here on only the run knows which items there are.
                (None, None) => {
                    let begin = self.list_so_far(frame, element.at, std::mem::take(&mut list))?;
                    self.append_if(frame, &begin, element, test)?;
                    all = Some(begin);
                }
            }
        }
        match all {
            None => self.new_list(frame, at, list),
            Some(all) => Ok(Expr::Name(all).into()),
        }
    }

    /// Keeps the items that are known in the run, which adds others to them.
    fn list_so_far(&mut self, frame: &mut Frame, at: Place, items: Vec<Known>) -> Result<Name> {
        let name = self.fresh("list");
        let begin = Known::List(items, Function::List, None);
        self.pin(&begin);
        let value = value_of(at, begin)?;
        self.emit(frame, at, Step::Let { name: Rc::clone(&name), value })?;
        Ok(name)
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
        let append = |frame: &mut Frame| {
            let items = [Expr::Name(Rc::clone(all)), self.kept(frame, element)?];
            let value = Expr::Call(Function::Append, items.into());
            self.emit(frame, at, Step::Let { name: Rc::clone(all), value })
        };
        let ((), body) = frame.apart(|frame| frame.maybe(append))?;
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
                    let is_plain = spec.is_empty() || *repr;
                    let shown = if is_plain { folded(function, vec![shown]) } else { shown };
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
        Known::List(items, kind @ (Function::List | Function::Tuple), _) => {
            let items = items.into_iter().map(|item| value_of(at, item));
            Ok(Expr::Call(kind, items.collect::<Result<_>>()?))
        }
        Known::Error(class, given) => {
            let of = [Constant::Text(class).into()].into_iter().chain(given);
            Ok(Expr::Call(Function::Error, of.collect()))
        }
        other => Err(other.is_no_value(at)),
    }
}

/// Returns what is known as something whose items are gone through.
pub(crate) fn items_of(at: Place, known: Known) -> Result<Expr> {
    match known {
        Known::Items(value, _) => Ok(value),
        Known::List(items, kind, _) => {
            let kind = if kind == Function::Tuple { kind } else { Function::List };
            value_of(at, Known::List(items, kind, None))
        }
        other => value_of(at, other),
    }
}

/// The parts of a comprehension: its element, the name of the item, the items and the test.
type Parts<'a> = (&'a syntax::Expr, &'a syntax::Expr, &'a syntax::Expr, Option<&'a syntax::Expr>);

/// Returns a value as what follows the `:` in a text says.
fn formatted(at: Place, value: Expr, spec: &str) -> Result<Expr> {
    if spec.is_empty() {
        return Ok(value);
    }
    if !is_known(spec) {
        return Err(at.wrong(format!(
            "`:{spec}` isn't known here: write `:.2f`, `:<8`, `:>8`, `:05d`, `:,` or nothing"
        )));
    }
    Ok(folded(Function::Format, vec![value, spec.into()]))
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

/// Returns whether a value is true, if that is known before the run.
pub(crate) fn truth_of(value: &Expr) -> Option<bool> {
    match value {
        Expr::Constant(constant) => Some(Value::Constant(constant.clone()).is_true()),
        _ => None,
    }
}

pub(crate) fn made(function: Function, of: Vec<Expr>) -> Known {
    Known::Value(folded(function, of))
}
