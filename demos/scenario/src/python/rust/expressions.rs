//! Expressions.

use crate::program::{Constant, Function, Name};
use crate::python::complaint::{Place, Result};
use crate::python::rust::calls::first;
use crate::python::rust::statements::Items;
use crate::python::rust::types::Type;
use crate::python::rust::writer::{Body, word};
use crate::python::syntax::{Expr, Kind, Part};

/// The number of expressions that may stand within each other.
const DEEPEST: usize = 50;

/// An expression in Rust, and its type.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) text: String,
    pub(crate) kind: Type,
}

impl Code {
    pub(crate) fn new(text: impl Into<String>, kind: Type) -> Self {
        Self { text: text.into(), kind }
    }

    /// Returns whether it may return from the function, or wait.
    fn leaves(&self) -> bool {
        self.text.contains('?') || self.text.contains(".await")
    }

    /// Returns it as a value of another type, where one is made of the other.
    pub(crate) fn into_type(self, kind: &Type) -> String {
        let Self { text, kind: own } = self;
        match (own, kind) {
            (Type::Int, Type::Float | Type::Number) if text.parse::<i64>().is_ok() => {
                format!("{text}.0")
            }
            (Type::Int, Type::Float | Type::Number) => format!("f64::from({text})"),
            (Type::Size, Type::Int) => format!("({text} as i32)"),
            (Type::Text, Type::Words) => format!("{text}.to_owned()"),
            _ => text,
        }
    }
}

impl Body<'_, '_> {
    /// Returns an expression in Rust.
    pub(crate) fn value(&mut self, expr: &Expr) -> Result<Code> {
        if self.nesting >= DEEPEST {
            return Err(expr.at.wrong("too much stands within each other"));
        }
        self.nesting += 1;
        let code = self.any_value(expr);
        self.nesting -= 1;
        code
    }

    fn any_value(&mut self, expr: &Expr) -> Result<Code> {
        let at = expr.at;
        match &expr.kind {
            Kind::Constant(constant) => constant_in_rust(at, constant),
            Kind::Format(parts) => self.format(parts),
            Kind::Name(name) => self.name(at, name),
            Kind::Attribute(of, name) => self.attribute(at, of, name),
            Kind::Call(callee, arguments) => self.call(at, callee, arguments),
            Kind::Await(inner) => self.awaited(inner),
            Kind::List(items) | Kind::Tuple(items) => self.list(items),
            Kind::Set(_) => Err(at.wrong("a set has no order there")),
            Kind::Dict(_) => Err(at.wrong("a dictionary is made")),
            Kind::Slice(..) => Err(at.wrong("a part of a list is taken")),
            Kind::Lambda(_) => Err(at.wrong("a function stands in an expression")),
            Kind::Comprehension { element, target, items, test } => {
                if test.is_some() {
                    return Err(at.wrong("a list leaves items out"));
                }
                self.comprehension(element, target, items)
            }
            Kind::Index(list, place) => self.index(list, place),
            Kind::Not(inner) => Ok(Code::new(format!("!({})", self.truth(inner)?), Type::Bool)),
            Kind::Negative(inner) => {
                let inner = self.value(inner)?;
                Ok(Code::new(format!("-{}", inner.text), inner.kind))
            }
            Kind::Binary(function, one, other) => self.binary(at, *function, one, other),
            Kind::Choice { test, one, other } => self.choice(test, one, other),
            Kind::Star(_) => Err(at.wrong("a `*` stands here")),
        }
    }

    fn name(&mut self, at: Place, name: &Name) -> Result<Code> {
        if let Some(kind) = self.names.get(name).cloned() {
            let text = word(name);
            let text = if kind.is_copied() { text } else { format!("{text}.clone()") };
            return Ok(Code::new(text, kind));
        }
        match self.writer.globals.get(name).copied() {
            Some(value) => self.value(value),
            None => self.class(at, name),
        }
    }

    fn index(&mut self, list: &Expr, place: &Expr) -> Result<Code> {
        let (list, place) = (self.seen(list)?, self.value(place)?);
        Ok(Code::new(format!("{}[{}].clone()", list.text, place.text), list.kind.item()))
    }

