//! A scenario: a small program of coroutines, as the steps that they take.

use std::collections::BTreeMap;
use std::rc::Rc;

/// A name: that of a coroutine or an error, or any other text.
pub(crate) type Name = Rc<str>;

/// A line and a column, both counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The text that a reader of a run has before them.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Source {
    /// The name of its file.
    pub(crate) file: Name,
    pub(crate) text: Name,
    /// The place that begins the run.
    pub(crate) begins: Place,
}

/// The steps of a coroutine or of a block in it, taken one after the other.
pub(crate) type Body = Rc<[Step]>;

/// A value that is known before the run.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Constant {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Name),
}

/// A value that the run computes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Expr {
    Constant(Constant),
    /// The value that a step has kept under this name, or the task of this handle.
    Name(Name),
    /// What a function makes of some values.
    Call(Function, Rc<[Expr]>),
}

/// The functions of expressions. They do what Python's operators, functions and methods of
/// these names do.
///
/// - `Join`: the texts of all, one after the other.
/// - `Index`: the item of a list at a place.
/// - `Append`: a list with one item more.
/// - `Caught`: the error that the innermost handler has caught. `Kind` is the name of an
///   error's class, and `Errors` are those of a group.
/// - `First`: an item of a set, which `set.pop()` returns, and `Rest` are the others.
/// - `Method`: a method of a value, by its name, which comes first. It may change a list.
/// - `SetItem` and `RemoveItem` change a list or a dictionary at a place, and `AddTo` and
///   `MulTo` are `+=` and `*=`.
/// - `Set` and `Dict` are made of items, or of keys and values in turn; `ListOf`, `TupleOf`,
///   `SetOf` and `DictOf` of what something has as items.
/// - `Parts`: the items of a list, which have to be so many.
/// - `Generator`: likewise of what a generator has, which is a list here.
/// - `Row`: the texts of the items of all lists, with the first value between them.
/// - `Format`: the text of a value in a form.
/// - `SortedBy`: the items of a list by their keys, and whether backwards.
/// - `Error`: an error of a class with what it is given.
/// - `Result`, `Exception`, `Done`, `Cancelled` and `Cancelling`: the methods of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Function {
    Join,
    Str,
    Repr,
    Fixed,
    Align,
    List,
    Tuple,
    Index,
    Append,
    First,
    Rest,
    Len,
    Sum,
    Min,
    Max,
    Sorted,
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    Is,
    Not,
    And,
    Or,
    Caught,
    IsError,
    Kind,
    Errors,
    Result,
    Exception,
    Done,
    Cancelled,
    Cancelling,
    Method,
    SetItem,
    RemoveItem,
    Slice,
    AddTo,
    MulTo,
    Pow,
    Set,
    Dict,
    ListOf,
    TupleOf,
    SetOf,
    DictOf,
    Enumerate,
    Zip,
    Reversed,
    Range,
    SortedBy,
    Generator,
    Row,
    Format,
    Parts,
    Error,
    Int,
    Float,
    Bool,
    Abs,
    Round,
    Any,
    All,
    Negative,
}

impl Expr {
    /// Returns how many expressions stand in it, itself included.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Call(_, of) => 1 + of.iter().map(Self::weight).sum::<usize>(),
            Self::Constant(_) | Self::Name(_) => 1,
        }
    }
}

impl From<Option<i64>> for Constant {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::None, Self::Int)
    }
}

impl<T: Into<Constant>> From<T> for Expr {
    fn from(value: T) -> Self {
        Self::Constant(value.into())
    }
}

impl From<Name> for Constant {
    fn from(text: Name) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Constant {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

/// A time or a span of time. Both may be negative: that is over at once.
pub(crate) type Millis = i64;

/// A scenario that has been read.
///
/// Whatever its steps say of coroutines holds: those named in `main`, in
/// [`Step::Spawn`] and in [`Aw::Coro`] are in `coros`. Handles and groups,
/// though, may turn out not to be bound.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Program {
    pub(crate) name: Option<Name>,
    /// The coroutine that the run begins with.
    pub(crate) main: Name,
    pub(crate) coros: BTreeMap<Name, Body>,
    /// True if it runs on the real clock, while something is always ready. No
    /// time passes in it, and the log has turns instead.
    pub(crate) busy: bool,
    /// The number of steps after which the run is given up, if there is such.
    pub(crate) most_steps: Option<u64>,
    /// True if it was written for Python: a name that isn't bound raises an error, and the
    /// run ends as that of `asyncio.run`.
    pub(crate) from_python: bool,
    /// The text whose places the steps [`Step::At`] say, if there is one.
    pub(crate) source: Option<Source>,
}

/// Something that is awaited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Aw {
    /// A task or a future, by its handle.
    Handle(Name),
    /// A coroutine that is made for this. Its label comes from its own name
    /// unless another is given.
    Coro { coro: Name, label: Option<Name> },
}

