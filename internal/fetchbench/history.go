package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
	"prowtrace/triage/history"
)

// The past of a job: thirty runs of eight small files each, ten of which failed, with logs of
// 5 MB.
const (
	pastRuns = 30
	pastLog  = 5_000_000
	small    = 8 + 2 // files of a run, and listings of its traces and JUnit files
)

// historyBound is the time that a plain client needs which does one thing after the other:
// connect, list the job, read each run's small files with 64 requests under way together,
// then the logs of the ten runs that failed and of three that passed.
//
//	RTT + RTT + runs × requests/64 × RTT + RTT + bytes / 200 MB/s
//
// Rounds that must follow each other are not more: connect, list the job, read and list the
// small files, read those that were listed, list the logs, read them.
func historyBound() time.Duration {
	requests := float64(pastRuns*small) / concurrent
	logs := float64((pastRuns/3+3)*pastLog) / total
	return 3*rtt + time.Duration(requests*float64(rtt)) + time.Duration(logs*float64(time.Second))
}

// benchHistory measures how long the history of a job takes, cold and from the cache, each
// time in a process of its own. The line has no TLS.
func benchHistory(args []string) error {
	flags := flag.NewFlagSet("history", flag.ExitOnError)
	rounds := flags.Int("rounds", 5, "how often it is asked for")
	requests := flags.Bool("requests", false, "print when the server was asked for what")
	profile := flags.String("profile", "", "`file` for a CPU profile of the last cold run")
	flags.Parse(args)
	store, err := gcstest.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer store.Close()
	line := "I1120 02:03:00.000000      38 local.go:42] a line of a log\n"
	pastruns.PutMany(func(bucket, name string, data []byte) { store.PutBytes(bucket, name, data) }, pastRuns, strings.Repeat(line, pastLog/len(line)))
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	clock := &asked{store: mediaLinks(store)}
	server := &http.Server{Handler: clock}
	go server.Serve((&Link{RTT: rtt, PerConn: perConn, Total: total}).Listener(inner))
	defer server.Close()

	fmt.Println("| history of 30 runs | seconds (fastest) | × bound (fastest) | CPU | server's CPU | requests |\n|---|---:|---:|---:|---:|---:|")
	var all [2][]figures
	var number [2]int
	for range *rounds {
		dir, err := os.MkdirTemp("", "fetchbench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		for i := range all {
			clock.reset(*requests)
			before := ownCPU()
			f, err := historyRun("http://"+inner.Addr().String(), dir, []string{*profile, ""}[i])
			if err != nil {
				return err
			}
			f.Server = ownCPU() - before
			all[i] = append(all[i], f)
			number[i] = clock.number()
		}
	}
	for i, runs := range all {
		m := medians(runs)
		fastest, _ := extremes(runs)
		fmt.Printf("| %s | %.2f (%.2f) | %.2f (%.2f) | %.2f s | %.2f s | %d |\n", []string{"cold", "the second time"}[i],
			m.Wall.Seconds(), fastest.Seconds(), ratio(m.Wall, historyBound()), ratio(fastest, historyBound()), m.CPU.Seconds(), m.Server.Seconds(), number[i])
	}
	return nil
}

// historyRun asks for it once, in a process with a cache.
func historyRun(endpoint, dir, profile string) (f figures, err error) {
	command := part("past", "-endpoint", endpoint, "-profile", profile)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "PROWTRACE_CACHE="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return f, err
	}
	err = json.Unmarshal(out, &f.Wall)
	f.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return f, err
}

// asked tells when a server was asked for what.
type asked struct {
	store http.Handler

	mu    sync.Mutex
	print bool
	first time.Time
	n     int
}

func (a *asked) reset(print bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.print, a.first, a.n = print, time.Time{}, 0
}

func (a *asked) number() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.n
}

func (a *asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	if a.n++; a.n == 1 {
		a.first = time.Now()
	}
	if a.print {
		fmt.Fprintf(os.Stderr, "%5d ms %s\n", time.Since(a.first).Milliseconds(), r.URL)
	}
	a.mu.Unlock()
	a.store.ServeHTTP(w, r)
}

// runHistory asks for it once, as the command does, and prints how long that took.
func runHistory(args []string) error {
	flags := flag.NewFlagSet("past", flag.ExitOnError)
	endpoint := flags.String("endpoint", "", "URL of the server")
	profile := flags.String("profile", "", "file for a CPU profile")
	flags.Parse(args)
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	ctx := context.Background()
	signatures, err := triage.BuiltIn()
	if err != nil {
		return err
	}
	began := time.Now()
	client, err := gcs.New(ctx, gcs.Options{Endpoint: *endpoint, Auth: gcs.AuthAnonymous})
	if err != nil {
		return err
	}
	defer client.Close()
	now := pastruns.End(pastruns.Many, pastRuns-1).Add(2 * time.Hour)
	s := session.New(session.Options{Stores: map[string]objstore.Store{"gs": client}, Join: join.ByTime, Untraced: true, Now: func() time.Time { return now }})
	ref := prow.Ref{Kind: prow.KindJob, Run: prow.Run{Provider: "gs", Bucket: pastruns.Bucket, Job: pastruns.Many}}
	runs, err := s.History(ctx, ref, pastRuns, triage.NewMatcher(signatures))
	took := time.Since(began)
	switch i := slices.IndexFunc(runs, func(r history.Run) bool { return r.Gap != "" || r.State == "failed" && r.Finding == nil }); {
	case err != nil:
		return err
	case i >= 0:
		return fmt.Errorf("run %s is not known: %s", runs[i].Build, runs[i].Gap)
	case len(runs) != pastRuns:
		return fmt.Errorf("%d runs, not %d", len(runs), pastRuns)
	}
	return json.NewEncoder(os.Stdout).Encode(took)
}
