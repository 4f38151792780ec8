// Columns as the API sends them, and the trace that the page makes of them.
// Pure. The layout of an answer is described in docs/api.md.

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
 * Puts parts that follow each other together and computes what follows from
 * the depths: parents, ends, errors below. Linear in the number of lines.
 * @param {import('../types').TraceHead} head
 * @param {Part[]} parts
 * @returns {Model}
 */
export function build(head, parts) {
  const n = parts.reduce((sum, p) => sum + p.to - p.from, 0);
  const wide = (/** @type {string} */ name) => {
    const out = new Float64Array(n);
    for (const p of parts) {
      const low = column(p, name);
      const high = column(p, name + 'High');
      for (let i = 0; i < low.length; i++) out[p.from + i] = at(low, i) + at(high, i) * 4294967296;
    }
    return out;
  };
  const depth = joined(parts, 'depth', n);
  const kind = joined(parts, 'kind', n);
  const flags = joined(parts, 'flags', n);
  const parent = new Int32Array(n);
  const end = new Int32Array(n);
  const members = new Int32Array(n);
  const below = new Int32Array(n);
  /** @type {number[]} */
  const above = []; // the lines that the current one is under, by depth
  for (let i = 0; i < n; i++) {
    const d = at(depth, i);
    while (above.length > d) end[/** @type {number} */ (above.pop())] = i;
    const p = above[d - 1] ?? -1;
    parent[i] = p;
    if (p >= 0) members[p] = at(members, p) + 1;
    above.push(i);
  }
  for (const i of above) end[i] = n;
  for (let i = n - 1; i >= 0; i--) {
    const p = at(parent, i);
    if (p >= 0) below[p] = at(below, p) + at(below, i) + (isError(at(kind, i), at(flags, i)) ? 1 : 0);
  }
  return {
    head, whole: true, n, length: Math.max(head.duration, 1), startNs: BigInt(head.start),
    depth, kind, flags, parent, end, members, below,
    start: wide('start'), duration: wide('duration'),
    self: joined(parts, 'self', n), name: joined(parts, 'name', n), service: joined(parts, 'service', n),
  };
}

/**
 * Whether a line is a span with an error of its own.
 * @param {number} kind
 * @param {number} flags
 */
function isError(kind, flags) {
  return ((kind >> 4) & 3) === STATUS_ERROR && (flags & (FLAG.missing | FLAG.fold)) === 0;
}

/**
 * @param {Model} m
 * @param {number} line
 */
export function hasError(m, line) {
  return isError(at(m.kind, line), at(m.flags, line));
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
 * @param {Part} p
 * @param {string} name
 * @returns {Numbers}
 */
function column(p, name) {
  const c = p.columns[name];
  if (!c) throw new Error(`The answer has no column ${name}.`);
  return c;
}

/**
 * @param {Part[]} parts
 * @param {string} name
 * @param {number} n
 * @returns {Numbers}
 */
function joined(parts, name, n) {
  const first = parts[0];
  if (first && parts.length === 1) return column(first, name);
  const widest = parts.map((p) => column(p, name)).reduce((a, b) => (b.BYTES_PER_ELEMENT > a.BYTES_PER_ELEMENT ? b : a), new Uint8Array(0));
  const out = new (/** @type {new (n: number) => Numbers} */ (widest.constructor))(n);
  for (const p of parts) out.set(column(p, name), p.from);
  return out;
}

/**
 * Reads a typed array: the index is known to be in it.
 * @param {ArrayLike<number>} a
 * @param {number} i
 */
export function at(a, i) {
  return /** @type {number} */ (a[i]);
}
