// Unit tests of the pure modules, run by node's own runner.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytes, clock, count, counted, duration, offset, percent, relative, zoneName } from '../ui/lib/format.js';
import { closedAtFirst, closedBelow } from '../ui/model/collapse.js';
import { ordering } from '../ui/model/columnorder.js';
import { decode, FLAG } from '../ui/model/columns.js';
import { treeOf } from '../ui/model/comparetree.js';
import { completions } from '../ui/model/completions.js';
import { putBefore, segmentsByLine, shownPath } from '../ui/model/criticalpath.js';
import { density } from '../ui/model/density.js';
import { errorsOf } from '../ui/model/errors.js';
import { AT_FIRST, closedLines, formatExpansion, formatLines, parseExpansion, parseLines, revealing, withLine } from '../ui/model/expansion.js';
import { firstScreen } from '../ui/model/firstscreen.js';
import { frameLayout } from '../ui/model/flamelayout.js';
import { withMore } from '../ui/model/loggaps.js';
import { allLines, atRow, formatLog, hasLine, lineSet, linesBefore, logRows, movedLines, nextLine, parseLog, rowOf, rowOfFocus } from '../ui/model/loglines.js';
import { addParts } from '../ui/model/otlpparts.js';
import { quoted, searchable, term, withTerm } from '../ui/model/query.js';
import { firstOf } from '../ui/model/ranking.js';
import { formatRanges } from '../ui/model/ranges.js';
import { ownPieces } from '../ui/model/selftime.js';
import { nodeColumns, waypoints } from '../ui/model/servicelayout.js';
import { lowerBound, nextOf } from '../ui/model/sorted.js';
import { localZone, UTC, withZone } from '../ui/model/times.js';
import { around, clamp, pan, pinch, ruler, zoom } from '../ui/model/timewindow.js';
import { visibleLines, withAncestors } from '../ui/model/visible.js';
import { DEFAULTS, format, inZone, other, parse } from '../ui/state/address.js';
import { barPainter } from '../ui/views/bars.js';
import { saidOf } from '../ui/views/marks.js';
import { build, firstScreenOf } from './page.js';

/** A trace from rows of [depth, start, duration, flags, kind]. */
function model(...rows) {
  const column = (k) => Uint32Array.from(rows, (r) => r[k] ?? 0);
  const zero = new Uint8Array(rows.length);
  const columns = { depth: column(0), start: column(1), startHigh: zero, duration: column(2), durationHigh: zero, flags: column(3), kind: column(4), self: Float32Array.from(rows, (r) => r[2]), name: zero, service: zero };
  return build({ duration: Math.max(...rows.map((r) => r[1] + r[2])), start: '1735787045000000000', names: ['n'], services: ['s'] }, [{ from: 0, to: rows.length, lines: rows.length, columns }]);
}

const ERROR = 2 << 4;
const GOOD = 1 << 6;
const CLOSED = 1 << 7;

// root      |----------|
//   a       |--|
//     b      |-|  error
//   fold         |---|
//     x          |-|
//     y            |-| error
const family = () => model([0, 0, 100], [1, 0, 30], [2, 10, 20, 0, ERROR], [1, 50, 40, FLAG.fold, CLOSED], [2, 50, 20], [2, 70, 20, 0, ERROR]);

test('decode reads what the server packs', () => {
  const head = new TextEncoder().encode(JSON.stringify({ from: 5, to: 7, lines: 9, columns: [{ name: 'a', type: 'u8', offset: 0 }, { name: 'b', type: 'u32', offset: 8 }, { name: 'c', type: 'f32', offset: 16 }] }).padEnd(180));
  const buffer = new ArrayBuffer(4 + 180 + 24);
  const view = new DataView(buffer);
  view.setUint32(0, 180, true);
  new Uint8Array(buffer).set(head, 4);
  view.setUint8(185, 7);
  view.setUint32(192, 4000000000, true);
  view.setFloat32(200, 1.5, true);
  const p = decode(buffer);
  assert.deepEqual([p.from, p.to, p.lines, p.columns.a[1], p.columns.b[0], p.columns.c[0]], [5, 7, 9, 7, 4000000000, 1.5]);
});

test('build finds parents, ends and errors below', () => {
  const m = family();
  assert.deepEqual([...m.parent], [-1, 0, 1, 0, 3, 3]);
  assert.deepEqual([...m.end], [6, 3, 3, 6, 5, 6]);
  assert.deepEqual([...m.members], [2, 1, 0, 2, 0, 0]);
  assert.deepEqual([...m.below], [2, 1, 0, 1, 0, 0]);
});

