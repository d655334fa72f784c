package entra

import (
	"fmt"
	"net/url"
	"strings"
)

// Cloud is one of Microsoft's clouds that offer the Office 365 Management Activity API.
type Cloud struct {
	Name      string // on the command line
	Endpoint  string // of the Management Activity API; the audience of its tokens, too
	Authority string // login host
	Scope     string // what a token for the Endpoint is asked for by
	// Exchange is the audience of tokens that are exchanged for an app's.
	// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
	Exchange string
}

const (
	worldLogin, worldExchange           = "https://login.microsoftonline.com/", "api://AzureADTokenExchange"
	governmentLogin, governmentExchange = "https://login.microsoftonline.us/", "api://AzureADTokenExchangeUSGov"
)

// Clouds lists the clouds; the commercial one, which is the default, comes first.
// https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-reference
var Clouds = []Cloud{
	{"commercial", "https://manage.office.com", worldLogin, "https://manage.office.com/.default", worldExchange},
	{"gcc", "https://manage-gcc.office.com", worldLogin, "https://manage-gcc.office.com/.default", worldExchange},
	{"gcc-high", "https://manage.office365.us", governmentLogin, "https://manage.office365.us/.default", governmentExchange},
	{"dod", "https://manage.protection.apps.mil", governmentLogin, "https://manage.protection.apps.mil/.default", governmentExchange},
}

// CloudOf gives the cloud of that name, in any case of letters; "" is the commercial one.
func CloudOf(name string) (Cloud, error) {
	if name == "" {
		return Clouds[0], nil
	}
	var names []string
	for _, c := range Clouds {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
		names = append(names, c.Name)
	}
	switch strings.ToLower(name) {
	case "21vianet", "china", "azurechina", "azurechinacloud":
		return Cloud{}, fmt.Errorf("cloud %q: Microsoft does not offer the Management Activity API in the cloud that 21Vianet operates", name)
	}
	return Cloud{}, fmt.Errorf("cloud %q is not known: choose from %s", name, strings.Join(names, ", "))
}

// isMicrosoft says whether a login host is one that Microsoft's instance discovery knows; a private or a simulated
// one is taken at its word.
func isMicrosoft(authority string) bool {
	host := hostOf(authority)
	for _, c := range Clouds {
		if host == hostOf(c.Authority) {
			return true
		}
	}
	return host == "login.windows.net" || host == "login.microsoft.com"
}

// exchange gives the audience of tokens that are exchanged for an app's at a login host.
func exchange(authority string) string {
	for _, c := range Clouds {
		if hostOf(authority) == hostOf(c.Authority) {
			return c.Exchange
		}
	}
	return worldExchange
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
