// The tabs of a page's views.

import { h, inside } from '../lib/dom.js';
import { count } from '../lib/format.js';
import { linkHref } from '../lib/place.js';
import { format } from '../state/address.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {{ view: string, title: string, n?: number }} Tab n is shown if it is not 0 */

/**
 * @param {string} label
 * @param {readonly Tab[]} views
 */
export function tabBar(label, views) {
  const tabs = views.map(({ title, n }) => inside('/', {}, title, n ? h('span', { class: 'n' }, count(n)) : null));
  const element = h('nav', { class: 'tabs', 'aria-label': label }, ...tabs);
  /** @type {string | null} */
  let current = null;
  return {
    element,
    /**
     * @param {string} view on show
     * @param {(view: string) => Address} address of each
     */
    update(view, address) {
      tabs.forEach((a, i) => (a.href = linkHref(format(address(views[i]?.view ?? '')))));
      if (view === current) return;
      current = view;
      tabs.forEach((a, i) => (views[i]?.view === view ? a.setAttribute('aria-current', 'page') : a.removeAttribute('aria-current')));
      showCurrent(element);
    },
  };
}

/**
 * Brings the tab of the view on show onto the screen: on a phone not all fit.
 * @param {HTMLElement} tabs
 */
function showCurrent(tabs) {
  requestAnimationFrame(() => {
    const tab = tabs.querySelector('[aria-current]')?.getBoundingClientRect();
    const box = tabs.getBoundingClientRect();
    if (tab && (tab.left < box.left || tab.right > box.right)) tabs.scrollLeft += tab.left - box.left - (box.width - tab.width) / 2;
  });
}
