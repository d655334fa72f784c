package auditfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// maxNested is how many archives may stand in one another: an archive can be made that holds itself for ever.
const maxNested = 4

// maxSpool is how much of a zip inside another archive is unpacked to disk, where a small archive could fill it.
const maxSpool = 4 << 30

// headSize is how many bytes tell what an input is. The shortest record is no shorter, so that none is waited for
// once a whole record is there.
const headSize = len(`{"Id":"1"}`)

// unpack looks at the first bytes and reads what is packed, or the text itself.
func (in *reading) unpack(r io.Reader) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, _ := br.Peek(headSize) // its error comes back when the bytes are read
	gzipped := bytes.HasPrefix(head, []byte{0x1f, 0x8b})
	zipped := bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
	tarred := isTar(br, head)
	reason, isForeign := foreignTo(head)
	switch {
	case (gzipped || zipped || tarred) && in.nested == maxNested:
		in.bad(Where{}, nil, "more than %d archives in one another", maxNested)
	case gzipped:
		in.gunzip(br)
	case zipped:
		in.unzip(r, br)
	case tarred:
		in.untar(br)
	case isForeign:
		in.bad(Where{}, nil, "%s", reason)
	default:
		in.text(br)
	}
}

// gunzip reads what is packed, all members of it as one.
func (in *reading) gunzip(r io.Reader) {
	zr, err := gzip.NewReader(r)
	if err != nil {
		in.bad(Where{}, nil, "gzip cannot be unpacked: %v", err)
		return
	}
	in.inner("").unpack(zr)
}

// inner is the reading of a member, or of what is packed without a name.
func (in *reading) inner(member string) *reading {
	inner := *in
	inner.nested++
	if member != "" {
		inner.name = strings.TrimPrefix(in.name+"/"+member, "/") // not cleaned: "../x" would look like another file
	}
	return &inner
}

// unzip reads the members of a zip in their order. A zip's table of contents stands at its end, so that it is kept
// on disk while it is read, unless it is a file already.
func (in *reading) unzip(r io.Reader, read io.Reader) {
	f, size, ok := regular(r)
	if !ok {
		var err error
		if f, size, err = in.spool(read); err != nil {
			in.bad(Where{}, nil, "zip cannot be unpacked: %v", err)
			return
		}
		defer discard(f)
	}
	zr, err := zip.NewReader(f, size)
	if err != nil {
		in.bad(Where{}, nil, "zip cannot be unpacked: %v", err)
		return
	}
	if slices.ContainsFunc(zr.File, func(m *zip.File) bool { return m.Name == "[Content_Types].xml" }) { // ECMA-376 part 2
		in.bad(Where{}, nil, "no audit log: an Office document: save its table as CSV")
		return
	}
	for _, m := range zr.File {
		if *in.ended {
			return
		}
		if !m.FileInfo().IsDir() && !ofMacOS(m.Name) {
			in.member(m)
		}
	}
}

// ofMacOS says whether a member of an archive is one that macOS adds to what it packs.
func ofMacOS(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, "._") || base == ".DS_Store"
}

// member reads one member of a zip. What is wrong with it leaves the others readable.
func (in *reading) member(m *zip.File) {
	inner := in.inner(m.Name)
	const encrypted = 1 // general purpose bit 0, APPNOTE.TXT section 4.4.4
	if m.Flags&encrypted != 0 {
		inner.bad(Where{}, nil, "encrypted: unpack it with its password first")
		return
	}
	r, err := m.Open()
	if err != nil {
		inner.bad(Where{}, nil, "zip member cannot be unpacked: %v", err)
		return
	}
	defer r.Close()
	inner.unpack(r)
}

// regular gives the file that is being read, where it is one on disk.
func regular(r io.Reader) (*os.File, int64, bool) {
	if s, ok := r.(*source); ok {
		r = s.r
	}
	f, ok := r.(*os.File)
	if !ok {
		return nil, 0, false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, false
	}
	return f, info.Size(), true
}

// spool copies a zip to a file of its own that only this user can read and that has no name where the system allows.
func (in *reading) spool(r io.Reader) (*os.File, int64, error) {
	f, err := os.CreateTemp("", "ualstream-*.zip") // mode 0600
	if err != nil {
		return nil, 0, err
	}
	_ = os.Remove(f.Name()) // fails on Windows, where discard does it
	if in.nested > 0 {
		r = io.LimitReader(r, maxSpool+1)
	}
	size, err := io.Copy(f, r)
	if err == nil && in.nested > 0 && size > maxSpool {
		err = fmt.Errorf("over %d bytes within another archive: unpack it first", maxSpool)
	}
	if err != nil {
		discard(f)
		return nil, 0, err
	}
	return f, size, nil
}

// discard closes a spooled file and removes it where it still has its name.
func discard(f *os.File) {
	_ = f.Close()
	if err := os.Remove(f.Name()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return // nobody to tell: the file is private, and the records were read
	}
}
