// The shapes of the answer to `history` (docs/api.md), and of what the modules of its page
// hand to each other. Read by the type checker only.

export interface HistoryRun {
  build: string; short: string; url?: string; started: string; duration_ns: number; result: string; change?: string; gap?: string;
  finding?: { id: string; title: string; category: string; phase?: string };
}

export interface Changed { repo: string; from: string; to: string; url?: string }

export interface Group {
  title: string; category?: string; said: string; since?: string; began?: string; last_good?: string; changed: Changed[];
  runs: number[]; first: string; last: string; over_represented: string[]; systemic_with: string[]; different_findings?: number;
}

export interface Usual { median_ns: number; spread_ns: number; runs: number }
export interface PhaseTimes { phase: string; usual: Usual; took_ns: number[]; unusual_runs: number[]; unusual_ns?: number }
export interface BudgetUse { budget: string; limit_ns: number; usual: Usual; used_ns: number[]; share: number; slope_ns: number; meets_after?: number }
export interface FlakyCase { case: string; runs: number[]; said: string }

export interface Job {
  job: string; title: string; verdict: string; passed: number; failed: number; runs: HistoryRun[];
  worst?: Group; findings: Group[]; phases_dying: Group[]; phases: PhaseTimes[]; budgets: BudgetUse[]; flaky_cases: FlakyCase[];
  over_represented_in_slow_runs: string[]; passed_again: { failed: number; passed: number; change: string }[];
}

export interface Systemic { id: string; title: string; category: string; jobs: string[]; count: number; first: string; last: string }

export interface History { most: number; systemic: Systemic[]; jobs: Job[] }

/** How a run is marked on a strip: by a sign, and by the number of its finding (-1: none). */
export interface Mark { kind: 'passed' | 'failed' | 'aborted' | 'running'; sign: string; finding: number }

/** A piece of a sentence: a text, or a run that it names. */
export interface Piece { text: string; run?: HistoryRun }

export interface Chart { lines: [number, number][][]; points: ([number, number] | null)[]; usual: number | null; limit: number | null }
