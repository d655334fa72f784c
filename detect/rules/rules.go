package rules

import "embed"

//go:embed *.yml
var Files embed.FS
