package otelfile

import (
	"fmt"
	"strconv"
)

// Problem is something in a file that a person should know about. It never means
// that the whole file is lost: what could be read was handed out.
type Problem struct {
	Offset int64 // in the unpacked content; of what was converted, in that which it was before
	Kind   ProblemKind
	Detail string // one sentence, without the file's name, safe to print on a terminal
}

// ProblemKind sorts problems for counting.
type ProblemKind int

const (
	ProblemEmpty       ProblemKind = iota + 1 // the file has no bytes
	ProblemForeign                            // no known format
	ProblemCompression                        // gzip cut off or damaged
	ProblemTooLarge                           // unpacks to more than Options allow
	ProblemTornHeader                         // the file ends within a header
	ProblemTornPayload                        // the file ends within a payload, or its length lies
	ProblemChecksum                           // one record is damaged and left out
	ProblemLost                               // the rest of the file is given up
	ProblemFlags                              // a record asks for an unknown feature
	ProblemDeclaration                        // a type declaration makes no sense
	ProblemRedeclared                         // a type code changes its meaning
	ProblemUnknownType                        // records of a type that is not traces
	ProblemNoTraces                           // an intact file without trace records
	ProblemTorn                               // the file ends within a message or a JSON value
	ProblemSyntax                             // broken JSON, or a message that is none
	ProblemOdd                                // values that the format has no place for
	ProblemTold                               // what the program that wrote the file says of it
	problemKinds
)

var problemNames = [problemKinds]string{
	ProblemEmpty:       "empty file",
	ProblemForeign:     "foreign file",
	ProblemCompression: "damaged compression",
	ProblemTooLarge:    "too large",
	ProblemTornHeader:  "torn header",
	ProblemTornPayload: "torn payload",
	ProblemChecksum:    "damaged record",
	ProblemLost:        "rest of file lost",
	ProblemFlags:       "unknown flags",
	ProblemDeclaration: "bad type declaration",
	ProblemRedeclared:  "type redeclared",
	ProblemUnknownType: "unknown type",
	ProblemNoTraces:    "no traces",
	ProblemTorn:        "torn file",
	ProblemSyntax:      "broken content",
	ProblemOdd:         "odd values",
	ProblemTold:        "told by its writer",
}

// String returns a short name such as "torn header".
func (k ProblemKind) String() string {
	if k <= 0 || k >= problemKinds {
		return "problem " + strconv.Itoa(int(k))
	}
	return problemNames[k]
}

// maxPerKind is how many problems of one kind are told one by one. A file may hold
// millions; the rest is told as a number.
const maxPerKind = 10

// maxQuoted is how many bytes of a name a problem shows.
const maxQuoted = 120

// reporter hands problems to a caller who may not want any.
type reporter struct {
	emit func(Problem)
	seen [problemKinds]int
	last [problemKinds]int64
}

func (r *reporter) add(offset int, kind ProblemKind, format string, args ...any) {
	r.seen[kind]++
	r.last[kind] = int64(offset)
	if r.emit != nil && r.seen[kind] <= maxPerKind {
		r.emit(Problem{int64(offset), kind, fmt.Sprintf(format, args...)})
	}
}

// tell passes on a problem that was found earlier.
func (r *reporter) tell(p Problem) {
	r.seen[p.Kind]++
	if r.emit != nil {
		r.emit(p)
	}
}

func (r *reporter) any() bool { return r.seen != [problemKinds]int{} }

// finish tells the numbers of those that were not told one by one.
func (r *reporter) finish() {
	if r.emit == nil {
		return
	}
	for kind, n := range r.seen {
		if n > maxPerKind {
			r.emit(Problem{r.last[kind], ProblemKind(kind), fmt.Sprintf("%d more like these, the last at byte %d", n-maxPerKind, r.last[kind])})
		}
	}
}
