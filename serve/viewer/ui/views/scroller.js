// Scrolling through rows of one height, also through more of them than an
// element of a browser can be high.

const LARGEST = 8_000_000; // px; browsers stop at some 16 to 33 million

export class Scroller {
  #rows = 0;
  #brought = 0; // where the area was scrolled to from here

  /**
   * @param {HTMLElement} area what scrolls
   * @param {HTMLElement} space in it, as high as all rows
   * @param {number} row px of each
   * @param {number} head px of what stands above them
   */
  constructor(area, space, row, head) {
    this.area = area;
    this.space = space;
    this.row = row;
    this.head = head;
  }

  /** @param {number} n rows that there are */
  setRows(n) {
    this.#rows = n;
    this.space.style.height = `${Math.min(this.#full, LARGEST)}px`;
  }

  /** How many rows fit. */
  get fits() {
    return Math.max(1, Math.ceil((this.area.clientHeight - this.head) / this.row));
  }

  /** The px of the rows that are scrolled away. */
  get top() {
    const range = this.#range;
    return this.#full <= LARGEST || range <= 0 ? this.area.scrollTop : (this.area.scrollTop / range) * (this.#full - this.area.clientHeight);
  }

  /** @param {number} k the row to bring onto the screen */
  reveal(k) {
    const y = k * this.row;
    const height = this.area.clientHeight - this.head;
    const { top } = this;
    if (y < top) this.scrollTo(Math.max(y - this.row * 2, 0));
    else if (y + this.row > top + height) this.scrollTo(y - height + this.row * 3);
  }

  /** @param {number} k the row to bring to the top, below one other */
  bring(k) {
    this.scrollTo(Math.max((k - 1) * this.row, 0));
  }

  /** Whether the area stands where nobody has brought it but the visitor. */
  get byHand() {
    return this.area.scrollTop !== this.#brought;
  }

  get #full() {
    return this.#rows * this.row + this.head;
  }

  get #range() {
    return this.space.offsetHeight - this.area.clientHeight;
  }

  /** @param {number} y px of the rows to scroll away */
  scrollTo(y) {
    this.area.scrollTop = this.#full <= LARGEST ? y : (y / Math.max(this.#full - this.area.clientHeight, 1)) * this.#range;
    this.#brought = this.area.scrollTop;
  }
}
