//! The names that statements assign to and use.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::program::{Function, Name};
use crate::python::syntax::{self, Does, Kind, Statement};

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
        Does::Define(define) => {
            [Rc::clone(&define.name)].into_iter().chain(outer(&define.body)).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Returns the names around a function that it assigns to.
pub(crate) fn outer(body: &[Statement]) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    for Statement { kind, .. } in body {
        if let Does::Outer(outer) = kind {
            names.extend(outer.iter().cloned());
        }
        for block in kind.blocks() {
            names.append(&mut outer(block));
        }
    }
    names
}

/// Returns the names that statements use, in all their blocks and functions.
pub(crate) fn used(body: &[Statement], names: &mut BTreeSet<Name>) {
    for Statement { kind, .. } in body {
        for expr in kind.expressions() {
            used_in(expr, names);
        }
        if let Does::Define(define) = kind {
            used(&define.body, names);
        }
        for block in kind.blocks() {
            used(block, names);
        }
    }
}

/// Returns the names that the functions within statements use.
pub(crate) fn used_by_functions(body: &[Statement], names: &mut BTreeSet<Name>) {
    for Statement { kind, .. } in body {
        if let Does::Define(define) = kind {
            used(&define.body, names);
            names.append(&mut outer(&define.body));
        }
        for expr in kind.expressions() {
            used_by_lambdas(expr, names);
        }
        for block in kind.blocks() {
            used_by_functions(block, names);
        }
    }
}

fn used_by_lambdas(expr: &syntax::Expr, names: &mut BTreeSet<Name>) {
    match &expr.kind {
        Kind::Lambda(define) => used(&define.body, names),
        _ => expr.parts().into_iter().for_each(|part| used_by_lambdas(part, names)),
    }
}

fn used_in(expr: &syntax::Expr, names: &mut BTreeSet<Name>) {
    match &expr.kind {
        Kind::Name(name) => drop(names.insert(Rc::clone(name))),
        Kind::Lambda(define) => used(&define.body, names),
        _ => expr.parts().into_iter().for_each(|part| used_in(part, names)),
    }
}

/// Returns whether statements leave the loop around them, or go on with its next item.
pub(crate) fn leaves(body: &[Statement]) -> bool {
    body.iter().any(|Statement { kind, .. }| match kind {
        Does::Break | Does::Continue => true,
        Does::While { .. } | Does::For { .. } => false,
        kind => kind.blocks().into_iter().any(leaves),
    })
}

/// Returns how often a name is assigned to in statements, and in the functions within them.
pub(crate) fn times_assigned(body: &[Statement], name: &Name) -> usize {
    let by = |Statement { kind, .. }: &Statement| {
        let here = usize::from(assigned_by(kind).contains(name));
        let within: usize =
            kind.blocks().into_iter().map(|block| times_assigned(block, name)).sum();
        // A loop assigns again and again.
        let times = if matches!(kind, Does::While { .. } | Does::For { .. }) { 2 } else { 1 };
        (here + within) * times
    };
    body.iter().map(by).sum()
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
