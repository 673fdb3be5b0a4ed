//! Calls and awaits.

use crate::program::{Constant, Name};
use crate::python::complaint::{Place, Result};
use crate::python::rust::expressions::{Code, Form};
use crate::python::rust::types::Type;
use crate::python::rust::writer::{Body, function_name, word};
use crate::python::syntax::{Argument, Expr, Kind};

/// The part of a list that `name=` doesn't stand before.
fn by_place(arguments: &[Argument]) -> Vec<&Expr> {
    arguments.iter().filter(|it| it.name.is_none()).map(|it| &it.value).collect()
}

fn by_name<'a>(arguments: &'a [Argument], name: &str) -> Option<&'a Expr> {
    arguments.iter().find(|it| it.name.as_deref() == Some(name)).map(|it| &it.value)
}

/// Returns the first argument.
pub(crate) fn first(at: Place, arguments: &[Argument]) -> Result<&Expr> {
    let first = arguments.first().map(|it| &it.value);
    first.ok_or_else(|| at.wrong("an argument is missing"))
}

impl Body<'_, '_> {
    /// Writes an expression that stands on a line of its own.
    pub(crate) fn effect(&mut self, value: &Expr) -> Result<()> {
        if let Kind::Call(callee, arguments) = &value.kind {
            if callee.is_name("print") {
                let text = self.print(arguments)?;
                self.line(&format!("{text};"));
                return Ok(());
            }
            if let Kind::Attribute(of, method) = &callee.kind
                && let Kind::Name(list) = &of.kind
                && **method == *"append"
            {
                let item = self.value(first(value.at, arguments)?)?;
                self.names.insert(list.clone(), item.kind.clone().list());
                self.line(&format!("{}.push({});", word(list), item.text));
                return Ok(());
            }
        }
        let code = self.value(value)?;
        self.line(&format!("{};", code.text));
        Ok(())
    }

    fn print(&mut self, arguments: &[Argument]) -> Result<String> {
        let mut form = Form::default();
        for (number, value) in by_place(arguments).into_iter().enumerate() {
            if number > 0 {
                form.words(" ");
            }
            match &value.kind {
                Kind::Constant(Constant::Text(text)) => form.words(text),
                Kind::Format(parts) => {
                    for part in parts {
                        self.part(part, &mut form)?;
                    }
                }
                Kind::Call(callee, arguments) if callee.is_name("repr") => {
                    let code = self.seen(first(value.at, arguments)?)?;
                    form.value(value.at, code, true, "")?;
                }
                _ => {
                    let code = self.seen(value)?;
                    form.value(value.at, code, false, "")?;
                }
            }
        }
        Ok(form.written("println!"))
    }

    pub(crate) fn call(
        &mut self,
        at: Place,
        callee: &Expr,
        arguments: &[Argument],
    ) -> Result<Code> {
        match &callee.kind {
            Kind::Attribute(of, name) if of.is_name("asyncio") => {
                self.of_asyncio(at, name, arguments)
            }
            Kind::Attribute(of, method) => self.method(at, of, method, arguments),
            Kind::Name(name) if self.writer.defines.contains_key(name) => {
                self.own(at, name, arguments)
            }
            Kind::Name(name) => self.builtin(at, name, arguments),
            _ => Err(at.wrong("something else than a name is called")),
        }
    }

    /// Calls a function of the program. If it is `async` its coroutine isn't awaited yet.
    fn own(&mut self, at: Place, name: &Name, arguments: &[Argument]) -> Result<Code> {
        let define = self.writer.defines[name];
        let given = by_place(arguments);
        let mut texts = Vec::new();
        for (number, (parameter, default)) in define.parameters.iter().enumerate() {
            let value = given.get(number).copied().or_else(|| by_name(arguments, parameter));
            let Some(value) = value.or(default.as_ref()) else {
                return Err(at.wrong("an argument is missing"));
            };
            let code = self.value(value)?;
            self.note_parameter(name, number, code.kind.clone());
            texts.push(code.into_type(&self.writer.signatures[name].parameters[number].clone()));
        }
        let returns = self.writer.signatures[name].returns.clone();
        let text = format!("{}({})", function_name(name), texts.join(", "));
        if define.is_async {
            return Ok(Code::new(text, Type::Coro(Box::new(returns))));
        }
        Ok(Code::new(format!("{text}?"), returns))
    }

