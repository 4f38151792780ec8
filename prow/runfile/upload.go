package runfile

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// Upload is what the sidecar did after the test container had ended, read from
// its own log, sidecar-logs.json.
type Upload struct {
	Start, End time.Time
	Files      int // uploaded
	Failed     int // not uploaded
	Problems   []LogLine
}

// LogLine is one line of a log that speaks of trouble.
type LogLine struct {
	Time    time.Time
	Error   bool // else a warning
	Message string
}

const maxProblems = 100

func (m *Metadata) readUpload(_ string, data []byte) error {
	u := &Upload{}
	bad := 0
	for line := range bytes.Lines(data) {
		var f struct {
			Time    instant `json:"time"`
			Level   word    `json:"level"`
			Message word    `json:"msg"`
			Dest    word    `json:"dest"`
			Error   word    `json:"error"`
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if decode(line, &f) != nil && f.Time.IsZero() {
			bad++
			continue
		}
		u.line(f.Time.Time, string(f.Level), string(f.Message), string(f.Dest), string(f.Error))
	}
	if u.End.IsZero() && len(u.Problems) == 0 {
		u = nil
	}
	m.Upload = u
	if bad > 0 {
		return fmt.Errorf("not JSON: %s", text.Count(bad, "line"))
	}
	return nil
}

func (u *Upload) line(t time.Time, level, text, dest, cause string) {
	about := dest != "" || strings.Contains(strings.ToLower(text), "upload")
	if about && !t.IsZero() {
		if u.Start.IsZero() || t.Before(u.Start) {
			u.Start = t
		}
		if t.After(u.End) {
			u.End = t
		}
	}
	switch {
	case text == "Finished upload":
		u.Files++
	case strings.HasPrefix(text, "Failed upload"):
		u.Failed++
	}
	serious := level == "error" || level == "fatal" || level == "panic"
	if (serious || level == "warning") && !t.IsZero() && len(u.Problems) < maxProblems {
		if cause != "" {
			text += ": " + cause
		}
		u.Problems = append(u.Problems, LogLine{t, serious, message(text)})
	}
}
