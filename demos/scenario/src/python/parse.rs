//! Reads statements and expressions from tokens.
//!
//! | file             | what it is                              |
//! |------------------|-----------------------------------------|
//! | `parse.rs`       | the tokens that are read                |
//! | `blocks.rs`      | lines, and statements with a body       |
//! | `statements.rs`  | statements without a body               |
//! | `expressions.rs` | expressions                             |
//! | `forms.rs`       | forms that are made of simpler ones     |

mod blocks;
mod expressions;
mod forms;
mod statements;

use crate::program::Name;
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::syntax::Statement;
use crate::python::tokens::{Token, tokens};
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
