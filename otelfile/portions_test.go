package otelfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkPortions compares passes by portions, of bytes in memory and of bytes that are
// read, with a pass of Records.
func checkPortions(t *testing.T, f *File, data []byte) {
	t.Helper()
	payloads, problems := read(t, f)
	want, stats := fmt.Sprintf("%q %q", payloads, problems), f.Stats()
	for _, size := range []int{1, 24, 100, portionSize} {
		for _, stored := range []io.ReaderAt{nil, bytes.NewReader(data)} {
			var problems []string
			s := newScan(f, func(p Problem) { problems = append(problems, fmt.Sprintf("%v @%d: %s", p.Kind, p.Offset, p.Detail)) })
			s.size, s.stored, s.buffers = size, stored, &Buffers{}
			payloads := inPortions(t, s.handOut)
			if got := fmt.Sprintf("%q %q", payloads, problems); got != want {
				t.Fatalf("portions of %d, read %v: %s, want %s", size, stored != nil, got, want)
			}
			if got := s.total(); fmt.Sprint(got) != fmt.Sprint(stats) {
				t.Fatalf("portions of %d, read %v: stats %+v, want %+v", size, stored != nil, got, stats)
			}
			if n := len(s.buffers.free); n > 2 {
				t.Fatalf("portions of %d: %d buffers, two are enough", size, n)
			}
		}
	}
}

// inPortions gives the payloads of a pass, and spoils each portion when it was read.
func inPortions(t *testing.T, portions func(func(*Portion) bool)) (payloads []string) {
	t.Helper()
	for p := range portions {
		if len(p.Records) == 0 {
			t.Fatal("a portion without records")
		}
		for _, r := range p.Records {
			if at := int(r.Offset - p.Offset); len(r.Payload) > 0 && &r.Payload[0] != &p.Data[at] {
				t.Fatalf("the payload at %d lies elsewhere", r.Offset)
			}
			payloads = append(payloads, string(r.Payload))
		}
		if p.buffers != nil {
			clear(p.Data)
		}
		p.Release()
	}
	return payloads
}

func TestPortionsOfAFile(t *testing.T) {
	sizes := []int{0, 1, 100, 70_000, portionSize - 2*headerSize, portionSize - headerSize, portionSize, 300_000, largeRecord * portionSize, 3 << 20, 5}
	file := slices.Clone(traces)
	var want []string
	for i := range 40 {
		payload := strings.Repeat(string(rune('a'+i%26)), sizes[i%len(sizes)])
		want = append(want, payload)
		file = append(file, record(32, payload)...)
	}
	path := filepath.Join(t.TempDir(), "kops-1.otel")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for pass := range 2 { // the second one reads the mapping
		var buffers Buffers
		got := inPortions(t, f.Portions(&buffers, func(p Problem) { t.Errorf("pass %d: %+v", pass, p) }))
		if !slices.Equal(got, want) {
			t.Errorf("pass %d: %d payloads differ from %d written", pass, len(got), len(want))
		}
		if read := len(buffers.free) > 0; pass == 1 && read {
			t.Error("the second pass used buffers")
		}
	}
	if got := f.Stats(); got.Traces != len(want) {
		t.Errorf("%+v", got)
	}
}

// What is cut off a file while it is read is a problem, and what came before it is kept.
func TestPortionsOfAShrinkingFile(t *testing.T) {
	f := parse(t, join(traces, bytes.Repeat(one, 100)))
	var problems []Problem
	s := newScan(f, func(p Problem) { problems = append(problems, p) })
	s.size, s.stored, s.buffers = 100, bytes.NewReader(f.Bytes()[:len(traces)+50*len(one)+7]), &Buffers{}
	payloads := inPortions(t, s.handOut)
	if len(payloads) < 40 || len(payloads) > 50 {
		t.Errorf("%d records were kept", len(payloads))
	}
	if len(problems) != 1 || problems[0].Kind != ProblemLost || !strings.Contains(problems[0].Detail, "cannot read") {
		t.Errorf("problems %+v", problems)
	}
}

// BenchmarkPortions compares a pass over a mapped file with one that touches the mapping.
func BenchmarkPortions(b *testing.B) {
	path := filepath.Join(b.TempDir(), "kops-1.otel")
	if err := os.WriteFile(path, generate(64<<20, 200_000), 0o600); err != nil {
		b.Fatal(err)
	}
	var buffers Buffers
	passes := []struct {
		name string
		pass func(f *File)
	}{
		{"read", func(f *File) {
			for p := range f.Portions(&buffers, nil) {
				sink += len(p.Records)
				p.Release()
			}
		}},
		{"touch", func(f *File) {
			for r := range f.Records(nil) {
				sink += len(r.Payload)
			}
		}},
	}
	for _, pass := range passes {
		b.Run(pass.name, func(b *testing.B) {
			b.SetBytes(64 << 20)
			for b.Loop() {
				f, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				pass.pass(f)
				if err := f.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
