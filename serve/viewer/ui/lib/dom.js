// Making elements. Text only ever becomes text: there is no way from a string
// to markup in this page, and the Content-Security-Policy forbids it besides.

import { linkHref } from './place.js';
import { download } from './source.js';

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Makes an element: h('a', { class: 'x', href: '/' }, 'text').
 * Properties that begin with "on" are listeners.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  set(el, props);
  el.append(.../** @type {(Node | string)[]} */ (children.filter((c) => c !== null && c !== undefined && c !== false)));
  return el;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, props = {}, ...children) {
  const el = document.createElementNS(SVG, tag);
  set(el, props);
  el.append(.../** @type {(Node | string)[]} */ (children.filter((c) => c !== null && c !== undefined && c !== false)));
  return el;
}

/**
 * @param {Element} el
 * @param {Record<string, unknown>} props
 */
function set(el, props) {
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) el.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (key === 'href') link(el, String(value));
    else el.setAttribute(key, value === true ? '' : String(value));
  }
}

/**
 * Only addresses of the web and of this server become links.
 * @param {Element} el
 * @param {string} address
 */
function link(el, address) {
  if (/^(https?:\/\/|\/(?!\/)|#|\?)/.test(address)) el.setAttribute('href', address);
}

/**
 * Text from outside, kept from turning the direction of what follows.
 * @param {string} text
 * @param {Record<string, unknown>} [props]
 */
export function bdi(text, props = {}) {
  return h('bdi', props, text);
}

/**
 * A link to another page of this one; see main.js for how it is followed.
 * @param {string} address of the page
 * @param {Record<string, unknown>} props
 * @param {...Child} children
 */
export function inside(address, props, ...children) {
  return h('a', { href: linkHref(address), 'data-inside': true, ...props }, ...children);
}

/**
 * @param {string} href
 * @param {string} text
 */
export function outside(href, text) {
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text);
}

/**
 * A link to an answer, to be saved; nothing where there is no server.
 * @param {string} path below /api/v1/
 * @param {string} text
 */
export function downloadLink(path, text) {
  const address = download(path);
  return address === undefined ? null : h('a', { href: address, download: true }, text);
}

/**
 * @param {import('../types').WebLink[]} links
 */
export function webLinks(links) {
  return links.filter((l) => l.url).map((l) => outside(/** @type {string} */ (l.url), l.text));
}
