// Package push sends the spans of a View to a receiver of OTLP: a Collector, Jaeger,
// Tempo, or whatever else speaks OTLP over gRPC or HTTP.
//
// [Resolve] makes a [Target] from the caller's settings and the environment (the variables
// OTEL_EXPORTER_OTLP_*). [NewPlan] chooses the spans and their order, and [Client.Send]
// sends them.
//
// What it promises: there is one request at a time, and the next one begins when the
// receiver has answered. Memory is therefore bounded, and a slow receiver slows the sender
// down. If the receiver asks for it, a request is sent again, with growing pauses, until a
// time limit. Send then fails and says how many spans were delivered, so that a later Send
// can continue there. A request that is too large is cut in two. Rejected spans are counted
// and reported. Ids are those of the View, so that pushing twice gives the same ids.
//
// What it never does: read files, keep state between two calls of Send, or decide what
// matters in a trace. Texts from the receiver are passed on unchanged.
//
// Sources: the OTLP specification 1.8 (requests, partial success, what may be retried), and
// OpenTelemetry's "OTLP Exporter Configuration" for the variables.
package push

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Options say how a Client sends. The zero value is ready to use.
type Options struct {
	// RetryFor is how long one request is retried. 0 means DefaultRetryFor, and a negative
	// value means that it is not retried.
	RetryFor time.Duration

	// Agent is the name of the sender for the receiver: "prowtrace/1.2.3".
	Agent string

	// Retrying is called before a request is sent again after a pause, with the reason.
	// Taken is called with the number of spans of a plan, from its beginning, that need not
	// be sent again; its error ends Send. The goroutine of Send calls both. They may be nil.
	Retrying func(err error, pause time.Duration)
	Taken    func(spans int) error

	// Sleep pauses, and Jitter gives numbers in [0, 1) that spread the pauses. nil means the
	// usual ones.
	Sleep  func(ctx context.Context, d time.Duration) error
	Jitter func() float64
}

// DefaultRetryFor is long enough for a receiver to restart.
const DefaultRetryFor = 5 * time.Minute

// A Client sends to one receiver. It is for one goroutine at a time.
type Client struct {
	o      Options
	target Target
	to     transport
	most   int // bytes of a request; less once a receiver refused larger ones
}

// transport sends one request once. Its errors are *RefusedError or the context's.
type transport interface {
	send(ctx context.Context, r *request) (answer, error)
	close() error
}

// A request is an encoded batch.
type request struct {
	encoded []byte // ExportTraceServiceRequest
	packed  []byte // the same, compressed for an earlier try; nil before
}