    fn choice(&mut self, test: &Expr, one: &Expr, other: &Expr) -> Result<Code> {
        let (test, one, other) = (self.truth(test)?, self.value(one)?, self.value(other)?);
        let kind = one.kind.clone().joined(other.kind.clone());
        let (one, other) = (one.into_type(&kind), other.into_type(&kind));
        Ok(Code::new(format!("if {test} {{ {one} }} else {{ {other} }}"), kind))
    }

    fn class(&mut self, at: Place, name: &str) -> Result<Code> {
        if crate::errors::exists(name) {
            return Ok(Code::new(format!("Exception::new(\"{name}\", \"\")"), Type::Error));
        }
        if self.writer.defines.contains_key(name) {
            return Err(at.wrong("a function is used as a value"));
        }
        Ok(Code::new(word(name), Type::Unknown))
    }

    /// Returns an expression that is only looked at, so that nothing is cloned for it.
    pub(crate) fn seen(&mut self, expr: &Expr) -> Result<Code> {
        match &expr.kind {
            Kind::Name(name) if self.names.contains_key(name) => {
                Ok(Code::new(word(name), self.names[name].clone()))
            }
            _ => self.value(expr),
        }
    }

    /// Returns an expression as a condition.
    pub(crate) fn truth(&mut self, test: &Expr) -> Result<String> {
        let code = self.seen(test)?;
        match code.kind {
            Type::Bool | Type::Unknown => Ok(code.text),
            Type::Int | Type::Size => Ok(format!("{} != 0", code.text)),
            Type::Maybe(_) => Ok(format!("{}.is_some()", code.text)),
            Type::List(_) | Type::Text | Type::Words | Type::Pending(_) => {
                Ok(format!("!{}.is_empty()", code.text))
            }
            _ => Err(test.at.wrong("the truth of this is asked for")),
        }
    }

    fn list(&mut self, items: &[Expr]) -> Result<Code> {
        let (texts, kind) = self.items_of_one_type(items)?;
        Ok(Code::new(format!("vec![{}]", texts.join(", ")), kind.list()))
    }

    fn items_of_one_type(&mut self, items: &[Expr]) -> Result<(Vec<String>, Type)> {
        let codes = items.iter().map(|item| self.value(item)).collect::<Result<Vec<_>>>()?;
        let kinds = codes.iter().map(|code| code.kind.clone());
        let kind = kinds.fold(Type::Unknown, Type::joined);
        Ok((codes.into_iter().map(|code| code.into_type(&kind)).collect(), kind))
    }

    /// Returns what a loop goes through.
    pub(crate) fn items(&mut self, items: &Expr) -> Result<Items> {
        if let Kind::Call(callee, arguments) = &items.kind
            && callee.is_name("range")
        {
            let numbers = arguments.iter().map(|it| Ok(self.value(&it.value)?.text));
            let numbers = numbers.collect::<Result<Vec<_>>>()?;
            let text = match &numbers[..] {
                [end] => format!("0..{end}"),
                [begin, end] => format!("{begin}..{end}"),
                _ => return Err(items.at.wrong("a range has a step")),
            };
            return Ok(Items { text, kind: Type::Int });
        }
        if let Kind::List(all) | Kind::Tuple(all) = &items.kind {
            let (texts, kind) = self.items_of_one_type(all)?;
            return Ok(Items { text: format!("[{}]", texts.join(", ")), kind });
        }
        let code = self.seen(items)?;
        let kind = code.kind.item();
        let text = match (&code.kind, &items.kind) {
            (Type::Pending(_), _) => format!("{}.iter().cloned()", code.text),
            (_, Kind::Name(_)) => format!("{}.clone()", code.text),
            _ => code.text,
        };
        Ok(Items { text, kind })
    }

    fn comprehension(&mut self, element: &Expr, target: &Expr, items: &Expr) -> Result<Code> {
        let Kind::Name(name) = &target.kind else {
            return Err(target.at.wrong("a list has several names"));
        };
        let items = self.items(items)?;
        let known = self.names.insert(name.clone(), items.kind.clone());
        let element = self.value(element);
        match known {
            Some(known) => self.names.insert(name.clone(), known),
            None => self.names.remove(name),
        };
        let (element, name, items) = (element?, word(name), items.text);
        let kind = element.kind.clone().list();
        if element.leaves() {
            let text = format!(
                "{{ let mut list = Vec::new(); for {name} in {items} {{ list.push({}); }} list }}",
                element.text
            );
            return Ok(Code::new(text, kind));
        }
        let items = match &*items {
            range if range.contains("..") => format!("({range})"),
            items if items.ends_with(".cloned()") => items.to_owned(),
            items => format!("{items}.into_iter()"),
        };
        let element = element.text;
        Ok(Code::new(format!("{items}.map(|{name}| {element}).collect::<Vec<_>>()"), kind))
    }

