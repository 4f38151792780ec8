package fetch

import "sync/atomic"

// Progress counts what Fetch does while it does it. The zero value is ready;
// several Fetches may share one. All methods are safe for concurrent use and
// cheap, so whoever draws may ask as often as it likes.
type Progress struct {
	listing                      atomic.Int64
	files, done, reused, failed  atomic.Int64
	bytes, bytesDone, bytesSaved atomic.Int64
	retries                      atomic.Int64
}

// Counts are the numbers of a Progress at one moment.
type Counts struct {
	Listing bool  // a bucket is still being listed: Files and Bytes will grow
	Files   int64 // files known so far
	Done    int64 // files that are in the cache now, Reused among them
	Reused  int64 // files that were in the cache already
	Failed  int64 // files given up

	Bytes      int64 // bytes of all Files
	BytesDone  int64 // bytes received; what had to be fetched again counts again
	BytesSaved int64 // bytes that were in the cache already: Reused files, and parts of others

	Retries int64 // requests that were sent again
}

// Counts returns the numbers of now. They are read one after the other: while
// files arrive, they may differ by a file.
func (p *Progress) Counts() Counts {
	return Counts{
		Listing: p.listing.Load() > 0,
		Done:    p.done.Load(), Reused: p.reused.Load(), Failed: p.failed.Load(), Files: p.files.Load(),
		BytesDone: p.bytesDone.Load(), BytesSaved: p.bytesSaved.Load(), Bytes: p.bytes.Load(),
		Retries: p.retries.Load(),
	}
}

// Retry counts a request that is sent again. Fetch counts its own; a store that
// repeats requests on its side is to be wired to it.
func (p *Progress) Retry() { p.retries.Add(1) }
