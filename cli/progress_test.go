package cli

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/fetch"
	"prowtrace/session"
)

func TestProgressText(t *testing.T) {
	began := time.Unix(1000, 0)
	tests := []struct {
		name  string
		c     fetch.Counts
		after time.Duration
		want  string
	}{
		{"nothing yet", fetch.Counts{Listing: true}, time.Second, "listing files"},
		{"while listing", fetch.Counts{Listing: true, Files: 1200, Done: 12, Bytes: 60e6, BytesDone: 3e6}, 2 * time.Second, "12/1,200+ files  3.0 MB of 60.0 MB  1.5 MB/s"},
		{"half way", fetch.Counts{Files: 10, Done: 5, Bytes: 10e6, BytesDone: 5e6}, 5 * time.Second, "5/10 files  5.0 MB of 10.0 MB  1.0 MB/s  6s left"},
		{"much was there", fetch.Counts{Files: 10, Done: 9, Reused: 8, Bytes: 10e6, BytesSaved: 9e6, BytesDone: 500e3}, time.Second, "9/10 files  9.5 MB of 10.0 MB  500.0 kB/s  2s left"},
		{"trouble", fetch.Counts{Files: 3, Done: 1, Failed: 1, Retries: 4, Bytes: 30, BytesDone: 10}, time.Second, "1/3 files  10 bytes of 30 bytes  10 bytes/s  3s left  4 retries  1 failed"},
		{"one retry", fetch.Counts{Files: 1, Retries: 1}, time.Second, "0/1 files  0 bytes of 0 bytes  1 retry"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &progress{began: began}
			if got := p.counted(tt.c, began.Add(tt.after)); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// On a terminal one line is drawn over, never longer than the terminal is wide,
// and is gone before anything else is printed; elsewhere each is a line.
func TestProgressLine(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b, terminal: true, width: 10, counts: new(fetch.Progress).Counts, began: time.Unix(0, 0)}
	p.show(time.Unix(1, 0))
	p.show(time.Unix(2, 0)) // nothing new
	p.note("a note\x1b[2J")
	p.clear()
	if got, want := b.String(), "\rlisting f\x1b[K\r\x1b[Ka note\uFFFD[2J\n"; got != want {
		t.Errorf("on a terminal %q, want %q", got, want)
	}
	b.Reset()
	p.terminal = false
	p.show(time.Unix(1, 0))
	p.clear()
	if got, want := b.String(), "listing files\n"; got != want {
		t.Errorf("elsewhere %q, want %q", got, want)
	}
}

// What is being done is drawn on a terminal, unless the counts of a download are, with the
// seconds that it takes.
func TestStages(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b, terminal: true, width: 40}
	p.stage("", time.Second)
	p.stage("loading 3 trace files", 900*time.Millisecond)
	p.count(true)
	p.stage("hidden", time.Second)
	p.count(false)
	p.stage("loading\x1b[2J 3 trace files", 61500*time.Millisecond)
	p.clear()
	if got, want := b.String(), "\rloading 3 trace files\x1b[K\rloading\uFFFD[2J 3 trace files  1m1s\x1b[K\r\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Between during and its end a line is drawn now and then, and gone in the end; elsewhere
// than on a terminal there is nothing.
func TestDuring(t *testing.T) {
	for terminal, want := range map[bool]string{true: "\rjudging runs: 1 of 2\x1b[K\rjudging runs: 2 of 2  1s\x1b[K\r\x1b[K", false: ""} {
		synctest.Test(t, func(t *testing.T) {
			var b bytes.Buffer
			p := &progress{w: &b, terminal: terminal, width: 40}
			s := &stage{}
			done := p.during(s.say)
			s.counted("judging runs", 2)
			time.Sleep(500 * time.Millisecond)
			s.counted("judging runs", 2)
			s.counted("judging runs", 2)
			time.Sleep(550 * time.Millisecond)
			done()
			done() // is harmless
			if got := strings.Replace(b.String(), "\rjudging runs: 2 of 2\x1b[K", "", 1); got != want {
				t.Errorf("terminal %v: %q, want %q", terminal, got, want)
			}
		})
	}
}

func TestJudgingStages(t *testing.T) {
	s := &stage{}
	for _, tt := range []struct {
		step session.Judged
		want string
	}{
		{session.Judged{}, "reading the logs"},
		{session.Judged{Logs: true}, "looking for passing runs"},
		{session.Judged{Logs: true, Compared: 1, ToCompare: 3}, "reading passing runs: 1 of 3"},
	} {
		if s.judged(tt.step); s.say() != tt.want {
			t.Errorf("%+v: %q, want %q", tt.step, s.say(), tt.want)
		}
	}
}
