// What the pane of two logs beside each other holds.

import { besideAt, besideRow, blocksOf, rowsOf } from '../model/beside.js';
import { parseLog } from '../model/loglines.js';
import { LineLoader } from './lineloader.js';
import { Store } from './store.js';

/** @typedef {import('../types').BesideState} BesideState */
/** @typedef {import('../types').LogDifference} LogDifference */
/** @typedef {import('../types').LogLine} LogLine */

/** @extends {Store<BesideState>} */
export class BesideStore extends Store {
  #opened = new Set(/** @type {number[]} */ ([]));
  #all = false;
  #here;
  #there;
  #written = /** @type {{ log?: string, olog?: string }} */ ({}); // what the address says of the place

  /**
   * @param {import('./tracestore.js').TraceStore} trace
   * @param {LogDifference} d
   */
  constructor(trace, d) {
    const set = (/** @type {import('../types').BesideLog} */ l) => ({ count: l.count, ranges: Uint32Array.from(l.only) });
    const blocks = blocksOf(d);
    super({ difference: d, only: { here: set(d.here), there: set(d.there) }, rows: rowsOf(blocks, () => false), row: 0, all: false, lines: {}, zone: trace.state.address.zone });
    this.trace = trace;
    const loader = (/** @type {import('../types').BesideLog} */ l) => new LineLoader(
      (at) => `traces/${l.trace}/log/lines?${new URLSearchParams({ log: l.name, at, ...(l.missing ? { missing: String(l.missing) } : {}) })}`,
      (/** @type {LogLine} */ line) => line.number, trace.ended, () => this.set({ lines: {} }));
    this.#here = loader(d.here);
    this.#there = loader(d.there);
    if (!this.follow(trace.state.address)) this.step(1, 'here', true);
  }

  /**
   * Goes to the line that the address names, unless that was written here.
   * @param {import('../types').Address} address
   * @returns {boolean} whether it names one
   */
  follow({ log, olog, zone }) {
    if (zone !== this.state.zone) this.set({ zone });
    if (log === this.#written.log && olog === this.#written.olog) return true;
    this.#written = { log, olog };
    const [here, there] = [parseLog(log).range, parseLog(olog).range];
    if (here) this.#to('here', here.from);
    else if (there) this.#to('there', there.from);
    return here !== null || there !== null;
  }

  /**
   * @param {'here' | 'there'} side
   * @param {number} line
   */
  line(side, line) {
    return (side === 'here' ? this.#here : this.#there).get(line);
  }

  /**
   * @param {'here' | 'there'} side
   * @param {number[]} lines that are on the screen
   */
  want(side, lines) {
    (side === 'here' ? this.#here : this.#there).want(lines.filter((n) => n > 0));
  }

  /** What stands in the active row. */
  get active() {
    return besideAt(this.state.rows, this.state.row);
  }

  /** @param {number} row that becomes the active one */
  select(row) {
    this.batch(() => {
      this.set({ row: Math.min(Math.max(row, 0), Math.max(this.state.rows.n - 1, 0)) });
      this.#write();
    });
  }

  /** Keeps the place in the address. */
  #write() {
    const { here, there } = this.active;
    const { difference: d } = this.state;
    const at = (/** @type {string} */ name, /** @type {number} */ n) => (n > 0 ? `${name}:${n}` : name);
    if (here === 0 && there === 0) return;
    this.#written = { log: at(d.here.name, here), olog: at(d.there.name, there) };
    this.trace.change(this.#written, 'soon');
  }

  /** @param {number} block whose lines are all shown */
  open(block) {
    const { rows, row } = this.state;
    const piece = rows.pieces.find((p) => p.block === block && p.fold);
    if (!piece) return;
    this.#opened.add(block);
    this.#arrange();
    this.set({ row: row > piece.row ? row + piece.n - 1 : row });
  }

  /** Shows all lines, or folds away what is the same. */
  showAll() {
    const { here, there } = this.active;
    this.#all = !this.#all;
    this.#opened.clear();
    this.batch(() => {
      this.#arrange();
      if (here > 0) this.set({ row: besideRow(this.state.rows, 'here', here) });
      else if (there > 0) this.set({ row: besideRow(this.state.rows, 'there', there) });
      else this.select(this.state.row);
    });
  }

  #arrange() {
    this.set({ rows: rowsOf(this.state.rows.blocks, (b) => this.#all || this.#opened.has(b)), all: this.#all });
  }

  /**
   * Goes to a line, out of its fold.
   * @param {'here' | 'there'} side
   * @param {number} line
   */
  #to(side, line) {
    let row = besideRow(this.state.rows, side, line);
    const { folded, block } = besideAt(this.state.rows, row);
    if (folded > 0) {
      this.open(block);
      row = besideRow(this.state.rows, side, line);
    }
    this.set({ row });
  }

  /**
   * Goes to the beginning of the next lines that only one log has.
   * @param {1 | -1} by
   * @param {'here' | 'there'} side new ones, or those that are gone
   * @param {boolean} [first] begins at the top
   */
  step(by, side, first = false) {
    const { ranges } = this.state.only[side];
    if (ranges.length === 0) {
      if (!first) this.trace.say(side === 'here' ? 'No new line' : 'No line is gone');
      return;
    }
    const now = first ? 0 : this.#near(side);
    /** @type {number[]} */
    const starts = [];
    for (let i = 0; i < ranges.length; i += 2) starts.push(/** @type {number} */ (ranges[i]));
    let k = by > 0 ? starts.findIndex((s) => s > now) : starts.filter((s) => s < now).length - 1;
    if (k < 0) k = by > 0 ? 0 : starts.length - 1;
    this.batch(() => {
      this.#to(side, starts[k] ?? 1);
      if (!first) this.#write();
    });
    if (!first) this.trace.say(`${k + 1} of ${starts.length}`);
  }

  /**
   * The line of a log at the active row, or the one before it.
   * @param {'here' | 'there'} side
   */
  #near(side) {
    for (let k = this.state.row; k >= 0; k--) {
      const at = besideAt(this.state.rows, k);
      if (at[side] > 0) return at[side];
      const b = this.state.rows.blocks[at.block];
      if (b) return b[side] + (side === 'here' ? b.hereN : b.thereN) - 1;
    }
    return 0;
  }
}
