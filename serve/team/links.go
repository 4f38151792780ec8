package team

import (
	"net/http"
	"net/url"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/link"
)

// longestLink is what is read of a link or a name, in bytes.
const longestLink = 4096

// parse says what a visitor has pasted. Errors are a *link.ParseError or a *userError: hosts
// that are not those of a known Prow are never asked.
func (s *Server) parse(pasted string) (prow.Ref, error) {
	pasted = strings.TrimSpace(pasted)
	if len(pasted) > longestLink {
		return prow.Ref{}, tellUser(http.StatusBadRequest, "The link is too long", "Paste the link of the run's page.")
	}
	ref, err := link.Parse(s.o.Known, pasted)
	if err != nil {
		return ref, err
	}
	switch ref.Kind {
	case prow.KindPath, prow.KindStdin:
		return ref, tellUser(http.StatusBadRequest, text.Quote(pasted, 100)+" is not a link or a job's name", "Paste a link of a run, or a job's name.")
	case prow.KindDeck, prow.KindProwJob:
		_, known := s.o.Known.At(ref.Host)
		if ref.Kind == prow.KindProwJob && ref.Host != "" {
			known = s.o.Known.MayAsk(ref.Host) // it will be
		}
		if !known {
			return ref, tellUser(http.StatusForbidden, "The Prow at "+text.Quote(ref.Host, 100)+" is not known here", "Paste the link of the run's artifacts.")
		}
	}
	if ref.Bucket != "" {
		if err := s.o.Buckets.Allow(ref.Run); err != nil {
			return ref, err
		}
	}
	return ref, nil
}

// parsePath reads a path of this server as one of Prow's own pages.
func (s *Server) parsePath(path, query string) (prow.Ref, error) {
	address := url.URL{Scheme: "https", Host: s.host(), Path: path, RawQuery: query}
	return s.parse(address.String())
}

// RunPath is the path of a run's page, below BasePath: as Prow has it.
func RunPath(run prow.Run) string {
	return "/view/" + run.Provider + "/" + run.Bucket + "/" + run.Root
}

// pathOf is where a reference is shown. what is kept of a run's link is told by its Rest.
func pathOf(ref prow.Ref) (path, query string, ok bool) {
	switch ref.Kind {
	case prow.KindRun:
		return RunPath(ref.Run), "", true
	case prow.KindJob:
		if ref.Bucket != "" && ref.Root != "" {
			return "/job-history/" + ref.Provider + "/" + ref.Bucket + "/" + ref.Root, "", true
		}
		return "/job-history", url.Values{"job": {ref.Job}}.Encode(), true
	case prow.KindPR:
		return "/pr-history", url.Values{"org": {ref.Org}, "repo": {ref.Repo}, "pr": {ref.Pull}}.Encode(), true
	}
	return "", "", false
}

// address is a path below BasePath as a link has it.
func (s *Server) address(path, query string) string {
	return (&url.URL{Path: s.base + path, RawQuery: query}).String()
}
