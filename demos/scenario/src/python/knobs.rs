//! The parts of a program that can be turned: times, conditions, and the choice of who fails.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde_json::{Value as Json, json};

use crate::program::{Constant, Function, Name};
use crate::python::complaint::{Place, Result};
use crate::python::parse::parse;
use crate::python::syntax::{Argument, Define, Does, Expr, Kind, Statement};

/// A part of a program that can be changed without changing what the program is about.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Knob {
    /// The kind of thing that it changes.
    pub turns: Turns,
    /// The line of the part that is changed, counted from 1.
    pub line: usize,
    /// The column of its first character, counted from 1.
    pub column: usize,
    /// The place of this part in the text, in bytes.
    pub bytes: Range<usize>,
    /// The text that stands there.
    pub value: String,
    /// The texts that may stand there; empty for a number.
    pub choices: Vec<&'static str>,
}

/// The kinds of things that a knob changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Turns {
    /// The time of a sleep, in seconds.
    Sleep,
    /// A time limit, in seconds, or None.
    Timeout,
    /// The condition of a `wait`.
    ReturnWhen,
    /// The choice of a `gather` to take errors for results.
    ReturnExceptions,
    /// The number that fails, or the choice to fail.
    Fails,
}

/// The number of functions through which a value may be passed on.
const MOST_PASSES: usize = 10;

const CONDITIONS: [&str; 3] =
    ["asyncio.ALL_COMPLETED", "asyncio.FIRST_COMPLETED", "asyncio.FIRST_EXCEPTION"];

/// Returns what can be turned in a program, in the order of the text. There is nothing in one
/// that can't be read.
///
/// ```
/// use scenario::python::{Turns, knobs, turned};
///
/// let program = "import asyncio\n\nasync def main():\n    await asyncio.sleep(0.5)\n";
/// let knobs = knobs(program);
/// assert_eq!((knobs[0].turns, &*knobs[0].value), (Turns::Sleep, "0.5"));
/// assert!(turned(program, &knobs[0], "2").unwrap().contains("asyncio.sleep(2)"));
/// ```
#[must_use]
pub fn knobs(text: &str) -> Vec<Knob> {
    let Ok(program) = parse(text) else { return Vec::new() };
    let places = Finder::new(&program).places();
    places.into_iter().filter_map(|(at, turns)| Knob::new(text, at, turns)).collect()
}

/// Returns what can be turned as JSON: a list of objects with `turns`, `line`, `column`,
/// `begin` and `end` (counted in UTF-16, as scripts do), `value`, `choices` and `label`.
#[must_use]
pub fn knobs_json(text: &str) -> String {
    knobs(text).iter().map(|knob| knob.json(text)).collect::<Json>().to_string()
}

/// Returns the program with another value for this knob.
///
/// # Errors
///
/// Fails if no such value can stand there: the error says what can. It also fails if the text
/// isn't the one that the knob was found in.
pub fn turned(text: &str, knob: &Knob, value: &str) -> Result<String> {
    let at = Place { line: knob.line, column: knob.column };
    if !knob.fits(value) {
        return Err(at.wrong(format!("`{value}` doesn't fit here: {}", knob.remedy())));
    }
    if text.get(knob.bytes.clone()) != Some(&*knob.value) {
        return Err(at.wrong("the text is another by now: look for its knobs again"));
    }
    let (before, after) = (&text[..knob.bytes.start], &text[knob.bytes.end..]);
    Ok(format!("{before}{value}{after}"))
}

impl Knob {
    /// Makes the knob for what stands at this place, if that can be turned.
    fn new(text: &str, at: Place, turns: Turns) -> Option<Self> {
        let begin = offset(text, at)?;
        let is_part = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '.';
        let length = text[begin..].find(|sign| !is_part(sign)).unwrap_or(text.len() - begin);
        let bytes = begin..begin + length;
        let value = text[bytes.clone()].to_owned();
        let choices = match turns {
            Turns::ReturnWhen => CONDITIONS.to_vec(),
            _ if matches!(&*value, "True" | "False") => vec!["False", "True"],
            _ => Vec::new(),
        };
        let knob = Self { turns, line: at.line, column: at.column, bytes, value, choices };
        knob.fits(&knob.value).then_some(knob)
    }

