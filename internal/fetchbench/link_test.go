package main

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

const (
	testRTT     = 40 * time.Millisecond
	testPerConn = 20e6
	testTotal   = 200e6
)

// TestLink: in a bubble the clock stands still while anything can run, so the
// times are those of the line alone, to the nanosecond but for rounding.
func TestLink(t *testing.T) {
	tests := []struct {
		name      string
		conns     int
		requests  int // one after the other on each connection
		size      int // bytes of each answer
		want      time.Duration
		perConn   float64
		total     float64
		justAfter time.Duration // the client is silent so long after connecting
	}{
		{name: "one byte: connect and one round trip", conns: 1, requests: 1, size: 1, want: 2 * testRTT},
		{name: "an open connection costs no more", conns: 1, requests: 5, size: 1, want: 6 * testRTT},
		{name: "connected meanwhile", conns: 1, requests: 1, size: 1, justAfter: time.Second, want: time.Second + testRTT},
		{name: "partly connected meanwhile", conns: 1, requests: 1, size: 1, justAfter: testRTT / 2, want: 2 * testRTT},
		{name: "one connection's rate", conns: 1, requests: 1, size: 2e6, perConn: testPerConn, total: testTotal, want: 2*testRTT + 100*time.Millisecond},
		{name: "five do not fill the line", conns: 5, requests: 1, size: 2e6, perConn: testPerConn, total: testTotal, want: 2*testRTT + 100*time.Millisecond},
		{name: "forty share the line", conns: 40, requests: 1, size: 1e6, perConn: testPerConn, total: testTotal, want: 2*testRTT + 200*time.Millisecond},
		{name: "idle time is not made up for", conns: 1, requests: 2, size: 2e6, perConn: testPerConn, want: 3*testRTT + 200*time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				link := &Link{RTT: testRTT, PerConn: tt.perConn, Total: tt.total}
				start := time.Now()
				var first, last time.Duration
				took := make(chan time.Duration)
				for range tt.conns {
					client, server := dial(link)
					go answer(server, tt.size)
					go func() {
						defer client.Close()
						<-time.After(tt.justAfter)
						for range tt.requests {
							client.Write([]byte("?"))
							if _, err := io.CopyN(io.Discard, client, int64(tt.size)); err != nil {
								t.Error(err)
							}
						}
						took <- time.Since(start)
					}()
				}
				for i := range tt.conns {
					d := <-took
					if i == 0 {
						first = d
					}
					last = d
				}
				if off := last - tt.want; off < -time.Microsecond || off > time.Millisecond {
					t.Errorf("took %s, want %s", last, tt.want)
				}
				// A fair line lets all end together, but for their last chunks.
				if last-first > 10*time.Millisecond {
					t.Errorf("the first ended %s before the last", last-first)
				}
			})
		})
	}
}

func TestLinkCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		link := &Link{RTT: testRTT}
		client, server := dial(link)
		go func() {
			server.Write([]byte("bye"))
			server.Close()
		}()
		if got, err := io.ReadAll(client); string(got) != "bye" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}

		client, server = dial(link)
		client.Close()
		if _, err := server.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the server's read ended with %v", err)
		}
		if _, err := server.Write([]byte("x")); err == nil {
			t.Error("written to a client that is gone")
		}
		// The bubble ends only if every goroutine of the link has ended.
	})
}

// dial returns both ends of a connection over the link.
func dial(link *Link) (client, server net.Conn) {
	client, c := net.Pipe()
	server, s := net.Pipe()
	link.join(c, s)
	return client, server
}

// answer sends size bytes for every byte it gets.
func answer(conn net.Conn, size int) {
	defer conn.Close()
	data := make([]byte, size)
	for {
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			return
		}
		if _, err := conn.Write(data); err != nil {
			return
		}
	}
}
