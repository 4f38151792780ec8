package query

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// A field is something that the find box and Jaeger's tags name by a key although it is not
// an attribute. Its texts are those that users see. If it is shown in several forms, it has
// all of them.
type field struct {
	column  column // that decides; noColumn if the row does
	anyCase bool
	texts   func(s *subject, to [][]byte) [][]byte // appends the texts
	ofTree  string                                 // which value of the tree that the row is looked at in: peer, path, link or service
}

var fields = map[string]field{
	"name": {column: nameColumn, texts: func(s *subject, to [][]byte) [][]byte {
		return append(to, bytesOf(s.set.Names()[s.columns.Name[s.row]]))
	}},
	"service":          {column: resourceColumn, texts: servicesOf},
	"kind":             {column: kindColumn, anyCase: true, texts: kindOf},
	"span.kind":        {column: kindColumn, anyCase: true, texts: kindOf},
	"status":           {column: statusColumn, anyCase: true, texts: statusOf},
	"span.status":      {column: statusColumn, anyCase: true, texts: statusOf},
	"otel.status_code": {column: statusColumn, anyCase: true, texts: reportedStatusOf},
	"error": {column: statusColumn, texts: func(s *subject, to [][]byte) [][]byte {
		return append(to, strconv.AppendBool(nil, s.columns.Status[s.row] == trace.StatusError))
	}},
	"flag": {column: flagsColumn, anyCase: true, texts: flagsOf},
	"id":   {anyCase: true, texts: idsOf},
}

// peerField is what a span called that wrote no span. pathField is the calls that lead to
// the span. linkField is the other services that it links to. They are not fields for tags,
// because only trees have them.
var (
	peerField = field{ofTree: "peer", texts: func(s *subject, to [][]byte) [][]byte { return append(to, bytesOf(s.tree.peer(s.number))) }}
	pathField = field{ofTree: "path", texts: func(s *subject, to [][]byte) [][]byte { return append(to, bytesOf(s.tree.path(s.number))) }}
	linkField = field{ofTree: "link", texts: func(s *subject, to [][]byte) [][]byte { return appendTexts(to, s.tree.linked(s.number)...) }}
)

// serviceField is the service that a span has in its tree.
var serviceField = field{column: resourceColumn, ofTree: "service", texts: func(s *subject, to [][]byte) [][]byte {
	n := s.resource()
	if s.tree != nil && s.tree.tree.Joined() {
		n = s.view.ReportedResource(n)
	}
	return append(to, bytesOf(s.view.ServiceOf(n)))
}}

// bytesOf is s without a copy. Nobody may change it.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// hasLabels reports whether a service has another name in joined trees.
func hasLabels(v *trace.View) bool {
	for _, part := range v.Parts() {
		for i := range part.Set.NumResources() {
			if n := part.FirstResource + i; v.ReportedResource(n) != n {
				return true
			}
		}
	}
	return false
}

// servicesOf gives the service name in the lists and, if that has a label, also the name in
// the file. A service without a name has both the empty name and the name that is shown
// instead.
func servicesOf(s *subject, to [][]byte) [][]byte {
	names := []string{s.view.ServiceOf(s.resource())}
	if reported := s.view.ServiceOf(s.view.ReportedResource(s.resource())); reported != names[0] {
		names = append(names, reported)
	}
	if slices.Contains(names, trace.UnknownService) {
		names = append(names, "")
	}
	return appendTexts(to, names...)
}

func appendTexts(to [][]byte, texts ...string) [][]byte {
	for _, text := range texts {
		to = append(to, bytesOf(text))
	}
	return to
}

// kindOf and statusOf give the words of the page, of Jaeger and of OTLP.
func kindOf(s *subject, to [][]byte) [][]byte {
	k := s.columns.Kind[s.row]
	return appendTexts(to, append(inCases(kindWords[k], "SPAN_KIND_"), k.String())...)
}

func statusOf(s *subject, to [][]byte) [][]byte {
	return appendTexts(to, inCases(statusWords[s.columns.Status[s.row]], "STATUS_CODE_")...)
}

func reportedStatusOf(s *subject, to [][]byte) [][]byte {
	if s.columns.Status[s.row] == trace.StatusUnset {
		return to
	}
	return statusOf(s, to)
}

func inCases(word, prefix string) []string {
	upper := strings.ToUpper(word)
	return []string{word, upper, upper[:1] + word[1:], prefix + upper}
}

