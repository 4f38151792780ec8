package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
)

// tabsFor is how long the tabs that a Prow's configuration tells are taken as they were.
const tabsFor = 24 * time.Hour

// ParseAsking is Parse, and asks the known Prows which jobs the tab of a TestGrid link
// shows: each is a reference, to the Prow that knows it. What none tells stays the error of
// Parse, a *TabError where no Prow answers.
func (s *Session) ParseAsking(ctx context.Context, args []string) ([]prow.Ref, error) {
	var refs []prow.Ref
	for _, arg := range args {
		ref, err := Parse(s.o.Instances, arg)
		if err == nil {
			refs = append(refs, ref)
			continue
		}
		ofTab, unasked := s.jobsOfTab(ctx, err)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if unasked != nil {
			return nil, unasked
		}
		if len(ofTab) == 0 {
			return nil, &ArgumentError{arg, err}
		}
		refs = append(refs, ofTab...)
	}
	return refs, nil
}

// askedTogether is how many Prows are asked for their tabs at a time.
const askedTogether = 4

// jobsOfTab gives the jobs of the tab that a link into TestGrid names; none where no known
// Prow tells them. The default Prow is asked first, the others only where it does not know
// the tab: each of them sends tens of MB. The question names neither the tab nor a job.
func (s *Session) jobsOfTab(ctx context.Context, parsing error) ([]prow.Ref, error) {
	var p *link.ParseError
	if !errors.As(parsing, &p) || p.Tab == "" {
		return nil, nil
	}
	prows := s.o.Instances.DefaultFirst()
	all := s.askTab(ctx, prows[:1], p, s.tabs)
	if !anyKnows(all) { // the same Prow as the last time, whoever answers today
		all = append(all, s.askTab(ctx, prows[1:], p, s.keptTabs)...)
	}
	if !anyKnows(all) {
		all = append(all[:1], s.askTab(ctx, prows[1:], p, s.tabs)...)
	}
	if ctx.Err() != nil {
		return nil, nil
	}
	if i := slices.IndexFunc(all, func(a tabAnswer) bool { return a.err == nil }); i < 0 {
		return nil, &TabError{Tab: p.Tab, Prows: len(all), Err: all[0].err}
	}
	return s.chooseTab(p, all), nil
}

// TabError: a tab of TestGrid was named, and no known Prow can be asked for its jobs.
type TabError struct {
	Tab   string
	Prows int   // that were asked
	Err   error // of the first of them
}

func (e *TabError) Error() string {
	said := fmt.Sprintf("cannot find the jobs of TestGrid's tab %s: %v", text.Quote(e.Tab, maxTabQuoted), e.Err)
	if e.Prows > 1 {
		said += fmt.Sprintf(", and %s did not answer either", text.Count(e.Prows-1, "other Prow"))
	}
	return said
}

// Unwrap gives the first Prow's error.
func (e *TabError) Unwrap() error { return e.Err }

// A tabAnswer is what a Prow says of a tab.
type tabAnswer struct {
	deck string
	refs []prow.Ref // to its jobs
	err  error
}

func anyKnows(all []tabAnswer) bool {
	return slices.ContainsFunc(all, func(a tabAnswer) bool { return len(a.refs) > 0 })
}

// askTab looks for a tab in what is told of each Prow, some at a time.
func (s *Session) askTab(ctx context.Context, prows []prow.Instance, p *link.ParseError, tabs func(context.Context, string) ([]find.Tab, error)) []tabAnswer {
	all := make([]tabAnswer, len(prows))
	var g panics.Group
	g.SetLimit(askedTogether)
	for i, in := range prows {
		g.Go(func() error {
			deck := in.Decks[0]
			of, err := tabs(ctx, deck)
			all[i] = tabAnswer{deck: deck, err: err}
			for _, job := range find.JobsOf(of, p.Dashboard, p.Tab) {
				// As its Prow's own page names the job: without that, another's could be taken.
				ref, err := link.Parse(s.o.Instances, "https://"+deck+"/?job="+url.QueryEscape(job))
				if err == nil && ref.Kind == prow.KindJob {
					ref.Input = job
					all[i].refs = append(all[i].refs, ref)
				}
			}
			return nil
		})
	}
	g.Wait()
	return all
}

