package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
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
func historyBound() time.Duration {
	requests := float64(pastRuns*small) / concurrent
	logs := float64((pastRuns/3+3)*pastLog) / total
	return 3*rtt + time.Duration(requests*float64(rtt)) + time.Duration(logs*float64(time.Second))
}

// benchHistory measures how long the history of a job takes, cold and from the cache. The
// line has no TLS.
func benchHistory(args []string) error {
	flags := flag.NewFlagSet("history", flag.ExitOnError)
	rounds := flags.Int("rounds", 5, "how often it is asked for")
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
	server := &http.Server{Handler: mediaLinks(store)}
	go server.Serve((&Link{RTT: rtt, PerConn: perConn, Total: total}).Listener(inner))
	defer server.Close()

	fmt.Println("| history of 30 runs | seconds | × bound | requests |\n|---|---:|---:|---:|")
	var cold, warm []time.Duration
	var asked [2]int
	for range *rounds {
		dir, err := os.MkdirTemp("", "fetchbench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		os.Setenv("PROWTRACE_CACHE", dir)
		for i, times := range []*[]time.Duration{&cold, &warm} {
			store.ResetLog()
			took, err := history("http://" + inner.Addr().String())
			if err != nil {
				return err
			}
			*times = append(*times, took)
			asked[i] = len(store.Requests())
		}
	}
	for i, times := range [][]time.Duration{cold, warm} {
		slices.Sort(times)
		m := times[len(times)/2]
		fmt.Printf("| %s | %.2f | %.2f | %d |\n", []string{"cold", "the second time"}[i], m.Seconds(), ratio(m, historyBound()), asked[i])
	}
	return nil
}

// history asks for it once, as the command does.
func history(endpoint string) (time.Duration, error) {
	ctx := context.Background()
	signatures, err := triage.BuiltIn()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	client, err := gcs.New(ctx, gcs.Options{Endpoint: endpoint, Auth: gcs.AuthAnonymous})
	if err != nil {
		return 0, err
	}
	defer client.Close()
	s := session.New(session.Options{Stores: map[string]objstore.Store{"gs": client}, Join: join.ByTime, Untraced: true})
	ref := prow.Ref{Kind: prow.KindJob, Run: prow.Run{Provider: "gs", Bucket: pastruns.Bucket, Job: pastruns.Many}}
	runs, err := s.History(ctx, ref, pastRuns, triage.NewMatcher(signatures))
	took := time.Since(began)
	for _, r := range runs {
		if err == nil && (r.Gap != "" || r.State == "failed" && r.Finding == nil) {
			err = fmt.Errorf("run %s is not known: %s", r.Build, r.Gap)
		}
	}
	if err == nil && len(runs) != pastRuns {
		err = fmt.Errorf("%d runs, not %d", len(runs), pastRuns)
	}
	return took, err
}
