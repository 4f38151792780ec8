// Unit tests of what the page makes of a judgement.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hasCause, nanos, novelty, numberedLines, numberedRows, phaseBars, resultWord, rowOf, stopAt, stopsOf } from '../ui/model/judgement.js';
import { family } from './page.js';

/** A judgement of family: a chain of a span, a line of a log and nothing, and a further finding. */
const judgement = () => ({
  version: 2, final: true, compared: 0, toCompare: 0,
  summary: {
    run: { baseline: [] }, time: [],
    findings: [
      { chain: [{ text: 'a', time: '2025-01-02T03:04:05.00000003Z' }, { text: 'b', time: '2025-01-02T03:04:05.00000009Z' }, { text: 'c' }], evidence: [{ source: 'span' }] },
      { title: 'd', chain: [], evidence: [{ source: 'log', time: '2024-01-01T00:00:00Z' }] },
    ],
  },
  places: [{ chain: [{ line: 2 }, { line: 4, log: 'l', at: 7 }, { line: -1 }], evidence: [{ line: 2 }] }, { chain: [], evidence: [{ line: 99, log: 'l', at: 9 }] }],
});

test('times of RFC 3339 are read to the ns', () => {
  assert.equal(nanos('2025-01-01T14:57:25Z'), 1735743445000000000n);
  assert.equal(nanos('2025-01-01T14:57:25.123456789Z'), 1735743445123456789n);
  assert.equal(nanos('2025-01-01T15:57:25.5+01:00'), 1735743445500000000n);
  for (const odd of ['', 'yesterday', '2025-13-01T00:00:00Z']) assert.equal(nanos(odd), 0n);
});

test('stops are the chain of the first finding, then the others', () => {
  const m = family();
  const stops = stopsOf(judgement(), m);
  assert.deepEqual(stops.map(({ n, text, time, place }) => [n, text, time, place]), [
    [1, 'a', 30, { line: 2 }], [2, 'b', 90, { line: 4, log: 'l', at: 7 }], [3, 'c', -1, { line: -1 }], [0, 'd', -1, { line: -1, log: 'l', at: 9 }],
  ]);
  assert.deepEqual([stopAt(stops, 'l:7'), stopAt(stops, 'l:9'), stopAt(stops, 'l'), stopAt(stops, '')], [1, 3, -1, -1]);
  assert.deepEqual([...numberedLines(stops, 'l')], [[7, 2]]);
  assert.deepEqual([stopsOf(null, m), stopsOf({ ...judgement(), summary: undefined }, m)], [[], []]);
});

test('numbers stand on the nearest line on show', () => {
  const m = family();
  const stops = stopsOf(judgement(), m);
  assert.deepEqual([...numberedRows(stops, m, Int32Array.of(0, 1, 2, 3, 4, 5))], [[2, [0]], [4, [1]]]);
  assert.deepEqual([...numberedRows(stops, m, Int32Array.of(0, 1, 3))], [[1, [0]], [2, [1]]]);
  assert.deepEqual([...numberedRows(stops, m, Int32Array.of(0))], [[0, [0, 1]]]);
  assert.deepEqual([rowOf(m, Int32Array.of(0, 3), 5), rowOf(m, Int32Array.of(3), 2), rowOf(m, Int32Array.of(0), -1)], [1, -1, -1]);
});

test('a finding is new only where passing runs were read', () => {
  const said = (seen, runs, more = {}) => novelty({ ...judgement(), ...more, summary: { run: { baseline: Array(runs).fill({ build: '1' }) }, findings: [{ in_passing_runs: seen }] } })?.text;
  assert.equal(said(0, 3), 'new: in none of 3 passing runs');
  assert.equal(said(0, 1), 'new: not in the last passing run');
  assert.equal(said(2, 3), 'in 2 of 3 passing runs too');
  assert.equal(said(1, 1), 'in the last passing run too');
  assert.deepEqual([said(0, 0), said(undefined, 3)], [undefined, undefined]);
  assert.equal(said(0, 1, { final: false, compared: 1, toCompare: 3 }), 'comparing with 1 of 3 passing runs…');
});

test('phases stand beside what is usual', () => {
  const bars = phaseBars({ time: [{ phase: 'a', duration_ns: 50, usual_ns: 200 }, { phase: 'b', duration_ns: 100 }] });
  assert.deepEqual(bars.map(({ share, usual }) => [share, usual]), [[0.25, 1], [0.5, -1]]);
  assert.deepEqual(phaseBars({ time: [] }), []);
  assert.deepEqual(['passed', 'running', 'odd', undefined].map(resultWord), ['Passed', 'Still running', 'Result unknown', 'Result unknown']);
  assert.deepEqual(['failed', 'aborted', 'passed', undefined].map(hasCause), [true, true, false, false]);
});
