// The tools above the lines of a trace: finding, errors, levels, time.

import { changes } from '../lib/changes.js';
import { h } from '../lib/dom.js';
import { counted } from '../lib/format.js';
import { settled } from '../state/loader.js';
import { firstFinding, isJudged } from '../state/findings.js';
import { changeLevel, CLOSER, FARTHER, step, wholeTrace, zoomBy } from '../state/moves.js';
import { afterTyping, findInput } from './findbox.js';
import { slowestMenu } from './slowest.js';

/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {Pick<TraceState, 'address' | 'keys' | 'matches' | 'logs' | 'stops' | 'judgement'>} Drawn */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/**
 * @param {TraceStore} store
 * @param {() => void} toLines moves the focus of the keyboard to the lines
 * @param {() => number} pointer the time under the mouse
 */
export function toolbar(store, toLines, pointer) {
  const find = findGroup(store, toLines);
  const path = h('button', { type: 'button', 'aria-pressed': 'true', title: 'Show the critical path', onclick: () => store.toggleCritical() }, 'Critical path');
  const log = h('button', { type: 'button', 'aria-pressed': 'true', title: 'Show the log (l)', hidden: true, onclick: () => store.toggleLog() }, 'Log');
  const first = button('First error', '', () => firstFinding(store));
  const changed = changes();
  const element = h('div', { class: 'tools' },
    find.element,
    h('div', { class: 'group' },
      button('‹', 'Previous error that lasted (N)', () => step(store, 'errors', -1)),
      first,
      button('›', 'Next error that lasted (n)', () => step(store, 'errors', 1))),
    h('div', { class: 'group' }, slowestMenu(store), path, log),
    h('div', { class: 'group wide' },
      button('−', 'One level less ([)', () => changeLevel(store, -1)), h('span', { class: 'dim' }, 'levels'),
      button('+', 'One level more (])', () => changeLevel(store, 1)), button('All', 'Open all (})', () => store.setLevel('all'))),
    h('div', { class: 'group' },
      button('⊖', 'Farther (s)', () => zoomBy(store, FARTHER, pointer())), button('⊕', 'Closer (w)', () => zoomBy(store, CLOSER, pointer())),
      button('Whole', 'The whole trace (0)', () => wholeTrace(store))),
    find.problem);
  return {
    element,
    /** @param {Drawn} s */
    update(s) {
      path.setAttribute('aria-pressed', String(s.address.critical !== 'off'));
      log.hidden = !s.logs.value?.logs.length && !s.logs.value?.lost.length;
      log.setAttribute('aria-pressed', String(s.address.log !== 'off'));
      find.update(s);
      if (changed(s.stops, s.judgement)) showFirst(first, store.state);
    },
  };
}

/**
 * Says what the first error is, and whether there is one.
 * @param {HTMLElement} first
 * @param {TraceState} s
 */
function showFirst(first, s) {
  const judged = isJudged(s);
  first.classList.add('first-error'); // as wide when there is none
  first.title = judged ? 'What broke first, by the findings (f); all errors: x' : 'The first error that lasted (f); all others: x';
  first.setAttribute('aria-label', first.title);
  first.classList.toggle('err', judged ? s.stops.length > 0 : s.model.head.errors > 0);
}

/**
 * @param {string} label
 * @param {string} title
 * @param {() => void} act
 */
function button(label, title, act) {
  return h('button', { type: 'button', title, 'aria-label': title, onclick: act }, label);
}

/**
 * @param {TraceStore} store
 * @param {() => void} toLines
 */
function findGroup(store, toLines) {
  const { input, offers, update } = findInput(store, '', store.state.model.head);
  const said = h('output', { class: 'found' });
  const problem = h('p', { class: 'wrong', role: 'alert', hidden: true });
  const mode = h('select', { 'aria-label': 'What to do with the matches' }, h('option', { value: 'highlight' }, 'Highlight'), h('option', { value: 'filter' }, 'Filter'));
  mode.addEventListener('change', () => store.setMode(mode.value === 'filter' ? 'filter' : 'highlight'));
  const cancel = afterTyping(input, 180, store.ended, () => store.search(input.value.trim(), 'replace'));
  input.addEventListener('keydown', (e) => findKey(e, store, input, offers, toLines, cancel));
  const element = h('div', { class: 'group find-group', role: 'search' }, input, offers, said,
    button('↑', 'Previous match (Shift + Enter)', () => step(store, 'matches', -1)), button('↓', 'Next match (Enter)', () => step(store, 'matches', 1)), mode);
  const changed = changes();
  return {
    element, problem,
    /** @param {Drawn} s */
    update(s) {
      update(s);
      mode.value = s.address.mode;
      const { matches } = s;
      if (!changed(matches)) return;
      said.textContent = !matches.key ? '' : settled(matches) ? counted(matches.value?.length ?? 0, 'match', 'matches') : '…';
      problem.hidden = matches.error === undefined;
      problem.textContent = matches.error instanceof Error ? matches.error.message : String(matches.error ?? '');
      input.toggleAttribute('aria-invalid', matches.error !== undefined);
    },
  };
}

/**
 * @param {KeyboardEvent} e
 * @param {TraceStore} store
 * @param {HTMLInputElement} input
 * @param {HTMLElement} offers
 * @param {() => void} toLines
 * @param {() => void} cancel what would be searched after a pause
 */
function findKey(e, store, input, offers, toLines, cancel) {
  if (e.key === 'Enter') {
    cancel();
    input.value = store.meant(input.value);
    const q = input.value.trim();
    if (q !== store.state.matches.key) store.search(q, 'push');
    else step(store, 'matches', e.shiftKey ? -1 : 1);
  } else if (e.key === 'Escape') {
    cancel();
    if (input.value) {
      input.value = '';
      store.search('', 'replace');
    }
    toLines();
  } else if (e.key === 'ArrowDown' && offers.childElementCount === 0) toLines();
  else return;
  e.preventDefault();
}
