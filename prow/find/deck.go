package find

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Getter fetches a page by HTTP and returns its status and body, of which a
// megabyte is enough. An error means that there was no answer.
type Getter func(ctx context.Context, url string) (status int, body []byte, err error)

// Bounds of a page that is fetched from a Deck.
const (
	deckTimeout = 15 * time.Second
	maxPage     = 1 << 20 // bytes
)

// getPage fetches a page of a Deck. It sends no credentials.
func getPage(ctx context.Context, url string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, deckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := deckClient(req).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	return resp.StatusCode, body, err
}
