package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"prowtrace/launch"
)

// Every row of the table knows its error, however it is wrapped, and no other.
func TestHints(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string // "" is no hint
	}{
		{errors.New("anything"), ""},
		{&launch.NamedError{Jaeger: "./jaeger", Err: &fs.PathError{Op: "exec", Path: "./jaeger", Err: fs.ErrPermission}}, "make it executable: chmod +x ./jaeger"},
		{&launch.NamedError{Jaeger: "yaeger", Err: fs.ErrNotExist}, "--jaeger takes the path or the name of jaeger, jaeger-query, jaeger-all-in-one, docker, podman or nerdctl"},
		{&launch.ProcessError{NotPulled: true}, "without network, download the program elsewhere and name it with --jaeger PATH"},
		{&launch.ProcessError{}, ""},
		{advised{&launch.ProcessError{NotPulled: true}, "of the command itself"}, "of the command itself"},
		{usageError{err: errors.New("x"), hint: "of the usage"}, "of the usage"},
	} {
		for _, err := range []error{tt.err, errors.Join(fmt.Errorf("do it: %w", tt.err), errors.New("more"))} {
			if got := hintOf(err); got != tt.want {
				t.Errorf("%v: hint %q, want %q", err, got, tt.want)
			}
		}
	}
}
