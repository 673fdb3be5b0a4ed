//! A browser that is driven: started, asked, and closed whatever happens.

use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;
use thirtyfour::{
    By, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, FirefoxCapabilities,
    LoggingPrefsLogLevel, WebDriver,
};
use tokio::runtime;
use tokio::time::sleep;

use crate::common::output_of;

const BROWSER: &str = "/usr/bin/chromium";

/// A program by which a browser is driven, and how it begins to tell its port.
#[derive(Clone, Copy)]
struct Kind {
    driver: &'static str,
    port_follows: &'static str,
    is_firefox: bool,
}

const CHROMIUM: Kind = Kind {
    driver: "/usr/bin/chromedriver",
    port_follows: "started successfully on port ",
    is_firefox: false,
};

/// Found in the path: Debian has no package of its driver, `cargo install geckodriver` has.
const FIREFOX: Kind =
    Kind { driver: "geckodriver", port_follows: "Listening on 127.0.0.1:", is_firefox: true };

/// Arguments that keep the browser to itself.
const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// How long a test waits for what a page does in its own time.
const PATIENCE: Duration = Duration::from_secs(20);

/// The page's file, in a folder of its test.
const PAGE: &str = "page.html";

/// Width and height of a window.
pub(crate) type Size = (u32, u32);
pub(crate) const WIDE: Size = (1280, 900);
pub(crate) const NARROW: Size = (390, 844);

/// Runs the demo, and opens the page that it writes.
pub(crate) fn in_page(arguments: &str, size: Size, test: impl AsyncFnOnce(&Page)) {
    in_browser(CHROMIUM, Folder::with(&page_of(arguments)), size, test);
}

/// Opens the page that the demo writes in each browser.
pub(crate) fn in_each_browser(arguments: &str, test: &impl AsyncFn(&Page)) {
    in_each_browser_of(&page_of(arguments), test);
}

/// Opens a page in Chromium, and in Firefox if its driver is there.
pub(crate) fn in_each_browser_of(html: &str, test: &impl AsyncFn(&Page)) {
    for kind in [CHROMIUM, FIREFOX] {
        if kind.is_firefox && Command::new(kind.driver).arg("--version").output().is_err() {
            println!("{} isn't installed: only Chromium was asked", kind.driver);
            continue;
        }
        in_browser(kind, Folder::with(html), WIDE, test);
    }
}

fn page_of(arguments: &str) -> String {
    output_of(&format!("{arguments} --html -"))
}

/// Opens a page that is given.
pub(crate) fn in_page_of(html: &str, test: impl AsyncFnOnce(&Page)) {
    in_browser(CHROMIUM, Folder::with(html), WIDE, test);
}

/// After the test nothing may stand in the browser's console; Firefox doesn't tell.
fn in_browser(kind: Kind, folder: Folder, size: Size, test: impl AsyncFnOnce(&Page)) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let driver = Driver::start(kind);
    let browser = runtime.block_on(driver.open_browser(size)).unwrap();
    let page = Page { browser: browser.clone(), folder };
    let result = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            page.open(&page.folder().join(PAGE)).await;
            test(&page).await;
            let log = if kind.is_firefox { Vec::new() } else { page.complaints().await };
            assert!(log.is_empty(), "{log:?}");
        });
    }));
    // Else the browser would live on.
    runtime.block_on(browser.quit()).unwrap();
    result.unwrap_or_else(|panic| resume_unwind(panic));
}

/// A driver, on a port of its choice.
struct Driver {
    process: Child,
    port: u16,
    kind: Kind,
}

impl Driver {
    fn start(kind: Kind) -> Self {
        let mut driver = Command::new(kind.driver);
        let mut process = driver.arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once(kind.port_follows)?;
            port.trim_end_matches('.').parse().ok()
        });
        // What it says later is let go, or it would wait for a reader.
        thread::spawn(move || lines.for_each(drop));
        Self { process, port: port.expect("the driver says its port"), kind }
    }

    async fn open_browser(&self, size: Size) -> WebDriverResult<WebDriver> {
        let address = format!("http://localhost:{}", self.port);
        if self.kind.is_firefox {
            WebDriver::new(address, firefox(size)?).await
        } else {
            WebDriver::new(address, chromium(size)?).await
        }
    }
}

fn chromium((width, height): Size) -> WebDriverResult<ChromeCapabilities> {
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(BROWSER)?;
    for argument in ARGUMENTS {
        wanted.add_arg(argument)?;
    }
    // A window has a least width, the screen of a device has none.
    let screen = json!({ "width": width, "height": height, "pixelRatio": 1, "touch": false });
    wanted.add_experimental_option("mobileEmulation", json!({ "deviceMetrics": screen }))?;
    wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(wanted)
}

