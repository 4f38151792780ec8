// What is said of a square while it is pointed at or has the focus.

import { h } from '../lib/dom.js';

/** The tip of a page: elements and the lines that are said of them. */
export class Tip {
  /** @type {WeakMap<Element, string[]>} */
  #said = new WeakMap();
  /** @type {Element | null} */
  #of = null;
  #element = h('div', { class: 'tip', 'aria-hidden': 'true', hidden: true }); // each square has it in its label

  /** @param {HTMLElement} page whose elements it is for */
  constructor(page) {
    document.body.append(this.#element);
    for (const event of ['pointerover', 'focusin']) page.addEventListener(event, (e) => this.#show(e.target));
    for (const event of ['pointerout', 'focusout']) page.addEventListener(event, () => this.hide());
    document.addEventListener('scroll', () => this.#place(), { passive: true });
    document.addEventListener('keydown', (e) => {
      if (e.key === 'Escape') this.hide();
    });
  }

  /**
   * @param {Element} element
   * @param {string[]} lines
   */
  add(element, lines) {
    this.#said.set(element, lines);
  }

  /** @param {EventTarget | null} target */
  #show(target) {
    const of = target instanceof Element ? target.closest('.sq') : null;
    const lines = of && this.#said.get(of);
    if (!of || !lines) return;
    this.#element.replaceChildren(...lines.map((line) => h('p', {}, line)));
    this.#element.hidden = false;
    this.#of = of;
    this.#place();
  }

  #place() {
    if (!this.#of) return;
    this.#element.style.left = '0'; // or the edge of the screen makes it narrow
    const at = this.#of.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#element;
    const below = at.bottom + 6;
    this.#element.style.left = `${Math.max(4, Math.min(at.left, innerWidth - width - 4))}px`;
    this.#element.style.top = `${below + height > innerHeight ? at.top - height - 6 : below}px`;
  }

  hide() {
    this.#of = null;
    this.#element.hidden = true;
  }
}
