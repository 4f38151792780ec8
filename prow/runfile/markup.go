package runfile

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// markup reads a JUnit file as a stream of tokens: the elements that JUnit has, and
// the text between them. Anything else that looks like markup is text, so that what
// tests print does no harm: a raw < in a name or a message, unknown entities,
// control characters. It holds no more than a buffer of the file.
type markup struct {
	r      *bufio.Reader
	counts *lineReader
	isXML  bool        // it begins as XML does
	opened bool        // < has been read
	cdata  bool        // within <![CDATA[
	kept   []attribute // space for the attributes of the next tag
}

// Bounds of a tag.
const (
	maxAttributes = 50
	maxValue      = 4 * maxMessage // bytes kept of one value, still escaped
	maxTagName    = 16             // of those in elements
)

// elements are the elements of JUnit that are read.
var elements = map[string]bool{
	"testsuites": true, "testsuite": true, "testcase": true, "property": true, "skipped": true,
	"failure": true, "error": true, "flakyFailure": true, "flakyError": true, "rerunFailure": true, "rerunError": true,
	"system-out": true, "system-err": true,
}

// token is an element's tag or, without a name, text.
type token struct {
	name       string
	closing    bool        // </name>
	empty      bool        // <name/>
	torn       bool        // the tag breaks off
	line       int         // of a testcase that opens, from 1
	attributes []attribute // valid until the next tag is read

	text []byte // valid until the next token is read
	raw  bool   // of CDATA: nothing in it is escaped
}

type attribute struct{ name, value string }

