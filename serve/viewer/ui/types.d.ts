// The shapes of the API's answers (docs/api.md) and of what the modules hand
// to each other. Read by the type checker only; the page never loads it.

export interface WebLink { text: string; url?: string }

export interface Mark { flag: string; bit: number; text: string; means: string; count: number }

/** How a mark is shown in a line. */
export interface Sign { sign: string; text: string; means: string }

export interface Run {
  title: string; run?: string; note?: string; jaeger?: string; links: WebLink[];
  start: string; duration: number;
  files: number; bytes: number; spans: number; repeated: number; traces: number; errors: number; problems: number;
  services: { name: string; query: string; spans: number; errors: number }[];
  marks: Mark[]; foldAt: number; jobs: string[]; jobSpans: number;
  runs: { trace?: string; title: string; run?: string; links: WebLink[] }[];
  saved?: SavedNote; // of a page in a file
}

/** What a page in a file says of itself. */
export interface SavedNote { made: string; left: string[]; open?: string }

export interface Summary {
  id: string; name: string; hint?: string; service: string; spans: number; errors: number; orphans: number;
  start: string; duration: number; message?: string; file?: string; joined?: boolean; jobSpans?: number;
  note?: string; result?: string; jobStart?: string; jobDuration?: number; judged?: boolean;
}

export interface TraceHead extends Summary {
  lines: number; names: string[]; services: string[]; files: string[] | null; slowest: number[];
  first?: { rows: number; lines: FirstLine[] }; // what the first screen shows, where the columns are long in coming
}
export interface FirstLine {
  line: number; depth: number; start: number; duration: number; name: number; service: number; kind: number; flags: number;
  members: number; end: number; below: number;
}

export interface LineText { line: number; id?: string; hint?: string; message?: string; flaky?: boolean; events?: number[]; only?: boolean; left?: number }

export interface LoggedEvent {
  at: string; line: number; id: string; operation: string; service: string; name: string; error?: boolean; message?: string; attributes?: string;
}

export interface Field { key: string; type: string; text: string; size: number; cut?: boolean; value?: unknown; n: number }
export interface Section { about?: string; schema?: string; fields: Field[]; dropped?: number }
export interface SpanEvent extends Section { at: string; name: string }
export interface SpanLink extends Section { trace: string; span: string; here: boolean; traceState?: string; traceFlags?: number }

export interface Detail {
  line: number; id: string; only?: boolean; trace: string; parentId?: string; parentLine: number; parentName?: string; inferred?: boolean;
  name: string; service: string; kind?: string; status: string; message?: Field;
  start: string; end: string; duration: string; self: string; reported?: { start: string; end: string };
  flags: string[]; traceState?: string; traceFlags?: number;
  attributes: Section; resource: Section; scope: Section; events: SpanEvent[]; links: SpanLink[];
  dropped: { events?: number; links?: number };
  sources: { file: string; url?: string; offset: number }[]; bytes: number; left?: number; leftParts?: number; jaeger?: string;
}

export interface Operation {
  name: string; service: string; exact: boolean; query: string; count: number; errors: number; unfinished: number;
  total: number; self: number; p50: number; p95: number; max: number;
}

export interface AttributeKey { key: string; spans: number; values: string[] }

export interface Frame { parent: number; name: string; service: string; query: string; count: number; errors: number; self: number; width: number }
export interface Flame { frames: Frame[]; total: number; left: number }

export interface ServiceNode { name: string; peer: boolean; key: string; query: string; spans: number; errors: number; self: number; column: number }
export interface ServiceCall { from: number; to: number; count: number; errors: number; total: number }
export interface ServiceLink extends ServiceCall { query: string }
export interface ServiceMap { nodes: ServiceNode[]; calls: ServiceCall[]; links: ServiceLink[]; left: number }

