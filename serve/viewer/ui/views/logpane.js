// The pane of a log beside the waterfall: which log, finding, its lines, and all of
// the chosen one.

import { Failure } from '../lib/api.js';
import { changes } from '../lib/changes.js';
import { bdi, downloadLink, h, outside } from '../lib/dom.js';
import { bytes, clock, counted, named } from '../lib/format.js';
import { linkTo } from '../lib/place.js';
import { live } from '../lib/source.js';
import { nameOf } from '../model/columns.js';
import { formatLog } from '../model/loglines.js';
import { format } from '../state/address.js';
import { settled } from '../state/loader.js';
import { readGap, stepMatches, walkLines } from '../state/logmoves.js';
import { LogStore } from '../state/logstore.js';
import { wholeTrace } from '../state/moves.js';
import { copyButton } from './copy.js';
import { afterTyping } from './findbox.js';
import { logEdge } from './logedge.js';
import { factsOf, LogGrid, pieces } from './loggrid.js';
import { printedLog } from './logprint.js';
import { message } from './message.js';

/** @typedef {import('../types').LogState} LogState */
/** @typedef {import('../types').LostLogs} LostLogs */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */
/** @typedef {import('./logplace.js').LogPlace} LogPlace */

/**
 * @param {TraceStore} trace that has logs, or lost some
 * @param {() => void} toLines moves the focus of the keyboard to the lines of the trace
 * @param {LogPlace} place
 */
export function logPane(trace, toLines, place) {
  const { logs, lost } = trace.state.logs.value ?? { logs: [], lost: [] };
  if (logs.length === 0) return noLogs(trace, lost, toLines);
  const store = new LogStore(trace, logs);
  const grid = new LogGrid(store);
  const wrong = h('div', { class: 'log-wrong' });
  const parts = [head(store, grid, lost, toLines, place), grid, chosenLine(store), { element: wrong, update: wrongs(wrong) }];
  const element = h('section', { class: 'log-pane', 'aria-label': 'Log' });
  element.append(logEdge(element, place), ...parts.map((p) => p.element));
  grid.element.addEventListener('keydown', (e) => key(e, store, grid, toLines));
  printedLog(store, grid, element);
  const update = (/** @type {LogState} */ s) => {
    for (const p of parts) p.update(s);
  };
  store.subscribe(update);
  return {
    element,
    focus: () => grid.element.focus(),
    /** @param {TraceState} s */
    update(s) {
      store.follow(s);
    },
  };
}

/**
 * What is shown where all logs are left out.
 * @param {TraceStore} trace
 * @param {LostLogs[]} lost
 * @param {() => void} toLines
 */
function noLogs(trace, lost, toLines) {
  const element = h('section', { class: 'log-pane none', 'aria-label': 'Log' },
    h('div', { class: 'log-head' }, h('b', { class: 'log-name' }, 'No log'), h('ul', { class: 'log-losses', tabindex: '0' }, ...lost.map(lossOf)), closeButton(trace, toLines)));
  return { element, update() {} };
}

/** @param {LostLogs} lost */
function lossOf({ name, logs, why }) {
  return h('li', {}, name ? bdi(name) : null, name && logs > 1 ? ` and ${counted(logs - 1, 'other log')}` : '', name ? ': ' : '', bdi(why));
}

/**
 * What is left out of the logs, to be opened.
 * @param {LostLogs[]} lost
 */
function lossMenu(lost) {
  const said = h('summary', { title: 'Missing parts of the logs, and why' });
  const list = h('ul', { class: 'menu-list log-losses', tabindex: '0' });
  const menu = h('details', { class: 'menu log-lost' }, said, list);
  menu.addEventListener('focusout', (e) => {
    if (e.relatedTarget instanceof Node && !menu.contains(e.relatedTarget)) menu.open = false;
  });
  const changed = changes();
  return {
    element: menu,
    /** @param {LogState} s */
    update({ head, logs }) {
      const now = settled(head) ? head.value : undefined;
      const came = now && !now.missing && logs.some((l) => l.name === now.name && l.missing); // all that was missing of it
      const left = came ? lost.filter((l) => l.name !== now.name || l.logs > 1) : lost;
      if (!changed(left.length)) return;
      menu.hidden = left.length === 0;
      said.textContent = `${counted(left.reduce((sum, l) => sum + l.logs, 0), 'log')} incomplete`;
      list.replaceChildren(...left.map(lossOf));
    },
  };
}

