//! The arguments of a call.

use crate::program::Name;
use crate::python::complaint::{Place, Result};
use crate::python::syntax::{self, Argument};
use crate::python::words::nearest;

/// The names that arguments of asyncio have.
const ARGUMENTS: [&str; 4] = ["name", "return_exceptions", "return_when", "timeout"];

/// The arguments of a call that are known, by place and by name.
pub(crate) struct Arguments<'a> {
    pub(crate) call: String,
    pub(crate) at: Place,
    pub(crate) places: Vec<&'a syntax::Expr>,
    pub(crate) names: Vec<(&'a Name, &'a syntax::Expr)>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(call: &str, at: Place, arguments: &'a [Argument]) -> Self {
        let with_name = |it: &'a Argument| Some((it.name.as_ref()?, &it.value));
        let unnamed = arguments.iter().filter(|it| it.name.is_none()).map(|it| &it.value);
        let names = arguments.iter().filter_map(with_name).collect();
        Self { call: call.to_owned(), at, places: unnamed.collect(), names }
    }

    /// Takes the argument with this name.
    pub(crate) fn named(&mut self, name: &str) -> Option<&'a syntax::Expr> {
        let place = self.names.iter().position(|(it, _)| ***it == *name)?;
        Some(self.names.remove(place).1)
    }

    /// Takes the argument at the next place, or with this name.
    pub(crate) fn next(&mut self, name: &str) -> Option<&'a syntax::Expr> {
        if self.places.is_empty() { self.named(name) } else { Some(self.places.remove(0)) }
    }

    pub(crate) fn need(&mut self, name: &str, example: &str) -> Result<&'a syntax::Expr> {
        let misspelt = self.names.iter().find(|(it, _)| nearest(it, [name]).is_some());
        if let (true, Some((it, value))) = (self.places.is_empty(), misspelt)
            && ***it != *name
        {
            let call = &self.call;
            let said = format!("`{call}` has no argument `{it}` here: is `{name}` meant?");
            return Err(value.at.wrong(said));
        }
        let call = self.call.clone();
        self.next(name).ok_or_else(|| {
            self.at.wrong(format!("`{call}` is called without its argument: write `{example}`"))
        })
    }

    /// Looks whether all arguments were taken.
    pub(crate) fn done(self) -> Result<()> {
        let call = &self.call;
        if let Some((name, value)) = self.names.first() {
            let near = nearest(name, ARGUMENTS).filter(|near| *near != &***name);
            let remedy = near.map_or("take it away".into(), |near| format!("is `{near}` meant?"));
            let reason = format!("`{call}` has no argument `{name}` here: {remedy}");
            return Err(value.at.wrong(reason));
        }
        match self.places.first() {
            None => Ok(()),
            Some(more) => {
                Err(more.at.wrong(format!("`{call}` takes fewer arguments: take this one away")))
            }
        }
    }
}
