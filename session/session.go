// Package session answers one request: it goes from arguments, such as links, names
// of jobs and paths, to traces that are loaded. The command line and all servers
// are its callers.
//
// A request has three steps, and a caller may stop after each:
//
//   - [Session.Parse] says what each argument means, without the network.
//   - [Session.Collect] chooses and fetches runs, waits for them, and lists local
//     files. Its Collection says what each argument came to.
//   - [Session.Load] loads all that was collected into one Set. Its Loaded is a
//     counted lease on the files.
//
// What it promises: partial success is success with a report where the caller
// wants that; what happens on the way is told as typed events, what fails as typed
// errors, both with facts; the files of a run stay in the cache until the last
// reader has let go.
//
// What it never does: print, know flags, commands or terminals, advise a person.
package session

import (
	"context"
	"io"
	"sync"
	"time"

	"prowtrace/fetch"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/trace/join"
)

// Options say what a request may do. The zero value reads local files.
type Options struct {
	// Instances are the Prows that are known.
	Instances prow.Instances

	// Stores have the runs, by provider. None is needed where no run is named.
	Stores map[string]objstore.Store

	// Input is standard input, for the argument "-".
	Input io.Reader

	// Choice says which run of a job is meant.
	Choice Choice

	// Cache says where fetched files go.
	Cache CacheUse

	// CacheDir is where the cache is; "": the user's. What a server reads for its visitors
	// must not mix with what its owner has fetched with rights of his own.
	CacheDir string

	// Reader names the rights that a run is read with, where these differ: what was read with
	// some does not come out of the cache for others. "" are those of everybody. nil: all runs
	// are read with the same.
	Reader func(prow.Run) string

	// CacheLimits say what stays in the cache when a request has ended; zero:
	// fetch.DefaultLimits.
	CacheLimits fetch.Limits

	unpruned bool      // the cache is looked after by somebody else
	recalled *recalled // nil: what the cache knows of runs is read anew for each judgement

	// Join says how the traces of each input become one; "": they stay as they are.
	Join join.By

	// Untraced takes runs that wrote no traces too: what Prow's files tell of them is shown
	// alone. It needs Join; a Choice of runs with traces excludes it. Without it they are
	// errors.
	Untraced bool

	// TraceRoom fetches the traces of a run only if they have no more bytes together; 0 is no
	// limit. It needs Untraced.
	TraceRoom int64

	// Unpacked bounds by how many bytes the compressed trace files of a request may grow in
	// memory, and eight times that is what others may be converted to on the disk; 0: some GiB.
	Unpacked int64

	// NoTraces fetches no trace file: what Prow's files and JUnit tell is enough. It needs
	// Untraced.
	NoTraces bool

	// Logs is for requests about logs: a run that has neither traces nor anything to draw
	// is loaded too, as one without spans.
	Logs bool

	// Compared says that the logs of runs are only wanted to compare others with: they are
	// the first to go when the cache is too large.
	Compared bool

	// LiveLog reads the logs of runs that have not ended; nil: find.DeckLog.
	LiveLog find.LiveLog

	// Tabs tells the jobs of a Prow and what TestGrid shows of them, by the host of its Deck;
	// nil: find.DeckTabs. It is called for several at a time.
	Tabs func(ctx context.Context, deck string) ([]find.Tab, error)

	// Patience is how long files beside the traces, such as JUnit files, keep them back.
	// [Loaded.FetchRest] brings those that take longer. 0: until they are there, within
	// bounds.
	Patience time.Duration

	Offline   bool // send no request: take what the cache has
	Refresh   bool // ask the bucket again, also for a run that has ended
	Watch     bool // wait for runs that have not ended
	KeepGoing bool // go on with what there is when some of it cannot be had

	// Progress counts what all requests bring from buckets, also runs that others are compared
	// with. nil: each Collect counts for itself.
	Progress *fetch.Progress

	// Events hears what happens, one event at a time, from any goroutine. It must not
	// call the session. It may be nil.
	Events func(Event)

	// Now is the clock, for the age of runs and how long they may take; nil: time.Now.
	Now func() time.Time

	// Sleep pauses between looks at a run that is waited for; nil: until the time is
	// over or ctx ends, then with its error.
	Sleep func(ctx context.Context, d time.Duration) error
}

// CacheUse says where fetched files go.
type CacheUse string

const (
	CacheIfPossible CacheUse = ""          // the user's cache, or a temporary directory where that cannot be used
	CacheRequired   CacheUse = "required"  // the user's cache: the caller wants the files to stay
	CacheTemporary  CacheUse = "temporary" // a directory that is removed at the end
)

// A Session answers requests. It is safe for concurrent use.
type Session struct {
	o       Options
	telling sync.Mutex // one event at a time
	shared  *sharing   // nil: each Collect has a cache and a pool of its own
}

// New returns a Session with these options.
func New(o Options) *Session {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Session{o: o}
}

// Counting gives a session with the same options whose requests are counted (see
// Options.Progress).
func (s *Session) Counting(p *fetch.Progress) *Session {
	o := s.o
	o.Progress = p
	return New(o)
}

// sharing is what many small requests share: opening the cache and pruning it looks at every
// run in it.
type sharing struct {
	cache  *fetch.Cache
	limits *fetch.Limits // of what stays in it
	pool   *fetch.Pool
}

// share opens the cache.
func (s *Session) share() (*sharing, error) {
	cache, err := s.openCache()
	return &sharing{cache, s.limits(), fetch.NewPool(fetch.DefaultParallel)}, err
}

// close lets go of the cache when all requests have ended.
func (s *sharing) close() error { return closeCache(s.cache, s.limits) }

// sleep pauses.
func (s *Session) sleep(ctx context.Context, d time.Duration) error {
	if s.o.Sleep != nil {
		return s.o.Sleep(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// tell hands an event to the caller.
func (s *Session) tell(e Event) {
	if s.o.Events == nil {
		return
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.o.Events(e)
}
