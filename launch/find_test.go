//go:build unix

package launch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const linuxDocker = `{"OperatingSystem":"Debian GNU/Linux 13","SecurityOptions":["name=seccomp,profile=builtin"]}`

func TestFindPrefersProgramsInOrder(t *testing.T) {
	t.Setenv("PROWTRACE_FAKE_INFO", linuxDocker)
	t.Setenv("PROWTRACE_FAKE_VERSION", "v1.76.0")
	newStage(t, "ready", "jaeger-query", "docker")
	j := mustFind(t)
	if j.Major != 1 || programName(j.Path) != "jaeger-query" || j.Version != "1.76.0" || j.storageType != "grpc" {
		t.Errorf("found %+v", j)
	}
	if got := j.StorageHost(); got != "127.0.0.1" {
		t.Errorf("StorageHost = %s", got)
	}
}

func TestFindNothing(t *testing.T) {
	for _, c := range []struct {
		name     string
		programs []string
		info     string
		want     []string
	}{
		{"an empty machine", nil, "", []string{"no program jaeger, jaeger-query, jaeger-all-in-one is on PATH", "no container engine (docker, podman, nerdctl) is on PATH"}},
		{"a client without engine", []string{"docker"}, "", []string{"no program jaeger", "docker is installed, but its engine does not answer: Cannot connect to the Docker daemon"}},
		{"a rootless docker", []string{"docker"}, `{"SecurityOptions":["name=seccomp","name=rootless"]}`, []string{"docker runs rootless"}},
		{"an engine that talks nonsense", []string{"podman"}, `<html>`, []string{"podman gives an invalid answer to info"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PROWTRACE_FAKE_INFO", c.info)
			newStage(t, "ready", c.programs...)
			_, err := Find(t0, Options{})
			if !errors.Is(err, ErrNoJaeger) {
				t.Fatalf("error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}

// A program of that name that is something else is told of, and the search goes on.
func TestFindSkipsImpostor(t *testing.T) {
	s := newStage(t, "ready", "jaeger-query")
	impostor := filepath.Join(s.dir, "jaeger")
	if err := os.WriteFile(impostor, []byte("#!/bin/sh\necho a game about a hunter\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var notes []string
	j, err := Find(t0, Options{Note: func(l string) { notes = append(notes, l) }})
	if err != nil || j.Major != 1 {
		t.Fatalf("found %+v, %v", j, err)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], impostor+" does not look like Jaeger (by its version and its --help: a game about a hunter)") {
		t.Errorf("notes %q", notes)
	}
}

func TestFindNamed(t *testing.T) {
	t.Setenv("PROWTRACE_FAKE_VERSION", "v2.20.0")
	s := newStage(t, "ready", "jaeger")
	file := filepath.Join(s.dir, "notes.txt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(s.dir, "broken")
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	jaeger := filepath.Join(s.dir, "jaeger")
	for _, c := range []struct{ name, what, want string }{
		{"a path", jaeger, ""},
		{"a name on PATH", "jaeger", ""},
		{"a directory", s.dir, ""},
		{"a directory without", empty, "the directory holds no jaeger, jaeger-query, jaeger-all-in-one"},
		{"no such file", filepath.Join(empty, "jaeger"), "no such file or directory"},
		{"no such name", "yaeger", "executable file not found in $PATH"},
		{"not executable", file, "permission denied"},
		{"another program", broken, "does not look like Jaeger"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, err := Find(t0, Options{Jaeger: c.what})
			if c.want == "" {
				if err != nil || j.Path != jaeger || j.String() != "Jaeger 2.20.0 ("+jaeger+")" {
					t.Errorf("found %v, %v", j, err)
				}
				return
			}
			var named *NamedError
			if !errors.As(err, &named) || named.Jaeger != c.what || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestContainer(t *testing.T) {
	for _, c := range []struct {
		name, engine, info  string
		storage, mount      string
		with, without, host string
	}{
		{"docker on Linux", "docker", linuxDocker,
			"127.0.0.1:4711", ":ro,z", "--network=host", "--add-host", "127.0.0.1"},
		{"rootless podman on Linux", "podman", `{"host":{"serviceIsRemote":false,"security":{"rootless":true}}}`,
			"127.0.0.1:4711", ":ro,z", "--network=host", "--add-host", "127.0.0.1"},
		{"docker in a virtual machine", "docker", `{"OperatingSystem":"Docker Desktop"}`,
			"host.docker.internal:4711", ":ro", "--add-host=host.docker.internal:host-gateway", "--network", "0.0.0.0"},
		{"podman in a virtual machine", "podman", `{"host":{"serviceIsRemote":true}}`,
			"host.containers.internal:4711", ":ro", "NO_PROXY=*", "--network", "0.0.0.0"},
		{"nerdctl", "nerdctl", linuxDocker,
			"127.0.0.1:4711", ":ro", "--network=host", "--add-host", "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("PROWTRACE_FAKE_INFO", c.info)
			t.Setenv("PROWTRACE_FAKE_IMAGES", "debian:13\ndocker.io/jaegertracing/jaeger:2.9.0\n")
			s := newStage(t, "ready", c.engine)
			j := mustFind(t)
			if want := "Jaeger 2.9.0 (" + c.engine + " image docker.io/jaegertracing/jaeger:2.9.0)"; j.String() != want {
				t.Errorf("found %v, want %s", j, want)
			}
			if j.StorageHost() != c.host {
				t.Errorf("StorageHost = %s", j.StorageHost())
			}
			p, err := j.Start(t0, Options{Storage: c.host + ":4711", after: never})
			if err != nil {
				t.Fatal(err)
			}
			run := s.expect("run")
			line := strings.Join(run.Args, " ")
			if !strings.Contains(line, "--rm --pull=never --name "+p.container) || !strings.Contains(line, c.mount+" ") ||
				!strings.Contains(line, c.with) || strings.Contains(line, c.without) ||
				!strings.HasSuffix(line, "docker.io/jaegertracing/jaeger:2.9.0 --config=/etc/prowtrace/config.yaml") {
				t.Errorf("run %s", line)
			}
			config := filepath.Join(p.dir, "config", configName)
			data, err := os.ReadFile(config)
			if err != nil || !strings.Contains(string(data), `"endpoint": "`+c.storage+`"`) || !strings.Contains(string(data), `"/etc/prowtrace/ui.json"`) {
				t.Errorf("configuration %v\n%s", err, data)
			}
			for path, want := range map[string]os.FileMode{p.dir: 0o700, filepath.Dir(config): 0o755, config: 0o644} {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
					t.Errorf("mode of %s: %v %v, want %v", path, info, err, want)
				}
			}
			if err := p.Stop(t0); err != nil {
				t.Fatal(err)
			}
			if stop := s.expect("stop"); strings.Join(stop.Args, " ") != "-t 5 "+p.container {
				t.Errorf("stop %q", stop.Args)
			}
			s.expect("sigterm")
			if rm := s.expect("rm"); strings.Join(rm.Args, " ") != "-f "+p.container {
				t.Errorf("rm %q", rm.Args)
			}
			s.nothingLeft()
		})
	}
}

func TestContainerKilled(t *testing.T) {
	t.Setenv("PROWTRACE_FAKE_INFO", linuxDocker)
	s := newStage(t, "deaf", "docker")
	p, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: timeIsUp(make(chan time.Time))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t0)
	defer cancel()
	errs := make(chan error)
	go func() { errs <- p.Stop(ctx) }()
	pid := s.expect("sigterm").Pid
	cancel()
	if err := <-errs; err != nil {
		t.Fatal(err)
	}
	s.expect("rm")
	s.expectGone(pid)
	s.nothingLeft()
}

func TestPull(t *testing.T) {
	t.Setenv("PROWTRACE_FAKE_INFO", linuxDocker)
	for _, mode := range []string{"ready", "offline"} {
		t.Run(mode, func(t *testing.T) {
			s := newStage(t, mode, "docker")
			var notes []string
			p, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: never, Note: func(l string) { notes = append(notes, l) }})
			if pull := s.expect("pull"); pull.Args[0] != "docker.io/jaegertracing/jaeger:"+imageVersion {
				t.Errorf("pull %q", pull.Args)
			}
			if len(notes) != 1 || !strings.HasPrefix(notes[0], "docker pulls the image docker.io/jaegertracing/jaeger:"+imageVersion) {
				t.Errorf("notes %q", notes)
			}
			if mode == "ready" {
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Stop(t0); err != nil {
					t.Fatal(err)
				}
			} else if failed := (*ProcessError)(nil); !errors.As(err, &failed) || !failed.NotPulled || !strings.Contains(err.Error(), "could not be pulled (exit status 1)") || !strings.Contains(err.Error(), "no such host") {
				t.Errorf("error %v", err)
			}
			s.nothingLeft()
		})
	}
}

func TestDockerElsewhere(t *testing.T) {
	for endpoint, elsewhere := range map[string]bool{
		"unix:///var/run/docker.sock":         false,
		"npipe:////./pipe/docker_engine":      false,
		"tcp://127.0.0.1:2375":                false,
		"tcp://localhost:2375":                false,
		"tcp://192.168.49.2:2376":             true,
		"ssh://build@buildhost.example.com":   true,
		"fd://":                               false,
		"https://docker.example.com":          true,
		"unix:///run/user/1000/podman.sock\n": false,
	} {
		if got := remoteHost(strings.TrimSpace(endpoint)); got != elsewhere {
			t.Errorf("remoteHost(%q) = %v", endpoint, got)
		}
	}
	t.Setenv("PROWTRACE_FAKE_INFO", linuxDocker)
	t.Setenv("PROWTRACE_FAKE_ENDPOINT", "ssh://build@buildhost.example.com")
	newStage(t, "ready", "docker")
	if _, err := Find(t0, Options{}); !errors.Is(err, ErrNoJaeger) || !strings.Contains(err.Error(), "another machine (ssh://build@buildhost.example.com)") {
		t.Errorf("error %v", err)
	}
}
