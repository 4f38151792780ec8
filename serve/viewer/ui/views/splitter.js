// The edge between names and bars, which the visitor can move.

import { h } from '../lib/dom.js';

const LEAST = 100; // px of the names
const STEP = 20;

/**
 * @param {HTMLElement} grid that has the names on its left
 * @param {() => void} moved
 */
export function splitter(grid, moved) {
  let width = Math.min(440, Math.max(140, innerWidth * 0.36));
  const element = h('div', {
    class: 'splitter', role: 'separator', tabindex: '0', 'aria-orientation': 'vertical', 'aria-label': 'Width of the names', 'aria-valuemin': String(LEAST), 'aria-valuemax': '1000',
  });

  /** @param {number} to */
  function widen(to) {
    width = Math.min(Math.max(to, LEAST), Math.max(grid.clientWidth - 160, LEAST));
    moved();
  }

  element.addEventListener('pointerdown', (e) => {
    element.setPointerCapture(e.pointerId);
    const follow = (/** @type {PointerEvent} */ now) => widen(now.clientX - grid.getBoundingClientRect().left);
    element.addEventListener('pointermove', follow);
    element.addEventListener('pointerup', () => element.removeEventListener('pointermove', follow), { once: true });
  });
  element.addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
    e.preventDefault();
    e.stopPropagation();
    widen(width + (e.key === 'ArrowLeft' ? -STEP : STEP));
  });

  return {
    element,
    /** The width of the names. */
    width: () => width,
    /** Leaves room for the bars after the grid has got another size. */
    fit() {
      if (grid.clientWidth > 0) width = Math.min(width, Math.max(grid.clientWidth * 0.6, LEAST));
    },
    /** Draws the edge, and gives the grid its width. */
    apply() {
      grid.style.setProperty('--name-width', `${width}px`);
      element.style.left = `${width - 3}px`;
      element.setAttribute('aria-valuenow', String(Math.round(width)));
    },
  };
}