export interface Sums { count: number; errors: number; total: number; self: number }
export interface ComparedOperation { name: string; service: string; exact: boolean; here: Sums; there: Sums; hereQuery: string; thereQuery: string; hereService?: string; thereService?: string }
export interface ComparedPath { parent: number; name: string; service: string; here: Sums; there: Sums; open?: boolean }
export interface Comparison {
  here: Summary; there: Summary; operations: ComparedOperation[]; paths: ComparedPath[]; leftOperations: number; leftPaths: number; runs?: boolean;
}
/** What differs between the runs of two traces. */
export interface Differing {
  here: Summary; there: Summary; inputs: { name: string; said: string; url?: string }[]; lists: ChangeList[]; attributes: ChangedAttribute[]; left: Record<string, number>; gaps: string[];
}
export interface ChangeList { title: string; rows: Change[]; left: number }
export interface Change { kind: string; said: string; howMuch?: string; here?: ChangedPlace; there?: ChangedPlace; query?: string }
export interface ChangedPlace { span?: string; file?: string; line?: number; url?: string; phase?: { name: string; band: number } }
export interface ChangedAttribute { key: string; value: string; more: boolean; said: string; place?: ChangedPlace; query: string }

/** Two runs as waterfalls in one another, on an axis that both share, in ns. */
export interface Phases { here: Summary; there: Summary; length: number; bands: Band[]; rows: PairedRow[]; left: number }
export interface Band { name: string; at: number; width: number; here?: BandSide; there?: BandSide }
export interface BandSide { took: number; until: number; moved?: number } // until: where the axis is no longer this run's time
export interface PairedRow { parent: number; name: string; service?: string; here?: PairedBar; there?: PairedBar; open?: boolean } // the first are the bands
export interface PairedBar { line: number; end: number; at: number; to: number; took: number; error?: boolean; below?: number; noEnd?: boolean; folded?: number; said?: string }

/** How the lines of two logs stand beside each other. */
export interface LogDifference { here: BesideLog; there: BesideLog; same: number[]; cut?: boolean } // first here, first there and how many by turns
export interface BesideLog { trace: string; name: string; lines: number; missing?: number; only: number[]; count: number; names: string[] } // only: first and last by turns
/** A stretch of two logs: its lines are the same, or stand across from each other. */
export interface BesideBlock { same: boolean; here: number; there: number; hereN: number; thereN: number }
/** Rows of a block: n from the one skip on, or one row in which n lines are folded. */
export interface BesidePiece { row: number; block: number; skip: number; n: number; fold: boolean }
export interface BesideRows { n: number; pieces: BesidePiece[]; blocks: BesideBlock[] }
export interface BesideRow { here: number; there: number; same: boolean; folded: number; block: number } // lines, or 0

/** What the pane of two logs holds. */
export interface BesideState {
  difference: LogDifference;
  only: { here: LineSet; there: LineSet }; // lines that the other log has nowhere
  rows: BesideRows; row: number; // the active one
  all: boolean; // nothing is folded
  lines: object; // another one when lines came
  zone: string;
}

export interface RunFile { name: string; url?: string; trace?: string; bytes: number; spans: number; problems: number }
export interface Problem { source: string; url?: string; offset: number; what: string; kept: number; beside?: boolean; trace?: string; span?: string }

export type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array;

/** Columns of some lines, as decoded. */
export interface Part { from: number; to: number; lines: number; columns: Record<string, Numbers> }

/** A trace as the page holds it: columns by line, all of the same length. */
export interface Model {
  head: TraceHead;
  whole: boolean; // else only the lines of the first screen are known, and there are no ways from line to line
  n: number;
  length: number; // ns, at least 1
  startNs: bigint;
  depth: Int32Array;
  start: Float64Array; // ns after the start of the trace
  duration: Float64Array;
  self: Float64Array;
  name: Int32Array;
  service: Int32Array;
  kind: Uint8Array; // kind | status << 4
  flags: Int32Array;
  parent: Int32Array; // or -1
  end: Int32Array; // one after the last line under it
  members: Int32Array; // lines directly under it
  below: Int32Array; // spans with an error under it
}

/** The errors of a trace, as lines. */
export interface Errors {
  all: number[];
  good: Uint8Array; // by line: an error that was made good
  lasting: number[];
  start: number; // the one of those that ended first, or -1
  first: Int32Array; // by line: the one of those under it that ended first, or -1
}

/** A window of time: ns after the start of the trace. */
export interface TimeWindow { from: number; to: number }

