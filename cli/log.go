package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"prowtrace/fetch"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/trace/join"
)

// logCommand prints lines of a run's logs.
type logCommand struct {
	request
	errors bool
	grep   string
	at     string
	around int
	file   string
	list   bool
	bytes  string
	follow bool
	ofCase string
	asJSON bool

	given  func(flag string) bool
	search *regexp.Regexp
	part   struct{ from, to int64 } // of a log, in bytes; to is 0 for all
}

// aroundTime is how many lines are printed before and after a time.
const aroundTime = 20

func newLog(s Streams) *cobra.Command {
	l := &logCommand{request: newRequest(s)}
	c := &cobra.Command{
		Use:   "log WHAT",
		Short: "Print log lines of a run, with times and what the job was doing",
		Long: `log prints lines of build-log.txt. Each line has its time (UTC; ~ marks a time
that the line does not have itself), its place, what the job was doing then, and
its text. WHAT is as for prowtrace. A link to lines in Prow's page prints these
lines. A link to a file prints that file.

--errors, --grep and --at choose lines of the logs of all containers and steps.
--file reads any artifact of the run by its name or a pattern: ** stands for any
directories. Files are fetched when needed, and kept in the cache.`,
		Example: `  prowtrace log --errors e2e-kops-aws-distro-deb13
  prowtrace log --at 01:51:11 --around 5 kops#18000
  prowtrace log --file 'artifacts/**/*.xml' --grep '<failure' kops#18000`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("log takes one run, but got %d arguments", len(args)), "run it for each of them: " + c.CommandPath() + " " + text.Line(args[0])}
			}
			return atLeastOne(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			l.given = c.Flags().Changed
			return l.run(c.Context(), args[0])
		},
	}
	f := c.Flags()
	l.register(f)
	f.BoolVar(&l.errors, "errors", false, "only error lines, and warnings that are known errors")
	named(f, &l.grep, "grep", "", "RE", "only lines that match this regular expression of Go; (?i) ignores case")
	named(f, &l.at, "at", "", "TIME|SPAN", "lines at a time (01:51:11, 2025-03-13T01:51:11Z), or while a span lasted: its id, or the name of a phase or step")
	f.Var(countValue{&l.around}, "around", "also this many lines before and after each (default with --at TIME: 20)")
	named(f, &l.file, "file", "", "PATTERN", "read these artifacts instead: a name below the run, or a pattern")
	f.BoolVar(&l.list, "list", false, "list the artifacts of the run, or those that match --file")
	named(f, &l.bytes, "bytes", "", "FROM-TO", "only lines in this range of bytes of a log, fetched if needed")
	named(f, &l.ofCase, "case", "", "TEXT", "output and failures of the JUnit cases whose names contain this text")
	f.BoolVar(&l.follow, "follow", false, "print new lines of a run until it ends")
	f.BoolVar(&l.asJSON, "json", false, "print JSON objects, one per line")
	return c
}

// check reads the flags.
func (l *logCommand) check() error {
	if l.list && (l.errors || l.grep != "" || l.at != "" || l.around > 0 || l.bytes != "") {
		return usageError{errors.New("--list prints names of artifacts, not lines"), "leave out --list, or use it with --file and --json only"}
	}
	if l.ofCase != "" && (l.list || l.errors || l.at != "" || l.around > 0 || l.bytes != "" || l.file != "" || l.follow) {
		return usageError{errors.New("--case prints what JUnit cases printed"), "combine it with --grep and --json only"}
	}
	if l.follow && (l.list || l.at != "" || l.around > 0 || l.bytes != "" || l.file != "" || l.offline) {
		return usageError{errors.New("--follow prints new lines of a run's logs"), "combine it with --errors, --grep and --json only"}
	}
	var err error
	if l.search, err = regexp.Compile(l.grep); err != nil {
		return usageError{fmt.Errorf("invalid --grep %s: %w", text.Quote(l.grep, maxQuoted), err), `characters such as ( [ * are written \( \[ \*`}
	}
	if l.bytes == "" {
		return nil
	}
	from, to, ok := strings.Cut(l.bytes, "-")
	first, e1 := strconv.ParseInt(from, 10, 64)
	last, e2 := strconv.ParseInt(to, 10, 64)
	if !ok || e1 != nil || e2 != nil || first < 0 || last <= first {
		return usageError{fmt.Errorf("invalid --bytes %s", text.Quote(l.bytes, maxQuoted)), "write FROM-TO, as in --bytes 100000000-101000000"}
	}
	l.part.from, l.part.to = first, last
	return nil
}

