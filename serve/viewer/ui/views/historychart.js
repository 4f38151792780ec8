// Durations of a phase, run by run, with what is usual and what is allowed.

import { svg } from '../lib/dom.js';
import { duration } from '../lib/format.js';
import { chartOf } from '../model/history.js';

const WIDTH = 330;
const HEIGHT = 46;

/**
 * @param {object} o
 * @param {number[]} o.values of each run; -1 is none
 * @param {string[]} o.builds
 * @param {string} o.label what a screen reader says
 * @param {number} [o.usual]
 * @param {number} [o.limit]
 * @param {number[]} [o.unusual] numbers of runs
 * @param {boolean} [o.warn] the trend meets the limit
 */
export function chart({ values, builds, label, usual, limit, unusual = [], warn = false }) {
  const drawn = chartOf(values, { width: WIDTH, height: HEIGHT, ...(usual === undefined ? {} : { usual }), ...(limit === undefined ? {} : { limit }) });
  const across = (/** @type {number | null} */ y, /** @type {string} */ of) => y !== null && svg('line', { class: of, x1: 0, x2: WIDTH, y1: y, y2: y });
  return svg('svg', { class: warn ? 'chart meets' : 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: 'img', 'aria-label': label },
    across(drawn.limit, 'c-limit'), across(drawn.usual, 'c-usual'),
    ...drawn.lines.map((line) => (line.length > 1
      ? svg('polyline', { class: 'c-line', points: line.map((p) => p.join()).join(' ') })
      : svg('circle', { class: 'c-alone', cx: line[0]?.[0], cy: line[0]?.[1], r: 1.5 }))),
    ...unusual.map((i) => mark(drawn.points[i], `${builds[i]}: ${duration(values[i] ?? 0)}`)));
}

/**
 * @param {[number, number] | null | undefined} at
 * @param {string} said
 */
function mark(at, said) {
  return at ? svg('path', { class: 'c-odd', d: `M${at[0]} ${at[1] - 3.5}l3.5 3.5l-3.5 3.5l-3.5 -3.5z` }, svg('title', {}, said)) : null;
}
