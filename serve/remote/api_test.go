package remote

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"prowtrace/internal/jaegerpb/expressionv1"
)

// A jaeger is a real one that runs until the test ends.
//
// Its API has two generations. All of them answer for one trace and for the
// dependencies in the first, which the rest of the first is missing from
// releases after 2.20: those have version 3 alone for services, operations and
// searches.
type jaeger struct {
	url       string
	summaries bool // of traces, which 2.19 and newer have
	onlyV3    bool
}

// meet says which API the Jaeger at an address has.
func meet(t testing.TB, address string) jaeger {
	t.Helper()
	j := jaeger{url: address}
	status, _ := j.get(t, "/api/services", nil)
	j.onlyV3 = status == http.StatusNotFound
	// Older ones answer with the page of their UI.
	status, body := j.get(t, summariesPath, search{service: "none", startMin: 1, startMax: 2, limit: 1}.v3())
	j.summaries = status == http.StatusOK && bytes.HasPrefix(body, []byte("{"))
	return j
}

// ask sends a question to Jaeger's API and decodes the data of the answer.
func (j jaeger) ask(t testing.TB, path string, query url.Values, data any) {
	t.Helper()
	var answer struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	j.read(t, path, query, &answer)
	if len(answer.Errors) > 0 && string(answer.Errors) != "null" {
		t.Errorf("%s?%s: errors %s", path, query.Encode(), answer.Errors)
	}
	decodeJSON(t, answer.Data, data)
}

// read decodes a whole answer that has to be a good one.
func (j jaeger) read(t testing.TB, path string, query url.Values, answer any) {
	t.Helper()
	status, body := j.get(t, path, query)
	if status != http.StatusOK {
		t.Fatalf("%s?%s: HTTP %d %.500s", path, query.Encode(), status, body)
	}
	decodeJSON(t, body, answer)
}

func (j jaeger) get(t testing.TB, path string, query url.Values) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, j.url+path+"?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

func decodeJSON(t testing.TB, b []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // int64 are not float64
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %.500s", err, b)
	}
}

func (j jaeger) services(t testing.TB) (names []string) {
	t.Helper()
	if j.onlyV3 {
		var answer struct{ Services []string }
		j.read(t, "/api/v3/services", nil, &answer)
		return answer.Services
	}
	j.ask(t, "/api/services", nil, &names)
	return names
}

// operations lists name and kind. Version 3 calls an unspecified kind internal.
func (j jaeger) operations(t testing.TB, service, kind string) (lines []string) {
	t.Helper()
	type operation struct{ Name, SpanKind string }
	var list []operation
	if j.onlyV3 {
		var answer struct{ Operations []operation }
		j.read(t, "/api/v3/operations", url.Values{"service": {service}, "spanKind": {kind}}, &answer)
		list = answer.Operations
	} else {
		j.ask(t, "/api/operations", url.Values{"service": {service}, "spanKind": {kind}}, &list)
	}
	for _, op := range list {
		lines = append(lines, op.Name+" "+op.SpanKind)
	}
	return lines
}

// find lists the ids of the traces that a search finds, in the order of the answer.
func (j jaeger) find(t testing.TB, q search) (ids []string) {
	t.Helper()
	if j.onlyV3 {
		for _, s := range j.list(t, q.v3()) {
			ids = append(ids, s.TraceID)
		}
		return ids
	}
	var traces []struct{ TraceID string }
	j.ask(t, "/api/traces", q.url(), &traces)
	for _, tr := range traces {
		ids = append(ids, tr.TraceID)
	}
	return ids
}

// traces are those that a search finds, whole.
func (j jaeger) traces(t testing.TB, q search) (traces []uiTrace) {
	t.Helper()
	if !j.onlyV3 {
		j.ask(t, "/api/traces", q.url(), &traces)
		return traces
	}
	for _, id := range j.find(t, q) {
		var one []uiTrace
		j.ask(t, "/api/traces/"+id, nil, &one)
		traces = append(traces, one...)
	}
	return traces
}

// A uiSummary is a line in the list of traces of Jaeger's UI.
type uiSummary struct {
	TraceID, RootServiceName, RootOperationName string
	MinStartTimeUnixNano, MaxEndTimeUnixNano    json.Number
	SpanCount, ErrorSpanCount, OrphanSpanCount  int
	Services                                    []struct {
		Name                      string
		SpanCount, ErrorSpanCount int
	}
}

const summariesPath = "/api/v3/trace-summaries"

func (j jaeger) list(t testing.TB, query url.Values) []uiSummary {
	t.Helper()
	var answer struct{ Summaries []uiSummary }
	j.read(t, summariesPath, query, &answer)
	for i, s := range answer.Summaries {
		if len(s.TraceID) != 32 { // bytes are base64 in the JSON of protobuf, unless told otherwise
			var b []byte
			if err := json.Unmarshal([]byte(strconv.Quote(s.TraceID)), &b); err != nil {
				t.Fatalf("trace id %q: %v", s.TraceID, err)
			}
			answer.Summaries[i].TraceID = hex.EncodeToString(b)
		}
	}
	return answer.Summaries
}

// url is the search as the older API has it.
func (q search) url() url.Values {
	v := url.Values{
		"service": {q.service}, "limit": {strconv.Itoa(q.limit)},
		"start": {strconv.FormatInt(q.startMin/1000, 10)}, "end": {strconv.FormatInt(q.startMax/1000, 10)},
	}
	q.optional(v, "operation", "minDuration", "maxDuration", "tags")
	return v
}

// v3 is the search as version 3 of the API has it.
func (q search) v3() url.Values {
	v := timeRange(q.startMin, q.startMax)
	v.Set("query.searchDepth", strconv.Itoa(q.limit))
	if q.service != "" {
		v.Set("query.serviceName", q.service)
	}
	q.optional(v, "query.operationName", "query.durationMin", "query.durationMax", "query.attributes")
	return v
}

// filtered asks for what a structured filter finds.
func filtered(filter *expressionv1.Call, startMin, startMax int64, limit int) (url.Values, error) {
	b, err := protojson.Marshal(filter)
	if err != nil {
		return nil, err
	}
	v := timeRange(startMin, startMax)
	v.Set("query.searchDepth", strconv.Itoa(limit))
	v.Set("query.filter", string(b))
	return v, nil
}

func timeRange(from, to int64) url.Values {
	at := func(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
	return url.Values{"query.startTimeMin": {at(from)}, "query.startTimeMax": {at(to)}}
}

// optional adds what is asked for beside the time and the service, under the
// names that the API has for it.
func (q search) optional(v url.Values, operation, shortest, longest, tags string) {
	if q.operation != "" {
		v.Set(operation, q.operation)
	}
	if q.durMin != 0 {
		v.Set(shortest, q.durMin.String())
	}
	if q.durMax != 0 {
		v.Set(longest, q.durMax.String())
	}
	if len(q.tags) > 0 {
		b, err := json.Marshal(q.tags)
		if err != nil {
			panic(fmt.Sprint("a map of strings: ", err))
		}
		v.Set(tags, string(b))
	}
}
