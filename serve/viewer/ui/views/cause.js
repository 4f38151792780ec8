// The panel of findings: what broke first, how that is known, what to do, what else,
// and where the time went.

import { changes } from '../lib/changes.js';
import { bdi, h } from '../lib/dom.js';
import { clock, duration } from '../lib/format.js';
import { hasCause, nanos, novelty, resultWord } from '../model/judgement.js';
import { followJudgement } from '../state/findings.js';
import { chainOf } from './chain.js';
import { furtherOf } from './further.js';
import { timeOf } from './timewent.js';

/** @typedef {import('../types').Judgement} Judgement */
/** @typedef {import('../types').TraceState} TraceState */
/** @typedef {import('../state/tracestore.js').TraceStore} TraceStore */

/**
 * Fills the room of the panel, and keeps it filled.
 * @param {TraceStore} store
 * @param {HTMLElement} element
 */
export function causePanel(store, element) {
  const button = h('button', { type: 'button', class: 'icon small cause-fold', onclick: () => fold() });
  const changed = changes();
  /** @type {ReturnType<typeof chainOf> | null} */
  let chain = null;
  /** @type {boolean | null} */
  let byHand = null; // whether it is folded, as the visitor wants it
  let away = false; // the trace is scrolled
  let wrong = '';

  followJudgement(store).catch((e) => {
    if (store.ended.aborted) return;
    wrong = e instanceof Error ? e.message : String(e);
    update(store.state);
  });

  /** @param {TraceState} s */
  function update(s) {
    if (changed(s.judgement, s.address.zone, wrong)) draw(s);
    chain?.update(s);
    show(s);
  }

  /** @param {TraceState} s */
  function draw(s) {
    const { judgement: j, address, model } = s;
    element.setAttribute('aria-busy', String(!j?.final && wrong === ''));
    chain = j?.summary?.findings[0] ? chainOf(store, s) : null;
    const awaited = j?.summary || j?.final || wrong ? [] : [h('div', { class: 'awaited', 'aria-hidden': 'true' })];
    const focused = document.activeElement instanceof HTMLElement && element.contains(document.activeElement) ? document.activeElement.dataset.stop : undefined;
    element.replaceChildren(
      h('div', { class: 'cause-said' },
        h('div', { class: 'cause-first' }, verdict(j, model, address.zone), title(j, wrong)),
        h('div', { class: 'cause-rest' }, ...chips(j), ...awaited, ...(chain ? [chain.element] : []), ...furtherOf(store, s, wrong))),
      h('div', { class: 'cause-time' }, ...timeOf(store, s)), button);
    const again = focused && element.querySelector(`[data-stop="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /** @param {TraceState} s */
  function show(s) {
    const folded = byHand ?? (away || s.address.view !== '');
    if (button.getAttribute('aria-expanded') === String(!folded)) return;
    element.classList.toggle('folded', folded);
    button.setAttribute('aria-expanded', String(!folded));
    button.setAttribute('aria-label', folded ? 'Open the findings' : 'Fold the findings');
    button.title = folded ? 'Open (p)' : 'Fold to one line (p)';
    button.textContent = folded ? '▾' : '▴';
  }

  function fold() {
    byHand = !element.classList.contains('folded');
    show(store.state);
  }

  return {
    update, fold,
    /**
     * @param {number} top px of the trace that are scrolled away by hand
     * @param {number} most px that can be
     */
    scrolled(top, most) {
      if (byHand === false) byHand = null;
      // Only where the trace does not fit the room that folding leaves: else it would be at its top again.
      if (top > 0 && !away) away = most > element.offsetHeight;
      else if (top === 0) away = false;
      show(store.state);
    },
  };
}

/**
 * The line that stays when the panel is folded.
 * @param {Judgement | null} j
 * @param {import('../types').Model} m
 * @param {string} zone
 */
function verdict(j, { head, startNs }, zone) {
  const run = j?.summary?.run;
  const said = j?.summary?.verdict;
  const seen = j?.summary?.seen?.text;
  const result = said?.result ?? head.result;
  const took = run?.duration_ns || (head.jobDuration ?? head.duration);
  const start = run?.started ? nanos(run.started) : head.jobStart ? BigInt(head.jobStart) : startNs;
  const when = result === 'running' ? ` since ${clock(start, zone, 0)}` : ` after ${duration(took)}, ended ${clock(run?.finished ? nanos(run.finished) : start + BigInt(took), zone, 0)}`;
  return h('p', { class: 'cause-verdict' },
    h('b', { class: hasCause(result) ? 'err' : '' }, resultWord(result)), said?.phase ? h('b', {}, ' in ', bdi(said.phase)) : null, h('span', { class: 'dim' }, when),
    seen ? h('span', { class: 'dim', title: seen }, ' · ', bdi(seen)) : null,
    run?.unverified ? h('span', { class: 'warn', title: run.unverified.text }, ' · files without checksums') : null);
}

/**
 * @param {Judgement | null} j
 * @param {string} wrong what was, when the server was asked
 */
function title(j, wrong) {
  const s = j?.summary;
  if (!s) return h('h1', { class: 'dim' }, wrong || j?.failed ? 'Cannot judge the run' : 'Reading the evidence…');
  if (s.verdict.result !== 'passed') return h('h1', {}, bdi(s.verdict.text));
  const odd = s.time.filter((p) => p.unusual);
  if (odd.length === 0) return h('h1', {}, s.time.some((p) => p.usual_ns) ? 'It took as long as usual' : bdi(s.verdict.text));
  return h('h1', {}, odd.slice(0, 2).map((p) => `${p.phase} took ${duration(p.duration_ns)}, usually ${duration(p.usual_ns ?? 0)}`).join('; '));
}

/** @param {Judgement | null} j */
function chips(j) {
  if (!j) return [];
  const finding = j.summary?.findings[0];
  const said = novelty(j);
  const all = [
    finding ? h('span', { class: 'chip' }, finding.category) : null,
    finding ? h('span', { class: `chip ${finding.confidence}`, title: j.summary?.verdict.because.join('; ') || null }, `${finding.confidence} confidence`) : null,
    said ? h('span', { class: said.fresh ? 'chip new' : 'chip', role: 'status' }, said.text) : null,
    finding && j.summary?.verdict.not_the_change ? h('span', { class: 'dim' }, 'probably not the change under test') : null,
  ];
  return all.some(Boolean) ? [h('p', { class: 'chips' }, ...all)] : [];
}
