package triage

import (
	"context"
	"sync"
)

// compared is what other runs are compared with. It is read once.
type compared struct {
	known    *Matcher
	logs     int // how many the run had then
	facts    []*Fact
	versions func() map[string]*Version
}

// Prepare reads once what other runs are compared with, for a run that is among the Passing
// runs of several others. Nothing may be judged with it at the same time. Its only error is
// that of ctx.
func (e *Evidence) Prepare(ctx context.Context, known *Matcher) error {
	err := e.ReadFacts(ctx, known)
	if err == nil {
		e.compared.versions()
	}
	return err
}

// ReadFacts reads the facts of a run once, for a run that is judged more than once. Nothing
// may be judged with it at the same time. Its only error is that of ctx.
func (e *Evidence) ReadFacts(ctx context.Context, known *Matcher) error {
	facts, named, err := gather(ctx, e, known)
	if err != nil {
		return err
	}
	for _, f := range facts {
		f.fingerprint() // the fact keeps it
	}
	e.compared = &compared{known, len(e.Logs), facts, sync.OnceValue(func() map[string]*Version { return versionsIn(e, named) })}
	return nil
}

// prepared is what Prepare has read, if it is still valid.
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