    fn fits(&self, value: &str) -> bool {
        if !self.choices.is_empty() {
            return self.choices.contains(&value);
        }
        let is_plain = value.chars().all(|sign| sign.is_ascii_digit() || sign == '.');
        let is_number = is_plain && value.parse::<f64>().is_ok();
        match self.turns {
            Turns::Timeout => is_number || value == "None",
            Turns::Fails => is_number && !value.contains('.'),
            _ => is_number,
        }
    }

    fn remedy(&self) -> String {
        match self.turns {
            _ if !self.choices.is_empty() => format!("write {}", self.choices.join(" or ")),
            Turns::Timeout => "write a number of seconds, or None".into(),
            Turns::Fails => "write a whole number".into(),
            _ => "write a number of seconds".into(),
        }
    }

    fn json(&self, text: &str) -> Json {
        let in_script = |end: usize| text[..end].encode_utf16().count();
        json!({
            "turns": self.turns.name(),
            "line": self.line,
            "column": self.column,
            "begin": in_script(self.bytes.start),
            "end": in_script(self.bytes.end),
            "value": self.value,
            "choices": self.choices,
            "label": self.to_string(),
        })
    }
}

impl Turns {
    fn name(self) -> &'static str {
        match self {
            Self::Sleep => "sleep",
            Self::Timeout => "timeout",
            Self::ReturnWhen => "return_when",
            Self::ReturnExceptions => "return_exceptions",
            Self::Fails => "fails",
        }
    }
}

/// Writes what it turns, and the line.
impl fmt::Display for Knob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in line {}", self.turns.name(), self.line)
    }
}

/// Returns the offset of a place in a text, in bytes.
fn offset(text: &str, at: Place) -> Option<usize> {
    let text_only = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text_only.split_inclusive('\n').nth(at.line.checked_sub(1)?)?;
    let begin = line.as_ptr().addr() - text.as_ptr().addr();
    let (in_line, _) = line.char_indices().nth(at.column.checked_sub(1)?)?;
    Some(begin + in_line)
}

/// A parameter of a function: what is given for it turns this.
type Use = (Name, Name, Turns);

/// The search for what can be turned.
struct Finder<'a> {
    /// Each function with its expressions, and the top of the program.
    functions: Vec<(Option<&'a Define>, Vec<&'a Statement>)>,
    uses: BTreeSet<Use>,
    found: BTreeSet<(Place, Turns)>,
}

impl<'a> Finder<'a> {
    fn new(program: &'a [Statement]) -> Self {
        let mut functions = vec![(None, Vec::new())];
        part(program, 0, &mut functions);
        Self { functions, uses: BTreeSet::new(), found: BTreeSet::new() }
    }

    /// Looks until nothing more is found: what a function sleeps for may come from a parameter
    /// of its own.
    fn places(mut self) -> BTreeSet<(Place, Turns)> {
        for _ in 0..MOST_PASSES {
            let before = (self.uses.len(), self.found.len());
            for (function, statements) in self.functions.clone() {
                for statement in statements {
                    self.statement(function, &statement.kind);
                }
            }
            if before == (self.uses.len(), self.found.len()) {
                break;
            }
        }
        self.found
    }

    fn statement(&mut self, function: Option<&Define>, does: &Does) {
        if let Does::If { test, body, .. } = does
            && body.iter().any(|it| matches!(it.kind, Does::Raise(Some(_))))
        {
            self.test(function, test);
        }
        if let Does::Define(define) = does {
            for (name, default) in &define.parameters {
                let uses: Vec<_> = self.uses_of(&define.name, name);
                for turns in uses {
                    if let Some(default) = default {
                        self.value(function, default, turns);
                    }
                }
            }
        }
        does.expressions().into_iter().for_each(|it| self.expression(function, it));
    }

    fn uses_of(&self, function: &Name, parameter: &Name) -> Vec<Turns> {
        let first = (function.clone(), parameter.clone(), Turns::Sleep);
        let of = |(it, name, _): &&Use| it == function && name == parameter;
        self.uses.range(first..).take_while(of).map(|(.., turns)| *turns).collect()
    }

