package lens

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// request is what Deck asks. Its other fields, such as the list of artifacts, are passed
// over: a run's own files tell what it has.
type request struct {
	Action         string `json:"action"`
	ArtifactSource string `json:"ArtifactSource"`
}

// The actions.
const (
	initial  = "initial"  // wants a document
	rerender = "rerender" // wants what is in its body
	callback = "callback" // wants any text
)

// maxRequest bounds the body in bytes. Deck takes the list of artifacts from an address,
// which its server bounds to 1 MiB; JSON can double that.
const maxRequest = 2 << 20

// Faults of a request.
var (
	errTooLarge = fmt.Errorf("the request of Deck has more than %d MiB", maxRequest>>20)
	errNoBody   = errors.New("this address answers to Deck only, which sends a request of Spyglass")
)

// readRequest reads what Deck sends. The request has a known action, with an error too.
func readRequest(body io.Reader) (request, error) {
	data, err := io.ReadAll(io.LimitReader(body, maxRequest+1))
	switch {
	case err != nil:
		return request{Action: initial}, fmt.Errorf("cannot read Deck's request: %w", err)
	case len(data) > maxRequest:
		return request{Action: initial}, errTooLarge
	case len(data) == 0:
		return request{Action: initial}, errNoBody
	}
	var r request
	if err := json.Unmarshal(data, &r); err != nil {
		return request{Action: initial}, fmt.Errorf("cannot read Deck's request: %w", err)
	}
	switch r.Action {
	case initial, rerender, callback:
		return r, nil
	}
	return request{Action: initial}, errors.New("cannot read Deck's request: unknown action")
}

// mostSource bounds an address of a run in bytes: names of objects are shorter.
const mostSource = 2048

// refOf says which run a request is about: what is behind /view/ in the address of Deck's
// page. A run that is named without a bucket is that of the Deck's own Prow if it is known,
// else of the default one: a host is never asked because a visitor sent its name.
func refOf(known prow.Instances, host, source string) (prow.Ref, error) {
	if source == "" || len(source) > mostSource {
		return prow.Ref{}, errors.New("cannot tell which run this is: Deck sent no source, or one that is too long")
	}
	base := ""
	if _, ok := known.At(bareHost(host)); ok && bareHost(host) != "" {
		base = "https://" + bareHost(host)
	}
	ref, err := link.ParseFound(known, base+(&url.URL{Path: "/view/" + source}).EscapedPath())
	if err != nil {
		return prow.Ref{}, err
	}
	if ref.Kind != prow.KindRun && ref.Kind != prow.KindDeck || ref.Kind == prow.KindRun && ref.Rest != "" {
		return prow.Ref{}, fmt.Errorf("cannot tell which run this is: %s", link.QuoteLink(source))
	}
	return ref, nil
}
