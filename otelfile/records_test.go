package otelfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/quick"
)

// Files in these tests are built from parts: declare says what a code means, record
// holds a payload, and damaged, flagged and lengthened spoil one. The declaration of
// traces is 84 bytes long, a record 16 and its payload.
var (
	traces = declare(32, TraceRequestType)
	one    = record(32, "one")
	two    = record(32, "two")
	three  = record(32, "three")
)

func TestRecords(t *testing.T) {
	const logs = "opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest"
	tests := []struct {
		name     string
		file     []byte
		want     string   // payloads, joined by spaces
		problems []string // kind @offset: detail
		stats    Stats
	}{
		{
			name:  "intact",
			file:  join(traces, one, two),
			want:  "one two",
			stats: Stats{Records: 3, Traces: 2},
		}, {
			name:  "the declared name counts, not the code",
			file:  join(declare(32, logs), declare(4000000000, TraceRequestType), record(32, "log"), record(4000000000, "one")),
			want:  "one",
			stats: Stats{Records: 4, Traces: 1, Skipped: map[string]int{logs: 1}},
			problems: []string{
				`unknown type @170: skipped 1 record of type "` + logs + `": not traces`,
			},
		}, {
			name:  "TracesData is traces too",
			file:  join(declare(33, TracesDataType), record(33, "one"), traces, two),
			want:  "one two",
			stats: Stats{Records: 4, Traces: 2},
		}, {
			name:  "two files written one after the other",
			file:  join(traces, one, traces, two),
			want:  "one two",
			stats: Stats{Records: 4, Traces: 2},
		}, {
			name:  "a code declared anew",
			file:  join(traces, one, declare(32, logs), two, traces, three),
			want:  "one three",
			stats: Stats{Records: 6, Traces: 2, Skipped: map[string]int{logs: 1}},
			problems: []string{
				`type redeclared @103: the record at byte 103 redefines type code 32 from "` + TraceRequestType + `" to "` + logs + `"`,
				`type redeclared @204: the record at byte 204 redefines type code 32 from "` + logs + `" to "` + TraceRequestType + `"`,
				`unknown type @185: skipped 1 record of type "` + logs + `": not traces`,
			},
		}, {
			name:  "a code used before its declaration",
			file:  join(declare(99, logs), record(32, "early"), traces, one),
			want:  "one",
			stats: Stats{Records: 4, Traces: 1, Skipped: map[string]int{"undeclared type code 32": 1}},
			problems: []string{
				"unknown type @82: skipped 1 record of undeclared type code 32",
			},
		}, {
			name:  "unknown types are skipped and counted",
			file:  join(traces, declare(40, "a\x1b[31m"), record(40, "x"), one, record(40, "y"), record(77, "z")),
			want:  "one",
			stats: Stats{Records: 6, Traces: 1, Skipped: map[string]int{"a\x1b[31m": 2, "undeclared type code 77": 1}},
			problems: []string{
				`unknown type @110: skipped 2 records of type "a\x1b[31m": not traces`,
				"unknown type @163: skipped 1 record of undeclared type code 77",
			},
		}, {
			name:  "flags that are not known",
			file:  join(traces, flagged(one, 0x80000001), two),
			want:  "two",
			stats: Stats{Records: 3, Traces: 1, Bad: 1},
			problems: []string{
				"unknown flags @84: the record at byte 84 (3 bytes) uses an unknown feature (flags 0x80000001): skipped; a newer version may read it",
			},
		}, {
			name:  "flags that change the checksum",
			file:  join(traces, flagged(damaged(one), 1), two),
			want:  "two",
			stats: Stats{Records: 3, Traces: 1, Bad: 1},
			problems: []string{
				"unknown flags @84: the record at byte 84 (3 bytes) is damaged or uses an unknown feature (flags 0x1): skipped",
			},
		}, {
			name:  "a declaration with flags is not believed",
			file:  join(traces, flagged(declare(32, logs), 1), one),
			want:  "one",
			stats: Stats{Records: 3, Traces: 1, Bad: 1},
			problems: []string{
				"unknown flags @84: the record at byte 84 (66 bytes) uses an unknown feature (flags 0x1): skipped; a newer version may read it",
			},
		}, {
			name:  "torn header",
			file:  join(traces, one, two[:15]),
			want:  "one",
			stats: Stats{Records: 2, Traces: 1},
			problems: []string{
				"torn header @103: cut off at byte 118: its process was probably killed",
			},
		}, {
			name:  "torn payload",
			file:  join(traces, one, two, three[:20]),
			want:  "one two",
			stats: Stats{Records: 3, Traces: 2},
			problems: []string{
				"torn payload @122: cut off at byte 142: its process was probably killed",
			},
		}, {
			name:  "a length that lies",
			file:  join(traces, lengthened(one, 4294967295), two),
			stats: Stats{Records: 1},
			problems: []string{
				"torn payload @84: cut off at byte 122: its process was probably killed",
			},
		}, {
			name:  "a header of garbage",
			file:  join(traces, one, []byte("2026-11-25T06:01:05Z some log line\n"), two),
			want:  "one",
			stats: Stats{Records: 2, Traces: 1},
			problems: []string{
				"torn payload @103: the record at byte 103 claims 842,019,382 bytes, the file ends at byte 157: the header is probably damaged",
			},
		}, {
			name:  "a bad record in the middle",
			file:  join(traces, one, damaged(two), three),
			want:  "one three",
			stats: Stats{Records: 4, Traces: 2, Bad: 1},
			problems: []string{
				"damaged record @103: the record at byte 103 (3 bytes) has a wrong checksum: left out",
			},
		}, {
			name:  "a bad record at the end",
			file:  join(traces, one, damaged(two)),
			want:  "one",
			stats: Stats{Records: 3, Traces: 1, Bad: 1},
			problems: []string{
				"damaged record @103: the record at byte 103 (3 bytes) has a wrong checksum: left out",
			},
		}, {
			name:  "a bad record before an empty one",
			file:  join(traces, damaged(one), record(32, ""), two),
			want:  " two",
			stats: Stats{Records: 4, Traces: 2, Bad: 1},
			problems: []string{
				"damaged record @84: the record at byte 84 (3 bytes) has a wrong checksum: left out",
			},
		}, {
			name:  "a bad record whose length is wrong too",
			file:  join(traces, one, lengthened(damaged(two), 5), three),
			want:  "one",
			stats: Stats{Records: 2, Traces: 1},
			problems: []string{
				"rest of file lost @103: damaged from byte 103 on: the rest of the file (40 bytes) is lost",
			},
		}, {
			name:  "two bad records",
			file:  join(traces, one, damaged(two), damaged(two), three),
			want:  "one",
			stats: Stats{Records: 2, Traces: 1},
			problems: []string{
				"rest of file lost @103: damaged from byte 103 on: the rest of the file (59 bytes) is lost",
			},
		}, {
			name:  "a bad record before zeros",
			file:  join(traces, one, damaged(two), make([]byte, 64)),
			want:  "one",
			stats: Stats{Records: 2, Traces: 1},
			problems: []string{
				"rest of file lost @103: damaged from byte 103 on: the rest of the file (83 bytes) is lost",
			},
		}, {
			name:  "a damaged declaration leaves its records without a meaning",
			file:  join(damaged(traces), one, two),
			stats: Stats{Records: 3, Bad: 1, Skipped: map[string]int{"undeclared type code 32": 2}},
			problems: []string{
				"damaged record @0: the record at byte 0 (68 bytes) has a wrong checksum: left out",
				"unknown type @84: skipped 2 records of undeclared type code 32",
			},
		}, {
			name:  "declarations that make no sense",
			file:  join(traces, record(1, "\x08"), declare(1, TraceRequestType), declare(50, ""), one),
			want:  "one",
			stats: Stats{Records: 5, Traces: 1, Bad: 3},
			problems: []string{
				"bad type declaration @84: the type declaration at byte 84 was ignored: it is not an ObjectType message with a code and a name",
				"bad type declaration @101: the type declaration at byte 101 was ignored: it declares a type code that the format reserves",
				"bad type declaration @185: the type declaration at byte 185 was ignored: it is not an ObjectType message with a code and a name",
			},
		}, {
			name:  "zeros after the last record",
			file:  join(traces, one, make([]byte, 1<<20)),
			want:  "one",
			stats: Stats{Records: 2, Traces: 1},
			problems: []string{
				"rest of file lost @103: zeros at byte 103 instead of a record: the rest of the file (1048576 bytes) is lost",
			},
		}, {
			name:     "empty file",
			file:     nil,
			problems: []string{"empty file @0: the file is empty"},
		}, {
			name: "only a header",
			file: traces[:16],
			problems: []string{
				"torn payload @0: cut off at byte 16: its process was probably killed",
			},
		}, {
			name: "less than a header",
			file: traces[:9],
			problems: []string{
				"torn header @0: cut off at byte 9: its process was probably killed",
			},
		}, {
			name:  "only type records",
			file:  join(traces, declare(40, logs)),
			stats: Stats{Records: 2},
			problems: []string{
				"no traces @166: the file has no trace records: its process ended before it exported any",
			},
		}, {
			name:  "many problems of one kind",
			file:  join(traces, bytes.Repeat(flagged(one, 1), 1000), two),
			want:  "two",
			stats: Stats{Records: 1002, Traces: 1, Bad: 1000},
			problems: append(
				repeatFlagged(10),
				"unknown flags @19065: 990 more like these, the last at byte 19065"),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := parse(t, test.file)
			payloads, problems := read(t, f)
			if got := strings.Join(payloads, " "); got != test.want {
				t.Errorf("payloads %q, want %q", got, test.want)
			}
			if !slices.Equal(problems, test.problems) {
				t.Errorf("problems\n%s\nwant\n%s", strings.Join(problems, "\n"), strings.Join(test.problems, "\n"))
			}
			got := f.Stats()
			if !maps.Equal(got.Skipped, test.stats.Skipped) {
				t.Errorf("skipped %v, want %v", got.Skipped, test.stats.Skipped)
			}
			if got.Records != test.stats.Records || got.Traces != test.stats.Traces || got.Bad != test.stats.Bad {
				t.Errorf("stats %+v, want %+v", got, test.stats)
			}
		})
	}
}

