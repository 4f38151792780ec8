package triage

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/mask"
	"prowtrace/joblog"
)

// versionText is a line in which a program names its version.
var versionText = regexp.MustCompile(`(?i)(?:\bversion\b["']?\s*[:=]?\s*["']?|\b(?:docker|containerd|cri-?o|runc|kind|kubeadm|kubelet|terraform|crictl|buildx)(?:[ /-]|:(?://)?))v?(\d+\.\d+[0-9A-Za-z.+~_-]*)`)

// versionWords are looked for before versionText is tried. testdata/asks.tsv has a case of each.
var versionWords = []string{"version", "docker", "containerd", "crio", "cri-o", "runc", "kind", "kubeadm", "kubelet", "terraform", "crictl", "buildx"}

// mostVersions bounds how many versions of a run are read.
const mostVersions = 2000

// A Version is what a program said about itself, with the place.
type Version struct {
	Place
	Program string   // the text before the version
	Values  []string // different ones, in their order
	Text    string   // the line
	Time    time.Time
}

// Versions gives the versions in the logs of a run. The key is made of the log and the text
// before the version: it is the same for the same program in another run.
func Versions(e *Evidence, known *Matcher) map[string]*Version {
	named := make([][]int32, len(e.Logs))
	for k, l := range e.Logs {
		for i, line := range l.Lines() {
			if mayName(line) && known.named.has(line.Bytes) {
				named[k] = append(named[k], int32(i))
			}
		}
	}
	return versionsIn(e, named)
}

// mayName reports whether the version in a line counts.
func mayName(line joblog.Line) bool {
	return line.Severity <= joblog.Warning && len(line.Bytes) <= factBytes
}

// versionsIn gives the versions in those lines of each log that have a word of versionWords.
func versionsIn(e *Evidence, named [][]int32) map[string]*Version {
	all := map[string]*Version{}
	var buf []byte
	for k, l := range e.Logs {
		for _, n := range named[k] {
			i := int(n)
			if len(all) > mostVersions {
				return all
			}
			buf = l.Text(buf[:0], i, factBytes)
			said := messageOf(string(buf))
			m := versionText.FindStringSubmatchIndex(said)
			if m != nil {
				if said = mask.Text(said); len(said) != len(buf) { // so no part of a secret becomes a version
					m = versionText.FindStringSubmatchIndex(said)
				}
			}
			if m == nil {
				continue
			}
			key := ids.ReplaceAllString(l.Name, "#") + "\x00" + ids.ReplaceAllString(said[:m[2]], "#")
			value := said[m[2]:m[3]]
			program := said[:m[2]]
			if strings.HasPrefix(strings.TrimSpace(said), "Server Version:") { // docker info does not say whose version it is (E9)
				said = "Docker " + strings.TrimSpace(said)
			}
			v := all[key]
			if v == nil {
				v = &Version{Place: Place{Source: FromLog, File: l.Name, Line: numberOf(l, i), Span: -1}, Program: program, Text: said, Time: l.Line(i).Time}
				all[key] = v
			}
			if !slices.Contains(v.Values, value) && len(v.Values) < 10 {
				v.Values = append(v.Values, value)
				if len(v.Values) > 1 { // the newest one matters
					v.Line, v.Text, v.Time = numberOf(l, i), said, l.Line(i).Time
				}
			}
		}
	}
	return all
}

// changedVersions gives programs with another version than in the passing runs, if these
// agree. Commits, nodes and builds differ in every run (E9, O6). If several passing runs
// share a build it is pinned, and another one is a change (T42).
func changedVersions(e *Evidence, known *Matcher) (facts []*Fact) {
	if len(e.Passing) == 0 {
		return nil
	}
	usual, seen := map[string]string{}, map[string]int{}
	having := map[string]int{} // number of passing runs with a log
	for _, p := range e.Passing {
		for _, l := range p.Logs {
			having[ids.ReplaceAllString(l.Name, "#")]++
		}
		for key, v := range p.comparedVersions(known) {
			value := strings.Join(v.Values, ", ")
			if seen[key]++; seen[key] > 1 && usual[key] != value {
				value = "" // they disagree
			}
			usual[key] = value
		}
	}
	here := e.comparedVersions(known)
	for _, key := range slices.Sorted(maps.Keys(here)) {
		v := here[key]
		value := strings.Join(v.Values, ", ")
		if usual[key] == "" || usual[key] == value || seen[key] < min(2, having[strings.Split(key, "\x00")[0]]) || OfOneBuild(value) && (seen[key] < 2 || !OfOneBuild(usual[key])) {
			continue
		}
		f := &Fact{
			Place: Place{FromDiff, v.File, v.Line, -1}, Time: v.Time, Last: v.Time, Count: 1, Severity: joblog.Error, kind: deviation, category: Dependency,
			Text: clip(fmt.Sprintf("%s (in the passing runs %s)", v.Text, usual[key])),
		}
		if strings.Contains(v.File, "/nodes/") || strings.Contains(v.File, "journal") {
			f.category = Node
		}
		f.rare = tokensOf(v.Text)
		facts = append(facts, f)
	}
	return facts
}

// OfOneBuild reports whether a version belongs to a single build: then it differs in every
// run.
func OfOneBuild(version string) bool { return buildText.MatchString(version) }

var buildText = regexp.MustCompile(`[0-9a-f]{7,}|\d{8}`)
