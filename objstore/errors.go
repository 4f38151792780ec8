package objstore

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

var (
	// ErrNotExist: the bucket is there, the object or the asked version of it is
	// not. It was never uploaded, has been overwritten, or has expired.
	ErrNotExist = errors.New("object does not exist")

	// ErrBucketNotExist: there is no bucket of this name (any more). A server that does
	// not tell gives ErrNotExist for reads; listings always find out.
	ErrBucketNotExist = errors.New("bucket does not exist")

	// ErrChecksum: the bytes that came are not those that were listed, by their
	// number or their sum. Reading once more can help.
	ErrChecksum = errors.New("damaged download")

	// ErrTooLarge: an object is larger than the caller is ready to hold.
	ErrTooLarge = errors.New("object is too large")
)

// IsAbsent reports whether an error means that the object or its bucket does not exist.
func IsAbsent(err error) bool {
	return errors.Is(err, ErrNotExist) || errors.Is(err, ErrBucketNotExist)
}

// AccessError: the bucket does not let this caller read it. It matches
// fs.ErrPermission.
type AccessError struct {
	Provider string // of the store, as in the bucket's URL: "gs", "s3"
	Bucket   string
	Op       string // "list" or "read"
	Reason   Reason
	Status   int    // HTTP status; 0 if no request was made for want of credentials
	Message  string // the server's words: one bounded line without control characters
	// Credentials says why none could be used; only with NoCredentials.
	Credentials error
}

// Reason says why a bucket could not be read.
type Reason string

const (
	Denied           Reason = ""                  // the credentials used do not suffice
	AnonymousRefused Reason = "anonymous-refused" // an anonymous request was refused, and no credentials were tried
	NoCredentials    Reason = "no-credentials"    // credentials are needed, and none work
	BillingDisabled  Reason = "billing-disabled"  // the account that pays for the bucket, or for the request, is closed
	PerimeterDenied  Reason = "perimeter"         // a service perimeter keeps readers out, whoever they are
	PayerNeeded      Reason = "payer-needed"      // the bucket bills its readers, and no payer was named
)

func (e *AccessError) Error() string {
	answer := ""
	if e.Status != 0 {
		answer = fmt.Sprintf(" (HTTP %d to %s", e.Status, e.Op)
		if e.Message != "" {
			answer += ": " + strings.TrimSuffix(e.Message, ".")
		}
		answer += ")"
	}
	bucket := "bucket " + e.Bucket
	switch {
	case e.Reason == PayerNeeded:
		return bucket + " bills its readers" + answer
	case e.Reason == BillingDisabled:
		return bucket + " cannot be read: billing is disabled for its project" + answer
	case e.Reason == PerimeterDenied:
		return bucket + " cannot be read from here: a VPC service perimeter refuses it" + answer
	case e.Reason == AnonymousRefused:
		return bucket + " refuses anonymous readers" + answer
	case e.Reason == NoCredentials && e.Status != 0:
		return bucket + " refuses anonymous readers" + answer + ", and no credentials can be used" + because(e.Credentials)
	case e.Reason == NoCredentials:
		return "cannot " + e.Op + " " + bucket + ": no credentials can be used" + because(e.Credentials)
	}
	return bucket + " refuses your credentials" + answer
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// Is makes it a matter of permission.
func (e *AccessError) Is(target error) bool { return target == fs.ErrPermission }

func (e *AccessError) Unwrap() error { return e.Credentials }

// UnreachableError: the service, or what stands between, does not answer as it should.
type UnreachableError struct {
	Host    string
	Cause   Cause
	Setting string // of the environment, that names the server; only with NotRunning
	Err     error  // its text is one bounded line without control characters
}

// Cause says why a service could not be reached.
type Cause string

const (
	NetworkFailed Cause = ""            // connecting or the connection failed
	NameUnknown   Cause = "name"        // the host's name was not resolved
	Certificate   Cause = "certificate" // the certificate is not trusted
	TooSlow       Cause = "slow"        // the bytes did not come in time
	ForeignAnswer Cause = "foreign"     // another answers: a proxy, or a network's login page
	NotRunning    Cause = "not-running" // the server that the environment names refuses connections
)

func (e *UnreachableError) Error() string { return "cannot reach " + e.Host + ": " + e.Err.Error() }

func (e *UnreachableError) Unwrap() error { return e.Err }
