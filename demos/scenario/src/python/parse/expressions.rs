//! Expressions.

use std::rc::Rc;

use crate::program::{Constant, Function};
use crate::python::complaint::{Place, Result};
use crate::python::parse::forms::call_of;
use crate::python::parse::{KEYWORDS, Reader};
use crate::python::syntax::{Argument, Define, Does, Expr, Kind, Part, Statement};
use crate::python::tokens::{Piece, Token};
use crate::python::words::foreign;

/// Expressions.
impl Reader {
    /// Reads an expression, or several with `,` between them.
    pub(crate) fn expressions(&mut self) -> Result<Expr> {
        let at = self.at();
        let first = self.item()?;
        if !self.is_sign(",") {
            if let Kind::Star(_) = first.kind {
                return Err(at.wrong("a `*` stands in the arguments of a call only: write `one + other` to join lists"));
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

    pub(crate) fn target_list(&mut self) -> Result<Expr> {
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

    pub(crate) fn item(&mut self) -> Result<Expr> {
        let at = self.at();
        if self.take_sign("*") {
            let inner = Box::new(self.expression()?);
            return Ok(Expr { at, kind: Kind::Star(inner) });
        }
        self.expression()
    }

    pub(crate) fn expression(&mut self) -> Result<Expr> {
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

    pub(crate) fn lambda(&mut self, at: Place) -> Result<Expr> {
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
    pub(crate) fn chain(
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

    pub(crate) fn factor(&mut self) -> Result<Expr> {
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

    pub(crate) fn arguments(&mut self) -> Result<Vec<Argument>> {
        let mut arguments = Vec::new();
        while !self.take_sign(")") {
            arguments.push(self.argument()?);
            if !self.take_sign(",") && !self.is_sign(")") {
                return Err(self.wrong("arguments are parted by `,`, and `)` ends them"));
            }
        }
        Ok(arguments)
    }

    pub(crate) fn argument(&mut self) -> Result<Argument> {
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

    pub(crate) fn comprehension(&mut self, element: Expr) -> Result<Expr> {
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
    pub(crate) fn dictionary(&mut self, at: Place, mut key: Expr) -> Result<Expr> {
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
    pub(crate) fn texts(&mut self) -> Result<Expr> {
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

    pub(crate) fn part(&self, piece: Piece, parts: &mut Vec<Part>) -> Result<()> {
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
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Part::Words(words) => Some(words),
            Part::Shown { .. } => None,
        }
    }
}

pub(crate) fn compared(
    at: Place,
    function: Function,
    is_not: bool,
    one: Expr,
    other: Expr,
) -> Expr {
    let all = Expr { at, kind: Kind::Binary(function, Box::new(one), Box::new(other)) };
    if is_not { Expr { at, kind: Kind::Not(Box::new(all)) } } else { all }
}
