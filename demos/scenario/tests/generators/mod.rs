//! Generators of random programs.

mod state;
mod tasks;

use std::fmt::Write;
use std::ops::DerefMut;

use crate::random::Random;

pub(crate) use state::program_with_state;
pub(crate) use tasks::program_of_tasks;

/// The number of functions, of which each calls only later ones.
const FUNCTIONS: usize = 5;

/// The number of blocks that stand within each other, at most, in a function.
const DEEPEST: usize = 3;

/// A program while it is written.
struct Writer {
    random: Random,
    text: String,
    /// The function that is written. The first is `main`.
    function: usize,
    indent: usize,
    /// The number of names that were given.
    names: usize,
}

impl Writer {
    /// Begins the program of a seed.
    fn new(seed: u64, begin: &str) -> Self {
        let random = Random::new(seed);
        Self { random, text: begin.into(), function: 0, indent: 0, names: 0 }
    }

    fn line(&mut self, line: &str) {
        let indent = "    ".repeat(self.indent);
        writeln!(self.text, "{indent}{line}").expect("a string can be written to");
    }

    /// Returns a name that nothing has.
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    /// Returns a number that no other place of the program has.
    fn mark(&self) -> usize {
        self.text.len()
    }

    /// Returns whether another block may stand here.
    fn may_nest(&self) -> bool {
        self.indent <= DEEPEST
    }

    /// Returns the number of a later function, if there is one.
    fn later(&mut self) -> Option<usize> {
        let later = FUNCTIONS - self.function - 1;
        (later > 0).then(|| self.function + 1 + self.random.below(later))
    }
}

/// A generator: a writer, and what it knows of the names at its place.
trait Generator: DerefMut<Target = Writer> + Sized {
    /// Writes the function whose turn it is.
    fn define(&mut self);

    /// Writes a line, and what stands in its block.
    fn indented(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.line(head);
        self.indent += 1;
        body(self);
        self.indent -= 1;
    }

    /// Writes all functions, the last first, and the line that runs the first.
    fn program(mut self, first: &str) -> String {
        for function in (0..FUNCTIONS).rev() {
            self.function = function;
            self.text += "\n\n";
            self.define();
        }
        self.text += "\n\n";
        self.line(&format!("asyncio.run({first})"));
        std::mem::take(&mut self.text)
    }
}
