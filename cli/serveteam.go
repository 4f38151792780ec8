package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"prowtrace/export/push"
	"prowtrace/fetch"
	"prowtrace/gcs"
	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/serve"
	"prowtrace/serve/mcp"
	"prowtrace/serve/remote"
	"prowtrace/serve/team"
	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/trace/join"
)

// teamServe is prowtrace serve without a run.
type teamServe struct {
	r *request

	allow   []string
	jaeger  []string
	answer  int
	base    string
	url     string
	hosts   []string
	origins []string
	visitor string

	memory, runSize, cacheSize, visitorBytes string
	spans, visitorSpans, loads, visitorLoads int
	age, loadTime                            time.Duration
	logFormat                                string
}

func newTeamServe(r *request) *teamServe { return &teamServe{r: r} }

// teamFlags are the flags that say nothing where a run is given.
var teamFlags = []string{"allow-bucket", "jaeger-runs", "base-path", "url", "host", "origin", "visitor-header", "memory", "max-run-size", "max-run-spans", "cache-size", "forget-after", "loads", "load-time", "max-answer",
	"visitor-loads", "visitor-size", "visitor-spans", "log-format"}

func (t *teamServe) register(f *pflag.FlagSet) {
	const without = "for a team: "
	f.StringArrayVar(&t.allow, "allow-bucket", nil, without+"read only this `BUCKET`; can be repeated. NAME reads anonymously; NAME=auto and NAME=adc use the server's credentials (default: the public buckets of known Prows)")
	f.StringArrayVar(&t.jaeger, "jaeger-runs", nil, without+"serve only this `RUN` to Jaeger, and keep it loaded; can be repeated (default: all loaded runs)")
	named(f, &t.base, "base-path", "", "PATH", without+"serve below this path, for a proxy")
	named(f, &t.url, "url", "", "URL", without+"address of the start page as visitors reach it; the lens in Prow's page links to it (default: --listen, for visitors on this machine)")
	f.StringArrayVar(&t.hosts, "host", nil, without+"answer to this `NAME` too; can be repeated; * is any name")
	f.StringArrayVar(&t.origins, "origin", nil, without+"let pages of this `ORIGIN` send requests, such as https://prow.example.com; can be repeated")
	named(f, &t.visitor, "visitor-header", "", "NAME", without+"header in which a proxy names the visitor, for the limits of each visitor (default: the address)")
	named(f, &t.memory, "memory", "2GB", "SIZE", without+"memory of the program; loaded runs take at most half of it")
	named(f, &t.runSize, "max-run-size", "1GB", "SIZE", without+"size of the trace files of one run; a larger run is shown without traces")
	t.spans = 3_000_000
	f.Var(countValue{&t.spans}, "max-run-spans", without+"most spans of one run")
	named(f, &t.cacheSize, "cache-size", "20GB", "SIZE", without+"size of the files that stay on disk")
	f.DurationVar(&t.age, "forget-after", 30*time.Minute, without+"unload a run when nobody has used it for this `DURATION`")
	t.answer = mcp.DefaultAnswer
	f.Var(countValue{&t.answer}, "max-answer", fmt.Sprintf("%smost bytes of an answer to an agent at /mcp, at least %d", without, mcp.SmallestAnswer))
	t.loads = 4
	f.Var(countValue{&t.loads}, "loads", without+"most runs that load at once")
	f.DurationVar(&t.loadTime, "load-time", 5*time.Minute, without+"most time for one load, as a `DURATION`")
	t.visitorLoads = 4
	f.Var(countValue{&t.visitorLoads}, "visitor-loads", without+"most runs that load at once for one visitor")
	named(f, &t.visitorBytes, "visitor-size", "20GB", "SIZE", without+"most bytes that load for one visitor in an hour")
	t.visitorSpans = 50_000_000
	f.Var(countValue{&t.visitorSpans}, "visitor-spans", without+"most spans that load for one visitor in an hour")
	choice(f, &t.logFormat, "log-format", "text", without+"form of the log on standard error: text or json", "text", "json")
}

