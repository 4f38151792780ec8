package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/launch"
	"prowtrace/prow"
	"prowtrace/serve"
	"prowtrace/serve/remote"
	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// The values of --ui.
const (
	uiAuto    = "auto"    // Jaeger if there is one, else the built-in pages
	uiJaeger  = "jaeger"  // Jaeger or an error
	uiBuiltin = "builtin" // the built-in pages
	uiNone    = "none"    // serve, open nothing
)

// viewCommand is the main job: fetch, load, serve, open.
type viewCommand struct {
	request
	ui        string
	jaeger    string
	noBrowser bool
}

func newView(s Streams) *viewCommand { return &viewCommand{request: newRequest(s)} }

func (v *viewCommand) command(use string) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: "Fetch, serve and open the traces of a job (what prowtrace does without a command)",
		Args:  atLeastOne,
		RunE:  func(c *cobra.Command, args []string) error { return v.run(c.Context(), args) },
	}
	v.register(c.Flags())
	v.registerJoin(c.Flags())
	c.Flags().StringVar(&v.ui, "ui", uiAuto, "what to open: `auto`, jaeger, builtin, or none")
	c.Flags().StringVar(&v.jaeger, "jaeger", "", "the Jaeger to start: a `path` or name of jaeger, jaeger-query, jaeger-all-in-one, docker, podman or nerdctl")
	c.Flags().BoolVar(&v.noBrowser, "no-browser", false, "print the address, open no browser")
	return c
}

func (v *viewCommand) run(ctx context.Context, args []string) error {
	switch v.ui {
	case uiAuto, uiJaeger, uiBuiltin, uiNone:
	default:
		return usageError{fmt.Errorf("--ui %s: there is no such choice", text.Line(v.ui)), "choose one of auto, jaeger, builtin, none"}
	}
	if err := v.checkJoin(); err != nil {
		return err
	}
	if err := v.request.open(ctx); err != nil {
		return err
	}
	defer v.close()
	refs, err := v.session.Parse(args)
	if err != nil {
		return err
	}
	var found launch.Jaeger
	var missing error
	if v.jaeger != "" { // asked for by name: better to know before the download
		if found, err = v.find(ctx); err != nil {
			return usageError{err: err}
		}
	}
	var c *session.Collection
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { // looking for Jaeger runs programs: do it beside the download
		if v.jaeger != "" {
			return nil
		}
		if found, missing = v.find(inner); v.ui == uiJaeger {
			return missing
		}
		return nil
	})
	g.Go(func() (err error) { c, err = v.session.Collect(inner, refs); return err })
	if err := g.Wait(); err != nil {
		return err
	}
	defer c.Close()
	set, err := v.load(ctx, c.Inputs)
	if err != nil {
		return err
	}
	defer set.Set().Close()
	return v.serve(ctx, set, c.Inputs, found, missing)
}

// find looks for a Jaeger if one is wanted.
func (v *viewCommand) find(ctx context.Context) (launch.Jaeger, error) {
	if v.ui == uiBuiltin || v.ui == uiNone {
		return launch.Jaeger{}, nil
	}
	return launch.Find(ctx, v.launchOptions())
}

func (v *viewCommand) launchOptions() launch.Options {
	return launch.Options{Jaeger: v.jaeger, Note: func(s string) { v.note("%s", s) }}
}

// serve serves until ctx ends; Jaeger, if there is one, on top of it.
func (v *viewCommand) serve(ctx context.Context, set *trace.View, inputs []*session.Input, found launch.Jaeger, missing error) error {
	storage := "127.0.0.1:0"
	if found.Path != "" && found.StorageHost() != "127.0.0.1" {
		storage = found.StorageHost() + ":0"
		v.note("%v runs in a virtual machine: to be reached from there, the storage is open to the network while it runs", found)
	}
	servers, err := serve.Listen(ctx, storage, "127.0.0.1:0")
	if err != nil {
		return err
	}
	pages := "http://" + servers.Viewer() + "/"
	g, ctx := errgroup.WithContext(ctx)
	info := v.pageInfo(inputs)
	handler := viewer.New(trace.NewShared(set), info)
	g.Go(func() error { return servers.Run(ctx, remote.NewServer(set), handler) })
	g.Go(func() error {
		return v.openPage(ctx, set, inputs, found, missing, servers.Storage(), pages, withJaeger(handler, info))
	})
	return g.Wait()
}

