package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Recorded failures: testdata/failures has a directory for each, with the run that failed, the runs beside it that it is
// judged with, and what a judgement has to say. Files failure_*.go have the cases by the kind of their job.

// A failure is one case.
type failure struct {
	id     string
	expect expectation
	job    job
	play   func(s *scene)

	// How many runs there are beside the one that failed: the newest passing runs of the same job, earlier runs of it
	// however they ended, and runs that it started.
	passing, history, child int
}

// An expectation is a case's expect.yaml; testdata/README.md says what its fields mean.
type expectation struct {
	Title    string   `yaml:"title"`
	Cause    string   `yaml:"cause,omitempty"`
	NotFirst []string `yaml:"not_first,omitempty"`
	Category string   `yaml:"category"`
	Phase    string   `yaml:"phase,omitempty"`
	Needs    []string `yaml:"needs"`
	Evidence []place  `yaml:"evidence,omitempty"`
	Misleads []place  `yaml:"misleads,omitempty"`
}

// A place is a text in a file of a case. The file is named below the case's directory, as a bucket names it.
type place struct {
	File    string `yaml:"file"`
	Pattern string `yaml:"pattern"`
}

// A job is what is the same in all runs of a case.
type job struct {
	prow      instance // the zero value: that of Kubernetes
	name      string
	org, repo string
	pull      int // of the run that failed; 0: a periodic
	image     string
	args      []string
	at        time.Time // when the pod of the run that failed was made
	every     time.Duration
	timeout   string
	memory    string
	pool      string // how names of the build cluster's nodes begin
}

// A scene is one run while it is played: its log with the clock of what prints it, and the files that it leaves.
type scene struct {
	*printer
	run    *prowRun
	role   string // "run", "passing/1", "history/2", …
	n      int    // 0 in the run that failed
	failed bool   // play may set it for other runs than that

	logs    map[string]*printer // further logs, by name below the run's root
	packed  map[string]bool     // files that the job compressed
	phases  []junitCase         // of kubetest2
	amend   func(files bucket)  // what is unusual about Prow's own files; nil: nothing
	nextPID int

	children []string // builds of the runs beside this one that are its children
}

// failures are all cases, in the order of testdata/README.md.
func failures() []failure {
	all := slices.Concat(kopsFailures, kopsScriptFailures, kindFailures, gceFailures, buildFailures, capiFailures, openshiftFailures, ownFailures, threadFailures, threadSecond, threadFourth, threadSixth)
	const letters = "KECIOMT" // of kOps, end-to-end tests, Cluster API, Istio, OpenShift, made up, further threads
	slices.SortStableFunc(all, func(a, b failure) int {
		return cmp.Or(strings.Index(letters, a.id[:1])-strings.Index(letters, b.id[:1]), len(a.id)-len(b.id), strings.Compare(a.id, b.id))
	})
	return all
}

// caseDirs are the cases by the directory of testdata that has them.
func caseDirs() map[string][]failure {
	return map[string][]failure{"failures": failures(), "failures-apart": apartFailures(), "failures-apart2": freshFailures(), "failures-apart3": thirdFailures(), "failures-apart4": round4Failures()}
}

// caseFiles are the files of some cases, each case by its id.
func caseFiles(cases []failure) (sample, error) {
	all := sample{}
	for _, f := range cases {
		files, err := f.files(nil)
		if err == nil && size(files) > largestCase {
			files, err = f.files([]string{"txt", "log", "yaml", "json"})
		}
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", f.id, err)
		}
		maps.Copy(all.bucket(f.id), files)
	}
	return all, nil
}

// largestCase is how many bytes a case may have in the repository. A larger one has its logs compressed.
const largestCase = 60_000

func size(b bucket) (n int) {
	for _, data := range b {
		n += len(data)
	}
	return n
}

// files are those of one case. Files with one of the endings, and the longest of Prow's own, are stored compressed.
func (f failure) files(compress []string) (bucket, error) {
	roles := []string{"run"}
	for _, beside := range []struct {
		role string
		n    int
	}{{"passing", f.passing}, {"history", f.history}, {"child", f.child}} {
		for n := range beside.n {
			roles = append(roles, fmt.Sprintf("%s/%d", beside.role, n+1))
		}
	}
	expect, err := encodeYAML(f.expect)
	all := bucket{"expect.yaml": expect}
	for i, role := range roles {
		if err != nil {
			return nil, err
		}
		s := f.scene(role, i)
		if compress != nil && s.run.prow.compress == nil {
			s.run.prow.compress = compress
		}
		for k, beside := range roles {
			if strings.HasPrefix(beside, "child/") {
				s.children = append(s.children, f.scene(beside, k).run.build)
			}
		}
		f.play(s)
		s.end()
		var files bucket
		files, err = s.run.files()
		if err == nil && s.amend != nil {
			s.amend(files)
		}
		if i > 0 { // of a run beside it nobody asks how it was cloned and uploaded
			for _, name := range []string{"clone-log.txt", "clone-records.json", "sidecar-logs.json"} {
				delete(files, name)
			}
		}
		for name, data := range files {
			if s.packed[name] || compress != nil && slices.Contains([]string{"podinfo.json", "prowjob.json", "sidecar-logs.json"}, name) {
				if data, err = gzipped(data); err != nil {
					return nil, err
				}
			}
			all[role+"/"+name] = data
		}
	}
	return all, err
}

func encodeYAML(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := yaml.NewEncoder(&buf)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return buf.Bytes(), e.Close()
}

