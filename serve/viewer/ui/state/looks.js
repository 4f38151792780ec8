// Looking again at a log that is still written, while the page is on the screen.

/** @typedef {import('../types').LogHead} LogHead */

const LOOK = 5000; // ms between looks; more while it does not grow
const LOOK_MOST = 30_000;

export class Looks {
  #look;
  #grew;
  #timer = 0;
  #size = 0;
  /**
   * A parameter that tells questions about a log that has grown from those before.
   * @type {{ now?: string }}
   */
  version = {};

  /**
   * @param {() => Promise<LogHead>} look asks for the log as it is now
   * @param {(head: LogHead) => void} grew hears of a log that is longer, or has ended
   */
  constructor(look, grew) {
    this.#look = look;
    this.#grew = grew;
  }

  /**
   * Looks at a log until it has ended.
   * @param {LogHead} head as it is known
   * @param {AbortSignal} signal
   */
  start(head, signal) {
    if (this.version.now) return; // it goes on
    this.stop();
    this.#size = head.size;
    if (head.growing) this.#later(LOOK, signal);
    signal.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  /** Another log is shown. */
  stop() {
    clearTimeout(this.#timer);
    this.version = {};
  }

  /**
   * @param {number} pause
   * @param {AbortSignal} signal
   */
  #later(pause, signal) {
    this.#timer = setTimeout(async () => {
      const now = document.hidden ? null : await this.#look().catch(() => null);
      if (signal.aborted) return;
      const grown = now !== null && now.size !== this.#size;
      this.#size = now?.size ?? this.#size;
      if (now && (grown || !now.growing)) {
        this.version = { now: `${now.size}${now.growing ? '' : '-whole'}` };
        this.#grew(now);
      }
      if (!now || now.growing) this.#later(grown ? LOOK : Math.min(pause * 1.5, LOOK_MOST), signal);
    }, pause);
  }
}

/**
 * Where a visitor is in a log that has grown: who was at its end is at its new end.
 * @param {import('../types').LogState} state
 * @param {LogHead} head of the log as it is now
 * @returns {import('../types').LogState['focus']}
 */
export function followed({ focus, head }, { lines }) {
  return focus.line > 0 && focus.line === head.value?.lines ? { line: lines, how: 'near' } : focus;
}
