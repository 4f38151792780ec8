// What a page holds of a trace to begin with.

import { palette } from '../lib/theme.js';
import { errorsOf } from '../model/errors.js';
import { AT_FIRST } from '../model/expansion.js';
import { firstScreen } from '../model/firstscreen.js';
import { UNASKED } from './loader.js';

/**
 * The state of a trace before anything is asked.
 * @param {import('../types').Model} model whole, or a first screen
 */
export function traceState(model) {
  return {
    model, window: { from: 0, to: model.length }, expansion: AT_FIRST,
    ...(model.whole ? { errors: errorsOf(model), closed: new Uint8Array(model.n), lines: new Int32Array(0), rows: 0 } : firstScreen(model)),
    focus: { line: 0 }, matches: UNASKED, marked: null, kept: null, critical: new Map(), texts: { get: () => undefined }, detail: null, span: UNASKED,
    colours: palette(), events: UNASKED, spans: UNASKED, spanTexts: UNASKED, comparison: UNASKED, difference: UNASKED, phases: UNASKED, logDifference: UNASKED, candidates: UNASKED,
    logs: UNASKED, logErrors: UNASKED, mark: -1,
    judgement: null, stops: [], step: { at: -1 },
  };
}
