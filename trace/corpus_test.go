package trace

import (
	"context"
	"path/filepath"
	"testing"
)

// TestCorpus loads files written by real kOps processes.
func TestCorpus(t *testing.T) {
	paths, _ := filepath.Glob("../../shared/corpus/*.otel")
	if len(paths) == 0 {
		t.Skip("no corpus beside the repository")
	}
	var sources []Source
	for _, p := range paths {
		sources = append(sources, Source{Name: filepath.Base(p), Path: p})
	}
	s, err := Load(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, p := range s.Problems() {
		t.Errorf("problem: %v", p)
	}
	st := s.Stats()
	if st.Spans+st.Repeated == 0 || st.Odd["invalid-text"] != 0 {
		t.Errorf("stats: %+v", st)
	}
	t.Logf("%+v traces %d", st, s.NumTraces())
	rows := 0
	for i := range s.NumTraces() {
		rows += s.Trace(i).Spans
	}
	if rows != s.Len() {
		t.Errorf("traces hold %d rows, the set %d", rows, s.Len())
	}
	for row := range s.Len() {
		if _, err := Plain(s).Detail(row); err != nil {
			t.Error(err)
		}
	}
}
