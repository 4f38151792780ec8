package timeline

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/tracetest"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/trace/join"

	"github.com/rogpeppe/go-internal/txtar"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func TestLayOut(t *testing.T) {
	whole := extent{100, 200}
	lengths := func(all ...int64) (phases []phase) {
		for _, n := range all {
			phases = append(phases, phase{length: n})
		}
		return phases
	}
	tests := []struct {
		name     string
		whole    extent
		phases   []phase
		programs []extent
		early    bool
		want     []int64
	}{
		{"from the start", whole, lengths(10, 20, 30), nil, true, []int64{100, 110, 130}},
		{"to the end", whole, lengths(10, 20, 30), nil, false, []int64{140, 150, 170}},
		{"a program fills the first phase", whole, lengths(10, 20, 30), []extent{{102, 112}}, true, []int64{102, 112, 132}},
		{"a program before all phases", whole, lengths(10, 20, 30), []extent{{105, 118}}, true, []int64{118, 128, 148}},
		{"a program begins when a phase does", whole, lengths(10, 20, 30), []extent{{165, 180}}, false, []int64{135, 145, 165}},
		{"programs side by side", whole, lengths(10, 20, 30), []extent{{125, 133}, {127, 135}}, true, []int64{100, 115, 135}},
		{"a program outlasts all", whole, lengths(10, 20, 30), []extent{{90, 220}}, true, []int64{100, 110, 130}},
		{"a line of the last phase", whole, []phase{{length: 10}, {length: 20, within: extent{155, 160}}}, nil, true, []int64{100, 140}},
		{"a line of the first phase", whole, []phase{{length: 10, within: extent{101, 105}}, {length: 20}}, nil, false, []int64{101, 180}},
		{"lines of a phase further apart than it is long", whole, []phase{{length: 10, within: extent{101, 150}}}, nil, true, []int64{100}},
		{"the tester begins", whole, []phase{{length: 10}, {length: 20, began: 125}, {length: 30}}, nil, true, []int64{100, 125, 145}},
		{"the tester begins too early", whole, []phase{{length: 10}, {length: 20, began: 105}}, nil, true, []int64{100, 110}},
		{"longer than the whole", whole, lengths(80, 40), nil, true, []int64{100, 180}},
		{"longer than the whole, to the end", whole, lengths(80, 40), nil, false, []int64{80, 160}},
		{"no end", extent{100, 0}, lengths(10, 20), nil, false, []int64{100, 110}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := layOut(test.whole, test.phases, test.programs, test.early); !slices.Equal(got, test.want) {
				t.Errorf("phases begin at %d, want %d", got, test.want)
			}
		})
	}
}

// Each process of the sample runs is below the phase that ran it, also where the log is
// not at hand.
func TestPhasesContainTheirProcesses(t *testing.T) {
	tests := []struct {
		run  string
		want map[string]string // the phase of the processes whose titles begin so
	}{
		{failingRun, map[string]string{
			"kops version": "Build", "kops create": "Up", "kops update": "Up", "kops validate": "Up", "kops get": "Down", "kops delete": "Down",
		}},
		{passingRun, map[string]string{
			"kops create": "Up", "kops update": "Up", "kops export": "Kubernetes e2e suite", "kops rolling-update": "Kubernetes e2e suite",
			"kops delete": "Down",
		}},
	}
	for _, test := range tests {
		for _, logged := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, log %t", test.run, logged), func(t *testing.T) {
				o := Options{Processes: sampleProcesses(t, test.run)}
				if logged {
					o.Logs = []*Log{sampleLog(t, test.run)}
				}
				j := Job(readRun(t, test.run), o)
				j.By = join.ByTime
				tree := joined(t, sampleSources(t, test.run), j)
				checkContaining(t, tree)
				seen := map[string]bool{}
				test.want["kops toolbox dump"], test.want["kops-4398"] = "Down", "Down" // killed: named by the log
				if logged || test.run == passingRun {
					delete(test.want, "kops-4398")
				} else {
					delete(test.want, "kops toolbox dump")
				}
				for i := range tree.Len() {
					name := tree.Span(i).Name
					for prefix, phase := range test.want {
						if tree.Own(i) && strings.HasPrefix(name, prefix) {
							seen[prefix] = true
							if got := tree.Span(tree.Parent(i)).Name; got != phase {
								t.Errorf("%s is below %s, want %s", name, got, phase)
							}
						}
					}
				}
				if len(seen) != len(test.want) {
					t.Errorf("only %v were found", seen)
				}
			})
		}
	}
}

