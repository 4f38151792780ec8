// The map of services: who called whom, and which hosts that wrote no traces; and
// whose spans link to those of others.

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
/** @typedef {(query: string) => void} Show */

/** @param {import('../state/pagestore.js').PageStore<any>} store */
export function servicesPane(store) {
  const element = h('div', { class: 'sheet' });
  const changed = changes();
  return {
    element,
    /** @param {Drawn} s */
    update({ services }) {
      if (!changed(services)) return;
      drawAnswer(element, services, 'Reading the calls…', (map) => [
        map.nodes.length === 0 ? empty('No spans, no services') : view(map, (query) => store.showSpans(query))]);
    },
  };
}

/**
 * @param {ServiceMap} map
 * @param {Show} show
 */
function view(map, show) {
  const heads = ['Service or host', 'What it is', 'Spans', 'Errors', 'Self or waiting time'].map((t, i) => head(t, i > 1 ? 'num' : ''));
  const rows = map.nodes.map((n) => h('tr', {},
    h('td', { class: 'cut' }, h('button', { type: 'button', class: 'link', title: 'Show its spans', onclick: () => show(n.query) }, bdi(named(n.name)))),
    h('td', {}, n.peer ? `called by ${n.key}` : 'service'), h('td', { class: 'num' }, count(n.spans)),
    h('td', { class: n.errors ? 'num err' : 'num zero' }, count(n.errors)), h('td', { class: 'num' }, duration(n.self))));
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Services' },
    drawMap(map, show),
    map.left ? h('p', { class: 'dim' }, `${counted(map.left, 'more service or host', 'more services and hosts')} left out.`) : null,
    h('table', { class: 'table' }, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows)),
    map.links.length > 0 ? linkTable(map, show) : null);
}

/**
 * @param {ServiceMap} map
 * @param {Show} show
 */
function linkTable(map, show) {
  const service = (/** @type {number} */ i) => h('td', { class: 'cut' }, bdi(named(map.nodes[i]?.name ?? '')));
  return h('table', { class: 'table links' },
    h('thead', {}, h('tr', {}, head('Links from'), head('To'), head('Spans', 'num'), head('Errors', 'num'))),
    h('tbody', {}, ...map.links.map((l) => h('tr', {}, service(l.from), service(l.to),
      h('td', { class: 'num' }, h('button', { type: 'button', class: 'link', title: 'Show these spans', onclick: () => show(l.query) }, count(l.count))),
      h('td', { class: l.errors ? 'num err' : 'num zero' }, l.errors ? h('button', { type: 'button', class: 'link err', title: 'Show these spans', onclick: () => show(`${l.query} error`) }, count(l.errors)) : count(0))))));
}

/**
 * @param {ServiceMap} map
 * @param {Show} show
 */
function drawMap(map, show) {
  const byColumn = nodeColumns(map.nodes);
  const height = Math.max(...byColumn.map((l) => l.length), 1) * (HEIGHT + GAP_Y) + GAP_Y;
  const width = byColumn.length * (WIDTH + GAP_X) - GAP_X + 24;
  const columns = byColumn.map((l, x) => ({ x: 12 + x * (WIDTH + GAP_X), ys: l.map((_, y) => ((y + 0.5) * height) / l.length - HEIGHT / 2) }));
  /** @type {Map<number, Point>} */
  const at = new Map();
  byColumn.forEach((l, x) => l.forEach((node, y) => at.set(node, { x: columns[x]?.x ?? 0, y: columns[x]?.ys[y] ?? 0 })));
  const calls = drawCalls(map, at, columns);
  const nodes = [...at].map(([i, corner]) => drawNode(/** @type {ServiceNode} */ (map.nodes[i]), corner, show));
  // The table below says the same in words.
  return svg('svg', { class: 'map', viewBox: `0 0 ${width} ${height}`, width, height, 'aria-hidden': 'true' }, ...drawLinks(map, at, columns), ...calls.map((c) => c[0]), ...nodes, ...calls.map((c) => c[1]));
}

/**
 * A dashed line for each link, which may go to the left or within a column.
 * @param {ServiceMap} map
 * @param {Map<number, Point>} at where the nodes are
 * @param {{ x: number, ys: number[] }[]} columns
 */
function drawLinks(map, at, columns) {
  return map.links.filter((l) => at.has(l.from) && at.has(l.to)).map((l) => {
    const a = /** @type {Point} */ (at.get(l.from));
    const b = /** @type {Point} */ (at.get(l.to));
    const [from, to] = a.x < b.x ? ends(a, b) : ends(b, a);
    const bow = `M${from.x} ${from.y}C${from.x + BOW} ${from.y} ${from.x + BOW} ${to.y} ${from.x} ${to.y}`;
    return svg('path', { d: a.x === b.x ? bow : curve([from, ...waypoints(columns, from, to), to]), class: 'call linked' },
      svg('title', {}, `${counted(l.count, 'span')} with links, ${counted(l.errors, 'error')}`));
  });
}

const BOW = 16; // px; a line within a column does not leave the picture

/**
 * Where a line from one node to another begins and ends.
 * @param {Point} a
 * @param {Point} b
 * @returns {[Point, Point]}
 */
function ends(a, b) {
  return [{ x: a.x + WIDTH, y: a.y + HEIGHT / 2 }, { x: b.x, y: b.y + HEIGHT / 2 }];
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
    const [from, to] = ends(/** @type {Point} */ (at.get(c.from)), /** @type {Point} */ (at.get(c.to)));
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
 * @param {Show} show
 */
function drawNode(n, { x, y }, show) {
  const name = named(n.name);
  return svg('g', { transform: `translate(${x} ${y})`, class: n.peer ? 'node peer' : 'node', onclick: () => show(n.query) },
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
