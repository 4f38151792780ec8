// Two runs beside each other: the rows of both logs, and those of both timelines.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { besideAt, besideRow, blocksOf, rowsOf } from '../ui/model/beside.js';
import { numbersOf, shownRows, tone, treeOfRows } from '../ui/model/phases.js';
import { apart, rowWords } from '../ui/views/phasewords.js';

/** @param {number[]} same @param {number} here @param {number} there */
const logs = (same, here, there) => {
  const log = (/** @type {number} */ lines) => ({ trace: '1', name: 'build-log.txt', lines, only: [], count: 0, names: [] });
  return blocksOf({ here: log(here), there: log(there), same });
};

/** @param {ReturnType<typeof rowsOf>} rows */
const drawn = (rows) => Array.from({ length: rows.n }, (_, k) => {
  const { here, there, folded } = besideAt(rows, k);
  return folded ? `${folded} folded` : `${there}|${here}`;
});

test('lines that are the same stand in one row, the others across from each other', () => {
  // there 1 2 3 4        same: 1-2 with 1-2, 4 with 5
  // here  1 2 3 4 5 6
  const rows = rowsOf(logs([1, 1, 2, 5, 4, 1], 6, 4), () => false);
  assert.deepEqual(drawn(rows), ['1|1', '2|2', '3|3', '0|4', '4|5', '0|6']);
  assert.deepEqual(drawn(rowsOf(logs([], 2, 1), () => false)), ['1|1', '0|2']);
  assert.deepEqual(drawn(rowsOf(logs([], 0, 0), () => false)), []);
});

test('long stretches are folded but for what is around a difference, and opened', () => {
  const blocks = logs([1, 1, 20, 22, 21, 20], 41, 40); // line 21 here is new
  const rows = rowsOf(blocks, () => false);
  assert.deepEqual(drawn(rows), ['17 folded', '18|18', '19|19', '20|20', '0|21', '21|22', '22|23', '23|24', '17 folded']);
  const open = rowsOf(blocks, (b) => b === 0);
  assert.equal(open.n, 20 + 1 + 3 + 1);
  for (const [side, n] of /** @type {['here' | 'there', number][]} */ ([['here', 41], ['there', 40]])) {
    for (let line = 1; line <= n; line++) {
      const at = besideAt(open, besideRow(open, side, line));
      assert.ok(at[side] === line || at.folded > 0, `${side} ${line}`);
    }
  }
  assert.deepEqual(drawn(rowsOf(logs([1, 1, 30], 30, 30), () => false)), ['30 folded']);
});

test('it is said how much longer something took', () => {
  const s = 1e9;
  assert.equal(apart(1276 * s, 383 * s), '14 m 53 s longer, 3.3×');
  assert.equal(apart(60 * s, 70 * s), '10 s shorter');
  assert.equal(apart(60 * s, 60.5 * s), 'as long');
  assert.equal(apart(0, 0), 'as long');
  assert.equal(apart(1 * s, 0), '1 s longer');
  assert.equal(apart(undefined, 5), 'only in the other');
  assert.equal(apart(5, undefined), 'only in this run');
  assert.equal(apart(1e15, 1), '11 d 13 h 46 m longer');
  assert.deepEqual([tone(3 * s, 1 * s), tone(1 * s, 3 * s), tone(1.5 * s, 1 * s), tone(100 * s, 90 * s), tone(1, undefined)], ['more', 'less', 'zero', 'zero', 'more']);
});

/** @type {import('../ui/types').Phases} */
const two = (() => {
  const summary = /** @type {any} */ ({ id: '1' });
  const bar = (/** @type {number} */ line, /** @type {number} */ end) => ({ line, end, at: 0, to: 9, took: 9e9 });
  return {
    here: summary, there: summary, length: 20, left: 0,
    bands: [{ name: 'Up', at: 0, width: 10, here: { took: 9e9, until: 9 }, there: { took: 9e9, until: 9 } }, { name: 'Test', at: 10, width: 10, here: { took: 6e9, until: 20, moved: 3e9 } }],
    rows: [{ parent: -1, name: 'Up', here: bar(1, 5) }, { parent: -1, name: 'Test', here: bar(5, 6) }, { parent: 0, name: 'apply', here: bar(2, 4) }, { parent: 2, name: 'GET', here: bar(3, 4) }],
  };
})();

test('rows stand below the one that they are in, and are shown if that is open', () => {
  const tree = treeOfRows(two.rows);
  assert.deepEqual(shownRows(tree, new Set()), [0, 1]);
  assert.deepEqual(shownRows(tree, new Set([0])), [0, 2, 1]);
  assert.deepEqual(shownRows(tree, new Set([0, 2])), [0, 2, 3, 1]);
  assert.deepEqual([...tree.depth], [0, 0, 1, 2]);
});

test('the numbers of findings stand on the deepest row on show that has their line', () => {
  const stops = /** @type {any[]} */ ([{ n: 1, place: { line: 3 } }, { n: 2, place: { line: 5 } }, { n: 0, place: { line: 3 } }, { n: 3, place: { line: -1 } }]);
  assert.deepEqual([...numbersOf(two, [0, 1], stops)], [[0, [1]], [1, [2]]]);
  assert.deepEqual([...numbersOf(two, [0, 2, 3, 1], stops)], [[3, [1]], [1, [2]]]);
});

test('a phase that the other run has at another place says so', () => {
  assert.equal(rowWords(two, 1), 'in the other at another place: 3 s longer, 2×');
  assert.equal(rowWords(two, 0), 'as long');
});
