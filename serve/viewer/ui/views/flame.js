// The flame graph: where time was spent, by call path. Widths are sums of self
// times, so frames beside each other never overlap.

import { json } from '../lib/api.js';
import { bdi, h } from '../lib/dom.js';
import { count, counted, duration, named, percent } from '../lib/format.js';
import { place } from '../model/flamelayout.js';
import { term } from '../model/query.js';
import { empty, loading, message } from './message.js';

/** @typedef {import('../types').Flame} Flame */
/** @typedef {import('../types').Frame} Frame */

const HIGH = 20;

/**
 * @param {import('../main.js').App} app
 * @param {string} path "" for the whole run, else that of a trace
 * @param {(q: string) => void} filter
 * @param {AbortSignal} signal
 */
export function flameView(app, path, filter, signal) {
  const box = h('div', { class: 'sheet' }, loading('Adding up…'));
  let update = (/** @type {import('../types').State} */ _) => {};
  json(path + 'flame', signal)
    .then((f) => (update = show(app, box, /** @type {Flame} */ (f), filter)))
    .catch((e) => {
      if (!signal.aborted) box.replaceChildren(message(e));
    });
  return { element: box, update: (/** @type {import('../types').State} */ s) => update(s) };
}

/**
 * @param {import('../main.js').App} app
 * @param {HTMLElement} box
 * @param {Flame} flame
 * @param {(q: string) => void} filter
 */
function show(app, box, flame, filter) {
  const { frames } = flame;
  const total = frames.reduce((sum, f) => sum + (f.parent < 0 ? f.width : 0), 0);
  if (total === 0) {
    box.replaceChildren(empty('No span took any time'));
    return () => {};
  }
  const said = h('p', { class: 'flame-said', 'aria-live': 'polite' });
  const area = h('div', { class: 'flame' });
  const services = [...new Set(frames.map((f) => f.service))];
  let focus = frameOf(app.state());

  function draw() {
    const all = place(frames, focus);
    area.style.height = `${(Math.max(0, ...all.map((p) => p.depth)) + 1) * HIGH}px`;
    area.replaceChildren(...all.map(({ i, depth, from, width }) => {
      const f = /** @type {Frame} */ (frames[i]);
      const el = h('button', {
        type: 'button', class: f.errors ? 'frame bad' : 'frame', 'data-service': services.indexOf(f.service) % 8,
        title: words(f), 'aria-label': words(f), 'data-frame': i, onclick: () => choose(focus === i ? f.parent : i), onmouseenter: () => (said.textContent = words(f)), onfocus: () => (said.textContent = words(f)),
      }, width > 0.02 ? bdi(named(f.name)) : null);
      el.style.left = `${from * 100}%`;
      el.style.width = `${width * 100}%`;
      el.style.top = `${depth * HIGH}px`;
      return el;
    }));
    const f = frames[focus];
    tools.replaceChildren(
      h('button', { type: 'button', disabled: focus < 0, onclick: () => choose(-1) }, 'Whole'),
      f ? h('button', { type: 'button', onclick: () => filter(`${term('name', '=', f.name)} ${term('service', '=', f.service)}`) }, 'Show its spans') : '',
      h('span', { class: 'dim' }, `${duration(total)} of self time in all. Click a frame to make it the widest.${flame.left ? ` ${counted(flame.left, 'narrow frame')} left out.` : ''}`));
  }

  /** @param {number} i */
  function choose(i) {
    app.go({ ...app.state(), frame: i < 0 ? null : i }, 'push');
    const again = area.querySelector(`[data-frame="${Math.max(i, 0)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {import('../types').State} s */
  function frameOf(s) {
    return s.frame !== null && frames[s.frame] ? s.frame : -1;
  }

  /** @param {Frame} f */
  function words(f) {
    return `${named(f.name)} (${named(f.service)}): ${duration(f.width)}, ${percent(f.width, total)}; self ${duration(f.self)}; ${count(f.count)} × ${f.errors ? `, ${counted(f.errors, 'error')}` : ''}`;
  }
  const tools = h('div', { class: 'flame-tools' });
  draw();
  box.replaceChildren(tools, said, h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Flame graph' }, area));
  return (/** @type {import('../types').State} */ s) => {
    if (frameOf(s) === focus) return;
    focus = frameOf(s);
    draw();
  };
}
