// What the pane of a log holds, and how it moves along with the trace beside it.

import { ask, Failure, json } from '../lib/api.js';
import { at } from '../model/columns.js';
import { withMore } from '../model/loggaps.js';
import { allLines, formatLog, heldLines, lineSet, logNamed, logRows, parseLog } from '../model/loglines.js';
import { LineLoader } from './lineloader.js';
import { Loader, settled, UNASKED } from './loader.js';
import { firstSpan, LogFindings } from './logfindings.js';
import { linesOfSpan, logsFor, timesOf } from './spanlines.js';
import { followed, Looks } from './looks.js';
import { Store } from './store.js';

/** @typedef {import('../types').How} How */
/** @typedef {import('../types').LineSet} LineSet */
/** @typedef {import('../types').LogGap} LogGap */
/** @typedef {import('../types').LogLine} LogLine */
/** @typedef {import('../types').LogHead} LogHead */
/** @typedef {import('../types').LogRange} LogRange */
/** @typedef {import('../types').LogState} LogState */
/** @typedef {import('../types').TraceState} TraceState */

const PAUSE = 150; // ms in which the window of time stays, before lines are asked for
export const PIECE = 8_000_000; // bytes that are brought of a gap at once

/** @extends {Store<LogState>} */
export class LogStore extends Store {
  #loaders;
  /** @type {LineLoader<LogLine> | null} */
  #lines = null;
  #asking = new AbortController(); // for the lines of a log
  #looking = new AbortController(); // for the lines of a span
  #timer = 0;
  #looks = /** @type {Looks} */ (new Looks(() => json(this.path('', { later: '1' }), this.#asking.signal), (head) => this.#grew(head)));
  #pointing = 0; // a line whose time is to be shown when it is known
  #marked = ''; // the search whose words are marked in lines
  #span = -1; // whose details were seen last
  #linked = false; // the details that come first are those of the address
  #fresh = true; // nothing was followed yet
  /** @type {TraceState['window'] | null} */
  #window = null;
  #findings = new LogFindings();

  /**
   * @param {import('./tracestore.js').TraceStore} trace
   * @param {import('../types').LogEntry[]} logs at least one
   */
  constructor(trace, logs) {
    super({
      address: trace.state.address, logs, name: '', head: UNASKED, matches: UNASKED, shown: UNASKED, rows: { n: 0, pieces: [] },
      focus: { line: 0, how: 'near' }, chosen: null, bySpan: -1, lines: { get: () => undefined }, whole: UNASKED, within: false, reading: null, moved: null,
    });
    this.trace = trace; // has the zone, and the names of spans
    const loader = (/** @type {string} */ name, /** @type {(key: string, signal: AbortSignal) => Promise<any>} */ load) =>
      new Loader(load, (answer) => this.batch(() => {
        this.set({ [name]: answer });
        this.#answered(name);
        this.#refused(answer.error, answer.key ?? '');
      }), trace.ended);
    const found = async (/** @type {string} */ key, /** @type {AbortSignal} */ signal) => lineSet(new Uint32Array(await (await ask(key, signal)).arrayBuffer()));
    this.#loaders = { head: loader('head', json), whole: loader('whole', json), matches: loader('matches', found), shown: loader('shown', found) };
    trace.ended.addEventListener('abort', () => {
      clearTimeout(this.#timer);
      this.#asking.abort();
      this.#looking.abort();
    });
  }

  /**
   * The address of a question about the log on show.
   * @param {string} what
   * @param {Record<string, string>} [parameters]
   * @returns {string}
   */
  path(what, parameters = {}) {
    const { name, head } = this.state;
    const missing = settled(head) && head.value?.name === name && head.value.missing;
    return `${this.trace.path}log${what}?${new URLSearchParams({ log: name, ...parameters, ...(missing ? { missing: String(missing) } : {}), ...this.#looks.version })}`;
  }

  /**
   * Takes what the trace shows now.
   * @param {TraceState} s
   */
  follow(s) {
    this.batch(() => {
      if (this.#fresh || s.address !== this.state.address) {
        this.set({ address: s.address });
        this.#followAddress(s.address.log);
        this.#search();
      }
      this.#followWindow(s);
      this.#followSpan(s.detail);
      this.#findings.follow(s, this);
      this.#fresh = false;
    });
  }

  /** @param {string} address of the log */
  #followAddress(address) {
    const { logs, chosen, bySpan } = this.state;
    const { name, range } = parseLog(address);
    const log = logNamed(logs, name);
    if (log !== this.state.name) this.open(log);
    if (!range && bySpan < 0 && chosen) this.set({ chosen: null });
    if (!range || (bySpan < 0 && chosen?.from === range.from && chosen.to === range.to)) return;
    this.#mark(range, range.from, 'top');
    this.#point(range.from);
  }

