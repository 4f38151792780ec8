package mcp_test

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
)

// put stores the files of a run that failed.
func put(bucket *gcstest.Server, root string, files map[string]string) {
	for name, data := range map[string]string{
		"prowjob.json":  `{"metadata":{"name":"b2a7c7b5-0000-4000-8000-000000000001"},"spec":{"type":"periodic","job":"made-up"},"status":{"state":"failure","startTime":"2026-11-20T00:00:00Z","pendingTime":"2026-11-20T00:00:01Z","completionTime":"2026-11-20T01:00:00Z"}}`,
		"started.json":  `{"timestamp":1795132805}`,
		"finished.json": `{"timestamp":1795136400,"passed":false,"result":"FAILURE"}`,
	} {
		bucket.PutBytes("kubernetes-ci-logs", root+"/"+name, []byte(data))
	}
	for name, data := range files {
		bucket.PutBytes("kubernetes-ci-logs", root+"/"+name, []byte(data))
	}
}

const madeUp = "logs/made-up/2123900000000000000"

// failures stores a run with so many cases that failed.
func failures(b *bench, many int) (run string) {
	var junit strings.Builder
	junit.WriteString(`<testsuite name="s">`)
	for i := range many {
		fmt.Fprintf(&junit, `<testcase name="case %06d" time="1"><failure message="%s"/></testcase>`, i, strings.Repeat("because ", i%50))
	}
	junit.WriteString(`</testsuite>`)
	put(b.bucket, madeUp, map[string]string{"artifacts/junit.xml": junit.String()})
	return "gs://kubernetes-ci-logs/" + madeUp
}

// Pages have each failure once.
func TestPagesOfFailures(t *testing.T) {
	const many = 600
	b := newBench(t, nil)
	run := failures(b, many)
	seen := make([]int, many)
	for ask := (args{"run": run, "limit": 200}); ; {
		answer := b.answer("get_test_failures", ask)
		rows := answer["failures"].([]any)
		for _, row := range rows {
			var n int
			if _, err := fmt.Sscanf(row.(args)["untrusted_name"].(string), "case %d", &n); err != nil {
				t.Fatal(err)
			}
			seen[n]++
		}
		next, more := answer["next_cursor"]
		if more != answer["truncated"].(bool) || len(rows) == 0 {
			t.Fatalf("%d rows, truncated %v, cursor %v", len(rows), answer["truncated"], next)
		}
		if !more {
			break
		}
		ask["cursor"] = next
	}
	for n, times := range seen {
		if times != 1 {
			t.Fatalf("case %d was given %d times", n, times)
		}
	}
	b.answer("get_run_summary", args{"run": run})
}

// What does not fit the bound at all is cut, and never left out: lines, names and values that
// consist of what JSON writes at length.
func TestLongTexts(t *testing.T) {
	b := newBench(t, nil)
	for name, long := range map[string]string{
		"quote":       strings.Repeat(`"`, 100_000),
		"backslashes": strings.Repeat(`\`, 100_000),
		"markup":      strings.Repeat(`<&>`, 30_000),
		"control":     strings.Repeat("\x01\x02", 50_000),
		"wide":        strings.Repeat("\U000E0041", 30_000),
		"bytes":       strings.Repeat("\xff\xfe", 50_000),
	} {
		t.Run(name, func(t *testing.T) {
			b.t = t
			root := madeUp[:len(madeUp)-1] + fmt.Sprint(len(name)%10)
			escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(strings.ToValidUTF8(strings.Map(func(r rune) rune {
				if r < ' ' {
					return '?'
				}
				return r
			}, long), "?"))
			put(b.bucket, root, map[string]string{
				"build-log.txt":       "Error: " + long + "\n" + long + "\nError: " + long + "\n",
				"artifacts/junit.xml": fmt.Sprintf(`<testsuite name="%[1]s"><testcase name="%[1]s" classname="%[1]s"><failure message="%[1]s">%[1]s</failure><system-out>%[1]s</system-out></testcase></testsuite>`, escaped),
			})
			run := "gs://kubernetes-ci-logs/" + root
			if rows := b.answer("get_log", args{"run": run})["lines"].([]any); len(rows) == 0 {
				t.Error("no line is given")
			}
			if rows := b.answer("get_test_failures", args{"run": run})["failures"].([]any); len(rows) != 1 {
				t.Errorf("%d failures are given", len(rows))
			}
			b.answer("search_evidence", args{"run": run, "text_regex": "Error"})
			b.answer("get_run_summary", args{"run": run})
			b.answer("get_run_timeline", args{"run": run, "depth": 20})
		})
	}
	b.t = t
}

// Pages of a log have each line once, whatever the size of an answer.
func TestPagesOfALog(t *testing.T) {
	for _, most := range []int{0, 8_000, 100_000} {
		b := newBench(t, nil)
		if most > 0 {
			b = newBench(t, withAnswer(most))
			b.most = most
		}
		var log strings.Builder
		for i := range 1500 {
			fmt.Fprintf(&log, "line %d %s\n", i+1, strings.Repeat("x", i%70))
		}
		put(b.bucket, madeUp, map[string]string{"build-log.txt": log.String()})
		ask := args{"run": "gs://kubernetes-ci-logs/" + madeUp, "from": 11, "to": 1490}
		want := 11
		for {
			answer := b.answer("get_log", ask)
			for _, row := range answer["lines"].([]any) {
				if got := row.(args)["line"]; got != float64(want) {
					t.Fatalf("line %v, want %d", got, want)
				}
				want++
			}
			if ask["cursor"] = answer["next_cursor"]; ask["cursor"] == nil {
				break
			}
		}
		if want != 1491 {
			t.Errorf("the last line was %d", want-1)
		}
	}
}

// Pages of a list of runs go on where the one before ended, and have each run once.
func TestPagesOfRuns(t *testing.T) {
	b := newBench(t, nil)
	var builds []string
	ask := args{"job": "e2e-kops-gce-cni-cilium", "limit": 4, "start_time_min": "-30d"}
	for {
		answer := b.answer("list_runs", ask)
		for _, row := range answer["runs"].([]any) {
			builds = append(builds, row.(args)["build"].(string))
		}
		if ask["cursor"] = answer["next_cursor"]; ask["cursor"] == nil {
			break
		}
	}
	whole := b.answer("list_runs", args{"job": "e2e-kops-gce-cni-cilium"})
	if whole["total_count"] != 15.0 || len(builds) != 15 {
		t.Fatalf("%d builds, of %v", len(builds), whole["total_count"])
	}
	for i, row := range whole["runs"].([]any) {
		if build := row.(args)["build"]; build != builds[i] {
			t.Errorf("run %d is %s, want %s", i, builds[i], build)
		}
	}
}
