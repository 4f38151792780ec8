package serve

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func TestRun(t *testing.T) {
	s, err := Listen(t.Context(), "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	storage := grpc.NewServer()
	healthpb.RegisterHealthServer(storage, health.NewServer())
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "page") })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, storage, pages) }()

	resp, err := http.Get("http://" + s.Viewer())
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "page" {
		t.Errorf("the viewer answers %q", body)
	}
	conn, err := grpc.NewClient(s.Storage(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := healthpb.NewHealthClient(conn).Check(ctx, &healthpb.HealthCheckRequest{}); err != nil {
		t.Errorf("the storage does not answer: %v", err)
	}

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	if c, err := net.Dial("tcp", s.Viewer()); err == nil {
		c.Close()
		t.Error("the viewer still listens")
	}
}

func TestRunEndsWhenOneServerFails(t *testing.T) {
	s, err := Listen(t.Context(), "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.viewer.Close()
	if err := s.Run(t.Context(), grpc.NewServer(), http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), "serving the viewer on") {
		t.Errorf("Run ended with %v", err)
	}
}

func TestListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct{ name, storage, viewer, want string }{
		{"the storage's port is taken", taken.Addr().String(), "127.0.0.1:0", "cannot open the Jaeger storage on " + taken.Addr().String() + ": another program listens there"},
		{"the viewer's port is taken", "127.0.0.1:0", taken.Addr().String(), "cannot open the viewer on " + taken.Addr().String() + ": another program listens there"},
		{"not an address", "127.0.0.1:0", "elsewhere", "cannot open the viewer on elsewhere"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Listen(t.Context(), tt.storage, tt.viewer); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
