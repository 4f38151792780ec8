package session_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/session"
	"prowtrace/trace/join"
)

// packed makes a .tar.gz of the trace files of the sample's passing run, and of a note.
func packed(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	add := func(name string, data []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	add("./README.md", []byte("traces"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		add("../"+filepath.Base(file), data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An archive among a run's trace files is opened, wherever the run lies. What a damaged
// one lost is a problem.
func TestArchivesOfRuns(t *testing.T) {
	whole := packed(t)
	cut := whole[:len(whole)/2]
	root := "logs/e2e-packed/1900000000000000009/"
	for name, data := range map[string][]byte{"whole": whole, "cut off": cut} {
		t.Run(name, func(t *testing.T) {
			o, h, server := sample(t)
			dir := t.TempDir()
			for name, data := range map[string][]byte{"finished.json": []byte(`{"timestamp":1741831000,"passed":true}`), "artifacts/otlp/traces.tar.gz": data} {
				server.Put(gcstest.Object{Bucket: "kubernetes-ci-logs", Name: root + name, Data: data})
				path := filepath.Join(dir, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			fetched := "gs://kubernetes-ci-logs/" + strings.TrimSuffix(root, "/")
			l, err := load(t, o, fetched)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			checkPacked(t, l, h, name == "whole")
			h = &heard{}
			copied, err := load(t, session.Options{Join: join.ByTime, Events: h.add}, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer copied.Close()
			checkPacked(t, copied, h, name == "whole")
			if copied.Reported.Spans != l.Reported.Spans {
				t.Errorf("%d spans of the copy, %d of the bucket", copied.Reported.Spans, l.Reported.Spans)
			}
		})
	}
}

func checkPacked(t *testing.T, l *session.Loaded, h *heard, whole bool) {
	t.Helper()
	in := l.Inputs[0]
	if first := in.Sources[0].Name; !strings.HasPrefix(first, "artifacts/otlp/traces.tar.gz/kops-") || whole && len(in.Sources) != 18 || l.Reported.Spans == 0 {
		t.Errorf("%d files, the first %q, with %d spans", len(in.Sources), first, l.Reported.Spans)
	}
	problems := 0
	for _, p := range l.Problems {
		if p.Source == "artifacts/otlp/traces.tar.gz" {
			problems++
		}
	}
	if told := strings.Count(h.names(), "ArchiveDamaged"); whole != (problems == 0) || whole != (told == 0) {
		t.Errorf("problems %v, %d events", l.Problems, told)
	}
}
