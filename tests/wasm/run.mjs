// Calls the programs of `src/lib.rs`, each in a module of its own, which imports nothing.
//
//     cargo build --target wasm32-unknown-unknown && node run.mjs FILE.wasm

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
assert.deepEqual(WebAssembly.Module.imports(module), []);

function start() {
    const { exports } = new WebAssembly.Instance(module, {});
    exports.start();
    return exports;
}

function panicOf(name) {
    const exports = start();
    assert.throws(exports[name], WebAssembly.RuntimeError, name);
    const bytes = new Uint8Array(exports.memory.buffer, exports.message(), exports.message_length());
    return new TextDecoder().decode(bytes);
}

assert.equal(start().seconds_on_the_virtual_clock(), 10n);
assert.equal(start().turns_until_it_is_woken(), 1);
assert.equal(start().frames_on_a_manual_clock(16), 7);
assert.equal(start().awaits_a_remote_task(), 1n);
assert.match(panicOf("asks_for_the_real_clock"), /no clock.*Clock::Virtual/s);
assert.match(panicOf("blocks"), /a thread can't block.*`turn`/s);
assert.match(panicOf("asks_for_a_thread"), /no thread for it/);
assert.match(panicOf("joins_a_remote_task"), /not supported on this platform/);
console.log("all programs did as they should");