    fn binary(&mut self, at: Place, function: Function, one: &Expr, other: &Expr) -> Result<Code> {
        match function {
            Function::And | Function::Or => {
                let sign = if function == Function::And { "&&" } else { "||" };
                let (one, other) = (self.truth(one)?, self.truth(other)?);
                Ok(Code::new(format!("({one}) {sign} ({other})"), Type::Bool))
            }
            Function::In => self.contains(one, other),
            Function::Is => {
                let code = self.seen(one)?;
                match (&code.kind, &other.kind) {
                    (Type::Maybe(_), Kind::Constant(Constant::None)) => {
                        Ok(Code::new(format!("{}.is_none()", code.text), Type::Bool))
                    }
                    _ => Err(at.wrong("two things are compared by `is`")),
                }
            }
            _ => {
                let (one, other) = (self.value(one)?, self.value(other)?);
                operator(at, function, one, other)
            }
        }
    }

    fn contains(&mut self, one: &Expr, other: &Expr) -> Result<Code> {
        if let Kind::List(items) | Kind::Tuple(items) = &other.kind {
            let (items, _) = self.items_of_one_type(items)?;
            let one = self.value(one)?.text;
            let text = format!("[{}].contains(&{one})", items.join(", "));
            return Ok(Code::new(text, Type::Bool));
        }
        let (one, other) = (self.seen(one)?, self.seen(other)?);
        let text = match other.kind.item() {
            Type::Task(_) => {
                format!("{}.iter().any(|it| it.id() == {}.id())", other.text, one.text)
            }
            _ => format!("{}.contains(&{})", other.text, one.text),
        };
        Ok(Code::new(text, Type::Bool))
    }

    fn attribute(&mut self, at: Place, of: &Expr, name: &str) -> Result<Code> {
        if let Kind::Call(callee, arguments) = &of.kind
            && callee.is_name("type")
            && name == "__name__"
        {
            let error = self.seen(first(at, arguments)?)?;
            return Ok(Code::new(format!("{}.class.clone()", error.text), Type::Words));
        }
        if of.is_name("asyncio") {
            return match name {
                "FIRST_COMPLETED" => Ok(condition("FirstCompleted")),
                "FIRST_EXCEPTION" => Ok(condition("FirstException")),
                "ALL_COMPLETED" => Ok(condition("AllCompleted")),
                name => self.class(at, name),
            };
        }
        if name == "exceptions" {
            let error = self.seen(of)?;
            return Ok(Code::new(format!("{}.errors.clone()", error.text), Type::Error.list()));
        }
        Err(at.wrong("an attribute stands here"))
    }

    /// Returns a text with expressions.
    pub(crate) fn format(&mut self, parts: &[Part]) -> Result<Code> {
        let mut form = Form::default();
        for part in parts {
            self.part(part, &mut form)?;
        }
        Ok(Code::new(form.written("format!"), Type::Words))
    }

