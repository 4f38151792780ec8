// The map of services: who called whom, and which hosts that wrote no traces.

import { json } from '../lib/api.js';
import { bdi, h, svg } from '../lib/dom.js';
import { count, counted, duration, named } from '../lib/format.js';
import { term } from '../model/query.js';
import { between, GAP_X, GAP_Y, HEIGHT, layer, WIDTH } from '../model/servicelayout.js';
import { empty, loading, message } from './message.js';

/** @typedef {import('../types').ServiceMap} ServiceMap */

const DRAWN = 40; // nodes; the table has all

/**
 * @param {string} path "" for the whole run, else that of a trace
 * @param {(q: string) => void} filter
 * @param {AbortSignal} signal
 */
export function servicesView(path, filter, signal) {
  const box = h('div', { class: 'sheet' }, loading('Looking who called whom…'));
  json(path + 'services', signal)
    .then((m) => show(box, /** @type {ServiceMap} */ (m), filter))
    .catch((e) => {
      if (!signal.aborted) box.replaceChildren(message(e));
    });
  return box;
}

/**
 * @param {HTMLElement} box
 * @param {ServiceMap} map
 * @param {(q: string) => void} filter
 */
function show(box, map, filter) {
  if (map.nodes.length === 0) {
    box.replaceChildren(empty('No spans, no services'));
    return;
  }
  const query = (/** @type {number} */ i) => {
    const n = map.nodes[i];
    if (!n) return '';
    return n.peer ? (n.key.endsWith('url') || n.key === 'url.full' ? `${n.key}~${n.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}` : term(n.key, '=', n.name)) : term('service', '=', n.name);
  };
  const table = h('table', { class: 'table' },
    h('thead', {}, h('tr', {}, ...['Service or host', 'What it is', 'Spans', 'Errors', 'Self or waiting time'].map((t, i) => h('th', { scope: 'col', class: i > 1 ? 'num' : '' }, t)))),
    h('tbody', {}, ...map.nodes.map((n, i) => h('tr', {},
      h('td', { class: 'cut' }, h('button', { type: 'button', class: 'link', title: 'Show its spans', onclick: () => filter(query(i)) }, bdi(named(n.name)))),
      h('td', {}, n.peer ? `called by ${n.key}` : 'service'), h('td', { class: 'num' }, count(n.spans)),
      h('td', { class: n.errors ? 'num err' : 'num zero' }, count(n.errors)), h('td', { class: 'num' }, duration(n.self))))));
  box.replaceChildren(h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Services' }, drawMap(map, (i) => filter(query(i))),
    map.left ? h('p', { class: 'dim' }, `${counted(map.left, 'more service or host', 'more services and hosts')} left out.`) : null, table));
}

/**
 * @param {ServiceMap} map
 * @param {(node: number) => void} choose
 */
function drawMap(map, choose) {
  const layers = layer(map, DRAWN);
  const rows = Math.max(...layers.map((l) => l.length), 1);
  const height = rows * (HEIGHT + GAP_Y) + GAP_Y;
  const width = layers.length * (WIDTH + GAP_X) - GAP_X + 24;
  /** @type {Map<number, { x: number, y: number }>} */
  const at = new Map();
  layers.forEach((l, x) => l.forEach((node, y) => at.set(node, { x: 12 + x * (WIDTH + GAP_X), y: ((y + 0.5) * height) / l.length - HEIGHT / 2 })));
  const columns = layers.map((l, x) => ({ x: 12 + x * (WIDTH + GAP_X), ys: l.map((node) => at.get(node)?.y ?? 0) }));
  /** @type {Map<number, number>} */
  const arrived = new Map();
  const most = Math.max(...map.calls.map((c) => c.count), 1);
  const calls = map.calls.filter((c) => at.has(c.from) && at.has(c.to) && c.from !== c.to).map((c) => {
    const a = /** @type {{ x: number, y: number }} */ (at.get(c.from));
    const b = /** @type {{ x: number, y: number }} */ (at.get(c.to));
    const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2];
    const label = arrived.get(c.to) ?? 0; // those into one node stand below each other
    arrived.set(c.to, label + 1);
    return [
      svg('path', { d: curve([{ x: x1, y: y1 }, ...between(columns, { x: x1, y: y1 }, { x: x2, y: y2 }), { x: x2, y: y2 }]), class: c.errors ? 'call bad' : 'call', 'stroke-width': 1 + 4 * Math.sqrt(c.count / most) },
        svg('title', {}, `${counted(c.count, 'call')}, ${counted(c.errors, 'error')}, ${duration(c.total)}`)),
      svg('text', { x: x2 - 6, y: y2 - 5 + 14 * label, class: 'call-count', 'text-anchor': 'end' }, count(c.count)),
    ];
  });
  const nodes = [...at].map(([i, { x, y }]) => {
    const n = /** @type {import('../types').ServiceNode} */ (map.nodes[i]);
    const name = named(n.name);
    return svg('g', { transform: `translate(${x} ${y})`, class: n.peer ? 'node peer' : 'node', onclick: () => choose(i) },
      svg('rect', { width: WIDTH, height: HEIGHT, rx: 6 }), svg('title', {}, name),
      svg('text', { x: 10, y: 17, class: 'node-name' }, name.length > 30 ? name.slice(0, 29) + '…' : name),
      svg('text', { x: 10, y: 32, class: n.errors ? 'node-sub bad' : 'node-sub' }, `${counted(n.spans, n.peer ? 'call' : 'span')}${n.errors ? `, ${counted(n.errors, 'error')}` : ''}`));
  });
  // The table below says the same in words.
  return svg('svg', { class: 'map', viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' }, ...calls.map((c) => c[0]), ...nodes, ...calls.map((c) => c[1]));
}

/** @typedef {{ x: number, y: number }} Point */

/**
 * A line through points that is level at each.
 * @param {Point[]} points
 */
function curve(points) {
  return points.map((p, i) => {
    const last = points[i - 1];
    if (!last) return `M${p.x} ${p.y}`;
    const bend = Math.max(Math.abs(p.x - last.x) / 2, 40);
    return `C${last.x + bend} ${last.y} ${p.x - bend} ${p.y} ${p.x} ${p.y}`;
  }).join(' ');
}
