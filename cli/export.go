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
	{name: "otlp-json", about: "one OTLP/JSON object, as most tools take it", write: spansAs(export.WriteOTLPJSON)},
	{name: "otlp-jsonl", about: "OTLP/JSON objects, one a line, as the Collector's file exporter writes them", write: spansAs(export.WriteOTLPJSONLines)},
	{name: "otlp-proto", about: "OTLP messages, each behind its length in 4 bytes, as that exporter's proto", binary: true, write: spansAs(export.WriteOTLPProto)},
	{name: "otel", about: "the files of kOps", binary: true, write: spansAs(export.WriteOTel)},
	{name: "jaeger-json", about: "as Jaeger's API answers, for its page to open", write: spansAs(export.WriteJaegerJSON)},
	{name: "perfetto", about: "for ui.perfetto.dev: processes with lanes of nested spans", binary: true, write: spansAs(export.WritePerfetto)},
	{name: "speedscope", about: "for speedscope: a profile of self times for each process", write: spansAs(export.WriteSpeedscope)},
	{name: "csv", about: "a row for each span, attributes as JSON", write: spansAs(export.WriteCSV)},
	{name: "html", about: "the built-in page as one file, which opens from disk; always masked", binary: true, masked: true, write: writePage},
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
		Long: `export writes the joined trace of a run: the run's own phases, below them each process and
its spans, all under one trace id. Their reported ids are in the attributes
prowtrace.trace_id and prowtrace.span_id. Events are those of the spans and of the logs.
With --all the traces stay as they were reported, byte for byte where the format can hold
that, and the run's own phases are a trace of their own; files that belong to no run are
always written so. --trace writes one trace, --find only the spans that a search finds;
html is whole then, and begins with them. --join none leaves out the run's own phases.

Formats:
` + formats + `
What a format cannot hold is left out, counted, and said on standard error. Texts are
written as they are, secrets too, and a line says if there seem to be any: --mask hides
what looks like one. In html they are always hidden.`,
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
	choice(f, &e.format, "format", exportFormats[0].name, "the format", names...)
	f.VarP(namedValue{&e.output, fileValue}, "output", "o", "write to this file, and replace it if it is there (default, and for -: standard output)")
	named(f, &e.trace, "trace", "", "ID", "only this trace, a joined one or a reported one")
	named(f, &e.find, "find", "", "QUERY", "only the spans that a search finds, as in the find box: 'status:error dur>5s'")
	f.BoolVar(&e.all, "all", false, "all traces as they were reported, and the run's own spans, in place of the joined trace")
	f.Var(choiceValue{&e.opened, []string{openPerfetto}}, "open", "open ui.perfetto.dev with the spans, which it fetches from this machine (port 9001, one answer)")
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
		e.note("The traces are written without what the logs tell: %s", oneLine(err))
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
		return usageError{errors.New("--open writes no file, so -o cannot be combined with it"), "use one of them"}
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
		e.note("--find %s finds nothing there", text.Quote(e.find, maxQuoted))
	}
	if len(report.Losses) > 0 {
		e.note("%s does not hold all. Left out: %s", f.name, listed(report.Losses))
	}
	if report.Secret {
		e.note("Texts in it look like secrets: --mask hides them.")
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
