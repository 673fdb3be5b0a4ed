//! Values, and what expressions make of them.

use std::cmp::Ordering;

use combinators::Plain;
use serde_json::{Value as Json, json};

use crate::coroutine::{Coroutine, Scope};
use crate::fault::{Error, Fault, Halt, Outcome, out};
use crate::format::formatted;
use crate::handle::Handle;
use crate::items::{Items, in_order};
use crate::methods::{extend, hashable, method, pairs_of, set_key, set_of, sorted_by};
use crate::numbers::{converted, negative, range, rounded};
use crate::places::{index, remove_item, set_item, slice};
use crate::program::{Constant, Expr, Function};

/// The value that a coroutine returns, or that a step keeps.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Constant(Constant),
    List(Items),
    Tuple(Vec<Value>),
    /// The items of a set, in the order in which they were put in.
    Set(Items),
    /// The pairs of a dictionary, each a tuple.
    Dict(Items),
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
        self.machine.enter(&self.names);
        let value = match expr {
            Expr::Constant(constant) => constant.clone().into(),
            Expr::Name(name) => return self.machine.kept(name),
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

    pub(crate) fn of(truth: bool) -> Self {
        Self::Constant(Constant::Bool(truth))
    }

    pub(crate) fn int(number: usize) -> Self {
        Self::Constant(Constant::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    pub(crate) fn words(text: String) -> Self {
        Self::Constant(Constant::Text(text.into()))
    }

    /// Returns its form in the log.
    pub(crate) fn json(&self) -> Json {
        match self {
            Value::Constant(constant) => constant.json(),
            Value::Tuple(items) => items.iter().map(Value::json).collect(),
            Value::List(items) | Value::Set(items) | Value::Dict(items) => {
                items.look(|items| items.iter().map(Value::json).collect())
            }
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
            Value::List(items) | Value::Set(items) | Value::Dict(items) => items.len() > 0,
            Value::Tuple(items) => !items.is_empty(),
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
            Value::List(items) => format!("[{}]", items.look(all)),
            Value::Set(items) if items.len() == 0 => "set()".into(),
            Value::Set(_) => format!("{{{}}}", all(&self.clone().into_list())),
            Value::Dict(pairs) => pairs.look(repr_of_pairs),
            Value::Gathered(_) => format!("[{}]", all(&self.clone().into_list())),
            Value::Task(handle) => format!("<Task {}>", handle.label()),
            Value::Fault(fault) => fault.repr(),
        }
    }

    /// Returns a list whose items are these.
    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(Items::new(items))
    }

    /// Returns whether the order of its items is that of `CPython`.
    pub(crate) fn is_in_order(&self) -> bool {
        match self {
            Self::Set(items) => in_order(items).is_some(),
            Self::Tuple(items) => items.iter().all(Self::is_in_order),
            Self::List(items) | Self::Dict(items) => {
                items.look(|items| items.iter().all(Self::is_in_order))
            }
            _ => true,
        }
    }

    /// Returns a set whose items are these, which differ.
    pub(crate) fn set(items: Vec<Self>) -> Self {
        Self::Set(Items::new(items))
    }

    /// Returns whether it is a list that nothing else has.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(self, Self::List(items) if items.is_alone())
    }

    /// Makes a list of what a gather has collected: from here on a program may change it.
    pub(crate) fn settled(self) -> Self {
        if let Self::Gathered(_) = self { Self::list(self.into_list()) } else { self }
    }

    pub(crate) fn into_list(self) -> Vec<Self> {
        match self {
            Value::List(items) => items.all(),
            Value::Set(items) => in_order(&items).unwrap_or_else(|| items.all()),
            Value::Dict(pairs) => pairs.look(|pairs| pairs.iter().filter_map(key).collect()),
            Value::Tuple(items) => items,
            Value::Constant(Constant::Text(text)) => {
                text.chars().map(|sign| Self::words(sign.into())).collect()
            }
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
            Value::List(_)
            | Value::Set(_)
            | Value::Dict(_)
            | Value::Tuple(_)
            | Value::Gathered(_)
            | Value::Constant(Constant::Text(_)) => Ok(self.into_list()),
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
    pub(crate) fn kind(&self) -> String {
        let name = match self {
            Value::Constant(constant) => constant.kind(),
            Value::List(_) | Value::Gathered(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Set(_) => "set",
            Value::Dict(_) => "dict",
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
            (Value::List(one), Value::List(other))
            | (Value::Set(one), Value::Set(other))
            | (Value::Dict(one), Value::Dict(other)) => one.is(other),
            _ => false,
        }
    }

    /// Returns whether they are equal.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Tuple(one), Value::Tuple(other)) => all_equal(one, other),
            (Value::Set(one), Value::Set(other)) | (Value::Dict(one), Value::Dict(other)) => {
                let (one, other) = (one.all(), other.all());
                let has = |it: &Value| other.iter().any(|other| other.equals(it));
                one.len() == other.len() && one.iter().all(has)
            }
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

/// Returns the key of a pair.
fn key(pair: &Value) -> Option<Value> {
    if let Value::Tuple(pair) = pair { pair.first().cloned() } else { None }
}

fn repr_of_pairs(pairs: &[Value]) -> String {
    let pairs = pairs.iter().map(|pair| match pair {
        Value::Tuple(pair) => pair.iter().map(Value::repr).collect::<Vec<_>>().join(": "),
        other => other.repr(),
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
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
            Fault::Error(Error::Given { class, .. }) => class,
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
            Fault::Error(Error::Given { text, .. }) => text.clone(),
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
            Fault::Error(Error::Given { shown, .. }) => format!("{class}({shown})"),
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

/// The value that a function makes, or the error that it raises.
pub(crate) type Made = Result<Value, Fault>;

pub(crate) fn type_error(message: impl Into<String>) -> Fault {
    Error::Named(format!("TypeError: {}", message.into())).into()
}

/// Returns what a function makes of values.
pub(crate) fn call(function: Function, mut of: Vec<Value>) -> Made {
    use Function as F;

    match function {
        F::Join => Ok(Value::words(of.iter().map(Value::text).collect())),
        F::List => Ok(Value::list(of)),
        F::Tuple => Ok(Value::Tuple(of)),
        F::Set => set_of(of),
        F::Dict => dict_of(of),
        F::Zip => zipped(of),
        F::Range => range(&of),
        F::Row => row(&of),
        F::Error | F::Method | F::SetItem | F::Slice | F::SortedBy => with_many(function, of),
        _ if of.len() > 1 => {
            let second = of.swap_remove(1);
            with_two(function, of.swap_remove(0), second)
        }
        _ => with_one(function, of.pop().unwrap_or_default()),
    }
}

/// Returns the texts of the items of all lists, with the first value between them.
fn row(of: &[Value]) -> Made {
    let lists = of[1..].iter().map(|list| list.clone().into_items());
    let items = lists.collect::<Result<Vec<_>, _>>()?.concat();
    let texts: Vec<_> = items.iter().map(Value::text).collect();
    Ok(Value::words(texts.join(&of[0].text())))
}

/// Functions of three values, and of any number.
fn with_many(function: Function, mut of: Vec<Value>) -> Made {
    use Function as F;

    match function {
        F::Error => {
            let class = of.remove(0).text();
            Ok(Value::Fault(error(&class, &of)))
        }
        F::Method => {
            let given = of.split_off(2);
            method(&of[0].text(), &of[1], given)
        }
        F::SetItem => {
            let value = of.swap_remove(2);
            let place = of.swap_remove(1);
            set_item(&of[0], place, value)
        }
        F::SortedBy => {
            let keys = of.swap_remove(1).into_items()?;
            let is_reversed = of.pop().unwrap_or_default();
            sorted_by(of.swap_remove(0).into_items()?, Some(keys), &is_reversed).map(Value::list)
        }
        _ => slice(of.remove(0), &of),
    }
}

/// Returns the dictionary of keys and values, which stand one after the other.
fn dict_of(of: Vec<Value>) -> Made {
    let dict = Items::default();
    let mut of = of.into_iter();
    while let (Some(key), Some(value)) = (of.next(), of.next()) {
        hashable(&key)?;
        set_key(&dict, key, value);
    }
    Ok(Value::Dict(dict))
}

/// Makes an error of a class from what it is given.
pub(crate) fn error(class: &str, given: &[Value]) -> Fault {
    let text = match given {
        [] => return Error::named(class).into(),
        [Value::Constant(Constant::Text(text))] => {
            return Error::Named(format!("{class}: {text}")).into();
        }
        [key] if class == "KeyError" => key.repr(),
        [one] => one.text(),
        _ => Value::Tuple(given.to_vec()).repr(),
    };
    let shown: Vec<_> = given.iter().map(Value::repr).collect();
    Error::Given { class: class.to_owned(), text, shown: shown.join(", ") }.into()
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
        F::Bool => Ok(Value::of(value.is_true())),
        F::DictOf => {
            let dict = Items::default();
            pairs_of(value)?.into_iter().for_each(|(key, value)| set_key(&dict, key, value));
            Ok(Value::Dict(dict))
        }
        F::Int | F::Float | F::Abs | F::Round => converted(function, &value),
        F::Negative => negative(&value),
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
        F::Sum => sum(items, Value::int(0)),
        F::Sorted => sorted(items.clone(), items).map(Value::list),
        F::Min | F::Max if items.is_empty() => {
            let name = function.name();
            Err(Error::Named(format!("ValueError: {name}() iterable argument is empty")).into())
        }
        F::First if items.is_empty() => Err(Error::named("ValueError: the list is empty").into()),
        F::Min => extreme(items, less),
        F::Max => extreme(items, |one, best| less(best, one)),
        F::Any => Ok(Value::of(items.iter().any(Value::is_true))),
        F::All => Ok(Value::of(items.iter().all(Value::is_true))),
        F::ListOf | F::Generator => Ok(Value::list(items)),
        F::TupleOf => Ok(Value::Tuple(items)),
        F::SetOf => set_of(items),
        F::Reversed => Ok(Value::list(items.into_iter().rev().collect())),
        F::Enumerate => Ok(enumerated(items, 0)),
        F::First => Ok(items.swap_remove(0)),
        F::Rest => Ok(Value::list(items.into_iter().skip(1).collect())),
        _ => Err(type_error("this is no function of a list")),
    }
}

fn enumerated(items: Vec<Value>, begin: i64) -> Value {
    let pair = |(number, item)| Value::Tuple(vec![Value::Constant(Constant::Int(number)), item]);
    Value::list((begin..).zip(items).map(pair).collect())
}

/// Returns the items at each place of all lists, as far as the shortest goes.
fn zipped(lists: Vec<Value>) -> Made {
    let lists = lists.into_iter().map(Value::into_items).collect::<Result<Vec<_>, _>>()?;
    let length = lists.iter().map(Vec::len).min().unwrap_or(0);
    let row = |place: usize| lists.iter().map(|list| list[place].clone()).collect();
    Ok(Value::list((0..length).map(row).map(Value::Tuple).collect()))
}

fn sum(items: Vec<Value>, begin: Value) -> Made {
    items.into_iter().try_fold(begin, |sum, item| arithmetic(Function::Add, &sum, &item))
}

/// Returns the items of a list that is assigned to so many names.
fn parts(list: Value, names: &Value) -> Made {
    let names = if let Value::Constant(names) = names { names.whole() } else { None };
    let names = names.and_then(|it| usize::try_from(it).ok()).unwrap_or(0);
    let kind = list.kind();
    let cannot = |_| type_error(format!("cannot unpack non-iterable {kind} object"));
    let items = list.into_items().map_err(cannot)?;
    match items.len() {
        found if found == names => Ok(Value::Tuple(items)),
        found if found < names => Err(Error::Named(format!(
            "ValueError: not enough values to unpack (expected {names}, got {found})"
        ))
        .into()),
        _ => Err(Error::Named(format!("ValueError: too many values to unpack (expected {names})"))
            .into()),
    }
}

/// Returns the first of the items that none is better than.
fn extreme(items: Vec<Value>, is_better: fn(&Value, &Value) -> Result<bool, Fault>) -> Made {
    let mut items = items.into_iter();
    let mut best = items.next().unwrap_or_default();
    for item in items {
        if is_better(&item, &best)? {
            best = item;
        }
    }
    Ok(best)
}

/// Sorts items by their keys, of which there are as many.
pub(crate) fn sorted(items: Vec<Value>, keys: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let mut pairs: Vec<(Value, Value)> = Vec::with_capacity(items.len());
    let mut result = Ok(());
    for (item, key) in items.into_iter().zip(keys) {
        let place = pairs.partition_point(|(_, it)| match less(&key, it) {
            Ok(is_less) => !is_less,
            Err(fault) => {
                result = Err(fault);
                false
            }
        });
        pairs.insert(place, (item, key));
        result.clone()?;
    }
    Ok(pairs.into_iter().map(|(item, _)| item).collect())
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
            Ok(Value::list(items))
        }
        _ => changing(function, one, other),
    }
}

/// Functions of two values that may change the first.
fn changing(function: Function, one: Value, other: Value) -> Made {
    use Function as F;

    match function {
        F::AddTo => match &one {
            Value::List(list) => extend(list, other).map(|()| one),
            _ => arithmetic(F::Add, &one, &other),
        },
        F::MulTo => match (&one, &other) {
            (Value::List(list), Value::Constant(times)) if times.whole().is_some() => {
                list.set(vec![list.all(); count(times)].concat());
                Ok(one)
            }
            _ => arithmetic(F::Mul, &one, &other),
        },
        F::Parts => parts(one, &other),
        F::Sum => sum(one.into_items()?, other),
        F::Format => Ok(Value::words(formatted(&one, &other.text())?)),
        F::RemoveItem => remove_item(&one, &other),
        F::Round => rounded(&one, &other),
        F::Enumerate => {
            let begin = if let Value::Constant(begin) = &other { begin.whole() } else { None };
            Ok(enumerated(one.into_items()?, begin.unwrap_or(0)))
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
        Function::Pow => "** or pow()",
        _ => "%",
    }
}

/// The operators of numbers; `+` and `*` are those of texts and lists too.
fn arithmetic(function: Function, one: &Value, other: &Value) -> Made {
    let unfit = || unfit(function, one, other);
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
            Ok(Value::list(items))
        }
        (list, Value::Constant(times)) | (Value::Constant(times), list)
            if function == Function::Mul && times.whole().is_some() =>
        {
            repeated_list(list, times).ok_or_else(unfit)
        }
        _ => Err(unfit()),
    }
}

/// Makes the error of values that an operator can't take.
fn unfit(function: Function, one: &Value, other: &Value) -> Fault {
    let (kind, other) = (one.kind(), other.kind());
    if function == Function::Add && ["str", "list", "tuple"].contains(&&*kind) {
        return type_error(format!("can only concatenate {kind} (not \"{other}\") to {kind}"));
    }
    let sign = sign(function);
    type_error(format!("unsupported operand type(s) for {sign}: '{kind}' and '{other}'"))
}

fn repeated(text: &str, times: &Constant) -> Value {
    Value::words(text.repeat(count(times)))
}

/// Returns `None` if this is no list.
fn repeated_list(list: &Value, times: &Constant) -> Option<Value> {
    let repeat = |items: &[Value]| vec![items; count(times)].concat();
    match list {
        Value::Tuple(items) => Some(Value::Tuple(repeat(items))),
        Value::List(_) | Value::Gathered(_) => Some(Value::list(repeat(&list.clone().into_list()))),
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
    if function == Function::Pow && x == 0.0 && y < 0.0 {
        let reason = "ZeroDivisionError: zero to a negative power";
        return Some(Err(Error::named(reason).into()));
    }
    let is_root = function == Function::Pow && y < 0.0;
    if let (Some(one), Some(other)) = (one.whole(), other.whole())
        && function != Function::Div
        && !is_root
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
        Function::Pow => x.powf(y),
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
        Function::Pow => one.checked_pow(u32::try_from(other).ok()?),
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
