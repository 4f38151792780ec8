// A button that copies a text.

import { h } from '../lib/dom.js';

/**
 * @param {{ say: (text: string) => void }} store tells what happened
 * @param {string} label
 * @param {() => Promise<string>} get
 */
export function copyButton(store, label, get) {
  return h('button', { type: 'button', class: 'small', onclick: async () => {
    try {
      await navigator.clipboard.writeText(await get());
      store.say('Copied');
    } catch {
      store.say('The browser did not allow copying');
    }
  } }, label);
}
