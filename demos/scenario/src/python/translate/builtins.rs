//! The functions of Python.

use crate::program::{Constant, Expr, Function, Step};
use crate::python::complaint::{Place, Result};
use crate::python::syntax::{Argument, Expr as Expression, Kind};
use crate::python::translate::Translator;
use crate::python::translate::arguments::Arguments;
use crate::python::translate::expressions::{items_of, joined, made, value_of};
use crate::python::translate::frame::{Frame, Known};

/// The longest range.
const LONGEST_RANGE: usize = 100_000;

/// The functions of Python.
impl Translator {
    pub(crate) fn builtin(
        &mut self,
        frame: &mut Frame,
        at: Place,
        name: &str,
        arguments: &[Argument],
    ) -> Result<Known> {
        let given = Arguments::new(name, at, arguments);
        match name {
            "print" => return self.print(frame, given),
            "isinstance" => return self.is_instance(frame, given),
            "range" => return self.range(frame, given),
            "list" | "tuple" | "set" | "dict" | "enumerate" | "zip" | "reversed" => {
                return self.relist(frame, name, given);
            }
            "generator" => return self.generator(frame, given),
            "sorted" => return self.sorted(frame, given),
            "map" | "filter" => {
                let said =
                    format!("`{name}` isn't part of this language: write `[.. for .. in ..]`");
                return Err(at.wrong(said));
            }
            _ => {}
        }
        self.of_value(frame, name, given)
    }

    /// Calls a function of one value. `min` and `max` take several, too.
    fn of_value(
        &mut self,
        frame: &mut Frame,
        name: &str,
        mut given: Arguments<'_>,
    ) -> Result<Known> {
        let at = given.at;
        let value = given.need("value", &format!("{name}(value)"))?;
        let (key, default) = (given.named("key"), given.named("default"));
        if let Some(default) = default {
            return Err(default.at.wrong("write `.. if items else ..` for a default value"));
        }
        let is_of_items = OF_ITEMS.contains(&name) && (name == "len" || given.places.is_empty());
        let known = frame.unless_shared(value, |frame| self.expression(frame, value))?;
        if let (Known::List(items, ..), "len") = (&known, name) {
            given.done()?;
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            return Ok(Known::Value(Some(length).into()));
        }
        let first = if is_of_items { items_of(value.at, known) } else { value_of(value.at, known) };
        let mut values = vec![first?];
        for more in std::mem::take(&mut given.places) {
            self.value_after(frame, &mut values, more)?;
        }
        given.done()?;
        self.of_values(frame, at, name, values, key)
    }

    /// Calls a function of values, of which `min` and `max` may have a key.
    fn of_values(
        &mut self,
        frame: &mut Frame,
        at: Place,
        name: &str,
        mut values: Vec<Expr>,
        key: Option<&Expression>,
    ) -> Result<Known> {
        if matches!(name, "min" | "max") && values.len() > 1 {
            values = vec![Expr::Call(Function::List, values.into())];
        }
        if name == "type" {
            return Ok(Known::Type(values.swap_remove(0)));
        }
        if name == "sum" && values.len() == 2 {
            return Ok(Expr::Call(Function::Sum, values.into()).into());
        }
        if let Some(key) = key.filter(|_| matches!(name, "min" | "max")) {
            let list = values.swap_remove(0);
            return self.extreme(frame, at, name, list, key);
        }
        let function = Function::named(name).ok_or_else(|| {
            at.wrong(format!("`{name}` isn't part of this language: leave it out"))
        })?;
        let (least, most) = function.arguments();
        if !(least..=most).contains(&values.len()) {
            return Err(at.wrong(format!("`{name}` takes fewer arguments: take the last away")));
        }
        Ok(made(function, values))
    }

    /// Returns the first item that has the least or the greatest key.
    fn extreme(
        &mut self,
        frame: &mut Frame,
        at: Place,
        name: &str,
        list: Expr,
        key: &Expression,
    ) -> Result<Known> {
        let list = self.settle(frame, at, "items", list)?;
        let keys = self.keys(frame, at, list.clone(), key)?;
        let is_last: Expr = Constant::Bool(name == "max").into();
        let sorted = Expr::Call(Function::SortedBy, [list, keys, is_last].into());
        let sorted = self.settle(frame, at, "sorted", sorted)?;
        Ok(made(Function::Index, vec![sorted, Some(0).into()]))
    }

