package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/serve/lens"
	"prowtrace/serve/team"
)

// lensPath is where Deck asks the lens.
const lensPath = "/lens"

// lens makes the lens of Spyglass, for the runs of a server at an address. All who look at
// Deck's page are one visitor: Deck asks for them. end ends it.
func (t *teamServe) lens(site *team.Server, address string) (h http.Handler, end func()) {
	opened := lens.NewOpenRuns(site.Together("The lens in Deck's page"), time.Now)
	page := func(run prow.Run) string {
		if address == "" {
			return ""
		}
		return address + (&url.URL{Path: "/view/" + run.Provider + "/" + run.Bucket + "/" + run.Root}).EscapedPath()
	}
	l := lens.New(opened, lens.Options{Known: t.r.known, Page: page, Fault: func(run prow.Run, met *panics.Error) { site.Fault(met, "run", run.URL()) }})
	return l, func() {
		opened.Close()
		l.Close()
	}
}

// deckHosts are the Decks of the Prows that are known: they ask the lens under their names.
func (t *teamServe) deckHosts() (hosts []string) {
	for _, in := range t.r.known.DefaultFirst() {
		for _, host := range in.Decks {
			hosts = append(hosts, prow.HostName(host))
		}
	}
	return hosts
}

// address is where visitors find the server, without a slash at its end: as it is told, else
// where it listens, if that is this machine; "" if nobody knows.
func (t *teamServe) address(listens string) (string, error) {
	if t.url != "" {
		u, err := url.Parse(t.url)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return "", usageError{fmt.Errorf("invalid --url %s", text.Quote(t.url, maxQuoted)), "write the address of the start page: --url https://prowtrace.example.com"}
		}
		return strings.TrimRight(u.String(), "/"), nil
	}
	if !local(listens) {
		return "", nil
	}
	return "http://" + listens + strings.TrimRight(t.base, "/"), nil
}
