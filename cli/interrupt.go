package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// errInterrupted and errTerminated are why a context of Interruptible ended.
var (
	errInterrupted = errors.New("interrupted")
	errTerminated  = errors.New("terminated")
)

// Interruptible gives a context that ends with Ctrl-C or SIGTERM, and tells Main which it
// was. A second one ends the program at once.
func Interruptible(parent context.Context) context.Context {
	ctx, end := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // lives as long as the program
		got := <-signals
		signal.Stop(signals)
		if got == os.Interrupt {
			end(errInterrupted)
		} else {
			end(errTerminated)
		}
	}()
	return ctx
}

// codeOfEnd is the exit code of a command that ended with err: that of Ctrl-C, however well
// the command came to its end. A server that was asked to stop by SIGTERM did what it was
// asked for.
func codeOfEnd(ctx context.Context, err error) int {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errInterrupted):
		return ExitInterrupted
	case errors.Is(cause, errTerminated) && err != nil:
		return ExitTerminated
	}
	return exitCode(err)
}

// stopped reports an error that only says that the command was told to stop.
func stopped(ctx context.Context, err error) bool {
	cause := context.Cause(ctx)
	return (errors.Is(cause, errInterrupted) || errors.Is(cause, errTerminated)) && (errors.Is(err, context.Canceled) || errors.Is(err, cause))
}
