// The edge of the log towards the waterfall, which the visitor can move: the upper one,
// or the left one where the log lies beside.

import { h } from '../lib/dom.js';

const LEAST = 80; // px of its height
const NARROWEST = 320; // px of its width
const REST = { height: 160, width: 420 }; // px that are left of the page
const STEP = 20;

/**
 * @param {HTMLElement} pane
 * @param {import('./logplace.js').LogPlace} place
 */
export function logEdge(pane, place) {
  const element = h('div', { class: 'log-edge', role: 'separator', tabindex: '0' });

  /** Says which edge it is. */
  function turn() {
    const beside = place.beside();
    element.setAttribute('aria-orientation', beside ? 'vertical' : 'horizontal');
    element.setAttribute('aria-label', beside ? 'Width of the log' : 'Height of the log');
    element.setAttribute('aria-valuemin', String(beside ? NARROWEST : LEAST));
    element.setAttribute('aria-valuemax', '4000');
    element.setAttribute('aria-valuenow', String(Math.round((beside ? pane.clientWidth : pane.clientHeight) || 300)));
  }

  /** @param {number} size */
  function resize(size) {
    const page = pane.closest('.timeline');
    const [side, least] = place.beside() ? /** @type {const} */ (['width', NARROWEST]) : /** @type {const} */ (['height', LEAST]);
    const whole = (side === 'width' ? page?.clientWidth : page?.clientHeight) ?? 800;
    pane.style.setProperty(`--log-${side}`, `${Math.round(Math.max(Math.min(size, whole - REST[side]), least))}px`);
    turn();
  }

  element.addEventListener('pointerdown', (e) => {
    element.setPointerCapture(e.pointerId);
    const { right, bottom } = pane.getBoundingClientRect();
    const follow = (/** @type {PointerEvent} */ now) => resize(place.beside() ? right - now.clientX : bottom - now.clientY);
    element.addEventListener('pointermove', follow);
    element.addEventListener('pointerup', () => element.removeEventListener('pointermove', follow), { once: true });
  });
  element.addEventListener('keydown', (e) => {
    const [more, less] = place.beside() ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown'];
    if (e.key !== more && e.key !== less) return;
    e.preventDefault();
    e.stopPropagation();
    resize((place.beside() ? pane.offsetWidth : pane.offsetHeight) + (e.key === more ? STEP : -STEP));
  });
  place.watch(turn);
  turn();
  return element;
}
