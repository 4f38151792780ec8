package viewer

import (
	"net/http"

	"prowtrace/trace/analysis"
)

// flame is an analysis.Flame as it is sent.
type flame struct {
	Frames []frame `json:"frames"` // each after the one it is in
	Total  int64   `json:"total"`  // ns: the widths of those that are in no other
	Left   int     `json:"left"`   // narrower ones that are not sent
}

type frame struct {
	Parent  int    `json:"parent"` // index, or -1
	Name    string `json:"name"`
	Service string `json:"service"`
	Query   string `json:"query"` // finds exactly these spans
	Count   int    `json:"count"`
	Errors  int    `json:"errors"`
	Self    int64  `json:"self"`  // ns
	Width   int64  `json:"width"` // ns: Self, and that of the frames in it
}

func (v *reader) getWholeFlame(*http.Request) (any, error) { return shownFlame(v.cache.Flame()), nil }

func (v *reader) getFlame(_ *http.Request, d drawing) (any, error) {
	return shownFlame(d.Flame()), nil
}

func shownFlame(f analysis.Flame) flame {
	out := flame{Frames: []frame{}, Total: f.Total, Left: f.Left}
	for _, x := range f.Frames {
		out.Frames = append(out.Frames, frame{x.Parent, name(x.Name), name(x.Service), ofFrame(x), x.Count, x.Errors, x.Self, x.Width})
	}
	return out
}
