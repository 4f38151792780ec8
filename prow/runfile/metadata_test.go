package runfile

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// The two runs of the sample bucket.
const (
	failingRun = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	passingRun = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
)

// readRun adds all wanted files of a run of the sample bucket.
func readRun(t testing.TB, address string) *Metadata {
	t.Helper()
	ref, err := link.Parse(prow.Instances{}, address)
	if err != nil {
		t.Fatal(err)
	}
	m := &Metadata{Run: ref.Run}
	dir := filepath.Join("..", "..", "testdata", "bucket", ref.Bucket, filepath.FromSlash(ref.Root))
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name, err := url.PathUnescape(filepath.ToSlash(rel))
		if kind, _ := KindOf(name); !kind.IsMetadata() || err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return m.Add(name, data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMetadataOfSampleRuns(t *testing.T) {
	for _, address := range []string{failingRun, passingRun} {
		m := readRun(t, address)
		if m.Started == nil || m.Finished == nil || m.ProwJob == nil || m.Pod == nil || m.Upload == nil ||
			len(m.Clones) != 2 || len(m.Suites) == 0 || m.Versions["kubetest-version"] == "" {
			t.Errorf("%s: %+v", address, m)
		}
		if text, err := json.Marshal(m); err != nil || bytes.Contains(text, []byte("example-author")) || bytes.Contains(text, []byte("ci-robot")) || bytes.Contains(text, []byte("example-branch")) {
			t.Errorf("%s: a name of a person in %s, %v", address, text, err)
		}
	}
	m := readRun(t, failingRun)
	if m.State() != Failed || m.ProwJob.Refs.Pulls[0].Number != 18000 || m.Suites[0].Failed() != 1 || m.Upload.Files != 17 ||
		*m.Pod.Containers[1].End != (Termination{time.Date(2025, 3, 13, 1, 45, 46, 0, time.UTC), time.Date(2025, 3, 13, 2, 17, 19, 0, time.UTC), 1, 0, "Error", ""}) {
		t.Errorf("failing run: %+v", m)
	}
}

// Each file can be odd in each of its own ways, and what is good of it counts.
func TestMetadataOddFiles(t *testing.T) {
	tests := []struct {
		name, file, data string
		err              string // part of the error; "": none
		want             string // of the part of Metadata, as JSON; "" is null
	}{
		{"started", "started.json", `{"timestamp":1741830341,"pull":"master:a,1:b","repos":{"a/b":"master","c":[7]},"repo-commit":"abc","node":"n"}`, "",
			`{"Time":"2025-03-13T01:45:41Z","Node":"n","Revision":"abc","Repos":{"a/b":"master"},"ByCrier":false}`},
		{"started by crier", "started.json", "{\n\t\"timestamp\": 1741830341,\n\t\"metadata\": {\"uploader\": \"crier\"}\n}", "",
			`{"Time":"2025-03-13T01:45:41Z","Node":"","Revision":"","Repos":null,"ByCrier":true}`},
		{"started with another type", "started.json", `{"timestamp":{"seconds":1},"node":"n"}`, "",
			`{"Time":"0001-01-01T00:00:00Z","Node":"n","Revision":"","Repos":null,"ByCrier":false}`},
		{"started half-written", "started.json", `{"timestamp":17418`, "unexpected end", `{"Time":"0001-01-01T00:00:00Z","Node":"","Revision":"","Repos":null,"ByCrier":false}`},
		{"started empty", "started.json", ``, "", `{"Time":"0001-01-01T00:00:00Z","Node":"","Revision":"","Repos":null,"ByCrier":false}`},
		{"started long ago", "started.json", `{"timestamp":-5}`, "", `{"Time":"0001-01-01T00:00:00Z","Node":"","Revision":"","Repos":null,"ByCrier":false}`},

		{"finished by the sidecar", "finished.json", `{"timestamp":1741832248,"passed":true,"result":"SUCCESS","metadata":{"a-version":"b","c-version":1.5,"d":"e"}}`, "",
			`{"Time":"2025-03-13T02:17:28Z","State":"passed","Result":"SUCCESS","Revision":"","Versions":{"a-version":"b","c-version":"1.5"}}`},
		{"finished by crier", "finished.json", `{"result":"failure"}`, "", `{"Time":"0001-01-01T00:00:00Z","State":"failed","Result":"failure","Revision":"","Versions":null}`},
		{"finished without a result", "finished.json", `{"passed":false}`, "", `{"Time":"0001-01-01T00:00:00Z","State":"failed","Result":"","Revision":"","Versions":null}`},
		{"finished and aborted", "finished.json", `{"passed":false,"result":"ABORTED"}`, "", `{"Time":"0001-01-01T00:00:00Z","State":"aborted","Result":"ABORTED","Revision":"","Versions":null}`},
		{"finished with nothing", "finished.json", `{}`, "", `{"Time":"0001-01-01T00:00:00Z","State":"","Result":"","Revision":"","Versions":null}`},
		{"finished half-written", "finished.json", `{"timestamp":17418322`, "unexpected end of JSON", `{"Time":"0001-01-01T00:00:00Z","State":"","Result":"","Revision":"","Versions":null}`},
		{"finished empty", "finished.json", ``, "", `{"Time":"0001-01-01T00:00:00Z","State":"","Result":"","Revision":"","Versions":null}`},

		{"pod null", "podinfo.json", `{"pod":null,"events":null}`, "", ""},
		{"pod null with events", "podinfo.json", `{"pod":null,"events":[{"reason":"FailedScheduling","type":"Warning","message":"no\u001b[31m room","eventTime":"2025-03-13T01:00:00.5Z"},{"reason":"never"}]}`, "",
			`{"Name":"","Namespace":"","UID":"","Node":"","Phase":"","Reason":"","Message":"","Created":"0001-01-01T00:00:00Z","Scheduled":"0001-01-01T00:00:00Z","Unscheduled":null,"Disrupted":null,"Init":null,"Containers":null,"Events":[{"Time":"2025-03-13T01:00:00.5Z","Last":"0001-01-01T00:00:00Z","Count":0,"Reason":"FailedScheduling","Message":"no [31m room","Warning":true}]}`},
		{"pod half-written", "podinfo.json", `{"pod":{"metadata":{"name":"x"`, "unexpected end", ""},
		{"pod not an object", "podinfo.json", `[1]`, "cannot unmarshal array", ""},

		{"clones", "clone-records.json", `[{"refs":{"org":"a","repo":"b","pulls":[{"number":1,"author":"someone","title":"t","sha":"s"}]},"commands":[
			{"command":"git config user.name some one","duration":-3},
			{"command":"git fetch https://user:secret@host/a/b","output":"fatal: no\n","error":"exit status 128","duration":5}],"failed":true,"duration":9223372036854775807}]`, "",
			`[{"Refs":{"Org":"a","Repo":"b","Link":"","BaseRef":"","BaseSHA":"","Pulls":[{"Number":1,"SHA":"s","Title":"t","Link":""}]},"Commands":[{"Command":"git config user.name …","Duration":0,"Error":""},{"Command":"git fetch https://host/a/b","Duration":5,"Error":"exit status 128: fatal: no"}],"SHA":"","Duration":0,"Failed":true}]`},
		{"clones half-written", "clone-records.json", `[{"refs":{},"final_sha":"x"},{"refs":{"org"`, "it breaks off",
			`[{"Refs":{"Org":"","Repo":"","Link":"","BaseRef":"","BaseSHA":"","Pulls":null},"Commands":null,"SHA":"x","Duration":0,"Failed":false}]`},
		{"clones not a list", "clone-records.json", `{}`, "want a list", ""},
		{"clones null", "clone-records.json", `null`, "", ""},
		{"clones empty", "clone-records.json", ``, "", ""},

		{"upload", "sidecar-logs.json", `
{"level":"info","msg":"Starting","time":"2025-03-13T02:00:00Z"}
{"level":"info","msg":"Finished upload","dest":"a","time":"2025-03-13T02:00:02Z"}
{"level":"error","msg":"Failed upload","dest":"b","error":"quota","time":"2025-03-13T02:00:01Z"}
not JSON
{"level":"warning","msg":"slow","time":"2025-03-13T02:00:03Z"}
{"level":"info","msg":"Finish`, "not JSON: 2 lines",
			`{"Start":"2025-03-13T02:00:01Z","End":"2025-03-13T02:00:02Z","Files":1,"Failed":1,"Problems":[{"Time":"2025-03-13T02:00:01Z","Error":true,"Message":"Failed upload: quota"},{"Time":"2025-03-13T02:00:03Z","Error":false,"Message":"slow"}]}`},
		{"upload with nothing", "sidecar-logs.json", "\n\n", "", ""},

		{"steps", "artifacts/ci-operator-step-graph.json", `[{"name":"a","started_at":"2025-03-13T02:00:00Z","duration":1000000000,"manifests":[1,2],"failed":null,
			"substeps":[{"name":"a-b","failed":true,"started_at":"never"}]},{"name":"c","dependencies":["a"],"finished_at":null}]`, "",
			`[{"Name":"a","Description":"","Dependencies":null,"Started":"2025-03-13T02:00:00Z","Finished":"2025-03-13T02:00:01Z","Failed":false,"LogURL":"","Limit":0,"Steps":[{"Name":"a-b","Description":"","Dependencies":null,"Started":"0001-01-01T00:00:00Z","Finished":"0001-01-01T00:00:00Z","Failed":true,"LogURL":"","Limit":0,"Steps":null}]},{"Name":"c","Description":"","Dependencies":["a"],"Started":"0001-01-01T00:00:00Z","Finished":"0001-01-01T00:00:00Z","Failed":false,"LogURL":"","Limit":0,"Steps":null}]`},

		{"steps with limits", "artifacts/ci-operator-step-graph.json", `[{"name":"a","manifests":{"spec":{}},"substeps":[{"name":"a-b","manifests":[{"kind":"Secret","spec":"s"},{"spec":{"containers":[{"env":[
			{"name":"ENTRYPOINT_OPTIONS","value":"{\"timeout\":7200000000000,\"grace_period\":600000000000}"},{"name":"TIMEOUT","value":"9h"}]},{"env":[{"name":"ENTRYPOINT_OPTIONS","value":"{\"timeout\":"}]}]}}]},{"name":"a-c","manifests":7}]}]`, "",
			`[{"Name":"a","Description":"","Dependencies":null,"Started":"0001-01-01T00:00:00Z","Finished":"0001-01-01T00:00:00Z","Failed":false,"LogURL":"","Limit":0,"Steps":[{"Name":"a-b","Description":"","Dependencies":null,"Started":"0001-01-01T00:00:00Z","Finished":"0001-01-01T00:00:00Z","Failed":false,"LogURL":"","Limit":7200000000000,"Steps":null},{"Name":"a-c","Description":"","Dependencies":null,"Started":"0001-01-01T00:00:00Z","Finished":"0001-01-01T00:00:00Z","Failed":false,"LogURL":"","Limit":0,"Steps":null}]}]`},
		{"steps half-written", "artifacts/ci-operator-step-graph.json", `[{"name":"a"},{"name":"b","started_at":"2025-03-1`, "it breaks off",
			`[{"Name":"a","Description":"","Dependencies":null,"Started":"0001-01-01T00:00:00Z","Finished":"0001-01-01T00:00:00Z","Failed":false,"LogURL":"","Limit":0,"Steps":null}]`},
		{"steps not a list", "artifacts/ci-operator-step-graph.json", `"none"`, "want a list", ""},
		{"steps empty", "artifacts/ci-operator-step-graph.json", ``, "", ""},

		{"versions", "artifacts/metadata.json", `{"kubetest-version":"v1","n":1,"tester-version":[2],"author":"someone","state":"x","X Version":"y"}`, "", `{"kubetest-version":"v1"}`},
		{"versions half-written", "artifacts/metadata.json", `{"kubetest-version":"v1","dep`, "unexpected end", ""},
		{"versions not an object", "artifacts/metadata.json", `[1]`, "cannot unmarshal array", ""},
		{"versions empty", "artifacts/metadata.json", ``, "", ""},

		{"junit", "artifacts/junit_01.xml", `<testsuites><testsuite name="outer" time="1,000.5" timestamp="2025-03-13T02:00:00"><properties><property name="ParallelTotal" value="25"/></properties>
			<testcase name="good" classname="c" time="2"/><testcase name="not run"><skipped/></testcase><testcase status="skipped" name="nor this"/>
			<testcase name="bad" time="-1"><failure message="short">long &#x1b;[31m` + "\x1b" + ` &lt;text&gt;</failure><failure>second</failure><system-out>noise</system-out></testcase>
			<testsuite name="inner"><testcase name="x" timestamp="2025-03-13T02:00:01+01:00" time="NaN"><error>e</error></testcase></testsuite></testsuite></testsuites>`, "",
			`[{"File":"artifacts/junit_01.xml","Name":"outer","Start":"2025-03-13T02:00:00Z","Duration":1000500000000,"Parallel":25,"Cases":[{"Name":"good","Class":"c","Start":"0001-01-01T00:00:00Z","Duration":2000000000,"Outcome":"passed","Message":"","Line":2},{"Name":"bad","Class":"","Start":"0001-01-01T00:00:00Z","Duration":0,"Outcome":"failed","Message":"short\nlong  [31m  \u003ctext\u003e","Line":3,"Output":[{"Stream":"system-out","Text":"noise","Cut":false}]}],"Skipped":2,"LeftOut":0,"Lost":0,"LostFailed":0},{"File":"artifacts/junit_01.xml","Name":"inner","Start":"0001-01-01T00:00:00Z","Duration":0,"Parallel":0,"Cases":[{"Name":"x","Class":"","Start":"2025-03-13T01:00:01Z","Duration":0,"Outcome":"failed","Message":"e","Line":4}],"Skipped":0,"LeftOut":0,"Lost":0,"LostFailed":0}]`},
		{"junit half-written", "artifacts/junit.xml", `<testsuite><testcase name="a" time="1"/><testcase name="b"><failure>because`, "it breaks off",
			`[{"File":"artifacts/junit.xml","Name":"","Start":"0001-01-01T00:00:00Z","Duration":0,"Parallel":0,"Cases":[{"Name":"a","Class":"","Start":"0001-01-01T00:00:00Z","Duration":1000000000,"Outcome":"passed","Message":"","Line":1},{"Name":"b","Class":"","Start":"0001-01-01T00:00:00Z","Duration":0,"Outcome":"failed","Message":"because","Line":1}],"Skipped":0,"LeftOut":0,"Lost":0,"LostFailed":0}]`},
		{"junit in Latin-1", "artifacts/junit.xml", `<?xml version="1.0" encoding="ISO-8859-1"?><testsuite name="caf` + "\xe9" + `"/>`, "",
			`[{"File":"artifacts/junit.xml","Name":"caf?","Start":"0001-01-01T00:00:00Z","Duration":0,"Parallel":0,"Cases":null,"Skipped":0,"LeftOut":0,"Lost":0,"LostFailed":0}]`},
		{"junit with entities", "artifacts/junit.xml", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite name="&b;"/>`, "",
			`[{"File":"artifacts/junit.xml","Name":"\u0026b;","Start":"0001-01-01T00:00:00Z","Duration":0,"Parallel":0,"Cases":null,"Skipped":0,"LeftOut":0,"Lost":0,"LostFailed":0}]`},
		{"junit that is none", "artifacts/junit.xml", `<html/>`, "no testsuite in it", ""},
		{"other", "build-log.txt", `x`, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, data := range [][]byte{[]byte(test.data), zipped(t, test.data)} {
				m := &Metadata{Run: prow.Run{Provider: "gs", Bucket: "demo-bucket", Root: "logs/x/7"}}
				err := m.Add(test.file, data)
				if (err != nil) != (test.err != "") || err != nil && (!strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), "of gs://demo-bucket/logs/x/7: ")) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				parts := map[string]any{
					"started.json": m.Started, "finished.json": m.Finished, "podinfo.json": m.Pod, "clone-records.json": m.Clones,
					"sidecar-logs.json": m.Upload, "artifacts/ci-operator-step-graph.json": m.Steps, "artifacts/metadata.json": m.Versions,
				}
				part, ok := parts[test.file]
				if !ok {
					part = m.Suites
				}
				got, err := json.Marshal(part)
				if want := test.want; err != nil || string(got) != want && (want != "" || string(got) != "null") {
					t.Errorf("got  %s, %v\nwant %s", got, err, want)
				}
			}
		})
	}
}

func zipped(t *testing.T, data string) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write([]byte(data)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestProwJobOddFiles(t *testing.T) {
	const uuid = "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"
	m := &Metadata{}
	if err := m.Add("prowjob.json", []byte(`{"metadata":{"name":"renamed","labels":{"prow.k8s.io/id":"`+uuid+`"},"creationTimestamp":"2025-03-13T01:00:00Z"},
		"spec":{"refs":{"org":"a","repo":"b","pulls":[{"number":1,"author":"someone"}]},"extra_refs":[{"org":"c","repo":"d"}]},
		"status":{"state":"aborted","description":"Someone aborted it","startTime":7,"pod_revival_count":2}}`)); err != nil {
		t.Fatal(err)
	}
	p := m.ProwJob
	if p.ID != uuid || p.Start.Hour() != 1 || p.State != Aborted || p.Description != "" || p.Refs.Repo != "b" || p.Extra[0].Org != "c" || p.Revivals != 2 {
		t.Errorf("%+v", p)
	}
	if text, _ := json.Marshal(m); strings.Contains(strings.ToLower(string(text)), "someone") {
		t.Errorf("a name of a person in %s", text)
	}
}

// A ProwJob that breaks off, or is none, is one of which nothing is known.
func TestProwJobTorn(t *testing.T) {
	for _, data := range []string{`{"metadata":{"name":"5b1f6a52`, `[]`, ``, `null`, `{"status":null,"spec":null}`} {
		m := &Metadata{}
		err := m.Add("prowjob.json", []byte(data))
		if torn := len(data) > 4 && data[len(data)-1] != '}' || data == "[]"; (err != nil) != torn {
			t.Errorf("%q: error %v", data, err)
		}
		if m.ProwJob == nil || m.State() != Unknown {
			t.Errorf("%q: %+v", data, m.ProwJob)
		}
	}
}

func TestMetadataState(t *testing.T) {
	tests := []struct {
		name                       string
		started, prowjob, finished string // "": no file
		want                       State
	}{
		{"nothing", "", "", "", Unknown},
		{"started", "{}", "", "", Running},
		{"pending", "{}", "pending", "", Running},
		{"ended, the ProwJob not yet told", "{}", "pending", `{"passed":true}`, Passed},
		{"ended", "{}", "success", `{"passed":true}`, Passed},
		{"the pod failed after the ProwJob was aborted", "{}", "aborted", `{"result":"FAILURE"}`, Aborted},
		{"no ProwJob", "{}", "", `{"result":"failure"}`, Failed},
		{"never ran", "", "error", "", Errored},
		{"torn", "{}", "", `{`, Unknown},
	}
	for _, test := range tests {
		m := &Metadata{}
		if test.started != "" {
			m.Add("started.json", []byte(test.started))
		}
		if test.prowjob != "" {
			m.Add("prowjob.json", []byte(`{"status":{"state":"`+test.prowjob+`"}}`))
		}
		if test.finished != "" {
			m.Add("finished.json", []byte(test.finished))
		}
		if got := m.State(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// However much a file holds, what is kept of it is bounded.
func TestMetadataIsBounded(t *testing.T) {
	m := &Metadata{}
	var junit strings.Builder
	junit.WriteString("<testsuite>")
	for i := range maxCases + 1000 {
		fmt.Fprintf(&junit, `<testcase name="%d"/>`, i)
	}
	for range maxNotPassed + 1000 {
		junit.WriteString(`<testcase><failure/></testcase>`)
	}
	junit.WriteString("</testsuite>" + strings.Repeat("<testsuite/>", maxSuites+7))
	if err := m.Add("artifacts/junit.xml", []byte("<testsuites>"+junit.String()+"</testsuites>")); err != nil {
		t.Fatal(err)
	}
	if s := m.Suites[0]; len(s.Cases) != maxCases+maxNotPassed || s.Failed() != maxNotPassed || s.LeftOut != 2000 || len(m.Suites) != 1+maxSuites {
		t.Errorf("%d cases, %d failed, %d left out, %d suites", len(s.Cases), s.Failed(), s.LeftOut, len(m.Suites))
	}
	if err := m.Add("clone-records.json", []byte("["+strings.Repeat("{},", 5000)+"{}]")); err == nil || len(m.Clones) != maxClones {
		t.Errorf("%d clones, %v", len(m.Clones), err)
	}
	deep := strings.Repeat(`{"name":"x","substeps":[`, 5000) + strings.Repeat("]}", 5000)
	if err := m.Add("artifacts/ci-operator-step-graph.json", []byte("["+deep+"]")); err != nil {
		t.Errorf("deep steps: %v", err)
	}
	depth := 0
	for steps := m.Steps; len(steps) > 0; steps = steps[0].Steps {
		depth++
	}
	if depth != maxStepDepth {
		t.Errorf("steps %d deep", depth)
	}
	if err := m.Add("podinfo.json", []byte(`{"pod":{"status":{"containerStatuses":[`+strings.Repeat("{},", 5000)+`{}]}},"events":[`+strings.Repeat(`{"firstTimestamp":"2025-03-13T01:00:00Z"},`, 5000)+`{}]}`)); err != nil || len(m.Pod.Containers) != maxContainers || len(m.Pod.Events) != maxEvents {
		t.Errorf("%d containers, %d events, %v", len(m.Pod.Containers), len(m.Pod.Events), err)
	}
	bomb := zipped(t, "[]"+strings.Repeat(" ", maxInflated+1))
	if err := m.Add("clone-records.json", bomb); err == nil || !strings.Contains(err.Error(), "more than 67108864 bytes") {
		t.Errorf("%d bytes that inflate to %d: %v", len(bomb), maxInflated+3, err)
	}
}

// Two large JUnit files: of tests that print, and of Kubernetes' seven thousand
// cases, nearly all skipped.
func BenchmarkJUnit(b *testing.B) {
	line := "I0313 01:02:03.000 log line of a test &#39;here&#39;\n"
	for name, testCase := range map[string]string{
		"printed": `<testcase name="[sig-node] test %d should work [Conformance]" classname="e2e" time="3.5"><system-out>` + strings.Repeat(line, 8) + "</system-out></testcase>\n",
		"skipped": `<testcase name="[sig-node] test %d should work [Conformance]" classname="e2e" time="0"><skipped message="skipped"></skipped></testcase>` + "\n",
	} {
		var s strings.Builder
		s.WriteString(`<testsuites><testsuite name="x" time="100">`)
		for i := 0; s.Len() < 4<<20; i++ {
			fmt.Fprintf(&s, testCase, i)
		}
		data := []byte(s.String() + `</testsuite></testsuites>`)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				m := &Metadata{}
				if err := m.Add("artifacts/junit.xml", data); err != nil || len(m.Suites) != 1 {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestHarmlessText(t *testing.T) {
	tests := []struct{ in, want string }{
		{"a\x1b[31mb\x00", "a [31mb "},
		{"a\tb\nc", "a\tb\nc"},
		{"right\u202eleft", "rightleft"},
		{"\xff", "\ufffd"},
		{"https://u:p@host/x", "https://host/x"},
		{strings.Repeat("ü", 30), strings.Repeat("ü", 8) + "…"},
		{strings.Repeat("x", 1<<20), strings.Repeat("x", 17) + "…"},
	}
	for _, test := range tests {
		got := harmless(test.in, 20)
		if got != test.want || !utf8.ValidString(got) {
			t.Errorf("harmless(%.20q) = %q, want %q", test.in, got, test.want)
		}
	}
	if got := Name("  a\n b\t"); got != "a b" {
		t.Errorf("name = %q", got)
	}
}
