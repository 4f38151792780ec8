package timeline

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
	"prowtrace/trace/join"
)

// maxDrawn bounds the commands of one log that are drawn: those that took longest.
const maxDrawn = 500

// noProgram are the first words of lines of set -x for which a shell starts no program
// that takes time.
var noProgram = map[string]bool{
	"[": true, "[[": true, "((": true, ":": true, ".": true, "source": true, "test": true, "true": true, "false": true, "echo": true, "printf": true,
	"set": true, "unset": true, "shopt": true, "export": true, "local": true, "declare": true, "typeset": true, "readonly": true, "cd": true, "pushd": true,
	"popd": true, "eval": true, "trap": true, "shift": true, "return": true, "exit": true, "break": true, "continue": true, "case": true, "for": true,
	"if": true, "while": true, "umask": true, "ulimit": true, "getopts": true, "read": true, "mapfile": true, "alias": true, "hash": true, "kill": true,
}

// commands draws the commands in logs, unless a process of the traces stands for them.
// Each is in the innermost phase in which it began, or in the command that started it.
// It ends when the process that started it continues, at the latest with that phase: its times
// are estimates. A command is not drawn if it cannot be told from what else ran at its time. So
// nothing is counted twice.
func (t *timeline) commands() {
	covered, all := map[*command]bool{}, t.timed()
	for i, is := range join.Covered(t.o.Processes, started(all)) {
		covered[all[i]] = is
	}
	for _, l := range t.o.Logs {
		w := t.writer(l.Of)
		if w == nil || l.foreign || len(l.commands) == 0 || l.Of.Step == "" && len(t.stepNodes) > 0 { // it repeats those of its steps
			continue
		}
		s := newScene(t, w)
		var ran []int
		for i := range l.commands {
			if c := &l.commands[i]; !covered[c] && !noProgram[c.args[0]] {
				ran = append(ran, i)
			}
		}
		if len(ran) > maxDrawn {
			slices.SortStableFunc(ran, func(a, b int) int { return cmp.Compare(s.length(l.commands[b]), s.length(l.commands[a])) })
			w.number("prow.log.commands_left_out", int64(len(ran)-maxDrawn))
			ran = ran[:maxDrawn]
			slices.Sort(ran)
		}
		nodes := map[int]*node{}
		for _, i := range ran {
			above := l.commands[i].above
			for above >= 0 && nodes[above] == nil {
				above = l.commands[above].above
			}
			if n := s.draw(l, l.commands[i], nodes[above]); n != nil {
				nodes[i] = n
			}
		}
	}
}

