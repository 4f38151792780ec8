package browsertest

import (
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
)

// A large trace shows its first screen before all columns have come: as it stays, and
// nothing can be done with it meanwhile.
func TestFirstRows(t *testing.T) {
	handler := viewer.New(trace.NewShared(large(t, 200_010)), viewer.Info{})
	held := make(chan struct{})
	release := sync.OnceFunc(func() { close(held) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/columns") && r.URL.Query().Get("from") != "0" {
			<-held
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(release)
	b := openAt(t, server.URL, "/trace/"+polled)
	const screen = `[...document.querySelectorAll('.wf-row:not([hidden])')].map((r) => [r.ariaLevel, r.ariaRowIndex, r.textContent, r.querySelector('.toggle').ariaLabel, r.className, r.getBoundingClientRect().top].join(' '))
		.concat([...document.querySelectorAll('.ticks span')].map((tick) => tick.textContent + ' at ' + tick.style.left), document.querySelector('.wf').ariaRowCount, document.querySelector('.wf').scrollHeight)`
	b.wait(atTrace + ` && document.querySelector('.trace[inert]')`)
	first := get[[]any](b, screen)
	if rows := b.rows(); len(rows) < 15 || rows[0] != "operation 0" || !strings.Contains(first[0].(string), "200 below") {
		t.Errorf("the first of %d rows is %v", len(rows), first[0])
	}
	if said := b.text(`document.querySelector('.loading[role=status]').textContent`); !strings.HasPrefix(said, "Loading the trace…") {
		t.Errorf("the page says %q", said)
	}
	b.keys("n{w/x")
	if got := b.text(`location.search + document.activeElement.tagName`); got != "BODY" {
		t.Errorf("keys lead to %s before the trace is there", got)
	}

	release()
	b.wait(`!document.querySelector('.trace[inert], .loading')`)
	b.eval(`requestAnimationFrame(() => setTimeout(() => (window.drawn = true)))`)
	b.wait(`window.drawn`)
	if whole := get[[]any](b, screen); !reflect.DeepEqual(whole, first) {
		t.Errorf("the first screen was\n%v\nand is, with all columns,\n%v", first, whole)
	}
	b.keys("F")
	b.wait(`document.querySelector('.detail .d-fields') && location.search.includes('span=')`)
}

// An address that shows something else than a trace as it opens waits for all columns.
func TestNoFirstRows(t *testing.T) {
	b := open(t, large(t, 200_010), viewer.Info{}, "/trace/"+polled+"?level=1")
	b.wait(atTrace)
	if n := get[int](b, `performance.getEntriesByName('trace-shown').length * 10 + performance.getEntriesByName('trace-whole').length`); n != 11 || len(b.rows()) != 4 {
		t.Errorf("rows %v, shown and whole %d", b.rows(), n)
	}
}
