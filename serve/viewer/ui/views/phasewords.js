// What is said of the rows of two runs.

import { duration } from '../lib/format.js';

/** @typedef {import('../types').Phases} Phases */

const NOISE = 0.02; // of the longer one

/**
 * How much longer something took.
 * @param {number | undefined} here ns
 * @param {number | undefined} there
 * @returns {string}
 */
export function apart(here, there) {
  if (here === undefined || there === undefined) return here === undefined ? 'only in the other' : 'only in this run';
  const by = Math.abs(here - there);
  const [long, short] = [Math.max(here, there), Math.min(here, there)];
  if (by <= long * NOISE) return 'as long';
  const times = short > 0 && long / short >= 1.95 ? `, ${(long / short).toPrecision(2).replace(/\.0$/, '')}×` : '';
  return `${duration(by)} ${here > there ? 'longer' : 'shorter'}${times.includes('e') ? '' : times}`;
}

/**
 * What is said of the difference of a row; of a band whose phase the other run has elsewhere
 * also that.
 * @param {Phases} d
 * @param {number} i
 */
export function rowWords(d, i) {
  const band = d.bands[i];
  const r = d.rows[i];
  if (!r) return '';
  if (band?.here?.moved !== undefined) return `in the other at another place: ${apart(band.here.took, band.here.moved)}`;
  if (band?.there?.moved !== undefined) return `in this run at another place: ${apart(band.there.moved, band.there.took)}`;
  return apart((band?.here ?? r.here)?.took, (band?.there ?? r.there)?.took);
}

/**
 * @param {Phases} d
 * @param {number} i the number of a band
 */
export function bandName(d, i) {
  const name = d.bands[i]?.name ?? '';
  return name !== '' ? name : d.bands.length === 1 ? 'the whole run' : 'before the phases';
}
