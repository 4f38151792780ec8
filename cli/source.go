package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"prowtrace/fetch"
	"prowtrace/gcs"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// sourcing are the flags of all commands that read runs, and what they do with
// them.
type sourcing struct {
	streams   Streams
	verbose   bool
	auth      string
	billing   string
	offline   bool
	refresh   bool
	noCache   bool
	printsDir bool // what the cache holds is the result, so it has to last
	watch     bool
	keepGoing bool
	join      string
	choosing  choosing
	known     prow.Instances // set by parse

	pause func(context.Context, time.Duration) error // between looks at a run that is waited for; nil: as long as it says
}

func (g *sourcing) register(f *pflag.FlagSet) {
	g.registerStore(f)
	g.choosing.register(f)
	f.BoolVar(&g.offline, "offline", false, "ask no bucket: use what is in the cache, of a job the newest run there")
	f.BoolVar(&g.refresh, "refresh", false, "ask the bucket again, also for a run that has ended")
	f.BoolVar(&g.watch, "watch", false, "wait for a run that has not ended, then go on")
	f.BoolVar(&g.noCache, "no-cache", false, "leave nothing behind: download to a temporary directory")
	f.BoolVar(&g.keepGoing, "keep-going", false, "go on with what there is when some of it cannot be had")
}

// registerStore adds the flags of all commands that ask a bucket.
func (g *sourcing) registerStore(f *pflag.FlagSet) {
	f.StringVar(&g.auth, "auth", string(gcs.AuthAuto), "who reads the bucket: `auto` (anonymous, then credentials if refused), anonymous, or adc (credentials at once)")
	f.StringVar(&g.billing, "billing-project", "", "`project` that pays for reading a bucket that bills its readers")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "tell what is done and asked")
}

// registerJoin adds the flag of the commands that load traces.
func (g *sourcing) registerJoin(f *pflag.FlagSet) {
	f.StringVar(&g.join, "join", string(join.ByTime), "how the traces of a job become one: by `time` (below the span that contains them, where that is beyond doubt), by process, or none")
}

// detail prints a line on standard error if details are wanted.
func (g *sourcing) detail(format string, args ...any) {
	if g.verbose {
		g.note(format, args...)
	}
}

// note prints a line on standard error.
func (g *sourcing) note(format string, args ...any) {
	fmt.Fprintln(g.streams.Err, lines(fmt.Sprintf(format, args...)))
}

// A job is what one argument gave: files, and the run they are of if it is one.
type job struct {
	ref     prow.Ref
	result  *fetch.Result     // of the cache; nil for other files
	story   *runfile.Metadata // what a copy of a run tells; nil for other files
	sources []trace.Source
	joined  trace.TraceID // of its joined trace; zero until it is loaded, and with --join none
}

// isRun tells a run of a job, wherever its files lie, from files of which nothing
// is known.
func (j job) isRun() bool { return j.result != nil || j.story != nil }

// hasPage reports whether it is known where in the buckets the run lies, and so
// its pages.
func (j job) hasPage() bool {
	return j.result != nil || j.story != nil && j.ref.Bucket != "" && j.ref.Provider == "gs"
}

// title names the job for a person.
func (j job) title() string {
	if j.ref.Job != "" {
		return strings.TrimSpace(j.ref.Job + " " + j.ref.Build)
	}
	if j.ref.Kind == prow.KindStdin {
		return "standard input"
	}
	return j.ref.Path
}

// A collection is what all arguments gave. Close lets other processes prune
// the runs from the cache again.
type collection struct {
	jobs  []job
	cache *fetch.Cache // nil when no run was named
	limit fetch.Limits
}

func (c *collection) Close() error {
	var errs []error
	for _, j := range c.jobs {
		errs = append(errs, j.result.Close())
	}
	if c.cache != nil {
		if _, err := c.cache.Prune(c.limit); err != nil {
			errs = append(errs, err)
		}
		errs = append(errs, c.cache.Close())
	}
	return errors.Join(errs...)
}

// collect fetches the runs and lists the local files that refs name.
func (g *sourcing) collect(ctx context.Context, refs []prow.Ref) (c *collection, err error) {
	c = &collection{limit: fetch.DefaultLimits}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	for _, ref := range refs {
		jobs := []job{{ref: ref}}
		switch ref.Kind {
		case prow.KindPath:
			jobs, err = g.collectPath(ref)
		case prow.KindStdin:
			jobs, err = g.collectInput(ctx, ref)
		case prow.KindRun:
			err = supported(ref.Run)
		}
		c.jobs = append(c.jobs, jobs...)
		if err != nil {
			return c, err
		}
	}
	var runs []*job
	for i := range c.jobs {
		if kind := c.jobs[i].ref.Kind; kind != prow.KindPath && kind != prow.KindStdin {
			runs = append(runs, &c.jobs[i])
		}
	}
	if len(runs) == 0 {
		c.jobs, err = once(c.jobs)
		return c, err
	}
	if c.cache, err = g.openCache(); err != nil {
		return c, err
	}
	if err := g.fetch(ctx, c.cache, runs); err != nil {
		return c, err
	}
	for _, j := range runs {
		if j.result != nil {
			j.sources = runSources(j.result)
		}
	}
	// What --keep-going has left out is not there, nor is what was named twice.
	c.jobs = slices.DeleteFunc(c.jobs, func(j job) bool { return !j.isRun() && j.sources == nil })
	c.jobs, err = once(c.jobs)
	return c, err
}

