package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/prowtest"
)

// A run's log is printed as it grows: lines that are whole, each once, up to the end of
// the log that the run leaves.
func TestLogFollow(t *testing.T) {
	const job, build, root = "ci-followed", "1900550000000000006", "logs/ci-followed/1900550000000000006"
	for _, test := range []struct {
		name string
		set  func(*logCommand)
		want string // the texts of the lines
	}{
		{"all lines", func(*logCommand) {}, "one|Error: two|three|four|five|"},
		{"errors", func(l *logCommand) { l.errors = true }, "Error: two|"},
		{"found ones", func(l *logCommand) { l.grep = "f|thr" }, "three|four|five|"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := gcstest.New(t)
			server.CreateBucket(watchedBucket)
			t.Setenv("STORAGE_EMULATOR_HOST", server.Host)
			t.Setenv("PROWTRACE_CACHE", t.TempDir())
			var stdout, stderr bytes.Buffer
			l := &logCommand{request: *testRequest(t, nil, &stderr), follow: true, given: func(string) bool { return false }}
			prowtest.KnowDeck(t, server.Host, watchedBucket)
			l.auth, l.streams.Out = "auto", &stdout
			test.set(l)
			texts := []string{"one\nErr", "one\nError: two\n", "one\nError: two\n", "one\nError: two\nthree\nfo"}
			pauses := 0
			l.sleep = func(ctx context.Context, d time.Duration) error {
				if d < 5*time.Second || d > 30*time.Second {
					t.Errorf("a pause of %v", d)
				}
				pauses++
				switch {
				case pauses < len(texts):
					server.PutLog(job, build, "test", []byte(texts[pauses]))
				case pauses == len(texts): // the pod is gone, and still uploads
					server.PutLog(job, build, "test", nil)
				default:
					server.PutBytes(watchedBucket, root+"/build-log.txt", []byte("one\nError: two\nthree\nfour\nfive"))
				}
				return ctx.Err()
			}
			server.PutLog(job, build, "test", []byte(texts[0]))
			going(server, root, time.Now().Add(-time.Hour))
			if err := l.run(t.Context(), "http://"+strings.TrimPrefix(server.Host, "http://")+"/view/gs/"+watchedBucket+"/"+root); err != nil {
				t.Fatal(err, stderr.String())
			}
			got := ""
			for line := range strings.Lines(stdout.String()) {
				_, text, _ := strings.Cut(strings.TrimSpace(line), "]  ")
				if text == "" {
					_, text, _ = strings.Cut(strings.TrimSpace(line), "build-log.txt:")
					_, text, _ = strings.Cut(text, "  ")
				}
				got += text + "|"
			}
			if got != test.want || pauses != len(texts)+1 || !strings.Contains(stderr.String(), "has ended") {
				t.Errorf("printed %q after %d pauses, want %q\n%s%s", got, pauses, test.want, stdout.String(), stderr.String())
			}
		})
	}
}

// However many pages show a log that grows, it is read again now and then only.
func TestLooksAreRare(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	k := &logLooks{now: func() time.Time { return now }, last: map[string]time.Time{}}
	for i, test := range []struct {
		after time.Duration
		log   string
		want  bool
	}{{0, "a", true}, {time.Second, "a", false}, {0, "b", true}, {2 * time.Second, "a", false}, {time.Second, "a", true}, {0, "a", false}} {
		now = now.Add(test.after)
		if got := k.due(test.log); got != test.want {
			t.Errorf("%d: due %t, want %t", i, got, test.want)
		}
	}
}