/**
 * @param {TraceStore} trace
 * @param {() => void} toLines
 */
function closeButton(trace, toLines) {
  return button('✕', 'Close the log', () => {
    trace.change({ log: 'off' }, 'push');
    toLines();
  });
}

/**
 * @param {LogStore} store
 * @param {LogGrid} grid
 * @param {LostLogs[]} lost
 * @param {() => void} toLines
 * @param {LogPlace} place
 */
function head(store, grid, lost, toLines, place) {
  const { trace } = store;
  const { logs } = store.state;
  const choice = h('select', { 'aria-label': 'Log', class: 'log-choice' }, ...logs.map((l) => h('option', { value: l.name }, l.name)));
  choice.addEventListener('change', () => store.show(choice.value));
  const title = logs.length > 1 ? choice : h('b', { class: 'log-name' }, bdi(logs[0]?.name ?? ''));
  const facts = h('span', { class: 'log-facts dim' });
  const of = h('span', { class: 'log-of dim' });
  const within = button('Whole time', 'Show the lines of the whole time', () => wholeTrace(trace));
  const links = h('span', { class: 'log-links' });
  const find = finding(store, grid);
  const losses = lossMenu(lost);
  const element = h('div', { class: 'log-head' }, title, facts, losses.element, of, within, find.element, links, place.button, closeButton(trace, toLines), find.problem);
  const changed = changes();
  return {
    element,
    /** @param {LogState} s */
    update(s) {
      find.update(s);
      losses.update(s);
      if (!changed(s.name, s.head, s.bySpan, s.chosen, s.within, s.rows)) return;
      choice.value = s.name;
      const known = settled(s.head) ? s.head.value : undefined;
      facts.textContent = known ? factsOf(known) : '…';
      facts.title = known?.foreign ? 'The clock of this log differs from the run’s: its times are as written' : '';
      of.replaceChildren(...(s.bySpan >= 0 ? [s.chosen ? 'lines of ' : 'no lines of ', h('b', {}, bdi(named(nameOf(trace.state.model, s.bySpan))))] : []));
      within.hidden = !s.within;
      const raw = downloadLink(store.path('/raw'), 'Raw');
      links.replaceChildren(...(known?.url ? [outside(known.url, 'In the bucket')] : []), ...(raw ? [raw] : []));
    },
  };
}

/**
 * @param {string} label
 * @param {string} title
 * @param {() => void} act
 */
function button(label, title, act) {
  return h('button', { type: 'button', class: 'small', title, 'aria-label': title, onclick: act }, label);
}

/**
 * @param {LogStore} store
 * @param {LogGrid} grid
 */
function finding(store, grid) {
  const input = h('input', { type: 'search', class: 'find', placeholder: `Find in the log: words, "a phrase", ${live ? '~regex, sev:error, after:12:03' : 'sev:error'}`, 'aria-label': 'Find in the log', spellcheck: 'false', autocomplete: 'off' });
  const said = h('output', { class: 'found' });
  const problem = h('p', { class: 'wrong', role: 'alert', hidden: true });
  const mode = h('select', { 'aria-label': 'What to do with the matching lines' }, h('option', { value: 'highlight' }, 'Highlight'), h('option', { value: 'filter' }, 'Filter'));
  mode.addEventListener('change', () => store.trace.change({ lmode: mode.value === 'filter' ? 'filter' : 'highlight' }, 'replace'));
  const cancel = afterTyping(input, 250, store.trace.ended, () => store.search(input.value.trim(), 'replace'));
  input.addEventListener('keydown', (e) => {
    if (e.key === 'Enter') {
      cancel();
      input.value = store.trace.meant(input.value);
      const q = input.value.trim();
      if (q !== store.state.address.lq) store.search(q, 'push');
      else stepMatches(store, e.shiftKey ? -1 : 1);
    } else if (e.key === 'Escape') {
      cancel();
      input.value = '';
      store.search('', 'replace');
      grid.element.focus();
    } else return;
    e.preventDefault();
  });
  const changed = changes();
  return {
    problem,
    element: h('div', { class: 'group log-find', role: 'search' }, input, said,
      button('↑', 'Previous line that matches (N)', () => stepMatches(store, -1)), button('↓', 'Next line that matches (n)', () => stepMatches(store, 1)), mode),
    /** @param {LogState} s */
    update({ address, matches }) {
      if (document.activeElement !== input) input.value = address.lq;
      mode.value = address.lmode;
      if (!changed(matches, address.lq)) return;
      said.textContent = address.lq === '' || matches.error !== undefined ? '' : settled(matches) ? counted(matches.value?.count ?? 0, 'line') : '…';
      problem.hidden = matches.error === undefined;
      problem.textContent = matches.error instanceof Failure ? `${matches.error.message}. ${matches.error.next}` : String(matches.error ?? '');
      input.toggleAttribute('aria-invalid', matches.error !== undefined);
    },
  };
}

