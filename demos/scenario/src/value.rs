//! Values, and what expressions make of them.

use std::cmp::Ordering;

use combinators::Plain;
use serde_json::{Value as Json, json};

use crate::coroutine::{Coroutine, Scope};
use crate::fault::{Error, Fault, Halt, Outcome, out};
use crate::handle::Handle;
use crate::program::{Constant, Expr, Function};

/// The value that a coroutine returns, or that a step keeps.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Constant(Constant),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// The outcomes that a gather has collected: a list in which faults are values.
    Gathered(Vec<Outcome>),
    Task(Handle),
    Fault(Fault),
}

impl Plain for Value {}

impl Default for Value {
    fn default() -> Self {
        Self::NONE
    }
}

impl From<Constant> for Value {
    fn from(constant: Constant) -> Self {
        Self::Constant(constant)
    }
}

/// The expressions of a coroutine.
impl Coroutine {
    /// Returns the value of an expression.
    pub(crate) fn value(&self, expr: &Expr, scope: Scope<'_>) -> Result<Value, Halt> {
        let value = match expr {
            Expr::Constant(constant) => constant.clone().into(),
            Expr::Name(name) => self.machine.kept(name)?,
            Expr::Call(Function::Caught, _) => {
                Value::Fault(scope.caught.expect("it stands in a handler").clone())
            }
            Expr::Call(Function::And, both) => self.either(both, false, scope)?,
            Expr::Call(Function::Or, both) => self.either(both, true, scope)?,
            Expr::Call(function, of) => {
                let values = of.iter().map(|it| self.value(it, scope));
                let values = values.collect::<Result<Vec<_>, _>>()?;
                self.machine.allow(*function, &values)?;
                call(*function, values)?
            }
        };
        self.machine.count_value(&value);
        Ok(value)
    }

    /// Returns the first value if its truth is this, and otherwise the second.
    fn either(&self, both: &[Expr], truth: bool, scope: Scope<'_>) -> Result<Value, Halt> {
        let first = self.value(&both[0], scope)?;
        if first.is_true() == truth { Ok(first) } else { self.value(&both[1], scope) }
    }
}

impl Value {
    pub(crate) const NONE: Self = Self::Constant(Constant::None);

    fn of(truth: bool) -> Self {
        Self::Constant(Constant::Bool(truth))
    }

    fn int(number: usize) -> Self {
        Self::Constant(Constant::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    fn words(text: String) -> Self {
        Self::Constant(Constant::Text(text.into()))
    }

    /// Returns its form in the log.
    pub(crate) fn json(&self) -> Json {
        match self {
            Value::Constant(constant) => constant.json(),
            Value::List(items) | Value::Tuple(items) => items.iter().map(Value::json).collect(),
            Value::Gathered(outcomes) => {
                let objects = outcomes.iter().map(out).map(|(key, value)| json!({ key: value }));
                objects.collect()
            }
            Value::Task(handle) => json!(handle.label()),
            Value::Fault(fault) => fault.json(),
        }
    }

    /// Returns whether Python takes it for true.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Value::Constant(constant) => constant.is_true(),
            Value::List(items) | Value::Tuple(items) => !items.is_empty(),
            Value::Gathered(items) => !items.is_empty(),
            Value::Task(_) | Value::Fault(_) => true,
        }
    }

    /// Returns it as `str` does.
    pub(crate) fn text(&self) -> String {
        match self {
            Value::Constant(Constant::Text(text)) => text.to_string(),
            Value::Fault(fault) => fault.message(),
            other => other.repr(),
        }
    }

    /// Returns it as `repr` does.
    pub(crate) fn repr(&self) -> String {
        let all = |items: &[Value]| {
            let items: Vec<_> = items.iter().map(Value::repr).collect();
            items.join(", ")
        };
        match self {
            Value::Constant(constant) => constant.repr(),
            Value::Tuple(one) if one.len() == 1 => format!("({},)", all(one)),
            Value::Tuple(items) => format!("({})", all(items)),
            Value::List(items) => format!("[{}]", all(items)),
            Value::Gathered(_) => format!("[{}]", all(&self.clone().into_list())),
            Value::Task(handle) => format!("<Task {}>", handle.label()),
            Value::Fault(fault) => fault.repr(),
        }
    }

