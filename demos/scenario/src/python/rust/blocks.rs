//! Blocks that catch, that have a time limit, and those of task groups.

use std::collections::BTreeSet;

use crate::errors;
use crate::program::Name;
use crate::python::complaint::Result;
use crate::python::rust::calls::first;
use crate::python::rust::statements::{Later, gives_its_return, may_return};
use crate::python::rust::types::Type;
use crate::python::rust::writer::{Body, word};
use crate::python::syntax::{Does, Expr, Handler, Kind, Statement};

const CANCELLED: &str = "CancelledError";

/// The value of a block of its own type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    Nothing,
    /// The value that the function returns.
    Return,
    /// That value, if it returns here.
    MaybeReturn,
}

impl Body<'_, '_> {
    /// Writes a `try`. A `finally` is written around the rest.
    pub(crate) fn attempt(
        &mut self,
        body: &[Statement],
        handlers: &[Handler],
        finally: Option<&[Statement]>,
    ) -> Result<()> {
        let Some(finally) = finally else { return self.catch(body, handlers) };
        let ways = handlers.iter().map(|it| &it.body[..]).chain([body]);
        let returns = ways.into_iter().any(may_return);
        self.line("let ended = attempt(async {");
        self.blocks.push(returns);
        self.depth += 1;
        if handlers.is_empty() {
            self.statements(body)?;
        } else {
            self.catch(body, handlers)?;
        }
        self.line(if returns { "Ok(None)" } else { "Ok(())" });
        self.depth -= 1;
        self.blocks.pop();
        self.line("}).await;");
        self.statements(finally)?;
        if returns {
            self.return_some("raised(ended).await?");
        } else {
            self.line("raised(ended).await?;");
        }
        Ok(())
    }

    fn catch(&mut self, body: &[Statement], handlers: &[Handler]) -> Result<()> {
        let cancellations = handlers.iter().any(catches_cancellation);
        let opening = if cancellations { "match attempt(async {" } else { "let caught = async {" };
        self.line(opening);
        let gives = self.of_own_type(body, &[])?;
        if cancellations {
            self.line("}).await {");
        } else {
            self.line("};");
            self.line("match caught.await {");
        }
        self.depth += 1;
        self.ends(gives);
        let mut is_complete = false;
        for handler in handlers {
            is_complete |= self.handler(handler, cancellations)?;
        }
        if !is_complete {
            let end = if cancellations { "raised(Err(error)).await" } else { "Err(error)" };
            self.line(&format!("Err(error) => return {end},"));
        }
        self.depth -= 1;
        self.line("}");
        Ok(())
    }

    /// Writes the ways in which a block ends that didn't fail.
    fn ends(&mut self, gives: Gives) {
        if gives == Gives::Nothing {
            return self.line("Ok(()) => {}");
        }
        if gives == Gives::MaybeReturn {
            self.line("Ok(None) => {}");
            self.line("Ok(Some(value)) => {");
        } else {
            self.line("Ok(value) => {");
        }
        self.depth += 1;
        self.line_of_return("value");
        self.depth -= 1;
        self.line("}");
    }

    /// Writes a block that has a type of its own.
    fn of_own_type(&mut self, body: &[Statement], new: &[Name]) -> Result<Gives> {
        let names = self.names.clone();
        let gives = if gives_its_return(body) {
            Gives::Return
        } else if may_return(body) {
            Gives::MaybeReturn
        } else {
            Gives::Nothing
        };
        self.depth += 1;
        self.blocks.push(gives == Gives::MaybeReturn);
        let end = self.end_of_own(body, gives, new)?;
        self.line(&format!("Ok::<_, Exception>({end})"));
        self.blocks.pop();
        self.depth -= 1;
        let inner = std::mem::replace(&mut self.names, names);
        for name in new {
            self.names.insert(name.clone(), inner.get(name).cloned().unwrap_or_default());
        }
        Ok(gives)
    }

    /// Writes the statements of a block that has a type of its own, and returns its value.
    fn end_of_own(&mut self, body: &[Statement], gives: Gives, new: &[Name]) -> Result<String> {
        if gives == Gives::Return
            && let [before @ .., Statement { kind: Does::Return(Some(value)), .. }] = body
        {
            self.statements(before)?;
            return self.given_back(value);
        }
        self.statements(body)?;
        Ok(if gives == Gives::Nothing { tuple(new) } else { "None".into() })
    }

