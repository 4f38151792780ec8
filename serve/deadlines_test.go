package serve

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// A client who takes nothing of an answer ends it, whether it is sent at once or streamed.
func TestSlowReaderEndsTheAnswer(t *testing.T) {
	d := deadlines{header: time.Hour, body: time.Hour, piece: 30 * time.Millisecond, idle: time.Hour}
	for name, step := range map[string]int{"at once": 64 << 20, "streamed": 64 << 10} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan error, 1)
			s := httptest.NewUnstartedServer(nil)
			s.Config = d.server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for block := make([]byte, step); ; {
					if _, err := w.Write(block); err != nil {
						ended <- err
						return
					}
					w.(http.Flusher).Flush()
				}
			}))
			s.Start()
			defer s.Close()
			c, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// onePipe is a listener that has one connection, without a network.
type onePipe struct {
	net.Listener
	conns chan net.Conn
}

func (l onePipe) Accept() (net.Conn, error) {
	if c, ok := <-l.conns; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l onePipe) Close() error { return nil }

// piped serves a handler by the deadlines of all pages in a bubble, and gives a connection.
func piped(t *testing.T, h http.HandlerFunc) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	l := onePipe{conns: make(chan net.Conn, 1)}
	l.conns <- server
	s := forClients.server(h)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		client.Close()
		close(l.conns)
		<-ended
		s.Close()
	})
	return client
}

// An answer of many pieces may take longer than a deadline, and a stream may pause.
func TestAnswersMayTakeLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := bytes.Repeat([]byte("0123456789abcdef"), 5*pieceSize/16)
		c := piped(t, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "begun")
			w.(http.Flusher).Flush()
			time.Sleep(2 * time.Minute)
			w.Write(body)
		})
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReaderSize(c, 64), nil)
		if err != nil {
			t.Fatal(err)
		}
		began, came := time.Now(), 0
		for part := make([]byte, pieceSize/2); ; {
			n, err := io.ReadFull(resp.Body, part)
			if came += n; errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if took := time.Since(began); came != len("begun")+len(body) || took < 3*time.Minute {
			t.Errorf("%d bytes came in %s", came, took)
		}
	})
}

// What a handler leaves to the server to send comes, however long it took.
func TestLateEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "all")
			time.Sleep(2 * time.Minute)
		})
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := io.ReadAll(resp.Body); string(all) != "all" || err != nil {
			t.Errorf("%q, error %v", all, err)
		}
	})
}

// A body that does not come ends its request; one that has come leaves no deadline behind.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("a body that does not come: %v", err)
				}
				w.WriteHeader(http.StatusRequestTimeout)
				return
			}
			select {
			case <-time.After(5 * time.Minute):
			case <-r.Context().Done():
				t.Error("a deadline of the body ended the request")
			}
		})
		in := bufio.NewReader(c)
		fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
		if resp, err := http.ReadResponse(in, nil); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%v, error %v", resp, err)
		}
		began := time.Now()
		fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo")
		resp, err := http.ReadResponse(in, nil)
		if took := time.Since(began); err != nil || resp.StatusCode != http.StatusRequestTimeout || took != 30*time.Second {
			t.Errorf("after %s: %v, error %v", took, resp, err)
		}
	})
}

// A connection without a request is closed after two minutes.
func TestIdleConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := piped(t, func(http.ResponseWriter, *http.Request) {})
		in := bufio.NewReader(c)
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		if _, err := http.ReadResponse(in, nil); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := in.ReadByte(); err != io.EOF || time.Since(began) != 2*time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}
