package runfile

import (
	"fmt"

	"prowtrace/internal/text"
)

// A Loss says that something of a run's small files is not in what is shown.
type Loss struct {
	Kind  LossKind `json:"kind"`
	File  string   `json:"file,omitempty"`  // below the run's root, the first of several; "" where none is known
	Files int      `json:"files"`           // how many it stands for; at least one
	Why   string   `json:"why"`             // safe to print; a clause such as "it breaks off at byte 130"
	Again bool     `json:"again,omitempty"` // asking the bucket again may bring it
}

// LossKind says what was lost.
type LossKind string

// What can be lost.
const (
	LossBroken      LossKind = "broken"      // a part of a file makes no sense
	LossTooLarge    LossKind = "too-large"   // a file is larger than such files are read
	LossTooMany     LossKind = "too-many"    // files, or what they hold, beyond a limit
	LossUnavailable LossKind = "unavailable" // the bucket did not give a file
	LossUnlisted    LossKind = "unlisted"    // the bucket did not tell which files there are
	LossLate        LossKind = "late"        // a file was still on its way, and nobody waited for it
)

// Error gives the loss as one line.
func (l Loss) Error() string {
	switch {
	case l.File == "":
		return l.Why
	case l.Files > 1:
		return fmt.Sprintf("%s and %s: %s", text.Name(l.File), text.Count(l.Files-1, "other file"), l.Why)
	}
	return text.Name(l.File) + ": " + l.Why
}

// CountLost is how many files losses stand for.
func CountLost(losses []Loss) (files int) {
	for _, l := range losses {
		files += l.Files
	}
	return files
}
