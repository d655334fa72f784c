package publish

import (
	"strings"

	"github.com/tidwall/gjson"
)

// applications are Microsoft's own applications that people sign in with most, by application ID; see "Verify
// first-party Microsoft applications in sign-in reports" on learn.microsoft.com. A sign-in record has the ID alone.
var applications = map[string]string{
	"00000002-0000-0ff1-ce00-000000000000": "Exchange Online",
	"00000003-0000-0000-c000-000000000000": "Microsoft Graph",
	"00000003-0000-0ff1-ce00-000000000000": "SharePoint Online",
	"04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Azure CLI",
	"14d82eec-204b-4c2f-b7e8-296a70dab67e": "Graph PowerShell",
	"1950a258-227b-4e31-a9cf-717495945fc2": "Azure PowerShell",
	"1fec8e78-bce4-4aaf-ab1b-5451cc387264": "Microsoft Teams",
	"27922004-5251-4030-b22d-91ecd9a37ea4": "Outlook Mobile",
	"29d9ed98-a469-4536-ade2-f981bc1d605e": "Authentication Broker",
	"4765445b-32c6-49b0-83e6-1d93765276ca": "OfficeHome",
	"9199bf20-a13f-4107-85dc-02114787ef48": "Outlook Web",
	"ab9b8c07-8f02-4f72-87fa-80105867a763": "OneDrive Sync",
	"c44b4083-3bb0-49c1-b47d-974e53cbdf3c": "Azure Portal",
	"d3590ed6-52b3-4102-aeff-aad2292ab01c": "Microsoft Office",
	"fb78d390-0c51-40cd-8e17-fdbfab77341b": "Exchange Online PowerShell",
}

// application gives the application of a logon, by name where it is known.
func application(event, rec gjson.Result) []string {
	if event.Get("class_uid").Int() != authentication {
		return nil
	}
	if name := event.Get("actor.app_name"); name.Str != "" {
		return pair(nil, "app", name)
	}
	id := rec.Get("ApplicationId")
	if name, known := applications[strings.ToLower(id.Str)]; known {
		return []string{"app=" + word(name, mostRunes)}
	}
	return pair(nil, "app", id)
}
