// The bar on top of every page: which run it is, where else it is shown, and what
// the visitor prefers.

import { changes } from '../lib/changes.js';
import { h, inside, outside, webLinks } from '../lib/dom.js';
import { zoneName } from '../lib/format.js';
import { themeButton } from '../lib/theme.js';

/** @typedef {import('../types').Address} Address */
/** @typedef {import('../types').Run} Run */

/**
 * @param {Run} run
 * @param {object} actions
 * @param {(zone: string) => void} actions.setZone
 * @param {() => void} actions.recolour
 * @param {() => void} actions.help
 */
export function topBar(run, { setZone, recolour, help }) {
  const zone = h('select', { 'aria-label': 'Time zone', title: 'Time zone of all times' }, h('option', { value: 'UTC' }, 'UTC'), h('option', { value: 'local' }, 'Local time'));
  zone.addEventListener('change', () => setZone(zone.value));
  const zonePrinted = h('span', { class: 'on-paper' });
  const title = h('span', { class: 'run' });
  const links = h('nav', { class: 'links', 'aria-label': 'The run elsewhere' });
  const element = h('header', { class: 'top' },
    inside('/', { class: 'brand', 'aria-label': 'prowtrace: all traces' }, icon(), h('span', {}, 'prowtrace')),
    title, links, run.saved ? savedNote(run.saved) : null, zone, zonePrinted, themeButton(recolour),
    h('button', { type: 'button', class: 'icon', title: 'Keys and searches (?)', 'aria-label': 'Help: keys and searches', onclick: help }, '?'));
  const changed = changes();
  return {
    element,
    /** @param {Address} address */
    update(address) {
      if (!changed(address.zone, address.trace, address.q)) return;
      zone.value = address.zone;
      zonePrinted.textContent = `Times in ${zoneName(BigInt(run.start), address.zone)}`;
      // Of several runs, the one whose trace is shown.
      const shown = run.runs.find((r) => r.trace && r.trace === address.trace) ?? run;
      title.replaceChildren(shown.run ? outside(shown.run, shown.title) : h('bdi', {}, shown.title));
      links.replaceChildren(...webLinks(shown.links), ...jaegerLink(run, address));
    },
  };
}

/**
 * What a page in a file says of itself: what it leaves out, and where that is.
 * @param {import('../types').SavedNote} saved
 */
function savedNote({ made, left, open }) {
  return h('details', { class: 'menu saved' }, h('summary', {}, 'Saved page'),
    h('div', { class: 'menu-list' },
      h('p', {}, `Made on ${made.replace('T', ' ').replace('Z', ' UTC')} by prowtrace. It is not in this file:`),
      h('ul', {}, ...left.map((said) => h('li', {}, h('bdi', {}, said)))),
      open ? h('p', {}, 'The run itself has all: ', h('code', {}, open)) : null));
}

/** The icon of the document. */
function icon() {
  const link = document.querySelector('link[rel=icon]');
  return link instanceof HTMLLinkElement ? h('img', { src: link.href, alt: '', width: 18, height: 18 }) : null;
}

/**
 * A link to the same trace in Jaeger, if there is one. What is searched for here is
 * handed on: it may have come in one of Jaeger's links.
 * @param {Run} run
 * @param {Address} address
 */
function jaegerLink({ jaeger }, { trace, q }) {
  if (!jaeger) return [];
  const find = q && `?uiFind=${encodeURIComponent(q)}`;
  return [h('a', { href: jaeger + (trace ? `/trace/${encodeURIComponent(trace)}${find}` : '/search'), target: '_blank', rel: 'noopener noreferrer', class: 'jaeger' }, 'Open in Jaeger')];
}