    /// Makes the items of `(.. for .. in ..)`, which one goes through at once.
    fn generator(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let list = given.need("items", "(.. for .. in ..)")?;
        Ok(match self.expression(frame, list)? {
            Known::List(items, ..) => Known::List(items, Function::Generator, None),
            known => Known::Items(value_of(list.at, known)?, "generator"),
        })
    }

    fn sorted(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        let list = given.need("iterable", "sorted(items)")?;
        let (key, backwards) = (given.named("key"), given.named("reverse"));
        given.done()?;
        let list = self.items(frame, list)?;
        if key.is_none() && backwards.is_none() {
            return Ok(Expr::Call(Function::Sorted, [list].into()).into());
        }
        let list = self.settle(frame, at, "items", Expr::Call(Function::ListOf, [list].into()))?;
        let keys = match key {
            Some(key) => self.keys(frame, at, list.clone(), key)?,
            None => list.clone(),
        };
        let mut values = vec![list, keys];
        match backwards {
            Some(backwards) => self.value_after(frame, &mut values, backwards)?,
            None => values.push(Constant::Bool(false).into()),
        }
        let sorted = Expr::Call(Function::SortedBy, values.into());
        Ok(self.settle(frame, at, "sorted", sorted)?.into())
    }

    fn print(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        given.named("flush");
        let sep = match given.named("sep") {
            None => Expr::from(" "),
            Some(sep) => self.value(frame, sep)?,
        };
        let end = match given.named("end") {
            None => None,
            Some(end) => Some(self.value(frame, end)?),
        };
        let places = std::mem::take(&mut given.places);
        given.done()?;
        let mut parts = self.printed(frame, at, &places, &sep)?;
        let printing = match end {
            None => Step::Log { text: joined(parts) },
            Some(end) => {
                parts.push(end);
                Step::Write { text: joined(parts) }
            }
        };
        self.emit(frame, at, printing)?;
        Ok(Known::none())
    }

    /// Returns what is printed, with this between the values.
    fn printed(
        &mut self,
        frame: &mut Frame,
        at: Place,
        values: &[&Expression],
        sep: &Expr,
    ) -> Result<Vec<Expr>> {
        let mut parts = Vec::new();
        if !values.iter().any(|it| matches!(it.kind, Kind::Star(_))) {
            for (number, value) in values.iter().enumerate() {
                if number > 0 {
                    parts.push(sep.clone());
                }
                self.value_after(frame, &mut parts, value)?;
            }
            return Ok(parts);
        }
        for value in values {
            if let Kind::Star(list) = &value.kind {
                self.items_after(frame, &mut parts, list)?;
            } else {
                self.value_after(frame, &mut parts, value)?;
                let one = parts.pop().map(|one| Expr::Call(Function::List, [one].into()));
                parts.extend(one);
            }
        }
        parts.insert(0, sep.clone());
        let row = Expr::Call(Function::Row, parts.into());
        Ok(vec![self.settle(frame, at, "row", row)?])
    }

    fn is_instance(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let value = given.need("value", "isinstance(result, Exception)")?;
        let value = self.value(frame, value)?;
        let class = given.need("class", "isinstance(result, Exception)")?;
        given.done()?;
        match self.expression(frame, class)? {
            Known::Class(class) => {
                Ok(made(Function::IsError, vec![value, Constant::Text(class).into()]))
            }
            _ => Err(class.at.wrong("give a class of errors: `isinstance(result, Exception)`")),
        }
    }

    fn range(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        let mut values = Vec::new();
        for value in std::mem::take(&mut given.places) {
            self.value_after(frame, &mut values, value)?;
        }
        given.done()?;
        let known = |value: &Expr| match value {
            Expr::Constant(constant) => constant.whole(),
            _ => None,
        };
        let numbers: Option<Vec<_>> = values.iter().map(known).collect();
        match (values.len(), numbers.as_deref()) {
            (_, Some(&[end])) => self.known_range(at, (0, end, 1)),
            (_, Some(&[begin, end])) => self.known_range(at, (begin, end, 1)),
            (_, Some(&[begin, end, step])) if step != 0 => self.known_range(at, (begin, end, step)),
            (1..=3, None) => Ok(Known::Items(Expr::Call(Function::Range, values.into()), "range")),
            _ => Err(at.wrong("write `range(3)` or `range(1, 4)`")),
        }
    }

