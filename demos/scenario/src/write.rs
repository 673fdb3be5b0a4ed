//! Writes a scenario as JSON, as `parse.rs` reads it.

use serde_json::{Map, Value as Json, json};

use crate::program::{Aw, Body, Catch, Deadline, Expr, Function, Program, ReturnWhen, Step};

/// Writes a scenario.
pub(crate) fn write(program: &Program) -> Json {
    let mut file = Map::new();
    if let Some(name) = &program.name {
        file.insert("name".into(), json!(**name));
    }
    file.insert("main".into(), json!(*program.main));
    if program.busy {
        file.insert("busy".into(), json!(true));
    }
    if let Some(most) = program.most_steps {
        file.insert("most_steps".into(), json!(most));
    }
    if program.from_python {
        file.insert("from_python".into(), json!(true));
    }
    let coros = program.coros.iter().map(|(name, steps)| (name.to_string(), body(steps)));
    file.insert("coros".into(), Json::Object(coros.collect()));
    Json::Object(file)
}

fn body(steps: &Body) -> Json {
    steps.iter().filter(|it| !matches!(it, Step::At(_))).map(step).collect()
}

fn step(step: &Step) -> Json {
    match step {
        Step::Log { text } => json!({"op": "log", "text": expr(text)}),
        Step::Write { text } => json!({"op": "write", "text": expr(text)}),
        Step::SleepFor { time } => json!({"op": "sleep_for", "time": expr(time)}),
        Step::Sleep { ms } => json!({"op": "sleep", "ms": ms}),
        Step::Yield => json!({"op": "yield"}),
        Step::Return { value } => json!({"op": "return", "value": expr(value)}),
        Step::Raise { error } => json!({"op": "raise", "error": expr(error)}),
        Step::Exit => json!({"op": "exit"}),
        Step::Keep { name } => json!({"op": "keep", "as": **name}),
        Step::Leave { loops } => json!({"op": "leave", "loops": loops}),
        Step::Let { name, value } => json!({"op": "let", "as": **name, "value": expr(value)}),
        other => handling(other),
    }
}

/// Steps that make handles, and that do something with them at once.
fn handling(step: &Step) -> Json {
    match step {
        Step::Spawn { coro, handle, group } => {
            let begin = json!({"op": "spawn", "coro": **coro, "as": **handle});
            with(begin, "in", group.as_ref().map(|group| json!(**group)))
        }
        Step::SpawnAnew { coro, handle, group, given } => {
            let begin = json!({
                "op": "spawn_anew", "coro": **coro, "as": **handle, "given": names(given),
            });
            with(begin, "in", group.as_ref().map(|group| json!(**group)))
        }
        Step::Future { handle } => json!({"op": "future", "as": **handle}),
        Step::Set { future, value } => {
            json!({"op": "set", "future": **future, "value": expr(value)})
        }
        Step::Fail { future, error } => {
            json!({"op": "fail", "future": **future, "error": **error})
        }
        Step::Cancel { task } => json!({"op": "cancel", "task": **task}),
        Step::Uncancel { task } => json!({"op": "uncancel", "task": **task}),
        Step::State { task } => json!({"op": "state", "task": **task}),
        Step::Outcome { tasks } => json!({"op": "outcome", "tasks": names(tasks)}),
        Step::Result { task } => json!({"op": "result", "task": **task}),
        Step::OnDone { task, text } => json!({"op": "on_done", "task": **task, "text": **text}),
        Step::AllTasks => json!({"op": "all_tasks"}),
        Step::Pause { body: steps } => json!({"op": "pause", "body": body(steps)}),
        other => waiting(other),
    }
}

