//! Writes a scenario as lines that look like Python's, for whoever reads its recording.
//!
//! The steps get the places of their lines. Most lines are those of the table in
//! [`language`](crate::language); where Python has no words for a step, a function stands for it.

use std::rc::Rc;

use serde_json::Value as Json;

use crate::program::{
    Aw, Body, Catch, Constant, Deadline, Expr, Function, Millis, Name, Place, Program, ReturnWhen,
    Source, Step,
};

/// The lines that a step is written as.
enum Lines {
    One(String),
    /// The heads of blocks, and the steps in each.
    Blocks(Vec<(String, Body)>),
}

/// Writes a scenario, and returns it with the places of its steps in what was written.
pub(crate) fn listed(file: &str, mut program: Program) -> Program {
    let mut list = List { lines: Vec::new(), depth: 0 };
    let mut names: Vec<Name> = program.coros.keys().cloned().collect();
    names.sort_by_key(|name| *name != program.main);
    for name in names {
        let body = list.block(&format!("async def {name}():"), &program.coros[&name]);
        program.coros.insert(name, body);
        list.lines.extend([String::new(), String::new()]);
    }
    let begins = list.line(&format!("asyncio.run({}())", program.main));
    let text = list.lines.join("\n") + "\n";
    program.source = Some(Source { file: file.into(), text: text.into(), begins });
    program
}

/// The lines so far.
struct List {
    lines: Vec<String>,
    /// The number of blocks around the next line.
    depth: usize,
}

impl List {
    fn line(&mut self, text: &str) -> Place {
        let indent = 4 * self.depth;
        self.lines.push(format!("{:indent$}{text}", ""));
        Place { line: self.lines.len(), column: indent + 1 }
    }

    fn block(&mut self, head: &str, steps: &[Step]) -> Body {
        self.line(head);
        self.depth += 1;
        if steps.is_empty() {
            self.line("pass");
        }
        let mut placed = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            self.step(step, steps.get(place + 1), &mut placed);
        }
        self.depth -= 1;
        placed.into()
    }

    /// Writes a step. The one after it may keep its value: that is written on the same line.
    fn step(&mut self, step: &Step, next: Option<&Step>, placed: &mut Vec<Step>) {
        let kept = match next {
            Some(Step::Keep { name }) => format!("{name} = "),
            _ => String::new(),
        };
        match lines(step) {
            _ if matches!(step, Step::Keep { .. }) => placed.push(step.clone()),
            Lines::One(line) => {
                let place = self.line(&(kept + &line));
                placed.extend([Step::At(place), step.clone()]);
            }
            Lines::Blocks(blocks) => {
                let place = Place { line: self.lines.len() + 1, column: 4 * self.depth + 1 };
                let bodies = blocks.iter().map(|(head, body)| self.block(head, body)).collect();
                placed.extend([Step::At(place), with_bodies(step, bodies)]);
            }
        }
    }
}

/// Returns a step with other bodies, which are as many as [`Lines::Blocks`] has for it.
fn with_bodies(step: &Step, bodies: Vec<Body>) -> Step {
    let mut step = step.clone();
    for (place, body) in step.bodies_mut().into_iter().zip(bodies) {
        *place = body;
    }
    step
}

fn lines(step: &Step) -> Lines {
    Lines::One(match step {
        Step::Log { text } => format!("print({})", expr(text)),
        Step::Write { text } => format!("print({}, end='')", expr(text)),
        Step::SleepFor { time } => format!("await asyncio.sleep({})", expr(time)),
        Step::Sleep { ms } => format!("await asyncio.sleep({})", seconds(*ms)),
        Step::Yield => "await asyncio.sleep(0)".into(),
        Step::Return { value } => format!("return {}", expr(value)),
        Step::Raise { error: Expr::Constant(Constant::Text(error)) } => raise(error),
        Step::Raise { error } => format!("raise {}", expr(error)),
        Step::Exit => "raise SystemExit".into(),
        Step::Reraise => "raise".into(),
        Step::Leave { loops } => format!("leave({loops})"),
        Step::Let { name, value } => format!("{name} = {}", expr(value)),
        Step::Await { task } => format!("await {task}"),
        Step::Keep { .. } | Step::At(_) => String::new(),
        Step::Reschedule { ms } => format!("timeout.reschedule({})", or_none(*ms)),
        Step::Wait { .. }
        | Step::Gather { .. }
        | Step::Shield { .. }
        | Step::WaitFor { .. }
        | Step::AsCompleted { .. } => waiting(step),
        Step::Timeout { .. }
        | Step::Group { .. }
        | Step::Loop { .. }
        | Step::While { .. }
        | Step::If { .. }
        | Step::For { .. }
        | Step::Try { .. }
        | Step::Pause { .. } => return Lines::Blocks(blocks(step)),
        other => handling(other),
    })
}

