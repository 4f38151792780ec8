// The whole trace in small, with the window on it: drag to choose a window, drag
// the window to move it, drag its edges to change it, wheel to zoom.

import { changes } from '../lib/changes.js';
import { h } from '../lib/dom.js';
import { at } from '../model/columns.js';
import { density } from '../model/density.js';
import { clamp, zoom } from '../model/timewindow.js';

/** @typedef {import('../types').TimeWindow} TimeWindow */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {Pick<TraceState, 'model' | 'window' | 'colours' | 'logErrors' | 'mark'>} Drawn */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

const HEIGHT = 44;

/** @param {TraceStore} store */
export function minimap(store) {
  const canvas = h('canvas', { class: 'mini-canvas', 'aria-hidden': 'true' });
  const windowEl = h('div', { class: 'mini-window' }, h('i', { class: 'mini-edge left' }), h('i', { class: 'mini-edge right' }));
  const mark = h('div', { class: 'mini-mark', hidden: true });
  const element = h('div', { class: 'mini', title: 'Drag to zoom; drag the window to move it. Below: errors of spans; above: errors in logs' }, canvas, windowEl, mark);
  const changed = changes();
  let width = 0;

  /** @param {Drawn} s */
  function update(s) {
    const { model: m, window: v } = s;
    if (changed(m, s.colours, s.logErrors.value, width) && width > 0 && m.whole) draw(canvas, width, s);
    windowEl.style.left = `${(v.from / m.length) * 100}%`;
    windowEl.style.width = `${((v.to - v.from) / m.length) * 100}%`;
    mark.hidden = s.mark < 0;
    mark.style.left = `${(s.mark / m.length) * 100}%`;
    windowEl.classList.toggle('all', v.to - v.from >= m.length);
  }
  const observer = new ResizeObserver(() => {
    width = element.clientWidth || width; // it has none while another view is shown
    update(store.state);
  });
  observer.observe(element);
  store.ended.addEventListener('abort', () => observer.disconnect());

  listen(element, windowEl, store);
  return { element, update };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {Drawn} s
 */
function draw(canvas, width, { model, colours, logErrors }) {
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const g = canvas.getContext('2d');
  if (!g) return;
  g.scale(ratio, ratio);
  const cells = density(model, width, HEIGHT - 4);
  g.fillStyle = colours.services[0] ?? '';
  for (let y = 0; y < HEIGHT - 4; y++) {
    for (let x = 0, end = 0; x < width; x = end) {
      const alpha = opacity(at(cells.spans, y * width + x));
      for (end = x + 1; end < width && opacity(at(cells.spans, y * width + end)) === alpha; ) end++;
      if (alpha === 0) continue;
      g.globalAlpha = alpha;
      g.fillRect(x, y + 2, end - x, 1);
    }
  }
  g.globalAlpha = 1;
  g.fillStyle = colours.error;
  for (let x = 0; x < width; x++) if (cells.errors[x]) g.fillRect(x, HEIGHT - 5, 1, 5);
  const parts = logErrors.value ?? [];
  parts.forEach((n, i) => n > 0 && g.fillRect(Math.floor((i / parts.length) * width), 0, Math.max(Math.ceil(width / parts.length), 2), 4));
}

/**
 * How a pixel is drawn.
 * @param {number} n spans that lie on it
 */
function opacity(n) {
  return n === 0 ? 0 : Math.min(0.35 + n * 0.12, 0.95);
}

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} windowEl
 * @param {TraceStore} store
 */
function listen(element, windowEl, store) {
  const { length } = store.state.model;
  let dragging = false; // a second finger changes nothing
  const timeAt = (/** @type {MouseEvent} */ e) => {
    const box = element.getBoundingClientRect();
    return Math.min(Math.max((e.clientX - box.left) / box.width, 0), 1) * length;
  };

  element.addEventListener('pointerdown', (e) => {
    if (e.button !== 0 || dragging) return;
    dragging = true;
    element.setPointerCapture(e.pointerId);
    const from = timeAt(e);
    const choose = chooser(e.target instanceof Element ? e.target : element, windowEl, store.state.window, length);
    const move = (/** @type {PointerEvent} */ now) => {
      const window = choose(from, timeAt(now));
      if (window) store.setWindow(window, 'soon');
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
    store.setWindow(zoom(store.state.window, Math.exp(e.deltaY * 0.002), timeAt(e), length), 'soon');
  }, { passive: false });
}

/**
 * What dragging does: it moves an edge of the window, the window, or chooses
 * another.
 * @param {Element} target what is dragged
 * @param {Element} windowEl
 * @param {TimeWindow} v the window when dragging began
 * @param {number} length
 * @returns {(from: number, to: number) => TimeWindow | null} by the times where dragging began and is
 */
function chooser(target, windowEl, v, length) {
  const edge = target.closest('.mini-edge');
  const whole = v.to - v.from >= length;
  if (edge && !whole) {
    return edge.classList.contains('left') ? (_, t) => clamp(Math.min(t, v.to - 1), v.to, length) : (_, t) => clamp(v.from, Math.max(t, v.from + 1), length);
  }
  if (target === windowEl && !whole) return (from, t) => clamp(v.from + t - from, v.to + t - from, length);
  return (from, t) => (Math.abs(t - from) > length / 400 ? clamp(Math.min(from, t), Math.max(from, t), length) : null);
}
