//! The names of coroutines, and what they stand for in the run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use combinators::Group;

use crate::handle::Handle;
use crate::program::Name;
use crate::value::Value;

/// Names that coroutines share. A task of which there may be many at a time has names of its
/// own, and finds the others around it.
#[derive(Default)]
pub(crate) struct Names {
    handles: RefCell<HashMap<Name, Handle>>,
    groups: RefCell<HashMap<Name, Group>>,
    /// The values that steps have kept.
    values: RefCell<HashMap<Name, Value>>,
    around: Option<Rc<Names>>,
}

impl Names {
    /// Returns names of its own for a task, with the values that these have now.
    pub(crate) fn within(around: &Rc<Self>, given: &[Name]) -> Rc<Self> {
        let own = Self { around: Some(Rc::clone(around)), ..Self::default() };
        for name in given {
            if let Some(handle) = around.handle(name) {
                own.handles.borrow_mut().insert(Rc::clone(name), handle);
            }
            if let Some(value) = around.value(name) {
                own.values.borrow_mut().insert(Rc::clone(name), value);
            }
        }
        Rc::new(own)
    }

    /// Returns what the innermost names say.
    fn find<T>(&self, look: impl Fn(&Self) -> Option<T>) -> Option<T> {
        let mut names = Some(self);
        while let Some(here) = names {
            if let found @ Some(_) = look(here) {
                return found;
            }
            names = here.around.as_deref();
        }
        None
    }

    /// Returns the names among which this one stands, or would stand.
    fn owner(&self, name: &Name) -> &Self {
        let mut names = Some(self);
        while let Some(here) = names {
            let has_value = here.values.borrow().contains_key(name);
            if has_value || here.handles.borrow().contains_key(name) {
                return here;
            }
            names = here.around.as_deref();
        }
        self
    }

    pub(crate) fn handle(&self, name: &Name) -> Option<Handle> {
        self.find(|it| it.handles.borrow().get(name).cloned())
    }

    pub(crate) fn value(&self, name: &Name) -> Option<Value> {
        self.find(|it| it.values.borrow().get(name).cloned())
    }

    pub(crate) fn group(&self, name: &Name) -> Option<Group> {
        self.find(|it| it.groups.borrow().get(name).cloned())
    }

    pub(crate) fn bind(&self, name: &Name, handle: Handle) {
        let before = self.owner(name).handles.borrow_mut().insert(Rc::clone(name), handle);
        drop(before);
    }

    pub(crate) fn keep(&self, name: &Name, value: Value) {
        let before = self.owner(name).values.borrow_mut().insert(Rc::clone(name), value);
        drop(before);
    }

    pub(crate) fn bind_group(&self, name: &Name, group: Group) {
        let before = self.groups.borrow_mut().insert(Rc::clone(name), group);
        drop(before);
    }

    /// Looks at a value where it is kept.
    pub(crate) fn look<T>(&self, name: &Name, look: impl FnOnce(Option<&Value>) -> T) -> T {
        look(self.owner(name).values.borrow().get(name))
    }

    /// Forgets all.
    pub(crate) fn forget(&self) {
        let known = (self.handles.take(), self.groups.take(), self.values.take());
        drop(known); // The borrows are over: the futures of tasks use these names.
    }
}
