package otelfile

import (
	"iter"
	"sync"
)

// A Portion is some trace records that lie behind each other in a file, and the bytes
// that they lie in: about 256 KiB of them, or a record that is larger.
type Portion struct {
	Records []Record // at least one; payloads alias Data, offsets are those in File.Bytes
	Data    []byte   // read-only
	Offset  int64    // of Data in File.Bytes

	buffers *Buffers // that own Data; nil where it is part of File.Bytes
}

// portionSize is how many bytes stay in a processor's cache while they are summed and
// read.
const portionSize = 256 << 10

// largeRecord is from how many portions on a record is not read into a buffer: it would
// leave the cache before it is read a second time, and a length is what a file claims.
const largeRecord = 4

// Buffers is memory for portions, which passes use again. The zero value is ready, for
// several goroutines at once.
type Buffers struct {
	mu   sync.Mutex
	free [][]byte
}

// get gives a buffer of a size, with room for some more.
func (b *Buffers) get(size int) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := len(b.free); n > 0; n-- {
		buf := b.free[n-1]
		b.free = b.free[:n-1]
		if cap(buf) >= size {
			return buf[:size]
		}
	}
	return make([]byte, size+size/4)[:size]
}

func (b *Buffers) put(buf []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free = append(b.free, buf)
}

// Release gives back the memory of Data and of the payloads, which must not be used
// afterwards.
func (p *Portion) Release() {
	if p.buffers != nil {
		p.buffers.put(p.Data)
		*p = Portion{}
	}
}

// Portions is Records for those who look at each record once: it hands out as many
// at a time as a goroutine takes from another at little cost. A portion is its
// receiver's, and may be read and released by another goroutine.
//
// The first pass over a mapped file reads it into buffers, and so does not touch the
// mapping. To touch a page of it for the first time took up to seven times as long as to
// copy it into the processor's cache, in a virtual machine. What disappears from the
// file meanwhile is a problem, not a fault.
//
// A pass runs at the speed of the checksum, 6 GB/s and more, so one goroutine that
// ranges over Portions can feed several that decode. It cannot be split: what a damaged
// record costs depends on the record after it.
func (f *File) Portions(buffers *Buffers, problem func(Problem)) iter.Seq[*Portion] {
	return func(yield func(*Portion) bool) {
		s := newScan(f, problem)
		s.size, s.buffers = portionSize, buffers
		if stored := f.stored.Swap(nil); stored != nil {
			defer stored.Close() // which was only read
			s.stored = stored
		}
		defer s.end(f)
		s.handOut(yield)
	}
}

// handOut goes through the file by portions.
func (s *scan) handOut(yield func(*Portion) bool) {
	s.portion = &Portion{}
	for s.next() {
		if s.full != nil && !yield(s.full) {
			return
		}
		s.full = nil
		s.portion.Records = append(s.portion.Records, s.record)
	}
	for _, p := range []*Portion{s.full, s.portion} {
		if p != nil && len(p.Records) > 0 && !yield(p) {
			return
		}
	}
	s.finish()
}

// bytes gives n bytes of the file from pos on, which it has.
func (s *scan) bytes(pos, n int) ([]byte, error) {
	p := s.portion
	if pos+n > int(p.Offset)+len(p.Data) {
		var err error
		if p, err = s.advance(pos, n); err != nil {
			return nil, err
		}
		s.portion = p
	}
	at := pos - int(p.Offset)
	return p.Data[at : at+n : at+n], nil
}

// advance gives a portion from pos on, of at least n bytes. What it is in when it has no
// records is used again.
func (s *scan) advance(pos, n int) (*Portion, error) {
	last, next := s.portion, &Portion{Offset: int64(pos)}
	size := min(max(n+headerSize, s.size), len(s.data)-pos) // with the header behind a record
	if s.stored == nil || n > largeRecord*s.size {
		next.Data = s.data[pos : pos+size]
		s.leave(last)
		return next, nil
	}
	next.buffers = s.buffers
	known := last.Data[min(pos-int(last.Offset), len(last.Data)):]
	if len(last.Records) == 0 && last.buffers != nil && cap(last.Data) >= size {
		next.Data = last.Data[:size]
		last.buffers = nil
	} else {
		next.Data = s.buffers.get(size)
	}
	known = known[:copy(next.Data, known)]
	if _, err := s.stored.ReadAt(next.Data[len(known):], int64(pos+len(known))); err != nil {
		return nil, err
	}
	s.leave(last)
	return next, nil
}

// leave has a portion handed out if it has records.
func (s *scan) leave(p *Portion) {
	if len(p.Records) > 0 {
		s.full = p
	} else {
		p.Release()
	}
}
