package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"prowtrace/export/push"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
)

// pushCommand sends runs to a receiver of OTLP.
type pushCommand struct {
	request
	to       push.Settings
	traces   string
	mask     bool
	retryFor time.Duration
	since    string
	asJSON   bool
	compare  judgeFlags

	target push.Target
	client *push.Client
	taken  func(spans int) error // of the run that is being sent; nil: nobody remembers it
	sent   []pushed
}

// pushed is what became of a run, as --json has it.
type pushed struct {
	Job      string   `json:"job,omitempty"`
	Build    string   `json:"build,omitempty"`
	Name     string   `json:"name"`
	URL      string   `json:"url,omitempty"`
	TraceID  string   `json:"trace_id,omitempty"`
	Spans    int      `json:"spans"`
	From     int      `json:"from,omitempty"` // spans that had been sent before
	Requests int      `json:"requests"`
	Bytes    int64    `json:"bytes"`
	Retries  int      `json:"retries,omitempty"`
	Rejected int64    `json:"rejected,omitempty"`
	TooLarge int      `json:"too_large,omitempty"`
	Messages []string `json:"messages,omitempty"`
}

func newPush(s Streams) *cobra.Command {
	p := &pushCommand{request: newRequest(s)}
	c := &cobra.Command{
		Use:   "push WHAT…",
		Short: "Send runs to your own Jaeger, Tempo or OpenTelemetry Collector",
		Long: `push sends the traces of runs to any receiver of OTLP, by gRPC or HTTP. Each span
is sent once, in the joined trace of its run. Events come from the logs too, and
marks show what broke first. Every span has prow.job, prow.build_id and prow.url.
Ids are the same each time. If the receiver asks for a retry, push sends the
request again, with growing pauses.

With --since it sends all runs of jobs that have ended, each once, and remembers
them in the cache. Run it from cron. An interrupted run continues where it ended.

Flags come before the variables OTEL_EXPORTER_OTLP_TRACES_… and
OTEL_EXPORTER_OTLP_… (ENDPOINT, PROTOCOL, HEADERS, TIMEOUT, COMPRESSION, INSECURE,
CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY). docs/scale.md has receivers that
hold many runs.`,
		Example: `  prowtrace push --endpoint http://tempo:4317 kops#18000
  prowtrace push --since 24h e2e-kops-aws-distro-deb13 --endpoint https://otlp.example.com`,
		Args: atLeastOne,
		RunE: func(c *cobra.Command, args []string) error { return p.run(c.Context(), args) },
	}
	f := c.Flags()
	p.register(f)
	p.registerJoin(f)
	p.compare.register(f)
	p.registerTarget(f)
	return c
}

func (p *pushCommand) registerTarget(f *pflag.FlagSet) {
	named(f, &p.to.Endpoint, push.SettingEndpoint, "", "URL", "the receiver, such as http://localhost:4318; HTTP appends /v1/traces")
	choice(f, &p.to.Protocol, push.SettingProtocol, "", "grpc or http (default: gRPC at port 4317, else HTTP)", "grpc", "http")
	f.StringArrayVar(&p.to.Headers, push.SettingHeader, nil, "send this header, as `NAME=VALUE`, for instance for authorization; can be repeated")
	f.BoolVar(&p.to.Insecure, push.SettingInsecure, false, "use no TLS if the endpoint is HOST:PORT, without http:// or https://")
	choice(f, &p.traces, "traces", string(push.Joined), "joined (each span once, in the trace of its run), original (each span once, in the trace that reported it) or all (both)",
		string(push.Joined), string(push.Original), string(push.All))
	f.BoolVar(&p.mask, "mask", false, "hide what looks like a secret")
	f.DurationVar(&p.retryFor, "retry-for", push.DefaultRetryFor, "retry a request for this `DURATION` if the receiver cannot take it now; 0: never")
	named(f, &p.since, "since", "", "TIME", "send all ended runs of the jobs that started since this time (24h, 3d, 2026-11-24), except those sent before")
	f.BoolVar(&p.asJSON, "json", false, "print what was sent as JSON")
}

func (p *pushCommand) run(ctx context.Context, args []string) error {
	if p.retryFor == 0 {
		p.retryFor = -1
	}
	since, err := p.check()
	if err != nil {
		return err
	}
	p.keepFiles = !since.IsZero()
	if err := p.open(ctx); err != nil {
		return err
	}
	defer p.close()
	p.target, err = push.Resolve(p.to, p.streams.Getenv, os.ReadFile)
	if err != nil {
		return err
	}
	refs, err := p.parse(ctx, args)
	if err != nil {
		return err
	}
	if len(p.target.Headers) > 0 && !p.target.Secure() {
		p.note("%v does not use TLS: others on the network can read the headers", p.target)
	}
	p.client, err = push.New(p.target, push.Options{RetryFor: p.retryFor, Agent: "prowtrace/" + version(buildInfo()), Retrying: p.retrying, Taken: p.remember})
	if err != nil {
		return err
	}
	defer p.client.Close()
	if since.IsZero() {
		err = p.sendAll(ctx, refs)
	} else {
		err = p.sendSince(ctx, refs, since)
	}
	return errors.Join(p.print(), err, p.lost())
}

