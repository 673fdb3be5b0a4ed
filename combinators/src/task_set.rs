//! `TaskSet`: tasks that come and go, each given when it ends.

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use executor::{Task, TaskRef, Watch, spawn};
use futures_core::Stream;

use crate::children::{number, with_outcome};
use crate::consumers::{Consumer, Kind};
use crate::foreign::drop_each;
use crate::queue::Queue;

/// Tasks of one type, each of which is given when it ends. More may be added at any
/// time, also while somebody waits.
///
/// It goes on when one fails, which is in that one's outcome: it is for the connections
/// of a server, say. What is to fail together goes into a
/// [`task_group`](crate::task_group()).
///
/// | when                      | the tasks that haven't ended     |
/// |---------------------------|----------------------------------|
/// | it is dropped             | are cancelled, and not waited for |
/// | who waits is cancelled    | run on, if the set isn't dropped by that |
/// | `into_tasks` is called    | run on, and are yours            |
///
/// A task is given two turns after its end, in the order of the ends. To add one and to
/// take one costs O(1), however many there are, and a place is used again.
///
/// ```
/// use combinators::TaskSet;
/// use executor::{spawn, yield_now};
///
/// async fn serve(client: u32) -> Result<u32, String> {
///     yield_now().await;
///     if client == 2 { Err("it has hung up".into()) } else { Ok(client) }
/// }
///
/// executor::block_on(async {
///     let set = TaskSet::new();
///     set.spawn(serve(1));
///     set.insert(spawn(serve(2)).named("client 2"));
///     let mut served = 0;
///     while let Some(task) = set.next().await {
///         let name = task.name();
///         match task.await.unwrap() {
///             Ok(1) => _ = set.spawn(serve(3)),
///             Ok(_) => served += 1,
///             Err(error) => assert_eq!(format!("{name}: {error}"), "client 2: it has hung up"),
///         }
///     }
///     assert_eq!(served, 1);
/// });
/// ```
///
/// [`ended`](Self::ended) waits also while the set is empty. Either may be dropped before it
/// is ready, as by a `select` with the next connection, and no task is lost:
///
/// ```
/// use std::rc::Rc;
/// use combinators::TaskSet;
/// use executor::{spawn, yield_now};
///
/// executor::block_on(async {
///     let set = Rc::new(TaskSet::new());
///     let clients = Rc::clone(&set);
///     let accepts = spawn(async move {
///         for client in 1..=3 {
///             yield_now().await;
///             clients.spawn(async move { client });
///         }
///     });
///     for client in 1..=3 {
///         assert_eq!(set.ended().await.await.unwrap(), client);
///     }
///     accepts.await.unwrap();
/// });
/// ```
pub struct TaskSet<T: 'static> {
    places: RefCell<Places<T>>,
    queue: Rc<Queue>,
    watch: Watch,
}

/// The tasks by their numbers, which are used again.
struct Places<T: 'static> {
    /// `None` is a free place.
    tasks: Vec<Option<Task<T>>>,
    free: Vec<u32>,
}

impl<T> TaskSet<T> {
    /// Creates a set without tasks.
    #[must_use]
    pub fn new() -> Self {
        let queue = Rc::new(Queue::default());
        let watch = Watch::without_log(Rc::clone(&queue) as _);
        Self { places: RefCell::default(), queue, watch }
    }

    /// Spawns a task into the set. To name it, [insert](Self::insert) it instead.
    ///
    /// # Panics
    ///
    /// Panics outside of a running executor, and if that isn't the one of the tasks before.
    #[track_caller]
    pub fn spawn(&self, future: impl Future<Output = T> + 'static) -> TaskRef {
        self.insert(spawn(future))
    }

    /// Adds a task. One that has ended before is given all the same.
    ///
    /// # Panics
    ///
    /// Panics if the task's outcome was taken before, or if it is of another executor
    /// than those before.
    #[track_caller]
    pub fn insert(&self, task: Task<T>) -> TaskRef {
        let task = with_outcome(task);
        let place = self.places.borrow().next();
        self.watch.add(&task, place);
        self.queue.expect(1);
        if place == 0 {
            self.watch.describe(|| "the next of a set".into());
        }
        let reference = task.reference();
        self.places.borrow_mut().put(place, task);
        reference
    }

