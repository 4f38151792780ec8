// Tests of asking for lines, and of the pane of a log.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LineLoader } from '../ui/state/lineloader.js';
import { serving } from './page.js';

serving((path) => {
  const at = /^some\?at=(.*)$/.exec(path)?.[1];
  if (at === undefined || at === '9') return undefined;
  return { lines: at.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => ({ n: from + i, text: `line ${from + i}` }));
  }) };
});

/** Waits until a condition holds. */
async function until(holds) {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((done) => setTimeout(done, 5));
  assert.ok(holds(), String(holds));
}

function loader(signal = new AbortController().signal, whenAsked = (/** @type {string} */ _) => {}) {
  const asked = [];
  const told = [];
  const pathOf = (at) => {
    asked.push(at);
    whenAsked(at);
    return `traces/ab/some?at=${at}`;
  };
  return { lines: new LineLoader(pathOf, (l) => l.n, signal, () => told.push(1)), asked, told };
}

test('lines are asked for together, and once', async () => {
  const { lines, asked, told } = loader();
  lines.want([7, 3, 4]);
  lines.want([4, 5]);
  assert.equal(lines.get(3), undefined);
  await until(() => told.length === 1);
  lines.want([3, 7]);
  lines.want([8]);
  await until(() => told.length === 2);
  assert.deepEqual(asked, ['3-5,7', '8']);
  assert.deepEqual([3, 6, 8].map((n) => lines.current().get(n)?.text), ['line 3', undefined, 'line 8']);
  assert.equal(lines.find((l) => l.text.endsWith('7'))?.n, 7);
  assert.equal(lines.find((l) => l.n === 6), undefined);
});

test('of too many lines those scrolled to last come first', async () => {
  const { lines, asked, told } = loader();
  lines.want(Array.from({ length: 1500 }, (_, i) => i + 1));
  await until(() => told.length === 1);
  assert.deepEqual(asked, ['501-1500']);
});

test('lines that did not come are asked for again', async () => {
  const { lines, asked, told } = loader();
  lines.want([9]);
  await until(() => asked.length === 1);
  await until(() => {
    lines.want([9]);
    return asked.length === 2;
  });
  assert.equal(told.length, 0);
});

test('lines that are told otherwise stay until that comes', async () => {
  const { lines, asked, told } = loader(undefined, (at) => {
    if (at === '3') lines.renew();
  });
  lines.want([1, 2]);
  await until(() => told.length === 1);
  const before = lines.get(1);
  lines.want([3]);
  await until(() => asked.length === 2);
  assert.equal(lines.get(1), before);
  lines.want([1, 3]);
  await until(() => lines.get(1) !== before);
  assert.deepEqual(asked, ['1-2', '3', '1,3'], 'the answer that was on its way is of no use');
  assert.equal(told.length, 2);
  lines.want([1, 3]);
  lines.want([2]);
  await until(() => told.length === 3);
  assert.deepEqual(asked.at(-1), '2');
});

test('nothing is asked for after the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const ends of [false, true]) {
    const ended = new AbortController();
    const { lines, asked } = loader(ended.signal);
    lines.want([1]);
    if (ends) ended.abort();
    t.mock.timers.tick(1000);
    assert.deepEqual(asked, ends ? [] : ['1']);
  }
});

test('no more lines are held than is good', async () => {
  const { lines } = loader();
  for (let from = 1; lines.get(1) !== undefined || from === 1; from += 1000) {
    assert.ok(from < 30_000, 'the first lines are still held');
    lines.want(Array.from({ length: 1000 }, (_, i) => from + i));
    await until(() => lines.get(from) !== undefined);
  }
});
