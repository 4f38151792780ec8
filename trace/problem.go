package trace

import "fmt"

// A Problem is something that was wrong with a file. The set has everything that could still
// be read of the file.
type Problem struct {
	Source  string // name of the file
	Group   int    // as in Source
	Offset  int64  // byte in its decompressed content
	What    string // one sentence for a person
	Kept    int    // spans read from the whole file
	Foreign bool   // the file has no known format
	Beside  bool   // the file is not one that holds spans: Offset and Kept mean nothing
}

// String gives the problem as one line.
func (p Problem) String() string {
	switch p.Kept {
	case 0:
		return fmt.Sprintf("%q: %s", p.Source, p.What)
	case 1:
		return fmt.Sprintf("%q: %s; 1 span kept", p.Source, p.What)
	}
	return fmt.Sprintf("%q: %s; %d spans kept", p.Source, p.What, p.Kept)
}

// Stats counts what was loaded.
type Stats struct {
	Sources  int
	Bytes    int64 // of all sources, decompressed
	Unpacked int64 // the part of Bytes held in memory, because it was compressed or converted
	Records  int   // of encoded OTLP
	Spans    int   // rows of the set
	Repeated int   // spans found again with the same bytes, which have no rows of their own

	// Odd is how many spans have each flag, by its name in Flags.Names.
	Odd map[string]int
}
