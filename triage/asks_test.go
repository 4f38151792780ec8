package triage_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/session"
	"prowtrace/triage"
)

// asksFile names the case of each row of each table of rules. Its columns are the table, the
// row, the effect, the case, and its text. The effect is "decides" if the case is judged
// differently without the row, or "also" if something else has the same effect. A case is a
// line of the tables of lines in this package's tests, a small run, a signature with its
// examples, or a recorded failure.
const asksFile = "testdata/asks.tsv"

const (
	byItself = "decides"
	besides  = "also"
)

type ask struct{ how, of, text string }

// Each row of the tables of words has a case. UPDATE_ASKS=1 looks for cases of rows without
// one. A row for which there is none must be removed, or gets a line as a program prints it.
func TestRowsAreAskedFor(t *testing.T) {
	if raceDetector {
		t.Skip("one goroutine judges all cases many times: make test runs it without the race detector")
	}
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := triage.NewMatcher(all)
	cases := casesOf(all)
	var rows []row
	for _, w := range triage.WordTables(t, known) {
		for i, name := range w.Rows {
			rows = append(rows, row{
				w.Name, name, func() []ask { return cases.having(w.Hits(i)) },
				func(a ask) bool { return cases.has(a) && w.Decides(i, a.text) },
				func(a ask) bool { return cases.has(a) && w.Also(i, a.text) },
			})
		}
	}
	checkAsks(t, rows, func(table string) bool { return table != weightTable && table != weakTable })
}

// The tables that change the order of findings.
const (
	weightTable = "weight"
	weakTable   = "weak signature"
)

// Each weight has a case whose findings have another order or another score without it. Each
// weak signature has one too. The text is the title of a finding.
func TestWeightsAreAskedFor(t *testing.T) {
	if raceDetector {
		t.Skip("one goroutine judges all cases many times: make test runs it without the race detector")
	}
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	runs := judgedCases{t: t, known: triage.NewMatcher(all), cases: casesOf(all), evidence: map[string]*triage.Evidence{}, weighed: map[string]weighed{}}
	var rows []row
	add := func(table string, names []string) {
		for _, name := range names {
			rows = append(rows, row{
				table, name, runs.findings,
				func(a ask) bool { return runs.changes(a, name, true) },
				func(a ask) bool { return runs.changes(a, name, false) },
			})
		}
	}
	add(weightTable, triage.Weights())
	add(weakTable, triage.WeakSignatures())
	checkAsks(t, rows, func(table string) bool { return table == weightTable || table == weakTable })
}

// checkAsks checks the cases of rows. It also checks that the cases of the given tables have
// a row.
func checkAsks(t *testing.T, rows []row, meant func(table string) bool) {
	asks := readAsks(t)
	if os.Getenv("UPDATE_ASKS") != "" {
		updateAsks(t, rows, asks, meant)
		return
	}
	for _, r := range rows {
		a, ok := asks[r.key()]
		delete(asks, r.key())
		switch {
		case !ok:
			t.Errorf("no case asks for %s of %s, or it is there twice", r.name, r.table)
		case a.how == byItself && !r.decides(a), a.how == besides && !r.also(a), a.how != byItself && a.how != besides:
			t.Errorf("%s: %q does not hold as %q for %s of %s", a.of, a.text, a.how, r.name, r.table)
		}
	}
	for key := range asks {
		if table, _, _ := strings.Cut(key, "\t"); meant(table) {
			t.Errorf("there is no row %s any more", key)
		}
	}
}

// A row is a row of a table of rules.
type row struct {
	table, name   string
	texts         func() []ask // for all cases
	decides, also func(ask) bool
}

func (r *row) key() string { return r.table + "\t" + r.name }

// updateAsks keeps the valid cases, and looks for cases of all other rows. It prefers cases
// that the row decides.
func updateAsks(t *testing.T, rows []row, asks map[string]ask, meant func(table string) bool) {
	var out []string
	put := func(key string, a ask) { out = append(out, fmt.Sprintf("%s\t%s\t%s\t%s\n", key, a.how, a.of, a.text)) }
	for key, a := range asks {
		if table, _, _ := strings.Cut(key, "\t"); !meant(table) {
			put(key, a)
		}
	}
	for _, r := range rows {
		a, ok := asks[r.key()]
		if ok = ok && (a.how == byItself && r.decides(a) || a.how == besides && r.also(a)); !ok {
			a, ok = r.find()
		}
		if !ok {
			t.Errorf("no case asks for\t%s\t%s", r.table, r.name)
			continue
		}
		put(r.key(), a)
	}
	slices.Sort(out)
	if err := os.MkdirAll(filepath.Dir(asksFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(asksFile, []byte(strings.Join(out, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// find looks for a case that a row decides, or else for one that it supports.
func (r *row) find() (a ask, ok bool) {
	texts := r.texts()
	for how, holds := range map[string]func(ask) bool{besides: r.also, byItself: r.decides} {
		if i := slices.IndexFunc(texts, holds); i >= 0 && (!ok || how == byItself) {
			a, ok = ask{how, texts[i].of, texts[i].text}, true
		}
	}
	return a, ok
}

func readAsks(t *testing.T) map[string]ask {
	data, err := os.ReadFile(asksFile)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	all := map[string]ask{}
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 5)
		if len(f) != 5 {
			t.Fatalf("%s: %q has %d columns", asksFile, line, len(f))
		}
		all[f[0]+"\t"+f[1]] = ask{f[2], f[3], f[4]}
	}
	return all
}

// knownCases are the cases that rules are made with, by their names. Each gives its lines.
type knownCases struct {
	names []string
	lines map[string]func() []string
	said  map[string]map[string]bool // of the requested cases
	all   []ask
}

func casesOf(signatures []*triage.Signature) *knownCases {
	k := &knownCases{lines: map[string]func() []string{}, said: map[string]map[string]bool{}}
	add := func(name string, lines func() []string) {
		k.names = append(k.names, name)
		k.lines[name] = lines
	}
	add("line", triage.RecordedLines)
	for _, run := range slices.Concat(smallRuns, checkRuns) {
		add("small run "+run.name, func() (lines []string) {
			for _, name := range slices.Sorted(maps.Keys(run.files)) {
				lines = append(lines, strings.Split(run.files[name], "\n")...)
			}
			return lines
		})
	}
	for _, s := range signatures {
		add("signature "+s.ID, func() []string { return s.Examples })
	}
	dirs, _ := filepath.Glob("../testdata/failures/*/run")
	for _, dir := range dirs {
		add(filepath.Base(filepath.Dir(dir)), func() []string { return linesBelow(filepath.Dir(dir)) })
	}
	return k
}

// linesBelow gives the lines of all files of a recorded failure and its passing runs. Some
// files are compressed.
func linesBelow(dir string) (lines []string) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "expect.yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if z, zipped := gzip.NewReader(bytes.NewReader(data)); zipped == nil {
			data, err = io.ReadAll(z)
		}
		lines = append(lines, strings.Split(string(data), "\n")...)
		return err
	})
	return lines
}

