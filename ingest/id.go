package ingest

import (
	"crypto/sha256"
	"strings"

	"ualstream/schemas"
)

// id stands for a ledger key in memory: half of its SHA-256, because a key is four to ten times as long. Keys that
// differ only in the case of their tenant or content type have the same id, as they name the same thing at Microsoft.
type id [16]byte

func idOf(tenant, contentType, rest string) id {
	key := make([]byte, 0, 256)
	key = append(key, strings.ToLower(tenant)...)
	key = append(key, '/')
	key = append(key, strings.ToLower(contentType)...)
	key = append(key, '/')
	key = append(key, rest...)
	sum := sha256.Sum256(key)
	return id(sum[:16])
}

func idOfBlob(b schemas.Blob) id { return idOf(b.Tenant, b.ContentType, b.ContentID) }

func idOfDay(d schemas.Day) id { return idOf(d.Tenant, d.ContentType, d.Day) }

// idOfKey gives the id of a ledger key in writing.
func idOfKey(key string) id {
	tenant, rest, _ := strings.Cut(key, "/")
	contentType, rest, _ := strings.Cut(rest, "/")
	return idOf(tenant, contentType, rest)
}
