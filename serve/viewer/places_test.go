package viewer

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"prowtrace/trace"
)

// While searches hold all places, light questions are answered, and the heavy ones wait
// until their visitor leaves or a place is free.
func TestLightQuestionsBesideHeavyOnes(t *testing.T) {
	view := load(t, file(t, 1, span{id: 1, name: "root", end: 1000}, span{id: 2, parent: 1, name: "child", end: 600, change: failed("boom")}))
	h := New(trace.NewShared(view), giving(logOf(t, "l", sampleLog)))
	one := "/api/v1/traces/" + traceID(1).String()
	light := []string{
		"/api/v1/run", "/api/v1/traces", "/api/v1/traces?q=error", "/api/v1/traces?q=" + url.QueryEscape("dur>1s kind:client"), "/api/v1/services", "/api/v1/operations",
		one, one + "/columns", one + "/lines?at=0-1", one + "/operations", one + "/find?q=" + url.QueryEscape("flag:orphan"), one + "/spans/0000000000000002", one + "/critical",
		one + "/logs", one + "/logs/errors", one + "/log?log=l", one + "/log/lines?log=l&at=1-9", one + "/log/at?log=l&from=1", one + "/log/find?log=l&from=1", one + "/log/raw?log=l",
	}
	heavy := []string{
		"/api/v1/traces?q=word", "/api/v1/traces?q=" + url.QueryEscape("code~5+"),
		one + "/find?q=word", one + "/find?q=" + url.QueryEscape("code~5+"), one + "/events", one + "/events?q=word",
		"/api/v1/operations?by=code", one + "/operations?by=code", one + "/log/find?log=l&q=word",
	}
	synctest.Test(t, func(t *testing.T) {
		var held []*trace.Turn
		for range view.Places().Len() {
			turn, err := view.Places().Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, turn)
		}
		for _, target := range light {
			if w := get(h, target); w.Code != http.StatusOK {
				t.Errorf("%s: status %d", target, w.Code)
			}
		}
		staying, leaving := t.Context(), t.Context()
		leaving, leave := context.WithCancel(leaving)
		var left, answered atomic.Int64
		for _, target := range heavy {
			for ctx, ended := range map[context.Context]*atomic.Int64{staying: &answered, leaving: &left} {
				go func() {
					r := httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil)
					r.Host = "localhost"
					w := httptest.NewRecorder()
					if h.ServeHTTP(w, r); w.Code != http.StatusOK {
						t.Errorf("%s: status %d", target, w.Code)
					}
					ended.Add(1)
				}()
			}
		}
		synctest.Wait()
		if n := left.Load() + answered.Load(); n != 0 {
			t.Errorf("%d heavy requests do not wait", n)
		}
		leave()
		synctest.Wait()
		if n := left.Load(); n != int64(len(heavy)) || answered.Load() != 0 {
			t.Errorf("%d of %d requests have ended whose visitor left, %d others", n, len(heavy), answered.Load())
		}
		for _, turn := range held {
			turn.End()
		}
		synctest.Wait()
		if n := answered.Load(); n != int64(len(heavy)) {
			t.Errorf("%d of %d heavy requests are answered", n, len(heavy))
		}
	})
}
