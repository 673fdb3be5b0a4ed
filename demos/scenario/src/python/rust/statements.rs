//! Statements.

use std::collections::{BTreeMap, BTreeSet};

use crate::program::{Constant, Function, Name};
use crate::python::assigned::assigned;
use crate::python::complaint::{Place, Result};
use crate::python::rust::types::Type;
use crate::python::rust::writer::{Body, word};
use crate::python::syntax::{Does, Expr, Kind, Statement};

/// The items that a loop goes through, and the type of each.
pub(crate) struct Items {
    pub(crate) text: String,
    pub(crate) kind: Type,
}

impl Body<'_, '_> {
    /// Writes the statements that a function, or a block of its own type, ends with.
    pub(crate) fn tail(&mut self, body: &[Statement]) -> Result<()> {
        let Some((last, before)) = body.split_last() else { return Ok(()) };
        match &last.kind {
            Does::Return(Some(value)) if self.blocks.is_empty() => {
                self.statements_before(before, Some(last))?;
                let value = self.given_back(value)?;
                self.line(&format!("Ok({value})"));
            }
            _ => {
                self.statements(body)?;
                if falls_through(body) {
                    self.note_return(Type::Unit);
                }
                self.end(last.at, body)?;
            }
        }
        Ok(())
    }

    /// Writes what a function returns that comes to its end.
    fn end(&mut self, at: Place, body: &[Statement]) -> Result<()> {
        let has_value = !matches!(self.returns(), Type::Unit | Type::Unknown);
        if has_value && falls_through(body) {
            return Err(at.wrong("it returns a value in one way, and none in another"));
        }
        if has_value && falls_through_in_rust(body) {
            self.line("unreachable!(\"each way returns\")");
        } else if falls_through_in_rust(body) {
            self.line("Ok(())");
        }
        Ok(())
    }

    pub(crate) fn statements(&mut self, body: &[Statement]) -> Result<()> {
        self.statements_before(body, None)
    }

    /// Writes statements. Names that blocks in them assign to are looked for in those that
    /// come after, too.
    fn statements_before(&mut self, body: &[Statement], last: Option<&Statement>) -> Result<()> {
        let mut uses = BTreeMap::new();
        for (place, statement) in body.iter().chain(last).enumerate() {
            names_in(statement, place, &mut uses);
        }
        for (place, statement) in body.iter().enumerate() {
            self.statement(statement, &Later { uses: &uses, place })?;
        }
        Ok(())
    }

    /// Writes a block, whose new names are forgotten after it.
    pub(crate) fn block(&mut self, body: &[Statement]) -> Result<()> {
        let names = self.names.clone();
        self.depth += 1;
        let result = self.statements(body);
        self.depth -= 1;
        self.names = names;
        result
    }

    fn statement(&mut self, statement: &Statement, used: &Later<'_>) -> Result<()> {
        let at = statement.at;
        match &statement.kind {
            Does::Expression(Expr { kind: Kind::Constant(_), .. }) | Does::Pass => {}
            Does::Expression(value) => self.effect(value)?,
            Does::Assign { target, value } => self.assign(target, value)?,
            Does::Return(value) => self.give_back(value.as_ref())?,
            Does::Raise(error) => self.raise(at, error.as_ref())?,
            Does::If { .. } | Does::While { .. } | Does::For { .. } => {
                self.branch(statement, used)?;
            }
            Does::Try { body, handlers, finally } => {
                for block in statement.kind.blocks() {
                    self.keep_out(at, block, used)?;
                }
                self.attempt(body, handlers, finally.as_deref())?;
            }
            Does::With { context, name, body, .. } => {
                self.with(context, name.as_ref(), body, used)?;
            }
            Does::Break
            | Does::Continue
            | Does::Delete(_)
            | Does::Outer(_)
            | Does::Import(_)
            | Does::Define(_) => return Err(at.wrong(left_out(&statement.kind))),
        }
        Ok(())
    }

