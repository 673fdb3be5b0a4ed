//! The functions of Python.

use crate::program::{Constant, Expr, Function, Step};
use crate::python::arguments::Arguments;
use crate::python::complaint::{Place, Result};
use crate::python::expressions::{joined, made, value_of};
use crate::python::frame::{Frame, Known};
use crate::python::syntax::{Argument, Kind};
use crate::python::translate::Translator;

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
            "list" | "set" | "tuple" if given.places.is_empty() => {
                given.done()?;
                return Ok(Known::list(Vec::new()));
            }
            "enumerate" | "zip" | "list" | "set" | "tuple" | "reversed" => {
                return self.relist(frame, name, given);
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
        let known = self.expression(frame, value)?;
        if let (Known::List(items, _), "len") = (&known, name) {
            given.done()?;
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            return Ok(Known::Value(Some(length).into()));
        }
        let mut value = value_of(value.at, known)?;
        if matches!(name, "min" | "max") && !given.places.is_empty() {
            let more = std::mem::take(&mut given.places).into_iter();
            let more = more.map(|it| self.value(frame, it)).collect::<Result<Vec<_>>>()?;
            value = Expr::Call(Function::List, [vec![value], more].concat().into());
        }
        given.done()?;
        if name == "type" {
            return Ok(Known::Type(value));
        }
        let function = Function::named(name).ok_or_else(|| {
            at.wrong(format!("`{name}` isn't part of this language: leave it out"))
        })?;
        Ok(made(function, vec![value]))
    }

    fn print(&mut self, frame: &mut Frame, mut given: Arguments<'_>) -> Result<Known> {
        let at = given.at;
        given.named("flush");
        let sep = match given.named("sep") {
            None => Expr::from(" "),
            Some(sep) => self.value(frame, sep)?,
        };
        let mut parts = Vec::new();
        for (number, value) in std::mem::take(&mut given.places).into_iter().enumerate() {
            if let Kind::Star(list) = &value.kind {
                return Err(list.at.wrong("print the list itself: take the `*` away"));
            }
            if number > 0 {
                parts.push(sep.clone());
            }
            self.value_after(frame, &mut parts, value)?;
        }
        given.done()?;
        self.emit(frame, at, Step::Log { text: joined(parts) })?;
        Ok(Known::none())
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
        let mut numbers = Vec::new();
        for value in std::mem::take(&mut given.places) {
            let number = self.expression(frame, value)?.constant().and_then(Constant::whole);
            numbers.push(number.ok_or_else(|| {
                value.at.wrong("a range has whole numbers that are known before: write them")
            })?);
        }
        given.done()?;
        let (begin, end, step) = match numbers[..] {
            [end] => (0, end, 1),
            [begin, end] => (begin, end, 1),
            [begin, end, step] if step != 0 => (begin, end, step),
            _ => return Err(at.wrong("write `range(3)` or `range(1, 4)`")),
        };
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
        Ok(Known::list(items))
    }

    /// Functions that make one list of another.
    fn relist(&mut self, frame: &mut Frame, name: &str, mut given: Arguments<'_>) -> Result<Known> {
        let (at, start) = (given.at, given.named("start"));
        let mut lists = Vec::new();
        for value in std::mem::take(&mut given.places) {
            match self.expression(frame, value)? {
                Known::List(items, _) => lists.push(items),
                known @ Known::Value(Expr::Name(_) | Expr::Call(..))
                    if ["list", "set", "tuple"].contains(&name) =>
                {
                    return Ok(known);
                }
                _ => {
                    return Err(value.at.wrong(format!(
                        "`{name}` needs a list that is known before the run: go through this one \
                        by `for`"
                    )));
                }
            }
        }
        given.done()?;
        let begin = start.map_or(Ok(0), |start| {
            let number = self.expression(frame, start)?.constant().and_then(Constant::whole);
            let number = number.filter(|it| it.checked_add(i64::from(i32::MAX)).is_some());
            number.ok_or_else(|| start.at.wrong("give a whole number that is not so big"))
        })?;
        if name != "zip" && lists.len() != 1 {
            return Err(at.wrong(format!("`{name}` takes one list")));
        }
        Ok(relisted(name, lists, begin))
    }
}

/// Returns one list that a function makes of others.
fn relisted(name: &str, mut lists: Vec<Vec<Known>>, begin: i64) -> Known {
    if name == "zip" {
        let length = lists.iter().map(Vec::len).min().unwrap_or(0);
        let row = |place: usize| lists.iter().map(|list| list[place].clone()).collect();
        return Known::list((0..length).map(row).map(Known::tuple).collect());
    }
    let mut items = lists.swap_remove(0);
    match name {
        "reversed" => items.reverse(),
        "enumerate" => {
            let pair = |(number, item)| Known::tuple(vec![Known::Value(Some(number).into()), item]);
            items = (begin..).zip(items).map(pair).collect();
        }
        _ => {}
    }
    if name == "tuple" { Known::tuple(items) } else { Known::list(items) }
}
