package runfile

import (
	"path"
	"strconv"
	"strings"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// Identify finds out from prowjob.json which run the metadata belong to, for files that
// were copied out of a bucket. It uses the link of the run's page, else the place to which the
// job's configuration makes Prow write. It fills in Run, as far as known, and
// reports whether that includes the run's place.
func (m *Metadata) Identify(known prow.Instances) bool {
	p := m.ProwJob
	if p == nil {
		return false
	}
	for _, address := range []string{p.URL, p.written()} {
		ref, e := link.ParseFound(known, address)
		other := ref.Job != p.Job && p.Job != "" || ref.Build != p.Build && p.Build != ""
		if e == nil && ref.Kind == prow.KindRun && !other {
			m.Run = ref.Run
			return true
		}
	}
	if prow.IsJob(p.Job) {
		m.Run.Job = p.Job
	}
	if prow.IsBuild(p.Build) {
		m.Run.Build = p.Build
	}
	return false
}

// storageFile says where a job's files are stored.
type storageFile struct {
	Bucket      string `json:"bucket"`
	Prefix      string `json:"path_prefix"`
	Strategy    string `json:"path_strategy"`
	DefaultOrg  string `json:"default_org"`
	DefaultRepo string `json:"default_repo"`
}

// written returns the bucket URL of the directory that Prow's pod-utils write to
// (pkg/pod-utils/gcs/target.go), or "".
func (p *ProwJob) written() string {
	dir := "logs"
	switch p.Type {
	case "periodic", "postsubmit":
	case "batch":
		dir = "pr-logs/pull/batch"
	case "presubmit":
		if p.Refs == nil || len(p.Refs.Pulls) == 0 {
			return ""
		}
		dir = path.Join("pr-logs/pull", p.storage.repository(p.Refs.Org, p.Refs.Repo), strconv.Itoa(p.Refs.Pulls[0].Number))
	default:
		return ""
	}
	bucket := p.storage.Bucket
	if bucket == "" || p.Job == "" || p.Build == "" {
		return ""
	}
	if !strings.Contains(bucket, "://") {
		bucket = "gs://" + bucket
	}
	return bucket + "/" + path.Join(p.storage.Prefix, dir, p.Job, p.Build)
}

// repository returns the directory of a repository's pull requests.
func (s storageFile) repository(org, repo string) string {
	byDefault := org == s.DefaultOrg
	switch {
	case s.Strategy != "explicit" && byDefault && repo == s.DefaultRepo:
		return ""
	case s.Strategy == "legacy" && byDefault:
		return repo
	}
	return strings.ReplaceAll(org, "/", "_") + "_" + repo
}