// unused refuses flags that do nothing where a run is given.
func (t *teamServe) unused(f *pflag.FlagSet) error {
	for _, name := range teamFlags {
		if f.Changed(name) {
			return usageError{fmt.Errorf("--%s is for prowtrace serve without a run", name), "leave out the flag, or the run"}
		}
	}
	return nil
}

// fits refuses flags that do nothing without a run.
func (t *teamServe) fits(f *pflag.FlagSet) error {
	for _, name := range append([]string{"watch", "refresh", "keep-going", "billing-project"}, trimmed(t.r.choice.given())...) {
		if f.Changed(name) {
			return usageError{fmt.Errorf("--%s does nothing without a run", name), "leave out the flag, or name a run"}
		}
	}
	if f.Changed("auth") {
		return usageError{errors.New("--auth cannot apply to all visitors"), "to read a bucket with the server's credentials: --allow-bucket NAME=auto"}
	}
	return nil
}

func trimmed(flags []string) (names []string) {
	for _, f := range flags {
		names = append(names, strings.TrimPrefix(f, "--"))
	}
	return names
}

// run serves until ctx ends.
func (t *teamServe) run(ctx context.Context, f *pflag.FlagSet, storage, listen string, compare judgeFlags) (err error) {
	if err := t.fits(f); err != nil {
		return err
	}
	log := t.log()
	o, err := t.options(log)
	if err != nil {
		return err
	}
	t.r.auth = string(gcs.AuthAnonymous)
	if err := t.r.open(ctx); err != nil {
		return err
	}
	defer t.r.close()
	if o.Buckets, err = t.buckets(); err != nil {
		return err
	}
	stores, end, err := t.stores(ctx, o.Buckets, log)
	if err != nil {
		return err
	}
	defer end()
	if o.Tracer, err = t.tracer(log); err != nil {
		return err
	}
	defer o.Tracer.Close()
	of, err := t.sessions(stores, o.Buckets)
	if err != nil {
		return err
	}
	o.Session = of(session.Choice{})
	o.Known = t.r.known
	o.Open.Judging = t.r.judging(compare)
	o.Info = func(in *session.Input) viewer.Info { return t.r.pageInfo([]*session.Input{in}) }
	o.Hosts = slices.Concat(t.hosts, hostsOf(listen), t.deckHosts())
	kept, err := t.keptRuns()
	if err != nil {
		return err
	}
	servers, err := serve.Listen(ctx, storage, listen)
	if err != nil {
		return err
	}
	defer servers.Close()
	address, err := t.address(servers.Viewer())
	if err != nil {
		return err
	}
	endLens := func() {}
	o.Mounts = func(site *team.Server) map[string]http.Handler {
		lens, end := t.lens(site, address)
		endLens = end
		asked := func(ctx context.Context, choice session.Choice) *session.Session {
			return site.Visitor(ctx).Counting(of(choice))
		}
		tools := toolsFor(t.r.known, asked, func(ctx context.Context) runOpener { return site.Visitor(ctx) }, o.Open.Judging)
		tools.Allow, tools.Answer, tools.Log = o.Buckets.Allow, t.answer, log
		tools.Admit = func(ctx context.Context, loads bool) (func(), error) { return site.Visitor(ctx).Call(ctx, loads) }
		return map[string]http.Handler{lensPath: lens, "/mcp": mcp.New(tools).Handler()}
	}
	site := team.New(o)
	defer func() {
		endLens()
		err = errors.Join(err, site.Close())
	}()
	site.SetReady(ctx.Err)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return kept.hold(ctx, site.Runs(), log) })
	storageServer := remote.NewRunsServer(kept.of(site.Runs()), func(method string, met *panics.Error) { site.Fault(met, "method", method) })
	g.Go(func() error { return servers.Run(ctx, storageServer, site) })
	if err := printAddresses(t.r.streams.Out, servers.Storage(), "http://"+servers.Viewer()+strings.TrimRight(t.base, "/")+"/"); err != nil {
		return errors.Join(err, g.Wait())
	}
	log.Info("serving", "address", servers.Viewer(), "buckets", strings.Join(o.Buckets.Names(), " "), "version", o.Version)
	err = g.Wait()
	log.Info("stopped")
	return err
}

