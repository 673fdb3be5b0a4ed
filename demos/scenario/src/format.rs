//! The form of a value in a text, as what follows the `:` says.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::fault::{Error, Fault};
use crate::program::Constant;
use crate::value::{Value, type_error};

/// The widest form.
const WIDEST: usize = 1_000;

/// A form, as it is written: `[[fill]align][sign][0][width][,][.digits][kind]`.
struct Form {
    fill: char,
    align: Option<char>,
    sign: Option<char>,
    width: usize,
    group: Option<char>,
    digits: Option<usize>,
    kind: Option<char>,
}

/// Reads a form. `None` stands for one that isn't known here.
fn read(spec: &str) -> Option<Form> {
    let mut signs: Vec<char> = spec.chars().collect();
    let is_align = |sign: Option<&char>| sign.is_some_and(|it| "<>^=".contains(*it));
    let (mut fill, mut align) = (' ', None);
    if is_align(signs.get(1)) {
        (fill, align) = (signs[0], Some(signs[1]));
        signs.drain(..2);
    } else if is_align(signs.first()) {
        align = Some(signs.remove(0));
    }
    let mut rest = signs.into_iter().peekable();
    let sign = rest.next_if(|it| "+- ".contains(*it));
    if rest.next_if_eq(&'0').is_some() && align.is_none() {
        (fill, align) = ('0', Some('='));
    }
    let number = |rest: &mut Peekable<IntoIter<char>>| {
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        digits.parse::<usize>().ok()
    };
    let width = number(&mut rest).unwrap_or(0);
    let group = rest.next_if(|it| ",_".contains(*it));
    let has_point = rest.next_if_eq(&'.').is_some();
    let digits = if has_point { Some(number(&mut rest)?) } else { None };
    let kind = rest.next();
    let is_known = rest.next().is_none() && kind.is_none_or(|it| "sdfFxXob%".contains(it));
    let is_small = width <= WIDEST && digits.is_none_or(|it| it <= 100);
    (is_known && is_small).then_some(Form { fill, align, sign, width, group, digits, kind })
}

/// Returns whether a form is known.
pub(crate) fn is_known(spec: &str) -> bool {
    read(spec).is_some()
}

/// Returns the text of a value in a form.
pub(crate) fn formatted(value: &Value, spec: &str) -> Result<String, Fault> {
    if spec.is_empty() {
        return Ok(value.text());
    }
    let form = read(spec).ok_or_else(|| Error::named("ValueError: Invalid format specifier"))?;
    match value {
        Value::Constant(Constant::Text(text)) => of_text(&form, text),
        Value::Constant(number) if number.number().is_some() => of_number(&form, number),
        other => {
            let kind = other.kind();
            let reason = format!("unsupported format string passed to {kind}.__format__");
            Err(type_error(reason))
        }
    }
}

fn unfit(kind: char, of: &str) -> Fault {
    let reason = format!("ValueError: Unknown format code '{kind}' for object of type '{of}'");
    Error::Named(reason).into()
}

fn of_text(form: &Form, text: &str) -> Result<String, Fault> {
    if let Some(kind) = form.kind.filter(|kind| *kind != 's') {
        return Err(unfit(kind, "str"));
    }
    if form.align == Some('=') && form.fill != '0' {
        let reason = "ValueError: '=' alignment not allowed in string format specifier";
        return Err(Error::named(reason).into());
    }
    let shown: String = text.chars().take(form.digits.unwrap_or(usize::MAX)).collect();
    let align = form.align.filter(|align| *align != '=').unwrap_or('<');
    Ok(padded(form, align, "", &shown))
}

fn of_number(form: &Form, number: &Constant) -> Result<String, Fault> {
    let whole = number.whole();
    let value = number.number().unwrap_or_default();
    let digits = form.digits.unwrap_or(6);
    let magnitude = whole.map(i64::unsigned_abs);
    let shown = match (form.kind, magnitude) {
        (Some('s'), _) => return Err(unfit('s', number.kind())),
        (Some('f' | 'F'), _) => format!("{:.digits$}", value.abs()),
        (Some('%'), _) => format!("{:.digits$}%", value.abs() * 100.0),
        (Some('x'), Some(it)) => format!("{it:x}"),
        (Some('X'), Some(it)) => format!("{it:X}"),
        (Some('o'), Some(it)) => format!("{it:o}"),
        (Some('b'), Some(it)) => format!("{it:b}"),
        (_, Some(_)) if form.digits.is_some() => {
            let reason = "ValueError: Precision not allowed in integer format specifier";
            return Err(Error::named(reason).into());
        }
        (_, Some(it)) => it.to_string(),
        (Some(kind), None) => return Err(unfit(kind, "float")),
        (None, None) if form.digits.is_some() => {
            let reason = "ValueError: the digits of a number need an `f` here";
            return Err(Error::named(reason).into());
        }
        (None, None) => Value::Constant(Constant::Float(value.abs())).text(),
    };
    let is_negative = whole.map_or(value.is_sign_negative(), |it| it < 0);
    let sign = match form.sign {
        _ if is_negative => "-",
        Some('+') => "+",
        Some(' ') => " ",
        _ => "",
    };
    let shown = form.group.map_or(shown.clone(), |group| grouped(&shown, group));
    Ok(padded(form, form.align.unwrap_or('>'), sign, &shown))
}

/// Puts a sign between each three digits before the point.
fn grouped(shown: &str, group: char) -> String {
    let end = shown.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(shown.len());
    let mut out = String::new();
    for (place, digit) in shown[..end].chars().enumerate() {
        if place > 0 && (end - place) % 3 == 0 {
            out.push(group);
        }
        out.push(digit);
    }
    out + &shown[end..]
}

fn padded(form: &Form, align: char, sign: &str, shown: &str) -> String {
    let missing = form.width.saturating_sub(sign.len() + shown.chars().count());
    let fill = |count: usize| form.fill.to_string().repeat(count);
    match align {
        '<' => format!("{sign}{shown}{}", fill(missing)),
        '^' => format!("{}{sign}{shown}{}", fill(missing / 2), fill(missing - missing / 2)),
        '=' => format!("{sign}{}{shown}", fill(missing)),
        _ => format!("{}{sign}{shown}", fill(missing)),
    }
}
