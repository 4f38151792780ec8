package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"prowtrace/fetch"
)

// How often progress is drawn on a terminal, and told where there is none.
const (
	drawEvery = 100 * time.Millisecond
	tellEvery = 10 * time.Second
)

// progress shows the counts of a download on standard error: one line that is
// drawn over on a terminal, a plain line now and then elsewhere.
type progress struct {
	mu       sync.Mutex // guards what is drawn, waits and began
	w        io.Writer
	drawn    bool
	line     string // that is drawn
	terminal bool
	width    int
	counts   *fetch.Progress
	waits    map[string]awaited
	retries  func() int64 // of the store, beside those that counts has
	began    time.Time
}

func newProgress(s Streams, retries func() int64, now time.Time) *progress {
	p := &progress{w: s.Err, counts: &fetch.Progress{}, retries: retries, began: now, width: 80}
	f, ok := s.Err.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) && s.Getenv("CI") == "" && s.Getenv("TERM") != "dumb" {
		p.terminal = true
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			p.width = w
		}
	}
	return p
}

// run shows progress until stop is closed.
func (p *progress) run(stop <-chan struct{}) {
	every := tellEvery
	if p.terminal {
		every = drawEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			p.clear()
			return
		case now := <-ticker.C:
			p.show(now)
		}
	}
}

// note prints a line for a person without disturbing the one that is drawn over.
func (p *progress) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintln(p.w, lines(text))
}

func (p *progress) show(now time.Time) {
	c := p.counts.Counts()
	c.Retries += p.retries()
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.waiting(now)
	switch {
	case text == "" || c.Listing || c.Done+c.Failed < c.Files:
		text = p.text(c, now)
	case !p.terminal: // wait has told it
		return
	}
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	if runes := []rune(text); len(runes) >= p.width {
		text = string(runes[:p.width-1])
	}
	if p.drawn && text == p.line {
		return
	}
	fmt.Fprintf(p.w, "\r%s\x1b[K", text)
	p.drawn, p.line = true, text
}

func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

// text words the counts: "12/60 files  3.1/9.4 MB  8.2 MB/s  2 s left".
func (p *progress) text(c fetch.Counts, now time.Time) string {
	known := grouped(c.Files)
	if c.Listing {
		known += "+"
	}
	parts := []string{
		fmt.Sprintf("%s/%s files", grouped(c.Done), known),
		fmt.Sprintf("%s of %s", size(c.BytesDone+c.BytesSaved), size(c.Bytes)),
	}
	if elapsed := now.Sub(p.began).Seconds(); elapsed > 0 && c.BytesDone > 0 {
		rate := float64(c.BytesDone) / elapsed
		parts = append(parts, size(int64(rate))+"/s")
		if left := c.Bytes - c.BytesDone - c.BytesSaved; left > 0 && !c.Listing {
			parts = append(parts, fmt.Sprintf("%s left", (time.Duration(float64(left)/rate*1e9)+time.Second).Truncate(time.Second)))
		}
	}
	if c.Retries > 0 {
		parts = append(parts, count(c.Retries, "retry"))
	}
	if c.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%s failed", grouped(c.Failed)))
	}
	return strings.Replace(strings.Join(parts, "  "), "retrys", "retries", 1)
}
