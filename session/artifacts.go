package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"prowtrace/fetch"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// NoArtifactError: a run has no file of this name.
type NoArtifactError struct {
	Name  string
	Input *Input
}

func (e *NoArtifactError) Error() string {
	return "cannot find " + text.Name(e.Name) + " in " + text.Line(e.Input.Title())
}

// Artifacts lists all files of the input's run, by name. Those of a run in a bucket are
// listed once for all; of local files it is those that were named. Errors are those of
// the bucket.
func (in *Input) Artifacts(ctx context.Context) ([]fetch.Listed, error) {
	if in.Fetched != nil {
		if in.logs.list == nil {
			return nil, &NotCachedError{in.Title()}
		}
		return in.logs.list(ctx)
	}
	var all []fetch.Listed
	for _, f := range in.logs.files {
		a := fetch.Listed{Name: f.Name, Size: int64(len(f.Data))}
		if f.Path != "" {
			info, err := os.Stat(f.Path)
			if err != nil {
				return nil, fmt.Errorf("cannot open %s: %w", text.Line(f.Path), err)
			}
			a.Size, a.Updated = info.Size(), info.ModTime()
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b fetch.Listed) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Artifact gives a file of the input's run as a log, whatever it is, and what is left
// out of it. It is fetched by its name if need be, which keeps no other waiting, and is open
// as long as the input's logs are. Errors are *NoArtifactError, those of the bucket and of ctx.
func (in *Input) Artifact(ctx context.Context, name string) (*Log, []runfile.Loss, error) {
	if l, err := in.knownArtifact(name); l != nil || err != nil {
		return l, nil, err
	}
	turn := name
	if _, ok := runfile.ParseLog(name); ok {
		turn = theLogs
	}
	done, err := in.logs.turns.take(ctx, turn)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	if l, err := in.knownArtifact(name); l != nil || err != nil {
		return l, nil, err
	}
	l, lost, err := in.openArtifact(ctx, name)
	if err != nil {
		return nil, lost, err
	}
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	if in.logs.closed {
		return nil, nil, ErrLogClosed
	}
	in.logs.others = append(in.logs.others, l)
	return l, lost, nil
}

// knownArtifact gives a file that is open; nil is none.
func (in *Input) knownArtifact(name string) (*Log, error) {
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	if in.logs.closed {
		return nil, ErrLogClosed
	}
	for _, l := range slices.Concat(in.logs.all, in.logs.others) {
		if l.Name == name {
			return l, nil
		}
	}
	return nil, nil
}

func (in *Input) openArtifact(ctx context.Context, name string) (*Log, []runfile.Loss, error) {
	if in.Fetched == nil {
		for _, f := range in.logs.files {
			if f.Name == name {
				return in.localLog(f), nil, nil
			}
		}
		return nil, nil, &NoArtifactError{name, in}
	}
	if in.logs.one == nil {
		return nil, nil, &NotCachedError{in.Title()}
	}
	f, lost, err := in.logs.one(ctx, name)
	if err != nil {
		if errors.Is(err, objstore.ErrNotExist) {
			err = &NoArtifactError{name, in}
		}
		return nil, nil, err
	}
	return in.artifactLog(f), lost, nil
}

// compareLogs orders the logs of a run: those of containers first.
func compareLogs(a, b *Log) int {
	rank := func(l *Log) int {
		if l.Of.Step != "" {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Name, b.Name))
}
