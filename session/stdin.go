package session

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"prowtrace/fetch"
	"prowtrace/otelfile"
	"prowtrace/trace"
)

// Bounds of standard input, in bytes: what is held in memory, and what is taken at all.
const (
	heldInput = 64 << 20
	maxInput  = 64 << 30
)

// readInput reads one file or archive from standard input. When ctx ends it returns at
// once, and leaves the read behind that nothing can interrupt.
func (s *Session) readInput(ctx context.Context) (trace.Source, error) {
	s.tell(InputAwaited{})
	type result struct {
		file trace.Source
		err  error
	}
	done := make(chan result) // who receives it owns the file
	go func() {
		file, err := s.keepInput(contextReader{ctx, s.o.Input})
		select {
		case done <- result{file, err}:
		case <-ctx.Done():
			_ = removeInput(file) // nobody waits for it
		}
	}()
	select {
	case r := <-done:
		if r.err == nil {
			r.err = ctx.Err()
		}
		if r.err != nil {
			_ = removeInput(r.file) // the error says more
			return trace.Source{}, r.err
		}
		return r.file, nil
	case <-ctx.Done():
		return trace.Source{}, fmt.Errorf("cannot read standard input: %w", ctx.Err())
	}
}

// keepInput reads to the end, into memory or, if there is more, into a file.
func (s *Session) keepInput(r io.Reader) (trace.Source, error) {
	source := trace.Source{Name: "standard input"}
	var held bytes.Buffer
	if _, err := io.CopyN(&held, r, heldInput); err == io.EOF {
		source.Data = held.Bytes()
		if source.Data == nil {
			source.Data = []byte{}
		}
		return source, nil
	} else if err != nil {
		return source, fmt.Errorf("cannot read standard input: %w", err)
	}
	dir := s.scratchDir()
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return source, fmt.Errorf("cannot keep standard input: %w", err)
		}
	}
	file, err := os.CreateTemp(dir, "stdin-*")
	if err != nil {
		return source, fmt.Errorf("cannot keep standard input: %w", err)
	}
	defer file.Close()
	source.Path = file.Name()
	n, err := io.Copy(file, io.LimitReader(io.MultiReader(&held, r), maxInput+1))
	switch {
	case err != nil:
		return source, fmt.Errorf("cannot read standard input: %w", err)
	case n > maxInput:
		return source, &InputTooLargeError{maxInput}
	}
	return source, nil
}

// removeInput removes what keepInput has kept in a file.
func removeInput(file trace.Source) error {
	if file.Path == "" {
		return nil
	}
	return os.Remove(file.Path)
}

// contextReader ends reading when its context does, between two reads.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// scratchDir is where files go that are of use only for a while. Who wants to leave
// nothing behind has them in the system's directory for temporary files.
func (s *Session) scratchDir() string {
	if s.o.Cache == CacheTemporary {
		return ""
	}
	return fetch.ScratchDir(s.o.Now())
}

// maxConverted bounds what the files of one request are converted to, in bytes on the disk.
const maxConverted = 32 << 30

// scratch takes what is converted for one request.
func (s *Session) scratch() *otelfile.Scratch {
	most := int64(maxConverted)
	if s.o.Unpacked > 0 {
		most = min(most, 8*s.o.Unpacked)
	}
	return otelfile.NewScratch(s.scratchDir(), most)
}
