package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"prowtrace/gcs"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

// The values of --join are join.By's and this one.
const joinNone = "none"

// request holds the flags of the commands that read runs, and makes the session
// that they ask for.
type request struct {
	streams Streams
	shown   *progress // what is printed on standard error

	verbose   bool
	auth      string
	billing   string
	offline   bool
	refresh   bool
	noCache   bool
	watch     bool
	keepGoing bool
	join      string
	choice    choiceFlags
	logs      bool          // runs are loaded for their logs
	onlyLogs  bool          // what is wrong with traces is of no interest
	reported  bool          // services are shown by their reported names, without labels
	patience  time.Duration // how long files beside the traces keep them back; 0: as long as they come
	keepFiles bool          // what the cache holds is the result, so it has to last

	known       prow.Instances         // set by open, as are the following
	knownErrors func() *triage.Matcher // that are known by their text
	options     session.Options        // of the session
	session     *session.Session
	stores      map[string]store // that the session reads, by provider

	reading *stage // of a history; nil: there is none
	toRead  int    // runs of it

	sleep func(context.Context, time.Duration) error // between looks at a run that is waited for; nil: as long as it says
}

func newRequest(s Streams) request {
	return request{streams: s, shown: newProgress(s)}
}

func (r *request) register(f *pflag.FlagSet) {
	r.registerStore(f)
	r.choice.register(f)
	f.BoolVar(&r.offline, "offline", false, "send no request: use the runs in the cache (of a job, the newest)")
	f.BoolVar(&r.refresh, "refresh", false, "ask the bucket again, even for a run that has ended")
	f.BoolVar(&r.watch, "watch", false, "wait for a run that has not ended, then continue")
	f.BoolVar(&r.noCache, "no-cache", false, "download to a temporary directory and delete it on exit")
	f.BoolVar(&r.keepGoing, "keep-going", false, "continue without runs and files that cannot be fetched")
}

// registerStore adds the flags of all commands that ask a bucket.
func (r *request) registerStore(f *pflag.FlagSet) {
	choice(f, &r.auth, "auth", string(gcs.AuthAuto), "how to read the bucket: auto (anonymous first, then your credentials if the bucket refuses), anonymous, or adc (credentials at once)",
		string(gcs.AuthAuto), string(gcs.AuthAnonymous), string(gcs.AuthADC))
	named(f, &r.billing, "billing-project", "", "PROJECT", "project that pays for reading a bucket that bills its readers")
	f.BoolVarP(&r.verbose, "verbose", "v", false, "print details: requests, the cache, files that cannot be used")
}

// registerJoin adds the flag of the commands that load traces.
func (r *request) registerJoin(f *pflag.FlagSet) {
	choice(f, &r.join, "join", string(join.ByTime), "how the traces of a job become one: time (below the span that contains them, if only one can), process (below their process) or none (as reported)",
		string(join.ByTime), string(join.ByProcess), joinNone)
}

// open makes the session. It refuses flags that contradict each other, before
// anything is asked for them.
func (r *request) open(ctx context.Context) error {
	switch {
	case r.offline && r.refresh:
		return usageError{errors.New("--offline and --refresh cannot be combined"), "use one of them"}
	case r.offline && r.watch:
		return usageError{errors.New("--offline and --watch cannot be combined"), "--watch asks the bucket until the run has ended"}
	case r.offline && r.noCache:
		return usageError{errors.New("--offline and --no-cache cannot be combined"), "--offline shows what the cache holds: use one of them"}
	}
	var err error
	if r.known, err = knownInstances(r.streams.Getenv); err != nil {
		return err
	}
	own, err := ownSignatures(r.streams.Getenv)
	if err != nil {
		return err
	}
	r.knownErrors = matcher(own)
	choice, err := r.choice.choice(time.Now())
	if err != nil {
		return err
	}
	cache := session.CacheIfPossible
	switch {
	case r.noCache:
		cache = session.CacheTemporary
	case r.keepFiles:
		cache = session.CacheRequired
	}
	if err := r.openStores(ctx); err != nil {
		return err
	}
	readable := map[string]objstore.Store{}
	for provider, s := range r.stores {
		readable[provider] = s
	}
	r.options = session.Options{
		Instances: r.known, Stores: readable, Input: r.streams.In,
		Choice: choice, Cache: cache, Join: joinBy(r.join), Untraced: r.join != "", Logs: r.logs, Patience: r.patience, Offline: r.offline, Refresh: r.refresh, Watch: r.watch, KeepGoing: r.keepGoing,
		Events: r.hear, Sleep: r.sleep,
	}
	r.session = session.New(r.options)
	return nil
}

// parse reads the arguments. Flags about buckets are refused where all arguments are on
// this machine: they would do nothing, and nothing would tell. --offline holds there, and
// --keep-going goes on without local runs that have no spans.
func (r *request) parse(ctx context.Context, args []string) ([]prow.Ref, error) {
	refs, err := r.session.ParseAsking(ctx, args)
	if err != nil {
		return nil, err
	}
	for _, ref := range refs {
		if ref.Kind != prow.KindPath && ref.Kind != prow.KindStdin {
			return refs, nil
		}
	}
	idle := r.choice.given()
	if r.join != "" { // of what is loaded, traces can be demanded wherever it lies
		idle = slices.DeleteFunc(idle, func(name string) bool { return name == "--"+withTraces })
	}
	for _, f := range []struct {
		name string
		used bool
	}{
		{"--watch", r.watch}, {"--refresh", r.refresh}, {"--no-cache", r.noCache},
		{"--auth", r.auth != string(gcs.AuthAuto)}, {"--billing-project", r.billing != ""},
	} {
		if f.used {
			idle = append(idle, f.name)
		}
	}
	if len(idle) > 0 {
		return nil, usageError{fmt.Errorf("%s has no effect on %s, which is on this machine", strings.Join(idle, ", "), text.Line(args[0])), "leave it out, or name a job or a run"}
	}
	return refs, nil
}

// close ends what open has made.
func (r *request) close() {
	for _, s := range r.stores {
		s.Close()
	}
}

// detail prints a line on standard error if details are wanted.
func (r *request) detail(format string, args ...any) {
	if r.verbose {
		r.note(format, args...)
	}
}

// note prints a line on standard error.
func (r *request) note(format string, args ...any) { r.shown.note(fmt.Sprintf(format, args...)) }

// joinBy is what --join means; commands that load nothing do not have it.
func joinBy(value string) join.By {
	if value == joinNone {
		return ""
	}
	return join.By(value)
}

// load carries out the whole request, and says what was loaded.
func (r *request) load(ctx context.Context, refs []prow.Ref) (*session.Loaded, error) {
	loaded, err := r.collect(ctx, refs)
	if err != nil {
		return nil, err
	}
	r.summarize(loaded)
	return loaded, nil
}

// collect finds, fetches and loads what references mean.
func (r *request) collect(ctx context.Context, refs []prow.Ref) (*session.Loaded, error) {
	stage := &stage{said: "looking for " + text.Count(len(refs), "run")}
	defer r.shown.during(stage.say)()
	collected, err := r.session.Collect(ctx, refs)
	if err != nil {
		return nil, err
	}
	files := 0
	for _, in := range collected.Inputs {
		files += len(in.Sources)
	}
	stage.set("loading " + text.Count(files, "trace file"))
	return r.session.Load(ctx, collected)
}
