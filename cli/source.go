package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"prowtrace/fetch"
	"prowtrace/gcs"
	"prowtrace/prow"
	"prowtrace/trace"
)

// sourcing are the flags of all commands that read runs, and what they do with
// them.
type sourcing struct {
	streams Streams
	verbose bool
	auth    string
	billing string
}

func (g *sourcing) register(f *pflag.FlagSet) {
	f.StringVar(&g.auth, "auth", string(gcs.AuthAuto), "who reads the bucket: `auto` (anonymous, then credentials if refused), anonymous, or adc (credentials at once)")
	f.StringVar(&g.billing, "billing-project", "", "`project` that pays for reading a bucket that bills its readers")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "tell what is done and asked")
}

// note prints a line on standard error.
func (g *sourcing) note(format string, args ...any) {
	fmt.Fprintln(g.streams.Err, lines(fmt.Sprintf(format, args...)))
}

// A job is what one argument gave: files, and the run they are of if it is one.
type job struct {
	ref     prow.Ref
	result  *fetch.Result // nil for local files
	sources []trace.Source
}

// title names the job for a person.
func (j job) title() string {
	if j.result != nil {
		return j.ref.Job + " " + j.ref.Build
	}
	if j.ref.Kind == prow.KindStdin {
		return "standard input"
	}
	return j.ref.Path
}

// collect fetches the runs and lists the local files that refs name.
func (g *sourcing) collect(ctx context.Context, refs []prow.Ref) ([]job, error) {
	jobs := make([]job, len(refs))
	var runs []*job
	for i, ref := range refs {
		j := &jobs[i]
		j.ref = ref
		var err error
		switch ref.Kind {
		case prow.KindPath:
			if run, ok := fetch.OpenDir(ref.Path); ok { // what fetch printed
				j.ref.Run, j.result = run.Run, run
				j.sources = runSources(run)
				continue
			}
			j.sources, err = g.localSources(ref.Path)
		case prow.KindStdin:
			j.sources, err = g.inputSources(ctx)
		default:
			j.ref.Run, err = runOf(ref)
			runs = append(runs, j)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(runs) == 0 {
		return jobs, nil
	}
	if err := g.fetch(ctx, runs); err != nil {
		return nil, err
	}
	for _, j := range runs {
		j.sources = runSources(j.result)
	}
	return jobs, nil
}

// runSources are the trace files of a run, under the names they have in it.
func runSources(r *fetch.Result) []trace.Source {
	sources := make([]trace.Source, len(r.Files))
	for i, f := range r.Files {
		sources[i] = trace.Source{Name: f.Name, Path: f.Path}
	}
	return sources
}

// fetch brings the runs of jobs into the cache, with progress.
func (g *sourcing) fetch(ctx context.Context, jobs []*job) error {
	cache, err := fetch.OpenCache("")
	if err != nil {
		return err
	}
	options := gcs.Options{Auth: gcs.Auth(g.auth), BillingProject: g.billing, UserAgent: "prowtrace"}
	if g.verbose {
		options.Logf = g.note
	}
	client, err := gcs.New(ctx, options)
	if err != nil {
		return usageError{err: err}
	}
	defer client.Close()

	shown := newProgress(g.streams, time.Now())
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { defer close(stopped); shown.run(stop) }()
	pool := fetch.NewPool(fetch.DefaultParallel)
	var notes []string
	for _, j := range jobs {
		j.result, err = cache.Fetch(ctx, client, j.ref.Run, fetch.Options{
			Only: j.ref.Rest, Pool: pool, Progress: shown.counts,
			Notice: func(s string) { notes = append(notes, s) },
		})
		if err != nil {
			break
		}
	}
	close(stop)
	<-stopped
	for _, n := range notes {
		g.note("%s", n)
	}
	if err != nil {
		return err
	}
	for _, j := range jobs {
		g.note("%s", fetched(j))
	}
	return nil
}

// fetched tells what a fetch brought.
func fetched(j *job) string {
	var bytes int64
	for _, f := range j.result.Files {
		bytes += f.Size
	}
	what := fmt.Sprintf("%s, %s", count(int64(len(j.result.Files)), "trace file"), size(bytes))
	if j.result.FromCache {
		return fmt.Sprintf("%s: %s, from the cache", j.title(), what)
	}
	return fmt.Sprintf("%s: %s", j.title(), what)
}

// errNoSpans says that files were there and none gave a span.
var errNoSpans = errors.New("no spans")

// load merges the files of all jobs and tells what was wrong with them.
func (g *sourcing) load(ctx context.Context, jobs []job) (*trace.Set, error) {
	var sources []trace.Source
	for _, j := range jobs {
		sources = append(sources, j.sources...)
	}
	set, err := trace.Load(ctx, sources)
	if err != nil {
		return nil, err
	}
	g.problems(set)
	if set.Len() == 0 {
		set.Close()
		text := "there are no files to read; "
		if len(sources) > 0 {
			text = "no spans could be read in " + count(int64(len(sources)), "file") + "; "
		}
		return nil, failure{text + "the traces of kOps are the files that end in .otel", errNoSpans}
	}
	first, last := set.Trace(0).Start, int64(0)
	for i := range set.NumTraces() {
		if first == 0 {
			first = set.Trace(i).Start
		}
		last = max(last, set.Trace(i).End)
	}
	g.note("%s in %s from %s", count(int64(set.Len()), "span"), count(int64(set.NumTraces()), "trace"), period(first, last))
	return set, nil
}

// problems prints what was wrong with files, the first ones in full.
func (g *sourcing) problems(set *trace.Set) {
	const shown = 10
	problems := set.Problems()
	for i, p := range problems {
		if i == shown && !g.verbose {
			g.note("and %s more; --verbose lists them", count(int64(len(problems)-shown), "problem"))
			return
		}
		g.note("%s", p)
	}
}
