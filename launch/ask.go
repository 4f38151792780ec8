package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// askLimit bounds one question to a program or an engine. An answer takes 0.1 s;
// Docker Desktop that is just starting takes seconds or never answers.
const askLimit = 10 * time.Second

// askProgram finds out which Jaeger the program at path is: by the flags it
// lists, by its version, and only then by its name.
func askProgram(ctx context.Context, path string) (Jaeger, error) {
	j := Jaeger{Path: path, Version: askVersion(ctx, path)}
	help, flags := "", map[string]string(nil)
	for _, storage := range []string{"grpc", "grpc-plugin"} { // the second until 1.57
		out, errs, err := run(ctx, []string{"SPAN_STORAGE_TYPE=" + storage}, path, "--help")
		if ctx.Err() != nil {
			return Jaeger{}, fmt.Errorf("cannot ask %s for its version: %w", path, ctx.Err())
		}
		help = out + errs
		flags = parseFlags(help)
		j.storageType = storage
		if err == nil || !strings.Contains(strings.ToLower(help), "unknown storage type") {
			break
		}
	}
	_, v1 := flags["query.http-server.host-port"]
	_, v2 := flags["config"]
	switch {
	case v1:
		if _, remote := flags["grpc-storage.server"]; !remote {
			return Jaeger{}, fmt.Errorf("%s is too old to read a remote storage (it has no --grpc-storage.server)", path)
		}
		j.Major, j.flags = 1, flags
	case v2 && strings.Contains(strings.ToLower(help), "jaeger"), strings.HasPrefix(j.Version, "2."):
		j.Major = 2
	case j.Version != "" && programName(path) == "jaeger":
		j.Major = 2
	case j.Version != "":
		j.Major = 1
	default:
		return Jaeger{}, fmt.Errorf("%s does not look like Jaeger (by its version and its --help%s)", path, firstLine(help))
	}
	return j, nil
}

// askVersion returns "2.13.0" from the JSON that `jaeger version` prints on
// stdout, beside log lines on stderr. Programs people built themselves have an
// empty gitVersion.
func askVersion(ctx context.Context, path string) string {
	out, _, err := run(ctx, nil, path, "version")
	if err != nil {
		return ""
	}
	var v struct{ GitVersion string }
	if json.Unmarshal([]byte(out), &v) != nil {
		return ""
	}
	if !versionForm.MatchString(v.GitVersion) {
		return ""
	}
	return strings.TrimPrefix(v.GitVersion, "v")
}

var versionForm = regexp.MustCompile(`^v?[0-9]+\.[0-9]+(\.[0-9A-Za-z.+-]+)?$`)

// flagLine is one flag in the help of a Go program that uses pflag.
var flagLine = regexp.MustCompile(`(?m)^ +(?:-[a-zA-Z], )?--([a-zA-Z0-9.-]+)(.*)$`)
var flagDefault = regexp.MustCompile(`\(default "?([^"]*)"?\)\s*$`)

// parseFlags returns the flags that a help text lists, with their defaults.
func parseFlags(help string) map[string]string {
	flags := map[string]string{}
	for _, m := range flagLine.FindAllStringSubmatch(help, -1) {
		flags[m[1]] = ""
		if d := flagDefault.FindStringSubmatch(m[2]); d != nil {
			flags[m[1]] = d[1]
		}
	}
	return flags
}

// run runs a short command to its end and returns what it printed. extra is added
// to the environment. It takes askLimit at most and 1 MiB of output at most.
func run(ctx context.Context, extra []string, path string, args ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	var out, errs bounded
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), extra...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = time.Second
	ownGroup(cmd, false)
	cmd.Cancel = func() error { killGroup(cmd.Process); return nil }
	err = cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %v", askLimit)
	}
	return string(out), string(errs), err
}

// bounded keeps the first MiB written to it and swallows the rest.
type bounded []byte

func (b *bounded) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), 1<<20-len(*b))]...)
	return len(p), nil
}

// firstLine quotes the first line with text in it, as an aside for an error.
func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = plain(line); line != "" {
			return ": " + line
		}
	}
	return ""
}
