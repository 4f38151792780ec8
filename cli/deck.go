package cli

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Bounds of a page that is asked of a Deck.
const (
	deckTimeout = 15 * time.Second
	maxDeckPage = 1 << 20
)

// getDeck fetches a page of a Deck.
func getDeck(ctx context.Context, address string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, deckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDeckPage))
	return resp.StatusCode, body, err
}
