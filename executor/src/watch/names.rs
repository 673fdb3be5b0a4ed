//! Names of functions, for recordings.

use std::any::type_name;

/// Returns the name of a function, as its type has it. For a closure it is that of the
/// function around it.
pub(crate) fn name_of_function<F>() -> String {
    let mut depth = 0;
    let plain: String = type_name::<F>()
        .chars()
        .filter(|it| {
            let before = depth;
            depth += i32::from(*it == '<') - i32::from(*it == '>');
            before == 0 && depth == 0
        })
        .collect();
    let parts = plain.split("::").filter(|it| !it.is_empty() && !it.starts_with('{'));
    let parts: Vec<_> = parts.collect();
    parts[parts.len().saturating_sub(2)..].join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name<F>(_: &F) -> String {
        name_of_function::<F>()
    }

    struct Bell<T>(T);

    impl<T: Copy> Bell<T> {
        fn ring(&self) -> String {
            let Self(it) = self;
            name(&move || *it)
        }
    }

    #[test]
    fn a_closure_has_the_name_of_the_function_around_it() {
        assert_eq!(Bell(Some(3)).ring(), "Bell::ring");
        let inner = || name(&|| ());
        assert_eq!(inner(), "tests::a_closure_has_the_name_of_the_function_around_it");
    }
}
