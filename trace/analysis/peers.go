package analysis

import (
	"bytes"
	"encoding/binary"
	"net/url"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// Peers names what each span of t called that wrote no span itself, or "" if it called
// nothing or the peer is unknown. Such calls are the spans of kind client and producer
// without a child of another service. The best of some attributes names the peer. It reads
// these spans once.
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

// answered reports for each span whether it has a child of another service.
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

// answeredSpans does the same for the forests of pieces.
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

// peer is the peer of a call, and the attribute that names it.
type peer struct{ name, key string }

// peerOf gives what span i called.
func (s *spans) peerOf(i int, answered []bool, hosts *hostNames) peer {
	if k := s.kind[i]; answered[i] || k != trace.KindClient && k != trace.KindProducer {
		return peer{}
	}
	return peerOf(s.encoded(i), hosts)
}

// peerKeys are the attributes that name a peer, the best first. The last two are URLs, of
// which the host is the name.
var peerKeys = []string{"peer.service", "server.address", "net.peer.name", "rpc.service", "db.system.name", "db.system", "messaging.system", "url.full", "http.url"}

// peerRank gives the place of a key in peerKeys, or a place after all of them for another
// key.
func peerRank(key []byte) int {
	switch string(key) { // faster than comparing with each
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

// keptHosts bounds how many names are kept. Others are copied each time.
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

// plainHost gives the host of a URL as url.Parse does. It understands the form that nearly
// all URLs have, and ok is false for any other.
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

// mayHaveControls reports whether some bytes may contain ASCII control characters. It looks
// at eight bytes at a time. It may report some that are not there, but misses none.
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
