package main

import (
	"os"
	"syscall"
	"testing"
)

func TestAHangupEndsAWorkerWhoseTerminalIsGone(t *testing.T) {
	command, shown := terminal(t, 80, 24)
	hangups, happened := make(chan os.Signal), make(chan string)
	e := &env{stderr: command}
	go e.onHangup(t.Context(), hangups, func() { happened <- "reload" }, func() { happened <- "end" })
	hangups <- syscall.SIGHUP
	if got := <-happened; got != "reload" {
		t.Errorf("with a terminal: %s", got)
	}
	if err := shown.Close(); err != nil {
		t.Fatal(err)
	}
	hangups <- syscall.SIGHUP
	if got := <-happened; got != "end" {
		t.Errorf("without its terminal: %s", got)
	}
}
