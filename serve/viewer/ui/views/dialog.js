// A dialog over the page.

import { h } from '../lib/dom.js';

/**
 * Opens a dialog; Esc, its button and a click beside it close it.
 * @param {string} title
 * @param {...Node} content
 */
export function openDialog(title, ...content) {
  const close = h('button', { type: 'button', class: 'icon', 'aria-label': 'Close the help' }, '✕');
  const dialog = h('dialog', { class: 'help', 'aria-labelledby': 'help-title' }, h('header', {}, h('h2', { id: 'help-title' }, title), close), ...content);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (e) => {
    if (e.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
}
