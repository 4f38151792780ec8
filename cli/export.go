package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"prowtrace/export"
	"prowtrace/internal/text"
	"prowtrace/launch"
	"prowtrace/session"
	"prowtrace/trace"
)

// exportCommand hands spans over to other tools.
type exportCommand struct {
	request
	format string
	output string
	trace  string
	find   string
	all    bool
	mask   bool
	opened string // the page that is opened: openPerfetto, or "" for none
}

// An exportFormat is a form in which spans are handed over.
type exportFormat struct {
	name   string
	about  string // for the help
	binary bool   // nothing for a terminal
	masked bool   // secrets are always hidden: it is not for programs that read all of it
	write  func(context.Context, io.Writer, *exported) (export.Report, error)
}

// exportFormats is the table of the formats.
var exportFormats = []exportFormat{
	{name: "otlp-json", about: "one OTLP/JSON object, for most tools", write: spansAs(export.WriteOTLPJSON)},
	{name: "otlp-jsonl", about: "OTLP/JSON objects, one per line, for the Collector", write: spansAs(export.WriteOTLPJSONLines)},
	{name: "otlp-proto", about: "OTLP messages, each after its length in 4 bytes", binary: true, write: spansAs(export.WriteOTLPProto)},
	{name: "otel", about: "the trace files of kOps", binary: true, write: spansAs(export.WriteOTel)},
	{name: "jaeger-json", about: "JSON that Jaeger's page can open", write: spansAs(export.WriteJaegerJSON)},
	{name: "perfetto", about: "for ui.perfetto.dev: processes with lanes of nested spans", binary: true, write: spansAs(export.WritePerfetto)},
	{name: "speedscope", about: "for speedscope: self times of each process", write: spansAs(export.WriteSpeedscope)},
	{name: "csv", about: "one row per span, attributes as JSON", write: spansAs(export.WriteCSV)},
	{name: "html", about: "the built-in page as one file; always masked", binary: true, masked: true, write: writePage},
}

// exported is what is handed over.
type exported struct {
	command   *exportCommand
	loaded    *session.Loaded
	view      *trace.View // held until it is written
	selection export.Selection
}

// spansAs is the row of a format that is made of the spans alone.
func spansAs(write func(context.Context, io.Writer, export.Selection) (export.Report, error)) func(context.Context, io.Writer, *exported) (export.Report, error) {
	return func(ctx context.Context, w io.Writer, e *exported) (export.Report, error) {
		return write(ctx, w, e.selection)
	}
}

func newExport(s Streams) *cobra.Command {
	e := &exportCommand{request: newRequest(s)}
	var names []string
	formats := ""
	for _, f := range exportFormats {
		names = append(names, f.name)
		formats += fmt.Sprintf("  %-11s %s\n", f.name, f.about)
	}
	c := &cobra.Command{
		Use:   "export WHAT…",
		Short: "Write traces for other tools",
		Long: `export writes the joined trace of a run: the run's phases, and below them each
process and its spans, under one trace id. The attributes prowtrace.trace_id and
prowtrace.span_id keep the reported ids. Events come from spans and from logs.

--all writes the traces as they were reported, byte for byte if the format allows
it. The run's phases are then a trace of their own. Files that belong to no run
are always written like this.
--trace writes one trace.
--find writes only the spans that a search finds. A html page still holds the
whole trace, and begins with these spans.
--join none leaves out the run's phases.

Formats:
` + formats + `
What a format cannot hold is left out and counted on standard error. Secrets in
texts are kept: a line says if there seem to be any, and --mask hides them. In
html they are always hidden.`,
		Example: `  prowtrace export --format otlp-json -o run.json kops#18000
  prowtrace export --format html -o run.html kops#18000
  prowtrace export --find 'status:error dur>1s' --format csv kops#18000
  prowtrace export --open perfetto kops#18000`,
		Args: atLeastOne,
		RunE: func(c *cobra.Command, args []string) error {
			if e.opened != "" && c.Flags().Changed("format") && e.format != openPerfetto {
				return usageError{fmt.Errorf("--open %s and --format %s cannot be combined", e.opened, e.format), "use one of them"}
			}
			return e.run(c.Context(), args)
		},
	}
	f := c.Flags()
	e.register(f)
	e.registerJoin(f)
	choice(f, &e.format, "format", exportFormats[0].name, "output format", names...)
	f.VarP(namedValue{&e.output, fileValue}, "output", "o", "write to this file, replacing it (default, and for -: standard output)")
	named(f, &e.trace, "trace", "", "ID", "only the trace with this id, joined or reported")
	named(f, &e.find, "find", "", "QUERY", "only the spans that a search finds, as in the find box: 'status:error dur>5s'")
	f.BoolVar(&e.all, "all", false, "the reported traces and the run's phases, instead of the joined trace")
	f.Var(choiceValue{&e.opened, []string{openPerfetto}}, "open", "open the spans in ui.perfetto.dev, which fetches them from this machine (port 9001, once)")
	f.BoolVar(&e.mask, "mask", false, "hide what looks like a secret")
	return c
}

