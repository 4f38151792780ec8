package viewer

import (
	"net/url"
	"strconv"
)

// pager is one page of a long list, with the addresses of its neighbours.
type pager struct {
	From, To, Total int // items shown, counted from 1
	Page, Pages     int
	First, Previous string // addresses, or "" on the first page
	Next, Last      string // addresses, or "" on the last page

	from, to int // items shown, as a half-open range
}

// newPager reads the page to show from the address of a request; one that does
// not exist becomes the nearest that does.
func newPager(u *url.URL, total, size int) pager {
	page, _ := strconv.Atoi(u.Query().Get("page"))
	return pagerAt(u, total, size, page)
}

func pagerAt(u *url.URL, total, size, page int) pager {
	pages := max(1, (total+size-1)/size)
	page = min(max(page, 1), pages)
	p := pager{Total: total, Page: page, Pages: pages, from: (page - 1) * size, to: min(page*size, total)}
	p.From, p.To = min(p.from+1, total), p.to
	address := func(page int) string {
		q := u.Query()
		q.Del("at")
		q.Set("page", strconv.Itoa(page))
		return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).String()
	}
	if page > 1 {
		p.First, p.Previous = address(1), address(page-1)
	}
	if page < pages {
		p.Next, p.Last = address(page+1), address(pages)
	}
	return p
}
