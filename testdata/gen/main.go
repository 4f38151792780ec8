// Command gen writes the sample buckets that the tests and the demo read: one failing and one passing kOps run as Prow
// stores them, with the traces of every kops process in it; three runs without traces; one that still runs, with the
// log that Deck shows of it. It also writes the recorded failures, by which the judgement of failed runs is measured.
//
//	go run ./testdata/gen                          writes testdata/bucket, testdata/deck, testdata/failures, testdata/failures-apart, testdata/failures-apart2, testdata/failures-apart3 and testdata/failures-apart4
//	go run ./testdata/gen -out DIR                 writes the same into DIR
//	go run ./testdata/gen -scale 1m [-out DIR]     writes one million spans in 20 files instead
//
// The output depends on nothing but this source: all dates are fixed, all randomness is seeded, so that a second run
// writes the same bytes. It is invented throughout; no person, project or machine in it exists.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	out := flag.String("out", "", "directory to write to (default testdata; with -scale a new temporary one)")
	scale := flag.String("scale", "", "write this many spans for measurements (100k, 1m, 10m) instead of the bucket")
	flag.Parse()
	if err := generate(*out, *scale); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func generate(out, scale string) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: only the flags -out and -scale are known", flag.Arg(0))
	}
	if scale != "" {
		spans, err := parseScale(scale)
		if err != nil {
			return err
		}
		dir, err := scaleDir(out)
		if err != nil {
			return err
		}
		if err := writeScale(dir, spans); err != nil {
			return err
		}
		fmt.Println(dir)
		return nil
	}
	if out == "" {
		out = "testdata"
		if _, err := os.Stat("testdata"); errors.Is(err, fs.ErrNotExist) {
			return errors.New("there is no testdata here: run it in the root of the repository, or name a directory with -out")
		}
	}
	s, err := sampleBuckets()
	if err != nil {
		return err
	}
	if err := s.write(filepath.Join(out, "bucket")); err != nil {
		return err
	}
	if err := liveLogs().write(filepath.Join(out, "deck")); err != nil {
		return err
	}
	for dir, list := range caseDirs() {
		cases, err := caseFiles(list)
		if err != nil {
			return err
		}
		if err := cases.write(filepath.Join(out, dir)); err != nil {
			return err
		}
	}
	return nil
}

// bucket holds objects by name, as the store would list them.
type bucket map[string][]byte

// sample holds buckets by name.
type sample map[string]bucket

// bucket returns the bucket of a name, which is made if it is missing.
func (s sample) bucket(name string) bucket {
	if s[name] == nil {
		s[name] = bucket{}
	}
	return s[name]
}

// write replaces what dir holds by the buckets of s.
func (s sample) write(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for bucket, objects := range s {
		for name, data := range objects {
			path := filepath.Join(dir, bucket, filepath.FromSlash(diskName(name)))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// escapeSegment keeps what Windows and Go's module archives do not allow in a file name out of the repository.
var escapeSegment = strings.NewReplacer("%", "%25", ":", "%3A")

// diskName is the slash-separated path of an object below its bucket's directory. Each segment is percent-escaped, so
// that url.PathUnescape of the segments gives the name back; the slash that ends a directory placeholder becomes part
// of its last segment ("otlp%2F"), next to the directory of the same name.
func diskName(object string) string {
	placeholder := strings.HasSuffix(object, "/")
	name := escapeSegment.Replace(strings.TrimSuffix(object, "/"))
	if placeholder {
		name += "%2F"
	}
	return name
}
