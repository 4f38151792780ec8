package team

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
)

// A Visitor opens runs for whoever asks, within his allowance. All that loads for a visitor
// goes this way. It is safe for concurrent use.
type Visitor struct {
	of  *Server
	who string
}

// visitorKey finds the name of the visitor in the context of a request.
type visitorKey struct{}

// Visitor gives who sent the request that a context is of. Contexts of none share a visitor.
func (s *Server) Visitor(ctx context.Context) Visitor {
	who, _ := ctx.Value(visitorKey{}).(string)
	return Visitor{s, who}
}

// Together gives a visitor that stands for many whom the server cannot tell apart. The name
// begins sentences about them. No request can take it.
func (s *Server) Together(name string) Visitor { return Visitor{s, together + name} }

// together begins the names of such visitors: no header can hold it.
const together = "\x00"

// Choose is that of session.OpenRuns. A search in a bucket counts as a load while it lasts.
func (v Visitor) Choose(ctx context.Context, ref prow.Ref) (prow.Ref, error) {
	if ref.Kind == prow.KindRun {
		return ref, nil
	}
	done, err := v.searching()
	if err != nil {
		return ref, err
	}
	defer done()
	return v.of.runs.Choose(ctx, ref)
}

// Open is that of session.OpenRuns. What comes of the run while it is held, such as logs, is
// charged too.
func (v Visitor) Open(ctx context.Context, ref prow.Ref) (*session.OpenRun, error) {
	ref, err := v.Choose(ctx, ref)
	if err != nil {
		return nil, err
	}
	if _, err := v.begin(ref); err != nil {
		return nil, err
	}
	run, err := v.of.runs.Open(ctx, ref)
	if err == nil {
		run.Meter(func(bytes int64) { v.of.visitors.charge(v.who, bytes) })
	}
	return run, err
}

// Begin is that of session.OpenRuns.
func (v Visitor) Begin(ref prow.Ref) session.OpenState {
	state, err := v.begin(ref)
	if err != nil {
		return session.OpenState{Step: session.OpenFailed, Err: err}
	}
	return state
}

// begin says how far a run is, and begins its load where nobody has and the visitor may. The
// error is, or wraps, a *userError.
func (v Visitor) begin(ref prow.Ref) (session.OpenState, error) {
	state, err := v.of.visitors.begin(v.who, v.of.runs, ref)
	return state, v.refused(err)
}

// searching lets a search begin, which the caller ends by done.
func (v Visitor) searching() (done func(), err error) {
	done, err = v.of.visitors.search(v.who)
	return done, v.refused(err)
}

// Call lets a call of an agent begin, which the caller ends by done: of a visitor there are as
// many at once as loads, and others wait. A call that loads runs by itself counts as a load
// besides. Errors are those of ctx, and an error that is told to the visitor.
func (v Visitor) Call(ctx context.Context, loads bool) (done func(), err error) {
	if loads {
		done, err = v.of.visitors.load(v.who)
		return done, v.refused(err)
	}
	return v.of.visitors.call(ctx, v.who)
}

// Counting gives a session whose requests are charged.
func (v Visitor) Counting(s *session.Session) *session.Session {
	return s.Counting(v.of.visitors.progress(v.who))
}

// spent refuses what brings bytes where the visitor has had his share.
func (v Visitor) spent() error { return v.refused(v.of.visitors.spent(v.who)) }

// refused counts an error that a visitor is refused with.
func (v Visitor) refused(err error) error {
	if told := (*userError)(nil); errors.As(err, &told) && told.status == http.StatusTooManyRequests {
		v.of.metrics.refused.Inc()
	}
	return err
}

// nameOf says who asks: what the proxy's header says, else the address, of IPv6 its network.
func (s *Server) nameOf(r *http.Request) string {
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
		return cmp.Or(host, "unknown")
	}
	if a = a.Unmap().WithZone(""); a.Is6() {
		if network, err := a.Prefix(64); err == nil {
			return network.String()
		}
	}
	return a.String()
}
