// Command serve offers a directory of sample buckets as a Cloud Storage server
// on loopback.
//
//	serve [-addr 127.0.0.1:0] [-deck LOGS] [-past] DIR                    until interrupted; prints the address
//	serve [-addr 127.0.0.1:0] [-deck LOGS] [-past] DIR -- COMMAND ARG…    while COMMAND runs, with its exit code
//
// COMMAND finds the server through STORAGE_EMULATOR_HOST. The files LOGS/JOB/BUILD/CONTAINER.txt
// are the logs of runs that have not ended, which a Deck at the same address shows.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	var command []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, command = args[:i], args[i+1:]
	}
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "address to listen on")
	deck := flags.String("deck", "", "directory of logs that Deck shows: JOB/BUILD/CONTAINER.txt")
	past := flags.Bool("past", false, "offer the past of four jobs too, for prowtrace history")
	if err := flags.Parse(args); err != nil {
		return 2, nil // the flag package has said why
	}
	if flags.NArg() != 1 {
		return 2, errors.New("want one directory DIR/<bucket>/<object path>, and after -- a command to run")
	}
	server, err := gcstest.Listen(*addr)
	if err != nil {
		return 1, err
	}
	defer server.Close()
	if err := server.LoadDir(flags.Arg(0)); err != nil {
		return 1, err
	}
	if *past {
		pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	}
	if *deck != "" {
		if err := server.LoadDeck(*deck); err != nil {
			return 1, err
		}
	}
	if len(command) == 0 {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		fmt.Printf("STORAGE_EMULATOR_HOST=%s\n", server.Host)
		<-ctx.Done()
		return 0, nil
	}
	return child(command, server)
}

// child runs the command to its own end. Ctrl-C reaches it directly (same
// process group), SIGTERM is passed on; neither ends the server before it.
func child(command []string, server *gcstest.Server) (int, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+server.Host)
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGTERM {
				cmd.Process.Signal(s)
			}
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return exit.ExitCode(), nil
			}
			return 0, err
		}
	}
}
