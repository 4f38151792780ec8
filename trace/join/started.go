package join

import (
	slashpath "path"
	"slices"
)

// A command is written down just before its process starts; spans come some time after
// that. In ns.
const (
	startsBefore = 10e9
	startsAfter  = 1e9
)

// Covered reports of each command that was started, in order of time, whether one of the
// processes is what ran it.
func Covered(processes []Process, started []Started) []bool {
	processes = slices.Clone(processes)
	sortByStart(processes)
	return nameProcesses(processes, started)
}

// nameProcesses gives the processes without a root span the command lines of those that
// were started: the nearest in time of the same program, each once. Those of processes
// that tell their own are not free. Both are in order of start. It reports which commands
// are those of processes.
func nameProcesses(processes []Process, started []Started) (taken []bool) {
	taken = make([]bool, len(started))
	if len(started) == 0 {
		return taken
	}
	told := make([]bool, len(processes)) // has its command among those that were started
	take := func(same func(a, b []string) bool) {
		for i := range processes {
			p := &processes[i]
			if len(p.Commands) == 0 || told[i] {
				continue
			}
			if s := nearest(started, taken, p, func(args []string) bool { return same(args, p.Commands[0].Args) }); s >= 0 {
				taken[s], told[i] = true, true
			}
		}
	}
	take(slices.Equal)
	take(func(a, b []string) bool { return Title(a) == Title(b) }) // a shell expands and quotes
	for i := range processes {
		p := &processes[i]
		if len(p.Commands) > 0 || p.Program() == "" {
			continue
		}
		if s := nearest(started, taken, p, func(args []string) bool { return slashpath.Base(args[0]) == p.Program() }); s >= 0 {
			taken[s], p.started = true, started[s].Args
		}
	}
	return taken
}

// nearest finds the command that may have been the start of a process and is nearest to it
// in time; -1 is none.
func nearest(started []Started, taken []bool, p *Process, fits func(args []string) bool) int {
	best, distance := -1, int64(0)
	first, _ := slices.BinarySearchFunc(started, p.Start-startsBefore, func(s Started, at int64) int { return int(min(max(s.Time-at, -1), 1)) })
	for i := first; i < len(started) && started[i].Time <= p.Start+startsAfter; i++ {
		if taken[i] || len(started[i].Args) == 0 || !fits(started[i].Args) {
			continue
		}
		if d := max(p.Start-started[i].Time, started[i].Time-p.Start); best < 0 || d < distance {
			best, distance = i, d
		}
	}
	return best
}
