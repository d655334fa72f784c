package cloudsim

const (
	sharePoint        = 4
	sharePointFile    = 6
	sharePointSharing = 14
)

var documents = []struct{ folder, name, extension string }{
	{"Shared Documents/Offers", "Offer 2231.docx", "docx"}, {"Shared Documents/Finance", "Budget.xlsx", "xlsx"},
	{"Shared Documents", "Handbook.pdf", "pdf"}, {"Shared Documents/Design", "Façade – draft.pptx", "pptx"},
	{"Documents", "Notes.one", "one"}, {"Shared Documents/Contracts", "Contract <final> & signed.docx", "docx"},
}

// fileWork is something done to a file in a team's site, or in somebody's own OneDrive.
func (s *scene) fileWork(operation string, kind int, u *user) record {
	workload, site := "SharePoint", s.org.site()+"/sites/projects/"
	if s.chance(3) {
		workload, site = "OneDrive", s.org.site()+"/personal/"+u.alias()+"/"
	}
	doc := pick(s.dice, documents)
	return s.base(operation, kind, workload, u.upn, "i:0h.f|membership|"+u.puid+"@live.example").with(
		field{"ClientIP", s.clientIP(u)}, field{"ObjectId", site + doc.folder + "/" + doc.name}, field{"CorrelationId", s.guid()},
		field{"EventSource", "SharePoint"}, field{"ItemType", "File"}, field{"ListId", s.guid()}, field{"ListItemUniqueId", s.guid()},
		field{"Site", s.guid()}, field{"WebId", s.guid()}, field{"UserAgent", u.device.agent}, field{"SiteUrl", site},
		field{"SourceFileExtension", doc.extension}, field{"SourceFileName", doc.name}, field{"SourceRelativeUrl", doc.folder},
		field{"ApplicationDisplayName", pick(s.dice, clients).name}, field{"IsManagedDevice", true},
	)
}

var fileOperations = []string{
	"FileAccessed", "FileAccessed", "FileAccessed", "FileModified", "FileModified", "FilePreviewed", "FileDownloaded", "FileUploaded",
	"FileSyncDownloadedFull", "FileDeleted", "FileRenamed",
}

// files is what people do in sites and drives all day.
func files(s *scene) []record {
	u := s.someone()
	switch s.IntN(20) {
	case 0:
		return []record{s.fileWork("PageViewed", sharePoint, u).with(field{"ItemType", "Page"})}
	case 1:
		return []record{s.fileWork("SharingSet", sharePointSharing, u).with(field{"TargetUserOrGroupName", s.someone().upn},
			field{"TargetUserOrGroupType", "Member"}, field{"EventData", "<Permissions granted>Contribute</Permissions granted>"})}
	case 2: // a service working in a site under its own name
		return []record{s.fileWork("FileModified", sharePointFile, u).with(field{"UserId", "app@sharepoint"}, field{"UserType", 5}, field{"ClientIP", ""})}
	}
	return []record{s.fileWork(pick(s.dice, fileOperations), sharePointFile, u)}
}
