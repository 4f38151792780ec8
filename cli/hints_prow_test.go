package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/session"
)

func TestHintsOfNames(t *testing.T) {
	_, host := link.Parse(prow.Instances{}, "https://example.com/x")
	_, word := link.Parse(prow.Instances{}, "7")
	oldest := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{host, "; to add another Prow, see docs/config.md"},
		{&session.TabError{Tab: "a", Err: &find.DeckError{Cause: objstore.NameUnknown}}, "HTTPS_PROXY if there is a proxy; or open the cell in TestGrid and paste its Prow link"},
		{&session.TabError{Tab: "a", Err: errors.New("broken")}, "open the cell in TestGrid and paste its Prow link"},
		{word, "give JOB/7, or paste the link of the run's page"},
		{&find.ResolveError{Reason: find.ReasonSeveral, Err: find.ErrManyRuns}, "--latest, --failed or --passed; prowtrace runs lists their results"},
		{&find.ResolveError{Reason: find.ReasonNoRuns}, "check the name, or name the bucket with --bucket"},
		{&find.ResolveError{Reason: find.ReasonNoRuns, Timed: true}, "check the time limits and the name, or"},
		{&find.ResolveError{Reason: find.ReasonNoRuns, Timed: true, Bucket: "b"}, "check the time limits and the name, and the name of the bucket"},
		{&find.ResolveError{Reason: find.ReasonOutOfTime}, "choose other times"},
		{&find.ResolveError{Reason: find.ReasonLimit, Oldest: oldest}, "look further back with --before 2026-11-23T15:00:00Z"},
		{&find.ResolveError{Reason: find.ReasonLimit}, "paste the link of a run"},
		{&find.ResolveError{Reason: find.ReasonNoneFits}, "choose another result, or paste the link of a run"},
		{&find.ResolveError{Reason: find.ReasonRunning}, "--watch --latest"},
		{&find.ResolveError{Reason: find.ReasonNotThere}, "it may have expired"},
		{&find.ResolveError{Reason: find.ReasonProw}, "name the bucket with --bucket, or add that Prow to the config file"},
		{&find.ResolveError{Reason: find.ReasonUnasked, Err: &find.UnknownHostError{Host: "x"}}, "add that Prow to the config file, see docs/config.md"},
		{&find.ResolveError{Reason: find.ReasonDeck, Err: &find.DeckError{Cause: objstore.NameUnknown}}, "check the name of the host and the network, and HTTPS_PROXY if there is a proxy; or paste the link of the run itself"},
		{&find.DeckError{Cause: objstore.TooSlow}, "check the network, and try again later"},
		{&find.DeckError{Cause: objstore.Certificate}, "point SSL_CERT_FILE to its certificate"},
		{&find.DeckError{}, "check the network, a firewall, and HTTPS_PROXY if there is a proxy; then try again"},
		{&find.TooManyError{Noun: "job"}, "paste the link of one"},
		{&find.TooManyError{Noun: "build"}, "a time with --after"},
	} {
		if got := hintOf(invocation{}, fmt.Errorf("outer: %w", tt.err)); !strings.Contains(got, tt.want) {
			t.Errorf("%v: hint %q, want %q", tt.err, got, tt.want)
		}
	}
	for _, r := range []find.Reason{
		find.ReasonSeveral, find.ReasonNoRuns, find.ReasonOutOfTime, find.ReasonLimit, find.ReasonNoneFits, find.ReasonRunning, find.ReasonNotThere,
		find.ReasonStore, find.ReasonBucket, find.ReasonProw, find.ReasonUnasked, find.ReasonKind, find.ReasonDeleted, find.ReasonNotStarted, find.ReasonLink, find.ReasonDeck,
	} {
		if hintOf(invocation{}, &find.ResolveError{Reason: r}) == "" {
			t.Errorf("no hint for the reason %s", r)
		}
	}
}

// What a hint repeats of a command is what a shell reads as its arguments.
func TestInvocationInstead(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "prowtrace summary right"},
		{[]string{"wrong"}, "prowtrace summary right"},
		{[]string{"-o", "json", "wrong"}, "prowtrace summary right"},
		{[]string{"https://prow.k8s.io/?job=wrong"}, "prowtrace summary right"},
		{[]string{"kops#7", "wrong", "it's"}, `prowtrace summary 'kops#7' right 'it'\''s'`},
	} {
		c := newSummary(Streams{})
		newRoot(Streams{}).AddCommand(c)
		if err := c.ParseFlags(tt.args); err != nil {
			t.Fatal(err)
		}
		if got := (invocation{c}).instead("wrong", "right"); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.args, got, tt.want)
		}
	}
	if got := (invocation{}).instead("wrong", "right"); got != "prowtrace right" {
		t.Errorf("without a command: %s", got)
	}
}
