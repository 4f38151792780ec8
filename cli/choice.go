package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"prowtrace/internal/text"
	"prowtrace/prow/find"
	"prowtrace/session"
)

// withTraces is the name of the flag that demands traces.
const withTraces = "with-traces"

// choiceFlags are the flags that say which run of a job is meant.
type choiceFlags struct {
	latest, failed, passed, aborted bool
	withTraces                      bool
	after, before                   string
	bucket                          string
}

func (c *choiceFlags) register(f *pflag.FlagSet) {
	f.BoolVar(&c.latest, "latest", false, "use the newest run of a job (default)")
	c.registerFilters(f, "the newest")
	f.Lookup(withTraces).Usage += "; a link to a run without traces gives exit code 3"
}

// registerFilters adds those that leave out runs; which says what they leave.
func (c *choiceFlags) registerFilters(f *pflag.FlagSet, which string) {
	f.BoolVar(&c.failed, "failed", false, which+" that failed, or that Prow could not run")
	f.BoolVar(&c.passed, "passed", false, which+" that passed")
	f.BoolVar(&c.aborted, "aborted", false, which+" that Prow aborted")
	f.BoolVar(&c.withTraces, withTraces, false, "only runs that have traces")
	named(f, &c.after, "after", "", "TIME", "only runs started at this time or later: 2026-11-24, 2026-11-24T18:00:00Z, or an age such as 12h or 3d")
	named(f, &c.before, "before", "", "TIME", "only runs started before this time")
	named(f, &c.bucket, "bucket", "", "BUCKET", "bucket of the job, if its name or link names none")
}

// choice turns the flags into what a session is asked.
func (c *choiceFlags) choice(now time.Time) (session.Choice, error) {
	choice := session.Choice{WithTraces: c.withTraces, Bucket: c.bucket}
	chosen := 0
	for _, w := range []struct {
		given bool
		want  find.Want
	}{{c.latest, find.WantLatest}, {c.failed, find.WantFailed}, {c.passed, find.WantPassed}, {c.aborted, find.WantAborted}} {
		if w.given {
			choice.Want = w.want
			chosen++
		}
	}
	if chosen > 1 {
		return choice, usageError{errors.New("--latest, --failed, --passed and --aborted cannot be combined"), "use one of them"}
	}
	var err error
	if choice.After, err = parseTime("--after", c.after, now); err != nil {
		return choice, err
	}
	choice.Before, err = parseTime("--before", c.before, now)
	return choice, err
}

// parseTime reads a day, an instant, or an age.
func parseTime(flag, value string, now time.Time) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(value, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	} else if d, err := time.ParseDuration(value); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, usageError{fmt.Errorf("invalid %s %s", flag, text.Quote(value, maxQuoted)), "use 2026-11-24, 2026-11-24T18:00:00Z, 12h or 3d"}
}

// given names the flags that choose among a job's runs and were used.
func (c *choiceFlags) given() (names []string) {
	for _, f := range []struct {
		name string
		used bool
	}{
		{"--latest", c.latest}, {"--failed", c.failed}, {"--passed", c.passed}, {"--aborted", c.aborted}, {"--" + withTraces, c.withTraces},
		{"--after", c.after != ""}, {"--before", c.before != ""}, {"--bucket", c.bucket != ""},
	} {
		if f.used {
			names = append(names, f.name)
		}
	}
	return names
}
