// What the page of a trace holds, and what changes it. The address says what is
// shown; ask computes or asks for the rest.

import { json } from '../lib/api.js';
import { palette } from '../lib/theme.js';
import { closedAtFirst } from '../model/collapse.js';
import { at, isGroup } from '../model/columns.js';
import { errorsOf } from '../model/errors.js';
import { AT_FIRST, closedLines, formatExpansion, parseExpansion, revealing, withLine } from '../model/expansion.js';
import { stopAt } from '../model/judgement.js';
import { withTerm } from '../model/query.js';
import { lowerBound } from '../model/sorted.js';
import { addressOf, showing, windowOf } from '../model/timewindow.js';
import { marked, visibleLines, withAncestors } from '../model/visible.js';
import { askComparison, askLogDifference } from './comparing.js';
import { LineLoader } from './lineloader.js';
import { find, loadCritical } from './load.js';
import { settled } from './loader.js';
import { pageState, PageStore } from './pagestore.js';
import { listSpans } from './spanlist.js';
import { traceState } from './tracestate.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Detail} Detail */
/** @typedef {import('../types').Expansion} Expansion */
/** @typedef {import('../types').How} How */
/** @typedef {import('../types').Model} Model */
/** @typedef {import('../types').TimeWindow} TimeWindow */
/** @typedef {import('../types').TraceState} TraceState */

export const EVENTS_PER_PAGE = 500;
const ERROR_PARTS = 2000; // of the trace's time in which errors of logs are counted
const CANDIDATES = 100; // traces offered to compare with

/** @extends {PageStore<TraceState>} */
export class TraceStore extends PageStore {
  #loaders;
  #atFirst = new Uint8Array(0);
  #written = formatExpansion(AT_FIRST); // what the address is to say of the expansion
  #filtering = ''; // the mode that the lines are filtered by
  #opened = ''; // the span of the address whose details are shown