test('a trace is built of parts, whatever the types of their columns, and what is not there is 0', () => {
  const rows = [[0, 5, 0], [1, 5, 2], [2, 0, 0, 70_000], [1, 7, 0, 3, ERROR], [2, 9, 1, 1, ERROR]];
  const head = { duration: 9e9, start: '1', names: [], services: [] };
  const types = [Uint32Array, Uint16Array, Uint8Array];
  const part = (from, to, k) => {
    const column = (c, type = types[k % 3]) => type.from(rows.slice(from, to), (r) => r[c] ?? 0);
    const columns = { depth: column(0), start: column(1), startHigh: column(2), name: column(3, Uint32Array), kind: column(4), self: column(1, Float32Array) };
    return { from, to, lines: 5, columns: Object.fromEntries(Object.entries(columns).filter(([, c]) => c.some((v) => v > 0))) };
  };
  for (const cuts of [[0, 5], [0, 1, 2, 3, 4, 5], [0, 2, 5], [0, 3, 4, 5]]) {
    const m = build(head, cuts.slice(1).map((to, k) => part(cuts[k], to, k)));
    const all = Object.fromEntries(Object.entries(m).filter(([, c]) => ArrayBuffer.isView(c)).map(([name, c]) => [name, [...c].join()]));
    assert.deepEqual(all, {
      depth: '0,1,2,1,2', kind: '0,0,0,32,32', flags: '0,0,0,0,0', self: '5,5,0,7,9', name: '0,0,70000,3,1', service: '0,0,0,0,0',
      start: [5, 5 + 2 * 2 ** 32, 0, 7, 9 + 2 ** 32].join(), duration: '0,0,0,0,0',
      parent: '-1,0,1,0,3', end: '5,3,3,5,5', members: '2,1,0,1,0', below: '2,0,0,1,0',
    }, `cut at ${cuts}`);
  }
});

test('the first screen is that of the whole trace', () => {
  const m = family();
  const first = firstScreenOf(m, [0, 1, 3]);
  assert.equal(first.whole, false);
  assert.equal(first.n, m.n);
  for (const column of ['depth', 'start', 'duration', 'kind', 'flags', 'members', 'end', 'below']) for (const line of [0, 1, 3]) assert.equal(first[column][line], m[column][line], `${column} of ${line}`);
  const screen = firstScreen(first);
  assert.deepEqual([...screen.lines], [0, 1, 3]);
  assert.equal(screen.rows, visibleLines(m, closedAtFirst(m), null).length);
  assert.deepEqual([...screen.closed], [...closedAtFirst(m)]);
});

test('own pieces leave out what children cover, once', () => {
  assert.deepEqual([...ownPieces(family(), 0)], [30, 50, 90, 100]);
  assert.deepEqual([...ownPieces(family(), 2)], [10, 30]);
  assert.deepEqual([...ownPieces(model([0, 0, 100], [1, 10, 40], [1, 20, 10], [1, 40, 80]), 0)], [0, 10]);
  assert.deepEqual([...ownPieces(model([0, 10, 0]), 0)], [10, 10]);
});

test('visible lines', () => {
  const m = family();
  const closed = closedAtFirst(m);
  assert.deepEqual([...visibleLines(m, closed, null)], [0, 1, 2, 3]);
  assert.deepEqual([...visibleLines(m, new Uint8Array(6), null)], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...visibleLines(m, closedBelow(m, 0), null)], [0]);
  assert.deepEqual([...visibleLines(m, closedBelow(m, 1), null)], [0, 1, 3]);
  assert.deepEqual([...visibleLines(m, new Uint8Array(6), withAncestors(m, [5]))], [0, 3, 5]);
  assert.deepEqual([...visibleLines(m, new Uint8Array(6), withAncestors(m, []))], []);
});

test('what is open is the same after a round trip through the address', () => {
  const m = family();
  const atFirst = closedAtFirst(m);
  const closed = (e, keep = null) => closedLines(m, e, atFirst, keep);
  const shown = (e, keep = null) => visibleLines(m, closed(e, keep), null).join();
  assert.equal(shown(AT_FIRST), '0,1,2,3');
  assert.equal(shown(AT_FIRST, withAncestors(m, [5])), '0,1,2,3,4,5', 'what a filter finds is shown');
  const e = withLine(withLine(AT_FIRST, 1, 1), 3, 0);
  assert.deepEqual(formatExpansion(e), { level: '', open: '3', closed: '1' });
  const again = parseExpansion(formatExpansion(e), m.n);
  assert.deepEqual(again, e);
  assert.equal(shown(again), '0,1,3,4,5');
  assert.equal(revealing(m, e, closed(e), 2, true), e, 'what was closed by itself stays closed');
  const revealed = revealing(m, e, closed(e), 2, false);
  assert.equal(shown(revealed), '0,1,2,3,4,5');
  assert.equal(shown(e), '0,1,3,4,5', 'an expansion is a value');
  const one = { level: '1', lines: new Map() };
  assert.deepEqual(formatExpansion(one), { level: '1', open: '', closed: '' });
  assert.equal(shown(one), '0,1,3');
  assert.equal(shown({ level: 'all', lines: new Map() }), '0,1,2,3,4,5');
});

test('numbers of lines are short in the address, and bounded', () => {
  assert.equal(formatLines([17, 5, 41, 40, 42]), '5.17.40-42');
  assert.deepEqual(parseLines('5.17.40-42', 42), [5, 17, 40, 41]);
  assert.deepEqual(parseLines('x.-1.7-.3', 9), [3]);
  assert.equal(parseLines(Array(150).fill('0-999999999').join('.'), 1000).length, 1000);
  assert.ok(formatLines(Array.from({ length: 9999 }, (_, i) => 900000 + 2 * i)).length < 1100);
});

/** A job's trace from rows of [depth, start, duration, flags, kind, service]; service 0 is Prow's. */
function jobModel(...rows) {
  const m = model(...rows);
  m.head.joined = true;
  m.service = Uint8Array.from(rows, (r) => r[5] ?? 0);
  return m;
}