/// Steps that wait for others to end.
fn waiting(step: &Step) -> Json {
    match step {
        Step::Await { task } => json!({"op": "await", "task": **task}),
        Step::Wait { tasks, return_when, timeout } => {
            let (tasks, when) = (names(tasks), condition(*return_when));
            json!({"op": "wait", "tasks": tasks, "return_when": when, "timeout": timeout})
        }
        Step::Gather { aws: all, return_exceptions, handle } => {
            let flag = return_exceptions;
            let begin = json!({"op": "gather", "aws": aws(all), "return_exceptions": flag});
            with(begin, "as", handle.as_ref().map(|handle| json!(**handle)))
        }
        Step::Shield { aw: inner, handle } => {
            let begin = json!({"op": "shield", "aw": aw(inner)});
            with(begin, "as", handle.as_ref().map(|handle| json!(**handle)))
        }
        Step::WaitFor { aw: inner, timeout } => {
            json!({"op": "wait_for", "aw": aw(inner), "timeout": timeout})
        }
        Step::AsCompleted { aws: all, timeout, limit } => {
            json!({"op": "as_completed", "aws": aws(all), "timeout": timeout, "limit": limit})
        }
        other => block(other),
    }
}

/// Steps with other steps in them, and those that stand only there.
fn block(step: &Step) -> Json {
    match step {
        Step::Timeout { deadline: Some(Deadline::At(at)), body: steps } => {
            json!({"op": "timeout", "at": at, "body": body(steps)})
        }
        Step::Timeout { deadline, body: steps } => {
            let ms = deadline.map(|(Deadline::After(ms) | Deadline::At(ms))| ms);
            json!({"op": "timeout", "ms": ms, "body": body(steps)})
        }
        Step::Reschedule { ms } => json!({"op": "reschedule", "ms": ms}),
        Step::Group { name, body: steps } => {
            json!({"op": "group", "as": **name, "body": body(steps)})
        }
        Step::Loop { n, body: steps } => json!({"op": "loop", "n": n, "body": body(steps)}),
        Step::While { test, body: steps } => {
            json!({"op": "while", "test": expr(test), "body": body(steps)})
        }
        Step::If { test, body: steps, otherwise } => {
            let otherwise = body(otherwise);
            json!({"op": "if", "test": expr(test), "body": body(steps), "else": otherwise})
        }
        Step::For { name, items, body: steps } => {
            json!({"op": "for", "as": **name, "items": expr(items), "body": body(steps)})
        }
        Step::Try { body: steps, catch, finally } => {
            let handlers = catch.iter().map(|(kind, steps)| (kind.name().to_owned(), body(steps)));
            let handlers: Map<_, _> = handlers.collect();
            let begin = json!({"op": "try", "body": body(steps), "catch": handlers});
            with(begin, "finally", finally.as_ref().map(body))
        }
        _ => json!({"op": "reraise"}),
    }
}

/// Adds a key, if it has a value.
fn with(mut step: Json, key: &str, value: Option<Json>) -> Json {
    if let Some(value) = value {
        step[key] = value;
    }
    step
}

fn names(names: &[crate::program::Name]) -> Json {
    names.iter().map(|name| json!(**name)).collect()
}

fn aws(all: &[Aw]) -> Json {
    all.iter().map(aw).collect()
}

fn aw(aw: &Aw) -> Json {
    match aw {
        Aw::Handle(name) => json!(**name),
        Aw::Coro { coro, label } => {
            with(json!({"coro": **coro}), "as", label.as_ref().map(|label| json!(**label)))
        }
    }
}

fn condition(return_when: ReturnWhen) -> &'static str {
    match return_when {
        ReturnWhen::AllCompleted => "ALL_COMPLETED",
        ReturnWhen::FirstCompleted => "FIRST_COMPLETED",
        ReturnWhen::FirstException => "FIRST_EXCEPTION",
    }
}

fn expr(value: &Expr) -> Json {
    match value {
        Expr::Constant(constant) => constant.json(),
        Expr::Name(name) => json!({"name": **name}),
        Expr::Call(function, of) => {
            let of: Vec<_> = of.iter().map(expr).collect();
            json!({"call": function.name(), "of": of})
        }
    }
}

impl Catch {
    fn name(&self) -> &str {
        match self {
            Catch::Cancelled => "cancelled",
            Catch::Timeout => "timeout",
            Catch::Group => "group",
            Catch::Named(class) => class,
            Catch::Error => "error",
            Catch::Any => "any",
        }
    }
}

