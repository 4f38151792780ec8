package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"

	"prowtrace/objstore"
)

// access knows which buckets need credentials, and remembers the credentials found.
type access struct {
	mu         sync.Mutex
	remembered map[string]bool // buckets that refused anonymous readers and let us in

	signing sync.Mutex // held while one goroutine looks for credentials
	done    bool
	found   *credentials.Credentials
	err     error
}

// signInTimeout bounds the search for credentials. It would take long on a network that
// drops packets to the metadata server of Amazon's machines.
const signInTimeout = 10 * time.Second

// usual are the places where Amazon's tools look for credentials.
func usual() []Source {
	sources := []Source{
		{"the environment", &credentials.EnvAWS{}},
		{"Amazon's credentials file", &credentials.FileAWSCredentials{}},
	}
	if !strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		sources = append(sources, Source{"the role of this machine", &credentials.IAM{}})
	}
	return sources
}

// maxMoves is how often a request goes to another region.
const maxMoves = 2

// try runs f with a client of the library that fits the bucket: of its region,
// anonymous or with credentials. f may run several times; each run but the last was
// refused.
func (c *Client) try(ctx context.Context, op, bucket string, f func(context.Context, *library) error) error {
	if err := checkBucket(bucket); err != nil {
		return err
	}
	for moves := 0; ; moves++ {
		p, _, err := c.place(bucket)
		if err != nil {
			return err
		}
		err = c.tryRegion(ctx, op, bucket, f)
		region := regionOf(err)
		if region == "" || region == p.Region || moves == maxMoves {
			return err
		}
		c.opts.Logf("bucket %s is in the region %s", bucket, region)
		c.mu.Lock()
		c.regions[bucket] = region
		c.mu.Unlock()
	}
}

func (c *Client) tryRegion(ctx context.Context, op, bucket string, f func(context.Context, *library) error) error {
	if !c.asksAnonymously(bucket) {
		creds, err := c.signedIn(ctx)
		if err != nil {
			return c.noCredentials(ctx, &objstore.AccessError{Provider: "s3", Bucket: bucket, Op: op}, err)
		}
		return c.refusal(op, bucket, false, c.run(ctx, bucket, creds, f))
	}
	err := c.refusal(op, bucket, true, c.run(ctx, bucket, nil, f))
	var refused *objstore.AccessError
	if c.opts.Auth == AuthAnonymous || !errors.As(err, &refused) || refused.Reason != objstore.AnonymousRefused {
		return err
	}
	c.opts.Logf("bucket %s refuses anonymous readers (HTTP %d): looking for credentials", bucket, refused.Status)
	creds, err := c.signedIn(ctx)
	if err != nil {
		return c.noCredentials(ctx, refused, err)
	}
	err = c.refusal(op, bucket, false, c.run(ctx, bucket, creds, f))
	if !errors.As(err, &refused) && regionOf(err) == "" {
		c.access.mu.Lock()
		c.access.remembered[bucket] = true
		c.access.mu.Unlock()
	}
	return err
}

// run calls f once. If the transport met an error, run returns that error, because the library
// turns errors into texts.
func (c *Client) run(ctx context.Context, bucket string, creds *credentials.Credentials, f func(context.Context, *library) error) error {
	p, endpoint, err := c.place(bucket)
	if err != nil {
		return err
	}
	lib, err := c.library(p, endpoint, creds)
	if err != nil {
		return err
	}
	ctx, op := withOperation(ctx)
	if err = f(ctx, lib); err != nil && op.err != nil {
		return op.err
	}
	return err
}

// asksAnonymously reports whether the next request to the bucket carries no credentials.
func (c *Client) asksAnonymously(bucket string) bool {
	c.access.mu.Lock()
	defer c.access.mu.Unlock()
	return c.opts.Auth != AuthCredentials && !c.access.remembered[bucket]
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
	answer, ok := answerOf(err)
	switch {
	case !ok, regionOf(err) != "":
		return err
	case answer.StatusCode == http.StatusUnauthorized, answer.StatusCode == http.StatusForbidden:
	case answer.Code == "InvalidAccessKeyId", answer.Code == "SignatureDoesNotMatch", answer.Code == "XAdminUserNotFound": // with other statuses from some servers
	default:
		return err
	}
	e := &objstore.AccessError{Provider: "s3", Bucket: bucket, Op: op, Status: answer.StatusCode, Message: messageOf(answer)}
	if anonymous {
		e.Reason = objstore.AnonymousRefused
	}
	return e
}

// signedIn returns the credentials. Success and failure are remembered: a thousand
// refused reads search only once.
func (c *Client) signedIn(ctx context.Context) (*credentials.Credentials, error) {
	a := &c.access
	a.signing.Lock()
	defer a.signing.Unlock()
	if !a.done {
		found, err := c.signIn(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a.done, a.found, a.err = true, found, err
	}
	return a.found, a.err
}

// signIn searches for credentials. Some sources take no context. If the search takes too
// long, it is left running in the background.
func (c *Client) signIn(ctx context.Context) (*credentials.Credentials, error) {
	type result struct {
		found *credentials.Credentials
		err   error
	}
	ctx, cancel := context.WithTimeoutCause(ctx, signInTimeout, errors.New("the search for credentials took longer than "+signInTimeout.String()))
	defer cancel()
	results := make(chan result, 1)
	go func() {
		found, err := search(c.opts.Credentials)
		results <- result{found, err}
	}()
	select {
	case r := <-results:
		return r.found, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func search(sources []Source) (*credentials.Credentials, error) {
	var without []string
	for _, source := range sources {
		creds := credentials.New(source.Provider)
		value, err := creds.GetWithContext(&credentials.CredContext{Client: &http.Client{Timeout: signInTimeout / 2}})
		switch {
		case err == nil && value.AccessKeyID != "" && value.SecretAccessKey != "":
			return creds, nil
		case err != nil:
			without = append(without, fmt.Sprintf("%s (%s)", source.Name, oneLine(err.Error())))
		default:
			without = append(without, source.Name)
		}
	}
	return nil, fmt.Errorf("none found in %s", strings.Join(without, ", "))
}

var regionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,39}$`)

// regionOf returns the region that an answer names for a bucket; "" if it names
// none.
func regionOf(err error) string {
	answer, ok := answerOf(err)
	if !ok || !regionName.MatchString(answer.Region) {
		return ""
	}
	switch {
	case answer.StatusCode/100 == 3, answer.Code == "AuthorizationHeaderMalformed", answer.Code == "InvalidRegion":
		return answer.Region
	}
	return ""
}

var errBucketName = fmt.Errorf("%w: a bucket's name has 3 to 63 letters, digits, '-', '_', ':' and '.'", objstore.ErrBucketNotExist)

// checkBucket keeps names that cannot exist out of URLs.
func checkBucket(name string) error {
	if s3utils.CheckValidBucketName(name) != nil {
		return fmt.Errorf("%q: %w", name, errBucketName)
	}
	return nil
}
