//go:build unix

package launch

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"

	"prowtrace/internal/realjaeger"
)

// realJaegers are the real programs that the tests start.
var realJaegers = []struct {
	program string
	major   int
}{{realjaeger.V2, 2}, {realjaeger.V1, 1}}

// realStorage is a remote storage, v1 and v2, that has the given services and
// nothing else.
func realStorage(t *testing.T, services ...string) (address string) {
	t.Helper()
	var answer []byte // GetServicesResponse has "repeated string services = 1" in both versions
	for _, s := range services {
		answer = protowire.AppendString(protowire.AppendTag(answer, 1, protowire.BytesType), s)
	}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(stream)
		if !strings.HasPrefix(method, "/jaeger.storage.v") || !strings.HasSuffix(method, "/GetServices") {
			return status.Errorf(codes.Unimplemented, "%s is not served", method)
		}
		if err := stream.RecvMsg(&emptypb.Empty{}); err != nil {
			return err
		}
		m := &emptypb.Empty{}
		m.ProtoReflect().SetUnknown(answer)
		return stream.SendMsg(m)
	}))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("storage: %v", err)
		}
	})
	return l.Addr().String()
}

func TestRealJaeger(t *testing.T) {
	for _, r := range realJaegers {
		t.Run(r.program, func(t *testing.T) {
			path := realjaeger.Path(t, r.program)
			// A directory that both a shell and the collector's ${…} would mistake.
			tmp := filepath.Join(t.TempDir(), `a "$HOME" ${env:HOME}`)
			if err := os.Mkdir(tmp, 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("TMPDIR", tmp)
			t.Setenv("QUERY_BASE_PATH", "/elsewhere")
			t.Setenv("LOG_LEVEL", "shout")
			j, err := Find(t0, Options{Jaeger: path})
			if err != nil {
				t.Fatal(err)
			}
			if j.Major != r.major {
				t.Fatalf("found %+v", j)
			}
			storage := realStorage(t, "kops", "prow")
			p, err := j.Start(t0, Options{Storage: storage, UI: UI{Menu: []MenuItem{{Label: "job", URL: "https://prow.k8s.io/"}}}})
			if err != nil {
				t.Fatal(err)
			}
			if got := realServices(t, p.URL); !slices.Equal(got, []string{"kops", "prow"}) {
				t.Errorf("services %q", got)
			}
			// The deep links are pages of this Jaeger.
			now := time.Now()
			for _, link := range []string{TraceLink(p.URL, "0af7651916cd43dd8448eb211c80319c"), Search{Service: "kops", Start: now, End: now}.Link(p.URL)} {
				res, err := http.Get(link)
				if err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
					t.Errorf("%s: %s, %s", link, res.Status, res.Header.Get("Content-Type"))
				}
			}
			pid := p.child.Pid
			// A deadline that only a Jaeger that does not heed SIGTERM would meet.
			ctx, cancel := context.WithTimeout(t0, time.Minute)
			defer cancel()
			p.after = never
			if err := p.Stop(ctx); err != nil || ctx.Err() != nil {
				t.Errorf("Stop: %v, %v", err, ctx.Err())
			}
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d is still there: %v", pid, err)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("left in the temporary directory: %v, %v", left, err)
			}
			if l, err := net.Listen("tcp", strings.TrimPrefix(p.URL, "http://")); err != nil {
				t.Errorf("its port is not free: %v", err)
			} else {
				l.Close()
			}
		})
	}
}

// realServices asks for the services, by whichever API this Jaeger has.
func realServices(t *testing.T, address string) []string {
	t.Helper()
	var got struct{ Data, Services []string }
	for _, path := range readyPaths {
		res, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode == http.StatusNotFound {
			continue
		}
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		break
	}
	services := slices.Concat(got.Data, got.Services)
	slices.Sort(services)
	return services
}

// A Jaeger whose port is taken says so and ends; Start has to understand it.
func TestRealPortTaken(t *testing.T) {
	for _, r := range realJaegers {
		t.Run(r.program, func(t *testing.T) {
			path := realjaeger.Path(t, r.program)
			t.Setenv("TMPDIR", t.TempDir())
			j, err := Find(t0, Options{Jaeger: path})
			if err != nil {
				t.Fatal(err)
			}
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer taken.Close()
			p := newProcess(j, taken.Addr().(*net.TCPAddr).Port, time.After)
			cmd, err := p.prepare(Options{Storage: realStorage(t)}, taken.Addr().(*net.TCPAddr).Port)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.spawn(cmd); err != nil {
				t.Fatal(err)
			}
			var pe *ProcessError
			if err := p.Wait(); !errors.As(err, &pe) || !pe.portTaken() {
				t.Errorf("error %v", err)
			}
		})
	}
}