    fn builtin(&mut self, at: Place, name: &str, arguments: &[Argument]) -> Result<Code> {
        let [Argument { value, .. }, ..] = arguments else {
            return Err(at.wrong(format!("`{name}` is called")));
        };
        match name {
            "len" => Ok(Code::new(format!("{}.len()", self.seen(value)?.text), Type::Size)),
            "str" => {
                let mut form = Form::default();
                let code = self.seen(value)?;
                form.value(at, code, false, "")?;
                Ok(Code::new(form.written("format!"), Type::Words))
            }
            "list" => self.value(value),
            "sorted" => {
                let code = self.value(value)?;
                let text = format!("{{ let mut list = {}; list.sort(); list }}", code.text);
                Ok(Code::new(text, code.kind))
            }
            name if crate::errors::exists(name) => {
                let text = self.value(value)?.text;
                Ok(Code::new(format!("Exception::new(\"{name}\", {text})"), Type::Error))
            }
            _ => Err(at.wrong(format!("`{name}` is called"))),
        }
    }

    fn method(
        &mut self,
        at: Place,
        of: &Expr,
        method: &str,
        arguments: &[Argument],
    ) -> Result<Code> {
        if method == "create_task" {
            let group = self.seen(of)?.text;
            return self.spawn(at, [&format!("{group}.spawn"), ""], arguments);
        }
        let code = self.seen(of)?;
        let Type::Task(inner) = code.kind else {
            return Err(at.wrong(format!("`{method}` is called of something else than a task")));
        };
        let task = code.text;
        Ok(match method {
            "cancel" => Code::new(format!("{task}.cancel()"), Type::Bool),
            "done" => Code::new(format!("{task}.is_finished()"), Type::Bool),
            "cancelled" => Code::new(format!("{task}.is_cancelled()"), Type::Bool),
            "result" => Code::new(format!("result_of(&{task})?"), *inner),
            "exception" => {
                Code::new(format!("exception_of(&{task})?"), Type::Maybe(Box::new(Type::Error)))
            }
            "get_name" => Code::new(format!("{task}.name()"), Type::Words),
            "cancelling" => Code::new(format!("{task}.reference().cancelling()"), Type::Size),
            _ => return Err(at.wrong(format!("`{method}` of a task is called"))),
        })
    }

    fn spawn(
        &mut self,
        at: Place,
        [call, shared]: [&str; 2],
        arguments: &[Argument],
    ) -> Result<Code> {
        let coro = self.value(first(at, arguments)?)?;
        let Type::Coro(inner) = coro.kind else {
            return Err(at.wrong("a task is made of something else"));
        };
        let name = match by_name(arguments, "name") {
            None => String::new(),
            Some(name) => format!(".named({})", self.value(name)?.text),
        };
        Ok(Code::new(format!("{call}({}){shared}{name}", coro.text), Type::Task(inner)))
    }

    fn of_asyncio(&mut self, at: Place, name: &str, arguments: &[Argument]) -> Result<Code> {
        match name {
            "create_task" | "ensure_future" => {
                self.spawn(at, ["executor::spawn", ".shared()"], arguments)
            }
            "sleep" | "gather" | "wait" | "wait_for" | "shield" => {
                Err(at.wrong(format!("`asyncio.{name}` isn't awaited at once")))
            }
            "current_task" => Err(at.wrong("the current task has a handle of another type")),
            name if crate::errors::exists(name) => self.builtin(at, name, arguments),
            _ => Err(at.wrong(format!("`asyncio.{name}` is called"))),
        }
    }

