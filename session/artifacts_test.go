package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/session"
)

// An artifact that does not come keeps no other waiting, nor the logs. Those who ask for the
// same share one download, and each waits no longer than he wants to.
func TestSlowArtifactKeepsNoOtherWaiting(t *testing.T) {
	o, _, server := sample(t)
	l, err := load(t, o, failing)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const slow, other = "artifacts/cluster.yaml", "artifacts/metadata.json"
	asked, release := make(chan struct{}), make(chan struct{})
	object := gcstest.Match{Op: gcstest.Get, Object: strings.TrimPrefix(failing, "gs://kubernetes-ci-logs/") + "/" + slow}
	first := object
	first.Times = 1
	server.Fault(object, gcstest.StallHeaders(release))
	server.Fault(first, gcstest.Before(func() { close(asked) }))
	in := l.Inputs[0]
	type opened struct {
		log *session.Log
		err error
	}
	waiting := make(chan opened, 2)
	open := func() {
		log, _, err := in.Artifact(t.Context(), slow)
		waiting <- opened{log, err}
	}
	go open()
	<-asked
	go open()
	impatient, leave := context.WithCancel(t.Context())
	leave()
	if _, _, err := in.Artifact(impatient, slow); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left gets %v", err)
	}
	if log, _, err := in.Artifact(t.Context(), other); err != nil || log.Size == 0 {
		t.Errorf("another artifact: %+v, error %v", log, err)
	}
	if logs, err := in.Logs(t.Context()); err != nil || len(logs) == 0 {
		t.Errorf("%d logs, error %v", len(logs), err)
	}
	close(release)
	one, two := <-waiting, <-waiting
	if one.err != nil || one != two {
		t.Errorf("the slow one: %+v and %+v", one, two)
	}
}