test('errors that were made good, and those that lasted', () => {
  const e = errorsOf(model(
    [0, 0, 100], //  0 root
    [1, 0, 10, 0, ERROR | GOOD], // 1 tried again with success
    [2, 0, 10, 0, ERROR | GOOD], // 2 likewise: its parent's error was
    [1, 20, 10], // 3
    [1, 40, 60, 0, ERROR], // 4 the last
    [2, 40, 10, FLAG.fold], // 5
    [3, 40, 5, 0, ERROR | GOOD], // 6 in a fold
    [2, 60, 10], // 7
    [2, 75, 15, 0, ERROR], // 8 the inmost
    [2, 80, 20, 0, ERROR], // 9 likewise, later
  ));
  assert.deepEqual(e.all, [1, 2, 4, 6, 8, 9]);
  assert.deepEqual(e.all.filter((i) => e.good[i]), [1, 2, 6]);
  assert.deepEqual(e.lasting, [8, 9]);
  assert.equal(e.start, 8);
  assert.deepEqual([...e.first], [8, -1, -1, -1, 8, -1, -1, -1, -1, -1]);
  assert.deepEqual([errorsOf(model([0, 0, 9])).lasting, errorsOf(model([0, 0, 9])).start], [[], -1]);
});

test('what Prow calls an error stays one, and what ended first comes first', () => {
  const rows = [
    [0, 0, 100, 0, ERROR], // 0 job
    [1, 10, 60, 0, ERROR], // 1 test; the sidecar after it says nothing
    [2, 12, 50, 0, ERROR], // 2 case
    [2, 20, 10], // 3 process
    [3, 20, 5, 0, ERROR, 1], // 4
    [1, 70, 10], // 5 sidecar
  ];
  assert.deepEqual([errorsOf(jobModel(...rows)).lasting, errorsOf(jobModel(...rows)).start], [[2, 4], 4]);
});

test('the next, around the end', () => {
  assert.equal(nextOf([2, 5], 0, 1), 2);
  assert.equal(nextOf([2, 5], 2, 1), 5);
  assert.equal(nextOf([2, 5], 5, 1), 2);
  assert.equal(nextOf([2, 5], 2, -1), 5);
  assert.equal(nextOf([2, 5], 4, -1), 2);
  assert.equal(nextOf([], 4, 1), -1);
  assert.equal(lowerBound([1, 3, 3, 7], 3), 1);
});

test('the window of time stays in the trace', () => {
  assert.deepEqual(clamp(-50, 50, 1000), { from: 0, to: 100 });
  assert.deepEqual(clamp(950, 1100, 1000), { from: 850, to: 1000 });
  assert.deepEqual(clamp(500, 500, 1000), { from: 500, to: 510 });
  assert.deepEqual(clamp(0, 5, 3), { from: 0, to: 3 });
  assert.deepEqual(zoom({ from: 0, to: 1000 }, 0.5, 250, 1000), { from: 125, to: 625 });
  assert.deepEqual(zoom({ from: 125, to: 625 }, 100, 250, 1000), { from: 0, to: 1000 });
  assert.deepEqual(pan({ from: 100, to: 200 }, 0.5, 1000), { from: 150, to: 250 });
  assert.deepEqual(pan({ from: 0, to: 200 }, -1, 1000), { from: 0, to: 200 });
  const a = around(500, 0, 1e9);
  assert.ok(a.from <= 500 && a.to >= 500 && a.to - a.from >= 100);
});

test('two fingers keep what is under them', () => {
  const v = { from: 100, to: 200 };
  assert.deepEqual(pinch(v, [0.4, 0.6], [0.4, 0.6], 1000), v);
  assert.deepEqual(pinch(v, [0.25, 0.75], [0, 1], 1000), { from: 125, to: 175 });
  assert.deepEqual(pinch(v, [0, 1], [0.25, 0.75], 1000), { from: 50, to: 250 });
  assert.deepEqual(pinch(v, [0.25, 0.75], [0.5, 1], 1000), { from: 75, to: 175 }, 'both moved: no zoom');
  assert.deepEqual(pinch(v, [0.75, 0.25], [1, 0], 1000), { from: 125, to: 175 }, 'the right one first');
  assert.deepEqual(pinch({ from: 0, to: 1000 }, [0, 1], [0.4, 0.6], 1000), { from: 0, to: 1000 }, 'no farther than the trace');
  const close = pinch(v, [0.5, 0.5], [0, 1], 1000);
  assert.ok(close.to - close.from >= 2 && close.from >= 100 && close.to <= 200);
});

test('the first spans in any order', () => {
  const m = family(); // durations 100, 30, 20, (fold), 20, 20
  assert.deepEqual(firstOf(m, null, 'duration', false, 9), { lines: [0, 1, 2, 4, 5], all: 5 });
  assert.deepEqual(firstOf(m, null, 'duration', false, 3), { lines: [0, 1, 2], all: 5 }, 'of equal ones the first lines');
  assert.deepEqual(firstOf(m, null, 'start', true, 2), { lines: [0, 1], all: 5 });
  assert.deepEqual(firstOf(m, [1, 3, 5], 'start', false, 2), { lines: [5, 1], all: 2 }, 'among some');
  m.head.names = ['b', 'a'];
  m.name = Uint8Array.of(0, 0, 1, 0, 0, 1);
  assert.deepEqual(firstOf(m, null, 'name', true, 3).lines, [2, 5, 0]);
  assert.deepEqual(firstOf(m, [], 'name', true, 3), { lines: [], all: 0 });
});

