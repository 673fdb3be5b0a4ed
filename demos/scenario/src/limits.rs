//! The limits of a program's run, so that one without end is given up, with the reason.

use std::cell::Cell;
use std::fmt;

use crate::fault::{Error, Fault};
use crate::program::{Constant, Function};
use crate::value::Value;

/// The most items that a value has, in all the lists within it.
const MOST_ITEMS: u64 = 10_000;
/// The most signs that a value has, in all the texts within it.
const MOST_SIGNS: u64 = 100_000;
/// The most lists that stand within each other.
const DEEPEST: u32 = 50;
/// The most items that a run makes, where 16 signs of a text count as an item.
const MOST_MADE: u64 = 20_000_000;
/// The longest log, in bytes.
const LONGEST_LOG: usize = 10_000_000;

/// The things of which a run has had so much so far.
#[derive(Default, Debug)]
pub(crate) struct Spent {
    steps: Cell<u64>,
    made: Cell<u64>,
    /// The first limit that was reached.
    reached: Cell<Option<Limit>>,
}

impl Spent {
    /// Counts a step of a run that has written a log of this length.
    pub(crate) fn step(&self, most: u64, log: usize) {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > most {
            self.reach(Limit::Steps(most));
        } else if log > LONGEST_LOG {
            self.reach(Limit::Log);
        }
    }

    /// Counts a value.
    pub(crate) fn value(&self, size: Size) {
        self.made.set(self.made.get() + 1 + size.items + size.signs / 16);
        if let Some(limit) = size.beyond() {
            self.reach(limit);
        } else if self.made.get() > MOST_MADE {
            self.reach(Limit::Made);
        }
    }

    /// Counts a call of a function. Those that sort move each item many times.
    pub(crate) fn call(&self, function: Function, of: &[Value]) {
        let moves = match (function, of) {
            (Function::Sorted | Function::SortedBy | Function::Min | Function::Max, of) => {
                50 * Size::sum(of.iter().map(Value::size)).items
            }
            (Function::Method, [_, _, given @ ..]) => {
                Size::sum(given.iter().map(Value::size)).items
            }
            _ => 0,
        };
        self.made.set(self.made.get() + moves);
        if let Some(limit) = limit_of_call(function, of) {
            self.reach(limit);
        } else if shows_any_order(function, of) {
            self.reach(Limit::Order);
        }
    }

    /// Looks at the length of a list that grows.
    pub(crate) fn length(&self, items: usize) {
        if items as u64 > MOST_ITEMS {
            self.reach(Limit::Items);
        }
    }

    pub(crate) fn reach(&self, limit: Limit) {
        self.reached.set(self.reached().or(Some(limit)));
    }

    pub(crate) fn reached(&self) -> Option<Limit> {
        self.reached.get()
    }
}

/// A limit that a run has reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Limit {
    Steps(u64),
    Items,
    Signs,
    Depth,
    Made,
    Log,
    Order,
    Time,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(most) => write!(f, "it hasn't ended after {most} steps"),
            Self::Items => write!(f, "a list gets more than {MOST_ITEMS} items"),
            Self::Signs => write!(f, "a text gets longer than {MOST_SIGNS} signs"),
            Self::Depth => write!(f, "more than {DEEPEST} lists stand within each other"),
            Self::Made => write!(f, "its lists have had {MOST_MADE} items, one after the other"),
            Self::Order => write!(
                f,
                "the items of this set may stand in any order on Python: go through `sorted(..)` of it"
            ),
            Self::Time => f.write_str("the clock here has whole milliseconds: round the time"),
            Self::Log => write!(f, "it prints and returns more than {LONGEST_LOG} signs"),
        }
    }
}

/// The size of a value.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Size {
    items: u64,
    signs: u64,
    depth: u32,
}

impl Size {
    fn of_text(text: &str) -> Self {
        Self { signs: text.len() as u64, ..Self::default() }
    }

    /// Returns the size of a list of things that have these sizes.
    fn of_list(items: impl ExactSizeIterator<Item = Self>) -> Self {
        let count = items.len() as u64;
        let all = Self::sum(items);
        Self { items: all.items + count, depth: all.depth + 1, ..all }
    }

    fn sum(sizes: impl Iterator<Item = Self>) -> Self {
        sizes.fold(Self::default(), |all, size| Self {
            items: all.items + size.items,
            signs: all.signs + size.signs,
            depth: all.depth.max(size.depth),
        })
    }

