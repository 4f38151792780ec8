package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/text"
)

// How often progress is drawn on a terminal, and told where there is none.
const (
	drawEvery = 100 * time.Millisecond
	tellEvery = 10 * time.Second
)

// progress is what a person sees on standard error: notes, a line each, and the counts
// of a download. These are one line that is drawn over on a terminal, a plain line
// now and then elsewhere.
type progress struct {
	mu       sync.Mutex // guards what is drawn, waits and began
	w        io.Writer
	drawn    bool
	line     string // that is drawn
	terminal bool
	width    int
	counting bool                // the counts are shown: nothing else is drawn
	counts   func() fetch.Counts // set by start
	waits    map[string]awaited
	began    time.Time
	stop     func() // set by start
}

func newProgress(s Streams) *progress {
	p := &progress{w: s.Err, width: 80, stop: func() {}}
	if width, ok := terminal(s.Err); ok && s.Getenv("CI") == "" && s.Getenv("TERM") != "dumb" {
		p.terminal, p.width = true, cmp.Or(width, p.width)
	}
	return p
}

// start shows the counts until stop is called. The store has retries beside those
// that are counted.
func (p *progress) start(counts func() fetch.Counts, retries func() int64) {
	p.began = time.Now()
	p.counts = func() fetch.Counts {
		c := counts()
		c.Retries += retries()
		return c
	}
	every := tellEvery
	if p.terminal {
		every = drawEvery
	}
	p.count(true)
	end := p.repeat(every, p.show)
	p.stop = sync.OnceFunc(func() {
		end()
		p.count(false)
	})
}

func (p *progress) count(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counting = on
}

// during draws on a terminal what is being done, with the seconds that it takes, until done
// is called: before something else is printed. say is called from another goroutine.
func (p *progress) during(say func() string) (done func()) {
	if !p.terminal {
		return func() {}
	}
	began := time.Now()
	return sync.OnceFunc(p.repeat(drawEvery, func(now time.Time) { p.stage(say(), now.Sub(began)) }))
}

// stage draws what is being done.
func (p *progress) stage(what string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counting || what == "" {
		return
	}
	if took >= time.Second {
		what += "  " + took.Truncate(time.Second).String()
	}
	p.draw(text.Line(what))
}

// repeat calls show now and then until end is called, which clears what is drawn.
func (p *progress) repeat(every time.Duration, show func(time.Time)) (end func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		p.run(every, show, done)
	}()
	return func() {
		close(done)
		<-stopped
	}
}

func (p *progress) run(every time.Duration, show func(time.Time), done <-chan struct{}) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			p.clear()
			return
		case now := <-ticker.C:
			show(now)
		}
	}
}

// note prints a line for a person without disturbing the one that is drawn over.
func (p *progress) note(note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintln(p.w, text.Lines(note))
}

func (p *progress) show(now time.Time) {
	c := p.counts()
	p.mu.Lock()
	defer p.mu.Unlock()
	line := p.waiting(now)
	switch {
	case line == "" || c.Listing || c.Done+c.Failed < c.Files:
		line = p.counted(c, now)
	case !p.terminal: // wait has told it
		return
	}
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	p.draw(line)
}

// draw draws over the line that is drawn.
func (p *progress) draw(line string) {
	if runes := []rune(line); len(runes) >= p.width {
		line = string(runes[:p.width-1])
	}
	if p.drawn && line == p.line {
		return
	}
	fmt.Fprintf(p.w, "\r%s\x1b[K", line)
	p.drawn, p.line = true, line
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

// counted words the counts: "12/60 files  3.1/9.4 MB  8.2 MB/s  2 s left".
func (p *progress) counted(c fetch.Counts, now time.Time) string {
	known := text.Number(c.Files)
	if c.Listing {
		known += "+"
	}
	parts := []string{"listing files"}
	if c.Files > 0 {
		parts = []string{
			fmt.Sprintf("%s/%s files", text.Number(c.Done), known),
			fmt.Sprintf("%s of %s", text.Size(c.BytesDone+c.BytesSaved), text.Size(c.Bytes)),
		}
	}
	if elapsed := now.Sub(p.began).Seconds(); elapsed > 0 && c.BytesDone > 0 {
		rate := float64(c.BytesDone) / elapsed
		parts = append(parts, text.Size(int64(rate))+"/s")
		if left := c.Bytes - c.BytesDone - c.BytesSaved; left > 0 && !c.Listing {
			parts = append(parts, fmt.Sprintf("%s left", (time.Duration(float64(left)/rate*1e9)+time.Second).Truncate(time.Second)))
		}
	}
	if c.Retries > 0 {
		parts = append(parts, text.Count(c.Retries, "retry"))
	}
	if c.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%s failed", text.Number(c.Failed)))
	}
	return strings.Join(parts, "  ")
}
