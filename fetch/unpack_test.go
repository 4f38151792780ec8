package fetch

import (
	"bytes"
	"compress/gzip"
	"path/filepath"
	"testing"
)

func packed(t *testing.T, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// An exported file holds what its name says, however it is stored.
func TestExportUnpacks(t *testing.T) {
	const dir = "artifacts/otlp/"
	plain := "#!otel and so on"
	torn := packed(t, plain)[:25]
	tests := map[string]struct{ stored, exported string }{
		"started.json":          {packed(t, `{"timestamp":1700000000}`), `{"timestamp":1700000000}`},
		"finished.json":         {packed(t, packed(t, `{"timestamp":1700000300}`)), `{"timestamp":1700000300}`},
		dir + "plain.otel":      {plain, plain},
		dir + "packed.otel":     {packed(t, plain), plain},
		dir + "archive.otel.gz": {packed(t, plain), packed(t, plain)},
		dir + "twice.otel.GZ":   {packed(t, packed(t, plain)), packed(t, plain)},
		dir + "torn.otel":       {torn, torn},
		dir + "other.otel":      {"\x1f\x8b\x08 but no gzip", "\x1f\x8b\x08 but no gzip"},
		dir + "several.otel":    {packed(t, "one, ") + packed(t, "two"), "one, two"},
	}
	s, c := newStore(), openTest(t)
	for name, test := range tests {
		s.put(testRun.Bucket, testRun.Root+"/"+name, test.stored)
	}
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	paths, err := res.Export(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := readFile(t, filepath.Join(to, paths[name])); got != test.exported {
				t.Errorf("exported %q, want %q", got, test.exported)
			}
		})
	}
	if left := names(t, to, ".part"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
