package find

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Tab of a dashboard of TestGrid shows the runs of a job. A job that no dashboard shows
// has one Tab without a dashboard.
type Tab struct {
	Dashboard string `json:"dashboard,omitempty"`
	Name      string `json:"tab,omitempty"`
	Job       string `json:"job"`
}

// Bounds of a Prow's configuration. That of Kubernetes has some tens of MB.
const (
	configTimeout = 2 * time.Minute
	maxConfig     = 512 << 20 // bytes
	maxTabs       = 200_000
	maxConfigLine = 64 << 10 // bytes of a line that is looked at
	maxTabName    = 500      // bytes of the name of a tab, dashboard or job
	maxTabValue   = 16 << 10 // bytes of a list of dashboards
)

// DeckTabs reads a Prow's configuration from its Deck, and returns its jobs with the tabs in
// their annotations. It sends no credentials. Errors are *DeckError, the
// context's, and what the Deck answered.
func DeckTabs(ctx context.Context, host string) ([]Tab, error) {
	return deckTabs(ctx, host, deckTimeout)
}

// deckTabs waits this long for the beginning of the answer.
func deckTabs(ctx context.Context, host string, patience time.Duration) ([]Tab, error) {
	ctx, cancel := context.WithTimeout(ctx, configTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, deckPage(host, "/config", nil), nil)
	if err != nil {
		return nil, err
	}
	silence := time.AfterFunc(patience, cancel)
	resp, err := deckClient(req).Do(req)
	begun := silence.Stop()
	if err == nil {
		defer resp.Body.Close()
	}
	switch {
	case !begun:
		return nil, unreachable(host, context.DeadlineExceeded)
	case err != nil:
		return nil, unreachable(host, err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("cannot read the configuration of %s: HTTP %d", host, resp.StatusCode)
	}
	tabs, err := ReadTabs(io.LimitReader(resp.Body, maxConfig))
	if err != nil {
		return nil, unreachable(host, err)
	}
	return tabs, nil
}

// JobsOf returns the jobs of a tab, in order.
func JobsOf(tabs []Tab, dashboard, tab string) (jobs []string) {
	for _, t := range tabs {
		if t.Dashboard != "" && t.Dashboard == dashboard && t.Name == tab {
			jobs = append(jobs, t.Job)
		}
	}
	slices.Sort(jobs)
	return slices.Compact(jobs)
}

// ReadTabs reads a configuration as Deck writes it, line by line. It is YAML whose blocks are
// indented by two, with the jobs as lists below periodics, presubmits/REPOSITORY and
// postsubmits/REPOSITORY. A job's annotations say where TestGrid shows it:
//
//	periodics:
//	- agent: kubernetes
//	  annotations:
//	    testgrid-dashboards: sig-a, sig-b
//	    testgrid-tab-name: nightly
//	  name: e2e-nightly
func ReadTabs(r io.Reader) ([]Tab, error) {
	t := &tabReader{}
	in := bufio.NewReaderSize(r, maxConfigLine)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) { // the line is too long: skip it and its rest
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			line = nil
		}
		t.line(bytes.TrimRight(line, "\r\n"))
		if err == io.EOF {
			t.endJob()
			return t.tabs, nil
		}
		if err != nil {
			return nil, err
		}
		if len(t.tabs) >= maxTabs {
			return t.tabs, nil
		}
	}
}

type tabReader struct {
	tabs   []Tab
	of     string // periodics, presubmits, postsubmits; "" is anything else
	indent int    // of the dashes before jobs; -1: none yet

	job         bool
	annotations bool // the lines of the annotations are read
	values      map[string]string
	last        string // the field whose text may continue on the next lines
}

func (t *tabReader) line(line []byte) {
	text := bytes.TrimLeft(line, " ")
	if len(text) == 0 || text[0] == '#' {
		return
	}
	indent := len(line) - len(text)
	dash := bytes.HasPrefix(text, []byte("- "))
	if indent == 0 && !dash {
		t.endJob()
		t.of, t.indent = string(bytes.TrimSuffix(text, []byte(":"))), -1
		return
	}
	if t.of != "periodics" && t.of != "presubmits" && t.of != "postsubmits" {
		return
	}
	switch {
	case dash && (t.indent < 0 || indent == t.indent):
		t.endJob()
		t.indent, t.job, t.values = indent, true, map[string]string{}
		t.field(indent+2, text[2:])
	case !dash && indent <= t.indent: // the next repository
		t.endJob()
	case t.job && !dash:
		t.field(indent, text)
	}
}

// field reads a line of a job that does not begin an item of a list.
func (t *tabReader) field(indent int, text []byte) {
	key, value, ok := strings.Cut(string(text), ":")
	switch at := indent - t.indent - 2; {
	case at == 0:
		t.annotations, t.last = key == "annotations", ""
		if key == "name" && ok {
			t.set("name", plain(value))
		}
	case at == 2 && t.annotations && (key == "testgrid-dashboards" || key == "testgrid-tab-name") && ok:
		t.set(key, plain(value))
	case at == 2:
		t.last = ""
	case at > 2 && t.annotations && t.last != "": // a long text continues
		t.set(t.last, strings.TrimSpace(t.values[t.last]+" "+plain(string(text))))
	}
}

// set stores a value, which may continue on the next lines. A value that is too long is dropped.
func (t *tabReader) set(key, value string) {
	if t.last = key; len(value) > maxTabValue {
		value, t.last = "", ""
	}
	t.values[key] = value
}

// plain returns a scalar without its quotes.
func plain(s string) string {
	s = strings.TrimSpace(s)
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		s = s[1 : n-1]
	}
	return strings.Trim(s, `"'`)
}

func (t *tabReader) endJob() {
	name := t.values["name"]
	tab := cmp.Or(t.values["testgrid-tab-name"], name)
	if t.job && name != "" && max(len(name), len(tab)) <= maxTabName {
		before := len(t.tabs)
		for dashboard := range strings.SplitSeq(t.values["testgrid-dashboards"], ",") {
			if dashboard = strings.TrimSpace(dashboard); dashboard != "" && len(dashboard) <= maxTabName && len(t.tabs) < maxTabs {
				t.tabs = append(t.tabs, Tab{dashboard, tab, name})
			}
		}
		if len(t.tabs) == before {
			t.tabs = append(t.tabs, Tab{Job: name})
		}
	}
	t.job, t.annotations, t.last, t.values = false, false, "", nil
}
