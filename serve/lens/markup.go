package lens

import (
	"fmt"
	"strconv"

	"golang.org/x/net/html"
)

// The frame is a tree of elements. Writing it escapes every text and every value of an
// attribute, so that nothing can become markup. (The templates of the standard library do
// that too, but call methods by name: the linker then keeps all methods, 5 MB of them.)

// el makes an element with pairs of names and values as its attributes.
func el(name string, attributes ...string) *html.Node {
	n := &html.Node{Type: html.ElementNode, Data: name}
	for i := 0; i+1 < len(attributes); i += 2 {
		n.Attr = append(n.Attr, html.Attribute{Key: attributes[i], Val: attributes[i+1]})
	}
	return n
}

// words is a text.
func words(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

// in puts nodes into another, but those that are nil, and gives it.
func in(n *html.Node, children ...*html.Node) *html.Node {
	for _, c := range children {
		if c != nil {
			n.AppendChild(c)
		}
	}
	return n
}

// saidIn is an element with a text, or nil without a text.
func saidIn(n *html.Node, s string) *html.Node {
	if s == "" {
		return nil
	}
	return in(n, words(s))
}

// linkTo leads out of the frame; without an address it is a plain text.
func linkTo(class, address, s string) *html.Node {
	if address == "" {
		return saidIn(el("span", "class", class), s)
	}
	return saidIn(el("a", "class", class, "target", "_top", "href", address), s)
}

// document is the whole of a frame. Only its style and script are written as they are.
func (p *page) document(nonce string) *html.Node {
	head := in(el("head"),
		el("meta", "charset", "utf-8"),
		el("meta", "http-equiv", "Content-Security-Policy", "content", policy(nonce)),
		saidIn(el("title"), "What broke first"),
		saidIn(el("style", "nonce", nonce), pageCSS),
		el("script", "nonce", nonce, "src", "/static/spyglass_lens_bundle.min.js"),
		saidIn(el("script", "nonce", nonce), pageJS))
	return in(&html.Node{Type: html.DocumentNode},
		&html.Node{Type: html.DoctypeNode, Data: "html"},
		in(el("html", "lang", "en"), head, in(el("body"), p.frame())))
}

// frame is what a document has in its body.
func (p *page) frame() *html.Node {
	main := el("main", "id", "prowtrace", "data-state", p.State)
	if p.Again > 0 {
		main.Attr = append(main.Attr, html.Attribute{Key: "data-again", Val: strconv.FormatInt(p.Again, 10)})
	}
	in(main, p.header(), saidIn(el("h1"), p.Headline), saidIn(el("p", "class", "dim"), p.About))
	for _, s := range p.Said {
		in(main, saidIn(el("p"), s))
	}
	in(main, saidIn(el("p", "class", "notice", "role", "status"), p.Notice), p.chain())
	if p.Next != "" {
		in(main, in(el("p"), saidIn(el("b"), "Next"), words(" "+p.Next)))
	}
	return in(main, p.Chart.markup(), p.Log.markup(), p.more())
}

func (p *page) header() *html.Node {
	run := in(el("span", "class", "run"), words(p.Run))
	if p.Facts != "" {
		in(run, words(" "), saidIn(el("span", "class", "dim"), p.Facts))
	}
	h := in(el("header"), saidIn(el("b", "class", "result", "data-result", p.Result), p.Result), run)
	if p.Full != "" {
		in(h, linkTo("full", p.Full, "Open the full page"))
	}
	return h
}

func (p *page) chain() *html.Node {
	if len(p.Chain) == 0 {
		return nil
	}
	list := el("ol", "class", "chain")
	for _, s := range p.Chain {
		item := el("li")
		if s.Time != "" {
			in(item, saidIn(el("time"), s.Time), words(" "))
		}
		in(list, in(item, words(s.Said+" "), s.At.markup()))
	}
	return list
}

func (at place) markup() *html.Node { return linkTo("place", at.URL, at.Name) }

func (p *page) more() *html.Node {
	if len(p.More) == 0 {
		return nil
	}
	details := in(el("details"), saidIn(el("summary"), "Other findings and notes"))
	for _, l := range p.More {
		list := el("ul")
		for _, one := range l.Lines {
			in(list, in(el("li"), words(one.Said+" "), one.At.markup()))
		}
		in(details, saidIn(el("h2"), l.Title), list)
	}
	return details
}

func (e *excerpt) markup() *html.Node {
	if e == nil {
		return nil
	}
	title := e.Name
	if e.End {
		title = "The end of " + title
	}
	lines := el("div", "class", "lines", "tabindex", "0", "role", "group", "aria-label", e.Name)
	for _, l := range e.Lines {
		if l.Skipped > 0 {
			in(lines, saidIn(el("div", "class", "skipped"), "… "+l.Text+" …"))
			continue
		}
		class := "line"
		if l.Known {
			class = "line known"
		}
		in(lines, in(el("div", "class", class), linkTo("number", l.URL, l.Number), in(el("code"), words(l.Text))))
	}
	return in(el("section", "class", "log", "aria-label", "Lines of the log"), saidIn(el("h2"), title), lines)
}

// Where the axis of a chart is; the names of its rows are before it.
const (
	axisX     = "38%"
	axisWidth = "61%"
)

func (c *chart) markup() *html.Node {
	if c == nil || len(c.Rows) == 0 {
		return nil
	}
	height := strconv.Itoa(c.Height)
	axis := el("svg", "x", axisX, "y", "0", "width", axisWidth, "height", height, "overflow", "visible")
	for _, t := range c.Ticks {
		class, anchor := "tick", "start"
		if t.Mid {
			class = "tick mid"
		}
		if t.End {
			anchor = "end"
		}
		in(axis, el("line", "class", "grid", "x1", t.X, "x2", t.X, "y1", "16", "y2", strconv.Itoa(c.Floor)),
			saidIn(el("text", "class", class, "x", t.X, "y", "12", "text-anchor", anchor), t.At))
	}
	svg := in(el("svg", "width", "100%", "height", height, "role", "img", "aria-label", c.Said), axis)
	for i := range c.Rows {
		in(svg, c.Rows[i].markup())
	}
	below := "The line below the bars is the critical path."
	if c.Marked {
		below += " Numbers are the steps above."
	}
	if c.Left != "" {
		below += fmt.Sprintf(" The full trace has %s.", c.Left)
	}
	return in(el("section", "class", "chart", "aria-label", "Waterfall"), saidIn(el("h2"), "Where the time went"), svg, saidIn(el("p", "class", "dim"), below))
}

func (r *row) markup() *html.Node {
	nameClass, barClass, name := "name", "bar c"+strconv.Itoa(r.Colour), r.Name
	if r.Failed {
		nameClass, barClass, name = "name failed", "bar failed", "✕ "+name
	}
	y, baseline, middle := strconv.Itoa(r.Y), strconv.Itoa(r.Text), strconv.Itoa(r.Mark)
	bars := in(el("svg", "x", axisX, "y", "0", "width", axisWidth, "height", "100%", "overflow", "visible"),
		el("rect", "class", barClass, "x", r.X, "y", strconv.Itoa(r.Bar), "width", r.Width, "height", "10", "rx", "1"))
	for _, p := range r.Critical {
		in(bars, el("rect", "class", "critical", "x", p.X, "y", strconv.Itoa(r.Path), "width", p.Width, "height", "2"))
	}
	for _, m := range r.Marks {
		in(bars, el("circle", "class", "mark", "cx", m.X, "cy", middle, "r", "8"),
			saidIn(el("text", "class", "no", "x", m.X, "y", baseline, "text-anchor", "middle"), strconv.Itoa(m.No)))
	}
	return in(el("g"), saidIn(el("title"), r.Said),
		el("rect", "class", "row", "x", "0", "y", y, "width", "100%", "height", strconv.Itoa(rowHeight)),
		in(el("svg", "x", "0", "y", y, "width", "29%", "height", strconv.Itoa(rowHeight)), saidIn(el("text", "class", nameClass, "x", strconv.Itoa(r.Indent), "y", "14"), name)),
		saidIn(el("text", "class", "took", "x", "37%", "y", baseline, "text-anchor", "end"), r.Took),
		bars)
}
