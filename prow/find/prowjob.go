package find

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// prowJob asks Deck where the run of a ProwJob is. Deck shows the resource as
// YAML (cmd/deck, /prowjob) as long as the cluster has it: 48 hours on Kubernetes' Prow.
// Only a known Prow is asked, whatever host the link names.
func (r *resolver) prowJob(ctx context.Context, ref prow.Ref) (prow.Run, error) {
	host := ref.Host
	if host == "" {
		host = r.o.Instances.Default().Decks[0]
	}
	fail := func(reason Reason, had string, err error) (prow.Run, error) {
		return prow.Run{}, &ResolveError{Asked: "the run of " + subject(ref), Had: had, Reason: reason, Err: err}
	}
	if !r.o.Instances.MayAsk(host) {
		err := &UnknownHostError{Host: host}
		return fail(ReasonUnasked, err.Error(), err)
	}
	status, body, err := r.o.Deck(ctx, deckPage(host, "/prowjob", url.Values{"prowjob": {ref.ProwJob}}))
	switch {
	case ctx.Err() != nil:
		return prow.Run{}, context.Cause(ctx)
	case err != nil:
		err = unreachable(host, err)
		return fail(ReasonDeck, err.Error(), err)
	case status == http.StatusNotFound:
		return fail(ReasonDeleted, host+" no longer has it: ProwJobs are deleted after two days", ErrNoRun)
	case status != http.StatusOK:
		return fail(ReasonDeck, fmt.Sprintf("%s answered HTTP %d", host, status), fmt.Errorf("HTTP %d", status))
	}
	address := yamlField(body, "status", "url")
	found, e := link.ParseFound(r.o.Instances, address) // the link must not carry another link
	if e == nil && found.Kind == prow.KindRun {
		return found.Run, nil
	}
	if e == nil && found.Kind == prow.KindPointer {
		return r.pointer(ctx, found)
	}
	job, id := yamlField(body, "spec", "job"), yamlField(body, "status", "build_id")
	switch {
	case prow.IsJob(job) && prow.IsBuild(id):
		return r.deck(ctx, prow.Ref{Kind: prow.KindDeck, Host: ref.Host, Run: prow.Run{Job: job, Build: id}})
	case address == "":
		return fail(ReasonNotStarted, "not started yet: its state is "+quote(yamlField(body, "status", "state")), ErrNoRun)
	}
	return fail(ReasonLink, "its link "+link.QuoteLink(address)+" does not lead to a run", ErrNoRun)
}

// yamlField finds SECTION.KEY in YAML as Kubernetes' tools print it. It reads only two levels
// of plain or quoted scalars. "" means that there is no such field.
func yamlField(doc []byte, section, key string) string {
	inside := false
	indent := -1
	for line := range strings.Lines(string(doc)) {
		line = strings.TrimRight(line, "\r\n ")
		body := strings.TrimLeft(line, " ")
		if body == "" || body[0] == '#' {
			continue
		}
		depth := len(line) - len(body)
		switch {
		case depth == 0:
			inside, indent = body == section+":", -1
			continue
		case !inside:
			continue
		case indent < 0:
			indent = depth
		}
		value, ok := strings.CutPrefix(body, key+":")
		if depth == indent && ok {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}
