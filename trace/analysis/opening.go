package analysis

const (
	smallScreen = 20 // lines that fit one
	fewMembers  = 10 // lines directly under a phase that are worth opening for an error among them
)

// closedAtFirst says which lines are closed when a trace is first shown. Runs of similar
// siblings are closed. If a job's trace is still longer than a screen, its processes are
// closed too. The same holds for phases and JUnit reports, lines of Prow itself, that have
// neither a process nor one of a few errors under them.
func closedAtFirst(lines []Line, ofJob bool, failed func(line int) bool) []bool {
	closed := make([]bool, len(lines))
	for i, l := range lines {
		closed[i] = l.Group == Fold
	}
	if !ofJob || openLines(lines, closed) <= smallScreen {
		return closed
	}
	prow := lines[0].Service
	errors := make([]int32, len(lines))                                // under each line
	holds, leads := make([]bool, len(lines)), make([]bool, len(lines)) // a process: directly under it, anywhere under it
	for i := len(lines) - 1; i > 0; i-- {                              // the first line stays open, whatever its entries say
		l, up := lines[i], max(lines[i].Parent, 0)
		errors[up] += errors[i]
		if failed(i) {
			errors[up]++
		}
		if l.Service != prow {
			holds[up] = true
		} else if holds[i] {
			closed[i], leads[up] = true, true
		} else if l.Members > 0 && !leads[i] && (errors[i] == 0 || l.Members > fewMembers) {
			closed[i] = true
		}
		leads[up] = leads[up] || leads[i]
	}
	return closed
}

// openLines counts the lines that are under no closed one.
func openLines(lines []Line, closed []bool) (n int) {
	for i := 0; i < len(lines); n++ {
		under := closed[i]
		depth := lines[i].Depth
		for i++; under && i < len(lines) && lines[i].Depth > depth; i++ {
		}
	}
	return n
}
