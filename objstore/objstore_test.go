package objstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"prowtrace/objstore"
)

func TestErrorsAreOfGeneralKinds(t *testing.T) {
	for _, tt := range []struct{ err, kind error }{
		{objstore.ErrNotExist, fs.ErrNotExist},
		{objstore.ErrBucketNotExist, fs.ErrNotExist},
		{&objstore.AccessError{Bucket: "b"}, fs.ErrPermission},
	} {
		if !errors.Is(fmt.Errorf("list: %w", tt.err), tt.kind) {
			t.Errorf("%v is not %v", tt.err, tt.kind)
		}
	}
	if errors.Is(objstore.ErrNotExist, objstore.ErrBucketNotExist) || errors.Is(objstore.ErrChecksum, fs.ErrNotExist) {
		t.Error("kinds of absence are mixed up")
	}
}

func TestAccessErrorText(t *testing.T) {
	none := errors.New("no file of credentials")
	for _, tt := range []struct {
		err  objstore.AccessError
		want string
	}{
		{objstore.AccessError{Bucket: "b", Op: "list", Status: 403, Message: "Not yours."},
			"cannot list bucket b: it refuses your credentials (HTTP 403: Not yours)"},
		{objstore.AccessError{Bucket: "b", Op: "read", Status: 401, Reason: objstore.AnonymousRefused},
			"cannot read bucket b: it refuses anonymous readers (HTTP 401), and credentials are not allowed"},
		{objstore.AccessError{Bucket: "b", Op: "read", Status: 401, Reason: objstore.NoCredentials, Credentials: none},
			"cannot read bucket b: it refuses anonymous readers (HTTP 401), and no credentials work: no file of credentials"},
		{objstore.AccessError{Bucket: "b", Op: "list", Reason: objstore.NoCredentials, Credentials: none},
			"cannot list bucket b: no credentials work: no file of credentials"},
		{objstore.AccessError{Bucket: "b", Op: "list", Status: 400, Reason: objstore.PayerNeeded, Message: "requester pays"},
			"cannot list bucket b: it bills its readers (HTTP 400: requester pays)"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSum(t *testing.T) {
	sum := objstore.CRC32COf([]byte("123456789"))
	if want := (objstore.Sum{Kind: objstore.CRC32C, Value: "e3069283"}); sum != want {
		t.Errorf("got %v, want %v", sum, want)
	}
	crc, ok := sum.CRC32C()
	if !ok || objstore.NewCRC32C(crc) != sum {
		t.Errorf("%08x, %v: not the same sum", crc, ok)
	}
	h := sum.NewHash()
	h.Write([]byte("123456789"))
	if got := sum.Kind.Of(h); got != sum {
		t.Errorf("hashed %v, want %v", got, sum)
	}
	if _, ok := (objstore.Sum{}).CRC32C(); ok || (objstore.Sum{}).NewHash() != nil {
		t.Error("no sum has a value")
	}
}
