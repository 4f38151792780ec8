package link

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"prowtrace/prow"
)

// File returns the address at which a file of a run can be opened: in gcsweb, if the
// gcsweb of its bucket is known, else the URL of the object. It is "" for a run without a place.
// name is below the run's root. The bucket's writers choose it, so it is escaped.
func File(known prow.Instances, r prow.Run, name string) string {
	if r.Bucket == "" {
		return ""
	}
	in, _ := known.OfBucket(r.Bucket)
	if len(in.Gcsweb) == 0 {
		return r.URL() + "/" + (&url.URL{Path: name}).EscapedPath()
	}
	store := "gcs"
	if r.Provider == "s3" {
		store = "s3"
	}
	return webLink(in.Gcsweb[0], "/"+store+"/"+r.Bucket+"/"+r.Root+"/"+name)
}

// LogLines returns the address of lines of a container's log in the run's page of
// Prow. Lines count from 1, and both ends are included. ok is false if no such page is known:
// the page shows only the files at the run's root.
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

// maxFragment bounds the part of a link that is looked at for lines, in bytes.
const maxFragment = 4096

// linesOf reads the fragment of a link for the lines of a log that it names, as
// Spyglass writes it: "1:build-log.txt%3A10-20" in its own page, with more lenses behind
// semicolons, "build-log.txt:10-20" within a lens.
func linesOf(fragment string) prow.Lines {
	if len(fragment) > maxFragment {
		return prow.Lines{}
	}
	for part := range strings.SplitSeq(fragment, ";") {
		if m := fragmentLines.FindStringSubmatch(unescape(part)); m != nil {
			from, err := strconv.Atoi(m[2])
			to, behind := strconv.Atoi(m[3])
			if m[3] == "" {
				to, behind = from, nil
			}
			if err == nil && behind == nil && from > 0 && to >= from {
				return prow.Lines{File: m[1], From: from, To: to}
			}
		}
	}
	return prow.Lines{}
}

var fragmentLines = regexp.MustCompile(`^(?:\d+:)?([^:]+):(\d+)(?:-(\d+))?$`)
