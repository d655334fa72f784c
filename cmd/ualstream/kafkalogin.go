package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"

	"ualstream/cmd/internal/kafka"
)

// kafkaLogin are the flags that say how Kafka is entered: over TLS, with which certificate, as which user.
type kafkaLogin struct {
	tls                       bool
	caFile, certFile, keyFile string
	mechanism                 string
	username, passwordFile    string
}

func (l *kafkaLogin) register(fs *flag.FlagSet) {
	fs.BoolVar(&l.tls, "kafka-tls", false, "")
	fs.StringVar(&l.caFile, "kafka-ca-file", "", "")
	fs.StringVar(&l.certFile, "kafka-cert-file", "", "")
	fs.StringVar(&l.keyFile, "kafka-key-file", "", "")
	fs.StringVar(&l.mechanism, "sasl-mechanism", "", "")
	fs.StringVar(&l.username, "sasl-username", "", "")
	fs.StringVar(&l.passwordFile, "sasl-password-file", "", "")
}

// given says whether any of the flags is.
func (l *kafkaLogin) given() bool { return *l != kafkaLogin{} }

// config reads the files and completes a configuration of Kafka.
func (l *kafkaLogin) config(e *env, log *slog.Logger, k kafka.Config) (kafka.Config, error) {
	var err error
	if k.TLS, err = l.tlsConfig(log); err != nil {
		return k, err
	}
	if k.SASL, err = l.sasl(e, log); err != nil {
		return k, err
	}
	if k.SASL != nil && k.SASL.Mechanism == "PLAIN" && k.TLS == nil {
		log.Warn("SASL PLAIN without TLS sends the password in the clear: add --kafka-tls, or use SCRAM-SHA-512")
	}
	return k, nil
}

// tlsConfig gives nil where no flag asks for TLS. Each broker's certificate must name the host that it is reached by.
func (l *kafkaLogin) tlsConfig(log *slog.Logger) (*tls.Config, error) {
	if !l.tls && l.caFile+l.certFile+l.keyFile == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if l.caFile != "" {
		pem, err := os.ReadFile(l.caFile)
		if err != nil {
			return nil, wrongUse("--kafka-ca-file names a PEM file", "read Kafka's certificate authority: %v", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, wrongUse("--kafka-ca-file names a PEM file", "%s holds no certificate", l.caFile)
		}
	}
	if (l.certFile == "") != (l.keyFile == "") {
		return nil, wrongUse("give both; they may name the same file", "--kafka-cert-file and --kafka-key-file belong together")
	}
	if l.certFile != "" {
		pair, err := tls.LoadX509KeyPair(l.certFile, l.keyFile)
		if err != nil {
			return nil, wrongUse("both are PEM, and the key has no passphrase", "read Kafka's client certificate: %v", err)
		}
		c.Certificates = []tls.Certificate{pair}
		warnReadable("the key of Kafka's client certificate", l.keyFile, log)
	}
	return c, nil
}

// passwordVariable may hold the password of Kafka's user. It is no flag: process lists show flags.
const passwordVariable = "UALSTREAM_SASL_PASSWORD"

// sasl gives nil where no flag asks for a user.
func (l *kafkaLogin) sasl(e *env, log *slog.Logger) (*kafka.SASL, error) {
	if l.mechanism+l.username+l.passwordFile == "" {
		return nil, nil
	}
	login := &kafka.SASL{Mechanism: strings.ToUpper(l.mechanism), Username: l.username, Password: e.getenv(passwordVariable)}
	if !slices.Contains(kafka.Mechanisms, login.Mechanism) {
		return nil, wrongUse("choose from "+strings.Join(kafka.Mechanisms, ", "), "--sasl-mechanism: %q is not known", l.mechanism)
	}
	if l.username == "" {
		return nil, wrongUse("name the user with --sasl-username", "--sasl-mechanism is given, but no user")
	}
	if l.passwordFile != "" {
		var err error
		login.Password, err = secretFile("sasl-password-file", "Kafka's password", l.passwordFile, log)
		return login, err
	}
	if login.Password == "" {
		return nil, wrongUse("give it with --sasl-password-file or in "+passwordVariable, "--sasl-username is given, but no password")
	}
	return login, nil
}
