package mcp

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// lastAnswers is how long answers are waited for when a client has sent its last message:
// one that pipes its questions in reads what comes, another one has gone.
const lastAnswers = 30 * time.Second

// ServeStream serves one client on a stream of lines until the stream ends, or ctx does.
// What was asked before the end of the stream is still answered, within half a minute.
// Nothing else may write to out.
func (s *Server) ServeStream(ctx context.Context, in io.Reader, out io.Writer) error {
	t := streamTransport{&mcp.IOTransport{Reader: io.NopCloser(in), Writer: keptOpen{out}, MaxLineLength: mostRequest}}
	err := s.sdk.Run(ctx, t)
	if ctx.Err() != nil {
		return nil // that is how it ends
	}
	return err
}

// keptOpen is a writer that its owner closes.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }

type streamTransport struct{ *mcp.IOTransport }

// Connect begins to read and write messages.
func (t streamTransport) Connect(ctx context.Context) (mcp.Connection, error) {
	c, err := t.IOTransport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &stream{Connection: c, changed: make(chan struct{}, 1)}, nil
}

// stream is a connection that ends when what was asked is answered.
type stream struct {
	mcp.Connection
	changed chan struct{} // has an element when open changes

	mu   sync.Mutex
	open int // calls without an answer
}

// listening is a call that is answered when its client cancels it.
const listening = "subscriptions/listen"

func (c *stream) Read(ctx context.Context) (jsonrpc.Message, error) {
	m, err := c.Connection.Read(ctx)
	if r, ok := m.(*jsonrpc.Request); ok && r.IsCall() && r.Method != listening {
		c.add(1)
	}
	if errors.Is(err, io.EOF) {
		c.wait(ctx)
	}
	return m, err
}

func (c *stream) Write(ctx context.Context, m jsonrpc.Message) error {
	if _, ok := m.(*jsonrpc.Response); ok {
		defer c.add(-1)
	}
	return c.Connection.Write(ctx, m)
}

func (c *stream) add(n int) {
	c.mu.Lock()
	c.open += n
	c.mu.Unlock()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// wait waits until all calls are answered, but not for ever.
func (c *stream) wait(ctx context.Context) {
	late := time.NewTimer(lastAnswers)
	defer late.Stop()
	for {
		c.mu.Lock()
		open := c.open
		c.mu.Unlock()
		if open <= 0 {
			return
		}
		select {
		case <-c.changed:
		case <-late.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
