// What a page in a file works out by itself.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';

import { eventsOf, tracesOf } from '../ui/saved/lists.js';
import { linesAt, linesFound, linesOfTime } from '../ui/saved/loglines.js';
import { unpack } from '../ui/saved/pack.js';
import { linesMatching } from '../ui/saved/spanfind.js';
import { termsOf, wordsOf } from '../ui/saved/words.js';

const asked = (o) => new URLSearchParams(o);

test('terms are what stands between spaces, but in quotes', () => {
  assert.deepEqual(termsOf('a  name:"b c" -error dur>="1 m" "x \\" y" service:=k'), ['a', 'name:"b c"', '-error', 'dur>="1 m"', '"x \\" y"', 'service:=k']);
  assert.deepEqual(wordsOf('No "Such Host"'), ['no', 'such host']);
  for (const q of ['a OR b', 'key=value', '-a', '(a)', 'name:a', 'a~b']) assert.equal(wordsOf(q), null, q);
});

test('bundles of answers are read by their paths', async () => {
  const le = (...n) => Buffer.from(Uint32Array.from(n).buffer);
  const bundle = (answers) => gzipSync(Buffer.concat(Object.entries(answers).flatMap(([path, body]) => [le(path.length, body.length), Buffer.from(path + body)])));
  const [a, b] = [bundle({ run: '{}', 'traces/1': '[1]' }), bundle({ files: '' })];
  const answers = await unpack(Buffer.concat([le(a.length), a, le(b.length), b]).toString('base64'));
  assert.deepEqual([...answers].map(([path, body]) => [path, Buffer.from(body).toString()]), [['run', '{}'], ['traces/1', '[1]'], ['files', '']]);
});

/** Columns as the server packs them: of numbers below 256. */
function packed(columns, n) {
  const head = JSON.stringify({ from: 0, to: n, lines: n, columns: Object.keys(columns).map((name, i) => ({ name, type: 'u8', offset: 8 * i })) });
  const padded = head.padEnd(Math.ceil((4 + head.length) / 8) * 8 - 4);
  const out = new Uint8Array(4 + padded.length + 8 * Object.keys(columns).length);
  new DataView(out.buffer).setUint32(0, padded.length, true);
  out.set(new TextEncoder().encode(padded), 4);
  Object.values(columns).forEach((c, i) => out.set(c, 4 + padded.length + 8 * i));
  return out;
}

test('spans are found by names, services, statuses, kinds, lengths and ids', () => {
  const columns = packed({ depth: [0, 1, 1], duration: [100, 20, 5], name: [0, 1, 1], service: [0, 0, 1], kind: [1, 3 | (2 << 4), 3] }, 3);
  const json = { t: { lines: 3, duration: 100, start: '0', names: ['kops update', 'HTTP GET'], services: ['kops', 'cloud'] }, 't/lines': { lines: [{ id: 'a'.repeat(16) }, { id: 'b'.repeat(16), hint: 'https://x', message: 'No such host' }, { id: 'c'.repeat(16) }] } };
  const held = { json: (path) => json[path], bytes: (path) => (path === 't/columns' ? columns : undefined) };
  const find = (q) => { const found = linesMatching(held, 't', q); return found && [...new Uint32Array(found.buffer)].join(); };
  for (const [q, want] of [
    ['kops', '0,1'], ['name:kops', '0'], ['name:="HTTP GET"', '1,2'], ['name:="HTTP GET" service:=cloud', '2'], ['service:CLOUD', '2'], ['get -error', '2'], ['error', '1'], ['status:error', '1'], ['status=unset', '0,2'],
    ['kind:client', '1,2'], ['dur>10ns', '0,1'], ['dur<=0.02us', '1,2'], ['-dur>10ns', '2'], ['"such host"', '1'], ['https', '1'], ['id:' + 'c'.repeat(16), '2'], ['b'.repeat(16), '1'], ['nothing', ''],
    ['key=value', undefined], ['a OR b', undefined], ['(kops)', undefined], ['dur>long', undefined], ['name~k.*', undefined], ['name:#00', undefined], ['path:=kops', undefined],
  ]) assert.equal(find(q), want, q);
});

const line = (number, text, rest) => ({ number, text, origin: 'read', span: -1, ...rest });
const log = { lines: [line(3, [['first '], ['quota', 'f1']], { time: '100' }), line(4, [['second']], { severity: 'error', time: '200' }), line(90, [['a QUOTA b']], { severity: 'warning', time: '300' }), line(91, [['no time']])] };

test('lines of a log keep their numbers', () => {
  const numbers = (at, q = '') => linesAt(log, asked({ at, q })).lines.map((l) => l.number).join();
  assert.equal(numbers('1-4,91'), '3,4,91');
  assert.equal(numbers('5-89'), '');
  assert.deepEqual(linesAt(log, asked({ at: '3', q: 'st quo' })).lines[0].text, [['fir'], ['st', 'found'], [' '], ['quo', 'f1 found'], ['ta', 'f1']]);
  assert.deepEqual(linesAt(log, asked({ at: '3', q: '"t quo"' })).lines[0].text, [['firs'], ['t ', 'found'], ['quo', 'f1 found'], ['ta', 'f1']], 'over several pieces');
  assert.deepEqual(linesOfTime(log, asked({ from: '150', to: '300' })), { first: 4, last: 90, count: 2 });
  assert.deepEqual(linesOfTime(log, asked({ from: '210', to: '220' })), { first: 4, last: 0, count: 0 });
  assert.equal(linesAt(undefined, asked({ at: '1' })), undefined);
});

test('lines of a log are found by words and severities', () => {
  const find = (p) => { const found = linesFound(log, asked(p)); return found && [...new Uint32Array(found.buffer)].join(); };
  assert.equal(find({ q: 'quota' }), '2,3,3,90,90');
  assert.equal(find({ q: 'sev:warning' }), '2,4,4,90,90');
  assert.equal(find({ q: '"a quota" sev:warning' }), '1,90,90');
  assert.equal(find({ from: '100', to: '200' }), '2,3,4');
  for (const q of ['~x', 'after:12:03', '-a', 'a OR b', '(a)']) assert.equal(find({ q }), undefined, q);
});

test('lists are cut and put in order', () => {
  const traces = [{ name: 'a', service: 's', start: '1', duration: 5, spans: 1, errors: 0 }, { name: 'b', service: 's', start: '2', duration: 3, spans: 9, errors: 2 }];
  const names = (p) => tracesOf({ traces }, asked(p))?.traces.map((t) => t.name).join();
  assert.equal(names({}), 'b,a');
  assert.equal(names({ order: 'longest' }), 'a,b');
  assert.equal(names({ q: 'error' }), 'b');
  assert.equal(names({ q: 'S', limit: '1', offset: '1' }), 'a');
  assert.equal(names({ q: 'x=y' }), undefined);
  const events = [1, 2, 3].map((at) => ({ at }));
  assert.deepEqual(eventsOf({ events, left: 4 }, asked({ q: '', offset: '1', limit: '1' })), { events: [{ at: 2 }], offset: 1, total: 3, left: 4 });
  assert.equal(eventsOf({ events, left: 4 }, asked({ q: 'x' })), undefined);
});
