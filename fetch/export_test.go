package fetch

import (
	"context"
	"errors"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"prowtrace/prow"
)

func TestLocalNames(t *testing.T) {
	long := strings.Repeat("n", 300)
	for _, tt := range []struct {
		name string
		want map[string]string
	}{
		{"plain", map[string]string{
			"started.json": "started.json", "artifacts/otlp/kops-1.otel": "artifacts/otlp/kops-1.otel", "Grüße 100%.otel": "Grüße 100%.otel"}},
		{"colons", map[string]string{
			"otlp/kops-7-2026-08-22T01:02:03Z.otel": "otlp/kops-7-2026-08-22T01%3A02%3A03Z.otel"}},
		{"forbidden on Windows", map[string]string{
			`<>"|?*\`: "%3C%3E%22%7C%3F%2A%5C"}},
		{"control characters", map[string]string{
			"a\x00b\x1b[2J\x7f\u009b": "a%00b%1B[2J%7F%C2%9B"}},
		{"no UTF-8", map[string]string{"a\xffb\xc3": "a%FFb%C3", "\uFFFD": "\uFFFD"}},
		{"climbing", map[string]string{
			"../../etc/passwd": ".%2E/.%2E/etc/passwd", "a/./b": "a/%2E/b", "/etc/passwd": "%2F/etc/passwd", "a//b": "a/%2F/b", "C:\\x": "C%3A%5Cx"}},
		{"ends", map[string]string{"a.": "a%2E", "b ": "b%20", "c. /d": "c.%20/d", "...": "..%2E", ".hidden": ".hidden", " x": " x"}},
		{"devices", map[string]string{
			"CON": "%43ON", "con.txt": "%63on.txt", "Aux .x/y": "%41ux .x/y", "COM1": "%43OM1", "lpt¹.log": "%6Cpt¹.log", "conin$": "%63onin$",
			"console": "console", "COM10": "COM10", "COM": "COM", "LPTx": "LPTx"}},
		{"case", map[string]string{"A.otel": "A.otel", "a.otel": "a~a1d5278e.otel", "d/X/1": "d/X/1", "d/x/1": "d/x/1~f8f25b38"}},
		{"normal forms", map[string]string{"e\u0301": "e\u0301", "\u00e9": "\u00e9~4a99557e"}},
		{"escaped and literal", map[string]string{"a:b": "a%3Ab~6783a31e", "a%3Ab": "a%3Ab"}},
		{"file beside directory", map[string]string{"a": "a~ca978112", "a/b": "a/b~c14cddc0", "a/b/c": "a/b/c"}},
		{"deep", map[string]string{strings.Repeat("d/", 40) + "f": strings.Repeat("d/", 31) + strings.Repeat("d%2F", 9) + "f"}},
		{"long", map[string]string{
			long + ".otel":                     strings.Repeat("n", 186) + "~a056ce0f.otel",
			strings.Repeat("ü", 150):           strings.Repeat("ü", 95) + "~34e3accc",
			strings.Repeat("n", 190) + "::::x": strings.Repeat("n", 190) + "~96398ceb",
			strings.Repeat("n", 200):           strings.Repeat("n", 200),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names []string
			for name := range tt.want {
				names = append(names, name)
			}
			if got := localNames(names, false); !maps.Equal(got, tt.want) {
				for name, want := range tt.want {
					if got[name] != want {
						t.Errorf("%q: %q, want %q", name, got[name], want)
					}
				}
			}
		})
	}
}

// Colons, and nothing else, are kept where the system takes them.
func TestLocalNamesWithColons(t *testing.T) {
	got := localNames([]string{"otlp/kops-7-2026-08-22T01:02:03Z.otel", `a:b|c\..`, "a%3Ab", "a:b", "C:"}, true)
	want := map[string]string{
		"otlp/kops-7-2026-08-22T01:02:03Z.otel": "otlp/kops-7-2026-08-22T01:02:03Z.otel",
		`a:b|c\..`:                              "a:b%7Cc%5C.%2E", "a%3Ab": "a%3Ab", "a:b": "a:b", "C:": "C:",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzLocalNames(f *testing.F) {
	f.Add("a", "A", "a/b")
	f.Add("../..", "//", "CON/nul.txt")
	f.Add(strings.Repeat("\u00e9", 200), strings.Repeat("e\u0301", 200), "%")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if len(a)+len(b)+len(c) > 3*1024 {
			t.Skip("longer than objects' names can be")
		}
		colons := len(a)%2 == 1
		got := localNames([]string{a, b, c}, colons)
		seen := map[string]string{}
		for name, local := range got {
			if !filepath.IsLocal(filepath.FromSlash(local)) || path.Clean(local) != local || !utf8.ValidString(local) {
				t.Errorf("%q: %q is no local path", name, local)
			}
			if strings.ContainsAny(local, "<>\"|?*\\\x00\x1b\n") || !colons && strings.Contains(local, ":") {
				t.Errorf("%q: %q has a forbidden character", name, local)
			}
			for _, s := range strings.Split(local, "/") {
				if len(s) > maxSegment || strings.HasSuffix(s, ".") || strings.HasSuffix(s, " ") || isDevice(s) {
					t.Errorf("%q: %q has a forbidden part", name, local)
				}
			}
			if other, ok := seen[fold(local)]; ok {
				t.Errorf("%q and %q are both %q", name, other, local)
			}
			seen[fold(local)] = name
		}
		for name, local := range got {
			for dir := path.Dir(local); dir != "."; dir = path.Dir(dir) {
				if other, ok := seen[fold(dir)]; ok {
					t.Errorf("%q is a file at %q, where %q needs a directory", other, dir, name)
				}
			}
		}
	})
}

func TestExport(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/../../../../escaped", "climbing")
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	dir := filepath.Join(top, "new", "export")
	for range 2 { // the second time over the first
		paths, err := res.Export(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for name, p := range paths {
			got[name] = readFile(t, filepath.Join(dir, p))
		}
		if want := contents(t, res); !maps.Equal(got, want) {
			t.Errorf("exported %q, want %q", got, want)
		}
		if files := names(t, top, ""); len(files) != len(got) {
			t.Errorf("%d files for %d objects: %q", len(files), len(got), files)
		}
		kept := "artifacts/otlp/kops-1-T01:02:03Z.otel"
		if runtime.GOOS == "windows" {
			kept = "artifacts/otlp/kops-1-T01%3A02%3A03Z.otel"
		}
		if p := paths["artifacts/otlp/kops-1-T01:02:03Z.otel"]; p != kept {
			t.Errorf("exported as %q", p)
		}
		fi, err := os.Stat(filepath.Join(dir, "started.json"))
		if err != nil || !fi.ModTime().Equal(ended) {
			t.Errorf("time %v, error %v", fi.ModTime(), err)
		}
	}
}

// A link that lies in the directory must not lead the export out of it.
func TestExportStaysInside(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "artifacts")); err != nil {
		t.Skip(err)
	}
	if _, err := res.Export(t.Context(), dir); err == nil {
		t.Error("a link out of the directory was followed")
	}
	if got := names(t, outside, ""); len(got) > 0 {
		t.Errorf("written outside: %q", got)
	}
	if left := names(t, dir, ".part"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestExportInterrupted(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("interrupted")
	cancel(stop)
	if _, err := res.Export(ctx, t.TempDir()); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}

// The files of two runs are never mixed: not where prowjob.json tells them apart,
// nor where only the times do. The same run comes again, also when it was moved.
func TestExportKeepsRunsApart(t *testing.T) {
	const one = `{"metadata":{"name":"5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"},"spec":{"job":"e2e"},"status":{"build_id":"1","url":"https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/e2e/1"}}`
	const moved = `{"status":{"url":"https://prow.k8s.io/view/gs/kubernetes-jenkins/logs/e2e/1"}}`
	const nowhere = `{"metadata":{"name":"5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"}}`
	const nowhereElse = `{"metadata":{"name":"6b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"}}`
	const other = `{"status":{"url":"https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/e2e/2"}}`
	for _, tt := range []struct {
		name, file, there, ours string
		other                   string // named in the error; "" if the export is well
	}{
		{"nothing of a run", "notes.txt", "x", one, ""},
		{"same run", "prowjob.json", one, one, ""},
		{"same run, moved", "prowjob.json", moved, one, ""},
		{"same run, by its id", "prowjob.json", nowhere, one, ""},
		{"another run", "prowjob.json", other, one, "gs://kubernetes-ci-logs/logs/e2e/2"},
		{"another run, by its id", "prowjob.json", nowhereElse, one, "another run"},
		{"same run, by its time", "started.json", `{"timestamp":1764064810}`, `{"timestamp":1764064810}`, ""},
		{"another run, by its time", "started.json", `{"timestamp":1764064811}`, `{"timestamp":1764064810}`, "another run"},
		{"another run, by its end", "finished.json", `{"timestamp":1764064811}`, `{"timestamp":1764064810}`, "another run"},
		{"nonsense", "prowjob.json", `{`, one, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, from := t.TempDir(), t.TempDir()
			ours := tt.file
			if ours == "notes.txt" {
				ours = "prowjob.json"
			}
			for path, text := range map[string]string{filepath.Join(dir, tt.file): tt.there, filepath.Join(from, ours): tt.ours} {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			res := &Result{
				Run:      prow.Run{Provider: "gs", Bucket: "kubernetes-ci-logs", Root: "logs/e2e/1", Job: "e2e", Build: "1"},
				Metadata: map[string]File{ours: {Name: ours, Path: filepath.Join(from, ours)}},
			}
			_, err := res.Export(t.Context(), dir)
			if tt.other == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var mixed *OtherRunError
			if !errors.As(err, &mixed) || !strings.Contains(err.Error(), tt.other) || mixed.Dir != dir {
				t.Errorf("error %v", err)
			}
			if got := readFile(t, filepath.Join(dir, tt.file)); got != tt.there {
				t.Errorf("%s became %q", tt.file, got)
			}
		})
	}
}
