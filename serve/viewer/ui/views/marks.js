// Marks of lines: errors, and what is odd about them.

import { h } from '../lib/dom.js';

/** @typedef {import('../types').Sign} Sign */

/**
 * The signs of the flags of a line.
 * @param {import('../types').Run} run
 * @param {number} flags
 * @returns {Sign[]}
 */
export function signsOf(run, flags) {
  if (flags === 0) return [];
  // Most lines of a job have a parent by time: a sign for it leaves room for their names.
  return run.marks.filter((k) => flags & k.bit && k.flag !== 'outside-parent').map((k) => ({ sign: k.flag === 'inferred' ? '≈' : k.text, text: k.text, means: k.means }));
}

/**
 * A mark of a line, with its meaning for those who point at it and its words
 * for those who hear it.
 * @param {Sign} k
 */
export function signMark({ sign, text, means }) {
  if (sign === text) return h('span', { class: 'mark-odd', title: means }, text);
  return h('span', { class: 'mark-sign', title: `${text}: ${means}` }, h('span', { 'aria-hidden': 'true' }, sign), h('span', { class: 'vh' }, text));
}

/**
 * The mark of a span with an error of its own.
 * @param {boolean} good whether the error was made good
 */
export function errorMark(good) {
  const means = good ? 'This span has an error that was made good: the same operation on the same target went well later' : 'This span has an error';
  return h('span', { class: good ? 'mark-error good' : 'mark-error', title: means },
    h('span', { 'aria-hidden': 'true' }, '✕'), h('span', { class: 'vh' }, good ? 'error, made good' : 'error'));
}

/**
 * The mark of an error in a list.
 * @param {string} means
 */
export function errorSign(means) {
  return h('span', { class: 'mark-error', title: means }, '✕');
}

/** What a flaky test is, for the words beside its mark. */
const FLAKY = 'flaky: passed when tried again';

/** The mark of a flaky test. Those who hear the line hear what is said of it. */
export function flakyMark() {
  return h('span', { class: 'mark-odd', title: FLAKY, 'aria-hidden': 'true' }, 'flaky');
}

/**
 * What is said of a line beside its name.
 * @param {import('../types').LineText | undefined} t
 * @param {string} [message] of the line, or of the error under it
 */
export function saidOf(t, message) {
  return [message, t?.flaky && FLAKY, t?.hint].filter(Boolean).join(' · ');
}
