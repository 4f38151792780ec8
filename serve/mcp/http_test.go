package mcp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"prowtrace/prow"
	"prowtrace/serve/mcp"
	"prowtrace/session"
)

// post sends a message as clients of an older protocol do, and gives the answer's status.
func post(ctx context.Context, url, message string) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(message))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2025-06-18")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// Clients that come and never leave keep nobody out.
func TestManyInitialize(t *testing.T) {
	web := httptest.NewServer(mcp.New(mcp.Options{}).Handler())
	defer func() { web.CloseClientConnections(); web.Close() }()
	for n := range 1002 {
		code, body, err := post(t.Context(), web.URL, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`)
		if err != nil || code != http.StatusOK {
			t.Fatalf("client %d: status %d, %s, error %v", n, code, body, err)
		}
	}
}

// Over HTTP too a call tells of its progress, and ends when its client leaves.
func TestProgressOverHTTP(t *testing.T) {
	w := waiting{make(chan struct{}), make(chan struct{})}
	b := newBench(t, func(o *mcp.Options) { o.Open, o.Heartbeat, o.HTTPPatience = w.open, time.Millisecond, time.Hour })
	web := httptest.NewServer(mcp.New(b.options).Handler())
	defer func() { web.CloseClientConnections(); web.Close() }()
	told := make(chan *sdk.ProgressNotificationParams, 1000)
	b.connect(&sdk.StreamableClientTransport{Endpoint: web.URL, DisableStandaloneSSE: true}, &sdk.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) {
			select {
			case told <- r.Params:
			default:
			}
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		p := &sdk.CallToolParams{Name: "get_run_summary", Arguments: args{"run": failing}}
		p.SetProgressToken("here")
		_, err := b.client.CallTool(ctx, p)
		failed <- err
	}()
	<-w.asked
	first, second := <-told, <-told
	if first.ProgressToken != "here" || first.Progress >= second.Progress {
		t.Errorf("told %+v, then %+v", first, second)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled with %v", err)
	}
	<-w.ended
}

// A call of an older client ends with its request.
func TestClientLeaves(t *testing.T) {
	w := waiting{make(chan struct{}), make(chan struct{})}
	web := httptest.NewServer(mcp.New(mcp.Options{Open: w.open, HTTPPatience: time.Hour}).Handler())
	defer func() { web.CloseClientConnections(); web.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, _, err := post(ctx, web.URL, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_run_summary","arguments":{"run":"`+failing+`"}}}`)
		left <- err
	}()
	<-w.asked
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	select {
	case <-w.ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the call goes on without its client")
	}
}

// Over HTTP a call has less time.
func TestHTTPPatience(t *testing.T) {
	w := waiting{make(chan struct{}), make(chan struct{})}
	b := newBench(t, func(o *mcp.Options) { o.Open, o.HTTPPatience = w.open, time.Millisecond })
	if said := b.refused("get_run_summary", args{"run": failing}); !strings.Contains(said, "longer than 1ms") {
		t.Error(said)
	}
}

// A fault of a tool is an error of its call, and the server goes on.
func TestFault(t *testing.T) {
	var log bytes.Buffer
	b := newBench(t, func(o *mcp.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		o.Open = func(context.Context, prow.Ref) (mcp.Run, error) { panic("no such \x1b thing") }
	})
	if said := b.refused("get_run_summary", args{"run": failing}); !strings.Contains(said, "internal error") || strings.Contains(said, "thing") {
		t.Error(said)
	}
	if told := log.String(); !strings.Contains(told, "tool=get_run_summary") || !strings.Contains(told, "thing") {
		t.Errorf("logged %q", told)
	}
	b.answer("resolve_link", args{"link": failing})
}

// An expression that takes very many steps for each byte is refused, and a long text is not.
func TestLargeExpression(t *testing.T) {
	b := newBench(t, nil)
	for _, regex := range []string{`(?:[^x1]?){999}[$]`, `((a|b)?(c|d)?){200}`} {
		if said := b.refused("search_evidence", args{"run": failing, "text_regex": regex}); !strings.Contains(said, "too large") {
			t.Errorf("%s: %s", regex, said)
		}
	}
	b.answer("search_evidence", args{"run": failing, "text_regex": strings.Repeat("x", 1000)})
}

// A search waits for a place among the heavy questions.
func TestSearchTakesAPlace(t *testing.T) {
	var open *session.OpenRun
	b := newBench(t, func(o *mcp.Options) {
		load := o.Open
		o.Open = func(ctx context.Context, ref prow.Ref) (mcp.Run, error) {
			run, err := load(ctx, ref)
			open, _ = run.(*session.OpenRun)
			return run, err
		}
	})
	ask := args{"run": failing, "text_regex": "^Error: "}
	b.answer("search_evidence", ask)
	view, release := open.Loaded().Acquire()
	defer release()
	for range view.Places().Len() {
		turn, err := view.Places().Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer turn.End()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if r, err := b.client.CallTool(ctx, &sdk.CallToolParams{Name: "search_evidence", Arguments: ask}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a place: %v, %+v", err, r)
	}
}

// Searches find each line of a long log, in order, up to their bound.
func TestSearchOfALongLog(t *testing.T) {
	b := newBench(t, nil)
	var log strings.Builder
	for i := range 25_000 {
		fmt.Fprintf(&log, "line %d\n", i+1)
	}
	put(b.bucket, madeUp, map[string]string{"build-log.txt": log.String()})
	run := "gs://kubernetes-ci-logs/" + madeUp
	for _, c := range []struct {
		regex string
		total float64
		first float64
	}{{"line", 10_000, 1}, {"^line [0-9]*99$", 250, 99}, {"^[^0-9]* 24999$", 1, 24_999}} {
		answer := b.answer("search_evidence", args{"run": run, "text_regex": c.regex})
		if hit := answer["hits"].([]any)[0].(args); answer["total_count"] != c.total || hit["line"] != c.first {
			t.Errorf("%s: %v lines, the first %v", c.regex, answer["total_count"], hit["line"])
		}
	}
}