// hostsOf are the names under which an address is reached: all addresses where it says none.
func hostsOf(listen string) []string {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return []string{host}
}

func (t *teamServe) log() *slog.Logger {
	o := &slog.HandlerOptions{}
	if t.r.verbose {
		o.Level = slog.LevelDebug
	}
	if t.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(t.r.streams.Err, o))
	}
	return slog.New(slog.NewTextHandler(t.r.streams.Err, o))
}

// options reads the flags.
func (t *teamServe) options(log *slog.Logger) (o team.Options, err error) {
	var memory, runBytes, visitorBytes int64
	for _, size := range []struct {
		to    *int64
		flag  string
		value string
	}{{&memory, "memory", t.memory}, {&runBytes, "max-run-size", t.runSize}, {&visitorBytes, "visitor-size", t.visitorBytes}} {
		if *size.to, err = parseSize(size.value); err != nil {
			return o, usageError{fmt.Errorf("invalid --%s %s", size.flag, text.Quote(size.value, maxQuoted)), "use 500MB or 2GB"}
		}
	}
	if t.age <= 0 || t.loadTime <= 0 {
		return o, usageError{errors.New("--forget-after and --load-time must be more than 0"), "use 30m or 5m"}
	}
	if t.base != "" && (!strings.HasPrefix(t.base, "/") || strings.ContainsAny(t.base, "{}?#%\"<> ") || strings.Contains(t.base, "//")) {
		return o, usageError{fmt.Errorf("invalid --base-path %s", text.Quote(t.base, maxQuoted)), "begin it with a slash: --base-path /prowtrace"}
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT says nothing
		debug.SetMemoryLimit(memory)
	}
	return team.Options{
		BasePath: t.base, Origins: t.origins, VisitorHeader: t.visitor, Log: log, Version: version(buildInfo()),
		PerVisitor: team.Allowance{Loads: t.visitorLoads, Bytes: visitorBytes, Spans: t.visitorSpans},
		Open: session.OpenRunsOptions{
			Bytes: memory / 2, Spans: t.spans, RunBytes: runBytes, Age: t.age, Loads: t.loads, Time: t.loadTime,
		},
	}, nil
}

// buckets are those that may be read.
func (t *teamServe) buckets() (*team.Buckets, error) {
	if len(t.allow) == 0 {
		return team.NewBuckets(team.KnownBuckets(t.r.known)...), nil
	}
	var list []team.Listed
	for _, entry := range t.allow {
		name, access, said := strings.Cut(entry, "=")
		provider, rest, ok := strings.Cut(name, "://")
		if !ok {
			provider, rest = "", name
		}
		if !said {
			access = string(team.Anonymous)
		}
		rest = strings.TrimRight(rest, "/")
		if rest == "" || strings.ContainsAny(rest, "/ ") || !slices.Contains([]string{string(gcs.AuthAnonymous), string(gcs.AuthAuto), string(gcs.AuthADC)}, access) {
			return nil, usageError{fmt.Errorf("invalid --allow-bucket %s", text.Quote(entry, maxQuoted)), "write NAME, or NAME=auto or NAME=adc to read it with the server's credentials"}
		}
		list = append(list, team.Listed{Provider: provider, Name: rest, Access: team.Access(access)})
	}
	return team.NewBuckets(list...), nil
}

