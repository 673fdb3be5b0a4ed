//! The places of lists, and the keys of dictionaries.

use crate::fault::{Error, Fault};
use crate::methods::{at_key, hashable, key_error, remove_key, set_key};
use crate::program::Constant;
use crate::value::{Made, Value, type_error};

/// Returns the item at a place, or the value at a key.
pub(crate) fn index(list: Value, place: &Value) -> Made {
    if let Value::Dict(dict) = &list {
        hashable(place)?;
        return at_key(dict, place).ok_or_else(|| key_error(place.clone()));
    }
    let name = match &list {
        Value::Constant(Constant::Text(_)) => "string",
        Value::Tuple(_) => "tuple",
        Value::List(_) | Value::Gathered(_) => "list",
        other => {
            let kind = other.kind();
            return Err(type_error(format!("'{kind}' object is not subscriptable")));
        }
    };
    if let Value::List(items) = &list {
        let place = usize::try_from(place_in(place, items.len())?).ok();
        let out_of_range = || Error::named("IndexError: list index out of range").into();
        return place.and_then(|place| items.get(place)).ok_or_else(out_of_range);
    }
    let mut items = list.into_items()?;
    let place = usize::try_from(place_of(name, place, items.len())?);
    match place {
        Ok(place) if place < items.len() => Ok(items.swap_remove(place)),
        _ => Err(Error::Named(format!("IndexError: {name} index out of range")).into()),
    }
}

/// Returns the place of an index in a list of this kind. Negative ones count from the end.
fn place_of(name: &str, place: &Value, length: usize) -> Result<i64, Fault> {
    let number = if let Value::Constant(number) = place { number.whole() } else { None };
    let from_end = i64::try_from(length).unwrap_or(i64::MAX);
    let number = number.ok_or_else(|| {
        let kind = place.kind();
        type_error(match name {
            "string" => format!("string indices must be integers, not '{kind}'"),
            name => format!("{name} indices must be integers or slices, not {kind}"),
        })
    })?;
    Ok(if number < 0 { number.saturating_add(from_end) } else { number })
}

pub(crate) fn place_in(place: &Value, length: usize) -> Result<i64, Fault> {
    place_of("list", place, length)
}

/// Assigns to an item of a list or a dictionary, and returns nothing.
pub(crate) fn set_item(of: &Value, place: Value, value: Value) -> Made {
    match of {
        Value::Dict(dict) => {
            hashable(&place)?;
            set_key(dict, place, value);
        }
        Value::List(list) => {
            let place = usize::try_from(place_in(&place, list.len())?);
            let place = place.ok().filter(|place| *place < list.len());
            let reason = "IndexError: list assignment index out of range";
            let place = place.ok_or_else(|| Error::named(reason))?;
            drop(list.change(|items| std::mem::replace(&mut items[place], value)));
        }
        other => {
            let kind = other.kind();
            let reason = format!("'{kind}' object does not support item assignment");
            return Err(type_error(reason));
        }
    }
    Ok(Value::NONE)
}

/// Removes an item of a list or a dictionary, and returns nothing.
pub(crate) fn remove_item(of: &Value, place: &Value) -> Made {
    match of {
        Value::Dict(dict) if remove_key(dict, place) => {}
        Value::Dict(_) => return Err(key_error(place.clone())),
        Value::List(list) => {
            let at = usize::try_from(place_in(place, list.len())?);
            let at = at.ok().filter(|at| *at < list.len());
            let reason = "IndexError: list assignment index out of range";
            let at = at.ok_or_else(|| Error::named(reason))?;
            drop(list.change(|items| items.remove(at)));
        }
        other => {
            let kind = other.kind();
            return Err(type_error(format!("'{kind}' object doesn't support item deletion")));
        }
    }
    Ok(Value::NONE)
}

/// Returns a part of a list, a tuple or a text: from a place, up to one, in steps.
pub(crate) fn slice(of: Value, bounds: &[Value]) -> Made {
    let bound = |at: usize| match &bounds[at] {
        Value::Constant(Constant::None) => Ok(None),
        Value::Constant(number) if number.whole().is_some() => Ok(number.whole()),
        _ => Err(type_error("slice indices must be integers or None or have an __index__ method")),
    };
    let kind = of.kind();
    if !["str", "list", "tuple"].contains(&&*kind) {
        return Err(type_error(format!("'{kind}' object is not subscriptable")));
    }
    let items = of.into_items()?;
    let part = sliced(&items, bound(0)?, bound(1)?, bound(2)?.unwrap_or(1))?;
    Ok(match &*kind {
        "str" => Value::words(part.iter().map(Value::text).collect()),
        "tuple" => Value::Tuple(part),
        _ => Value::list(part),
    })
}

fn sliced(
    items: &[Value],
    begin: Option<i64>,
    end: Option<i64>,
    step: i64,
) -> Result<Vec<Value>, Fault> {
    if step == 0 {
        return Err(Error::named("ValueError: slice step cannot be zero").into());
    }
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let (least, most) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let fit = |place: i64| {
        let place = if place < 0 { place.saturating_add(length) } else { place };
        place.clamp(least, most)
    };
    let (from, to) = if step > 0 { (least, most) } else { (most, least) };
    let (mut place, end) = (begin.map_or(from, fit), end.map_or(to, fit));
    let mut part = Vec::new();
    while if step > 0 { place < end } else { place > end } {
        part.extend(usize::try_from(place).ok().and_then(|place| items.get(place)).cloned());
        place = place.saturating_add(step);
    }
    Ok(part)
}