/** What the address says. */
export interface Address {
  trace: string; // "" is the page of the run
  view: string;
  q: string;
  mode: 'highlight' | 'filter';
  span: string; // id, or "@line"
  from: number | null; // ns after the start; null is all
  to: number | null;
  zone: string; // UTC, local
  level: string; // what is closed: "" is as at first, "all" nothing, a number what is as deep
  open: string; // lines opened beyond that, as 5.17.40-45
  closed: string; // likewise
  by: string; // attribute that operations are summed up by
  frame: number | null; // the widest of the flame graph, or of the phases of two runs
  compare: string; // the trace to compare with
  critical: string; // "off": the critical path is not shown
  log: string; // name of a log, with lines as in build-log.txt:10-20; "" is the first, "off" none
  olog: string; // where logs are compared: that of the other run, with a line as in log
  lq: string; // what is looked for in the log
  lmode: 'highlight' | 'filter'; // what is done with the lines that it finds
  order: string;
  offset: number;
}

/** How an address is shown: as a new entry of the history, in place of the current one, or likewise but written only after a pause. */
export type How = 'push' | 'replace' | 'soon';

/** What the server answers. An answer stays until the next one is there. */
export interface Answer<T> {
  key: string | null; // what was asked for last; null is nothing
  of: string | null; // what the value answers
  value?: T;
  error?: unknown; // of the key
  late: boolean; // the answer takes so long that the page should say so
}

/** A piece of a list. */
export interface Page { total: number; offset: number }
export interface TraceList extends Page { traces: Summary[] }
export interface FileList extends Page { files: RunFile[] }
export interface ProblemList extends Page { problems: Problem[] }
export interface EventList extends Page { events: LoggedEvent[]; left: number }

/** The first spans in an order. */
export interface SpanList { lines: number[]; all: number; by: string; up: boolean }

/** What both pages hold. */
export interface PageState {
  run: Run;
  address: Address;
  keys: Answer<AttributeKey[]>;
  operations: Answer<Operation[]>; // its key is the attribute that is summed up by
  flame: Answer<Flame>;
  services: Answer<ServiceMap>;
}

/** What the page of the run holds. */
export interface RunState extends PageState {
  traces: Answer<TraceList>;
  files: Answer<FileList>;
  problems: Answer<ProblemList>;
}

/** Which lines are open: those of a level, but for some. */
export interface Expansion {
  level: string; // as in an address
  lines: ReadonlyMap<number, 0 | 1>; // lines that differ from the level; 1 is closed
}

/** The critical path: from and to by turns, in order, by line. */
export type Segments = ReadonlyMap<number, number[]>;

/** What the page of a trace holds. */
export interface TraceState extends PageState {
  model: Model;
  errors: Errors;
  window: TimeWindow;
  expansion: Expansion;
  closed: Uint8Array; // by line
  lines: Int32Array; // on show, in order
  rows: number; // how many those are; of a trace that is not whole only the first are among the lines
  focus: { line: number }; // the active line; another object asks to bring it onto the screen
  matches: Answer<Uint32Array>; // lines, by the query
  marked: Uint8Array | null; // by line: it matches; null where nothing is looked for
  kept: Uint8Array | null; // by line: the filter keeps it; null is all
  critical: Segments;
  texts: { get(line: number): LineText | undefined }; // another object when texts came
  detail: { ref: string; line: number } | null; // the line is -1 until it is known
  span: Answer<Detail>; // of the detail
  colours: Palette;
  events: Answer<EventList>;
  spans: Answer<SpanList>;
  spanTexts: Answer<LineText[]>;
  comparison: Answer<Comparison>;
  difference: Answer<Differing>;
  phases: Answer<Phases>; // of the comparison
  logDifference: Answer<LogDifference>;
  candidates: Answer<TraceList>; // to compare with
  logs: Answer<LogList>;
  logErrors: Answer<number[]>; // errors of all logs, in parts of the trace's time
  mark: number; // the time of a line of the log, ns after the start, or -1
  judgement: Judgement | null; // null until there is an answer
  stops: Stop[];
  step: { at: number }; // the stop that is shown, or -1; another object asks to bring it onto the screen
}

