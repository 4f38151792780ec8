// Words for numbers: durations, times, sizes. Pure; times are UTC unless told.

const UNITS = /** @type {const} */ ([[1e3, 'ns', 1], [1e6, 'µs', 1e3], [1e9, 'ms', 1e6]]);

/**
 * Words nanoseconds with three digits: 45 ms, 1.23 s, 3 m 12 s.
 * @param {number} ns
 * @returns {string}
 */
export function duration(ns) {
  if (ns < 0) return '−' + duration(-ns);
  if (ns === 0) return '0';
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  for (const [limit, unit, size] of UNITS) {
    if (ns < limit * 0.9995) return `${digits(ns / size)} ${unit}`;
  }
  if (ns < 59.95e9) return `${digits(ns / 1e9)} s`;
  const s = Math.round(ns / 1e9);
  if (s < 3600) return `${Math.floor(s / 60)} m ${two(s % 60)} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} m`;
  return `${count(Math.floor(s / 86400))} d ${two(Math.floor((s % 86400) / 3600))} h ${two(Math.floor((s % 3600) / 60))} m`;
}

/** @param {number} v */
function digits(v) {
  return String(Number(v.toPrecision(3)));
}

/** @param {number} n */
function two(n) {
  return String(n).padStart(2, '0');
}

/**
 * Words a distance so that it can be told from others `step` apart.
 * @param {number} ns
 * @param {number} step
 * @returns {string}
 */
export function offset(ns, step) {
  if (ns < 0) return '−' + offset(-ns, step);
  const [unit, size] = ns >= 60e9 || step >= 60e9 ? ['s', 1e9] : ns >= 1e9 ? ['s', 1e9] : ns >= 1e6 ? ['ms', 1e6] : ns >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  const places = Math.max(0, Math.min(9, Math.ceil(-Math.log10(Math.max(step, 1) / /** @type {number} */ (size)) - 1e-9)));
  if (ns === 0) return '0';
  if (ns < 60e9) return `${(ns / /** @type {number} */ (size)).toFixed(places)} ${unit}`;
  const unitNs = 1e9 / 10 ** places;
  const rounded = Math.round(ns / unitNs) * unitNs; // before the minutes are split off, or there are 60 seconds
  const hours = Math.floor(rounded / 3600e9);
  const minutes = Math.floor((rounded % 3600e9) / 60e9);
  const seconds = ((rounded % 60e9) / 1e9).toFixed(places);
  const rest = `${seconds.indexOf('.') === 1 || seconds.length === 1 ? '0' : ''}${seconds}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Words a distance from a start, with its sign: +1.250 s, −5 s. Few lie before
 * their start, so those need not line up: whole numbers have no zeros.
 * @param {number} ns
 * @param {number} step
 */
export function relative(ns, step) {
  const text = offset(ns, step);
  return ns < 0 ? text.replace(/\.0+(?!\d)/, '') : '+' + text;
}

/**
 * Words a time. Places are the digits after the second.
 * @param {bigint} ns since 1970
 * @param {string} zone UTC or local
 * @param {number} places
 */
export function clock(ns, zone, places = 3) {
  if (ns <= 0n) return 'unknown';
  const [date, time] = dateAndTime(ns, zone, places);
  return `${date} ${time} ${zoneName(ns, zone)}`;
}

/**
 * @param {bigint} ns
 * @param {string} zone
 * @param {number} places
 * @returns {[string, string]}
 */
export function dateAndTime(ns, zone, places) {
  const ms = Number(ns / 1000000n);
  const fraction = places > 0 ? '.' + (ns % 1000000000n).toString().padStart(9, '0').slice(0, places) : '';
  const d = new Date(zone === 'UTC' ? ms : ms - new Date(ms).getTimezoneOffset() * 60000);
  if (Number.isNaN(d.getTime())) return ['year 2262', ''];
  const iso = d.toISOString();
  return [iso.slice(0, 10), iso.slice(11, 19) + fraction];
}

/**
 * The zone as it is shown behind a time.
 * @param {bigint} ns
 * @param {string} zone
 */
export function zoneName(ns, zone) {
  if (zone === 'UTC') return 'UTC';
  const minutes = -new Date(Number(ns / 1000000n)).getTimezoneOffset();
  const hours = Math.floor(Math.abs(minutes) / 60);
  return `UTC${minutes < 0 ? '−' : '+'}${two(hours)}:${two(Math.abs(minutes) % 60)}`;
}

/**
 * Words a whole number: 1,234. The browser's own way takes 40 ms the first time.
 * @param {number} n
 */
export function count(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
export function counted(n, one, many = one + 's') {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/**
 * How many spans there are: those of the trace files, and those that stand for
 * the job itself.
 * @param {number} all
 * @param {number} ofJob
 * @param {string} [job]
 */
export function spansOf(all, ofJob, job = 'job') {
  return ofJob > 0 ? `${counted(all - ofJob, 'span')} and ${count(ofJob)} of the ${job}` : counted(all, 'span');
}

/** @param {number} n */
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  let unit = 0;
  let v = n / 1e3;
  while (v >= 999.5 && unit < 3) {
    v /= 1e3;
    unit++;
  }
  return `${digits(v)} ${['kB', 'MB', 'GB', 'TB'][unit]}`;
}

/**
 * @param {number} part
 * @param {number} whole
 */
export function percent(part, whole) {
  if (whole <= 0) return '';
  const p = (part / whole) * 100;
  return p >= 99.95 ? '100%' : p >= 10 ? `${Math.round(p)}%` : p >= 0.1 ? `${p.toFixed(1)}%` : '<0.1%';
}

/**
 * What is shown for a name: never nothing.
 * @param {string} s
 */
export function named(s) {
  return s.trim() === '' ? '(no name)' : s;
}
