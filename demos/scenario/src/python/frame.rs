//! The names of a function, and what is known of them before the run.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::program::{Constant, Expr, Function, Name, Step};
use crate::python::complaint::{Complaint, Place};
use crate::python::syntax::{self, Define, Does, Kind, Statement};

/// What is known of a value before the run.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// A value that the run computes, or a constant.
    Value(Expr),
    /// A task or a future, by its handle.
    Task(Name),
    Group(Name),
    /// The coroutine that a function makes, which nobody has awaited. Each call of a function
    /// has a coroutine of its own.
    Coro {
        coro: Name,
        function: Name,
        /// The call in words, by which tasks are named.
        label: Name,
    },
    /// A coroutine of asyncio: the step that is taken when it is awaited.
    Later(Box<Step>, &'static str),
    /// A list or a tuple, and which of them it is.
    List(Vec<Known>, Function),
    Function(Rc<Define>),
    Module(Name),
    /// A function of asyncio or of Python.
    Builtin(Name),
    /// A class of errors.
    Class(Name),
    /// An error that is made but not raised: its class and its text.
    Error(Name, Expr),
    /// `type(..)` of a value.
    Type(Expr),
    Loop,
    /// The result of a call of which only the effect can be used.
    Nothing(&'static str),
}

impl Known {
    pub(crate) fn none() -> Self {
        Self::Value(Constant::None.into())
    }

    pub(crate) fn list(items: Vec<Known>) -> Self {
        Self::List(items, Function::List)
    }

    pub(crate) fn tuple(items: Vec<Known>) -> Self {
        Self::List(items, Function::Tuple)
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Value(Constant::Text(text.into()).into())
    }

    pub(crate) fn constant(&self) -> Option<&Constant> {
        match self {
            Self::Value(Expr::Constant(constant)) => Some(constant),
            _ => None,
        }
    }

    /// Returns how many things it stands for, with the items of all its lists.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::List(items, _) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Value(Expr::Constant(Constant::Text(text))) => 1 + text.len() / 16,
            Self::Value(value) => value.weight(),
            _ => 1,
        }
    }

    /// Makes the complaint that this is no value.
    pub(crate) fn is_no_value(&self, at: Place) -> Complaint {
        at.wrong(match self {
            Self::Coro { function, .. } => format!(
                "`{function}(..)` only makes a coroutine, which is not awaited: write \
                `await {function}(..)`"
            ),
            Self::Later(_, name) => format!(
                "`{name}(..)` only makes a coroutine, which is not awaited: write \
                `await {name}(..)`"
            ),
            Self::Function(define) => {
                let name = &define.name;
                format!("`{name}` is a function, which is not called: write `{name}(..)`")
            }
            Self::Module(name) => format!("`{name}` is a module: write `{name}.` and a name of it"),
            Self::Builtin(name) => {
                format!("`{name}` is a function, which is not called: write `{name}(..)`")
            }
            Self::Class(name) => {
                format!("`{name}` is a class: write `raise {name}(..)` or `except {name}:`")
            }
            Self::Error(class, _) => {
                format!("this error is made but not raised: write `raise {class}(..)`")
            }
            Self::Group(_) => "a task group is no value: use it as `group.create_task(..)`".into(),
            Self::Loop => "the loop is no value: use it as `loop.create_future()`".into(),
            Self::Nothing(call) => {
                format!("`{call}` has no value here: put it on a line of its own")
            }
            Self::Type(_) => "a type is no value: write `type(error).__name__`".into(),
            Self::Value(_) | Self::Task(_) | Self::List(..) => "this is no value".into(),
        })
    }
}

impl From<Expr> for Known {
    fn from(value: Expr) -> Self {
        Self::Value(value)
    }
}

/// The kinds of bodies around a place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Within {
    /// True in a body that may be taken many times in the run.
    pub(crate) repeats: bool,
    /// True in a body that may be left out in the run.
    pub(crate) may_not_run: bool,
    pub(crate) finally: bool,
}

/// A call of a function, while its steps are written.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) is_async: bool,
    /// The name of the function.
    pub(crate) function: Name,
    pub(crate) names: BTreeMap<Name, Known>,
    pub(crate) steps: Vec<Step>,
    /// For names that blocks around this place assign to: where their values are kept in the
    /// run, as it isn't known before which of the assignments comes last.
    pub(crate) cells: BTreeMap<Name, Name>,
    /// The names of the errors that the handlers around this place have caught.
    pub(crate) caught: Vec<Option<Name>>,
    pub(crate) place: Within,
    /// The names of lists that no other name and no other function has.
    pub(crate) own: BTreeSet<Name>,
}

impl Frame {
    /// Returns whether a later step may give this value another one: it is computed when it is
    /// used, or a block assigns to its name.
    pub(crate) fn may_change(&self, value: &Expr) -> bool {
        match value {
            Expr::Constant(_) => false,
            Expr::Name(name) => self.is_cell(name),
            Expr::Call(..) => true,
        }
    }

    /// Forgets what blocks have assigned that the run doesn't keep, such as coroutines: only the
    /// run knows which block it was.
    pub(crate) fn forget_after_block(&mut self, assigned: &BTreeSet<Name>) {
        let is_kept = |it: &Known| matches!(it, Known::Value(_) | Known::Task(_) | Known::List(..));
        self.names.retain(|name, known| is_kept(known) || !assigned.contains(name));
    }

    /// Notes that an expression, which may be the name of a list, is used where it gets
    /// another name.
    pub(crate) fn share(&mut self, expr: &syntax::Expr) {
        if let Kind::Name(name) = &expr.kind {
            self.own.remove(name);
        }
    }

    pub(crate) fn is_cell(&self, name: &Name) -> bool {
        self.cells.values().any(|cell| cell == name)
    }
}

/// Returns the names that statements assign to, in all their blocks, and the number of these
/// statements.
pub(crate) fn assigned(body: &[Statement]) -> (BTreeSet<Name>, usize) {
    let (mut names, mut count) = (BTreeSet::new(), body.len());
    for Statement { kind, .. } in body {
        names.extend(assigned_by(kind));
        for block in kind.blocks() {
            let (inner, more) = assigned(block);
            names.extend(inner);
            count += more;
        }
    }
    (names, count)
}

/// Returns the names that a statement assigns to by itself.
fn assigned_by(does: &Does) -> BTreeSet<Name> {
    match does {
        Does::Assign { target, .. } | Does::For { target, .. } => targets(target),
        Does::Define(define) => [Rc::clone(&define.name)].into(),
        _ => BTreeSet::new(),
    }
}

/// Returns whether an expression makes a value that has no name yet.
pub(crate) fn is_new(value: &syntax::Expr) -> bool {
    match &value.kind {
        Kind::Tuple(items) => items.iter().all(is_new),
        Kind::Name(_) | Kind::Index(..) | Kind::Choice { .. } => false,
        Kind::Binary(function, ..) => !matches!(function, Function::And | Function::Or),
        _ => true,
    }
}

/// Returns the names that are assigned to.
pub(crate) fn targets(target: &syntax::Expr) -> BTreeSet<Name> {
    match &target.kind {
        Kind::Name(name) => [Rc::clone(name)].into(),
        Kind::Tuple(items) | Kind::List(items) => items.iter().flat_map(targets).collect(),
        _ => BTreeSet::new(),
    }
}
