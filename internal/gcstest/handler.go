package gcstest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Op is what a request asks for.
type Op string

const (
	List   Op = "list"   // objects of a bucket
	Get    Op = "get"    // the bytes of an object, by XML or JSON
	Attrs  Op = "attrs"  // the JSON description of an object or bucket
	Log    Op = "log"    // the log of a run that has not ended, by Deck
	Config Op = "config" // the configuration of its Prow, by Deck
)

// Request is one request as it was received.
type Request struct {
	Method string
	Op     Op // "" if it is no request of a reader
	Bucket string
	Object string // of a list: the prefix; of a log: JOB/BUILD/CONTAINER
	Query  url.Values
	Header http.Header
	XML    bool // false: JSON API
}

// Requests returns all requests so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Request, len(s.requests))
	for i, r := range s.requests {
		all[i] = *r
	}
	return all
}

// Count returns how many requests of this kind came for this object; "" matches all.
func (s *Server) Count(op Op, object string) int {
	n := 0
	for _, r := range s.Requests() {
		if (op == "" || r.Op == op) && (object == "" || r.Object == object) {
			n++
		}
	}
	return n
}

// Conns returns how many connections were accepted.
func (s *Server) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// ResetLog forgets requests and connections.
func (s *Server) ResetLog() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.conns = nil, 0
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := parse(r)
	s.mu.Lock()
	s.requests = append(s.requests, req)
	effects := s.effectsLocked(req)
	s.mu.Unlock()

	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, req) })
	for _, e := range effects {
		next := h
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e(s, w, r, next) })
	}
	h.ServeHTTP(w, r)
}

// parse splits the escaped path: an object name may hold slashes as %2F.
func parse(r *http.Request) *Request {
	req := &Request{Method: r.Method, Query: r.URL.Query(), Header: r.Header.Clone()}
	if parseLog(r, req) {
		return req
	}
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(strings.TrimPrefix(path, "/download"), "/storage/v1/b/"); ok {
		b, rest, _ := strings.Cut(rest, "/")
		req.Bucket, _ = url.PathUnescape(b)
		switch {
		case rest == "":
			req.Op = Attrs
		case rest == "o":
			req.Op, req.Object = List, req.Query.Get("prefix")
		case strings.HasPrefix(rest, "o/"):
			req.Op = Attrs
			if req.Query.Get("alt") == "media" {
				req.Op = Get
			}
			req.Object, _ = url.PathUnescape(rest[2:])
		}
		return req
	}
	req.XML = true
	b, object, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	req.Bucket, _ = url.PathUnescape(b)
	if ok && object != "" {
		req.Op = Get
		req.Object, _ = url.PathUnescape(object)
	}
	return req
}

func (s *Server) answer(w http.ResponseWriter, req *Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead || req.Op == "" {
		refuse(w, req, http.StatusMethodNotAllowed, "MethodNotAllowed", "this server only reads")
		return
	}
	switch req.Op {
	case Log:
		s.log(w, req)
		return
	case Config:
		s.answerConfig(w)
		return
	}
	s.mu.Lock()
	b := s.buckets[req.Bucket]
	s.mu.Unlock()
	if b == nil {
		refuse(w, req, http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist.")
		return
	}
	if !s.allowed(w, req, b) {
		return
	}
	if req.Op == List {
		s.list(w, req, b)
		return
	}
	if req.Object == "" {
		writeJSON(w, map[string]any{"kind": "storage#bucket", "id": req.Bucket, "name": req.Bucket})
		return
	}
	s.mu.Lock()
	o := b.objects[req.Object]
	s.mu.Unlock()
	gen := req.Query.Get("generation")
	if o == nil || gen != "" && gen != strconv.FormatInt(o.Generation, 10) {
		refuse(w, req, http.StatusNotFound, "NoSuchKey", "No such object: "+req.Bucket+"/"+req.Object)
		return
	}
	if req.Op == Attrs {
		writeJSON(w, o.resource())
		return
	}
	o.media(w, req)
}

// allowed answers the request itself if the bucket does not let the caller read.
func (s *Server) allowed(w http.ResponseWriter, req *Request, b *bucket) bool {
	s.mu.Lock()
	tokens, pays := b.tokens, b.requesterPays
	s.mu.Unlock()
	token, hasToken := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	permission := "storage.objects." + strings.Replace(string(req.Op), "attrs", "get", 1)
	switch {
	case tokens != nil && !hasToken:
		status := http.StatusUnauthorized
		if req.XML { // the XML API answers an anonymous caller 403
			status = http.StatusForbidden
		}
		refuse(w, req, status, "AccessDenied", "Anonymous caller does not have "+permission+" access to the Google Cloud Storage bucket.")
	case tokens != nil && !slices.Contains(tokens, token):
		refuse(w, req, http.StatusForbidden, "AccessDenied", "someone@example.com does not have "+permission+" access to the Google Cloud Storage bucket.")
	case pays && req.Query.Get("userProject") == "" && req.Header.Get("X-Goog-User-Project") == "":
		refuse(w, req, http.StatusBadRequest, "UserProjectMissing", "Bucket is a requester pays bucket but no user project provided.")
	default:
		return true
	}
	return false
}

// refuse writes an error in the form of the API that was asked.
func refuse(w http.ResponseWriter, req *Request, status int, code, message string) {
	if req.XML {
		w.Header().Set("Content-Type", "application/xml; charset=UTF-8")
		w.WriteHeader(status)
		var text bytes.Buffer
		xml.EscapeText(&text, []byte(message))
		fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>%s</Code><Message>%s</Message></Error>", code, text.Bytes())
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"code": status, "message": message,
		"errors": []map[string]any{{"message": message, "domain": "global", "reason": code}},
	}})
}

