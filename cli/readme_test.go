package cli_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
)

// What the README and docs/usage.md show as the output of a command is what it prints. A last line
// of … stands for what follows. Ages, ports and progress differ from run to run.
func TestExamplesPrintWhatIsShown(t *testing.T) {
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	checked := map[string]int{}
	for part := range strings.SplitSeq(shown(t), "\n    $ ") {
		line, rest, _ := strings.Cut(part, "\n")
		args, ok := strings.CutPrefix(line, "prowtrace ")
		command, _, _ := strings.Cut(args, " ")
		if want := indented(rest); ok && slices.Contains([]string{"summary", "history", "log", "resolve"}, command) && want != "" {
			checked[command]++
			cmd := exec.Command("/bin/sh", "-c", line)
			cmd.Env = []string{"STORAGE_EMULATOR_HOST=" + server.Host, "PROWTRACE_CACHE=" + t.TempDir(), "CI=true", "HOME=" + t.TempDir(), "PATH=" + filepath.Dir(exe) + ":/usr/bin:/bin"}
			out, err := cmd.Output()
			got := strings.TrimSpace(string(out))
			if begin, cut := strings.CutSuffix(want, "\n…"); err != nil || got != want && !(cut && strings.HasPrefix(got, begin+"\n")) {
				t.Errorf("%s: %v\ngot\n%s\nwant\n%s", line, err, got, want)
			}
		}
	}
	if checked["summary"] != 2 || checked["history"] == 0 || checked["log"] == 0 || checked["resolve"] == 0 {
		t.Errorf("outputs are shown of %v", checked)
	}
}

// indented is the indented text that a page goes on with.
func indented(page string) string {
	var lines []string
	for line := range strings.SplitSeq(page, "\n") {
		if line != "" && !strings.HasPrefix(line, "    ") {
			break
		}
		lines = append(lines, strings.TrimPrefix(line, "    "))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
