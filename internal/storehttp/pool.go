package storehttp

import (
	"context"
	"net"
	"sync"
	"time"
)

// Warm opens up to n connections in the background, for use while the first
// listing is under way: connecting takes two to three round trips, the listing
// one or more, and so the reads that follow find open connections. It returns at
// once. Failures are not reported; the requests will meet them.
//
// Behind a proxy it does nothing.
func (t *Transport) Warm(ctx context.Context, n int) { t.pool.warm(ctx, n) }

// pool holds connections that were opened before a request needed them.
type pool struct {
	address string // of the service; connections to others are not pooled
	dial    dialFunc
	prepare func()     // what the first handshake needs and can be had meanwhile; may be nil
	ready   chan spare // a failed dial sends a spare without a connection
	life    context.Context
	end     context.CancelFunc
	dialing sync.WaitGroup

	mu      sync.Mutex
	tickets int // spares ready or under way that nobody waits for
	most    int
}

type spare struct {
	net.Conn
	since time.Time
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// freshFor is how long an unused connection is trusted: a load balancer in
// between may drop a silent one without a word.
const freshFor = 20 * time.Second

func newPool(most int, address string) *pool {
	p := &pool{address: address, most: most, ready: make(chan spare, most)}
	p.life, p.end = context.WithCancel(context.Background())
	return p
}

// dialer wraps dial so that it hands out spares first. own marks the kind of
// connection (plain or TLS) that the service is reached by.
func (p *pool) dialer(dial dialFunc, own bool) dialFunc {
	if !own {
		return dial
	}
	p.dial = dial
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == p.address && p.claim() {
			select {
			case s := <-p.ready:
				if s.Conn != nil && time.Since(s.since) < freshFor {
					return s.Conn, nil
				}
				s.close()
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-p.life.Done():
				return nil, net.ErrClosed
			}
		}
		return dial(ctx, network, addr)
	}
}

// claim reserves a spare, if there is one ready or under way.
func (p *pool) claim() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tickets == 0 {
		return false
	}
	p.tickets--
	return true
}

func (p *pool) warm(ctx context.Context, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Err() != nil {
		return
	}
	if n > 0 && p.most > 0 && p.prepare != nil {
		p.dialing.Go(p.prepare)
	}
	for ; n > 0 && p.tickets < p.most; n-- {
		p.tickets++
		p.dialing.Go(func() { p.open(ctx) })
	}
}

func (p *pool) open(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.life, cancel)()
	conn, err := p.dial(ctx, "tcp", p.address)
	if err != nil {
		conn = nil
	}
	s := spare{conn, time.Now()}
	select {
	case p.ready <- s:
	default: // someone who waited gave up, and the room is full
		s.close()
	}
}

func (p *pool) disable() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = 0
}

func (p *pool) close() {
	p.mu.Lock()
	p.end()
	p.tickets = 0
	p.mu.Unlock()
	p.dialing.Wait()
	for {
		select {
		case s := <-p.ready:
			s.close()
		default:
			return
		}
	}
}

func (s spare) close() {
	if s.Conn != nil {
		s.Conn.Close()
	}
}
