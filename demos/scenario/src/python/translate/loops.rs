//! Loops.

use std::rc::Rc;

use crate::program::{Body, Constant, Expr, Name, Step};
use crate::python::assigned::{assigned, leaves, targets};
use crate::python::complaint::{Place, Result};
use crate::python::syntax::{self, Kind, Statement};
use crate::python::translate::Translator;
use crate::python::translate::frame::{Frame, Known};

/// Loops.
impl Translator {
    /// Leaves loops: one stands within the other, for each item, so that `continue` leaves the
    /// inner one only.
    pub(crate) fn leave(&mut self, frame: &mut Frame, at: Place, loops: u64) -> Result<()> {
        let word = if loops == 2 { "break" } else { "continue" };
        if frame.place.loops == 0 {
            return Err(at.wrong(format!("`{word}` stands in a loop only: take it away")));
        }
        self.emit(frame, at, Step::Leave { loops })
    }

    pub(crate) fn repeat_while(
        &mut self,
        frame: &mut Frame,
        test: &syntax::Expr,
        body: &[Statement],
    ) -> Result<()> {
        let at = test.at;
        let names = self.kept_in(frame, at, body)?;
        self.open_cells(frame, at, names)?;
        let tested = |frame: &mut Frame| self.repeated(frame, |it, frame| it.truth(frame, test));
        let (test, before) = frame.apart(tested)?;
        let body = self.repeated(frame, |it, frame| it.body_of_loop(frame, at, body))?;
        let step = match test {
            Expr::Constant(Constant::Bool(true)) => Step::Loop { n: u64::MAX, body },
            test if before.is_empty() => Step::While { test, body },
            test => {
                // The test takes steps, so it stands at the begin of the body.
                let otherwise = [Step::Leave { loops: 1 }].into();
                let mut steps = before;
                steps.push(Step::If { test, body: [].into(), otherwise });
                steps.extend(body.iter().cloned());
                Step::Loop { n: u64::MAX, body: steps.into() }
            }
        };
        self.emit(frame, at, step)
    }

    /// Writes the steps of a loop's body. If it is left by `break` or `continue`, it is a loop
    /// of one round.
    fn body_of_loop(&mut self, frame: &mut Frame, at: Place, body: &[Statement]) -> Result<Body> {
        let around = frame.place;
        frame.place.loops += 1;
        let steps = self.block(frame, body);
        frame.place = around;
        let steps = steps?;
        if !leaves(body) {
            return Ok(steps);
        }
        self.spend(at, 1)?;
        Ok([Step::Loop { n: 1, body: steps }].into())
    }

    /// Works on a body that may be taken many times.
    pub(crate) fn repeated<T>(
        &mut self,
        frame: &mut Frame,
        work: impl FnOnce(&mut Self, &mut Frame) -> Result<T>,
    ) -> Result<T> {
        let before = (frame.place.repeats, frame.place.may_not_run);
        (frame.place.repeats, frame.place.may_not_run) = (true, true);
        let result = work(self, frame);
        (frame.place.repeats, frame.place.may_not_run) = before;
        result
    }

    pub(crate) fn repeat(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        items: &syntax::Expr,
        body: &[Statement],
    ) -> Result<()> {
        match self.gone_through(frame, items)? {
            Known::List(all, ..) if leaves(body) => {
                self.unroll_until_left(frame, target, all, body)
            }
            Known::List(items, ..) => self.unroll(frame, target, items, body),
            Known::Value(Expr::Constant(constant)) if constant.kind() != "str" => {
                Err(items.at.wrong("there is nothing to go through: write `range(..)`, or a list"))
            }
            Known::Value(list) => {
                let names = &self.kept_in(frame, items.at, body)? | &targets(target);
                self.open_cells(frame, items.at, names)?;
                let name = self.fresh("item");
                let item = Known::Value(Expr::Name(Rc::clone(&name)));
                let body = self.repeated(frame, |it, frame| it.round(frame, target, item, body))?;
                self.emit(frame, items.at, Step::For { name, items: list, body: body.into() })
            }
            other => Err(other.is_no_value(items.at)),
        }
    }

