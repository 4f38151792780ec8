package find_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

// sample is a bucket with 60 builds of three jobs, and what goes wrong in real
// ones, on a server that counts requests and in a store in memory that does. Its
// clock stands at noon.
type sample struct {
	*gcstest.Server
	store  objstore.Store // the real client's
	memory *memoryStore
	runs   map[string]string // build id → root
}

// eachStore runs a test on the server and in memory. counted gives the listings
// and readings since it began.
func (s *sample) eachStore(t *testing.T, name string, f func(t *testing.T, store objstore.Store, counted func() [2]int)) {
	t.Run(name, func(t *testing.T) {
		s.ResetLog()
		f(t, s.store, s.requests)
	})
	t.Run(name+", in memory", func(t *testing.T) {
		s.memory.asked = [2]int{}
		f(t, s.memory, func() [2]int { return s.memory.asked })
	})
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

const (
	bucketName = "kubernetes-ci-logs"
	periodic   = "e2e-kops-sample"
	presubmit  = "pull-kops-sample"
	counted    = "ci-counted-sample"
)

// ago is the id of a build of that age.
func ago(age time.Duration) string {
	return fmt.Sprint((noon.Add(-age).UnixMilli() - 1288834974657) << 22)
}

func newSample(t testing.TB) *sample {
	server := gcstest.New(t)
	client, err := gcs.New(t.Context(), gcs.Options{
		Endpoint: server.Host, RetryPause: time.Millisecond, Attempts: 2,
		Token: func(context.Context) (string, error) { return "", errors.New("no credentials in this test") },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	s := &sample{Server: server, store: client, memory: &memoryStore{objects: map[string]map[string]gcstest.Object{}}, runs: map[string]string{}}
	s.CreateBucket(bucketName)
	s.memory.objects[bucketName] = map[string]gcstest.Object{}
	s.addPeriodic()
	s.addPresubmit()
	s.addCounted()
	if len(s.runs) != 60 {
		t.Fatalf("the sample has %d builds", len(s.runs))
	}
	s.ResetLog()
	return s
}

// addPeriodic adds 25 builds, one each two hours, the newest of them an hour ago.
// All passed except:
//
//	 1 h  running            3 h  aborted            5 h  FAILURE in finished.json, but aborted
//	 9 h  failed             11 h finished.json torn 13 h error, in crier's spelling
//	25 h  failed
func (s *sample) addPeriodic() {
	for i := range 25 {
		age := time.Duration(2*i+1) * time.Hour
		finished, state := `{"timestamp":1,"passed":true,"result":"SUCCESS"}`, "success"
		switch 2*i + 1 {
		case 1:
			finished, state = "", "pending"
		case 3:
			finished, state = `{"timestamp":1,"passed":false,"result":"ABORTED"}`, "aborted"
		case 5:
			finished, state = `{"timestamp":1,"passed":false,"result":"FAILURE"}`, "aborted"
		case 9, 25:
			finished, state = `{"timestamp":1,"passed":false,"result":"FAILURE"}`, "failure"
		case 11:
			finished, state = `{"timestamp":17`, ""
		case 13:
			finished, state = "{\n\t\"timestamp\":1,\n\t\"passed\": false,\n\t\"result\": \"error\"\n}", "error"
		}
		s.add("logs/"+periodic+"/"+ago(age), finished, state, age, 2*i+1 == 25)
	}
	// Written by the run that ended last, and cut off.
	s.put("logs/"+periodic+"/latest-build.txt", ago(31 * time.Hour)[:18])
}

// addPresubmit adds 20 builds on five pull requests, one a day from three days
// ago. Their pointers: at first with the link in the metadata; then
//
//	4 d  empty, with a link     5 d  empty, without   6 d  none
//	7 d  only a body            8 d  naming the former bucket
//
// and two batches, of 3.5 and of 8.5 days ago, without pointers. All failed, but
// the one of 7 days ago passed.
func (s *sample) addPresubmit() {
	for i := range 18 {
		age := time.Duration(i+3) * 24 * time.Hour
		id := ago(age)
		root := fmt.Sprintf("pr-logs/pull/kops/%d/%s/%s", 100+i%5, presubmit, id)
		finished := `{"timestamp":1,"passed":false,"result":"FAILURE"}`
		if i+3 == 7 {
			finished = `{"timestamp":1,"passed":true,"result":"SUCCESS"}`
		}
		s.add(root, finished, "", age, false)
		pointer := gcstest.Object{Bucket: bucketName, Name: "pr-logs/directory/" + presubmit + "/" + id + ".txt"}
		link := "gs://" + bucketName + "/" + root
		switch i + 3 {
		case 4:
			pointer.Metadata = map[string]string{"x-goog-meta-link": link}
		case 5:
		case 6:
			continue
		case 7:
			pointer.Data = []byte(link + " ")
		case 8:
			pointer.Data = []byte(strings.Replace(link, bucketName, "kubernetes-jenkins", 1))
		default:
			pointer.Data, pointer.Metadata = []byte(link), map[string]string{"link": link}
		}
		s.object(pointer)
	}
	for _, hours := range []time.Duration{84, 204} {
		s.add("pr-logs/pull/batch/"+presubmit+"/"+ago(hours*time.Hour), `{"timestamp":1,"passed":false,"result":"FAILURE"}`, "", hours*time.Hour, false)
	}
	s.put("pr-logs/directory/"+presubmit+"/latest-build.txt", ago(84*time.Hour))
}

// addCounted adds 15 builds with ids from a counter and, newer than those, two of
// 18 digits, from February 2018.
func (s *sample) addCounted() {
	for i, id := range []string{"7", "8", "9", "10", "98", "99", "100", "403", "1000", "1200", "1201", "1202", "9999", "958000000000000000", "959000000000000000"} {
		s.add("logs/"+counted+"/"+id, `{"timestamp":1,"passed":`+fmt.Sprint(id != "99")+`}`, "", 24*time.Hour*time.Duration(4000-i), false)
	}
	s.put("logs/"+counted+"/latest-build.txt", "1202")
}

func (s *sample) add(root, finished, state string, age time.Duration, traces bool) {
	s.runs[root[strings.LastIndexByte(root, '/')+1:]] = root
	s.put(root+"/started.json", fmt.Sprintf(`{"timestamp":%d}`, noon.Add(-age).Unix()))
	if finished != "" {
		s.put(root+"/finished.json", strings.Replace(finished, `"timestamp":1,`, fmt.Sprintf(`"timestamp":%d,`, noon.Add(30*time.Minute-age).Unix()), 1))
	}
	if state != "" {
		s.put(root+"/prowjob.json", `{"status":{"state":"`+state+`"}}`)
	}
	if traces {
		s.put(root+"/artifacts/otlp/kops-1.otel", "x")
	}
}

func (s *sample) put(name, body string) {
	s.object(gcstest.Object{Bucket: bucketName, Name: name, Data: []byte(body)})
}

func (s *sample) object(o gcstest.Object) {
	s.Put(o)
	s.memory.objects[o.Bucket][o.Name] = o
}

// requests is how many listings and readings there were.
func (s *sample) requests() [2]int {
	return [2]int{s.Count(gcstest.List, ""), s.Count(gcstest.Get, "")}
}
