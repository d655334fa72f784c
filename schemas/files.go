package schemas

import "embed"

// Files holds the JSON Schemas (draft 2020-12) of the topics' values, one file a kind of value, for example
// event.schema.json. They describe what ualstream writes, which is narrower than what OCSF allows.
//
//go:embed *.schema.json
var Files embed.FS