    fn into_list(self) -> Vec<Self> {
        match self {
            Value::List(items) | Value::Tuple(items) => items,
            Value::Gathered(outcomes) => {
                outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(gathered)).collect()
            }
            other => vec![other],
        }
    }

    /// Returns the items of a list.
    ///
    /// # Errors
    ///
    /// Fails if this is none.
    pub(crate) fn into_items(self) -> Result<Vec<Self>, Error> {
        match self {
            Value::List(_) | Value::Tuple(_) | Value::Gathered(_) => Ok(self.into_list()),
            other => {
                let kind = other.kind();
                Err(Error::Named(format!("TypeError: '{kind}' object is not iterable")))
            }
        }
    }

    pub(crate) fn into_task(self) -> Option<Handle> {
        match self {
            Value::Task(handle) => Some(handle),
            _ => None,
        }
    }

    /// Returns the error that it is, or that it names.
    pub(crate) fn into_fault(self) -> Fault {
        match self {
            Value::Fault(fault) => fault,
            name => Error::Named(name.text()).into(),
        }
    }

    /// Returns the name of its class.
    fn kind(&self) -> String {
        let name = match self {
            Value::Constant(constant) => constant.kind(),
            Value::List(_) | Value::Gathered(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Task(Handle::Task(_)) => "Task",
            Value::Task(Handle::Future(_)) => "Future",
            Value::Fault(fault) => return fault.class().to_owned(),
        };
        name.to_owned()
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Constant(one), Value::Constant(other)) => one.equals(other),
            (Value::Task(one), Value::Task(other)) => one.is(other),
            _ => false,
        }
    }

    /// Returns whether they are equal.
    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Tuple(one), Value::Tuple(other)) => all_equal(one, other),
            (Value::List(_) | Value::Gathered(_), Value::List(_) | Value::Gathered(_)) => {
                all_equal(&self.clone().into_list(), &other.clone().into_list())
            }
            (one, other) => one.is(other),
        }
    }
}

/// Returns the fault of a gather's child as a value. A cancellation has an empty text there.
fn gathered(fault: Fault) -> Value {
    Value::Fault(match fault {
        Fault::Cancelled => Error::named("CancelledError: ").into(),
        error @ Fault::Error(_) => error,
    })
}

fn all_equal(one: &[Value], other: &[Value]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.equals(other))
}

impl Constant {
    pub(crate) fn json(&self) -> Json {
        match self {
            Constant::None => Json::Null,
            Constant::Bool(truth) => json!(truth),
            Constant::Int(number) => json!(number),
            Constant::Float(number) => json!(number),
            Constant::Text(text) => json!(**text),
        }
    }

    fn is_true(&self) -> bool {
        match self {
            Constant::None => false,
            Constant::Bool(truth) => *truth,
            Constant::Int(number) => *number != 0,
            Constant::Float(number) => *number != 0.0,
            Constant::Text(text) => !text.is_empty(),
        }
    }

    pub(crate) fn repr(&self) -> String {
        match self {
            Constant::None => "None".into(),
            Constant::Bool(true) => "True".into(),
            Constant::Bool(false) => "False".into(),
            Constant::Int(number) => number.to_string(),
            Constant::Float(number) => repr_of_float(*number),
            Constant::Text(text) => quoted(text),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Constant::None => "NoneType",
            Constant::Bool(_) => "bool",
            Constant::Int(_) => "int",
            Constant::Float(_) => "float",
            Constant::Text(_) => "str",
        }
    }

    /// Returns the number that it is, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Constant::Bool(truth) => Some(f64::from(u8::from(*truth))),
            #[expect(clippy::cast_precision_loss, reason = "so it is in Python")]
            Constant::Int(number) => Some(*number as f64),
            Constant::Float(number) => Some(*number),
            Constant::None | Constant::Text(_) => None,
        }
    }

    /// Returns the whole number that it is, if it is one.
    pub(crate) fn whole(&self) -> Option<i64> {
        match self {
            Constant::Bool(truth) => Some(i64::from(*truth)),
            Constant::Int(number) => Some(*number),
            _ => None,
        }
    }

    fn equals(&self, other: &Self) -> bool {
        if self.number().and(other.number()).is_none() {
            return self == other;
        }
        self.compared(other) == Some(Ordering::Equal)
    }

    /// Returns the order of two numbers, if they have one: whole ones are compared without
    /// rounding.
    fn compared(&self, other: &Self) -> Option<Ordering> {
        match (self.whole(), other.whole()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => self.number()?.partial_cmp(&other.number()?),
        }
    }
}

