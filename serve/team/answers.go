package team

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/prow"
)

// Bounds on answers that take long to make: histories, and the runs of a pull request.
const (
	answerKept   = 5 * time.Minute
	answerTime   = 3 * time.Minute
	mostAnswers  = 200
	madeTogether = 2
	madeForOne   = 10 // that one visitor may have in the making
)

// question is what such an answer is of: a job or a pull request, and how many runs.
type question struct {
	of   prow.Ref
	runs int
}

// newQuestion leaves out of a reference what makes no other answer.
func newQuestion(ref prow.Ref, runs int) question {
	return question{prow.Ref{Kind: ref.Kind, Run: ref.Run, Cursor: ref.Cursor}, runs}
}

// answers makes answers that take long: one for all who ask, in the background, kept for a
// while. The context of one is that of the visitor who asked first. It is safe for concurrent use.
type answers[T any] struct {
	now    func() time.Time
	make   func(context.Context, question) (T, error)
	may    func(who string) error        // refuses a visitor for whom one is to be made; nil: all may
	fault  func(question, *panics.Error) // hears of faults
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	places chan struct{}

	mu  sync.Mutex
	all map[question]*answer[T]
}

type answer[T any] struct {
	who   string        // asked first
	done  chan struct{} // closed when what follows is there
	value T
	err   error
	at    time.Time // zero while it is made
}

func newAnswers[T any](now func() time.Time, made func(context.Context, question) (T, error), met func(question, *panics.Error)) *answers[T] {
	a := &answers[T]{now: now, make: made, fault: met, places: make(chan struct{}, madeTogether), all: map[question]*answer[T]{}}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a
}

// get gives the answer of a key, once it is there. Errors are those of ctx and of making it,
// and a *userError where too many are being made.
func (a *answers[T]) get(ctx context.Context, who string, key question) (T, error) {
	var none T
	one, err := a.enter(who, key)
	if err != nil {
		return none, err
	}
	select {
	case <-one.done:
		return one.value, one.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// ready gives the answer of a key if it is there, and begins to make it if nobody has.
func (a *answers[T]) ready(who string, key question) (value T, there bool, err error) {
	one, err := a.enter(who, key)
	if err != nil {
		return value, false, err
	}
	select {
	case <-one.done:
		return one.value, one.err == nil, one.err
	default:
		return value, false, nil
	}
}

func (a *answers[T]) enter(who string, key question) (*answer[T], error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for k, one := range a.all {
		if !one.at.IsZero() && now.Sub(one.at) >= keptFor(one.err) {
			delete(a.all, k)
		}
	}
	if one := a.all[key]; one != nil {
		return one, nil
	}
	if a.ctx.Err() != nil {
		return nil, tellUser(http.StatusServiceUnavailable, "The server is stopping", "Try again in a minute.")
	}
	if a.may != nil {
		if err := a.may(who); err != nil {
			return nil, err
		}
	}
	if err := a.room(who); err != nil {
		return nil, err
	}
	one := &answer[T]{who: who, done: make(chan struct{})}
	a.all[key] = one
	a.work.Go(func() { a.run(key, one) })
	return one, nil
}

// room makes room for one more answer: the oldest that is there goes. Those in the making are
// bounded, for each visitor too. The caller has the lock.
func (a *answers[T]) room(who string) error {
	his := 0
	var oldest *question
	for k, one := range a.all {
		switch {
		case one.at.IsZero():
			if one.who == who {
				his++
			}
		case oldest == nil || one.at.Before(a.all[*oldest].at):
			oldest = &k
		}
	}
	if his >= madeForOne {
		return tellUser(http.StatusTooManyRequests, "You have "+fmt.Sprint(his)+" histories loading already", "Wait for one of them.")
	}
	if len(a.all) < mostAnswers {
		return nil
	}
	if oldest == nil {
		return tellUser(http.StatusTooManyRequests, "Too many histories are loading", "Try again in a minute.")
	}
	delete(a.all, *oldest)
	return nil
}

// keptFor is how long an answer is kept; an error only for a short while.
func keptFor(err error) time.Duration {
	if err != nil {
		return answerKept / 10
	}
	return answerKept
}

func (a *answers[T]) run(key question, one *answer[T]) {
	ctx, cancel := context.WithTimeout(context.WithValue(a.ctx, visitorKey{}, one.who), answerTime)
	defer cancel()
	var value T
	err := panics.Guard(func() (err error) {
		select {
		case a.places <- struct{}{}:
			defer func() { <-a.places }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		value, err = a.make(ctx, key)
		return err
	})
	if met := (*panics.Error)(nil); errors.As(err, &met) {
		a.fault(key, met)
	}
	a.mu.Lock()
	one.value, one.err, one.at = value, err, a.now()
	a.mu.Unlock()
	close(one.done)
}

// close ends what is being made, and waits for it.
func (a *answers[T]) close() {
	a.mu.Lock() // nothing begins after this
	a.cancel()
	a.mu.Unlock()
	a.work.Wait()
}
