package browsertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"prowtrace/joblog"
	"prowtrace/serve/viewer"
)

// partial is a log of which only some lines are held, until more are asked for.
type partial struct {
	mu    sync.Mutex
	lines [][]byte
	held  []bool // by line
	fails bool
	asked []int64 // sizes
}

// log is the log as it is held now.
func (p *partial) log(ctx context.Context) (viewer.Log, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := viewer.Log{Name: "build-log.txt", More: p.more}
	var data []byte
	for i, line := range p.lines {
		size := int64(len(line))
		switch last := len(l.Gaps) - 1; {
		case p.held[i]:
			data = append(data, line...)
		case last >= 0 && l.Gaps[last].Offset+l.Gaps[last].Size == l.Size:
			l.Gaps[last].Size += size
		default:
			l.Gaps = append(l.Gaps, viewer.Gap{Offset: l.Size, Size: size})
		}
		l.Size += size
	}
	if len(l.Gaps) == 0 {
		l.More = nil
	}
	start := time.Unix(0, begin)
	index, err := joblog.Index(ctx, data, joblog.Options{Start: start, End: start.Add(20 * time.Second)})
	l.Lines = func(context.Context) (viewer.Lines, error) {
		return viewer.Lines{Log: index, Numbering: behindGaps{indexed{index}, l.Gaps}}, nil
	}
	return l, err
}

func (p *partial) more(_ context.Context, offset, size int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked = append(p.asked, size); p.fails {
		return errors.New("the bucket answers 503")
	}
	at := int64(0)
	for i, line := range p.lines {
		if at >= offset && at+int64(len(line)) <= offset+size {
			p.held[i] = true
		}
		at += int64(len(line))
	}
	return nil
}

type behindGaps struct {
	indexed
	gaps []viewer.Gap
}

func (l behindGaps) Place(i int) int64 {
	at := l.Offset(i)
	for _, g := range l.gaps {
		if g.Offset <= at {
			at += g.Size
		}
	}
	return at
}

func (l behindGaps) Number(i int) (int, bool) {
	return i + 1, len(l.gaps) == 0 || l.Place(i) < l.gaps[0].Offset
}

// newPartial makes a log of n lines over the time of steps, of which the first and the
// last are held.
func newPartial(n, ends int) *partial {
	p := &partial{held: slices.Repeat([]bool{false}, n)}
	start := time.Unix(0, begin).UTC()
	filler := strings.Repeat(".", 400)
	for i := range n {
		at := start.Add(time.Duration(i) * 20 * time.Second / time.Duration(n))
		p.lines = append(p.lines, fmt.Appendf(nil, "%s INFO line %d %s\n", at.Format("2006-01-02T15:04:05.000Z"), i+1, filler))
		p.held[i] = i < ends || i >= n-ends
	}
	return p
}

func (p *partial) info() viewer.Info {
	info := demoInfo
	info.Logs = func(ctx context.Context) ([]viewer.Log, error) {
		l, err := p.log(ctx)
		return []viewer.Log{l}, err
	}
	return info
}

// A page that knows other gaps than there are begins anew.
func TestMoreInAnotherTab(t *testing.T) {
	p := newPartial(2000, 300)
	b := open(t, steps(t), p.info(), "/trace/"+polled+"?log=build-log.txt:10")
	b.wait(chosen + ` === '10-10'`)
	other := openAt(t, b.base, "/trace/"+polled+"?log=build-log.txt:300")
	other.wait(chosen + ` === '300-300'`)
	other.keys("l" + kb.ArrowDown + kb.Enter)
	other.wait(`document.querySelector('.log').getAttribute('aria-rowcount') === '2000'`)
	b.eval(`window.before = true`)
	b.eval(`document.querySelector('.log').scrollTop = 400 * 18`)
	b.wait(`!window.before && document.querySelector('.log')?.getAttribute('aria-rowcount') === '2000'`)
	b.wait(chosen + ` === '10-10'`)
}

