// @ts-check
// The address of what one sees, and what one may take along: a link, the
// recording, the chart.

// The address ----------------------------------------------------------------

/// The part of the address that says what is seen. What is as it is in the
/// beginning isn't said.
function hashOf({ step, task, level, pane, compare, beside, ...linked }) {
  const more = { task, level: level === "all" ? null : level, pane: pane === "chart" ? null : pane, compare, beside, ...linked };
  const said = Object.entries(more).filter(([, value]) => value !== null && value !== undefined);
  return `#${[["step", step], ...said].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")}`;
}

function seenIn(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const stepIn = (name) => (/^\d+$/.test(fields.get(name) ?? "") ? Number(fields.get(name)) : null);
  const level = Object.hasOwn(LEVEL_NAMES, fields.get("level")) ? fields.get("level") : "all";
  const [step, beside] = [stepIn("step"), stepIn("beside")];
  return { step, task: fields.get("task"), level, pane: fields.get("pane") ?? "chart", compare: fields.get("compare"), beside };
}

/// Keeps the address up to date. In a page within a page there may be none that
/// a script can change: then nothing is kept.
class Address {
  #timer = null;

  /// `seen` says what is seen.
  constructor(seen) {
    this.seen = seen;
  }

  /// Browsers allow few changes of the address in a second.
  follow() {
    this.#timer ??= setTimeout(() => this.#write("replaceState"), 200);
  }

  /// Calls what goes elsewhere, and makes a new entry of the browser's history of
  /// it, so that Back leads to what was seen before.
  enter(go) {
    this.#write("replaceState");
    go();
    this.#write("pushState");
  }

  /// Back or Forward has led to another entry: what was to be written is of the one before.
  leave() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #write(how) {
    this.leave();
    try {
      history[how](null, "", hashOf(this.seen()));
    } catch {
      // As said above.
    }
  }
}

// To take along --------------------------------------------------------------

class SharePanel {
  constructor(app) {
    this.app = app;
    this.panel = new Panel("share");
    this.field = byId("link");
    this.told = byId("shared");
    const on = (id, act) => byId(id).addEventListener("click", act);
    on("copy-link", () => this.#copy());
    on("save-recording", () => this.#save("jsonl", linesOf(app.whole), "application/jsonl"));
    on("save-chart", () => this.#save("svg", app.chart(), "image/svg+xml"));
    on("print", () => print());
    this.field.addEventListener("focus", () => this.field.select());
    byId("no-link").hidden = hasAddress();
    for (const it of [this.field.parentElement, byId("copy-link")]) it.hidden = !hasAddress();
  }

  close() {
    this.panel.close();
  }

  toggle() {
    if (this.panel.isOpen) return this.close();
    this.panel.open();
    setText(this.told, "");
    this.show();
    (hasAddress() ? this.field : byId("save-recording")).focus();
  }

  show() {
    if (!this.panel.isOpen) return;
    this.field.value = linkTo(this.app.seen());
  }

  get #name() {
    const title = this.app.recording.header.title ?? "recording";
    return title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  }

  /// A page around this one may forbid to save files, which no script is told of.
  #save(kind, text, type) {
    const name = `${this.#name}.${kind}`;
    save(name, text, type);
    const unless = self === top ? "." : ", unless the page around this one forbids that: then open this one by itself.";
    setText(this.told, `Saved as ${name}${unless}`);
  }

  /// Where a page may not write to the clipboard, the link is marked for the keys.
  async #copy() {
    this.field.focus();
    this.field.select();
    try {
      await navigator.clipboard.writeText(this.field.value);
      setText(this.told, "The link is copied.");
    } catch {
      setText(this.told, "The link is marked: copy it by the keys of your system.");
    }
  }
}

/// Whether there is an address that leads to this page, as there isn't for a text within another.
function hasAddress() {
  return !["about:", "blob:"].includes(location.protocol);
}

/// Returns the link to what one sees on this page.
function linkTo(seen) {
  return location.href.replace(/#.*$/, "") + hashOf(seen);
}

/// The lines of a recording, as the recorder writes them: but for the end of a line, it tells
/// control characters by their numbers.
function linesOf({ header, steps }) {
  const told = (it) => JSON.stringify(it).replace(/\\./g, (escape) => NUMBERED[escape] ?? escape);
  return [header, ...steps].map((it) => `${told(it)}\n`).join("");
}

const NUMBERED = { "\\b": "\\u0008", "\\f": "\\u000c", "\\r": "\\u000d", "\\t": "\\u0009" };

function save(name, text, type) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/// The properties that a drawing has from the page's style, and that a file must say itself.
const DRAWN = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "opacity",
  "font-family", "font-size", "font-weight", "text-anchor", "marker-end", "display",
];

/// A drawing as a file of its own.
function standalone(drawing) {
  const copy = drawing.cloneNode(true);
  const originals = [drawing, ...drawing.querySelectorAll("*")];
  for (const [nth, element] of [copy, ...copy.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(originals[nth]);
    for (const name of DRAWN) element.setAttribute(name, style.getPropertyValue(name));
    for (const name of ["class", "style"]) element.removeAttribute(name);
  }
  const colour = getComputedStyle(drawing.closest(".pane")).backgroundColor;
  copy.prepend(svg("rect", { width: "100%", height: "100%", fill: colour }));
  copy.setAttribute("xmlns", SVG);
  return wellFormed(new XMLSerializer().serializeToString(copy));
}

/// XML has no characters of some kinds, be they escaped or not.
function wellFormed(xml) {
  return xml.replace(/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}
