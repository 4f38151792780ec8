package query

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// A field is what the find box and Jaeger's tags call by a key though it is no
// attribute. Its texts are those by which people know it: where it is shown in
// several ways, all of them.
type field struct {
	column  column // that decides; noColumn where the row does
	anyCase bool
	texts   func(s *subject) []string
	ofTree  string // what it is of the tree that the row is looked at in: peer, path or service
}

var fields = map[string]field{
	"name":             {column: nameColumn, texts: func(s *subject) []string { return []string{s.set.Names()[s.columns.Name[s.row]]} }},
	"service":          {column: resourceColumn, texts: servicesOf},
	"kind":             {column: kindColumn, anyCase: true, texts: kindOf},
	"span.kind":        {column: kindColumn, anyCase: true, texts: kindOf},
	"status":           {column: statusColumn, anyCase: true, texts: statusOf},
	"span.status":      {column: statusColumn, anyCase: true, texts: statusOf},
	"otel.status_code": {column: statusColumn, anyCase: true, texts: reportedStatusOf},
	"error": {column: statusColumn, texts: func(s *subject) []string {
		return []string{strconv.FormatBool(s.columns.Status[s.row] == trace.StatusError)}
	}},
	"flag": {anyCase: true, texts: flagsOf},
	"id":   {anyCase: true, texts: idsOf},
}

// peerField is what a span called that wrote no span, pathField the calls that lead to
// it. They are no fields for tags: only trees have them.
var (
	peerField = field{ofTree: "peer", texts: func(s *subject) []string { return []string{s.tree.peer(s.number)} }}
	pathField = field{ofTree: "path", texts: func(s *subject) []string { return []string{s.tree.path(s.number)} }}
)

// serviceField is the service that a span has in the tree that it is looked at in.
var serviceField = field{column: resourceColumn, ofTree: "service", texts: func(s *subject) []string {
	n := s.resource()
	if s.tree != nil && s.tree.tree.Joined() {
		n = s.view.ReportedResource(n)
	}
	return []string{s.view.ServiceOf(n)}
}}

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

// servicesOf gives the name of the service in the lists and, where that has a label,
// the one in its file. A service without a name has both the empty one and the one
// that is shown in its place.
func servicesOf(s *subject) []string {
	names := []string{s.view.ServiceOf(s.resource())}
	if reported := s.view.ServiceOf(s.view.ReportedResource(s.resource())); reported != names[0] {
		names = append(names, reported)
	}
	if slices.Contains(names, trace.UnknownService) {
		names = append(names, "")
	}
	return names
}

// kindOf and statusOf give the words of the page, of Jaeger and of OTLP.
func kindOf(s *subject) []string {
	k := s.columns.Kind[s.row]
	return append(inCases(kindWords[k], "SPAN_KIND_"), k.String())
}

func statusOf(s *subject) []string {
	return inCases(statusWords[s.columns.Status[s.row]], "STATUS_CODE_")
}

func reportedStatusOf(s *subject) []string {
	if s.columns.Status[s.row] == trace.StatusUnset {
		return nil
	}
	return statusOf(s)
}

func inCases(word, prefix string) []string {
	upper := strings.ToUpper(word)
	return []string{word, upper, upper[:1] + word[1:], prefix + upper}
}

func flagsOf(s *subject) []string {
	names := s.columns.Flags[s.row].Names()
	if joinedRowsOf(s.view).inferred.has(s.part.FirstRow + s.row) {
		names = append(names, inferredFlag)
	}
	return names
}

// inferredFlag is the flag of a span whose parent a joined trace found by time.
const inferredFlag = "inferred"

// idsOf gives the id of the span, and the one that a joined trace gives it instead.
func idsOf(s *subject) []string {
	ids := []string{string(s.id())}
	if id, ok := joinedRowsOf(s.view).renamed[s.part.FirstRow+s.row]; ok {
		ids = append(ids, id.String())
	}
	return ids
}

// inField asks for the texts of a field.
type inField struct {
	field
	condition
}

func newInField(f field, c condition) inField {
	c.anyCase = f.anyCase
	return inField{f, c}
}

func (f inField) holds(s *subject) bool {
	return slices.ContainsFunc(f.texts(s), func(text string) bool { return f.condition.text(s.turn, []byte(text)) })
}

// hasID asks for the id of the span or of its trace, as hex digits.
type hasID struct{ id []byte }

// idWord reads a word that can be an id.
func idWord(word string) (hasID, bool) {
	id, err := hex.DecodeString(word)
	return hasID{id}, err == nil && (len(id) == len(trace.SpanID{}) || len(id) == len(trace.TraceID{}))
}

func (f hasID) holds(s *subject) bool {
	if len(f.id) == len(trace.TraceID{}) {
		id := s.set.TraceID(int(s.columns.Trace[s.row]))
		return bytes.Equal(id[:], f.id)
	}
	return slices.Contains(idsOf(s), hex.EncodeToString(f.id))
}

// grouped asks for the value that spans are summed up by under a key (see package
// analysis): that of the span's first attribute with it, else of its resource's, ""
// where there is neither.
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

// firstUnder gives the text of the first attribute with a key, of those in the
// fields with a number.
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
