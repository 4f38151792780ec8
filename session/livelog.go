package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/text"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
)

// liveLogs reads what the containers of a run that has not ended have written so far.
type liveLogs struct {
	sleep func(ctx context.Context, d time.Duration) error
	open  func(ctx context.Context, container string) (io.ReadCloser, error)
	keep  func(ctx context.Context, name string, r io.Reader) (fetch.Artifact, []runfile.Loss, error)
}

// setLive says how they are read.
func (s *Session) setLive(in *Input, cache *fetch.Cache) {
	open := s.o.LiveLog
	if open == nil {
		open = find.DeckLog
	}
	in.logs.live = &liveLogs{
		sleep: s.sleep,
		open: func(ctx context.Context, container string) (io.ReadCloser, error) {
			host := in.Ref.Deck
			if !s.o.Instances.MayAsk(host) { // a link must not choose whom this machine asks
				host = ""
			}
			if known, ok := s.o.Instances.OfBucket(in.Fetched.Run.Bucket); host == "" && ok && len(known.Decks) > 0 {
				host = known.Decks[0]
			}
			if host == "" {
				return nil, errNoDeck
			}
			return open(ctx, host, in.Fetched.Run, container)
		},
		keep: func(ctx context.Context, name string, r io.Reader) (fetch.Artifact, []runfile.Loss, error) {
			return cache.KeepLive(ctx, in.Fetched, name, r)
		},
	}
}

// errNoDeck: nobody is known to show the logs of a run that has not ended.
var errNoDeck = errors.New("no known Prow page shows it")

// read reads the log of one container.
func (l *liveLogs) read(ctx context.Context, container, name string) (fetch.Artifact, []runfile.Loss, error) {
	r, err := l.open(ctx, container)
	if err != nil {
		return fetch.Artifact{}, nil, err
	}
	defer r.Close()
	return l.keep(ctx, name, r)
}

// wantsLive reports whether the logs of containers are to be asked for where the run is
// shown: it has not ended, and its bucket has none.
func (in *Input) wantsLive(held *fetch.Logs) bool {
	if _, unfinished := in.Unfinished(); !unfinished || in.logs.live == nil {
		return false
	}
	return !slices.ContainsFunc(held.Files, func(f fetch.Artifact) bool {
		of, _ := runfile.ParseLog(f.Name)
		return of.Step == "" && !f.Live
	})
}

// addLive puts what containers have written so far in the place of what was held of it.
// The error is the context's.
func (in *Input) addLive(ctx context.Context, held *fetch.Logs) error {
	logs := in.Metadata().TestContainers()
	for _, container := range slices.Sorted(maps.Keys(logs)) {
		name := logs[container]
		f, lost, err := in.logs.live.read(ctx, container, name)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			held.Lost = append(held.Lost, runfile.Loss{Kind: runfile.LossUnavailable, File: name, Files: 1, Why: liveWhy(err)})
			continue
		}
		held.Files = slices.DeleteFunc(held.Files, func(old fetch.Artifact) bool { return old.Name == name })
		held.Files = append(held.Files, f)
		held.Lost = append(held.Lost, lost...)
	}
	return nil
}

// liveWhy says why there is no log of a run that has not ended.
func liveWhy(err error) string {
	return "the run has not ended and has no log in its bucket yet: " + text.Line(err.Error())
}

// LaterLog gives a log of a run that has not ended as it is now: l itself if it has not
// grown, or is none that can grow; the whole log if the run has ended meanwhile. [Input.Logs]
// gives the longer one from then on, and l stays as it was for those who read its lines.
// The whole log is read again each time. Errors are those of find.LiveLog, of which
// find.ErrNoLog may mean that the run has ended and is still uploading, of the cache and
// of ctx.
func (in *Input) LaterLog(ctx context.Context, l *Log) (*Log, error) {
	if !l.Live || in.logs.live == nil {
		return l, nil
	}
	if _, err := l.Lines(ctx); err != nil {
		return nil, err // its file goes
	}
	done, err := in.logs.turns.take(ctx, theLogs)
	if err != nil {
		return nil, err
	}
	defer done()
	all, _, err := in.knownLogs()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(other *Log) bool { return other.Name == l.Name })
	if at < 0 {
		return nil, errors.New("the log is not one of the run's")
	}
	f, _, err := in.logs.live.read(ctx, l.Of.Container, l.Name)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err == nil && f.Size != all[at].Size:
		return in.takeLog(at, f)
	}
	if f, _, notYet := in.logs.one(ctx, l.Name); notYet == nil && !f.Live {
		return in.takeLog(at, f)
	}
	if err != nil {
		return nil, err
	}
	return all[at], nil
}

// takeLog is replaceLog for who has the turn. The error is ErrLogClosed.
func (in *Input) takeLog(at int, f fetch.Artifact) (*Log, error) {
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	if in.logs.closed {
		return nil, ErrLogClosed
	}
	return in.replaceLog(at, f), nil
}

// Pauses between looks at logs that grow, and how many in a row may fail: a run may take
// minutes to upload its log.
const (
	firstLook    = 5 * time.Second
	mostLook     = 30 * time.Second
	failingLooks = 20
)

// FollowLogs gives the logs of a run that has not ended each time that they are longer,
// until the run has ended; the last of each is the whole log. It ends at once where no log
// can grow. Errors are those of LaterLog, where it kept failing, and of ctx.
func (in *Input) FollowLogs(ctx context.Context) iter.Seq2[*Log, error] {
	return func(yield func(*Log, error) bool) {
		logs, err := in.Logs(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		growing := slices.DeleteFunc(slices.Clone(logs), func(l *Log) bool { return !l.Live })
		pause, failures := firstLook, 0
		for len(growing) > 0 {
			if err := in.logs.live.sleep(ctx, pause); err != nil {
				yield(nil, err)
				return
			}
			pause = min(pause*3/2, mostLook)
			for i, l := range growing {
				later, err := in.LaterLog(ctx, l)
				switch {
				case ctx.Err() != nil:
					yield(nil, context.Cause(ctx))
					return
				case err != nil:
					if failures++; failures == failingLooks {
						yield(nil, fmt.Errorf("cannot follow %s: %w", text.Name(l.Name), err))
						return
					}
				case later != l:
					growing[i], pause, failures = later, firstLook, 0
					if !yield(later, nil) {
						return
					}
				default:
					failures = 0
				}
			}
			growing = slices.DeleteFunc(growing, func(l *Log) bool { return !l.Live })
		}
	}
}

// replaceLog makes one of the logs a longer one.
func (in *Input) replaceLog(at int, f fetch.Artifact) *Log {
	if !in.logs.all[at].Live { // that is in memory, as long as somebody reads it
		in.logs.before = append(in.logs.before, in.logs.all[at])
	}
	in.logs.all = slices.Clone(in.logs.all)
	in.logs.all[at] = in.artifactLog(f)
	return in.logs.all[at]
}