fn firefox((width, height): Size) -> WebDriverResult<FirefoxCapabilities> {
    let mut wanted = DesiredCapabilities::firefox();
    for argument in ["-headless", &format!("--width={width}"), &format!("--height={height}")] {
        wanted.add_arg(argument)?;
    }
    Ok(wanted)
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A page in the browser.
pub(crate) struct Page {
    browser: WebDriver,
    folder: Folder,
}

impl Page {
    pub(crate) async fn open(&self, file: &Path) {
        self.go(&format!("file://{}", file.display())).await;
    }

    /// Goes to an address. On a busy machine the driver may be back before the browser is
    /// there.
    pub(crate) async fn go(&self, url: &str) {
        self.browser.goto(url).await.unwrap();
        let (scheme, _) = url.split_once("//").unwrap();
        let is_there = format!(
            "return location.protocol === '{scheme}' && document.readyState === 'complete'"
        );
        self.wait_until(&is_there).await;
    }

    /// Opens the page anew, by a link that ends so.
    pub(crate) async fn open_at(&self, hash: &str) {
        self.browser.goto("about:blank").await.unwrap();
        let file = self.folder.0.join(PAGE);
        self.go(&format!("file://{}{hash}", file.display())).await;
    }

    /// Where the test may write.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.0.join(name);
        fs::write(&file, text).unwrap();
        file
    }

    /// The text of the page's file.
    pub(crate) fn html(&self) -> String {
        fs::read_to_string(self.folder.0.join(PAGE)).unwrap()
    }

    // Acting -----------------------------------------------------------------

    pub(crate) async fn press(&self, key: &str) {
        let code = match key {
            "ArrowLeft" => "\u{E012}",
            "ArrowRight" => "\u{E014}",
            "ArrowUp" => "\u{E013}",
            "ArrowDown" => "\u{E015}",
            "Home" => "\u{E011}",
            "End" => "\u{E010}",
            "Enter" => "\u{E007}",
            "Escape" => "\u{E00C}",
            other => other,
        };
        self.browser.action_chain().send_keys(code).perform().await.unwrap();
    }

    /// Clicks on an element, once the page has laid it out.
    pub(crate) async fn click(&self, css: &str) {
        let begun = Instant::now();
        let element = self.browser.find(By::Css(css)).await.unwrap();
        while !element.is_clickable().await.unwrap() {
            assert!(begun.elapsed() < PATIENCE, "{css} can't be clicked");
            sleep(Duration::from_millis(20)).await;
        }
        element.click().await.unwrap();
    }

    /// Chooses a file, as one does in the dialog of an input.
    pub(crate) async fn choose(&self, css: &str, file: &Path) {
        let input = self.browser.find(By::Css(css)).await.unwrap();
        input.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Gives the window another width.
    pub(crate) async fn widen(&self, width: u32) {
        self.resize((width, WIDE.1)).await;
    }

    /// Gives the window another size.
    pub(crate) async fn resize(&self, (width, height): Size) {
        let screen =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let command = "Emulation.setDeviceMetricsOverride";
        self.browser.cdp().send_raw(command, screen).await.unwrap();
        let is_so = format!("return innerWidth === {width} && innerHeight === {height}");
        self.wait_until(&is_so).await;
    }

    /// Has the page look as if the reader had chosen this: a medium, or a preference.
    pub(crate) async fn emulate(&self, feature: &str, value: &str) {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.browser.cdp().send_raw("Emulation.setEmulatedMedia", features).await.unwrap();
    }

    pub(crate) async fn script(&self, script: &str) -> Value {
        self.browser.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// What stands in the console since this was last asked.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log: Vec<_> = self.browser.browser_log().await.unwrap();
        log.into_iter().map(|entry| format!("{entry:?}")).collect()
    }

    pub(crate) async fn wait_until(&self, script: &str) {
        let begun = Instant::now();
        while self.script(script).await != Value::Bool(true) {
            assert!(begun.elapsed() < PATIENCE, "{script}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    // Steps ------------------------------------------------------------------

    pub(crate) async fn step(&self) -> u64 {
        self.script("return wheelhouse.step").await.as_u64().unwrap()
    }

    pub(crate) async fn last(&self) -> u64 {
        self.script("return wheelhouse.steps.length - 1").await.as_u64().unwrap()
    }

    /// What happens in the step that is shown.
    pub(crate) async fn event(&self) -> Value {
        self.script("return wheelhouse.steps[wheelhouse.step]").await
    }

    /// What happens first, after the step that is shown, of all of which this is true.
    pub(crate) async fn event_after(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        let steps = self.script("return wheelhouse.steps.slice(wheelhouse.step + 1)").await;
        steps.as_array().unwrap().iter().find(|it| is_it(it)).expect("there is such a step").clone()
    }

    /// Goes to the first step of which this is true.
    pub(crate) async fn step_to(&self, is_it: impl Fn(&Value) -> bool) -> u64 {
        let steps = self.script("return wheelhouse.steps").await;
        let step = steps.as_array().unwrap().iter().position(is_it).expect("there is such a step");
        self.script(&format!("wheelhouse.goto({step})")).await;
        self.step().await
    }

    // Looking ----------------------------------------------------------------

    pub(crate) async fn count(&self, css: &str) -> usize {
        self.browser.find_all(By::Css(css)).await.unwrap().len()
    }

    /// Whether there is such an element, and it can be seen. It is looked for again if the
    /// page has just put another in its place.
    pub(crate) async fn shows(&self, css: &str) -> bool {
        while let Ok(element) = self.browser.find(By::Css(css)).await {
            if let Ok(is_shown) = element.is_displayed().await {
                return is_shown;
            }
        }
        false
    }

    /// The text of an element, with single blanks.
    pub(crate) async fn text(&self, css: &str) -> String {
        let text = self.script(&format!("return document.querySelector({css:?}).innerText")).await;
        text.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.browser.find(By::Css(css)).await.unwrap().attr(name).await.unwrap()
    }
}

/// A folder of a test's own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    /// One that holds the page.
    fn with(html: &str) -> Self {
        let folder = Self::new();
        fs::write(folder.0.join(PAGE), html).unwrap();
        folder
    }

    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("wheelhouse-page-{}-{number}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
