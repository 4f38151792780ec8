package link

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"prowtrace/prow"
)

const demoRun = "gs://demo-bucket/logs/ci-demo/7"

// Inputs that a tab-separated table cannot hold.
func TestParseOddText(t *testing.T) {
	long := strings.Repeat("x", 2000)
	tests := []struct {
		name, input string
		want        string // URL of the run, or the class of the error
	}{
		{"nothing", "", ClassEmpty},
		{"blanks", " \t\r\n\u00a0", ClassEmpty},
		{"invisible only", "\ufeff\u200b", ClassEmpty},
		{"punctuation only", "...", ClassForm},
		{"newline after", demoRun + "\n", demoRun},
		{"invisible around", "\ufeff" + demoRun + "\u200b", demoRun},
		{"no-break space", "\u00a0" + demoRun + "\u00a0", demoRun},
		{"two lines", demoRun + "\ngs://demo-bucket/logs/ci-demo/8", ClassMany},
		{"the same twice", demoRun + "\n" + demoRun + "/\n", demoRun},
		{"command over two lines", "gcloud storage cp -r \\\n  " + demoRun + " \\\n  DIR", demoRun},
		{"quoted in a command", "gsutil cp\t'" + demoRun + "/a b'\t.", demoRun},
		{"tab in a name", "gs://demo-bucket/logs/ci-demo/7\tx", demoRun},
		{"NUL", "gs://demo-bucket/logs/ci-\x00demo/7", ClassPath},
		{"escape sequence", "\x1b[31m" + demoRun + "\x1b[0m", ClassPath},
		{"C1 control", demoRun + "/a\u009bb", ClassPath},
		{"line break in a path", "https://gcsweb.k8s.io/gcs/demo-bucket/logs/ci-demo/7/a%0Ab", ClassPath},
		{"not UTF-8", demoRun + "/\xff", ClassForm},
		{"control in a pattern", demoRun + "/\x01*", ClassPath},
		{"long name", demoRun + "/" + long, ClassPath},
		{"long word", long, ClassJobName},
		{"long host", "https://" + long + "/x", ClassHost},
		{"long bucket", "gs://" + long + "/logs/ci-demo/7", ClassBucket},
		{"long query", "https://prow.k8s.io/view/gs/demo-bucket/logs/ci-demo/7?a=" + long, demoRun},
		{"too long", strings.Repeat("x", maxInput+1), ClassForm},
		{"many links", strings.Repeat("http://a ", maxInput/9), ClassHost},
		{"many brackets", strings.Repeat("(", maxInput), ClassJobName},
		{"many closers", "http://a" + strings.Repeat(")", maxInput-8), ClassHost},
		{"control in a container", "https://prow.k8s.io/log?job=ci-demo&id=7&container=%1b", ClassQuery},
		{"control in a repository", "https://prow.k8s.io/pr-history?org=a&repo=%0a&pr=1", ClassQuery},
		{"quote above the run", "gs://demo-bucket/o'clock/logs/ci-demo/7", ClassPath},
		{"space above the run", "https://gcsweb.k8s.io/gcs/demo-bucket/a%20b/logs/ci-demo/7", ClassPath},
		{"markdown to a file", "https://x.example](/etc/hosts)", ClassHost},
		{"letters beyond ASCII above the run", "gs://demo-bucket/größe/logs/ci-demo/7", "gs://demo-bucket/größe/logs/ci-demo/7"},
		{"digits beyond ASCII", "gs://demo-bucket/logs/ci-demo/٧", ClassNoBuild},
		{"file with a control character", "file:///tmp/%00", ClassPath},
		{"redirects in each other", nested(maxDepth + 1), ClassForm},
		{"a few redirects", nested(maxDepth), demoRun},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ref, err := Parse(prow.Instances{}, test.input)
			checkResult(t, prow.Instances{}, test.input, ref, err)
			got := ""
			var e *ParseError
			switch {
			case errors.As(err, &e):
				got = e.Class
			case ref.Kind == prow.KindRun:
				got = ref.Run.URL()
			default:
				got = string(ref.Kind)
			}
			if got != test.want {
				t.Errorf("got %s, want %s (%v)", got, test.want, err)
			}
		})
	}
}

