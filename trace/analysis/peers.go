package analysis

import (
	"bytes"
	"encoding/binary"
	"net/url"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// Peers names what each span of t called that wrote no span itself, "" where it called
// nothing or that is unknown. Such calls are the spans of kind client and producer
// without a child of another service; the best of some attributes names the peer. It
// reads these spans once.
func Peers(t trace.Tree) []string {
	peers := make([]string, t.Len())
	s := spansOf(t)
	answered := s.answered()
	var hosts hostNames
	for i := range peers {
		peers[i] = s.peerOf(i, answered, &hosts).name
	}
	return peers
}

// answered says of which spans one of another service is a child.
func (s *spans) answered() []bool {
	answered := make([]bool, s.len())
	for i := range s.len() {
		p := s.parentOf(i)
		if p >= 0 && s.resource[p] != s.resource[i] && s.serviceOf(int(p)) != s.serviceOf(i) {
			answered[p] = true
		}
	}
	return answered
}

// answeredSpans does so for the forests of pieces.
func answeredSpans(pieces []piece) [][]bool {
	var first []int // piece of each forest
	for i, p := range pieces {
		if p.at == len(first) {
			first = append(first, i)
		}
	}
	all := make([][]bool, len(first))
	each(len(first), func(i int) { all[i] = pieces[first[i]].answered() })
	return all
}

// peer is what a call went to, and the attribute that says so.
type peer struct{ name, key string }

// peerOf gives what span i called.
func (s *spans) peerOf(i int, answered []bool, hosts *hostNames) peer {
	if k := s.kind[i]; answered[i] || k != trace.KindClient && k != trace.KindProducer {
		return peer{}
	}
	return peerOf(s.encoded(i), hosts)
}

// peerKeys are the attributes that name what a call went to, the best first. Of the
// last two, which are URLs, it is the host.
var peerKeys = []string{"peer.service", "server.address", "net.peer.name", "rpc.service", "db.system.name", "db.system", "messaging.system", "url.full", "http.url"}

// peerRank gives the place of a key in peerKeys, behind all of them for another one.
func peerRank(key []byte) int {
	switch string(key) { // faster than to compare with each
	case "peer.service", "server.address", "net.peer.name", "rpc.service", "db.system.name", "db.system", "messaging.system", "url.full", "http.url":
		return slices.Index(peerKeys, string(key))
	}
	return len(peerKeys)
}

func peerOf(span []byte, hosts *hostNames) peer {
	best := len(peerKeys)
	var name string
	attributes := otlpwire.ReadAttributes(span, 9)
	for key, value, ok := attributes.Next(); ok; key, value, ok = attributes.Next() {
		i := peerRank(key)
		if i >= best {
			continue
		}
		var text string
		if i >= len(peerKeys)-2 {
			text = hosts.of(value)
		} else {
			text = hosts.text(value)
		}
		if text != "" {
			best, name = i, text
		}
	}
	if name == "" {
		return peer{}
	}
	return peer{name, peerKeys[best]}
}

// hostNames keeps names of peers: most calls go to a few.
type hostNames struct{ known map[string]string }

// text gives the text of an encoded value.
func (h *hostNames) text(value []byte) string {
	if text, ok := plainText(value); ok {
		return h.keep(text)
	}
	return trace.EncodedText(value)
}

// of gives the host of the URL that an encoded value has.
func (h *hostNames) of(value []byte) string {
	if text, ok := plainText(value); ok {
		if host, ok := plainHost(text); ok {
			return h.keep(host)
		}
	}
	u, err := url.Parse(trace.EncodedText(value))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// keptHosts bounds the names that are kept; others are copied again and again.
const keptHosts = 1000

func (h *hostNames) keep(name []byte) string {
	if kept, ok := h.known[string(name)]; ok {
		return kept
	}
	if h.known == nil {
		h.known = map[string]string{}
	}
	text := string(name)
	if len(h.known) < keptHosts {
		h.known[text] = text
	}
	return text
}

// plainHost gives the host of a URL as url.Parse does. It knows the form that nearly all
// have and is not ok for any other.
func plainHost(address []byte) (host []byte, ok bool) {
	rest, ok := bytes.CutPrefix(address, []byte("https://"))
	if !ok {
		if rest, ok = bytes.CutPrefix(address, []byte("http://")); !ok {
			return nil, false
		}
	}
	end := 0
	for end < len(rest) && isHostByte(rest[end]) {
		end++
	}
	host, rest = rest[:end], rest[end:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = bytes.TrimLeft(rest[1:], "0123456789")
	}
	if len(host) == 0 || len(rest) > 0 && rest[0] != '/' && rest[0] != '?' {
		return nil, false
	}
	path, _, _ := bytes.Cut(rest, []byte("?"))
	if bytes.IndexByte(path, '%') >= 0 || bytes.IndexByte(rest, '#') >= 0 || mayHaveControls(rest) {
		return nil, false
	}
	return host, true
}

// mayHaveControls reports whether control characters of ASCII can be among some bytes. It
// looks at eight bytes at a time; it may take others for some, but misses none.
func mayHaveControls(b []byte) bool {
	const ones = 0x0101010101010101
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		del := x ^ 0x7f*ones
		if ((x-0x20*ones)&^x|(del-ones)&^del)&(0x80*ones) != 0 {
			return true
		}
	}
	for _, c := range b {
		if c < 0x20 || c == 0x7f {
			return true
		}
	}
	return false
}

func isHostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-'
}