    /// Takes the test before a `raise`: what is compared with decides who fails.
    fn test(&mut self, function: Option<&Define>, test: &Expr) {
        match &test.kind {
            Kind::Binary(Function::Eq | Function::In, one, other) => {
                self.constants(one);
                self.constants(other);
            }
            Kind::Name(_) => self.value(function, test, Turns::Fails),
            _ => {}
        }
    }

    fn constants(&mut self, value: &Expr) {
        match &value.kind {
            Kind::Constant(Constant::Int(_)) => {
                self.found.insert((value.at, Turns::Fails));
            }
            Kind::Tuple(items) | Kind::List(items) | Kind::Set(items) => {
                for item in items {
                    self.constants(item);
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, function: Option<&Define>, expr: &Expr) {
        if let Kind::Call(callee, arguments) = &expr.kind {
            match &callee.kind {
                Kind::Attribute(module, name) if module.is_name("asyncio") => {
                    self.of_asyncio(function, name, arguments);
                }
                Kind::Name(name) => self.own(function, name, arguments),
                _ => {}
            }
        }
        expr.parts().into_iter().for_each(|part| self.expression(function, part));
    }

    fn of_asyncio(&mut self, function: Option<&Define>, name: &str, arguments: &[Argument]) {
        let (place, turns) = match name {
            "sleep" => (Some(0), Turns::Sleep),
            "timeout" => (Some(0), Turns::Timeout),
            "wait_for" => (Some(1), Turns::Timeout),
            "wait" => (None, Turns::Timeout),
            _ => (None, Turns::ReturnExceptions),
        };
        for (number, argument) in arguments.iter().enumerate() {
            let turns = match argument.name.as_deref() {
                None if Some(number) == place => turns,
                Some("delay") if turns == Turns::Sleep => turns,
                Some("timeout") if turns == Turns::Timeout => turns,
                Some("return_when") => Turns::ReturnWhen,
                Some("return_exceptions") => Turns::ReturnExceptions,
                _ => continue,
            };
            self.value(function, &argument.value, turns);
        }
    }

    /// Takes the call of a function of the program.
    fn own(&mut self, function: Option<&Define>, name: &Name, arguments: &[Argument]) {
        let all = self.functions.iter().filter_map(|(define, _)| *define);
        let Some(callee) = all.into_iter().find(|it| it.name == *name) else { return };
        for (number, argument) in arguments.iter().enumerate() {
            let by_place = || callee.parameters.get(number).map(|(name, _)| name);
            let Some(parameter) = argument.name.as_ref().or_else(by_place) else { continue };
            for turns in self.uses_of(name, parameter) {
                self.value(function, &argument.value, turns);
            }
        }
    }

    /// Takes the value that is given for something that can be turned.
    fn value(&mut self, function: Option<&Define>, value: &Expr, turns: Turns) {
        match &value.kind {
            Kind::Constant(_) | Kind::Attribute(..) => {
                self.found.insert((value.at, turns));
            }
            Kind::Binary(Function::Mul, one, other) => {
                for factor in [one, other] {
                    if let Kind::Constant(_) = factor.kind {
                        self.value(function, factor, turns);
                    }
                }
            }
            Kind::Name(name) => {
                let define = function.filter(|it| it.parameters.iter().any(|(it, _)| it == name));
                self.uses.extend(define.map(|it| (it.name.clone(), name.clone(), turns)));
            }
            _ => {}
        }
    }
}

/// Parts the statements of a program by the functions that they stand in.
fn part<'a>(
    body: &'a [Statement],
    function: usize,
    all: &mut Vec<(Option<&'a Define>, Vec<&'a Statement>)>,
) {
    for statement in body {
        all[function].1.push(statement);
        if let Does::Define(define) = &statement.kind {
            all.push((Some(define), Vec::new()));
            part(&define.body, all.len() - 1, all);
        }
        for block in statement.kind.blocks() {
            part(block, function, all);
        }
    }
}
