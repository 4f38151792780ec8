package join

import (
	"cmp"
	"context"
	"fmt"
	slashpath "path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/panics"
	"prowtrace/trace"
)

// A Process is what a file says about the process that wrote it.
type Process struct {
	Source   int // as in Set.Source
	Group    int
	File     string
	PID      int64 // from the file's name; 0 if the name has none
	Start    int64 // Unix ns, of the first span; 0 if no span has a time
	End      int64 // Unix ns, of the last span
	Commands []Command
	More     int // commands beyond those in Commands

	started []string // the command line from another file, if Commands is empty
}

// Command is a root span with a command line.
type Command struct {
	Args []string
	Row  int // of the set
}

// maxCommands bounds how many commands of a process are kept. Real processes run one.
const maxCommands = 1024

// Processes finds the processes that wrote the files of a set, in the order of its sources.
// Files without spans have no process. It looks at every row, on all processors, and ends
// early only if ctx ends.
func Processes(ctx context.Context, set *trace.Set) ([]Process, error) {
	workers := runtime.GOMAXPROCS(0)
	seen := make([][]sighting, workers)
	var next atomic.Int64
	g, ctx := panics.WithContext(ctx)
	for w := range workers {
		g.Go(func() error {
			seen[w] = make([]sighting, set.NumSources())
			const piece = 1 << 14
			for {
				lo := int(next.Add(piece)) - piece
				if lo >= set.Len() {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				for row := lo; row < min(lo+piece, set.Len()); row++ {
					seen[w][set.SourceOf(row)].add(set, row)
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("looking for processes: %w", err)
	}
	if workers > 0 {
		for row, source := range set.Repeats {
			seen[0][source].add(set, row)
		}
	}
	var processes []Process
	for source := range set.NumSources() {
		var all sighting
		for w := range workers {
			all.merge(&seen[w][source])
		}
		if all.spans == 0 {
			continue
		}
		name, group := set.Source(source)
		p := Process{Source: source, Group: group, File: name, PID: pid(name), Start: all.start, End: all.end}
		slices.SortFunc(all.commands, func(a, b Command) int { return cmp.Compare(a.Row, b.Row) })
		p.Commands = all.commands[:min(len(all.commands), maxCommands)]
		p.More = len(all.commands) - len(p.Commands) + all.more
		processes = append(processes, p)
	}
	return processes, nil
}

// sighting is what one goroutine has seen of a process.
type sighting struct {
	spans      int
	start, end int64
	commands   []Command
	more       int
}

// add counts a span of the process.
func (s *sighting) add(set *trace.Set, row int) {
	s.spans++
	s.extend(set.ReportedTimes(row))
	columns := set.Columns()
	if columns.Parent[row] >= 0 || columns.Flags[row]&(trace.Orphan|trace.Cycle) != 0 {
		return
	}
	args := CommandLine(set.Raw(row))
	switch {
	case args == nil:
	case len(s.commands) == maxCommands:
		s.more++
	default:
		s.commands = append(s.commands, Command{args, row})
	}
}

// extend makes room for a span's times. Each of them may be 0.
func (s *sighting) extend(start, end int64) {
	start = cmp.Or(start, end)
	if start > 0 && (s.start == 0 || start < s.start) {
		s.start = start
	}
	s.end = max(s.end, start, end)
}

func (s *sighting) merge(o *sighting) {
	s.spans += o.spans
	s.extend(o.start, o.end)
	s.commands = append(s.commands, o.commands...)
	s.more += o.more
}

// CommandLine gives the attribute args of an encoded span, or nil if it is missing or empty.
func CommandLine(span []byte) []string {
	for num, kv := range otlpwire.Messages(span) {
		if num != 9 || !strings.HasPrefix(otlpwire.String(kv), "\x0a\x04args\x12") {
			continue
		}
		var decoded commonpb.KeyValue
		if !otlpwire.ValidAttribute(kv) || proto.Unmarshal(kv, &decoded) != nil {
			continue
		}
		var args []string
		for _, v := range decoded.GetValue().GetArrayValue().GetValues() {
			args = append(args, v.GetStringValue())
		}
		return args
	}
	return nil
}

// Title names the process by its command. If it ran several commands or none is known, Title
// names it by its file.
func (p *Process) Title() string {
	file := slashpath.Base(p.File)
	switch n := len(p.Commands) + p.More; n {
	case 0:
		if len(p.started) > 0 {
			return Title(p.started)
		}
		return file
	case 1:
		return Title(p.Commands[0].Args)
	default:
		return fmt.Sprintf("%s (%d commands)", file, n)
	}
}

// Title shortens a command line of at least one word to its program and sub-commands,
// without flags.
func Title(args []string) string {
	const most = 4
	words := []string{slashpath.Base(args[0])}
	for _, a := range args[1:] {
		if strings.HasPrefix(a, "-") || len(words) == most {
			break
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// Program is the name of the program that ran, from its command line or its file's name. ""
// means unknown.
func (p *Process) Program() string {
	if len(p.Commands) > 0 {
		return slashpath.Base(p.Commands[0].Args[0])
	}
	if p.PID == 0 {
		return ""
	}
	program, _, _ := strings.Cut(slashpath.Base(p.File), "-")
	return program
}

// fromKOps reports whether the file is named as kOps names its files.
func (p *Process) fromKOps() bool { return strings.HasPrefix(slashpath.Base(p.File), "kops-") }

// pid reads the process id from a file name of kOps, kops-<pid>-<time>.otel. It returns 0
// for other names.
func pid(file string) int64 {
	parts := strings.SplitN(slashpath.Base(file), "-", 3)
	if len(parts) < 3 {
		return 0
	}
	pid, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// sortByStart puts processes in the order that a reader expects.
func sortByStart(all []Process) {
	slices.SortFunc(all, func(a, b Process) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.File, b.File))
	})
}
