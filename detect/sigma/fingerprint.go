package sigma

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// GroupKey gives one text for the values of a group. Groups that a Tracker takes for one have the same.
func GroupKey(values []string) string { return keyOf(values) }

// Shape gives 16 hex digits for what a correlation counts and when it fires. Samples for a correlation of another shape
// mean nothing to it, even if its id is the same.
func (c *Correlation) Shape() string { return c.shape }

func (c *Correlation) shapeOf() string {
	return digest(fmt.Sprintf("%q %q %q %v %v %v %q", c.Type, c.Rules, c.GroupBy, c.Timespan, c.condition, c.aliases, c.carry))[:16]
}

// Hash names what the set was made of: the content of its files and the placeholders. It is empty for a set without
// files. It does not depend on the files' names or order.
func (s *Set) Hash() string { return s.hash }

// hashOf gives the hash of a collection.
func hashOf(digests []string) string {
	if len(digests) == 0 {
		return ""
	}
	return digest(strings.Join(slices.Sorted(slices.Values(digests)), " "))[:32]
}

// digest gives the SHA-256 of a text in 64 hex digits.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Counts gives the fields of the condition, whose values a Sample has in Values.
func (c *Correlation) Counts() []string { return slices.Clone(c.condition.fields) }