// has reports whether a case has a text.
func (k *knownCases) has(a ask) bool {
	if k.lines[a.of] == nil {
		return false
	}
	if k.said[a.of] == nil {
		k.said[a.of] = map[string]bool{}
		for _, line := range k.lines[a.of]() {
			for _, said := range triage.SaidIn(line) {
				k.said[a.of][said] = true
			}
		}
	}
	return k.said[a.of][a.text]
}

// texts gives the texts of all cases, one of those that differ only in numbers.
func (k *knownCases) texts() []ask {
	if len(k.all) > 0 {
		return k.all
	}
	seen := map[uint64]bool{}
	for _, name := range k.names {
		for _, line := range k.lines[name]() {
			for _, said := range triage.SaidIn(line) {
				if like := triage.Alike(said); !seen[like] {
					seen[like] = true
					k.all = append(k.all, ask{of: name, text: said})
				}
			}
		}
	}
	return k.all
}

// having gives the texts that may have the words of a row.
func (k *knownCases) having(words func(text string) bool) (some []ask) {
	for _, a := range k.texts() {
		if words(a.text) {
			some = append(some, a)
		}
	}
	return some
}

// judgedCases are cases that are whole runs.
type judgedCases struct {
	t        *testing.T
	known    *triage.Matcher
	cases    *knownCases
	evidence map[string]*triage.Evidence
	weighed  map[string]weighed // by the case, and by what was left out
	all      []ask
}

// weighed is the findings of a run: the titles of the first three, and the score of each.
type weighed struct {
	first  []string
	scores map[string]int
}

// changes reports whether the finding of a case has another score without a weight, or if a
// signature were not weak. With order it reports whether the order of the first three
// changes.
func (c *judgedCases) changes(a ask, name string, order bool) bool {
	before, after := c.weigh(a.of, ""), c.weigh(a.of, name)
	if order && slices.Equal(before.first, after.first) {
		return false
	}
	score, ok := before.scores[a.text]
	return ok && score != after.scores[a.text]
}

// weigh judges a run without a weight or a weak signature.
func (c *judgedCases) weigh(of, without string) weighed {
	w, ok := c.weighed[of+"\t"+without]
	e := c.of(of)
	if ok || e == nil {
		return w
	}
	known := c.known
	if slices.Contains(triage.WeakSignatures(), without) {
		defer triage.WithoutWeak(without)()
	} else if without != "" {
		known = known.WithoutWeight(without)
	}
	j, err := triage.Judge(c.t.Context(), e, known)
	if err != nil {
		c.t.Fatal(err)
	}
	w.scores = map[string]int{}
	for i, f := range j.Findings {
		w.scores[f.Title] = f.Score()
		if i < 3 {
			w.first = append(w.first, f.Title)
		}
	}
	c.weighed[of+"\t"+without] = w
	return w
}

// of gives the evidence of a case, with the files that it reads on demand, or nil if it is
// not a run.
func (c *judgedCases) of(name string) *triage.Evidence {
	if e, ok := c.evidence[name]; ok {
		return e
	}
	c.evidence[name] = nil
	dir := ""
	if small, ok := strings.CutPrefix(name, "small run "); ok {
		for _, run := range slices.Concat(smallRuns, checkRuns) {
			if run.name == small {
				dir = run.write(c.t)
			}
		}
	} else if c.cases.lines[name] != nil && name != "line" && !strings.HasPrefix(name, "signature ") {
		dir = filepath.Join("../testdata/failures", name, "run")
	}
	if dir == "" {
		return nil
	}
	in, e := runtest.Load(c.t, dir)
	var base session.Baseline
	passing, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "passing", "*"))
	for _, p := range passing {
		base.Add(runtest.Load(c.t, p))
	}
	if _, _, err := session.Judge(c.t.Context(), in, e, &base, c.known); err != nil {
		c.t.Fatal(err)
	}
	c.evidence[name] = e
	return e
}

// findings gives those of all runs that can be named.
func (c *judgedCases) findings() []ask {
	if len(c.all) > 0 {
		return c.all
	}
	for _, name := range c.cases.names {
		if c.of(name) != nil {
			for _, title := range slices.Sorted(maps.Keys(c.weigh(name, "").scores)) {
				if slices.Contains(triage.SaidIn(title), title) {
					c.all = append(c.all, ask{of: name, text: title})
				}
			}
		}
	}
	return c.all
}
