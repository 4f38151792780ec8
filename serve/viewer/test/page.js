// A page of a trace for tests, with a server and a history that are made up.

import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach } from 'node:test';

import { builder } from '../ui/model/build.js';
import { FLAG } from '../ui/model/columns.js';
import { firstModel } from '../ui/model/firstscreen.js';
import { DEFAULTS } from '../ui/state/address.js';
import { TraceStore } from '../ui/state/tracestore.js';

setMaxListeners(50); // each loader of a store listens for its end

export const tick = () => new Promise((done) => setTimeout(done));

const CLOSED = 1 << 7;

/** A trace of parts. */
export function build(head, parts) {
  const b = builder({ ...head, lines: parts.at(-1).to });
  for (const p of parts) b.add(p);
  return b.model();
}

// 0 root, 1 a, 2 b with an error, 3 a fold of 4 x, 5 y with an error.
export function family() {
  const rows = [[0, 0, 100], [1, 0, 30], [2, 10, 20, 0, 32], [1, 50, 40, FLAG.fold, CLOSED], [2, 50, 20], [2, 70, 20, 0, 32]];
  const column = (k) => Uint32Array.from(rows, (r) => r[k] ?? 0);
  const zero = new Uint8Array(rows.length);
  const columns = { depth: column(0), start: column(1), startHigh: zero, duration: column(2), durationHigh: zero, flags: column(3), kind: column(4), self: zero, name: zero, service: zero };
  return build({ id: 'ab', duration: 100, start: '1735787045000000000', names: ['n'], services: ['s'] }, [{ from: 0, to: 6, lines: 6, columns }]);
}

/** The first screen of a trace, with some of its lines. */
export function firstScreenOf(m, lines) {
  const of = (line) => ({
    line, depth: m.depth[line], start: m.start[line], duration: m.duration[line], name: m.name[line], service: m.service[line],
    kind: m.kind[line], flags: m.flags[line], members: m.members[line], end: m.end[line], below: m.below[line],
  });
  return firstModel({ ...m.head, lines: m.n, first: { rows: 4, lines: lines.map(of) } });
}

const real = { fetch: globalThis.fetch, document: globalThis.document, getComputedStyle: globalThis.getComputedStyle };

/**
 * Gives the tests of a file a server. What an answer is, is said by the end of its path,
 * or by a function of that; bytes are sent as they are.
 */
export function serving(answers) {
  const of = typeof answers === 'function' ? answers : (path) => answers[path];
  beforeEach(() => {
    globalThis.document = /** @type {any} */ ({});
    globalThis.getComputedStyle = /** @type {any} */ (() => ({ getPropertyValue: () => '' }));
    globalThis.fetch = async (path) => {
      const answer = of(path.replace('/api/v1/traces/ab/', ''));
      if (answer instanceof Uint32Array) return new Response(answer);
      return answer ? Response.json(answer) : Response.json({ error: { what: `nothing at ${path}`, next: '' } }, { status: 404 });
    };
  });
  afterEach(() => Object.assign(globalThis, real));
}

/** A store of the family at an address, and what it did to the history. */
export function opened(address, model = family()) {
  const went = [];
  const said = [];
  const navigation = {
    address: { ...DEFAULTS, trace: 'ab', ...address },
    go(to, how) {
      const from = this.address;
      this.address = to;
      went.push([how, Object.fromEntries(Object.entries(to).filter(([k, v]) => v !== from[k]))]);
      store.follow(to);
    },
  };
  let store = /** @type {any} */ ({ follow() {} });
  store = new TraceStore({ marks: [], jobs: [], runs: [] }, model, navigation, (text) => said.push(text));
  return { store, navigation, went, said, lines: () => [...store.state.lines].join() };
}
