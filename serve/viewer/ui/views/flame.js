// The flame graph: where time was spent, by call path. Widths are sums of self
// times, so frames beside each other never overlap.

import { changes } from '../lib/changes.js';
import { bdi, h } from '../lib/dom.js';
import { count, counted, duration, named, percent } from '../lib/format.js';
import { live } from '../lib/source.js';
import { frameLayout } from '../model/flamelayout.js';
import { settled } from '../state/loader.js';
import { drawAnswer, empty } from './message.js';

/** @typedef {import('../types').Flame} Flame */
/** @typedef {import('../types').Frame} Frame */
/** @typedef {Pick<import('../types').PageState, 'address' | 'flame'>} Drawn */
/** @typedef {import('../state/pagestore.js').PageStore<any>} PageStore */

const HIGH = 20;
const NAMED = 0.02; // of the width: what is narrower has no room for a name

/** @param {PageStore} store */
export function flamePane(store) {
  const element = h('div', { class: 'sheet' });
  const changedFlame = changes();
  const changedFrame = changes();
  /** @type {ReturnType<typeof graph> | null} */
  let shown = null;
  return {
    element,
    /** @param {Drawn} s */
    update({ flame, address }) {
      if (changedFlame(flame)) {
        shown = settled(flame) && flame.value ? graph(store, flame.value) : null;
        drawAnswer(element, flame, 'Adding up…', () => shown?.elements ?? [empty('No span took any time')]);
      }
      if (changedFrame(shown, address.frame)) shown?.draw(address.frame);
    },
  };
}

/**
 * @param {PageStore} store
 * @param {Flame} flame
 */
function graph(store, flame) {
  const { frames, total } = flame;
  if (total === 0) return null;
  const said = h('p', { class: 'flame-said', 'aria-live': 'polite' });
  const area = h('div', { class: 'flame' });
  const tools = h('div', { class: 'flame-tools' });
  const services = [...new Set(frames.map((f) => f.service))];

  /** @param {number} i */
  function choose(i) {
    store.widen(i < 0 ? null : i);
    const again = area.querySelector(`[data-frame="${Math.max(i, 0)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {number | null} frame that is the widest */
  function draw(frame) {
    const focus = frame !== null && frames[frame] ? frame : -1;
    const all = frameLayout(frames, focus);
    area.style.height = `${(Math.max(0, ...all.map((p) => p.depth)) + 1) * HIGH}px`;
    area.replaceChildren(...all.map((p) => {
      const f = /** @type {Frame} */ (frames[p.i]);
      return frameElement(f, p, services.indexOf(f.service) % 8, words(f, total), said, () => choose(focus === p.i ? f.parent : p.i));
    }));
    tools.replaceChildren(...toolsOf(store, flame, focus, total, () => choose(-1)));
  }
  return { draw, elements: [tools, said, h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Flame graph' }, area)] };
}

/**
 * @param {Frame} f
 * @param {{ i: number, depth: number, from: number, width: number }} placed
 * @param {number} service
 * @param {string} means
 * @param {HTMLElement} said where that is shown
 * @param {() => void} choose
 */
function frameElement(f, { i, depth, from, width }, service, means, said, choose) {
  const say = () => (said.textContent = means);
  const el = h('button', {
    type: 'button', class: f.errors ? 'frame bad' : 'frame', 'data-service': service, title: means, 'aria-label': means, 'data-frame': i, onclick: choose, onmouseenter: say, onfocus: say,
  }, width > NAMED ? bdi(named(f.name)) : null);
  el.style.left = `${from * 100}%`;
  el.style.width = `${width * 100}%`;
  el.style.top = `${depth * HIGH}px`;
  return el;
}

/**
 * @param {PageStore} store
 * @param {Flame} flame
 * @param {number} focus
 * @param {number} total
 * @param {() => void} whole
 */
function toolsOf(store, flame, focus, total, whole) {
  const f = flame.frames[focus];
  return [
    h('button', { type: 'button', disabled: focus < 0, onclick: whole }, 'Whole'),
    f && live ? h('button', { type: 'button', onclick: () => store.showSpans(f.query) }, 'Show its spans') : '',
    h('span', { class: 'dim' }, `${duration(total)} of self time in all. Click a frame to make it the widest.${flame.left ? ` ${counted(flame.left, 'narrow frame')} left out.` : ''}`),
  ];
}

/**
 * @param {Frame} f
 * @param {number} total
 */
function words(f, total) {
  const errors = f.errors ? `, ${counted(f.errors, 'error')}` : '';
  return `${named(f.name)} (${named(f.service)}): ${duration(f.width)}, ${percent(f.width, total)}; self ${duration(f.self)}; ${count(f.count)} × ${errors}`;
}
