package cli_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
)

// What the README shows as the output of a summary is what it prints.
func TestReadmeShowsSummaries(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for part := range strings.SplitSeq(string(readme), "\n    $ ") {
		command, rest, _ := strings.Cut(part, "\n")
		args, ok := strings.CutPrefix(command, "prowtrace summary ")
		if !ok {
			continue
		}
		shown++
		var want []string
		for line := range strings.SplitSeq(rest, "\n") {
			if line != "" && !strings.HasPrefix(line, "    ") {
				break
			}
			want = append(want, strings.TrimPrefix(line, "    "))
		}
		cmd := exec.Command(exe, append([]string{"summary"}, strings.Fields(args)...)...)
		cmd.Env = []string{"STORAGE_EMULATOR_HOST=" + server.Host, "PROWTRACE_CACHE=" + t.TempDir(), "CI=true", "HOME=" + t.TempDir()}
		out, err := cmd.Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != strings.TrimSpace(strings.Join(want, "\n")) {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", command, err, got, strings.TrimSpace(strings.Join(want, "\n")))
		}
	}
	if shown != 2 {
		t.Errorf("%d summaries are shown", shown)
	}
}
