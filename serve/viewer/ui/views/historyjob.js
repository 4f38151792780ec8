// What the last runs of a job tell: the verdict, its runs, what failed, how long they took.

import { bdi, h, outside } from '../lib/dom.js';
import { count, counted, duration } from '../lib/format.js';
import { budgetSaid, letter, marksOf, unusual } from '../model/history.js';
import { chart } from './historychart.js';
import { strip } from './historystrip.js';
import { buildLink, day, runLink, sentenceOf, when } from './historywords.js';

/** @typedef {import('../historytypes').Job} Job */
/** @typedef {import('../historytypes').Group} Group */
/** @typedef {import('../historytypes').Mark} Mark */

/**
 * What is needed to draw a job.
 * @typedef {object} Drawing
 * @property {Job} job
 * @property {Mark[]} marks
 * @property {string} zone
 * @property {import('./historytip.js').Tip} tip
 * @property {(text: string) => HTMLElement} head a heading of a part
 * @property {(job: string) => Node} link to another job
 */

/**
 * @param {Job} job
 * @param {object} o
 * @param {string} o.id
 * @param {boolean} o.alone whether it is the only job
 * @param {string} o.zone
 * @param {import('./historytip.js').Tip} o.tip
 * @param {(job: string) => Node} o.link
 */
export function jobSection(job, { id, alone, zone, tip, link }) {
  /** @type {Drawing} */
  const d = { job, marks: marksOf(job), zone, tip, link, head: (text) => h(alone ? 'h2' : 'h3', {}, text) };
  return h('section', { class: 'job', id, tabindex: -1, 'aria-labelledby': id + '-title' },
    alone ? null : h('p', { class: 'job-name' }, bdi(job.job)),
    h(alone ? 'h1' : 'h2', { id: id + '-title', class: 'verdict' }, ...sentenceOf(job.title, job.runs)),
    facts(d), ...banners(d), ...runs(d), ...failures(d), ...durations(d), ...flakes(d), allRuns(d));
}

/** @param {Drawing} d */
function facts({ job, zone }) {
  const g = job.worst;
  /** @type {(Node | string)[][]} */
  const parts = [];
  if (g?.since) parts.push(['first bad ', buildLink(g.since, job.runs), g.began ? ' ' + when(g.began, zone) : '']);
  if (g?.last_good) parts.push(['last good ', buildLink(g.last_good, job.runs)]);
  for (const c of g?.changed ?? []) {
    const said = `commits between them in ${c.repo}`;
    parts.push([c.url ? outside(c.url, said) : `${said}: ${c.from.slice(0, 10)} to ${c.to.slice(0, 10)}`]);
  }
  if (g?.last_good && g.changed.length === 0) parts.push(['Prow shows no changed commit between them']);
  const others = job.runs.length - job.passed - job.failed;
  parts.push([`${count(job.passed)} of ${count(job.runs.length)} passed${others > 0 ? `, ${count(others)} aborted or running` : ''}`]);
  return h('p', { class: 'facts' }, ...parts.map((p) => h('span', {}, ...p)));
}

/** @param {Drawing} d */
function banners({ job, link }) {
  return job.findings.flatMap((f, n) => (f.systemic_with.length === 0 ? [] : [h('p', { class: 'banner', role: 'note' },
    badge(n), ' ', n === 0 ? 'Also' : `“${f.title}” was also`, ` seen in ${counted(f.systemic_with.length, 'other job')} at the same time: `,
    ...listed(f.systemic_with.map(link)), '. It is probably not this job’s own fault.')]));
}

/** @param {Node[]} nodes */
function listed(nodes) {
  return nodes.flatMap((n, i) => (i > 0 ? [', ', n] : [n]));
}

/** @param {number} finding */
function badge(finding) {
  return h('span', { class: 'badge', 'data-finding': finding % 6 }, letter(finding));
}

/** @param {Drawing} d */
function runs({ job, marks, zone, tip }) {
  const first = job.runs[0];
  const last = job.runs[job.runs.length - 1];
  if (!first || !last) return [];
  const kinds = new Set(marks.map((m) => m.kind));
  return [
    h('div', { class: 'whole-strip' },
      strip({ job, marks, zone, tip, label: 'Runs, the oldest first' }),
      h('p', { class: 'ends' }, h('span', {}, day(first.started, zone)), h('span', {}, when(last.started, zone)))),
    h('p', { class: 'key-of-strip' }, kinds.has('passed') ? h('span', {}, h('b', {}, '·'), ' passed') : null, kinds.has('failed') ? h('span', {}, h('b', {}, 'A–Z'), ' failed, by finding') : null,
      kinds.has('aborted') ? h('span', {}, h('b', {}, '–'), ' aborted') : null, kinds.has('running') ? h('span', {}, h('b', {}, '…'), ' running') : null),
  ];
}

/** @param {Drawing} d */
function failures(d) {
  const { job, head } = d;
  const findings = job.findings.length === 0 ? [] : [head('What failed'), groupTable(d, 'finding', job.findings, (n) => [badge(n), ' '])];
  const phases = job.phases_dying.length === 0 ? [] : [head('Phases that fail with several findings'), groupTable(d, 'phase', job.phases_dying, () => [])];
  return job.worst?.different_findings ? [...phases, ...findings] : [...findings, ...phases]; // first what the title is about
}

/**
 * @param {Drawing} d
 * @param {string} what
 * @param {Group[]} groups
 * @param {(n: number) => (Node | string)[]} sign
 */
