// The mouse and fingers on the bars: drag to move in time, two fingers to zoom,
// Shift and drag, or drag on the ruler, to choose a piece.

import { h } from '../lib/dom.js';
import { clamp, pan, pinch } from '../model/timewindow.js';

/** @typedef {import('../types').TimeWindow} TimeWindow */

/**
 * @typedef {object} Dragged
 * @property {HTMLElement} area what is dragged on
 * @property {HTMLElement} layer where the chosen piece is shown, at the left edge of area
 * @property {number} length of the trace
 * @property {() => TimeWindow} window
 * @property {() => { left: number, width: number }} bars where they are, in px of the browser's window
 * @property {(window: TimeWindow) => void} move
 */

const STILL = 4; // px that a click may move

export class Dragging {
  #o;
  /** @type {Map<number, number>} where each finger is, by its pointer */
  #fingers = new Map();
  /** @type {{ window: TimeWindow, fingers: Map<number, number>, piece: boolean } | null} how it was when the last finger came or went */
  #begun = null;
  #piece = h('div', { class: 'rubber' });
  #follow = (/** @type {PointerEvent} */ e) => this.#moveTo(e);
  #release = (/** @type {PointerEvent} */ e) => this.#end(e);

  /** Whether the press that ends now was a drag: no click is meant then. */
  dragged = false;

  /** @param {Dragged} o */
  constructor(o) {
    this.#o = o;
    o.area.addEventListener('pointerdown', (e) => this.#press(e));
    // What two fingers do is ours; one scrolls the lines.
    o.area.addEventListener('touchmove', (e) => {
      if (this.#fingers.size === 2 && e.cancelable) e.preventDefault();
    }, { passive: false });
  }

  #begin(piece = false) {
    this.#begun = this.#fingers.size > 0 ? { window: this.#o.window(), fingers: new Map(this.#fingers), piece } : null;
  }

  /** @param {PointerEvent} e */
  #press(e) {
    if (this.#fingers.size === 0) this.dragged = false;
    const onBars = e.clientX >= this.#o.bars().left;
    // A finger on the names scrolls; two of them zoom wherever they are.
    if (e.button !== 0 || (!onBars && e.pointerType !== 'touch') || this.#fingers.size === 2) return;
    this.#fingers.set(e.pointerId, e.clientX);
    const onRuler = e.target instanceof Element && e.target.closest('.wf-head') !== null;
    this.#begin(this.#fingers.size === 1 && (e.shiftKey || onRuler));
    if (this.#fingers.size > 1) return;
    addEventListener('pointermove', this.#follow);
    addEventListener('pointerup', this.#release);
    addEventListener('pointercancel', this.#release);
  }

  /** @param {PointerEvent} e */
  #moveTo(e) {
    const begun = this.#begun;
    if (!begun || !this.#fingers.has(e.pointerId)) return;
    this.#fingers.set(e.pointerId, e.clientX);
    const [a, b] = [...begun.fingers];
    if (!a) return;
    const { left, width } = this.#o.bars();
    if (b) {
      const now = (/** @type {number} */ finger) => ((this.#fingers.get(finger) ?? 0) - left) / width;
      this.dragged = true;
      this.#o.move(pinch(begun.window, [(a[1] - left) / width, (b[1] - left) / width], [now(a[0]), now(b[0])], this.#o.length));
      return;
    }
    const from = a[1];
    if (from < left || (Math.abs(e.clientX - from) < STILL && !this.dragged)) return;
    this.dragged = true;
    if (begun.piece) this.#showPiece(from, e.clientX);
    else this.#o.move(pan(begun.window, (from - e.clientX) / width, this.#o.length));
  }

  /**
   * @param {number} from px of the browser's window
   * @param {number} to
   */
  #showPiece(from, to) {
    if (!this.#piece.isConnected) this.#o.layer.append(this.#piece);
    this.#piece.style.left = `${Math.min(from, to) - this.#o.area.getBoundingClientRect().left}px`;
    this.#piece.style.width = `${Math.abs(to - from)}px`;
  }

  /** @param {PointerEvent} e */
  #end(e) {
    const from = this.#begun?.fingers.get(e.pointerId);
    if (!this.#fingers.delete(e.pointerId)) return;
    if (this.#piece.isConnected) {
      this.#piece.remove();
      if (from !== undefined && e.type === 'pointerup') this.#choose(this.#timeAt(from), this.#timeAt(e.clientX));
    }
    this.#begin();
    if (this.#fingers.size > 0) return;
    removeEventListener('pointermove', this.#follow);
    removeEventListener('pointerup', this.#release);
    removeEventListener('pointercancel', this.#release);
  }

  /**
   * @param {number} t one end of the chosen piece
   * @param {number} u the other
   */
  #choose(t, u) {
    this.#o.move(clamp(Math.min(t, u), Math.max(t, u), this.#o.length));
  }

  /** @param {number} x px of the browser's window */
  #timeAt(x) {
    const { from, to } = this.#o.window();
    const { left, width } = this.#o.bars();
    return from + ((x - left) / width) * (to - from);
  }
}
