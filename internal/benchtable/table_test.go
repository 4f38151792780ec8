package main

import (
	"strings"
	"testing"
)

const benchOutput = `goos: linux
pkg: prowtrace/trace
BenchmarkLoad//tmp/spans-2         	       3	 400000000 ns/op	1280.00 MB/s	        60.20 heap-B/span
BenchmarkBound/read//tmp/spans-2   	      40	  30000000 ns/op
BenchmarkBound/crc//tmp/spans-2    	      30	  50000000 ns/op
BenchmarkFindBox//tmp/spans/bytes.Contains-2	30	40000000 ns/op	nonsense p99-ms
BenchmarkBroken-2
--- SKIP: BenchmarkOther
PASS
`

func TestResults(t *testing.T) {
	r := results{}
	r.read(benchOutput, "/tmp/spans")
	r.read("BenchmarkLoad//tmp/spans-2 3 500000000 ns/op\n", "/tmp/spans")
	for _, test := range []struct {
		figure figure
		want   float64
		ok     bool
	}{
		{figure{"Load/1m", "ns/op"}, 450e6, true},
		{figure{"Load/1m", "heap-B/span"}, 60.2, true},
		{figure{"Bound/crc/1m", "ns/op"}, 50e6, true},
		{figure{"FindBox/1m/bytes.Contains", "ns/op"}, 40e6, true},
		{figure{"FindBox/1m/bytes.Contains", "p99-ms"}, 0, false},
		{figure{"Broken", "ns/op"}, 0, false},
	} {
		if got, ok := r.median(test.figure); got != test.want || ok != test.ok {
			t.Errorf("%v: %v, %v, want %v, %v", test.figure, got, ok, test.want, test.ok)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
		ok     bool
	}{{nil, 0, false}, {[]float64{3}, 3, true}, {[]float64{9, 1, 5}, 5, true}, {[]float64{4, 1, 9, 2}, 3, true}} {
		f := figure{"x", ns}
		if got, ok := (results{f: test.values}).median(f); got != test.want || ok != test.ok {
			t.Errorf("%v: %v, %v, want %v, %v", test.values, got, ok, test.want, test.ok)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, test := range []struct {
		value float64
		unit  string
		want  string
	}{
		{6.4e9, ns, "6.40 s"}, {405.4e6, ns, "405 ms"}, {64.21e6, ns, "64.2 ms"}, {1500, ns, "1.50 µs"},
		{103.2, "anon-B/span", "103 B a span"}, {7.512, "p99-ms", "7.51 ms"}, {1.234, "x-pass", "**1.23 ×**"},
	} {
		if got := format(test.value, test.unit); got != test.want {
			t.Errorf("%v %s is %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	now, old := results{}, results{}
	now.read(benchOutput, "/tmp/spans")
	old.read("BenchmarkLoad//tmp/spans-2 1 800000000 ns/op\n", "/tmp/spans")
	now.add(figure{"Memory", "anon-B/span"}, 103)
	for _, test := range []struct {
		name   string
		table  table
		peer   float64
		wanted []string
	}{
		{"alone", table{now: &side{commit: "abc", results: now}, rounds: 3, machine: "a machine"}, 0, []string{
			"Measured at commit abc; medians of 3 rounds; a machine.\n\n| what | bound | budget | now |\n|---|---|---|---:|\n",
			"| load 1 M spans, 517 MB in 20 files | read the bytes, check CRC-32C: 80.0 ms | 4 × | 400 ms, **5.00 ×** |\n",
			"| the same by kOps' trace server | loading by prowtrace: 400 ms | at least 20 × | not here |\n",
			"| memory with the joined trace, 1 M spans |  | 120 B a span | 103 B a span |\n",
			"| join 1 M spans | load | 1 × | – |\n",
		}},
		{"beside an older commit", table{now: &side{commit: "abc", results: now}, old: &side{commit: "def", results: old}, rounds: 1}, 0, []string{
			"| what | bound | budget | now | def | now ÷ def |\n|---|---|---|---:|---:|---:|\n",
			"| 400 ms, **5.00 ×** | 800 ms | 0.50 |\n", // the older commit does not measure its bound
			"| 103 B a span | – | – |\n",
		}},
		{"beside a peer", table{now: &side{commit: "abc", results: now}, peer: true}, 6.4e9, []string{
			"| loading by prowtrace: 400 ms | at least 20 × | 6.40 s, **16.0 ×** |\n",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.peer > 0 {
				now.add(peerLoad, test.peer)
			}
			var b strings.Builder
			if err := test.table.write(&b); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.wanted {
				if !strings.Contains(b.String(), want) {
					t.Errorf("no %q in\n%s", want, &b)
				}
			}
		})
	}
}
