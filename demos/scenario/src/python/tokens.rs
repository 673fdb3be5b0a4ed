//! Cuts a program into tokens.

use std::iter::Peekable;
use std::str::Chars;

use crate::program::Name;
use crate::python::complaint::{Place, Result};
use crate::python::words::foreign;

/// The longest program that is read, in bytes.
const LONGEST: usize = 100_000;

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Token {
    Word(Name),
    Int(i64),
    Float(f64),
    Text(Name),
    /// A text with expressions in braces.
    Format(Vec<Piece>),
    Sign(&'static str),
    /// The end of a line that isn't empty.
    Newline,
    /// The first line of a block begins.
    Indent,
    /// A block is over.
    Dedent,
    End,
}

/// A part of a text with expressions.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Piece {
    Words(Name),
    /// An expression: its tokens, and what follows `!` and `:`.
    Shown {
        tokens: Vec<(Token, Place)>,
        source: Name,
        debug: bool,
        repr: bool,
        spec: Name,
    },
}

/// The signs, of which no one stands behind another that it begins with.
const SIGNS: [&str; 41] = [
    "**=", "//=", "...", "->", ":=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "|=",
    "&=", "**", "//", "<<", ">>", "(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "+", "-", "*",
    "/", "%", "<", ">", "@", "|", "&", ";",
];

/// Cuts a program into tokens, of which the last is [`Token::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, Place)>> {
    if text.len() > LONGEST {
        return Err(Place { line: 1, column: 1 }.wrong("this program is too long: keep it small"));
    }
    let mut cutter = Cutter::new(text, Place { line: 1, column: 1 });
    cutter.program()?;
    Ok(cutter.tokens)
}

struct Cutter<'a> {
    rest: Peekable<Chars<'a>>,
    at: Place,
    tokens: Vec<(Token, Place)>,
    /// The indentation of each block around this line.
    blocks: Vec<usize>,
    /// The brackets that are open.
    open: Vec<(char, Place)>,
    /// The sign of indentation in the lines before, if there was any.
    indented_by: Option<char>,
}

