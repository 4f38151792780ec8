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

// Getter fetches a page by HTTP, without following it to other hosts than Deck
// leads to, and returns its status and body, of which a megabyte is enough. An
// error means that there was no answer.
type Getter func(ctx context.Context, url string) (status int, body []byte, err error)

// prowJob asks Deck where the run of a ProwJob is. Deck shows the resource as
// YAML (cmd/deck, /prowjob) as long as the cluster has it: 48 hours in Kubernetes'.
func (r *resolver) prowJob(ctx context.Context, ref prow.Ref) (prow.Run, error) {
	host := ref.Host
	if host == "" {
		host = r.o.Instances.Default().Decks[0]
	}
	page := url.URL{Scheme: "https", Host: host, Path: "/prowjob", RawQuery: url.Values{"prowjob": {ref.ProwJob}}.Encode()}
	if name, _, _ := strings.Cut(host, ":"); name == "localhost" || name == "127.0.0.1" {
		page.Scheme = "http"
	}
	fail := func(had, hint string, err error) (prow.Run, error) {
		return prow.Run{}, &ResolveError{Asked: "the run of " + subject(ref), Had: had, Hint: hint, Err: err}
	}
	const paste = "paste the link of the run itself"
	if r.o.Deck == nil {
		return fail("only the Prow at "+host+" knows it", paste, ErrNoRun)
	}
	status, body, err := r.o.Deck(ctx, page.String())
	switch {
	case err != nil:
		return prow.Run{}, fmt.Errorf("ask %s for %s: %w", host, subject(ref), err)
	case status == http.StatusNotFound:
		return fail(host+" does not have it (any more): a ProwJob is deleted two days after it was made", paste+", or find the run by its job: prowtrace runs JOB", ErrNoRun)
	case status != http.StatusOK:
		return fail(fmt.Sprintf("%s answered HTTP %d", host, status), "try again later, or "+paste, fmt.Errorf("HTTP %d", status))
	}
	address := yamlField(body, "status", "url")
	found, e := link.ParseFound(r.o.Instances, address) // may not lead on
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
		return fail("it has not been started: its state is "+link.Quote(yamlField(body, "status", "state")), "wait until it has a link in Prow", ErrNoRun)
	}
	return fail("its link "+link.QuoteLink(address)+" is no run", paste, ErrNoRun)
}

// yamlField finds SECTION.KEY in YAML as Kubernetes' tools print it: two levels
// of plain or quoted scalars are all that is read. "" is no such field.
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
