package runfile

import (
	"testing"
	"time"
)

// Writers spell one value in many ways.
func TestSpellings(t *testing.T) {
	at := time.Date(2025, 11, 20, 0, 53, 20, 250_000_000, time.UTC)
	for _, spelled := range []string{
		`1763600000.25`, `"1763600000.25"`, `" 1763600000.250 "`, `1763600000250`, `1763600000250000000`, `1.76360000025e9`,
		`"2025-11-20T00:53:20.25Z"`, `"2025-11-20T01:53:20.25+01:00"`, `"2025-11-20T01:53:20.25+0100"`, `"2025-11-20T00:53:20.25"`, `"2025-11-20 00:53:20.25"`,
	} {
		m := &Metadata{}
		for _, name := range []string{"started.json", "finished.json"} {
			if err := m.Add(name, []byte(`{"timestamp":`+spelled+`,"passed":"true"}`)); err != nil {
				t.Errorf("%s: %v", spelled, err)
			}
		}
		if err := m.Add("prowjob.json", []byte(`{"status":{"startTime":`+spelled+`,"build_id":1990000000000000001,"pod_revival_count":"2"}}`)); err != nil {
			t.Errorf("%s: %v", spelled, err)
		}
		if !m.Started.Time.Equal(at) || !m.Finished.Time.Equal(at) || !m.ProwJob.Start.Equal(at) || m.State() != Passed {
			t.Errorf("%s: %v, %v, %v, %s", spelled, m.Started.Time, m.Finished.Time, m.ProwJob.Start, m.State())
		}
		if m.ProwJob.Build != "1990000000000000001" || m.ProwJob.Revivals != 2 {
			t.Errorf("%+v", m.ProwJob)
		}
	}
	for _, none := range []string{`null`, `0`, `7`, `-5`, `"soon"`, `""`, `[]`, `{}`, `true`, `1e300`, `"1970-01-01T00:00:00Z"`, `"9999-01-01T00:00:00Z"`, `1763600000.1234567891234567890123`} {
		m := &Metadata{}
		if err := m.Add("started.json", []byte(`{"timestamp":`+none+`,"node":7}`)); err != nil || !m.Started.Time.IsZero() && len(none) < 30 || m.Started.Node != "7" {
			t.Errorf("%s: %+v, %v", none, m.Started, err)
		}
	}
}

func TestSpelledDurations(t *testing.T) {
	for spelled, want := range map[string]time.Duration{
		`1500000000`: 1500 * time.Millisecond, `"1.5s"`: 1500 * time.Millisecond, `"1500000000"`: 1500 * time.Millisecond, `1.5e9`: 1500 * time.Millisecond,
		`-1`: 0, `"long"`: 0, `null`: 0, `9223372036854775807`: 0, `{}`: 0,
	} {
		m := &Metadata{}
		if err := m.Add("clone-records.json", []byte(`[{"duration":`+spelled+`,"failed":"false","commands":[{"duration":`+spelled+`}]}]`)); err != nil {
			t.Fatal(err)
		}
		if c := m.Clones[0]; c.Duration != want || c.Commands[0].Duration != want {
			t.Errorf("%s: %v", spelled, c)
		}
		if err := m.Add("artifacts/ci-operator-step-graph.json", []byte(`[{"name":1,"started_at":1763600000,"duration":`+spelled+`}]`)); err != nil {
			t.Fatal(err)
		}
		if s := m.Steps[0]; s.Name != "1" || want > 0 && s.Finished.Sub(s.Started) != want {
			t.Errorf("%s: %v", spelled, s)
		}
	}
}
