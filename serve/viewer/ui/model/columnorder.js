// The order of a table, as the address has it: a column, after a minus the other
// way around than is usual for it. Pure.

/**
 * @template {string} K
 * @param {readonly K[]} columns
 * @param {NoInfer<K>} usual the column that is sorted by unless the address says otherwise
 * @param {readonly NoInfer<K>[]} rising columns that usually begin with the smallest
 */
export function ordering(columns, usual, rising) {
  /** @param {string} order */
  function parse(order) {
    const by = columns.find((c) => c === order.replace('-', '')) ?? usual;
    return { by, up: rising.includes(by) !== order.startsWith('-') };
  }
  return {
    parse,
    /**
     * The order after a click on a column: the second one turns it around.
     * @param {string} order
     * @param {K} column
     */
    clicked(order, column) {
      const now = parse(order);
      const next = column === now.by && now.up === parse(column).up ? '-' + column : column;
      return next === usual ? '' : next;
    },
  };
}
