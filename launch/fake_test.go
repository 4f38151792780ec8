//go:build unix

package launch

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The tests run this test binary again, under the names of the programs that the
// package starts. PROWTRACE_FAKE says how it behaves, PROWTRACE_FAKE_TALK is where
// it tells what happens to it and takes orders.
func TestMain(m *testing.M) {
	if os.Getenv("PROWTRACE_FAKE") == "" {
		os.Exit(m.Run())
	}
	f := &fake{mode: os.Getenv("PROWTRACE_FAKE"), orders: make(chan string, 10)}
	f.connect()
	switch programName(os.Args[0]) {
	case "docker", "podman", "nerdctl":
		f.engine(os.Args[1:])
	case "owner":
		owner()
	case "jaeger", "jaeger-query":
		f.jaeger(os.Args[1:])
	default: // a browser
		f.say("run", os.Args...)
		if f.mode == "fails" {
			os.Exit(3)
		}
		if f.mode == "stays" {
			<-f.orders
		}
	}
}

type fake struct {
	mode   string
	conn   net.Conn
	orders chan string // lines from the test; closed when it hangs up
}

func (f *fake) connect() {
	conn, err := net.Dial("tcp", os.Getenv("PROWTRACE_FAKE_TALK"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "fake:", err)
		os.Exit(99)
	}
	f.conn = conn
	go func() {
		defer close(f.orders)
		for s := bufio.NewScanner(conn); s.Scan(); {
			f.orders <- s.Text()
		}
	}()
}

func (f *fake) say(what string, args ...string) {
	line, _ := json.Marshal(event{What: what, Pid: os.Getpid(), Args: args})
	fmt.Fprintf(f.conn, "%s\n", line)
}

// jaeger behaves like jaeger (v2) or, by its name, like jaeger-query (v1).
func (f *fake) jaeger(args []string) {
	v1 := programName(os.Args[0]) == "jaeger-query"
	switch {
	case args[0] == "version":
		fmt.Fprintln(os.Stderr, "log noise")
		fmt.Printf(`{"gitCommit":"","gitVersion":%q,"buildDate":""}`, os.Getenv("PROWTRACE_FAKE_VERSION"))
		return
	case args[0] == "--help" && v1:
		fmt.Print("Jaeger query service\n\nFlags:\n" +
			"      --admin.http.host-port string     The host:port (default \":16687\")\n" +
			"      --grpc-storage.server string      The remote storage\n" +
			"      --log-level string                Minimal level (default \"info\")\n" +
			"      --query.additional-headers strings   Additional HTTP response headers (default [])\n" +
			"      --query.http-server.host-port string   The host:port (default \":16686\")\n")
		return
	case args[0] == "--help":
		fmt.Print("Jaeger backend v2\n\nFlags:\n      --config   Locations\n  -h, --help   help\n")
		return
	}
	listen, nonce := "", ""
	if v1 {
		for _, a := range args {
			if v, ok := strings.CutPrefix(a, "--query.http-server.host-port="); ok {
				listen = v
			}
			if v, ok := strings.CutPrefix(a, "--query.additional-headers="+nonceHeader+": "); ok {
				nonce = v
			}
		}
	} else {
		listen, nonce = readFakeConfig(strings.TrimPrefix(args[0], "--config="))
	}
	f.serve(listen, nonce, args)
}

func readFakeConfig(file string) (listen, nonce string) {
	data, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	var c struct {
		Extensions struct {
			Query struct {
				HTTP struct {
					Endpoint string
					Headers  map[string]string `json:"response_headers"`
				}
			} `json:"jaeger_query"`
		}
	}
	if err := json.Unmarshal(data, &c); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
	return c.Extensions.Query.HTTP.Endpoint, c.Extensions.Query.HTTP.Headers[nonceHeader]
}

// serve answers on listen in the way of f.mode until it gets a signal.
func (f *fake) serve(listen, nonce string, args []string) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM)
	f.say("started", append([]string{strings.Join(os.Environ(), "\n")}, args...)...)
	fmt.Println("\x1b[31mfake jaeger\x1b[0m \x1b]0;owned\x07listens")
	switch f.mode {
	case "dies":
		for i := range 200 {
			fmt.Fprintf(os.Stderr, "line %d \x1b[1mbold\x1b[0m\u202e\r\n", i)
		}
		os.Exit(3)
	case "taken": // the first start only
		mark := os.Getenv("PROWTRACE_FAKE_MARK")
		if file, err := os.OpenFile(mark, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			file.Close()
			fmt.Fprintf(os.Stderr, "Error: listen tcp %s: bind: address already in use\n", listen)
			os.Exit(1)
		}
	case "leaves": // a grandchild that holds our output open and outlives us
		c := exec.Command(os.Args[0])
		c.Args[0] = "grandchild"
		c.Env = append(os.Environ(), "PROWTRACE_FAKE=stays")
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if err := c.Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(98)
		}
		os.Exit(4)
	}
	ready := make(chan struct{})
	if f.mode == "slow" {
		go func() { <-f.orders; close(ready) }()
	} else {
		close(ready)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer f.say("asked", r.Method, r.URL.Path)
		if f.mode != "foreign" {
			w.Header().Set(nonceHeader, nonce)
		}
		select {
		case <-ready:
		default:
			http.Error(w, "wait", http.StatusServiceUnavailable)
			return
		}
		if f.mode == "error500" {
			http.Error(w, `{"errors":[{"code":500,"msg":"storage \u001b[31mgone"}]}`, http.StatusInternalServerError)
			return
		}
		if f.mode == "next" {
			if r.URL.Path != "/api/v3/services" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, `{"services":["kops"]}`)
			return
		}
		fmt.Fprint(w, `{"data":["kops"],"total":1}`)
	}))
	for range signals {
		f.say("sigterm")
		if f.mode != "deaf" {
			os.Exit(0)
		}
	}
}

