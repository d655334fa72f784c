package o365

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Answers of errors are short; what a proxy may send instead is cut.
const (
	maxErrorBody = 64 << 10
	maxMessage   = 500
	maxWait      = time.Hour // the longest Retry-After that is believed
)

// hide takes the token out of a text.
func hide(token, text string) string {
	if token == "" {
		return text
	}
	return strings.ReplaceAll(text, token, "(token)")
}

// errorOf reads an answer that is no success. A gateway's may quote the request with its token.
func errorOf(op, token string, resp *http.Response) *Error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // a part of the answer is better than none
	text = []byte(hide(token, string(text)))
	code, message := codeOf(text)
	return &Error{
		Status:     resp.StatusCode,
		Code:       shorten(code),
		Message:    shorten(message),
		RetryAfter: retryAfter(resp.Header, time.Now()),
		op:         op,
	}
}

// What Microsoft's older pages print in single quotes is no JSON; the code is what counts.
var (
	quotedCode    = regexp.MustCompile(`(?i)['"]code['"]\s*:\s*['"]([^'"]+)['"]`)
	quotedMessage = regexp.MustCompile(`(?i)['"]message['"]\s*:\s*['"]([^'"]+)['"]`)
	bareCode      = regexp.MustCompile(`\bAF\d{3,5}\b`)
)

func codeOf(text []byte) (code, message string) {
	var answer struct {
		Error   struct{ Code, Message string }
		Message string
	}
	text = bytes.TrimPrefix(text, bom)
	if json.Unmarshal(text, &answer) == nil && (answer.Error.Code != "" || answer.Message != "") {
		return answer.Error.Code, answer.Error.Message + answer.Message
	}
	code = submatch(quotedCode, text)
	if code == "" {
		code = string(bareCode.Find(text))
	}
	return code, submatch(quotedMessage, text)
}

func submatch(re *regexp.Regexp, text []byte) string {
	if m := re.FindSubmatch(text); m != nil {
		return string(m[1])
	}
	return ""
}

// shorten makes one line of at most maxMessage bytes: the messages may hold whole stack traces.
func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

// retryAfter reads the header of that name, seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(v); err == nil {
		wait = time.Duration(min(max(seconds, 0), int(maxWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxWait)
}