/// Returns a number as Python writes it.
fn repr_of_float(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() { "nan".into() } else { number.to_string() };
    }
    let text = format!("{number:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |it| ("-", it));
    format!("{}e{sign}{exponent:0>2}", digits.trim_end_matches(".0"))
}

/// Returns a text in quotes, as Python writes it.
pub(crate) fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for sign in text.chars() {
        match sign {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            sign if sign == quote => out.extend(['\\', sign]),
            sign if sign.is_control() => {
                let code = u32::from(sign);
                out.extend(["\\x", &format!("{code:02x}")]);
            }
            sign => out.push(sign),
        }
    }
    out.push(quote);
    out
}

/// Errors as values.
impl Fault {
    /// Returns the name of its class.
    pub(crate) fn class(&self) -> &str {
        match self {
            Fault::Cancelled => "CancelledError",
            Fault::Error(Error::Named(name)) => {
                name.split_once(": ").map_or(&**name, |(class, _)| class)
            }
            Fault::Error(Error::Timeout) => "TimeoutError",
            Fault::Error(Error::Group(_)) => "ExceptionGroup",
            Fault::Error(Error::Exit) => "SystemExit",
        }
    }

    /// Returns what `str` makes of it.
    pub(crate) fn message(&self) -> String {
        match self {
            Fault::Error(Error::Named(name)) => {
                let text = name.split_once(": ").map_or("", |(_, text)| text);
                if self.class() == "KeyError" && !text.is_empty() {
                    return quoted(text);
                }
                text.to_owned()
            }
            Fault::Error(Error::Group(errors)) => {
                let s = if errors.len() == 1 { "" } else { "s" };
                format!("{OF_GROUP} ({} sub-exception{s})", errors.len())
            }
            _ => String::new(),
        }
    }

    fn repr(&self) -> String {
        let class = self.class();
        match self {
            Fault::Error(Error::Group(errors)) => {
                let errors: Vec<_> = errors.iter().cloned().map(Fault::from).collect();
                let errors: Vec<_> = errors.iter().map(Fault::repr).collect();
                format!("{class}('{OF_GROUP}', [{}])", errors.join(", "))
            }
            Fault::Error(Error::Named(name)) => match name.split_once(": ") {
                Some((_, text)) => format!("{class}({})", quoted(text)),
                None => format!("{class}()"),
            },
            _ => format!("{class}()"),
        }
    }

    /// Returns the last line that Python prints of it if nothing catches it.
    pub(crate) fn last_line(&self) -> String {
        let module = match self.class() {
            "CancelledError" | "InvalidStateError" => "asyncio.exceptions.",
            _ => "",
        };
        let (class, message) = (self.class(), self.message());
        let colon = if message.is_empty() { "" } else { ": " };
        format!("{module}{class}{colon}{message}")
    }
}

/// The message of a task group's error.
const OF_GROUP: &str = "unhandled errors in a TaskGroup";

type Made = Result<Value, Fault>;

fn type_error(message: impl Into<String>) -> Fault {
    Error::Named(format!("TypeError: {}", message.into())).into()
}

/// Returns what a function makes of values.
pub(crate) fn call(function: Function, mut of: Vec<Value>) -> Made {
    use Function as F;

    match function {
        F::Join => Ok(Value::words(of.iter().map(Value::text).collect())),
        F::List => Ok(Value::List(of)),
        F::Tuple => Ok(Value::Tuple(of)),
        _ if of.len() > 1 => {
            let second = of.swap_remove(1);
            with_two(function, of.swap_remove(0), second)
        }
        _ => with_one(function, of.pop().unwrap_or_default()),
    }
}