// The critical path of the failing sample run goes through its phases.
func TestCriticalPathGoesThroughPhases(t *testing.T) {
	j := Job(readRun(t, failingRun), Options{Processes: sampleProcesses(t, failingRun), Logs: []*Log{sampleLog(t, failingRun)}})
	j.By = join.ByTime
	tree := joined(t, sampleSources(t, failingRun), j)
	spent := map[string]time.Duration{}
	for _, s := range analysis.CriticalPath(tree) {
		for i := s.Span; i >= 0; i = tree.Parent(i) {
			spent[tree.Span(i).Name] += time.Duration(s.To - s.From)
		}
	}
	for phase, want := range map[string]time.Duration{"Build": 251 * time.Second, "Up": 1276 * time.Second, "Down": 362 * time.Second} {
		if got := spent[phase]; got < want || got > want+time.Second {
			t.Errorf("the critical path spends %v in %s, want %v", got, phase, want)
		}
	}
}

func joined(t *testing.T, sources []trace.Source, j join.Job) trace.Tree {
	t.Helper()
	v, err := join.Load(t.Context(), sources, j)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Set().Close() })
	return v.Tree(v.Jobs()[0])
}

// checkContaining checks that what may contain others does so, and that nothing is
// counted twice: what ran one after the other took no longer than the job.
func checkContaining(t *testing.T, tree trace.Tree) {
	t.Helper()
	self := analysis.SelfTimes(tree)
	sum := int64(0)
	for i := range tree.Len() {
		if !tree.Own(i) {
			continue
		}
		if !tree.Unplaced(i) {
			sum += self[i]
		}
		p := tree.Parent(i)
		if p < 0 {
			continue
		}
		from, to := tree.Times(i)
		above, below := tree.Times(p)
		if tree.Unplaced(i) || tree.Parent(p) < 0 {
			continue // a guess, or of what the job has nothing else to say
		}
		if from < above || to > below {
			t.Errorf("%s, %v long, is not within %s", tree.Span(i).Name, time.Duration(to-from), tree.Span(p).Name)
		}
	}
	if start, end := tree.Times(0); sum > end-start {
		t.Errorf("own spans have %v of self time in a job of %v", time.Duration(sum), time.Duration(end-start))
	}
}

// Made-up runs of kubetest2: phases of all lengths with gaps between them, processes in
// them one after the other, a start and an end of the container that are known to the
// second. The processes are contained; where no gap hides it, each is below its phase.
func TestPhasesOfMadeUpRuns(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		run := makeRun(t, r)
		for _, logged := range []bool{true, false} {
			set, err := trace.Load(t.Context(), run.files)
			if err != nil {
				t.Fatal(err)
			}
			processes, err := join.Processes(t.Context(), set)
			if err != nil {
				t.Fatal(err)
			}
			_ = set.Close()
			o := Options{Processes: processes}
			if logged {
				o.Logs = []*Log{indexed(t, "build-log.txt", []byte(run.log))}
			}
			j := Job(run.m, o)
			j.By = join.ByTime
			tree := joined(t, run.files, j)
			checkContaining(t, tree)
			for i := range tree.Len() {
				want, ok := run.phaseOf[tree.Span(i).Name]
				if got := ""; ok && tree.Own(i) && logged && !run.gaps {
					if got = tree.Span(tree.Parent(i)).Name; got != want {
						t.Errorf("%s is below %s, want %s", tree.Span(i).Name, got, want)
					}
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d, log %t:\n%s", seed, logged, run.log)
			}
		}
	}
}

type madeRun struct {
	m       *runfile.Metadata
	log     string
	files   []trace.Source
	phaseOf map[string]string // by the process' title
	gaps    bool              // between phases
}