function groupTable(d, what, groups, sign) {
  const { job, zone } = d;
  return h('table', { class: 'groups' },
    h('thead', {}, h('tr', {}, ...[what, 'runs, oldest first', 'count', 'first and last'].map((t, i) => h('th', { scope: 'col', class: i === 2 ? 'num' : false }, t)))),
    h('tbody', {}, ...groups.map((g, n) => h('tr', {},
      h('th', { scope: 'row' }, ...sign(n), bdi(g.title), h('p', { class: 'about' }, ...sentenceOf([g.said, g.category].filter(Boolean).join(' · '), job.runs)),
        ...g.over_represented.map((o) => h('p', { class: 'about' }, o))),
      h('td', {}, strip({ ...d, only: g.runs, label: `Runs with ${g.title}, the oldest first` })),
      countOf(g.runs),
      h('td', { class: 'times' }, h('p', {}, when(g.first, zone)), g.last === g.first ? null : h('p', {}, when(g.last, zone)))))));
}

/** @param {number[]} runs */
function countOf(runs) {
  return h('td', { class: 'num', 'data-what': runs.length === 1 ? 'run' : 'runs' }, count(runs.length));
}

/** @param {Drawing} d */
function durations({ job, head }) {
  const builds = job.runs.map((r) => r.build);
  const phases = job.phases.filter((p) => p.usual.runs > 0).map((p) => {
    const usual = 'usual ' + duration(p.usual.median_ns);
    const odd = unusual(p.unusual_runs.length, p.unusual_runs.every((i) => job.runs[i]?.result !== 'passed'), duration(p.unusual_ns ?? 0));
    return timesRow(p.phase === 'run' ? 'whole run' : p.phase, usual, odd, false,
      chart({ values: p.took_ns, builds, usual: p.usual.median_ns, unusual: p.unusual_runs, label: `${p.phase}: ${usual}${odd && ', ' + odd}` }));
  });
  const budgets = job.budgets.map((b) => {
    const usual = 'usual ' + duration(b.usual.median_ns);
    const warn = b.meets_after !== undefined || b.share >= 0.9;
    const said = budgetSaid(b, duration);
    return timesRow(`limit of ${b.budget}`, usual, said, warn, chart({ values: b.used_ns, builds, usual: b.usual.median_ns, limit: b.limit_ns, warn, label: `${b.budget}: ${said}` }));
  });
  if (phases.length + budgets.length === 0) return [];
  return [
    head('Durations against usual and budget'),
    h('table', { class: 'durations' },
      h('thead', { class: 'vh' }, h('tr', {}, ...['phase or limit', 'run by run', 'usual', 'unusual'].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, ...phases, ...budgets)),
    h('p', { class: 'key-of-strip' }, h('span', {}, 'dashed: usual in runs that passed'), h('span', {}, '◆ unusual'), budgets.length > 0 ? h('span', {}, 'solid across: the limit') : null),
    ...job.over_represented_in_slow_runs.map((o) => h('p', { class: 'about' }, `In slow runs ${o}`)),
  ];
}

/**
 * @param {string} name
 * @param {string} usual
 * @param {string} said
 * @param {boolean} warn
 * @param {Node} drawing
 */
function timesRow(name, usual, said, warn, drawing) {
  return h('tr', {}, h('th', { scope: 'row' }, bdi(name)), h('td', {}, drawing), h('td', { class: 'num' }, usual), h('td', { class: warn ? 'warn' : 'dim' }, said));
}

/** @param {Drawing} d */
function flakes(d) {
  const { job, head } = d;
  const cases = job.flaky_cases.length === 0 ? [] : [
    head('Flaky cases'),
    h('table', { class: 'groups' },
      h('thead', {}, h('tr', {}, ...['case', 'runs, oldest first', 'count'].map((t, i) => h('th', { scope: 'col', class: i === 2 ? 'num' : false }, t)))),
      h('tbody', {}, ...job.flaky_cases.map((c) => h('tr', {},
        h('th', { scope: 'row' }, bdi(c.case), h('p', { class: 'about' }, c.said)),
        h('td', {}, strip({ ...d, marks: d.marks.map((m) => ({ ...m, kind: 'failed', sign: '~', finding: -1 })), only: c.runs, label: `Runs in which ${c.case} was flaky, the oldest first` })),
        countOf(c.runs))))),
  ];
  const again = job.passed_again.flatMap((a) => {
    const failed = job.runs[a.failed];
    const passed = job.runs[a.passed];
    return failed && passed ? [h('li', {}, bdi(a.change), ' failed in ', runLink(failed), ' and passed in ', runLink(passed), ' on the same commit')] : [];
  });
  return [...cases, ...(again.length > 0 ? [head('Passed again without a change'), h('ul', { class: 'again' }, ...again)] : [])];
}

/** @param {Drawing} d */
function allRuns({ job, marks, zone }) {
  const rows = job.runs.map((r, i) => h('tr', {},
    h('td', {}, marks[i]?.sign ?? ''), h('td', {}, when(r.started, zone)), h('td', {}, r.result || 'unknown'), h('td', { class: 'num' }, r.duration_ns > 0 ? duration(r.duration_ns) : ''),
    h('td', {}, runLink(r)), h('td', {}, bdi(r.finding?.title ?? (r.gap ? `Not judged: ${r.gap}` : '')))));
  return h('details', { class: 'all-runs' }, h('summary', {}, `All ${counted(job.runs.length, 'run')}, the newest first`),
    h('table', {}, h('thead', {}, h('tr', {}, ...['', 'started', 'result', 'took', 'run', 'finding'].map((t) => (t ? h('th', { scope: 'col' }, t) : h('td', {}))))), h('tbody', {}, ...rows.reverse())));
}
