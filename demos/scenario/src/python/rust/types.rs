//! The types of values.

/// The type of a value in Rust, as far as it is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Type {
    #[default]
    Unknown,
    Unit,
    Bool,
    Int,
    /// The length of something.
    Size,
    Float,
    /// A number that is whole in one place and not in another.
    Number,
    /// A text that is known before the run.
    Text,
    /// A text that is made in the run.
    Words,
    Error,
    Maybe(Box<Type>),
    /// A value or an error.
    Fallible(Box<Type>),
    List(Box<Type>),
    /// A coroutine that isn't awaited yet, and the value that it returns.
    Coro(Box<Type>),
    Task(Box<Type>),
    /// The rest of a wait.
    Pending(Box<Type>),
    /// The condition of a wait for tasks with such values.
    Condition(Box<Type>),
}

impl Type {
    pub(crate) fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    pub(crate) fn task(self) -> Self {
        Self::Task(Box::new(self))
    }

    /// Returns the type that both fit.
    pub(crate) fn joined(self, other: Self) -> Self {
        use Type as T;

        match (self, other) {
            (T::Unknown, other) | (other, T::Unknown) => other,
            (T::Int | T::Float, T::Number)
            | (T::Number, T::Int | T::Float)
            | (T::Int, T::Float)
            | (T::Float, T::Int) => T::Number,
            (T::Text, T::Words) | (T::Words, T::Text) => T::Words,
            (T::List(one), T::List(other)) => one.joined(*other).list(),
            (T::Task(one), T::Task(other)) => one.joined(*other).task(),
            (T::Condition(one), T::Condition(other)) => T::Condition(Box::new(one.joined(*other))),
            (one, _) => one,
        }
    }

    /// Returns the type of the items that a loop over this has.
    pub(crate) fn item(&self) -> Self {
        match self {
            Self::List(item) => (**item).clone(),
            Self::Pending(value) => (**value).clone().task(),
            _ => Self::Unknown,
        }
    }

    /// Returns whether a value can be used again after it was passed on.
    pub(crate) fn is_copied(&self) -> bool {
        matches!(
            self,
            Self::Unit
                | Self::Bool
                | Self::Int
                | Self::Size
                | Self::Float
                | Self::Number
                | Self::Text
                | Self::Unknown
        )
    }

    /// Writes it as the type of a parameter or a result.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Unknown | Self::Unit => "()".into(),
            Self::Bool => "bool".into(),
            Self::Int => "i32".into(),
            Self::Size => "usize".into(),
            Self::Float | Self::Number => "f64".into(),
            Self::Text => "&'static str".into(),
            Self::Words => "String".into(),
            Self::Error => "Exception".into(),
            Self::Maybe(inner) => format!("Option<{}>", inner.written()),
            Self::Fallible(inner) => format!("Result<{}>", inner.written()),
            Self::List(inner) => format!("Vec<{}>", inner.written()),
            Self::Coro(inner) => format!("impl Future<Output = Result<{}>>", inner.written()),
            Self::Task(inner) => format!("Shared<Result<{}>>", inner.written()),
            Self::Pending(inner) => format!("Pending<Shared<Result<{}>>>", inner.written()),
            Self::Condition(inner) => format!("impl Condition<Result<{}>>", inner.written()),
        }
    }
}
