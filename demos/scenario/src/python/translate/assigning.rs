//! Names, and what is assigned to them.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::program::{Expr, Function, Name, Step};
use crate::python::assigned::{assigned, is_new, targets, used_by_functions};
use crate::python::complaint::{Place, Result};
use crate::python::syntax::{self, Kind, Statement};
use crate::python::translate::Translator;
use crate::python::translate::calls::check_many_times;
use crate::python::translate::expressions::{items_of, value_of};
use crate::python::translate::frame::{Frame, Known};

/// Names and what is assigned to them.
impl Translator {
    /// Returns the names that statements assign to, in all their blocks.
    pub(crate) fn assigned(&mut self, at: Place, body: &[Statement]) -> Result<BTreeSet<Name>> {
        let (names, statements) = assigned(body);
        self.spend(at, statements)?;
        Ok(names)
    }

    /// Returns the names whose values the run has to keep if it may leave statements out: those
    /// that they assign to, and those that functions in them share with the function around.
    pub(crate) fn kept_in(
        &mut self,
        frame: &Frame,
        at: Place,
        body: &[Statement],
    ) -> Result<BTreeSet<Name>> {
        let mut names = self.assigned(at, body)?;
        let mut captured = BTreeSet::new();
        used_by_functions(body, &mut captured);
        names.extend(captured.into_iter().filter(|name| frame.is_shared(name)));
        Ok(names)
    }

    /// Keeps the values of these names in the run from here on, as a block that follows may
    /// assign to them or not.
    pub(crate) fn open_cells(
        &mut self,
        frame: &mut Frame,
        at: Place,
        names: impl IntoIterator<Item = Name>,
    ) -> Result<()> {
        for name in names {
            if frame.cells.contains_key(&name) {
                continue;
            }
            let cell = self.fresh(&name);
            frame.cells.insert(Rc::clone(&name), Rc::clone(&cell));
            if let Some(known) = frame.names.get(&name).cloned() {
                self.store(frame, at, &name, known)?;
            }
        }
        Ok(())
    }

    /// Binds a name, and stores the value if the run keeps it.
    fn store(&mut self, frame: &mut Frame, at: Place, name: &Name, known: Known) -> Result<()> {
        let Some(cell) = frame.cells.get(name).cloned() else {
            frame.names.insert(Rc::clone(name), known);
            return Ok(());
        };
        let is_task = matches!(known, Known::Task(_));
        self.pin(&known);
        let value = match known {
            Known::Value(_)
            | Known::Task(_)
            | Known::List(_, Function::List | Function::Tuple, _)
            | Known::Error(..) => value_of(at, known)?,
            other => {
                frame.names.insert(Rc::clone(name), other);
                return Ok(());
            }
        };
        self.emit(frame, at, Step::Let { name: Rc::clone(&cell), value })?;
        let known = if is_task { Known::Task(cell) } else { Expr::Name(cell).into() };
        frame.names.insert(Rc::clone(name), known);
        Ok(())
    }

    pub(crate) fn assign(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        value: &syntax::Expr,
    ) -> Result<()> {
        let known = self.expression(frame, value)?;
        if let Known::Nothing(call) = known {
            return Err(Known::Nothing(call).is_no_value(value.at));
        }
        check_many_times(value.at, &known)?;
        let known = match known {
            Known::Items(range, "range") => {
                Known::Items(self.settle(frame, value.at, "range", range)?, "range")
            }
            known => known,
        };
        self.bind(frame, target, known)?;
        if is_new(value) {
            frame.own.extend(targets(target));
        }
        Ok(())
    }

    /// Assigns to a name, or to several.
    pub(crate) fn bind(
        &mut self,
        frame: &mut Frame,
        target: &syntax::Expr,
        known: Known,
    ) -> Result<()> {
        let at = target.at;
        match &target.kind {
            Kind::Name(name) => self.bind_name(frame, at, name, known),
            Kind::Index(of, place) => self.set_item(frame, at, (of, place), known),
            Kind::Tuple(targets) | Kind::List(targets) => {
                let items = self.parts(frame, at, known, targets.len())?;
                let mut pairs = targets.iter().zip(items);
                pairs.try_for_each(|(target, item)| self.bind(frame, target, item))
            }
            _ => Err(at.wrong("only a name can be assigned to: write `name = ..`")),
        }
    }

    fn bind_name(&mut self, frame: &mut Frame, at: Place, name: &Name, known: Known) -> Result<()> {
        frame.own.remove(name);
        let known = match known {
            Known::Error(..) => value_of(at, known)?.into(),
            known => known,
        };
        let known = match known {
            Known::Value(value) if !frame.cells.contains_key(name) => {
                self.settle(frame, at, name, value)?.into()
            }
            known => known,
        };
        self.store(frame, at, name, known)
    }

    /// Puts a value at a place of a list, or at a key. The value is computed first.
    fn set_item(
        &mut self,
        frame: &mut Frame,
        at: Place,
        (of, place): (&syntax::Expr, &syntax::Expr),
        known: Known,
    ) -> Result<()> {
        self.pin(&known);
        let value = value_of(at, known)?;
        let value = self.settle(frame, at, "value", value)?;
        let mut values = vec![self.stored(frame, of)?];
        self.stored_after(frame, &mut values, place)?;
        values.push(value);
        let set = Expr::Call(Function::SetItem, values.into());
        self.settle(frame, at, "assigned", set).map(drop)
    }

    /// Returns the items of a list that is assigned to so many names.
    pub(crate) fn parts(
        &mut self,
        frame: &mut Frame,
        at: Place,
        known: Known,
        names: usize,
    ) -> Result<Vec<Known>> {
        match known {
            Known::List(items, ..) if items.len() == names => Ok(items),
            Known::List(items, ..) => {
                let values = items.len();
                Err(at.wrong(format!("{names} names get {values} values: make them even")))
            }
            other => {
                let list =
                    Expr::Call(Function::Parts, [items_of(at, other)?, names_of(names)].into());
                let list = self.settle(frame, at, "parts", list)?;
                let item = |place: i64| {
                    let of = [list.clone(), Some(place).into()];
                    Known::Value(Expr::Call(Function::Index, of.into()))
                };
                Ok((0..).take(names).map(item).collect())
            }
        }
    }
}

/// Returns a number of names as a constant.
pub(crate) fn names_of(names: usize) -> Expr {
    Some(i64::try_from(names).unwrap_or(i64::MAX)).into()
}
