package viewer

import (
	"bytes"
	"net/http"

	"prowtrace/triage/history"
)

// NewHistory gives the handler of the page of a history: what the last runs of jobs tell,
// and the API that it asks. All of h may come from a bucket and is not trusted; it must not
// change any more. The handler answers to loopback names and addresses only.
func NewHistory(h *history.History) http.Handler {
	return newGuard(nil, NewMountedHistory(h, Mount{}))
}

// NewMountedHistory is NewHistory below a path of a server, as NewMounted is New.
func NewMountedHistory(h *history.History, at Mount) http.Handler {
	at = at.whole()
	p := &historyPages{h, at.Run}
	mux := http.NewServeMux()
	for pattern, answer := range map[string]handler{"history": p.getHistory, "history/issue": p.getIssue, "": noSuchAddress} {
		mux.HandleFunc("/api/v1/"+pattern, func(w http.ResponseWriter, r *http.Request) { answer.serve(nil, w, r) })
	}
	mux.HandleFunc("/ui/{asset...}", ofHistory.serveAsset)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { ofHistory.servePage(w, r, at, http.StatusOK) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { ofHistory.servePage(w, r, at, http.StatusNotFound) })
	return mux
}

type historyPages struct {
	whole *history.History
	run   func(address string) string // of Mount
}

func (p *historyPages) getHistory(_ *reader, r *http.Request) (any, error) {
	h, err := p.last(r)
	if err != nil {
		return nil, err
	}
	shown := shownHistory(h, p.most())
	for _, j := range shown.Jobs {
		for i := range j.Runs {
			if p.run != nil && j.Runs[i].URL != "" {
				j.Runs[i].URL = p.run(j.Runs[i].URL)
			}
		}
	}
	return shown, nil
}

// getIssue sends the history as the text of an issue; its secrets are masked.
func (p *historyPages) getIssue(_ *reader, r *http.Request) (any, error) {
	h, err := p.last(r)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := h.Markdown(&b); err != nil {
		return nil, err
	}
	return blob{contentType: "text/plain; charset=utf-8", body: b.Bytes()}, nil
}

// last is what the last n runs of each job tell; without n, all that there are.
func (p *historyPages) last(r *http.Request) (*history.History, error) {
	n, err := number(r, "n", 0)
	if err != nil || n == 0 || n >= p.most() {
		return p.whole, err
	}
	var runs []history.Run
	for _, j := range p.whole.Jobs {
		runs = append(runs, j.Runs[max(0, len(j.Runs)-n):]...)
	}
	return history.Make(runs), nil
}

// most is the number of runs of the job that has most of them.
func (p *historyPages) most() (n int) {
	for _, j := range p.whole.Jobs {
		n = max(n, len(j.Runs))
	}
	return n
}
