// The frame of the page: what address means what view, and the bar on top.

import { json } from './lib/api.js';
import { h, inside, outside, webLinks } from './lib/dom.js';
import { zoneName } from './lib/format.js';
import { applyTheme, themeButton } from './lib/theme.js';
import { format, other, parse } from './state/address.js';
import { showHelp } from './views/help.js';
import { message } from './views/message.js';
import { runPage } from './views/runpage.js';
import { tracePage } from './views/tracepage.js';

/** @typedef {import('./types').State} State */
/** @typedef {import('./types').Run} Run */

/**
 * A page that is shown: told of new states, keys and colours until it is left.
 * @typedef {object} Page
 * @property {Node} element
 * @property {(s: State) => boolean} update shows another state; false when that needs another page
 * @property {(e: KeyboardEvent) => boolean} [key]
 * @property {() => void} [recolour]
 * @property {() => void} leave
 */

/**
 * What pages may ask of the frame.
 * @typedef {object} App
 * @property {Run} run
 * @property {() => State} state
 * @property {(s: State, how: 'push' | 'replace') => void} go changes the address and shows it
 * @property {(s: State) => void} note changes the address only: the page shows it already
 * @property {(text: string) => void} say tells what happened, to eyes and ears
 * @property {(title: string) => void} title
 */

applyTheme();
const main = h('main', { id: 'main', tabindex: '-1' });
const live = h('div', { class: 'toast', role: 'status', 'aria-live': 'polite' });
/** @type {State} */
let state = parse(location.pathname, location.search);
/** @type {Page | null} */
let page = null;
let timer = 0;

start();

async function start() {
  document.body.append(h('p', { class: 'loading', role: 'status' }, 'Loading…'));
  /** @type {Run} */
  let run;
  try {
    run = await json('run');
  } catch (e) {
    document.body.replaceChildren(h('main', {}, message(e)));
    return;
  }
  const app = newApp(run);
  document.body.replaceChildren(h('a', { class: 'skip', href: '#main' }, 'To the content'), topBar(app), main, live);
  listen(app);
  show(app);
}

/**
 * @param {Run} run
 * @returns {App}
 */
function newApp(run) {
  /** @type {App} */
  const app = {
    run,
    state: () => state,
    go(s, how) {
      if (timer) write(); // what is gone back to is what was last seen
      const address = format(s);
      if (address !== location.pathname + location.search) history[how === 'push' ? 'pushState' : 'replaceState'](null, '', address);
      state = s;
      show(app);
    },
    note(s) {
      state = s;
      clearTimeout(timer); // browsers refuse more than a few changes a second
      timer = setTimeout(write, 200);
    },
    say(text) {
      live.textContent = text;
      live.classList.add('on');
      clearTimeout(fading);
      fading = setTimeout(() => live.classList.remove('on'), 4000);
    },
    title(title) {
      document.title = title;
    },
  };
  return app;
}
let fading = 0;

function write() {
  clearTimeout(timer);
  timer = 0;
  history.replaceState(null, '', format(state));
}

/** @param {App} app */
function show(app) {
  zone.value = state.zone;
  zonePrinted.textContent = `Times in ${zoneName(BigInt(app.run.start), state.zone)}`;
  if (app.run.jaeger) jaeger.href = app.run.jaeger + (state.trace ? `/trace/${encodeURIComponent(state.trace)}` : '/search');
  // Of several runs, the one whose trace is shown.
  const of = app.run.runs.find((r) => r.trace && r.trace === state.trace) ?? app.run;
  title.replaceChildren(of.run ? outside(of.run, of.title) : h('bdi', {}, of.title));
  links.replaceChildren(...webLinks(of.links), ...(app.run.jaeger ? [jaeger] : []));
  if (page?.update(state)) return;
  page?.leave();
  page = state.trace ? tracePage(app, state) : runPage(app, state);
  main.replaceChildren(page.element);
}

const zonePrinted = h('span', { class: 'on-paper' });
const zone = h('select', { 'aria-label': 'Time zone', title: 'Time zone of all times' },
  h('option', { value: 'UTC' }, 'UTC'), h('option', { value: 'local' }, 'Local time'));

const title = h('span', { class: 'run' });
const links = h('nav', { class: 'links', 'aria-label': 'The run elsewhere' });
/** Leads to the same trace, wherever the visitor is. */
const jaeger = h('a', { target: '_blank', rel: 'noopener noreferrer', class: 'jaeger' }, 'Open in Jaeger');

/** @param {App} app */
function topBar(app) {
  zone.addEventListener('change', () => app.go({ ...state, zone: zone.value }, 'replace'));
  const help = h('button', { type: 'button', class: 'icon', title: 'Keys and searches (?)', 'aria-label': 'Help: keys and searches', onclick: showHelp }, '?');
  return h('header', { class: 'top' },
    inside('/', { class: 'brand', 'aria-label': 'prowtrace: all traces' }, h('img', { src: '/ui/icon.svg', alt: '', width: 18, height: 18 }), h('span', {}, 'prowtrace')),
    title, links,
    zone, zonePrinted, themeButton(() => page?.recolour?.()), help);
}

/** @param {App} app */
function listen(app) {
  addEventListener('popstate', () => {
    clearTimeout(timer);
    timer = 0;
    state = parse(location.pathname, location.search);
    show(app);
  });
  document.addEventListener('click', (e) => {
    const a = e.target instanceof Element ? e.target.closest('a[data-inside]') : null;
    if (!(a instanceof HTMLAnchorElement) || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    const to = parse(a.pathname, a.search);
    app.go({ ...to, zone: state.zone }, 'push');
    scrollTo(0, 0);
  });
  document.addEventListener('keydown', (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
    const typing = e.target instanceof HTMLElement && e.target.matches('input:not([type=checkbox]), select, textarea');
    if (typing && e.key !== 'Escape') return;
    if (page?.key?.(e) || general(app, e)) e.preventDefault();
  });
}

/**
 * @param {App} app
 * @param {KeyboardEvent} e
 */
function general(app, e) {
  switch (e.key) {
    case '?':
      showHelp();
      return true;
    case 't':
      app.go({ ...state, zone: state.zone === 'UTC' ? 'local' : 'UTC' }, 'replace');
      app.say(`Times are in ${state.zone === 'UTC' ? 'UTC' : 'local time'}`);
      return true;
    case 'Backspace':
      if (state.trace) app.go(other(state, {}), 'push');
      return true;
    case '/': {
      const find = main.querySelector('input[type=search]');
      if (find instanceof HTMLInputElement) find.focus();
      return true;
    }
  }
  return false;
}
