// Where the addresses of a page in a file stand: in the fragment, because its path is that of
// the file. It stands in the place of lib/place.js.

/** What the page begins with. */
const BEGIN = document.documentElement.dataset.begin ?? '/';

/**
 * The parts of an address of the page, of the browser's or of a link's. A fragment that is
 * no address may be lines of a log, as in links of Prow's.
 * @param {Location | HTMLAnchorElement} at
 * @returns {[path: string, search: string, hash: string]}
 */
export function partsOf({ hash }) {
  const own = hash.startsWith('#/');
  const address = own ? hash.slice(1) : BEGIN;
  const search = address.indexOf('?');
  return [search < 0 ? address : address.slice(0, search), search < 0 ? '' : address.slice(search), own ? '' : hash];
}

/** The address that the browser shows. */
export function here() {
  return location.hash.slice(1);
}

/**
 * An address of the page as a link has it.
 * @param {string} address begins with a slash
 */
export function linkHref(address) {
  return '#' + address;
}

/**
 * An address of the page for others.
 * @param {string} address
 */
export function linkTo(address) {
  return location.href.replace(/#.*$/s, '') + linkHref(address);
}
