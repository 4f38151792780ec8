package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"prowtrace/internal/gcstest"
)

// A server serves one set at the far end of a line.
type server struct {
	set
	options
	url   string // https://127.0.0.1:port
	host  string // 127.0.0.1:port
	ca    string // file of the certificate; "" without TLS
	store *gcstest.Server
	http  *http.Server
}

func newServer(s set, o options) (*server, error) {
	// The server's own listener has no line before it and is not used.
	store, err := gcstest.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.fill(store)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	link := &Link{RTT: rtt, PerConn: perConn, Total: total}
	p := &server{set: s, options: o, store: store, host: inner.Addr().String()}
	p.http = &http.Server{Handler: mediaLinks(store), ErrorLog: log.New(io.Discard, "", 0)}
	if o.plain {
		p.url = "http://" + p.host
		go p.http.Serve(link.Listener(inner))
		return p, nil
	}
	p.url, p.ca = "https://"+p.host, filepath.Join(o.dir, "ca-"+s.name+".pem")
	cert, err := certificate(p.ca)
	if err != nil {
		return nil, err
	}
	p.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	go p.http.ServeTLS(link.Listener(inner), "", "")
	return p, nil
}

func (p *server) close() {
	p.http.Close()
	p.store.Close()
}

// certificate makes one for this machine, of the kind that the service has
// (ECDSA), and writes it for the tools to trust.
func certificate(file string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fetchbench"}, // curl wants a name
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, os.WriteFile(file, text, 0o600)
}

// run lets a tool fetch the set into a new directory, measures it, and looks at
// what it brought.
func (p *server) run(t tool) (figures, error) {
	dir, err := os.MkdirTemp(p.dir, "run-")
	if err != nil {
		return figures{}, err
	}
	if p.files < 100 {
		// Many small files stay until the end of the program: ext4 looks at every
		// file that was deleted in the last half minute before it makes a new one,
		// which would cost the next tool a second for 5000 files.
		defer os.RemoveAll(dir)
	}
	p.store.ResetLog()
	before := ownCPU()
	f, err := measured(t.command(p, dir), append(os.Environ(), t.env(p, dir)...))
	if err != nil {
		return f, err
	}
	f.Server = ownCPU() - before
	if t.keepsNothing {
		return f, nil
	}
	return f, p.check(dir)
}

// check counts the files of the set's size that a tool has written.
func (p *server) check(dir string) error {
	n := 0
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if fi, err := d.Info(); err == nil && fi.Size() == p.size {
			n++
		}
		return nil
	})
	if err == nil && n != p.files {
		err = fmt.Errorf("%d of %d files came whole", n, p.files)
	}
	return err
}
