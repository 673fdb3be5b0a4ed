//! The methods of lists, sets, dictionaries and texts, in the run.

use crate::fault::{Error, Fault};
use crate::items::{Items, in_order};
use crate::places::place_in;
use crate::program::Constant;
use crate::value::{Made, Value, sorted, type_error};

/// Calls a method of a value.
pub(crate) fn method(name: &str, of: &Value, given: Vec<Value>) -> Made {
    let found = match of {
        Value::List(items) => of_list(name, items, given)?,
        Value::Set(items) => of_set(name, items, given)?,
        Value::Dict(pairs) => of_dict(name, pairs, given)?,
        Value::Tuple(items) => look_in(name, "tuple.index(x): x not in tuple", items, &given)?,
        Value::Constant(Constant::Text(text)) => of_text(name, text, &given)?,
        _ => None,
    };
    found.ok_or_else(|| {
        let kind = of.kind();
        named(format!("AttributeError: '{kind}' object has no attribute '{name}'"))
    })
}

/// `None` stands for a method that there isn't.
type Found = Result<Option<Value>, Fault>;

fn named(reason: impl Into<String>) -> Fault {
    Error::Named(reason.into()).into()
}

/// Returns the arguments of a method that takes so many.
fn exactly<const N: usize>(name: &str, given: Vec<Value>) -> Result<[Value; N], Fault> {
    let count = given.len();
    <[Value; N]>::try_from(given)
        .map_err(|_| type_error(format!("{name}() takes {N} arguments ({count} given)")))
}

/// The value of a method that only changes something.
const DONE: Option<Value> = Some(Value::NONE);

fn of_list(name: &str, list: &Items, given: Vec<Value>) -> Found {
    Ok(match name {
        "append" => {
            let [item] = exactly(name, given)?;
            list.change(|items| items.push(item));
            DONE
        }
        "extend" => {
            let [more] = exactly(name, given)?;
            extend(list, more)?;
            DONE
        }
        "insert" => {
            let [place, item] = exactly(name, given)?;
            let place = place_in(&place, list.len())?.clamp(0, to_i64(list.len()));
            let place = usize::try_from(place).unwrap_or(0);
            list.change(|items| items.insert(place, item));
            DONE
        }
        "pop" => Some(pop(list, given.first())?),
        "remove" => {
            let [item] = exactly(name, given)?;
            let place = list.all().iter().position(|it| it.equals(&item));
            let place = place.ok_or_else(|| named("ValueError: list.remove(x): x not in list"))?;
            drop(list.change(|items| items.remove(place)));
            DONE
        }
        _ => return of_whole_list(name, list, given),
    })
}

