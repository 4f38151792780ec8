package cli_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
)

// shown are the README and the page of how it is used.
func shown(t *testing.T) string {
	t.Helper()
	all := ""
	for _, path := range []string{"../README.md", "../docs/usage.md"} {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all += string(page)
	}
	return all
}

// Every example of these pages and of the help works on the sample bucket, word for word.
func TestExamples(t *testing.T) {
	examples := commands("    \\$ ", shown(t))
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"", "fetch", "log", "runs", "serve", "resolve"} {
		help, err := exec.Command(exe, strings.Fields(command+" --help")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		examples = append(examples, commands("  ", string(help))...)
	}
	if len(examples) < 8 {
		t.Fatalf("only %d examples: %q", len(examples), examples)
	}
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	dir := exampleFiles(t)
	env := []string{"STORAGE_EMULATOR_HOST=" + server.Host, "PROWTRACE_CACHE=" + t.TempDir(), "CI=true", "PATH=" + filepath.Dir(exe) + ":/usr/bin:/bin", "HOME=" + t.TempDir()}
	for _, example := range examples {
		// What serves runs until it is ended: by a signal, once it has printed its address.
		script := example
		cmd := exec.Command("/bin/sh", "-c", script)
		cmd.Env, cmd.Dir = env, dir
		if serves.MatchString(example) {
			cmd = exec.Command("/bin/sh", "-c", "dir=$(prowtrace fetch gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002 2>/dev/null); exec "+example)
			cmd.Env, cmd.Dir = env, dir
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			hard := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
			first := make([]byte, 4)
			if _, err := out.Read(first); err != nil || !slices.Contains([]string{"http", "stor", "page"}, string(first)) {
				t.Errorf("%s\nprinted %q, %v", example, first, err)
			}
			cmd.Process.Signal(os.Interrupt)
			cmd.Wait()
			hard.Stop()
			continue
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s\n%v\n%s", example, err, out)
		}
	}
}

var serves = regexp.MustCompile(`^prowtrace (?:serve |--|https?:|"\$dir"|trace\.json\.gz|\./traces)`)

// exampleFiles is a directory with the traces that examples name; what they write goes there.
func exampleFiles(t *testing.T) string {
	dir := t.TempDir()
	const span = `[{"traceId":"5982fe77008310cc80f1da5e10147517","id":"bd7a977555f6b982","name":"get","timestamp":1741830271000000,"duration":386000}]`
	for _, name := range []string{"trace.json", "trace.json.gz", "traces/one.json"} { // a name says nothing
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(span), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// commands gives the command lines of a text that stand behind a prompt.
func commands(prompt, text string) (found []string) {
	for _, m := range regexp.MustCompile("(?m)^"+prompt+"((?:dir=\\$\\()?prowtrace [^\n]*)$").FindAllStringSubmatch(text, -1) {
		if !strings.ContainsAny(m[1], "…[") {
			found = append(found, m[1])
		}
	}
	return found
}