/// Functions of one value.
fn with_one(function: Function, value: Value) -> Made {
    use Function as F;

    match function {
        F::Str => Ok(Value::words(value.text())),
        F::Repr => Ok(Value::words(value.repr())),
        F::Not => Ok(Value::of(!value.is_true())),
        F::Kind => Ok(Value::words(value.kind())),
        F::IsError => Ok(Value::of(matches!(value, Value::Fault(_)))),
        F::Errors => errors(value),
        F::Result | F::Exception | F::Done | F::Cancelled | F::Cancelling => {
            of_task(function, &value)
        }
        F::Len if value_text(&value).is_some() => {
            Ok(Value::int(value_text(&value).map_or(0, |text| text.chars().count())))
        }
        _ => of_items(function, value.into_items()?),
    }
}

fn value_text(value: &Value) -> Option<&str> {
    match value {
        Value::Constant(Constant::Text(text)) => Some(text),
        _ => None,
    }
}

/// The errors of a group.
fn errors(value: Value) -> Made {
    match value {
        Value::Fault(Fault::Error(Error::Group(errors))) => {
            let errors = errors.into_iter().map(|error| Value::Fault(error.into()));
            Ok(Value::Tuple(errors.collect()))
        }
        other => {
            let kind = other.kind();
            let reason = format!("AttributeError: '{kind}' object has no attribute 'exceptions'");
            Err(Error::Named(reason).into())
        }
    }
}

/// Methods of a task.
fn of_task(function: Function, value: &Value) -> Made {
    let Value::Task(handle) = value else {
        return Err(type_error(format!("'{}' object is no task", value.kind())));
    };
    match function {
        Function::Done => Ok(Value::of(handle.is_done())),
        Function::Cancelled => Ok(Value::of(handle.is_cancelled())),
        Function::Cancelling => Ok(Value::int(handle.cancelling() as usize)),
        Function::Result => handle.outcome().unwrap_or_else(|| not_set("Result")),
        _ => match handle.outcome() {
            None => not_set("Exception"),
            Some(Ok(_)) => Ok(Value::NONE),
            Some(Err(Fault::Cancelled)) => Err(Fault::Cancelled),
            Some(Err(fault)) => Ok(Value::Fault(fault)),
        },
    }
}

fn not_set(thing: &str) -> Made {
    Err(Error::Named(format!("InvalidStateError: {thing} is not set.")).into())
}

/// Functions of the items of a list.
fn of_items(function: Function, mut items: Vec<Value>) -> Made {
    use Function as F;

    match function {
        F::Len => Ok(Value::int(items.len())),
        F::Sum => items.into_iter().try_fold(Value::Constant(Constant::Int(0)), |sum, item| {
            arithmetic(F::Add, &sum, &item)
        }),
        F::Sorted => sorted(items).map(Value::List),
        F::Min | F::Max | F::First if items.is_empty() => {
            Err(Error::named("ValueError: the list is empty").into())
        }
        F::Min => Ok(sorted(items)?.swap_remove(0)),
        F::Max => Ok(sorted(items)?.pop().unwrap_or_default()),
        F::First => Ok(items.swap_remove(0)),
        F::Rest => Ok(Value::List(items.into_iter().skip(1).collect())),
        _ => Err(type_error("this is no function of a list")),
    }
}

fn sorted(items: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let mut sorted: Vec<Value> = Vec::with_capacity(items.len());
    let mut result = Ok(());
    for item in items {
        let place = sorted.partition_point(|it| match less(&item, it) {
            Ok(is_less) => !is_less,
            Err(fault) => {
                result = Err(fault);
                false
            }
        });
        sorted.insert(place, item);
        result.clone()?;
    }
    Ok(sorted)
}

/// Functions of two values.
fn with_two(function: Function, one: Value, other: Value) -> Made {
    use Function as F;

    match function {
        F::Eq => Ok(Value::of(one.equals(&other))),
        F::Ne => Ok(Value::of(!one.equals(&other))),
        F::Is => Ok(Value::of(one.is(&other))),
        F::Lt => Ok(Value::of(less(&one, &other)?)),
        F::Gt => Ok(Value::of(less(&other, &one)?)),
        F::Le => Ok(Value::of(!less(&other, &one)?)),
        F::Ge => Ok(Value::of(!less(&one, &other)?)),
        F::In => contains(&one, other),
        F::IsError => Ok(Value::of(is_error(&one, &other.text()))),
        F::Index => index(one, &other),
        F::Fixed => fixed(&one, &other),
        F::Align => Ok(Value::words(aligned(&one, &other.text()))),
        F::Append => {
            let mut items = one.into_items()?;
            items.push(other);
            Ok(Value::List(items))
        }
        _ => arithmetic(function, &one, &other),
    }
}

