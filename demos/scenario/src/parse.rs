//! Reads a scenario from its JSON.
//!
//! What makes no sense is refused here, so that a run need not look out for
//! it. A refusal says the place, the rule and the remedy. Keys that mean
//! nothing are ignored.

use std::error::Error;
use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value as Json};

use crate::errors;
use crate::json;
use crate::program::{
    Aw, Body, Catch, Constant, Deadline, Expr, Function, Name, Program, ReturnWhen, Step,
};

/// All that a step may be, as a refusal lists them.
const OPS: &str = "log, sleep, yield, return, raise, exit, spawn, future, set, fail, cancel, \
    uncancel, state, outcome, result, on_done, all_tasks, pause, await, wait, gather, shield, wait_for, \
    as_completed, timeout, reschedule, group, loop, try, reraise, keep, let, if, for, while, \
    leave, write, sleep_for or spawn_anew";

/// The reason for which a text is no scenario.
#[derive(Debug)]
pub(crate) struct ParseError(String);

type Result<T> = std::result::Result<T, ParseError>;

/// Reads a scenario.
///
/// # Errors
///
/// The error is a thing that is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Program> {
    let json = json::read(text).map_err(|error| not_json(&error))?;
    Node::top(&json).program()
}

fn not_json(error: &serde_json::Error) -> ParseError {
    let (line, column) = (error.line(), error.column());
    let error = error.to_string();
    let reason = error.rsplit_once(" at line ").map_or(&*error, |(reason, _)| reason);
    ParseError(format!("line {line}, column {column}: this can't be read: {reason}"))
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for ParseError {}

/// A value in the file, and where it stands.
#[derive(Default)]
struct Node<'a> {
    /// The place, as in `coros.main[3].body`; empty at the top.
    path: String,
    /// The value; `None` if there is no such key.
    value: Option<&'a Json>,
    /// The coroutines that there are.
    coros: Option<&'a Map<String, Json>>,
    mode: Mode,
    in_timeout: bool,
    in_catch: bool,
    in_finally: bool,
}

/// The state of the run while a step is taken.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    #[default]
    Usual,
    /// It is never idle, so that no time passes on its clock.
    Busy,
    /// It is between two runs of the loop.
    Paused,
}

/// The ways to other values.
impl<'a> Node<'a> {
    fn top(json: &'a Json) -> Self {
        let coros = json["coros"].as_object();
        let mode = if json["busy"] == true { Mode::Busy } else { Mode::Usual };
        Self { value: Some(json), coros, mode, ..Self::default() }
    }

    /// Returns the value of a key, which need not be there.
    fn key(&self, key: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{}", self.path, key.escape_debug());
        Self { path, value: self.value.and_then(|it| it.get(key)), ..*self }
    }

    /// Reads a value that may be missing or null.
    fn optional<T>(&self, read: impl Fn(&Self) -> Result<T>) -> Result<Option<T>> {
        if self.value.is_none_or(Json::is_null) { Ok(None) } else { read(self).map(Some) }
    }

    /// Reads a value that may be missing or null, and stands for the default then.
    fn or_default<T: Default>(&self, read: impl Fn(&Self) -> Result<T>) -> Result<T> {
        self.optional(read).map(Option::unwrap_or_default)
    }

    fn list<T>(&self, what: &str, read: impl Fn(&Self) -> Result<T>) -> Result<Rc<[T]>> {
        let list = self.expect(what, Json::as_array)?.iter().enumerate();
        let node = |(i, it)| Self { path: format!("{}[{i}]", self.path), value: Some(it), ..*self };
        list.map(|item| read(&node(item))).collect()
    }

    fn object(&self, what: &str) -> Result<&'a Map<String, Json>> {
        self.expect(what, Json::as_object)
    }

    /// Returns the value as what it has to be.
    fn expect<T>(&self, what: &str, cast: impl Fn(&'a Json) -> Option<T>) -> Result<T> {
        self.value.and_then(cast).ok_or_else(|| self.not(what))
    }

    fn not(&self, what: &str) -> ParseError {
        let found = match self.value {
            None => "missing",
            Some(Json::String(_)) => "a string",
            Some(Json::Array(_)) => "a list",
            Some(Json::Object(_)) => "an object",
            Some(simple) => &simple.to_string(),
        };
        self.wrong(format!("this is {found}; give {what}"))
    }

    fn wrong(&self, reason: impl fmt::Display) -> ParseError {
        let colon = if self.path.is_empty() { "" } else { ": " };
        ParseError(format!("{}{colon}{reason}", self.path))
    }
}

