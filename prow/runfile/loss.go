package runfile

import (
	"fmt"

	"prowtrace/internal/text"
)

// A Loss says that a part of a run's small files is missing from what is shown.
type Loss struct {
	Kind  LossKind `json:"kind"`
	File  string   `json:"file,omitempty"`  // below the run's root, the first of several; "" if none is known
	Files int      `json:"files"`           // how many it stands for; at least one
	Why   string   `json:"why"`             // safe to print; a clause such as "it breaks off at byte 130"
	Again bool     `json:"again,omitempty"` // another request to the bucket may bring it
}

// LossKind says what was lost.
type LossKind string

// The kinds of loss.
const (
	LossBroken      LossKind = "broken"      // a part of a file is invalid
	LossTooLarge    LossKind = "too-large"   // a file is larger than the limit
	LossTooMany     LossKind = "too-many"    // files, or their contents, beyond a limit
	LossUnavailable LossKind = "unavailable" // the bucket did not deliver a file
	LossUnlisted    LossKind = "unlisted"    // the bucket did not list the files
	LossLate        LossKind = "late"        // a file did not come in time
)

// Error returns the loss as one line.
func (l Loss) Error() string {
	switch {
	case l.File == "":
		return l.Why
	case l.Files > 1:
		return fmt.Sprintf("%s and %s: %s", text.Name(l.File), text.Count(l.Files-1, "other file"), l.Why)
	}
	return text.Name(l.File) + ": " + l.Why
}

// CountLost returns how many files the losses stand for.
func CountLost(losses []Loss) (files int) {
	for _, l := range losses {
		files += l.Files
	}
	return files
}
