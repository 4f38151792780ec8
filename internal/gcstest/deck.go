package gcstest

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// PutLog sets what the server's Deck shows as the log of a container of a run that
// has not ended: all of it at /log?job=JOB&id=BUILD&container=CONTAINER. The container
// that runs the tests is called test. Nil text removes the log, as the end of the pod does.
func (s *Server) PutLog(job, build, container string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := path.Join(job, build, container)
	if text == nil {
		delete(s.logs, key)
		return
	}
	s.logs[key] = text
}

// PutConfig sets what the server's Deck shows as its Prow's configuration, at /config.
// Nil text removes it.
func (s *Server) PutConfig(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config = text
}

// LoadDeck sets the logs of files DIR/JOB/BUILD/CONTAINER.txt, and the configuration of
// DIR/config/config.yaml.
func (s *Server) LoadDeck(dir string) error {
	root := os.DirFS(dir)
	return fs.WalkDir(root, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		parts := strings.Split(strings.TrimSuffix(file, ".txt"), "/")
		if file == "config/config.yaml" {
			text, err := fs.ReadFile(root, file)
			s.PutConfig(text)
			return err
		}
		if len(parts) != 3 {
			return fmt.Errorf("load %s: want JOB/BUILD/CONTAINER.txt", file)
		}
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		s.PutLog(parts[0], parts[1], parts[2], text)
		return nil
	})
}

// parseLog reads the address of a log or of the configuration; false for other addresses.
func parseLog(r *http.Request, req *Request) bool {
	if r.URL.Path == "/config" {
		req.Op = Config
		return true
	}
	if r.URL.Path != "/log" {
		return false
	}
	container := req.Query.Get("container")
	if container == "" {
		container = "test"
	}
	req.Op, req.Object = Log, path.Join(req.Query.Get("job"), req.Query.Get("id"), container)
	return true
}

// log answers as Deck does: with the whole log, as plain text.
func (s *Server) log(w http.ResponseWriter, req *Request) {
	for _, key := range []string{"job", "id"} {
		if req.Query.Get(key) == "" {
			http.Error(w, fmt.Sprintf("request did not provide the '%s' query parameter", key), http.StatusBadRequest)
			return
		}
	}
	s.mu.Lock()
	text, ok := s.logs[req.Object]
	s.mu.Unlock()
	if !ok {
		http.Error(w, "Log not found: pods \""+req.Object+"\" not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(text)
}

// answerConfig answers as Deck does: with all of the configuration, as plain text.
func (s *Server) answerConfig(w http.ResponseWriter) {
	s.mu.Lock()
	text := s.config
	s.mu.Unlock()
	if text == nil {
		http.Error(w, "there is no configuration", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Write(text)
}