  /** @param {string} name */
  open(name) {
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#looks.stop();
    this.set({ name, chosen: null, bySpan: -1, focus: { line: 0, how: 'near' }, rows: { n: 0, pieces: [] }, reading: null });
    /** @type {LineLoader<LogLine>} */
    const lines = (this.#lines = new LineLoader((at) => this.#marking('/lines', at), (l) => l.number, this.#asking.signal, () => this.batch(() => {
      this.set({ lines: lines.current() });
      if (this.#pointing > 0) this.#point(this.#pointing);
    }), this.#refused.bind(this)));
    this.set({ lines: lines.current() });
    void this.#loaders.head.ask(this.path(''));
  }

  /** @param {string} name of the answer that came */
  #answered(name) {
    const { head, shown } = this.state;
    if (name === 'matches') this.#followMatches();
    if (!settled(head) || !head.value) return;
    if (name === 'head') {
      this.#search();
      this.#looks.start(head.value, this.#asking.signal);
    } else if (name === 'shown' && settled(shown) && shown.value) {
      this.set({ rows: logRows(shown.value, head.value.gaps, head.value.lines), ...(this.#looks.version.now ? {} : { focus: { ...this.state.focus } }) });
    }
  }

  /** @param {LogHead} head of the log as it is now */
  #grew(head) {
    this.batch(() => {
      this.#lines?.renew(); // the last one may be longer
      this.set({ lines: { ...this.state.lines }, focus: followed(this.state, head) });
      this.#loaders.head.put(this.path(''), head);
    });
  }

  #search() {
    const { lq } = this.state.address;
    if (lq === '') this.#loaders.matches.put('', allLines(0));
    else void this.#loaders.matches.ask(this.path('/find', { q: lq }));
    this.#askShown();
  }

  /** Marks in lines what is looked for, once the server has understood it. */
  #followMatches() {
    const { matches, whole } = this.state;
    if (!settled(matches)) return;
    const q = matches.value && matches.key !== '' ? this.state.address.lq : '';
    if (q === this.#marked) return;
    this.#marked = q;
    this.#lines?.renew();
    this.set({ lines: { ...this.state.lines } });
    if (whole.value) this.#askWhole(whole.value.number);
  }

  /**
   * The address of lines in which what is looked for is marked.
   * @param {string} what
   * @param {string} at
   */
  #marking(what, at) {
    return this.path(what, this.#marked === '' ? { at } : { at, q: this.#marked });
  }

