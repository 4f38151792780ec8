package cli

import (
	"fmt"
	"sync"

	"prowtrace/internal/text"
	"prowtrace/session"
)

// stage is what is being done, for the line that a terminal shows meanwhile. It can be used
// by several goroutines.
type stage struct {
	mu   sync.Mutex
	said string
	done int // of some
}

func (s *stage) say() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said
}

func (s *stage) set(said string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = said
}

// counted says that one more of some is done: "reading runs: 3 of 30".
func (s *stage) counted(doing string, of int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = min(s.done+1, of)
	s.said = fmt.Sprintf("%s: %s of %s", doing, text.Number(s.done), text.Number(of))
}

// judged hears of the steps of judging one run.
func (s *stage) judged(step session.Judged) {
	switch {
	case !step.Logs:
		s.set("reading the logs")
	case step.ToCompare == 0:
		s.set("looking for passing runs")
	default:
		s.compared(step.Compared, step.ToCompare)
	}
}

// compared says how many passing runs are there to compare with.
func (s *stage) compared(some, all int) {
	s.set(fmt.Sprintf("reading passing runs: %s of %s", text.Number(some), text.Number(all)))
}
