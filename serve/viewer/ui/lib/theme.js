// Light, dark, or as the system has it.

import { h } from './dom.js';
import { prefer, preferred } from './preferences.js';

const THEMES = /** @type {const} */ (['system', 'light', 'dark']);
const SIGNS = { system: '◐', light: '☀', dark: '☾' };

/** @returns {typeof THEMES[number]} */
function current() {
  const t = preferred('theme');
  return t === 'light' || t === 'dark' ? t : 'system';
}

/** Applies what was chosen before. */
export function applyTheme() {
  document.documentElement.dataset.theme = current();
}

/**
 * The button that goes through the themes.
 * @param {() => void} changed called when colours are other ones
 */
export function themeButton(changed) {
  const button = h('button', { class: 'icon', type: 'button' });
  const show = () => {
    const t = current();
    button.textContent = SIGNS[t];
    button.title = `Colours: ${t}`;
    button.setAttribute('aria-label', `Colours: ${t}. Change`);
  };
  button.addEventListener('click', () => {
    prefer('theme', THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length] ?? 'system');
    applyTheme();
    show();
    changed();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  show();
  return button;
}

/**
 * The colours that canvases draw with, from the style sheet.
 * @returns {import('../types').Palette}
 */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const get = (/** @type {string} */ name) => style.getPropertyValue('--' + name).trim();
  return {
    services: Array.from({ length: 8 }, (_, i) => get('s' + i)),
    error: get('error-bar'), text: get('text'), dim: get('dim'), faint: get('faint'), grid: get('grid'), line: get('line'),
    accent: get('accent'), paper: get('paper'), critical: get('critical'),
  };
}
