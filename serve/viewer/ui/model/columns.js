// Columns as the API sends them, and what they say of a line. Pure. The layout of an
// answer is described in docs/api.md.

/** @typedef {import('../types').Part} Part */
/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').Numbers} Numbers */

export const STATUS_ERROR = 2;
// in the column of kinds
const RECOVERED = 64;
const CLOSED = 128;
export const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

/**
 * Bits of the flags column that decide how a line is drawn. A test of the server
 * compares this line with its table: go test ./serve/viewer -run FlagsOfThePage -update
 */
export const FLAG = { unfinished: 8, timeUnknown: 32, inferred: 2048, missing: 4096, fold: 8192 };

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f32: Float32Array };

/**
 * Reads an answer with columns. The arrays lie in the buffer: nothing is copied.
 * @param {ArrayBuffer} buffer
 * @returns {Part}
 */
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  /** @type {Record<string, Numbers>} */
  const columns = {};
  for (const c of head.columns) {
    const type = TYPES[/** @type {keyof typeof TYPES} */ (c.type)];
    columns[c.name] = new type(buffer, 4 + length + c.offset, head.to - head.from);
  }
  return { from: head.from, to: head.to, lines: head.lines, columns };
}

/**
 * A trace of whose lines nothing is known yet. Its columns are of few types, whatever was
 * sent: reading many at one place takes a browser several times as long.
 * @param {import('../types').TraceHead} head
 * @returns {Model}
 */
export function blank(head) {
  const n = head.lines;
  const integers = () => new Int32Array(n);
  return {
    head, whole: false, n, length: Math.max(head.duration, 1), startNs: BigInt(head.start),
    depth: integers(), start: new Float64Array(n), duration: new Float64Array(n), self: new Float64Array(n), name: integers(), service: integers(),
    kind: new Uint8Array(n), flags: integers(), parent: integers(), end: integers(), members: integers(), below: integers(),
  };
}

/**
 * Whether a line is a span with an error of its own.
 * @param {Model} m
 * @param {number} line
 */
export function hasError(m, line) {
  return ((at(m.kind, line) >> 4) & 3) === STATUS_ERROR && (at(m.flags, line) & (FLAG.missing | FLAG.fold)) === 0;
}

/**
 * Whether a line is an error that was made good: the server says so, by the rule of its
 * analysis.
 * @param {Model} m
 * @param {number} line
 */
export function wasMadeGood(m, line) {
  return (at(m.kind, line) & RECOVERED) !== 0;
}

/**
 * Whether a line is closed when the trace is first shown: the server says so.
 * @param {Model} m
 * @param {number} line
 */
export function wasClosed(m, line) {
  return (at(m.kind, line) & CLOSED) !== 0;
}

/**
 * Whether a line stands for several spans: similar ones, or those of a missing
 * parent.
 * @param {Model} m
 * @param {number} line
 */
export function isGroup(m, line) {
  return (at(m.flags, line) & (FLAG.missing | FLAG.fold)) !== 0;
}

/**
 * @param {Model} m
 * @param {number} line
 */
export function nameOf(m, line) {
  return m.head.names[at(m.name, line)] ?? '';
}

/**
 * Reads a typed array: the index is known to be in it.
 * @param {ArrayLike<number>} a
 * @param {number} i
 */
export function at(a, i) {
  return /** @type {number} */ (a[i]);
}
