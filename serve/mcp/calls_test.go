package mcp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"prowtrace/prow"
	"prowtrace/serve/mcp"
)

// The tools are described for a model: a title, what each answers, when to use it and what
// next, arguments with bounds and defaults; and they only read.
func TestToolsAreDescribed(t *testing.T) {
	b := newBench(t, nil)
	var names []string
	size := 0
	for tool, err := range b.client.Tools(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		size += len(encode(t, tool))
		names = append(names, tool.Name)
		if tool.Title == "" || !strings.Contains(tool.Description, "Use it") && !strings.Contains(tool.Description, "Begin with it") && !strings.Contains(tool.Description, "Examples:") {
			t.Errorf("%s: %q, %q", tool.Name, tool.Title, tool.Description)
		}
		a := tool.Annotations
		if a == nil || !a.ReadOnlyHint || !a.IdempotentHint || a.DestructiveHint == nil || *a.DestructiveHint || a.OpenWorldHint == nil {
			t.Errorf("%s: annotations %+v", tool.Name, a)
		}
		in := tool.InputSchema.(args)
		for name, p := range in["properties"].(args) {
			p := p.(args)
			_, number := p["maximum"]
			_, text := p["maxLength"]
			_, list := p["maxItems"]
			if p["description"] == "" || !number && !text && !list && p["enum"] == nil && p["type"] != "boolean" {
				t.Errorf("%s: the argument %s has no bound or is not described: %v", tool.Name, name, p)
			}
			if required, _ := in["required"].([]any); (name == "limit" || name == "depth") && (p["default"] == nil || slices.Contains(required, any(name))) {
				t.Errorf("%s: the argument %s has no default: %v", tool.Name, name, p)
			}
		}
		if tool.OutputSchema == nil {
			t.Errorf("%s has no schema of its answer", tool.Name)
		}
	}
	want := []string{"compare_runs", "get_critical_path", "get_job_history", "get_log", "get_run_summary", "get_run_timeline", "get_span_details", "get_test_failures", "list_runs", "resolve_link", "search_evidence", "search_spans"}
	if slices.Sort(names); !slices.Equal(names, want) {
		t.Errorf("tools %v", names)
	}
	t.Logf("all tools together have %d bytes", size)
}

func TestPrompt(t *testing.T) {
	b := newBench(t, nil)
	p, err := b.client.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "triage_run", Arguments: map[string]string{"run": failing}})
	if err != nil {
		t.Fatal(err)
	}
	text := p.Messages[0].Content.(*sdk.TextContent).Text
	if !strings.HasSuffix(text, failing) {
		t.Errorf("it does not end with the run: %q", text)
	}
	for _, tool := range []string{"get_run_summary", "get_log", "get_job_history", "untrusted_"} {
		if !strings.Contains(text, tool) {
			t.Errorf("it does not tell of %s", tool)
		}
	}
	if _, err := b.client.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "triage_run"}); err == nil {
		t.Error("no run is no error")
	}
}

// What cannot be done is an error of the tool, which says what to do.
func TestRefusals(t *testing.T) {
	b := newBench(t, func(o *mcp.Options) {
		o.Allow = func(run prow.Run) error {
			if run.Bucket != "kubernetes-ci-logs" {
				return errors.New("only kubernetes-ci-logs is read here")
			}
			return nil
		}
	})
	b.answer("get_log", args{"run": passing}) // its job is known then
	cursor := b.answer("list_runs", args{"job": "e2e-kops-gce-cni-cilium", "limit": 2})["next_cursor"]
	for _, c := range []struct {
		tool string
		args args
		want string
	}{
		{"get_run_summary", args{"run": "https://example.com/x"}, "Give the link of a run"},
		{"get_run_summary", args{"run": "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000099"}, "list_runs"},
		{"get_run_summary", args{"run": "e2e-kops-aws-distro-debb13"}, "e2e-kops-aws-distro-deb13"},
		{"get_run_summary", args{"run": "kops#18011"}, "Name one of them as run: gs://kubernetes-ci-logs/"},
		{"get_run_summary", args{"run": "/etc/passwd"}, "not allowed"},
		{"get_run_summary", args{"run": "./x"}, "not allowed"},
		{"get_run_summary", args{"run": "gs://test-platform-results-public/logs/periodic-ci-example-operator-main-e2e-aws/1900320000000000005"}, "only kubernetes-ci-logs is read here"},
		{"compare_runs", args{"run": failing, "baseline": "gs://test-platform-results-public/logs/periodic-ci-example-operator-main-e2e-aws/1900320000000000005"}, "only kubernetes-ci-logs is read here"},
		{"list_runs", args{"job": "gs://test-platform-results-public/logs/periodic-ci-example-operator-main-e2e-aws/"}, "only kubernetes-ci-logs is read here"},
		{"get_job_history", args{"job": "gs://test-platform-results-public/logs/periodic-ci-example-operator-main-e2e-aws/"}, "only kubernetes-ci-logs is read here"},
		{"compare_runs", args{"run": failing}, "as baseline"},
		{"compare_runs", args{"run": failing, "baseline": failing}, "two different runs"},
		{"list_runs", args{"job": "e2e-kops-gce-cni-cilium", "start_time_min": "yesterday"}, "RFC 3339"},
		{"list_runs", args{"job": "e2e-kops-gce-cni-cilium", "limit": 3, "result": "failed", "cursor": cursor}, "without cursor"},
		{"list_runs", args{"job": "e2e-kops-gce-cni-cilium", "limit": 1000}, "invalid argument limit of list_runs: 1000 is out of range. Give a whole number of 1 to "},
		{"list_runs", args{"job": "e2e-kops-gce-cni-cilium", "limit": "ten"}, "invalid argument limit of list_runs: it is a text. Give a whole number of 1 to "},
		{"list_runs", args{"job": "e2e-kops-gce-cni-cilium", "limit": 1.5}, "it is a number with a fraction"},
		{"list_runs", args{"job": "e2e-kops-gce-cni-cilium", "result": "green"}, `invalid argument result of list_runs: "green" is unknown. Give one of `},
		{"get_test_failures", args{"run": failing, "include_flaky": "yes"}, "Give true or false: also cases that failed and then passed in the same run. Without it, it is false."},
		{"get_test_failures", args{"run": nil}, "invalid argument run of get_test_failures: it is null. Give a text of "},
		{"get_span_details", args{"run": failing, "span_ids": "x"}, "invalid argument span_ids of get_span_details: it is a text. Give a list of "},
		{"get_span_details", args{"run": failing, "span_ids": []any{"a", 7}}, "element 2: it is a number"},
		{"get_run_summary", args{"run": strings.Repeat("x", 5000)}, "it has 5,000 characters. Give a text of "},
		{"get_run_summary", args{"\x1b[2J": 1, "run": failing}, `unknown argument "\x1b[2J" of get_run_summary. get_run_summary takes run, `},
		{"search_spans", args{"run": failing, "query": "dur>lots"}, "cannot read the query"},
		{"search_evidence", args{"run": failing, "text_regex": "("}, "RE2"},
		{"search_evidence", args{"run": failing, "text_regex": "x", "path_glob": "no/**/such"}, "without text_regex"},
		{"get_log", args{"run": failing, "file": "no.txt"}, "search_evidence"},
		{"get_log", args{"run": failing, "from": 400}, "40 lines"},
		{"get_log", args{"run": failing, "from": "soon"}, "Give the number of a line"},
		{"get_span_details", args{"run": failing, "span_ids": []string{"x"}}, "search_spans"},
		{"get_span_details", args{"run": failing, "span_ids": slices.Repeat([]string{"779f76273d335d88"}, 21)}, "span_ids"},
		{"get_run_timeline", args{"run": failing, "phase": "Lunch"}, "without phase"},
		{"get_log", args{"run": failing, "lines": 7}, `unknown argument "lines" of get_log. get_log takes run, cursor, file, from, to.`},
		{"get_log", args{}, "missing argument run of get_log. Give a text of "},
	} {
		if said := b.refused(c.tool, c.args); !strings.Contains(said, c.want) || strings.Contains(said, "validating") {
			t.Errorf("%s %v: %s", c.tool, c.args, said)
		}
	}
}

