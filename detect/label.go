package detect

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"ualstream/schemas"
)

// label gives the event with its tags and triage in its metadata, and every other byte as it is.
func label(event string, tags []string, t schemas.Triage) []byte {
	out := make([]byte, 0, len(event)+256)
	meta := gjson.Get(event, "metadata")
	start := meta.Index // of the metadata's opening brace
	var labels, tagged bool
	at, last := 0, 1 // how much of the metadata is written, and where its last value ends
	out = append(out, event[:start]...)
	meta.ForEach(func(key, value gjson.Result) bool {
		from, to := value.Index-start, value.Index-start+len(value.Raw)
		switch last = to; key.Str {
		case "labels":
			labels = true
			out = appendLabels(append(out, meta.Raw[at:from]...), value, tags)
		case "tags":
			tagged = true
			out = appendTags(append(out, meta.Raw[at:from]...), value, t)
		default:
			return true
		}
		at = to
		return true
	})
	out = append(out, meta.Raw[at:last]...)
	if !labels {
		out = appendLabels(append(out, `,"labels":`...), gjson.Result{}, tags)
	}
	if !tagged {
		out = appendTags(append(out, `,"tags":`...), gjson.Result{}, t)
	}
	out = append(out, meta.Raw[last:]...)
	return append(out, event[start+len(meta.Raw):]...)
}

// appendLabels writes our tags and after them the labels that others gave, which old may hold.
func appendLabels(out []byte, old gjson.Result, tags []string) []byte {
	var list []string
	for _, t := range tags {
		list = append(list, `"`+t+`"`)
	}
	return appendArray(out, append(list, keep(old, func(l gjson.Result) bool {
		return !slices.Contains(schemas.PriorityTags, l.Str)
	})...))
}

// appendTags writes the tags that others gave, which old may hold, and after them the triage.
func appendTags(out []byte, old gjson.Result, t schemas.Triage) []byte {
	list := keep(old, func(tag gjson.Result) bool { return tag.Get("name").Str != schemas.TagTriage })
	pair, _ := json.Marshal(struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}{schemas.TagTriage, string(t)})
	return appendArray(out, append(list, string(pair)))
}

// keep gives the elements of an array that are wanted, as they are written. What is no array has none.
func keep(array gjson.Result, wanted func(gjson.Result) bool) []string {
	var kept []string
	if !array.IsArray() {
		return nil
	}
	array.ForEach(func(_, v gjson.Result) bool {
		if wanted(v) {
			kept = append(kept, v.Raw)
		}
		return true
	})
	return kept
}

func appendArray(out []byte, elements []string) []byte {
	out = append(out, '[')
	out = append(out, strings.Join(elements, ",")...)
	return append(out, ']')
}
