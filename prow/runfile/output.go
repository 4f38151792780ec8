package runfile

import (
	"bytes"
	"regexp"
	"strings"
	"sync/atomic"

	"prowtrace/internal/mask"
)

// Output is what a case printed, or the body of its failure.
type Output struct {
	Stream string // the element: system-out, system-err, failure
	Text   string // the last of it, as whole lines
	Cut    bool   // there was more before it
}

// Bounds of outputs, in bytes. Those of cases that did not pass have room of their own.
const (
	maxOutput       = 16 << 10 // of one stream of a case that did not pass
	maxPassedOutput = 4 << 10
	maxOutputs      = 16 << 20 // of all cases that did not pass
	maxPassed       = 8 << 20  // of all that did

	maxMessages  = 64 << 20 // of why cases did not pass, together; further ones are short
	shortMessage = 300
)

// outputRoom is the remaining space for the outputs of a run. It is safe for concurrent use.
type outputRoom struct{ failed, passed, messages atomic.Int64 }

// message cuts the message of a case that did not pass to the remaining space.
func (r *outputRoom) message(s string) string {
	if r.messages.Add(int64(len(s))) <= maxMessages || len(s) <= shortMessage {
		return s
	}
	head, _ := mask.Cut(s, shortMessage)
	return strings.Clone(head) + "…"
}

// take cuts the outputs of a case to the remaining space.
func (r *outputRoom) take(all []Output, passed bool) (kept []Output) {
	used, most, limit := &r.failed, int64(maxOutputs), maxOutput
	if passed {
		used, most, limit = &r.passed, maxPassed, maxPassedOutput
	}
	for _, o := range all {
		if len(o.Text) > limit {
			o.Text, o.Cut = wholeLines(o.Text[len(o.Text)-limit:]), true
		}
		if o.Text != "" && used.Add(int64(len(o.Text))) <= most {
			o.Text = strings.Clone(o.Text)
			kept = append(kept, o)
		}
	}
	return kept
}

// outputTail keeps the end of what is added.
type outputTail struct {
	text []byte
	cut  bool
}

// add adds a piece; raw if nothing in it is escaped.
func (o *outputTail) add(piece []byte, raw bool) {
	if n := len(piece) - maxOutput; n > 0 {
		piece, o.cut = piece[n:], true
		o.text = o.text[:0]
	}
	if raw {
		o.text = append(o.text, piece...)
	} else {
		o.text = append(o.text, unescape(piece)...)
	}
	if n := len(o.text) - maxOutput; n > maxOutput {
		o.text, o.cut = append(o.text[:0], o.text[n:]...), true
	}
}

// output returns what was kept, safe to show. Without text it is empty.
func (o *outputTail) output(stream string) Output {
	text := o.text
	cut := o.cut
	if n := len(text) - maxOutput; n > 0 {
		text, cut = text[n:], true
	}
	shown := string(bytes.ToValidUTF8(text, []byte("?")))
	if cut {
		shown = wholeLines(shown)
	}
	return Output{stream, strings.Trim(harmless(escapes.ReplaceAllString(shown, ""), 2*maxOutput), "\r\n"), cut}
}

// escapes are sequences that colour text, and the carriage returns of lines.
var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[ -/]*[@-~]|\r")

// wholeLines leaves out the incomplete line at the start of a text, and the rest of a private
// key: half a secret cannot be recognised as one.
func wholeLines(text string) string {
	if _, rest, ok := strings.Cut(text, "\n"); ok {
		return mask.Tail(rest)
	}
	return ""
}
