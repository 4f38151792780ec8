// The menu of the spans with the most self time.

import { bdi, h } from '../lib/dom.js';
import { duration, named } from '../lib/format.js';
import { at, nameOf } from '../model/columns.js';

/** @param {import('../state/tracestore.js').TraceStore} store */
export function slowestMenu(store) {
  const list = h('ol', { class: 'menu-list' });
  const menu = h('details', { class: 'menu' }, h('summary', { title: 'The spans with the most self time' }, 'Slowest'), list);
  const item = (/** @type {import('../types').Model} */ model, /** @type {number} */ line) => h('li', {}, h('button', { type: 'button', onclick: () => {
    menu.open = false;
    store.goTo(line);
  } }, h('span', { class: 'num' }, duration(at(model.self, line))), ' ', bdi(named(nameOf(model, line)))));
  menu.addEventListener('toggle', () => {
    const { model } = store.state;
    if (menu.open) list.replaceChildren(...model.head.slowest.map((line) => item(model, line)));
  });
  menu.addEventListener('focusout', (e) => {
    if (e.relatedTarget instanceof Node && !menu.contains(e.relatedTarget)) menu.open = false;
  });
  return menu;
}
