//! The classes of Python's errors, as far as programs name them.

/// The classes, and the class that each is made from.
const CLASSES: [(&str, &str); 26] = [
    ("Exception", "BaseException"),
    ("CancelledError", "BaseException"),
    ("SystemExit", "BaseException"),
    ("ExceptionGroup", "Exception"),
    ("ArithmeticError", "Exception"),
    ("ZeroDivisionError", "ArithmeticError"),
    ("OverflowError", "ArithmeticError"),
    ("AssertionError", "Exception"),
    ("AttributeError", "Exception"),
    ("EOFError", "Exception"),
    ("InvalidStateError", "Exception"),
    ("LookupError", "Exception"),
    ("IndexError", "LookupError"),
    ("KeyError", "LookupError"),
    ("MemoryError", "Exception"),
    ("NameError", "Exception"),
    ("UnboundLocalError", "NameError"),
    ("OSError", "Exception"),
    ("ConnectionError", "OSError"),
    ("FileNotFoundError", "OSError"),
    ("PermissionError", "OSError"),
    ("RuntimeError", "Exception"),
    ("NotImplementedError", "RuntimeError"),
    ("TimeoutError", "OSError"),
    ("TypeError", "Exception"),
    ("ValueError", "Exception"),
];

/// Returns the class that this one is made from; `None` if there is no such class.
pub(crate) fn base(class: &str) -> Option<&'static str> {
    CLASSES.iter().find(|(name, _)| *name == class).map(|(_, base)| *base)
}

/// Returns whether there is such a class.
pub(crate) fn exists(class: &str) -> bool {
    class == "BaseException" || base(class).is_some()
}

/// Returns whether a class is another, or is made from it.
pub(crate) fn is_a(class: &str, other: &str) -> bool {
    let mut class = Some(class);
    while let Some(name) = class {
        if name == other {
            return true;
        }
        class = base(name);
    }
    false
}

/// Returns the classes that errors with names may have.
pub(crate) fn raised() -> impl Iterator<Item = &'static str> {
    let apart = ["Exception", "CancelledError", "SystemExit", "ExceptionGroup"];
    CLASSES.iter().map(|(name, _)| *name).filter(move |name| !apart.contains(name))
}
