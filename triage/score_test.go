package triage_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"prowtrace/triage"
)

// expectation is the expect.yaml of a recorded failure (testdata/README.md).
type expectation struct {
	Title    string   `yaml:"title"`
	Cause    string   `yaml:"cause"`
	NotFirst []string `yaml:"not_first"`
	Category string   `yaml:"category"`
	Phase    string   `yaml:"phase"`
	Needs    []string `yaml:"needs"`
}

// recordedFailures is the directory of the cases.
func recordedFailures() string {
	if dir := os.Getenv("PROWTRACE_FAILURES"); dir != "" {
		return dir
	}
	return "../testdata/failures"
}

// solved are the cases whose first finding is right. A change of the rules may add cases,
// and must not lose one.
var solved = strings.Fields("C3 C4 C5 C7 E10 E11 E13 E15 E19 E5 E9 I1 K1 K10 K11 K3 K4 K6 K9 M1 M10 M2 M3 M4 M5 M7 M8 M9 O1 O10 O2 O5 O6 O7 " +
	"T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17 T18 " +
	"T19 T20 T21 T22 T23 T24 T25 T26 T27 T28 T29 T30 T31 T32 T33 " +
	"T34 T35 T36 T37 T38 T39 T40 T41 T42 T43 T44 T45 T46 T47 T48 T49 T50 T51 T52 T53 T54 T55")

// TestScore judges all recorded failures and prints a table (-v). It counts the cases that
// one run and its neighbours decide.
func TestScore(t *testing.T) {
	dirs, err := filepath.Glob(recordedFailures() + "/*/expect.yaml")
	if err != nil || len(dirs) == 0 {
		t.Skip("there are no recorded failures")
	}
	var table bytes.Buffer
	first, three, counted, categories := 0, 0, 0, 0
	type share struct{ right, of int }
	sureness := map[triage.Confidence]share{}
	for _, path := range dirs {
		want := expected(t, path)
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			passing, _ := filepath.Glob(dir + "/passing/*")
			j := judge(t, filepath.Join(dir, "run"), passing...)
			place := placeOf(j, want.Cause)
			if decides(want) {
				counted++
				if place == 1 {
					first++
				}
				if place > 0 && place <= 3 {
					three++
				}
			}
			title, confidence := "-", "-"
			if len(j.Findings) > 0 {
				title, confidence = j.Findings[0].Title, string(j.Findings[0].Confidence)
				sure := sureness[j.Findings[0].Confidence]
				if sure.of++; place == 1 {
					sure.right++
				}
				sureness[j.Findings[0].Confidence] = sure
			}
			category := "ok"
			if string(j.Category) != want.Category {
				category = string(j.Category) + " for " + want.Category
			} else if decides(want) {
				categories++
			}
			fmt.Fprintf(&table, "%-4s %-22s place %d  %-6s  %-24s %s\n", filepath.Base(dir), strings.Join(want.Needs, ","), place, confidence, category, title)
			if os.Getenv("PROWTRACE_FINDINGS") != "" {
				for i, f := range j.Findings[:min(len(j.Findings), 8)] {
					fmt.Fprintf(&table, "       %d. %d %s | %s | %s:%d | %v\n", i+1, f.Score(), f.Title, f.Category, f.File, f.Line, f.Because)
				}
			}
			if !slices.Contains(solved, filepath.Base(dir)) {
				return
			}
			if place != 1 {
				t.Errorf("the right finding is at place %d, first is %q", place, title)
			}
			for _, not := range want.NotFirst {
				if len(j.Findings) > 0 && regexp.MustCompile(not).MatchString(j.Findings[0].Title) {
					t.Errorf("the first finding is %q, which it must not be (%s)", title, not)
				}
			}
		})
	}
	for _, c := range []triage.Confidence{triage.High, triage.Medium, triage.Low} {
		fmt.Fprintf(&table, "confidence %-6s right %d of %d\n", c, sureness[c].right, sureness[c].of)
	}
	t.Logf("first %d, among three %d, category right %d, of %d\n%s", first, three, categories, counted, table.String())
	if high := sureness[triage.High]; high.right*10 < high.of*9 {
		t.Errorf("only %d of %d first findings with high confidence are right", high.right, high.of)
	}
}

// decides reports whether one run and its neighbours decide a case.
func decides(want expectation) bool {
	return !slices.ContainsFunc(want.Needs, func(n string) bool { return n == "history" || n == "child" })
}

func expected(t *testing.T, path string) (want expectation) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(path, err)
	}
	return want
}

// placeOf gives the place of the finding that is the cause, or 0 if there is none.
func placeOf(j *triage.Judgement, cause string) int {
	if cause == "" {
		if len(j.Findings) == 0 {
			return 1
		}
		return 0
	}
	for i := range j.Findings {
		if matches(&j.Findings[i], cause) {
			return i + 1
		}
	}
	return 0
}

func matches(f *triage.Finding, pattern string) bool {
	re := regexp.MustCompile(pattern)
	return re.MatchString(f.Title) || re.MatchString(f.Text)
}
