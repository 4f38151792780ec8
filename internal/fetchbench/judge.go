package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime/pprof"
	"slices"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/otelfile"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

// The job of -judge: a run that failed and three that passed, each with traces of 100
// processes and a log of 25 MB.
const (
	judgedFiles = 100
	judgedSpans = 100 // of a file
	judgedRuns  = 4   // the newest failed
)

// judgedSet is the job as a set: its files are made by fillJob.
var judgedSet = set{name: "J", files: judgedFiles}

func judgedRoot(i int) string { return fmt.Sprintf("logs/e2e-judged/190000000000000000%d", i) }

// fillJob puts the runs into the server's bucket.
func fillJob(server *gcstest.Server) error {
	for i := range judgedRuns {
		root, began := judgedRoot(i+1), time.Date(2025, 3, 13+i, 1, 44, 34, 0, time.UTC)
		failed := i == judgedRuns-1
		result := map[bool]string{true: "FAILURE", false: "SUCCESS"}[failed]
		put := func(name, data string) { server.PutBytes(bucket, root+"/"+name, []byte(data)) }
		put("started.json", fmt.Sprintf(`{"timestamp":%d}`, began.Unix()))
		put("finished.json", fmt.Sprintf(`{"timestamp":%d,"passed":%t,"result":%q}`, began.Add(time.Hour).Unix(), !failed, result))
		for f := range judgedFiles {
			data, err := judgedTraces(uint64(i*judgedFiles+f), began.Add(time.Duration(f)*30*time.Second))
			if err != nil {
				return err
			}
			server.PutBytes(bucket, fmt.Sprintf("%s/artifacts/otlp/kops-%d-2025.otel", root, 1000+f), data)
		}
		server.PutBytes(bucket, root+"/build-log.txt", judgedLog(began, failed))
	}
	return nil
}

// judgedTraces is the file of one process.
func judgedTraces(number uint64, at time.Time) ([]byte, error) {
	attribute := func(key, value string) *commonpb.KeyValue {
		return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
	}
	var spans []*tracepb.Span
	for i := range judgedSpans {
		id := make([]byte, 16)
		for k := range 8 {
			id[k], id[8+k] = byte(number>>(8*k)), byte((i+1)>>(8*k))
		}
		start := at.Add(time.Duration(i) * 100 * time.Millisecond)
		spans = append(spans, &tracepb.Span{
			TraceId: id, SpanId: id[8:], Name: "HTTP GET", Kind: tracepb.Span_SPAN_KIND_CLIENT,
			StartTimeUnixNano: uint64(start.UnixNano()), EndTimeUnixNano: uint64(start.Add(80 * time.Millisecond).UnixNano()),
			Attributes: []*commonpb.KeyValue{attribute("url.full", fmt.Sprintf("https://compute.example/projects/p/zones/z/instances/%d", i)), attribute("http.request.method", "GET")},
		})
	}
	request, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{attribute("service.name", "kops")}},
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: spans}},
	}}})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = otelfile.NewWriter(&b).Write(request)
	return b.Bytes(), err
}

// judgedLog is a log of a test that waits, says much and warns often; the one that failed
// says why in its middle.
func judgedLog(at time.Time, failed bool) []byte {
	var b bytes.Buffer
	b.Grow(logSize + 1000)
	for i := 0; b.Len() < logSize; i++ {
		at = at.Add(12 * time.Millisecond)
		severity, said := "I", fmt.Sprintf("executor.go:113] Tasks: %d done / 93 total; %d can run", i%93, i%17)
		switch {
		case i%50 == 0:
			severity, said = "W", fmt.Sprintf("validate_cluster.go:232] (will retry): cluster not yet healthy, attempt %d of many", i)
		case i%997 == 0:
			severity, said = "E", fmt.Sprintf("reflector.go:204] Failed to watch *v1.Node from 10.0.%d.%d: connection refused", i%256, i%251)
		}
		if failed && b.Len() > logSize/2 && b.Len() < logSize/2+100 {
			severity, said = "W", `executor.go:139] error running task "InstanceGroupManager/nodes": googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded`
		}
		fmt.Fprintf(&b, "%s%s %7d %s\n", severity, at.Format("0102 15:04:05.000000"), 38, said)
	}
	return b.Bytes()
}