// nested wraps a link n times.
func nested(n int) string {
	link := "https://gcsweb.k8s.io/gcs/demo-bucket/logs/ci-demo/7"
	for range n {
		link = "https://google.com/url?q=" + strings.NewReplacer("%", "%25", "&", "%26").Replace(link)
	}
	return link
}

// oddInputs are further starting points for fuzzing.
func oddInputs() []string {
	return []string{
		"\ufeff" + demoRun + "\u200b", demoRun + "\n" + demoRun + "/\n", "'" + demoRun + "/a b'\t.",
		demoRun + "/\xff", demoRun + "/a\u009bb", "gs://demo-bucket/größe/logs/ci-demo/7", nested(2),
		"gs://demo-bucket/a/pr-logs/pull/x_y/1/a/2#3", "<" + demoRun + "|" + demoRun + ">",
	}
}

// However the link of a run is written, it is the same run.
func TestParseSpellings(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(letters string) string {
		b := []byte{"abcdefgh"[random.IntN(8)]}
		for range 1 + random.IntN(20) {
			b = append(b, letters[random.IntN(len(letters))])
		}
		return string(append(b, 'z'))
	}
	for range 2000 {
		run := prow.Run{Provider: "gs", Bucket: word("abc019-") + "-bucket", Job: word("abcXYZ019-._"), Build: digits(random, 20)}
		switch random.IntN(4) {
		case 0:
			run.Root = join([]string{"logs", run.Job, run.Build})
		case 1:
			run.Root = join([]string{"pr-logs/pull/batch", run.Job, run.Build})
		case 2:
			run.Org, run.Repo, run.Pull = word("abc019-"), word("abc019-._"), digits(random, 6)
			run.Root = join([]string{"pr-logs/pull", run.Org + "_" + run.Repo, run.Pull, run.Job, run.Build})
		case 3:
			run.Root = join([]string{word("abc019-"), word("abc"), "logs", run.Job, run.Build})
		}
		rest := []string{"", "artifacts/otlp", "artifacts/7/otlp/kops-1-2025-03-13T01:02:03Z.otel", "build-log.txt"}[random.IntN(4)]
		path := run.Root
		if rest != "" {
			path += "/" + rest
		}
		escaped := strings.NewReplacer(":", "%3A").Replace(path)
		for _, link := range []string{
			"gs://" + run.Bucket + "/" + path,
			"https://prow.example.org/view/gs/" + run.Bucket + "/" + escaped + "/",
			"http://gcsweb.example.org:8080/gcs/" + run.Bucket + "/" + escaped + "?x=1#y",
			"https://storage.googleapis.com/" + run.Bucket + "/" + escaped,
			"https://" + run.Bucket + ".storage.googleapis.com/" + escaped + "?X-Goog-Signature=0",
			"https://storage.googleapis.com/storage/v1/b/" + run.Bucket + "/o/" + strings.ReplaceAll(escaped, "/", "%2F") + "?alt=media",
			"https://console.cloud.google.com/storage/browser/_details/" + run.Bucket + "/" + escaped + ";tab=live_object?project=p",
			"<https://prow.example.org/view/gcs/" + run.Bucket + "/" + escaped + "|here>",
			"see [it](https://prow.example.org/view/gs/" + run.Bucket + "/" + escaped + ").",
			"gcloud storage cp -r gs://" + run.Bucket + "/" + path + " DIR",
		} {
			ref, err := Parse(prow.Instances{}, link)
			if err != nil || ref.Run != run || ref.Rest != rest {
				t.Fatalf("Parse(%q)\n got %+v, rest %q, %v\nwant %+v, rest %q", link, ref.Run, ref.Rest, err, run, rest)
			}
		}
	}
}