    /// Returns the number of tasks in the set: those that weren't given.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.borrow().len()
    }

    /// Returns whether all tasks were given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the next task that ends; `None` when the set is empty. Awaiting the task gives
    /// its outcome at once.
    ///
    /// Several consumers may wait at once, also in [`ended`](Self::ended). They are served in
    /// the order of their first polls: an end wakes the one that has waited longest, and a task
    /// is kept for it, the first one that is left when it is polled. If it is dropped instead of
    /// polled, the next in line is woken. One that is neither polled nor dropped keeps a task
    /// from the others.
    ///
    /// Each call makes another consumer, which begins at the end of the line: in a loop with
    /// other futures, keep this one to keep the place. An end costs O(1), however many wait.
    /// The last one, after which nothing runs, wakes all of `next`, to give them `None`; if
    /// there are any, it looks for them among all that wait.
    ///
    /// # Panics
    ///
    /// To await it panics outside of the executor of the tasks.
    pub fn next(&self) -> NextEnded<'_, T> {
        self.consume(Kind::WhileAnyMayCome)
    }

    /// Returns the next task that ends. While the set is empty it waits for one to be added.
    ///
    /// Several may wait, in one line with those of [`next`](Self::next).
    ///
    /// # Panics
    ///
    /// To await it panics outside of the executor of the tasks.
    pub fn ended(&self) -> impl Future<Output = Task<T>> {
        Ended(self.consume(Kind::ForEver))
    }

    fn consume(&self, kind: Kind) -> NextEnded<'_, T> {
        NextEnded { set: self, consumer: Consumer::new(kind) }
    }

    /// Cancels all tasks in the set. They are given when they have ended.
    pub fn cancel_all(&self) {
        let tasks = self.places.borrow().references();
        // To cancel one that has ended would count as having seen its outcome (F26).
        for task in tasks.iter().filter(|task| !task.is_finished()) {
            task.cancel();
        }
    }

    /// Gives all tasks away that weren't given, in no particular order.
    #[must_use]
    pub fn into_tasks(self) -> Vec<Task<T>> {
        self.take_tasks().collect()
    }

    fn take_tasks(&self) -> impl Iterator<Item = Task<T>> {
        let places = self.places.replace(Places::default());
        places.tasks.into_iter().flatten()
    }

    #[track_caller]
    fn poll_ended(&self, consumer: &mut Consumer, cx: &mut Context<'_>) -> Poll<Task<T>> {
        if let Some(place) = self.queue.pop(consumer) {
            return Poll::Ready(self.take(place));
        }
        self.queue.wait(consumer, cx);
        // It is never content, but asking it checks that this is the tasks' executor. It may
        // drop a foreign waker, which may make others leave the line, so this one is in it.
        let _ = self.watch.poll_met(cx);
        Poll::Pending
    }

    #[track_caller]
    fn poll_task(&self, consumer: &mut Consumer, cx: &mut Context<'_>) -> Poll<Option<Task<T>>> {
        if self.is_empty() {
            // No later task may be kept for who has heard that there is none.
            self.queue.forget(consumer);
            return Poll::Ready(None);
        }
        self.poll_ended(consumer, cx).map(Some)
    }

    fn take(&self, place: u32) -> Task<T> {
        let task = self.places.borrow_mut().take(place);
        if self.is_empty() {
            self.queue.close();
        }
        task
    }
}

impl<T> Places<T> {
    /// Returns the place of the next task that is added.
    fn next(&self) -> u32 {
        self.free.last().copied().unwrap_or_else(|| number(self.tasks.len()))
    }

    fn put(&mut self, place: u32, task: Task<T>) {
        match self.free.pop() {
            Some(_) => self.tasks[place as usize] = Some(task),
            None => self.tasks.push(Some(task)),
        }
    }

    fn take(&mut self, place: u32) -> Task<T> {
        self.free.push(place);
        self.tasks[place as usize].take().expect("a task ends once")
    }

    fn len(&self) -> usize {
        self.tasks.len() - self.free.len()
    }

    fn references(&self) -> Vec<TaskRef> {
        self.tasks.iter().flatten().map(Task::reference).collect()
    }
}

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self { tasks: Vec::new(), free: Vec::new() }
    }
}

impl<T> Default for TaskSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Extend<Task<T>> for TaskSet<T> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = Task<T>>>(&mut self, tasks: I) {
        for task in tasks {
            self.insert(task);
        }
    }
}

impl<T> FromIterator<Task<T>> for TaskSet<T> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = Task<T>>>(tasks: I) -> Self {
        let mut set = Self::new();
        set.extend(tasks);
        set
    }
}

/// Dropping the set cancels its tasks.
impl<T> Drop for TaskSet<T> {
    fn drop(&mut self) {
        self.cancel_all();
        drop_each(self.take_tasks());
    }
}

/// The future of [`TaskSet::next`].
#[must_use = "futures do nothing unless polled"]
pub struct NextEnded<'a, T: 'static> {
    set: &'a TaskSet<T>,
    consumer: Consumer,
}

impl<T> Future for NextEnded<'_, T> {
    type Output = Option<Task<T>>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Task<T>>> {
        let Self { set, consumer } = &mut *self;
        set.poll_task(consumer, cx)
    }
}

/// The future of [`TaskSet::ended`]. It isn't an `async fn`, so that a recording has the line
/// where it is awaited.
struct Ended<'a, T: 'static>(NextEnded<'a, T>);

impl<T> Future for Ended<'_, T> {
    type Output = Task<T>;

    #[track_caller]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Task<T>> {
        let NextEnded { set, consumer } = &mut self.0;
        set.poll_ended(consumer, cx)
    }
}

impl<T> Drop for NextEnded<'_, T> {
    fn drop(&mut self) {
        self.set.queue.forget(&mut self.consumer);
    }
}

impl<T> Stream for TaskSet<T> {
    type Item = Task<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Task<T>>> {
        self.poll_task(&mut Consumer::new(Kind::Alone), cx)
    }
}

impl<T> fmt::Debug for NextEnded<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NextEnded").field(self.set).finish()
    }
}

impl<T> fmt::Debug for TaskSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tasks, running) = (self.len(), self.queue.running());
        f.debug_struct("TaskSet")
            .field("tasks", &tasks)
            .field("running", &running)
            .finish_non_exhaustive()
    }
}
