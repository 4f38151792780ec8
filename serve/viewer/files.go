package viewer

import (
	"net/http"

	"prowtrace/internal/text"
	"prowtrace/trace"
)

// runFile is a file that the traces were read from, and where it is on the web.
type runFile struct {
	Name     string `json:"name"`
	URL      string `json:"url,omitempty"`
	Trace    string `json:"trace,omitempty"` // the joined one of its run
	Bytes    int64  `json:"bytes"`
	Spans    int    `json:"spans"`
	Problems int    `json:"problems"`
}

func (v *reader) getFiles(r *http.Request) (any, error) {
	all := v.cache.Files()
	from, to, err := window(r, len(all), filesPerPage)
	if err != nil {
		return nil, err
	}
	out := []runFile{}
	for _, f := range all[from:to] {
		job := v.jobTrace(f.Group)
		entry := runFile{Name: text.Clip(f.Name, nameBytes), URL: v.info.artifact(f.Name, job), Bytes: f.Bytes, Spans: f.Spans, Problems: f.Problems}
		if !job.IsZero() {
			entry.Trace = job.String()
		}
		out = append(out, entry)
	}
	return map[string]any{"files": out, "offset": from, "total": len(all)}, nil
}

// jobTrace gives the id of the joined trace of a job, as a file names it; zero
// where the file is of none.
func (v *reader) jobTrace(job int) (id trace.TraceID) {
	if jobs := v.view.Jobs(); job > 0 && job <= len(jobs) {
		id = jobs[job-1].ID
	}
	return id
}

type problem struct {
	Source string `json:"source"`
	URL    string `json:"url,omitempty"`
	Offset int64  `json:"offset"`
	What   string `json:"what"`
	Kept   int    `json:"kept"`
	Beside bool   `json:"beside,omitempty"` // a file without spans: offset and kept say nothing
}

func (v *reader) getProblems(r *http.Request) (any, error) {
	all := v.view.Problems()
	from, to, err := window(r, len(all), problemsPerPage)
	if err != nil {
		return nil, err
	}
	out := []problem{}
	for _, p := range all[from:to] {
		out = append(out, problem{text.Clip(p.Source, nameBytes), v.info.artifact(p.Source, v.jobTrace(p.Group)), p.Offset, text.Clip(p.What, 1000), p.Kept, p.Beside})
	}
	return map[string]any{"problems": out, "offset": from, "total": len(all)}, nil
}
