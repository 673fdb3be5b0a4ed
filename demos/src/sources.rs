//! The sources that a run is about, which its page shows.

use executor::trace::{Follower, Recording};

/// Their texts, by the paths that the compiler knows.
const SOURCES: [(&str, &str); 5] = [
    ("demos/src/coroutine.rs", include_str!("coroutine.rs")),
    ("demos/src/interrupt.rs", include_str!("interrupt.rs")),
    ("demos/src/plan.rs", include_str!("plan.rs")),
    ("demos/src/run.rs", include_str!("run.rs")),
    ("demos/src/tour.rs", include_str!("tour.rs")),
];

/// Returns the text of a source.
pub(crate) fn text_of(path: &str) -> Option<&'static str> {
    SOURCES.iter().find(|it| it.0 == path).map(|it| it.1)
}

/// Adds the sources to a recording.
pub(crate) fn add(recording: Recording) -> Recording {
    SOURCES.into_iter().fold(recording, |it, (path, text)| it.with_source(path, text))
}

/// Adds the sources to a recording that grows.
pub(crate) fn add_to_growing(follower: Follower) -> Follower {
    SOURCES.into_iter().fold(follower, |it, (path, text)| it.with_source(path, text))
}