    /// Returns the steps that a loop takes for an item.
    pub(crate) fn round(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        item: Known,
        body: &[Statement],
    ) -> Result<Vec<Step>> {
        let (body, mut steps) = frame.apart(|frame| {
            self.bind(frame, target, item)?;
            self.body_of_loop(frame, target.at, body)
        })?;
        steps.extend(body.iter().cloned());
        Ok(steps)
    }

    /// Writes the steps of the body for each item, in a loop of one round that can be left.
    fn unroll_until_left(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        items: Vec<Known>,
        body: &[Statement],
    ) -> Result<()> {
        let names = &self.kept_in(frame, target.at, body)? | &targets(target);
        self.open_cells(frame, target.at, names)?;
        let mut round = |frame: &mut Frame, item: Known| {
            let count = frame.steps.len();
            self.bind(frame, target, item.clone())?;
            let kept = Self::keep_known(frame, target, &item, body);
            let body = self.body_of_loop(frame, target.at, body)?;
            frame.names.extend(kept);
            frame.steps.extend(body.iter().cloned());
            self.spend(target.at, frame.steps.len() - count)
        };
        let rounds = |frame: &mut Frame| items.into_iter().try_for_each(|it| round(frame, it));
        let ((), steps) = frame.apart(|frame| frame.maybe(rounds))?;
        self.emit(frame, target.at, Step::Loop { n: 1, body: steps.into() })
    }

    /// Has the name of an item stand for what is known of that in the body, unless this assigns
    /// to it. Returns what it stands for behind the loop.
    fn keep_known(
        frame: &mut Frame,
        target: &syntax::Expr,
        item: &Known,
        body: &[Statement],
    ) -> Vec<(Name, Known)> {
        let assigned = assigned(body).0;
        let mut pairs = Vec::new();
        known_parts(target, item, &mut pairs);
        let mut kept = Vec::new();
        for (name, item) in pairs {
            if assigned.contains(&name) || !matches!(item, Known::Value(Expr::Constant(_))) {
                continue;
            }
            if let Some(cell) = frame.names.insert(Rc::clone(&name), item) {
                kept.push((name, cell));
            }
        }
        kept
    }

    /// Writes the steps of the body for each item. Those that are the same become a loop.
    fn unroll(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        items: Vec<Known>,
        body: &[Statement],
    ) -> Result<()> {
        let mut runs: Vec<(Vec<Step>, u64)> = Vec::new();
        for item in items {
            let ((), steps) = frame.apart(|frame| {
                self.bind(frame, target, item)?;
                self.statements(frame, body)
            })?;
            self.spend(target.at, steps.len())?;
            self.add_to_runs(&mut runs, steps);
        }
        for (steps, n) in runs {
            if n == 1 || steps.is_empty() {
                frame.steps.extend(steps);
            } else {
                self.emit(frame, target.at, Step::Loop { n, body: steps.into() })?;
            }
        }
        Ok(())
    }

    /// Adds steps to those that are taken so many times. Steps like the last aren't written
    /// again.
    fn add_to_runs(&mut self, runs: &mut Vec<(Vec<Step>, u64)>, steps: Vec<Step>) {
        match runs.last_mut() {
            Some((same, count)) if *same == steps => {
                *count += 1;
                self.steps -= steps.iter().filter(|it| !matches!(it, Step::At(_))).count();
            }
            _ => runs.push((steps, 1)),
        }
    }
}

/// Finds the names of a target and what each of them stands for.
fn known_parts(target: &syntax::Expr, item: &Known, pairs: &mut Vec<(Name, Known)>) {
    match (&target.kind, item) {
        (Kind::Name(name), item) => pairs.push((Rc::clone(name), item.clone())),
        (Kind::Tuple(targets), Known::List(items, ..)) => {
            targets.iter().zip(items).for_each(|(target, item)| known_parts(target, item, pairs));
        }
        _ => {}
    }
}
