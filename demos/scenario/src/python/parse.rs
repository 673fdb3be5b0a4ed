//! Reads statements and expressions from tokens.

use std::rc::Rc;

use crate::program::{Constant, Function, Name};
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::syntax::{Argument, Define, Does, Expr, Handler, Kind, Part, Statement};
use crate::python::tokens::{Piece, Token, tokens};
use crate::python::words::{foreign, meant};

/// The number of blocks, brackets and operators that may stand within each other.
const DEEPEST: usize = 30;

/// The number of operators, calls and points that may stand in one statement.
const MOST_OPERATORS: usize = 300;

/// The words of Python that are no names.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Reads a program.
pub(crate) fn parse(text: &str) -> Result<Vec<Statement>> {
    let mut reader = Reader::new(tokens(text)?);
    let mut program = Vec::new();
    while !reader.is(&Token::End) {
        program.extend(reader.statement()?);
    }
    Ok(program)
}

struct Reader {
    tokens: Vec<(Token, Place)>,
    next: usize,
    depth: usize,
    /// The operators that this statement has so far.
    operators: usize,
}

/// Looking at tokens.
impl Reader {
    fn new(tokens: Vec<(Token, Place)>) -> Self {
        Self { tokens, next: 0, depth: 0, operators: 0 }
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    fn at(&self) -> Place {
        let last = self.tokens.last().map_or(Place::default(), |(_, at)| *at);
        self.tokens.get(self.next).map_or(last, |(_, at)| *at)
    }

    fn is(&self, token: &Token) -> bool {
        self.peek() == token
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(it) if *it == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(it) if **it == *word)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.next += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.is(token);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str, reason: &str) -> Result<()> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.wrong(reason)) }
    }

    /// Makes a complaint about the next token.
    fn wrong(&self, reason: &str) -> Complaint {
        let foreign = match self.peek() {
            Token::Sign(sign) => foreign(sign),
            _ => None,
        };
        let said = foreign.unwrap_or_else(|| format!("{} stands here: {reason}", self.found()));
        self.at().wrong(said)
    }

    /// Makes a complaint about the word before the next token, if that is likely misspelt.
    fn misspelt(&self) -> Option<Complaint> {
        let (Token::Word(word), at) = self.tokens.get(self.next.checked_sub(1)?)? else {
            return None;
        };
        let said = match &**word {
            "print" => "`print` needs brackets: write `print(..)`".into(),
            word => foreign(word).or_else(|| {
                meant(word).map(|near| format!("`{word}` is no word here: is `{near}` meant?"))
            })?,
        };
        Some(at.wrong(said))
    }

    fn found(&self) -> String {
        match self.peek() {
            Token::Word(word) => format!("`{word}`"),
            Token::Int(_) | Token::Float(_) => "a number".into(),
            Token::Text(_) | Token::Format(_) => "a text".into(),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Newline => "the end of the line".into(),
            Token::Indent => "an indented line".into(),
            Token::Dedent => "the end of the block".into(),
            Token::End => "the end of the program".into(),
        }
    }

    fn name(&mut self, remedy: &str) -> Result<Name> {
        match self.peek().clone() {
            Token::Word(word) if !KEYWORDS.contains(&&*word) => {
                self.next += 1;
                Ok(word)
            }
            _ => Err(self.wrong(remedy)),
        }
    }

    /// Counts an operator. Each may be the root of all that stands before it, so that the tree
    /// gets as deep as there are operators.
    fn count_operator(&mut self) -> Result<()> {
        self.operators += 1;
        if self.operators <= MOST_OPERATORS {
            return Ok(());
        }
        Err(self.at().wrong(format!(
            "this statement has more than {MOST_OPERATORS} operators and calls: divide it"
        )))
    }

    /// Goes a level deeper, and reads something there.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= DEEPEST {
            return Err(self.at().wrong(format!(
                "more than {DEEPEST} blocks and brackets stand within each other: move a part \
                into a function"
            )));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

