//! Numbers, and what Python's functions make of them.

use crate::fault::Error;
use crate::program::{Constant, Function};
use crate::value::{Made, Value, type_error};

/// The longest range.
const LONGEST_RANGE: usize = 10_000;

/// The numbers up to which each whole one is one of 64 bits with a fraction, too.
const WHOLE: f64 = 9e15;

fn number(value: &Value) -> Option<&Constant> {
    match value {
        Value::Constant(number) if number.number().is_some() => Some(number),
        _ => None,
    }
}

/// Returns a number with the other sign.
pub(crate) fn negative(value: &Value) -> Made {
    let negative = match number(value) {
        Some(Constant::Float(number)) => Some(Constant::Float(-number)),
        number => number.and_then(Constant::whole).and_then(i64::checked_neg).map(Constant::Int),
    };
    let kind = value.kind();
    negative
        .map(Value::Constant)
        .ok_or_else(|| type_error(format!("bad operand type for unary -: '{kind}'")))
}

/// Returns what `int`, `float`, `abs` or `round` make of a value.
pub(crate) fn converted(function: Function, value: &Value) -> Made {
    let Some(number) = number(value) else { return read(function, value) };
    Ok(Value::Constant(match (function, number.whole()) {
        (Function::Float, _) => Constant::Float(number.number().unwrap_or_default()),
        (Function::Abs, Some(whole)) => Constant::Int(whole.checked_abs().ok_or_else(too_big)?),
        (Function::Abs, None) => Constant::Float(number.number().unwrap_or_default().abs()),
        (_, Some(whole)) => Constant::Int(whole),
        (Function::Int, None) => whole(number.number().unwrap_or_default().trunc())?,
        (_, None) => whole(number.number().unwrap_or_default().round_ties_even())?,
    }))
}

fn too_big() -> Error {
    Error::named("OverflowError: the number is too big")
}

#[expect(clippy::cast_possible_truncation, reason = "it is whole, and not so big")]
fn whole(number: f64) -> Result<Constant, Error> {
    if number.abs() > WHOLE || number.is_nan() {
        return Err(too_big());
    }
    Ok(Constant::Int(number as i64))
}

/// Reads a number from a text.
fn read(function: Function, value: &Value) -> Made {
    let Value::Constant(Constant::Text(text)) = value else { return Err(unfit(function, value)) };
    let digits = text.trim().replace('_', "");
    let (read, said) = match function {
        Function::Int => {
            (digits.parse().ok().map(Constant::Int), "invalid literal for int() with base 10")
        }
        Function::Float => {
            (digits.parse().ok().map(Constant::Float), "could not convert string to float")
        }
        _ => return Err(unfit(function, value)),
    };
    let wrong = || Error::Named(format!("ValueError: {said}: {}", value.repr())).into();
    read.map(Value::Constant).ok_or_else(wrong)
}

fn unfit(function: Function, value: &Value) -> crate::fault::Fault {
    let kind = value.kind();
    type_error(match function {
        Function::Int => format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{kind}'"
        ),
        Function::Float => {
            format!("float() argument must be a string or a real number, not '{kind}'")
        }
        Function::Abs => format!("bad operand type for abs(): '{kind}'"),
        _ => format!("type {kind} doesn't define __round__ method"),
    })
}

/// Returns a number with so many digits after the point.
pub(crate) fn rounded(value: &Value, digits: &Value) -> Made {
    let places = if let Value::Constant(digits) = digits { digits.whole() } else { None };
    let Some(number) = number(value) else { return Err(unfit(Function::Round, value)) };
    match (number, places) {
        (Constant::Float(number), Some(places @ 0..=100)) => {
            let places = usize::try_from(places).unwrap_or(0);
            let text = format!("{number:.places$}");
            Ok(Value::Constant(Constant::Float(text.parse().unwrap_or(*number))))
        }
        (number, Some(0..)) => Ok(Value::Constant(number.clone())),
        (_, None) if matches!(digits, Value::Constant(Constant::None)) => {
            converted(Function::Round, value)
        }
        _ => Err(type_error("the digits of `round` are a number from 0 to 100")),
    }
}

/// Returns the numbers of a range.
pub(crate) fn range(of: &[Value]) -> Made {
    let whole = |value: &Value| {
        number(value).and_then(Constant::whole).ok_or_else(|| {
            let kind = value.kind();
            type_error(format!("'{kind}' object cannot be interpreted as an integer"))
        })
    };
    let of = of.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    let (mut number, end, step) = match of[..] {
        [end] => (0, end, 1),
        [begin, end] => (begin, end, 1),
        [begin, end, step] if step != 0 => (begin, end, step),
        _ => return Err(Error::named("ValueError: range() arg 3 must not be zero").into()),
    };
    let mut items = Vec::new();
    while if step > 0 { number < end } else { number > end } {
        if items.len() >= LONGEST_RANGE {
            return Err(Error::named("MemoryError: the range is too long here").into());
        }
        items.push(Value::Constant(Constant::Int(number)));
        let Some(next) = number.checked_add(step) else { break };
        number = next;
    }
    Ok(Value::list(items))
}
