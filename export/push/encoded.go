package push

import "context"

// SendEncoded sends one request that is already encoded, an ExportTraceServiceRequest. It
// sends it once and never retries. It is for programs that send spans of their own. Errors
// are *RefusedError or the context's.
func (c *Client) SendEncoded(ctx context.Context, encoded []byte) error {
	_, err := c.once(ctx, &request{encoded: encoded})
	return err
}
