// What this browser remembers of its visitor's choices.

/** @param {string} name */
export function preferred(name) {
  try {
    return localStorage.getItem('prowtrace.' + name);
  } catch {
    return null;
  }
}

/**
 * Keeps a choice, where the browser lets us.
 * @param {string} name
 * @param {string} value
 */
export function prefer(name, value) {
  try {
    localStorage.setItem('prowtrace.' + name, value);
  } catch {
    // private windows and full disks: the choice lasts as long as the page
  }
}