impl Function {
    pub(crate) fn name(self) -> &'static str {
        let found = FUNCTIONS.iter().find(|(_, function)| *function == self);
        found.map_or("", |(name, _)| name)
    }

    /// Returns how many values it takes, at least and at most.
    pub(crate) fn arguments(self) -> (usize, usize) {
        match self {
            Function::Join
            | Function::List
            | Function::Tuple
            | Function::Set
            | Function::Dict
            | Function::Zip => (0, usize::MAX),
            Function::Error | Function::Row => (1, usize::MAX),
            Function::Method => (2, usize::MAX),
            Function::Range => (1, 3),
            Function::SetItem | Function::SortedBy => (3, 3),
            Function::Slice => (4, 4),
            Function::Caught => (0, 0),
            Function::IsError | Function::Enumerate | Function::Round | Function::Sum => (1, 2),
            function if TWO_VALUES.contains(&function) => (2, 2),
            _ => (1, 1),
        }
    }

    /// Returns the function with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(it, _)| *it == name).map(|(_, function)| *function)
    }
}

/// The functions, and what each is called.
const FUNCTIONS: [(&str, Function); 73] = [
    ("join", Function::Join),
    ("str", Function::Str),
    ("repr", Function::Repr),
    ("fixed", Function::Fixed),
    ("align", Function::Align),
    ("list", Function::List),
    ("tuple", Function::Tuple),
    ("index", Function::Index),
    ("append", Function::Append),
    ("first", Function::First),
    ("rest", Function::Rest),
    ("len", Function::Len),
    ("sum", Function::Sum),
    ("min", Function::Min),
    ("max", Function::Max),
    ("sorted", Function::Sorted),
    ("+", Function::Add),
    ("-", Function::Sub),
    ("*", Function::Mul),
    ("/", Function::Div),
    ("//", Function::FloorDiv),
    ("%", Function::Mod),
    ("==", Function::Eq),
    ("!=", Function::Ne),
    ("<", Function::Lt),
    ("<=", Function::Le),
    (">", Function::Gt),
    (">=", Function::Ge),
    ("in", Function::In),
    ("is", Function::Is),
    ("not", Function::Not),
    ("and", Function::And),
    ("or", Function::Or),
    ("caught", Function::Caught),
    ("is_error", Function::IsError),
    ("class", Function::Kind),
    ("errors", Function::Errors),
    ("result", Function::Result),
    ("exception", Function::Exception),
    ("done", Function::Done),
    ("cancelled", Function::Cancelled),
    ("cancelling", Function::Cancelling),
    ("method", Function::Method),
    ("set_item", Function::SetItem),
    ("remove_item", Function::RemoveItem),
    ("slice", Function::Slice),
    ("+=", Function::AddTo),
    ("*=", Function::MulTo),
    ("**", Function::Pow),
    ("set", Function::Set),
    ("dict", Function::Dict),
    ("list_of", Function::ListOf),
    ("tuple_of", Function::TupleOf),
    ("set_of", Function::SetOf),
    ("dict_of", Function::DictOf),
    ("enumerate", Function::Enumerate),
    ("zip", Function::Zip),
    ("reversed", Function::Reversed),
    ("range", Function::Range),
    ("sorted_by", Function::SortedBy),
    ("parts", Function::Parts),
    ("row", Function::Row),
    ("generator", Function::Generator),
    ("format", Function::Format),
    ("error", Function::Error),
    ("int", Function::Int),
    ("float", Function::Float),
    ("bool", Function::Bool),
    ("abs", Function::Abs),
    ("round", Function::Round),
    ("any", Function::Any),
    ("all", Function::All),
    ("negative", Function::Negative),
];

/// The functions of two values.
const TWO_VALUES: [Function; 26] = [
    Function::Fixed,
    Function::Align,
    Function::Format,
    Function::Index,
    Function::Append,
    Function::RemoveItem,
    Function::Parts,
    Function::AddTo,
    Function::MulTo,
    Function::Add,
    Function::Sub,
    Function::Mul,
    Function::Div,
    Function::FloorDiv,
    Function::Mod,
    Function::Pow,
    Function::Eq,
    Function::Ne,
    Function::Lt,
    Function::Le,
    Function::Gt,
    Function::Ge,
    Function::In,
    Function::Is,
    Function::And,
    Function::Or,
];
