package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"prowtrace/joblog"
	"prowtrace/otelfile"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

func TestCommittedFailuresAreCurrent(t *testing.T) {
	for dir, list := range caseDirs() {
		t.Run(dir, func(t *testing.T) {
			written, err := caseFiles(list)
			if err != nil {
				t.Fatal(err)
			}
			committed(t, written, filepath.Join("..", dir))
		})
	}
}

// committedCases are the cases as they lie in the repository, which is what the judgement is measured with.
func committedCases(t *testing.T) sample {
	t.Helper()
	all := sample{}
	for dir := range caseDirs() {
		for name, data := range readTree(t, filepath.Join("..", dir)) {
			object, err := url.PathUnescape(name)
			if err != nil {
				t.Fatal(err)
			}
			id, file, _ := strings.Cut(object, "/")
			all.bucket(id)[file] = data
		}
	}
	return all
}

var (
	failureCategories = []string{"quota", "capacity", "throttling", "image", "dependency", "config", "infra", "node", "oom", "timeout", "test", "product", "cleanup", "aborted", "none", "unknown"}
	failureNeeds      = []string{"run", "passing", "history", "child", "on-demand"}
)

func TestExpectations(t *testing.T) {
	for id, files := range committedCases(t) {
		t.Run(id, func(t *testing.T) {
			d := yaml.NewDecoder(bytes.NewReader(files["expect.yaml"]))
			d.KnownFields(true)
			var e expectation
			if err := d.Decode(&e); err != nil {
				t.Fatal(err)
			}
			if e.Title == "" || strings.Contains(e.Title, "\n") {
				t.Errorf("title %q", e.Title)
			}
			if !slices.Contains(failureCategories, e.Category) {
				t.Errorf("category %q", e.Category)
			}
			without := slices.Contains([]string{"none", "aborted", "unknown"}, e.Category)
			if (e.Cause == "") != without {
				t.Errorf("cause %q of category %s", e.Cause, e.Category)
			}
			for _, pattern := range append(e.NotFirst, e.Cause) {
				if _, err := regexp.Compile(pattern); err != nil {
					t.Error(err)
				}
			}
			if len(e.Needs) == 0 || e.Needs[0] != "run" {
				t.Errorf("needs %q", e.Needs)
			}
			for _, need := range e.Needs {
				if !slices.Contains(failureNeeds, need) {
					t.Errorf("unknown need %q", need)
				}
				if slices.Contains([]string{"passing", "history", "child"}, need) && files[need+"/1/finished.json"] == nil {
					t.Errorf("needs %s, which is not there", need)
				}
			}
			if e.Cause != "" && len(e.Evidence) == 0 {
				t.Error("no evidence of a cause")
			}
			if len(e.Misleads) == 0 {
				t.Error("nothing misleads")
			}
			for _, p := range append(e.Evidence, e.Misleads...) {
				if err := p.holds(files); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// holds reports whether one of the files that a place names matches.
func (p place) holds(files bucket) error {
	pattern, err := regexp.Compile(p.Pattern)
	if err != nil {
		return err
	}
	named := 0
	for name, data := range files {
		if ok, err := path.Match(p.File, name); err != nil {
			return err
		} else if !ok {
			continue
		}
		named++
		text, err := inflated(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if pattern.Match(text) {
			return nil
		}
	}
	return fmt.Errorf("%d files are called %s, and none matches %s", named, p.File, p.Pattern)
}

func inflated(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	return joblog.Inflate(context.Background(), data, 1<<26)
}

// A case's first finding is judged by its texts: the patterns must tell the evidence from what misleads.
func TestCausesTellFromDistractors(t *testing.T) {
	for _, f := range slices.Concat(failures(), apartFailures(), freshFailures(), thirdFailures(), round4Failures()) {
		if f.expect.Cause == "" {
			continue
		}
		for _, bare := range []string{"exit status 1", "exit status 255", "the job failed", "timed out waiting for the condition", "wait time exceeded during validation", "wrapped process failed: exit status 1"} {
			if regexp.MustCompile(f.expect.Cause).MatchString(bare) {
				t.Errorf("%s: a bare %q counts as its cause", f.id, bare)
			}
		}
	}
}

func TestCasesAreSmall(t *testing.T) {
	for id, files := range committedCases(t) {
		if n := size(files); n > largestCase {
			t.Errorf("%s has %d bytes, want at most %d", id, n, largestCase)
		}
	}
}

// roles are the runs of a case, each with its files by their names below its root.
func roles(files bucket) map[string]bucket {
	all := map[string]bucket{}
	for name, data := range files {
		parts := strings.SplitN(name, "/", 3)
		switch {
		case parts[0] == "run":
			name = strings.Join(parts[1:], "/")
		case len(parts) == 3:
			parts[0] += "/" + parts[1]
			name = parts[2]
		default:
			continue // expect.yaml
		}
		if all[parts[0]] == nil {
			all[parts[0]] = bucket{}
		}
		all[parts[0]][name] = data
	}
	return all
}

func TestRunsOfCasesCanBeRead(t *testing.T) {
	for id, files := range committedCases(t) {
		for role, run := range roles(files) {
			t.Run(id+"/"+role, func(t *testing.T) {
				var sources []runfile.Source
				for _, name := range slices.Sorted(maps.Keys(run)) {
					sources = append(sources, runfile.Source{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(run[name])), nil }})
				}
				m, losses := runfile.Read(prow.Run{}, sources)
				for _, loss := range losses {
					t.Error(loss)
				}
				if m.Started == nil || m.Finished == nil || m.ProwJob == nil || m.Pod == nil || role == "run" && (len(m.Clones) == 0 && m.State() != runfile.Errored || m.Upload == nil && !cutShort(m)) {
					t.Fatal("one of Prow's files is missing")
				}
				if !m.Identify(prow.Instances{}) || m.Run.Build != m.ProwJob.Build {
					t.Errorf("run %+v of build %s", m.Run, m.ProwJob.Build)
				}
				if passed := m.State() == runfile.Passed; strings.HasPrefix(role, "passing/") && !passed {
					t.Errorf("state %s", m.State())
				}
				for name, data := range run {
					checkText(t, m, name, data)
				}
			})
		}
	}
}

// cutShort reports whether nothing was uploaded: a repository could not be cloned, a container never ran, or its pod was
// taken away.
func cutShort(m *runfile.Metadata) bool {
	return slices.ContainsFunc(m.Clones, func(c runfile.Clone) bool { return c.Failed }) || m.State() == runfile.Errored || m.Pod.Disrupted != nil
}

// checkText reads logs and traces with the readers of the program.
func checkText(t *testing.T, m *runfile.Metadata, name string, data []byte) {
	t.Helper()
	switch base := path.Base(name); {
	case strings.HasSuffix(base, ".otel"):
		spans, problems := readBack(t, bucket{name: data}, "")
		if len(spans) == 0 {
			t.Errorf("%s has no spans", name)
		}
		for _, kind := range problems[base] {
			if kind != otelfile.ProblemTornPayload { // that of a killed process
				t.Errorf("%s: problem %v", name, kind)
			}
		}
	case strings.HasSuffix(base, ".log") || strings.HasSuffix(base, "build-log.txt") || strings.Contains(base, "journal"):
		text, err := inflated(data)
		if err != nil {
			t.Fatal(err)
		}
		start, end := m.Span()
		log, err := joblog.Index(context.Background(), text, joblog.Options{Start: start, End: end})
		if err != nil {
			t.Fatal(err)
		}
		if first, last, ok := log.Times(); ok && (first.Before(start.AddDate(0, 0, -1)) || last.After(end.AddDate(0, 0, 1))) {
			t.Errorf("%s lasts from %s to %s, its run from %s to %s", name, first, last, start, end)
		} else if !ok && base != "build-log.txt" { // some programs print no times
			t.Errorf("%s has no times", name)
		}
		if bytes.ContainsAny(text, "\x00") || bytes.Contains(text, []byte("%!")) {
			t.Errorf("%s holds what a printer left: %s", name, regexp.MustCompile(`.{0,60}(%!|\x00).{0,40}`).Find(text))
		}
	}
}
