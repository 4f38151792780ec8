package mcp

import (
	"context"
	"encoding/json"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Answers gives a value of the type of each tool's answer.
func Answers() []any {
	return []any{resolveOut{}, runsOut{}, summaryOut{}, failuresOut{}, timelineOut{}, criticalOut{}, searchOut{}, detailsOut{}, evidenceOut{}, logOut{}, compareOut{}, historyOut{}}
}

// Refusals gives for each tool why arguments are refused, and whether the schema that its
// clients see refuses them.
func (s *Server) Refusals(raw []byte) map[string][2]error {
	all := map[string][2]error{}
	var given any
	if json.Unmarshal(raw, &given) != nil {
		return nil
	}
	for tool, schema := range s.inputs {
		resolved, err := schema.Resolve(nil)
		if err != nil {
			panic(err)
		}
		all[tool] = [2]error{checkArguments(tool, schema, raw), resolved.Validate(given)}
	}
	return all
}

// Cursor writes a cursor of a question that a text stands for.
func Cursor(asked string, at int, pin int64) string {
	return cursorOf(questionOf(asked, "", nil), place{at, pin})
}

// ReadCursor reads one.
func ReadCursor(asked, cursor string) (at int, pin int64, err error) {
	p, err := readCursor(questionOf(asked, "", nil), cursor)
	return p.at, p.pin, err
}

// TimeOf reads a time.
func TimeOf(s string, now time.Time) (time.Time, error) { return timeOf(s, now) }

// Said makes a text fit for an answer.
func Said(s string, limit int) string { return string(said(s, limit)) }

// ServeTransport serves one client.
func (s *Server) ServeTransport(ctx context.Context, t mcp.Transport) error { return s.sdk.Run(ctx, t) }
