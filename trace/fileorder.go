package trace

// block is the size, as a power of two, of the blocks of a file that FileOrder tells apart.
// A block is a few pages, which stay in the nearest caches while their spans are read.
const block = 14

// FileOrder gives the rows from first up to but not including behind, roughly in the order
// in which their spans lie in the files. Each number is relative to first. Traces that were
// written at the same time are interleaved in a file: reading the encoded spans of all
// traces in the order of rows takes twice the time. The result takes 4 bytes a row.
func (s *Set) FileOrder(first, behind int) []uint32 {
	origins := s.origin[first:behind]
	order := make([]uint32, len(origins))
	if len(origins) == 0 {
		return order
	}
	low, high := origins[0].source(), origins[0].source()
	for _, o := range origins {
		low, high = min(low, o.source()), max(high, o.source())
	}
	begin := make([]int64, high-low+1) // of each source, as if the sources followed each other
	end := int64(0)
	for i := range begin {
		begin[i] = end
		end += int64(len(s.sources[low+i].data))
	}
	shift := block
	for end>>shift > int64(len(origins)) {
		shift++
	}
	next := make([]uint32, end>>shift+2) // where the next row of each block goes
	for _, o := range origins {
		next[(begin[o.source()-low]+o.offset())>>shift+1]++
	}
	for i := range next[1:] {
		next[i+1] += next[i]
	}
	for i, o := range origins {
		at := &next[(begin[o.source()-low]+o.offset())>>shift]
		order[*at] = uint32(i)
		*at++
	}
	return order
}
