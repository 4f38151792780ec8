// The whole trace in small, with the window on it: drag to choose a window, drag
// the window to move it, drag its edges to change it, wheel to zoom.

import { h } from '../lib/dom.js';
import { at } from '../model/columns.js';
import { density } from '../model/density.js';
import { clamp, zoom } from '../model/timewindow.js';

/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').View} View */

const HEIGHT = 44;

/**
 * @param {Model} m
 * @param {() => View} view
 * @param {(v: View) => void} choose
 * @param {() => import('../lib/theme.js').Palette} colours
 */
export function minimap(m, view, choose, colours) {
  const canvas = h('canvas', { class: 'mini-canvas', 'aria-hidden': 'true' });
  const windowEl = h('div', { class: 'mini-window' }, h('i', { class: 'mini-edge left' }), h('i', { class: 'mini-edge right' }));
  const element = h('div', { class: 'mini', title: 'Drag to zoom; drag the window to move it' }, canvas, windowEl);
  let width = 0;
  let dragging = false; // a second finger changes nothing

  function place() {
    const v = view();
    windowEl.style.left = `${(v.from / m.length) * 100}%`;
    windowEl.style.width = `${((v.to - v.from) / m.length) * 100}%`;
    windowEl.classList.toggle('all', v.to - v.from >= m.length);
  }

  function draw() {
    width = element.clientWidth;
    if (width === 0) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = HEIGHT * ratio;
    const g = canvas.getContext('2d');
    if (!g) return;
    g.scale(ratio, ratio);
    const c = colours();
    const cells = density(m, width, HEIGHT - 4);
    g.fillStyle = c.services[0] ?? '';
    for (let y = 0; y < HEIGHT - 4; y++) {
      for (let x = 0; x < width; x++) {
        const n = at(cells.spans, y * width + x);
        if (n > 0) {
          g.globalAlpha = Math.min(0.35 + n * 0.12, 0.95);
          g.fillRect(x, y + 2, 1, 1);
        }
      }
    }
    g.globalAlpha = 1;
    g.fillStyle = c.error;
    for (let x = 0; x < width; x++) if (cells.errors[x]) g.fillRect(x, HEIGHT - 5, 1, 5);
    place();
  }

  /** @param {PointerEvent} e */
  function timeAt(e) {
    const box = element.getBoundingClientRect();
    return Math.min(Math.max((e.clientX - box.left) / box.width, 0), 1) * m.length;
  }

  element.addEventListener('pointerdown', (e) => {
    if (e.button !== 0 || dragging) return;
    dragging = true;
    element.setPointerCapture(e.pointerId);
    const from = timeAt(e);
    const v = view();
    const target = e.target instanceof Element ? e.target : element;
    const edge = target.closest('.mini-edge');
    const whole = v.to - v.from >= m.length;
    const move = (/** @type {PointerEvent} */ now) => {
      const t = timeAt(now);
      if (edge && !whole) choose(edge.classList.contains('left') ? clamp(Math.min(t, v.to - 1), v.to, m.length) : clamp(v.from, Math.max(t, v.from + 1), m.length));
      else if (!whole && target === windowEl) choose(clamp(v.from + t - from, v.to + t - from, m.length));
      else if (Math.abs(t - from) > m.length / 400) choose(clamp(Math.min(from, t), Math.max(from, t), m.length));
    };
    const up = () => {
      dragging = false;
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerup', up);
      element.removeEventListener('pointercancel', up);
    };
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
  });
  element.addEventListener('wheel', (e) => {
    e.preventDefault();
    const box = element.getBoundingClientRect();
    choose(zoom(view(), Math.exp(e.deltaY * 0.002), ((e.clientX - box.left) / box.width) * m.length, m.length));
  }, { passive: false });
  return { element, draw, place };
}
