package link

import (
	"fmt"
	"net/url"
	"strings"

	"prowtrace/prow"
)

// File returns the address at which a file of a run can be opened: in gcsweb, where the
// one of its bucket is known, else the URL of the object; "" for a run that lies nowhere.
// name is below the run's root.
func File(known prow.Instances, r prow.Run, name string) string {
	if r.Bucket == "" {
		return ""
	}
	in, _ := known.OfBucket(r.Bucket)
	if len(in.Gcsweb) == 0 {
		return r.URL() + "/" + name
	}
	store := "gcs"
	if r.Provider == "s3" {
		store = "s3"
	}
	return webLink(in.Gcsweb[0], "/"+store+"/"+r.Bucket+"/"+r.Root+"/"+name)
}

// LogLines returns the address of lines of a container's log in the run's page of
// Prow, counted from 1, both included. ok is false where no such page is known: it
// shows the files at the run's root only.
func LogLines(known prow.Instances, r prow.Run, name string, from, to int) (address string, ok bool) {
	page := Page(known, r)
	if !strings.HasPrefix(page, "https://") || strings.Contains(name, "/") {
		return "", false
	}
	lines := fmt.Sprint(from)
	if to > from {
		lines += fmt.Sprintf("-%d", to)
	}
	// Spyglass: number of the lens, colon, the fragment within it, escaped.
	return page + "#1:" + url.QueryEscape(name+":"+lines), true
}
