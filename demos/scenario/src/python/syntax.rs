//! A program, as it is written.

use std::rc::Rc;

use crate::program::{Constant, Function, Name};
use crate::python::complaint::Place;

/// An expression and its place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Expr {
    pub(crate) at: Place,
    pub(crate) kind: Kind,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    Constant(Constant),
    Format(Vec<Part>),
    Name(Name),
    Attribute(Box<Expr>, Name),
    Call(Box<Expr>, Vec<Argument>),
    Await(Box<Expr>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    /// A dictionary of keys and values.
    Dict(Vec<(Expr, Expr)>),
    /// A list of what an expression is for each item.
    Comprehension {
        element: Box<Expr>,
        target: Box<Expr>,
        items: Box<Expr>,
        test: Option<Box<Expr>>,
    },
    Index(Box<Expr>, Box<Expr>),
    /// A part of a list: from a place, up to one, in steps.
    Slice(Box<Expr>, Vec<Option<Expr>>),
    /// A function of one expression, which has no name.
    Lambda(Rc<Define>),
    /// `not`, or a number's other sign.
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Function, Box<Expr>, Box<Expr>),
    /// `one if test else other`.
    Choice {
        test: Box<Expr>,
        one: Box<Expr>,
        other: Box<Expr>,
    },
    Star(Box<Expr>),
}

impl Expr {
    /// Returns whether it is this name.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        matches!(&self.kind, Kind::Name(it) if **it == *name)
    }

    /// Returns the expressions that it is made of.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Constant(_) | Kind::Name(_) | Kind::Lambda(_) => Vec::new(),
            Kind::Dict(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
            Kind::Slice(of, bounds) => [&**of].into_iter().chain(bounds.iter().flatten()).collect(),
            Kind::Format(parts) => parts.iter().filter_map(Part::value).collect(),
            Kind::Attribute(inner, _)
            | Kind::Await(inner)
            | Kind::Not(inner)
            | Kind::Negative(inner)
            | Kind::Star(inner) => vec![inner],
            Kind::Call(callee, arguments) => {
                [&**callee].into_iter().chain(arguments.iter().map(|it| &it.value)).collect()
            }
            Kind::List(items) | Kind::Tuple(items) | Kind::Set(items) => items.iter().collect(),
            Kind::Comprehension { element, target, items, test } => {
                [element, target, items].into_iter().chain(test).map(|it| &**it).collect()
            }
            Kind::Index(one, other) | Kind::Binary(_, one, other) => vec![one, other],
            Kind::Choice { test, one, other } => vec![test, one, other],
        }
    }
}

impl Part {
    /// Returns the expression that it shows.
    pub(crate) fn value(&self) -> Option<&Expr> {
        match self {
            Self::Words(_) => None,
            Self::Shown { value, .. } => Some(value),
        }
    }
}

/// A part of a text with expressions.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Part {
    Words(Name),
    Shown { value: Expr, repr: bool, spec: Name },
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Argument {
    pub(crate) name: Option<Name>,
    pub(crate) value: Expr,
}

/// A statement and its place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Statement {
    pub(crate) at: Place,
    pub(crate) kind: Does,
}

/// The things that a statement does.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Does {
    Expression(Expr),
    Assign {
        target: Expr,
        value: Expr,
    },
    Return(Option<Expr>),
    Raise(Option<Expr>),
    Pass,
    /// Leaves the loop, or goes on with its next item.
    Break,
    Continue,
    /// Removes items of lists and dictionaries.
    Delete(Vec<Expr>),
    /// Names of the function around this one, or of the program, that are assigned to.
    Outer(Vec<Name>),
    Import(Name),
    Define(Rc<Define>),
    If {
        test: Expr,
        body: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    While {
        test: Expr,
        body: Vec<Statement>,
    },
    For {
        target: Expr,
        items: Expr,
        body: Vec<Statement>,
    },
    Try {
        body: Vec<Statement>,
        handlers: Vec<Handler>,
        finally: Option<Vec<Statement>>,
    },
    With {
        is_async: bool,
        context: Expr,
        name: Option<Name>,
        body: Vec<Statement>,
    },
}

impl Does {
    /// Returns the expressions of this statement, without those of its blocks.
    pub(crate) fn expressions(&self) -> Vec<&Expr> {
        match self {
            Self::Expression(value) | Self::Return(Some(value)) | Self::Raise(Some(value)) => {
                vec![value]
            }
            Self::Assign { target, value } => vec![target, value],
            Self::Delete(items) => items.iter().collect(),
            Self::If { test, .. } | Self::While { test, .. } => vec![test],
            Self::For { target, items, .. } => vec![target, items],
            Self::With { context, .. } => vec![context],
            Self::Define(define) => {
                define.parameters.iter().filter_map(|(_, default)| default.as_ref()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns the blocks of the function that belong to this statement.
    pub(crate) fn blocks(&self) -> Vec<&[Statement]> {
        match self {
            Self::If { body, otherwise, .. } => vec![body, otherwise],
            Self::While { body, .. } | Self::For { body, .. } | Self::With { body, .. } => {
                vec![body]
            }
            Self::Try { body, handlers, finally } => {
                let handlers = handlers.iter().map(|handler| &handler.body[..]);
                let finally = finally.as_deref();
                [&body[..]].into_iter().chain(handlers).chain(finally).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A function.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Define {
    pub(crate) is_async: bool,
    pub(crate) name: Name,
    pub(crate) parameters: Vec<(Name, Option<Expr>)>,
    pub(crate) body: Vec<Statement>,
}

/// An `except` and its body.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Handler {
    pub(crate) at: Place,
    /// The classes; none stands for all.
    pub(crate) classes: Vec<(Name, Place)>,
    pub(crate) name: Option<Name>,
    pub(crate) body: Vec<Statement>,
}
