package viewer

import (
	"context"
	"net/http"

	"prowtrace/trace/analysis"
)

// operation is an analysis.Operation as it is sent.
type operation struct {
	Name       string `json:"name"`
	Service    string `json:"service"`
	Exact      bool   `json:"exact"` // name and service are whole
	Query      string `json:"query"` // finds exactly these spans
	Count      int    `json:"count"`
	Errors     int    `json:"errors"`
	Unfinished int    `json:"unfinished"`
	Total      int64  `json:"total"` // ns
	Self       int64  `json:"self"`
	P50        int64  `json:"p50"`
	P95        int64  `json:"p95"`
	Max        int64  `json:"max"`
}

func (v *reader) getAllOperations(r *http.Request) (any, error) { return operationsOf(r, v.cache) }

func (v *reader) getOperations(r *http.Request, d drawing) (any, error) { return operationsOf(r, d) }

// operationsOf gives the operations of a trace or of all, by what the request says.
func operationsOf(r *http.Request, of interface {
	Operations() []analysis.Operation
	OperationsBy(ctx context.Context, key string) ([]analysis.Operation, error)
}) (any, error) {
	by := r.URL.Query().Get("by")
	if by == "" {
		return shownOperations(of.Operations(), by), nil
	}
	all, err := of.OperationsBy(r.Context(), by)
	return shownOperations(all, by), err
}

// shownOperations are those summed up by an attribute, or by their names where by is "".
func shownOperations(all []analysis.Operation, by string) []operation {
	out := []operation{}
	for _, o := range all {
		shown := operation{
			Name: name(o.Name), Service: name(o.Service), Query: ofOperation(o.Name, o.Service), Count: o.Count, Errors: o.Errors, Unfinished: o.Unfinished,
			Total: o.Total, Self: o.Self, P50: o.P50, P95: o.P95, Max: o.Max,
		}
		shown.Exact = shown.Name == o.Name && shown.Service == o.Service
		if by != "" {
			shown.Query = ofValue(by, o.Name, o.Service)
		}
		out = append(out, shown)
	}
	return out
}

// attributeKey is an attribute that spans or their resources have.
type attributeKey struct {
	Key    string   `json:"key"`
	Spans  int      `json:"spans"`
	Values []string `json:"values"` // the most frequent first; none of an attribute that has many
}

const (
	maxKeys   = 500
	keyValues = 20
)

func (v *reader) getAllKeys(*http.Request) (any, error) { return shownKeys(v.cache.Keys()), nil }

func (v *reader) getKeys(_ *http.Request, d drawing) (any, error) {
	return shownKeys(d.Keys()), nil
}

// shownKeys gives the keys and values that can be shown as they are: what is written
// otherwise would be searched for in vain.
func shownKeys(all []analysis.Key) []attributeKey {
	out := []attributeKey{}
	for _, k := range all {
		if len(out) == maxKeys {
			break
		}
		if name(k.Key) != k.Key {
			continue
		}
		shown := attributeKey{k.Key, k.Spans, []string{}}
		for _, value := range k.Values {
			if len(shown.Values) < keyValues && name(value) == value {
				shown.Values = append(shown.Values, value)
			}
		}
		out = append(out, shown)
	}
	return out
}
