// The menu of the spans with the most self time.

import { bdi, h } from '../lib/dom.js';
import { duration, named } from '../lib/format.js';
import { at } from '../model/columns.js';
import { slowest } from '../model/ranking.js';

/**
 * @param {import('../types').Model} m
 * @param {(line: number) => void} goTo
 */
export function slowestMenu(m, goTo) {
  const list = h('ol', { class: 'menu-list' });
  const menu = h('details', { class: 'menu' }, h('summary', { title: 'The spans with the most self time' }, 'Slowest'), list);
  menu.addEventListener('toggle', () => {
    if (!menu.open) return;
    list.replaceChildren(...slowest(m, 15).map((line) => h('li', {}, h('button', { type: 'button', onclick: () => {
      menu.open = false;
      goTo(line);
    } }, h('span', { class: 'num' }, duration(at(m.self, line))), ' ', bdi(named(m.head.names[at(m.name, line)] ?? ''))))));
  });
  menu.addEventListener('focusout', (e) => {
    if (e.relatedTarget instanceof Node && !menu.contains(e.relatedTarget)) menu.open = false;
  });
  return menu;
}
