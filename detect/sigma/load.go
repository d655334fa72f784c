package sigma

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Options say how rules are read.
type Options struct {
	// Placeholders are the values of %name% under the modifier expand, by name. They are Sigma strings: * and ? are
	// wildcards, \ escapes them.
	Placeholders map[string][]string
}

// scope is what reading one document needs.
type scope struct {
	Options
	programs int // instructions of its regular expressions
}

// Collection is what was read from rule files, in the order of files and documents.
type Collection struct {
	Rules        []*Rule
	Correlations []*Correlation
	Filters      []*Filter
	Refusals     []Refusal // what was read and cannot be used
	// Digests are those of the files that were read, with the placeholders; Set.Hash is made of them.
	Digests []string
}

// Load reads all files of a file system that end in .yml or .yaml, in lexical order, and gives what they hold. A file
// that cannot be read is a refusal, too.
func Load(files fs.FS, o Options) *Collection {
	c := &Collection{}
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error { // errors become refusals
		switch {
		case err != nil:
			c.Refusals = append(c.Refusals, Refusal{File: name, Reason: "cannot be read: " + err.Error()})
		case entry.IsDir() && len(name) > 1 && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.IsDir() && isRuleFile(name):
			c.loadFile(files, name, entry, o)
		}
		return nil
	})
	return c
}

func isRuleFile(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yml" || ext == ".yaml"
}

func (c *Collection) loadFile(files fs.FS, name string, entry fs.DirEntry, o Options) {
	if info, err := entry.Info(); err == nil && info.Size() > maxFile {
		c.tooLarge(name, info.Size())
		return
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		c.Refusals = append(c.Refusals, Refusal{File: name, Reason: "cannot be read: " + err.Error()})
		return
	}
	c.Add(name, data, o)
}

func (c *Collection) tooLarge(name string, size int64) {
	f := refuse(0, "split it", "the file has %d bytes, %d are allowed", size, int64(maxFile))
	c.refuse(name, About{}, f)
}

// Add reads one file's content into the collection. name is what refusals and rules call it.
func (c *Collection) Add(name string, data []byte, o Options) {
	if len(data) > maxFile {
		c.tooLarge(name, int64(len(data)))
		return
	}
	c.Digests = append(c.Digests, digest(fmt.Sprintf("%s %q", data, o.Placeholders)))
	global := 0 // the line of an action: global that still holds
	for _, doc := range split(data) {
		if doc.empty() {
			continue
		}
		n, f := doc.parse()
		if f == nil {
			f = checkAction(n, &global)
		}
		if f == nil {
			f = c.addDocument(name, n, &scope{Options: o})
		}
		if f != nil {
			c.refuse(name, aboutOf(n), f)
		}
	}
}

// checkAction refuses the collections of Sigma 1, in which documents complete each other: without what is missing a
// rule would mean something else. Any other action is an attribute of the author's own.
func checkAction(n *node, global *int) *fault {
	if n.kind != mapNode {
		return refuse(n.line, "write title, logsource and detection", "this is no rule but %s", n.what())
	}
	action := n.get("action").text()
	switch action {
	case "global":
		*global = n.line
	case "reset":
		*global = 0
	case "repeat":
	default:
		if *global > 0 {
			return refuse(n.line, "write each rule whole", "it depends on action: global in line %d, which is not of Sigma 2", *global)
		}
		return nil
	}
	return refuse(n.get("action").line, "write each rule whole", "action: %s is not of Sigma 2", action)
}

func (c *Collection) addDocument(name string, n *node, o *scope) *fault {
	kinds := 0
	for _, kind := range []string{"detection", "correlation", "filter"} {
		if n.get(kind) != nil {
			kinds++
		}
	}
	if kinds != 1 {
		return refuse(n.line, "write one of detection, correlation and filter", "this is no rule: it has %d of detection, correlation and filter", kinds)
	}
	var f *fault
	switch {
	case n.get("detection") != nil:
		var r *Rule
		if r, f = parseRule(n, o); f == nil {
			r.File = name
			c.Rules = append(c.Rules, r)
		}
	case n.get("correlation") != nil:
		var r *Correlation
		if r, f = parseCorrelation(n); f == nil {
			r.File = name
			c.Correlations = append(c.Correlations, r)
		}
	default:
		var r *Filter
		if r, f = parseFilter(n, o); f == nil {
			r.File = name
			c.Filters = append(c.Filters, r)
		}
	}
	return f
}

// aboutOf gives title and id of a document that is refused, as far as it has them.
func aboutOf(n *node) About {
	if n == nil || n.kind != mapNode {
		return About{}
	}
	return About{Title: n.get("title").text(), ID: n.get("id").text(), Line: n.line}
}

func (c *Collection) refuse(file string, a About, f *fault) {
	c.Refusals = append(c.Refusals, f.refusal(file, a))
}

// refusal completes a fault by where it is.
func (f *fault) refusal(file string, a About) Refusal {
	return Refusal{File: file, Line: cmp.Or(f.line, a.Line), ID: a.ID, Title: a.Title, Reason: f.reason, Mend: f.mend}
}
