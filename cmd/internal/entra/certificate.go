package entra

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// What may be wrong with a certificate's file, with how to mend it.
var (
	errNoCertificate = errors.New("it holds no certificate: it must be PEM with the certificate and its key, or PFX")
	errNoForm        = errors.New("it is neither PEM with a certificate and its key nor a whole PFX")
	errBadKey        = errors.New("its private key cannot be read: export certificate and key again")
	errNoKey         = errors.New("it holds a certificate without its private key: put both into one file, as in 'cat cert.pem key.pem > app.pem'")
	errEncryptedPEM  = errors.New("its key is encrypted PEM, which is not read: make a PFX of it with 'openssl pkcs12 -export -in app.pem -out app.pfx'")
	errNoPassword    = errors.New("it is protected by a password, and none is given")
	errPassword      = errors.New("its password is another one than is given")
	errNotRSA        = errors.New("its key is no RSA key, and Entra takes no other: make one with 'openssl req -newkey rsa:3072'")
	errShortKey      = errors.New("its key is shorter than 2048 bits, which Entra asks for: make one with 'openssl req -newkey rsa:3072'")
	errTwoKeys       = errors.New("it holds several private keys: leave the one that belongs to the certificate")
	errForeignKey    = errors.New("its private key belongs to another certificate: export certificate and key together")
)

// Expires gives when what proves the app ends, as its file holds it now, even if that is past. It is the zero time
// where that is not known: a secret does not tell, and the other kinds have nothing that lasts.
func Expires(c Config) (time.Time, error) {
	if c.Kind != Certificate {
		return time.Time{}, nil
	}
	from, err := c.readCertificate()
	if err != nil {
		return time.Time{}, err
	}
	p, err := c.parseCertificate(from)
	return p.expires(), err
}

func (c Config) readCertificate() (content, error) {
	text, err := readFile("the certificate", c.CertificateFile)
	if err != nil || c.PasswordFile == "" {
		return content{text, c.Password}, err
	}
	password, err := readFile("the certificate's password", c.PasswordFile)
	return content{text, strings.Trim(password, "\ufeff\r\n")}, err // a password may begin or end with a space
}

func (c Config) parseCertificate(from content) (proof, error) {
	read := readPFX
	if strings.Contains(from.text, "-----BEGIN ") {
		read = readPEM
	}
	certs, key, err := read(from)
	if err == nil {
		certs, err = ordered(certs, key)
	}
	if err != nil {
		return proof{}, fmt.Errorf("certificate file %s: %w", c.CertificateFile, err)
	}
	return proof{file: c.CertificateFile, chain: certs, key: key}, nil
}

// readPEM reads the certificates and the one key of a PEM file. Blocks of other types are passed over.
func readPEM(from content) (certs []*x509.Certificate, key *rsa.PrivateKey, err error) {
	for block, rest := pem.Decode([]byte(from.text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("read a certificate in it: %w", err)
			}
			certs = append(certs, cert)
			continue
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if key != nil {
			return nil, nil, errTwoKeys
		}
		if key, err = readKey(block); err != nil {
			return nil, nil, err
		}
	}
	return certs, key, nil
}

func readKey(block *pem.Block) (*rsa.PrivateKey, error) {
	var key crypto.PrivateKey
	var err error
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, errEncryptedPEM
	case block.Type == "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errBadKey
	}
	if own, ok := key.(*rsa.PrivateKey); ok {
		return own, nil
	}
	return nil, errNotRSA
}

// readPFX reads a PKCS #12 file: with the ciphers of today, which OpenSSL 3 and Windows use, and the former ones.
func readPFX(from content) ([]*x509.Certificate, *rsa.PrivateKey, error) {
	key, cert, others, err := pkcs12.DecodeChain([]byte(from.text), from.password)
	wrong := errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption)
	unknown, isUnknown := errors.AsType[pkcs12.NotImplementedError](err)
	switch {
	case wrong && from.password == "":
		return nil, nil, errNoPassword
	case wrong:
		return nil, nil, errPassword
	case err != nil && (strings.Contains(err.Error(), "private key missing") || isCertificate(from.text)):
		return nil, nil, errNoKey
	case isUnknown:
		return nil, nil, fmt.Errorf("it is a PFX that cannot be read (%w): export it with AES-256 and SHA-256", unknown)
	case err != nil: // the reason would quote bytes of what may be some other secret
		return nil, nil, errNoForm
	}
	own, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, nil, errNotRSA
	}
	return append([]*x509.Certificate{cert}, others...), own, nil
}

func isCertificate(text string) bool {
	_, err := x509.ParseCertificate([]byte(text))
	return err == nil
}

// ordered puts the certificate that belongs to the key first.
func ordered(certs []*x509.Certificate, key *rsa.PrivateKey) ([]*x509.Certificate, error) {
	switch {
	case len(certs) == 0:
		return nil, errNoCertificate
	case key == nil:
		return nil, errNoKey
	case key.N.BitLen() < 2048:
		return nil, errShortKey
	}
	for i, cert := range certs {
		if key.PublicKey.Equal(cert.PublicKey) {
			certs[0], certs[i] = certs[i], certs[0]
			return certs, nil
		}
	}
	return nil, errForeignKey
}
