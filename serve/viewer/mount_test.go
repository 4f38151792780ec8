package viewer

import (
	"net/http"
	"strings"
	"testing"

	"prowtrace/trace"
)

// A page below a path asks for all below that path, whatever the path holds.
func TestMounted(t *testing.T) {
	set := load(t, file(t, 1, span{id: 1, name: "run", end: 10}))
	id := set.Trace(0).ID.String()
	at := Mount{Base: `/p/view/gs/b/a b"c/1/`, UI: "/p/ui/run"}
	h := http.StripPrefix(`/p/view/gs/b/a b"c/1`, NewMounted(trace.NewShared(set), Info{}, at))
	const below = "/p/view/gs/b/a%20b%22c/1"
	page := get(h, below+"/trace/"+id)
	if body := page.Body.String(); page.Code != http.StatusOK || !strings.Contains(body, `name="prowtrace-base" content="`+below+`"`) || !strings.Contains(body, `src="/p/ui/run/main.js"`) || strings.Contains(body, `"/ui/`) {
		t.Errorf("status %d, page\n%s", page.Code, body)
	}
	if links := page.Header().Get("Link"); !strings.HasPrefix(links, "<"+below+"/api/v1/run>") {
		t.Errorf("Link %s", links)
	}
	if run := get(h, below+"/api/v1/run"); run.Code != http.StatusOK || !strings.Contains(run.Body.String(), `"spans":`) {
		t.Errorf("status %d: %s", run.Code, run.Body)
	}
}