// formatOf is the row of the format that was asked for.
func (e *exportCommand) formatOf() exportFormat {
	for _, f := range exportFormats {
		if f.name == e.format {
			return f
		}
	}
	return exportFormats[0] // the flag takes no other word
}

func (e *exportCommand) run(ctx context.Context, args []string) error {
	if e.opened != "" {
		e.format = openPerfetto // the format of that page
	}
	if e.output == "-" {
		e.output = ""
	}
	format := e.formatOf()
	if err := e.check(format); err != nil {
		return err
	}
	if err := e.open(ctx); err != nil {
		return err
	}
	defer e.close()
	refs, err := e.parse(ctx, args)
	if err != nil {
		return err
	}
	loaded, err := e.load(ctx, refs)
	if err != nil {
		return err
	}
	defer loaded.Close()
	done := e.shown.during(func() string { return "reading the logs" })
	err = loaded.JoinLogs(ctx)
	done()
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		e.note("Exporting without the logs: %s", oneLine(err))
	}
	view, release := loaded.Acquire()
	defer release()
	x := &exported{command: e, loaded: loaded, view: view, selection: export.Selection{View: view, Mask: e.mask || format.masked}}
	if x.selection.Trees, err = e.trees(ctx, view, loaded.Inputs); err != nil {
		return err
	}
	return e.write(ctx, format, x)
}

// check refuses flags that make no sense together, before anything is fetched.
func (e *exportCommand) check(f exportFormat) error {
	switch {
	case e.all && e.trace != "":
		return usageError{errors.New("--all and --trace cannot be combined"), "use one of them"}
	case e.opened != "" && e.output != "":
		return usageError{errors.New("--open and -o cannot be combined: --open writes no file"), "use one of them"}
	case e.opened == "" && e.output == "" && f.binary && isTerminal(e.streams.Out):
		return usageError{fmt.Errorf("cannot write %s to a terminal", f.name), "name a file: -o FILE, or redirect the output"}
	}
	if _, err := e.traceID(); err != nil {
		return err
	}
	if _, err := e.filter(); err != nil {
		return err
	}
	return checkFile(e.output)
}

// write writes to the file or to standard output, and says what was written.
func (e *exportCommand) write(ctx context.Context, f exportFormat, x *exported) error {
	var report export.Report
	writeFor := func(ctx context.Context, w io.Writer) (err error) {
		report, err = f.write(ctx, w, x)
		return err
	}
	write := func(w io.Writer) error { return writeFor(ctx, w) }
	var err error
	switch {
	case e.opened != "":
		err = e.handOver(ctx, launch.PerfettoAddress, writeFor)
	case e.output == "":
		err = write(e.streams.Out)
	default:
		done := e.shown.during(func() string { return "writing " + e.output })
		err = replaceFile(e.output, write)
		done()
	}
	if err != nil {
		return err
	}
	where := ""
	if e.output != "" {
		where = " to " + text.Line(e.output)
	}
	e.note("%s written%s", text.Count(report.Spans, "span"), where)
	if report.Spans == 0 && e.find != "" {
		e.note("--find %s finds nothing", text.Quote(e.find, maxQuoted))
	}
	if len(report.Losses) > 0 {
		e.note("%s cannot hold everything. Left out: %s", f.name, listed(report.Losses))
	}
	if report.Secret {
		e.note("Some texts look like secrets: --mask hides them.")
	}
	return nil
}

// listed lists what is left out.
func listed(losses []export.Loss) string {
	var said []string
	for _, l := range losses {
		said = append(said, l.String())
	}
	return strings.Join(said, "; ")
}