func digits(random *rand.Rand, most int) string {
	b := []byte{}
	for range 1 + random.IntN(most) {
		b = append(b, byte('0'+random.IntN(10)))
	}
	return string(b)
}

// A message never repeats what may be secret.
func TestErrorKeepsSecrets(t *testing.T) {
	for _, input := range []string{
		"https://me:hunter2@example.com/x?token=hunter2",
		"https://me:hunter2@prow.k8s.io/view/gs/demo-bucket/logs/ci-demo/newest?X-Goog-Signature=hunter2",
		"https://me:hunter2@a.example/x https://me:hunter2@b.example/x?y=hunter2",
		"https://me:hunter2@prow.k8s.io/view/gs/demo-bu…",
		"https://storage.googleapis.com/demo-bucket?token=hunter2",
	} {
		_, err := Parse(prow.Instances{}, input)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Parse(%q): %v", input, err)
		}
	}
}

func TestRow(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"run", demoRun + "/artifacts/otlp", `{"status":"ok","kind":"run","provider":"gs","bucket":"demo-bucket","root":"logs/ci-demo/7","job":"ci-demo","build":"7","org":"","repo":"","pull":"","rest":"artifacts/otlp","error":"","note":""}`},
		{"name", "ci-demo", `{"status":"resolve","kind":"job","provider":"","bucket":"","root":"","job":"ci-demo","build":"","org":"","repo":"","pull":"","rest":"","error":"","note":"bucket from the default instance"}`},
		{"path", "./x", `{"status":"ok","kind":"path","provider":"","bucket":"","root":"./x","job":"","build":"","org":"","repo":"","pull":"","rest":"","error":"","note":""}`},
		{"error", "7", `{"status":"error","kind":"","provider":"","bucket":"","root":"","job":"","build":"","org":"","repo":"","pull":"","rest":"","error":"E_BAREBUILD: the build id \"7\"; the name of its job is missing; give JOB/7, or paste the link of the run's page","note":""}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			row := NewRow(Parse(prow.Instances{}, test.input))
			got, err := json.Marshal(row)
			if err != nil || string(got) != test.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
			}
			values := map[string]string{}
			for i, c := range Columns() {
				values[c] = row.Values()[i]
			}
			if flat := (Row{}); json.Unmarshal(got, &flat) != nil || flat != row || len(values) != 13 || values["error"] != row.Error || values["note"] != row.Note || values["root"] != row.Root {
				t.Errorf("columns %v of %+v", values, row)
			}
		})
	}
}

func TestLocal(t *testing.T) {
	// A directory called like a job, which only the disk can tell.
	ref := prow.Local("ci-demo")
	if ref.Kind != prow.KindPath || ref.Path != "ci-demo" || ref.Status() != "ok" {
		t.Errorf("Local = %+v", ref)
	}
}

func BenchmarkParse(b *testing.B) {
	const link = "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001/artifacts/otlp/"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(prow.Instances{}, link); err != nil {
			b.Fatal(err)
		}
	}
}

// The trace of a whole job has the id of its ProwJob, which can be asked for.
func TestTraceOfAJob(t *testing.T) {
	for id, want := range map[string]string{
		"5b1f6a523c0e4d8f9a710c6d2e8f4b10": "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10",
		"5B1F6A523C0E4D8FBA710C6D2E8F4B10": "5b1f6a52-3c0e-4d8f-ba71-0c6d2e8f4b10",
		"5b1f6a523c0e3d8f9a710c6d2e8f4b10": "", // a UUID of another version
		"5b1f6a523c0e4d8f7a710c6d2e8f4b10": "",
		"5b1f6a523c0e4d8f":                 "",
	} {
		_, err := Parse(prow.Instances{}, "http://localhost:16686/trace/"+id)
		var e *ParseError
		if !errors.As(err, &e) || (want != "") != strings.Contains(e.Hint, "its ProwJob "+want+",") {
			t.Errorf("%s: %v, want the ProwJob %q", id, err, want)
		}
	}
}
