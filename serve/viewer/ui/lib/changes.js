// Drawing only what changed.

/**
 * Makes a function that tells whether any of its values is another than at the
 * last call. The first call always tells so.
 */
export function changes() {
  /** @type {unknown[] | null} */
  let last = null;
  return (/** @type {unknown[]} */ ...now) => {
    const before = last;
    last = now;
    return before === null || now.some((v, i) => v !== before[i]);
  };
}
