package cli

import (
	"errors"
	"slices"

	"prowtrace/export/push"
	"prowtrace/fetch"
	"prowtrace/objstore"
	"prowtrace/prow/find"
	"prowtrace/session"
)

// Exit codes of prowtrace.
const (
	ExitDone     = 0
	ExitFailed   = 1
	ExitUsage    = 2 // wrong usage: flags, arguments, an invalid link
	ExitNoTraces = 3 // the run exists but has no traces, and they are wanted or all there could be
	ExitNotFound = 4 // a run or a file was not found, has expired, or not in the cache and --offline
	ExitDenied   = 5 // not allowed

	ExitCause   = 10 // summary --exit-code: a cause was found, with medium or high confidence
	ExitNoCause = 11 // summary --exit-code: none was found, or the run has not ended

	ExitInterrupted = 130 // ended by Ctrl-C, as shells have it
	ExitTerminated  = 143 // ended by SIGTERM before it was done
)

// exitCodes is the table of the exit codes of errors. The first row that knows the
// error gives the code.
var exitCodes = []struct {
	knows func(error) bool
	code  int
}{
	{isCode(ExitCause), ExitCause},
	{isCode(ExitNoCause), ExitNoCause},
	{isA[usageError], ExitUsage},
	{isA[*session.ArgumentError], ExitUsage},
	{isA[*push.SettingError], ExitUsage},
	{is(push.ErrNoEndpoint), ExitUsage},
	{isA[*session.UnsupportedStoreError], ExitUsage},
	{is(session.ErrOfflineChoice), ExitUsage},
	{is(find.ErrManyRuns), ExitUsage},
	{heldPartly, ExitFailed}, // whatever it was that the rest failed of
	{missesFile, ExitNotFound},
	{is(fetch.ErrNoTraces), ExitNoTraces},
	{onlyLocal, ExitFailed},
	{isA[*session.NoSpansError], ExitNoTraces},
	{isA[*objstore.AccessError], ExitDenied},
	{receiverDenies, ExitDenied},
	{is(fetch.ErrNotFound), ExitNotFound},
	{is(fetch.ErrOffline), ExitNotFound},
	{objstore.IsAbsent, ExitNotFound},
	{is(find.ErrNoRun), ExitNotFound},
	{isA[*session.MissingPathError], ExitNotFound},
	{isA[*session.NoArtifactError], ExitNotFound},
	{isA[*noLogError], ExitNotFound},
	{isA[*noTraceError], ExitNotFound},
}

func exitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	for _, row := range exitCodes {
		if row.knows(err) {
			return row.code
		}
	}
	return ExitFailed
}

// isCode reports whether an error is a code that was asked for.
func isCode(code int) func(error) bool {
	return func(err error) bool {
		var e judgedError
		return errors.As(err, &e) && e.code == code
	}
}

// isA reports whether an error is or wraps one of type E.
func isA[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// is knows the errors that errors.Is finds target in.
func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

// heldPartly reports whether a part of a run is there.
func heldPartly(err error) bool {
	var partial *fetch.PartialError
	return errors.As(err, &partial) && len(partial.Result.Files) > 0
}

// missesFile reports a link of a trace file that a run does not have.
func missesFile(err error) bool {
	var none *fetch.NoTracesError
	var going *session.NotUploadedError
	return errors.As(err, &none) && none.MissingFile() && !errors.As(err, &going)
}

// receiverDenies reports a receiver that wants other headers.
func receiverDenies(err error) bool {
	var e *push.RefusedError
	return errors.As(err, &e) && e.Reason == push.NotAllowed
}

// onlyLocal reports files of this machine without a span: they say nothing of a run.
func onlyLocal(err error) bool {
	var none *session.NoSpansError
	return errors.As(err, &none) && !slices.ContainsFunc(none.Inputs, func(in *session.Input) bool { return in.Fetched != nil || in.IsRun() })
}
