package cli_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"prowtrace/cli"
	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/internal/gcswebtest"
	"prowtrace/internal/s3test"
)

// TestMain makes the test binary serve as prowtrace in scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"prowtrace": func() {
			os.Exit(cli.Main(cli.Interruptible(context.Background()), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv}))
		},
	})
}

// TestScripts runs the scripts in testdata/script: what a person types, and
// every byte that is answered. Each has a server of its own with the sample
// bucket at $STORAGE_EMULATOR_HOST, an empty cache, and no Jaeger on the PATH.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code":    code,
			"deny":    deny,
			"put":     put,
			"taken":   taken,
			"nowhere": nowhere,
			"refuse":  refuse,
			"break":   breakObject,
			"mend":    mend,
			"expect":  expect,
			"running": startedAgo,
			"deck":    deck,
			"live":    live,
			"asked":   asked,
			"once":    once,
			"s3":      serveS3,
			"append":  appendTo,
			"gcsweb":  serveGcsweb,
		},
	})
}

type serverKey struct{}

func setup(env *testscript.Env) error {
	server, err := gcstest.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Defer(server.Close)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		return err
	}
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	env.Values[serverKey{}] = server
	env.Values[askedKey{}] = map[string]chan struct{}{}
	env.Setenv("STORAGE_EMULATOR_HOST", server.Host)
	env.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1") // Amazon is not asked
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	env.Setenv("PROWTRACE_CACHE", filepath.Join(env.WorkDir, "cache"))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("CI", "true")
	env.Setenv("RUN", "kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001")
	env.Setenv("PASSING", "kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002")
	if err := writeTorn(filepath.Join(env.WorkDir, "torn")); err != nil {
		return err
	}
	// Only prowtrace itself is on the PATH: a Jaeger or Docker of this machine
	// would change what is printed.
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		return err
	}
	env.Setenv("PATH", filepath.Dir(exe))
	return nil
}

// writeTorn makes a directory with the beginning of a trace file.
func writeTorn(dir string) error {
	files, err := filepath.Glob("../testdata/bucket/kubernetes-ci-logs/logs/*/*/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		return errors.Join(err, errors.New("no sample file"))
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "kops-1-2025-03-13T01.otel"), data[:400], 0o600)
}

// code runs a command and wants an exit code: code 2 prowtrace fetch x.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		got = exit.ProcessState.String()
		got = strings.TrimPrefix(got, "exit status ")
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

func serverOf(ts *testscript.TestScript) *gcstest.Server {
	return ts.Value(serverKey{}).(*gcstest.Server)
}

// deny makes the server refuse every request with a status: deny 403.
func deny(ts *testscript.TestScript, _ bool, args []string) {
	status := map[string]int{"401": 401, "403": 403, "404": 404, "503": 503}[args[0]]
	serverOf(ts).Fault(gcstest.Match{}, gcstest.Status(status))
}

// put stores a file as an object: put bucket name file.
func put(ts *testscript.TestScript, _ bool, args []string) {
	serverOf(ts).PutBytes(args[0], args[1], []byte(ts.ReadFile(args[2])))
}

