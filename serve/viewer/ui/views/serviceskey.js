// Which colour is which service.

import { bdi, h } from '../lib/dom.js';
import { named } from '../lib/format.js';

const SHOWN = 8; // as many as there are colours

/** @param {{ services: string[] }} head of the trace */
export function servicesKey({ services }) {
  return h('span', { class: 'services-key' },
    ...services.slice(0, SHOWN).map((name, i) => h('span', { class: 'key', 'data-service': i % SHOWN }, bdi(named(name)))),
    services.length > SHOWN ? ` and ${services.length - SHOWN} more` : '');
}
