// What the page of the run holds: its traces, and what they were read from.

import { json } from '../lib/api.js';
import { other } from './address.js';
import { UNASKED } from './loader.js';
import { pageState, PageStore } from './pagestore.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Run} Run */
/** @typedef {import('../types').RunState} RunState */

export const TRACES_PER_PAGE = 200;
export const FILES_PER_PAGE = 500;

/** @extends {PageStore<RunState>} */
export class RunStore extends PageStore {
  #loaders;

  /**
   * @param {Run} run
   * @param {import('./navigation.js').Navigation} navigation
   */
  constructor(run, navigation) {
    super('', navigation, { ...pageState(run, navigation.address), traces: UNASKED, files: UNASKED, problems: UNASKED });
    this.#loaders = this.loaders({ traces: json, files: json, problems: json });
  }

  /**
   * @override
   * @param {Address} address
   */
  ask(address) {
    const { view, q, order, offset } = address;
    if (view === 'files') void this.#loaders.files.ask(`files?offset=${offset}&limit=${FILES_PER_PAGE}`);
    else if (view === 'problems') void this.#loaders.problems.ask(`problems?offset=${offset}&limit=${FILES_PER_PAGE}`);
    else if (['operations', 'flame', 'services'].includes(view)) super.ask(address);
    else void this.#loaders.traces.ask('traces?' + new URLSearchParams({ q, order: order || 'newest', offset: String(offset), limit: String(TRACES_PER_PAGE) }));
  }

  /** @param {string} order of the traces */
  orderTraces(order) {
    this.change({ order, offset: 0 }, 'replace');
  }

  /**
   * @override
   * @param {string} view
   */
  inView(view) {
    return other(this.state.address, { view });
  }
}