test('a click on a column sorts by it, the next one the other way around', () => {
  const sorting = ordering(['name', 'self'], 'self', ['name']);
  assert.deepEqual(['', 'name', '-name', '-self', 'x'].map((o) => sorting.parse(o)), [{ by: 'self', up: false }, { by: 'name', up: true }, { by: 'name', up: false }, { by: 'self', up: true }, { by: 'self', up: false }]);
  assert.deepEqual(['', 'name', '-name', '-self'].map((o) => sorting.clicked(o, 'name')), ['name', '-name', 'name', 'name']);
  assert.deepEqual(['', '-self'].map((o) => sorting.clicked(o, 'self')), ['-self', '']);
});

test('the ruler has round steps', () => {
  for (const [size, most, step] of [[1000, 10, 100], [27 * 60e9, 6, 300e9], [7e9, 10, 1e9], [3, 10, 1], [5 * 86400e9, 4, 2 * 86400e9]]) {
    const r = ruler({ from: 0, to: size }, most);
    assert.equal(r.step, step, String(size));
    assert.ok(r.ticks.length <= most + 1);
  }
});

test('words for durations and times', () => {
  for (const [ns, want] of [[0, '0'], [1, '1 ns'], [999, '999 ns'], [45678, '45.7 µs'], [45e6, '45 ms'], [999.6e6, '1 s'], [1234e6, '1.23 s'], [59.96e9, '1 m 00 s'], [192e9, '3 m 12 s'], [2 * 3600e9, '2 h 00 m'], [90 * 3600e9, '3 d 18 h 00 m'], [30 * 3600e9 + 12 * 60e9, '1 d 06 h 12 m'], [-5, '−5 ns']]) {
    assert.equal(duration(ns), want);
  }
  for (const [ns, step, want] of [[0, 1e9, '0'], [5e9, 1e9, '5 s'], [5.25e9, 1e8, '5.3 s'], [65e9, 1e9, '1:05'], [65.5e9, 1e8, '1:05.5'], [3661e9, 1e9, '1:01:01'], [1500, 10, '1.50 µs'],
    [479_900e6, 2e9, '8:00'], [3599_999.6e6, 1e6, '1:00:00.000'], [479_400e6, 2e9, '7:59']]) {
    assert.equal(offset(ns, step), want);
  }
  for (const [ns, step, want] of [[-5e9, 1e5, '−5 s'], [-5.25e9, 1e7, '−5.25 s'], [-65e9, 1e6, '−1:05'], [0, 1e6, '+0'], [-20.05e6, 1e4, '−20.05 ms'], [5e9, 1e5, '+5.0000 s'], [1.5e9, 1e6, '+1.500 s']]) {
    assert.equal(relative(ns, step), want);
  }
  assert.equal(clock(1735787045123456789n, 'UTC', 3), '2025-01-02 03:04:05.123 UTC');
  assert.equal(clock(1735787045123456789n, 'UTC', 9), '2025-01-02 03:04:05.123456789 UTC');
  assert.equal(clock(0n, 'UTC', 3), 'unknown');
  assert.match(zoneName(1735787045000000000n, 'local'), /^UTC[+−]\d\d:\d\d$/);
  assert.equal(count(1234567), '1,234,567');
  assert.equal(counted(1, 'match', 'matches'), '1 match');
  assert.equal(bytes(526e6), '526 MB');
  assert.equal(percent(1, 3), '33%');
  assert.equal(percent(1, 100000), '<0.1%');
});

test('addresses hold the state', () => {
  assert.equal(format(DEFAULTS), '/');
  const s = { ...DEFAULTS, trace: 'ab', view: 'flame', q: 'a="b c" é', mode: 'filter', span: '@5', from: 0, to: 12, zone: 'local', level: '2', open: '5.7-9', closed: '3', by: 'http.method', frame: 4, compare: 'cd', critical: 'off', log: 'a/build-log.txt:10-20', lq: '~x|y', lmode: 'filter', order: '-name', offset: 200 };
  const [path, search] = format(s).split('?');
  assert.deepEqual(parse(path, search), s);
  const found = (/** @type {string} */ search) => {
    const { q, span } = parse('/trace/ab', search);
    return [q, span];
  };
  assert.deepEqual(found('?uiFind=00000000000000AB'), ['', '00000000000000ab']);
  assert.deepEqual(found('?uiFind=quota+exceeded'), ['quota exceeded', '']);
  assert.deepEqual(found('?uiFind=0102'), ['0102', '']);
  assert.deepEqual(found('?uiFind=quota&q=error&span=@5'), ['error', '@5']);
  assert.equal(parse('/', '?zone=local&q=after:12:03').q, 'after:12:03Z');
  assert.equal(parse('/', '?q=after:12:03').q, 'after:12:03');
  assert.equal(parse('/trace/ab', '?from=x&zone=Mars').from, null);
  assert.equal(parse('/trace/ab', '?open=%3Cb%3E&level=x').open, '');
  assert.equal(parse('/trace/%E0%A4%A', '').trace, '%E0%A4%A');
  assert.deepEqual(other(s, { q: 'x' }), { ...DEFAULTS, zone: 'local', q: 'x' });
});