// withJaeger gives what changes the address of Jaeger in the built-in pages. They are
// served before it is known whether a Jaeger runs.
func withJaeger(pages *viewer.Viewer, info viewer.Info) func(address string) {
	return func(address string) {
		info.Jaeger = address
		pages.SetInfo(info)
	}
}

// openPage starts Jaeger and opens the browser. Where Jaeger fails or ends, the
// built-in pages stay.
func (v *viewCommand) openPage(ctx context.Context, set *trace.View, inputs []*session.Input, found launch.Jaeger, missing error, storage, address string, showJaeger func(address string)) error {
	if found.Path == "" {
		if missing != nil && v.ui == uiAuto {
			v.note("%s\nWithout it the built-in pages serve.", withHint(missing))
		}
		return v.show(ctx, builtinPage(set, address))
	}
	options := v.launchOptions()
	options.Storage, options.UI = storage, v.jaegerUI(set, inputs, address)
	process, err := found.Start(ctx, options)
	if err != nil {
		if ctx.Err() != nil || v.ui == uiJaeger {
			return err
		}
		v.note("%s\nThe built-in pages serve instead.", withHint(err))
		return v.show(ctx, builtinPage(set, address))
	}
	v.note("%v is running", found)
	if advice := tooLarge(longest(set), builtinPage(set, address)); advice != "" {
		v.note("%s", advice)
	}
	showJaeger(process.URL)
	if err := v.show(ctx, jaegerPage(set, process.URL)); err != nil {
		return errors.Join(err, process.Stop(context.WithoutCancel(ctx)))
	}
	select {
	case <-ctx.Done():
		// Ctrl-C: the end of ctx must not cut short the graceful stop.
		return process.Stop(context.WithoutCancel(ctx))
	case <-process.Done():
		showJaeger("")
		v.note("%v\nThe built-in pages are still there: %s", process.Wait(), address)
		return nil
	}
}

// show prints the address, and opens it in the browser if that is wanted.
func (v *viewCommand) show(ctx context.Context, address string) error {
	if _, err := fmt.Fprintln(v.streams.Out, address); err != nil {
		return fmt.Errorf("writing the address %s: %w", address, err)
	}
	v.note("Press Ctrl-C to end.")
	if v.noBrowser || v.ui == uiNone || v.streams.Getenv("CI") != "" {
		return nil
	}
	if err := launch.Browser(ctx, address); err != nil {
		v.note("%v", err)
	}
	return nil
}

// builtinPage is the page to begin with: the job, the only trace, the later of two
// runs beside the earlier one, or the list. The pages match the roots of two jobs
// whatever their names.
func builtinPage(set *trace.View, pages string) string {
	if id, ok := onlyTrace(set); ok {
		return pages + "trace/" + id.String()
	}
	if jobs := set.Jobs(); len(jobs) == 2 {
		return pages + "trace/" + jobs[1].ID.String() + "?view=compare&compare=" + jobs[0].ID.String() + "&order=calls"
	}
	return pages
}

// jaegerPage is the page to begin with: the job, the only trace, the comparison of
// two runs of one job, or a search of the service with the most spans over the
// jobs' own time, since the default of the last hour shows nothing of an older job.
// Jaeger compares by the names on the way from the root, so it finds nothing alike
// in runs of different jobs.
func jaegerPage(set *trace.View, base string) string {
	if id, ok := onlyTrace(set); ok {
		return launch.TraceLink(base, id.String())
	}
	if jobs := set.Jobs(); len(jobs) == 2 && set.Span(jobs[0].Root).Name == set.Span(jobs[1].Root).Name {
		return launch.CompareLink(base, jobs[0].ID.String(), jobs[1].ID.String())
	}
	service := join.Service
	if len(set.Jobs()) == 0 {
		service = mostSpans(set)
	}
	start, end := extent(set)
	for _, t := range set.Jobs() { // a search goes by the start of the job's own spans
		if at := time.Unix(0, t.Start); at.Before(start) {
			start = at
		}
	}
	return launch.Search{Service: service, Start: start, End: end, Limit: 100}.Link(base)
}

