// The mouse and fingers on the bars: drag to move in time, two fingers to zoom,
// Shift and drag, or drag on the ruler, to choose a piece.

import { h } from '../lib/dom.js';
import { clamp, pan, pinch } from '../model/timewindow.js';

/** @typedef {import('../types').View} View */

/**
 * @param {object} o
 * @param {HTMLElement} o.area what is dragged on
 * @param {HTMLElement} o.layer where the chosen piece is shown, at the left edge of area
 * @param {number} o.length of the trace
 * @param {() => View} o.view
 * @param {() => { left: number, width: number }} o.bars where they are, in px of the window
 * @param {(v: View) => void} o.move
 */
export function dragging(o) {
  /** @type {Map<number, number>} where each finger is, by its pointer */
  const fingers = new Map();
  /** @type {{ view: View, fingers: Map<number, number>, piece: boolean } | null} how it was when the last finger came or went */
  let begun = null;
  let dragged = false;
  const box = h('div', { class: 'rubber' });
  const timeAt = (/** @type {View} */ v, /** @type {number} */ x) => v.from + ((x - o.bars().left) / o.bars().width) * (v.to - v.from);

  const begin = (piece = false) => (begun = fingers.size > 0 ? { view: o.view(), fingers: new Map(fingers), piece } : null);

  o.area.addEventListener('pointerdown', (e) => {
    if (fingers.size === 0) dragged = false;
    const onBars = e.clientX >= o.bars().left;
    // A finger on the names scrolls; two of them zoom wherever they are.
    if (e.button !== 0 || (!onBars && e.pointerType !== 'touch') || fingers.size === 2) return;
    fingers.set(e.pointerId, e.clientX);
    begin(fingers.size === 1 && (e.shiftKey || (e.target instanceof Element && e.target.closest('.wf-head') !== null)));
    if (fingers.size > 1) return;
    addEventListener('pointermove', follow);
    addEventListener('pointerup', release);
    addEventListener('pointercancel', release);
  });
  // What two fingers do is ours; one scrolls the lines.
  o.area.addEventListener('touchmove', (e) => {
    if (fingers.size === 2 && e.cancelable) e.preventDefault();
  }, { passive: false });

  /** @param {PointerEvent} e */
  function follow(e) {
    if (!begun || !fingers.has(e.pointerId)) return;
    fingers.set(e.pointerId, e.clientX);
    const [a, b] = [...begun.fingers];
    if (!a) return;
    const { left, width } = o.bars();
    if (b) {
      dragged = true;
      const place = (/** @type {[number, number]} */ [id]) => ((fingers.get(id) ?? 0) - left) / width;
      o.move(pinch(begun.view, [(a[1] - left) / width, (b[1] - left) / width], [place(a), place(b)], o.length));
      return;
    }
    const from = a[1];
    if (from < left || (Math.abs(e.clientX - from) < 4 && !dragged)) return;
    dragged = true;
    if (begun.piece) {
      if (!box.isConnected) o.layer.append(box);
      box.style.left = `${Math.min(from, e.clientX) - o.area.getBoundingClientRect().left}px`;
      box.style.width = `${Math.abs(e.clientX - from)}px`;
    } else o.move(pan(begun.view, (from - e.clientX) / width, o.length));
  }

  /** @param {PointerEvent} e */
  function release(e) {
    const from = begun?.fingers.get(e.pointerId);
    if (!fingers.delete(e.pointerId)) return;
    if (box.isConnected) {
      box.remove();
      if (from !== undefined && e.type === 'pointerup') {
        const [t, u] = [timeAt(o.view(), from), timeAt(o.view(), e.clientX)];
        o.move(clamp(Math.min(t, u), Math.max(t, u), o.length));
      }
    }
    begin();
    if (fingers.size > 0) return;
    removeEventListener('pointermove', follow);
    removeEventListener('pointerup', release);
    removeEventListener('pointercancel', release);
  }

  /** Whether the press that ends now was a drag: no click is meant then. */
  return { dragged: () => dragged };
}