/// Raises an error that is written as a name, as `Name: text`, or as a text alone.
fn raise(error: &str) -> String {
    let is_name = |it: &str| it.chars().all(|sign| sign.is_alphanumeric() || sign == '_');
    match error.split_once(": ") {
        Some((class, text)) if is_name(class) => format!("raise {class}({})", Json::from(text)),
        _ if is_name(error) => format!("raise {error}"),
        _ => format!("raise Exception({})", Json::from(error)),
    }
}

/// Steps that make handles, and that do something with them at once.
fn handling(step: &Step) -> String {
    match step {
        Step::Spawn { coro, handle, group } | Step::SpawnAnew { coro, handle, group, .. } => {
            let by = group.as_deref().unwrap_or("asyncio");
            format!("{handle} = {by}.create_task({coro}())")
        }
        Step::Future { handle } => format!("{handle} = loop.create_future()"),
        Step::Set { future, value } => format!("{future}.set_result({})", expr(value)),
        Step::Fail { future, error } => format!("{future}.set_exception({error})"),
        Step::Cancel { task } => format!("{task}.cancel()"),
        Step::Uncancel { task } => format!("{task}.uncancel()"),
        Step::State { task } => {
            format!("print({task}.done(), {task}.cancelled(), {task}.cancelling())")
        }
        Step::Outcome { tasks } => format!("print_outcomes({})", tasks.join(", ")),
        Step::Result { task } => format!("print({task}.result())"),
        Step::OnDone { task, text } => {
            let text = Json::from(&**text);
            format!("{task}.add_done_callback(lambda _: print({text}))")
        }
        _ => "print(asyncio.all_tasks())".into(),
    }
}

/// Steps that wait for others to end.
fn waiting(step: &Step) -> String {
    match step {
        Step::Wait { tasks, return_when, timeout } => {
            let condition = match return_when {
                ReturnWhen::AllCompleted => "",
                ReturnWhen::FirstCompleted => ", return_when=asyncio.FIRST_COMPLETED",
                ReturnWhen::FirstException => ", return_when=asyncio.FIRST_EXCEPTION",
            };
            let limit = timeout.map_or_else(String::new, limit);
            format!("await asyncio.wait([{}]{condition}{limit})", tasks.join(", "))
        }
        Step::Gather { aws: all, return_exceptions, handle } => {
            let flag = return_exceptions.then(|| "return_exceptions=True".into());
            let all: Vec<_> = all.iter().map(aw).chain(flag).collect();
            now_or_later(handle.as_ref(), &format!("asyncio.gather({})", all.join(", ")))
        }
        Step::Shield { aw: inner, handle } => {
            now_or_later(handle.as_ref(), &format!("asyncio.shield({})", aw(inner)))
        }
        // So a program that was written for Python calls its own functions.
        Step::WaitFor { aw: inner @ Aw::Coro { .. }, timeout: None } => {
            format!("await {}", aw(inner))
        }
        Step::WaitFor { aw: inner, timeout } => {
            format!("await asyncio.wait_for({}, {})", aw(inner), or_none(*timeout))
        }
        Step::AsCompleted { aws: all, timeout, limit: most } => {
            let limit = timeout.map_or_else(String::new, limit);
            let most = most.map_or_else(String::new, |most| format!("[:{most}]"));
            let items = format!("asyncio.as_completed([{}]{limit}){most}", aws(all));
            format!("for aw in {items}: await aw")
        }
        _ => String::new(),
    }
}

fn blocks(step: &Step) -> Vec<(String, Body)> {
    let (head, body) = match step {
        Step::Timeout { deadline, body } => (deadline_head(*deadline), body),
        Step::Group { name, body } => (format!("async with asyncio.TaskGroup() as {name}:"), body),
        Step::Loop { n: u64::MAX, body } => ("while True:".into(), body),
        Step::Loop { n, body } => (format!("for _ in range({n}):"), body),
        Step::While { test, body } => (format!("while {}:", expr(test)), body),
        Step::For { name, items, body } => (format!("for {name} in {}:", expr(items)), body),
        Step::Pause { body } => ("with stopped(loop):".into(), body),
        Step::If { test, body, otherwise } => {
            let mut both = vec![(format!("if {}:", expr(test)), Rc::clone(body))];
            if !otherwise.is_empty() {
                both.push(("else:".into(), Rc::clone(otherwise)));
            }
            return both;
        }
        Step::Try { body, catch, finally } => {
            let handlers = catch.iter().map(|(kind, body)| (except(kind), Rc::clone(body)));
            let finally = finally.iter().map(|body| ("finally:".into(), Rc::clone(body)));
            let all = [("try:".into(), Rc::clone(body))].into_iter().chain(handlers);
            return all.chain(finally).collect();
        }
        _ => return Vec::new(),
    };
    vec![(head, Rc::clone(body))]
}