    /// Writes a statement whose blocks may be left out.
    fn branch(&mut self, statement: &Statement, used: &Later<'_>) -> Result<()> {
        let at = statement.at;
        match &statement.kind {
            Does::If { test, body, otherwise } => {
                self.declare(at, &[body, otherwise], used)?;
                let names = self.names.clone();
                self.choose("if", test, body, otherwise)?;
                self.names = names;
            }
            Does::While { test, body } => {
                self.keep_out(at, body, used)?;
                self.repeat_while(test, body)?;
            }
            Does::For { target, items, body } => {
                self.keep_out(at, body, used)?;
                self.repeat(target, items, body)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns the names that blocks assign to for the first time, and that are used after them.
    pub(crate) fn new_names(&self, blocks: &[&[Statement]], used: &Later<'_>) -> Vec<Name> {
        let all: BTreeSet<_> = blocks.iter().flat_map(|it| assigned(it).0).collect();
        let is_new = |name: &Name| used.has(name) && !self.names.contains_key(name);
        all.into_iter().filter(is_new).collect()
    }

    fn keep_out(&self, at: Place, body: &[Statement], used: &Later<'_>) -> Result<()> {
        match self.new_names(&[body], used).first() {
            None => Ok(()),
            Some(name) => Err(at.wrong(format!("`{name}` may have no value after this block"))),
        }
    }

    /// Declares names that both ways of a choice give a value to.
    fn declare(&mut self, at: Place, ways: &[&[Statement]], used: &Later<'_>) -> Result<()> {
        for name in self.new_names(ways, used) {
            if !ways.iter().all(|way| assigned(way).0.contains(&name)) {
                return Err(at.wrong(format!("`{name}` may have no value after this block")));
            }
            self.line(&format!("let {};", word(&name)));
            self.names.insert(name, Type::Unknown);
        }
        Ok(())
    }

    fn assign(&mut self, target: &Expr, value: &Expr) -> Result<()> {
        if let Kind::Name(name) = &target.kind {
            if name.starts_with('(') {
                let said = "a `try` or a loop has an `else`, or two names are assigned to";
                return Err(target.at.wrong(said));
            }
            let added = match &value.kind {
                Kind::Binary(Function::Add | Function::AddTo, one, other) if one.is_name(name) => {
                    Some(other)
                }
                _ => None,
            };
            let is_number = matches!(self.names.get(name), Some(Type::Int | Type::Float));
            if let Some(other) = added.filter(|_| is_number) {
                let other = self.value(other)?.text;
                self.line(&format!("{} += {other};", word(name)));
                return Ok(());
            }
            let code = self.value(value)?;
            self.bind(name, &code.text, code.kind);
            return Ok(());
        }
        self.assign_several(target, value)
    }

    pub(crate) fn bind(&mut self, name: &Name, text: &str, kind: Type) {
        let known = self.names.get(name).cloned();
        let begin = match known {
            Some(_) => "",
            None if self.changed.contains(name) => "let mut ",
            None => "let ",
        };
        self.line(&format!("{begin}{} = {text};", word(name)));
        self.names.insert(name.clone(), known.unwrap_or_default().joined(kind));
    }

    pub(crate) fn given_back(&mut self, value: &Expr) -> Result<String> {
        let code = self.value(value)?;
        self.note_return(code.kind.clone());
        let returns = self.returns();
        Ok(code.into_type(&returns))
    }

    fn give_back(&mut self, value: Option<&Expr>) -> Result<()> {
        let value = if let Some(value) = value {
            self.given_back(value)?
        } else {
            self.note_return(Type::Unit);
            "()".into()
        };
        self.line_of_return(&value);
        Ok(())
    }

    /// Writes the return of a value. Out of a block of its own type it is an option.
    pub(crate) fn line_of_return(&mut self, value: &str) {
        if self.blocks.is_empty() {
            self.line(&format!("return Ok({value});"));
        } else {
            self.line(&format!("return Ok(Some({value}));"));
        }
    }

    fn raise(&mut self, at: Place, error: Option<&Expr>) -> Result<()> {
        let Some(error) = error else {
            let Some((name, may_be_cancelled)) = self.caught.last().cloned() else {
                return Err(at.wrong("nothing was caught"));
            };
            let end = if may_be_cancelled { "raised(Err(#)).await" } else { "Err(#)" };
            self.line(&format!("return {};", end.replace('#', &word(&name))));
            return Ok(());
        };
        let code = self.value(error)?;
        self.line(&format!("return Err({});", code.text));
        Ok(())
    }

    fn choose(
        &mut self,
        head: &str,
        test: &Expr,
        body: &[Statement],
        otherwise: &[Statement],
    ) -> Result<()> {
        if let Some(matched) = self.matched(test)? {
            return self.matching(&matched, body, otherwise);
        }
        let test = self.truth(test)?;
        self.line(&format!("{head} {test} {{"));
        self.block(body)?;
        match otherwise {
            [] => self.line("}"),
            [Statement { kind: Does::If { test, body, otherwise }, .. }]
                if self.matched(test)?.is_none() =>
            {
                return self.choose("} else if", test, body, otherwise);
            }
            _ => {
                self.line("} else {");
                self.block(otherwise)?;
                self.line("}");
            }
        }
        Ok(())
    }

    /// Takes a test that looks into a result or an option apart: the name, its pattern if the
    /// test holds, and the pattern otherwise.
    fn matched(&mut self, test: &Expr) -> Result<Option<Matched>> {
        if let Kind::Call(callee, arguments) = &test.kind
            && callee.is_name("isinstance")
            && let [value, class] = &arguments[..]
            && let Kind::Name(name) = &value.value.kind
            && let Some(Type::Fallible(inner)) = self.names.get(name).cloned()
        {
            if !class.value.is_name("Exception") {
                return Err(test.at.wrong("only `Exception` is looked for in a result"));
            }
            return Ok(Some(Matched {
                name: name.clone(),
                holds: ("Err", Type::Error),
                fails: ("Ok", *inner),
            }));
        }
        let (function, inner) = match &test.kind {
            Kind::Not(inner) => (false, &**inner),
            _ => (true, test),
        };
        if let Kind::Binary(Function::Is, one, other) = &inner.kind
            && let (Kind::Name(name), Kind::Constant(Constant::None)) = (&one.kind, &other.kind)
            && let Some(Type::Maybe(inner)) = self.names.get(name).cloned()
        {
            let (none, some) = (("None", Type::Unit), ("Some", *inner));
            let (holds, fails) = if function { (none, some) } else { (some, none) };
            return Ok(Some(Matched { name: name.clone(), holds, fails }));
        }
        Ok(None)
    }

    fn matching(
        &mut self,
        matched: &Matched,
        body: &[Statement],
        otherwise: &[Statement],
    ) -> Result<()> {
        let name = word(&matched.name);
        self.line(&format!("match {name}.clone() {{"));
        self.depth += 1;
        for ((pattern, kind), body) in [(&matched.holds, body), (&matched.fails, otherwise)] {
            let known = self.names.insert(matched.name.clone(), kind.clone());
            match *pattern {
                "None" => self.line("None => {"),
                pattern => self.line(&format!("{pattern}({name}) => {{")),
            }
            self.block(body)?;
            self.line("}");
            self.names.insert(matched.name.clone(), known.unwrap_or_default());
        }
        self.depth -= 1;
        self.line("}");
        Ok(())
    }

    fn repeat_while(&mut self, test: &Expr, body: &[Statement]) -> Result<()> {
        let head = match &test.kind {
            Kind::Constant(Constant::Bool(true)) => "loop {".to_owned(),
            _ => format!("while {} {{", self.truth(test)?),
        };
        self.line(&head);
        self.block(body)?;
        self.line("}");
        Ok(())
    }

    fn repeat(&mut self, target: &Expr, items: &Expr, body: &[Statement]) -> Result<()> {
        let Kind::Name(name) = &target.kind else {
            return Err(target.at.wrong("a loop has several names"));
        };
        let items = self.items(items)?;
        self.line(&format!("for {} in {} {{", word(name), items.text));
        let known = self.names.insert(name.clone(), items.kind);
        self.block(body)?;
        match known {
            Some(known) => self.names.insert(name.clone(), known),
            None => self.names.remove(name),
        };
        self.line("}");
        Ok(())
    }
}

/// A test that looks into a result or an option.
struct Matched {
    name: Name,
    holds: (&'static str, Type),
    fails: (&'static str, Type),
}

/// Returns whether the run may come to the end of these statements.
pub(crate) fn falls_through(body: &[Statement]) -> bool {
    let Some(last) = body.last() else { return true };
    match &last.kind {
        Does::Return(_) | Does::Raise(_) => false,
        Does::If { body, otherwise, .. } => falls_through(body) || falls_through(otherwise),
        Does::While { test, .. } => !matches!(test.kind, Kind::Constant(Constant::Bool(true))),
        Does::With { body, .. } => falls_through(body),
        Does::Try { body, handlers, finally } => {
            let ways = handlers.iter().map(|it| &it.body[..]).chain([&body[..]]);
            ways.into_iter().any(falls_through)
                && finally.as_ref().is_none_or(|it| falls_through(it))
        }
        _ => true,
    }
}

/// Says what a statement without a counterpart does.
fn left_out(does: &Does) -> &'static str {
    match does {
        Does::Break | Does::Continue => "a loop is left",
        Does::Delete(_) => "an item is deleted",
        Does::Outer(_) => "a name of another function is assigned to",
        _ => "a function stands within another",
    }
}

/// Returns whether the compiler takes the end of these statements for one that can be reached.
fn falls_through_in_rust(body: &[Statement]) -> bool {
    let Some(last) = body.last() else { return true };
    match &last.kind {
        Does::If { body, otherwise, .. } => {
            falls_through_in_rust(body) || falls_through_in_rust(otherwise)
        }
        Does::With { body, .. } => !gives_its_return(body),
        Does::Try { finally: Some(_), .. } => true,
        Does::Try { body, handlers, .. } => {
            !gives_its_return(body) || handlers.iter().any(|it| falls_through_in_rust(&it.body))
        }
        _ => falls_through(body),
    }
}

/// Returns whether the only `return` of a block is its last statement.
pub(crate) fn gives_its_return(body: &[Statement]) -> bool {
    matches!(body, [before @ .., Statement { kind: Does::Return(Some(_)), .. }] if !may_return(before))
}

/// Returns whether there is a `return` in these statements.
pub(crate) fn may_return(body: &[Statement]) -> bool {
    body.iter().any(|it| {
        matches!(it.kind, Does::Return(_)) || it.kind.blocks().into_iter().any(may_return)
    })
}

/// The names that are used after a statement.
pub(crate) struct Later<'a> {
    /// For each name the last statement that uses it.
    uses: &'a BTreeMap<Name, usize>,
    place: usize,
}

impl Later<'_> {
    fn has(&self, name: &Name) -> bool {
        self.uses.get(name).is_some_and(|place| *place > self.place)
    }
}

/// Notes the names that a statement uses, in its blocks too.
fn names_in(statement: &Statement, place: usize, uses: &mut BTreeMap<Name, usize>) {
    for expr in statement.kind.expressions() {
        names_of(expr, place, uses);
    }
    for block in statement.kind.blocks() {
        for inner in block {
            names_in(inner, place, uses);
        }
    }
}

fn names_of(expr: &Expr, place: usize, uses: &mut BTreeMap<Name, usize>) {
    if let Kind::Name(name) = &expr.kind {
        uses.insert(name.clone(), place);
    }
    for part in expr.parts() {
        names_of(part, place, uses);
    }
}
