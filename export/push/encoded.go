package push

import "context"

// SendEncoded sends one request that is encoded already, an ExportTraceServiceRequest, once:
// nothing is sent again. It is for programs that send spans of their own. Errors are
// *RefusedError and the context's.
func (c *Client) SendEncoded(ctx context.Context, encoded []byte) error {
	_, err := c.once(ctx, &request{encoded: encoded})
	return err
}