/// Statements.
impl Reader {
    /// Reads a line, which may hold several statements.
    fn statement(&mut self) -> Result<Vec<Statement>> {
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

    fn body(&mut self, of: &str) -> Result<Vec<Statement>> {
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

    fn define(&mut self, is_async: bool) -> Result<Does> {
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

    fn choice(&mut self) -> Result<Does> {
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

    fn handling(&mut self) -> Result<Does> {
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

    fn handler(&mut self) -> Result<Handler> {
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
                    return Err(self.wrong("classes of errors are parted by `,`"));
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
    fn class(&mut self) -> Result<(Name, Place)> {
        let at = self.at();
        let remedy = "the class of an error is missing: write `except ValueError:`";
        let mut name = self.name(remedy)?;
        while self.take_sign(".") {
            name = self.name(remedy)?;
        }
        Ok((name, at))
    }

    fn with(&mut self, is_async: bool) -> Result<Does> {
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

    fn simple(&mut self) -> Result<Does> {
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

    fn import(&mut self) -> Result<Does> {
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

    fn raise(&mut self) -> Result<Does> {
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
    fn changing(&self) -> Option<Function> {
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

    fn change(&mut self, target: Expr, function: Function) -> Result<Does> {
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

/// Assigns a value to several targets, one after the other.
fn assigned_to_all(at: Place, mut targets: Vec<Expr>, value: Expr) -> Does {
    if targets.len() == 1 {
        return Does::Assign { target: targets.swap_remove(0), value };
    }
    let name = Name::from("(value)");
    let first = Does::Assign { target: named(at, &name), value };
    let rest = targets.into_iter().map(|target| Does::Assign { target, value: named(at, &name) });
    let all = [first].into_iter().chain(rest).map(|kind| Statement { at, kind });
    together(at, all.collect())
}

fn named(at: Place, name: &Name) -> Expr {
    Expr { at, kind: Kind::Name(Rc::clone(name)) }
}

/// Returns the statement that notes a truth under a name.
fn noted(at: Place, name: &Name, truth: bool) -> Statement {
    let value = Expr { at, kind: Kind::Constant(Constant::Bool(truth)) };
    Statement { at, kind: Does::Assign { target: named(at, name), value } }
}

/// Makes one statement of several.
fn together(at: Place, body: Vec<Statement>) -> Does {
    let test = Expr { at, kind: Kind::Constant(Constant::Bool(true)) };
    Does::If { test, body, otherwise: Vec::new() }
}

/// Has a loop note where it is left.
fn note_breaks(body: &mut Vec<Statement>, name: &Name) {
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
fn with_else(
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

fn compared(at: Place, function: Function, is_not: bool, one: Expr, other: Expr) -> Expr {
    let all = Expr { at, kind: Kind::Binary(function, Box::new(one), Box::new(other)) };
    if is_not { Expr { at, kind: Kind::Not(Box::new(all)) } } else { all }
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

/// Returns the call of a function by its name.
fn call_of(at: Place, name: &str, value: Expr) -> Expr {
    let callee = Box::new(Expr { at, kind: Kind::Name(name.into()) });
    Expr { at, kind: Kind::Call(callee, vec![Argument { name: None, value }]) }
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

/// Expressions.
impl Reader {
    /// Reads an expression, or several with `,` between them.
    fn expressions(&mut self) -> Result<Expr> {
        let at = self.at();
        let first = self.item()?;
        if !self.is_sign(",") {
            if let Kind::Star(_) = first.kind {
                return Err(at.wrong("a `*` stands in the arguments of a call only"));
            }
            return Ok(first);
        }
        let mut items = vec![first];
        while self.take_sign(",") {
            if self.is(&Token::Newline) || self.is_sign("=") || self.is_sign(")") {
                break;
            }
            items.push(self.item()?);
        }
        Ok(Expr { at, kind: Kind::Tuple(items) })
    }

    fn target_list(&mut self) -> Result<Expr> {
        let at = self.at();
        let target = |it: &mut Self| {
            let at = it.at();
            if it.take_sign("(") {
                let inner = it.deeper(Self::target_list)?;
                it.expect(")", "close the bracket around the names")?;
                return Ok(inner);
            }
            let name = it.name("the name of the item is missing: write `for item in items:`")?;
            Ok(Expr { at, kind: Kind::Name(name) })
        };
        let mut targets = vec![target(self)?];
        while self.take_sign(",") {
            targets.push(target(self)?);
        }
        if targets.len() == 1 {
            return Ok(targets.swap_remove(0));
        }
        Ok(Expr { at, kind: Kind::Tuple(targets) })
    }

    fn item(&mut self) -> Result<Expr> {
        let at = self.at();
        if self.take_sign("*") {
            let inner = Box::new(self.expression()?);
            return Ok(Expr { at, kind: Kind::Star(inner) });
        }
        self.expression()
    }

    fn expression(&mut self) -> Result<Expr> {
        self.deeper(|it| {
            let at = it.at();
            if it.take_word("lambda") {
                return it.lambda(at);
            }
            let one = it.disjunction()?;
            if !it.take_word("if") {
                return Ok(one);
            }
            let test = Box::new(it.disjunction()?);
            if !it.take_word("else") {
                return Err(it.wrong("`else` is missing: write `one if test else other`"));
            }
            let (one, other) = (Box::new(one), Box::new(it.expression()?));
            Ok(Expr { at, kind: Kind::Choice { test, one, other } })
        })
    }

    fn lambda(&mut self, at: Place) -> Result<Expr> {
        let mut parameters = Vec::new();
        while !self.take_sign(":") {
            let name = self.name("the name of a parameter is missing: write `lambda it: ..`")?;
            let default = if self.take_sign("=") { Some(self.expression()?) } else { None };
            parameters.push((name, default));
            if !self.take_sign(",") && !self.is_sign(":") {
                return Err(self.wrong("parameters are parted by `,`, and `:` ends them"));
            }
        }
        let value = self.expression()?;
        let body = vec![Statement { at: value.at, kind: Does::Return(Some(value)) }];
        let define = Define { is_async: false, name: "lambda".into(), parameters, body };
        Ok(Expr { at, kind: Kind::Lambda(Rc::new(define)) })
    }

    fn disjunction(&mut self) -> Result<Expr> {
        self.chain(Self::conjunction, |it| it.take_word("or").then_some(Function::Or))
    }

    fn conjunction(&mut self) -> Result<Expr> {
        self.chain(Self::negation, |it| it.take_word("and").then_some(Function::And))
    }

    fn negation(&mut self) -> Result<Expr> {
        let at = self.at();
        if !self.take_word("not") {
            return self.comparison();
        }
        let inner = Box::new(self.deeper(Self::negation)?);
        Ok(Expr { at, kind: Kind::Not(inner) })
    }

    fn comparison(&mut self) -> Result<Expr> {
        let at = self.at();
        let one = self.sum()?;
        let Some((function, is_not)) = self.comparing() else { return Ok(one) };
        let other = self.sum()?;
        let mut last = other.clone();
        let mut all = compared(at, function, is_not, one, other);
        while let Some((function, is_not)) = self.comparing() {
            self.count_operator()?;
            if !matches!(last.kind, Kind::Name(_) | Kind::Constant(_)) {
                let said = "what stands between two comparisons is a name here: assign it before";
                return Err(last.at.wrong(said));
            }
            let next = self.sum()?;
            let also = compared(last.at, function, is_not, last, next.clone());
            all = Expr { at, kind: Kind::Binary(Function::And, Box::new(all), Box::new(also)) };
            last = next;
        }
        Ok(all)
    }

    /// Takes an operator that compares, and tells whether it is to be negated.
    fn comparing(&mut self) -> Option<(Function, bool)> {
        let function = match self.peek() {
            Token::Sign("==") => Function::Eq,
            Token::Sign("!=") => Function::Ne,
            Token::Sign("<") => Function::Lt,
            Token::Sign("<=") => Function::Le,
            Token::Sign(">") => Function::Gt,
            Token::Sign(">=") => Function::Ge,
            Token::Word(word) => match &**word {
                "in" => Function::In,
                "is" => {
                    self.next += 1;
                    return Some((Function::Is, self.take_word("not")));
                }
                "not" => {
                    self.next += 1;
                    let is_in = self.take_word("in");
                    return is_in.then_some((Function::In, true));
                }
                _ => return None,
            },
            _ => return None,
        };
        self.next += 1;
        Some((function, false))
    }

    fn sum(&mut self) -> Result<Expr> {
        self.chain(Self::product, |it| {
            let add = it.take_sign("+").then_some(Function::Add);
            add.or_else(|| it.take_sign("-").then_some(Function::Sub))
        })
    }

    fn product(&mut self) -> Result<Expr> {
        self.chain(Self::factor, |it| {
            let function = match it.peek() {
                Token::Sign("*") => Function::Mul,
                Token::Sign("/") => Function::Div,
                Token::Sign("//") => Function::FloorDiv,
                Token::Sign("%") => Function::Mod,
                _ => return None,
            };
            it.next += 1;
            Some(function)
        })
    }

    /// Reads operands with operators of one level between them.
    fn chain(
        &mut self,
        operand: impl Fn(&mut Self) -> Result<Expr>,
        operator: impl Fn(&mut Self) -> Option<Function>,
    ) -> Result<Expr> {
        let at = self.at();
        let mut one = operand(self)?;
        while let Some(function) = operator(self) {
            self.count_operator()?;
            let other = operand(self)?;
            one = Expr { at, kind: Kind::Binary(function, Box::new(one), Box::new(other)) };
        }
        Ok(one)
    }

    fn factor(&mut self) -> Result<Expr> {
        let at = self.at();
        if self.take_sign("+") {
            return Err(
                at.wrong("a `+` joins two values: take it away, or write `x += 1` to count")
            );
        }
        if self.take_sign("-") {
            let inner = Box::new(self.deeper(Self::factor)?);
            return Ok(Expr { at, kind: Kind::Negative(inner) });
        }
        if self.take_word("await") {
            if self.is_word("await") {
                return Err(self.at().wrong("one `await` is enough: take the second away"));
            }
            let inner = Box::new(self.deeper(Self::postfix)?);
            return Ok(Expr { at, kind: Kind::Await(inner) });
        }
        let base = self.postfix()?;
        if !self.take_sign("**") {
            return Ok(base);
        }
        let power = Box::new(self.deeper(Self::factor)?);
        Ok(Expr { at, kind: Kind::Binary(Function::Pow, Box::new(base), power) })
    }

    fn postfix(&mut self) -> Result<Expr> {
        let mut one = self.atom()?;
        while [".", "(", "["].iter().any(|sign| self.is_sign(sign)) {
            self.count_operator()?;
            let at = one.at;
            let kind = if self.take_sign(".") {
                Kind::Attribute(Box::new(one), self.name("a name follows the `.`: write it")?)
            } else if self.take_sign("(") {
                Kind::Call(Box::new(one), self.deeper(Self::arguments)?)
            } else {
                self.index(one)?
            };
            one = Expr { at, kind };
        }
        Ok(one)
    }

    /// Reads an index or a slice in brackets.
    fn index(&mut self, of: Expr) -> Result<Kind> {
        self.next += 1;
        let bound = |it: &mut Self| {
            let is_missing = it.is_sign(":") || it.is_sign("]");
            if is_missing { Ok(None) } else { it.expressions().map(Some) }
        };
        let mut bounds = vec![bound(self)?];
        while bounds.len() < 3 && self.take_sign(":") {
            bounds.push(bound(self)?);
        }
        let missing = "an index is missing: write `items[0]`";
        self.expect("]", "close the bracket: write `]`")?;
        match (bounds.len(), bounds.pop().flatten()) {
            (1, Some(place)) => Ok(Kind::Index(Box::new(of), Box::new(place))),
            (1, None) => Err(of.at.wrong(missing)),
            (_, last) => {
                bounds.push(last);
                bounds.resize(3, None);
                Ok(Kind::Slice(Box::new(of), bounds))
            }
        }
    }

    fn arguments(&mut self) -> Result<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !self.take_sign(")") {
            arguments.push(self.argument()?);
            if !self.take_sign(",") && !self.is_sign(")") {
                return Err(self.wrong("arguments are parted by `,`, and `)` ends them"));
            }
        }
        Ok(arguments)
    }

    fn argument(&mut self) -> Result<Argument> {
        if let (Token::Word(name), Some((Token::Sign("="), _))) =
            (self.peek().clone(), self.tokens.get(self.next + 1))
        {
            self.next += 2;
            return Ok(Argument { name: Some(name), value: self.expression()? });
        }
        let value = self.item()?;
        if self.is_word("for") {
            return Ok(Argument { name: None, value: self.comprehension(value)? });
        }
        Ok(Argument { name: None, value })
    }

    fn comprehension(&mut self, element: Expr) -> Result<Expr> {
        self.next += 1;
        let at = element.at;
        let target = Box::new(self.target_list()?);
        if !self.take_word("in") {
            return Err(self.wrong("`in` is missing: write `[.. for item in items]`"));
        }
        let items = Box::new(self.disjunction()?);
        let test = if self.take_word("if") { Some(Box::new(self.disjunction()?)) } else { None };
        if self.is_word("if") {
            return Err(self.wrong("one `if` stands behind a `for`: write `and` between the tests"));
        }
        if self.is_word("for") {
            // The lists of the inner loop, one after the other.
            let element = Box::new(self.deeper(|it| it.comprehension(element))?);
            let lists = Expr { at, kind: Kind::Comprehension { element, target, items, test } };
            let mut sum = call_of(at, "(sum)", lists);
            if let Kind::Call(_, arguments) = &mut sum.kind {
                let value = Expr { at, kind: Kind::List(Vec::new()) };
                arguments.push(Argument { name: None, value });
            }
            return Ok(sum);
        }
        let element = Box::new(element);
        Ok(Expr { at, kind: Kind::Comprehension { element, target, items, test } })
    }

    fn atom(&mut self) -> Result<Expr> {
        let at = self.at();
        let (token, reason) = (self.peek().clone(), "a value is expected: write one");
        let constant = match token {
            Token::Int(number) => Constant::Int(number),
            Token::Float(number) => Constant::Float(number),
            Token::Text(_) | Token::Format(_) => return self.texts(),
            Token::Word(word) => match &*word {
                "None" => Constant::None,
                "True" => Constant::Bool(true),
                "False" => Constant::Bool(false),
                word if KEYWORDS.contains(&word) && foreign(word).is_some() => {
                    return Err(at.wrong(foreign(word).unwrap_or_default()));
                }
                _ => {
                    let name = self.name(reason)?;
                    return Ok(Expr { at, kind: Kind::Name(name) });
                }
            },
            Token::Sign("(") => return self.bracket(")"),
            Token::Sign("[") => return self.bracket("]"),
            Token::Sign("{") => return self.bracket("}"),
            _ => return Err(self.wrong(reason)),
        };
        self.next += 1;
        Ok(Expr { at, kind: Kind::Constant(constant) })
    }

    /// Reads what stands in brackets of any kind.
    fn bracket(&mut self, close: &'static str) -> Result<Expr> {
        let at = self.at();
        self.next += 1;
        let (mut items, mut is_list) = (Vec::new(), close != ")");
        if close == "}" && self.take_sign("}") {
            return Ok(Expr { at, kind: Kind::Dict(Vec::new()) });
        }
        while !self.take_sign(close) {
            let item = self.deeper(Self::item)?;
            if close == "}" && items.is_empty() && self.is_sign(":") {
                return self.dictionary(at, item);
            }
            if self.is_word("for") {
                return self.comprehension_in(at, close, item);
            }
            items.push(item);
            if self.take_sign(",") {
                is_list = true;
            } else if !self.is_sign(close) {
                return Err(self.wrong("items are parted by `,`, and a bracket ends them"));
            }
        }
        let kind = match close {
            "]" => Kind::List(items),
            "}" => Kind::Set(items),
            _ if items.len() == 1 && !is_list => return Ok(items.swap_remove(0)),
            _ => Kind::Tuple(items),
        };
        Ok(Expr { at, kind })
    }

    /// Reads the rest of a comprehension behind its element, and its bracket.
    fn comprehension_in(&mut self, at: Place, close: &str, element: Expr) -> Result<Expr> {
        let list = self.comprehension(element)?;
        self.expect(close, "the list ends here: close its bracket")?;
        Ok(match close {
            "}" => call_of(at, "(set)", list),
            ")" => call_of(at, "(generator)", list),
            _ => list,
        })
    }

    /// Reads the rest of a dictionary behind its first key.
    fn dictionary(&mut self, at: Place, mut key: Expr) -> Result<Expr> {
        let mut pairs = Vec::new();
        loop {
            self.expect(":", "a value follows the key: write `{key: value}`")?;
            let value = self.deeper(Self::expression)?;
            if pairs.is_empty() && self.is_word("for") {
                let pair = Expr { at: key.at, kind: Kind::Tuple(vec![key, value]) };
                let list = self.comprehension(pair)?;
                self.expect("}", "the dictionary ends here: close its bracket")?;
                return Ok(call_of(at, "(dict)", list));
            }
            pairs.push((key, value));
            if !self.take_sign(",") && !self.is_sign("}") {
                return Err(self.wrong("pairs are parted by `,`, and a bracket ends them"));
            }
            if self.take_sign("}") {
                return Ok(Expr { at, kind: Kind::Dict(pairs) });
            }
            key = self.deeper(Self::expression)?;
        }
    }

    /// Reads texts, of which one may stand behind the other.
    fn texts(&mut self) -> Result<Expr> {
        let at = self.at();
        let mut parts = Vec::new();
        loop {
            match self.peek().clone() {
                Token::Text(text) => parts.push(Part::Words(text)),
                Token::Format(pieces) => {
                    for piece in pieces {
                        self.part(piece, &mut parts)?;
                    }
                }
                _ => break,
            }
            self.next += 1;
        }
        let words: Option<String> = parts.iter().map(Part::words).collect();
        let kind = match words {
            Some(words) => Kind::Constant(Constant::Text(words.into())),
            None => Kind::Format(parts),
        };
        Ok(Expr { at, kind })
    }

    fn part(&self, piece: Piece, parts: &mut Vec<Part>) -> Result<()> {
        match piece {
            Piece::Words(words) => parts.push(Part::Words(words)),
            Piece::Shown { tokens, source, debug, repr, spec } => {
                if debug {
                    parts.push(Part::Words(Rc::clone(&source)));
                }
                let (depth, operators) = (self.depth, self.operators);
                let mut inner = Self { depth, operators, ..Self::new(tokens) };
                let value = inner.deeper(Self::expressions)?;
                if !inner.is(&Token::Newline) {
                    return Err(inner.wrong("the expression should end before it: write `}`"));
                }
                parts.push(Part::Shown { value, repr, spec });
            }
        }
        Ok(())
    }
}

impl Part {
    /// Returns the words of a part that is no expression.
    fn words(&self) -> Option<&str> {
        match self {
            Part::Words(words) => Some(words),
            Part::Shown { .. } => None,
        }
    }
}
