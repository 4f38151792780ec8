package mcp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/session"
)

// call is one use of a tool.
type call struct {
	server *Server
	tool   string
	asked  question // what its cursors are bound to; set by begin
	pin    int64
}

// begin binds the call to a run and its arguments, and reads where its list goes on.
func (c *call) begin(run string, in any, cursor string) (at int, err error) {
	c.asked = questionOf(c.tool, run, in)
	p, err := readCursor(c.asked, cursor)
	if err != nil {
		return 0, &callError{what: "invalid cursor", why: err.Error(), next: "Repeat the call without cursor, or with exactly the arguments of the answer that the cursor came from; for the newest run of a job, pass the run of that answer."}
	}
	c.pin = p.pin
	return p.at, nil
}

// cursor writes where the list goes on.
func (c *call) cursor(at int) string { return cursorOf(c.asked, place{at, c.pin}) }

// add offers a tool. What answer gives must be a pointer to a new value.
func add[In, Out any](s *Server, name, title, description string, answer func(ctx context.Context, c *call, in In) (*Out, error)) {
	no, yes := false, true
	tool := &mcp.Tool{
		Name: name, Title: title, Description: description,
		InputSchema: inputSchema[In](), OutputSchema: schemaOf[Out](nil),
		Annotations: &mcp.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: &no, OpenWorldHint: &yes},
	}
	s.inputs[name] = tool.InputSchema.(*jsonschema.Schema)
	mcp.AddTool(s.sdk, tool, func(ctx context.Context, req *mcp.CallToolRequest, in In) (*mcp.CallToolResult, *Out, error) {
		var out *Out
		err := s.work(ctx, req, func(ctx context.Context) (err error) {
			out, err = answer(ctx, &call{server: s, tool: name}, in)
			return err
		})
		if err != nil {
			return nil, nil, worded(err)
		}
		return nil, out, nil
	})
}

// work does the work of a call when there is a place for it, within the patience of the
// server and while its client is there, and tells a client that wants to know that it goes on.
func (s *Server) work(ctx context.Context, req *mcp.CallToolRequest, do func(context.Context) error) error {
	patience := s.o.Patience
	asked, overHTTP := ctx.Value(requestKey{}).(context.Context)
	if overHTTP {
		patience = min(patience, s.o.HTTPPatience)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if overHTTP {
		defer context.AfterFunc(asked, cancel)()
	}
	done, err := s.o.Admit(limited, false)
	if err != nil {
		return tooLong(limited, patience, err)
	}
	defer done()
	select {
	case s.calls <- struct{}{}:
		defer func() { <-s.calls }()
	case <-limited.Done():
		return tooLong(limited, patience, limited.Err())
	}
	var beats errgroup.Group
	beating, stop := context.WithCancel(limited)
	if token := req.Params.GetProgressToken(); token != nil {
		beats.Go(func() error { s.beat(beating, req, token); return nil })
	}
	err = s.guarded(limited, req.Params.Name, do)
	stop()
	beats.Wait()
	return tooLong(limited, patience, err)
}

// guarded turns a fault of a tool into an error: it ends its call alone.
func (s *Server) guarded(ctx context.Context, tool string, do func(context.Context) error) error {
	err := panics.Guard(func() error { return do(ctx) })
	if met := (*panics.Error)(nil); errors.As(err, &met) {
		s.o.Log.Error("fault", "tool", tool, "fault", text.Line(met.Error()), "stack", string(met.Stack))
		return &callError{what: "internal error", next: "It is a fault of prowtrace, and its log has it. Other tools may still answer."}
	}
	return err
}

// heavy waits for one of the few places of answers that load runs for themselves, and gives it
// back with what it returns.
func (s *Server) heavy(ctx context.Context) (done func(), err error) {
	admitted, err := s.o.Admit(ctx, true)
	if err != nil {
		return nil, err
	}
	select {
	case s.loads <- struct{}{}:
		return func() { <-s.loads; admitted() }, nil
	case <-ctx.Done():
		admitted()
		return nil, context.Cause(ctx)
	}
}

// tooLong words the error of a call whose time was over.
func tooLong(limited context.Context, patience time.Duration, err error) error {
	if err != nil && errors.Is(limited.Err(), context.DeadlineExceeded) && errors.Is(err, context.DeadlineExceeded) {
		return &callError{what: "the answer took longer than " + patience.String(), next: "Ask again: what was fetched meanwhile is in the cache. Or ask for less, such as one log instead of all."}
	}
	return err
}

// beat tells the client from time to time that its call is being worked at.
func (s *Server) beat(ctx context.Context, req *mcp.CallToolRequest, token any) {
	ticks := time.NewTicker(s.o.Heartbeat)
	defer ticks.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		told := &mcp.ProgressNotificationParams{ProgressToken: token, Progress: float64(n), Message: fmt.Sprintf("fetching and reading the run (%s)", time.Duration(n)*s.o.Heartbeat)}
		if req.Session.NotifyProgress(ctx, told) != nil {
			return // nobody listens
		}
	}
}

// ref says what an argument means. Without Local no path of this machine is looked at.
func (s *Server) ref(ctx context.Context, arg string) (prow.Ref, error) {
	ref, err := s.parse(ctx, arg)
	if err != nil {
		return ref, err
	}
	switch {
	case ref.Kind == prow.KindStdin, ref.Kind == prow.KindPath && !s.o.Local:
		return ref, &callError{what: "cannot read " + link.QuoteLink(arg), why: "paths on this machine are not allowed", next: "Give the link of a run, JOB/BUILD, gs://BUCKET/PATH, or the name of a job."}
	case ref.Bucket != "":
		return ref, s.allowed(ref.Run)
	}
	return ref, nil
}

func (s *Server) parse(ctx context.Context, arg string) (prow.Ref, error) {
	if s.o.Local {
		ref, err := session.Parse(s.o.Instances, arg)
		if err == nil {
			return ref, nil
		}
	}
	ref, err := link.Parse(s.o.Instances, arg)
	var wrong *link.ParseError
	if !errors.As(err, &wrong) {
		return ref, err
	}
	if wrong.Class == link.ClassTestGrid && wrong.Tab != "" {
		refs, err := s.o.Session(ctx, session.Choice{}).ParseAsking(ctx, []string{arg})
		if err == nil && len(refs) == 1 {
			return refs[0], nil
		}
	}
	return ref, &session.ArgumentError{Argument: arg, Err: err}
}

// allowed says why a bucket may not be read.
func (s *Server) allowed(run prow.Run) error {
	if s.o.Allow == nil {
		return nil
	}
	if err := s.o.Allow(run); err != nil {
		return &callError{what: "cannot read this bucket", why: err.Error(), next: "Ask for a run in a bucket that this server may read."}
	}
	return nil
}

// open opens the run that an argument means.
func (s *Server) open(ctx context.Context, arg string) (*openRun, error) {
	ref, err := s.ref(ctx, arg)
	if err != nil {
		return nil, err
	}
	load := s.o.Open
	if ref.Kind == prow.KindPath {
		load = s.openLocal
	}
	run, err := load(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", link.QuoteLink(arg), err)
	}
	in := run.Input()
	if in.Located() {
		if err := s.allowed(in.Ref.Run); err != nil {
			run.Release()
			return nil, err
		}
	}
	opened := &openRun{Run: run, server: s, in: in}
	if err := opened.withRest(ctx); err != nil {
		run.Release()
		return nil, err
	}
	return opened, nil
}
