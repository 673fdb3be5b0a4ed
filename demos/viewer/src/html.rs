//! Recordings as a page on which to step through them.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use miniz_oxide::deflate::compress_to_vec;
use sha2::{Digest, Sha256};

use crate::Recording;
use crate::performers::functions;
use crate::table::TABLE;

/// The page, with places for its style, its scripts and the recording.
const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPTS: [&str; 26] = [
    "const TABLE = ",
    TABLE,
    ";\n",
    include_str!("page/packed.js"),
    include_str!("page/lines.js"),
    include_str!("page/state.js"),
    include_str!("page/indices.js"),
    include_str!("page/stops.js"),
    include_str!("page/words.js"),
    include_str!("page/sentences.js"),
    include_str!("page/panes.js"),
    include_str!("page/performers.js"),
    include_str!("page/translation.js"),
    include_str!("page/gantt.js"),
    include_str!("page/dials.js"),
    include_str!("page/waits.js"),
    include_str!("page/chapters.js"),
    include_str!("page/log.js"),
    include_str!("page/tabs.js"),
    include_str!("page/panel.js"),
    include_str!("page/link.js"),
    include_str!("page/align.js"),
    include_str!("page/compare.js"),
    include_str!("page/quiz.js"),
    include_str!("page/live.js"),
    include_str!("page/main.js"),
];

/// The greatest size of the data, in bytes. A browser becomes unusable with more.
pub(crate) const MOST: usize = 100_000_000;

/// The size from which data are packed, in bytes. Shorter ones stay legible in the page.
const LONG: usize = 1_000_000;

/// The level of compression: a higher one takes longer, and saves little more.
const PACKED: u8 = 3;

/// Makes the page, with a second recording beside the first if there is one; see
/// [`View::to_html`](crate::View::to_html).
pub(crate) fn page(recording: &Recording, beside: Option<&Recording>) -> Result<String, TooLarge> {
    let (data, other) = (page_data(recording), beside.map_or_else(String::new, page_data));
    let bytes = data.len() + other.len();
    if bytes > MOST {
        return Err(TooLarge { steps: recording.len() + beside.map_or(0, Recording::len), bytes });
    }
    let (data, other) = (packed_if_long(data), packed_if_long(other));
    Ok(filled(&Contents { data: &data, other: &other, ..Contents::default() }))
}

/// Makes a page that is empty at first, and asks for its steps at this path of its server.
#[cfg(feature = "live")]
pub(crate) fn live_page(stream: &str) -> String {
    filled(&Contents { stream, ..Contents::default() })
}

/// A page that makes recordings itself, and shows them on the page of a recording; see
/// [`to_html`](Self::to_html).
///
/// ```
/// let page = viewer::Host {
///     title: "My programs",
///     body: "<button id='run'>Run</button>",
///     script: "byId('run').addEventListener('click', () => started.load(parseLines('..', 'a run')));",
///     ..viewer::Host::default()
/// };
/// assert!(page.to_html().contains("<button id='run'>Run</button>"));
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Host<'a> {
    /// The title, as long as no recording is shown.
    pub title: &'a str,
    /// Rules of style, after the page's own.
    pub style: &'a str,
    /// Elements, between the page's title and its controls. Scripts among them don't run.
    pub body: &'a str,
    /// A script at the end of the page's own, in the same module. There `started` is the page:
    /// its method `load` shows a recording.
    pub script: &'a str,
    /// Lets the script start WebAssembly, and workers that it makes of a blob.
    pub runs_wasm: bool,
}

impl Host<'_> {
    /// Returns the page, on which no recording is shown at first: one file, which a browser
    /// opens from the disk and which needs no network.
    #[must_use]
    pub fn to_html(&self) -> String {
        let header =
            serde_json::json!({ "header": { "wheelhouse": 0, "title": self.title }, "steps": [] });
        let data = header.to_string().replace('<', "\\u003c");
        filled(&Contents { data: &data, host: *self, ..Contents::default() })
    }
}

/// All that pages have in different ways.
struct Contents<'a> {
    data: &'a str,
    other: &'a str,
    stream: &'a str,
    host: Host<'a>,
}

impl Default for Contents<'_> {
    fn default() -> Self {
        let data = "{\"header\":{\"wheelhouse\":0},\"steps\":[]}";
        Self { data, other: "", stream: "", host: Host::default() }
    }
}

/// Makes the page. Only one that has a server may connect to it.
fn filled(Contents { data, other, stream, host }: &Contents<'_>) -> String {
    let (style, scripts) = (STYLE.to_owned() + host.style, SCRIPTS.concat() + host.script);
    let (style_hash, script_hash) = (hash(&style), hash(&scripts));
    let wasm = if host.runs_wasm { " 'wasm-unsafe-eval'; worker-src blob:" } else { "" };
    let connect = if stream.is_empty() { "" } else { " connect-src 'self';" };
    let parts = [
        ("/*CSS-HASH*/", style_hash.as_str()),
        ("/*JS-HASH*/", &script_hash),
        ("/*MORE-SCRIPTS*/", wasm),
        ("/*CONNECT*/", connect),
        ("/*CSS*/", &style),
        ("/*BODY*/", host.body),
        ("/*FUNCTIONS*/", &functions_data()),
        ("/*DATA*/", data),
        ("/*BESIDE*/", other),
        ("/*LIVE*/", stream),
        ("/*JS*/", &scripts),
    ];
    fill(PAGE, &parts)
}

/// Returns the lines as one value. It stands within a page, so nothing in it may look like
/// the end of a script.
fn page_data(recording: &Recording) -> String {
    let (header, steps) = recording.header_and_steps();
    let mut data = format!("{{\"header\":{header},\"steps\":[");
    for (number, step) in steps.lines().enumerate() {
        data.push_str(if number == 0 { "\n" } else { ",\n" });
        data.push_str(step);
    }
    data.push_str("\n]}");
    data.replace('<', "\\u003c")
}

/// A browser reads a long text in a page slowly: compressed it is there in half the time, and
/// the page is a tenth as large.
fn packed_if_long(data: String) -> String {
    if data.len() < LONG {
        data
    } else {
        BASE64_STANDARD.encode(compress_to_vec(data.as_bytes(), PACKED))
    }
}

/// Returns the functions that perform steps, by the keys of what they perform.
fn functions_data() -> String {
    let functions: BTreeMap<_, _> = functions().collect();
    let data = serde_json::to_string(&functions).expect("they are texts and numbers");
    data.replace('<', "\\u003c")
}

/// Puts texts into their places, which come in this order.
fn fill(mut page: &str, texts: &[(&str, &str)]) -> String {
    let mut parts = Vec::new();
    for (place, text) in texts {
        let (before, after) = page.split_once(place).unwrap_or((page, ""));
        parts.extend([before, text]);
        page = after;
    }
    parts.push(page);
    parts.concat()
}

/// Returns the hash by which the page's policy knows its style or its script. A browser
/// runs nothing else, even if a recording contains code.
fn hash(text: &str) -> String {
    // A browser reads the element with the line breaks around the place.
    let element = format!("\n{text}\n").replace("\r\n", "\n");
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(element)))
}

/// The error of [`View::to_html`](crate::View::to_html): the recording is too large for a
/// page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge {
    steps: usize,
    bytes: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, bytes } = self;
        write!(
            f,
            "a page takes up to {} MB, and the recording of {steps} steps would take {}: \
             record less of the run, or export it as JSON Lines",
            MOST / 1_000_000,
            bytes.div_ceil(1_000_000),
        )
    }
}

impl Error for TooLarge {}
