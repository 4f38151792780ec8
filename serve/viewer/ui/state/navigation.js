// The address of the page, and the browser's history: read and written here only.

import { here, linkHref, partsOf } from '../lib/place.js';
import { format, parse } from './address.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').How} How */

const PAUSE = 200; // ms; browsers refuse more than a few changes a second

export class Navigation {
  #address = parse(...partsOf(location));
  #timer = 0;
  #changed;

  /** @param {(address: Address) => void} changed */
  constructor(changed) {
    this.#changed = changed;
    addEventListener('popstate', () => {
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#address = parse(...partsOf(location));
      changed(this.#address);
    });
  }

  get address() {
    return this.#address;
  }

  /**
   * @param {Address} address
   * @param {How} how
   */
  go(address, how) {
    if (how === 'soon') {
      this.#address = address;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#write(), PAUSE);
    } else {
      if (this.#timer) this.#write(); // what is gone back to is what was last seen
      const path = format(address);
      if (path !== here()) history[how === 'push' ? 'pushState' : 'replaceState'](null, '', linkHref(path));
      this.#address = address;
    }
    this.#changed(address);
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    history.replaceState(null, '', linkHref(format(this.#address)));
  }
}
