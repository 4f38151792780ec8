package link

import (
	"net/url"
	"strings"

	"prowtrace/prow"
)

// Page returns the run's page in Prow, if the Prow of its bucket is known,
// else the URL of its root. It is "" for a run without a place.
func Page(known prow.Instances, r prow.Run) string {
	if r.Bucket == "" {
		return ""
	}
	in, ok := known.OfBucket(r.Bucket)
	if !ok || len(in.Decks) == 0 {
		return r.URL()
	}
	return webLink(in.Decks[0], "/view/"+r.Provider+"/"+r.Bucket+"/"+r.Root)
}

// Artifacts returns the page of gcsweb that lists the run's artifacts, if the
// gcsweb of its bucket is known.
func Artifacts(known prow.Instances, r prow.Run) (string, bool) {
	in, _ := known.OfBucket(r.Bucket)
	if len(in.Gcsweb) == 0 {
		return "", false
	}
	store := "gcs"
	if r.Provider == "s3" {
		store = "s3"
	}
	return webLink(in.Gcsweb[0], "/"+store+"/"+r.Bucket+"/"+r.Root+"/artifacts/"), true
}

func webLink(host, path string) string {
	return (&url.URL{Scheme: "https", Host: host, Path: path}).String()
}

// PullDirs returns where the runs of a pull request are in a bucket, as locate reads
// them. In a bucket of unknown strategy there is a second guess.
func PullDirs(known prow.Instances, bucket string, ref prow.Ref) []string {
	dir := func(repo string) string {
		if repo != "" {
			repo += "/"
		}
		return "pr-logs/pull/" + repo + ref.Pull
	}
	in, stored := known.OfBucket(bucket)
	full := ref.Repo
	if ref.Org != "" {
		full = strings.ReplaceAll(strings.TrimPrefix(ref.Org, "https://"), "/", "_") + "_" + strings.ReplaceAll(ref.Repo, "/", "_")
	}
	switch {
	case !stored:
		return []string{dir(full), dir(ref.Repo)}
	case in.Strategy != prow.Explicit && ref.Repo == in.DefaultRepo && ref.Org == in.DefaultOrg:
		return []string{dir("")}
	case in.Strategy == prow.Legacy && ref.Org == in.DefaultOrg:
		return []string{dir(ref.Repo)}
	}
	return []string{dir(full)}
}
