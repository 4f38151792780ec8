package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"golang.org/x/sync/errgroup"
)

// transports are forms in which Go can carry many reads. What differs is only
// the transport: all list, then read all, and write nothing.
var transports = []tool{
	transport(1, 16, 1), transport(1, 64, 1), transport(1, 96, 1), transport(1, 128, 1),
	transport(2, 64, 1), transport(2, 64, 4), transport(2, 64, 8), transport(2, 128, 8), transport(2, 128, 16), transport(2, 256, 16),
}

func transport(version, parallel, conns int) tool {
	name := fmt.Sprintf("HTTP/1.1, %d connections", parallel)
	if version == 2 {
		name = fmt.Sprintf("HTTP/2, %d connections, %d requests", conns, parallel)
	}
	return tool{
		name: name, keepsNothing: true,
		command: func(p *server, _ string) []string {
			return part("nethttp", "-endpoint", p.url, "-ca", p.ca,
				"-http", strconv.Itoa(version), "-parallel", strconv.Itoa(parallel), "-conns", strconv.Itoa(conns))
		},
	}
}

func runNetHTTP(args []string) error {
	flags := flag.NewFlagSet("nethttp", flag.ExitOnError)
	endpoint := flags.String("endpoint", "", "URL of the server")
	ca := flags.String("ca", "", "file of the server's certificate")
	version := flags.Int("http", 1, "version of HTTP")
	parallel := flags.Int("parallel", 64, "requests under way together")
	conns := flags.Int("conns", 1, "connections of HTTP/2")
	flags.Parse(args)

	certificate, err := os.ReadFile(*ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	var clients []*http.Client
	for range *conns {
		t := &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots}, DisableCompression: true,
			MaxIdleConnsPerHost: *parallel, Protocols: new(http.Protocols),
		}
		t.Protocols.SetHTTP1(*version == 1)
		t.Protocols.SetHTTP2(*version == 2)
		if *version == 2 {
			t.MaxConnsPerHost = 1 // else a burst of requests dials once for each
		}
		clients = append(clients, &http.Client{Transport: t})
	}

	names, err := listAll(*endpoint, func(url string) ([]byte, error) { return get(clients[0], url, io.ReadAll) })
	if err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(*parallel)
	for i, name := range names {
		g.Go(func() error {
			_, err := get(clients[i%len(clients)], objectURL(*endpoint, name), func(r io.Reader) ([]byte, error) {
				_, err := io.Copy(io.Discard, r)
				return nil, err
			})
			return err
		})
	}
	return g.Wait()
}

func get(client *http.Client, url string, read func(io.Reader) ([]byte, error)) ([]byte, error) {
	res, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, res.Status)
	}
	return read(res.Body)
}