// chooseTab chooses the answer of the first Prow that knows the tab. It tells who else does,
// and who could not be asked: as a detail where that was not missed.
func (s *Session) chooseTab(p *link.ParseError, all []tabAnswer) []prow.Ref {
	var known, failed []string
	var refs []prow.Ref
	for _, a := range all {
		switch {
		case a.err != nil:
			failed = append(failed, a.err.Error())
		case len(a.refs) > 0:
			known = append(known, a.deck)
			if refs == nil {
				refs = a.refs
			}
		}
	}
	tab := "TestGrid's tab " + text.Quote(p.Tab, maxTabQuoted)
	if len(known) > 1 {
		s.tell(Notice{Text: tab + " exists in " + strings.Join(known, " and ") + ": using the jobs of " + known[0]})
	}
	if len(failed) > 0 {
		said := fmt.Sprintf("cannot ask %s for %s: %s", text.Count(len(failed), "Prow"), tab, strings.Join(failed, "; "))
		s.tell(Found{find.Notice{Text: said, Detail: len(known) > 0}})
	}
	return refs
}

// maxTabQuoted is how many bytes of a tab's name are shown.
const maxTabQuoted = 120

// tabs gives the jobs and tabs that a Deck's configuration tells, at most a day old.
func (s *Session) tabs(ctx context.Context, deck string) ([]find.Tab, error) {
	if tabs, _ := s.keptTabs(ctx, deck); tabs != nil || s.o.Offline {
		return tabs, nil
	}
	ask := s.o.Tabs
	if ask == nil {
		ask = find.DeckTabs
	}
	tabs, err := ask(ctx, deck)
	if err != nil {
		return nil, err
	}
	if file, err := s.tabFile(deck); err == nil {
		_ = writeTabs(file, tabs) // what fails of it is asked for again
	}
	return tabs, nil
}

// keptTabs gives the tabs of a Deck that the cache has, at most a day old, or of any age
// offline; nil where they are to be asked for. It has no errors of its own.
func (s *Session) keptTabs(_ context.Context, deck string) ([]find.Tab, error) {
	file, err := s.tabFile(deck)
	if err != nil {
		return nil, nil
	}
	tabs, at, ok := readTabs(file)
	if !ok || !s.o.Offline && (s.o.Refresh || s.o.Now().Sub(at) >= tabsFor) {
		return nil, nil
	}
	if tabs == nil {
		tabs = []find.Tab{} // a Prow that shows nothing in TestGrid
	}
	return tabs, nil
}

// tabFile is where the cache keeps the tabs of a Deck.
func (s *Session) tabFile(deck string) (string, error) {
	cache, err := s.tabCache()
	sum := sha256.Sum256([]byte(deck))
	return filepath.Join(cache, hex.EncodeToString(sum[:16])+".json"), err
}

// tabCache is the directory in the cache for the jobs of Prows and their tabs.
func (s *Session) tabCache() (string, error) {
	if s.o.Cache == CacheTemporary {
		return "", errors.New("nothing is to stay")
	}
	cache, err := fetch.OpenCache(s.o.CacheDir)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache.Dir(), "jobs")
	return dir, errors.Join(os.MkdirAll(dir, 0o700), cache.Close())
}

// maxTabs bounds what is kept, in bytes.
const maxTabs = 128 << 20

func readTabs(file string) (tabs []find.Tab, at time.Time, ok bool) {
	fi, err := os.Stat(file)
	if err != nil || fi.Size() > maxTabs {
		return nil, at, false
	}
	data, err := os.ReadFile(file)
	return tabs, fi.ModTime(), err == nil && json.Unmarshal(data, &tabs) == nil
}

func writeTabs(file string, tabs []find.Tab) error {
	data, err := json.Marshal(tabs)
	if err != nil || len(data) > maxTabs {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "*.part")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
