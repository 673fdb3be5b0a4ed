// Written by `tests/to_rust.rs`: run that with `UPDATE=1`.

/// Wait until all have ended.
pub mod wait_all {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn work(number: i32) -> Result<String> {
    executor::sleep(Duration::from_secs_f64(f64::from(number) * 0.04)).await;
    if [2, 4].contains(&number) {
        return Err(Exception::new("ValueError", format!("{number} failed")));
    }
    Ok(format!("{number} slept"))
}

async fn start() -> Result<()> {
    let tasks = [3, 1, 4, 2, 5]
        .into_iter()
        .map(|number| executor::spawn(work(number)).shared())
        .collect::<Vec<_>>();
    let combinators::Waited { done, pending, .. } = combinators::wait(tasks.clone()).await;
    println!("{} completed, {} pending", done.len(), pending.len());
    for task in tasks.clone() {
        let error = exception_of(&task)?;
        match error.clone() {
            Some(error) => {
                println!("error: {}", error.text);
            }
            None => {
                println!("value: {}", result_of(&task)?);
            }
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// The result of a task that has ended.
fn result_of<T: Clone>(task: &Shared<Result<T>>) -> Result<T> {
    let unset = || Exception::new("InvalidStateError", "Result is not set.");
    task.outcome().ok_or_else(unset)??
}

/// The error of a task that has ended, if it has failed.
fn exception_of<T: Clone>(task: &Shared<Result<T>>) -> Result<Option<Exception>> {
    let unset = || Exception::new("InvalidStateError", "Exception is not set.");
    Ok(task.outcome().ok_or_else(unset)??.err())
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Wait until the first fails.
pub mod wait_exception {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn work(number: i32) -> Result<i32> {
    executor::sleep(Duration::from_secs_f64(f64::from(number) * 0.04)).await;
    if number == 2 {
        return Err(Exception::new("ValueError", format!("{number} failed")));
    }
    Ok(number)
}

async fn start() -> Result<()> {
    let tasks = (1..5)
        .map(|number| executor::spawn(work(number)).shared().named(format!("work {number}")))
        .collect::<Vec<_>>();
    let combinators::Waited { done, pending, .. } = combinators::wait(tasks.clone())
        .return_when(combinators::FirstException)
        .await;
    println!("{} completed, {} pending", done.len(), pending.len());
    for task in tasks.clone() {
        if pending.iter().any(|it| it.id() == task.id()) {
            println!("{} is cancelled", task.name());
            task.cancel();
        } else if exception_of(&task)?.is_some() {
            println!("{} failed: {}", task.name(), exception_of(&task)?.map_or_else(|| "None".to_owned(), |error| format!("{error:?}")));
        } else {
            println!("{} returned {}", task.name(), result_of(&task)?);
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// The result of a task that has ended.
fn result_of<T: Clone>(task: &Shared<Result<T>>) -> Result<T> {
    let unset = || Exception::new("InvalidStateError", "Result is not set.");
    task.outcome().ok_or_else(unset)??
}

/// The error of a task that has ended, if it has failed.
fn exception_of<T: Clone>(task: &Shared<Result<T>>) -> Result<Option<Exception>> {
    let unset = || Exception::new("InvalidStateError", "Exception is not set.");
    Ok(task.outcome().ok_or_else(unset)??.err())
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Wait until the first has ended.
pub mod wait_first {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn work(number: i32) -> Result<i32> {
    executor::sleep(Duration::from_secs_f64(f64::from(number) * 0.04)).await;
    println!("{number} slept");
    Ok(number)
}

async fn start() -> Result<()> {
    let tasks = [3, 1, 2]
        .into_iter()
        .map(|number| executor::spawn(work(number)).shared())
        .collect::<Vec<_>>();
    let combinators::Waited { done, pending, .. } = combinators::wait(tasks.clone())
        .return_when(combinators::FirstCompleted)
        .await;
    println!("{} completed, {} pending", done.len(), pending.len());
    for task in done.clone() {
        println!("the first: {}", result_of(&task)?);
    }
    combinators::wait(pending).await;
    println!("{:?}", { let mut list = Vec::new(); for task in tasks.clone() { list.push(result_of(&task)?); } list });
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// The result of a task that has ended.
fn result_of<T: Clone>(task: &Shared<Result<T>>) -> Result<T> {
    let unset = || Exception::new("InvalidStateError", "Result is not set.");
    task.outcome().ok_or_else(unset)??
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Gather, and one fails.
pub mod gather_fails {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn work(number: i32) -> Result<i32> {
    match attempt(async {
        executor::sleep(Duration::from_secs_f64(f64::from(number) * 0.04)).await;
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("{number} is cancelled, as the program ends");
            return raised(Err(error)).await;
        }
        Err(error) => return raised(Err(error)).await,
    }
    if number == 2 {
        return Err(Exception::new("ValueError", format!("{number} failed")));
    }
    println!("{number} slept");
    Ok(number)
}

async fn start() -> Result<()> {
    let caught = async {
        let results = combinators::gather([work(1), work(2), work(3), work(9)]).await?;
        println!("{results:?}");
        Ok::<_, Exception>(())
    };
    match caught.await {
        Ok(()) => {}
        Err(error) if error.class == "ValueError" => {
            println!("gather failed: {}", error.text);
        }
        Err(error) => return Err(error),
    }
    executor::sleep(Duration::from_millis(100)).await;
    println!("main is over");
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Gather takes errors for results.
pub mod gather_exceptions {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn work(number: i32) -> Result<i32> {
    executor::sleep(Duration::from_secs_f64(f64::from(5 - number) * 0.03)).await;
    println!("{number} slept");
    if [1, 3].contains(&number) {
        return Err(Exception::new("ValueError", format!("{number} failed")));
    }
    Ok(number * 10)
}

async fn start() -> Result<()> {
    let results = combinators::gather((0..5).map(|number| work(number)))
        .return_exceptions()
        .await.into_iter()
        .map(|it| it.map_err(Exception::from))
        .collect::<Vec<_>>();
    println!("{results:?}");
    let mut total = 0;
    for result in results.clone() {
        match result.clone() {
            Err(result) => {
                println!("{} - {}", result.class.clone(), result.text);
            }
            Ok(result) => {
                total += result;
            }
        }
    }
    println!("total: {total}");
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Turn by turn.
pub mod turns {
use std::fmt;
use executor::{Clock, Executor};

async fn count(name: &'static str, turns: i32) -> Result<String> {
    for turn in 0..turns {
        println!("{name} {turn}");
        executor::yield_now().await;
    }
    Ok(format!("{name}: {turns} turns"))
}

async fn start() -> Result<()> {
    let results = combinators::gather([count("a", 3), count("b", 2), count("c", 4)]).await?;
    println!("{results:?}");
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// A task in the background.
pub mod ticker {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn ticker(pause: f64) -> Result<()> {
    let mut count = 0;
    let ended = attempt(async {
        loop {
            count += 1;
            println!("tick {count}");
            executor::sleep(Duration::from_secs_f64(pause)).await;
        }
        Ok(())
    }).await;
    println!("{count} ticks");
    raised(ended).await?;
    Ok(())
}

async fn start() -> Result<()> {
    let background = executor::spawn(ticker(0.05)).shared();
    for step in 0..3 {
        executor::sleep(Duration::from_millis(80)).await;
        println!("step {} of 3", step + 1);
    }
    background.cancel();
    match attempt(async {
        background.clone().await??;
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("the ticker is over");
        }
        Err(error) => return raised(Err(error)).await,
    }
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// The three conditions of wait.
pub mod wait_conditions {
use std::fmt;
use std::time::Duration;
use combinators::Condition;
use executor::{Clock, Executor};

async fn work(name: &'static str, time: f64, fails: bool) -> Result<&'static str> {
    executor::sleep(Duration::from_secs_f64(time)).await;
    if fails {
        return Err(Exception::new("ValueError", format!("{name} failed")));
    }
    Ok(name)
}

async fn try_condition(title: &'static str, condition: impl Condition<Result<&'static str>>) -> Result<()> {
    let quick = executor::spawn(work("quick", 0.1, false)).shared();
    let middle = executor::spawn(work("middle", 0.2, true)).shared();
    let slow = executor::spawn(work("slow", 0.3, false)).shared();
    let tasks = vec![quick.clone(), middle.clone(), slow.clone()];
    let combinators::Waited { done, pending, .. } = combinators::wait(tasks.clone())
        .return_when(condition)
        .await;
    println!("{title}: {} done, {} pending", done.len(), pending.len());
    combinators::gather(tasks.clone())
        .return_exceptions()
        .await.into_iter()
        .map(|it| it.map_err(Exception::from))
        .collect::<Vec<_>>();
    Ok(())
}

async fn start() -> Result<()> {
    try_condition("FIRST_COMPLETED", combinators::FirstCompleted).await?;
    try_condition("FIRST_EXCEPTION", combinators::FirstException).await?;
    try_condition("ALL_COMPLETED", combinators::AllCompleted).await?;
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Wait with a time limit.
pub mod wait_timeout {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn work(name: &'static str, time: f64) -> Result<f64> {
    executor::sleep(Duration::from_secs_f64(time)).await;
    println!("{name} is done");
    Ok(time)
}

async fn start() -> Result<()> {
    let quick = executor::spawn(work("quick", 0.03)).shared();
    let slow = executor::spawn(work("slow", 0.2)).shared();
    let combinators::Waited { done, pending, .. } = combinators::wait(vec![quick.clone(), slow.clone()])
        .timeout(Duration::from_millis(100))
        .await;
    println!("quick in done: {} - slow in pending: {}", done.iter().any(|it| it.id() == quick.id()), pending.iter().any(|it| it.id() == slow.id()));
    println!("slow is cancelled: {}", slow.is_cancelled());
    println!("{:?}", quick.clone().await?? + slow.clone().await??);
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Gather keeps the order of its arguments.
pub mod gather_order {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn work(number: i32) -> Result<i32> {
    executor::sleep(Duration::from_secs_f64(f64::from(number) * 0.1)).await;
    println!("{number} slept");
    Ok(number)
}

async fn start() -> Result<()> {
    let results = combinators::gather([work(3), work(1), work(2)]).await?;
    println!("{results:?}");
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Who is cancelled.
pub mod who_is_cancelled {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn inner() -> Result<()> {
    let ended = attempt(async {
        match attempt(async {
            executor::sleep(Duration::from_secs(10)).await;
            Ok::<_, Exception>(())
        }).await {
            Ok(()) => {}
            Err(error) if error.class == "CancelledError" => {
                println!("inner: cancelled");
                return raised(Err(error)).await;
            }
            Err(error) => return raised(Err(error)).await,
        }
        Ok(())
    }).await;
    println!("inner: finally");
    raised(ended).await?;
    Ok(())
}

async fn outer() -> Result<()> {
    match attempt(async {
        inner().await?;
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("outer: cancelled, and cleans up");
            executor::sleep(Duration::from_millis(20)).await;
            println!("outer: is clean");
            return raised(Err(error)).await;
        }
        Err(error) => return raised(Err(error)).await,
    }
    Ok(())
}

async fn stubborn() -> Result<&'static str> {
    match attempt(async {
        executor::sleep(Duration::from_secs(10)).await;
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("stubborn: goes on");
        }
        Err(error) => return raised(Err(error)).await,
    }
    Ok("its value")
}

async fn start() -> Result<()> {
    let task = executor::spawn(outer()).shared();
    let other = executor::spawn(stubborn()).shared();
    executor::sleep(Duration::from_millis(50)).await;
    task.cancel();
    println!("main: it is only asked for: {}", task.is_cancelled());
    match attempt(async {
        task.clone().await??;
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("main: the task was cancelled: {}", task.is_cancelled());
        }
        Err(error) => return raised(Err(error)).await,
    }
    other.cancel();
    println!("main: {} {}", other.clone().await??, other.is_cancelled());
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// To cancel a gather is to cancel its children.
pub mod gather_cancelled {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn child(name: &'static str, time: f64) -> Result<()> {
    match attempt(async {
        executor::sleep(Duration::from_secs_f64(time)).await;
        println!("{name} is done");
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("{name} is cancelled");
            return raised(Err(error)).await;
        }
        Err(error) => return raised(Err(error)).await,
    }
    Ok(())
}

async fn parent() -> Result<()> {
    combinators::gather([child("a", 0.1), child("b", 0.3), child("c", 0.5)]).await?;
    println!("this is never printed");
    Ok(())
}

async fn start() -> Result<()> {
    let task = executor::spawn(parent()).shared();
    executor::sleep(Duration::from_millis(200)).await;
    task.cancel();
    match attempt(async {
        task.clone().await??;
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("the parent is cancelled, too");
        }
        Err(error) => return raised(Err(error)).await,
    }
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// A shield.
pub mod shield {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn save() -> Result<&'static str> {
    println!("save: begins");
    executor::sleep(Duration::from_millis(100)).await;
    println!("save: is done");
    Ok("saved")
}

async fn request(task: Shared<Result<&'static str>>) -> Result<()> {
    match attempt(async {
        println!("{}", combinators::shield(task.clone()).await??);
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("request: cancelled");
            return raised(Err(error)).await;
        }
        Err(error) => return raised(Err(error)).await,
    }
    Ok(())
}

async fn start() -> Result<()> {
    let task = executor::spawn(save()).shared();
    let waiter = executor::spawn(request(task.clone())).shared();
    executor::sleep(Duration::from_millis(30)).await;
    waiter.cancel();
    let results = combinators::gather([waiter.clone()])
        .return_exceptions()
        .await.into_iter()
        .map(|it| it.map_err(Exception::from))
        .collect::<Vec<_>>();
    println!("{results:?} {}", task.is_finished());
    println!("{}", task.clone().await??);
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Time limits in each other.
pub mod timeout {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn slow(time: f64) -> Result<String> {
    match attempt(async {
        executor::sleep(Duration::from_secs_f64(time)).await;
        Ok::<_, Exception>(format!("slept for {time} s"))
    }).await {
        Ok(value) => {
            return Ok(value);
        }
        Err(error) if error.class == "CancelledError" => {
            println!("slow({time}) is cancelled");
            return raised(Err(error)).await;
        }
        Err(error) => return raised(Err(error)).await,
    }
}

async fn start() -> Result<()> {
    let caught = async {
        combinators::timeout(Duration::from_millis(150), async {
            println!("{}", slow(0.05).await?);
            let caught = async {
                combinators::timeout(Duration::from_millis(40), async {
                    slow(5.0).await?;
                    Ok::<_, Exception>(())
                }).await??;
                Ok::<_, Exception>(())
            };
            match caught.await {
                Ok(()) => {}
                Err(error) if error.class == "TimeoutError" => {
                    println!("the inner time is up");
                }
                Err(error) => return Err(error),
            }
            slow(7.0).await?;
            Ok::<_, Exception>(())
        }).await??;
        Ok::<_, Exception>(())
    };
    match caught.await {
        Ok(()) => {}
        Err(error) if error.class == "TimeoutError" => {
            println!("the outer time is up");
        }
        Err(error) => return Err(error),
    }
    println!("{}", combinators::timeout(Duration::from_secs(1), slow(0.02)).await??);
    let caught = async {
        combinators::timeout(Duration::from_millis(20), slow(3.0)).await??;
        Ok::<_, Exception>(())
    };
    match caught.await {
        Ok(()) => {}
        Err(error) if error.class == "TimeoutError" => {
            println!("{error:?}");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

impl From<combinators::Elapsed> for Exception {
    fn from(_: combinators::Elapsed) -> Self {
        Self::new("TimeoutError", "")
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// A group, and one of its children fails.
pub mod group_fails {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn child(name: &'static str, time: f64, fails: bool) -> Result<&'static str> {
    match attempt(async {
        executor::sleep(Duration::from_secs_f64(time)).await;
        Ok::<_, Exception>(())
    }).await {
        Ok(()) => {}
        Err(error) if error.class == "CancelledError" => {
            println!("{name} is cancelled");
            return raised(Err(error)).await;
        }
        Err(error) => return raised(Err(error)).await,
    }
    if fails {
        println!("{name} fails");
        return Err(Exception::new("ValueError", format!("{name}: oh")));
    }
    println!("{name} is done");
    Ok(name)
}

async fn start() -> Result<()> {
    let one = combinators::task_group(async |group| {
        let one = group.spawn(child("a", 0.02, false));
        group.spawn(child("b", 0.04, false));
        Ok::<_, Exception>(one)
    }).await?;
    println!("the first group is done: {}", result_of(&one)?);
    let caught = async {
        combinators::task_group(async |group| {
            group.spawn(child("c", 0.02, false));
            group.spawn(child("d", 0.05, true));
            group.spawn(child("e", 9.0, false));
            executor::sleep(Duration::from_secs(9)).await;
            println!("this is never printed");
            Ok::<_, Exception>(())
        }).await?;
        Ok::<_, Exception>(())
    };
    match caught.await {
        Ok(()) => {}
        Err(failed) if failed.class == "ExceptionGroup" => {
            println!("{}", failed.text);
            for error in failed.errors.clone() {
                println!("- {} {}", error.class.clone(), error.text);
            }
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// The error of a group. It has the texts of its errors, which say their classes.
impl From<combinators::GroupError> for Exception {
    fn from(error: combinators::GroupError) -> Self {
        let texts = error.failures.iter().map(|failure| failure.cause.to_string());
        let errors: Vec<_> = texts
            .map(|text| match text.split_once(": ") {
                Some((class, text)) => Self::new(class, text),
                None => Self::new("RuntimeError", text),
            })
            .collect();
        let s = if errors.len() == 1 { "" } else { "s" };
        let text = format!("unhandled errors in a TaskGroup ({} sub-exception{s})", errors.len());
        Self { errors, ..Self::new("ExceptionGroup", text) }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

/// The result of a task that has ended.
fn result_of<T: Clone>(task: &Shared<Result<T>>) -> Result<T> {
    let unset = || Exception::new("InvalidStateError", "Result is not set.");
    task.outcome().ok_or_else(unset)??
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// An error that nobody catches.
pub mod uncaught {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn helper() -> Result<()> {
    let ended = attempt(async {
        executor::sleep(Duration::from_secs(5)).await;
        Ok(())
    }).await;
    println!("helper: is cancelled by the end");
    raised(ended).await?;
    Ok(())
}

async fn retry(times: i32) -> Result<i32> {
    for attempt in 1..times + 1 {
        let caught = async {
            executor::sleep(Duration::from_millis(20)).await;
            if attempt < 3 {
                return Err(Exception::new("ConnectionError", format!("attempt {attempt}")));
            }
            Ok::<_, Exception>(attempt)
        };
        match caught.await {
            Ok(value) => {
                return Ok(value);
            }
            Err(error) if matches!(&*error.class, "ConnectionError" | "FileNotFoundError" | "OSError" | "PermissionError" | "TimeoutError") => {
                println!("again, since: {}", error.text);
            }
            Err(error) => return Err(error),
        }
    }
    return Err(Exception::new("RuntimeError", "none left"));
}

async fn start() -> Result<()> {
    executor::spawn(helper()).shared();
    println!("it took {} attempts", retry(5).await?);
    retry(2).await?;
    println!("this is never printed");
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Trap 1: gather doesn't wait for all before it raises.
pub mod trap_gather_raises_first {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn fails() -> Result<()> {
    executor::sleep(Duration::from_millis(100)).await;
    return Err(Exception::new("ValueError", "at 0.1 s"));
}

async fn slow() -> Result<()> {
    executor::sleep(Duration::from_millis(300)).await;
    println!("the slow one ends at 0.3 s");
    Ok(())
}

async fn start() -> Result<()> {
    let caught = async {
        combinators::gather([executor::spawn(slow()), executor::spawn(fails())]).await?;
        Ok::<_, Exception>(())
    };
    match caught.await {
        Ok(()) => {}
        Err(error) if error.class == "ValueError" => {
            println!("gather has raised: {}", error.text);
        }
        Err(error) => return Err(error),
    }
    println!("main does something else");
    executor::sleep(Duration::from_millis(400)).await;
    println!("main is over");
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Trap 2: wait takes tasks, not coroutines.
pub mod trap_wait_takes_tasks {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn work(number: i32) -> Result<i32> {
    executor::sleep(Duration::from_secs_f64(f64::from(number) * 0.1)).await;
    Ok(number)
}

async fn start() -> Result<()> {
    let one = executor::spawn(work(1)).shared();
    let two = executor::spawn(work(2)).shared();
    let combinators::Waited { done, pending, .. } = combinators::wait(vec![one.clone(), two.clone()])
        .return_when(combinators::FirstCompleted)
        .await;
    println!("one is in done: {}", done.iter().any(|it| it.id() == one.id()));
    println!("two is in pending: {}", pending.iter().any(|it| it.id() == two.id()));
    println!("{}", two.clone().await??);
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Trap 3: the first that is completed may be several.
pub mod trap_first_may_be_many {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn work(name: &'static str, time: f64) -> Result<&'static str> {
    executor::sleep(Duration::from_secs_f64(time)).await;
    Ok(name)
}

async fn start() -> Result<()> {
    let a = executor::spawn(work("a", 0.1)).shared();
    let b = executor::spawn(work("b", 0.1)).shared();
    let c = executor::spawn(work("c", 0.2)).shared();
    let combinators::Waited { done, pending, .. } = combinators::wait(vec![a.clone(), b.clone(), c.clone()])
        .return_when(combinators::FirstCompleted)
        .await;
    println!("{} done, {} pending", done.len(), pending.len());
    println!("{:?}", { let mut list = { let mut list = Vec::new(); for task in done.clone() { list.push(result_of(&task)?); } list }; list.sort(); list });
    combinators::wait(pending).await;
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// The result of a task that has ended.
fn result_of<T: Clone>(task: &Shared<Result<T>>) -> Result<T> {
    let unset = || Exception::new("InvalidStateError", "Result is not set.");
    task.outcome().ok_or_else(unset)??
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Trap 4: cancel, and nobody waits.
pub mod trap_cancel_only_asks {
use std::fmt;
use std::time::Duration;
use executor::{Clock, Executor};

async fn work() -> Result<()> {
    let ended = attempt(async {
        executor::sleep(Duration::from_secs(10)).await;
        Ok(())
    }).await;
    executor::sleep(Duration::from_millis(100)).await;
    println!("cleaned up");
    raised(ended).await?;
    Ok(())
}

async fn start() -> Result<()> {
    let task = executor::spawn(work()).shared();
    let combinators::Waited { done, pending, .. } = combinators::wait(vec![task.clone()])
        .timeout(Duration::from_millis(200))
        .await;
    for late in pending.iter().cloned() {
        late.cancel();
    }
    println!("main goes on; the task is done: {}", task.is_finished());
    combinators::wait(pending).await;
    println!("the task is done: {} - and cancelled: {}", task.is_finished(), task.is_cancelled());
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// Runs what may be cancelled, and makes an exception of that.
async fn attempt<T>(body: impl Future<Output = Result<T>>) -> Result<T> {
    let cancelled = |_| Err(Exception::new("CancelledError", ""));
    executor::catch_cancel(body).await.unwrap_or_else(cancelled)
}

/// Lets an error go on. A cancellation ends the task as cancelled.
async fn raised<T>(result: Result<T>) -> Result<T> {
    match result {
        Err(error) if error.class == "CancelledError" => executor::end_as_cancelled().await,
        result => result,
    }
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Trap 5: the result of a task that is pending.
pub mod trap_result_of_pending {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn work(time: f64) -> Result<String> {
    executor::sleep(Duration::from_secs_f64(time)).await;
    Ok(format!("slept for {time:?} s"))
}

async fn start() -> Result<()> {
    let quick = executor::spawn(work(0.1)).shared();
    let slow = executor::spawn(work(0.3)).shared();
    combinators::wait(vec![quick.clone(), slow.clone()]).timeout(Duration::from_millis(200)).await;
    for task in [quick.clone(), slow.clone()] {
        let caught = async {
            println!("{}", result_of(&task)?);
            Ok::<_, Exception>(())
        };
        match caught.await {
            Ok(()) => {}
            Err(error) if error.class == "InvalidStateError" => {
                println!("no result: {}", error.text);
            }
            Err(error) => return Err(error),
        }
    }
    println!("{}", slow.clone().await??);
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

/// The result of a task that has ended.
fn result_of<T: Clone>(task: &Shared<Result<T>>) -> Result<T> {
    let unset = || Exception::new("InvalidStateError", "Result is not set.");
    task.outcome().ok_or_else(unset)??
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// Trap 6: the second error is lost.
pub mod trap_second_error {
use std::fmt;
use std::time::Duration;
use executor::Shared;
use executor::{Clock, Executor};

async fn fails(time: f64) -> Result<()> {
    executor::sleep(Duration::from_secs_f64(time)).await;
    return Err(Exception::new("ValueError", format!("at {time:?} s")));
}

async fn start() -> Result<()> {
    let tasks = vec![executor::spawn(fails(0.1)).shared(), executor::spawn(fails(0.2)).shared()];
    let caught = async {
        combinators::gather(tasks.clone()).await?;
        Ok::<_, Exception>(())
    };
    match caught.await {
        Ok(()) => {}
        Err(error) if error.class == "ValueError" => {
            println!("gather has raised: {}", error.text);
        }
        Err(error) => return Err(error),
    }
    executor::sleep(Duration::from_millis(300)).await;
    println!("nothing was said of the other");
    for task in tasks.clone() {
        println!("kept in the task: {}", exception_of(&task)?.map_or_else(|| "None".to_owned(), |error| error.text));
    }
    Ok(())
}

fn main() -> Result<()> {
    // On this clock a sleep takes no time; `executor::block_on` has the real one. Differs: a
    // task that is left at the end is dropped, and none of its code runs any more.
    let executor = Executor::builder().clock(Clock::Virtual).build();
    executor.block_on(start())
}

type Result<T> = std::result::Result<T, Exception>;

/// An exception of Python: its class, its text, and those of a group.
#[derive(Clone)]
struct Exception {
    class: String,
    text: String,
    errors: Vec<Exception>,
}

impl Exception {
    fn new(class: &str, text: impl Into<String>) -> Self {
        Self { class: class.into(), text: text.into(), errors: Vec::new() }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.text)
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.text.is_empty() { "" } else { "'" };
        write!(f, "{}({quote}{}{quote})", self.class, self.text)
    }
}

impl std::error::Error for Exception {}

/// The error of a task that was cancelled, or that panicked.
impl From<executor::JoinError> for Exception {
    fn from(error: executor::JoinError) -> Self {
        match error.panic_message() {
            None => Self::new("CancelledError", ""),
            Some(message) => Self::new("RuntimeError", message),
        }
    }
}

impl From<combinators::GatherError<Exception>> for Exception {
    fn from(error: combinators::GatherError<Exception>) -> Self {
        error.into_cause().into()
    }
}

impl From<combinators::Failure<Exception>> for Exception {
    fn from(failure: combinators::Failure<Exception>) -> Self {
        match failure {
            combinators::Failure::Error(error) => error,
            combinators::Failure::Join(error) => error.into(),
        }
    }
}

/// The error of a task that has ended, if it has failed.
fn exception_of<T: Clone>(task: &Shared<Result<T>>) -> Result<Option<Exception>> {
    let unset = || Exception::new("InvalidStateError", "Exception is not set.");
    Ok(task.outcome().ok_or_else(unset)??.err())
}

pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
}

/// The programs, by name.
pub const PROGRAMS: &[(&str, fn() -> Result<(), String>)] = &[
    ("wait_all", wait_all::told),
    ("wait_exception", wait_exception::told),
    ("wait_first", wait_first::told),
    ("gather_fails", gather_fails::told),
    ("gather_exceptions", gather_exceptions::told),
    ("turns", turns::told),
    ("ticker", ticker::told),
    ("wait_conditions", wait_conditions::told),
    ("wait_timeout", wait_timeout::told),
    ("gather_order", gather_order::told),
    ("who_is_cancelled", who_is_cancelled::told),
    ("gather_cancelled", gather_cancelled::told),
    ("shield", shield::told),
    ("timeout", timeout::told),
    ("group_fails", group_fails::told),
    ("uncaught", uncaught::told),
    ("trap_gather_raises_first", trap_gather_raises_first::told),
    ("trap_wait_takes_tasks", trap_wait_takes_tasks::told),
    ("trap_first_may_be_many", trap_first_may_be_many::told),
    ("trap_cancel_only_asks", trap_cancel_only_asks::told),
    ("trap_result_of_pending", trap_result_of_pending::told),
    ("trap_second_error", trap_second_error::told),
];
