package link

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"prowtrace/prow"
)

// object is a name in a bucket, as the pages and APIs of object stores give it.
type object struct{ provider, bucket, name string }

// googleHosts serve HOST/BUCKET/OBJECT, and BUCKET.HOST/OBJECT.
var googleHosts = []string{
	"storage.googleapis.com",
	"storage.cloud.google.com",
	"storage.mtls.cloud.google.com",
	"storage.mtls.googleapis.com",
	"storage-download.googleapis.com",
	"storage-upload.googleapis.com",
	"commondatastorage.googleapis.com",
}

// object recognises the object stores' own links. ok is false for all others.
func (p page) object() (o object, ok bool) {
	for _, read := range []func() (object, bool){p.googleAPI, p.googleConsole, p.google, p.amazonConsole, p.amazon, p.cloudflare, p.endpoint, p.minioConsole} {
		if o, ok = read(); ok {
			return o, true
		}
	}
	return object{}, false
}

// googleAPI reads the JSON API, on any host because emulators speak it too:
// [/download|/upload]/storage/v1/b/BUCKET/o[/OBJECT][?prefix=…].
func (p page) googleAPI() (object, bool) {
	i := 0
	if p.at(0) == "download" || p.at(0) == "upload" {
		i = 1
	}
	if p.at(i) != "storage" || !strings.HasPrefix(p.at(i+1), "v1") || p.at(i+2) != "b" {
		return object{}, false
	}
	o := object{provider: "gs", bucket: p.at(i + 3)}
	if p.at(i+4) == "o" {
		o.name = p.from(i + 5)
	}
	for _, key := range []string{"prefix", "name"} {
		if o.name == "" {
			o.name = p.query[key]
		}
	}
	return o, true
}

func isConsole(host string) bool {
	return slices.Contains([]string{"console.cloud.google.com", "console.developers.google.com", "pantheon.corp.google.com"}, host)
}

// googleConsole reads /storage/browser/[_details/]BUCKET/PATH and
// /m/cloudstorage/b/BUCKET/o/OBJECT.
func (p page) googleConsole() (object, bool) {
	if !isConsole(p.host) {
		return object{}, false
	}
	switch {
	case p.at(0) == "storage" && p.at(1) == "browser":
		i := 2
		if p.at(i) == "_details" {
			i++
		}
		return object{"gs", p.at(i), p.nameOrPrefix(i + 1)}, true
	case p.at(0) == "m" && p.at(1) == "cloudstorage" && p.at(2) == "b":
		return object{"gs", p.at(3), p.from(5)}, true
	}
	return object{}, false
}

// googleRegion matches the hosts of one region and those of private endpoints,
// each with or without the bucket in front.
var googleRegion = regexp.MustCompile(`^(?:(.+)\.)?storage(?:\.[a-z0-9-]+\.rep|-[a-z0-9-]+\.p)\.googleapis\.com$`)

func (p page) google() (object, bool) {
	if m := googleRegion.FindStringSubmatch(p.host); m != nil && m[1] != "" {
		return object{"gs", m[1], p.nameOrPrefix(0)}, true
	} else if m != nil {
		return object{"gs", p.at(0), p.nameOrPrefix(1)}, true
	}
	for _, host := range googleHosts {
		if p.host == host {
			return object{"gs", p.at(0), p.nameOrPrefix(1)}, true
		}
		if bucket, ok := strings.CutSuffix(p.host, "."+host); ok {
			return object{"gs", bucket, p.nameOrPrefix(0)}, true
		}
	}
	return object{}, false
}

// amazonConsole reads /s3/buckets/BUCKET[/PATH][?prefix=…] and
// /s3/object/BUCKET?prefix=…, on any host: the regions have hosts of their own.
func (p page) amazonConsole() (object, bool) {
	if p.at(0) != "s3" || p.at(1) != "buckets" && p.at(1) != "object" {
		return object{}, false
	}
	return object{"s3", p.at(2), p.nameOrPrefix(3)}, true
}

// amazonHost matches s3.amazonaws.com, s3.REGION…, s3-REGION…, s3.dualstack.…,
// each with or without the bucket in front.
var amazonHost = regexp.MustCompile(`^(?:(.+)\.)?s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$`)

func (p page) amazon() (object, bool) {
	m := amazonHost.FindStringSubmatch(p.host)
	switch {
	case m == nil:
		return object{}, false
	case m[1] != "":
		return object{"s3", m[1], p.nameOrPrefix(0)}, true
	}
	return object{"s3", p.at(0), p.nameOrPrefix(1)}, true
}

// cloudflare reads R2: [BUCKET.]ACCOUNT[.JURISDICTION].r2.cloudflarestorage.com.
func (p page) cloudflare() (object, bool) {
	account, ok := strings.CutSuffix(p.host, ".r2.cloudflarestorage.com")
	if !ok {
		return object{}, false
	}
	account = strings.TrimSuffix(strings.TrimSuffix(account, ".eu"), ".fedramp")
	if i := strings.LastIndexByte(account, '.'); i >= 0 {
		return object{"s3", account[:i], p.nameOrPrefix(0)}, true
	}
	return object{"s3", p.at(0), p.nameOrPrefix(1)}, true
}

// endpoint reads the S3 servers of known instances: HOST/BUCKET/OBJECT, and
// BUCKET.HOST/OBJECT. Their consoles can be on the same host.
func (p page) endpoint() (object, bool) {
	if _, ok := p.known.AtEndpoint(p.host); ok {
		_, known := p.known.OfBucket(p.at(0))
		return object{"s3", p.at(0), p.nameOrPrefix(1)}, known
	}
	bucket, host, _ := strings.Cut(p.host, ".")
	_, ok := p.known.AtEndpoint(host)
	return object{"s3", bucket, p.nameOrPrefix(0)}, ok && prow.IsBucket("s3", bucket)
}

// minioConsole reads the pages of MinIO's console, which are on hosts of anybody's own:
// /browser/BUCKET/PATH, /buckets/BUCKET/browse/PATH and, of older ones,
// /minio/BUCKET/PATH. Some versions write the path in base64.
func (p page) minioConsole() (object, bool) {
	bucket, i := p.at(1), 2
	switch {
	case p.at(0) == "browser", p.at(0) == "minio" && p.at(1) != "health" && p.at(1) != "v2":
	case p.at(0) == "buckets" && p.at(2) == "browse":
		i = 3
	default:
		return object{}, false
	}
	name := p.nameOrPrefix(i)
	if !prow.IsBucket("s3", bucket) || name == "" {
		return object{}, false
	}
	if decoded, err := base64.StdEncoding.DecodeString(name); err == nil && strings.Contains(string(decoded), "/") && utf8.Valid(decoded) &&
		!strings.ContainsFunc(string(decoded), unicode.IsControl) {
		name = string(decoded)
	}
	return object{"s3", bucket, name}, true
}

// nameOrPrefix is the object named by the path from segment i on, or else the
// prefix that a listing asks for. A prefix below the path refines it.
func (p page) nameOrPrefix(i int) string {
	name, prefix := p.from(i), p.query["prefix"]
	if name == "" || strings.HasPrefix(prefix, name+"/") {
		return cmp.Or(prefix, name)
	}
	return name
}
