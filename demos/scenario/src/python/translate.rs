//! Makes a scenario of a program.
//!
//! Whatever is known before the run is worked out here: each call of a function becomes a
//! coroutine of its own, in which the arguments stand for the parameters, and a loop over
//! a known range becomes as many steps. The run keeps the values that only it can know:
//! results of tasks, errors, and what is made of them.
//!
//! | file             | what it is                                           |
//! |------------------|------------------------------------------------------|
//! | `translate.rs`   | the whole program; new names, steps and coroutines   |
//! | `frame.rs`       | the names of a function, and what is known of them   |
//! | `top.rs`         | what stands outside of functions                     |
//! | `statements.rs`  | statements                                           |
//! | `loops.rs`       | loops                                                |
//! | `handling.rs`    | `try`, timeouts and groups                           |
//! | `assigning.rs`   | what is assigned to names                            |
//! | `expressions.rs` | expressions                                          |
//! | `calls.rs`       | names, calls and awaits                              |
//! | `arguments.rs`   | the arguments of a call                              |
//! | `builtins.rs`    | the functions of Python                              |
//! | `of_asyncio.rs`  | the functions of asyncio                             |
//! | `methods.rs`     | the methods of tasks, groups and values              |

mod arguments;
mod assigning;
mod builtins;
mod calls;
mod expressions;
mod frame;
mod handling;
mod loops;
mod methods;
mod of_asyncio;
mod statements;
mod top;

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::rc::Rc;

use crate::program::{Body, Expr, Function, Name, Program, Source, Step};
use crate::python::complaint::{Place, Result};
use crate::python::parse::parse;
use crate::python::syntax::{self, Does, Kind, Statement};

use frame::{Frame, Known};
use methods::changes;

/// The number of steps that a program may have.
const MOST_STEPS: usize = 20_000;
/// The number of statements, expressions and items that may be gone through to write the steps.
const MOST_WORK: usize = 2_000_000;
/// The number of steps after which a run is given up.
const LONGEST_RUN: u64 = 100_000;
/// The number of calls, blocks and expressions that may stand within each other.
const DEEPEST: usize = 50;

/// Whether a program can exit here: that unwinds the stack.
const CAN_EXIT: bool = cfg!(panic = "unwind");

/// The name under which the run keeps what an exit is given.
pub(crate) const EXIT_VALUE: &str = "(exit)";

/// Makes a scenario of a program.
///
/// # Errors
///
/// The error is the first thing that is wrong with it, or that a scenario can't say.
pub(crate) fn translate(file: &str, text: &str) -> Result<Program> {
    let statements = parse(text)?;
    let mut made_in_run = BTreeSet::new();
    let mut work = 0;
    loop {
        let mut translator = Translator::new(&statements, made_in_run, work);
        let result = translator.program(file, text, &statements);
        let known = translator.made_in_run.len();
        made_in_run = translator.made_in_run;
        made_in_run.append(&mut translator.wanted);
        // The lists that turned out to be changed in the run are made there from now on.
        if made_in_run.len() == known {
            return result;
        }
        work = translator.work;
    }
}

#[derive(Default)]
struct Translator {
    /// The names of the program's top: functions, modules and constants.
    globals: BTreeMap<Name, Known>,
    coros: BTreeMap<Name, Body>,
    /// For each function the coroutines that its calls have made, by their steps.
    calls: BTreeMap<Name, BTreeMap<String, Name>>,
    /// The coroutine that the run begins with, once it is known.
    main: Option<Name>,
    /// The place of the call that begins the run.
    begins: Place,
    /// The names that handles, values and coroutines have, and how often each was asked for.
    used: BTreeMap<Name, usize>,
    /// The names that functions have assigned to, as far as they were called.
    seen: BTreeSet<Name>,
    /// The names that tasks were given.
    task_names: BTreeMap<Name, Name>,
    /// True if the program changes any list.
    changes_lists: bool,
    /// The places of lists that are made in the run, where all their names stand for one list.
    made_in_run: BTreeSet<Place>,
    /// The places of those that turn out to be changed in the run.
    wanted: BTreeSet<Place>,
    /// The names of the program that functions assign to, and where the run keeps them.
    shared: BTreeMap<Name, Name>,
    /// The names of the values that coroutines are given.
    given_to: BTreeMap<Name, Rc<[Name]>>,
    /// True in a comprehension whose coroutines are gathered at once: there they become tasks.
    spawns: bool,
    steps: usize,
    work: usize,
    depth: usize,
}

/// The whole program.
impl Translator {
    fn new(statements: &[Statement], made_in_run: BTreeSet<Place>, work: usize) -> Self {
        let changes_lists = changes_lists(statements);
        let mut translator = Self { changes_lists, made_in_run, work, ..Self::default() };
        for name in ["main", "self"] {
            translator.used.insert(name.into(), 1);
        }
        translator
    }

