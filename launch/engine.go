package launch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultImage is what is pulled when no Jaeger v2 image is on the machine: the
// newest that was tried.
const (
	imageRepository = "jaegertracing/jaeger"
	imageVersion    = "2.20.0"
	defaultImage    = imageRepository + ":" + imageVersion
)

// pullLimit bounds the download of an image over a slow line.
const pullLimit = 15 * time.Minute

// engine says how a container and this machine see each other.
type engine struct {
	gateway string // the name of this machine inside a container; empty with the host's own network
	relabel bool   // the mount needs an SELinux label (a no-op where SELinux is off)
}

func isEngine(path string) bool { return slices.Contains(engines, programName(path)) }

// askEngine checks that the engine behind a client answers (the client alone is
// often installed), that its containers can reach us, and which image there is.
func askEngine(ctx context.Context, path string) (Jaeger, error) {
	name := programName(path)
	out, errs, err := run(ctx, nil, path, "info", "--format", "{{json .}}")
	if err != nil {
		return Jaeger{}, fmt.Errorf("%s is installed, but its engine does not answer%s", name, firstLine(errs+"\n"+err.Error()))
	}
	e, err := parseInfo(name, runtime.GOOS, []byte(out))
	if err != nil {
		return Jaeger{}, err
	}
	if name == "docker" {
		// Fails where "docker" is a front of something else, which then has no contexts.
		out, _, err := run(ctx, nil, path, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
		if host := strings.TrimSpace(out); err == nil && remoteHost(host) {
			return Jaeger{}, fmt.Errorf("docker's engine runs on another machine (%s): its containers cannot reach this one", plain(host))
		}
	}
	j := Jaeger{Major: 2, Path: path, engine: e}
	out, errs, err = run(ctx, nil, path, "images", "--format", "{{.Repository}}:{{.Tag}}")
	if err != nil {
		return Jaeger{}, fmt.Errorf("%s cannot list its images%s", name, firstLine(errs+"\n"+err.Error()))
	}
	j.Image, j.Version, j.pull = chooseImage(out)
	return j, nil
}

// parseInfo reads `docker info` (nerdctl's has the same fields) or `podman info`.
func parseInfo(name, goos string, data []byte) (engine, error) {
	var info struct {
		OperatingSystem string
		SecurityOptions []string
		ServerErrors    []string
		Host            struct{ ServiceIsRemote bool } // podman: a machine or a remote service
	}
	if err := json.Unmarshal(data, &info); err != nil {
		return engine{}, fmt.Errorf("%s gives an invalid answer to info (%w)", name, err)
	}
	if len(info.ServerErrors) > 0 {
		return engine{}, fmt.Errorf("%s is installed, but its engine does not answer: %s", name, plain(info.ServerErrors[0]))
	}
	if name != "podman" && slices.ContainsFunc(info.SecurityOptions, func(s string) bool { return strings.HasPrefix(s, "name=rootless") }) {
		return engine{}, fmt.Errorf("%s runs rootless: its containers cannot reach servers on this machine (those of rootless podman can)", name)
	}
	virtual := goos != "linux" || info.Host.ServiceIsRemote || info.OperatingSystem == "Docker Desktop"
	switch {
	case virtual && name == "podman":
		return engine{gateway: "host.containers.internal"}, nil
	case virtual:
		return engine{gateway: "host.docker.internal"}, nil
	}
	return engine{relabel: name != "nerdctl"}, nil
}

// remoteHost reports whether a docker endpoint is on another machine.
func remoteHost(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "ssh":
		return true
	case "tcp", "http", "https":
		return !isLoopback(u.Hostname())
	}
	return false
}

// chooseImage picks the v2 image from a list of repository:tag lines: the tried
// version, else the newest 2.x, else "latest", else the tried version to be pulled.
func chooseImage(list string) (image, version string, pull bool) {
	var local []string
	for line := range strings.Lines(list) {
		repository, tag, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "docker.io/"), ":")
		if ok && repository == imageRepository && (strings.HasPrefix(tag, "2.") && versionForm.MatchString(tag) || tag == "latest") {
			local = append(local, tag)
		}
	}
	slices.SortFunc(local, func(a, b string) int {
		x, y := tagNumber(a), tagNumber(b)
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]), cmp.Compare(x[2], y[2]), strings.Compare(a, b))
	})
	switch {
	case slices.Contains(local, imageVersion) || len(local) == 0:
		return "docker.io/" + defaultImage, imageVersion, len(local) == 0
	case local[len(local)-1] == "latest":
		return "docker.io/" + imageRepository + ":latest", "", false
	}
	tag := local[len(local)-1]
	return "docker.io/" + imageRepository + ":" + tag, tag, false
}

// tagNumber orders tags; a name sorts below every number.
func tagNumber(tag string) (n [3]int) {
	for i, part := range strings.SplitN(tag, ".", 3) {
		n[i], _ = strconv.Atoi(part)
	}
	return n
}

// pullImage brings the image onto the machine, if it is not there yet.
func (j Jaeger) pullImage(ctx context.Context, o Options) error {
	if !j.pull {
		return nil
	}
	name := programName(j.Path)
	o.note(fmt.Sprintf("%s pulls the image %s (once, this may take minutes)", name, j.Image))
	ctx, cancel := context.WithTimeout(ctx, pullLimit)
	defer cancel()
	lines, err := runToTail(ctx, j.Path, "pull", j.Image)
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("cannot pull %s: %w", j.Image, ctx.Err())
	}
	return &ProcessError{Jaeger: j.String(), Reason: fmt.Sprintf("could not be pulled (%v)", err), Lines: lines, NotPulled: true}
}

// containerPort is where Jaeger listens inside a container with its own network.
const containerPort = 16686

// containerDir is where the configuration is mounted.
const containerDir = "/etc/prowtrace"

// runArgs is the command line of the engine: run the image in the foreground
// under a name of ours, with the configuration in dir mounted read-only.
func (j Jaeger) runArgs(name, dir string, port int) []string {
	mount := dir + ":" + containerDir + ":ro"
	if j.engine.relabel {
		mount += ",z"
	}
	args := []string{"run", "--rm", "--pull=never", "--name", name, "-v", mount}
	if j.engine.gateway == "" {
		args = append(args, "--network=host")
	} else {
		// An engine may hand its own HTTP proxy to containers, and gRPC would take it.
		args = append(args, "-p", fmt.Sprintf("127.0.0.1:%d:%d", port, containerPort), "-e", "NO_PROXY=*", "-e", "no_proxy=*")
		if programName(j.Path) != "podman" { // which adds its name by itself
			args = append(args, "--add-host="+j.engine.gateway+":host-gateway")
		}
	}
	return append(args, j.Image, "--config="+containerDir+"/"+configName)
}
