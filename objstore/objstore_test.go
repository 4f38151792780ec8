package objstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"testing"

	"prowtrace/objstore"
)

func TestKindsOfErrors(t *testing.T) {
	noFile := &objstore.AccessError{Bucket: "b", Reason: objstore.NoCredentials, Credentials: fs.ErrNotExist}
	for _, tt := range []struct {
		err             error
		absent, refused bool
	}{
		{objstore.ErrNotExist, true, false},
		{objstore.ErrBucketNotExist, true, false},
		{noFile, false, true}, // a file of credentials is missing, not the object
		{objstore.ErrChecksum, false, false},
		{nil, false, false},
	} {
		err := tt.err
		if err != nil {
			err = fmt.Errorf("list: %w", err)
		}
		if absent, refused := objstore.IsAbsent(err), errors.Is(err, fs.ErrPermission); absent != tt.absent || refused != tt.refused {
			t.Errorf("%v: absent %v, refused %v", err, absent, refused)
		}
	}
}

// Whatever features there are, both stores must have one.
func TestCommonFeatures(t *testing.T) {
	for i := range reflect.TypeFor[objstore.Features]().NumField() {
		var has, none objstore.Features
		reflect.ValueOf(&has).Elem().Field(i).SetBool(true)
		if got := has.Common(has); got != has {
			t.Errorf("%+v of both becomes %+v", has, got)
		}
		if a, b := has.Common(none), none.Common(has); a != none || b != none {
			t.Errorf("%+v of one becomes %+v, %+v", has, a, b)
		}
	}
}

func TestAccessErrorText(t *testing.T) {
	none := errors.New("no file of credentials")
	for _, tt := range []struct {
		err  objstore.AccessError
		want string
	}{
		{objstore.AccessError{Bucket: "b", Op: "list", Status: 403, Message: "Not yours."},
			"bucket b refuses your credentials (HTTP 403 to list: Not yours)"},
		{objstore.AccessError{Bucket: "b", Op: "read", Status: 401, Reason: objstore.AnonymousRefused},
			"bucket b refuses anonymous readers (HTTP 401 to read)"},
		{objstore.AccessError{Bucket: "b", Op: "read", Status: 401, Reason: objstore.NoCredentials, Credentials: none},
			"bucket b refuses anonymous readers (HTTP 401 to read), and no credentials can be used: no file of credentials"},
		{objstore.AccessError{Bucket: "b", Op: "list", Reason: objstore.NoCredentials, Credentials: none},
			"cannot list bucket b: no credentials can be used: no file of credentials"},
		{objstore.AccessError{Bucket: "b", Op: "list", Status: 400, Reason: objstore.PayerNeeded, Message: "requester pays"},
			"bucket b bills its readers (HTTP 400 to list: requester pays)"},
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

// The values are those that the algorithms' definitions give for these bytes.
func TestKindsOfSums(t *testing.T) {
	for kind, want := range map[objstore.SumKind]string{
		objstore.CRC32C: "e3069283", objstore.CRC32: "cbf43926", objstore.CRC64NVME: "ae8b14860a799888",
		objstore.MD5: "25f9e794323b453885f5181f1b624d0b", objstore.SHA1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		objstore.SHA256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
	} {
		h := objstore.Sum{Kind: kind}.NewHash()
		h.Write([]byte("123456789"))
		if got := kind.Of(h); got != (objstore.Sum{Kind: kind, Value: want}) {
			t.Errorf("%s: %s, want %s", kind, got.Value, want)
		}
	}
}
