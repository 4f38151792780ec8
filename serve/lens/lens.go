// Package lens shows a run in Prow's own page: it is a remote lens of Spyglass, which Deck
// asks for a frame and shows among its other lenses. The frame has the verdict, the first
// finding with its chain, the lines of the log that it is known by, and a small waterfall.
//
// What it promises: an answer at once, whatever the store does. The frame says what is not
// known yet and asks for it through Deck until it is there. It contains all that it shows,
// so that it works for visitors who reach Deck only. No text of a run can become markup or
// a script: the frame runs with Deck's origin, where a script
// could act as the visitor. The browser is told to run nothing but two scripts, the one in
// the frame and Deck's own. Secrets are masked.
//
// What it never does: use cookies or other headers that Deck passes on, trust what Deck says
// of a run's files, read a file, decide which buckets may be read, or which Decks may ask:
// its server checks the host, which is Deck's.
package lens

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"

	"prowtrace/internal/panics"
	"prowtrace/prow"
	"prowtrace/session"
)

// Runs opens runs for the lens. It is safe for concurrent use, and refuses runs that may not
// be shown.
type Runs interface {
	// Begin begins to open a run, unless that has begun, and says how far that is. It waits
	// no longer than ctx.
	Begin(ctx context.Context, ref prow.Ref) Opening
}

// An Opening is how far a run is: open, refused, or on its way.
type Opening struct {
	Run      Run    // open; whoever asked releases it
	Err      error  // why it is not, and will not be soon
	Progress string // what is done meanwhile, for people; no sentence
}

// A Run is one lease on a run that is open. *session.OpenRun is one.
type Run interface {
	Loaded() *session.Loaded
	Input() *session.Input

	// Judged gives a step of judging, and its version. Where that is the known one it
	// waits for another, but no longer than ctx.
	Judged(ctx context.Context, known int64) (session.Judged, int64, error)

	Release()
}

// Options say what the lens does not find out by itself.
type Options struct {
	Known prow.Instances

	// Page gives the address of the full page of a run, for visitors; "" is none. nil:
	// there are none.
	Page func(prow.Run) string

	// Fault hears of a fault of the program that left a frame without its picture. It may be
	// nil.
	Fault func(prow.Run, *panics.Error)
}

// A Lens is the handler that Deck asks. Close ends what it began. It is safe for concurrent
// use.
type Lens struct {
	runs Runs
	o    Options
	work sync.WaitGroup // drawings that no request waits for
}

// New makes a Lens.
func New(runs Runs, o Options) *Lens {
	if o.Fault == nil {
		o.Fault = func(prow.Run, *panics.Error) {}
	}
	return &Lens{runs: runs, o: o}
}

// Close waits for what was begun. No request may come any more.
func (l *Lens) Close() { l.work.Wait() }

// atOnce is how long a request waits for what is nearly there.
const atOnce = 300 * time.Millisecond

// ServeHTTP answers Deck. The first request for a frame is a GET that has a body, the others
// are POSTs whose content type says nothing. Host and Origin are Deck's.
func (l *Lens) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		h.Set("Allow", "GET, POST")
		refuse(w, http.StatusMethodNotAllowed, "Refused: a lens takes GET or POST.")
		return
	}
	req, err := readRequest(r.Body)
	if err != nil && r.Method == http.MethodPost {
		req.Action = rerender
	}
	ctx, cancel := context.WithTimeout(r.Context(), atOnce)
	defer cancel()
	p := l.pageOf(ctx, r.Host, req, err)
	if req.Action == callback {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, p.State)
		return
	}
	l.write(w, req.Action, p)
}

// write sends a page: a whole document at first, later what stands in its place.
func (l *Lens) write(w http.ResponseWriter, action string, p *page) {
	tree := p.frame
	if action != rerender {
		nonce := rand.Text()
		tree = func() *html.Node { return p.document(nonce) }
		// Only the header can say who may frame it: Deck's own page.
		w.Header().Set("Content-Security-Policy", policy(nonce)+"; frame-ancestors 'self'")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = html.Render(w, tree()) // whoever asked may have gone
}

// policy lets the browser run the two scripts of the document, and nothing else.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; base-uri 'none'; form-action 'none'"
}

func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}

// bareHost takes the port, brackets and a last dot off a host.
func bareHost(s string) string {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(s, "[]"), "."))
}