func repeatFlagged(n int) (problems []string) {
	for i := range n {
		at := len(traces) + i*len(one)
		problems = append(problems, fmt.Sprintf("unknown flags @%d: the record at byte %d (3 bytes) uses an unknown feature (flags 0x1): skipped; a newer version may read it", at, at))
	}
	return problems
}

// A writer that is killed may leave any prefix of its file. All whole records of it
// are read, and the rest is one problem at most.
func TestEveryPrefix(t *testing.T) {
	parts := [][]byte{traces, one, two, record(32, ""), three}
	whole := join(parts...)
	for n := range len(whole) + 1 {
		want, end := -1, 0 // the declaration is not a trace record
		for _, part := range parts {
			if end += len(part); end <= n {
				want++
			}
		}
		payloads, problems := read(t, parse(t, whole[:n]))
		if len(payloads) != max(want, 0) {
			t.Errorf("%d of %d bytes: %d trace records, want %d", n, len(whole), len(payloads), want)
		}
		if len(problems) > 1 || n == len(whole) && len(problems) != 0 {
			t.Errorf("%d of %d bytes: problems %q", n, len(whole), problems)
		}
	}
}

// A single wrong byte in a record's payload or checksum costs that record only.
func TestEveryDamagedByte(t *testing.T) {
	whole := join(traces, one, two, three)
	start := len(traces) + len(one)
	for i := start + 4; i < start+len(two); i++ {
		if i >= start+8 && i < start+headerSize {
			continue // flags and code have tests of their own
		}
		file := bytes.Clone(whole)
		file[i] ^= 0x10
		payloads, problems := read(t, parse(t, file))
		if got := strings.Join(payloads, " "); got != "one three" || len(problems) != 1 {
			t.Errorf("byte %d: payloads %q, problems %q", i, got, problems)
		}
	}
}

