// @ts-check
// A program in a link: compressed, and written in letters that a link may have. The part after
// the # isn't sent to any server.

/// The longest program that a link may bring, in bytes. A short link could unfold to any length.
const MOST_SHARED = 200_000;

async function packed(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = btoa(Array.from(bytes, (it) => String.fromCharCode(it)).join(""));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/// Returns the program of a link.
///
/// It refuses what no link of this page has.
async function unpacked(letters) {
  try {
    const bytes = Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(await readUpTo(inflated(bytes), MOST_SHARED));
  } catch {
    throw new Refusal("The program in this link is damaged, cut off or too long. Ask for the link once more.");
  }
}

async function readUpTo(stream, most) {
  const parts = [];
  let length = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts).arrayBuffer();
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new Error("it is too long");
    }
    parts.push(value);
  }
}
