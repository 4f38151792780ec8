package diff

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
	"prowtrace/triage/history"
)

// An Input is a changed input of a run.
type Input struct {
	Kind    string   `json:"kind"` // commit, change, image, version, program, job, cluster, node
	Name    string   `json:"name"` // such as "kubernetes/kops"
	Good    []string `json:"good"` // different values, that of the newest run first
	Bad     string   `json:"bad"`
	Removed []string `json:"removed,omitempty"` // words of a command line
	Added   []string `json:"added,omitempty"`
	URL     string   `json:"url,omitempty"` // shows the commits in between
	Place   *Place   `json:"place,omitempty"`

	// Steady is true if the good runs agree: an input that differs in each of them is seldom
	// a cause.
	Steady bool `json:"steady"`
}

// telling reports whether an input deserves a line of its own. Commits do, because they are
// counted from the newest of the runs.
func (i *Input) telling() bool { return i.Steady || i.Kind == "commit" }

// The kinds of inputs, in the order in which they are listed.
var inputKinds = []string{"commit", "change", "image", "version", "program", "job", "cluster", "node"}

// mostInputs bounds how many inputs are listed.
const mostInputs = 100

// input is an input of one run.
type input struct {
	kind, name string
	source     string // the file that has it; a run without this file says nothing about it
	value      string
	words      []string // of a command line
	place      triage.Place
}

// inputs compares the inputs of the runs.
func (c *comparison) inputs(context.Context) error {
	type key struct{ source, kind, name string }
	here := map[key]input{}
	good := map[key][]input{}
	tells := map[string]int{} // good runs that have a source
	for _, g := range c.good {
		all, sources := inputsOf(g, c.known)
		for _, i := range all {
			k := key{i.source, i.kind, i.name}
			good[k] = append(good[k], i)
		}
		for source := range sources {
			tells[source]++
		}
	}
	all, sources := inputsOf(c.bad, c.known)
	for _, i := range all {
		here[key{i.source, i.kind, i.name}] = i
	}
	for _, k := range slices.SortedFunc(keysOf(good, here), func(a, b key) int {
		return cmp.Or(cmp.Compare(slices.Index(inputKinds, a.kind), slices.Index(inputKinds, b.kind)), cmp.Compare(a.name, b.name), cmp.Compare(a.source, b.source))
	}) {
		if !sources[k.source] || tells[k.source] == 0 {
			continue
		}
		if changed, ok := c.changed(good[k], here[k], tells[k.source]); ok {
			changed.Kind, changed.Name = k.kind, text.Line(k.name)
			c.Inputs = append(c.Inputs, changed)
		}
	}
	slices.SortStableFunc(c.Inputs, func(a, b Input) int { return -compareBool(a.telling(), b.telling()) })
	if left := len(c.Inputs) - mostInputs; left > 0 {
		c.Inputs, c.LeftOut["inputs"] = c.Inputs[:mostInputs], left
	}
	c.Inputs = append([]Input{}, c.Inputs...)
	return nil
}

func keysOf[K comparable, A, B any](a map[K]A, b map[K]B) func(func(K) bool) {
	both := map[K]bool{}
	for k := range a {
		both[k] = true
	}
	for k := range b {
		both[k] = true
	}
	return maps.Keys(both)
}

// changed compares one input of the bad run with those of the good runs that have its
// source.
func (c *comparison) changed(good []input, bad input, tell int) (out Input, changed bool) {
	var values []string
	for _, g := range good {
		if !slices.Contains(values, g.value) {
			values = append(values, g.value)
		}
	}
	if len(good) < tell {
		values = append(values, "") // some runs have none
	}
	if slices.Contains(values, bad.value) {
		return out, false
	}
	shown := bad
	if bad.name == "" {
		shown = good[0]
	}
	out = Input{Bad: masked(shown.name, bad.value), Steady: len(values) == 1, Good: []string{}}
	for _, v := range values {
		out.Good = append(out.Good, masked(shown.name, v))
	}
	if len(good) > 0 {
		out.Removed, out.Added = changedWords(good[0].words, bad.words)
	}
	if shown.kind == "commit" {
		out.URL = history.CompareLink(shown.name, values[0], bad.value)
	}
	if bad.place.File != "" {
		out.Place = c.bad.place(bad.place, time.Time{})
	}
	return out, true
}

// inputBytes bounds a value, in bytes.
const inputBytes = 1000

// masked is a value that is safe to show. Its name can show that it is a secret.
func masked(name, value string) string {
	value = strings.Join(strings.Fields(value), " ")
	if _, variable, ok := strings.Cut(name, "env "); ok {
		value = mask.Named(variable, value)
	} else {
		value = mask.Command(value)
	}
	return text.Line(text.Short(value, inputBytes))
}

// mostWords bounds how many words of a command line are listed.
const mostWords = 40

// changedWords gives the words that are in only one of two lists.
func changedWords(from, to []string) (removed, added []string) {
	counts := map[string]int{}
	for _, w := range from {
		counts[w]++
	}
	for _, w := range to {
		if counts[w]--; counts[w] < 0 && len(added) < mostWords {
			added = append(added, masked("", w))
		}
	}
	for _, w := range slices.Backward(from) {
		if counts[w] > 0 {
			counts[w]--
			removed = append(removed, masked("", w))
		}
	}
	slices.Reverse(removed)
	return removed[:min(len(removed), mostWords)], added
}

