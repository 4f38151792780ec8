// The part of a page that shows one view at a time.

import { h } from '../lib/dom.js';
import { loading, message } from './message.js';

/**
 * @template S
 * @typedef {import('../types').Pane<S>} Pane
 */

/**
 * Shows the pane of the view in the address. A pane is made when it is first
 * shown, which may load its module.
 * @template {import('../types').PageState} S
 * @param {import('../state/store.js').Store<S>} store
 * @param {Record<string, () => Pane<NoInfer<S>> | Promise<Pane<NoInfer<S>>>>} makers by view; "" makes that of unknown views, too
 */
export function paneBox(store, makers) {
  const element = h('div', { class: 'content' });
  /** @type {Map<string, Pane<S>>} */
  const made = new Map();
  /** @type {string | null} */
  let shown = null;

  /**
   * @param {string} view
   * @param {Pane<S>} pane
   */
  function attach(view, pane) {
    made.set(view, pane);
    if (view !== shown) return;
    element.replaceChildren(pane.element);
    pane.update(store.state);
  }

  /** @param {string} view */
  async function open(view) {
    shown = view;
    const pane = made.get(view) ?? makers[view]?.();
    if (!(pane instanceof Promise)) {
      if (pane) attach(view, pane);
      return;
    }
    element.replaceChildren(loading('Loading…'));
    try {
      attach(view, await pane);
    } catch (e) {
      if (view === shown) element.replaceChildren(message(e));
    }
  }

  return {
    element,
    /** @param {S} s */
    update(s) {
      const view = s.address.view in makers ? s.address.view : '';
      if (view !== shown) void open(view);
      else made.get(view)?.update(s);
    },
  };
}