/// Returns whether a value is an error of a class, by the names of classes.
fn is_error(value: &Value, class: &str) -> bool {
    let Value::Fault(fault) = value else { return false };
    crate::errors::is_a(fault.class(), class)
}

fn contains(one: &Value, other: Value) -> Made {
    if let (Some(part), Some(whole)) = (value_text(one), value_text(&other)) {
        return Ok(Value::of(whole.contains(part)));
    }
    Ok(Value::of(other.into_items()?.iter().any(|item| item.equals(one))))
}

fn index(list: Value, place: &Value) -> Made {
    let Value::Constant(place) = place else { return Err(type_error("an index is a number")) };
    let place = place.whole().ok_or_else(|| type_error("an index is a whole number"))?;
    let mut items = list.into_items()?;
    let from_end = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let place = if place < 0 { place.saturating_add(from_end) } else { place };
    match usize::try_from(place) {
        Ok(place) if place < items.len() => Ok(items.swap_remove(place)),
        _ => Err(Error::named("IndexError: list index out of range").into()),
    }
}

/// Returns a number with so many digits after the point.
fn fixed(number: &Value, digits: &Value) -> Made {
    let (Value::Constant(number), Value::Constant(digits)) = (number, digits) else {
        return Err(type_error("this is no number"));
    };
    let digits = digits.whole().and_then(|it| usize::try_from(it).ok()).unwrap_or(6);
    let number = number.number().ok_or_else(|| type_error("this is no number"))?;
    Ok(Value::words(format!("{number:.*}", digits.min(100))))
}

/// Returns the text of a value between blanks, as `<9`, `>9` or `^9` says.
fn aligned(value: &Value, how: &str) -> String {
    let text = value.text();
    let sign = how.chars().next();
    let width = how.trim_start_matches(['<', '^', '>']).parse::<usize>().unwrap_or(0).min(1_000);
    match sign {
        Some('<') => format!("{text:<width$}"),
        Some('^') => format!("{text:^width$}"),
        _ => format!("{text:>width$}"),
    }
}

fn less(one: &Value, other: &Value) -> Result<bool, Fault> {
    match (one, other) {
        (Value::Tuple(one), Value::Tuple(other)) => return first_less(one, other),
        (Value::List(_) | Value::Gathered(_), Value::List(_) | Value::Gathered(_)) => {
            return first_less(&one.clone().into_list(), &other.clone().into_list());
        }
        _ => {}
    }
    if let (Some(one), Some(other)) = (value_text(one), value_text(other)) {
        return Ok(one < other);
    }
    match (one, other) {
        (Value::Constant(one), Value::Constant(other))
            if one.number().and(other.number()).is_some() =>
        {
            Ok(one.compared(other) == Some(Ordering::Less))
        }
        _ => {
            let (one, other) = (one.kind(), other.kind());
            Err(type_error(format!("'<' not supported between instances of '{one}' and '{other}'")))
        }
    }
}

/// Compares lists by the first items that differ, or else by their lengths.
fn first_less(one: &[Value], other: &[Value]) -> Result<bool, Fault> {
    let mut pairs = one.iter().zip(other);
    let differ = pairs.find(|(one, other)| !one.equals(other));
    differ.map_or(Ok(one.len() < other.len()), |(one, other)| less(one, other))
}

fn sign(function: Function) -> &'static str {
    match function {
        Function::Add => "+",
        Function::Sub => "-",
        Function::Mul => "*",
        Function::Div => "/",
        Function::FloorDiv => "//",
        _ => "%",
    }
}

