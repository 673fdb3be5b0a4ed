//! Statements without a body.

use std::rc::Rc;

use crate::program::Function;
use crate::python::complaint::Result;
use crate::python::parse::forms::{assigned_to_all, call_of, named, together};
use crate::python::parse::{KEYWORDS, Reader};
use crate::python::syntax::{Does, Expr, Kind, Statement};
use crate::python::tokens::Token;
use crate::python::words::foreign;

/// Statements without a body.
impl Reader {
    pub(crate) fn simple(&mut self) -> Result<Does> {
        let Token::Word(word) = self.peek().clone() else { return self.assignment() };
        if KEYWORDS.contains(&&*word)
            && let Some(said) = foreign(&word)
        {
            return Err(self.at().wrong(said));
        }
        match &*word {
            "pass" => {
                self.next += 1;
                Ok(Does::Pass)
            }
            "import" => self.import(),
            "from" => self.names_of_module(),
            "return" => self.giving_back(),
            "raise" => self.raise(),
            "break" | "continue" => {
                self.next += 1;
                Ok(if *word == *"break" { Does::Break } else { Does::Continue })
            }
            "del" => self.deletion(),
            "assert" => self.assertion(),
            "nonlocal" | "global" => self.outer_names(),
            _ => self.assignment(),
        }
    }

    fn giving_back(&mut self) -> Result<Does> {
        self.next += 1;
        let is_bare = self.is(&Token::Newline) || self.is_sign(";");
        Ok(Does::Return(if is_bare { None } else { Some(self.expressions()?) }))
    }

    fn outer_names(&mut self) -> Result<Does> {
        self.next += 1;
        let mut names = vec![self.name("a name is missing: write one that is meant")?];
        while self.take_sign(",") {
            names.push(self.name("a name is missing: write one that is meant")?);
        }
        Ok(Does::Outer(names))
    }

    pub(crate) fn import(&mut self) -> Result<Does> {
        self.next += 1;
        let module = self.name("the name of a module is missing: write `import asyncio`")?;
        if self.is_sign(",") || self.is_word("as") || self.is_sign(".") {
            return Err(self.wrong("write each `import` on a line of its own, without more"));
        }
        Ok(Does::Import(module))
    }

    /// Reads `from asyncio import ..`: the names stand for those of the module.
    fn names_of_module(&mut self) -> Result<Does> {
        let at = self.at();
        self.next += 1;
        let module = self.name("the name of a module is missing: write `import asyncio`")?;
        if !self.take_word("import") {
            return Err(self.wrong("`import` is missing: write `from asyncio import sleep`"));
        }
        let mut all = vec![Statement { at, kind: Does::Import(Rc::clone(&module)) }];
        loop {
            let at = self.at();
            let name = self.name("write the names that are meant, with `,` between them")?;
            let is_renamed = self.take_word("as");
            let own =
                if is_renamed { self.name("a name follows `as`: write it")? } else { name.clone() };
            let value = Expr { at, kind: Kind::Attribute(Box::new(named(at, &module)), name) };
            all.push(Statement { at, kind: Does::Assign { target: named(at, &own), value } });
            if !self.take_sign(",") {
                return Ok(together(at, all));
            }
        }
    }

    pub(crate) fn raise(&mut self) -> Result<Does> {
        self.next += 1;
        if self.is(&Token::Newline) {
            return Ok(Does::Raise(None));
        }
        let error = self.expression()?;
        if self.take_word("from") {
            self.expression()?;
        }
        Ok(Does::Raise(Some(error)))
    }

    /// Reads an `assert`: an `if` that raises an error.
    fn assertion(&mut self) -> Result<Does> {
        let at = self.at();
        self.next += 1;
        let test = Box::new(self.expression()?);
        let class = named(at, &"AssertionError".into());
        let error = if self.take_sign(",") {
            let value = self.expression()?;
            call_of(at, "AssertionError", value)
        } else {
            class
        };
        let test = Expr { at, kind: Kind::Not(test) };
        let body = vec![Statement { at, kind: Does::Raise(Some(error)) }];
        Ok(Does::If { test, body, otherwise: Vec::new() })
    }

