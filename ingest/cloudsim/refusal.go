package cloudsim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// refusal is an error of the login service, in the form of Entra's token endpoint.
type refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Timestamp   string `json:"timestamp"`
	Trace       string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
	URI         string `json:"error_uri"`
}

// refuse gives a refusal with the number of its AADSTS code.
func refuse(code string, number int, text string) *refusal {
	f := &refusal{Code: code, Codes: []int{number}, Trace: uuid.NewString(), Correlation: uuid.NewString()}
	f.Timestamp = time.Now().UTC().Format("2006-01-02 15:04:05Z")
	f.Description = fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
		number, text, f.Trace, f.Correlation, f.Timestamp)
	f.URI = fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", number)
	return f
}

func (f *refusal) write(w http.ResponseWriter) {
	status := http.StatusBadRequest
	switch f.Code {
	case "invalid_client":
		status = http.StatusUnauthorized
	case "server_error":
		status = http.StatusInternalServerError
	}
	reply(w, status, f)
}
