// The page of one trace: its waterfall, the find box, the details, and the
// other views of the same spans.

import { json } from '../lib/api.js';
import { bdi, h, inside, showCurrent } from '../lib/dom.js';
import { clock, count, counted, duration, named, spansOf } from '../lib/format.js';
import { palette } from '../lib/theme.js';
import { at } from '../model/columns.js';
import { errorsOf } from '../model/errors.js';
import { opening } from '../model/expansion.js';
import { withTerm } from '../model/query.js';
import { lowerBound, nextOf } from '../model/sorted.js';
import { around, clamp, pan, zoom } from '../model/timewindow.js';
import { shownDepth, visibleLines, withAncestors } from '../model/visible.js';
import { format } from '../state/address.js';
import { newTexts } from '../state/linetexts.js';
import { find, loadTrace } from '../state/load.js';
import { compareView } from './compare.js';
import { complete } from './complete.js';
import { detailPanel } from './detail.js';
import { eventsView } from './events.js';
import { flameView } from './flame.js';
import { loading, message } from './message.js';
import { minimap } from './minimap.js';
import { operationsView } from './operations.js';
import { PRINTED, printedLines, whenPrinted } from './print.js';
import { servicesView } from './services.js';
import { slowestMenu } from './slowest.js';
import { spansView } from './spans.js';
import { waterfall } from './waterfall.js';

/** @typedef {import('../types').State} State */
/** @typedef {import('../types').Model} Model */
/** @typedef {import('../main.js').App} App */

export const VIEWS = /** @type {const} */ ([['', 'Timeline'], ['operations', 'Operations'], ['flame', 'Flame graph'], ['services', 'Services'], ['compare', 'Compare'], ['spans', 'Spans'], ['events', 'Events']]);

/**
 * @param {App} app
 * @param {State} first
 * @returns {import('../main.js').Page}
 */
export function tracePage(app, first) {
  const ended = new AbortController();
  const id = first.trace;
  const element = h('div', { class: 'page trace-page' }, loading('Loading the trace…'));
  /** @type {ReturnType<typeof loaded> | null} */
  let shown = null;
  let state = first;
  const progress = (/** @type {number} */ share) => element.replaceChildren(loading(`Loading the trace… ${Math.round(share * 100)}%`));
  loadTrace(id, progress, ended.signal)
    .then((model) => {
      shown = loaded(app, model, ended.signal);
      element.replaceChildren(shown.element);
      shown.update(state);
      performance.mark('trace-shown');
    })
    .catch((e) => {
      if (!ended.signal.aborted) element.replaceChildren(message(e));
    });
  return {
    element,
    update(s) {
      if (s.trace !== id) return false;
      state = s;
      shown?.update(s);
      return true;
    },
    key: (e) => shown?.key(e) ?? false,
    recolour: () => shown?.recolour(),
    leave() {
      ended.abort();
      shown?.leave();
    },
  };
}

/**
 * @param {App} app
 * @param {Model} m
 * @param {AbortSignal} signal
 */