// inputsOf gives the inputs of a run, and the sources that it has.
func inputsOf(s Subject, known *triage.Matcher) (all []input, sources map[string]bool) {
	sources = map[string]bool{}
	m := s.Metadata
	from := func(source string, some []input) {
		sources[source] = true
		for _, i := range some {
			if i.value == "" {
				continue
			}
			i.source = source
			if i.place.File == "" && strings.HasSuffix(source, ".json") {
				i.place = triage.Place{Source: triage.FromProw, File: source, Span: -1}
			}
			all = append(all, i)
		}
	}
	for _, one := range commitsOf(m) {
		from(one.kind+" of "+one.name, []input{one})
	}
	if m.ProwJob != nil {
		from("prowjob.json", configured(s.Job, m.ProwJob))
	}
	if m.Pod != nil {
		from("podinfo.json", podInputs(m))
	} else if m.Started != nil && m.Started.Node != "" {
		from("podinfo.json", []input{{kind: "node", name: "node", value: m.Started.Node}})
	}
	if versions := versionsOf(m); len(versions) > 0 {
		from("artifacts/metadata.json", versions)
	}
	for key, v := range triage.Versions(s.Evidence, known) {
		log, _, _ := strings.Cut(key, "\x00")
		name := strings.Trim(key[len(log)+1:], " \"':=/-")
		if value := strings.Join(v.Values, ", "); !triage.OfOneBuild(value) && len(name) <= longestProgram {
			sources[key] = true // a missing line is reported as such
			all = append(all, input{kind: "program", name: name, value: value, source: key, place: v.Place})
		}
	}
	return all, sources
}

// longestProgram bounds the text that can name a program: a command line with a version does
// not.
const longestProgram = 60

// commitsOf gives the tested commits of each repository.
func commitsOf(m *runfile.Metadata) (all []input) {
	var refs []runfile.Refs
	if p := m.ProwJob; p != nil {
		if p.Refs != nil {
			refs = append(refs, *p.Refs)
		}
		refs = append(refs, p.Extra...)
	}
	cloned := map[string]runfile.Clone{}
	for _, c := range m.Clones {
		if name := repoOf(c.Refs); name != "" {
			if cloned[name] = c; !slices.ContainsFunc(refs, func(r runfile.Refs) bool { return repoOf(r) == name }) {
				refs = append(refs, c.Refs)
			}
		}
	}
	for _, r := range refs {
		name := repoOf(r)
		if name == "" {
			continue
		}
		sha := r.BaseSHA
		if sha == "" && len(r.Pulls) == 0 {
			sha = cloned[name].SHA
		}
		if sha != "" {
			all = append(all, input{kind: "commit", name: name, value: sha})
		}
		var pulls []string
		for _, p := range r.Pulls {
			pulls = append(pulls, fmt.Sprintf("#%d at %s", p.Number, p.SHA))
		}
		all = append(all, input{kind: "change", name: name, value: cmp.Or(strings.Join(pulls, ", "), "none")})
	}
	return all
}

func repoOf(r runfile.Refs) string {
	if r.Org == "" || r.Repo == "" {
		return ""
	}
	return r.Org + "/" + r.Repo
}

// configured gives the definition of a job.
func configured(job string, p *runfile.ProwJob) (all []input) {
	add := func(kind, name, value string) { all = append(all, input{kind: kind, name: name, value: value}) }
	add("job", "job name", cmp.Or(p.Job, job))
	add("job", "job type", p.Type)
	var repos []string
	for _, r := range p.Extra {
		repos = append(repos, repoOf(r))
	}
	slices.Sort(repos)
	add("job", "further repositories", strings.Join(repos, " "))
	add("cluster", "cluster", p.Cluster)
	if p.Timeout > 0 {
		add("job", "job timeout", text.Duration(p.Timeout))
	}
	if p.Grace > 0 {
		add("job", "grace period", text.Duration(p.Grace))
	}
	for _, name := range slices.Sorted(maps.Keys(p.Definition.Utilities)) {
		add("image", "Prow's "+name, p.Definition.Utilities[name])
	}
	for _, c := range p.Definition.Containers {
		of := cmp.Or(c.Name, "test") + " "
		add("image", strings.TrimSpace(of), c.Image)
		line := strings.Join(slices.Concat(c.Command, c.Args), " ")
		all = append(all, input{kind: "job", name: of + "command line", value: line, words: strings.Fields(mask.Command(line))})
		for _, e := range c.Env {
			add("job", of+"env "+e.Name, cmp.Or(e.Value, "(empty)"))
		}
		for _, r := range []struct {
			what string
			of   map[string]string
		}{{"request of ", c.Requests}, {"limit of ", c.Limits}} {
			for _, name := range slices.Sorted(maps.Keys(r.of)) {
				add("job", of+r.what+name, r.of[name])
			}
		}
	}
	return all
}

// podInputs gives the node of a run, and the images of containers that its job does not
// name.
func podInputs(m *runfile.Metadata) (all []input) {
	all = append(all, input{kind: "node", name: "node", value: m.Pod.Node})
	for _, c := range m.Pod.Containers {
		if c.Role == runfile.RoleHelper || m.ProwJob == nil {
			all = append(all, input{kind: "image", name: c.Name, value: c.Image})
		}
	}
	return all
}

// versionsOf gives the versions in the job's metadata.json.
func versionsOf(m *runfile.Metadata) (all []input) {
	both := map[string]string{}
	if m.Finished != nil {
		maps.Copy(both, m.Finished.Versions)
	}
	maps.Copy(both, m.Versions)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		all = append(all, input{kind: "version", name: name, value: both[name]})
	}
	return all
}
