package link

import (
	"slices"
	"strings"
)

// isDeck reports whether a host serves Deck: one of the known ones, or one that
// calls itself so. "" is the default instance.
func (g grammar) isDeck(host string) bool {
	if host == "" {
		return true
	}
	if in, ok := g.At(host); ok && in.HasDeck(host) {
		return true
	}
	first, _, _ := strings.Cut(host, ".")
	for _, name := range []string{"prow", "deck"} {
		if first == name || strings.HasPrefix(first, name+"-") || strings.HasSuffix(first, "-"+name) {
			return true
		}
	}
	return false
}

// isGubernator reports whether a host was one of the viewer that Deck replaced.
// The hosts are gone; their links still name bucket and path.
func isGubernator(host string) bool {
	return slices.Contains([]string{"k8s-gubernator.appspot.com", "gubernator.k8s.io", "openshift-gce-devel.appspot.com"}, host)
}

// isHost reports whether text without a scheme can only be a host name.
func (g grammar) isHost(s string) bool {
	name, port, hasPort := strings.Cut(s, ":")
	if hasPort {
		return name != "" && isDigits(port)
	}
	name = strings.ToLower(name)
	if _, ok := g.At(name); ok || isGubernator(name) || name == "localhost" {
		return name != ""
	}
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || len(name)-i < 3 {
		return false
	}
	for _, c := range name[i+1:] {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// isKnownHost reports a host without which a word could be a job's name.
func (g grammar) isKnownHost(host string) bool {
	host = strings.ToLower(host)
	_, known := g.At(host)
	return known || isGubernator(host) || isConsole(host) || slices.Contains(googleHosts, host) || strings.HasPrefix(host, "testgrid.")
}