// onlyTrace is the joined trace of the only job, or the only trace.
func onlyTrace(set *trace.View) (trace.TraceID, bool) {
	if jobs := set.Jobs(); len(jobs) == 1 {
		return jobs[0].ID, true
	}
	if set.NumTraces() == 1 {
		return set.Trace(0).ID, true
	}
	return trace.TraceID{}, false
}

// jaegerPageSpans is how many spans of a trace Jaeger's page shows well. It
// loads whole traces: 100,000 spans are 140 MB of JSON and take 10 s, a million
// are 1.4 GB and take a minute to be written alone.
const jaegerPageSpans = 200_000

// tooLarge says where a trace is seen that Jaeger's page may not bear.
func tooLarge(spans int, page string) string {
	if spans <= jaegerPageSpans {
		return ""
	}
	return fmt.Sprintf("A trace of %s is more than Jaeger's page may bear. The built-in pages show it: %s", text.Count(spans, "span"), page)
}

// longest is the number of spans in the largest trace.
func longest(set *trace.View) (spans int) {
	for i := range set.NumTraces() {
		spans = max(spans, set.Tree(set.Trace(i)).Len())
	}
	return spans
}

func mostSpans(set *trace.View) (service string) {
	spans := map[string]int{}
	for row := range set.Len() {
		name := set.Service(row)
		if spans[name]++; spans[name] > spans[service] || service == "" {
			service = name
		}
	}
	return service
}

// pageInfo is what the built-in pages say of the jobs.
func (r *request) pageInfo(inputs []*session.Input) viewer.Info {
	if len(inputs) != 1 {
		return r.severalInfo(inputs)
	}
	info := viewer.Info{Title: inputs[0].Title()}
	if inputs[0].Located() {
		run := inputs[0].Ref.Run
		info.Run, info.Links = runPage(r.session.Instances, run), r.runLinks(run)
	}
	info.Note = unfinished(inputs[0])
	return info
}

func (r *request) severalInfo(inputs []*session.Input) viewer.Info {
	info := viewer.Info{Title: text.Count(len(inputs), "job")}
	var notes []string
	for _, in := range inputs {
		of := viewer.Job{Trace: r.joined[in], Title: in.Title()}
		if in.Located() {
			of.Run, of.Links = runPage(r.session.Instances, in.Ref.Run), r.runLinks(in.Ref.Run)
		}
		info.Jobs = append(info.Jobs, of)
		if note := unfinished(in); note != "" {
			notes = append(notes, in.Title()+": "+note)
		}
	}
	info.Note = strings.Join(notes, " ")
	return info
}

func (r *request) runLinks(run prow.Run) []viewer.Link {
	return []viewer.Link{
		{Text: "artifacts", URL: artifactsPage(r.session.Instances, run)},
		{Text: "build log", URL: objectPage(run, "build-log.txt")},
	}
}

// architectureReach is how far back Jaeger's page of services looks.
const architectureReach = 7 * 24 * time.Hour

// jaegerUI is what Jaeger's UI shows beside the traces: a way to each job as one
// trace, to its pages elsewhere, and to the built-in pages.
func (r *request) jaegerUI(set *trace.View, inputs []*session.Input, pages string) launch.UI {
	start, end := extent(set)
	now := time.Now()
	ui := launch.UI{Lookback: launch.LookbackTo(start, now), NoArchitecture: now.Sub(end) > architectureReach}
	for _, in := range inputs {
		if !in.Located() {
			continue
		}
		items := []launch.MenuItem{
			{Label: "Prow", URL: runPage(r.session.Instances, in.Ref.Run)},
			{Label: "Artifacts", URL: artifactsPage(r.session.Instances, in.Ref.Run)},
			{Label: "Build log", URL: objectPage(in.Ref.Run, "build-log.txt")},
		}
		if !r.joined[in].IsZero() {
			items = append([]launch.MenuItem{{Label: "The job as one trace", URL: launch.TraceLink("", r.joined[in].String())}}, items...)
		}
		ui.Menu = append(ui.Menu, launch.MenuItem{Label: in.Ref.Job + " " + in.Ref.Build, Items: items})
	}
	ui.Menu = append(ui.Menu, launch.MenuItem{Label: "prowtrace", URL: pages})
	return ui
}
