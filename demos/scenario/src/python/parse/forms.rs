//! Forms that are made of simpler ones: an `else` of a loop or a `try`, and several targets.

use std::rc::Rc;

use crate::program::{Constant, Name};
use crate::python::complaint::Place;
use crate::python::syntax::{Argument, Does, Expr, Handler, Kind, Statement};

/// Assigns a value to several targets, one after the other.
pub(crate) fn assigned_to_all(at: Place, mut targets: Vec<Expr>, value: Expr) -> Does {
    if targets.len() == 1 {
        return Does::Assign { target: targets.swap_remove(0), value };
    }
    let name = Name::from("(value)");
    let first = Does::Assign { target: named(at, &name), value };
    let rest = targets.into_iter().map(|target| Does::Assign { target, value: named(at, &name) });
    let all = [first].into_iter().chain(rest).map(|kind| Statement { at, kind });
    together(at, all.collect())
}

/// Makes one statement of several.
pub(crate) fn together(at: Place, body: Vec<Statement>) -> Does {
    let test = Expr { at, kind: Kind::Constant(Constant::Bool(true)) };
    Does::If { test, body, otherwise: Vec::new() }
}

/// Returns the statement that notes a truth under a name.
pub(crate) fn noted(at: Place, name: &Name, truth: bool) -> Statement {
    let value = Expr { at, kind: Kind::Constant(Constant::Bool(truth)) };
    Statement { at, kind: Does::Assign { target: named(at, name), value } }
}

/// Has a loop note where it is left.
pub(crate) fn note_breaks(body: &mut Vec<Statement>, name: &Name) {
    for Statement { at, kind } in body {
        match kind {
            Does::Break => {
                let leave = Statement { at: *at, kind: Does::Break };
                *kind = together(*at, vec![noted(*at, name, false), leave]);
            }
            Does::If { body, otherwise, .. } => {
                note_breaks(body, name);
                note_breaks(otherwise, name);
            }
            Does::With { body, .. } => note_breaks(body, name),
            Does::Try { body, handlers, finally } => {
                note_breaks(body, name);
                let handlers = handlers.iter_mut().map(|handler| &mut handler.body);
                for block in handlers.chain(finally) {
                    note_breaks(block, name);
                }
            }
            _ => {}
        }
    }
}

/// Returns a `try` with an `else`, which is taken after a body that didn't fail, and whose own
/// errors the handlers don't catch.
pub(crate) fn with_else(
    at: Place,
    mut body: Vec<Statement>,
    handlers: Vec<Handler>,
    otherwise: Vec<Statement>,
    finally: Option<Vec<Statement>>,
) -> Does {
    let name = Name::from(format!("(else {})", at.line));
    body.push(noted(at, &name, true));
    let inner = Does::Try { body, handlers, finally: None };
    let last = Does::If { test: named(at, &name), body: otherwise, otherwise: Vec::new() };
    let all =
        [noted(at, &name, false), Statement { at, kind: inner }, Statement { at, kind: last }];
    match finally {
        None => together(at, all.into()),
        finally => Does::Try { body: all.into(), handlers: Vec::new(), finally },
    }
}

pub(crate) fn named(at: Place, name: &Name) -> Expr {
    Expr { at, kind: Kind::Name(Rc::clone(name)) }
}

/// Returns the call of a function by its name.
pub(crate) fn call_of(at: Place, name: &str, value: Expr) -> Expr {
    let callee = Box::new(Expr { at, kind: Kind::Name(name.into()) });
    Expr { at, kind: Kind::Call(callee, vec![Argument { name: None, value }]) }
}
