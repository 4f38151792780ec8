package objstore

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"hash/crc64"
)

// Sum is a checksum of an object's stored bytes. The zero value means that the
// store gave none. Sums can be compared with ==.
type Sum struct {
	Kind  SumKind
	Value string // hexadecimal, lower case
}

// SumKind is the algorithm of a checksum.
type SumKind string

// The kinds of sums that stores have. Of a CRC the bytes are big-endian.
const (
	CRC32C    SumKind = "CRC32C" // the Castagnoli polynomial
	CRC32     SumKind = "CRC32"  // that of IEEE
	CRC64NVME SumKind = "CRC64NVME"
	SHA256    SumKind = "SHA256"
	SHA1      SumKind = "SHA1"
	MD5       SumKind = "MD5"
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5)
)

// NewCRC32C is the Sum of a CRC-32C.
func NewCRC32C(crc uint32) Sum {
	return Sum{CRC32C, hex.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))}
}

// CRC32COf is the CRC-32C of bytes.
func CRC32COf(data []byte) Sum { return NewCRC32C(crc32.Checksum(data, castagnoli)) }

// CRC32C returns the value of a Sum of that kind.
func (s Sum) CRC32C() (crc uint32, ok bool) {
	b, err := hex.DecodeString(s.Value)
	if s.Kind != CRC32C || err != nil || len(b) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b), true
}

// NewHash returns what computes such a sum; nil where there is none to compare.
func (s Sum) NewHash() hash.Hash {
	switch s.Kind {
	case CRC32C:
		return crc32.New(castagnoli)
	case CRC32:
		return crc32.NewIEEE()
	case CRC64NVME:
		return crc64.New(nvme)
	case SHA256:
		return sha256.New()
	case SHA1:
		return sha1.New()
	case MD5:
		return md5.New()
	}
	return nil
}

// Of returns the Sum of this kind that h has come to.
func (k SumKind) Of(h hash.Hash) Sum { return Sum{k, hex.EncodeToString(h.Sum(nil))} }
