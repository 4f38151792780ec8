package timeline

import "prowtrace/joblog"

// openCommand is a command that has not ended, as far as the log tells. Who started it goes on
// when it has ended: with its next line, or with the next command of the shell. What
// was started meanwhile was started by it.
type openCommand struct {
	command int   // of the log's
	by      int64 // the process that started it; 0 is a shell
	shell   int64 // when a shell showed its first command after that; 0 is never
	first   int   // that command
}

// maxOpen bounds the commands that run at a time.
const maxOpen = 64

// wentOn ends what a process started before it wrote a line.
func (r *commandReader) wentOn(pid, at int64) {
	for n := len(r.open) - 1; n >= 0; n-- {
		if r.open[n].by == pid {
			r.endFrom(n, at)
			return
		}
	}
}

// shellWent ends what a shell started before it shows its next command. It may be a shell
// that the innermost of other commands runs, which tells only later whether it goes on.
func (r *commandReader) shellWent(line joblog.Line) {
	at, n := timeOf(line), len(r.open)
	for n > 0 && r.open[n-1].by == 0 {
		n--
	}
	r.endFrom(n, at)
	if n > 0 && r.open[n-1].shell == 0 {
		r.open[n-1].shell, r.open[n-1].first = at, len(r.all)
	}
}

// endFrom ends the commands from the n-th open one on.
func (r *commandReader) endFrom(n int, at int64) {
	for _, s := range r.open[n:] {
		r.all[s.command].until = at
	}
	r.open = r.open[:n]
}

// end tells of commands whose processes never went on: that the shell did shows that
// they had ended. What it showed from then on is not theirs.
func (r *commandReader) end() {
	for n, s := range r.open {
		if s.shell == 0 {
			continue
		}
		for i := s.first; i < len(r.all); i++ {
			if c := &r.all[i]; c.above == s.command {
				c.above = -1
			}
		}
		for _, o := range r.open[:n+1] {
			r.all[o.command].until = s.shell
		}
		return
	}
}

// timeOf is the time of a line, or of the one before that has one; 0 is not known.
func timeOf(line joblog.Line) int64 {
	if line.Origin == joblog.NoTime {
		return 0
	}
	return line.Time.UnixNano()
}