func TestRecordsBrokenOff(t *testing.T) {
	f := parse(t, join(traces, one, two, three[:4]))
	for range f.Records(func(p Problem) { t.Errorf("problem %+v after the loop was left", p) }) {
		break
	}
	if got := f.Stats(); got.Traces != 1 || got.Records != 2 {
		t.Errorf("stats %+v, want those of the records before the break", got)
	}
	if payloads, _ := read(t, f); len(payloads) != 2 {
		t.Errorf("a second pass gave %q, want two records", payloads)
	}
}

// A caller that appends to a payload must not write into the file.
func TestPayloadCapacity(t *testing.T) {
	f := parse(t, join(traces, one, two))
	for r := range f.Records(nil) {
		_ = append(r.Payload, "overwritten"...)
	}
	if payloads, _ := read(t, f); strings.Join(payloads, " ") != "one two" {
		t.Errorf("payloads %q after an append to one", payloads)
	}
}

func TestNoAllocationPerRecord(t *testing.T) {
	allocs := func(n int) float64 {
		f := parse(t, join(traces, bytes.Repeat(one, n)))
		return testing.AllocsPerRun(10, func() {
			for r := range f.Records(nil) {
				sink += len(r.Payload)
			}
		})
	}
	if few, many := allocs(10), allocs(10_000); many > few {
		t.Errorf("%v allocations for 10 records, %v for 10,000", few, many)
	}
}

