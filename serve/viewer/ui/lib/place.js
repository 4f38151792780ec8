// Where the page's own addresses stand: in the path and the search of the browser's. In a
// page that was saved as a file the module of the same shape in saved/ stands in its place.

import { BASE } from './base.js';

/**
 * The parts of an address of the page, of the browser's or of a link's.
 * @param {Location | HTMLAnchorElement} at
 * @returns {[path: string, search: string, hash: string]}
 */
export function partsOf(at) {
  return [own(at.pathname), at.search, at.hash];
}

/**
 * A path without what stands before the page's own addresses.
 * @param {string} path
 */
function own(path) {
  return BASE && (path === BASE || path.startsWith(BASE + '/')) ? path.slice(BASE.length) || '/' : path;
}

/** The address that the browser shows. */
export function here() {
  return own(location.pathname) + location.search;
}

/**
 * An address of the page as a link has it.
 * @param {string} address begins with a slash
 */
export function linkHref(address) {
  return BASE + address;
}

/**
 * An address of the page for others.
 * @param {string} address
 */
export function linkTo(address) {
  return location.origin + linkHref(address);
}