// attribute returns the value of the attribute with a name, or "".
func (t token) attribute(name string) string {
	for _, a := range t.attributes {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

func newMarkup(r io.Reader) *markup {
	counts := &lineReader{r: r}
	m := &markup{r: bufio.NewReaderSize(counts, 64<<10), counts: counts}
	counts.usedUp = m.offset
	begin, _ := m.r.Peek(512)
	begin = bytes.TrimLeft(bytes.TrimPrefix(begin, []byte("\ufeff")), " \r\n\t")
	m.isXML = len(begin) > 1 && begin[0] == '<' && begin[1] != '<' && !isSpace(begin[1])
	return m
}

// offset is how many bytes of the file have been used up.
func (m *markup) offset() int64 { return m.counts.n - int64(m.r.Buffered()) }

// next returns the next token. Its error is io.EOF at the end, or the reader's.
func (m *markup) next() (token, error) {
	for {
		if m.cdata {
			text, err := m.until("]]>")
			m.cdata = err == bufio.ErrBufferFull
			if len(text) > 0 || err == io.EOF {
				return token{text: text, raw: true}, nil
			}
			if err != nil && err != bufio.ErrBufferFull {
				return token{}, err
			}
			continue
		}
		if !m.opened {
			text, err := m.r.ReadSlice('<')
			if m.opened = err == nil; m.opened {
				text = text[:len(text)-1]
			}
			if len(text) > 0 {
				return token{text: text}, nil
			}
			if err != nil {
				return token{}, err
			}
		}
		m.opened = false
		if t, ok := m.tag(); ok {
			return t, nil
		}
	}
}

// tag reads what < begins. ok is false if that is not a token.
func (m *markup) tag() (t token, ok bool) {
	ahead, _ := m.r.Peek(maxTagName + 2)
	switch {
	case bytes.HasPrefix(ahead, []byte("![CDATA[")):
		m.discard(len("![CDATA["))
		m.cdata = true
		return t, false
	case bytes.HasPrefix(ahead, []byte("!--")):
		m.discard(len("!--"))
		m.skip("-->")
		return t, false
	case len(ahead) > 0 && (ahead[0] == '?' || ahead[0] == '!'):
		m.skip(">")
		return t, false
	}
	name, closing := elementAt(ahead)
	if name == "" {
		return token{text: []byte("<")}, true
	}
	if closing {
		m.discard(len(name) + 1)
		m.skip(">")
		return token{name: name, closing: true}, true
	}
	t = token{name: name}
	if name == "testcase" {
		t.line = m.counts.line(m.offset())
	}
	m.discard(len(name))
	t.attributes, t.empty, t.torn = m.attributes()
	return t, true
}

// elementAt returns the element whose tag begins with the text that follows <.
func elementAt(ahead []byte) (name string, closing bool) {
	if len(ahead) > 0 && ahead[0] == '/' {
		ahead, closing = ahead[1:], true
	}
	end := bytes.IndexFunc(ahead, func(c rune) bool { return c != '-' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') })
	if end < 0 {
		end = len(ahead) // the file breaks off in the name
	}
	if !elements[string(ahead[:end])] || end < len(ahead) && !isSpace(ahead[end]) && ahead[end] != '>' && ahead[end] != '/' {
		return "", false
	}
	return string(ahead[:end]), closing
}

// attributes reads the attributes of a tag. The tag is torn if the file ends in it, or
// if another tag begins in it.
func (m *markup) attributes() (all []attribute, empty, torn bool) {
	all = m.kept[:0]
	defer func() { m.kept = all }()
	for {
		c, err := m.r.ReadByte()
		switch {
		case err != nil:
			return all, false, true
		case c == '>':
			return all, empty, false
		case c == '<':
			if m.opened = m.elementFollows(); m.opened {
				return all, false, true
			}
		case c == '/':
			empty = true
		case isSpace(c):
		default:
			empty = false
			a, torn := m.attribute(c)
			if len(all) < maxAttributes && a.name != "" {
				all = append(all, a)
			}
			if torn {
				return all, false, true
			}
		}
	}
}

func (m *markup) elementFollows() bool {
	ahead, _ := m.r.Peek(maxTagName + 2)
	name, _ := elementAt(ahead)
	return name != ""
}

// attribute reads one that begins with a character.
func (m *markup) attribute(first byte) (a attribute, torn bool) {
	ahead, _ := m.r.Peek(m.r.Buffered())
	if i := bytes.IndexAny(ahead[:min(len(ahead), 32)], "= \r\n\t><\"'/"); i >= 0 && ahead[i] == '=' {
		name := attributeName(first, ahead[:i])
		m.discard(i + 1)
		value, torn := m.value()
		return attribute{name, value}, torn
	}
	name := []byte{first}
	for {
		c, err := m.r.ReadByte()
		switch {
		case err != nil:
			return attribute{}, true
		case c == '=':
			value, torn := m.value()
			return attribute{string(name), value}, torn
		case c == '>' || c == '<' || c == '/':
			_ = m.r.UnreadByte() // never fails behind ReadByte
			return attribute{}, false
		case len(name) < 100 && !isSpace(c):
			name = append(name, c)
		}
	}
}

// attributeName returns the name of an attribute, without an allocation for the usual
// ones.
func attributeName(first byte, rest []byte) string {
	for _, name := range [...]string{"name", "classname", "time", "status", "message", "type", "timestamp"} {
		if name[0] == first && name[1:] == string(rest) {
			return name
		}
	}
	return string(first) + string(rest)
}

// value reads an attribute's value. A quote within it ends it only if a tag can
// continue there.
func (m *markup) value() (value string, torn bool) {
	var kept []byte
	quote, err := m.r.ReadByte()
	for err == nil && isSpace(quote) {
		quote, err = m.r.ReadByte()
	}
	if err == nil && quote != '"' && quote != '\'' {
		_ = m.r.UnreadByte()
		quote = 0
	}
	if value, ok := m.plainValue(quote); ok && err == nil {
		return value, false
	}
	for err == nil {
		var c byte
		if c, err = m.r.ReadByte(); err != nil {
			break
		}
		switch {
		case quote == 0 && (isSpace(c) || c == '>'):
			_ = m.r.UnreadByte()
			return unescape(kept), false
		case quote != 0 && c == quote:
			if next, _ := m.r.Peek(1); len(next) == 0 || isSpace(next[0]) || next[0] == '>' || next[0] == '/' || next[0] == '?' {
				return unescape(kept), false
			}
		case c == '<' && m.elementFollows():
			m.opened = true
			return unescape(kept), true
		}
		if len(kept) < maxValue {
			kept = append(kept, c)
		}
	}
	return unescape(kept), true
}

// plainValue reads the usual kind of value: completely in the buffer, with nothing that
// needs a second look.
func (m *markup) plainValue(quote byte) (value string, ok bool) {
	ahead, _ := m.r.Peek(m.r.Buffered())
	end := bytes.IndexByte(ahead, quote)
	if quote == 0 || end < 0 || end > maxValue || end+1 >= len(ahead) || bytes.IndexByte(ahead[:end], '<') >= 0 {
		return "", false
	}
	if next := ahead[end+1]; !isSpace(next) && next != '>' && next != '/' {
		return "", false
	}
	value = unescape(ahead[:end])
	m.discard(end + 1)
	return value, true
}

// output skips what a test has printed, up to the end of its element, and passes it
// to keep, if that is not nil: text with references, or raw text without. In CDATA and in
// comments no element ends.
func (m *markup) output(name string, keep func(text []byte, raw bool)) {
	if keep == nil {
		keep = func([]byte, bool) {}
	}
	end := []byte("/" + name)
	for {
		text, err := m.r.ReadSlice('<')
		keep(bytes.TrimSuffix(text, []byte("<")), false)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return
		}
		ahead, _ := m.r.Peek(max(len(end), len("![CDATA[")))
		switch {
		case bytes.HasPrefix(ahead, end):
			m.skip(">")
			return
		case bytes.HasPrefix(ahead, []byte("![CDATA[")):
			m.discard(len("![CDATA["))
			m.each("]]>", keep)
		case bytes.HasPrefix(ahead, []byte("!--")):
			m.skip("-->")
		default:
			keep([]byte("<"), true)
		}
	}
}

// each passes on a text up to the one that ends it.
func (m *markup) each(end string, keep func(text []byte, raw bool)) {
	for {
		text, err := m.until(end)
		keep(text, true)
		if err != bufio.ErrBufferFull {
			return
		}
	}
}

// skip skips everything up to the text that ends it.
func (m *markup) skip(end string) {
	for {
		if _, err := m.until(end); err != bufio.ErrBufferFull {
			return
		}
	}
}

// until reads up to a text, which it leaves out. bufio.ErrBufferFull means that there
// is more before that text.
func (m *markup) until(end string) ([]byte, error) {
	if m.r.Buffered() < len(end) {
		_, _ = m.r.Peek(len(end)) // fills the buffer; the end of the file shows below
	}
	ahead, _ := m.r.Peek(m.r.Buffered())
	if i := bytes.Index(ahead, []byte(end)); i >= 0 {
		m.discard(i + len(end))
		return ahead[:i], nil
	}
	keep := min(len(end)-1, len(ahead)) // may be a part of the end
	if len(ahead) < len(end) {
		m.discard(len(ahead))
		return ahead, io.EOF
	}
	m.discard(len(ahead) - keep)
	return ahead[:len(ahead)-keep], bufio.ErrBufferFull
}

// discard skips bytes that are in the buffer.
func (m *markup) discard(n int) { _, _ = m.r.Discard(n) }

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// unescape undoes references to characters. Unknown entities stay as they are.
func unescape(raw []byte) string {
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("?"))
	}
	if !bytes.Contains(raw, []byte("&")) {
		return string(raw)
	}
	var b strings.Builder
	for len(raw) > 0 {
		at := bytes.IndexByte(raw, '&')
		if at < 0 {
			break
		}
		b.Write(raw[:at])
		raw = raw[at:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if s, ok := reference(raw, end); ok {
			b.WriteString(s)
			raw = raw[end+1:]
			continue
		}
		b.WriteByte('&')
		raw = raw[1:]
	}
	b.Write(raw)
	return b.String()
}

// reference returns the text that &name; stands for.
func reference(raw []byte, end int) (s string, ok bool) {
	if end < 2 {
		return "", false
	}
	name := string(raw[1:end])
	if number, ok := strings.CutPrefix(name, "#"); ok {
		if hex := strings.TrimLeft(number, "xX"); hex != number {
			number = "0x" + hex
		}
		n, err := strconv.ParseUint(number, 0, 32)
		if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return " ", true
		}
		return string(rune(n)), true
	}
	s, ok = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}[name]
	return s, ok
}