    /// Awaits something.
    pub(crate) fn awaited(&mut self, inner: &Expr) -> Result<Code> {
        if let Kind::Call(callee, arguments) = &inner.kind
            && let Kind::Attribute(of, name) = &callee.kind
            && of.is_name("asyncio")
        {
            match &**name {
                "sleep" => return self.sleep(first(inner.at, arguments)?),
                "gather" => return self.gather(inner.at, arguments),
                "wait" => return Ok(Code::new(self.waiting(inner.at, arguments)?.0, Type::Unit)),
                "wait_for" => return self.wait_for(inner.at, arguments),
                "shield" => return self.shield(first(inner.at, arguments)?),
                _ => {}
            }
        }
        let code = self.value(inner)?;
        match code.kind {
            Type::Coro(inner) => Ok(Code::new(format!("{}.await?", code.text), *inner)),
            Type::Task(inner) => Ok(Code::new(format!("{}.await??", code.text), *inner)),
            Type::Unknown => Ok(Code::new(format!("{}.await?", code.text), Type::Unknown)),
            _ => Err(inner.at.wrong("something else than a coroutine or a task is awaited")),
        }
    }

    fn sleep(&mut self, time: &Expr) -> Result<Code> {
        let time = self.value(time)?;
        if time.text == "0" {
            return Ok(Code::new("executor::yield_now().await", Type::Unit));
        }
        Ok(Code::new(format!("executor::sleep({}).await", duration(time)), Type::Unit))
    }

    /// Returns a time limit.
    pub(crate) fn limit(&mut self, time: &Expr) -> Result<String> {
        if let Kind::Constant(Constant::None) = time.kind {
            return Ok("None".into());
        }
        Ok(duration(self.value(time)?))
    }

    fn gather(&mut self, at: Place, arguments: &[Argument]) -> Result<Code> {
        let given = by_place(arguments);
        let (children, kind) = match &given[..] {
            [Expr { kind: Kind::Star(list), .. }] => {
                let code = self.value(list)?;
                let children = code.text.trim_end_matches(".collect::<Vec<_>>()").to_owned();
                (children, code.kind.item())
            }
            children => self.children(at, children)?,
        };
        let (Type::Coro(inner) | Type::Task(inner)) = kind else {
            return Err(at.wrong("something else than coroutines and tasks is gathered"));
        };
        let text = format!("combinators::gather({children})");
        let takes_errors = match by_name(arguments, "return_exceptions") {
            Some(Expr { kind: Kind::Constant(Constant::Bool(flag)), .. }) => *flag,
            Some(_) => return Err(at.wrong("only the run knows `return_exceptions`")),
            None => false,
        };
        if !takes_errors {
            return Ok(Code::new(format!("{text}.await?"), inner.list()));
        }
        let each = "into_iter().map(|it| it.map_err(Exception::from))";
        let text = format!("{text}.return_exceptions().await.{each}.collect::<Vec<_>>()");
        Ok(Code::new(text, Type::Fallible(inner).list()))
    }

    /// Returns children that are given one by one. They are of one type.
    fn children(&mut self, at: Place, children: &[&Expr]) -> Result<(String, Type)> {
        let codes = children.iter().map(|it| self.value(it)).collect::<Result<Vec<_>>>()?;
        let head = |code: &Code| code.text.split('(').next().unwrap_or_default().to_owned();
        let is_coro = |code: &Code| matches!(code.kind, Type::Coro(_));
        let alike = codes.windows(2).all(|two| head(&two[0]) == head(&two[1]));
        let all_tasks = codes.iter().all(|code| matches!(code.kind, Type::Task(_)));
        let kind = codes.iter().map(|code| code.kind.clone()).fold(Type::Unknown, Type::joined);
        if !alike && !all_tasks && codes.iter().all(is_coro) {
            let spawned: Vec<_> =
                codes.iter().map(|it| format!("executor::spawn({})", it.text)).collect();
            return Ok((format!("[{}]", spawned.join(", ")), kind));
        }
        if !alike && !all_tasks {
            return Err(at.wrong("coroutines and tasks are gathered together"));
        }
        let texts: Vec<_> = codes.into_iter().map(|code| code.text).collect();
        Ok((format!("[{}]", texts.join(", ")), kind))
    }