test('fragments of Prow name lines of a log', () => {
  const log = (/** @type {string} */ hash, search = '') => parse('/trace/ab', search, hash).log;
  assert.equal(log('#1:build-log.txt%3A10'), 'build-log.txt:10');
  assert.equal(log('#1:build-log.txt%3A10-20'), 'build-log.txt:10-20');
  assert.equal(log('#build-log.txt:10-20'), 'build-log.txt:10-20');
  assert.equal(log('#1:build-log.txt%3A10', '?log=other'), 'other', 'the address goes first');
  for (const hash of ['', '#main', '#1:', '#1:build-log.txt', '#%E0%A4%A']) assert.equal(log(hash), '', hash);
});

test('an address names a log and lines of it', () => {
  for (const [address, name, from, to] of [['build-log.txt:10-20', 'build-log.txt', 10, 20], ['a/b:1', 'a/b', 1, 1], ['x:5-2', 'x', 5, 5], ['a:b:3', 'a:b', 3, 3]]) {
    assert.deepEqual(parseLog(address), { name, range: { from, to } });
  }
  for (const address of ['', 'off', 'build-log.txt', 'x:0', 'x:', 'x:99999999999']) assert.deepEqual(parseLog(address), { name: address, range: null });
  assert.equal(formatLog('x', { from: 3, to: 3 }), 'x:3');
  assert.equal(formatLog('x', { from: 3, to: 9 }), 'x:3-9');
  assert.equal(formatLog('x', null), 'x');
  assert.equal(formatRanges([1, 2, 3, 7, 9, 10], ','), '1-3,7,9-10');
  assert.equal(formatRanges([], ','), '');
});

test('sets of lines are ranges', () => {
  const set = lineSet(Uint32Array.of(6, 2, 4, 7, 7, 9, 10));
  const numbers = Array.from({ length: 12 }, (_, i) => i);
  assert.deepEqual(numbers.filter((n) => hasLine(set, n)), [2, 3, 4, 7, 9, 10]);
  assert.deepEqual(numbers.map((n) => linesBefore(set, n)), [0, 0, 0, 1, 2, 3, 3, 3, 4, 4, 5, 6]);
  assert.deepEqual([0, 2, 4, 6, 7, 10].map((n) => nextLine(set, n, 1)), [2, 3, 7, 7, 9, 2]);
  assert.deepEqual([0, 2, 3, 5, 9, 11].map((n) => nextLine(set, n, -1)), [10, 10, 2, 4, 7, 10]);
  for (const none of [allLines(0), lineSet(Uint32Array.of(0))]) {
    assert.equal(nextLine(none, 1, 1), 0);
    assert.ok(!hasLine(none, 1));
  }
});

test('a log has rows for its lines and for what is missing', () => {
  const gap = (/** @type {number} */ before, /** @type {number} */ bytes) => ({ before, bytes, place: 0 });
  const rows = (/** @type {import('../ui/types').LogRows} */ r) => Array.from({ length: r.n }, (_, k) => atRow(r, k)).map(({ line, gap }) => (gap ? `gap ${gap.bytes}` : line));
  assert.deepEqual(rows(logRows(allLines(4), [], 4)), [1, 2, 3, 4]);
  const middle = logRows(allLines(4), [gap(3, 50)], 4);
  assert.deepEqual(rows(middle), [1, 2, 'gap 50', 3, 4]);
  assert.deepEqual([1, 2, 3, 4, 9].map((n) => rowOf(middle, n)), [0, 1, 3, 4, 4]);
  assert.deepEqual([[3, true], [3, false], [2, true]].map(([line, gap]) => rowOfFocus(middle, { line, gap, how: 'near' })), [2, 3, 1], 'a gap that is there no more is the line');
  assert.deepEqual(rows(logRows(allLines(2), [gap(1, 5), gap(3, 6)], 2)), ['gap 5', 1, 2, 'gap 6']);
  assert.deepEqual(rows(logRows(allLines(0), [gap(1, 5)], 0)), ['gap 5']);
  const some = logRows(lineSet(Uint32Array.of(4, 2, 3, 7, 8)), [gap(3, 5), gap(5, 6), gap(9, 7)], 10);
  assert.deepEqual(rows(some), [2, 'gap 5', 3, 7, 8], 'gaps between lines that are on show');
  assert.deepEqual([1, 2, 3, 5, 7, 8, 9].map((n) => rowOf(some, n)), [0, 0, 2, 3, 3, 4, 4]);
  assert.equal(atRow(logRows(allLines(0), [], 0), 0).line, 0);
  const large = logRows(allLines(1_000_000), [], 1_000_000);
  assert.equal(atRow(large, 999_999).line, 1_000_000);
});

