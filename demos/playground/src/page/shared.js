// @ts-check
// A program in a link: compressed, and written in letters that a link may have. The part after
// the # isn't sent to any server.

/// The longest program that a link may bring, in bytes. A short link could unfold to any length.
const MOST_SHARED = 200_000;

/// Returns the letters for a link; null for a program that is too long for one.
async function packed(text) {
  const program = new Blob([text]);
  if (program.size > MOST_SHARED) return null;
  const stream = program.stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = btoa(Array.from(bytes, (it) => String.fromCharCode(it)).join(""));
  return letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/// Returns the program of a link.
///
/// It refuses what no link of this page has.
async function unpacked(letters) {
  try {
    const bytes = bytesOf(letters.replaceAll("-", "+").replaceAll("_", "/"));
    const text = await readChecked(inflated(bytes), refuseTooLong);
    return new TextDecoder("utf-8", { fatal: true }).decode(await text.arrayBuffer());
  } catch {
    throw new Refusal("The program in this link is damaged, cut off or too long. Ask for the link once more.");
  }
}

function refuseTooLong(length) {
  if (length > MOST_SHARED) throw new Error("it is too long");
}