    /// Writes a handler. Returns whether it catches all that is left.
    fn handler(&mut self, handler: &Handler, cancellations: bool) -> Result<bool> {
        let name: Name = handler.name.clone().unwrap_or_else(|| "error".into());
        let test = test_of(handler, cancellations, &word(&name));
        let guard = test.as_ref().map_or(String::new(), |test| format!(" if {test}"));
        self.line(&format!("Err({}){guard} => {{", word(&name)));
        let known = self.names.insert(name.clone(), Type::Error);
        self.caught.push((name.clone(), catches_cancellation(handler)));
        self.block(&handler.body)?;
        self.caught.pop();
        match known {
            Some(known) => self.names.insert(name, known),
            None => self.names.remove(&name),
        };
        self.line("}");
        Ok(test.is_none())
    }

    pub(crate) fn with(
        &mut self,
        context: &Expr,
        name: Option<&Name>,
        body: &[Statement],
        used: &Later<'_>,
    ) -> Result<()> {
        let new = self.new_names(&[body], used);
        let (head, tail) = self.around(context, name)?;
        let returns = may_return(body);
        if returns && !new.is_empty() {
            return Err(context.at.wrong("this block returns, and its names are used after it"));
        }
        let begin = match (returns, &new[..]) {
            (true, _) => "let value = ".into(),
            (false, []) => String::new(),
            (false, new) => format!("let {} = ", tuple(new)),
        };
        self.line(&format!("{begin}{head}"));
        let gives = self.of_own_type(body, &new)?;
        self.line(&format!("{tail};"));
        match gives {
            Gives::Nothing => {}
            Gives::Return => self.line_of_return("value"),
            Gives::MaybeReturn => self.return_some("value"),
        }
        Ok(())
    }

    /// Writes the return of a value that there may be.
    fn return_some(&mut self, value: &str) {
        self.line(&format!("if let Some(value) = {value} {{"));
        self.depth += 1;
        self.line_of_return("value");
        self.depth -= 1;
        self.line("}");
    }

    /// Returns the lines before and after the block of a time limit or a group.
    fn around(&mut self, context: &Expr, name: Option<&Name>) -> Result<(String, &'static str)> {
        let Kind::Call(callee, arguments) = &context.kind else {
            return Err(context.at.wrong("this context isn't called"));
        };
        if matches!(&callee.kind, Kind::Attribute(_, it) if **it == *"timeout") {
            let limit = self.limit(first(context.at, arguments)?)?;
            return Ok((format!("combinators::timeout({limit}, async {{"), "}).await??"));
        }
        let name = name.map_or("_group".into(), |name| word(name));
        Ok((format!("combinators::task_group(async |{name}| {{"), "}).await?"))
    }
}

/// Returns the value of several names.
fn tuple(names: &[Name]) -> String {
    match names {
        [name] => word(name),
        names => {
            let words: Vec<_> = names.iter().map(|name| word(name)).collect();
            format!("({})", words.join(", "))
        }
    }
}

fn catches_cancellation(handler: &Handler) -> bool {
    let is_one = |class: &str| class == CANCELLED || class == "BaseException";
    handler.classes.is_empty() || handler.classes.iter().any(|(class, _)| is_one(class))
}

/// Returns the test by which a handler is chosen; `None` if it takes all errors.
fn test_of(handler: &Handler, cancellations: bool, name: &str) -> Option<String> {
    let mut classes = BTreeSet::new();
    for (class, _) in &handler.classes {
        match &**class {
            "BaseException" => return None,
            "Exception" if !cancellations => return None,
            "Exception" => return Some(format!("{name}.class != \"{CANCELLED}\"")),
            class => {
                classes.insert(class.to_owned());
                let below = errors::raised().filter(|it| errors::is_a(it, class));
                classes.extend(below.map(str::to_owned));
            }
        }
    }
    if classes.is_empty() {
        return None;
    }
    let quoted: Vec<_> = classes.iter().map(|class| format!("\"{class}\"")).collect();
    match &quoted[..] {
        [class] => Some(format!("{name}.class == {class}")),
        classes => Some(format!("matches!(&*{name}.class, {})", classes.join(" | "))),
    }
}