    fn deletion(&mut self) -> Result<Does> {
        self.next += 1;
        let of = self.expressions()?;
        let items = if let Kind::Tuple(items) = of.kind { items } else { vec![of] };
        if let Some(other) = items.iter().find(|it| !matches!(it.kind, Kind::Index(..))) {
            let said = "only an item of a list or a dictionary is deleted: write `del of[key]`";
            return Err(other.at.wrong(said));
        }
        Ok(Does::Delete(items))
    }

    /// Takes the type of a name, if it has one, which means nothing here.
    fn takes_type(&mut self, target: &Expr) -> Result<bool> {
        let next = self.tokens.get(self.next + 1).map(|(token, _)| token);
        let has_type = matches!(target.kind, Kind::Name(_))
            && self.is_sign(":")
            && matches!(next, Some(Token::Word(_) | Token::Text(_)));
        if has_type {
            self.next += 1;
            self.expression()?;
        }
        Ok(has_type)
    }

    fn assignment(&mut self) -> Result<Does> {
        let target = self.expressions()?;
        if self.takes_type(&target)? && !self.is_sign("=") {
            return Ok(Does::Pass);
        }
        if self.is_sign("=") {
            return self.values_of_targets(target);
        }
        if self.is_sign(":") {
            let said = "no block begins in this way, and names have no types here: take the `:` \
                away";
            return Err(self.misspelt().unwrap_or_else(|| self.wrong(said)));
        }
        match self.changing() {
            Some(function) => self.change(target, function),
            None => Ok(Does::Expression(target)),
        }
    }

    /// Reads what is assigned to a target, and to others behind it, as in `a = b = 1`.
    fn values_of_targets(&mut self, target: Expr) -> Result<Does> {
        self.next += 1;
        check_target(&target)?;
        let at = target.at;
        let (mut targets, mut value) = (vec![target], self.expressions()?);
        while self.take_sign("=") {
            check_target(&value)?;
            targets.push(std::mem::replace(&mut value, self.expressions()?));
        }
        Ok(assigned_to_all(at, targets, value))
    }

    /// Returns the operator with which a target is changed, as `+=` does.
    pub(crate) fn changing(&self) -> Option<Function> {
        let Token::Sign(sign) = self.peek() else { return None };
        Some(match *sign {
            "+=" => Function::AddTo,
            "-=" => Function::Sub,
            "*=" => Function::MulTo,
            "/=" => Function::Div,
            "//=" => Function::FloorDiv,
            "%=" => Function::Mod,
            _ => return None,
        })
    }

    pub(crate) fn change(&mut self, target: Expr, function: Function) -> Result<Does> {
        check_target(&target)?;
        if has_call(&target) {
            let said = "this is called once in Python: give it a name before, and use that here";
            return Err(target.at.wrong(said));
        }
        let at = self.at();
        self.next += 1;
        let (one, other) = (Box::new(target.clone()), Box::new(self.expression()?));
        Ok(Does::Assign { target, value: Expr { at, kind: Kind::Binary(function, one, other) } })
    }
}

/// Returns whether it matters how often this is computed.
fn has_call(expr: &Expr) -> bool {
    let is_call = match &expr.kind {
        Kind::Call(callee, _) => !["len", "min", "max"].iter().any(|it| callee.is_name(it)),
        Kind::Await(_) => true,
        _ => false,
    };
    is_call || expr.parts().into_iter().any(has_call)
}

/// Looks whether something can be assigned to.
fn check_target(target: &Expr) -> Result<()> {
    match &target.kind {
        Kind::Name(_) | Kind::Index(..) => Ok(()),
        Kind::Tuple(items) | Kind::List(items) => items.iter().try_for_each(check_target),
        Kind::Slice(..) => {
            Err(target.at.wrong("a slice can't be assigned to here: assign to each item"))
        }
        _ => Err(target.at.wrong("only a name can be assigned to: write `name = ..`")),
    }
}