// timed are the commands of all logs whose times are known, in order of time.
func (t *timeline) timed() (all []*command) {
	for _, l := range t.o.Logs {
		for i := range l.commands {
			if c := &l.commands[i]; c.time > 0 && !l.foreign {
				all = append(all, c)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *command) int { return cmp.Compare(a.time, b.time) })
	return all
}

func started(commands []*command) []join.Started {
	all := make([]join.Started, len(commands))
	for i, c := range commands {
		all[i] = join.Started{Time: c.time, Args: c.args}
	}
	return all
}

// A scene is where the commands of a log ran: what is drawn below its writer.
type scene struct {
	t         *timeline
	writer    *node
	below     map[*node][]*node
	phases    []*node // that may contain others; each behind its parent
	processes []extent
}

func newScene(t *timeline, w *node) *scene {
	s := &scene{t: t, writer: w, below: map[*node][]*node{}}
	in := map[*node]bool{w: true}
	var others []string // directories of other phases
	for _, n := range t.spans {
		if in[n.parent] {
			in[n] = true
			s.below[n.parent] = append(s.below[n.parent], n)
		}
		if in[n] && n.mark.MayContain {
			s.phases = append(s.phases, n)
		}
		if !in[n] && n.mark.Directory != "" {
			others = append(others, n.mark.Directory)
		}
	}
	for _, p := range t.o.Processes {
		elsewhere := !strings.HasPrefix(p.File, w.mark.Directory) ||
			slices.ContainsFunc(others, func(dir string) bool { return len(dir) > len(w.mark.Directory) && strings.HasPrefix(p.File, dir) })
		if !elsewhere && len(s.processes) < maxPrograms {
			s.processes = append(s.processes, extent{p.Start, p.End})
		}
	}
	return s
}

// span64 is when a span began and ended, as far as one knows.
func (n *node) span64() extent {
	e := extent{int64(n.span.StartTimeUnixNano), int64(n.span.EndTimeUnixNano)}
	if e.to == 0 {
		e.to = math.MaxInt64
	}
	return e
}

// times are those of a command, within those of a phase.
func (c command) times(within *node) extent {
	whole := within.span64()
	return extent{max(c.time, whole.from), min(cmp.Or(c.until, whole.to), whole.to)}
}

func (s *scene) length(c command) int64 { return c.times(s.writer).length() }

func (e extent) length() int64 { return e.to - e.from }

func (e extent) holds(at int64) bool { return e.from <= at && at < e.to }

// rounded is how much later than its first command a phase may seem to begin, in ns:
// runners round the durations of phases.
const rounded = 1e6

// draw draws a command below another, or below the phase in which it began. It returns nil if
// the command is not drawn.
func (s *scene) draw(l *Log, c command, above *node) *node {
	switch {
	case c.time == 0:
		above = s.writer
	case above == nil || !above.span64().holds(c.time):
		above = s.phaseAt(c.time + rounded)
	}
	if above == nil {
		return nil
	}
	e := c.times(above)
	if e.to <= e.from || s.straddles(e) {
		return nil
	}
	within, ok := s.within(above, e, runfile.Name(join.Title(c.args)))
	if !ok {
		return nil
	}
	return s.add(l, c, above, e, within)
}

// phaseAt finds the innermost phase that ran at a time.
func (s *scene) phaseAt(at int64) (best *node) {
	for _, p := range s.phases {
		if e := p.span64(); e.holds(at) && (best == nil || p.parent == best || e.length() <= best.span64().length()) {
			best = p
		}
	}
	return best
}

// straddles reports whether a process ran in a stretch of time and outside of it.
func (s *scene) straddles(e extent) bool {
	return slices.ContainsFunc(s.processes, func(p extent) bool {
		return p.from < e.to && e.from < p.to && (p.from < e.from || e.to < p.to)
	})
}

// within gives what of that below a phase ran in a stretch of time. It is not ok if
// something ran in it and outside of it, or if the phases of a runner or one of its own
// title ran in it: these tell what it did.
func (s *scene) within(phase *node, e extent, title string) (all []*node, ok bool) {
	for _, n := range s.below[phase] {
		if n.mark.Estimated && !n.mark.MayContain { // nobody knows when it ran
			continue
		}
		switch o := n.span64(); {
		case o.to <= e.from || e.to <= o.from:
		case o.from < e.from || e.to < o.to || n.span.Name == title || slices.ContainsFunc(s.t.phases[s.writer], func(p *node) bool { return p.parent == n }):
			return nil, false
		default:
			all = append(all, n)
		}
	}
	return all, true
}

// add adds a command that contains what is within it.
func (s *scene) add(l *Log, c command, above *node, e extent, within []*node) *node {
	t := s.t
	end := unix(e.to)
	if e.to == math.MaxInt64 {
		end = above.ends() // zero
	}
	n := t.add(above, runfile.Name(join.Title(c.args)), unix(e.from), end)
	at := slices.Index(t.spans, above) + 1
	t.spans = slices.Insert(t.spans[:len(t.spans)-1], at, n)
	n.text("prow.phase", "command")
	n.estimated(true)
	n.mark.MayContain = true
	n.text("prow.source", l.File)
	if c.line > 0 {
		n.number("log.file.line", int64(c.line))
	}
	args := make([]string, len(c.args))
	for i, a := range c.args {
		args[i] = text.Valid(a)
	}
	n.texts("process.command_args", args...)
	for _, o := range within {
		o.hang(n)
	}
	s.below[n] = within
	s.below[above] = append(slices.DeleteFunc(s.below[above], func(o *node) bool { return o.parent == n }), n)
	return n
}
