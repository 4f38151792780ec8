package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
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
		{"a run without spans", &session.NoSpansError{Inputs: []*session.Input{{Fetched: held}}}, ExitNoTraces},
		{"files of this machine without spans", &session.NoSpansError{Inputs: []*session.Input{{}}}, ExitFailed},
		{"no such run", &fetch.NotFoundError{}, ExitNotFound},
		{"no such bucket", objstore.ErrBucketNotExist, ExitNotFound},
		{"no run of that name", &session.ChoiceError{Err: &find.ResolveError{Err: find.ErrNoRun}}, ExitNotFound},
		{"several runs", &session.ChoiceError{Err: &find.ResolveError{Err: find.ErrManyRuns}}, ExitUsage},
		{"no such file", &session.MissingPathError{Path: "x"}, ExitNotFound},
		{"no Prow to ask for a tab of TestGrid", &session.TabError{Err: &find.DeckError{}}, ExitFailed},
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

// Ctrl-C is told by one code, whatever a command made of it. SIGTERM is how a server is
// asked for its end.
func TestCodeOfEnd(t *testing.T) {
	failed := errors.New("failed")
	for _, tt := range []struct {
		name  string
		cause error
		err   error
		want  int
	}{
		{"not interrupted", nil, nil, ExitDone},
		{"not interrupted, failed", nil, failed, ExitFailed},
		{"Ctrl-C, a page ends well", errInterrupted, nil, ExitInterrupted},
		{"Ctrl-C, in a download", errInterrupted, fmt.Errorf("fetch: %w", context.Canceled), ExitInterrupted},
		{"Ctrl-C, another failure", errInterrupted, failed, ExitInterrupted},
		{"SIGTERM, a server ends well", errTerminated, nil, ExitDone},
		{"SIGTERM, in a download", errTerminated, context.Canceled, ExitTerminated},
	} {
		ctx, end := context.WithCancelCause(t.Context())
		if tt.cause != nil {
			end(tt.cause)
		}
		if got := codeOfEnd(ctx, tt.err); got != tt.want {
			t.Errorf("%s: exit code %d, want %d", tt.name, got, tt.want)
		}
		end(nil)
	}
}

// The table in docs/usage.md has a row for every code, and no other.
func TestExitCodesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/usage.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(doc), "| exit code | |\n|---|---|\n")
	var got []int
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 {
			break
		}
		code, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil || len(strings.TrimSpace(cells[2])) == 0 {
			t.Fatalf("row %q", line)
		}
		got = append(got, code)
	}
	want := []int{ExitDone, ExitFailed, ExitUsage, ExitNoTraces, ExitNotFound, ExitDenied, ExitCause, ExitNoCause, ExitInterrupted, ExitTerminated}
	if !slices.Equal(got, want) {
		t.Errorf("codes %v, want %v", got, want)
	}
}