/// The kinds of values.
impl<'a> Node<'a> {
    fn str(&self) -> Result<&'a str> {
        self.expect("a string", Json::as_str)
    }

    fn name(&self, key: &str) -> Result<Name> {
        self.key(key).str().map(Name::from)
    }

    fn name_if_any(&self, key: &str) -> Result<Option<Name>> {
        Ok(self.key(key).optional(Self::str)?.map(Name::from))
    }

    fn names(&self, key: &str) -> Result<Rc<[Name]>> {
        self.key(key).list("a list of handles", |it| it.str().map(Name::from))
    }

    fn int(&self) -> Result<i64> {
        self.expect("an integer", Json::as_i64)
    }

    /// A time or a span of time.
    fn ms(&self) -> Result<i64> {
        let ms = self.int()?;
        if self.mode == Mode::Busy && ms > 0 {
            return Err(self.wrong("no time passes in a busy run; give 0, or take \"busy\" away"));
        }
        Ok(ms)
    }

    fn ms_if_any(&self, key: &str) -> Result<Option<i64>> {
        self.key(key).optional(Self::ms)
    }

    /// Such a time or null, but one of them.
    fn ms_or_null(&self) -> Result<Option<i64>> {
        match self.value {
            Some(Json::Null) => Ok(None),
            _ if self.value.is_some_and(Json::is_i64) => self.ms().map(Some),
            _ => Err(self.not("an integer or null")),
        }
    }

    fn count(&self) -> Result<u64> {
        self.expect("an integer from 0 up", Json::as_u64)
    }

    fn flag(&self) -> Result<bool> {
        self.expect("true or false", Json::as_bool)
    }

    /// The name of a coroutine that there is.
    fn coro(&self) -> Result<Name> {
        let name = self.str()?;
        if self.coros.is_some_and(|coros| coros.contains_key(name)) {
            return Ok(name.into());
        }
        Err(self.wrong(format!("there is no coroutine {name:?}; give one of those in coros")))
    }

    fn aw(&self) -> Result<Aw> {
        match self.value {
            Some(Json::String(handle)) => Ok(Aw::Handle(handle.as_str().into())),
            Some(Json::Object(_)) => {
                Ok(Aw::Coro { coro: self.key("coro").coro()?, label: self.name_if_any("as")? })
            }
            _ => Err(self.not("a handle, or an object with \"coro\"")),
        }
    }

    fn aws(&self) -> Result<Rc<[Aw]>> {
        self.list("a list of handles and objects with \"coro\"", Self::aw)
    }

    fn return_when(&self) -> Result<ReturnWhen> {
        match self.str()? {
            "ALL_COMPLETED" => Ok(ReturnWhen::AllCompleted),
            "FIRST_COMPLETED" => Ok(ReturnWhen::FirstCompleted),
            "FIRST_EXCEPTION" => Ok(ReturnWhen::FirstException),
            other => Err(self.wrong(format!(
                "there is no condition {other:?}; \
                give ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION"
            ))),
        }
    }

    /// Bodies by what they catch.
    fn handlers(&self) -> Result<Rc<[(Catch, Body)]>> {
        let kinds = self.object("an object of lists of steps")?.keys();
        kinds.map(|kind| Ok((self.key(kind).catch(kind)?, self.key(kind).body()?))).collect()
    }

    fn catch(&self, kind: &str) -> Result<Catch> {
        match kind {
            "cancelled" => Ok(Catch::Cancelled),
            "timeout" => Ok(Catch::Timeout),
            "group" => Ok(Catch::Group),
            "error" => Ok(Catch::Error),
            "any" => Ok(Catch::Any),
            class if errors::exists(class) => Ok(Catch::Named(class.into())),
            _ => Err(self.wrong(format!(
                "there is no kind of error {kind:?}; give cancelled, timeout, group, error or any"
            ))),
        }
    }

    /// A text, or an expression that becomes one.
    fn text(&self) -> Result<Expr> {
        if self.value.is_some_and(Json::is_object) { self.expr() } else { Ok(self.str()?.into()) }
    }

    /// An expression. A missing one is null.
    fn expr(&self) -> Result<Expr> {
        let constant = match self.value {
            None | Some(Json::Null) => Constant::None,
            Some(Json::Bool(truth)) => Constant::Bool(*truth),
            Some(Json::String(text)) => Constant::Text(text.as_str().into()),
            Some(Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Constant::Int(number),
                (_, Some(number)) => Constant::Float(number),
                _ => return Err(self.not("a number of 64 bits")),
            },
            Some(Json::Object(keys)) if keys.contains_key("call") => return self.call(),
            Some(Json::Object(_)) => return Ok(Expr::Name(self.name("name")?)),
            Some(Json::Array(_)) => {
                return Err(self.not("a value, or an object with \"name\" or \"call\""));
            }
        };
        Ok(constant.into())
    }

    fn call(&self) -> Result<Expr> {
        let call = self.key("call");
        let function = Function::named(call.str()?)
            .ok_or_else(|| call.wrong("there is no such function; give one that is listed"))?;
        let of = self.key("of").list("a list of expressions", Self::expr)?;
        let (least, most) = function.arguments();
        if !(least..=most).contains(&of.len()) {
            return Err(self.key("of").wrong(format!(
                "this function takes {least} values at least; give no more than {most}"
            )));
        }
        if function == Function::Caught && !self.in_catch {
            return Err(self.wrong("there is no error that was caught; put it into a catch body"));
        }
        Ok(Expr::Call(function, of))
    }

    fn body(&self) -> Result<Body> {
        self.list("a list of steps", Self::step)
    }
}