// engine behaves like docker: PROWTRACE_FAKE_INFO is its information (empty: the
// engine does not answer), PROWTRACE_FAKE_IMAGES its images; containers leave
// their pid in the directory PROWTRACE_FAKE_RUN.
func (f *fake) engine(args []string) {
	f.say(args[0], args[1:]...)
	pidFile := filepath.Join(os.Getenv("PROWTRACE_FAKE_RUN"), args[len(args)-1])
	kill := func(s syscall.Signal) {
		var pid int
		if data, err := os.ReadFile(pidFile); err == nil {
			fmt.Sscan(string(data), &pid)
			_ = syscall.Kill(pid, s)
		}
	}
	switch args[0] {
	case "info":
		if os.Getenv("PROWTRACE_FAKE_INFO") == "" {
			fmt.Println("{}")
			fmt.Fprintln(os.Stderr, "Cannot connect to the \x1b[1mDocker\x1b[0m daemon")
			os.Exit(1)
		}
		fmt.Println(os.Getenv("PROWTRACE_FAKE_INFO"))
	case "context":
		fmt.Println(os.Getenv("PROWTRACE_FAKE_ENDPOINT"))
	case "images":
		fmt.Print(os.Getenv("PROWTRACE_FAKE_IMAGES"))
	case "pull":
		if f.mode == "offline" {
			fmt.Fprintln(os.Stderr, "dial tcp: lookup registry-1.docker.io: no such host")
			os.Exit(1)
		}
	case "stop":
		kill(syscall.SIGTERM)
	case "rm":
		kill(syscall.SIGKILL)
	case "run":
		flag := func(name string) string {
			for i, a := range args {
				if a == name {
					return args[i+1]
				}
			}
			return ""
		}
		pidFile = filepath.Join(os.Getenv("PROWTRACE_FAKE_RUN"), flag("--name"))
		if err := os.WriteFile(pidFile, fmt.Appendln(nil, os.Getpid()), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(125)
		}
		dir, _, _ := strings.Cut(flag("-v"), ":")
		listen, nonce := readFakeConfig(filepath.Join(dir, configName))
		if p := flag("-p"); p != "" {
			listen = p[:strings.LastIndex(p, ":")]
		}
		f.serve(listen, nonce, args)
	}
}

// owner starts a Jaeger, says so, and waits to be killed.
func owner() {
	j, err := Find(t0, Options{})
	if err == nil {
		_, err = j.Start(t0, Options{Storage: "127.0.0.1:1"})
	}
	fmt.Println("owner:", err)
	select {}
}

// event is one line that a fake tells.
type event struct {
	What string
	Pid  int
	Args []string
}

// stage holds the fakes of one test: a directory that is PATH, and what they tell.
type stage struct {
	t      *testing.T
	dir    string
	events chan event
	early  []event       // told, but not yet expected
	conns  chan net.Conn // to those that wait for orders
}

// newStage puts fakes under the given names on an otherwise empty PATH.
func newStage(t *testing.T, mode string, names ...string) *stage {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, dir: t.TempDir(), events: make(chan event, 1000), conns: make(chan net.Conn, 1000)}
	for _, n := range names {
		if err := os.Symlink(self, filepath.Join(s.dir, n)); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.listen(c)
		}
	}()
	tmp := t.TempDir()
	for k, v := range map[string]string{
		"PATH": s.dir, "TMPDIR": tmp, "XDG_CACHE_HOME": tmp, "HOME": tmp,
		"GORACE":         "atexit_sleep_ms=0", // else every fake takes a second to end
		"PROWTRACE_FAKE": mode, "PROWTRACE_FAKE_TALK": l.Addr().String(),
		"PROWTRACE_FAKE_RUN": t.TempDir(), "PROWTRACE_FAKE_MARK": filepath.Join(t.TempDir(), "mark"),
	} {
		t.Setenv(k, v)
	}
	return s
}

// listen passes on what one fake tells; its end is told as "gone".
func (s *stage) listen(c net.Conn) {
	defer c.Close()
	pid := 0
	for in := bufio.NewScanner(c); in.Scan(); {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			continue
		}
		if e.What == "started" || e.What == "run" {
			s.conns <- c
		}
		pid = e.Pid
		s.events <- e
	}
	s.events <- event{What: "gone", Pid: pid}
}

// expect waits for an event of a kind. Others stay for later: what two processes
// tell arrives in any order.
func (s *stage) expect(what string) event {
	s.t.Helper()
	for i, e := range s.early {
		if e.What == what {
			s.early = slices.Delete(s.early, i, i+1)
			return e
		}
	}
	timeout := time.After(time.Minute)
	for {
		select {
		case e := <-s.events:
			if e.What == what {
				return e
			}
			s.early = append(s.early, e)
		case <-timeout:
			s.t.Fatalf("no event %q within a minute", what)
		}
	}
}

// expectGone waits until the process is gone.
func (s *stage) expectGone(pid int) {
	s.t.Helper()
	for s.expect("gone").Pid != pid {
	}
}

// nothingLeft fails when the temporary directory holds anything.
func (s *stage) nothingLeft() {
	s.t.Helper()
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range left {
		s.t.Errorf("left behind: %s", e.Name())
	}
}
