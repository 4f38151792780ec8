package viewer

// mark is a word for what is odd about a span.
type mark struct {
	flag  string // its name in trace.Flags
	Text  string
	Means string
}

// marks has a word for each flag of a span, the most telling first.
var marks = []mark{
	{"unfinished", "unfinished", "It has no end: it was running when its process stopped. It is drawn to the end of its trace."},
	{"orphan", "orphan", "It names a parent that is in none of the files."},
	{"time-unknown", "no time", "It has no start: it takes the time of its children, else that of its trace."},
	{"negative", "ends before start", "Its end is before its start: it counts as no time at all."},
	{"clamped", "time cut", "A time beyond the year 2262 was cut to it."},
	{"cycle", "cycle", "Its parent was also its descendant: the circle is cut here."},
	{"conflict", "conflict", "Another span has the same ids and other content; children are with the first."},
	{"outside-parent", "outside parent", "It starts before its parent or ends after it."},
	{"zero-trace-id", "no trace id", "It has no trace id and is kept under one of its file's own."},
	{"zero-span-id", "no span id", "It has no span id, so none can name it as parent."},
	{"invalid-text", "invalid text", "It is not quite valid OTLP: bad characters are shown as \uFFFD, unreadable fields are left out. The raw download has it as it is."},
}
