package viewer

import (
	"slices"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// Bounds on the logs in a file, in lines.
const (
	savedLogLines = 20_000 // of all logs of a trace
	fewestOfLog   = 300    // that it is cut to where these are too large
	aroundFinding = 200    // before and after
	aroundError   = 20
	endOfLog      = 500
	beginOfLog    = 200

	savedLineBytes = 4 << 10
)

// savedLogHead is a log of which a file has only some lines: their numbers stay.
type savedLogHead struct {
	logHead
	Held []int32 `json:"held"` // the first and the last of each range of lines, from 1
}

// addLogs adds the list of a trace's logs, and lines of them.
func (p *savedPage) addLogs(t savedTrace) error {
	list, err := p.getLogs(p.request(), t.drawing)
	if err != nil {
		return p.ctx.Err() // the page says nothing of logs then, as it does of a run without
	}
	p.add(t.path+"/logs", list, "the list of logs")
	if counts, err := p.getLogErrors(p.request("n", "2000"), t.drawing); err == nil {
		p.add(t.path+"/logs/errors", counts, "the errors in logs over time")
	}
	logs, err := p.logs(p.ctx, t.Tree.Trace.ID)
	if err != nil {
		return err
	}
	var all, held int
	windows := p.findingLines(t)
	for i, l := range logs {
		lines, err := l.Lines(p.ctx)
		if err := p.ctx.Err(); err != nil {
			return err
		}
		if err != nil {
			p.left = append(p.left, "The log "+name(l.Name)+" cannot be read.")
			continue
		}
		at := logAt{Log: l, lines: lines}
		if p.info.Known != nil {
			at.known = p.info.Known()
		}
		room := max((savedLogLines-held)/(len(logs)-i), fewestOfLog)
		all += lines.Len()
		held += p.addLog(t, at, windows[l.Name], room)
	}
	if held < all {
		p.left = append(p.left, text.Number(all-held)+" of "+text.Count(all, "line")+" of logs: those around findings and errors, and the ends, are here.")
	}
	return nil
}

// findingLines are the lines of logs that the findings of a trace name, from 0.
func (p *savedPage) findingLines(t savedTrace) map[string][]int {
	out := map[string][]int{}
	now, _, err := p.judgementOf(p.request(), t.drawing)
	if err != nil || now.Summary == nil {
		return out
	}
	for _, of := range p.places(p.ctx, t.drawing, now.Summary.Findings) {
		for _, at := range slices.Concat(of.Chain, of.Evidence) {
			if at.Log != "" {
				out[at.Log] = append(out[at.Log], at.At-1)
			}
		}
	}
	return out
}

// addLog adds lines of a log, fewer where there is no room for all, and gives how many.
func (p *savedPage) addLog(t savedTrace, l logAt, findings []int, room int) int {
	for ; ; room /= 4 {
		held := l.windows(findings, room)
		head := p.savedHead(t, l, held)
		out := &bundle{}
		out.json(t.path+"/log/"+head.Name, head)
		out.json(t.path+"/log/lines/"+head.Name, map[string]any{"lines": t.savedLines(l, held)})
		if p.pack.put(out, 0.85) {
			return held.count()
		}
		if room < fewestOfLog {
			p.left = append(p.left, "No space for the log "+head.Name+".")
			return 0
		}
	}
}

// windows gives at most n lines of a log: those around findings, the end, those around
// errors, the begin, and then the rest.
func (l logAt) windows(findings []int, n int) lineSet {
	total := l.lines.Len()
	if total <= n {
		return lineSet{0, int32(total)}
	}
	kept := make([]bool, total)
	add := func(from, to int) {
		for i := max(from, 0); i < min(to, total) && n > 0; i++ {
			if !kept[i] {
				kept[i] = true
				n--
			}
		}
	}
	add(total-1, total) // so that the page shows the gap before it
	for _, at := range findings {
		add(at, at+1)
	}
	for _, at := range findings {
		add(at-aroundFinding, at+aroundFinding)
	}
	add(total-endOfLog, total)
	for i := range l.lines.Errors() {
		if n == 0 {
			break
		}
		add(i-aroundError, i+aroundError)
	}
	add(0, beginOfLog)
	add(0, total)
	var out lineSet
	for i, is := range kept {
		if is {
			out = out.with(i)
		}
	}
	return out
}

func (s lineSet) count() (n int) {
	for i := 0; i < len(s); i += 2 {
		n += int(s[i+1] - s[i])
	}
	return n
}

func (s lineSet) has(line int) bool {
	for i := 0; i < len(s); i += 2 {
		if line >= int(s[i]) && line < int(s[i+1]) {
			return true
		}
	}
	return false
}

// savedHead tells of a log, of which only some lines are held.
func (p *savedPage) savedHead(t savedTrace, l logAt, held lineSet) savedLogHead {
	l.Later, l.More = nil, nil
	answer, _ := p.getLog(p.request(), t.drawing, l) // it fails only where the request has ended
	h, _ := answer.(logHead)
	out := savedLogHead{logHead: h, Held: []int32{}}
	gaps := []lineGap{}
	before := int32(0) // the line behind the last range
	for i := 0; i < len(held); i += 2 {
		from, to := held[i], held[i+1]
		if from > before {
			place, end := l.lines.Place(int(before)), l.lines.Place(int(from))
			gaps = append(gaps, lineGap{int(from) + 1, place, end - place})
		}
		out.Held = append(out.Held, from+1, to)
		before = to
	}
	for _, g := range h.Gaps { // but for those within what is left out
		if i := g.Before - 1; i == l.lines.Len() || held.has(i) && (i == 0 || held.has(i-1)) {
			gaps = append(gaps, g)
		}
	}
	slices.SortFunc(gaps, func(a, b lineGap) int { return a.Before - b.Before })
	out.Gaps, out.Missing = gaps, 0
	for _, g := range gaps {
		out.Missing += g.Bytes
	}
	return out
}

// savedLines makes lines of a log fit to be shown, with all that is known of each, and
// without their secrets.
func (t savedTrace) savedLines(l logAt, held lineSet) []wholeLine {
	out := []wholeLine{}
	shown := []logLine{}
	for k := 0; k < len(held); k += 2 {
		var plain []byte
		textAt := func(i int) string {
			plain = l.lines.Text(plain[:0], i, wholeLineBytes)
			return string(plain)
		}
		secrets := mask.Before(int(held[k]), textAt)
		for i := int(held[k]); i < int(held[k+1]); i++ {
			said := textAt(i)
			masked := secrets.Line(said)
			line := l.shownLine(i, savedLineBytes, nil)
			if masked != said {
				kept, cut := text.Block(masked, savedLineBytes)
				line.Text, line.Cut = []segment{{text: []byte(kept)}}, cut
			}
			shown = append(shown, line)
			out = append(out, wholeLine{Bytes: len(l.lines.Raw(i)), Place: l.lines.Place(i), URL: webAddress(l.lines.URL(i, i))})
		}
	}
	t.addSpans(shown)
	for i := range out {
		out[i].logLine = shown[i]
	}
	return out
}
