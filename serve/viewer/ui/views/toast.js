// Short messages of what happened, for eyes and ears.

import { h } from '../lib/dom.js';

const SHOWN = 4000; // ms

export function toast() {
  const element = h('div', { class: 'toast', role: 'status', 'aria-live': 'polite' });
  let fading = 0;
  return {
    element,
    /** @param {string} text */
    say(text) {
      element.textContent = text;
      element.classList.add('on');
      clearTimeout(fading);
      fading = setTimeout(() => element.classList.remove('on'), SHOWN);
    },
  };
}
