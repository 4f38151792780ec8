package triage

import (
	"context"
	"sync"
)

// compared is what others are compared with of a run, read once.
type compared struct {
	known    *Matcher
	logs     int // that the run had then
	facts    []*Fact
	versions func() map[string]*Version
}

// Prepare reads once what a run is compared with when it is among the Passing ones of
// several others. Nothing may be judged with it meanwhile. An error is that of ctx.
func (e *Evidence) Prepare(ctx context.Context, known *Matcher) error {
	err := e.ReadFacts(ctx, known)
	if err == nil {
		e.compared.versions()
	}
	return err
}

// ReadFacts reads once what a run is judged by more than once. Nothing may be judged with it
// meanwhile. An error is that of ctx.
func (e *Evidence) ReadFacts(ctx context.Context, known *Matcher) error {
	facts, named, err := gather(ctx, e, known)
	if err != nil {
		return err
	}
	for _, f := range facts {
		f.fingerprint() // which is kept in the fact
	}
	e.compared = &compared{known, len(e.Logs), facts, sync.OnceValue(func() map[string]*Version { return versionsIn(e, named) })}
	return nil
}

// prepared is what Prepare has read, if it still holds.
func (e *Evidence) prepared(known *Matcher) (c *compared, ok bool) {
	c = e.compared
	return c, c != nil && c.known == known && c.logs == len(e.Logs)
}

// comparedFacts gives the facts of a passing run.
func (e *Evidence) comparedFacts(ctx context.Context, known *Matcher) ([]*Fact, error) {
	if c, ok := e.prepared(known); ok {
		return c.facts, nil
	}
	return Facts(ctx, e, known)
}

// comparedVersions gives the versions in the logs of a passing run.
func (e *Evidence) comparedVersions(known *Matcher) map[string]*Version {
	if c, ok := e.prepared(known); ok {
		return c.versions()
	}
	return Versions(e, known)
}