// New makes a Client. It connects when something is sent. The caller must call Close.
func New(t Target, o Options) (*Client, error) {
	if o.RetryFor == 0 {
		o.RetryFor = DefaultRetryFor
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	c := &Client{o: o, target: t, most: maxBytes}
	var err error
	if t.Protocol == GRPC {
		c.to, err = newGRPC(t, o.Agent)
	} else {
		c.to, err = newHTTP(t, o.Agent)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close closes the connections.
func (c *Client) Close() error { return c.to.close() }

// A Report says what happened to the spans that were sent.
type Report struct {
	Spans    int   // spans that the receiver has answered for, including Rejected and TooLarge
	Rejected int64 // of Spans: the receiver did not keep them
	TooLarge int   // of Spans: a single one was too large for the receiver, which has no part of it
	Requests int   // accepted requests
	Retries  int
	Bytes    int64    // of accepted requests before compression
	Messages []string // other texts of the receiver, each once: warnings, and why spans were rejected
	Secret   bool     // whether something that was sent looks like a secret
}

// mostMessages bounds how many texts of a talkative receiver are kept.
const mostMessages = 10

// Complete reports whether the receiver kept everything that it was sent.
func (r *Report) Complete() bool { return r.Rejected == 0 && r.TooLarge == 0 }

// Send sends the spans of a plan, starting with number from; 0 sends all. It also returns
// the Report if it fails: the next Send can continue at from+Spans.
//
// Errors are *RefusedError if the receiver refuses a request, *GaveUpError if it asked for
// retries for too long, errors of Taken, and the context's.
func (c *Client) Send(ctx context.Context, p *Plan, from int) (r Report, err error) {
	reader := p.read(from)
	for {
		b, more := reader.next(c.most)
		r.Secret = reader.secrets.Found
		if !more {
			return r, nil
		}
		if err := c.deliver(ctx, b, from, &r); err != nil {
			return r, err
		}
	}
}

// deliver sends a batch, in parts if it is too large.
func (c *Client) deliver(ctx context.Context, b batch, from int, r *Report) error {
	todo := []batch{b}
	for len(todo) > 0 {
		b = todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		err := c.try(ctx, b, r)
		var refused *RefusedError
		if errors.As(err, &refused) && refused.size == tooLarge && b.size > tinyBytes {
			if len(b.spans) > 1 {
				first, second := b.halves()
				todo = append(todo, second, first)
				c.most = max(b.size/2, leastBytes)
				continue
			}
			r.TooLarge++
			r.say(refused.Error())
			err = nil
		}
		if err != nil {
			return err
		}
		r.Spans += len(b.spans)
		if c.o.Taken != nil {
			if err := c.o.Taken(from + r.Spans); err != nil {
				return err
			}
		}
	}
	return nil
}

// try sends a batch until the receiver accepts or refuses it.
func (c *Client) try(ctx context.Context, b batch, r *Report) error {
	req := &request{encoded: b.encode()}
	began := time.Now()
	for n := 0; ; n++ {
		got, err := c.once(ctx, req)
		if err == nil {
			r.Requests++
			r.Bytes += int64(len(req.encoded))
			r.Rejected += min(max(got.rejected, 0), int64(len(b.spans)))
			r.say(got.message)
			return nil
		}
		var refused *RefusedError
		if ctx.Err() != nil || !errors.As(err, &refused) || !refused.again || refused.size == tooLarge || c.o.RetryFor < 0 {
			return err
		}
		pause := pauseOf(n, refused.pause, c.o.Jitter)
		if time.Since(began)+pause > c.o.RetryFor {
			return &GaveUpError{After: time.Since(began), Asked: refused.pause, Tries: n + 1, Err: refused}
		}
		r.Retries++
		if c.o.Retrying != nil {
			c.o.Retrying(refused, pause)
		}
		if err := c.o.Sleep(ctx, pause); err != nil {
			return err
		}
		if refused.size == maybeTooLarge && len(b.spans) > 1 && b.size > leastBytes {
			return &RefusedError{To: refused.To, Status: refused.Status, Message: refused.Message, size: tooLarge}
		}
	}
}

func (c *Client) once(ctx context.Context, req *request) (answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.target.Timeout, errNoAnswer)
	defer cancel()
	return c.to.send(ctx, req)
}

// errNoAnswer is the reason when a try takes too long.
var errNoAnswer = errors.New("no answer in time")

// say keeps a text of the receiver.
func (r *Report) say(message string) {
	for _, m := range r.Messages {
		if m == message {
			return
		}
	}
	if message != "" && len(r.Messages) < mostMessages {
		r.Messages = append(r.Messages, message)
	}
}

// Pauses before a request is sent again.
const (
	firstPause = time.Second
	mostPause  = 30 * time.Second
)

// pauseOf is the pause after a number of failed tries. It doubles each time. The actual
// pause is between half of that and the whole, so many senders do not return together. It is
// never shorter than the pause that the receiver asked for.
func pauseOf(tries int, asked time.Duration, jitter func() float64) time.Duration {
	pause := mostPause
	if tries < 5 {
		pause = firstPause << tries
	}
	pause = pause/2 + time.Duration(jitter()*float64(pause/2))
	if asked <= 0 {
		return pause
	}
	return asked + time.Duration(jitter()*float64(firstPause))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A RefusedError says that a receiver refused a request, or cannot be reached.
type RefusedError struct {
	To      string // the endpoint, without a password
	Status  string // in the protocol's words: "429 Too Many Requests", "Unavailable"; "" if it cannot be reached
	Message string // from the receiver, or from the way to it
	Reason  Reason
	Err     error // the cause; may be nil

	again bool          // whether the request may be sent again
	pause time.Duration // the pause that was asked for; 0 means none
	size  size
}

// A Reason is why a receiver does not accept spans, if its caller can do something about it.
type Reason string

const (
	NotAllowed    Reason = "not allowed"     // it requires other headers
	NotFound      Reason = "not found"       // nothing receives spans there
	NotReceiver   Reason = "not a receiver"  // another server is there
	WrongSecurity Reason = "wrong security"  // one side speaks TLS, the other does not
	BadAuthority  Reason = "bad certificate" // no known authority signed it
)

func (e *RefusedError) Error() string {
	switch {
	case e.Status == "":
		return fmt.Sprintf("cannot send to %s: %s", e.To, e.Message)
	case e.Message == "":
		return fmt.Sprintf("cannot send to %s: it answered %s", e.To, e.Status)
	}
	return fmt.Sprintf("cannot send to %s: it answered %s: %s", e.To, e.Status, e.Message)
}

func (e *RefusedError) Unwrap() error { return e.Err }

// size says whether a request was refused because of its size.
type size int

const (
	maybeTooLarge size = iota + 1 // or the receiver is overloaded
	tooLarge
)

// A GaveUpError says that a request was retried for as long as was allowed.
type GaveUpError struct {
	After time.Duration
	Asked time.Duration // the last pause that the receiver asked for; 0 means none
	Tries int
	Err   *RefusedError // the last one
}

func (e *GaveUpError) Error() string {
	text := fmt.Sprintf("gave up after %s", e.After.Round(time.Second))
	if e.Tries == 1 {
		text = "gave up"
	}
	if e.Asked > 0 {
		text += fmt.Sprintf(" (it asks to wait %s)", e.Asked.Round(time.Second))
	}
	return text + ": " + e.Err.Error()
}

func (e *GaveUpError) Unwrap() error { return e.Err }
