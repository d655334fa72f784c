package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
	"unsafe"

	"ualstream/cmd/internal/status"
)

// terminal gives both ends of a terminal of that size: the one that a command writes to, and the one that shows it.
func terminal(t *testing.T, columns, lines uint16) (command, shown *os.File) {
	t.Helper()
	shown, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine has no pseudoterminals: %v", err)
	}
	t.Cleanup(func() { shown.Close() })
	var locked, number int32
	size := [4]uint16{lines, columns}
	for _, ask := range []struct {
		what uintptr
		of   unsafe.Pointer
	}{{syscall.TIOCSPTLCK, unsafe.Pointer(&locked)}, {syscall.TIOCGPTN, unsafe.Pointer(&number)}, {syscall.TIOCSWINSZ, unsafe.Pointer(&size)}} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, shown.Fd(), ask.what, uintptr(ask.of)); errno != 0 {
			t.Fatal(errno)
		}
	}
	command, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Close() })
	return command, shown
}

func TestAPictureFitsTheTerminalAndLeavesWhatStoodThere(t *testing.T) {
	for columns, want := range map[uint16]int{80: status.Narrow, 100: status.Narrow, 101: status.Wide} {
		command, shown := terminal(t, columns, 24)
		e := &env{stdout: command, getenv: func(string) string { return "" }}
		s := &screen{e: e, inPlace: e.obeys()}
		for _, above := range []int{24, 0} {
			if err := s.draw(status.Report{}); err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			for buffer := make([]byte, 4096); !strings.HasSuffix(text.String(), "\x1b[J"); {
				n, err := shown.Read(buffer)
				if err != nil {
					t.Fatal(err)
				}
				text.Write(buffer[:n])
			}
			before, picture, _ := strings.Cut(text.String(), "\x1b[H")
			first, _, _ := strings.Cut(picture, "\x1b[K")
			if n := strings.Count(before, "\n"); n != above || utf8.RuneCountInString(first) != want {
				t.Errorf("on %d columns: %d lines go up, want %d; %d columns are written, want %d", columns, n, above, utf8.RuneCountInString(first), want)
			}
		}
	}
}
