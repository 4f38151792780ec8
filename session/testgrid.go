package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"prowtrace/fetch"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
)

// tabsFor is how long the tabs that a Prow's configuration tells are taken as they were.
const tabsFor = 24 * time.Hour

// ParseAsking is Parse, and asks the default Prow which jobs the tab of a TestGrid link
// shows: each is a reference. What Prow does not tell stays the error of Parse.
func (s *Session) ParseAsking(ctx context.Context, args []string) ([]prow.Ref, error) {
	var refs []prow.Ref
	for _, arg := range args {
		ref, err := Parse(s.o.Instances, arg)
		if err == nil {
			refs = append(refs, ref)
			continue
		}
		ofTab := s.jobsOfTab(ctx, err)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if len(ofTab) == 0 {
			return nil, &ArgumentError{arg, err}
		}
		refs = append(refs, ofTab...)
	}
	return refs, nil
}

// jobsOfTab gives the jobs of the tab that a link into TestGrid names; none where that is
// not known.
func (s *Session) jobsOfTab(ctx context.Context, parsing error) (refs []prow.Ref) {
	var p *link.ParseError
	if !errors.As(parsing, &p) || p.Tab == "" {
		return nil
	}
	known := s.o.Instances.Default()
	if len(known.Decks) == 0 {
		return nil
	}
	tabs, err := s.tabs(ctx, known.Decks[0])
	if err != nil {
		s.tell(Notice{Text: "TestGrid's tabs are not known: " + err.Error()})
	}
	for _, job := range find.JobsOf(tabs, p.Dashboard, p.Tab) {
		if ref, err := link.Parse(s.o.Instances, job); err == nil && ref.Kind == prow.KindJob {
			refs = append(refs, ref)
		}
	}
	return refs
}

// tabs gives the tabs that a Deck's configuration tells, at most a day old.
func (s *Session) tabs(ctx context.Context, deck string) ([]find.Tab, error) {
	file := ""
	if cache, err := s.tabCache(); err == nil {
		sum := sha256.Sum256([]byte(deck))
		file = filepath.Join(cache, hex.EncodeToString(sum[:16])+".json")
	}
	if tabs, at, ok := readTabs(file); ok && (s.o.Offline || !s.o.Refresh && s.o.Now().Sub(at) < tabsFor) {
		return tabs, nil
	}
	if s.o.Offline {
		return nil, nil
	}
	ask := s.o.Tabs
	if ask == nil {
		ask = find.DeckTabs
	}
	tabs, err := ask(ctx, deck)
	if err == nil && file != "" {
		writeTabs(file, tabs) // what fails of it is asked for again
	}
	return tabs, err
}

// tabCache is the directory in the cache for tabs.
func (s *Session) tabCache() (string, error) {
	if s.o.Cache == CacheTemporary {
		return "", errors.New("nothing is to stay")
	}
	cache, err := fetch.OpenCache("")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache.Dir(), "testgrid")
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