impl<'a> Cutter<'a> {
    fn new(text: &'a str, at: Place) -> Self {
        Self {
            rest: text.chars().peekable(),
            at,
            tokens: Vec::new(),
            blocks: vec![0],
            open: Vec::new(),
            indented_by: None,
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let sign = self.rest.next()?;
        if sign == '\n' {
            self.at = Place { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(sign)
    }

    fn take_while(&mut self, is: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(sign) = self.rest.peek().copied().filter(|sign| is(*sign)) {
            taken.push(sign);
            self.next();
        }
        taken
    }

    fn program(&mut self) -> Result<()> {
        if self.peek() == Some('\u{feff}') {
            self.rest.next();
        }
        while self.peek().is_some() {
            self.line()?;
        }
        self.close(0)?;
        self.tokens.push((Token::End, self.at));
        Ok(())
    }

    /// Cuts a line, and those that it goes on in.
    fn line(&mut self) -> Result<()> {
        let begin = self.at;
        let indent = self.take_while(|sign| sign == ' ' || sign == '\t');
        self.skip_comment();
        match self.peek() {
            None => return Ok(()),
            Some('\n' | '\r') => {
                self.next();
                return Ok(());
            }
            Some(_) => self.indentation(&indent, begin)?,
        }
        while let Some(sign) = self.peek() {
            if sign == '\n' && self.open.is_empty() {
                break;
            }
            self.token()?;
        }
        if let Some((bracket, at)) = self.open.first() {
            return Err(at.wrong(format!("this `{bracket}` is never closed: close it")));
        }
        let end = self.at;
        self.tokens.push((Token::Newline, end));
        self.next();
        Ok(())
    }

    fn skip_comment(&mut self) {
        if self.peek() == Some('#') {
            self.take_while(|sign| sign != '\n');
        }
    }

    /// Notes the blocks that begin or end with this line.
    fn indentation(&mut self, indent: &str, begin: Place) -> Result<()> {
        if let Some(first) = indent.chars().next() {
            let before = *self.indented_by.get_or_insert(first);
            if indent.chars().any(|sign| sign != before) {
                return Err(begin.wrong(
                    "tabs and blanks are mixed in the indentation: use four blanks for each level",
                ));
            }
        }
        let width = indent.chars().count();
        if width > *self.blocks.last().unwrap_or(&0) {
            self.blocks.push(width);
            self.tokens.push((Token::Indent, self.at));
            return Ok(());
        }
        self.close(width)
    }

    /// Ends the blocks that are indented by more than this.
    fn close(&mut self, width: usize) -> Result<()> {
        while self.blocks.last().is_some_and(|block| *block > width) {
            self.blocks.pop();
            self.tokens.push((Token::Dedent, self.at));
        }
        if self.blocks.last() != Some(&width) {
            return Err(self.at.wrong(
                "this line is indented like no block above it: \
                give it the indentation of the lines that it belongs to",
            ));
        }
        Ok(())
    }

    fn token(&mut self) -> Result<()> {
        let (at, Some(sign)) = (self.at, self.peek()) else { return Ok(()) };
        let token = match sign {
            ' ' | '\t' | '\r' | '\n' => {
                self.next();
                return Ok(());
            }
            '#' => {
                self.skip_comment();
                return Ok(());
            }
            '\\' => return Err(at.wrong("a line goes on in brackets only: take the `\\` away")),
            '"' | '\'' => self.text(false)?,
            '0'..='9' => self.number()?,
            sign if sign.is_alphabetic() || sign == '_' => self.word()?,
            _ => self.sign()?,
        };
        self.tokens.push((token, at));
        Ok(())
    }

    fn word(&mut self) -> Result<Token> {
        let at = self.at;
        let word = self.take_while(|sign| sign.is_alphanumeric() || sign == '_');
        if !matches!(self.peek(), Some('"' | '\'')) {
            return Ok(Token::Word(word.into()));
        }
        match &*word {
            "f" | "F" => self.text(true),
            "r" | "R" | "b" | "B" | "rb" | "fr" => Err(at.wrong(format!(
                "a text begins with a quote, or with `f`: take `{word}` away, and write `\\\\` for a `\\` \
                in it"
            ))),
            _ => Err(at.wrong(format!(
                "`{word}` stands right before a text: put a sign between them, or, if a quote \
                stands in the text, put `\\` before that"
            ))),
        }
    }

    fn number(&mut self) -> Result<Token> {
        let at = self.at;
        let mut digits = self.take_while(|sign| sign.is_alphanumeric() || "._".contains(sign));
        if digits.ends_with(['e', 'E']) && matches!(self.peek(), Some('-' | '+')) {
            digits.extend(self.next());
            digits += &self.take_while(|sign| sign.is_ascii_digit());
        }
        let plain = digits.replace('_', "");
        let is_float = plain.contains(['.', 'e', 'E']);
        let token = if is_float {
            plain.parse().ok().filter(|it: &f64| it.is_finite()).map(Token::Float)
        } else {
            plain.parse().ok().map(Token::Int)
        };
        token.ok_or_else(|| {
            at.wrong(format!("`{digits}` is no number that is known here: write it as 16 or 1.5"))
        })
    }

    fn sign(&mut self) -> Result<Token> {
        let at = self.at;
        let next: String = self.rest.clone().take(3).collect();
        let Some(sign) = SIGNS.iter().find(|sign| next.starts_with(**sign)) else {
            let sign = next.chars().next().unwrap_or(' ');
            let said = foreign(sign.encode_utf8(&mut [0; 4]));
            let said = said.unwrap_or_else(|| format!("`{sign}` means nothing here: take it away"));
            return Err(at.wrong(said));
        };
        self.skip(sign.len());
        self.bracket(sign, at)?;
        Ok(Token::Sign(sign))
    }

    /// Notes a bracket that opens or closes.
    fn bracket(&mut self, sign: &str, at: Place) -> Result<()> {
        let opens = match sign {
            "(" | "[" | "{" => {
                self.open.extend(sign.chars().map(|sign| (sign, at)));
                return Ok(());
            }
            ")" => '(',
            "]" => '[',
            "}" => '{',
            _ => return Ok(()),
        };
        match self.open.pop() {
            Some((open, _)) if open == opens => Ok(()),
            Some((open, _)) => {
                Err(at.wrong(format!("`{sign}` doesn't close the `{open}` before it: exchange it")))
            }
            None => Err(at.wrong(format!("`{sign}` closes nothing: take it away"))),
        }
    }
}

/// Texts.
impl Cutter<'_> {
    fn text(&mut self, is_format: bool) -> Result<Token> {
        let at = self.at;
        let quote = self.next().unwrap_or('"');
        let is_long = self.rest.clone().take(2).filter(|sign| *sign == quote).count() == 2;
        let end: String = std::iter::repeat_n(quote, if is_long { 3 } else { 1 }).collect();
        self.skip(end.len() - 1);
        let (mut pieces, mut words) = (Vec::new(), String::new());
        while !self.rest.clone().take(end.len()).eq(end.chars()) {
            let here = self.at;
            let Some(sign) = self.next().filter(|sign| is_long || *sign != '\n') else {
                return Err(at.wrong(format!("this text has no end: put a {end} behind it")));
            };
            match sign {
                '\\' => words.extend(self.escape(here)?),
                '{' | '}' if is_format && self.peek() == Some(sign) => words.extend(self.next()),
                '}' if is_format => {
                    return Err(here.wrong("a `}` alone in a text: write `}}` for it"));
                }
                '{' if is_format => {
                    pieces.push(Piece::Words(std::mem::take(&mut words).into()));
                    pieces.push(self.shown(here, quote)?);
                }
                sign => words.push(sign),
            }
        }
        self.skip(end.len());
        pieces.push(Piece::Words(words.as_str().into()));
        Ok(if is_format { Token::Format(pieces) } else { Token::Text(words.into()) })
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn escape(&mut self, at: Place) -> Result<Option<char>> {
        Ok(Some(match self.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some(sign @ ('\\' | '\'' | '"')) => sign,
            Some('\n') => return Ok(None),
            _ => return Err(at.wrong("a `\\` in a text is followed by n, t, \\ or a quote here")),
        }))
    }

    /// Cuts an expression in braces.
    fn shown(&mut self, at: Place, quote: char) -> Result<Piece> {
        let never = || at.wrong("this `{` is never closed: write `}` behind the expression");
        let (begin, mut source, mut depth) = (self.at, String::new(), 0_usize);
        loop {
            match self.peek().filter(|sign| *sign != '\n' && *sign != quote).ok_or_else(never)? {
                '}' | ':' if depth == 0 => break,
                '!' if depth == 0 && self.rest.clone().nth(1) != Some('=') => break,
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            source.extend(self.next());
        }
        let repr = self.conversion()?;
        let spec = if self.peek() == Some(':') {
            self.next();
            self.take_while(|sign| sign != '}' && sign != '\n' && sign != quote)
        } else {
            String::new()
        };
        if self.next() != Some('}') {
            return Err(never());
        }
        let plain = source.trim_end();
        let debug = plain.ends_with('=') && !plain.ends_with("==");
        let expression = if debug { plain.trim_end_matches('=') } else { plain };
        let tokens = inner(expression, begin)?;
        let repr = repr || debug && spec.is_empty();
        Ok(Piece::Shown { tokens, source: source.as_str().into(), debug, repr, spec: spec.into() })
    }

    fn conversion(&mut self) -> Result<bool> {
        if self.peek() != Some('!') {
            return Ok(false);
        }
        self.next();
        let at = self.at;
        match self.next() {
            Some('r') => Ok(true),
            Some('s') => Ok(false),
            _ => Err(at.wrong("`!r` or `!s` stands here: write one of them")),
        }
    }
}

/// Cuts an expression in a text into tokens.
fn inner(source: &str, at: Place) -> Result<Vec<(Token, Place)>> {
    let mut cutter = Cutter::new(source, at);
    while cutter.peek().is_some() {
        cutter.token()?;
    }
    if let Some((bracket, at)) = cutter.open.first() {
        return Err(at.wrong(format!("this `{bracket}` is never closed: close it")));
    }
    let end = cutter.at;
    cutter.tokens.extend([(Token::Newline, end), (Token::End, end)]);
    Ok(cutter.tokens)
}