// stores opens all stores, once for each access, and lets through only what the list has.
func (t *teamServe) stores(ctx context.Context, buckets *team.Buckets, log *slog.Logger) (all map[string]objstore.Store, end func(), err error) {
	all = map[string]objstore.Store{}
	var opened []store
	end = func() {
		for _, s := range opened {
			s.Close()
		}
	}
	opens := map[string]map[team.Access]objstore.Store{} // by provider
	for provider, kind := range stores {
		by := map[team.Access]objstore.Store{}
		for _, access := range []gcs.Auth{gcs.AuthAnonymous, gcs.AuthAuto, gcs.AuthADC} {
			s, err := kind.open(ctx, storeOptions{auth: string(access), known: t.r.known})
			if err != nil {
				end()
				return nil, nil, err
			}
			opened = append(opened, s)
			by[team.Access(access)] = s
		}
		opens[provider] = by
		all[provider] = buckets.Store(provider, by)
	}
	pages := storeOptions{known: t.r.known}.pages(func(bucket, host string) {
		log.Warn("cannot verify the content of a bucket", "bucket", bucket, "pages", host)
	})
	opened = append(opened, pages)
	all[session.ThroughGcsweb] = buckets.PagesStore(t.providerOf, func(provider string, access team.Access) objstore.Store {
		if access == team.Access(gcs.AuthADC) { // reads the bucket itself
			return opens[provider][access]
		}
		return pages
	})
	return all, end, nil
}

// providerOf is that of a bucket, as its Prow says.
func (t *teamServe) providerOf(bucket string) string {
	in, _ := t.r.known.OfBucket(bucket)
	return in.Provider
}

// sessions makes sessions that read for visitors. Its cache is apart from the user's: what
// he has fetched with his rights is not for others. In it, what was read with the server's
// rights is apart from what everybody may read.
func (t *teamServe) sessions(stores map[string]objstore.Store, buckets *team.Buckets) (func(session.Choice) *session.Session, error) {
	size, err := parseSize(t.cacheSize)
	if err != nil {
		return nil, usageError{fmt.Errorf("invalid --cache-size %s", text.Quote(t.cacheSize, maxQuoted)), "use 500MB or 20GB"}
	}
	room, err := parseSize(t.runSize)
	if err != nil {
		return nil, usageError{fmt.Errorf("invalid --max-run-size %s", text.Quote(t.runSize, maxQuoted)), "use 500MB or 2GB"}
	}
	o := session.Options{
		TraceRoom: room, Instances: t.r.known, Stores: stores, Reader: buckets.Reader, Join: joinBy(t.r.join), Untraced: true, KeepGoing: true, Patience: besideFirst, Offline: t.r.offline,
		CacheLimits: fetch.Limits{Size: size, Age: fetch.DefaultLimits.Age},
	}
	if o.Join == "" {
		o.Join = join.ByTime
	}
	if t.r.noCache {
		o.Cache = session.CacheTemporary
	}
	with := func(choice session.Choice) *session.Session {
		o := o
		o.Choice = choice
		return session.New(o)
	}
	if t.r.noCache {
		return with, nil
	}
	cache, err := fetch.OpenCache("")
	if err != nil {
		return nil, &session.CacheError{Err: err}
	}
	o.CacheDir = filepath.Join(cache.Dir(), "server")
	return with, cache.Close()
}

// tracer sends spans of the server itself where the environment names a receiver.
func (t *teamServe) tracer(log *slog.Logger) (*team.Tracer, error) {
	if t.r.streams.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && t.r.streams.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return nil, nil
	}
	target, err := push.Resolve(push.Settings{}, t.r.streams.Getenv, os.ReadFile)
	if err != nil {
		return nil, err
	}
	name := version(buildInfo())
	client, err := push.New(target, push.Options{Agent: "prowtrace/" + name})
	if err != nil {
		return nil, err
	}
	return team.NewTracer(name, client.SendEncoded, func(err error, spans int) {
		log.Warn("cannot send spans of this server", "spans", spans, "error", oneLine(err))
	}), nil
}
