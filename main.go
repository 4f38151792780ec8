// Command prowtrace shows the traces of a Prow job: see package cli, and the
// README for how to use it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"prowtrace/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(cli.Main(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv}))
}
