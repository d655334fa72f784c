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
// worker passes over the worker's keys, so that one file serves both.
func readFile(path string, fs *flag.FlagSet, given map[string]bool) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return wrongUse("--config names a YAML file", "read the configuration: %v", err)
	}
	workers := newFlags("run")
	(&config{}).workerFlags(workers)

	entries, err := topLevel(data)
	if err != nil {
		return inFile(path, err)
	}
	for _, entry := range entries {
		key := entry.Key.String()
		name := strings.ReplaceAll(key, "_", "-")
		f := cmp.Or(fs.Lookup(name), workers.Lookup(name))
		if f == nil || strings.Contains(key, "-") || key == "config" {
			return misplaced(path, entry, fmt.Sprintf("unknown key %q", key), "allowed keys: "+strings.Join(keys(fs), ", "))
		}
		if given[f.Name] {
			continue
		}
		if err := setFromFile(f, entry.Value); err != nil {
			return misplaced(path, entry, fmt.Sprintf("%s: %v", key, err), "see 'ualstream help "+fs.Name()+"'")
		}
	}
	return nil
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
		switch f.Value.(type) {
		case *list, *repeated:
		default:
			return errors.New("must be one value, not a list")
		}
		var values []string
		for _, v := range n.Values {
			scalar, ok := v.(ast.ScalarNode)
			if !ok {
				return errors.New("must be a list of plain values")
			}
			values = append(values, fmt.Sprint(scalar.GetValue()))
		}
		return f.Value.Set(strings.Join(values, ","))
	case *ast.NullNode:
		return errors.New("has no value")
	case ast.ScalarNode:
		value := fmt.Sprint(n.GetValue())
		if err := f.Value.Set(value); err != nil {
			return fmt.Errorf("%q: %w", value, wanted(f, err))
		}
		return nil
	default:
		return errors.New("must be a plain value or a list of them")
	}
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
	return wrongUse(hint, "%s:%d: %s", path, entry.Key.GetToken().Position.Line, what)
}

// inFile is an error of the whole file. It leaves out the excerpt that the parser offers: a file may hold by mistake
// what must not be in a log.
func inFile(path string, err error) error {
	if y, ok := errors.AsType[yaml.Error](err); ok {
		return wrongUse("the file must be YAML", "%s:%d: %s", path, y.GetToken().Position.Line, y.GetMessage())
	}
	return wrongUse("the file must be YAML", "%s: %v", path, err)
}
