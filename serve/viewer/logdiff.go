package viewer

import (
	"net/http"

	"prowtrace/triage/diff"
)

// logDifferences say how the lines of a log stand beside those of another run's. Lines are
// counted from 1, among those that are held.
type logDifferences struct {
	Here  besideLog `json:"here"`
	There besideLog `json:"there"`
	Same  []int     `json:"same"` // first line here, first line there, and how many, by turns
	Cut   bool      `json:"cut,omitempty"`
}

// besideLog is one of two logs.
type besideLog struct {
	Trace   string   `json:"trace"`
	Name    string   `json:"name"`
	Lines   int      `json:"lines"`
	Missing int64    `json:"missing,omitempty"` // bytes that are not held, and not compared
	Only    []int    `json:"only"`              // lines that the other log has nowhere: first and last by turns
	Count   int      `json:"count"`             // of these
	Names   []string `json:"names"`             // of all logs of the run
}

// getLogDifferences compares a log with that of the same container or step in another run, or
// with the one that other= names.
func (v *reader) getLogDifferences(r *http.Request, here drawing, l logAt) (any, error) {
	there, err := v.otherRun(r, here)
	if err != nil {
		return nil, err
	}
	names, err := v.logNames(r, here)
	if err != nil {
		return nil, err
	}
	others, err := v.logNames(r, there)
	if err != nil {
		return nil, err
	}
	wanted := r.URL.Query().Get("other")
	if wanted == "" {
		i := diff.SameLog(l.Name, others)
		if i < 0 {
			return nil, notFound("The other run has no log", "It was not fetched, or not uploaded. This run's log is beside its trace.")
		}
		wanted = others[i]
	}
	other, err := v.logNamed(r.Context(), there.Tree.Trace, wanted)
	if err != nil {
		return nil, err
	}
	beside, err := diff.LinesBeside(r.Context(), other.lines.Log, l.lines.Log)
	if err != nil {
		return nil, err
	}
	out := logDifferences{Same: []int{}, Cut: beside.Cut}
	out.Here, out.There = newBesideLog(here, l, beside.New, names), newBesideLog(there, other, beside.Gone, others)
	for _, m := range beside.Same {
		out.Same = append(out.Same, m.Bad+1, m.Good+1, m.N)
	}
	return out, nil
}

func newBesideLog(d drawing, l logAt, only []diff.Lines, names []string) besideLog {
	out := besideLog{Trace: d.Tree.Trace.ID.String(), Name: name(l.Name), Lines: l.lines.Len(), Missing: l.missing(), Only: []int{}, Names: names}
	for _, o := range only {
		out.Only = append(out.Only, o.From+1, o.To+1)
		out.Count += o.To + 1 - o.From
	}
	return out
}

func (v *reader) logNames(r *http.Request, d drawing) ([]string, error) {
	all, err := v.logs(r.Context(), d.Tree.Trace.ID)
	names := []string{}
	for _, l := range all {
		names = append(names, name(l.Name))
	}
	return names, err
}