// collectPath takes a file, a directory, or the directory of a run that fetch
// has printed.
func (g *sourcing) collectPath(ref prow.Ref) ([]job, error) {
	if run, ok := fetch.OpenDir(ref.Path); ok {
		ref.Run = run.Run
		return []job{{ref: ref, result: run, sources: runSources(run)}}, nil
	}
	files, err := localFiles(ref.Path)
	if err != nil {
		return nil, err
	}
	return g.localJobs(ref, files)
}

// collectInput takes a file or an archive on standard input.
func (g *sourcing) collectInput(ctx context.Context, ref prow.Ref) ([]job, error) {
	file, err := g.input(ctx)
	if err != nil {
		return nil, err
	}
	return g.localJobs(ref, []trace.Source{file})
}

// openCache does without a lasting cache where none can be made and nothing of it
// is wanted.
func (g *sourcing) openCache() (*fetch.Cache, error) {
	if g.noCache {
		return fetch.OpenTemp()
	}
	cache, err := fetch.OpenCache("")
	switch {
	case err == nil || g.offline:
		return cache, err
	case g.printsDir:
		return nil, advised{err, "or name a directory for the files: -o DIR"}
	}
	temporary, second := fetch.OpenTemp()
	if second != nil {
		return nil, errors.Join(err, second)
	}
	g.note("going on without a cache, as with --no-cache: %v", err)
	return temporary, nil
}

// runSources are the trace files of a run, under the names they have in it.
func runSources(r *fetch.Result) []trace.Source {
	sources := make([]trace.Source, len(r.Files))
	for i, f := range r.Files {
		sources[i] = trace.Source{Name: f.Name, Path: f.Path}
	}
	return sources
}

// fetch brings the runs of jobs into the cache, all at the same time, with
// progress.
func (g *sourcing) fetch(ctx context.Context, cache *fetch.Cache, jobs []*job) error {
	if g.offline && g.refresh {
		return usageError{errors.New("--offline and --refresh exclude each other"), "choose one"}
	}
	if g.offline && g.watch {
		return usageError{errors.New("--offline and --watch exclude each other"), "waiting for a run asks its bucket"}
	}
	if g.verbose {
		g.note("cache: %s", cache.Dir())
	}
	store, err := g.openStore(ctx, "gs")
	if err != nil {
		return err
	}
	defer store.Close()

	shown := newProgress(g.streams, store.Retries, time.Now())
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { defer close(stopped); shown.run(stop) }()
	pool := fetch.NewPool(fetch.DefaultParallel)
	errs := make([]error, len(jobs))
	var choices, all errgroup.Group // a run that fails must not end the others
	for i, j := range jobs {
		choices.Go(func() error {
			var run prow.Run
			var err error
			if g.offline && j.ref.Kind != prow.KindRun {
				run, err = g.chosenOffline(cache, j.ref, shown.note)
			} else {
				run, err = g.chosen(ctx, store, j.ref, shown.note)
			}
			if errs[i] = err; err == nil {
				j.ref.Run = run // pinned: whatever is triggered later, this one is waited for
			}
			return nil
		})
	}
	choices.Wait()
	var wanted []int
	for i, j := range jobs {
		switch {
		case repeated(jobs, errs, i):
			shown.note(j.title() + " is named more than once: it is taken once")
		case errs[i] == nil:
			wanted = append(wanted, i)
		}
	}
	for _, i := range wanted {
		j := jobs[i]
		all.Go(func() error {
			waited, err := g.wait(ctx, store, j.ref.Run, shown)
			if err != nil {
				errs[i] = err
				return nil
			}
			j.result, errs[i] = cache.Fetch(ctx, store, j.ref.Run, fetch.Options{
				Only: part(j.ref), Instances: g.known, Pool: pool, Progress: shown.counts, Offline: g.offline, Refresh: g.refresh || waited, Notice: shown.note,
			})
			return nil
		})
	}
	all.Wait()
	close(stop)
	<-stopped
	for i, j := range jobs {
		errs[i] = g.untold(j, errs[i], time.Now())
	}
	return g.verdict(jobs, errs)
}

