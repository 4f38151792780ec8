// Where the page's own addresses stand: in the path and the search of the browser's. In a
// page that was saved as a file the module of the same shape in saved/ stands in its place.

/**
 * The parts of an address of the page, of the browser's or of a link's.
 * @param {Location | HTMLAnchorElement} at
 * @returns {[path: string, search: string, hash: string]}
 */
export function partsOf(at) {
  return [at.pathname, at.search, at.hash];
}

/** The address that the browser shows. */
export function here() {
  return location.pathname + location.search;
}

/**
 * An address of the page as a link has it.
 * @param {string} address begins with a slash
 */
export function linkHref(address) {
  return address;
}

/**
 * An address of the page for others.
 * @param {string} address
 */
export function linkTo(address) {
  return location.origin + address;
}
