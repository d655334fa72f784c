package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// readFile sets from a YAML file every flag that is not given yet. Its keys are the flags' names with underscores; a
// key that is no flag and a value of the wrong type are refused with their line. A command that takes less than the
// worker passes over the worker's keys, so that one file serves both. It gives for each flag that was set where in the
// file that is.
func readFile(path string, fs *flag.FlagSet, given map[string]bool) (places map[string]string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, wrongUse("--config names a YAML file", "read the configuration: %v", err)
	}
	workers := newFlags("run")
	(&config{}).workerFlags(workers)

	entries, err := topLevel(data)
	if err != nil {
		return nil, inFile(path, err)
	}
	places = map[string]string{}
	for _, entry := range entries {
		key := entry.Key.String()
		name := strings.ReplaceAll(key, "_", "-")
		f := cmp.Or(fs.Lookup(name), workers.Lookup(name))
		if f == nil || strings.Contains(key, "-") || key == "config" {
			return nil, misplaced(path, entry, fmt.Sprintf("unknown key %q", key), "allowed keys: "+strings.Join(keys(fs), ", "))
		}
		if given[f.Name] {
			continue
		}
		if err := setFromFile(f, entry.Value); err != nil {
			return nil, misplaced(path, entry, fmt.Sprintf("%s: %v", key, err), "see 'ualstream help "+fs.Name()+"'")
		}
		places[f.Name] = fmt.Sprintf("%s:%d: %s", path, line(entry), key)
	}
	return places, nil
}

// topLevel gives the entries of the file's one mapping.
func topLevel(data []byte) ([]*ast.MappingValueNode, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	var entries []*ast.MappingValueNode
	for _, doc := range file.Docs {
		switch body := doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
		case *ast.MappingNode:
			entries = append(entries, body.Values...)
		case *ast.MappingValueNode:
			entries = append(entries, body)
		default:
			return nil, fmt.Errorf("line %d: the file must hold keys and values, like brokers: [localhost:9092]",
				body.GetToken().Position.Line)
		}
	}
	return entries, nil
}

// setFromFile gives a flag the value of a YAML node.
func setFromFile(f *flag.Flag, node ast.Node) error {
	if t, ok := f.Value.(*tenants); ok {
		return t.setFromFile(node)
	}
	switch n := node.(type) {
	case *ast.SequenceNode:
		if !takesTexts(f) {
			return errors.New("must be one value, not a list")
		}
		var values []string
		for _, v := range n.Values {
			text, ok := v.(*ast.StringNode)
			if !ok {
				return errors.New("must be a list of texts")
			}
			values = append(values, text.Value)
		}
		return f.Value.Set(strings.Join(values, ","))
	case *ast.NullNode:
		return errors.New("has no value")
	case ast.ScalarNode:
		value, isText := asWritten(n)
		if !isText && takesTexts(f) {
			return fmt.Errorf("%q: want a text, or a list of texts", value)
		}
		if err := f.Value.Set(value); err != nil {
			return fmt.Errorf("%q: %w", value, wanted(f, err))
		}
		return nil
	default:
		return errors.New("must be a plain value or a list of them")
	}
}

// takesTexts says whether a flag takes a list of texts.
func takesTexts(f *flag.Flag) bool {
	switch f.Value.(type) {
	case *list, *repeated:
		return true
	}
	return false
}

// asWritten gives a plain value as the file has it, and whether it is a text: a name such as 0123 is not the number 83.
func asWritten(n ast.ScalarNode) (value string, isText bool) {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return fmt.Sprint(n.GetValue()), true
	}
	return n.GetToken().Value, false
}

// keys lists the keys that a file may have.
func keys(fs *flag.FlagSet) []string {
	var names []string
	fs.VisitAll(func(f *flag.Flag) {
		if f.Name != "config" {
			names = append(names, strings.ReplaceAll(f.Name, "-", "_"))
		}
	})
	slices.Sort(names)
	return names
}

// misplaced is an error at an entry of the file.
func misplaced(path string, entry *ast.MappingValueNode, what, hint string) error {
	return wrongUse(hint, "%s:%d: %s", path, line(entry), what)
}

func line(entry *ast.MappingValueNode) int { return entry.Key.GetToken().Position.Line }

// inPlace names the file, the line and the key in an error about a flag, where the flag's value comes from the file.
func (c *config) inPlace(err error) error {
	var f *failure
	if !errors.As(err, &f) || !strings.HasPrefix(f.Error(), "--") {
		return err
	}
	text := strings.TrimPrefix(f.Error(), "--")
	name := text[:max(0, strings.IndexAny(text, ": "))]
	place, known := c.places[name]
	if !known {
		return err
	}
	return &failure{err: errors.New(place + text[len(name):]), hint: f.hint, misuse: f.misuse}
}

// inFile is an error of the whole file. It leaves out the excerpt that the parser offers: a file may hold by mistake
// what must not be in a log.
func inFile(path string, err error) error {
	if y, ok := errors.AsType[yaml.Error](err); ok {
		return wrongUse("the file must be YAML", "%s:%d: %s", path, y.GetToken().Position.Line, y.GetMessage())
	}
	return wrongUse("the file must be YAML", "%s: %v", path, err)
}
