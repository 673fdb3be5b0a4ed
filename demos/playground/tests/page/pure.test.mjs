// The playground's scripts without a page, and the interpreter without a browser:
//
//     cargo run -p wheelhouse-playground -- target/playground.html
//     node --test demos/playground/tests/page/*.test.mjs

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { declared, scripts } from "../../../viewer/tests/page/load.mjs";

const HERE = new URL("../../src/page/", import.meta.url);
const EXAMPLES = new URL("../../../examples/", import.meta.url);
const PAGE = process.env.PLAYGROUND ?? new URL("../../../../target/playground.html", import.meta.url);

class Refusal extends Error {}

const PACKED = new URL("../../../viewer/src/page/packed.js", import.meta.url);
const own = ["machine.js", "shared.js", "knobs.js"].map((it) => new URL(it, HERE));
const source = [PACKED, ...own].map((it) => readFileSync(it, "utf8")).join("\n");
const { packed, unpacked, interpreterOf, stepOf, MOST_SHARED } =
  new Function("Refusal", `${source}\nreturn { packed, unpacked, interpreterOf, stepOf, MOST_SHARED };`)(Refusal);

test("no script declares a name of another, or of the page of a recording: they are one module", () => {
  const own = readdirSync(HERE).filter((it) => it.endsWith(".js") && it !== "worker.js");
  const texts = [...scripts().map(({ text }) => text), ...own.map((it) => readFileSync(new URL(it, HERE), "utf8"))];
  const names = texts.flatMap(declared);
  assert.deepEqual(names.filter((it, nth) => names.indexOf(it) !== nth), []);
  assert.ok(names.includes("App") && names.includes("Playground"));
});

// Links ----------------------------------------------------------------------

test("a program comes out of its link as it went in", async () => {
  for (const text of ["", "await x\n", "print('ä 🦀')\n", "x = 1\n".repeat(5000)]) {
    const letters = await packed(text);
    assert.match(letters, /^[\w-]*$/);
    assert.equal(await unpacked(letters), text);
  }
});

test("a link that is cut off, or no link at all, is refused in words", async () => {
  const letters = await packed("await asyncio.sleep(1)\n");
  for (const wrong of [letters.slice(0, -6), "%%%", "AAAA", "äöü"]) {
    await assert.rejects(unpacked(wrong), (error) => error instanceof Refusal, wrong);
  }
});

test("a short link that unfolds to a huge text is refused before it is whole", async () => {
  const bomb = deflateRawSync(Buffer.alloc(100 * MOST_SHARED, "a")).toString("base64url");
  await assert.rejects(unpacked(bomb), Refusal);
});

test("a program gets no link that would be refused as too long", async () => {
  assert.equal(await unpacked(await packed("é".repeat(MOST_SHARED / 2))), "é".repeat(MOST_SHARED / 2));
  assert.equal(await packed("é".repeat(MOST_SHARED / 2 + 1)), null);
});

test("a slider goes by the last digit that is written", () => {
  assert.deepEqual(["3", "0.25", "0.5", "10", "1.000"].map(stepOf), [1, 0.01, 0.1, 1, 0.001]);
});

// The interpreter ------------------------------------------------------------

/// The worker's script, with its side of the messages.
async function startWorker() {
  const page = readFileSync(PAGE, "utf8");
  const part = (id) => page.split(`id="${id}">`)[1].split("</script>")[0];
  const answers = [];
  const worker = new Function("postMessage", `let onmessage;${part("worker")}\nreturn onmessage;`)((it) => answers.push(it));
  await worker({ data: { program: await interpreterOf(part("interpreter").trim()) } });
  return async (question) => {
    await worker({ data: { number: 1, question: JSON.stringify(question) } });
    const { answer, died } = answers.pop();
    assert.equal(died, undefined);
    return JSON.parse(answer);
  };
}

const asked = startWorker();

test("the interpreter imports nothing", async () => {
  const page = readFileSync(PAGE, "utf8");
  const program = await interpreterOf(page.split('id="interpreter">')[1].split("</script>")[0]);
  assert.deepEqual(WebAssembly.Module.imports(await WebAssembly.compile(program)), []);
});

test("the page is smaller than 1.2 MB", () => {
  assert.ok(readFileSync(PAGE).length < 1_200_000);
});

test("each example prints in WebAssembly what it prints on CPython", async () => {
  const ask = await asked;
  const files = readdirSync(EXAMPLES).filter((it) => it.endsWith(".py"));
  assert.ok(files.length > 10);
  for (const file of files) {
    const text = readFileSync(new URL(file, EXAMPLES), "utf8");
    const { printed, recording } = await ask({ ask: "run", text });
    assert.equal(printed, readFileSync(new URL(file.replace(".py", ".out"), EXAMPLES), "utf8"), file);
    assert.ok(recording.header.wheelhouse > 0 && recording.steps.length > 10, file);
  }
});

test("what is wrong with a program has its place", async () => {
  const { wrong } = await (await asked)({ ask: "run", text: "import time\ntime.sleep(1)\n" });
  assert.deepEqual([wrong.line, wrong.column], [2, 1]);
  assert.match(wrong.words, /^`time\.sleep` blocks the loop/);
});

test("a program without end is given up with a sentence, and the page gets its first steps", async () => {
  const text = "import asyncio\nasync def main():\n    while True:\n        await asyncio.sleep(1)\nasyncio.run(main())\n";
  const { failure, recording, left_out: leftOut } = await (await asked)({ ask: "run", text });
  assert.match(failure, /^the program is given up/);
  assert.equal(recording.steps.length, 20_000);
  assert.ok(leftOut > 0);
});

test("a seed gives another order of tasks, and always the same", async () => {
  const text = readFileSync(new URL("turns.py", EXAMPLES), "utf8");
  const ask = await asked;
  const printed = async (seed) => (await ask({ ask: "run", text, seed })).printed;
  const inOrder = await printed(null);
  const shuffled = [];
  for (let seed = 0; seed < 8; seed++) shuffled.push(await printed(seed));
  assert.ok(shuffled.some((it) => it !== inOrder));
  assert.equal(await printed(3), shuffled[3]);
});

test("a knob says where its part of the text is, as scripts count", async () => {
  const text = "import asyncio\nasync def main():\n    print('🦀')  # 🦀\n    await asyncio.sleep(0.25)\nasyncio.run(main())\n";
  const { knobs } = await (await asked)({ ask: "knobs", text });
  assert.deepEqual(knobs.map(({ turns, line, begin, end }) => [turns, line, text.slice(begin, end)]), [["sleep", 4, "0.25"]]);
});

test("a question that makes no sense is answered", async () => {
  const { failed } = await (await asked)({ ask: "dance" });
  assert.match(failed, /dance/);
});