test('lines that are put in at a gap move those behind', () => {
  const set = lineSet(Uint32Array.of(6, 1, 4, 8, 9));
  assert.deepEqual([...movedLines(set, 3, 10).ranges], [1, 2, 13, 14, 18, 19]);
  assert.deepEqual([...movedLines(set, 1, 1).ranges], [2, 5, 9, 10]);
  assert.deepEqual([...movedLines(set, 20, 1).ranges], [1, 4, 8, 9]);
  const before = { shown: { key: '', of: '', late: false, value: allLines(4) }, chosen: { from: 2, to: 3 }, focus: { line: 3, gap: true, how: 'near' } };
  const head = (gaps) => ({ name: 'l', size: 9, errors: 0, lines: 14, gaps });
  const first = withMore(before, head([{ before: 13, bytes: 5, place: 9 }]), 3, 10, false);
  assert.deepEqual([first.chosen, first.focus, first.moved], [{ from: 2, to: 13 }, { line: 3, how: 'near' }, { before: 3, by: 10 }], 'from the gap into its lines');
  assert.equal(rowOf(first.rows, 13), 3, 'the new lines are on show when the server says so');
  assert.deepEqual(withMore(before, head([{ before: 3, bytes: 5, place: 5 }]), 3, 10, true).focus, { line: 3, gap: true, how: 'near' });
  assert.deepEqual(withMore({ ...before, focus: { line: 1, how: 'top' } }, head([]), 3, 10, false).focus, { line: 1, how: 'top' });
});

test('times in a query have the zone that is meant', () => {
  for (const [q, want] of [
    ['after:12:03', 'after:12:03+01:00'], ['before:2:03:05.25 error', 'before:2:03:05.25+01:00 error'], ['-(after:12:03 OR -before:12:04)', '-(after:12:03+01:00 OR -before:12:04+01:00)'],
    ['after:2025-01-13', 'after:2025-01-13T00:00+01:00'], ['after:2025-07-13T12:03', 'after:2025-07-13T12:03+02:00'], ['after:"2025-07-13 12:03:05.123456789"', 'after:2025-07-13T12:03:05.123456789+02:00'],
    ['after:12:03Z', 'after:12:03Z'], ['after:14:03+02:00', 'after:14:03+02:00'], ['after:2025-01-13T12:03:05Z', 'after:2025-01-13T12:03:05Z'], ['after:"2025-01-13 12:03:05 UTC"', 'after:"2025-01-13 12:03:05 UTC"'],
    ['after:+5m', 'after:+5m'], ['after:', 'after:'], ['after:12:0', 'after:12:0'], ['"say after:12:03 now"', '"say after:12:03 now"'], ['m="a \\" after:12:03" x', 'm="a \\" after:12:03" x'],
    ['hereafter:12:03', 'hereafter:12:03'], ['key=after:12:03', 'key=after:12:03'], ['after:2025-13-45', 'after:2025-13-45T00:00'], ['', ''],
  ]) {
    process.env.TZ = 'Europe/Berlin';
    assert.equal(withZone(q, localZone(Date.UTC(2025, 2, 13))), want, q);
    assert.equal(withZone(withZone(q, localZone(Date.UTC(2025, 2, 13))), UTC).replace('T00:00Z', 'T00:00'), want, q);
  }
  for (const [zone, want] of [['America/St_Johns', '-02:30'], ['Asia/Kolkata', '+05:30'], ['UTC', '+00:00']]) {
    process.env.TZ = zone;
    assert.equal(withZone('after:12:03', localZone(Date.UTC(2025, 2, 13))), 'after:12:03' + want);
  }
  assert.equal(withZone('after:12:03 before:2025-03-13', UTC), 'after:12:03Z before:2025-03-13T00:00Z');
  const s = { ...DEFAULTS, q: 'after:12:03' };
  assert.equal(inZone(s, 'local').q, 'after:12:03Z');
  assert.equal(inZone({ ...s, lq: 'x before:12:03' }, 'local').lq, 'x before:12:03Z');
  assert.equal(inZone(inZone(s, 'local'), 'UTC').q, 'after:12:03Z');
  assert.deepEqual(inZone(s, 'Mars'), s);
});

test('terms are quoted where they have to be', () => {
  assert.equal(quoted('plain=x'), 'plain=x');
  assert.equal(quoted(''), '""');
  assert.equal(quoted('a b'), '"a b"');
  assert.equal(quoted('a"\\\n'), '"a\\"\\\\\\n"');
  assert.equal(term('k', '~', '^a b$'), 'k~"^a b$"');
  assert.equal(withTerm(' error ', 'k=v'), 'error k=v');
  assert.equal(withTerm('k=v error', 'k=v'), 'k=v error');
  assert.equal(withTerm('a OR b', 'k=v'), '(a OR b) k=v');
  assert.equal(withTerm('(a OR b) c', 'k=v'), '(a OR b) c k=v');
  assert.equal(withTerm('name~^(a|(b))$ OR c', 'k=v'), '(name~^(a|(b))$ OR c) k=v');
  assert.equal(withTerm('m="a OR b" FOR', 'k=v'), 'm="a OR b" FOR k=v');
  for (const [query, want] of [
    ['error OR code=500', '(error OR code=500) code=500'], ['(error OR code=500) code=500', '(error OR code=500) code=500'], ['code=500 OR(a)', '(code=500 OR(a)) code=500'],
    ['(code=500)', '(code=500) code=500'], ['-(code=500 a)', '-(code=500 a) code=500'], ['-code=500', '-code=500 code=500'], ['m="a code=500 b"', 'm="a code=500 b" code=500'],
    ['(a OR b', '(a OR b) code=500'], ['((a (b', '((a (b))) code=500'], ['m="a ) b" OR c', '(m="a ) b" OR c) code=500'], ['m="a b" code=500', 'm="a b" code=500'], ['FOR ORDER', 'FOR ORDER code=500'], ['f( g)', 'f( g) code=500'],
  ]) assert.equal(withTerm(query, 'code=500'), want, query);
  assert.equal(withTerm('a OR b', 'm="x OR y"'), '(a OR b) m="x OR y"');
  assert.equal(withTerm('m="x OR y"', 'm="x OR y"'), 'm="x OR y"');
  assert.equal(withTerm('('.repeat(4096), 'a').length, 2 * 4096 + 2);
  assert.equal(term('name', '=', '(*Client).Do'), 'name="(*Client).Do"');
  assert.ok(searchable('http.status'));
  for (const key of ['', 'a b', 'a=b', '-a', 'cut…']) assert.ok(!searchable(key), key);
});

