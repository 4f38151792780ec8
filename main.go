// Command prowtrace shows the traces of a Prow job: see package cli, and the
// README for how to use it.
package main

import (
	"context"
	"os"

	"prowtrace/cli"
)

func main() {
	os.Exit(cli.Main(cli.Interruptible(context.Background()), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv}))
}
