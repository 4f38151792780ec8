// The frame of the page: it shows the page of the run or of a trace, as the
// address says.

import { json } from './lib/api.js';
import { h } from './lib/dom.js';
import { partsOf } from './lib/place.js';
import { applyTheme } from './lib/theme.js';
import { inZone, other, parse } from './state/address.js';
import { Navigation } from './state/navigation.js';
import { message } from './views/message.js';
import { toast } from './views/toast.js';
import { topBar } from './views/topbar.js';
import { tracePage } from './views/tracepage.js';

/** @typedef {import('./types').Address} Address */
/** @typedef {import('./types').Run} Run */

/**
 * A page that is shown: told of addresses, keys and colours until it is left.
 * @typedef {object} PageOfApp
 * @property {Node} element
 * @property {(address: Address) => boolean} shows whether it is the page of an address
 * @property {(address: Address) => void} follow shows another address of this page
 * @property {(e: KeyboardEvent) => boolean} key tells whether a key meant something
 * @property {() => void} recolour takes the colours of another theme
 * @property {() => void} leave
 */

/**
 * What a page is given of the frame.
 * @typedef {object} App
 * @property {Run} run
 * @property {Navigation} navigation
 * @property {(text: string) => void} say tells what happened, to eyes and ears
 * @property {(title: string) => void} title
 */

applyTheme();
void start();

async function start() {
  document.body.append(h('p', { class: 'loading', role: 'status' }, 'Loading…'));
  try {
    show(await json('run'));
  } catch (e) {
    document.body.replaceChildren(h('main', {}, message(e)));
  }
}

/** @param {Run} run */
function show(run) {
  const main = h('main', { id: 'main', tabindex: '-1' });
  const live = toast();
  /** @type {PageOfApp | null} */
  let page = null;
  const navigation = new Navigation(() => follow());
  /** @type {App} */
  const app = { run, navigation, say: live.say, title: (title) => (document.title = title) };
  const setZone = (/** @type {string} */ zone) => navigation.go(inZone(navigation.address, zone), 'replace');
  const bar = topBar(run, { setZone, recolour: () => page?.recolour(), help });

  /**
   * To the content, without a change of the address: its fragment may say what is shown.
   * @param {Event} e
   */
  function skip(e) {
    e.preventDefault();
    main.focus();
  }

  function follow() {
    const { address } = navigation;
    bar.update(address);
    if (page?.shows(address)) {
      page.follow(address);
      return;
    }
    page?.leave();
    page = null;
    void open(address.trace === '').catch((e) => main.replaceChildren(message(e)));
  }

  /** @param {boolean} ofRun whether it is the page of the run, or of a trace */
  async function open(ofRun) {
    const make = ofRun ? (await import('./views/runpage.js')).runPage : tracePage;
    if (page || (navigation.address.trace === '') !== ofRun) return; // the visitor has gone on
    page = make(app);
    main.replaceChildren(page.element);
  }

  document.body.replaceChildren(h('a', { class: 'skip', href: '#main', onclick: skip }, 'To the content'), bar.element, main, live.element);
  followLinks(navigation);
  document.addEventListener('keydown', (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
    const typing = e.target instanceof HTMLElement && e.target.matches('input:not([type=checkbox]), select, textarea');
    if (typing && e.key !== 'Escape') return;
    if (page?.key(e) || general(e.key, app, main)) e.preventDefault();
  });
  follow();
}

async function help() {
  (await import('./views/help.js')).showHelp();
}

/**
 * Follows links to other pages of this one without loading it anew.
 * @param {Navigation} navigation
 */
function followLinks(navigation) {
  document.addEventListener('click', (e) => {
    const a = e.target instanceof Element ? e.target.closest('a[data-inside]') : null;
    if (!(a instanceof HTMLAnchorElement) || e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    const [path, search] = partsOf(a);
    navigation.go(inZone(parse(path, search), navigation.address.zone), 'push');
    scrollTo(0, 0);
  });
}

/**
 * The keys that mean the same on every page.
 * @param {string} key
 * @param {App} app
 * @param {HTMLElement} main
 */
function general(key, { navigation, say }, main) {
  const { address } = navigation;
  switch (key) {
    case '?':
      void help();
      return true;
    case 't': {
      const zone = address.zone === 'UTC' ? 'local' : 'UTC';
      navigation.go(inZone(address, zone), 'replace');
      say(`Times are in ${zone === 'UTC' ? 'UTC' : 'local time'}`);
      return true;
    }
    case 'Backspace':
      if (address.trace) navigation.go(other(address, {}), 'push');
      return true;
    case '/': {
      const find = main.querySelector('input[type=search]');
      if (find instanceof HTMLInputElement) find.focus();
      return true;
    }
  }
  return false;
}
