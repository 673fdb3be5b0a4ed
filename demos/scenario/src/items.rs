//! The content of lists, sets and dictionaries, which is one under all their names.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use crate::program::Constant;
use crate::value::Value;

/// The items of a list or a set, or the pairs of a dictionary. A clone has the same content.
#[derive(Clone, Default)]
pub(crate) struct Items(Rc<Content>);

#[derive(Default)]
struct Content(RefCell<Vec<Value>>);

impl Items {
    pub(crate) fn new(items: Vec<Value>) -> Self {
        Self(Rc::new(Content(RefCell::new(items))))
    }

    /// Returns whether both have one content.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Returns whether no other name has this content.
    pub(crate) fn is_alone(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }

    pub(crate) fn len(&self) -> usize {
        self.0.0.borrow().len()
    }

    pub(crate) fn get(&self, place: usize) -> Option<Value> {
        self.0.0.borrow().get(place).cloned()
    }

    /// Returns a copy of the items.
    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.0.borrow().clone()
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&[Value]) -> T) -> T {
        look(&self.0.0.borrow())
    }

    /// Changes the items. Those that are taken out have to be returned: they are dropped when
    /// the borrow is over.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        change(&mut self.0.0.borrow_mut())
    }

    /// Puts other items in the place of all.
    pub(crate) fn set(&self, items: Vec<Value>) {
        drop(self.change(|all| std::mem::replace(all, items)));
    }
}

impl fmt::Debug for Items {
    /// Says only how many there are: a list may be an item of itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items", self.len())
    }
}

impl Drop for Content {
    /// Drops lists in lists one after the other: they may stand deeper than the stack is.
    fn drop(&mut self) {
        let mut left = self.0.take();
        while let Some(value) = left.pop() {
            match value {
                Value::List(items) | Value::Set(items) | Value::Dict(items) => {
                    if let Some(content) = Rc::into_inner(items.0) {
                        left.append(&mut content.0.take());
                    }
                }
                Value::Tuple(mut items) => left.append(&mut items),
                _ => {}
            }
        }
    }
}

/// Returns the items of a set in `CPython`'s order, if that is known before: small numbers have
/// the places in its table that they say, and tasks stand here as they were put in.
pub(crate) fn in_order(items: &Items) -> Option<Vec<Value>> {
    let mut all = items.all();
    let is_task = |it: &Value| matches!(it, Value::Task(_));
    if all.len() < 2 || all.iter().all(is_task) {
        return Some(all);
    }
    let number = |it: &Value| match it {
        Value::Constant(Constant::Int(number)) => usize::try_from(*number).ok(),
        _ => None,
    };
    // The table has places for all numbers up to this, however the set came to be.
    let last = (3..32).map(|bits| 1 << bits).find(|size| (size - 1) * 3 > all.len() * 5)?;
    if !all.iter().all(|it| number(it).is_some_and(|it| it < last)) {
        return None;
    }
    all.sort_by_key(number);
    Some(all)
}