/// The program, and its steps.
impl Node<'_> {
    fn program(&self) -> Result<Program> {
        self.object("an object with \"coros\"")?;
        let coros = self.key("coros");
        let names = coros.object("an object of lists of steps")?.keys();
        let bodies = names.map(|it| Ok((it.as_str().into(), coros.key(it).body()?)));
        Ok(Program {
            coros: bodies.collect::<Result<_>>()?,
            main: self.main()?,
            name: self.name_if_any("name")?,
            busy: self.key("busy").or_default(Self::flag)?,
            most_steps: self.key("most_steps").optional(Self::count)?,
            from_python: self.key("from_python").or_default(Self::flag)?,
            source: None,
        })
    }

    fn main(&self) -> Result<Name> {
        let (given, usual) = (self.key("main"), self.key("coros").key("main"));
        match given.optional(Self::coro)? {
            Some(main) => Ok(main),
            None if usual.value.is_some() => Ok("main".into()),
            None => Err(usual.not("it, or another coroutine as \"main\" of the file")),
        }
    }

    fn step(&self) -> Result<Step> {
        let step = self.any_step()?;
        if self.mode == Mode::Paused && !step.needs_no_task() {
            return Err(self.wrong(
                "no task runs in a pause; give steps that need none, and spawn into no group",
            ));
        }
        Ok(step)
    }

    fn any_step(&self) -> Result<Step> {
        self.object("a step, which is an object with \"op\"")?;
        match self.key("op").expect(OPS, Json::as_str)? {
            "log" => Ok(Step::Log { text: self.key("text").text()? }),
            "sleep" => Ok(Step::Sleep { ms: self.key("ms").ms()? }),
            "yield" => Ok(Step::Yield),
            "return" if self.in_finally => {
                Err(self.wrong("a finally body has no return; put it behind the try"))
            }
            "return" => Ok(Step::Return { value: self.key("value").expr()? }),
            "raise" => Ok(Step::Raise { error: self.key("error").text()? }),
            "exit" => Ok(Step::Exit),
            "keep" => Ok(Step::Keep { name: self.name("as")? }),
            "write" => Ok(Step::Write { text: self.key("text").text()? }),
            "sleep_for" => Ok(Step::SleepFor { time: self.key("time").expr()? }),
            "spawn_anew" => self.spawn_anew(),
            "leave" => Ok(Step::Leave { loops: self.key("loops").count()? }),
            "let" => Ok(Step::Let { name: self.name("as")?, value: self.key("value").expr()? }),
            op => self.handling(op),
        }
    }

    /// Steps that make handles, and that do something with them at once.
    fn handling(&self, op: &str) -> Result<Step> {
        match op {
            "spawn" => self.spawn(),
            "future" => Ok(Step::Future { handle: self.name("as")? }),
            "set" => {
                let value = self.key("value").expr()?;
                Ok(Step::Set { future: self.name("future")?, value })
            }
            "fail" => Ok(Step::Fail { future: self.name("future")?, error: self.name("error")? }),
            "cancel" => Ok(Step::Cancel { task: self.name("task")? }),
            "uncancel" => Ok(Step::Uncancel {
                task: self.name_if_any("task")?.unwrap_or_else(|| "self".into()),
            }),
            "state" => Ok(Step::State { task: self.name("task")? }),
            "outcome" => Ok(Step::Outcome { tasks: self.names("tasks")? }),
            "result" => Ok(Step::Result { task: self.name("task")? }),
            "on_done" => Ok(Step::OnDone { task: self.name("task")?, text: self.name("text")? }),
            "all_tasks" => Ok(Step::AllTasks),
            "pause" => self.pause(),
            op => self.waiting(op),
        }
    }

    fn spawn(&self) -> Result<Step> {
        let coro = self.key("coro").coro()?;
        let handle = self.name_if_any("as")?.unwrap_or_else(|| Rc::clone(&coro));
        Ok(Step::Spawn { coro, handle, group: self.name_if_any("in")? })
    }

    fn spawn_anew(&self) -> Result<Step> {
        Ok(Step::SpawnAnew {
            coro: self.key("coro").coro()?,
            handle: self.name("as")?,
            group: self.name_if_any("in")?,
            given: self.key("given").list("a list of names", |it| it.str().map(Name::from))?,
        })
    }

    fn pause(&self) -> Result<Step> {
        if self.mode == Mode::Busy {
            return Err(self.wrong("a busy run has no pause; take \"busy\" away"));
        }
        Ok(Step::Pause { body: Self { mode: Mode::Paused, ..self.key("body") }.body()? })
    }

    /// Steps that wait for others to end.
    fn waiting(&self, op: &str) -> Result<Step> {
        match op {
            "await" => Ok(Step::Await { task: self.name("task")? }),
            "wait" => Ok(Step::Wait {
                tasks: self.names("tasks")?,
                return_when: self.key("return_when").or_default(Self::return_when)?,
                timeout: self.ms_if_any("timeout")?,
            }),
            "gather" => Ok(Step::Gather {
                aws: self.key("aws").aws()?,
                return_exceptions: self.key("return_exceptions").or_default(Self::flag)?,
                handle: self.name_if_any("as")?,
            }),
            "shield" => {
                Ok(Step::Shield { aw: self.key("aw").aw()?, handle: self.name_if_any("as")? })
            }
            "wait_for" => {
                Ok(Step::WaitFor { aw: self.key("aw").aw()?, timeout: self.ms_if_any("timeout")? })
            }
            "as_completed" => Ok(Step::AsCompleted {
                aws: self.key("aws").aws()?,
                timeout: self.ms_if_any("timeout")?,
                limit: self.key("limit").optional(Self::count)?,
            }),
            op => self.block(op),
        }
    }

    /// Steps with other steps in them, and those that stand only there.
    fn block(&self, op: &str) -> Result<Step> {
        let body = self.key("body");
        match op {
            "timeout" => Ok(Step::Timeout {
                deadline: self.deadline()?,
                body: Self { in_timeout: true, ..body }.body()?,
            }),
            "reschedule" if !self.in_timeout => {
                Err(self.wrong("there is no timeout to reschedule; put it into a timeout block"))
            }
            "reschedule" => Ok(Step::Reschedule { ms: self.key("ms").ms_or_null()? }),
            "group" => Ok(Step::Group { name: self.name("as")?, body: body.body()? }),
            "loop" => Ok(Step::Loop { n: self.key("n").count()?, body: body.body()? }),
            "try" => Ok(Step::Try {
                body: body.body()?,
                catch: Self { in_catch: true, ..self.key("catch") }.or_default(Self::handlers)?,
                finally: Self { in_finally: true, ..self.key("finally") }.optional(Self::body)?,
            }),
            "if" => Ok(Step::If {
                test: self.key("test").expr()?,
                body: body.body()?,
                otherwise: self.key("else").optional(Self::body)?.unwrap_or_default(),
            }),
            "for" => Ok(Step::For {
                name: self.name("as")?,
                items: self.key("items").expr()?,
                body: body.body()?,
            }),
            "while" => Ok(Step::While { test: self.key("test").expr()?, body: body.body()? }),
            "reraise" if self.in_catch => Ok(Step::Reraise),
            "reraise" => Err(self.wrong("there is no error to reraise; put it into a catch body")),
            _ => Err(self.key("op").wrong(format!("there is no op {op:?}; give {OPS}"))),
        }
    }

    fn deadline(&self) -> Result<Option<Deadline>> {
        let (ms, at) = (self.key("ms"), self.key("at"));
        match (ms.value, at.value) {
            (Some(_), None) => Ok(ms.ms_or_null()?.map(Deadline::After)),
            (None, Some(_)) => Ok(at.ms_or_null()?.map(Deadline::At)),
            _ => Err(self.wrong("a timeout has either \"ms\" or \"at\"; give one of them")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a file whose coroutine `main` has these steps. There is also `c`.
    fn file(steps: &str) -> String {
        format!(r#"{{"coros": {{"main": [{steps}], "c": []}}}}"#)
    }

    /// Returns the one step of `main`.
    fn step(json: &str) -> Step {
        let program = parse(&file(json)).unwrap_or_else(|error| panic!("{json}: {error}"));
        program.coros["main"][0].clone()
    }

    fn refusal(text: &str) -> String {
        parse(text).expect_err(text).to_string()
    }

    /// Returns the refusal of the one step of `main`, without its place.
    fn refused(json: &str) -> String {
        let refusal = refusal(&file(json));
        refusal.strip_prefix("coros.main[0]").expect("the step is at fault").to_string()
    }

    fn body(steps: impl Into<Vec<Step>>) -> Body {
        steps.into().into()
    }

    fn handles<const N: usize>(names: [&str; N]) -> Rc<[Name]> {
        names.into_iter().map(Name::from).collect()
    }

    fn made(label: Option<&str>) -> Aw {
        Aw::Coro { coro: "c".into(), label: label.map(Name::from) }
    }

    /// The page has a row for each step, in the order in which errors list them.
    #[test]
    fn the_page_of_the_language_lists_the_steps() {
        let rows = include_str!("language.md").lines().filter_map(|it| it.strip_prefix("| `"));
        let listed: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
        assert_eq!(listed.join(" "), OPS.replace(',', "").replace(" or ", " "));
    }

    #[test]
    fn a_file_has_coroutines() {
        let program = parse(r#"{"coros": {"main": [], "c": [{"op": "yield"}]}}"#).unwrap();
        assert_eq!(program.name, None);
        assert_eq!(&*program.main, "main");
        assert_eq!(program.coros["main"], body([]));
        assert_eq!(program.coros["c"], body([Step::Yield]));
    }

    #[test]
    fn a_file_may_have_a_name_and_another_main() {
        let program = parse(r#"{"name": "n", "main": "c", "coros": {"c": []}}"#).unwrap();
        assert_eq!(program.name.as_deref(), Some("n"));
        assert_eq!(&*program.main, "c");
    }

    #[test]
    fn unknown_keys_are_ignored() {
        let text = r#"{"meta": {"x": [1.5, -1, true, null]}, "coros": {"main": []}, "facts": 7}"#;
        assert!(parse(text).is_ok());
        assert_eq!(step(r#"{"op": "exit", "note": "why"}"#), Step::Exit);
    }

    #[test]
    fn text_may_have_escapes() {
        let text = "a\"\\\n\u{e9}";
        assert_eq!(
            step(r#"{"op": "log", "text": "a\"\\\n\u00e9"}"#),
            Step::Log { text: text.into() }
        );
    }

    #[test]
    fn steps_of_the_coroutine_itself() {
        assert_eq!(step(r#"{"op": "sleep", "ms": -1}"#), Step::Sleep { ms: -1 });
        assert_eq!(step(r#"{"op": "yield"}"#), Step::Yield);
        assert_eq!(step(r#"{"op": "return", "value": 7}"#), Step::Return { value: Some(7).into() });
        assert_eq!(step(r#"{"op": "return", "value": null}"#), Step::Return { value: None.into() });
        assert_eq!(step(r#"{"op": "return"}"#), Step::Return { value: None.into() });
        assert_eq!(step(r#"{"op": "raise", "error": "E"}"#), Step::Raise { error: "E".into() });
        assert_eq!(step(r#"{"op": "exit"}"#), Step::Exit);
    }

    #[test]
    fn steps_with_handles() {
        let (f, t): (Name, Name) = ("f".into(), "t".into());
        assert_eq!(step(r#"{"op": "future", "as": "f"}"#), Step::Future { handle: f.clone() });
        assert_eq!(
            step(r#"{"op": "set", "future": "f", "value": 7}"#),
            Step::Set { future: f.clone(), value: Some(7).into() }
        );
        assert_eq!(
            step(r#"{"op": "fail", "future": "f", "error": "E"}"#),
            Step::Fail { future: f, error: "E".into() }
        );
        assert_eq!(step(r#"{"op": "cancel", "task": "t"}"#), Step::Cancel { task: t.clone() });
        assert_eq!(step(r#"{"op": "uncancel", "task": "t"}"#), Step::Uncancel { task: t.clone() });
        assert_eq!(step(r#"{"op": "uncancel"}"#), Step::Uncancel { task: "self".into() });
        assert_eq!(step(r#"{"op": "state", "task": "t"}"#), Step::State { task: t.clone() });
        assert_eq!(step(r#"{"op": "result", "task": "t"}"#), Step::Result { task: t.clone() });
        assert_eq!(
            step(r#"{"op": "on_done", "task": "t", "text": "x"}"#),
            Step::OnDone { task: t, text: "x".into() }
        );
        assert_eq!(
            step(r#"{"op": "outcome", "tasks": ["t", "u"]}"#),
            Step::Outcome { tasks: handles(["t", "u"]) }
        );
        assert_eq!(step(r#"{"op": "all_tasks"}"#), Step::AllTasks);
        assert_eq!(
            step(r#"{"op": "pause", "body": [{"op": "all_tasks"}]}"#),
            Step::Pause { body: body([Step::AllTasks]) }
        );
    }

    #[test]
    fn a_spawned_task_has_a_handle_and_perhaps_a_group() {
        assert_eq!(
            step(r#"{"op": "spawn", "coro": "c", "as": "t", "in": "g"}"#),
            Step::Spawn { coro: "c".into(), handle: "t".into(), group: Some("g".into()) }
        );
        assert_eq!(
            step(r#"{"op": "spawn", "coro": "c"}"#),
            Step::Spawn { coro: "c".into(), handle: "c".into(), group: None }
        );
    }

    #[test]
    fn steps_that_await_one() {
        assert_eq!(step(r#"{"op": "await", "task": "t"}"#), Step::Await { task: "t".into() });
        assert_eq!(
            step(r#"{"op": "shield", "aw": "t", "as": "s"}"#),
            Step::Shield { aw: Aw::Handle("t".into()), handle: Some("s".into()) }
        );
        assert_eq!(
            step(r#"{"op": "shield", "aw": {"coro": "c"}}"#),
            Step::Shield { aw: made(None), handle: None }
        );
        assert_eq!(
            step(r#"{"op": "wait_for", "aw": {"coro": "c", "as": "t"}, "timeout": 5}"#),
            Step::WaitFor { aw: made(Some("t")), timeout: Some(5) }
        );
        for none in ["", r#", "timeout": null"#] {
            assert_eq!(
                step(&format!(r#"{{"op": "wait_for", "aw": "t"{none}}}"#)),
                Step::WaitFor { aw: Aw::Handle("t".into()), timeout: None }
            );
        }
    }

    #[test]
    fn wait_has_a_condition() {
        let wait =
            |return_when, timeout| Step::Wait { tasks: handles(["t"]), return_when, timeout };
        let given = |rest: &str| step(&format!(r#"{{"op": "wait", "tasks": ["t"]{rest}}}"#));
        let all = r#", "return_when": "ALL_COMPLETED", "timeout": null"#;
        let completed = r#", "return_when": "FIRST_COMPLETED", "timeout": 0"#;
        let exception = r#", "return_when": "FIRST_EXCEPTION", "timeout": -1"#;
        assert_eq!(given(""), wait(ReturnWhen::AllCompleted, None));
        assert_eq!(given(all), wait(ReturnWhen::AllCompleted, None));
        assert_eq!(given(completed), wait(ReturnWhen::FirstCompleted, Some(0)));
        assert_eq!(given(exception), wait(ReturnWhen::FirstException, Some(-1)));
    }

    #[test]
    fn steps_that_await_many() {
        let aws: Rc<[Aw]> = [Aw::Handle("t".into()), made(None)].into();
        assert_eq!(
            step(r#"{"op": "gather", "aws": ["t", {"coro": "c"}]}"#),
            Step::Gather { aws: Rc::clone(&aws), return_exceptions: false, handle: None }
        );
        assert_eq!(
            step(r#"{"op": "gather", "aws": [], "return_exceptions": true, "as": "g"}"#),
            Step::Gather { aws: [].into(), return_exceptions: true, handle: Some("g".into()) }
        );
        assert_eq!(
            step(r#"{"op": "as_completed", "aws": ["t", {"coro": "c"}]}"#),
            Step::AsCompleted { aws, timeout: None, limit: None }
        );
        assert_eq!(
            step(r#"{"op": "as_completed", "aws": [], "timeout": 5, "limit": 0}"#),
            Step::AsCompleted { aws: [].into(), timeout: Some(5), limit: Some(0) }
        );
    }

    #[test]
    fn a_timeout_has_a_deadline() {
        let timeout = |deadline| Step::Timeout { deadline, body: body([]) };
        let given = |key: &str| step(&format!(r#"{{"op": "timeout", {key}, "body": []}}"#));
        assert_eq!(given(r#""ms": 5"#), timeout(Some(Deadline::After(5))));
        assert_eq!(given(r#""at": 5"#), timeout(Some(Deadline::At(5))));
        assert_eq!(given(r#""ms": null"#), timeout(None));
        assert_eq!(given(r#""at": null"#), timeout(None));
    }

    #[test]
    fn reschedule_stands_anywhere_in_a_timeout() {
        let rescheduled = |ms: &str| {
            step(&format!(
                r#"{{"op": "timeout", "ms": 1, "body": [
                    {{"op": "loop", "n": 1, "body": [{{"op": "reschedule", "ms": {ms}}}]}}]}}"#
            ))
        };
        let timeout = |ms| {
            let body = body([Step::Loop { n: 1, body: body([Step::Reschedule { ms }]) }]);
            Step::Timeout { deadline: Some(Deadline::After(1)), body }
        };
        assert_eq!(rescheduled("5"), timeout(Some(5)));
        assert_eq!(rescheduled("null"), timeout(None));
    }

    #[test]
    fn blocks_have_bodies() {
        assert_eq!(
            step(r#"{"op": "group", "as": "g", "body": [{"op": "yield"}]}"#),
            Step::Group { name: "g".into(), body: body([Step::Yield]) }
        );
        assert_eq!(
            step(r#"{"op": "loop", "n": 0, "body": [{"op": "yield"}, {"op": "exit"}]}"#),
            Step::Loop { n: 0, body: body([Step::Yield, Step::Exit]) }
        );
    }

    #[test]
    fn a_try_may_catch_and_clean_up() {
        assert_eq!(
            step(r#"{"op": "try", "body": []}"#),
            Step::Try { body: body([]), catch: [].into(), finally: None }
        );
        assert_eq!(
            step(r#"{"op": "try", "body": [], "finally": [{"op": "yield"}]}"#),
            Step::Try { body: body([]), catch: [].into(), finally: Some(body([Step::Yield])) }
        );
    }

    #[test]
    fn a_handler_is_of_a_kind_and_may_reraise() {
        let kinds = [
            ("cancelled", Catch::Cancelled),
            ("timeout", Catch::Timeout),
            ("group", Catch::Group),
            ("error", Catch::Error),
            ("any", Catch::Any),
        ];
        for (name, kind) in kinds {
            let json = format!(
                r#"{{"op": "try", "body": [], "catch": {{"{name}": [{{"op": "reraise"}}]}}}}"#
            );
            let catch = [(kind, body([Step::Reraise]))].into();
            assert_eq!(step(&json), Step::Try { body: body([]), catch, finally: None });
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_line_and_column() {
        assert_eq!(refusal(""), "line 1, column 0: this can't be read: EOF while parsing a value");
        assert_eq!(
            refusal("{\n  \"coros\": {,\n"),
            "line 2, column 13: this can't be read: key must be a string"
        );
        assert_eq!(
            refusal("{\"coros\": {}} {"),
            "line 1, column 15: this can't be read: trailing characters"
        );
    }

    #[test]
    fn a_key_that_is_given_twice_is_refused() {
        assert_eq!(
            refusal(&file(r#"{"op": "sleep", "ms": 1, "ms": 2}"#)),
            "line 1, column 49: this can't be read: the key \"ms\" is given twice; \
            keep one of them"
        );
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let nested = |blocks| {
            let open = r#"{"op": "loop", "n": 1, "body": ["#.repeat(blocks);
            file(&format!("{open}{}", "]}".repeat(blocks)))
        };
        assert!(parse(&nested(58)).is_ok());
        assert!(parse(&nested(59)).is_err());
        assert_eq!(
            refusal(&nested(100_000)),
            "line 1, column 1908: this can't be read: lists and objects stand more than 120 \
            deep in each other; move inner steps into a coroutine of their own"
        );
    }

    #[test]
    fn a_file_is_an_object_with_coroutines() {
        assert_eq!(refusal("[]"), "this is a list; give an object with \"coros\"");
        assert_eq!(refusal("{}"), "coros: this is missing; give an object of lists of steps");
        assert_eq!(
            refusal(r#"{"coros": []}"#),
            "coros: this is a list; give an object of lists of steps"
        );
        assert_eq!(
            refusal(r#"{"coros": {"main": {}}}"#),
            "coros.main: this is an object; give a list of steps"
        );
    }

    #[test]
    fn the_main_coroutine_is_there() {
        let missing = "coros.main: this is missing; give it, or another coroutine as \"main\" of \
            the file";
        assert_eq!(refusal(r#"{"coros": {}}"#), missing);
        assert_eq!(refusal(r#"{"coros": {"c": []}}"#), missing);
        assert_eq!(
            refusal(r#"{"main": "go", "coros": {"main": []}}"#),
            "main: there is no coroutine \"go\"; give one of those in coros"
        );
    }

    #[test]
    fn a_step_has_an_op_that_there_is() {
        let ops = "give log, sleep, yield, return, raise, exit, spawn, future, set, fail, cancel, \
            uncancel, state, outcome, result, on_done, all_tasks, pause, await, wait, gather, \
            shield, wait_for, as_completed, timeout, reschedule, group, loop, try, reraise, keep, \
            let, if, for, while, leave, write, sleep_for or spawn_anew";
        assert_eq!(refused("5"), ": this is 5; give a step, which is an object with \"op\"");
        assert_eq!(refused("{}"), format!(".op: this is missing; {ops}"));
        assert_eq!(refused(r#"{"op": null}"#), format!(".op: this is null; {ops}"));
        assert_eq!(refused(r#"{"op": "slep"}"#), format!(".op: there is no op \"slep\"; {ops}"));
    }

    #[test]
    fn a_key_that_is_needed_is_there() {
        assert_eq!(refused(r#"{"op": "log"}"#), ".text: this is missing; give a string");
        assert_eq!(refused(r#"{"op": "sleep"}"#), ".ms: this is missing; give an integer");
        assert_eq!(refused(r#"{"op": "wait"}"#), ".tasks: this is missing; give a list of handles");
        assert_eq!(
            refused(r#"{"op": "gather"}"#),
            ".aws: this is missing; give a list of handles and objects with \"coro\""
        );
        assert_eq!(
            refused(r#"{"op": "shield"}"#),
            ".aw: this is missing; give a handle, or an object with \"coro\""
        );
        assert_eq!(
            refused(r#"{"op": "group", "as": "g"}"#),
            ".body: this is missing; give a list of steps"
        );
        assert_eq!(
            refused(r#"{"op": "timeout", "ms": 1, "body": [{"op": "reschedule"}]}"#),
            ".body[0].ms: this is missing; give an integer or null"
        );
    }

    #[test]
    fn a_value_is_of_the_right_type() {
        assert_eq!(
            refused(r#"{"op": "sleep", "ms": "1"}"#),
            ".ms: this is a string; give an integer"
        );
        assert_eq!(refused(r#"{"op": "sleep", "ms": 1.5}"#), ".ms: this is 1.5; give an integer");
        assert_eq!(refused(r#"{"op": "log", "text": null}"#), ".text: this is null; give a string");
        assert_eq!(
            refused(r#"{"op": "spawn", "coro": "c", "as": 1}"#),
            ".as: this is 1; give a string"
        );
        assert_eq!(
            refused(r#"{"op": "outcome", "tasks": ["t", []]}"#),
            ".tasks[1]: this is a list; give a string"
        );
        assert_eq!(
            refused(r#"{"op": "gather", "aws": [], "return_exceptions": 1}"#),
            ".return_exceptions: this is 1; give true or false"
        );
        assert_eq!(
            refused(r#"{"op": "as_completed", "aws": ["t", true]}"#),
            ".aws[1]: this is true; give a handle, or an object with \"coro\""
        );
        assert_eq!(
            refused(r#"{"op": "try", "body": [], "catch": []}"#),
            ".catch: this is a list; give an object of lists of steps"
        );
    }

    #[test]
    fn a_count_is_not_negative() {
        assert_eq!(
            refused(r#"{"op": "loop", "n": -1, "body": []}"#),
            ".n: this is -1; give an integer from 0 up"
        );
        assert_eq!(
            refused(r#"{"op": "as_completed", "aws": [], "limit": -1}"#),
            ".limit: this is -1; give an integer from 0 up"
        );
    }

    #[test]
    fn a_coroutine_that_is_named_is_there() {
        assert_eq!(
            refused(r#"{"op": "spawn", "coro": "d"}"#),
            ".coro: there is no coroutine \"d\"; give one of those in coros"
        );
        assert_eq!(
            refused(r#"{"op": "gather", "aws": ["d", {"coro": "d"}]}"#),
            ".aws[1].coro: there is no coroutine \"d\"; give one of those in coros"
        );
    }

    #[test]
    fn a_condition_is_one_of_three() {
        assert_eq!(
            refused(r#"{"op": "wait", "tasks": [], "return_when": "FIRST"}"#),
            ".return_when: there is no condition \"FIRST\"; \
            give ALL_COMPLETED, FIRST_COMPLETED or FIRST_EXCEPTION"
        );
    }

    #[test]
    fn a_handler_is_of_one_of_five_kinds() {
        assert_eq!(
            refused(r#"{"op": "try", "body": [], "catch": {"all": []}}"#),
            ".catch.all: there is no kind of error \"all\"; \
            give cancelled, timeout, group, error or any"
        );
    }

    #[test]
    fn a_timeout_has_one_deadline() {
        let rule = ": a timeout has either \"ms\" or \"at\"; give one of them";
        assert_eq!(refused(r#"{"op": "timeout", "body": []}"#), rule);
        assert_eq!(refused(r#"{"op": "timeout", "ms": 1, "at": null, "body": []}"#), rule);
    }

    #[test]
    fn a_pause_has_only_steps_that_need_no_task() {
        let rule = "no task runs in a pause; give steps that need none, and spawn into no group";
        for inner in [r#""op": "yield""#, r#""op": "pause", "body": []"#] {
            let pause = format!(r#"{{"op": "pause", "body": [{{{inner}}}]}}"#);
            assert_eq!(refused(&pause), format!(".body[0]: {rule}"));
        }
        let spawn = r#"{"op": "pause", "body": [{"op": "spawn", "coro": "c", "in": "g"}]}"#;
        assert_eq!(refused(spawn), format!(".body[0]: {rule}"));
    }

    #[test]
    fn in_a_busy_run_no_time_passes() {
        let busy = |step: &str| file(step).replacen('{', r#"{"busy": true, "#, 1);
        let rule = "no time passes in a busy run; give 0, or take \"busy\" away";
        for (op, key) in [("sleep", "ms"), ("wait", "timeout"), ("timeout", "at")] {
            let step = |ms| format!(r#"{{"op": "{op}", "{key}": {ms}, "tasks": [], "body": []}}"#);
            assert!(parse(&busy(&step(0))).is_ok());
            assert_eq!(refusal(&busy(&step(1))), format!("coros.main[0].{key}: {rule}"));
        }
        assert_eq!(
            refusal(&busy(r#"{"op": "pause", "body": []}"#)),
            "coros.main[0]: a busy run has no pause; take \"busy\" away"
        );
    }

    #[test]
    fn reschedule_needs_a_timeout_around_it() {
        assert_eq!(
            refused(r#"{"op": "reschedule", "ms": 1}"#),
            ": there is no timeout to reschedule; put it into a timeout block"
        );
    }

    #[test]
    fn reraise_needs_a_handler_around_it() {
        let rule = "there is no error to reraise; put it into a catch body";
        assert_eq!(refused(r#"{"op": "reraise"}"#), format!(": {rule}"));
        assert_eq!(
            refused(
                r#"{"op": "try", "body": [], "catch": {"any": []}, "finally": [{"op": "reraise"}]}"#
            ),
            format!(".finally[0]: {rule}")
        );
    }

    #[test]
    fn a_finally_body_does_not_return() {
        let rule = "a finally body has no return; put it behind the try";
        assert_eq!(
            refused(r#"{"op": "try", "body": [], "finally": [{"op": "return"}]}"#),
            format!(".finally[0]: {rule}")
        );
        assert_eq!(
            refused(
                r#"{"op": "try", "body": [], "finally": [
                    {"op": "loop", "n": 1, "body": [{"op": "yield"}, {"op": "return"}]}]}"#
            ),
            format!(".finally[0].body[1]: {rule}")
        );
    }
}
