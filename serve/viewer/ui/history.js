// The page of a history: what the last runs of jobs tell, the worst job first.

import { Failure, json } from './lib/api.js';
import { bdi, h } from './lib/dom.js';
import { count, counted } from './lib/format.js';
import { partsOf } from './lib/place.js';
import { applyTheme } from './lib/theme.js';
import { shortNames } from './model/history.js';
import { followKeys } from './views/historystrip.js';
import { historyBar } from './views/historybar.js';
import { showHistoryHelp } from './views/historyhelp.js';
import { jobSection } from './views/historyjob.js';
import { Tip } from './views/historytip.js';
import { when } from './views/historywords.js';
import { toast } from './views/toast.js';

/** @typedef {import('./historytypes').History} History */
/** @typedef {{ n: number, zone: string }} Shown what the address says: how many runs (0: all), and the zone of times */

applyTheme();
const live = toast();
const main = h('main', { id: 'main', tabindex: '-1' });
const tip = new Tip(main);
followKeys(main);
document.addEventListener('keydown', key);
/** What is drawn. @type {Shown | undefined} */
let drawn;
addEventListener('popstate', () => {
  const { n, zone } = shown();
  if (n !== drawn?.n || zone !== drawn.zone) void open(); // else it is a link within the page
});
void open();

function shown() {
  const p = new URLSearchParams(location.search);
  return { n: Math.max(0, Math.floor(Number(p.get('n'))) || 0), zone: p.get('zone') === 'local' ? 'local' : 'UTC' };
}

/** @param {Partial<Shown>} to */
function go(to) {
  const { n, zone } = { ...shown(), ...to };
  const p = new URLSearchParams({ ...(n > 0 ? { n: String(n) } : {}), ...(zone === 'local' ? { zone } : {}) });
  window.history.replaceState(null, '', `${location.pathname}${p.size > 0 ? '?' + p : ''}${location.hash}`);
  void open();
}

async function open() {
  const { n, zone } = shown();
  try {
    if (partsOf(location)[0] !== '/') throw new Failure('There is no such page', 'The history is at the address that prowtrace printed.', 404);
    draw(await json(`history?n=${n}`), { n, zone });
  } catch (e) {
    document.body.replaceChildren(h('main', {}, h('section', { class: 'message', role: 'alert' }, h('h1', {}, e instanceof Error ? e.message : String(e)), e instanceof Failure ? h('p', {}, e.next) : null)));
  }
}

/**
 * @param {History} history
 * @param {Shown} o
 */
function draw(history, { n, zone }) {
  const { jobs } = history;
  drawn = { n, zone };
  for (const j of jobs) {
    const short = shortNames(j.runs.map((r) => r.build));
    for (const r of j.runs) r.short = short.get(r.build) ?? r.build;
  }
  const focus = focused();
  tip.hide();
  const ids = new Map(jobs.map((j, i) => [j.job, `job-${i + 1}`]));
  const link = (/** @type {string} */ job) => (ids.has(job) ? h('a', { href: '#' + ids.get(job) }, bdi(job)) : bdi(job));
  const setZone = (/** @type {string} */ z) => go({ zone: z });
  const bar = historyBar(history, { n: n || history.most, zone, link, setRuns: (runs) => go({ n: runs === history.most ? 0 : runs }), setZone, say: live.say, help: showHistoryHelp });
  main.replaceChildren(
    ...(jobs.length > 1 ? [h('h1', {}, jobsSaid(history))] : []), ...systemic(history, zone, link),
    ...jobs.map((j, i) => jobSection(j, { id: `job-${i + 1}`, alone: jobs.length === 1, zone, tip, link })));
  document.title = `${jobs.length === 1 ? `${jobs[0]?.title} · ${jobs[0]?.job}` : jobsSaid(history)} · prowtrace`;
  if (!document.body.contains(main)) {
    document.body.append(h('a', { class: 'skip', href: '#main' }, 'To the content'), bar, main, live.element);
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } else document.querySelector('header.top')?.replaceWith(bar);
  focus()?.focus();
}

/** Gives a function that finds what has the focus now when the page has been drawn anew. */
function focused() {
  const at = document.activeElement;
  const find = (/** @type {string} */ selector) => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))];
  const selector = ['.sq', 'header.top *', 'section.job'].find((s) => at?.matches(s));
  if (!selector || !(at instanceof HTMLElement)) return () => undefined;
  const i = find(selector).indexOf(at);
  return () => find(selector)[i];
}

/** What is said of a verdict, behind a number of jobs. */
const VERDICTS = new Map([['new', 'with a new failure'], ['one change', 'failing in one change'], ['once', 'failed once'], ['healthy', 'passing'], ['unknown', 'without a result']]);

/** @param {History} history */
function jobsSaid({ jobs }) {
  /** @type {Map<string, number>} */
  const verdicts = new Map();
  for (const j of jobs) verdicts.set(j.verdict, (verdicts.get(j.verdict) ?? 0) + 1);
  return `${counted(jobs.length, 'job')}: ${[...verdicts].map(([v, k]) => `${count(k)} ${VERDICTS.get(v) ?? v}`).join(', ')}`;
}

/**
 * @param {History} history
 * @param {string} zone
 * @param {(job: string) => Node} link
 */
function systemic(history, zone, link) {
  return history.systemic.map((s) => h('p', { class: 'banner', role: 'note' }, h('b', {}, `Systemic: ${s.title}`), ` in ${counted(s.jobs.length, 'job')}, ${counted(s.count, 'run')}, `,
    s.first === s.last ? when(s.first, zone) : `${when(s.first, zone)} to ${when(s.last, zone)}`, ': ', ...s.jobs.flatMap((j, i) => (i > 0 ? [', ', link(j)] : [link(j)])), '.'));
}

/** @param {KeyboardEvent} e */
function key(e) {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
  if (e.target instanceof HTMLElement && e.target.matches('select')) return;
  if (e.key === '?') showHistoryHelp();
  else if (e.key === 't') go({ zone: shown().zone === 'UTC' ? 'local' : 'UTC' });
  else if (e.key === 'j' || e.key === 'k') step(e.key === 'j' ? 1 : -1);
  else return;
  e.preventDefault();
}

/**
 * Goes to the next job, or the one before.
 * @param {number} by
 */
function step(by) {
  const jobs = [...document.querySelectorAll('section.job')];
  const at = jobs.findIndex((j) => j.contains(document.activeElement));
  const to = jobs[Math.min(jobs.length - 1, Math.max(0, at + by))];
  if (to instanceof HTMLElement) to.focus();
}
