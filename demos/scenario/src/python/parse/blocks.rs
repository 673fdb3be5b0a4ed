//! Lines, and statements with a body.

use std::rc::Rc;

use crate::program::Name;
use crate::python::complaint::{Place, Result};
use crate::python::parse::Reader;
use crate::python::parse::forms::{named, note_breaks, noted, together, with_else};
use crate::python::syntax::{Define, Does, Handler, Statement};
use crate::python::tokens::Token;

/// Statements with a body.
impl Reader {
    /// Reads a line, which may hold several statements.
    pub(crate) fn statement(&mut self) -> Result<Vec<Statement>> {
        let at = self.at();
        self.operators = 0;
        if self.is(&Token::Indent) {
            return Err(at.wrong(
                "this line is indented, but no block begins before it: take the blanks away, \
                or end the line above with `:`",
            ));
        }
        if let Some(kind) = self.compound()? {
            return Ok(vec![Statement { at, kind }]);
        }
        let mut line = Vec::new();
        loop {
            let at = self.at();
            line.push(Statement { at, kind: self.simple()? });
            if !self.take_sign(";") || self.is(&Token::Newline) {
                break;
            }
        }
        self.end_of_line()?;
        Ok(line)
    }

    fn end_of_line(&mut self) -> Result<()> {
        if self.take(&Token::Newline) || self.is(&Token::End) {
            return Ok(());
        }
        let begins = matches!(self.peek(), Token::Word(_) | Token::Text(_) | Token::Int(_));
        if let Some(complaint) = self.misspelt().filter(|_| begins || self.is_sign(":")) {
            return Err(complaint);
        }
        let reason = if begins {
            "the statement before it is complete: begin a new line, or put a sign between them"
        } else {
            "the line should end before it: take it away"
        };
        Err(self.wrong(reason))
    }

    /// Reads a statement with a body, if one begins here.
    fn compound(&mut self) -> Result<Option<Does>> {
        let Token::Word(word) = self.peek().clone() else { return Ok(None) };
        let at = self.at();
        Ok(Some(match &*word {
            "async" => self.asynchronous()?,
            "def" => self.define(false)?,
            "if" => self.choice()?,
            "while" => {
                self.next += 1;
                let (test, body) = (self.expression()?, self.body("while ..")?);
                self.unless_left(Does::While { test, body })?
            }
            "for" => self.repeat()?,
            "try" => self.handling()?,
            "with" => self.with(false)?,
            "else" | "elif" | "except" | "finally" => {
                return Err(at.wrong(format!(
                    "`{word}` belongs to no block before it: give it the indentation of its \
                    `if` or `try`"
                )));
            }
            _ => return Ok(None),
        }))
    }

    fn asynchronous(&mut self) -> Result<Does> {
        self.next += 1;
        if self.is_word("for") {
            return Err(self.wrong("the loops here are `for .. in ..:`: take `async` away"));
        }
        match self.peek() {
            Token::Word(word) if **word == *"def" => self.define(true),
            Token::Word(word) if **word == *"with" => self.with(true),
            _ => Err(self.wrong("`async` is followed by `def` or `with`: write `async def ..`")),
        }
    }

    pub(crate) fn body(&mut self, of: &str) -> Result<Vec<Statement>> {
        self.expect(":", &format!("a `:` is missing: write `{of}:` with a `:` at its end"))?;
        if !self.take(&Token::Newline) {
            return self.deeper(Self::statement);
        }
        if !self.take(&Token::Indent) {
            return Err(self.at().wrong(format!(
                "the body of `{of}:` is missing: indent the lines that belong to it by four blanks"
            )));
        }
        self.deeper(|it| {
            let mut body = Vec::new();
            while !it.take(&Token::Dedent) {
                if it.is(&Token::End) {
                    break;
                }
                body.extend(it.statement()?);
            }
            Ok(body)
        })
    }

    pub(crate) fn define(&mut self, is_async: bool) -> Result<Does> {
        self.next += 1;
        let name = self.name("the name of the function is missing: write `async def name():`")?;
        self.expect("(", "brackets follow the name of a function: write `async def name():`")?;
        let mut parameters = Vec::new();
        while !self.take_sign(")") {
            if self.is_sign("*") || self.is_sign("**") {
                let said = "each parameter has a name of its own here: write `(a, b)`";
                return Err(self.at().wrong(said));
            }
            let parameter = self.name("the name of a parameter is missing: write `(a, b)`")?;
            if self.take_sign(":") {
                self.expression()?;
            }
            let default = if self.take_sign("=") { Some(self.expression()?) } else { None };
            parameters.push((parameter, default));
            if !self.take_sign(",") && !self.is_sign(")") {
                return Err(self.wrong("parameters are parted by `,`: write `(a, b)`"));
            }
        }
        if self.take_sign("->") {
            self.expression()?;
        }
        let head = if is_async { "async def" } else { "def" };
        let body = self.body(&format!("{head} {name}(..)"))?;
        Ok(Does::Define(Rc::new(Define { is_async, name, parameters, body })))
    }

