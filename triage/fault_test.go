package triage

import (
	"errors"
	"strings"
	"testing"

	"prowtrace/internal/panics"
	"prowtrace/prow/runfile"
)

// A fault that a goroutine meets comes to who asked for the judgement.
func TestFaultOfAGoroutine(t *testing.T) {
	e := &Evidence{Metadata: &runfile.Metadata{}, Logs: []Log{{Name: "build-log.txt"}}} // without lines
	var met *panics.Error
	err := panics.Guard(func() error {
		_, err := Judge(t.Context(), e, NewMatcher(nil))
		return err
	})
	if !errors.As(err, &met) || !strings.Contains(string(met.Stack), "(*collector).log") {
		t.Errorf("error %v", err)
	}
}
