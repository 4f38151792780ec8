package join

import (
	slashpath "path"
	"slices"
)

// A command is written down just before its process starts; its spans come some time later.
// The bounds are in ns.
const (
	startsBefore = 10e9
	startsAfter  = 1e9
)

// Covered reports for each started command, in order of time, whether one of the processes
// ran it.
func Covered(processes []Process, started []Started) []bool {
	processes = slices.Clone(processes)
	sortByStart(processes)
	return nameProcesses(processes, started)
}

// nameProcesses gives command lines to the processes without a root span. A process gets the
// started command of the same program that is nearest in time, and each command is used
// once. Commands of processes that report their own are not available. processes and started
// are both in order of start. It reports which commands are taken.
func nameProcesses(processes []Process, started []Started) (taken []bool) {
	taken = make([]bool, len(started))
	if len(started) == 0 {
		return taken
	}
	told := make([]bool, len(processes)) // has its command among the started ones
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

// nearest finds the command nearest in time that may have started a process. It returns -1
// if there is none.
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