  /** @param {number} line */
  #askWhole(line) {
    void this.#loaders.whole.ask(this.#marking('/line', String(line)));
  }

  /** @param {TraceState} s */
  #followWindow({ window, model }) {
    if (window === this.#window) return;
    this.#window = window;
    clearTimeout(this.#timer);
    const within = window.to - window.from < model.length;
    const show = () => this.batch(() => {
      this.set({ within });
      this.#askShown();
    });
    if (this.#fresh) show();
    else this.#timer = setTimeout(show, PAUSE);
  }

  /** Asks which lines are on show: those of the time that is shown, and those that match where the visitor wants that. */
  #askShown() {
    const { address, head, within } = this.state;
    if (!settled(head) || !head.value) return;
    const of = /** @type {Record<string, string>} */ (within && this.#window ? timesOf(this.trace.state.model, this.#window.from, this.#window.to) : {});
    if (address.lmode === 'filter' && address.lq !== '') of.q = address.lq;
    const key = this.path('/find', of);
    if (Object.keys(of).length === 0) this.#loaders.shown.put(key, heldLines(head.value));
    else void this.#loaders.shown.ask(key);
  }

  /**
   * Shows the lines of the span that the visitor has chosen in the trace; at first those
   * of the span that broke, if the address says nothing else.
   * @param {TraceState['detail']} detail
   */
  #followSpan(detail) {
    const line = detail?.line ?? -1;
    if (this.#fresh) {
      this.#linked = this.state.chosen !== null && detail !== null;
      this.#span = this.#linked ? -1 : line;
      if (!this.state.chosen) void this.showSpan(detail ? line : firstSpan(this.trace.state));
    }
    if (line === this.#span) return;
    this.#span = line;
    if (this.#linked && line >= 0) this.#linked = false; // the span of the address stands beside its lines
    else void this.showSpan(line);
  }

  /** @param {number} line of the span, or -1 */
  async showSpan(line) {
    this.#looking.abort();
    if (line < 0) return;
    this.#pointing = 0; // a span was chosen meanwhile
    const { signal } = (this.#looking = new AbortController());
    const { model } = this.trace.state;
    const times = timesOf(model, at(model.start, line), at(model.start, line) + at(model.duration, line));
    const logs = logsFor(model, line, this.state.logs.map((l) => l.name), this.state.name);
    const best = await linesOfSpan(this.trace.path, logs, times, signal);
    if (!best || signal.aborted) return;
    const { name, first, last, count } = best;
    this.batch(() => {
      if (name !== this.state.name) this.open(name);
      this.#mark(count > 0 ? { from: first, to: last } : null, first, 'top');
      this.set({ bySpan: line });
      this.trace.set({ mark: -1 });
      const now = parseLog(this.state.address.log);
      if (now.range || (now.name !== name && (now.name !== '' || name !== this.state.logs[0]?.name))) this.trace.change({ log: name }, 'replace');
    });
  }

  /**
   * @param {LogRange | null} chosen
   * @param {number} line that becomes the active one
   * @param {'near' | 'top'} how
   */
  #mark(chosen, line, how) {
    this.#looking.abort();
    this.set({ chosen, bySpan: -1, focus: { line, how } });
    this.#lines?.want([line]);
    if (chosen) this.#askWhole(line);
    else this.#loaders.whole.put('', undefined);
  }

  /**
   * Chooses a line, or all from the chosen one on to it, and shows its time and its
   * span in the trace.
   * @param {number} line
   * @param {boolean} extend
   * @param {How} how
   */
  choose(line, extend, how) {
    const { chosen } = this.state;
    const other = extend && chosen ? (line < chosen.from ? chosen.to : chosen.from) : line;
    this.batch(() => {
      this.#mark({ from: Math.min(line, other), to: Math.max(line, other) }, line, 'near');
      this.#point(line, how);
    });
  }

  /**
   * Shows the time of a line in the trace, when it is known.
   * @param {number} line
   * @param {How} how
   */
  #point(line, how = 'replace') {
    const { lines, name, chosen } = this.state;
    const log = formatLog(name, chosen);
    const l = lines.get(line);
    this.#pointing = l ? 0 : line;
    if (!l) {
      if (log !== this.state.address.log) this.trace.change({ log }, how);
      return;
    }
    const { model } = this.trace.state;
    const time = l.time === undefined ? -1 : Number(BigInt(l.time) - model.startNs);
    if (this.trace.state.detail && l.span >= 0) this.#span = l.span;
    this.trace.pointAt(time < 0 || time > model.length ? -1 : time, l.span, log, how);
  }

  /**
   * Brings what is missing at a gap: of much the beginning, or the end.
   * @param {LogGap} gap
   * @param {boolean} end
   */
  async more(gap, end) {
    const { head, reading } = this.state;
    if (!head.value?.more || reading) return;
    const { lines } = head.value;
    const size = Math.min(gap.bytes, PIECE);
    const { signal } = this.#asking;
    const path = this.path('/more', { place: String(end ? gap.place + gap.bytes - size : gap.place), size: String(size) });
    this.set({ reading: gap, focus: { line: gap.before, gap: true, how: 'near' } });
    try {
      const now = /** @type {LogHead} */ (await json(path, signal));
      this.batch(() => this.#putIn(now, gap, now.lines - lines, end));
      if (now.missing === head.value.missing) this.trace.say('No line ends in what was read: there is none to show');
    } catch (e) {
      if (signal.aborted) return;
      this.trace.say(e instanceof Error ? e.message : String(e));
      this.#refused(e, '');
    }
    if (!signal.aborted) this.set({ reading: null });
  }

  /**
   * Loads the page again where another page has read more of the log: lines have other
   * numbers. What was asked before this page read more is asked again anyhow.
   * @param {unknown} e
   * @param {string} path or "" of what reads more
   */
  #refused(e, path) {
    if (!(e instanceof Failure) || e.status !== 409) return;
    const now = !this.state.reading && new URLSearchParams(path.split('?')[1]).get('missing') === String(this.state.head.value?.missing);
    if (now || path === '') window.location.reload();
  }

  /**
   * Puts lines in at a gap: those behind have other numbers from then on.
   * @param {LogHead} head of the log with the lines
   * @param {LogGap} gap
   * @param {number} by how many lines
   * @param {boolean} end they are at the end of the gap
   */
  #putIn(head, { before }, by, end) {
    this.#lines?.move(before, by, (l, number) => ({ ...l, number }));
    this.set({ ...withMore(this.state, head, before, by, end), lines: { ...this.state.lines } });
    this.#loaders.head.put(`${this.path('')}&missing=${head.missing ?? 0}`, head);
    const { chosen, bySpan, name, whole } = this.state;
    if (chosen && bySpan < 0) this.trace.change({ log: formatLog(name, chosen) }, 'replace');
    if (whole.value) this.#askWhole(whole.value.number + (whole.value.number >= before ? by : 0));
    this.trace.askLogErrors(head.missing ?? 0);
  }

  /**
   * @param {string} q as it is written here
   * @param {How} how
   */
  search(q, how) {
    this.trace.change({ lq: this.trace.meant(q) }, how);
  }

  /** @param {string} name of another log */
  show(name) {
    this.trace.set({ mark: -1 });
    this.trace.change({ log: name }, 'push');
  }

  /** @param {number[]} lines that are on the screen */
  want(lines) {
    this.#lines?.want(lines);
  }

  /** @param {number[]} lines that are printed */
  now(lines) {
    this.#lines?.now(lines);
  }

  /** @param {number} line */
  line(line) {
    return this.#lines?.get(line);
  }
}
