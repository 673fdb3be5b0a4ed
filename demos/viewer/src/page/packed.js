// @ts-check
// Long data in a page: compressed (deflate), and written in 64 letters. As plain text they
// would take a browser longer to read than all that is done with them.

/// @param {string} letters
function bytesOf(letters) {
  const signs = atob(letters);
  const bytes = new Uint8Array(signs.length);
  for (let at = 0; at < signs.length; at++) bytes[at] = signs.charCodeAt(at);
  return bytes;
}

/// @param {BlobPart} bytes
function inflated(bytes) {
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
}

/// Reads a stream to its end. As it grows, its length is checked by a function that throws if
/// it is too long: a few letters could unfold to any length.
async function readChecked(stream, check) {
  const parts = [];
  let length = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(parts);
      length += value.length;
      check(length);
      parts.push(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
