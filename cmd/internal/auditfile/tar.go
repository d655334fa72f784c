package auditfile

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// isTar says whether a tar archive begins here (POSIX.1-2017, pax, "ustar Interchange Format": magic at byte 257). What
// begins as JSON is not looked at closer, so that a short record is not kept waiting.
func isTar(r *bufio.Reader, head []byte) bool {
	if len(head) == 0 || strings.IndexByte("{[ \t\r\n\"", head[0]) >= 0 {
		return false
	}
	const at = 257
	block, _ := r.Peek(at + len("ustar"))
	return len(block) > at && bytes.Equal(block[at:], []byte("ustar"))
}

// untar reads the files of a tar archive in their order.
func (in *reading) untar(r io.Reader) {
	for tr := tar.NewReader(r); !*in.ended; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			if in.src.err == nil {
				in.bad(Where{}, nil, "tar breaks off: %v", err)
			}
			return
		}
		if h.Typeflag == tar.TypeReg && !ofMacOS(h.Name) {
			in.inner(h.Name).unpack(tr)
		}
	}
}
