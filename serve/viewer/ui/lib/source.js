// Where answers come from: the server. In a page that was saved as a file the module of
// the same shape in saved/ stands in its place.

import { BASE } from './base.js';

/** Whether there is a server, which answers everything and has downloads. */
export const live = true;

const API = BASE + '/api/v1/';

/**
 * The answer to a question, whatever its status. It throws where nobody answers.
 * @param {string} path below /api/v1/
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export function answer(path, signal) {
  return fetch(API + path, signal ? { signal } : {});
}

/**
 * The text of an answer, which is waited for.
 * @param {string} path
 * @returns {string}
 */
export function answerNow(path) {
  const request = new XMLHttpRequest();
  request.open('GET', API + path, false);
  request.send();
  return request.responseText;
}

/**
 * Where an answer can be downloaded; undefined where it cannot.
 * @param {string} path
 * @returns {string | undefined}
 */
export function download(path) {
  return API + path;
}