  /**
   * @param {import('../types').Run} run
   * @param {Model} model whole, or the first screen of one that is completed later
   * @param {import('./navigation.js').Navigation} navigation
   * @param {(text: string) => void} say tells the visitor what happened
   */
  constructor(run, model, navigation, say) {
    const path = `traces/${model.head.id}/`;
    super(path, navigation, { ...pageState(run, navigation.address), ...traceState(model) });
    this.say = say;
    /** @type {LineLoader<import('../types').LineText>} */
    this.texts = new LineLoader((at) => `${path}lines?at=${at}`, (t) => t.line, this.ended, () => this.set({ texts: this.texts.current() }));
    this.#loaders = this.loaders({
      matches: (q, signal) => find(path, q, signal),
      span: (ref, signal) => json(`${path}spans/${encodeURIComponent(ref)}`, signal),
      spans: (key, signal) => listSpans(path, this.state.model, key, signal),
      spanTexts: async (lines, signal) => /** @type {any} */ (await json(`${path}lines?at=${lines}`, signal)).lines,
      events: json, comparison: json, difference: json, phases: json, logDifference: json, candidates: json, logs: json,
      logErrors: async (key, signal) => /** @type {any} */ (await json(key, signal)).errors,
    });
    if (model.whole) this.#begin();
    else this.#followWindow(navigation.address);
  }

  /**
   * Puts the whole trace in place of its first screen.
   * @param {Model} model
   */
  complete(model) {
    this.batch(() => {
      this.set({ model, errors: errorsOf(model) });
      this.#begin();
    });
  }

  #begin() {
    this.#atFirst = closedAtFirst(this.state.model);
    this.follow(this.state.address);
    loadCritical(this.path, (critical) => this.set({ critical }), this.ended).catch(() => {}); // without it the bars are drawn all the same
  }

  /**
   * With a first screen nothing is asked: what the address says is done when the trace is whole.
   * @override
   * @param {Address} address
   */
  follow(address) {
    if (this.state.model.whole) super.follow(address);
    else this.set({ address });
  }

  /**
   * @override
   * @param {Address} address
   */
  ask(address) {
    super.ask(address);
    this.#followWindow(address);
    this.#followExpansion(address);
    this.#followSearch(address);
    this.#followDetail(address);
    this.#askView(address);
  }

  /**
   * @override
   * @param {string} name
   */
  answered(name) {
    const { matches, spans, logs, address: { view, order } } = this.state;
    if (name === 'logs' && logs.value?.logs.length) {
      this.askLogErrors(0);
      if (view === 'compare' && order === 'logs') askLogDifference(this, this.#loaders);
    } else if (name === 'matches' && settled(matches)) this.#filter();
    else if (name === 'span') this.#describe();
    else if (name === 'spans' && settled(spans) && spans.value?.lines.length) void this.#loaders.spanTexts.ask(spans.value.lines.join(','));
  }

  /** @param {Address} address */
  #followWindow(address) {
    const { model, window } = this.state;
    // The address has whole ns; the window may be finer.
    const now = addressOf(window, model.length);
    if (now.from !== address.from || now.to !== address.to) this.set({ window: windowOf(address, model.length) });
  }

  /** @param {Address} address */
  #followExpansion({ level, open, closed }) {
    const w = this.#written;
    if (level === w.level && open === w.open && closed === w.closed) return;
    this.#written = { level, open, closed };
    this.set({ expansion: parseExpansion(this.#written, this.state.model.n) });
    this.#list();
  }

  /** @param {Address} address */
  #followSearch({ q, mode }) {
    if (q === '') this.#loaders.matches.put('', new Uint32Array(0));
    else void this.#loaders.matches.ask(q);
    if (mode !== this.#filtering && settled(this.state.matches)) this.#filter();
  }

  /** @param {Address} address */
  #followDetail({ span }) {
    if (span === this.#opened) return;
    this.#opened = span;
    if (span === '') {
      this.#loaders.span.put('', undefined);
      this.set({ detail: null });
      return;
    }
    const { model } = this.state;
    const byLine = /^@\d{1,9}$/.test(span);
    const line = byLine ? Number(span.slice(1)) : this.texts.find((t) => t.id === span && !t.only)?.line ?? -1;
    const known = line >= 0 && line < model.n;
    this.set({ detail: { ref: span, line: known ? line : -1 } });
    if (known) this.#revealDetail(line);
    if (known && isGroup(model, line)) this.#loaders.span.put('', undefined);
    else void this.#loaders.span.ask(known && byLine ? String(line) : span);
  }

  /** @param {Address} address */
  #askView({ view, q, offset, order, compare }) {
    const { events, spans } = this.#loaders;
    if (view === 'events') void events.ask(`${this.path}events?${new URLSearchParams({ q, offset: String(offset), limit: String(EVENTS_PER_PAGE) })}`);
    else if (view === 'spans') void spans.ask(`${order}\n${q}`);
    else if (view === 'compare' && compare !== '') askComparison(this, this.#loaders);
    else if (view === 'compare' && this.state.candidates.key === null) this.askCandidates('');
  }

  /** Asks for the logs beside the trace. */
  askLogs() {
    void this.#loaders.logs.ask(`${this.path}logs`);
  }

  /**
   * Asks again for the errors of all logs.
   * @param {number} missing bytes of one of them, which tell this question from those before
   */
  askLogErrors(missing) {
    void this.#loaders.logErrors.ask(`${this.path}logs/errors?n=${ERROR_PARTS}&missing=${missing}`);
  }

  /** @param {string} q finds traces to compare with */
  askCandidates(q) {
    void this.#loaders.candidates.ask('traces?' + new URLSearchParams({ q, order: 'longest', limit: String(CANDIDATES) }));
  }

  /** Marks what the query finds, and leaves out the rest where the visitor wants that. */
  #filter() {
    const { model, matches, address } = this.state;
    const found = matches.key === '' || matches.value === undefined ? null : matches.value;
    this.#filtering = address.mode;
    this.set({ marked: found && marked(model.n, found), kept: found && address.mode === 'filter' ? withAncestors(model, found) : null });
    this.#list();
  }

  /** Lists the lines that are on show. */
  #list() {
    const { model, expansion, kept, focus } = this.state;
    const closed = closedLines(model, expansion, this.#atFirst, kept);
    const lines = visibleLines(model, closed, kept);
    // The active line may have been closed away: what it is under stands for it.
    let line = focus.line;
    while (line >= 0 && lines[lowerBound(lines, line)] !== line) line = at(model.parent, line);
    this.set({ closed, lines, rows: lines.length, focus: { line: line >= 0 ? line : lines[0] ?? focus.line } });
  }

  /** @param {Expansion} expansion */
  #setExpansion(expansion) {
    this.#written = formatExpansion(expansion);
    this.set({ expansion });
    this.#list();
  }

  /**
   * Opens and closes lines.
   * @param {Expansion} expansion
   * @param {How} how
   */
  expand(expansion, how) {
    this.batch(() => {
      this.#setExpansion(expansion);
      this.change(this.#written, how);
    });
  }

  /** @param {string} level as in an address */
  setLevel(level) {
    this.expand({ level, lines: new Map() }, 'push');
  }

  /**
   * Opens a closed line, closes an open one, and makes it the active one.
   * @param {number} line
   * @param {How} how
   */
  toggle(line, how) {
    const { model, expansion, closed } = this.state;
    this.batch(() => {
      this.set({ focus: { line } });
      if (at(model.members, line) > 0) this.expand(withLine(expansion, line, closed[line] ? 0 : 1), how);
    });
  }

  /**
   * Makes a line the active one, and its details those on show: if there are any
   * already, or open says so.
   * @param {number} line
   * @param {boolean} open
   * @param {How} how
   */
  select(line, open, how) {
    this.batch(() => {
      this.set({ focus: { line }, step: { at: -1 } });
      if (open || this.state.detail) this.change({ ...this.#written, span: this.#refOf(line) }, how);
    });
  }

  /**
   * Selects a line wherever it is: opens what it is under, and shows its time.
   * @param {number} line
   */
  goTo(line) {
    this.batch(() => {
      this.#uncover(line);
      const { model, window } = this.state;
      const shown = showing(window, at(model.start, line), at(model.duration, line), model.length);
      this.set({ window: shown, step: { at: -1 } });
      this.change({ ...this.#written, ...addressOf(shown, model.length), span: this.#refOf(line) }, 'push');
    });
  }

  /**
   * Makes a line the active one, wherever it is.
   * @param {number} line
   */
  #uncover(line) {
    if (this.state.kept && !this.state.kept[line]) this.change({ mode: 'highlight' }, 'replace');
    const { model, expansion, closed } = this.state;
    const opened = revealing(model, expansion, closed, line, false);
    if (opened !== expansion) this.#setExpansion(opened);
    this.set({ focus: { line } });
  }

  /**
   * Shows the time of a line of a log, and the span that ran then; its details only
   * where some are on show. A line of a finding makes that the one that is shown.
   * @param {number} time ns after the start, or -1
   * @param {number} line of the span, or -1
   * @param {string} log as in an address
   * @param {How} how
   */
  pointAt(time, line, log, how) {
    this.batch(() => {
      if (line >= 0) this.#uncover(line);
      const at = stopAt(this.state.stops, log);
      this.set({ mark: time, step: at === this.state.step.at ? this.state.step : { at } });
      this.change({ ...this.#written, log, ...(line >= 0 && this.state.detail ? { span: this.#refOf(line) } : {}) }, how);
    });
  }

  /** Closes the details. */
  closeDetail() {
    this.change({ span: '' }, 'push');
  }

  /**
   * What the address calls a line: its span's id where only one line has it.
   * @param {number} line
   */
  #refOf(line) {
    const t = this.texts.get(line);
    return t?.id && !t.only && !isGroup(this.state.model, line) ? t.id : `@${line}`;
  }

  /** @param {number} line whose details are shown */
  #revealDetail(line) {
    const { model, expansion, closed } = this.state;
    const opened = revealing(model, expansion, closed, line, true);
    if (opened !== expansion) this.expand(opened, 'soon');
    this.set({ focus: { line } });
  }

  /** Takes what the server says of the span of the details. */
  #describe() {
    const { span, detail } = this.state;
    const d = span.value;
    if (!detail || !settled(span) || !d) return;
    if (detail.line < 0) {
      this.set({ detail: { ...detail, line: d.line } });
      this.#revealDetail(d.line);
    }
    // An address by line is good for this layout only; one by id stays so.
    if (this.#opened.startsWith('@') && !d.only) {
      this.#opened = d.id;
      this.change({ span: d.id }, 'soon');
    }
  }

  /**
   * @param {TimeWindow} window
   * @param {How} how
   */
  setWindow(window, how) {
    this.batch(() => {
      this.set({ window });
      this.change(addressOf(window, this.state.model.length), how);
    });
  }

  /** @param {string} term that the query is to have, too */
  addTerm(term) {
    this.change({ q: withTerm(this.state.address.q, term) }, 'push');
  }

  /** @param {Address['mode']} mode */
  setMode(mode) {
    this.change({ mode }, 'replace');
  }

  /** Shows the critical path, or no longer. */
  toggleCritical() {
    this.change({ critical: this.state.address.critical === 'off' ? '' : 'off' }, 'replace');
  }

  /** Shows the log, or no longer. */
  toggleLog() {
    this.change({ log: this.state.address.log === 'off' ? '' : 'off' }, 'replace');
  }

  /** Takes the colours of another theme. */
  recolour() {
    this.set({ colours: palette() });
  }
}
