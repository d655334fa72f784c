package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"ualstream/cmd/internal/auditfile"
)

// rejectFile keeps what a filter cannot read. Without a name it keeps nothing.
type rejectFile struct {
	file *os.File
	out  *bufio.Writer
}

// rejectLine is one line of it. Text and Base64 hold the bytes exactly; one of them is absent.
type rejectLine struct {
	Input   string `json:"input"`
	Line    int    `json:"line,omitempty"`
	Element int    `json:"element,omitempty"`
	Row     int    `json:"row,omitempty"`
	Reason  string `json:"reason"`
	Text    string `json:"text,omitempty"`
	Base64  []byte `json:"base64,omitempty"`
}

// createRejects makes the file anew, readable by this user only: records are personal data. It refuses to overwrite
// what is about to be read.
func createRejects(name string, stdin io.Reader, files []string) (*rejectFile, error) {
	if name == "" {
		return &rejectFile{}, nil
	}
	if old, err := os.Stat(name); err == nil && isInput(old, stdin, files) {
		return nil, wrongUse("give --rejects a file of its own", "--rejects %s would overwrite the input", name)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep rejects: %w", err)
	}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		err = file.Chmod(0o600) // an older file keeps its mode when it is opened
		if err != nil {
			return nil, errors.Join(fmt.Errorf("keep rejects: %w", err), file.Close())
		}
	}
	return &rejectFile{file, bufio.NewWriter(file)}, nil
}

// isInput says whether the file is one of those to be read.
func isInput(file os.FileInfo, stdin io.Reader, files []string) bool {
	if !file.Mode().IsRegular() {
		return false
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if f, ok := stdin.(*os.File); name == "-" && ok {
			info, err = f.Stat()
		}
		if err == nil && os.SameFile(file, info) {
			return true
		}
	}
	return false
}

// add keeps one part.
func (r *rejectFile) add(bad *auditfile.BadInput) error {
	if r.file == nil {
		return nil
	}
	w := bad.Where
	line := rejectLine{Input: w.Name, Line: w.Line, Element: w.Element, Row: w.Row, Reason: bad.Reason}
	if utf8.Valid(bad.Bytes) {
		line.Text = string(bad.Bytes)
	} else {
		line.Base64 = bad.Bytes
	}
	e := json.NewEncoder(r.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(line); err != nil {
		return fmt.Errorf("keep rejects: %w", err)
	}
	return nil
}

// close writes what is left.
func (r *rejectFile) close() error {
	if r.file == nil {
		return nil
	}
	if err := errors.Join(r.out.Flush(), r.file.Close()); err != nil {
		return fmt.Errorf("keep rejects: %w", err)
	}
	return nil
}
