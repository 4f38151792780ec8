package otelfile

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/jsonscan"
	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
)

// A conversion makes encoded OTLP of a file in another format. It reads the file once, from
// its beginning to its end. It holds no more of it than a span, the description of the spans,
// and a window.
type conversion struct {
	src       *packed
	json      *jsonscan.Scanner
	out       *batch
	span      spanFields
	encoded   []byte // the span, before it is written
	scratch   []byte
	tagKey    []byte // of the tag that was read
	tagValue  []byte
	spans     int
	unpacker  unpacker // of messages
	messages  int      // that were taken as they are
	unpacked  int64    // bytes of messages that were compressed by themselves
	problems  reporter
	cancelled func() error
	err       error // that ends it, of cancelled

	kept    jsonscan.Seen // values without a place in OTLP, or unreadable, which became attributes
	left    jsonscan.Seen // those that could not even be that
	dropped jsonscan.Seen // attributes, events and links beyond the bounds
	others  int           // messages of other signals

	mistyped       jsonscan.Seen // values that are not what their type says
	cut, odd, lone jsonscan.Seen // see jsonscan.Scanner
}

// keptPrefix is the prefix of attributes that hold values without a place in OTLP.
const keptPrefix = "prowtrace.json."

// convert makes f what a reader of its format makes of a stream. The error is that of
// Cancelled, or of what holds the converted file; all else is told as problems.
func (o Options) convert(f *File, src *packed, with func(*conversion)) (*File, error) {
	scratch := o.Scratch
	if scratch == nil {
		scratch = NewScratch("", defaultScratch)
	}
	spool := &spool{scratch: scratch}
	c := &conversion{src: src, out: newBatch(spool), cancelled: o.Cancelled}
	c.problems.emit = func(p Problem) { f.found = append(f.found, p) }
	with(c)
	c.out.closeResource()
	c.out.flush()
	c.tellUnpacking()
	c.tellWriting(spool.err)
	c.finish()
	f.apart, f.converted = true, true
	if err := errors.Join(spool.into(f), c.err); err != nil {
		return nil, errors.Join(fmt.Errorf("convert trace file: %w", err), f.Close())
	}
	return f, nil
}

// tellUnpacking reports what was wrong with the compression.
func (c *conversion) tellUnpacking() {
	if c.src == nil {
		return
	}
	if p := c.src.problem(); p != nil {
		c.problems.tell(*p)
	}
}

func (c *conversion) tellWriting(err error) {
	switch {
	case errors.Is(err, errScratchFull):
		c.problems.add(0, ProblemTooLarge, "%v: only the first %s were read", err, text.Count(c.spans, "span"))
	case err != nil:
		c.problems.add(0, ProblemLost, "%s: only a part was read", text.Line(err.Error()))
	}
}

// finish reports problems that were met more than once, each with its number.
func (c *conversion) finish() {
	c.tellSeen(c.cut, ProblemTooLarge, fmt.Sprintf("%%s longer than %s, cut off there", text.Size(jsonscan.MaxText)), "text is", "texts are")
	c.tellSeen(c.odd, ProblemOdd, "%s of the wrong type, left out", "value is", "values are")
	c.tellSeen(c.lone, ProblemOdd, "%s half of a character, replaced by U+FFFD", "escape is", "escapes are")
	c.tellSeen(c.mistyped, ProblemOdd, "%s not of the declared type, kept as the type they look like", "value is", "values are")
	c.tellSeen(c.kept, ProblemOdd, "%s unknown in OTLP or unreadable, kept as "+keptPrefix+"…", "value is", "values are")
	c.tellSeen(c.left, ProblemOdd, "%s unknown, left out", "field is", "fields are")
	c.tellSeen(c.dropped, ProblemTooLarge, fmt.Sprintf("%%s over the limit of %s for a span or resource, left out", text.Size(maxSpan)), "value is", "values are")
	if c.others > 0 {
		c.problems.add(0, ProblemUnknownType, "skipped %s of metrics, logs or profiles", text.Count(c.others, "list"))
	}
	if c.spans+c.messages == 0 && !c.problems.any() {
		c.problems.add(0, ProblemNoTraces, "the file has no spans")
	}
	c.problems.finish()
}

// tellSeen tells of something that was seen. format has a place for the number and the
// noun with its verb.
func (c *conversion) tellSeen(n jsonscan.Seen, kind ProblemKind, format, one, many string) {
	switch {
	case n.N == 0:
	case n.N == 1:
		c.problems.add(int(n.Place.Offset), kind, "at %v, "+format, n.Place, "one "+one)
	default:
		c.problems.add(int(n.Place.Offset), kind, format+", the first at %v", text.Number(n.N)+" "+many, n.Place)
	}
}

