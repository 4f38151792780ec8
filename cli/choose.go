package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
)

// choosing are the flags that say which run of a job is meant.
type choosing struct {
	latest, failed, passed, aborted bool
	withTraces                      bool
	after, before                   string
	bucket                          string
}

func (c *choosing) register(f *pflag.FlagSet) {
	f.BoolVar(&c.latest, "latest", false, "of a job's runs, the newest (without a choice it is this one)")
	c.registerFilters(f, "the newest")
}

// registerFilters adds those that leave out runs; which says what they leave.
func (c *choosing) registerFilters(f *pflag.FlagSet, which string) {
	f.BoolVar(&c.failed, "failed", false, which+" that failed, or that Prow could not run")
	f.BoolVar(&c.passed, "passed", false, which+" that passed")
	f.BoolVar(&c.aborted, "aborted", false, which+" that Prow aborted")
	f.BoolVar(&c.withTraces, "with-traces", false, "only runs that have traces")
	f.StringVar(&c.after, "after", "", "only runs started at this `time` or later: 2026-11-24, 2026-11-24T18:00:00Z, or an age as 12h or 3d")
	f.StringVar(&c.before, "before", "", "only runs started before this `time`")
	f.StringVar(&c.bucket, "bucket", "", "`bucket` of the job, where its name or page tells none")
}

// chooses reports whether any of the flags was given that go by what a run is.
func (c *choosing) chooses() bool {
	return c.latest || c.failed || c.passed || c.aborted || c.withTraces || c.after != "" || c.before != ""
}

// options turns the flags into what prow is asked.
func (g *sourcing) options(now time.Time, note func(string)) (find.Options, error) {
	o, err := g.choosing.options(now, note)
	o.Instances = g.known
	return o, err
}

func (c *choosing) options(now time.Time, note func(string)) (find.Options, error) {
	o := find.Options{WithTraces: c.withTraces, Bucket: c.bucket, Deck: getDeck, Notice: note}
	chosen := 0
	for _, w := range []struct {
		given bool
		want  find.Want
	}{{c.latest, find.WantLatest}, {c.failed, find.WantFailed}, {c.passed, find.WantPassed}, {c.aborted, find.WantAborted}} {
		if w.given {
			o.Want = w.want
			chosen++
		}
	}
	if chosen > 1 {
		return o, usageError{errors.New("--latest, --failed, --passed and --aborted exclude each other"), "choose one"}
	}
	var err error
	if o.After, err = parseTime("--after", c.after, now); err != nil {
		return o, err
	}
	o.Before, err = parseTime("--before", c.before, now)
	return o, err
}

// parseTime reads a day, an instant, or an age.
func parseTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, usageError{fmt.Errorf("%s %s is no time", flag, line(text)), "write it as 2026-11-24, 2026-11-24T18:00:00Z, 12h or 3d"}
}

// chosen gives the run that a reference means, asking the store where the
// reference alone does not tell.
func (g *sourcing) chosen(ctx context.Context, store objstore.Store, ref prow.Ref, note func(string)) (prow.Run, error) {
	run := ref.Run
	if ref.Kind == prow.KindRun && g.choosing.chooses() {
		note(run.Job + " " + run.Build + " is one run: there is nothing to choose")
	}
	if ref.Kind != prow.KindRun {
		options, err := g.options(time.Now(), note)
		if err != nil {
			return run, err
		}
		if run, err = find.Resolve(ctx, store, ref, options); err != nil {
			return run, unresolved(err)
		}
		note("run " + run.Build + " of " + run.Job + ": " + run.URL())
	}
	return run, supported(run)
}

// supported refuses the stores that prowtrace cannot read.
func supported(run prow.Run) error {
	if _, ok := stores[run.Provider]; ok {
		return nil
	}
	return usageError{fmt.Errorf("%s is a run in S3 storage (%s), which is not supported yet: only Google Cloud Storage is", line(run.URL()), line(run.Bucket)),
		"download its artifacts/otlp/ with your own tools and name the directory"}
}

// unresolved words why no run could be chosen, with those there are to choose
// from.
func unresolved(err error) error {
	var r *find.ResolveError
	if !errors.As(err, &r) {
		return err
	}
	text := r.Asked + ": " + r.Had
	const shown = 10
	for i, choice := range r.Choices {
		if i == shown {
			text += fmt.Sprintf("\n    and %d more", len(r.Choices)-shown)
			break
		}
		text += "\n    " + choice.URL()
	}
	if errors.Is(err, find.ErrManyRuns) {
		return usageError{errors.New(text), r.Hint}
	}
	return advised{failure{text, err}, r.Hint}
}

// Bounds of a page that is asked of a Deck.
const (
	deckTimeout = 15 * time.Second
	maxDeckPage = 1 << 20
)

// getDeck fetches a page of a Deck.
func getDeck(ctx context.Context, address string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, deckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDeckPage))
	return resp.StatusCode, body, err
}