// verdict tells what each fetch brought, and decides whether to go on.
func (g *sourcing) verdict(jobs []*job, errs []error) error {
	var failed []error
	for i, j := range jobs {
		if j.result != nil && len(j.result.Files) > 0 {
			g.note("%s", fetched(j))
		}
		switch {
		case errs[i] == nil:
		case g.keepGoing && j.result != nil && len(j.result.Files) > 0, g.keepGoing && len(jobs) > 1:
			g.note("%v", errs[i])
		default:
			failed = append(failed, errs[i])
		}
	}
	if len(failed) == 0 && slices.ContainsFunc(jobs, func(j *job) bool { return j.result != nil && len(j.result.Files) > 0 }) {
		return nil
	}
	if len(failed) == 0 { // with --keep-going, and nothing to go on with
		failed = errs
	}
	err := errors.Join(failed...)
	var partial *fetch.PartialError
	if errors.As(err, &partial) {
		return advised{err, "run it again to fetch what is missing, or go on with what there is: --keep-going"}
	}
	return err
}

// part is the part of a run that a link limits it to; "" is all of it. The link of
// the directory that every run writes to stands for the run: what its machines
// wrote lies beside it, and is of the same story.
func part(ref prow.Ref) string {
	rest := strings.Trim(ref.Rest, "/")
	if rest == "artifacts/otlp" || !runfile.InTraces(rest) {
		return ""
	}
	return rest
}

// fetched tells what a fetch brought.
func fetched(j *job) string {
	var bytes int64
	for _, f := range j.result.Files {
		bytes += f.Size
	}
	what := fmt.Sprintf("%s, %s", count(int64(len(j.result.Files)), "trace file"), size(bytes))
	switch {
	case j.result.FromCache:
		what += ", from the cache"
	case j.result.Run.Bucket != j.ref.Bucket:
		what += ", from bucket " + j.result.Run.Bucket
	}
	if only := part(j.ref); only != "" {
		what += "; only " + only + ", as the link says: that of the run shows all it has"
	}
	return fmt.Sprintf("%s: %s", j.title(), what)
}

// errNoSpans says that files were there and none gave a span.
var errNoSpans = errors.New("no spans")

// load merges the files of all jobs and tells what was wrong with them.
func (g *sourcing) load(ctx context.Context, jobs []job) (*trace.View, error) {
	sources, joined, err := g.joining(jobs)
	if err != nil {
		return nil, err
	}
	set, err := join.Load(ctx, sources, joined...)
	if err != nil {
		return nil, err
	}
	for _, j := range joined {
		if j.Label != "" {
			g.note("the services of %s have @%s behind their names", j.Name, j.Label)
		}
	}
	g.problems(set)
	spans, traces := reported(set)
	if spans == 0 {
		set.Set().Close()
		return nil, spanless(jobs, sources)
	}
	first, last := extent(set)
	g.note("%s in %s from %s", count(int64(spans), "span"), count(int64(traces), "trace"), period(first.UnixNano(), last.UnixNano()))
	for _, j := range jobs {
		if text := unfinished(j); text != "" {
			g.note("%s", text)
		}
	}
	return set, nil
}

// spanless says what to do where no file gave a span. What was wrong with each has
// been told.
func spanless(jobs []job, sources []trace.Source) error {
	none := "no spans could be read in " + count(int64(len(sources)), "file")
	hint := "copy it again, or paste the link of its run; if it is as it was written, its process was killed early or had nothing to tell"
	if len(jobs) > 0 && jobs[0].result != nil {
		hint = "the bucket has no more: what wrote it was killed early, or had nothing to tell; the build log may say why: " + objectPage(jobs[0].ref.Run, "build-log.txt")
	}
	switch {
	case len(sources) == 0:
		none = "there are no files to read"
		fallthrough
	case !slices.ContainsFunc(sources, func(s trace.Source) bool { return strings.Contains(s.Name, ".otel") }):
		hint = "the traces of kOps are the files that end in .otel"
	}
	return advised{failure{none, errNoSpans}, hint}
}

// reported counts the spans and traces that the files hold, without those that
// tell of the jobs.
func reported(set *trace.View) (spans, traces int) {
	spans, traces = set.Len(), set.NumTraces()
	for _, t := range set.Jobs() {
		spans -= t.Spans
		traces--
	}
	return spans, traces
}

// extent is the time that the files' spans cover.
func extent(set *trace.View) (start, end time.Time) {
	own := map[int]bool{}
	for _, t := range set.Jobs() {
		own[t.Index] = true
	}
	var first, last int64
	for i := range set.NumTraces() {
		if own[i] {
			continue
		}
		t := set.Trace(i)
		if first == 0 {
			first = t.Start
		}
		last = max(last, t.End)
	}
	return time.Unix(0, first), time.Unix(0, last)
}

// problems prints what was wrong with files, the first ones in full.
func (g *sourcing) problems(set *trace.View) {
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