func (l *logCommand) run(ctx context.Context, arg string) error {
	if err := l.check(); err != nil {
		return err
	}
	l.join, l.logs, l.onlyLogs = string(join.ByTime), true, true
	if err := l.open(ctx); err != nil {
		return err
	}
	defer l.close()
	refs, err := l.parse(ctx, []string{arg})
	if err != nil {
		return err
	}
	if len(refs) > 1 {
		return usageError{fmt.Errorf("%s shows %s", text.Line(arg), text.Count(len(refs), "job")), "name one of them: " + jobNames(refs)}
	}
	loaded, err := l.collect(ctx, refs)
	if err != nil {
		return err
	}
	defer loaded.Close()
	if n := len(loaded.Inputs); n != 1 {
		return usageError{fmt.Errorf("%s holds %s", text.Line(arg), text.Count(n, "run")), "name the directory of one of them"}
	}
	if l.ofCase != "" {
		return l.printCases(loaded.Inputs[0])
	}
	if l.list {
		return l.printList(ctx, loaded.Inputs[0])
	}
	return l.print(ctx, loaded, refs[0])
}

// logsOf chooses the logs that are printed.
func (l *logCommand) logsOf(ctx context.Context, in *session.Input, ref prow.Ref) ([]*session.Log, error) {
	if file := cmp.Or(l.file, ref.Lines.File, linkedFile(ref)); file != "" {
		return l.artifacts(ctx, in, file)
	}
	all, err := in.Logs(ctx)
	if err != nil {
		return nil, err
	}
	l.tellLosses(in.LogLosses())
	if len(all) == 0 && !in.IsRun() {
		if files, err := in.Artifacts(ctx); err == nil && len(files) == 1 { // it was named: any file may be a log
			return l.artifacts(ctx, in, files[0].Name)
		}
	}
	if len(all) == 0 {
		return nil, &noLogError{in}
	}
	chosen := l.errors || l.grep != "" || l.at != ""
	if ofContainers := slices.DeleteFunc(slices.Clone(all), func(log *session.Log) bool { return log.Of.Step != "" }); !chosen && len(ofContainers) > 0 {
		return ofContainers, nil
	}
	return all, nil
}

// linkedFile is the file that a link names; "" for directories and for traces.
func linkedFile(ref prow.Ref) string {
	if ref.Kind != prow.KindRun || ref.Pattern != "" || path.Ext(ref.Rest) == "" || runfile.InTraces(ref.Rest) {
		return ""
	}
	return ref.Rest
}

// artifacts opens the files that a name or a pattern means.
func (l *logCommand) artifacts(ctx context.Context, in *session.Input, pattern string) (logs []*session.Log, err error) {
	names := []string{pattern}
	if strings.ContainsAny(pattern, "*?[{") {
		found, err := l.matching(ctx, in, pattern)
		if err != nil {
			return nil, err
		}
		if len(found) > maxFilesAtOnce {
			return nil, usageError{fmt.Errorf("%s match %s: at most %d are read at once", text.Count(len(found), "file"), text.Quote(pattern, maxQuoted), maxFilesAtOnce),
				"--list shows them; use a pattern that matches fewer"}
		}
		names = nil
		for _, f := range found {
			names = append(names, f.Name)
		}
	}
	for _, name := range names {
		log, lost, err := in.Artifact(ctx, name)
		if err != nil {
			return nil, err
		}
		l.tellLosses(lost)
		logs = append(logs, log)
	}
	return logs, nil
}

// maxFilesAtOnce bounds the files that one pattern reads.
const maxFilesAtOnce = 200

// matching lists the artifacts that a pattern fits.
func (l *logCommand) matching(ctx context.Context, in *session.Input, pattern string) ([]fetch.Listed, error) {
	fits, err := objstore.CompileGlob(pattern)
	if err != nil {
		return nil, usageError{fmt.Errorf("invalid --file %s", text.Quote(pattern, maxQuoted)), "* and ? stand for letters, ** for directories too, {a,b} for a or b"}
	}
	all, err := in.Artifacts(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(f fetch.Listed) bool { return !fits.MatchString(f.Name) })
	if len(all) == 0 {
		return nil, &session.NoArtifactError{Name: pattern, Input: in}
	}
	return all, nil
}

// noLogError: a run has no log.
type noLogError struct{ in *session.Input }

func (e *noLogError) Error() string { return "cannot find a log of " + text.Line(e.in.Title()) }

// tellLosses says what of logs is left out.
func (r *request) tellLosses(lost []runfile.Loss) {
	for _, loss := range lost {
		again := ""
		if loss.Again && !r.offline {
			again = "; --refresh tries again"
		}
		r.note("%v%s", loss, again)
	}
}
