package team

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/session"
)

// silent is a store that never answers.
type silent struct{ objstore.Store }

func (silent) Features() objstore.Features { return objstore.Features{} }

func (silent) List(ctx context.Context, _, _, _ string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		<-ctx.Done()
		yield(objstore.Object{}, ctx.Err())
	}
}

func (silent) ReadAll(ctx context.Context, _, _ string, _ int64) ([]byte, objstore.Object, error) {
	<-ctx.Done()
	return nil, objstore.Object{}, ctx.Err()
}

// The load of a part of a run is another than that of the run: each counts until it ends.
func TestPartsCountForThemselves(t *testing.T) {
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	v := newVisitors(Allowance{}, time.Now)
	runs := session.NewOpenRuns(session.New(session.Options{Stores: map[string]objstore.Store{"gs": silent{}}}), session.OpenRunsOptions{Ended: v.ended})
	of := prow.Ref{Kind: prow.KindRun, Run: prow.Run{Provider: "gs", Bucket: "b", Root: "logs/j/1", Job: "j", Build: "1"}}
	part := of
	part.Rest = "artifacts/otlp/a.otel"
	for _, ref := range []prow.Ref{of, part, of} {
		if state, err := v.begin("x", runs, ref); err != nil || state.Err != nil {
			t.Fatalf("%+v, error %v", state, err)
		}
	}
	if n := v.of("x").loads; n != 2 {
		t.Errorf("%d loads count", n)
	}
	if err := runs.Close(); err != nil {
		t.Fatal(err)
	}
	if n := v.of("x").loads; n != 0 {
		t.Errorf("%d loads count when all have ended", n)
	}
}

// Calls of one visitor wait for each other, and keep no other waiting.
func TestCallsOfOneWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVisitors(Allowance{Loads: 2}, time.Now)
		begin := func(who string) (func(), time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			done, err := v.call(ctx, who)
			return done, time.Since(began), err
		}
		first, _, err := begin("x")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := begin("x"); err != nil {
			t.Fatal(err)
		}
		if _, took, err := begin("x"); !errors.Is(err, context.DeadlineExceeded) || took != time.Minute {
			t.Errorf("a third call after %s: %v", took, err)
		}
		if _, took, err := begin("y"); err != nil || took != 0 {
			t.Errorf("another's call after %s: %v", took, err)
		}
		time.AfterFunc(time.Second, first)
		if _, took, err := begin("x"); err != nil || took != time.Second {
			t.Errorf("a call after another has ended, after %s: %v", took, err)
		}
	})
}

// A load that a call does by itself counts like others, with what it brings.
func TestOwnLoadsCount(t *testing.T) {
	v := newVisitors(Allowance{Loads: 1, Bytes: 100}, time.Now)
	done, err := v.load("x")
	if err != nil {
		t.Fatal(err)
	}
	var told *userError
	if _, err := v.search("x"); !errors.Is(err, session.ErrManyLoads) || !errors.As(err, &told) || told.status != http.StatusTooManyRequests {
		t.Errorf("a search beside a load: %v", err)
	}
	if _, err := v.load("y"); err != nil {
		t.Errorf("another's load: %v", err)
	}
	done()
	v.charge("x", 100)
	if _, err := v.load("x"); err == nil || errors.Is(err, session.ErrManyLoads) {
		t.Errorf("a load beyond the share: %v", err)
	}
	end, err := v.search("x")
	if err != nil {
		t.Fatalf("a search beyond the share, for a run that may be there: %v", err)
	}
	end()
}