fn of_whole_list(name: &str, list: &Items, given: Vec<Value>) -> Found {
    Ok(match name {
        "clear" => {
            list.set(Vec::new());
            DONE
        }
        "copy" => Some(Value::list(list.all())),
        "reverse" => {
            list.change(|items| items.reverse());
            DONE
        }
        "sort" => {
            let mut given = given.into_iter();
            let is_reversed = given.next().unwrap_or_default();
            let keys = given.next().map(Value::into_items).transpose()?;
            list.set(sorted_by(list.all(), keys, &is_reversed)?);
            DONE
        }
        _ => {
            let missing = given.first().map_or(String::new(), Value::repr);
            look_in(name, &format!("{missing} is not in list"), &list.all(), &given)?
        }
    })
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Appends the items of something.
pub(crate) fn extend(list: &Items, more: Value) -> Result<(), Fault> {
    let mut more = more.into_items()?;
    list.change(|items| items.append(&mut more));
    Ok(())
}

fn pop(list: &Items, place: Option<&Value>) -> Made {
    if list.len() == 0 {
        return Err(named("IndexError: pop from empty list"));
    }
    let place = place.map_or(Ok(to_i64(list.len()) - 1), |place| place_in(place, list.len()))?;
    let place = usize::try_from(place).ok().filter(|place| *place < list.len());
    let place = place.ok_or_else(|| named("IndexError: pop index out of range"))?;
    Ok(list.change(|items| items.remove(place)))
}

/// Sorts items by their keys, or by themselves. Those that are equal keep their order.
pub(crate) fn sorted_by(
    mut items: Vec<Value>,
    keys: Option<Vec<Value>>,
    is_reversed: &Value,
) -> Result<Vec<Value>, Fault> {
    let is_reversed = is_reversed.is_true();
    let mut keys = keys.unwrap_or_else(|| items.clone());
    if is_reversed {
        items.reverse();
        keys.reverse();
    }
    let mut items = sorted(items, keys)?;
    if is_reversed {
        items.reverse();
    }
    Ok(items)
}

/// The methods of lists and tuples that only look.
fn look_in(name: &str, missing: &str, items: &[Value], given: &[Value]) -> Found {
    let (Some(item), "index" | "count") = (given.first(), name) else { return Ok(None) };
    let mut places = (0..items.len()).filter(|place| items[*place].equals(item));
    Ok(Some(Value::int(match name {
        "count" => places.count(),
        _ => places.next().ok_or_else(|| named(format!("ValueError: {missing}")))?,
    })))
}

fn of_set(name: &str, set: &Items, mut given: Vec<Value>) -> Found {
    let first = given.first().cloned().unwrap_or_default();
    let place = || set.all().iter().position(|it| it.equals(&first));
    Ok(match name {
        "add" => {
            add(set, exactly::<1>(name, given)?.into())?;
            DONE
        }
        "update" => {
            let [more] = exactly(name, given)?;
            add(set, more.into_items()?)?;
            DONE
        }
        "discard" => {
            drop(place().map(|place| set.change(|items| items.remove(place))));
            DONE
        }
        "remove" => {
            let place = place().ok_or_else(|| key_error(first.clone()))?;
            drop(set.change(|items| items.remove(place)));
            DONE
        }
        "pop" => Some(pop_of_set(set)?),
        "clear" => {
            set.set(Vec::new());
            DONE
        }
        "copy" => Some(Value::Set(Items::new(set.all()))),
        "union" | "intersection" | "difference" | "issubset" | "issuperset" => {
            let other = given.pop().unwrap_or_default().into_items()?;
            Some(of_sets(name, set.all(), other)?)
        }
        _ => None,
    })
}

fn pop_of_set(set: &Items) -> Made {
    let all = in_order(set).unwrap_or_else(|| set.all());
    let first = all.into_iter().next();
    let first = first.ok_or_else(|| key_error(Value::words("pop from an empty set".into())))?;
    set.set(set.all().into_iter().filter(|it| !it.equals(&first)).collect());
    Ok(first)
}

/// Looks whether something can be a key, or an item of a set: its value mustn't change.
pub(crate) fn hashable(value: &Value) -> Result<(), Fault> {
    match value {
        Value::Tuple(items) => items.iter().try_for_each(hashable),
        Value::List(_) | Value::Set(_) | Value::Dict(_) | Value::Gathered(_) => {
            Err(type_error(format!("unhashable type: '{}'", value.kind())))
        }
        _ => Ok(()),
    }
}

/// Adds items to a set that it hasn't.
pub(crate) fn add(set: &Items, more: Vec<Value>) -> Result<(), Fault> {
    for item in more {
        hashable(&item)?;
        if !set.look(|items| items.iter().any(|it| it.equals(&item))) {
            set.change(|items| items.push(item));
        }
    }
    Ok(())
}

pub(crate) fn set_of(items: Vec<Value>) -> Made {
    let set = Items::default();
    add(&set, items)?;
    Ok(Value::Set(set))
}

fn of_sets(name: &str, one: Vec<Value>, other: Vec<Value>) -> Made {
    let has = |all: &[Value], item: &Value| all.iter().any(|it| it.equals(item));
    match name {
        "union" => set_of(one.into_iter().chain(other).collect()),
        "intersection" => set_of(one.into_iter().filter(|it| has(&other, it)).collect()),
        "difference" => set_of(one.into_iter().filter(|it| !has(&other, it)).collect()),
        "issubset" => Ok(Value::of(one.iter().all(|it| has(&other, it)))),
        _ => Ok(Value::of(other.iter().all(|it| has(&one, it)))),
    }
}

/// Makes the error of a key that isn't there.
pub(crate) fn key_error(key: Value) -> Fault {
    crate::value::error("KeyError", &[key])
}

fn of_dict(name: &str, dict: &Items, mut given: Vec<Value>) -> Found {
    let other = if given.len() > 1 { given.pop() } else { None };
    let first = given.pop().unwrap_or_default();
    Ok(match name {
        "get" => Some(at_key(dict, &first).or(other).unwrap_or_default()),
        "keys" => Some(Value::list(Value::Dict(dict.clone()).into_list())),
        "values" => Some(Value::list(dict.all().into_iter().filter_map(value_in).collect())),
        "items" => Some(Value::list(dict.all())),
        "pop" => {
            let taken = at_key(dict, &first).or(other);
            remove_key(dict, &first);
            Some(taken.ok_or_else(|| key_error(first))?)
        }
        "setdefault" => Some(value_or_set(dict, first, other.unwrap_or_default())?),
        "update" => {
            for (key, value) in pairs_of(first)? {
                set_key(dict, key, value);
            }
            DONE
        }
        "clear" => {
            dict.set(Vec::new());
            DONE
        }
        "copy" => Some(Value::Dict(Items::new(dict.all()))),
        _ => None,
    })
}

/// Returns the value at a key, which gets this one if it has none.
fn value_or_set(dict: &Items, key: Value, value: Value) -> Made {
    hashable(&key)?;
    Ok(at_key(dict, &key).unwrap_or_else(|| {
        set_key(dict, key, value.clone());
        value
    }))
}

fn is_key(pair: &Value, key: &Value) -> bool {
    matches!(pair, Value::Tuple(pair) if pair.first().is_some_and(|it| it.equals(key)))
}

fn value_in(pair: Value) -> Option<Value> {
    if let Value::Tuple(pair) = pair { pair.into_iter().nth(1) } else { None }
}

pub(crate) fn at_key(dict: &Items, key: &Value) -> Option<Value> {
    dict.look(|pairs| pairs.iter().find(|pair| is_key(pair, key)).cloned()).and_then(value_in)
}

/// Returns whether the key was there.
pub(crate) fn remove_key(dict: &Items, key: &Value) -> bool {
    let place = dict.look(|pairs| pairs.iter().position(|pair| is_key(pair, key)));
    place.map(|place| dict.change(|pairs| pairs.remove(place))).is_some()
}

/// Puts a value at a key, whose place stays the same if it was there.
pub(crate) fn set_key(dict: &Items, key: Value, value: Value) {
    let place = dict.look(|pairs| pairs.iter().position(|pair| is_key(pair, &key)));
    match place {
        Some(place) => {
            let kept = match dict.get(place) {
                Some(Value::Tuple(pair)) => pair.into_iter().next().unwrap_or_default(),
                _ => key,
            };
            let pair = Value::Tuple(vec![kept, value]);
            drop(dict.change(|pairs| std::mem::replace(&mut pairs[place], pair)));
        }
        None => dict.change(|pairs| pairs.push(Value::Tuple(vec![key, value]))),
    }
}

/// Returns the pairs of a dictionary, or of a list of pairs.
pub(crate) fn pairs_of(value: Value) -> Result<Vec<(Value, Value)>, Fault> {
    let items = if let Value::Dict(pairs) = &value { pairs.all() } else { value.into_items()? };
    let pairs = items.into_iter().map(|item| {
        let [key, value] = <[Value; 2]>::try_from(item.into_items()?).map_err(|_| {
            named("ValueError: dictionary update sequence element has no two items")
        })?;
        Ok((key, value))
    });
    pairs.collect()
}

fn of_text(name: &str, text: &str, given: &[Value]) -> Found {
    let first = given.first().map(Value::text);
    let is_blank =
        |sign: char| first.as_ref().map_or(sign.is_whitespace(), |all| all.contains(sign));
    let all = |test: fn(char) -> bool| Value::of(!text.is_empty() && text.chars().all(test));
    Ok(Some(match (name, &first) {
        ("upper", None) => Value::words(text.to_uppercase()),
        ("lower", None) => Value::words(text.to_lowercase()),
        ("capitalize", None) => Value::words(capitalized(text)),
        ("title", None) => Value::words(titled(text)),
        ("strip", _) => Value::words(text.trim_matches(is_blank).into()),
        ("lstrip", _) => Value::words(text.trim_start_matches(is_blank).into()),
        ("rstrip", _) => Value::words(text.trim_end_matches(is_blank).into()),
        ("isdigit", None) => all(|sign| sign.is_ascii_digit()),
        ("isalpha", None) => all(char::is_alphabetic),
        ("split", None) => words(text.split_whitespace()),
        ("splitlines", None) => words(text.lines()),
        (_, Some(first)) => return of_texts(name, text, first, given),
        _ => return Ok(None),
    }))
}

/// The methods of a text and another value.
fn of_texts(name: &str, text: &str, first: &str, given: &[Value]) -> Found {
    let width = match given {
        [Value::Constant(width), ..] => width.whole().and_then(|it| usize::try_from(it).ok()),
        _ => None,
    };
    let width = width.unwrap_or(0).min(100_000);
    Ok(Some(match name {
        "split" if !first.is_empty() => words(text.split(first)),
        "startswith" => Value::of(text.starts_with(first)),
        "endswith" => Value::of(text.ends_with(first)),
        "count" if !first.is_empty() => Value::int(text.matches(first).count()),
        "find" => text.find(first).map_or_else(
            || Value::Constant(Constant::Int(-1)),
            |place| Value::int(text[..place].chars().count()),
        ),
        "replace" => replaced(text, first, &given[1..])?,
        "join" => Value::words(joined(text, given[0].clone())?),
        "zfill" => Value::words(filled(text, width)),
        "ljust" | "rjust" | "center" => {
            let fill = given.get(1).map_or_else(|| " ".into(), Value::text);
            Value::words(padded(name, text, width, &fill))
        }
        _ => return Ok(None),
    }))
}

/// Returns a text with another part, at so many places, or at all.
fn replaced(text: &str, part: &str, given: &[Value]) -> Made {
    match given {
        [other] => Ok(Value::words(text.replace(part, &other.text()))),
        [other, Value::Constant(count)] => {
            let count = count.whole().and_then(|it| usize::try_from(it).ok());
            Ok(Value::words(text.replacen(part, &other.text(), count.unwrap_or(usize::MAX))))
        }
        _ => Err(type_error("replace expected at least 2 arguments, got 1")),
    }
}

fn words<'a>(parts: impl Iterator<Item = &'a str>) -> Value {
    Value::list(parts.map(|part| Value::words(part.into())).collect())
}