    pub(crate) fn choice(&mut self) -> Result<Does> {
        self.next += 1;
        let test = self.expression()?;
        if self.is_sign("=") {
            return Err(self.wrong("`=` assigns: write `==` to compare"));
        }
        let body = self.body("if ..")?;
        let at = self.at();
        let otherwise = if self.is_word("elif") {
            let kind = self.deeper(Self::choice)?;
            vec![Statement { at, kind }]
        } else if self.take_word("else") {
            if self.is_word("if") {
                return Err(at.wrong("`else if` is one word in Python: write `elif ..:`"));
            }
            self.body("else")?
        } else {
            Vec::new()
        };
        Ok(Does::If { test, body, otherwise })
    }

    fn repeat(&mut self) -> Result<Does> {
        self.next += 1;
        let target = self.target_list()?;
        if !self.take_word("in") {
            return Err(self.wrong("`in` is missing: write `for item in items:`"));
        }
        let items = self.expressions()?;
        let body = self.body("for .. in ..")?;
        self.unless_left(Does::For { target, items, body })
    }

    /// Reads the `else` of a loop, if it has one: that is taken unless the loop is left.
    fn unless_left(&mut self, mut does: Does) -> Result<Does> {
        let at = self.at();
        if !self.take_word("else") {
            return Ok(does);
        }
        let name = Name::from(format!("(else {})", at.line));
        if let Does::For { body, .. } | Does::While { body, .. } = &mut does {
            note_breaks(body, &name);
        }
        let otherwise = self.body("else")?;
        let test = named(at, &name);
        let all = [noted(at, &name, true), Statement { at, kind: does }];
        let last = Does::If { test, body: otherwise, otherwise: Vec::new() };
        Ok(together(at, all.into_iter().chain([Statement { at, kind: last }]).collect()))
    }

    pub(crate) fn handling(&mut self) -> Result<Does> {
        self.next += 1;
        let body = self.body("try")?;
        let mut handlers = Vec::new();
        while self.is_word("except") {
            handlers.push(self.handler()?);
        }
        let at = self.at();
        let otherwise = if self.take_word("else") { Some(self.body("else")?) } else { None };
        let finally = if self.take_word("finally") { Some(self.body("finally")?) } else { None };
        if handlers.is_empty() && finally.is_none() {
            return Err(self.wrong("a `try` needs an `except ..:` or a `finally:` behind its body"));
        }
        Ok(match otherwise {
            None => Does::Try { body, handlers, finally },
            Some(otherwise) => with_else(at, body, handlers, otherwise, finally),
        })
    }

    pub(crate) fn handler(&mut self) -> Result<Handler> {
        let at = self.at();
        self.next += 1;
        if self.is_sign("*") {
            return Err(self.wrong(
                "`except*` isn't part of this language: write `except ExceptionGroup as group:`, \
                and look at `group.exceptions`",
            ));
        }
        let mut classes = Vec::new();
        if self.take_sign("(") {
            while !self.take_sign(")") {
                classes.push(self.class()?);
                if !self.take_sign(",") && !self.is_sign(")") {
                    return Err(self.wrong("classes of errors are parted by `,`: write `except (KeyError, ValueError):`"));
                }
            }
        } else if !self.is_sign(":") {
            classes.push(self.class()?);
        }
        let name = if self.take_word("as") {
            Some(self.name("a name follows `as`: write `except ValueError as error:`")?)
        } else {
            None
        };
        Ok(Handler { at, classes, name, body: self.body("except ..")? })
    }

    /// Reads the name of a class of errors, which may stand behind that of a module.
    pub(crate) fn class(&mut self) -> Result<(Name, Place)> {
        let at = self.at();
        let remedy = "the class of an error is missing: write `except ValueError:`";
        let mut name = self.name(remedy)?;
        while self.take_sign(".") {
            name = self.name(remedy)?;
        }
        Ok((name, at))
    }

    pub(crate) fn with(&mut self, is_async: bool) -> Result<Does> {
        self.next += 1;
        let context = self.expression()?;
        let name = if self.take_word("as") {
            Some(self.name("a name follows `as`: write `async with .. as name:`")?)
        } else {
            None
        };
        if self.is_sign(",") {
            return Err(self.wrong("one thing per `with`: write a second `async with` inside"));
        }
        let body = self.body("async with ..")?;
        Ok(Does::With { is_async, context, name, body })
    }
}
