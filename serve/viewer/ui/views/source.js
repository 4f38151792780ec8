// Where a span was read, and what it is there.

import { bdi, downloadLink, h, outside } from '../lib/dom.js';
import { bytes, count } from '../lib/format.js';
import { spanJSON } from '../state/spanjson.js';
import { part } from './fields.js';

const SHOWN = 200_000; // characters of JSON

/**
 * @param {import('../types').Detail} d
 * @param {string} path of the span
 */
export function sources(d, path) {
  return part('Source', bytes(d.bytes), false, h('ul', { class: 'd-sources' }, ...d.sources.map((s) =>
    h('li', {}, s.url ? outside(s.url, s.file) : bdi(s.file), h('span', { class: 'dim' }, ` at byte ${count(s.offset)}`)))),
    h('p', {}, downloadLink(`${path}/raw`, 'Download the encoded span')));
}

/**
 * The span as OTLP JSON, asked for when it is opened.
 * @param {import('../state/tracestore.js').TraceStore} store
 */
export function encodedJSON(store) {
  const pre = h('pre', { class: 'value' }, 'Loading…');
  const element = part('OTLP JSON', '', false, pre);
  let asked = false;
  element.addEventListener('toggle', async () => {
    if (!element.open || asked) return;
    asked = true;
    try {
      const all = await spanJSON(store);
      pre.textContent = all.length > SHOWN ? all.slice(0, SHOWN) + '…' : JSON.stringify(JSON.parse(all), null, 2);
    } catch (e) {
      pre.textContent = e instanceof Error ? e.message : String(e);
    }
  });
  return element;
}
