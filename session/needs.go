package session

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"prowtrace/fetch"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
)

// Bounds on what is read because a symptom calls for it.
const (
	neededBytes = 64 << 20
	neededFiles = 60
	neededTime  = 5 * time.Second
)

// Judge judges a run by its evidence, against the passing runs of a Baseline, which may be
// nil. Where what it finds calls for further files of the run, these are fetched, at most 64
// MiB in five seconds, of one of the passing runs too, and it judges once more. lost tells
// what of them could not be had. Errors are those of ctx. Several runs may be judged at a time
// against one Baseline.
func Judge(ctx context.Context, in *Input, e *triage.Evidence, b *Baseline, known *triage.Matcher) (j *triage.Judgement, lost []runfile.Loss, err error) {
	if b != nil {
		e.Passing = slices.Clone(b.Evidence)
	}
	if j, err = triage.Judge(ctx, e, known); err != nil {
		return nil, nil, err
	}
	needs := j.Needs()
	if len(needs) == 0 {
		return j, nil, nil
	}
	reading, end := context.WithTimeout(ctx, neededTime)
	defer end()
	n, lost := addNeeded(reading, in, e, needs)
	if n > 0 && b != nil && len(b.inputs) > 0 {
		first := *b.Evidence[0] // the others who compare with it do not see what is added
		first.Logs = slices.Clone(first.Logs)
		e.Passing[0] = &first
		addNeeded(reading, b.inputs[0], &first, needs) // what is missing is seen as not read
	}
	if err := ctx.Err(); err != nil || n == 0 {
		return j, lost, err
	}
	j, err = triage.Judge(ctx, e, known)
	return j, lost, err
}

// addNeeded adds files to the evidence, those of the first needs first, and gives their number.
func addNeeded(ctx context.Context, in *Input, e *triage.Evidence, needs []triage.Need) (n int, lost []runfile.Loss) {
	all, err := in.Artifacts(ctx)
	if err != nil {
		return 0, []runfile.Loss{{Kind: runfile.LossUnlisted, Files: 1, Why: "logs of machines are left out: " + err.Error(), Again: true}}
	}
	left := int64(neededBytes)
	for _, f := range wantedFiles(all, needs) {
		if slices.ContainsFunc(e.Logs, func(l triage.Log) bool { return l.Name == f.Name }) {
			continue
		}
		if f.Size > left || n == neededFiles {
			lost = append(lost, runfile.Loss{Kind: runfile.LossTooLarge, File: f.Name, Files: 1, Why: "the limit for a judgement is reached"})
			continue
		}
		left -= f.Size
		l, more, err := in.Artifact(ctx, f.Name)
		lost = append(lost, more...)
		var lines *Lines
		if err == nil {
			lines, err = l.Lines(ctx)
		}
		if err != nil {
			lost = append(lost, runfile.Loss{Kind: runfile.LossUnavailable, File: f.Name, Files: 1, Why: err.Error(), Again: true})
			if ctx.Err() != nil {
				return n, lost
			}
			continue
		}
		e.Logs = append(e.Logs, triage.Log{Name: l.Name, Of: l.Of, Log: lines.Log, Number: lines.Number})
		n++
	}
	return n, lost
}

// wantedFiles are those that a need asks for: those of the first needs first, of each the small ones.
func wantedFiles(all []fetch.Listed, needs []triage.Need) (wanted []fetch.Listed) {
	var globs []*regexp.Regexp
	for _, n := range needs {
		if g, err := objstore.CompileGlob(n.Pattern); err == nil { // they are our own: a test compiles them
			globs = append(globs, g)
		}
	}
	need := map[string]int{} // of each file, the first that asks for it
	for _, f := range all {
		if _, isLog := runfile.ParseLog(f.Name); isLog || runfile.InTraces(f.Name) || f.Size == 0 {
			continue
		}
		if i := slices.IndexFunc(globs, func(g *regexp.Regexp) bool { return g.MatchString(f.Name) }); i >= 0 {
			need[f.Name] = i
			wanted = append(wanted, f)
		}
	}
	slices.SortStableFunc(wanted, func(a, b fetch.Listed) int {
		return cmp.Or(cmp.Compare(need[a.Name], need[b.Name]), cmp.Compare(a.Size, b.Size))
	})
	return wanted
}
