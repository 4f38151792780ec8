package otelfile

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

func TestReadZip(t *testing.T) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, name := range []string{"run/", "run/finished.json", "run/artifacts/otlp/kops-1.otel"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "/") {
			f.Write([]byte(name + strings.Repeat(" ", 2000)))
		}
	}
	w.Close()
	files, ok, err := new(Archives).Read(bytes.NewReader(packed.Bytes()))
	if err != nil || !ok || len(files) != 2 || files[1].Name != "run/artifacts/otlp/kops-1.otel" || !bytes.HasPrefix(files[1].Data, []byte(files[1].Name)) {
		t.Errorf("%d files, %v, %v", len(files), ok, err)
	}
	files, ok, err = new(Archives).Read(bytes.NewReader(packed.Bytes()[:packed.Len()-30]))
	if err == nil || !ok || len(files) != 0 {
		t.Errorf("cut off: %d files, %v, %v", len(files), ok, err)
	}
}
