// The interpreter on its thread. It is asked one question after the other, as text, and
// answers each: with a text, or with the reason for which it has died.

let instance;

onmessage = async ({ data: { program, number, question } }) => {
  if (program) {
    instance = WebAssembly.instantiate(program, {}).then((it) => it.instance.exports);
    (await instance).begin();
    return;
  }
  const interpreter = await instance;
  try {
    postMessage({ number, answer: ask(interpreter, question), size: interpreter.memory.buffer.byteLength });
  } catch (error) {
    postMessage({ number, died: lastWords(interpreter) || String(error) });
  }
};

function ask(interpreter, question) {
  const bytes = new TextEncoder().encode(question);
  const at = interpreter.room(bytes.length);
  new Uint8Array(interpreter.memory.buffer, at, bytes.length).set(bytes);
  return read(interpreter, interpreter.answer());
}

function read(interpreter, length) {
  return new TextDecoder().decode(new Uint8Array(interpreter.memory.buffer, interpreter.answered(), length));
}

function lastWords(interpreter) {
  try {
    return read(interpreter, interpreter.last_words());
  } catch {
    return "";
  }
}
