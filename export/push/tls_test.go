package push

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/receivertest"
)

// authority signs certificates of servers and clients.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{}
	template := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert, a.key = a.sign(t, template)
	return a
}

// sign gives a certificate for a template, and its key. The first one signs itself.
func (a *authority) sign(t testing.TB, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.Subject = big.NewInt(1), pkix.Name{CommonName: "test"}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// pool is a pool that trusts the authority.
func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// inFiles writes a certificate and its key to files.
func inFiles(t testing.TB, cert *x509.Certificate, key *ecdsa.PrivateKey) (certFile, keyFile string) {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert.Raw}, keyFile: {Type: "EC PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// behindTLS puts a TLS listener in front of a server without TLS, and gives its address.
func behindTLS(t testing.TB, config *tls.Config, address string) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			open.Go(func() { pipe(conn, address) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Wait()
	})
	return "https://" + l.Addr().String()
}

// pipe passes on data in both directions until one side hangs up.
func pipe(conn net.Conn, address string) {
	defer conn.Close()
	inner, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer inner.Close()
	var both sync.WaitGroup
	both.Go(func() { io.Copy(inner, conn); inner.Close() })
	both.Go(func() { io.Copy(conn, inner); conn.Close() })
	both.Wait()
}

// Certificates of the environment give the trusted authorities and the client's identity.
func TestTLS(t *testing.T) {
	trusted, other := newAuthority(t), newAuthority(t)
	cert, key := trusted.sign(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	server := tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
	client := func(a *authority) (string, string) {
		cert, key := a.sign(t, &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		return inFiles(t, cert, key)
	}
	roots, _ := inFiles(t, trusted.cert, trusted.key)
	strange, _ := inFiles(t, other.cert, other.key)
	mine, myKey := client(trusted)
	foreign, foreignKey := client(other)
	const all = "OTEL_EXPORTER_OTLP_"
	view := joinedView(t, otlptest.Made(t))
	for _, c := range []struct {
		name    string
		env     map[string]string
		refused bool
	}{
		{"trusted, with a client's", map[string]string{"CERTIFICATE": roots, "CLIENT_CERTIFICATE": mine, "CLIENT_KEY": myKey}, false},
		{"nobody is trusted", map[string]string{"CLIENT_CERTIFICATE": mine, "CLIENT_KEY": myKey}, true},
		{"another is trusted", map[string]string{"CERTIFICATE": strange, "CLIENT_CERTIFICATE": mine, "CLIENT_KEY": myKey}, true},
		{"without a client's", map[string]string{"CERTIFICATE": roots}, true},
		{"with another's client", map[string]string{"CERTIFICATE": roots, "CLIENT_CERTIFICATE": foreign, "CLIENT_KEY": foreignKey}, true},
	} {
		for _, p := range protocols {
			t.Run(c.name+" by "+string(p.name), func(t *testing.T) {
				r := receivertest.Start(t)
				config := &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted.pool()}
				if p.name == GRPC {
					config.NextProtos = []string{"h2"}
				}
				endpoint := behindTLS(t, config, strings.TrimPrefix(p.address(r), "http://"))
				env := func(name string) string { return c.env[strings.TrimPrefix(name, all)] }
				to, err := Resolve(Settings{Endpoint: endpoint, Protocol: string(p.name)}, env, os.ReadFile)
				if err != nil {
					t.Fatal(err)
				}
				o := hasty()
				o.RetryFor = -1
				report, err := send(t, to, o, NewPlan(view, Joined, false), 0)
				switch {
				case !c.refused && (err != nil || len(r.Kept()) == 0 || report.Spans != len(r.Kept())):
					t.Errorf("%d spans arrived of %d: %v", len(r.Kept()), report.Spans, err)
				case c.refused && (err == nil || len(r.Kept()) > 0): // a server may hang up before it gives the reason
					t.Errorf("%d spans arrived: %v", len(r.Kept()), err)
				}
			})
		}
	}
}