fn capitalized(text: &str) -> String {
    let mut signs = text.chars();
    let first = signs.next().map_or(String::new(), |sign| sign.to_uppercase().collect());
    first + &signs.as_str().to_lowercase()
}

fn titled(text: &str) -> String {
    let (mut out, mut is_inside) = (String::new(), false);
    for sign in text.chars() {
        if is_inside {
            out.extend(sign.to_lowercase());
        } else {
            out.extend(sign.to_uppercase());
        }
        is_inside = sign.is_alphabetic();
    }
    out
}

fn joined(by: &str, parts: Value) -> Result<String, Fault> {
    let parts = parts.into_items()?.into_iter().enumerate().map(|(place, part)| match part {
        Value::Constant(Constant::Text(text)) => Ok(text.to_string()),
        other => {
            let kind = other.kind();
            let reason = format!("sequence item {place}: expected str instance, {kind} found");
            Err(type_error(reason))
        }
    });
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join(by))
}

fn filled(text: &str, width: usize) -> String {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => text.split_at(text.len() - digits.len()),
        None => ("", text),
    };
    let missing = width.saturating_sub(text.chars().count());
    format!("{sign}{}{digits}", "0".repeat(missing))
}

/// Puts blanks around a text, as Python's `center` does if they can't be even.
fn padded(name: &str, text: &str, width: usize, fill: &str) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let before = match name {
        "ljust" => 0,
        "rjust" => missing,
        _ => missing / 2 + (missing & width & 1),
    };
    format!("{}{text}{}", fill.repeat(before), fill.repeat(missing - before))
}
