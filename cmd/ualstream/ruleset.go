package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"ualstream/detect/rules"
	"ualstream/detect/sigma"
)

// ruleFlags say which rules find threats.
type ruleFlags struct {
	dirs         repeated
	builtin      bool
	filters      repeated
	placeholders string
}

// ruleUsage is what the commands that use rules have in common.
const ruleUsage = `    --rules DIR       Sigma rules of your own: a folder, with those within it, or a file; can be repeated
    --builtin=false   leave out the rules that ualstream brings along
    --filters DIR     Sigma filters, which take events away from rules; can be repeated
    --placeholders FILE
                      what %name% stands for in rules (modifier expand): YAML, a list of values a name
`

func (r *ruleFlags) register(fs *flag.FlagSet) {
	r.builtin = true
	fs.Var(&r.dirs, "rules", "")
	fs.BoolVar(&r.builtin, "builtin", true, "")
	fs.Var(&r.filters, "filters", "")
	fs.StringVar(&r.placeholders, "placeholders", "", "")
}

// builtinName begins the names of the files that ualstream brings along.
const builtinName = "builtin:"

// load reads and compiles the rules. What is refused has no effect; everything else is in the set.
func (r *ruleFlags) load() (*sigma.Set, []sigma.Refusal, error) {
	all, err := r.collect()
	if err != nil {
		return nil, nil, err
	}
	set, refused := compile(all)
	return set, refused, nil
}

func compile(all *sigma.Collection) (*sigma.Set, []sigma.Refusal) {
	set, refused := sigma.Compile(all)
	return set, slices.Concat(all.Refusals, refused)
}

// collect reads the rules.
func (r *ruleFlags) collect() (*sigma.Collection, error) {
	o, err := r.options()
	if err != nil {
		return nil, err
	}
	all := &sigma.Collection{}
	if r.builtin {
		gather(all, sigma.Load(rules.Files, o), func(name string) string { return builtinName + name })
	}
	for _, dir := range append(append(list{}, r.dirs.list...), r.filters.list...) {
		if err := loadFrom(all, dir, o); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// loadFrom adds what a folder or a file holds.
func loadFrom(all *sigma.Collection, dir string, o sigma.Options) error {
	info, err := os.Stat(dir)
	if err != nil {
		return withHint(fmt.Errorf("rules: %w", err), "name a folder with Sigma rules, files that end in .yml or .yaml, or one file")
	}
	if info.IsDir() {
		gather(all, sigma.Load(os.DirFS(dir), o), func(name string) string { return filepath.Join(dir, name) })
		return nil
	}
	one := sigma.Load(oneFile{os.DirFS(filepath.Dir(dir)), filepath.Base(dir)}, o)
	gather(all, one, func(name string) string { return filepath.Join(filepath.Dir(dir), name) })
	return nil
}

// oneFile is a folder as if it had one file only.
type oneFile struct {
	fs.FS
	name string
}

func (o oneFile) ReadDir(name string) ([]fs.DirEntry, error) {
	info, err := fs.Stat(o.FS, o.name)
	if err != nil || name != "." {
		return nil, err
	}
	return []fs.DirEntry{fs.FileInfoToDirEntry(info)}, nil
}

// gather adds a collection to another, with its files called as the user would.
func gather(all, more *sigma.Collection, call func(name string) string) {
	for _, r := range more.Rules {
		r.File = call(r.File)
	}
	for _, c := range more.Correlations {
		c.File = call(c.File)
	}
	for _, f := range more.Filters {
		f.File = call(f.File)
	}
	for i := range more.Refusals {
		more.Refusals[i].File = call(more.Refusals[i].File)
	}
	all.Rules, all.Correlations = append(all.Rules, more.Rules...), append(all.Correlations, more.Correlations...)
	all.Digests = append(all.Digests, more.Digests...)
	all.Filters, all.Refusals = append(all.Filters, more.Filters...), append(all.Refusals, more.Refusals...)
}

// options reads the placeholders.
func (r *ruleFlags) options() (sigma.Options, error) {
	if r.placeholders == "" {
		return sigma.Options{}, nil
	}
	data, err := os.ReadFile(r.placeholders)
	if err != nil {
		return sigma.Options{}, fmt.Errorf("placeholders: %w", err)
	}
	var raw map[string]any
	if err := yaml.Unmarshal(data, &raw); err != nil {
		return sigma.Options{}, inFile(r.placeholders, err)
	}
	values := map[string][]string{}
	for name, v := range raw {
		if values[name], err = texts(v); err != nil {
			return sigma.Options{}, wrongUse("write name: [value, …]", "%s: %s: %v", r.placeholders, name, err)
		}
	}
	return sigma.Options{Placeholders: values}, nil
}

// texts gives a plain value, or a list of them, as texts.
func texts(v any) ([]string, error) {
	items, isList := v.([]any)
	if !isList {
		items = []any{v}
	}
	var made []string
	for _, item := range items {
		switch item.(type) {
		case nil, []any, map[string]any:
			return nil, errors.New("its values must be plain")
		}
		made = append(made, fmt.Sprint(item))
	}
	return made, nil
}

// use loads the rules for a command that goes on without what is refused, and says what is.
func (r *ruleFlags) use(e *env) (*sigma.Set, error) {
	set, refused, err := r.load()
	for i := range refused {
		fmt.Fprintf(e.stderr, "ualstream: rule refused: %s\n", printable(refused[i].Error()))
	}
	return set, err
}
