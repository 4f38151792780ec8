package s3

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"

	"prowtrace/objstore"
)

// sumOf returns the sum of a whole object from an answer: its checksum if that covers
// the whole object, else its ETag if that is an MD5.
func sumOf(info minio.ObjectInfo, header http.Header) objstore.Sum {
	if info.ChecksumMode != minio.ChecksumCompositeMode.String() {
		for _, told := range []struct {
			kind  objstore.SumKind
			value string
		}{
			{objstore.CRC32C, info.ChecksumCRC32C}, {objstore.CRC64NVME, info.ChecksumCRC64NVME}, {objstore.CRC32, info.ChecksumCRC32},
			{objstore.SHA256, info.ChecksumSHA256}, {objstore.SHA1, info.ChecksumSHA1},
		} {
			// "…-3" is a sum of sums of three parts.
			sum, err := base64.StdEncoding.DecodeString(told.value)
			if err == nil && len(sum) > 0 && len(sum) == (objstore.Sum{Kind: told.kind}).NewHash().Size() {
				return objstore.Sum{Kind: told.kind, Value: hex.EncodeToString(sum)}
			}
		}
	}
	// An object encrypted with its own key has an ETag that is not an MD5.
	encrypted := header.Get("X-Amz-Server-Side-Encryption-Customer-Algorithm") != "" ||
		strings.HasPrefix(header.Get("X-Amz-Server-Side-Encryption"), "aws:")
	if isMD5.MatchString(info.ETag) && !encrypted {
		return objstore.Sum{Kind: objstore.MD5, Value: info.ETag}
	}
	return objstore.Sum{}
}

// isMD5 matches the ETag of an object that was uploaded in one part. Other ETags end in "-"
// and the number of parts.
var isMD5 = regexp.MustCompile(`^[0-9a-f]{32}$`)

// sums remembers the sums of objects that were read, until they are asked for.
type sums struct {
	mu   sync.Mutex
	told map[[3]string]objstore.Sum // by bucket, name and version
}

// maxSums bounds how many sums are remembered: nothing asks for the sums of logs.
const maxSums = 10_000

func (s *sums) put(bucket, name, version string, sum objstore.Sum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil || len(s.told) >= maxSums {
		s.told = map[[3]string]objstore.Sum{}
	}
	s.told[[3]string{bucket, name, version}] = sum
}

func (s *sums) take(bucket, name, version string) (objstore.Sum, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [3]string{bucket, name, version}
	sum, ok := s.told[key]
	delete(s.told, key)
	return sum, ok
}

// Sum implements objstore.Summer.
func (c *Client) Sum(ctx context.Context, o objstore.Object) (objstore.Sum, error) {
	if sum, ok := c.sums.take(o.Bucket, o.Name, o.Version); ok {
		return sum, nil
	}
	var info minio.ObjectInfo
	rctx, _ := withOperation(ctx)
	err := c.try(rctx, "read", o.Bucket, func(ctx context.Context, lib *library) (err error) {
		info, err = lib.StatObject(ctx, o.Bucket, o.Name, minio.StatObjectOptions{Checksum: true})
		return err
	})
	switch {
	case err != nil:
		return objstore.Sum{}, c.explain(ctx, "read", o.Bucket, o.Name, err)
	case versionOf(info) != o.Version:
		return objstore.Sum{}, fmt.Errorf("read %s: %w: a different version than listed", where(o.Bucket, o.Name), objstore.ErrNotExist)
	}
	return sumOf(info, info.Metadata), nil
}
