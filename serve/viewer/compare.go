package viewer

import (
	"net/http"

	"prowtrace/trace/analysis"
)

// comparison is two traces beside each other: what each operation and each
// call path cost here, in the trace that the address names, and there, in the
// other one.
type comparison struct {
	Here           summary             `json:"here"`
	There          summary             `json:"there"`
	Operations     []comparedOperation `json:"operations"` // the largest difference of self time first
	Paths          []comparedPath      `json:"paths"`      // each after the one it is in
	LeftOperations int                 `json:"leftOperations"`
	LeftPaths      int                 `json:"leftPaths"` // those that differ least are not sent

	Runs bool `json:"runs,omitempty"` // the traces are of two runs: traces/ID/diff says what changed
}

// sums are of the spans of one operation or path in one trace.
type sums struct {
	Count  int   `json:"count"`
	Errors int   `json:"errors"`
	Total  int64 `json:"total"` // ns: the durations
	Self   int64 `json:"self"`
}

type comparedOperation struct {
	Name    string `json:"name"`
	Service string `json:"service"`
	Exact   bool   `json:"exact"` // name and service are whole
	Here    sums   `json:"here"`
	There   sums   `json:"there"`

	// What finds exactly these spans in each trace.
	HereQuery  string `json:"hereQuery"`
	ThereQuery string `json:"thereQuery"`

	// The service by which each trace is searched, where it is another one: with
	// the run behind its name.
	HereService  string `json:"hereService,omitempty"`
	ThereService string `json:"thereService,omitempty"`
}

type comparedPath struct {
	Parent  int    `json:"parent"` // index, or -1
	Name    string `json:"name"`
	Service string `json:"service"`
	Here    sums   `json:"here"`
	There   sums   `json:"there"`
	Open    bool   `json:"open,omitempty"` // at first: it leads to one of the largest differences
}

func (v *reader) getComparison(r *http.Request, here drawing) (any, error) {
	other := r.URL.Query().Get("with")
	if other == "" {
		return nil, badRequest("with= names no trace to compare with", "Write the id of another trace of this run: with=5b8efff798038103d269b633813fc60c.")
	}
	t, err := v.lookup(other)
	if err != nil {
		return nil, err
	}
	there := v.drawing(t)
	out := comparison{Here: v.summary(here.Tree), There: v.summary(there.Tree), Operations: []comparedOperation{}, Paths: []comparedPath{}}
	out.Runs = v.areRuns(here.Tree.Trace.ID, t.ID)
	compared := analysis.Compare(here.Drawing, there.Drawing)
	for _, o := range compared.Operations {
		out.Operations = append(out.Operations, shownComparedOperation(o))
	}
	for _, p := range compared.Paths {
		out.Paths = append(out.Paths, comparedPath{p.Parent, name(p.Name), name(p.Service), sums(p.Here), sums(p.There), p.Leads})
	}
	out.LeftOperations, out.LeftPaths = compared.LeftOperations, compared.LeftPaths
	return out, nil
}

func shownComparedOperation(o analysis.ComparedOperation) comparedOperation {
	out := comparedOperation{Name: name(o.Name), Service: name(o.Service), Here: sums(o.Here), There: sums(o.There)}
	out.HereQuery, out.ThereQuery = ofOperation(o.Name, o.HereService), ofOperation(o.Name, o.ThereService)
	out.Exact = out.Name == o.Name && out.Service == o.Service
	if o.HereService != o.Service {
		out.HereService = name(o.HereService)
	}
	if o.ThereService != o.Service {
		out.ThereService = name(o.ThereService)
	}
	return out
}
