package viewer

import (
	"net/http"

	"prowtrace/trace/analysis"
)

// operation is an analysis.Operation as it is sent.
type operation struct {
	Name       string `json:"name"`
	Service    string `json:"service"`
	Exact      bool   `json:"exact"` // name and service are whole, and can be searched for
	Count      int    `json:"count"`
	Errors     int    `json:"errors"`
	Unfinished int    `json:"unfinished"`
	Total      int64  `json:"total"` // ns
	Self       int64  `json:"self"`
	P50        int64  `json:"p50"`
	P95        int64  `json:"p95"`
	Max        int64  `json:"max"`
}

const maxOperations = 5000

func (v *reader) getAllOperations(r *http.Request) (any, error) {
	if by := r.URL.Query().Get("by"); by != "" {
		return shownOperations(analysis.Operations(analysis.Trees(v.set), analysis.ByAttribute(by))), nil
	}
	return shownOperations(v.cache.Operations()), nil
}

func (v *reader) getOperations(r *http.Request, d drawing) (any, error) {
	group := analysis.ByName
	if by := r.URL.Query().Get("by"); by != "" {
		group = analysis.ByAttribute(by)
	}
	return shownOperations(analysis.Operations(analysis.One(d.Tree), group)), nil
}

func shownOperations(all []analysis.Operation) []operation {
	out := []operation{}
	for _, o := range all[:min(len(all), maxOperations)] {
		shown := operation{name(o.Name), name(o.Service), false, o.Count, o.Errors, o.Unfinished, o.Total, o.Self, o.P50, o.P95, o.Max}
		shown.Exact = shown.Name == o.Name && shown.Service == o.Service
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
	return shownKeys(analysis.Keys(analysis.One(d.Tree))), nil
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