test('the find box offers what goes on from its text', () => {
  const v = { names: ['HTTP GET', 'poll'], services: ['kops'], keys: [{ key: 'http.method', spans: 2, values: ['GET', 'PUT'] }, { key: 'odd key', spans: 1, values: [] }, { key: 'server.http', spans: 1, values: [] }] };
  for (const [text, want] of [
    ['', []], ['err', ['error']], ['error ht', ['error http.method=', 'error server.http=']], ['bef', ['before:']], ['-(err', ['-(error']], ['-ki', ['-kind:client', '-kind:server', '-kind:internal']],
    ['http.method=', ['http.method=GET', 'http.method=PUT']], ['http.method!=p', ['http.method!=PUT']], ['name=', ['name="HTTP GET"', 'name=poll']], ['name="get', ['name="HTTP GET"']],
    ['a="b c', []], ['nothing=', []], ['error ', []], ['error', []],
  ]) assert.deepEqual(completions(text, v), want, text);
});

test('flame frames are placed within what they are in', () => {
  const f = (parent, width) => ({ parent, width, name: '', service: '', count: 1, errors: 0, self: 0 });
  const frames = [f(-1, 100), f(0, 60), f(0, 40), f(1, 30), f(-1, 100)];
  assert.deepEqual(frameLayout(frames, -1).map((p) => [p.i, p.depth, p.from, p.width]), [[0, 0, 0, 0.5], [1, 1, 0, 0.3], [2, 1, 0.3, 0.2], [3, 2, 0, 0.15], [4, 0, 0.5, 0.5]]);
  assert.deepEqual(frameLayout(frames, 1).map((p) => [p.i, p.width]), [[0, 1], [1, 1], [3, 0.5]]);
});

test('services stand in their columns, in order', () => {
  const nodes = [0, 1, -1, 0, 2].map((column) => ({ column }));
  assert.deepEqual(nodeColumns(nodes), [[0, 3], [1], [4]]);
});

test('compared calls are in the order that they came in', () => {
  const { under, open } = treeOf([{ parent: -1, open: true }, { parent: 0 }, { parent: 1 }, { parent: 0 }]);
  assert.deepEqual([...under], [[-1, [0]], [0, [1, 3]], [1, [2]]]);
  assert.deepEqual([...open], [0]);
});

test('calls go between the services of other columns', () => {
  const columns = [{ x: 12, ys: [100] }, { x: 352, ys: [16, 72, 128] }, { x: 692, ys: [100] }];
  assert.deepEqual(waypoints(columns, { x: 242, y: 120 }, { x: 692, y: 120 }), [{ x: 352, y: 120 }, { x: 582, y: 120 }]);
  assert.deepEqual(waypoints(columns, { x: 242, y: 0 }, { x: 692, y: 0 }), [{ x: 352, y: 8 }, { x: 582, y: 8 }]);
  assert.deepEqual(waypoints(columns, { x: 242, y: 120 }, { x: 352, y: 36 }), [], 'the next column');
});

test('the minimap counts each span on each pixel', () => {
  const d = density(family(), 10, 6);
  assert.equal(d.spans[0], 1);
  assert.deepEqual([...d.errors], [0, 1, 0, 0, 0, 0, 0, 1, 0, 0]);
});

test('a closed row shows the critical path through what is under it', () => {
  // The path of the family: root, b, root, x, y, root.
  const shown = shownPath(family(), new Map([[0, [0, 10, 30, 50, 90, 100]], [2, [10, 30]], [4, [50, 70]], [5, [70, 90]]]));
  assert.deepEqual(shown(0, 1), [0, 10, 30, 50, 90, 100], 'an open row: its own');
  assert.deepEqual(shown(0, 6), [0, 100], 'the whole');
  assert.deepEqual(shown(1, 3), [10, 30], 'a closed row that is not on it');
  assert.deepEqual(shown(1, 6), [10, 30], 'what is not under it does not count');
  assert.deepEqual(shown(3, 6), [50, 90], 'what meets is one');
  assert.equal(shown(1, 2), undefined, 'an open row that is not on it');
});

test('a path comes in pages, the end first', () => {
  const path = segmentsByLine([0, 90, 100, 1, 80, 90]);
  putBefore(path, segmentsByLine([0, 50, 80, 2, 10, 50, 0, 0, 10]));
  assert.deepEqual([...path].sort(), [[0, [0, 10, 50, 80, 90, 100]], [1, [80, 90]], [2, [10, 50]]]);
});

