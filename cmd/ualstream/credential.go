package main

import (
	"cmp"
	"flag"
	"log/slog"

	"ualstream/cmd/internal/entra"
)

// Secrets that may be in the environment. They are no flags: process lists show flags.
const (
	secretVariable              = "UALSTREAM_CLIENT_SECRET"
	certificatePasswordVariable = "UALSTREAM_CLIENT_CERTIFICATE_PASSWORD"
)

// credentialFlags say who logs in at Microsoft, and what proves it.
type credentialFlags struct {
	kind, clientID                string
	certificateFile, passwordFile string
	identityID                    string
	tokenFile                     string
	secretFile                    string
}

func (c *credentialFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&c.kind, "credential", "", "")
	fs.StringVar(&c.clientID, "client-id", "", "")
	fs.StringVar(&c.certificateFile, "client-certificate-file", "", "")
	fs.StringVar(&c.passwordFile, "client-certificate-password-file", "", "")
	fs.StringVar(&c.identityID, "managed-identity-client-id", "", "")
	fs.StringVar(&c.tokenFile, "federated-token-file", "", "")
	fs.StringVar(&c.secretFile, "client-secret-file", "", "")
}

// app gives the client ID of the app that logs in, as far as one is named.
func (c *credentialFlags) app(e *env) string {
	if kind, err := c.chosen(); err == nil && kind == entra.WorkloadIdentity {
		return cmp.Or(c.clientID, e.getenv("AZURE_CLIENT_ID"))
	}
	return c.clientID
}

// named says whether anything says who logs in.
func (c *credentialFlags) named() bool { return c.clientID != "" || c.kind != "" }

// chosen gives the kind of credential: the one that is named, or else the first of which something is given.
func (c *credentialFlags) chosen() (entra.Kind, error) {
	own := []struct {
		kind        entra.Kind
		flag, value string
	}{
		{entra.Certificate, "client-certificate-file", c.certificateFile},
		{entra.Certificate, "client-certificate-password-file", c.passwordFile},
		{entra.ManagedIdentity, "managed-identity-client-id", c.identityID},
		{entra.WorkloadIdentity, "federated-token-file", c.tokenFile},
		{entra.Secret, "client-secret-file", c.secretFile},
	}
	kind := entra.Kind(c.kind)
	for _, o := range own {
		if o.value != "" {
			kind = cmp.Or(kind, o.kind)
		}
	}
	kind = cmp.Or(kind, entra.Secret)
	var kinds list
	for _, k := range entra.Kinds {
		kinds = append(kinds, string(k))
	}
	if err := (list{string(kind)}).oneOf("credential", kinds...); err != nil {
		return kind, err
	}
	for _, o := range own {
		if o.value != "" && o.kind != kind {
			return kind, wrongUse("leave one of them out: 'ualstream help run' says what each kind of credential takes",
				"credential %s takes no --%s", kind, o.flag)
		}
	}
	if kind == entra.AzureCLI && c.clientID != "" {
		return kind, wrongUse("leave it out: the Azure CLI logs in as who did 'az login'", "credential azure-cli takes no --client-id")
	}
	return kind, nil
}

// login says who logs in and what proves it, as far as the flags and the environment do.
func (c *credentialFlags) login(e *env) (entra.Config, error) {
	kind, err := c.chosen()
	if err != nil {
		return entra.Config{}, err
	}
	config := entra.Config{
		Kind: kind, ClientID: c.clientID, CertificateFile: c.certificateFile, PasswordFile: c.passwordFile,
		IdentityID: c.identityID, TokenFile: c.tokenFile, SecretFile: c.secretFile,
	}
	switch kind {
	case entra.Certificate:
		config.Password = e.getenv(certificatePasswordVariable)
	case entra.WorkloadIdentity: // the webhook of Azure Workload Identity sets these variables in a pod
		config.TokenFile = cmp.Or(c.tokenFile, e.getenv("AZURE_FEDERATED_TOKEN_FILE"))
		config.ClientID = cmp.Or(c.clientID, e.getenv("AZURE_CLIENT_ID"))
	case entra.Secret:
		config.Secret = e.getenv(secretVariable)
	}
	return config, complete(config)
}

// complete says what a credential lacks.
func complete(c entra.Config) error {
	switch {
	case c.Kind == entra.Certificate && c.CertificateFile == "":
		return wrongUse("name the PEM or PFX file that holds it and its key with --client-certificate-file", "credential certificate, but no certificate")
	case c.Kind == entra.WorkloadIdentity && c.TokenFile == "":
		return wrongUse("name its file with --federated-token-file; in Kubernetes the label azure.workload.identity/use: \"true\" on the pod "+
			"sets AZURE_FEDERATED_TOKEN_FILE", "credential workload-identity, but no federated token")
	case c.Kind == entra.Secret && c.ClientID == "" && c.SecretFile == "" && c.Secret == "":
		return wrongUse("name the configuration with --config, or an app with --client-id and its secret with --client-secret-file or in "+
			secretVariable+"; 'ualstream help run' says who else can", "nobody is named who logs in to Microsoft")
	case c.Kind == entra.Secret && c.SecretFile == "" && c.Secret == "":
		return wrongUse("give it with --client-secret-file or in "+secretVariable+", or log in without one: 'ualstream help run' says how",
			"no client secret to log in to Microsoft with")
	case c.ClientID == "" && c.IdentityID != "":
		return wrongUse("name the app registration that the identity proves with --client-id, or name the identity itself so",
			"--managed-identity-client-id, but no client ID")
	case c.ClientID == "" && c.Kind != entra.ManagedIdentity && c.Kind != entra.AzureCLI:
		return wrongUse("register an app with ActivityFeed.Read and name it with --client-id", "no client ID to log in to Microsoft with")
	}
	return nil
}

// hints say what a kind's files must hold.
var hints = map[entra.Kind]string{
	entra.Certificate: "--client-certificate-file names a PEM file with certificate and key, or a PFX, whose password is in " +
		"--client-certificate-password-file or in " + certificatePasswordVariable,
	entra.WorkloadIdentity: "--federated-token-file names a file that holds the token alone",
	entra.Secret:           "--client-secret-file names a file that holds the secret alone",
}

// warnReadableFiles warns where everybody on this machine may read what proves the app.
func (c *credentialFlags) warnReadableFiles(log *slog.Logger) {
	for what, path := range map[string]string{
		"the certificate's key": c.certificateFile, "the certificate's password": c.passwordFile, "the client secret": c.secretFile,
	} {
		if path != "" {
			warnReadable(what, path, log)
		}
	}
}
