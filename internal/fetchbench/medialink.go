package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
)

var needsMediaLinks = regexp.MustCompile(`rclone/|gcloud/`)

// mediaLinks adds to listings what rclone and gcloud read and nobody else here
// does: the URL of each object's bytes, and a tag of its version.
func mediaLinks(store http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/storage/v1/b/"+bucket+"/o") || r.URL.Query().Get("alt") == "media" || !needsMediaLinks.MatchString(r.UserAgent()) {
			store.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		store.ServeHTTP(answer, r)
		var page map[string]any
		if json.Unmarshal(answer.Body.Bytes(), &page) != nil {
			http.Error(w, "the store's listing cannot be read", http.StatusInternalServerError)
			return
		}
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		items, _ := page["items"].([]any)
		if page["kind"] == "storage#object" {
			items = []any{page} // the description of a single object
		}
		for _, item := range items {
			if o, ok := item.(map[string]any); ok {
				name, _ := o["name"].(string)
				o["etag"], _ = o["generation"].(string)
				o["mediaLink"] = scheme + r.Host + "/storage/v1/b/" + bucket + "/o/" + url.PathEscape(name) + "?alt=media"
			}
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(answer.Code)
		json.NewEncoder(w).Encode(page)
	})
}
