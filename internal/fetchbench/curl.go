package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// runCurl fetches the set as one does with curl: it lists with curl, page by
// page, and gives the URLs to one curl that works on many at once. Over TLS it
// is told to use HTTP/1.1 and to connect at once: by itself it would wait to put
// all on one HTTP/2 connection, which is much slower.
func runCurl(args []string) error {
	flags := flag.NewFlagSet("curl", flag.ExitOnError)
	endpoint := flags.String("endpoint", "", "URL of the server")
	dir := flags.String("dir", "", "directory to write to")
	ca := flags.String("ca", "", "file of the server's certificate")
	flags.Parse(args)
	base := []string{"--silent", "--show-error", "--fail"}
	if *ca != "" {
		base = append(base, "--cacert", *ca)
	}

	names, err := listAll(*endpoint, func(url string) ([]byte, error) {
		cmd := exec.Command("curl", append(base, url)...)
		cmd.Stderr = os.Stderr
		return cmd.Output()
	})
	if err != nil {
		return err
	}
	var config strings.Builder
	for _, name := range names {
		fmt.Fprintf(&config, "url = %s\noutput = %s\n", strconv.Quote(objectURL(*endpoint, name)), strconv.Quote(filepath.Join(*dir, path.Base(name))))
	}
	cmd := exec.Command("curl", append(base, "--http1.1", "--parallel", "--parallel-immediate", "--parallel-max", "128", "--config", "-")...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(config.String()), os.Stderr
	return cmd.Run()
}

// listAll returns the names of all objects of the set; get brings one page.
func listAll(endpoint string, get func(url string) ([]byte, error)) ([]string, error) {
	query := url.Values{"prefix": {folder + "/"}, "fields": {"items(name),nextPageToken"}}
	var names []string
	for {
		data, err := get(endpoint + "/storage/v1/b/" + bucket + "/o?" + query.Encode())
		if err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
		var answer struct {
			Items         []struct{ Name string }
			NextPageToken string
		}
		if err := json.Unmarshal(data, &answer); err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
		for _, item := range answer.Items {
			names = append(names, item.Name)
		}
		if answer.NextPageToken == "" {
			return names, nil
		}
		query.Set("pageToken", answer.NextPageToken)
	}
}

func objectURL(endpoint, name string) string { return endpoint + "/" + bucket + "/" + name }