// The type table is bounded, and a file that fills it still gets its traces read.
func TestTooManyTypes(t *testing.T) {
	file := traces
	for code := range uint32(2 * maxTypes) {
		file = append(file, record(1000+code, "x")...)
	}
	file = join(file, declare(40, "late"), record(40, "x"), one)
	f := parse(t, file)
	payloads, problems := read(t, f)
	if strings.Join(payloads, " ") != "one" {
		t.Errorf("payloads %q, want the one trace record", payloads)
	}
	skipped := 0
	for _, n := range f.Stats().Skipped {
		skipped += n
	}
	if skipped != 2*maxTypes+1 {
		t.Errorf("%d skipped records counted, want %d", skipped, 2*maxTypes+1)
	}
	if len(problems) > 2+maxPerKind {
		t.Errorf("%d problems told one by one", len(problems))
	}
}

// What the Writer wrote is read again, record by record, for any payloads.
func TestRoundTrip(t *testing.T) {
	property := func(payloads [][]byte) bool {
		var file bytes.Buffer
		w := NewWriter(&file)
		for _, payload := range payloads {
			if err := w.Write(payload); err != nil {
				t.Fatal(err)
			}
		}
		got, problems := read(t, parse(t, file.Bytes()))
		same := slices.EqualFunc(got, payloads, func(a string, b []byte) bool { return a == string(b) })
		return same && (len(problems) == 0 || len(payloads) == 0)
	}
	config := &quick.Config{MaxCount: 300}
	if err := quick.Check(property, config); err != nil {
		t.Error(err)
	}
}

func TestWriterStopsAfterAnError(t *testing.T) {
	w := NewWriter(&fullDisk{room: 1})
	if err := w.Write([]byte("one")); err != nil {
		t.Fatal(err)
	}
	first := w.Write([]byte("two"))
	if first == nil || !strings.Contains(first.Error(), "disk full") {
		t.Errorf("error %v, want one that says disk full", first)
	}
	if again := w.Write([]byte("three")); again != first {
		t.Errorf("error %v, want the first again", again)
	}
}

type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room--; d.room < 0 {
		return 3, fmt.Errorf("disk full")
	}
	return len(p), nil
}

// FuzzRecords checks what holds for any bytes: offsets in range, payloads that are
// the file's own bytes with the checksum that stands before them, in file order, and
// that a pass does the same each time.
func FuzzRecords(f *testing.F) {
	f.Add(join(traces, one, two))
	f.Add(join(traces, one, damaged(two), three))
	f.Add(join(traces, flagged(one, 1), lengthened(two, 1<<31), three))
	f.Add(join(traces, declare(32, "x"), one, make([]byte, 40)))
	f.Add(traces[:20])
	f.Add(join(traces, record(1, "\x08\x21\x12\x01x"), record(33, "x")))
	f.Fuzz(func(t *testing.T, data []byte) {
		// Mutation hardly ever finds a checksum: put right ones where the frame allows.
		for _, fixed := range [][]byte{data, fixChecksums(data)} {
			if f := parse(t, fixed); f.Format() != FormatOTLP && !f.Converted() { // whose records have another form
				checkRecords(t, fixed)
			}
		}
	})
}