/// A step of a coroutine.
///
/// A `handle` is the name that the step binds; a `task` or a `future` is one
/// that another step has bound. `self` is the current task, `main` the main
/// task. More on some steps:
///
/// - `Spawn`: the task's label comes from its handle.
/// - `Gather` and `Shield`: what has a handle is not awaited here.
/// - `AsCompleted`: takes `limit` items at most.
/// - `Timeout`: without a deadline there is no end to its time.
/// - `Reschedule`: stands in a timeout block. The innermost gets a deadline so
///   far from now, or none.
/// - `Try`: what catches is the exact kind, or else [`Catch::Any`]. There is no
///   `Return` in `finally`.
/// - `Pause`: the run ends with this turn. Before it is gone on with, nobody
///   takes the steps of the body, which are such that take no time.
/// - `Reraise`: stands in a body that catches, and raises that error again.
/// - `Keep`: keeps the value of the step before it, which was one that waits.
/// - `Let`: keeps the value of an expression. That of a task becomes a handle too.
/// - `SpawnAnew`: the task has names of its own, as others of the same steps may run: those that
///   it is `given` have the values that they have now, and it finds the others around it.
/// - `Write`: prints a text that ends no line.
/// - `SleepFor`: sleeps for so many seconds, which the run knows.
/// - `Leave`: leaves so many of the loops around it.
/// - `For`: takes the steps for each item of a list, which is kept under the name.
/// - `At`: the steps from here on are those of a statement at this place of the source. It
///   isn't counted, and not written as JSON.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Step {
    Log { text: Expr },
    Write { text: Expr },
    Sleep { ms: Millis },
    SleepFor { time: Expr },
    Yield,
    Return { value: Expr },
    Raise { error: Expr },
    Exit,

    Spawn { coro: Name, handle: Name, group: Option<Name> },
    SpawnAnew { coro: Name, handle: Name, group: Option<Name>, given: Rc<[Name]> },
    Future { handle: Name },
    Set { future: Name, value: Expr },
    Fail { future: Name, error: Name },
    Cancel { task: Name },
    Uncancel { task: Name },
    State { task: Name },
    Outcome { tasks: Rc<[Name]> },
    Result { task: Name },
    OnDone { task: Name, text: Name },
    AllTasks,
    Pause { body: Body },

    Await { task: Name },
    Wait { tasks: Rc<[Name]>, return_when: ReturnWhen, timeout: Option<Millis> },
    Gather { aws: Rc<[Aw]>, return_exceptions: bool, handle: Option<Name> },
    Shield { aw: Aw, handle: Option<Name> },
    WaitFor { aw: Aw, timeout: Option<Millis> },
    AsCompleted { aws: Rc<[Aw]>, timeout: Option<Millis>, limit: Option<u64> },

    Timeout { deadline: Option<Deadline>, body: Body },
    Reschedule { ms: Option<Millis> },
    Group { name: Name, body: Body },
    Loop { n: u64, body: Body },
    Try { body: Body, catch: Rc<[(Catch, Body)]>, finally: Option<Body> },
    Reraise,

    Keep { name: Name },
    Let { name: Name, value: Expr },
    Leave { loops: u64 },
    While { test: Expr, body: Body },
    If { test: Expr, body: Body, otherwise: Body },
    For { name: Name, items: Expr, body: Body },

    At(Place),
}

impl Program {
    /// Returns whether a deadline in it may be before the time at which it is set.
    pub(crate) fn looks_back(&self) -> bool {
        self.coros.values().any(|body| body.iter().any(Step::looks_back))
    }
}

impl Step {
    /// Returns whether it is the first step of a coroutine that a function of asyncio has made.
    /// Those of a program's functions begin with a place.
    pub(crate) fn is_of_asyncio(&self) -> bool {
        matches!(
            self,
            Step::Sleep { .. }
                | Step::SleepFor { .. }
                | Step::Yield
                | Step::Wait { .. }
                | Step::WaitFor { .. }
        )
    }

    fn looks_back(&self) -> bool {
        let time = match self {
            Step::Wait { timeout, .. }
            | Step::WaitFor { timeout, .. }
            | Step::AsCompleted { timeout, .. } => *timeout,
            Step::Timeout { deadline, .. } => {
                deadline.map(|(Deadline::After(ms) | Deadline::At(ms))| ms)
            }
            Step::Reschedule { ms } => *ms,
            _ => None,
        };
        let mut copy = self.clone(); // The bodies in it are shared, and not copied.
        time.is_some_and(|ms| ms < 0)
            || copy.bodies_mut().iter().any(|body| body.iter().any(Self::looks_back))
    }

    /// Gives access to the steps within this one.
    pub(crate) fn bodies_mut(&mut self) -> Vec<&mut Body> {
        match self {
            Step::Try { body, catch, finally } => {
                let handlers = Rc::make_mut(catch).iter_mut().map(|(_, body)| body);
                [body].into_iter().chain(handlers).chain(finally).collect()
            }
            Step::If { body, otherwise, .. } => vec![body, otherwise],
            Step::Timeout { body, .. }
            | Step::Group { body, .. }
            | Step::Loop { body, .. }
            | Step::While { body, .. }
            | Step::For { body, .. }
            | Step::Pause { body } => vec![body],
            _ => Vec::new(),
        }
    }

    /// Returns whether the step can be taken while no task runs.
    pub(crate) fn needs_no_task(&self) -> bool {
        matches!(
            self,
            Step::Log { .. }
                | Step::Spawn { group: None, .. }
                | Step::Future { .. }
                | Step::Set { .. }
                | Step::Fail { .. }
                | Step::Cancel { .. }
                | Step::Uncancel { .. }
                | Step::State { .. }
                | Step::Outcome { .. }
                | Step::OnDone { .. }
                | Step::AllTasks
        )
    }
}

/// The end of a timeout block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deadline {
    /// The time since the block was entered.
    After(Millis),
    /// The time since the run began.
    At(Millis),
}

/// The condition of a `wait`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum ReturnWhen {
    #[default]
    AllCompleted,
    FirstCompleted,
    FirstException,
}

/// The faults that a handler catches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Catch {
    Cancelled,
    Timeout,
    /// A group of errors.
    Group,
    /// An error whose name is this, or begins with this and a colon.
    Named(Name),
    /// Any other error.
    Error,
    /// Any fault but a cancellation.
    Any,
}
