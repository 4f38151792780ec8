// The answers in a page that is a file. They are compressed bundles, as savedpack.go of the
// server writes them.

/**
 * Reads the answers, by their paths.
 * @param {string} base64
 * @returns {Promise<Map<string, Uint8Array<ArrayBuffer>>>}
 */
export async function unpack(base64) {
  const pack = Uint8Array.from(atob(base64.trim()), (c) => c.charCodeAt(0));
  const bundles = [];
  for (const bundle of pieces(pack)) bundles.push(inflate(bundle));
  const answers = new Map();
  for (const bundle of await Promise.all(bundles)) readBundle(bundle, answers);
  return answers;
}

/**
 * The pieces of bytes that each have their length before them.
 * @param {Uint8Array<ArrayBuffer>} all
 */
function* pieces(all) {
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  for (let at = 0; at < all.length;) {
    const end = at + 4 + view.getUint32(at, true);
    yield all.subarray(at + 4, end);
    at = end;
  }
}

/** @param {Uint8Array<ArrayBuffer>} gzip */
async function inflate(gzip) {
  const bytes = new Blob([gzip]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(bytes).arrayBuffer());
}

/**
 * @param {Uint8Array<ArrayBuffer>} bundle
 * @param {Map<string, Uint8Array<ArrayBuffer>>} answers
 */
function readBundle(bundle, answers) {
  const view = new DataView(bundle.buffer);
  const text = new TextDecoder();
  for (let at = 0; at < bundle.length;) {
    const path = at + 8;
    const body = path + view.getUint32(at, true);
    const end = body + view.getUint32(at + 4, true);
    answers.set(text.decode(bundle.subarray(path, body)), bundle.slice(body, end)); // columns begin at a multiple of 8
    at = end;
  }
}
