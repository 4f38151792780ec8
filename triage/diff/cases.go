package diff

import (
	"context"
	"slices"
	"strings"

	"prowtrace/prow/runfile"
	"prowtrace/triage"
)

// manyCases is how many cases of one suite must be new, or gone, to become one row: the
// suite did not run.
const manyCases = 5

// cases compares the cases of JUnit. If passed cases were left out, a missing case means
// nothing.
func (c *comparison) cases(context.Context) error {
	all := sightings{}
	tells, whole := make([]bool, len(c.good)+1), true
	suite := map[thing]string{}
	for run, s := range c.all() {
		for _, u := range s.Metadata.Suites {
			tells[run] = true
			if u.LeftOut > 0 || u.Lost > 0 {
				whole = false
			}
			for i := range u.Cases {
				one := &u.Cases[i]
				t := thing{name: u.Name + "\x00" + one.Class + "\x00" + one.Name}
				suite[t] = u.Name
				at := all.at(t, run)
				failed := one.Outcome == runfile.CaseFailed || one.Outcome == runfile.CaseUnknown
				if at.count++; at.count == 1 || failed && at.errors == 0 {
					at.where = func() (string, *Place) {
						return firstLine(one.Message), s.place(triage.Place{Source: triage.FromJUnit, File: u.File, Span: -1}, one.Start)
					}
				}
				at.took += one.Duration
				if failed {
					at.errors++
				}
			}
		}
	}
	if !whole {
		c.gap("JUnit cases", "some passed cases are unknown, so missing cases are not listed")
	}
	missing := map[string][]Change{} // by suite and kind, cases that did not fail
	for _, t := range all.sorted() {
		change, ok := c.judge(all[t], tells, byOutcome|byTime)
		if !ok || (change.Kind == New || change.Kind == Gone) && !whole && change.Bad.Errors+change.Good.Errors == 0 {
			continue
		}
		if slices.ContainsFunc(c.Phases, func(p Change) bool { return p.key == caseOf(t) }) {
			continue // it is reported as a phase
		}
		change.Name, change.Under, change.key = short(caseOf(t)), short(suite[t]), t.name
		if (change.Kind == New || change.Kind == Gone) && change.Bad.Errors+change.Good.Errors == 0 {
			missing[string(change.Kind)+suite[t]] = append(missing[string(change.Kind)+suite[t]], change)
			continue
		}
		change.telling = change.Bad.Errors+change.Good.Errors > 0
		c.Cases = append(c.Cases, change)
	}
	for _, some := range missing {
		if len(some) >= manyCases {
			some[0].With = len(some) - 1
			some[0].weight = int64(len(some))
			some = some[:1]
		}
		c.Cases = append(c.Cases, some...)
	}
	return nil
}

// caseOf is the name of a case.
func caseOf(t thing) string { return t.name[strings.LastIndexByte(t.name, 0)+1:] }
