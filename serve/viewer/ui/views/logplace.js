// Where the log lies: under the waterfall, or beside it where the visitor wants that
// and the page is wide. This browser remembers it.

import { h } from '../lib/dom.js';
import { prefer, preferred } from '../lib/preferences.js';

const WIDE = '(min-width: 1100px)';

/** @typedef {ReturnType<typeof logPlace>} LogPlace */

/**
 * @param {HTMLElement} stage that has the waterfall and the log
 * @param {AbortSignal} ended
 */
export function logPlace(stage, ended) {
  const wide = matchMedia(WIDE);
  let wanted = preferred('log') === 'beside';
  /** @type {(() => void)[]} */
  const watchers = [];
  const button = h('button', { type: 'button', class: 'small', onclick: () => turn() });

  function show() {
    const beside = wanted && wide.matches;
    stage.classList.toggle('beside', beside);
    button.hidden = !wide.matches;
    button.textContent = beside ? 'Under' : 'Beside';
    button.title = `Show the log ${beside ? 'under' : 'beside'} the waterfall (L)`;
    button.setAttribute('aria-label', button.title);
    for (const watcher of watchers) watcher();
  }

  /** Lays the log to the other place, where the page is wide. */
  function turn() {
    if (!wide.matches) return;
    wanted = !wanted;
    prefer('log', wanted ? 'beside' : 'under');
    show();
  }

  wide.addEventListener('change', show, { signal: ended });
  show();
  return {
    button, turn,
    beside: () => stage.classList.contains('beside'),
    /** @param {() => void} changed told when the log lies elsewhere */
    watch(changed) {
      watchers.push(changed);
    },
  };
}