/**
 * All that there is to know of the chosen line.
 * @param {LogStore} store
 */
function chosenLine(store) {
  const element = h('div', { class: 'log-line', hidden: true });
  const changed = changes();
  return {
    element,
    /** @param {LogState} s */
    update({ whole, bySpan, chosen, address, name }) {
      if (!changed(whole, bySpan, chosen, address.zone)) return;
      const l = settled(whole) && bySpan < 0 && chosen ? whole.value : undefined;
      element.hidden = !l;
      if (!l || !chosen) return;
      const { model } = store.trace.state;
      const { span } = l;
      element.replaceChildren(
        h('p', { class: 'log-line-facts' },
          h('b', {}, `${chosen.to > chosen.from ? `Lines ${chosen.from}–${chosen.to}` : `Line ${l.number}`}`),
          l.time ? h('span', {}, `${l.origin === 'read' ? '' : l.origin === 'inherited' ? 'after ' : 'about '}${clock(BigInt(l.time), address.zone, 3)}`) : h('span', { class: 'dim' }, 'no time'),
          span >= 0 ? h('button', { type: 'button', class: 'link', title: 'Show the span', onclick: () => store.trace.goTo(span) }, bdi(named(nameOf(model, span)))) : null,
          h('span', { class: 'dim' }, bytes(l.bytes)),
          copyButton(store.trace, 'Copy link', () => Promise.resolve(linkTo(format({ ...address, log: formatLog(name, chosen) })))),
          l.url ? outside(l.url, 'At Prow') : null,
          downloadLink(store.path('/raw', { at: String(l.number) }), 'Raw line') ?? ''),
        l.known ? h('p', { class: 'log-known-error' }, h('b', {}, bdi(l.known.title)), ` (${l.known.category}) `, bdi(l.known.next), ' ', l.known.link ? outside(l.known.link, 'More') : null) : '',
        h('pre', { class: 'value', tabindex: '0', 'aria-label': 'The whole line' }, ...pieces(l)));
    },
  };
}

/** @param {HTMLElement} element */
function wrongs(element) {
  const changed = changes();
  return (/** @type {LogState} */ { head, shown }) => {
    if (!changed(head, shown)) return;
    const error = head.error ?? shown.error;
    const damaged = settled(head) && head.value?.damaged;
    if (error !== undefined) element.replaceChildren(message(error));
    else element.replaceChildren(...(damaged ? [h('p', { class: 'note' }, `This log breaks off: ${damaged}`)] : []));
  };
}

/**
 * The keys of the lines.
 * @param {KeyboardEvent} e
 * @param {LogStore} store
 * @param {LogGrid} grid
 * @param {() => void} toLines
 */
function key(e, store, grid, toLines) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const rows = {
    ArrowDown: 1, ArrowUp: -1, PageDown: grid.pageSize(), PageUp: -grid.pageSize(), Home: -Infinity, End: Infinity,
  }[e.key];
  if (rows !== undefined) walkLines(store, rows);
  else if (e.key === 'Enter') readGap(store, e.shiftKey);
  else if (e.key === 'n') stepMatches(store, 1);
  else if (e.key === 'N') stepMatches(store, -1);
  else if (e.key === 'Escape') toLines();
  else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') grid.element.scrollLeft += e.key === 'ArrowLeft' ? -80 : 80;
  else return;
  e.preventDefault();
}
