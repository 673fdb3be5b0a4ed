//! Words that are no part of the language, and words that others are likely meant for.

/// Words and signs of Python and of other languages that mean nothing here, and the remedy.
const FOREIGN: [(&str, &str); 43] = [
    ("class", "use functions, and the errors that Python has"),
    ("yield", "return a list"),
    ("match", "write `if ..:` and `elif ..:`"),
    ("switch", "write `if ..:` and `elif ..:`"),
    ("elseif", "write `elif ..:`"),
    ("function", "write `def name():` or `async def name():`"),
    ("let", "write `name = ..`"),
    ("const", "write `name = ..`"),
    ("var", "write `name = ..`"),
    ("true", "write `True`"),
    ("false", "write `False`"),
    ("null", "write `None`"),
    ("nil", "write `None`"),
    ("map", "write `[.. for .. in ..]`"),
    ("filter", "write `[.. for .. in .. if ..]`"),
    ("next", "go through the list by `for`"),
    ("iter", "go through the list by `for`"),
    ("open", "a program only sleeps and prints: take it away"),
    ("input", "a program only sleeps and prints: take it away"),
    ("id", "compare by `is`"),
    ("hash", "compare by `==`"),
    ("asyncio.as_completed", "write `asyncio.wait(.., return_when=asyncio.FIRST_COMPLETED)`"),
    ("asyncio.Queue", "let a task return its value, and await it"),
    ("asyncio.Lock", "let one task do what must not be done twice at a time"),
    ("asyncio.Event", "write `loop.create_future()`, and `set_result` where it is set"),
    ("asyncio.Condition", "write `loop.create_future()`, and `set_result` where it is notified"),
    ("asyncio.Semaphore", "make fewer tasks at a time, and `wait` for them"),
    ("asyncio.to_thread", "there are no threads: write `await asyncio.sleep(..)` for the time"),
    ("asyncio.Runner", "write `asyncio.run(main())`"),
    ("asyncio.new_event_loop", "write `asyncio.run(main())`, which makes the loop"),
    ("asyncio.all_tasks", "keep the tasks that `create_task` returns in a list"),
    ("asyncio.iscoroutine", "take it away"),
    ("asyncio.timeout_at", "write `asyncio.timeout(..)` with the time from now on"),
    ("@", "call the function that you mean"),
    ("**=", "write the product"),
    (":=", "assign on a line of its own"),
    ("&", "write `and`, or `one.intersection(other)` for sets"),
    ("|", "write `or`, or `one.union(other)` for sets"),
    ("<<", "write the product"),
    (">>", "write the quotient"),
    ("!", "write `not`, or `!=` to compare"),
    ("?", "write `one if test else other`"),
    ("~", "write `-x - 1`"),
];

/// The words with which statements begin, and some that stand within them.
const OF_STATEMENTS: [&str; 17] = [
    "async", "await", "def", "elif", "else", "except", "finally", "for", "from", "if", "import",
    "pass", "raise", "return", "try", "while", "with",
];

/// Returns the sentence that a word or sign is no part of the language, if it is known.
pub(crate) fn foreign(word: &str) -> Option<String> {
    let (_, remedy) = FOREIGN.iter().find(|(it, _)| *it == word)?;
    Some(format!("`{word}` isn't part of this language: {remedy}"))
}

/// Returns the word of a statement that this one is likely meant for.
pub(crate) fn meant(word: &str) -> Option<&'static str> {
    nearest(word, OF_STATEMENTS).filter(|it| *it != word)
}

/// Returns the word that is most like this one, if there is one that is nearly the same.
pub(crate) fn nearest<'a>(word: &str, all: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = if word.chars().count() < 5 { 1 } else { 2 };
    let near = all.into_iter().map(|it| (distance(it, word), it));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(it, _)| *it).map(|(_, it)| it)
}

/// Returns how many signs have to be changed, or exchanged with the next, to make one word of
/// the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<_>, Vec<_>) =
        (one.chars().take(40).collect(), other.chars().take(40).collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<_>>()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let is_other = usize::from(one[i - 1] != other[j - 1]);
            let least = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + is_other);
            let exchanged =
                i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            row.push(if exchanged { least.min(rows[i - 2][j - 2] + 1) } else { least });
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}
