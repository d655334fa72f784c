package cloudsim

// app is an application that people sign in to or work with. The IDs are Microsoft's published ones.
type app struct{ id, name string }

var (
	exchangeOnline = app{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"}
	graphApp       = app{"00000003-0000-0000-c000-000000000000", "Microsoft Graph"}
	sharePointApp  = app{"00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"}
	officeHome     = app{"4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome"}
	teamsClient    = app{"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams"}
	outlookWeb     = app{"9199bf20-a13f-4107-85dc-02114787ef48", "One Outlook Web"}
	officeDesktop  = app{"d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office"}
	outlookMobile  = app{"27922004-5251-4030-b22d-91ecd9a37ea4", "Outlook Mobile"}
)

// clients are the applications that people use, resources those they reach by them.
var (
	clients   = []app{officeHome, teamsClient, outlookWeb, officeDesktop, outlookMobile}
	resources = []app{exchangeOnline, graphApp, sharePointApp}
)

// mailClient is how a mailbox record names the program that opened the mailbox.
type mailClient struct {
	app     app
	info    string
	process string
	version string
}

var (
	outlook    = mailClient{officeDesktop, "Client=MSExchangeRPC", "OUTLOOK.EXE", "16.0.18129.20116"}
	webMail    = mailClient{outlookWeb, "Client=OWA;Action=ViaProxy", "", ""}
	mobileMail = mailClient{outlookMobile, "Client=REST;Client=RESTSystem;;", "", ""}

	mailClients = []mailClient{outlook, outlook, webMail, mobileMail}
)
