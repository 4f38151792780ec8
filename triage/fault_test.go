package triage

import (
	"errors"
	"strings"
	"testing"

	"prowtrace/internal/panics"
	"prowtrace/prow/runfile"
)

// A panic in a goroutine reaches the caller of Judge.
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
