package team

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
)

// An Allowance is what one visitor may have the server load. What is loaded already costs
// nothing. Zero fields stand for the values that are named.
type Allowance struct {
	Loads int           // at once; 0: 4
	Bytes int64         // from buckets in a period; 0: 20 GiB
	Spans int           // loaded in a period; 0: 50 million
	Per   time.Duration // the period; 0: an hour
}

// visitors keeps an account of each visitor. It is safe for concurrent use.
type visitors struct {
	allow Allowance
	now   func() time.Time

	mu      sync.Mutex
	all     map[string]*account
	loading map[prow.Run]*account // who began the load of a run
}

// account is what one visitor has had.
type account struct {
	since time.Time // when the period began
	loads int
	bytes int64
	spans int
}

// mostAccounts bounds the accounts; visitors beyond share one.
const mostAccounts = 50_000

func newVisitors(allow Allowance, now func() time.Time) *visitors {
	allow.Loads = cmp.Or(allow.Loads, 4)
	allow.Bytes = cmp.Or(allow.Bytes, 20<<30)
	allow.Spans = cmp.Or(allow.Spans, 50_000_000)
	allow.Per = cmp.Or(allow.Per, time.Hour)
	return &visitors{allow: allow, now: now, all: map[string]*account{}, loading: map[prow.Run]*account{}}
}

// of gives the account of a visitor. The caller has the lock.
func (v *visitors) of(who string) *account {
	now := v.now()
	a := v.all[who]
	if a == nil {
		if len(v.all) >= mostAccounts {
			v.sweep(now)
		}
		if len(v.all) >= mostAccounts {
			who = ""
		}
		if a = v.all[who]; a == nil {
			a = &account{since: now}
			v.all[who] = a
		}
	}
	if now.Sub(a.since) >= v.allow.Per {
		a.since, a.bytes, a.spans = now, 0, 0
	}
	return a
}

// sweep forgets accounts that say nothing any more.
func (v *visitors) sweep(now time.Time) {
	for who, a := range v.all {
		if a.loads == 0 && now.Sub(a.since) >= v.allow.Per {
			delete(v.all, who)
		}
	}
}

// begin says how far a run is, and begins its load where nobody has and the visitor may. The
// error is a *userError.
func (v *visitors) begin(who string, runs *session.OpenRuns, ref prow.Ref) (session.OpenState, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.of(who)
	if why := v.exhausted(a); why != "" {
		if state, ok := runs.Peek(ref); ok {
			return state, nil
		}
		return session.OpenState{}, &userError{http.StatusTooManyRequests, why, "Runs that are loaded already still open. Try this one again later."}
	}
	state := runs.Begin(ref)
	if state.Began {
		a.loads++
		v.loading[ref.Run] = a
	}
	return state, nil
}

// exhausted says why an account may begin no load; "" where it may.
func (v *visitors) exhausted(a *account) string {
	switch {
	case a.loads >= v.allow.Loads:
		return "You have " + text.Count(a.loads, "run") + " loading already"
	case a.bytes >= v.allow.Bytes:
		return "You have had " + text.Size(a.bytes) + " loaded within " + v.allow.Per.String()
	case a.spans >= v.allow.Spans:
		return "You have had " + text.Count(a.spans, "span") + " loaded within " + v.allow.Per.String()
	}
	return ""
}

// ended hears that a load has ended, which may be of nobody's account.
func (v *visitors) ended(e session.EndedLoad) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if a := v.loading[e.Run]; a != nil {
		delete(v.loading, e.Run)
		a.loads--
		a.bytes += e.Bytes
		a.spans += e.Spans
	}
}

// visitor says who asks: what the proxy's header says, else the address, of IPv6 its network.
func (s *Server) visitor(r *http.Request) string {
	if name := s.o.VisitorHeader; name != "" {
		all := r.Header.Values(name)
		if len(all) > 0 {
			parts := strings.Split(all[len(all)-1], ",")
			if who := text.Clip(strings.TrimSpace(parts[len(parts)-1]), 200); who != "" {
				return who
			}
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if network, err := a.Prefix(64); err == nil {
			return network.String()
		}
	}
	return a.String()
}
