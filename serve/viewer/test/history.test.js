// What the page of a history shows of runs, by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { duration } from '../ui/lib/format.js';
import { budgetSaid, chartOf, choices, letter, marksOf, shortNames, squareAt, unusual, withRuns } from '../ui/model/history.js';

test('letters are those of the text', () => {
  for (const [finding, want] of [[0, 'A'], [1, 'B'], [25, 'Z'], [26, 'Z'], [99, 'Z']]) assert.equal(letter(finding), want);
});

test('each run has a mark by its finding or its result', () => {
  const runs = ['passed', 'failed', 'aborted', 'failed', 'running', 'error', '', 'aborted'].map((result) => ({ result }));
  const marks = marksOf({ runs, findings: [{ runs: [3] }, { runs: [1, 7] }] });
  assert.equal(marks.map((m) => m.sign).join(''), '·B–A…?–B');
  assert.deepEqual(marks.map((m) => m.kind), ['passed', 'failed', 'aborted', 'failed', 'running', 'failed', 'aborted', 'failed']);
  assert.deepEqual(marks.map((m) => m.finding), [-1, 1, -1, 0, -1, -1, -1, 1]);
});

test('builds are shortened as far as they can be told apart', () => {
  for (const [builds, want] of [
    [['1899000000000000731', '1899000000000000702'], ['1899…731', '1899…702']],
    [['2124508950819766272', '2124418353853366272'], ['21245…272', '21244…272']],
    [['1899000000000000731', '1899000000000001731'], ['1899000000000000731', '1899000000000001731']],
    [['1899000000000000731', '1899000000000000731'], ['1899…731', '1899…731']],
    [['17', 'a build', '20260101123456'], ['17', 'a build', '20260101123456']],
    [[], []],
  ]) {
    const names = shortNames(builds);
    assert.deepEqual(builds.map((b) => names.get(b)), want);
  }
});

test('a sentence is cut at the runs that it names', () => {
  const run = { build: '1899000000000000731' };
  assert.deepEqual(withRuns('Broken since 1899000000000000731: 4 of the last 5 runs', [run]), [{ text: 'Broken since ' }, { text: '1899000000000000731', run }, { text: ': 4 of the last 5 runs' }]);
  assert.deepEqual(withRuns('18990000000000007311', [run]), [{ text: '18990000000000007311' }]);
  assert.deepEqual(withRuns('', [run]), []);
});

test('unusual durations in words', () => {
  assert.equal(unusual(0, true, ''), '');
  assert.equal(unusual(1, true, '8 m 00 s'), '8 m 00 s in 1 failed run');
  assert.equal(unusual(3, false, '21 m 00 s'), '21 m 00 s in 3 runs');
});

test('limits in words', () => {
  const limit = { share: 0.756, limit_ns: 3600e9, slope_ns: 0 };
  assert.equal(budgetSaid(limit, duration), '76% of 1 h 00 m used');
  assert.equal(budgetSaid({ ...limit, slope_ns: 27e9, meets_after: 32 }, duration), '76% of 1 h 00 m used, 27 s more per run: reached in about 32 runs');
  assert.equal(budgetSaid({ ...limit, slope_ns: 27e9, meets_after: 1 }, duration), '76% of 1 h 00 m used, 27 s more per run: reached in about 1 run');
});

test('a chart goes from zero to the most, and is interrupted where there is nothing', () => {
  const c = chartOf([10, 20, -1, 30, -1, -1, 40], { width: 128, height: 48, usual: 20, limit: 40 });
  assert.deepEqual(c.points, [[4, 34], [24, 24], null, [64, 14], null, null, [124, 4]]);
  assert.deepEqual(c.lines, [[[4, 34], [24, 24]], [[64, 14]], [[124, 4]]]);
  assert.equal(c.usual, 24);
  assert.equal(c.limit, 4);
});

test('a chart of nothing, of zeros and of one run', () => {
  assert.deepEqual(chartOf([], { width: 100, height: 50 }), { lines: [], points: [], usual: null, limit: null });
  assert.deepEqual(chartOf([-1, -1], { width: 100, height: 50 }).lines, []);
  assert.deepEqual(chartOf([0, 0], { width: 108, height: 50 }).points, [[4, 46], [104, 46]]);
  assert.deepEqual(chartOf([5], { width: 100, height: 50, usual: 5 }).points, [[50, 19.8]]); // there is room above
});

test('keys lead from square to square and stay on the strips', () => {
  for (const [key, from, want] of [
    ['ArrowRight', [0, 1], [0, 2]], ['ArrowRight', [0, 4], [0, 4]], ['ArrowLeft', [1, 0], [1, 0]], ['ArrowLeft', [0, 3], [0, 2]], ['Home', [0, 3], [0, 0]], ['End', [1, 0], [1, 2]],
    ['ArrowDown', [0, 1], [1, 1]], ['ArrowDown', [0, 4], [1, 2]], ['ArrowDown', [1, 1], [1, 1]], ['ArrowUp', [1, 2], [0, 2]], ['ArrowUp', [0, 2], [0, 2]],
  ]) assert.deepEqual(squareAt(key, ...from, [5, 3]), want, `${key} from ${from}`);
  assert.equal(squareAt('Enter', 0, 1, [5, 3]), null);
});

test('as many runs can be chosen as there are', () => {
  assert.deepEqual(choices(30), [5, 10, 20, 30]);
  assert.deepEqual(choices(3), [3]);
  assert.deepEqual(choices(33), [5, 10, 20, 30, 33]);
});