    /// Returns the numbers of a range.
    fn known_range(&mut self, at: Place, (begin, end, step): (i64, i64, i64)) -> Result<Known> {
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
        self.spend(at, items.len())?;
        Ok(Known::List(items, Function::Range, None))
    }

    /// Functions that make one list of another.
    fn relist(&mut self, frame: &mut Frame, name: &str, mut given: Arguments<'_>) -> Result<Known> {
        let (at, start) = (given.at, given.named("start"));
        let mut lists = Vec::new();
        let places = std::mem::take(&mut given.places);
        for value in &places {
            lists.push(frame.unless_shared(value, |frame| self.gone_through(frame, value))?);
        }
        given.done()?;
        let begin = match start {
            Some(start) => self.value(frame, start)?,
            None => Some(0).into(),
        };
        if lists.is_empty() && ["list", "set", "tuple", "dict"].contains(&name) {
            lists.push(Known::tuple(Vec::new()));
        }
        if name != "zip" && lists.len() != 1 {
            return Err(at.wrong(format!("`{name}` takes one list: write `{name}(items)`")));
        }
        if let Some(begin) = known_begin(name, &lists, &begin) {
            let lists = lists.into_iter().map(known_items).collect();
            return self.relisted(frame, at, name, lists, begin);
        }
        let mut values = Vec::new();
        for (list, value) in lists.into_iter().zip(places.iter().map(|it| it.at).chain([at])) {
            if let Known::List(items, ..) = &list {
                self.pin_all(items);
            }
            values.push(items_of(value, list)?);
        }
        self.relisted_in_run(frame, at, name, values, begin)
    }

    /// Makes one list of others in the run.
    fn relisted_in_run(
        &mut self,
        frame: &mut Frame,
        at: Place,
        name: &str,
        mut values: Vec<Expr>,
        begin: Expr,
    ) -> Result<Known> {
        let function = match name {
            "list" => Function::ListOf,
            "set" => Function::SetOf,
            "tuple" => Function::TupleOf,
            "dict" => Function::DictOf,
            "zip" => return Ok(Known::Items(Expr::Call(Function::Zip, values.into()), "zip")),
            "reversed" => {
                let reversed = Expr::Call(Function::Reversed, values.into());
                return Ok(Known::Items(reversed, "reversed"));
            }
            _ => {
                values.push(begin);
                let pairs = Expr::Call(Function::Enumerate, values.into());
                return Ok(Known::Items(pairs, "enumerate"));
            }
        };
        let made = Expr::Call(function, values.into());
        Ok(self.settle(frame, at, name, made)?.into())
    }

    /// Returns one list that a function makes of others that are known.
    fn relisted(
        &mut self,
        frame: &mut Frame,
        at: Place,
        name: &str,
        mut lists: Vec<Vec<Known>>,
        begin: i64,
    ) -> Result<Known> {
        if name == "zip" {
            let length = lists.iter().map(Vec::len).min().unwrap_or(0);
            let row = |place: usize| lists.iter().map(|list| list[place].clone()).collect();
            let rows = (0..length).map(row).map(Known::tuple).collect();
            return Ok(Known::List(rows, Function::Zip, None));
        }
        let mut items = lists.swap_remove(0);
        match name {
            "reversed" => {
                items.reverse();
                Ok(Known::List(items, Function::Reversed, None))
            }
            "enumerate" => {
                let pair =
                    |(number, item)| Known::tuple(vec![Known::Value(Some(number).into()), item]);
                let pairs = (begin..).zip(items).map(pair).collect();
                Ok(Known::List(pairs, Function::Enumerate, None))
            }
            "tuple" => Ok(Known::tuple(items)),
            _ => self.new_list(frame, at, items),
        }
    }
}

/// The functions that go through the items of what they are given.
const OF_ITEMS: [&str; 6] = ["len", "sum", "min", "max", "any", "all"];

/// Returns the number at which an `enumerate` begins, if the list can be made before the run.
fn known_begin(name: &str, lists: &[Known], begin: &Expr) -> Option<i64> {
    let is_known = lists.iter().all(|list| matches!(list, Known::List(..)));
    match begin {
        Expr::Constant(begin) if is_known && !matches!(name, "set" | "dict") => {
            begin.whole().filter(|it| it.abs() < i64::from(i32::MAX))
        }
        _ => None,
    }
}

fn known_items(known: Known) -> Vec<Known> {
    if let Known::List(items, ..) = known { items } else { Vec::new() }
}
