package session_test

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"prowtrace/internal/gcstest"
	"prowtrace/session"
	"prowtrace/trace/join"
)

const (
	otlpLine = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"kops"}}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"one","startTimeUnixNano":"1741831000000000000","endTimeUnixNano":"1741831001000000000"}]}]}]}` + "\n"
	zipkin   = `[{"traceId":"80f1da5e10147517","id":"1","name":"two","timestamp":1741831000000000,"duration":26000,"localEndpoint":{"serviceName":"back"}}]`
)

// Files of other formats are taken from a run's bucket whatever their names are, and a tar
// archive of them in zstd.
func TestFormatsInABucket(t *testing.T) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, data := range map[string]string{"traces/a.json": otlpLine, "traces/b": zipkin, "traces/notes.txt": "none"} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, files := range map[string]map[string]string{
		"files":   {"traces.jsonl": otlpLine, "dump": zipkin},
		"archive": {"all.tar.zst": string(packer.EncodeAll(archive.Bytes(), nil))},
	} {
		t.Run(name, func(t *testing.T) {
			o, _, server := sample(t)
			root := "logs/e2e-formats/1900000000000000019/"
			put := func(name, data string) {
				server.Put(gcstest.Object{Bucket: "kubernetes-ci-logs", Name: root + name, Data: []byte(data)})
			}
			put("finished.json", `{"timestamp":1741831000,"passed":true}`)
			for name, data := range files {
				put("artifacts/otlp/"+name, data)
			}
			l, err := load(t, o, "gs://kubernetes-ci-logs/"+strings.TrimSuffix(root, "/"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if l.Reported.Spans != 2 || len(l.Problems) > 0 {
				t.Errorf("%d spans, problems %v", l.Reported.Spans, l.Problems)
			}
		})
	}
}

// Standard input of more than is held in memory is kept in a file, which does not stay.
func TestLargeStandardInput(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("PROWTRACE_CACHE", cache)
	space := bytes.Repeat([]byte(" "), 66<<20)
	h := &heard{}
	o := session.Options{Join: join.ByTime, Events: h.add, Input: io.MultiReader(strings.NewReader(otlpLine), bytes.NewReader(space), strings.NewReader(otlpLine+`{"torn`))}
	l, err := load(t, o, "-")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadDir(cache + "/scratch")
	if err != nil || len(kept) != 1 || l.Reported.Spans != 1 {
		t.Errorf("%d spans, kept %v, error %v", l.Reported.Spans, kept, err)
	}
	if len(l.Problems) != 1 || !strings.Contains(l.Problems[0].What, "cut off at line 3") {
		t.Errorf("problems %v", l.Problems)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if kept, _ := os.ReadDir(cache + "/scratch"); len(kept) > 0 {
		t.Errorf("left are %v", kept)
	}
}