func checkRecords(t *testing.T, data []byte) {
	before := bytes.Clone(data)
	f := parse(t, data)
	var offsets []int64
	end := int64(0)
	told := 0
	for r := range f.Records(func(p Problem) {
		told++
		checkProblem(t, f, p)
	}) {
		if r.Offset < end+headerSize || r.Offset+int64(len(r.Payload)) > int64(len(data)) {
			t.Fatalf("record at %d of %d bytes after one that ended at %d of %d", r.Offset, len(r.Payload), end, len(data))
		}
		if len(r.Payload) > 0 && &r.Payload[0] != &data[r.Offset] {
			t.Fatalf("the payload at %d is a copy", r.Offset)
		}
		sum := binary.BigEndian.Uint32(data[r.Offset-12:])
		if crc32.Checksum(r.Payload, castagnoli) != sum {
			t.Fatalf("the record at %d was handed out with a wrong checksum", r.Offset)
		}
		end = r.Offset + int64(len(r.Payload))
		offsets = append(offsets, r.Offset)
	}
	stats := f.Stats()
	if stats.Traces != len(offsets) || stats.Traces+stats.Bad > stats.Records || stats.Records*headerSize > len(data) {
		t.Fatalf("stats %+v for %d trace records in %d bytes", stats, len(offsets), len(data))
	}
	if stats.Traces == 0 && told == 0 {
		t.Fatal("no records and no problem")
	}
	again := offsets[:0:0]
	for r := range f.Records(nil) {
		again = append(again, r.Offset)
	}
	if !slices.Equal(again, offsets) {
		t.Fatalf("records at %v, in a second pass at %v", offsets, again)
	}
	checkPortions(t, f, data)
	if !bytes.Equal(data, before) {
		t.Fatal("the input was changed")
	}
}

func checkProblem(t *testing.T, f *File, p Problem) {
	t.Helper()
	if p.Offset < 0 || p.Offset > int64(len(f.Bytes())) && !f.converted {
		t.Fatalf("problem outside of the file's %d bytes: %+v", len(f.Bytes()), p)
	}
	if p.Kind <= 0 || p.Kind >= problemKinds || p.Kind.String() == "" {
		t.Fatalf("problem of unknown kind: %+v", p)
	}
	if p.Detail == "" || len(p.Detail) > 2000 || strings.ContainsFunc(p.Detail, isControl) {
		t.Fatalf("detail unfit for a terminal: %q", p.Detail)
	}
}

// fixChecksums walks the frames of data and rights every checksum on the way.
func fixChecksums(data []byte) []byte {
	data = bytes.Clone(data)
	for rest := data; ; {
		h, ok := parseHeader(rest)
		if !ok {
			return data
		}
		payload, ok := h.payload(rest)
		if !ok {
			return data
		}
		binary.BigEndian.PutUint32(rest[4:], crc32.Checksum(payload, castagnoli))
		rest = rest[headerSize+len(payload):]
	}
}

func declare(code uint32, name string) []byte {
	return appendRecord(nil, codeObjectType, appendObjectType(nil, code, name))
}

func record(code uint32, payload string) []byte { return appendRecord(nil, code, []byte(payload)) }

func damaged(record []byte) []byte {
	record = bytes.Clone(record)
	record[len(record)-1] ^= 0x40
	return record
}

func flagged(record []byte, flags uint32) []byte {
	record = bytes.Clone(record)
	binary.BigEndian.PutUint32(record[8:], flags)
	return record
}

func lengthened(record []byte, length uint32) []byte {
	record = bytes.Clone(record)
	binary.BigEndian.PutUint32(record, length)
	return record
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func parse(t *testing.T, data []byte) *File {
	t.Helper()
	f, err := Parse("test.otel", data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// read returns the payloads of one pass and its problems as "kind @offset: detail".
func read(t *testing.T, f *File) (payloads, problems []string) {
	t.Helper()
	for r := range f.Records(func(p Problem) {
		problems = append(problems, fmt.Sprintf("%v @%d: %s", p.Kind, p.Offset, p.Detail))
	}) {
		payloads = append(payloads, string(r.Payload))
	}
	return payloads, problems
}
