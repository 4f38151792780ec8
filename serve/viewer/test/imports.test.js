// The floors of the modules: lib knows no trace, model only lines, state no
// elements; views draw what state holds. What is in saved stands in the place of two of lib.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

const UI = new URL('../ui/', import.meta.url);
const FLOORS = ['lib', 'model', 'state', 'views', 'saved', '.'];
const MAY = { lib: ['lib'], model: ['model'], state: ['lib', 'model', 'state'], views: ['lib', 'model', 'state', 'views'], saved: ['lib', 'model', 'saved'], '.': FLOORS };

const modules = new Map(FLOORS.flatMap((folder) => readdirSync(new URL(folder, UI)).filter((f) => f.endsWith('.js')).map((f) => {
  const name = posix.join(folder, f);
  return [name, readFileSync(new URL(name, UI), 'utf8')];
})));

/** The modules that a module imports: at once, or later. */
function imports(name, pattern = /(?:^import [^;]* from |\bimport\()'(\.[^']+)'/gm) {
  return [...modules.get(name).matchAll(pattern)].map((m) => posix.join(posix.dirname(name), m[1])).filter((m) => m.endsWith('.js'));
}

test('modules import what is on their floor or below', () => {
  for (const name of modules.keys()) {
    for (const to of imports(name, /^import [^;]* from '(\.[^']+)'/gm)) assert.ok(MAY[posix.dirname(name)].includes(posix.dirname(to)), `${name} imports ${to}`);
  }
});

test('every module is used, and none is too long', () => {
  const used = new Set();
  const visit = (name) => {
    if (used.has(name)) return;
    used.add(name);
    imports(name).forEach(visit);
  };
  visit('main.js');
  visit('history.js'); // the page of a history
  for (const name of ['source.js', 'place.js']) visit(`saved/${name}`);
  for (const [name, text] of modules) {
    assert.ok(used.has(name), `nothing imports ${name}`);
    assert.ok(text.split('\n').length <= 400, `${name} has more than 400 lines`);
  }
});

test('no module imports itself by way of others', () => {
  const done = new Set();
  const visit = (name, above) => {
    assert.ok(!above.includes(name), [...above, name].join(' imports '));
    if (done.has(name)) return;
    for (const to of imports(name, /^import [^;]* from '(\.[^']+)'/gm)) visit(to, [...above, name]);
    done.add(name);
  };
  visit('main.js', []);
  visit('history.js', []);
  visit('saved/source.js', []);
});

test('what stands in the place of a module has its shape', () => {
  const shape = (name) => [...modules.get(name).matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map((m) => m[1]).sort();
  for (const name of ['source.js', 'place.js']) assert.deepEqual(shape(`saved/${name}`), shape(`lib/${name}`), name);
});