function loaded(app, m, signal) {
  const closed = new Uint8Array(m.n);
  const opened = opening(m);
  const errors = errorsOf(m);
  const leads = errors.lasting.length > 0 ? errors.lasting : errors.all;
  const texts = newTexts(m, signal, () => fall.refresh());
  let colours = palette();
  let matches = new Uint32Array(0);
  let asked = '';
  let searching = new AbortController();
  /** @type {Uint8Array | null} */
  let keep = null;
  let openLine = -1;
  let panelFor = '';
  let panelAbort = new AbortController();
  let view = 'none';
  let criticalOn = true;
  /** @type {Map<number, number[]>} */
  let critical = new Map();
  /** @type {number[]} */
  let criticalLines = [];

  // Most lines of a job have a parent by time: a sign for it leaves room for their names.
  const marks = (/** @type {number} */ flags) => (flags === 0 ? [] : app.run.marks.filter((k) => flags & k.bit && k.flag !== 'outside-parent')
    .map((k) => ({ sign: k.flag === 'inferred' ? '≈' : k.text, text: k.text, means: k.means })));
  const fall = waterfall({
    model: m, closed, errors, text: texts.get, wanted: texts.want, zone: () => app.state().zone,
    marks,
    select: (line, open) => select(line, open, 'push'),
    toggle: (line) => toggle(line, 'push'),
    moved,
  });
  const mini = minimap(m, fall.view, moveTo, () => colours);

  const bar = findBar();
  const panelBox = h('div', { class: 'panel-box' });
  const split = h('div', { class: 'split' }, fall.element, panelBox);
  const timeline = h('div', { class: 'timeline' }, bar.element, mini.element, split);
  const content = h('div', { class: 'content' });
  const compared = compareView(app, m.head, signal);
  const spans = spansView(app, m, signal);
  const events = eventsView(app, m, signal);
  const when = h('span', {});
  const tabs = VIEWS.map(([, title]) => inside('/', {}, title));
  const element = h('div', { class: 'trace' }, header(), content);
  const observer = new ResizeObserver(() => mini.draw());
  observer.observe(mini.element);
  app.title(`${named(m.head.name)} · prowtrace`);
  /** @type {Element | null} */
  let paper = null;
  whenPrinted(() => {
    if (view !== '' || paper) return;
    const printed = fall.lines().subarray(0, PRINTED);
    texts.now([...printed, ...printed.map((line) => at(errors.first, line)).filter((line) => line >= 0)]);
    paper = printedLines({ model: m, closed, errors, lines: fall.lines(), view: fall.view(), critical: criticalOn ? critical : new Map(), text: texts.get, marks });
    timeline.insertBefore(paper, split);
  }, () => {
    paper?.remove();
    paper = null;
  }, signal);

  json(`traces/${m.head.id}/critical`, signal).then((c) => {
    const s = /** @type {{ segments: number[] }} */ (c).segments;
    for (let k = s.length - 3; k >= 0; k -= 3) { // the latest stand first
      const line = at(s, k);
      const list = critical.get(line) ?? [];
      list.push(at(s, k + 1), at(s, k + 2));
      critical.set(line, list);
    }
    criticalLines = [...critical.keys()].sort((a, b) => a - b);
    showCritical(criticalOn);
  }).catch(() => {}); // without it the bars are drawn all the same

  function header() {
    const t = m.head;
    return h('div', { class: 'trace-head' },
      h('div', { class: 'trace-title' },
        inside('/', { class: 'up', title: 'All traces of the run' }, '‹ Traces'),
        h('h1', {}, bdi(named(t.name)), ' ', bdi(t.hint ?? '', { class: 'hint' }))),
      h('div', { class: 'trace-facts' },
        h('span', {}, h('b', {}, duration(t.duration)), ' from ', when),
        h('span', {}, spansOf(t.spans, t.jobSpans ?? 0)),
        t.errors > 0 ? h('span', { class: 'err' }, counted(t.errors, 'error')) : h('span', {}, 'no errors'),
        t.orphans > 0 ? h('span', { class: 'warn', title: 'They name a parent that is in none of the files' }, counted(t.orphans, 'orphan')) : null,
        h('span', { class: 'services-key' }, ...t.services.slice(0, 8).map((s, i) => h('span', { class: 'key', 'data-service': i % 8 }, bdi(named(s)))), t.services.length > 8 ? ` and ${t.services.length - 8} more` : ''),
        h('a', { href: `/api/v1/traces/${t.id}/otlp`, download: true }, 'OTLP JSON')),
      h('nav', { class: 'tabs', 'aria-label': 'Views of the trace' }, ...tabs));
  }

  function findBar() {
    const input = h('input', { type: 'search', class: 'find', placeholder: 'Find: words, key=value, key~regex, dur>5s, error, kind:client', 'aria-label': 'Find spans', spellcheck: 'false', autocomplete: 'off' });
    const offers = complete(input, `traces/${m.head.id}/`, m.head, signal);
    const said = h('output', { class: 'found' });
    const problem = h('p', { class: 'wrong', role: 'alert', hidden: true });
    const mode = h('select', { 'aria-label': 'What to do with the matches' }, h('option', { value: 'highlight' }, 'Highlight'), h('option', { value: 'filter' }, 'Filter'));
    let typing = 0;
    input.addEventListener('input', () => {
      clearTimeout(typing);
      typing = setTimeout(() => app.go({ ...app.state(), q: input.value.trim() }, 'replace'), 180);
    });
    input.addEventListener('keydown', (e) => {
      if (e.key === 'Enter') {
        clearTimeout(typing);
        const q = input.value.trim();
        if (q !== asked) app.go({ ...app.state(), q }, 'push');
        else step(matches, e.shiftKey ? -1 : 1, 'No match');
        e.preventDefault();
      } else if (e.key === 'Escape') {
        if (input.value) {
          input.value = '';
          app.go({ ...app.state(), q: '' }, 'replace');
        }
        fall.grid.focus();
        e.preventDefault();
      } else if (e.key === 'ArrowDown' && offers.childElementCount === 0) {
        fall.grid.focus();
        e.preventDefault();
      }
    });
    mode.addEventListener('change', () => app.go({ ...app.state(), mode: mode.value === 'filter' ? 'filter' : 'highlight' }, 'replace'));
    const button = (/** @type {string} */ label, /** @type {string} */ title, /** @type {() => void} */ act, /** @type {string} */ cls = '') =>
      h('button', { type: 'button', title, 'aria-label': title, class: cls, onclick: act }, label);
    const path = h('button', { type: 'button', 'aria-pressed': 'true', title: 'Show the critical path', onclick: () => app.go({ ...app.state(), critical: criticalOn ? 'off' : '' }, 'replace') }, 'Critical path');
    const element = h('div', { class: 'tools' },
      h('div', { class: 'group find-group', role: 'search' }, input, offers, said,
        button('↑', 'Previous match (Shift + Enter)', () => step(matches, -1, 'No match')), button('↓', 'Next match (Enter)', () => step(matches, 1, 'No match')), mode),
      h('div', { class: 'group' }, button('‹', 'Previous error that lasted (N)', () => step(leads, -1, 'No errors')), button('First error', 'The first error that lasted (F); all others: x', firstError, leads.length ? 'err' : ''),
        button('›', 'Next error that lasted (n)', () => step(leads, 1, 'No errors'))),
      h('div', { class: 'group' }, slowestMenu(m, goTo), path),
      h('div', { class: 'group wide' }, button('−', 'One level less ([)', () => level(-1)), h('span', { class: 'dim' }, 'levels'), button('+', 'One level more (])', () => level(1)), button('All', 'Open all (})', () => setLevel('all'))),
      h('div', { class: 'group' }, button('⊖', 'Farther (s)', () => zoomBy(1.6)), button('⊕', 'Closer (w)', () => zoomBy(1 / 1.6)), button('Whole', 'The whole trace (0)', () => setView({ from: 0, to: m.length }, 'push'))),
      problem);
    return { element, input, said, mode, path, problem };
  }

  /** @param {{ from: number, to: number }} v */
  function inAddress(v) {
    const whole = v.from <= 0 && v.to >= m.length;
    return whole ? { from: null, to: null } : { from: Math.round(v.from), to: Math.round(v.to) };
  }

  /**
   * @param {{ from: number, to: number }} v
   * @param {'push' | 'replace'} how
   */
  function setView(v, how) {
    app.go({ ...app.state(), ...inAddress(v) }, how);
  }

  /** @param {number} factor */
  function zoomBy(factor) {
    const v = fall.view();
    const pointer = fall.timeUnderPointer();
    const middle = pointer >= v.from && pointer <= v.to ? pointer : (v.from + v.to) / 2;
    moveTo(zoom(v, factor, middle, m.length));
  }

  /** @param {{ from: number, to: number }} v */
  function moveTo(v) {
    fall.setView(v);
    moved(v);
  }

  /** @param {{ from: number, to: number }} v */
  function moved(v) {
    mini.place();
    note(inAddress(v));
  }

  /** @param {Partial<State>} change that the page shows already */
  function note(change) {
    app.note({ ...app.state(), ...change });
    linkTabs();
  }

  /** @param {boolean} on */
  function showCritical(on) {
    criticalOn = on;
    bar.path.setAttribute('aria-pressed', String(on));
    fall.setCritical(on ? critical : new Map());
  }

  /** Shows what is open now, and puts it into the address. */
  function reopen(/** @type {'push' | 'replace'} */ how) {
    const change = opened.format();
    relist();
    if (how === 'push') app.go({ ...app.state(), ...change }, how);
    else note(change);
  }

  function relist() {
    opened.apply(closed, keep);
    const lines = visibleLines(m, closed, keep);
    fall.setLines(lines);
    if (lines.length > 0) {
      // The active line may have been closed away: what it is under stands for it.
      let line = fall.active();
      while (line >= 0 && lines[lowerBound(lines, line)] !== line) line = at(m.parent, line);
      fall.focus(line >= 0 ? line : at(lines, 0));
    }
  }

  /**
   * @param {number} line
   * @param {'push' | 'replace'} how
   */
  function toggle(line, how) {
    if (at(m.members, line) === 0) return;
    opened.set(line, closed[line] ? 0 : 1);
    reopen(how);
  }

  /** @param {string} to */
  function setLevel(to) {
    opened.setLevel(to);
    reopen('push');
  }

  /** @param {1 | -1} by */
  function level(by) {
    setLevel(String(Math.max(shownDepth(m, fall.lines()) + by, 0)));
  }

  /**
   * @param {ArrayLike<number>} among
   * @param {1 | -1} by
   * @param {string} none
   */
  function step(among, by, none) {
    const start = fall.active();
    const line = among.length > 0 && openLine < 0 && by > 0 && start === 0 && at(among, 0) === 0 ? 0 : nextOf(among, start, by);
    if (line < 0) app.say(none);
    else goTo(line, `${count(lowerBound(among, line) + 1)} of ${count(among.length)}`);
  }

  function firstError() {
    const line = errors.start < 0 ? errors.all[0] ?? -1 : errors.start;
    if (line < 0) app.say('No errors');
    else goTo(line);
  }

  /**
   * Shows a line: opens what it is under, scrolls to it, and shows its details.
   * @param {number} line
   * @param {string} [say]
   */
  function goTo(line, say) {
    if (line < 0) return;
    if (keep && !keep[line]) {
      app.go({ ...app.state(), mode: 'highlight' }, 'replace');
    }
    if (opened.reveal(closed, line, false)) relist();
    fall.focus(line);
    const v = fall.view();
    const start = at(m.start, line);
    if (start > v.to || start + at(m.duration, line) < v.from) moveTo(clamp(start - (v.to - v.from) / 2, start + (v.to - v.from) / 2, m.length));
    select(line, true, 'push');
    if (say) app.say(say);
  }

  /**
   * @param {number} line
   * @param {boolean} open
   * @param {'push' | 'replace'} how
   */
  function select(line, open, how) {
    fall.focus(line);
    if (!open && openLine < 0) return;
    const t = texts.get(line);
    const ref = t?.id && !t.only && !isGroup(line) ? t.id : `@${line}`;
    app.go({ ...app.state(), ...opened.format(), span: ref }, how);
  }

  /** @param {number} line */
  function isGroup(line) {
    return (at(m.flags, line) & (3 << 12)) !== 0;
  }

  /** @param {string} ref */
  async function showPanel(ref) {
    if (ref === panelFor) return;
    panelFor = ref;
    panelAbort.abort();
    panelAbort = new AbortController();
    if (ref === '') {
      openLine = -1;
      panelBox.replaceChildren();
      fall.setOpened(-1);
      return;
    }
    let line = /^@\d{1,9}$/.test(ref) ? Number(ref.slice(1)) : texts.lineOf(ref);
    if (line === undefined || line >= m.n) {
      try {
        line = /** @type {import('../types').Detail} */ (await json(`traces/${m.head.id}/spans/${encodeURIComponent(ref)}`, panelAbort.signal)).line;
      } catch (e) {
        if (panelFor === ref) panelBox.replaceChildren(h('aside', { class: 'detail' }, message(e)));
        return;
      }
      if (panelFor !== ref) return;
    }
    openLine = line;
    if (opened.reveal(closed, line, true)) reopen('replace');
    fall.setOpened(line);
    fall.focus(line);
    panelBox.replaceChildren(detailPanel({
      app, model: m, close: () => {
        app.go({ ...app.state(), span: '' }, 'push');
        fall.grid.focus();
      }, goTo, known(d) {
        // An address by line is good for this layout only; one by id stays so.
        if (ref.startsWith('@') && !d.only && app.state().span === ref) {
          panelFor = d.id;
          zonedFor = d.id + '\n' + app.state().zone;
          note({ span: d.id });
        }
      }, filter: (t) => app.go({ ...app.state(), q: withTerm(app.state().q, t) }, 'push'),
    }, line, ref.startsWith('@') ? String(line) : ref, panelAbort.signal));
  }

  /** @param {State} s */
  async function search(s) {
    if (document.activeElement !== bar.input) bar.input.value = s.q;
    bar.mode.value = s.mode;
    if (s.q !== asked) {
      searching.abort();
      searching = new AbortController();
      const mine = searching;
      asked = s.q;
      bar.problem.hidden = true;
      if (s.q === '') matches = new Uint32Array(0);
      else {
        bar.said.textContent = '…';
        try {
          matches = await find(m.head.id, s.q, mine.signal);
        } catch (e) {
          if (mine.signal.aborted) return;
          matches = new Uint32Array(0);
          bar.problem.hidden = false;
          bar.problem.textContent = e instanceof Error ? e.message : String(e);
        }
      }
      if (mine.signal.aborted) return;
    }
    const now = app.state();
    bar.said.textContent = now.q === '' ? '' : counted(matches.length, 'match', 'matches');
    bar.input.toggleAttribute('aria-invalid', !bar.problem.hidden);
    const filtering = now.mode === 'filter' && now.q !== '' && bar.problem.hidden;
    keep = filtering ? withAncestors(m, matches) : null;
    /** @type {Uint8Array | null} */
    let marked = null;
    if (now.q !== '' && bar.problem.hidden) {
      marked = new Uint8Array(m.n);
      for (const line of matches) marked[line] = 1;
    }
    fall.setHits(marked);
    relist();
  }

  const path = `traces/${m.head.id}/`;
  const to = (/** @type {string} */ q) => app.go({ ...app.state(), view: '', q, order: '', by: '', frame: null, offset: 0 }, 'push');
  /** @type {ReturnType<typeof operationsView> | null} */
  let table = null;
  /** @type {ReturnType<typeof flameView> | null} */
  let graph = null;

  /** The state of another view of this trace. @param {string} view @returns {State} */
  const inView = (view) => ({ ...app.state(), view, span: '', order: '', by: '', frame: null, offset: 0 });

  /** The tabs lead to what is shown now: the window of time and what is open stay. */
  function linkTabs() {
    tabs.forEach((a, i) => (a.href = format(inView(VIEWS[i]?.[0] ?? ''))));
  }

  /** @param {string} name */
  function showView(name) {
    linkTabs();
    if (name === view) return;
    view = name;
    const current = tabs[VIEWS.findIndex(([v]) => v === name)];
    for (const a of tabs) a.removeAttribute('aria-current');
    current?.setAttribute('aria-current', 'page');
    if (current?.parentElement) showCurrent(current.parentElement);
    switch (name) {
      case 'operations':
        table = operationsView(app, path, to, signal);
        content.replaceChildren(table.element);
        break;
      case 'flame':
        graph = flameView(app, path, to, signal);
        content.replaceChildren(graph.element);
        break;
      case 'services':
        content.replaceChildren(servicesView(path, to, signal));
        break;
      case 'spans':
        content.replaceChildren(spans.element);
        break;
      case 'events':
        content.replaceChildren(events.element);
        break;
      case 'compare':
        content.replaceChildren(compared.element);
        break;
      default:
        content.replaceChildren(timeline);
        mini.draw();
        fall.schedule();
    }
  }

  let drawnSearch = '';
  /** @param {State} s */
  function update(s) {
    when.textContent = clock(m.startNs, s.zone, 3);
    showView(s.view);
    if (s.view === 'compare') void compared.update(s);
    if (s.view === 'spans') void spans.update(s);
    if (s.view === 'events') void events.update(s);
    if (s.view === 'operations') table?.update(s);
    if (s.view === 'flame') graph?.update(s);
    fall.setView(s.from === null || s.to === null ? { from: 0, to: m.length } : clamp(s.from, Math.max(s.to, s.from), m.length));
    mini.place();
    if ((s.critical !== 'off') !== criticalOn) showCritical(s.critical !== 'off');
    const other = opened.parse(s);
    const wanted = `${s.q}\n${s.mode}`;
    if (wanted === drawnSearch) {
      if (other) relist();
    } else {
      drawnSearch = wanted;
      void search(s);
    }
    const zoned = s.span + '\n' + s.zone;
    if (zoned !== zonedFor) {
      zonedFor = zoned;
      panelFor = '\n'; // times in the panel have another zone
      void showPanel(s.span);
    }
  }
  let zonedFor = '\nUTC';

  /** @param {KeyboardEvent} e */
  function key(e) {
    if (/^[1-7]$/.test(e.key)) {
      app.go(inView(VIEWS[Number(e.key) - 1]?.[0] ?? ''), 'push');
      return true;
    }
    if (view !== '') return false;
    if (e.key === 'Escape' && openLine >= 0) {
      app.go({ ...app.state(), span: '' }, 'push');
      fall.grid.focus();
      return true;
    }
    const onButton = e.target instanceof HTMLElement && e.target.closest('button, a, summary') !== null;
    const action = KEYS[e.key];
    if (!action || (onButton && (e.key === 'Enter' || e.key.startsWith('Arrow')))) return false;
    action();
    return true;
  }

  /** @param {number} by lines */
  function walk(by) {
    const lines = fall.lines();
    if (lines.length === 0) return;
    const k = Math.min(Math.max(lowerBound(lines, fall.active()) + by, 0), lines.length - 1);
    select(at(lines, k), false, 'replace');
  }

  /** @type {Record<string, (() => void) | undefined>} */
  const KEYS = {
    ArrowDown: () => walk(1),
    ArrowUp: () => walk(-1),
    PageDown: () => walk(fall.pageSize()),
    PageUp: () => walk(-fall.pageSize()),
    Home: () => walk(-m.n),
    End: () => walk(m.n),
    ArrowRight: () => (closed[fall.active()] && at(m.members, fall.active()) > 0 ? toggle(fall.active(), 'replace') : at(m.members, fall.active()) > 0 ? walk(1) : undefined),
    ArrowLeft() {
      const line = fall.active();
      if (at(m.members, line) > 0 && !closed[line]) toggle(line, 'replace');
      else if (at(m.parent, line) >= 0) select(at(m.parent, line), false, 'replace');
    },
    Enter: () => select(fall.active(), true, 'push'),
    F: firstError,
    n: () => step(leads, 1, 'No errors'),
    N: () => step(leads, -1, 'No errors'),
    x: () => step(errors.all, 1, 'No errors'),
    X: () => step(errors.all, -1, 'No errors'),
    g: () => step(matches, 1, 'No match'),
    G: () => step(matches, -1, 'No match'),
    c: () => step(criticalLines, 1, 'No critical path'),
    '[': () => level(-1),
    ']': () => level(1),
    '{': () => setLevel('0'),
    '}': () => setLevel('all'),
    w: () => zoomBy(1 / 1.6),
    s: () => zoomBy(1.6),
    a: () => moveTo(pan(fall.view(), -0.25, m.length)),
    d: () => moveTo(pan(fall.view(), 0.25, m.length)),
    f: () => setView(around(at(m.start, fall.active()), at(m.duration, fall.active()), m.length), 'push'),
    0: () => setView({ from: 0, to: m.length }, 'push'),
    m: () => app.go({ ...app.state(), mode: app.state().mode === 'filter' ? 'highlight' : 'filter' }, 'replace'),
  };

  return {
    element, update, key,
    recolour() {
      colours = palette();
      mini.draw();
      fall.recolour();
    },
    leave() {
      observer.disconnect();
      fall.leave();
      panelAbort.abort();
      searching.abort();
    },
  };
}