func flagsOf(s *subject, to [][]byte) [][]byte {
	return appendTexts(to, s.columns.Flags[s.row].Names()...)
}

// inferredFlag is the flag of a span whose parent a joined trace found by time. No column
// has it.
const inferredFlag = "inferred"

var inferredField = field{anyCase: true, texts: func(s *subject, to [][]byte) [][]byte {
	if s.joinedRows().inferred.has(s.part.FirstRow + s.row) {
		to = append(to, bytesOf(inferredFlag))
	}
	return to
}}

// idsOf gives the id of the span, and the id that a joined trace gives it instead.
func idsOf(s *subject, to [][]byte) [][]byte {
	to = append(to, s.id())
	if id, ok := s.joinedRows().renamed[s.part.FirstRow+s.row]; ok {
		to = append(to, []byte(id.String()))
	}
	return to
}

// inField holds if the condition holds for a text of a field.
type inField struct {
	field
	condition
}

func newInField(f field, c condition) inField {
	c.anyCase = f.anyCase
	return inField{f, c}
}

// inFieldNamed makes an inField for the field that a key names.
func inFieldNamed(key string, c condition) Filter {
	f := newInField(fields[key], c)
	switch key {
	case "flag":
		return some{f, newInField(inferredField, c)}
	case "id":
		if id, ok := idWord(c.want); ok && c.op == equals {
			return some{f, id}
		}
	}
	return f
}

func (f inField) holds(s *subject) bool {
	s.texts = f.texts(s, s.texts[:0])
	for _, text := range s.texts {
		if f.condition.text(s.turn, text) {
			return true
		}
	}
	return false
}

// hasID holds if the span or its trace has the id.
type hasID struct {
	trace trace.TraceID
	span  trace.SpanID
	long  bool // only the trace can have it
}

// idWord reads a word that can be an id, in hex digits of upper or lower case. A trace id
// has 32 digits, and may have the dashes of a UUID because Prow names jobs so. A span id, or
// a trace id of 64 bits, has 16 digits.
func idWord(word string) (f hasID, ok bool) {
	if isUUID(word) {
		word = strings.ReplaceAll(word, "-", "")
	}
	id, err := hex.DecodeString(word)
	f.long = len(id) == len(f.trace)
	if err != nil || !f.long && len(id) != len(f.span) {
		return hasID{}, false
	}
	copy(f.span[:], id)
	copy(f.trace[len(f.trace)-len(id):], id)
	return f, true
}

// isUUID reports whether a word has the dashes of a UUID.
func isUUID(word string) bool {
	if len(word) != 36 {
		return false
	}
	for i := range len(word) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (word[i] == '-') {
			return false
		}
	}
	return true
}

func (f hasID) holds(s *subject) bool {
	if s.set.TraceID(int(s.columns.Trace[s.row])) == f.trace {
		return true
	}
	if f.long {
		return false
	}
	if s.columns.ID[s.row] == binary.BigEndian.Uint64(f.span[:]) {
		return true
	}
	id, ok := s.joinedRows().renamed[s.part.FirstRow+s.row]
	return ok && id == f.span
}

// grouped holds if the span has the value when spans are summed up by a key (see package
// analysis). That is the value of the span's first attribute with the key, or else of its
// resource's, or "" if neither has one.
type grouped struct {
	key []byte
	condition
}

func (f grouped) holds(s *subject) bool {
	for wire := range s.messages(SpanLevel) {
		if v, ok := firstUnder(f.key, wire, 9); ok {
			return f.condition.text(s.turn, []byte(v))
		}
	}
	if isJoinedKey(string(f.key)) {
		if v, ok := s.joinedAttribute(string(f.key)); ok {
			return f.condition.value(s.turn, v)
		}
	}
	found := false
	for wire := range s.messages(ResourceLevel) {
		if v, ok := firstUnder(f.key, wire, 1); ok {
			found = true
			if f.condition.text(s.turn, []byte(v)) {
				return true
			}
		}
	}
	return !found && f.condition.text(s.turn, nil)
}

// firstUnder gives the text of the first attribute with a key. It looks at the fields with
// the given number.
func firstUnder(wanted, message []byte, number protowire.Number) (string, bool) {
	for num, content := range otlpwire.Messages(message) {
		if num == number {
			if key, value := otlpwire.KeyValue(content); bytes.Equal(key, wanted) {
				return trace.EncodedText(value), true
			}
		}
	}
	return "", false
}