    pub(crate) fn part(&mut self, part: &Part, form: &mut Form) -> Result<()> {
        match part {
            Part::Words(words) => form.words(words),
            Part::Shown { value, repr, spec } => {
                let code = self.seen(value)?;
                let digits = spec.strip_suffix('f').filter(|it| it.starts_with('.'));
                if digits.is_none() && !spec.is_empty() {
                    return Err(value.at.wrong("a value has a width"));
                }
                form.value(value.at, code, *repr, digits.unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

/// Returns an operator of two values.
fn operator(at: Place, function: Function, one: Code, other: Code) -> Result<Code> {
    use Function as F;

    let kind = one.kind.clone().joined(other.kind.clone());
    if matches!(kind, Type::Text | Type::Words) && matches!(function, F::Add | F::AddTo) {
        let text = format!("format!(\"{{}}{{}}\", {}, {})", one.text, other.text);
        return Ok(Code::new(text, Type::Words));
    }
    let (one, other) = (operand(one, &kind), operand(other, &kind));
    let (sign, kind) = match function {
        F::Add | F::AddTo => ("+", kind),
        F::Sub => ("-", kind),
        F::Mul | F::MulTo => ("*", kind),
        F::Pow => return Err(at.wrong("a power is another in Rust")),
        F::Div if matches!(kind, Type::Float | Type::Number) => ("/", kind),
        F::Mod if kind == Type::Int => {
            return Ok(Code::new(format!("{one}.rem_euclid({other})"), kind));
        }
        F::Eq => ("==", Type::Bool),
        F::Ne => ("!=", Type::Bool),
        F::Lt => ("<", Type::Bool),
        F::Le => ("<=", Type::Bool),
        F::Gt => (">", Type::Bool),
        F::Ge => (">=", Type::Bool),
        _ => return Err(at.wrong("the quotient is another in Rust")),
    };
    Ok(Code::new(format!("{one} {sign} {other}"), kind))
}

/// Returns an operand, in brackets if it is itself made of some.
fn operand(code: Code, kind: &Type) -> String {
    let is_made = code.text.contains(' ') && !code.text.ends_with(')');
    let text = code.into_type(if *kind == Type::Size { &Type::Int } else { kind });
    if is_made && !text.ends_with(')') { format!("({text})") } else { text }
}

fn condition(name: &str) -> Code {
    Code::new(format!("combinators::{name}"), Type::Condition(Box::default()))
}

/// A text with places, and the values for these.
#[derive(Default)]
pub(crate) struct Form {
    text: String,
    values: Vec<String>,
}

impl Form {
    pub(crate) fn words(&mut self, words: &str) {
        self.text += &escaped(words).replace('{', "{{").replace('}', "}}");
    }

    /// Takes a value that is shown as Python does.
    pub(crate) fn value(&mut self, at: Place, code: Code, repr: bool, spec: &str) -> Result<()> {
        let Code { text, kind } = code;
        let (spec, value) = match kind {
            _ if !spec.is_empty() => (format!(":{spec}"), text),
            Type::Error if !repr => (String::new(), format!("{text}.text")),
            Type::Error | Type::List(_) | Type::Float | Type::Fallible(_) => (":?".into(), text),
            Type::Text | Type::Words if repr => (":?".into(), text),
            Type::Maybe(inner) if *inner == Type::Error => {
                let shown = if repr { "format!(\"{error:?}\")" } else { "error.text" };
                let none = "|| \"None\".to_owned()";
                (String::new(), format!("{text}.map_or_else({none}, |error| {shown})"))
            }
            Type::Unit | Type::Task(_) | Type::Maybe(_) | Type::Pending(_) | Type::Coro(_) => {
                return Err(at.wrong("this is printed in another way"));
            }
            _ => (String::new(), text),
        };
        let is_name = value.chars().all(|it| it.is_alphanumeric() || it == '_')
            && !value.starts_with(|it: char| it.is_ascii_digit());
        let inner = if is_name { &value } else { "" };
        self.text.extend(["{", inner, &spec, "}"]);
        if !is_name {
            self.values.push(value);
        }
        Ok(())
    }

    pub(crate) fn written(self, call: &str) -> String {
        let text = format!("\"{}\"", self.text);
        let all: Vec<_> = [text].into_iter().chain(self.values).collect();
        format!("{call}({})", all.join(", "))
    }
}

fn escaped(text: &str) -> String {
    text.escape_debug().to_string().replace("\\'", "'")
}

fn constant_in_rust(at: Place, constant: &Constant) -> Result<Code> {
    Ok(match constant {
        Constant::None => Code::new("()", Type::Unit),
        Constant::Bool(truth) => Code::new(truth.to_string(), Type::Bool),
        Constant::Int(number) if i32::try_from(*number).is_ok() => {
            Code::new(number.to_string(), Type::Int)
        }
        Constant::Int(_) => return Err(at.wrong("a number is greater than an `i32` is")),
        Constant::Float(number) => Code::new(format!("{number:?}"), Type::Float),
        Constant::Text(text) => Code::new(format!("\"{}\"", escaped(text)), Type::Text),
    })
}
