// State that is changed in one place, and those who are told of it.

/**
 * Holds a state as a value: changes make another object, and parts that stay are
 * the same objects.
 * @template {object} S
 */
export class Store {
  /** @type {S} */
  #state;
  /** @type {Set<(s: S) => void>} */
  #listeners = new Set();
  #changing = 0;
  #changed = false;

  /** @param {S} state */
  constructor(state) {
    this.#state = state;
  }

  get state() {
    return this.#state;
  }

  /** @param {(s: S) => void} listener told of each state from now on */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** @param {Partial<S>} change */
  set(change) {
    this.batch(() => {
      this.#state = { ...this.#state, ...change };
      this.#changed = true;
    });
  }

  /**
   * Makes several changes and tells of them once.
   * @param {() => void} act
   */
  batch(act) {
    this.#changing++;
    try {
      act();
    } finally {
      this.#changing--;
    }
    if (this.#changing > 0 || !this.#changed) return;
    this.#changed = false;
    for (const listener of this.#listeners) listener(this.#state);
  }
}
