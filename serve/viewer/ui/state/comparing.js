// Asking how two traces stand beside each other, in the way that the address says.

import { logNamed, parseLog } from '../model/loglines.js';
import { settled } from './loader.js';

/** @typedef {{ path: string, state: import('../types').TraceState }} Store */
/** @typedef {Record<'comparison' | 'difference' | 'phases' | 'logs' | 'logDifference', import('./loader.js').Loader<any>>} Loaders */

/**
 * @param {Store} store
 * @param {Loaders} loaders
 */
export function askComparison(store, loaders) {
  const { order, compare } = store.state.address;
  const other = encodeURIComponent(compare);
  if (order === 'changes') void loaders.difference.ask(`${store.path}diff?with=${other}`);
  else if (order === 'phases') void loaders.phases.ask(`${store.path}phases?with=${other}`);
  else if (order === 'logs') {
    void loaders.logs.ask(`${store.path}logs`);
    askLogDifference(store, loaders);
  } else void loaders.comparison.ask(`${store.path}compare?with=${other}`);
}

/**
 * Asks how the logs of the address stand beside each other, when it is known what logs there
 * are; the first of them is that to begin with.
 * @param {Store} store
 * @param {Loaders} loaders
 */
export function askLogDifference({ path, state: { address, logs, logDifference } }, loaders) {
  if (address.compare === '' || !settled(logs) || !logs.value?.logs.length) return;
  const log = logNamed(logs.value.logs, parseLog(address.log).name);
  const other = parseLog(address.olog).name;
  const { value } = logDifference;
  if (value && value.here.name === log && value.there.name === other && value.there.trace === address.compare) return;
  void loaders.logDifference.ask(`${path}log/diff?${new URLSearchParams({ log, with: address.compare, ...(other ? { other } : {}) })}`);
}