// endScanner adds up what a scanner has counted.
func (c *conversion) endScanner() {
	s := c.json
	for _, n := range []struct{ total, seen *jsonscan.Seen }{{&c.cut, &s.Cut}, {&c.odd, &s.Odd}, {&c.lone, &s.Lone}} {
		if n.total.N == 0 {
			n.total.Place = n.seen.Place
		}
		n.total.N += n.seen.N
	}
}

// see counts something at what comes next.
func (c *conversion) see(n *jsonscan.Seen) {
	if c.json.Err() == nil {
		n.Add(c.json.Place())
	}
}

// documents calls read for each of the JSON values that follow each other in a file. A broken
// value costs the rest of its line, or the rest of the file if it has no lines.
func (c *conversion) documents(read func()) {
	c.json = jsonscan.New(&wanted{c, skipMark(c.src)})
	defer c.endScanner()
	for !c.stopped() {
		if c.json.Err() == nil && c.json.End() {
			return
		}
		if c.json.Err() == nil {
			read()
		}
		c.out.closeResource()
		if err := c.json.Err(); err != nil && !c.recover(err) {
			return
		}
	}
}

// recover tells what ended reading, and goes on behind it if that is possible.
func (c *conversion) recover(err *jsonscan.Error) bool {
	switch {
	case errors.Is(err.Err, errCancelled):
		return false
	case c.src.fault != nil: // which is told by itself
		return false
	case err.Err != nil:
		c.problems.add(int(err.Offset), ProblemLost, "cannot read the file at %v (%s): the rest is lost",
			err.Place, text.Quote(err.Err.Error(), maxQuoted))
		return false
	case err.Torn:
		c.problems.add(int(err.Offset), ProblemTorn, "cut off at %v: its process was probably killed", err.Place)
		return false
	}
	if c.json.NextLine() {
		c.problems.add(int(err.Offset), ProblemSyntax, "invalid JSON: %s; the rest of this line is left out", text.Line(err.Error()))
		return true
	}
	c.problems.add(int(err.Offset), ProblemSyntax, "invalid JSON: %s; the rest of the file is lost", text.Line(err.Error()))
	return false
}

// stopped reports whether the rest is no longer wanted, or there is no room for it.
func (c *conversion) stopped() bool {
	if c.err == nil && c.cancelled != nil {
		c.err = c.cancelled()
	}
	return c.err != nil || c.out.spool.err != nil
}

// wanted is the input of a conversion. It ends when the rest is no longer wanted, however long a
// single value is.
type wanted struct {
	c *conversion
	r io.Reader
}

func (w *wanted) Read(b []byte) (int, error) {
	if w.c.stopped() {
		return 0, errCancelled
	}
	return w.r.Read(b)
}

var errCancelled = errors.New("nobody wants the rest")

// write adds the span that was read to the open ScopeSpans.
func (c *conversion) write() {
	c.encoded = c.span.append(c.encoded[:0])
	c.out.span(c.encoded)
	c.spans++
}

// full reports whether what is encoded in b has no more room. What comes next is then passed
// over. All that grows with the length of a value, or with how often a member is there, asks it.
func (c *conversion) full(b []byte) bool {
	if len(b) <= maxSpan {
		return false
	}
	c.see(&c.dropped)
	c.json.Skip()
	return true
}

// keepField keeps a member of a span that has no place in OTLP, whose value comes next.
func (c *conversion) keepField(b []byte, key []byte) []byte {
	return c.keepMember(b, spanAttributes, key)
}

// keepMember is keepField for a message that has its attributes in field num.
func (c *conversion) keepMember(b []byte, num protowire.Number, key []byte) []byte {
	if c.full(b) {
		return b
	}
	at := c.json.Place()
	b = c.appendMember(b, num, append([]byte(keptPrefix), key...), 0)
	if c.json.Err() == nil {
		c.kept.Add(at)
	}
	return b
}

// keepScalar keeps a value that was read but not understood.
func (c *conversion) keepScalar(b []byte, key string, value []byte, kind jsonscan.Kind) []byte {
	if kind == jsonscan.None {
		return b
	}
	if len(b) > maxSpan {
		c.see(&c.dropped)
		return b
	}
	c.see(&c.kept)
	b, at := otlpwire.Open(b, spanAttributes)
	b = otlpwire.AppendBytes(b, 1, keptPrefix+key)
	b, v := otlpwire.Open(b, 2)
	return otlpwire.Seal(otlpwire.Seal(appendScalar(b, value, kind), v), at)
}

// skipMark skips a byte order mark of UTF-8.
func skipMark(src *packed) io.Reader {
	if head, _ := src.Peek(3); strings.HasPrefix(string(head), "\ufeff") {
		_, _ = src.Discard(3) // which were seen
	}
	return src
}