fn deadline_head(deadline: Option<Deadline>) -> String {
    match deadline {
        None => "async with asyncio.timeout(None):".into(),
        Some(Deadline::After(ms)) => format!("async with asyncio.timeout({}):", seconds(ms)),
        Some(Deadline::At(ms)) => format!("async with asyncio.timeout_at({}):", seconds(ms)),
    }
}

fn except(kind: &Catch) -> String {
    let class = match kind {
        Catch::Cancelled => "asyncio.CancelledError",
        Catch::Timeout => "TimeoutError",
        Catch::Group => "BaseExceptionGroup",
        Catch::Named(class) => class,
        Catch::Error => "Error",
        Catch::Any => "Exception",
    };
    format!("except {class}:")
}

/// Awaits something, or keeps it under a handle.
fn now_or_later(handle: Option<&Name>, what: &str) -> String {
    match handle {
        None => format!("await {what}"),
        Some(handle) => format!("{handle} = {what}"),
    }
}

fn aws(all: &[Aw]) -> String {
    all.iter().map(aw).collect::<Vec<_>>().join(", ")
}

fn aw(aw: &Aw) -> String {
    match aw {
        Aw::Handle(name) => name.to_string(),
        Aw::Coro { coro, .. } => format!("{coro}()"),
    }
}

fn limit(ms: Millis) -> String {
    format!(", timeout={}", seconds(ms))
}

fn or_none(ms: Option<Millis>) -> String {
    ms.map_or_else(|| "None".into(), seconds)
}

/// Writes a time in seconds, without zeros at its end.
fn seconds(ms: Millis) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let (whole, rest) = (ms.unsigned_abs() / 1000, ms.unsigned_abs() % 1000);
    let text = format!("{sign}{whole}.{rest:03}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}

fn expr(value: &Expr) -> String {
    match value {
        Expr::Constant(Constant::None) => "None".into(),
        Expr::Constant(Constant::Bool(true)) => "True".into(),
        Expr::Constant(Constant::Bool(false)) => "False".into(),
        Expr::Constant(other) => other.json().to_string(),
        Expr::Name(name) => name.to_string(),
        Expr::Call(function, of) => call(*function, of),
    }
}

fn call(function: Function, of: &[Expr]) -> String {
    let (name, of): (_, Vec<_>) = (function.name(), of.iter().map(expr).collect());
    let is_operator = !name.starts_with(char::is_alphabetic) || matches!(name, "in" | "is");
    match &of[..] {
        [one, other] if is_operator || matches!(name, "and" | "or") => {
            format!("({one} {name} {other})")
        }
        _ => format!("{name}({})", of.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    /// The lines of a body, as they are listed.
    fn lines_of(steps: &str) -> String {
        let program =
            parse(&format!(r#"{{"coros": {{"main": {steps}}}}}"#)).expect("it makes sense");
        let source = listed("main.py", program).source.expect("it is listed");
        let text = source.text.strip_prefix("async def main():\n").expect("it is the first");
        text.strip_suffix("\n\n\nasyncio.run(main())\n").expect("it is the last").into()
    }

    #[test]
    fn blocks_are_further_in() {
        let steps = r#"[{"op": "try", "body": [{"op": "yield"}], "catch": {"error": []}, "finally":
            [{"op": "timeout", "ms": 1500, "body": [{"op": "sleep", "ms": -20}]}]}]"#;
        let lines = "    try:
        await asyncio.sleep(0)
    except Error:
        pass
    finally:
        async with asyncio.timeout(1.5):
            await asyncio.sleep(-0.02)";
        assert_eq!(lines_of(steps), lines);
    }

    #[test]
    fn a_value_that_is_kept_stands_before_what_it_is_the_value_of() {
        let steps = r#"[{"op": "await", "task": "main"}, {"op": "keep", "as": "value"},
            {"op": "log", "text": {"call": "+", "of": [{"name": "value"}, 1]}}]"#;
        assert_eq!(lines_of(steps), "    value = await main\n    print((value + 1))");
    }

    #[test]
    fn an_error_may_be_a_class_or_a_text() {
        let raised = |error: &str| lines_of(&format!(r#"[{{"op": "raise", "error": "{error}"}}]"#));
        assert_eq!(raised("E1"), "    raise E1");
        assert_eq!(raised("ValueError: too big"), "    raise ValueError(\"too big\")");
        assert_eq!(raised("too big"), "    raise Exception(\"too big\")");
    }

    #[test]
    fn each_step_has_the_place_of_its_line() {
        let program =
            parse(r#"{"coros": {"main": [{"op": "loop", "n": 2, "body": [{"op": "yield"}]}]}}"#);
        let program = listed("main.py", program.expect("it makes sense"));
        let [Step::At(outer), Step::Loop { body, .. }] = &program.coros["main"][..] else {
            panic!()
        };
        let [Step::At(inner), Step::Yield] = &body[..] else { panic!() };
        assert_eq!([*outer, *inner], [(2, 5), (3, 9)].map(|(line, column)| Place { line, column }));
    }
}
