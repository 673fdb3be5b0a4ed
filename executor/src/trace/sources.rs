//! The sources of this library, for tools that show how a step is performed.

/// The files in which steps are performed, by their paths in `src`.
const SOURCES: [(&str, &str); 21] = [
    ("cancel/count.rs", include_str!("../cancel/count.rs")),
    ("cancel/request.rs", include_str!("../cancel/request.rs")),
    ("cancel/scope_polls.rs", include_str!("../cancel/scope_polls.rs")),
    ("run/context.rs", include_str!("../run/context.rs")),
    ("run/core.rs", include_str!("../run/core.rs")),
    ("run/life.rs", include_str!("../run/life.rs")),
    ("run/reactor.rs", include_str!("../run/reactor.rs")),
    ("run/sleep.rs", include_str!("../run/sleep.rs")),
    ("run/task.rs", include_str!("../run/task.rs")),
    ("run/timers.rs", include_str!("../run/timers.rs")),
    ("run/waker.rs", include_str!("../run/waker.rs")),
    ("time/wheel.rs", include_str!("../time/wheel.rs")),
    ("trace/begin.rs", include_str!("begin.rs")),
    ("trace/mod.rs", include_str!("mod.rs")),
    ("trace/probe.rs", include_str!("probe.rs")),
    ("watch/alarm.rs", include_str!("../watch/alarm.rs")),
    ("watch/callback.rs", include_str!("../watch/callback.rs")),
    ("watch/group.rs", include_str!("../watch/group.rs")),
    ("watch/notices.rs", include_str!("../watch/notices.rs")),
    ("watch/seam.rs", include_str!("../watch/seam.rs")),
    ("watch/words.rs", include_str!("../watch/words.rs")),
];

/// Returns the text of a file of this library in which steps of recordings are performed, by
/// its path in `src`; `None` for any other.
///
/// ```
/// use executor::trace::source;
///
/// assert!(source("run/reactor.rs").unwrap().contains("fn turn("));
/// assert_eq!(source("run/nowhere.rs"), None);
/// ```
#[must_use]
pub fn source(path: &str) -> Option<&'static str> {
    SOURCES.iter().find(|it| it.0 == path).map(|it| it.1)
}