func writeJSON(w http.ResponseWriter, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings always encode
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
}

// resource is the JSON description of the object.
func (o *Object) resource() map[string]any {
	size, crc := int64(len(o.Data)), o.crc
	if o.ListedSize != nil {
		size = *o.ListedSize
	}
	if o.ListedCRC32C != nil {
		crc = *o.ListedCRC32C
	}
	gen := strconv.FormatInt(o.Generation, 10)
	r := map[string]any{
		"kind": "storage#object", "id": o.Bucket + "/" + o.Name + "/" + gen,
		"bucket": o.Bucket, "name": o.Name, "generation": gen, "metageneration": "1",
		"size": strconv.FormatInt(size, 10), "crc32c": encodeCRC(crc),
		"md5Hash":     base64.StdEncoding.EncodeToString(o.md5[:]),
		"contentType": o.ContentType, "storageClass": "STANDARD",
		"timeCreated": o.Updated.Format("2006-01-02T15:04:05.000Z"),
		"updated":     o.Updated.Format("2006-01-02T15:04:05.000Z"),
	}
	if o.ContentEncoding != "" {
		r["contentEncoding"] = o.ContentEncoding
	}
	if len(o.Metadata) > 0 {
		r["metadata"] = o.Metadata
	}
	return r
}

func encodeCRC(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

// media writes the object's bytes, or the asked range of them.
func (o *Object) media(w http.ResponseWriter, req *Request) {
	h := w.Header()
	h.Set("Content-Type", o.ContentType)
	h.Set("Last-Modified", o.Updated.Format(http.TimeFormat))
	h.Set("X-Goog-Generation", strconv.FormatInt(o.Generation, 10))
	h.Set("X-Goog-Metageneration", "1")
	h.Add("X-Goog-Hash", "crc32c="+encodeCRC(o.crc))
	h.Add("X-Goog-Hash", "md5="+base64.StdEncoding.EncodeToString(o.md5[:]))
	h.Set("X-Goog-Stored-Content-Length", strconv.Itoa(len(o.Data)))
	h.Set("X-Goog-Stored-Content-Encoding", "identity")
	for k, v := range o.Metadata {
		h.Set("X-Goog-Meta-"+k, v)
	}
	if o.ContentEncoding != "" {
		h.Set("X-Goog-Stored-Content-Encoding", o.ContentEncoding)
		h.Set("Content-Encoding", o.ContentEncoding)
	}
	if o.ContentEncoding == "gzip" && !strings.Contains(req.Header.Get("Accept-Encoding"), "gzip") {
		o.transcode(w)
		return
	}
	start, end, ok := span(req.Header.Get("Range"), int64(len(o.Data)))
	if !ok {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", len(o.Data)))
		refuse(w, req, http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range cannot be satisfied.")
		return
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(end-start, 10))
	if req.Header.Get("Range") != "" {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, len(o.Data)))
		w.WriteHeader(http.StatusPartialContent)
	}
	if req.Method == http.MethodGet {
		w.Write(o.Data[start:end])
	}
}

// transcode serves a gzip object inflated: whole, without a length, whatever the range asked.
func (o *Object) transcode(w http.ResponseWriter) {
	w.Header().Del("Content-Encoding")
	w.Header().Set("Warning", `214 UploadServer gunzipped`)
	zr, err := gzip.NewReader(bytes.NewReader(o.Data))
	if err != nil { // mislabelled: the service hands out what is stored
		w.Write(o.Data)
		return
	}
	io.Copy(w, zr)
}

// span reads a Range header of one range. Without one it is everything.
func span(header string, size int64) (start, end int64, ok bool) {
	spec, found := strings.CutPrefix(header, "bytes=")
	if !found {
		return 0, size, true
	}
	from, to, _ := strings.Cut(spec, "-")
	if from == "" { // the last bytes
		n, err := strconv.ParseInt(to, 10, 64)
		return max(size-n, 0), size, err == nil && n > 0 && size > 0
	}
	start, err := strconv.ParseInt(from, 10, 64)
	if err != nil || start >= size {
		return 0, 0, false
	}
	if to == "" {
		return start, size, true
	}
	end, err = strconv.ParseInt(to, 10, 64)
	return start, min(end+1, size), err == nil && end >= start
}
