// Boxes to write a query into, with offers of what it can go on with.

import { changes } from '../lib/changes.js';
import { h } from '../lib/dom.js';
import { live } from '../lib/source.js';
import { completions } from '../model/completions.js';
import { settled } from '../state/loader.js';

/** @typedef {import('../types').PageState} PageState */
/** @typedef {Pick<PageState, 'address' | 'keys'>} Drawn */
/** @typedef {{ names: string[], services: string[] }} Known what a query can ask for, besides attributes */

let lists = 0;

/**
 * An input, and what it offers below itself. The attributes that there are are
 * asked for when it is first used.
 * @param {import('../state/pagestore.js').PageStore<any>} store
 * @param {string} what is found
 * @param {Known} known
 */
export function findInput(store, what, known) {
  const input = h('input', {
    type: 'search', class: 'find', placeholder: `Find${what && ' '}${what}: ${live ? 'words, key=value, key~regex, dur>5s, error, kind:client' : what ? 'words' : 'words, name:, service:, error, kind:client, dur>5s'}`, 'aria-label': `Find ${what || 'spans'}`,
    spellcheck: 'false', autocomplete: 'off',
  });
  const offers = h('datalist', { id: `offers-${lists++}` });
  const offer = () => {
    const { keys } = store.state;
    offers.replaceChildren(...completions(input.value, { ...known, keys: settled(keys) && keys.value ? keys.value : [] }).map((value) => h('option', { value })));
  };
  input.setAttribute('list', offers.id);
  if (live) input.addEventListener('focus', store.askKeys);
  input.addEventListener('input', offer);
  const changed = changes();
  return {
    input, offers,
    /** @param {Drawn} s */
    update(s) {
      if (document.activeElement !== input) input.value = s.address.q;
      if (changed(s.keys)) offer();
    },
  };
}

/**
 * Acts some time after the last letter of an input.
 * @param {HTMLInputElement} input
 * @param {number} pause ms
 * @param {AbortSignal} ended
 * @param {() => void} act
 * @returns {() => void} what keeps it from acting
 */
export function afterTyping(input, pause, ended, act) {
  let timer = 0;
  const cancel = () => clearTimeout(timer);
  input.addEventListener('input', () => {
    cancel();
    timer = setTimeout(act, pause);
  });
  ended.addEventListener('abort', cancel);
  return cancel;
}

/**
 * A find box of a list, whose text is the query of the address.
 * @param {import('../state/pagestore.js').PageStore<any>} store
 * @param {string} what is found
 * @param {Known} known
 * @param {...Node} rest stands behind the box
 */
export function findBox(store, what, known, ...rest) {
  const { input, offers, update } = findInput(store, what, known);
  const search = (/** @type {import('../types').How} */ how) => {
    cancel();
    store.search(input.value.trim(), how);
  };
  const cancel = afterTyping(input, 250, store.ended, () => search('replace'));
  input.addEventListener('keydown', (e) => {
    if (e.key === 'Enter') {
      input.value = store.meant(input.value);
      search('push');
    }
    else if (e.key === 'Escape' && input.value) {
      input.value = '';
      search('replace');
    } else return;
    e.preventDefault();
  });
  return { element: h('div', { class: 'group find-group', role: 'search' }, input, offers, ...rest), update };
}
