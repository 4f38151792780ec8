// The numbers of the chain on the bars of the waterfall. They say nothing that the panel
// does not: keys and those who hear the page have that.

import { changes } from '../lib/changes.js';
import { h } from '../lib/dom.js';
import { numberedRows } from '../model/judgement.js';
import { ROW } from './bars.js';

/** @typedef {import('../types').TraceState} TraceState */

const SIZE = 19; // px of a number with what is left free beside it

export class StepMarks {
  element = h('div', { class: 'wf-steps', 'aria-hidden': 'true' });
  /** @type {Map<number, HTMLElement>} */
  #made = new Map();
  #changed = changes();
  /** @type {Map<number, number[]>} */
  #rows = new Map();

  /** @param {(k: number) => void} show a stop */
  constructor(show) {
    this.show = show;
  }

  /**
   * @param {Pick<TraceState, 'stops' | 'step' | 'lines' | 'model'>} s
   * @param {number} first row on the screen
   * @param {number} last
   * @param {number} top px that are scrolled away
   * @param {number} width of the bars
   * @param {(t: number) => number} x
   * @returns {Map<number, number>} px that numbers take of the bars, by row
   */
  draw(s, first, last, top, width, x) {
    if (this.#changed(s.stops, s.lines)) this.#rows = numberedRows(s.stops, s.model, s.lines);
    const shown = new Set();
    const taken = new Map();
    for (const [row, stops] of this.#rows) {
      if (row < first || row >= last) continue;
      let free = 0; // px from which there is room
      for (const k of stops) {
        const at = x(s.stops[k]?.time ?? 0);
        if (at < -1 || at > width + 1) continue;
        const left = Math.min(Math.max(at - SIZE / 2, free, 0), width - SIZE);
        free = left + SIZE;
        this.#put(s, k, left, row * ROW - top);
        shown.add(k);
      }
      taken.set(row, free);
    }
    for (const [k, el] of this.#made) el.hidden = !shown.has(k);
    return taken;
  }

  /**
   * @param {Pick<TraceState, 'stops' | 'step'>} s
   * @param {number} k
   * @param {number} left
   * @param {number} y
   */
  #put({ stops, step }, k, left, y) {
    let el = this.#made.get(k);
    if (!el) {
      el = h('button', { type: 'button', class: k === 0 ? 'step-no first' : 'step-no', tabindex: '-1', onclick: () => this.show(k), onpointerdown: (/** @type {Event} */ e) => e.stopPropagation() }, String(k + 1));
      this.#made.set(k, el);
      this.element.append(el);
    }
    el.title = stops[k]?.text ?? '';
    el.style.transform = `translate(${left}px, ${y + (ROW - 18) / 2}px)`;
    el.classList.toggle('on', k === step.at);
  }
}
