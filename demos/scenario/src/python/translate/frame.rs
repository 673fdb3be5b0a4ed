//! The names of a function, and what is known of them before the run.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::rc::Rc;

use crate::program::{Constant, Expr, Function, Name, Step};
use crate::python::assigned::times_assigned;
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::syntax::{self, Define, Does, Kind, Statement};
use crate::python::translate::expressions::truth_of;

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
        /// The names of the values that it was given.
        given: Rc<[Name]>,
    },
    /// A coroutine of asyncio: the step that is taken when it is awaited.
    Later(Box<Step>, &'static str),
    /// Items that are known, what they are in, and the place that makes them: a list, a tuple, or
    /// what a function such as `range` returns.
    List(Vec<Known>, Function, Option<Place>),
    /// What a function such as `range` returns in the run: items that one can go through, and the
    /// name of the function.
    Items(Expr, &'static str),
    Function(Rc<Closure>),
    Module(Name),
    /// A function of asyncio or of Python.
    Builtin(Name),
    /// A class of errors.
    Class(Name),
    /// An error that is made but not raised: its class and what it is given.
    Error(Name, Vec<Expr>),
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

    pub(crate) fn tuple(items: Vec<Known>) -> Self {
        Self::List(items, Function::Tuple, None)
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

    /// Returns whether it is true, if that is known.
    pub(crate) fn is_true(&self) -> Option<bool> {
        match self {
            Self::List(items, ..) => Some(!items.is_empty()),
            Self::Value(value) => truth_of(value),
            Self::Task(_) => Some(true),
            _ => None,
        }
    }

    /// Finds the names that the run keeps for it.
    pub(crate) fn find_names(&self, names: &mut BTreeSet<Name>) {
        match self {
            Self::Value(Expr::Name(name)) | Self::Task(name) => drop(names.insert(Rc::clone(name))),
            Self::List(items, ..) => items.iter().for_each(|item| item.find_names(names)),
            Self::Coro { given, .. } => names.extend(given.iter().cloned()),
            _ => {}
        }
    }

    /// Returns how many things it stands for, with the items of all its lists.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::List(items, ..) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Value(Expr::Constant(Constant::Text(text))) => 1 + text.len() / 16,
            Self::Value(value) => value.weight(),
            _ => 1,
        }
    }

    /// Makes the complaint that this is no value.
    pub(crate) fn is_no_value(&self, at: Place) -> Complaint {
        at.wrong(match self {
            Self::Coro { function: name, .. } => not_awaited(name),
            Self::Later(_, name) => not_awaited(name),
            Self::Function(define) => not_called(&define.name),
            Self::Builtin(name) => not_called(name),
            Self::Module(name) => format!("`{name}` is a module: write `{name}.` and a name of it"),
            Self::Class(name) => {
                format!("`{name}` is a class: write `raise {name}(..)` or `except {name}:`")
            }
            Self::Group(_) => "a task group is no value: use it as `group.create_task(..)`".into(),
            Self::Loop => "the loop is no value: use it as `loop.create_future()`".into(),
            Self::Nothing(call) => {
                format!("`{call}` has no value here: put it on a line of its own")
            }
            Self::Type(_) => "a type is no value: write `type(error).__name__`".into(),
            Self::List(_, function, _) => {
                let name = function.name();
                format!("`{name}(..)` is no list yet: write `list({name}(..))`")
            }
            Self::Items(_, name) => {
                format!("`{name}(..)` is no list yet: write `list(..)` around it")
            }
            Self::Value(_) | Self::Task(_) | Self::Error(..) => "this is no value".into(),
        })
    }
}

fn not_awaited(name: &str) -> String {
    format!("`{name}(..)` only makes a coroutine, which is not awaited: write `await {name}(..)`")
}

fn not_called(name: &str) -> String {
    format!("`{name}` is a function, which is not called: write `{name}(..)`")
}

/// A function of a program, with what is known of the names around it.
#[derive(Default, Debug)]
pub(crate) struct Closure {
    pub(crate) define: Rc<Define>,
    /// The names of the function around it that it uses.
    pub(crate) outer: BTreeMap<Name, Known>,
    /// Of these, the ones that the run keeps, with where.
    pub(crate) cells: BTreeMap<Name, Name>,
    /// Functions that are defined beside it, after it.
    pub(crate) later: BTreeSet<Name>,
}

impl Deref for Closure {
    type Target = Define;

    fn deref(&self) -> &Define {
        &self.define
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
    /// The number of loops around it.
    pub(crate) loops: usize,
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
    /// Where the run keeps names of the function around this one that it changes.
    pub(crate) around: BTreeMap<Name, Name>,
    pub(crate) define: Option<Rc<Define>>,
    /// The names that the function assigns to, which are its own.
    pub(crate) local: BTreeSet<Name>,
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
        let is_kept = |it: &Known| {
            matches!(it, Known::Value(_) | Known::Task(_) | Known::List(..) | Known::Error(..))
        };
        self.names.retain(|name, known| is_kept(known) || !assigned.contains(name));
    }

    /// Returns how often the function assigns to a name. A parameter is assigned to once.
    pub(crate) fn assigns(&self, name: &Name) -> usize {
        let Some(define) = &self.define else { return 0 };
        let is_given = define.parameters.iter().any(|(it, _)| it == name);
        times_assigned(&define.body, name) + usize::from(is_given)
    }

    /// Returns whether a name of this function is that of a function, and nothing else.
    pub(crate) fn defines(&self, name: &Name) -> bool {
        let body = self.define.as_ref().map_or(&[][..], |define| &define.body);
        let is_define =
            |it: &Statement| matches!(&it.kind, Does::Define(define) if define.name == *name);
        self.assigns(name) == 1 && body.iter().any(is_define)
    }

    /// Returns whether a name of this function gets several values, so that functions within it
    /// find the last one.
    pub(crate) fn is_shared(&self, name: &Name) -> bool {
        let times = self.assigns(name);
        times > 1 || (times > 0 && !self.names.contains_key(name))
    }

    /// Keeps a list that only one name has as it is: it is looked at, and gets no other name.
    pub(crate) fn unless_shared<T>(
        &mut self,
        expr: &syntax::Expr,
        look: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let name = if let Kind::Name(name) = &expr.kind { Some(name) } else { None };
        let owned = name.filter(|name| self.own.contains(*name)).cloned();
        let seen = look(self);
        self.own.extend(owned);
        seen
    }

    /// Writes steps apart from those of this frame, and returns them.
    pub(crate) fn apart<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<(T, Vec<Step>)> {
        let outer = std::mem::take(&mut self.steps);
        let result = work(self);
        let steps = std::mem::replace(&mut self.steps, outer);
        Ok((result?, steps))
    }

    /// Works on a body that may be left out in the run.
    pub(crate) fn maybe<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.place.may_not_run, true);
        let result = work(self);
        self.place.may_not_run = before;
        result
    }

    pub(crate) fn is_cell(&self, name: &Name) -> bool {
        self.cells.values().any(|cell| cell == name)
    }
}
