package fetch

import "sync/atomic"

// Progress counts what Fetch does while it runs. The zero value is ready;
// several Fetches may share one. All methods are safe for concurrent use. They are
// cheap, so a progress display may call them as often as it likes.
type Progress struct {
	listing                      atomic.Int64
	files, done, reused, failed  atomic.Int64
	bytes, bytesDone, bytesSaved atomic.Int64
	bytesBeside                  atomic.Int64
	retries                      atomic.Int64

	of *Progress // see Beside; nil: of none
}

// Counts are the numbers of a Progress at one moment.
type Counts struct {
	Listing bool  // a bucket is still being listed: Files and Bytes will grow
	Files   int64 // files known so far
	Done    int64 // files that are in the cache now, Reused among them
	Reused  int64 // files that were in the cache already
	Failed  int64 // files that were given up

	Bytes      int64 // bytes of all Files
	BytesDone  int64 // bytes received; bytes fetched again count again
	BytesSaved int64 // bytes that were in the cache already: Reused files, and parts of others

	BytesBeside int64 // bytes received of files counted beside (see Progress.Beside)

	Retries int64 // requests that were sent again
}

// Received is how many bytes came from buckets.
func (c Counts) Received() int64 { return c.BytesDone + c.BytesBeside }

// Counts returns the present numbers. They are read one after the other: while
// files arrive, they may differ by a file.
func (p *Progress) Counts() Counts {
	return Counts{
		Listing: p.listing.Load() > 0,
		Done:    p.done.Load(), Reused: p.reused.Load(), Failed: p.failed.Load(), Files: p.files.Load(),
		BytesDone: p.bytesDone.Load(), BytesSaved: p.bytesSaved.Load(), Bytes: p.bytes.Load(),
		BytesBeside: p.bytesBeside.Load(),
		Retries:     p.retries.Load(),
	}
}

// Beside returns a Progress for files that come beside those that p counts, such as logs. p
// counts only their bytes.
func (p *Progress) Beside() *Progress { return &Progress{of: p} }

// received counts bytes that came.
func (p *Progress) received(n int64) {
	p.bytesDone.Add(n)
	for of := p.of; of != nil; of = of.of {
		of.bytesBeside.Add(n)
	}
}

// Retry counts a request that is sent again. Fetch counts its own. A store that
// repeats requests itself must be connected to Retry.
func (p *Progress) Retry() { p.retries.Add(1) }