// What is missing of a log is read by keys and clicks. Lines behind it get their
// numbers, and what stays on the screen keeps its elements.
func TestMoreOfLog(t *testing.T) {
	const ends = 300
	p := newPartial(50_000, ends)
	b := open(t, steps(t), p.info(), fmt.Sprintf("/trace/%s?log=build-log.txt:%d", polled, ends))
	const (
		missing = `document.querySelector('.log-facts').textContent.split(' · ').at(-1)`
		keep    = `window.kept = new Map([...document.querySelectorAll('.log-row:not([hidden])')].map((r) => [/line \d+|missing/.exec(r.textContent)[0], r]))`
		moved   = `[...document.querySelectorAll('.log-row:not([hidden])')].filter((r) => { const k = window.kept.get(/line \d+|$/.exec(r.textContent)[0]); return k && k !== r; }).map((r) => r.textContent.slice(0, 60)).join()`
		stayed  = `[...document.querySelectorAll('.log-row:not([hidden])')].filter((r) => window.kept.get(/line \d+|$/.exec(r.textContent)[0]) === r).length`
		gap     = `document.querySelector('.log-row.gap:not([hidden])')`
		active  = `document.getElementById(document.querySelector('.log').getAttribute('aria-activedescendant'))`
	)
	b.wait(chosen + ` === '300-300'`)
	b.eval(`document.querySelector('.log-pane').style.height = '400px'`)
	b.keys("l")
	b.keys(kb.ArrowDown)
	b.wait(active + `?.matches('.gap')`)
	before := b.text(missing)
	if got := b.text(chosen); got != "300-300" {
		t.Errorf("on the gap the chosen lines are %s", got)
	}
	p.fails = true
	b.keys(kb.Enter)
	b.wait(`document.querySelector('.toast').textContent.includes('503') && ` + gap + `.textContent.includes('Read the first 8 MB')`)
	b.mu.Lock()
	b.wrong = nil // the browser tells of the answer, too
	b.mu.Unlock()
	p.mu.Lock()
	p.fails = false
	p.mu.Unlock()
	b.eval(`document.querySelector('.log').scrollTop -= 6 * 18`)
	b.wait(`document.querySelector('#log-294:not([hidden]) .log-text')?.textContent.includes('line 294 ')`)
	b.eval(keep)
	b.keys(kb.Enter)
	b.wait(`document.querySelector('#log-301:not([hidden]) .log-text')?.textContent.includes('line 301 ') && ` + active + `?.id === 'log-301'`)
	if got := b.text(moved); got != "" || b.eval(stayed+" < 5") == true {
		t.Errorf("in other elements: %s; %s stayed", got, b.text(stayed))
	}
	if now := b.text(missing); now == before || !strings.HasSuffix(now, "missing") {
		t.Errorf("missing before %s, now %s", before, now)
	}

	b.keys(kb.End)
	b.wait(`document.querySelector('.log-row.active:not([hidden]) .log-text')?.textContent.includes('line 50000 ')`)
	b.wait(`/:\d{4,}$/.test(new URLSearchParams(location.search).get('log'))`)
	last := b.text(`document.querySelector('.log-row.active .log-no').textContent`)
	if !strings.HasPrefix(last, "≥ ") {
		t.Errorf("the last line is %s", last)
	}
	b.eval(`document.querySelector('.log').scrollTop -= 298 * 18`)
	b.wait(gap + ` && [...document.querySelectorAll('.log-row:not([hidden])')].at(-1)`)
	b.wait(`document.querySelectorAll('.log-row:not([hidden]) .log-text').length > 5 && [...document.querySelectorAll('.log-row:not([hidden]) .log-text')].every((t) => t.textContent !== '')`)
	b.eval(keep)
	b.eval(`[...document.querySelectorAll('.gap:not([hidden]) button')].find((b) => b.textContent === 'Read the last 8 MB').click()`)
	b.wait(`Number(new URLSearchParams(location.search).get('log').split(':')[1]) > 10000`)
	if got := b.text(moved); got != "" {
		t.Errorf("in other elements: %s", got)
	}
	b.wait(`document.querySelector('.log-line pre')?.textContent.includes('line 50000 ')`)

	for b.eval(gap+` === null`) != true { // what is left of it
		left := b.text(missing)
		b.eval(gap + `.click()`)
		b.wait(missing + ` !== ` + number(left))
	}
	b.wait(`document.querySelector('.log').getAttribute('aria-rowcount') === '50000'`)
	b.wait(`new URLSearchParams(location.search).get('log') === 'build-log.txt:50000'`)
	b.keys(kb.End)
	b.wait(`document.querySelector('#log-50000:not([hidden]) .log-no')?.textContent === '50000'`)
	b.wait(`[...document.querySelectorAll('.log-row:not([hidden])')].every((r) => r.textContent.includes('line ' + r.dataset.line + ' '))`)
	for _, size := range p.asked {
		if size > 8_000_000 {
			t.Errorf("asked for %d bytes at once", size)
		}
	}
}
