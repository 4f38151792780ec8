package remote

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
)

// maxPage bounds a page, whatever is asked for: an answer of FindTraceIDs is
// one message, which must stay below what a client takes. What is left comes
// with the next page.
const maxPage = 10_000

// A page is what a paged search returns at a time. Its zero value stands for a
// search that is not paged.
type page struct {
	size   int
	query  fingerprint
	behind []byte // where the page before ended; nil for the first one
}

// A fingerprint binds a token to the question that it was given for.
type fingerprint [16]byte

// tokenVersion begins each token: those of other versions, and of other
// storages, are refused.
const tokenVersion = "prowtrace1"

// newPage reads what was asked for. query is the question without its paging.
func newPage(p *storagev2.Pagination, method string, query proto.Message) (page, error) {
	if p.GetPageSize() == 0 {
		return page{}, status.Error(codes.InvalidArgument, "pagination needs a page_size")
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(query)
	if err != nil {
		return page{}, status.Error(codes.InvalidArgument, err.Error())
	}
	sum := sha256.Sum256(append([]byte(method+"\x00"), b...))
	pg := page{size: int(min(p.GetPageSize(), maxPage)), query: fingerprint(sum[:16])}
	if p.GetPageToken() == "" {
		return pg, nil
	}
	token, err := base64.RawURLEncoding.DecodeString(p.GetPageToken())
	if err != nil {
		return page{}, errForeignToken
	}
	behind, ours := bytes.CutPrefix(token, slices.Concat([]byte(tokenVersion), pg.query[:]))
	if !ours {
		return page{}, errForeignToken
	}
	pg.behind = behind
	return pg, nil
}

var errForeignToken = status.Error(codes.InvalidArgument, "the page_token was not given for this very query: begin with an empty one")

// next is the token with which the page behind position begins.
func (pg page) next(position []byte) string {
	return base64.RawURLEncoding.EncodeToString(slices.Concat([]byte(tokenVersion), pg.query[:], position))
}

// paged gives the paging of a search for traces.
func paged(view *trace.View, p *storagev2.TraceQueryParameters, method string) (pg page, after trace.TraceID, err error) {
	if p.GetPagination() == nil {
		return page{}, after, nil
	}
	if p.GetSearchDepth() != 0 {
		return page{}, after, status.Error(codes.InvalidArgument, "pagination and search_depth exclude each other")
	}
	question := proto.CloneOf(p)
	question.Pagination = nil
	// Clients keep attributes in maps, and send them in any order.
	slices.SortFunc(question.Attributes, func(a, b *storagev2.KeyValue) int { return bytes.Compare(canonical(a), canonical(b)) })
	if pg, err = newPage(p.GetPagination(), method, question); err != nil || pg.behind == nil {
		return pg, after, err
	}
	if copy(after[:], pg.behind) != len(pg.behind) || !known(view, after) {
		return page{}, after, errForeignToken
	}
	return pg, after, nil
}

func known(view *trace.View, id trace.TraceID) bool {
	_, ok := view.Lookup(id)
	return ok
}

func canonical(m proto.Message) []byte {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil // only invalid UTF-8 fails, and what was received has none
	}
	return b
}
