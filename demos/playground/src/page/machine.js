// @ts-check
// The interpreter, as the page asks it: on a thread of its own, which is ended if an answer
// takes too long, or if the interpreter has died.

/// The longest time for an answer, in milliseconds. Programs end long before: the interpreter
/// gives them up.
const MOST_PATIENCE = 10_000;

/// The memory of the interpreter, in bytes, with which its thread isn't used again: it never
/// gives any back.
const MOST_MEMORY = 100e6;

class Machine {
  #worker = null;
  #number = 0;
  /// Per question that isn't answered: its promise's functions, and its timer.
  #open = new Map();

  /// `program` will be the interpreter, and `script` is what its thread runs.
  constructor(program, script) {
    this.program = program;
    this.script = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  }

  /// Returns the answer to a question.
  async ask(question) {
    try {
      const program = await this.program;
      this.#worker ??= this.#start(program);
    } catch (error) {
      return { failed: `This browser can't run the playground: ${error.message}` };
    }
    return this.#send(question);
  }

  #send(question) {
    this.#number += 1;
    const number = this.#number;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end({ failed: "The program is stopped: it has run for ten seconds." }), MOST_PATIENCE);
      this.#open.set(number, { resolve, timer });
      this.#worker.postMessage({ number, question: JSON.stringify(question) });
    });
  }

  #start(program) {
    const worker = new Worker(this.script);
    worker.onmessage = ({ data: { number, answer, died, size } }) => {
      if (died !== undefined) return this.#end({ failed: `The playground itself has failed, and begins anew: ${died}` });
      this.#resolve(number, JSON.parse(answer));
      if (size > MOST_MEMORY && this.#open.size === 0) this.#end({});
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end({ failed: "This browser doesn't let the page start WebAssembly on a thread." });
    };
    worker.postMessage({ program });
    return worker;
  }

  #resolve(number, answer) {
    const { resolve, timer } = this.#open.get(number) ?? {};
    clearTimeout(timer);
    this.#open.delete(number);
    resolve?.(answer);
  }

  /// Ends the thread. The next question begins another.
  #end(answer) {
    this.#worker?.terminate();
    this.#worker = null;
    for (const number of [...this.#open.keys()]) this.#resolve(number, answer);
  }
}

/// @param {string} packed
async function interpreterOf(packed) {
  return new Response(inflated(bytesOf(packed))).arrayBuffer();
}
