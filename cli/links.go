package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/link"
)

// sites are pages of a store. Each link ends before the name of a bucket.
type sites struct{ run, artifacts, object string }

// publicPages is the table of the pages that show every public bucket of a store,
// by the provider of a run.
var publicPages = map[string]sites{
	prow.DefaultProvider: {"https://prow.k8s.io/view/gs/", "https://gcsweb.k8s.io/gcs/", "https://storage.googleapis.com/"},
}

// publicPage is the link of a name below the run's root; "" if the store of the
// run has no such pages.
func publicPage(site string, run prow.Run, name string) string {
	if site == "" {
		return ""
	}
	return site + (&url.URL{Path: run.Bucket + "/" + run.Root + name}).EscapedPath()
}

func pagesOf(run prow.Run) sites {
	return publicPages[cmp.Or(run.Provider, prow.DefaultProvider)]
}

// runPage and artifactsPage are links of a run on the pages of its Prow, or on
// those of kubernetes' Prow, which show every public bucket of its store. They are
// "" where no page is known.
func runPage(known prow.Instances, run prow.Run) string {
	page := link.Page(known, run)
	if page == run.URL() {
		return publicPage(pagesOf(run).run, run, "")
	}
	return page
}

func artifactsPage(known prow.Instances, run prow.Run) string {
	if page, ok := link.Artifacts(known, run); ok {
		return page
	}
	return publicPage(pagesOf(run).artifacts, run, "/artifacts/")
}

// objectPage is the link of a file of a run; "" where its store has no pages.
func objectPage(run prow.Run, name string) string {
	return publicPage(pagesOf(run).object, run, "/"+name)
}

// sshHint is how to reach a page of this machine from where somebody has logged in to it
// with ssh; "" where nobody has.
func sshHint(getenv func(string) string, address string) string {
	connection := strings.Fields(getenv("SSH_CONNECTION")) // client, its port, this machine, its port
	page, err := url.Parse(address)
	if len(connection) != 4 || err != nil || page.Port() == "" {
		return ""
	}
	hint := fmt.Sprintf("from your own machine: ssh -L %s:127.0.0.1:%[1]s %s", page.Port(), connection[2])
	if connection[3] != "22" {
		hint += " -p " + connection[3]
	}
	return text.Line(hint)
}