    fn program(&mut self, file: &str, text: &str, statements: &[Statement]) -> Result<Program> {
        let mut top = Frame { function: "the program".into(), ..Frame::default() };
        self.top(&mut top, statements)?;
        let end = Place { line: text.lines().count().max(1), column: 1 };
        let main = self.main.take().ok_or_else(|| {
            end.wrong("nothing starts the program: write `asyncio.run(main())` as its last line")
        })?;
        let begins = self.begins;
        Ok(Program {
            name: None,
            main,
            coros: std::mem::take(&mut self.coros),
            busy: false,
            most_steps: Some(LONGEST_RUN),
            from_python: true,
            source: Some(Source { file: file.into(), text: text.into(), begins }),
        })
    }
}

/// Returns whether statements change any list.
fn changes_lists(statements: &[Statement]) -> bool {
    statements.iter().any(|Statement { kind, .. }| {
        let here = match kind {
            Does::Assign { target, .. } => !matches!(target.kind, Kind::Name(_) | Kind::Tuple(_)),
            Does::Delete(_) => true,
            Does::Define(define) => changes_lists(&define.body),
            _ => false,
        };
        here || kind.expressions().into_iter().any(changes_list)
            || kind.blocks().into_iter().any(changes_lists)
    })
}

fn changes_list(expr: &syntax::Expr) -> bool {
    let here = match &expr.kind {
        Kind::Call(callee, _) => match &callee.kind {
            Kind::Attribute(_, name) => changes(name),
            _ => false,
        },
        Kind::Binary(function, ..) => matches!(function, Function::AddTo | Function::MulTo),
        Kind::Lambda(define) => changes_lists(&define.body),
        _ => false,
    };
    here || expr.parts().into_iter().any(changes_list)
}

/// Names and steps.
impl Translator {
    /// Returns a name that nothing has: this one, with a number if it is taken.
    fn fresh(&mut self, name: &str) -> Name {
        loop {
            let count = self.used.entry(name.into()).or_default();
            *count += 1;
            let fresh: Name =
                if *count == 1 { return name.into() } else { format!("{name}.{count}").into() };
            if !self.used.contains_key(&fresh) {
                self.used.insert(Rc::clone(&fresh), 1);
                return fresh;
            }
        }
    }

    /// Counts so much work, done for this place.
    ///
    /// # Errors
    ///
    /// Fails if it gets too much: a short program may have loops in loops in loops.
    fn spend(&mut self, at: Place, work: usize) -> Result<()> {
        self.work = self.work.saturating_add(work);
        if self.work <= MOST_WORK {
            return Ok(());
        }
        Err(at.wrong(format!(
            "the program gets too long: to write out its calls and loops, {MOST_WORK} lines and \
            values were gone through; use smaller counts"
        )))
    }

    fn emit(&mut self, frame: &mut Frame, at: Place, step: Step) -> Result<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(at.wrong(format!(
                "the program gets too long: written out, its calls and loops are more than \
                {MOST_STEPS} steps; use smaller counts"
            )));
        }
        frame.steps.push(step);
        Ok(())
    }

    /// Keeps the value of the step before under a new name.
    fn keep(&mut self, frame: &mut Frame, at: Place, name: &str) -> Result<Known> {
        let name = self.fresh(name);
        self.emit(frame, at, Step::Keep { name: Rc::clone(&name) })?;
        Ok(Known::Value(Expr::Name(name)))
    }

    /// Computes a value now, and keeps it. Constants need not be kept.
    fn settle(&mut self, frame: &mut Frame, at: Place, name: &str, value: Expr) -> Result<Expr> {
        if let Expr::Constant(_) = value {
            return Ok(value);
        }
        let name = self.fresh(name);
        self.emit(frame, at, Step::Let { name: Rc::clone(&name), value })?;
        Ok(Expr::Name(name))
    }

    fn deeper<T>(&mut self, at: Place, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.spend(at, 1)?;
        if self.depth >= DEEPEST {
            return Err(at.wrong(format!(
                "more than {DEEPEST} calls, blocks and values stand within each other: a \
                function that calls itself must end soon"
            )));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// Returns the name of the coroutine with these steps: another call's, if that has the same.
    fn add_coro(&mut self, name: &str, body: Vec<Step>) -> Name {
        let all = self.calls.entry(name.into()).or_default();
        let number = all.len() + 1;
        match all.entry(format!("{body:?}")) {
            Entry::Occupied(same) => Rc::clone(same.get()),
            Entry::Vacant(place) => {
                let key: Name =
                    if number == 1 { name.into() } else { format!("{name}.{number}").into() };
                self.coros.insert(Rc::clone(&key), body.into());
                Rc::clone(place.insert(key))
            }
        }
    }
}
