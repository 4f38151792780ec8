//go:build unix

package launch

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ownAddress = "http://127.0.0.1:1/search?a=b&c=%20"

// What fails is passed over, and what ends well was the browser.
func TestBrowserRuns(t *testing.T) {
	s := newStage(t, "ready", "fox")
	getenv := func(name string) string { return map[string]string{"BROWSER": "missing:fox --new-tab %s"}[name] }
	if err := openWith(t0, ownAddress, browserCommands("linux", getenv), never); err != nil {
		t.Fatal(err)
	}
	if run := s.expect("run"); strings.Join(run.Args[1:], " ") != "--new-tab "+ownAddress {
		t.Errorf("run %q", run.Args)
	}
}

func TestBrowserFails(t *testing.T) {
	newStage(t, "fails", "fox")
	err := openWith(t0, ownAddress, [][]string{{"missing"}, {"fox"}}, never)
	if err == nil || err.Error() != "cannot open a browser: missing: executable file not found in $PATH; fox: exit status 3" {
		t.Errorf("error %v", err)
	}
	if err := openWith(t0, ownAddress, nil, never); err == nil || !strings.Contains(err.Error(), "no display") {
		t.Errorf("error %v", err)
	}
}

// A command that goes on is the browser itself: it is left alone.
func TestBrowserStays(t *testing.T) {
	s := newStage(t, "stays", "fox")
	up := make(chan time.Time)
	errs := make(chan error)
	go func() {
		errs <- openWith(t0, ownAddress, [][]string{{filepath.Join(s.dir, "fox")}}, timeIsUp(up))
	}()
	s.expect("run")
	close(up)
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
	talk := <-s.conns
	select {
	case e := <-s.events:
		t.Errorf("event %+v", e)
	default:
	}
	io.WriteString(talk, "end\n")
	s.expect("gone")
}

func TestBrowserCancelled(t *testing.T) {
	s := newStage(t, "stays", "fox")
	ctx, cancel := context.WithCancel(t0)
	errs := make(chan error)
	go func() { errs <- openWith(ctx, ownAddress, [][]string{{"fox"}}, never) }()
	s.expect("run")
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	io.WriteString(<-s.conns, "end\n")
	s.expect("gone")
}
