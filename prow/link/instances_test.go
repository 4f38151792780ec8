package link

import (
	"testing"

	"prowtrace/internal/prowtest"
)

// The note says where a run is really looked for.
func TestOwnNote(t *testing.T) {
	known := prowtest.OwnInstances(t, false)
	for input, want := range map[string]string{
		"example-nightly":       "bucket from prow.example.com",
		"example-nightly@5":     "bucket from prow.example.com",
		"/?job=example-nightly": "bucket from prow.example.com",
		"https://prow.other.example/?job=example-nightly": "bucket from prow.other.example",
		"other": "bucket from the default instance",
	} {
		if ref, err := Parse(known, input); err != nil || ref.Note != want {
			t.Errorf("%s: note %q, %v; want %q", input, ref.Note, err, want)
		}
	}
}