func makeRun(t *testing.T, r *rand.Rand) madeRun {
	t.Helper()
	start := time.Date(2025, 3, 13, 1, 45, 0, 0, time.UTC)
	now := start.Add(time.Duration(r.Int64N(int64(40 * time.Second))))
	run := madeRun{phaseOf: map[string]string{}, gaps: r.IntN(2) == 0}
	var log, cases strings.Builder
	line := func(source, text string) {
		fmt.Fprintf(&log, "I%s      38 %s] %s\n", now.Format("0102 15:04:05.000000"), source, text)
	}
	line("app.go:61", "RunDir for this run")
	pid := 100
	for _, phase := range []string{"Build", "Up", "Test", "Down"} {
		if r.IntN(4) == 0 {
			continue
		}
		if run.gaps {
			now = now.Add(time.Duration(r.Int64N(int64(3 * time.Second))))
		}
		began := now
		if phase == "Test" {
			line("local.go:42", "⚙️ kubetest2-tester-kops")
		}
		for range r.IntN(4) {
			now = now.Add(time.Duration(r.Int64N(int64(20 * time.Second))))
			pid++
			name := fmt.Sprintf("kops get c%d", pid)
			line(strings.ToLower(phase)+".go:7", "/bin/"+name)
			line("local.go:42", "⚙️ /bin/"+name)
			from := now.Add(time.Millisecond)
			now = from.Add(time.Duration(1 + r.Int64N(int64(time.Minute))))
			run.phaseOf[name] = phase
			if r.IntN(3) == 0 {
				continue // it left no traces
			}
			s := tracetest.WithArgs(&tracepb.Span{
				TraceId: tracetest.TraceID(byte(pid)), SpanId: tracetest.SpanID(uint64(pid)), Name: "kops", StartTimeUnixNano: nano(from), EndTimeUnixNano: nano(now),
			}, strings.Fields("/bin/"+name)...)
			file := fmt.Sprintf("artifacts/otlp/kops-%d-2025.otel", pid)
			run.files = append(run.files, trace.Source{Name: file, Group: 1, Data: tracetest.File(t, tracetest.OTLP(t, "kops", s))})
		}
		now = now.Add(time.Duration(1 + r.Int64N(int64(20*time.Second))))
		fmt.Fprintf(&cases, `<testcase name=%q time="%v"/>`, phase, now.Sub(began).Seconds())
	}
	end := now.Add(time.Duration(r.Int64N(int64(40 * time.Second))))
	const id = "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"
	run.m = &runfile.Metadata{Run: prow.Run{Provider: "gs", Bucket: "demo-bucket", Root: "logs/j/1", Job: "j", Build: "1"}}
	for file, data := range map[string]string{
		"prowjob.json": fmt.Sprintf(`{"metadata":{"name":%q},"status":{"startTime":"2025-03-13T01:44:00Z","completionTime":%q,"state":"success"}}`, id, end.Add(time.Minute).Format(time.RFC3339)),
		"podinfo.json": fmt.Sprintf(`{"pod":{"metadata":{"name":%q},"status":{"containerStatuses":[{"name":"test","state":{"terminated":{"exitCode":0,"startedAt":%q,"finishedAt":%q}}}]}}}`,
			id, start.Format(time.RFC3339), end.Add(time.Second).Format(time.RFC3339)),
		"artifacts/junit_runner.xml": "<testsuite>" + cases.String() + "</testsuite>",
	} {
		if err := run.m.Add(file, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	run.log = log.String()
	return run
}

// What commands took is on the critical path once, and in one span's own time.
func TestCommandsAreCountedOnce(t *testing.T) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "commands.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	m, o, _ := readArchive(t, archive)
	tree := joined(t, nil, Job(m, o))
	checkContaining(t, tree)
	spent, whole := map[string]time.Duration{}, time.Duration(0)
	for _, s := range analysis.CriticalPath(tree) {
		spent[tree.Span(s.Span).Name] += time.Duration(s.To - s.From)
		whole += time.Duration(s.To - s.From)
	}
	for name, want := range map[string]time.Duration{
		"make test": 90 * time.Second, "unit": time.Minute, "gcloud compute instances create": 58 * time.Second, "create": time.Second,
		"validate cluster": 5 * time.Minute, "report.sh": 7*time.Minute + 30*time.Second,
	} {
		if spent[name] != want {
			t.Errorf("the critical path spends %v in %s, want %v", spent[name], name, want)
		}
	}
	if start, end := tree.Times(0); whole != time.Duration(end-start) {
		t.Errorf("the critical path takes %v in a job of %v", whole, time.Duration(end-start))
	}
}

// A log may show any number of commands: those that took longest are drawn.
func TestManyCommands(t *testing.T) {
	archive, err := txtar.ParseFile(filepath.Join("testdata", "commands.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	m, o, _ := readArchive(t, archive)
	var log strings.Builder
	at := time.Date(2025, 3, 13, 2, 1, 0, 0, time.UTC)
	for i := range 3 * maxDrawn {
		fmt.Fprintf(&log, "%s before %d\n+ sleep%d 1\n", at.Format(time.RFC3339Nano), i, i)
		at = at.Add(time.Duration(1+i%3) * 100 * time.Millisecond)
	}
	o.Logs = []*Log{indexed(t, "build-log.txt", []byte(log.String()))}
	tree := joined(t, nil, Job(m, o))
	drawn := 0
	for i := range tree.Len() {
		if strings.HasPrefix(tree.Span(i).Name, "sleep") {
			drawn++
			if from, to := tree.Times(i); time.Duration(to-from) < 300*time.Millisecond {
				t.Errorf("%s of %v is drawn", tree.Span(i).Name, time.Duration(to-from))
			}
		}
	}
	if drawn != maxDrawn {
		t.Errorf("%d commands are drawn, want %d", drawn, maxDrawn)
	}
}