/// The operators of numbers; `+` and `*` are those of texts and lists too.
fn arithmetic(function: Function, one: &Value, other: &Value) -> Made {
    let unfit = || {
        let (kind, added) = (one.kind(), other.kind());
        if function == Function::Add && ["str", "list", "tuple"].contains(&&*kind) {
            return type_error(format!("can only concatenate {kind} (not \"{added}\") to {kind}"));
        }
        let (sign, one, other) = (sign(function), one.kind(), other.kind());
        type_error(format!("unsupported operand type(s) for {sign}: '{one}' and '{other}'"))
    };
    match (one, other) {
        (Value::Constant(one), Value::Constant(other)) => match (one, other) {
            (Constant::Text(one), Constant::Text(other)) if function == Function::Add => {
                Ok(Value::words(format!("{one}{other}")))
            }
            (Constant::Text(text), times) | (times, Constant::Text(text))
                if function == Function::Mul && times.whole().is_some() =>
            {
                Ok(repeated(text, times))
            }
            _ => of_numbers(function, one, other).ok_or_else(unfit)?.map(Value::Constant),
        },
        (Value::Tuple(one), Value::Tuple(other)) if function == Function::Add => {
            Ok(Value::Tuple([&one[..], other].concat()))
        }
        (Value::List(_) | Value::Gathered(_), Value::List(_) | Value::Gathered(_))
            if function == Function::Add =>
        {
            let mut items = one.clone().into_list();
            items.extend(other.clone().into_list());
            Ok(Value::List(items))
        }
        (list, Value::Constant(times)) | (Value::Constant(times), list)
            if function == Function::Mul && times.whole().is_some() =>
        {
            repeated_list(list, times).ok_or_else(unfit)
        }
        _ => Err(unfit()),
    }
}

fn repeated(text: &str, times: &Constant) -> Value {
    Value::words(text.repeat(count(times)))
}

/// Returns `None` if this is no list.
fn repeated_list(list: &Value, times: &Constant) -> Option<Value> {
    let repeat = |items: &[Value]| vec![items; count(times)].concat();
    match list {
        Value::Tuple(items) => Some(Value::Tuple(repeat(items))),
        Value::List(_) | Value::Gathered(_) => Some(Value::List(repeat(&list.clone().into_list()))),
        _ => None,
    }
}

/// Returns how often something is repeated: less than once is never.
fn count(times: &Constant) -> usize {
    usize::try_from(times.whole().unwrap_or(0)).unwrap_or(0)
}

/// Returns `None` if one of them is no number.
fn of_numbers(
    function: Function,
    one: &Constant,
    other: &Constant,
) -> Option<Result<Constant, Fault>> {
    let (x, y) = (one.number()?, other.number()?);
    let is_division = matches!(function, Function::Div | Function::FloorDiv | Function::Mod);
    if is_division && y == 0.0 {
        let is_whole = one.whole().and(other.whole()).is_some();
        return Some(Err(Error::named(by_zero(function, is_whole)).into()));
    }
    if let (Some(one), Some(other)) = (one.whole(), other.whole())
        && function != Function::Div
    {
        let number = of_whole_numbers(function, one, other);
        let too_big = || Error::named("OverflowError: the number is too big").into();
        return Some(number.map(Constant::Int).ok_or_else(too_big));
    }
    Some(Ok(Constant::Float(match function {
        Function::Add => x + y,
        Function::Sub => x - y,
        Function::Mul => x * y,
        Function::Div => x / y,
        Function::FloorDiv => (x / y).floor(),
        _ => x - y * (x / y).floor(),
    })))
}

/// Returns Python's error for a division by zero.
fn by_zero(function: Function, is_whole: bool) -> &'static str {
    match (function, is_whole) {
        (Function::Mod, true) => "ZeroDivisionError: integer modulo by zero",
        (Function::Mod, false) => "ZeroDivisionError: float modulo by zero",
        (Function::FloorDiv, false) => "ZeroDivisionError: float floor division by zero",
        (Function::FloorDiv, true) => "ZeroDivisionError: integer division or modulo by zero",
        (_, false) => "ZeroDivisionError: float division by zero",
        (_, true) => "ZeroDivisionError: division by zero",
    }
}

fn of_whole_numbers(function: Function, one: i64, other: i64) -> Option<i64> {
    match function {
        Function::Add => one.checked_add(other),
        Function::Sub => one.checked_sub(other),
        Function::Mul => one.checked_mul(other),
        Function::FloorDiv => {
            let rest = i64::from(one.checked_rem(other)? != 0 && (one < 0) != (other < 0));
            one.checked_div(other)?.checked_sub(rest)
        }
        _ => {
            let rest = one.checked_rem(other)?;
            Some(if rest != 0 && (rest < 0) != (other < 0) { rest + other } else { rest })
        }
    }
}
