package objstore

import (
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
)

// Sum is a checksum of an object's stored bytes. The zero value means that the
// store gave none. Sums can be compared with ==.
type Sum struct {
	Kind  SumKind
	Value string // hexadecimal, lower case
}

// SumKind is the algorithm of a checksum.
type SumKind string

// CRC32C is the Castagnoli polynomial, big-endian.
const CRC32C SumKind = "CRC32C"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

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
	if s.Kind == CRC32C {
		return crc32.New(castagnoli)
	}
	return nil
}

// Of returns the Sum of this kind that h has come to.
func (k SumKind) Of(h hash.Hash) Sum { return Sum{k, hex.EncodeToString(h.Sum(nil))} }