// check refuses flags that make no sense together, and gives the time of --since.
func (p *pushCommand) check() (since time.Time, err error) {
	if p.join == joinNone && p.traces == string(push.Joined) {
		return since, usageError{errors.New("--join none and --traces joined cannot be combined"), "use --traces original"}
	}
	if p.since == "" {
		return since, nil
	}
	for _, f := range []struct {
		name  string
		given bool
	}{{"--offline", p.offline}, {"--watch", p.watch}, {"--no-cache", p.noCache}, {"--after", p.choice.after != ""}, {"--before", p.choice.before != ""}} {
		if f.given {
			return since, usageError{fmt.Errorf("--since and %s cannot be combined", f.name), "leave one of them out: --since needs the bucket and the cache"}
		}
	}
	now := time.Now()
	if since, err = parseTime("--since", p.since, now); err != nil {
		return since, err
	}
	if now.Sub(since) > mostSince {
		return since, usageError{fmt.Errorf("invalid --since %s: sent runs are remembered for %d days", text.Quote(p.since, maxQuoted), mostSince/(24*time.Hour)), "name a later time, or name the runs"}
	}
	return since, nil
}

const (
	// mostSince is less than how long the cache remembers what was sent.
	mostSince = 150 * 24 * time.Hour

	// mostRuns bounds the runs of a job that --since sends at a time.
	mostRuns = 1000
)

// sendAll sends each argument by itself: so that none is labelled for another's sake, and one
// is in memory at a time.
func (p *pushCommand) sendAll(ctx context.Context, refs []prow.Ref) error {
	for _, ref := range refs {
		if err := p.send(ctx, ref, nil); err != nil {
			return err
		}
	}
	return nil
}

// sendSince sends the runs of jobs that were not sent before. Runs that cannot be had are
// told, and the others go on; a receiver that fails ends it.
func (p *pushCommand) sendSince(ctx context.Context, refs []prow.Ref, since time.Time) error {
	for _, ref := range refs {
		if ref.Kind != prow.KindJob && ref.Kind != prow.KindRun {
			return usageError{fmt.Errorf("cannot send all runs of %s: it is not a job", text.Quote(ref.Input, maxQuoted)), "name jobs, or leave --since out"}
		}
	}
	failed := 0
	for _, ref := range refs {
		n, err := p.sendJob(ctx, ref, since)
		if err != nil {
			return err
		}
		failed += n
	}
	if failed > 0 {
		return fmt.Errorf("cannot read %s: run the command again to retry", text.Count(failed, "run"))
	}
	return nil
}

// sendJob sends the runs of one job. It gives how many could not be had.
func (p *pushCommand) sendJob(ctx context.Context, job prow.Ref, since time.Time) (failed int, err error) {
	handed, err := p.session.Handovers(p.target.Place(), job.Job)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, handed.Close()) }()
	ended, err := p.session.EndedSince(ctx, job, since, mostRuns)
	if err != nil {
		return 0, err
	}
	before, sent := 0, 0
	for _, run := range ended.Runs {
		if handed.Of(run).Done {
			before++
			continue
		}
		err := p.send(ctx, prow.Ref{Input: run.URL(), Kind: prow.KindRun, Run: run}, handed)
		var receiver *push.RefusedError
		switch {
		case err == nil:
			sent++
		case ctx.Err() != nil || errors.As(err, &receiver):
			return failed, err
		default:
			failed++
			p.note("%s %s: %s", run.Job, run.Build, oneLine(err))
		}
	}
	p.note("%s: %s sent, %s sent before, %s not ended", text.Line(job.Job), text.Count(sent, "run"), text.Number(before), text.Number(ended.Going))
	if ended.More {
		p.note("%s has more than %d runs in that time: using the newest; run this more often", text.Line(job.Job), mostRuns)
	}
	return failed, nil
}