// judgedTimes are when a process of -judge said something, since it was started.
type judgedTimes struct {
	First, Final time.Duration
	Compared     int
	Said         string
}

// benchJudge measures how long it takes from a link to the first finding, and to the last
// word: with an empty cache, and again with all in it.
func (o options) benchJudge() error {
	p, err := newServer(judgedSet, o)
	if err != nil {
		return err
	}
	defer p.close()
	if err := fillJob(p.store); err != nil {
		return err
	}
	var cold, cached []judgedTimes
	for range o.rounds {
		dir, err := os.MkdirTemp(p.dir, "judge-")
		if err != nil {
			return err
		}
		for _, to := range []*[]judgedTimes{&cold, &cached} {
			args := part("judge", "-endpoint", p.url, fmt.Sprintf("-steps=%t", o.steps), "-profile", p.profile)
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+p.ca, "PROWTRACE_CACHE="+dir)
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return err
			}
			var t judgedTimes
			if err := json.Unmarshal(out, &t); err != nil {
				return err
			}
			*to = append(*to, t)
		}
		os.RemoveAll(dir)
	}
	fmt.Println("| link → finding, median (fastest) | first | compared with passing runs |\n|---|---:|---:|")
	for _, row := range []struct {
		name  string
		times []judgedTimes
	}{{"empty cache", cold}, {"all in the cache", cached}} {
		cell := func(of func(judgedTimes) time.Duration) string {
			fastest := slices.MinFunc(row.times, func(a, b judgedTimes) int { return cmp.Compare(of(a), of(b)) })
			return fmt.Sprintf("%.2f s (%.2f s)", median(row.times, of).Seconds(), of(fastest).Seconds())
		}
		last := row.times[len(row.times)-1]
		fmt.Printf("| %s | %s | %s, %d runs: %s |\n", row.name, cell(func(t judgedTimes) time.Duration { return t.First }),
			cell(func(t judgedTimes) time.Duration { return t.Final }), last.Compared, last.Said)
	}
	return nil
}

// runJudge judges the failed run as prowtrace does beside its pages.
func runJudge(args []string) error {
	began := time.Now()
	flags := flag.NewFlagSet("judge", flag.ExitOnError)
	endpoint := flags.String("endpoint", "", "URL of the server")
	verbose := flags.Bool("steps", false, "print when each step came")
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
	client, err := gcs.New(ctx, gcs.Options{Endpoint: *endpoint})
	if err != nil {
		return err
	}
	defer client.Close()
	known, err := triage.BuiltIn()
	if err != nil {
		return err
	}
	s := session.New(session.Options{Stores: map[string]objstore.Store{prow.DefaultProvider: client}, Join: join.ByTime, Untraced: true, Logs: true})
	run := prow.Run{Provider: prow.DefaultProvider, Bucket: bucket, Root: judgedRoot(judgedRuns), Job: "e2e-judged", Build: judgedRoot(judgedRuns)[len("logs/e2e-judged/"):]}
	collected, err := s.Collect(ctx, []prow.Ref{{Kind: prow.KindRun, Run: run}})
	if err != nil {
		return err
	}
	loaded, err := s.Load(ctx, collected)
	if err != nil {
		return err
	}
	var t judgedTimes
	_, err = loaded.Judge(ctx, loaded.Inputs[0], session.Judging{Known: triage.NewMatcher(known), Baseline: session.BaselineAuto, Number: judgedRuns - 1, Mark: true, Tell: func(step session.Judged) {
		if *verbose {
			fmt.Fprintln(os.Stderr, time.Since(began).Round(time.Millisecond), step.Compared, step.ToCompare, step.Final)
		}
		if t.First == 0 && len(step.Summary.Findings) > 0 {
			t.First = time.Since(began)
		}
		if step.Final {
			t.Final, t.Compared, t.Said = time.Since(began), step.Compared, step.Summary.Verdict.Text
		}
	}})
	if err := errors.Join(err, loaded.Close()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}