// scene sets up a run. Those beside the run that failed lie before it; they have other commits, nodes and pull requests.
func (f failure) scene(role string, i int) *scene {
	j := f.job
	if j.prow.deck == "" {
		j.prow = kubernetesProw
	}
	every := j.every
	if every == 0 {
		every = 5 * time.Hour
	}
	seed := newPrinter(f.id+" "+role, j.at)
	hex := func(n int) string { return seed.hex(n) }
	made := j.at.Add(-time.Duration(i) * every).Add(time.Duration(seed.rng.IntN(50_000)) * time.Millisecond)
	pool := j.pool
	if pool == "" {
		pool = "gke-prow-build-pool-example-"
	}
	r := &prowRun{
		prow: j.prow, job: j.name, build: buildID(made, seed.rng.IntN(4000)), uuid: hex(8) + "-" + hex(4) + "-4" + hex(3) + "-a" + hex(3) + "-" + hex(12),
		cluster: "k8s-infra-prow-build", node: pool + hex(8) + "-" + seed.suffix(), image: j.image, args: j.args, created: made, commit: hex(40),
		scheduling: time.Duration(2+seed.rng.IntN(4)) * time.Second, timeout: j.timeout, memory: j.memory, artifacts: bucket{},
	}
	repository := obj{"org": j.org, "repo": j.repo, "base_ref": "main"}
	if j.pull == 0 {
		r.root = "logs/" + r.job + "/" + r.build
		r.extraRefs = []obj{repository}
	} else {
		pull := j.pull - 3*i
		name := j.org + "_" + j.repo
		if j.org == r.prow.defaultOrg {
			name = j.repo
		}
		r.root = fmt.Sprintf("pr-logs/pull/%s/%d/%s/%s", name, pull, r.job, r.build)
		link := "https://github.com/" + j.org + "/" + j.repo
		maps.Copy(repository, obj{"repo_link": link, "base_sha": r.commit, "base_link": link + "/commit/" + r.commit,
			"pulls": []obj{{"number": pull, "author": "example-author", "sha": pullSHA, "title": "example change", "head_ref": "example-branch", "link": fmt.Sprintf("%s/pull/%d", link, pull)}}})
		r.refs = repository
	}
	return &scene{printer: newPrinter(r.build, r.times().test), run: r, role: role, n: i, failed: i == 0, logs: map[string]*printer{}, packed: map[string]bool{}, nextPID: 1200 + seed.rng.IntN(300)}
}

// buildID is the id that Prow gives to a build at a time: see prow.BuildTime.
func buildID(at time.Time, n int) string {
	return fmt.Sprint((at.UnixMilli()-1288834974657)<<22 + int64(n))
}

// end closes what the scene has open.
func (s *scene) end() {
	s.run.log, s.run.ended = s.Bytes(), s.now
	for name, p := range s.logs {
		s.run.artifacts[name] = p.Bytes()
	}
}

// fail makes the run fail.
func (s *scene) fail() { s.run.failure = "exit status 1" }

// file leaves an artifact, which is named below artifacts/.
func (s *scene) file(name, format string, args ...any) {
	s.run.artifacts["artifacts/"+name] = fmt.Appendf(nil, format, args...)
}

// attach begins a further log, which is named below artifacts/.
func (s *scene) attach(name string, begin time.Time) *printer {
	p := newPrinter(s.run.build+name, begin)
	s.logs["artifacts/"+name] = p
	return p
}

// pack makes a file be stored as gzip under the name that it has.
func (s *scene) pack(name string) { s.packed["artifacts/"+name] = true }

// phase plays a step of kubetest2, which becomes a case of junit_runner.xml; why it failed is all that this says of it.
func (s *scene) phase(name, failure string, body func()) {
	begin := s.now
	body()
	s.phases = append(s.phases, junitCase{Name: name, Time: seconds(s.now.Sub(begin)), Failure: failure})
}

// junit leaves a report with one suite.
func (s *scene) junit(file, suite string, cases ...junitCase) {
	r := unitSuite{Name: suite, Tests: len(cases), Cases: cases, Timestamp: s.now.Format(time.RFC3339)}
	for _, c := range cases {
		r.Time += c.Time
		if c.Failure != "" {
			r.Failures++
		}
	}
	s.run.artifacts["artifacts/"+file] = encodeXML(r)
}

func (p *printer) hex(n int) string {
	b := make([]byte, (n+1)/2)
	for i := range b {
		b[i] = byte(p.rng.Uint32())
	}
	return hex.EncodeToString(b)[:n]
}

// noise prints lines of a table in turn, about so far apart. A line may have {id}, {pod}, {ip}, {n} and {d} in it.
func (p *printer) noise(n int, apart time.Duration, table []string, say func(text string)) {
	for i := range n {
		p.wait(apart)
		say(p.vary(table[i%len(table)]))
	}
}

// vary fills in what differs from line to line.
func (p *printer) vary(text string) string {
	for _, r := range []struct {
		key   string
		value func() string
	}{
		{"{id}", func() string { return p.hex(8) }},
		{"{pod}", p.suffix},
		{"{ip}", func() string { return fmt.Sprintf("10.%d.%d.%d", p.rng.IntN(256), p.rng.IntN(256), 1+p.rng.IntN(250)) }},
		{"{d}", func() string { return fmt.Sprint(p.rng.IntN(10)) }},
		{"{n}", func() string { return fmt.Sprint(1 + p.rng.IntN(400)) }},
	} {
		for strings.Contains(text, r.key) {
			text = strings.Replace(text, r.key, r.value(), 1)
		}
	}
	return text
}
