package find

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"prowtrace/prow"
)

// ErrNoLog: Deck does not have the log of a container: its pod has not started, or is gone.
var ErrNoLog = errors.New("no log in Deck: the pod has not started yet, or is gone")

// LiveLog reads from a Deck what a container of a run has written so far. Deck has the log only
// as long as the run's pod exists. The caller closes the reader. host may have a port.
type LiveLog func(ctx context.Context, host string, run prow.Run, container string) (io.ReadCloser, error)

// liveLogTimeout bounds the reading of a log.
const liveLogTimeout = 2 * time.Minute

// DeckLog is the LiveLog by HTTP, without credentials. Deck returns the whole log each
// time, of any length. Errors are ErrNoLog, *DeckError and those of HTTP.
func DeckLog(ctx context.Context, host string, run prow.Run, container string) (io.ReadCloser, error) {
	page := deckPage(host, "/log", url.Values{"job": {run.Job}, "id": {run.Build}, "container": {container}})
	ctx, cancel := context.WithTimeout(ctx, liveLogTimeout)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	resp, err := deckClient(req).Do(req)
	if err != nil {
		cancel()
		return nil, unreachable(host, err)
	}
	if resp.StatusCode == http.StatusOK {
		return &deckBody{resp.Body, cancel}, nil
	}
	resp.Body.Close()
	cancel()
	if resp.StatusCode == http.StatusNotFound {
		return nil, ErrNoLog
	}
	return nil, fmt.Errorf("cannot read a log: %s answered HTTP %d", host, resp.StatusCode)
}

// deckBody ends its request when it is closed.
type deckBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b *deckBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
