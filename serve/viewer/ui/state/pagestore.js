// What the pages of the run and of a trace have in common: the address, and the
// views that sum up spans.

import { json } from '../lib/api.js';
import { live } from '../lib/source.js';
import { localZone, withZone } from '../model/times.js';
import { Loader, UNASKED } from './loader.js';
import { Store } from './store.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').How} How */
/** @typedef {import('../types').PageState} PageState */
/** @typedef {import('../types').Run} Run */
/** @typedef {import('./navigation.js').Navigation} Navigation */

/**
 * @template {PageState} S
 * @extends {Store<S>}
 */
export class PageStore extends Store {
  #navigation;
  #ended = new AbortController();

  /**
   * @param {string} path "" for the whole run, else that of a trace
   * @param {Navigation} navigation
   * @param {S} state
   */
  constructor(path, navigation, state) {
    super(state);
    this.path = path;
    this.#navigation = navigation;
    const { keys, operations, flame, services } = this.loaders({
      keys: json, flame: json, services: json,
      operations: (by, signal) => json(`${path}operations?by=${encodeURIComponent(by)}`, signal),
    });
    this.askKeys = () => keys.ask(`${path}keys`);
    this.askOperations = (/** @type {string} */ by) => operations.ask(by);
    this.askFlame = () => flame.ask(`${path}flame`);
    this.askServices = () => services.ask(`${path}services`);
  }

  /** Aborted when the page is left. */
  get ended() {
    return this.#ended.signal;
  }

  /** Ends all that is under way; nothing is told any more. */
  leave() {
    this.#ended.abort();
  }

  /**
   * Makes loaders whose answers are parts of the state, by their names.
   * @template {Record<string, (key: string, signal: AbortSignal) => Promise<any>>} L
   * @param {L} loads
   * @returns {{ [K in keyof L]: Loader<any> }}
   */
  loaders(loads) {
    const made = Object.entries(loads).map(([name, load]) =>
      [name, new Loader(load, (answer) => this.batch(() => {
        this.set(/** @type {Partial<S>} */ ({ [name]: answer }));
        this.answered(name);
      }), this.ended)]);
    return Object.fromEntries(made);
  }

  /**
   * Told of each answer, after it is part of the state.
   * @param {string} _name
   */
  answered(_name) {}

  /**
   * Takes what the address says now.
   * @param {Address} address
   */
  follow(address) {
    this.batch(() => {
      this.set(/** @type {Partial<S>} */ ({ address }));
      this.ask(address);
    });
  }

  /**
   * Asks for what the view of an address shows.
   * @param {Address} address
   */
  ask({ view, by }) {
    if (view === 'operations') {
      if (live) void this.askKeys();
      void this.askOperations(by);
    } else if (view === 'flame') void this.askFlame();
    else if (view === 'services') void this.askServices();
  }

  /**
   * Goes to another address of this page.
   * @param {Partial<Address>} change
   * @param {How} how
   */
  change(change, how) {
    this.batch(() => this.#navigation.go({ ...this.#navigation.address, ...change }, how));
  }

  /**
   * What a query means as it is written here: its times are in the zone that is shown.
   * @param {string} q
   */
  meant(q) {
    const { run, address } = this.state;
    // The end of the run: of its start, a single wrong span can make 1970.
    return address.zone === 'local' ? withZone(q, localZone(Number(BigInt(run.start) / 1000000n) + run.duration / 1e6)) : q;
  }

  /**
   * @param {string} q as it is written here
   * @param {How} how
   */
  search(q, how) {
    this.change({ q: this.meant(q), offset: 0 }, how);
  }

  /** @param {string} order of a table */
  sort(order) {
    this.change({ order }, 'replace');
  }

  /** @param {string} by the attribute that operations are summed up by */
  sumUpBy(by) {
    this.change({ by, order: '' }, 'push');
  }

  /** @param {number | null} frame that takes the whole width of the flame graph */
  widen(frame) {
    this.change({ frame }, 'push');
  }

  /**
   * The address of another view of this page.
   * @param {string} view
   * @returns {Address}
   */
  inView(view) {
    return { ...this.#navigation.address, view, span: '', order: '', by: '', frame: null, olog: '', offset: 0 };
  }

  /** @param {string} view */
  openView(view) {
    this.change(this.inView(view), 'push');
  }

  /**
   * Shows the spans that a query finds, where the page lists them.
   * @param {string} q
   */
  showSpans(q) {
    this.change({ ...this.inView(''), q }, 'push');
  }
}

/**
 * @param {Run} run
 * @param {Address} address
 * @returns {PageState}
 */
export function pageState(run, address) {
  return { run, address, keys: UNASKED, operations: UNASKED, flame: UNASKED, services: UNASKED };
}
