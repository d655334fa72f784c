package cloudsim

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"
)

func TestAKeptAuthorityIsTrustedAfterARestart(t *testing.T) {
	made, err := NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := made.KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	before := start(t, Config{Authority: made})
	kept, err := ParseAuthority(before.cloud.CAPEM(), key)
	if err != nil || !kept.Expires().Equal(made.Expires()) {
		t.Fatalf("kept until %v, error %v", kept.Expires(), err)
	}
	after := start(t, Config{Authority: kept, Faults: Faults{ForeignBlob: 1}})
	reply, err := before.http.Get(after.cloud.URL())
	if err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close()
	if _, err := ParseAuthority(before.cloud.CAPEM(), []byte("no key")); err == nil {
		t.Error("taken without a key")
	}
	other, err := NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseAuthority(other.CertPEM(), key); err == nil {
		t.Error("taken with another's key")
	}
}

func TestTheCloudIsReachedByItsName(t *testing.T) {
	c := start(t, Config{Host: "localhost"})
	if c.cloud.URL()[:17] != "https://localhost" {
		t.Fatalf("reached at %s", c.cloud.URL())
	}
	c.offer("Audit.General", -time.Minute, `{"Id":"a"}`)
	blobs, _ := c.walk("Audit.General", "")
	if got := c.do(http.MethodGet, blobs[0].ContentURI, nil); got.status != http.StatusOK {
		t.Errorf("%s: %d", blobs[0].ContentURI, got.status)
	}

	named, err := New(Config{Host: "simulate.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := named.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = named.Close() })
	conn, err := tls.Dial("tcp", "127.0.0.1"+named.URL()[len("https://simulate.example"):], &tls.Config{RootCAs: named.CertPool(), ServerName: "simulate.example"})
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