// send loads what one reference means, judges it and sends it. handed remembers how far a run
// was sent; nil where it is sent whatever was before.
func (p *pushCommand) send(ctx context.Context, ref prow.Ref, handed *session.Handovers) (err error) {
	loaded, err := p.load(ctx, []prow.Ref{ref})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, loaded.Close()) }()
	if err := p.judge(ctx, loaded); err != nil {
		return err
	}
	view, release := loaded.Acquire()
	defer release()
	plan := push.NewPlan(view, push.Which(p.traces), p.mask)
	from := 0
	p.taken = nil
	if handed != nil {
		digest := plan.Digest()
		if one := handed.Of(ref.Run); one.Plan == digest && one.Taken < plan.Len() {
			from = one.Taken
		}
		p.taken = func(n int) error {
			return handed.Keep(ref.Run, session.Handover{At: time.Now().UTC(), Plan: digest, Taken: n, Done: n == plan.Len()})
		}
	}
	stage := &stage{said: "sending " + text.Count(plan.Len()-from, "span")}
	keep := p.taken
	p.taken = func(spans int) error {
		stage.set(fmt.Sprintf("sending spans: %s of %s", text.Number(spans), text.Number(plan.Len())))
		if keep == nil {
			return nil
		}
		return keep(spans)
	}
	done := p.shown.during(stage.say)
	report, err := p.client.Send(ctx, plan, from)
	done()
	if err == nil || report.Spans > 0 {
		p.tell(loaded, report, from)
	}
	return err
}

// judge makes logs and findings a part of the traces. What cannot be judged is sent without.
func (p *pushCommand) judge(ctx context.Context, loaded *session.Loaded) error {
	for _, in := range loaded.Inputs {
		if !in.IsRun() || joinBy(p.join) == "" {
			continue
		}
		how := p.judging(p.compare)
		how.Mark = true
		if _, err := p.judgeShown(ctx, loaded, in, how); err != nil {
			if ctx.Err() != nil {
				return err
			}
			p.note("cannot judge %s, sending it without findings: %s", in.Title(), oneLine(err))
		}
	}
	return nil
}

// tell tells what became of what was loaded.
func (p *pushCommand) tell(loaded *session.Loaded, r push.Report, from int) {
	one := pushed{From: from, Spans: r.Spans, Requests: r.Requests, Bytes: r.Bytes, Retries: r.Retries, Rejected: r.Rejected, TooLarge: r.TooLarge, Messages: r.Messages}
	in := loaded.Inputs[0]
	one.Name = in.Title()
	if n := len(loaded.Inputs); n > 1 {
		one.Name += " and " + text.Count(n-1, "other")
	} else {
		one.Job, one.Build = in.Ref.Job, in.Ref.Build
		if in.Located() {
			one.URL = p.page(in.Ref.Run)
		}
		if joinBy(p.join) != "" {
			one.TraceID = in.Trace.String()
		}
	}
	p.sent = append(p.sent, one)
	for _, m := range r.Messages {
		p.note("%v says: %s", p.target, text.Line(m))
	}
	if r.Secret {
		p.note("Some texts of %s look like secrets: --mask hides them.", one.Name)
	}
}

// print writes what was sent.
func (p *pushCommand) print() error {
	if p.asJSON {
		return json.NewEncoder(p.streams.Out).Encode(struct {
			Schema   string   `json:"schema"`
			Endpoint string   `json:"endpoint"`
			Runs     []pushed `json:"runs"`
		}{"prowtrace.push/v1", p.target.String(), append([]pushed{}, p.sent...)})
	}
	for _, one := range p.sent {
		line := fmt.Sprintf("%s: %s sent", text.Line(one.Name), text.Count(one.Spans, "span"))
		if one.From > 0 {
			line += fmt.Sprintf(" after %s before", text.Number(one.From))
		}
		if one.TraceID != "" {
			line += ", trace " + one.TraceID
		}
		if _, err := fmt.Fprintln(p.streams.Out, line); err != nil {
			return fmt.Errorf("cannot write what was sent: %w", err)
		}
	}
	return nil
}

// lost is the error of spans that the receiver does not have.
func (p *pushCommand) lost() error {
	spans, rejected := 0, int64(0)
	for _, one := range p.sent {
		spans += one.Spans
		rejected += one.Rejected + int64(one.TooLarge)
	}
	if rejected == 0 {
		return nil
	}
	return fmt.Errorf("cannot deliver %s of %s: %v rejected them", text.Number(rejected), text.Count(spans, "span"), p.target)
}

// retrying tells that the receiver cannot take a request now.
func (p *pushCommand) retrying(err error, pause time.Duration) {
	p.note("%s; trying again in %s", oneLine(err), pause.Round(100*time.Millisecond))
}

// remember keeps how far the run was sent, where that is wanted.
func (p *pushCommand) remember(spans int) error {
	if p.taken == nil {
		return nil
	}
	return p.taken(spans)
}
