package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A tool fetches a set. Command and env make it fetch one into dir.
type tool struct {
	name    string
	program string // that must be installed; "" is part of this one
	command func(p *server, dir string) []string
	env     func(p *server, dir string) []string

	keepsNothing bool // reads the bytes and writes none
}

// choose returns the tools that are asked for and installed.
func (o options) choose() ([]tool, error) {
	from := tools
	if o.transports {
		from = transports
	}
	var chosen []tool
	names := strings.Split(o.tools, ",")
	for _, t := range from {
		if o.tools != "" && !slices.Contains(names, t.name) {
			continue
		}
		if t.program != "" {
			if _, err := exec.LookPath(t.program); err != nil {
				fmt.Fprintf(os.Stderr, "%s is not installed and left out\n", t.program)
				continue
			}
		}
		if t.env == nil {
			t.env = func(p *server, _ string) []string { return []string{"SSL_CERT_FILE=" + p.ca} }
		}
		chosen = append(chosen, t)
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no tool of the name %q is there", o.tools)
	}
	return chosen, nil
}

// prowtrace as it fetches traces alone, and with logs that come beside them: it ends at the
// last byte of the traces both times. Each peer in its default form and, where there are knobs, in the best that we
// have found for small files.
var tools = []tool{
	{
		name: "prowtrace",
		command: func(p *server, dir string) []string {
			return part("prowtrace", "-endpoint", p.url, "-dir", dir,
				"-connections", strconv.Itoa(p.connections), "-parallel", strconv.Itoa(p.parallel), "-profile", p.profile)
		},
	},
	{
		name: "prowtrace with logs",
		command: func(p *server, dir string) []string {
			return part("prowtrace", "-endpoint", p.url, "-dir", dir, "-logs",
				"-connections", strconv.Itoa(p.connections), "-parallel", strconv.Itoa(p.parallel), "-profile", p.profile)
		},
	},
	{
		name: "curl -Z", program: "curl",
		command: func(p *server, dir string) []string {
			return part("curl", "-endpoint", p.url, "-dir", dir, "-ca", p.ca)
		},
	},
	{
		name: "rclone", program: "rclone",
		command: func(p *server, dir string) []string { return rclone(p, dir) },
		env:     rcloneEnv,
	},
	{
		name: "rclone tuned", program: "rclone",
		command: func(p *server, dir string) []string {
			return rclone(p, dir, "--transfers", "64", "--checkers", "64", "--disable-http2", "--no-traverse",
				"--multi-thread-cutoff", "24M", "--multi-thread-streams", "16")
		},
		env: rcloneEnv,
	},
	{
		name: "gcloud storage", program: "gcloud",
		command: func(p *server, dir string) []string {
			return []string{"gcloud", "storage", "cp", "-r", "gs://" + bucket + "/" + folder, dir}
		},
		env: func(p *server, dir string) []string {
			return []string{
				"CLOUDSDK_CONFIG=" + filepath.Join(p.dir, "gcloud"),
				"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE=" + p.url + "/storage/v1/",
				"CLOUDSDK_AUTH_DISABLE_CREDENTIALS=1", "CLOUDSDK_CORE_DISABLE_PROMPTS=1", "CLOUDSDK_CORE_PROJECT=none",
				"CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE=" + p.ca, "REQUESTS_CA_BUNDLE=" + p.ca, "CLOUDSDK_CORE_CHECK_GCE_METADATA=0",
				"CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=1", "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK=1",
			}
		},
	},
}

func rclone(p *server, dir string, flags ...string) []string {
	command := []string{
		"rclone", "copy", "--config", os.DevNull, "--gcs-anonymous", "--gcs-endpoint", p.url + "/storage/v1/",
		":gcs:" + bucket + "/" + folder, dir,
	}
	return append(command, flags...)
}

func rcloneEnv(p *server, _ string) []string {
	if p.ca == "" {
		return nil
	}
	return []string{"RCLONE_CA_CERT=" + p.ca}
}

// part is a tool that is part of this program.
func part(args ...string) []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return append([]string{self}, args...)
}
