package cli

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"prowtrace/fetch"
	"prowtrace/objstore"
	"prowtrace/prow/find"
	"prowtrace/session"
)

// Every kind of failure that a fetch can end in has its exit code, however it
// is wrapped.
func TestExitCodes(t *testing.T) {
	held := &fetch.Result{Files: []fetch.File{{Name: "a.otel"}}}
	none := &fetch.Result{}
	refused := &objstore.AccessError{Bucket: "b", Op: "read", Status: 403, Reason: objstore.AnonymousRefused}
	unreachable := &objstore.UnreachableError{Host: "h", Err: errors.New("HTTP 503")}
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"done", nil, ExitDone},
		{"wrong usage", usageError{err: errors.New("x")}, ExitUsage},
		{"no traces", &fetch.NoTracesError{}, ExitNoTraces},
		{"no spans", &session.NoSpansError{}, ExitNoTraces},
		{"no such run", &fetch.NotFoundError{}, ExitNotFound},
		{"no such bucket", objstore.ErrBucketNotExist, ExitNotFound},
		{"no run of that name", &session.ChoiceError{Err: &find.ResolveError{Err: find.ErrNoRun}}, ExitNotFound},
		{"several runs", &session.ChoiceError{Err: &find.ResolveError{Err: find.ErrManyRuns}}, ExitUsage},
		{"no such file", &session.MissingPathError{Path: "x"}, ExitNotFound},
		{"refused", refused, ExitDenied},
		{"refused, as prow sees it", fmt.Errorf("look for a run: %w", refused), ExitDenied},
		{"503 for ever, a stall, a connection that breaks", unreachable, ExitFailed},
		{"wrong bytes twice", objstore.ErrChecksum, ExitFailed},
		{"disk full", &fetch.NoSpaceError{}, ExitFailed},
		{"offline", fetch.ErrOffline, ExitNotFound},
		{"interrupted", context.Canceled, ExitFailed},
		{"a part refused", &fetch.PartialError{Result: held, Failed: []fetch.FileError{{Name: "b", Err: refused}}}, ExitFailed},
		{"all refused", &fetch.PartialError{Result: none, Failed: []fetch.FileError{{Name: "b", Err: refused}}}, ExitDenied},
		{"a part gone", &fetch.PartialError{Result: held, Failed: []fetch.FileError{{Name: "b", Err: objstore.ErrNotExist}}}, ExitFailed},
		{"a part unreachable", &fetch.PartialError{Result: held, Failed: []fetch.FileError{{Name: "b", Err: unreachable}}}, ExitFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
			if tt.err == nil {
				return
			}
			if got := exitCode(errors.Join(fmt.Errorf("doing it: %w", tt.err), nil)); got != tt.want {
				t.Errorf("wrapped: exit code %d, want %d", got, tt.want)
			}
		})
	}
}