// waiting opens no run before its call is cancelled, and tells when it was asked and when
// the call ended.
type waiting struct{ asked, ended chan struct{} }

func (w waiting) open(ctx context.Context, _ prow.Ref) (mcp.Run, error) {
	close(w.asked)
	<-ctx.Done()
	close(w.ended)
	return nil, context.Cause(ctx)
}

// A call that takes long tells its client so, and ends when the client cancels it.
func TestProgressAndCancellation(t *testing.T) {
	w := waiting{make(chan struct{}), make(chan struct{})}
	b := newBench(t, func(o *mcp.Options) { o.Open, o.Heartbeat = w.open, time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := make(chan *sdk.ProgressNotificationParams, 1000)
	server, transport := sdk.NewInMemoryTransports()
	go mcp.New(b.options).ServeTransport(t.Context(), server)
	client, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, &sdk.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) {
			select {
			case told <- r.Params:
			default:
			}
		},
	}).Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	failed := make(chan error, 1)
	go func() {
		p := &sdk.CallToolParams{Name: "get_run_summary", Arguments: args{"run": failing}}
		p.SetProgressToken("here")
		_, err := client.CallTool(ctx, p)
		failed <- err
	}()
	<-w.asked
	first, second := <-told, <-told
	if first.ProgressToken != "here" || first.Progress >= second.Progress || first.Message == "" {
		t.Errorf("told %+v, then %+v", first, second)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled with %v", err)
	}
	<-w.ended
}

// A call is not waited for without end.
func TestPatience(t *testing.T) {
	w := waiting{make(chan struct{}), make(chan struct{})}
	b := newBench(t, func(o *mcp.Options) { o.Open, o.Patience = w.open, time.Millisecond })
	if said := b.refused("get_run_summary", args{"run": failing}); !strings.Contains(said, "longer than 1ms") {
		t.Error(said)
	}
}

// Many clients ask at the same time.
func TestManyClients(t *testing.T) {
	b := newBench(t, nil)
	web := httptest.NewServer(mcp.New(b.options).Handler())
	t.Cleanup(web.Close)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			client, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: web.URL, DisableStandaloneSSE: true}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer client.Close()
			tool := []string{"get_run_summary", "get_log", "get_run_timeline", "search_spans"}[i%4]
			if r, err := client.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: args{"run": failing}}); err != nil || r.IsError {
				t.Errorf("%s: %v %+v", tool, err, r)
			}
		})
	}
	all.Wait()
}

// Pages of other sites get nothing.
func TestPagesOfOtherSites(t *testing.T) {
	b := newBench(t, nil)
	h := mcp.New(b.options).Handler()
	for _, c := range []struct {
		host, origin string
		refused      bool
	}{
		{"ci.example", "", false},
		{"ci.example", "https://ci.example", false},
		{"ci.example:81", "http://ci.example:81", false},
		{"ci.example", "https://ci.example:81", true},
		{"127.0.0.1:80", "http://evil.example", true},
		{"127.0.0.1:80", "null", true},
		{"127.0.0.1:80", "file://127.0.0.1:80", true},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://x/", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
		r.Host = c.host
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if refused := w.Code == http.StatusForbidden; refused != c.refused {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}