/** Where something can be read. */
export interface Evidence { source: string; file?: string; line?: number; time?: string; said?: string; span_id?: string; url?: string }
export interface Finding {
  category: string; title: string; next?: string; confidence: string; in_passing_runs?: number; chain: (Evidence & { text: string })[]; evidence: Evidence[];
}
export interface Phase { phase: string; start: string; duration_ns: number; usual_ns?: number; failed?: boolean; unusual?: boolean }
export interface Wait extends Evidence { text: string; duration_ns: number; tries: number; outcome: string }
/** What is said of a run: prowtrace.summary/v1. */
export interface RunSummary {
  run: { job: string; build: string; url?: string; result: string; started?: string; finished?: string; duration_ns: number; baseline: { build: string; url?: string }[]; change?: string; unverified?: { files: number; through?: string; text: string } };
  verdict: { result: string; category: string; phase?: string; text: string; confidence: string; because: string[]; not_the_change?: boolean };
  findings: Finding[]; time: Phase[]; waits: Wait[]; unfinished: { text: string; start?: string }[]; gaps: { what: string; why: string; next?: string }[]; other_findings: number;
  seen?: { text: string }; children?: { job: string; build: string; url?: string; result: string; title?: string }[];
}
/** Where evidence is shown: the line of the trace or -1, and a log with its line. */
export interface Place { line: number; log?: string; at?: number }
/** What is said so far of why the run failed. */
export interface Judgement {
  version: number; final: boolean; compared: number; toCompare: number; failed?: string; summary?: RunSummary; places: { chain: Place[]; evidence: Place[] }[];
}
/** What the walk through the findings stops at. */
export interface Stop {
  n: number; // its number in the chain of the first finding; 0 is a further finding
  text: string; clock: bigint; // Unix ns, 0 is unknown
  time: number; // ns after the start, or -1
  place: Place; evidence: Evidence;
}

/** The logs of a trace, and what of them is left out. */
export interface LogList { logs: LogEntry[]; lost: LostLogs[] }
export interface LostLogs { name?: string; logs: number; why: string } // name is that of the first
/** A log in the list of those of a trace. */
export interface LogEntry { name: string; url?: string; size: number; missing?: number; unchecked?: boolean; growing?: boolean }
export interface LogHead extends LogEntry {
  lines: number; errors: number; first?: string; last?: string; gaps: LogGap[]; more?: boolean; foreign?: boolean; torn?: boolean; capped?: boolean; damaged?: string;
  held?: number[]; // in a page in a file: first and last of each range of lines that are there
}
/** Bytes that are not held, before the line of a number. */
export interface LogGap { before: number; place: number; bytes: number }
export interface LogLine {
  number: number; inexact?: boolean; time?: string; origin: 'read' | 'inherited' | 'estimated' | 'none'; severity?: string;
  text: [text: string, style?: string][]; cut?: boolean; span: number;
  known?: { id: string; title: string; category: string; next: string; link?: string }; // an error that is known by its text
}
export interface WholeLine extends LogLine { bytes: number; place: number; url?: string }

/** Lines of a log, by their numbers: first and last of each range by turns, in order. */
export interface LineSet { count: number; ranges: Uint32Array }

/** Lines of a log that the page points at. */
export interface LogRange { from: number; to: number }

/** The rows of a log: its lines, and the gaps between them. */
export interface LogRows { n: number; pieces: LogPiece[] }
export interface LogPiece { row: number; first: number; gap: LogGap | null } // lines from first on, or a gap before it

/** The active line, 0 is none; or the gap before it. What was found in the line is shown, too, if word says so. */
export interface LogFocus { line: number; gap?: boolean; word?: boolean; how: 'near' | 'top' }

/** What the pane of a log holds. */
export interface LogState {
  address: Address;
  logs: LogEntry[];
  name: string; // of the log on show
  head: Answer<LogHead>;
  matches: Answer<LineSet>; // lines that the search finds
  shown: Answer<LineSet>; // lines that are on show
  rows: LogRows;
  focus: LogFocus; // another object asks to bring it onto the screen
  chosen: LogRange | null; // lines that are marked
  bySpan: number; // the line of the span whose lines they are, or -1
  lines: { get(number: number): LogLine | undefined }; // another object when lines came
  whole: Answer<WholeLine | undefined>; // the chosen line
  reading: LogGap | null; // what is missing there is on its way
  moved: { before: number; by: number } | null; // lines that have other numbers now: another object when some were put in before one
  within: boolean; // only lines of the time that the waterfall shows are on show
}

/** The colours that canvases draw with. */
export interface Palette {
  services: string[];
  error: string; text: string; dim: string; faint: string; grid: string; line: string; accent: string; paper: string; critical: string;
}

/** A part of the page that draws what it is given of a store's state. */
export interface Pane<S> { element: HTMLElement; update(s: S): void }