    fn times(self, times: u64) -> Self {
        Self {
            items: self.items.saturating_mul(times),
            signs: self.signs.saturating_mul(times),
            ..self
        }
    }

    fn of_error(error: &Error) -> Self {
        match error {
            Error::Named(name) => Self::of_text(name),
            Error::Given { text, shown, .. } => {
                Self::sum([text, shown].into_iter().map(|it| Self::of_text(it)))
            }
            Error::Group(errors) => Self::of_list(errors.iter().map(Self::of_error)),
            Error::Timeout | Error::Exit => Self::default(),
        }
    }

    /// Returns the limit that it is beyond, if there is one.
    pub(crate) fn beyond(self) -> Option<Limit> {
        let limits = [
            (self.items > MOST_ITEMS, Limit::Items),
            (self.signs > MOST_SIGNS, Limit::Signs),
            (self.depth > DEEPEST, Limit::Depth),
        ];
        limits.into_iter().find(|(is_beyond, _)| *is_beyond).map(|(_, limit)| limit)
    }
}

impl Value {
    /// Returns its size; that of a part which is beyond a limit, if there is one.
    pub(crate) fn size(&self) -> Size {
        let mut size = Size::default();
        self.measure(0, &mut size);
        size
    }

    /// Adds the size of what stands so deep. A list may be an item of itself, and may stand in
    /// many lists, so nothing is gone through that is beyond a limit.
    fn measure(&self, depth: u32, size: &mut Size) {
        match self {
            Value::Constant(Constant::Text(text)) => size.signs += text.len() as u64,
            Value::Tuple(items) => measure_all(items, depth, size),
            Value::List(items) | Value::Set(items) | Value::Dict(items) => {
                items.look(|items| measure_all(items, depth, size));
            }
            Value::Gathered(_) => measure_all(&self.clone().into_list(), depth, size),
            Value::Fault(fault) => *size = Size::sum([*size, of_fault(fault)].into_iter()),
            Value::Constant(_) | Value::Task(_) => {}
        }
    }
}

/// Returns whether a function shows the order of a set's items that `CPython` may order otherwise.
fn shows_any_order(function: Function, of: &[Value]) -> bool {
    let is_any = |it: &Value| matches!(it, Value::Set(_)) && !it.is_in_order();
    match (function, of) {
        (Function::Str | Function::Repr | Function::Join | Function::Row, _) => {
            !of.iter().all(Value::is_in_order)
        }
        (
            Function::ListOf
            | Function::TupleOf
            | Function::Parts
            | Function::Enumerate
            | Function::Zip,
            _,
        ) => of.iter().any(is_any),
        (Function::AddTo, [Value::List(_), more]) => is_any(more),
        (Function::Method, [name, receiver, given @ ..]) => match &*name.text() {
            "pop" => is_any(receiver),
            "extend" | "join" => given.iter().any(is_any),
            _ => false,
        },
        _ => false,
    }
}

fn measure_all(items: &[Value], depth: u32, size: &mut Size) {
    size.items += items.len() as u64;
    size.depth = size.depth.max(depth + 1);
    for item in items {
        if size.beyond().is_some() {
            return;
        }
        item.measure(depth + 1, size);
    }
}

fn of_fault(fault: &Fault) -> Size {
    match fault {
        Fault::Error(error) => Size::of_error(error),
        Fault::Cancelled => Size::default(),
    }
}

/// The methods of lists that take so much time as the items that they are given.
const GROWING: [&str; 5] = ["append", "extend", "insert", "pop", "clear"];

/// Returns the limit that a function of these values would go beyond, before it does.
pub(crate) fn limit_of_call(function: Function, of: &[Value]) -> Option<Limit> {
    let size = match (function, of) {
        (Function::Mul | Function::MulTo, [one, other]) => {
            Size::sum([one.size(), other.size()].into_iter())
                .times(times_of(one).or(times_of(other)).unwrap_or(0))
        }
        (Function::Index | Function::Len | Function::SetItem, _) => return None,
        (Function::Method, [name, Value::List(list), given @ ..])
            if GROWING.contains(&&*name.text()) =>
        {
            let all = Size::sum(given.iter().map(Value::size));
            Size { items: all.items + list.len() as u64, ..all }
        }
        _ => Size::sum(of.iter().map(Value::size)),
    };
    size.beyond()
}

/// Returns how often a number repeats a text or a list.
fn times_of(value: &Value) -> Option<u64> {
    match value {
        Value::Constant(number) => Some(u64::try_from(number.whole()?).unwrap_or(0)),
        _ => None,
    }
}
