package runfile

import (
	"strings"
	"testing"
)

// Beyond what there is room for, messages are short.
func TestMessagesAreBounded(t *testing.T) {
	r := new(outputRoom)
	long := strings.Repeat("because ", maxMessage/8)
	for range maxMessages / len(long) {
		if got := r.message(long); got != long {
			t.Fatalf("cut to %d bytes while there was room", len(got))
		}
	}
	if got, want := r.message(long), long[:shortMessage]+"…"; got != want {
		t.Errorf("kept %q", got)
	}
	if got := r.message("short"); got != "short" {
		t.Errorf("kept %q", got)
	}
}
