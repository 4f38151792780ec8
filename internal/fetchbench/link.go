package main

import (
	"io"
	"net"
	"sync"
	"time"
)

// Link is a long and narrow line between the fetching programs and the server:
//
//   - Every byte takes RTT/2 from one end to the other.
//   - Opening a connection takes one RTT: what the client sends before that waits.
//   - Towards the client a connection carries PerConn bytes a second and all
//     connections together Total, shared evenly chunk by chunk.
//
// Towards the server only time passes; requests are small. There is no slow
// start, no loss and no jitter: a real line is never better than this one.
//
// All times are computed, sleeping only waits for them. A timer that fires late
// delays a chunk and never the ones behind it, so the rates hold also on a
// machine that is busy with the programs it measures. The zero value of a field
// sets no limit.
type Link struct {
	RTT            time.Duration
	PerConn, Total float64 // bytes a second

	mu   sync.Mutex
	free time.Time // when the shared line has carried all that was put on it
}

const (
	chunkSize = 32 << 10 // a TLS record of 16 KiB is one chunk
	sendQueue = 16       // chunks that the server may have written ahead, its socket's buffer
	flight    = 64       // chunks on their way, more than PerConn × RTT/2
)

// Listener puts the link in front of what arrives at inner.
func (l *Link) Listener(inner net.Listener) net.Listener { return &longListener{inner, l} }

type longListener struct {
	net.Listener
	link *Link
}

func (l *longListener) Accept() (net.Conn, error) {
	client, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	far, near := net.Pipe()
	l.link.join(client, near)
	return &farEnd{far, client}, nil
}

// farEnd is the server's end of a connection.
type farEnd struct {
	net.Conn
	client net.Conn
}

func (f *farEnd) LocalAddr() net.Addr  { return f.client.LocalAddr() }
func (f *farEnd) RemoteAddr() net.Addr { return f.client.RemoteAddr() }

// join carries bytes between a client that is just connecting and a server, in
// the background, until one of them closes.
func (l *Link) join(client, server net.Conn) {
	open := time.Now().Add(l.RTT)
	up := make(chan chunk, flight)
	go read(client, up, func(now time.Time) time.Time { return later(now, open).Add(l.RTT / 2) })
	go deliver(server, up)

	sent, down := make(chan chunk, sendQueue), make(chan chunk, flight)
	go read(server, sent, func(now time.Time) time.Time { return now })
	go l.pace(sent, down)
	go deliver(client, down)
}

// A chunk is a piece of a stream and the moment of its next step.
type chunk struct {
	buf *[chunkSize]byte
	n   int
	due time.Time
}

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// read takes what a side sends, until it closes.
func read(from io.Reader, to chan<- chunk, due func(now time.Time) time.Time) {
	defer close(to)
	for {
		buf := chunks.Get().(*[chunkSize]byte)
		n, err := from.Read(buf[:])
		if n > 0 {
			to <- chunk{buf, n, due(time.Now())}
		}
		if err != nil {
			return
		}
	}
}

// pace gives chunks their place on the line. A connection has one chunk at a
// time in the queue of the shared line, so that all get the same share of it.
func (l *Link) pace(sent <-chan chunk, down chan<- chunk) {
	defer close(down)
	var free time.Time // when this connection has carried all that it was given
	for c := range sent {
		start := later(c.due, free)
		time.Sleep(time.Until(start))
		free = later(start.Add(carrying(c.n, l.PerConn)), l.reserve(start, c.n))
		c.due = free.Add(l.RTT / 2)
		down <- c
	}
}

// reserve returns when the shared line has carried n bytes that are there at start.
func (l *Link) reserve(start time.Time, n int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = later(l.free, start).Add(carrying(n, l.Total))
	return l.free
}

// deliver hands chunks over when they are due and closes the side after the
// last. When the side is gone, the rest is dropped.
func deliver(to io.WriteCloser, from <-chan chunk) {
	defer to.Close()
	gone := false
	for c := range from {
		if !gone {
			time.Sleep(time.Until(c.due))
			if _, err := to.Write(c.buf[:c.n]); err != nil {
				gone = true
				to.Close()
			}
		}
		chunks.Put(c.buf)
	}
}

// carrying is the time that n bytes take at a rate; 0 is no limit.
func carrying(n int, rate float64) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(float64(n) / rate * float64(time.Second))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
