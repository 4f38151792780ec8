package mcp_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"prowtrace/serve/mcp"
	"prowtrace/session"
)

// Each call is admitted, one that loads runs by itself once more, and all tell when they have
// ended. A call that is refused says why.
func TestAdmitted(t *testing.T) {
	var calls, loads, open atomic.Int64
	b := newBench(t, func(o *mcp.Options) {
		o.Admit = func(_ context.Context, alone bool) (func(), error) {
			switch {
			case alone && loads.Add(1) > 2:
				return nil, session.ErrManyLoads
			case !alone && calls.Add(1) > 4:
				return nil, errors.New("you have had your share")
			}
			open.Add(1)
			return func() { open.Add(-1) }, nil
		}
	})
	b.answer("get_run_summary", args{"run": failing})
	b.answer("get_job_history", args{"job": "e2e-kops-aws-distro-deb13"})
	b.call("compare_runs", args{"run": failing, "baseline": "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"})
	if c, l := calls.Load(), loads.Load(); c != 3 || l != 2 {
		t.Errorf("%d calls were admitted, and %d loads", c, l)
	}
	if said := b.refused("get_job_history", args{"job": "e2e-kops-aws-distro-deb13"}); !strings.Contains(said, "Ask again when") {
		t.Errorf("a load that is refused: %s", said)
	}
	if said := b.refused("get_run_summary", args{"run": failing}); !strings.Contains(said, "you have had your share") {
		t.Errorf("a call that is refused: %s", said)
	}
	if n := open.Load(); n != 0 {
		t.Errorf("%d have not ended", n)
	}
}