test('the parts of a span are put together', () => {
  const page = (span, resource) => ({ resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans: [{ name: 'x', ...span }] }] }] });
  const all = page({ attributes: [1] }, { attributes: ['a'] });
  addParts(all, page({ attributes: [2], events: ['e'] }, {}));
  addParts(all, page({ events: ['f'], links: ['l'] }, {}));
  assert.deepEqual(all, page({ attributes: [1, 2], events: ['e', 'f'], links: ['l'] }, { attributes: ['a'] }));
});

test('an event or a link goes on in a further page', () => {
  const page = (span, continued) => ({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: [span] }] }], continued });
  const all = page({ events: [{ name: 'e', attributes: [1] }] });
  addParts(all, page({ events: [{ name: 'e', attributes: [2] }, { name: 'f' }], links: [{ id: 'l' }] }, true));
  addParts(all, page({ links: [{ id: 'l', attributes: [3] }, { id: 'm' }] }, true));
  assert.deepEqual(all.resourceSpans[0].scopeSpans[0].spans[0],
    { events: [{ name: 'e', attributes: [1, 2] }, { name: 'f' }], links: [{ id: 'l', attributes: [3] }, { id: 'm' }] });
});

/** What is drawn for a line of a trace that fills 100 px: the colour, x and width of each bar, and how. */
function drawn(m, line, more = {}) {
  const out = [];
  const colours = { services: Array(8).fill('service'), error: 'error', critical: 'critical', text: 'event', dim: 'dim', faint: 'faint', accent: 'accent' };
  const g = {
    globalAlpha: 1, fillStyle: '', strokeStyle: '',
    fillRect(x, y, w) { out.push(`${this.globalAlpha < 1 ? 'pale ' : ''}${this.fillStyle} ${x}+${w}`); },
    strokeRect(x, y, w) { out.push(`outline ${x}+${w}`); },
    setLineDash() {}, fillText(t) { out.push(`text ${t}`); }, measureText: () => ({ width: 500 }),
    createLinearGradient: (x, _, to) => ({ addColorStop() {}, toString: () => `fade from ${x} to ${to}` }),
  };
  barPainter(m)(g, { line, y: 0, width: 100, view: { from: 0, to: 100 }, colours, critical: undefined, events: undefined, ...more });
  return out;
}

test('bars show self time, errors, folds, events and the critical path', () => {
  const m = family();
  assert.deepEqual(drawn(m, 0), ['pale service 0+100', 'service 30+20', 'service 90+10'], 'solid where no child runs');
  assert.deepEqual(drawn(m, 2), ['pale error 10+20', 'error 10+20']);
  assert.deepEqual(drawn(m, 3), ['service 50+19.5', 'error 70+19.5'], 'a fold has the bars of its members');
  assert.deepEqual(drawn(m, 1, { critical: [0, 10, 20, 30] }).slice(-2), ['critical 0+10', 'critical 20+10']);
  assert.deepEqual(drawn(m, 1, { events: [5, 25] }).slice(-2), ['event 5+1.5', 'event 25+1.5']);
});

test('bars of a first screen leave open what ran under a line', () => {
  const m = family();
  const first = firstScreenOf(m, [0, 2, 3]);
  assert.deepEqual(drawn(first, 0), ['pale service 0+100']);
  assert.deepEqual(drawn(first, 2), drawn(m, 2), 'that nothing ran is known');
  assert.deepEqual(drawn(first, 3), ['pale service 50+40'], 'a fold has one bar');
});

test('a fold or a path of very many pieces is drawn pixel by pixel', () => {
  const m = model([0, 0, 20_000], [1, 0, 20_000, FLAG.fold], ...Array.from({ length: 20_000 }, (_, i) => [2, i, 1, 0, i % 2 ? ERROR : 0]));
  const view = { from: 0, to: 20_000 };
  const fold = drawn(m, 1, { view });
  assert.ok(fold.length > 100 && fold.length < 500, `${fold.length} bars of a fold on 100 pixels`);
  assert.ok(fold.some((b) => b.startsWith('error 9')), 'errors are seen to the end');
  const critical = drawn(m, 2, { view, critical: Array.from({ length: 20_000 }, (_, i) => i) });
  assert.ok(critical.length > 50 && critical.length < 250, `${critical.length} pieces on 100 pixels`);
});

test('bars without an end fade, missing parents are outlined, what is elsewhere is an arrow', () => {
  const m = model([0, 0, 100], [1, 20, 80, FLAG.unfinished], [1, 30, 40, FLAG.missing]);
  assert.deepEqual(drawn(m, 1), ['fade from 20 to 100 20+80']);
  assert.deepEqual(drawn(m, 2), ['outline 30.5+39']);
  assert.deepEqual(drawn(m, 2, { view: { from: 80, to: 100 } }), ['text ‹']);
  assert.deepEqual(drawn(m, 2, { view: { from: 0, to: 20 } }), ['text ›']);
});

test('a flaky test says so in words', () => {
  assert.equal(saidOf({ line: 0, flaky: true, hint: 'x' }), 'flaky: passed when tried again · x');
  assert.equal(saidOf({ line: 0, message: 'ignored here' }, 'refused'), 'refused');
  assert.equal(saidOf(undefined), '');
});
