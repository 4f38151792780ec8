package cli

import (
	"net/url"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// runPage and artifactsPage are links of a run on the pages of its Prow, or on
// those of kubernetes' Prow, which show every public bucket.
func runPage(known prow.Instances, run prow.Run) string {
	page := link.Page(known, run)
	if page == run.URL() {
		return "https://prow.k8s.io/view/gs/" + escapePath(run.Bucket+"/"+run.Root)
	}
	return page
}

func artifactsPage(known prow.Instances, run prow.Run) string {
	if page, ok := link.Artifacts(known, run); ok {
		return page
	}
	return "https://gcsweb.k8s.io/gcs/" + escapePath(run.Bucket+"/"+run.Root) + "/artifacts/"
}

// objectPage is the link of an object in a bucket.
func objectPage(run prow.Run, name string) string {
	return "https://storage.googleapis.com/" + escapePath(run.Bucket+"/"+run.Root+"/"+name)
}

// escapePath escapes what may not stand in the path of a link, but its slashes.
func escapePath(p string) string { return (&url.URL{Path: p}).EscapedPath() }
