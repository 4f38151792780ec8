package analysis

import (
	"net/url"
	"slices"
	"strings"

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
	for num, field := range otlpwire.Messages(span) {
		if num != 9 {
			continue
		}
		key, value := otlpwire.KeyValue(field)
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
		if host, ok := plainHost(otlpwire.String(text)); ok {
			return h.keep([]byte(host))
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
func plainHost(address string) (host string, ok bool) {
	rest, secure := strings.CutPrefix(address, "https://")
	if !secure {
		if rest, ok = strings.CutPrefix(address, "http://"); !ok {
			return "", false
		}
	}
	end := 0
	for end < len(rest) && isHostByte(rest[end]) {
		end++
	}
	host, rest = rest[:end], rest[end:]
	if strings.HasPrefix(rest, ":") {
		rest = strings.TrimLeft(rest[1:], "0123456789")
	}
	if host == "" || rest != "" && rest[0] != '/' && rest[0] != '?' {
		return "", false
	}
	inPath := true
	for i := range len(rest) {
		switch c := rest[i]; {
		case c < 0x20 || c == 0x7f || c == '#' || c == '%' && inPath:
			return "", false
		case c == '?':
			inPath = false
		}
	}
	return host, true
}

func isHostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-'
}