// taken listens on a port and sets a variable to its address: taken VAR.
func taken(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// nowhere sets the storage to a port where nobody listens.
func nowhere(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("STORAGE_EMULATOR_HOST", l.Addr().String())
	l.Close()
}

// breakObject makes the reading of an object fail: break bucket object.
func breakObject(ts *testscript.TestScript, _ bool, args []string) {
	serverOf(ts).Fault(gcstest.Match{Op: gcstest.Get, Bucket: args[0], Object: args[1]}, gcstest.Status(404))
	serverOf(ts).Fault(gcstest.Match{Op: gcstest.Attrs, Bucket: args[0], Object: args[1]}, gcstest.Status(404))
}

// mend takes all faults away.
func mend(ts *testscript.TestScript, _ bool, _ []string) { serverOf(ts).ClearFaults() }

// startedAgo stores the files of a run that goes on: running bucket root minutes.
func startedAgo(ts *testscript.TestScript, _ bool, args []string) {
	minutes, err := strconv.Atoi(args[2])
	ts.Check(err)
	since := time.Now().Add(-time.Duration(minutes) * time.Minute).UTC().Format(time.RFC3339)
	body := fmt.Appendf(nil, `{"status":{"state":"pending","startTime":%q,"pendingTime":%q}}`, since, since)
	serverOf(ts).Put(gcstest.Object{Bucket: args[0], Name: args[1] + "/prowjob.json", Data: body, Updated: time.Now()})
}

// deck starts a Deck that shows a file for every ProwJob but one called gone, and
// sets a variable to its address, and VAR_HOST to its host and port: deck VAR file.
func deck(ts *testscript.TestScript, _ bool, args []string) {
	yaml := ts.ReadFile(args[1])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/prowjob" || r.URL.Query().Get("prowjob") == "gone" {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, yaml)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
	ts.Setenv(args[0]+"_HOST", strings.TrimPrefix(server.URL, "http://"))
}

// live sets what the server's Deck shows as the log of a run's container, or takes it
// away: live JOB/BUILD [file].
func live(ts *testscript.TestScript, _ bool, args []string) {
	job, build, _ := strings.Cut(args[0], "/")
	var text []byte
	if len(args) > 1 {
		text = []byte(ts.ReadFile(args[1]))
	}
	serverOf(ts).PutLog(job, build, "test", text)
}

// serveS3 starts an S3 server with the sample bucket, and sets a variable to its address;
// private lets only who has its key read: s3 VAR [private].
func serveS3(ts *testscript.TestScript, _ bool, args []string) {
	server, err := s3test.Listen()
	ts.Check(err)
	ts.Defer(server.Close)
	ts.Check(server.LoadDir("../testdata/bucket"))
	if len(args) > 1 {
		server.Private("kubernetes-ci-logs", false)
	}
	ts.Setenv(args[0], server.URL)
}

// serveGcsweb starts a gcsweb that shows the sample bucket, and sets a variable to its host and
// port: gcsweb VAR.
func serveGcsweb(ts *testscript.TestScript, _ bool, args []string) {
	server := gcswebtest.Listen()
	ts.Defer(server.Close)
	ts.Check(server.LoadDir("../testdata/bucket"))
	ts.Setenv(args[0], strings.TrimPrefix(server.URL, "http://"))
}

// appendTo adds text to the last line of a file: append file text.
func appendTo(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.TrimSuffix(ts.ReadFile(args[0]), "\n") + args[1] + "\n"
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

type askedKey struct{}

// expect makes asked know the requests for an object: expect bucket object.
func expect(ts *testscript.TestScript, _ bool, args []string) {
	seen := make(chan struct{})
	serverOf(ts).Fault(gcstest.Match{Bucket: args[0], Object: args[1], Times: 1}, gcstest.Before(func() { close(seen) }))
	ts.Value(askedKey{}).(map[string]chan struct{})[args[1]] = seen
}

// asked waits until an expected object is asked for: asked object.
func asked(ts *testscript.TestScript, _ bool, args []string) {
	<-ts.Value(askedKey{}).(map[string]chan struct{})[args[0]]
}

// once checks that one of two files is empty and the other is as a third: once a b want.
func once(ts *testscript.TestScript, _ bool, args []string) {
	a, b, want := ts.ReadFile(args[0]), ts.ReadFile(args[1]), ts.ReadFile(args[2])
	if want == "" || a+b != want || a != "" && b != "" {
		ts.Fatalf("want it in one of them:\n%s\n--\n%s\n--\n%s", a, b, want)
	}
}

// refuse checks that no download was left half-written in a cache: refuse DIR.
func refuse(ts *testscript.TestScript, _ bool, args []string) {
	left, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "jobs", "*", "tmp", "*"))
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("left behind: %v", left)
	}
}
