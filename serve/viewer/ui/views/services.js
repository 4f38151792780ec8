// The map of services: who called whom, and which hosts that wrote no traces.

import { changes } from '../lib/changes.js';
import { bdi, h, svg } from '../lib/dom.js';
import { count, counted, duration, named } from '../lib/format.js';
import { GAP_X, GAP_Y, HEIGHT, nodeColumns, waypoints, WIDTH } from '../model/servicelayout.js';
import { head } from './lists.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').ServiceCall} ServiceCall */
/** @typedef {import('../types').ServiceMap} ServiceMap */
/** @typedef {import('../types').ServiceNode} ServiceNode */
/** @typedef {Pick<import('../types').PageState, 'services'>} Drawn */
/** @typedef {{ x: number, y: number }} Point */
/** @typedef {(node: number) => void} Choose */

/** @param {import('../state/pagestore.js').PageStore<any>} store */
export function servicesPane(store) {
  const element = h('div', { class: 'sheet' });
  const changed = changes();
  return {
    element,
    /** @param {Drawn} s */
    update({ services }) {
      if (!changed(services)) return;
      drawAnswer(element, services, 'Looking who called whom…', (map) => [
        map.nodes.length === 0 ? empty('No spans, no services') : view(map, (node) => store.showSpans(map.nodes[node]?.query ?? ''))]);
    },
  };
}

/**
 * @param {ServiceMap} map
 * @param {Choose} choose
 */
function view(map, choose) {
  const heads = ['Service or host', 'What it is', 'Spans', 'Errors', 'Self or waiting time'].map((t, i) => head(t, i > 1 ? 'num' : ''));
  const rows = map.nodes.map((n, i) => h('tr', {},
    h('td', { class: 'cut' }, h('button', { type: 'button', class: 'link', title: 'Show its spans', onclick: () => choose(i) }, bdi(named(n.name)))),
    h('td', {}, n.peer ? `called by ${n.key}` : 'service'), h('td', { class: 'num' }, count(n.spans)),
    h('td', { class: n.errors ? 'num err' : 'num zero' }, count(n.errors)), h('td', { class: 'num' }, duration(n.self))));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Services' },
    drawMap(map, choose),
    map.left ? h('p', { class: 'dim' }, `${counted(map.left, 'more service or host', 'more services and hosts')} left out.`) : null,
    h('table', { class: 'table' }, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows)));
}

/**
 * @param {ServiceMap} map
 * @param {Choose} choose
 */
function drawMap(map, choose) {
  const byColumn = nodeColumns(map.nodes);
  const height = Math.max(...byColumn.map((l) => l.length), 1) * (HEIGHT + GAP_Y) + GAP_Y;
  const width = byColumn.length * (WIDTH + GAP_X) - GAP_X + 24;
  const columns = byColumn.map((l, x) => ({ x: 12 + x * (WIDTH + GAP_X), ys: l.map((_, y) => ((y + 0.5) * height) / l.length - HEIGHT / 2) }));
  /** @type {Map<number, Point>} */
  const at = new Map();
  byColumn.forEach((l, x) => l.forEach((node, y) => at.set(node, { x: columns[x]?.x ?? 0, y: columns[x]?.ys[y] ?? 0 })));
  const calls = drawCalls(map, at, columns);
  const nodes = [...at].map(([i, corner]) => drawNode(/** @type {ServiceNode} */ (map.nodes[i]), corner, () => choose(i)));
  // The table below says the same in words.
  return svg('svg', { class: 'map', viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' }, ...calls.map((c) => c[0]), ...nodes, ...calls.map((c) => c[1]));
}

/**
 * A line for each call, and its number.
 * @param {ServiceMap} map
 * @param {Map<number, Point>} at where the nodes are
 * @param {{ x: number, ys: number[] }[]} columns
 * @returns {[Node, Node][]}
 */
function drawCalls(map, at, columns) {
  /** @type {Map<number, number>} */
  const arrived = new Map();
  const most = Math.max(...map.calls.map((c) => c.count), 1);
  return map.calls.filter((c) => at.has(c.from) && at.has(c.to) && c.from !== c.to).map((c) => {
    const a = /** @type {Point} */ (at.get(c.from));
    const b = /** @type {Point} */ (at.get(c.to));
    const from = { x: a.x + WIDTH, y: a.y + HEIGHT / 2 };
    const to = { x: b.x, y: b.y + HEIGHT / 2 };
    const label = arrived.get(c.to) ?? 0; // those into one node stand below each other
    arrived.set(c.to, label + 1);
    return [
      svg('path', { d: curve([from, ...waypoints(columns, from, to), to]), class: c.errors ? 'call bad' : 'call', 'stroke-width': 1 + 4 * Math.sqrt(c.count / most) },
        svg('title', {}, `${counted(c.count, 'call')}, ${counted(c.errors, 'error')}, ${duration(c.total)}`)),
      svg('text', { x: to.x - 6, y: to.y - 5 + 14 * label, class: 'call-count', 'text-anchor': 'end' }, count(c.count)),
    ];
  });
}

/**
 * @param {ServiceNode} n
 * @param {Point} corner
 * @param {() => void} choose
 */
function drawNode(n, { x, y }, choose) {
  const name = named(n.name);
  return svg('g', { transform: `translate(${x} ${y})`, class: n.peer ? 'node peer' : 'node', onclick: choose },
    svg('rect', { width: WIDTH, height: HEIGHT, rx: 6 }), svg('title', {}, name),
    svg('text', { x: 10, y: 17, class: 'node-name' }, name.length > 30 ? name.slice(0, 29) + '…' : name),
    svg('text', { x: 10, y: 32, class: n.errors ? 'node-sub bad' : 'node-sub' }, `${counted(n.spans, n.peer ? 'call' : 'span')}${n.errors ? `, ${counted(n.errors, 'error')}` : ''}`));
}

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
