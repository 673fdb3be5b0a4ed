//! Blocks that catch errors, or that end what is in them.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::errors;
use crate::program::{Body, Catch, Deadline, Expr, Function, Millis, Name, Step};
use crate::python::complaint::{Complaint, Place, Result};
use crate::python::syntax::{self, Handler, Kind, Statement};
use crate::python::translate::Translator;
use crate::python::translate::frame::{Frame, Known};

/// Blocks that catch, or that end what is in them.
impl Translator {
    pub(crate) fn attempt(
        &mut self,
        frame: &mut Frame,
        at: Place,
        body: &[Statement],
        handlers: &[Handler],
        finally: Option<&[Statement]>,
    ) -> Result<()> {
        let inner = handlers.iter().map(|it| &it.body[..]).chain(finally);
        let mut names = BTreeSet::new();
        for block in inner.chain([body]) {
            names.append(&mut self.kept_in(frame, at, block)?);
        }
        self.open_cells(frame, at, names.clone())?;
        let body = frame.maybe(|frame| self.block(frame, body))?;
        frame.forget_after_block(&names);
        let catch = frame.maybe(|frame| self.handlers(frame, handlers))?;
        let finally = finally.map(|finally| self.finally(frame, finally)).transpose()?;
        self.emit(frame, at, Step::Try { body, catch: catch.into(), finally })
    }

    /// A `finally` stands in no handler: what the handlers around it have caught isn't raised
    /// again there.
    pub(crate) fn finally(&mut self, frame: &mut Frame, body: &[Statement]) -> Result<Body> {
        let around = frame.place;
        frame.place.finally = true;
        let caught = std::mem::take(&mut frame.caught);
        let result = self.block(frame, body);
        (frame.place, frame.caught) = (around, caught);
        result
    }

    /// Returns the handler of each kind of error: of those that catch it, the first.
    pub(crate) fn handlers(
        &mut self,
        frame: &mut Frame,
        handlers: &[Handler],
    ) -> Result<Vec<(Catch, Body)>> {
        let mut bodies = Vec::new();
        for handler in handlers {
            for (class, at) in &handler.classes {
                check_class(class, *at)?;
            }
            check_name_of_error(frame, handler)?;
            bodies.push(self.handler(frame, handler)?);
        }
        let of = |class: &str| handlers.iter().position(|handler| catches(handler, class));
        let others = of("Exception");
        let mut catch = vec![
            (Catch::Cancelled, of("CancelledError")),
            (Catch::Timeout, of("TimeoutError")),
            (Catch::Group, of("ExceptionGroup")),
            (Catch::Error, others),
        ];
        let named = errors::raised().filter(|class| of(class) != others);
        catch.extend(named.map(|class| (Catch::Named(class.into()), of(class))));
        let body = |(kind, place): (Catch, Option<usize>)| Some((kind, Rc::clone(&bodies[place?])));
        Ok(catch.into_iter().filter_map(body).collect())
    }

    pub(crate) fn handler(&mut self, frame: &mut Frame, handler: &Handler) -> Result<Body> {
        frame.caught.push(handler.name.clone());
        let result = match &handler.name {
            None => self.block(frame, &handler.body),
            Some(name) => self.handler_with_name(frame, handler, name),
        };
        frame.caught.pop();
        result
    }

    /// The name of the error is known in the handler only.
    fn handler_with_name(
        &mut self,
        frame: &mut Frame,
        handler: &Handler,
        name: &Name,
    ) -> Result<Body> {
        let before = frame.names.get(name).cloned();
        let ((), steps) = frame.apart(|frame| {
            let caught = Expr::Call(Function::Caught, [].into());
            let error = self.settle(frame, handler.at, name, caught)?;
            frame.names.insert(Rc::clone(name), error.into());
            self.statements(frame, &handler.body)
        })?;
        match before {
            Some(known) => frame.names.insert(Rc::clone(name), known),
            None => frame.names.remove(name),
        };
        Ok(steps.into())
    }

    pub(crate) fn with(
        &mut self,
        frame: &mut Frame,
        context: &syntax::Expr,
        name: Option<&Name>,
        body: &[Statement],
    ) -> Result<()> {
        let at = context.at;
        if !frame.is_async {
            return Err(at.wrong(forgotten(frame)));
        }
        let Kind::Call(callee, arguments) = &context.kind else { return Err(no_context(at)) };
        let step = match self.expression(frame, callee)? {
            Known::Builtin(it) if *it == *"asyncio.timeout" => {
                if let Some(name) = name {
                    let reason = format!("the timeout needs no name here: take `as {name}` away");
                    return Err(at.wrong(reason));
                }
                let deadline = self.limit(frame, at, arguments)?.map(Deadline::After);
                Step::Timeout { deadline, body: self.block(frame, body)? }
            }
            Known::Builtin(it) if *it == *"asyncio.TaskGroup" => {
                let group = self.fresh(name.map_or("group", |name| name));
                if let Some(name) = name {
                    frame.names.insert(Rc::clone(name), Known::Group(Rc::clone(&group)));
                }
                Step::Group { name: group, body: self.block(frame, body)? }
            }
            _ => return Err(no_context(at)),
        };
        self.emit(frame, at, step)
    }

    pub(crate) fn limit(
        &mut self,
        frame: &mut Frame,
        at: Place,
        arguments: &[syntax::Argument],
    ) -> Result<Option<Millis>> {
        let [argument] = arguments else {
            return Err(at.wrong("write the time: `asyncio.timeout(1)`"));
        };
        self.millis_or_none(frame, &argument.value)
    }
}

fn no_context(at: Place) -> Complaint {
    at.wrong("only `asyncio.timeout(..)` and `asyncio.TaskGroup()` stand in an `async with` here")
}

pub(crate) fn forgotten(frame: &Frame) -> String {
    let name = &frame.function;
    format!("`{name}` isn't `async`: write `async def {name}(..):` to wait in it")
}

fn check_class(class: &Name, at: Place) -> Result<()> {
    if **class == *"SystemExit" {
        return Err(at.wrong("`SystemExit` can't be caught here: leave it alone"));
    }
    if errors::exists(class) {
        return Ok(());
    }
    Err(at.wrong(format!("there is no class of errors `{class}` here: take one that Python has")))
}

/// Looks whether nothing else has the name of an error, which Python forgets behind the handler.
fn check_name_of_error(frame: &Frame, handler: &Handler) -> Result<()> {
    let Some(name) = &handler.name else { return Ok(()) };
    if frame.caught.contains(&Some(Rc::clone(name))) {
        return Err(handler.at.wrong(format!(
            "`{name}` is the error of the `except` around this one, and would be lost: \
            give this error another name"
        )));
    }
    if frame.assigns(name) > 0 {
        return Err(handler.at.wrong(format!(
            "Python forgets `{name}` behind this `except`, and it has another value before: \
            give the error another name"
        )));
    }
    Ok(())
}

pub(crate) fn catches(handler: &Handler, class: &str) -> bool {
    handler.classes.is_empty() || handler.classes.iter().any(|(it, _)| errors::is_a(class, it))
}
