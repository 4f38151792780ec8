package gcs

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/auth/credentials"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"prowtrace/objstore"
)

// access knows which buckets need credentials, and holds the client that has them.
type access struct {
	signIn func(context.Context) (*storage.Client, error)

	mu         sync.Mutex
	remembered map[string]bool // buckets that refused anonymous readers and let us in

	signing sync.Mutex // held while one goroutine looks for credentials
	done    bool
	client  *storage.Client
	err     error
}

// tokenFunc returns an OAuth access token.
type tokenFunc = func(context.Context) (string, error)

// signInTimeout bounds the search for credentials. It would take long on a network that
// drops packets to the metadata server of Google's machines.
const signInTimeout = 10 * time.Second

// try runs f on the bucket, anonymously or with credentials as the bucket
// needs. f runs a second time only if the first run was refused.
func (c *Client) try(ctx context.Context, op, bucket string, f func(*storage.BucketHandle) error) error {
	if !c.asksAnonymously(bucket) {
		client, err := c.access.signedIn(ctx)
		if err != nil {
			return c.noCredentials(ctx, &objstore.AccessError{Provider: "gs", Bucket: bucket, Op: op}, err)
		}
		return c.refusal(op, bucket, false, f(c.bucket(client, bucket)))
	}
	err := c.refusal(op, bucket, true, f(c.bucket(c.anonymous, bucket)))
	var refused *objstore.AccessError
	if c.opts.Auth == AuthAnonymous || !errors.As(err, &refused) || refused.Reason != objstore.AnonymousRefused {
		return err
	}
	c.opts.Logf("bucket %s refuses anonymous readers (HTTP %d): looking for credentials", bucket, refused.Status)
	client, err := c.access.signedIn(ctx)
	if err != nil {
		return c.noCredentials(ctx, refused, err)
	}
	err = c.refusal(op, bucket, false, f(c.bucket(client, bucket)))
	if !errors.As(err, &refused) {
		c.access.remember(bucket)
	}
	return err
}

// asksAnonymously reports whether the next request to the bucket carries no credentials.
func (c *Client) asksAnonymously(bucket string) bool {
	return c.opts.Auth != AuthADC && c.opts.BillingProject == "" && !c.access.remembers(bucket)
}

func (c *Client) bucket(client *storage.Client, name string) *storage.BucketHandle {
	b := client.Bucket(name)
	if c.opts.BillingProject != "" {
		b = b.UserProject(c.opts.BillingProject)
	}
	return b
}

// noCredentials adds to e why there are no credentials, unless the search was cancelled.
func (c *Client) noCredentials(ctx context.Context, e *objstore.AccessError, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e.Reason, e.Credentials = objstore.NoCredentials, &failure{oneLine(err.Error()), err}
	return e
}

// refusal turns answers about permission into an *objstore.AccessError.
func (c *Client) refusal(op, bucket string, anonymous bool, err error) error {
	var credential *credentialError
	if errors.As(err, &credential) {
		return &objstore.AccessError{
			Provider: "gs", Bucket: bucket, Op: op, Reason: objstore.NoCredentials, Credentials: &failure{oneLine(credential.err.Error()), credential.err},
		}
	}
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return err
	}
	e := &objstore.AccessError{Provider: "gs", Bucket: bucket, Op: op, Status: answer.Code, Message: messageOf(answer)}
	switch {
	case answer.Code == http.StatusBadRequest && billsReaders(e.Message):
		e.Reason = objstore.PayerNeeded
	case answer.Code != http.StatusUnauthorized && answer.Code != http.StatusForbidden:
		return err
	case blocked(answer, e.Message) != "":
		e.Reason = blocked(answer, e.Message)
	case anonymous:
		e.Reason = objstore.AnonymousRefused
	}
	return e
}

func (a *access) remembers(bucket string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.remembered[bucket]
}

func (a *access) remember(bucket string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.remembered[bucket] = true
}

// signedIn returns the client with credentials. Success and failure are
// remembered: a thousand refused reads search only once.
func (a *access) signedIn(ctx context.Context) (*storage.Client, error) {
	a.signing.Lock()
	defer a.signing.Unlock()
	if !a.done {
		client, err := a.signIn(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a.done, a.client, a.err = true, client, err
	}
	return a.client, a.err
}

// token finds credentials and proves them by getting a first token. An expired
// login is found too, but fails only when it is used.
func (c *Client) token(ctx context.Context) (tokenFunc, error) {
	token := c.opts.Token
	if token == nil {
		if c.emulator {
			return nil, errors.New("this machine's credentials are not sent to the server that STORAGE_EMULATOR_HOST names")
		}
		var err error
		if token, err = detect(ctx); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, signInTimeout)
	defer cancel()
	if _, err := token(ctx); err != nil {
		return nil, err
	}
	return token, nil
}

// detect searches for the Application Default Credentials. The search takes no
// context. If it takes too long, it is left running in the background.
func detect(ctx context.Context) (tokenFunc, error) {
	type found struct {
		token tokenFunc
		err   error
	}
	result := make(chan found, 1)
	go func() {
		creds, err := credentials.DetectDefault(&credentials.DetectOptions{Scopes: []string{storage.ScopeReadOnly}})
		if err != nil {
			result <- found{err: err}
			return
		}
		result <- found{token: func(ctx context.Context) (string, error) {
			t, err := creds.Token(ctx)
			if err != nil {
				return "", err
			}
			return t.Value, nil
		}}
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, signInTimeout, errors.New("the search for credentials took longer than "+signInTimeout.String()))
	defer cancel()
	select {
	case f := <-result:
		return f.token, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// credentialError means that a token could not be renewed. It is final: the token
// source has already made its own attempts.
type credentialError struct{ err error }

func (e *credentialError) Error() string { return "get an access token: " + e.err.Error() }