    /// Returns a wait, and the type of what its tasks return.
    fn waiting(&mut self, at: Place, arguments: &[Argument]) -> Result<(String, Type)> {
        let list = first(at, arguments)?;
        let tasks = match &list.kind {
            Kind::Name(name) if matches!(self.names.get(name), Some(Type::Pending(_))) => {
                self.seen(list)?
            }
            _ => self.value(list)?,
        };
        let Type::Task(inner) = tasks.kind.item() else {
            return Err(list.at.wrong("something else than tasks is waited for"));
        };
        let mut text = format!("combinators::wait({})", tasks.text);
        if let Some(condition) = by_name(arguments, "return_when") {
            if let Kind::Name(name) = &condition.kind {
                let place = self.define.parameters.iter().position(|(it, _)| it == name);
                let kind = Type::Condition(inner.clone());
                if let Some(place) = place {
                    self.note_parameter(&self.define.name.clone(), place, kind);
                }
            }
            let condition = self.seen(condition)?.text;
            text = format!("{text}.return_when({condition})");
        }
        if let Some(limit) = by_name(arguments, "timeout") {
            let limit = self.limit(limit)?;
            text = format!("{text}.timeout({limit})");
        }
        Ok((text + ".await", *inner))
    }

    /// Writes an assignment to several names: that of a wait.
    pub(crate) fn assign_several(&mut self, target: &Expr, value: &Expr) -> Result<()> {
        let wrong = || target.at.wrong("several names are assigned to");
        let (Kind::Tuple(names), Kind::Await(inner)) = (&target.kind, &value.kind) else {
            return Err(wrong());
        };
        let Kind::Call(callee, arguments) = &inner.kind else { return Err(wrong()) };
        let is_wait = matches!(&callee.kind, Kind::Attribute(_, name) if **name == *"wait");
        let [Expr { kind: Kind::Name(done), .. }, Expr { kind: Kind::Name(pending), .. }] =
            &names[..]
        else {
            return Err(wrong());
        };
        if !is_wait || self.names.contains_key(done) || self.names.contains_key(pending) {
            return Err(wrong());
        }
        let (text, kind) = self.waiting(inner.at, arguments)?;
        let field_as = |field: &str, name: &str| {
            if field == name { field.to_owned() } else { format!("{field}: {}", word(name)) }
        };
        let (one, other) = (field_as("done", done), field_as("pending", pending));
        self.line(&format!("let combinators::Waited {{ {one}, {other}, .. }} = {text};"));
        self.names.insert(done.clone(), kind.clone().task().list());
        self.names.insert(pending.clone(), Type::Pending(Box::new(kind)));
        Ok(())
    }

    fn wait_for(&mut self, at: Place, arguments: &[Argument]) -> Result<Code> {
        let given = by_place(arguments);
        let limit = given.get(1).copied().or_else(|| by_name(arguments, "timeout"));
        let (Some(child), Some(limit)) = (given.first(), limit) else {
            return Err(at.wrong("an argument is missing"));
        };
        let (child, limit) = (self.value(child)?, self.limit(limit)?);
        match child.kind {
            Type::Coro(inner) => {
                let text = format!("combinators::timeout({limit}, {}).await??", child.text);
                Ok(Code::new(text, *inner))
            }
            Type::Task(inner) => {
                let text = format!("combinators::wait_for({}, {limit}).await?", child.text);
                Ok(Code::new(text, *inner))
            }
            _ => Err(at.wrong("something else than a coroutine or a task is waited for")),
        }
    }

    fn shield(&mut self, child: &Expr) -> Result<Code> {
        let code = self.value(child)?;
        let (Type::Coro(inner) | Type::Task(inner)) = code.kind else {
            return Err(child.at.wrong("something else than a coroutine or a task is shielded"));
        };
        Ok(Code::new(format!("combinators::shield({}).await??", code.text), *inner))
    }
}

/// Returns a time in seconds as a duration.
fn duration(seconds: Code) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "times have whole milliseconds")]
    let millis = |seconds: f64| (seconds * 1000.0).round() as i64;
    match seconds.text.parse::<f64>() {
        Ok(constant) if millis(constant) % 1000 == 0 => {
            format!("Duration::from_secs({})", millis(constant) / 1000)
        }
        Ok(constant) => format!("Duration::from_millis({})", millis(constant)),
        Err(_) => format!("Duration::from_secs_f64({})", seconds.into_type(&Type::Float)),
    }
}
