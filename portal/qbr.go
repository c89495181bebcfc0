package portal

import (
	"regexp"
	"strconv"
	"time"
)

// QBRState is how far the export of a quarterly business review has come.
type QBRState string

// The states of an export.
const (
	QBRQueued  QBRState = "queued"
	QBRRunning QBRState = "running"
	QBRDone    QBRState = "done"
	QBRFailed  QBRState = "failed"
)

// Ended reports whether an export will not change any more.
func (s QBRState) Ended() bool { return s == QBRDone || s == QBRFailed }

// QBR is one export of a tenant's quarterly review.
type QBR struct {
	QBRID     string
	TenantID  string
	Period    string // "2026-Q1"
	Locale    string // of the document
	By        Actor
	State     QBRState
	Progress  int    // 0–100
	Key       string // of the document in the object store, once done
	Size      int64  // bytes
	SHA256    string // hex, of the document
	CreatedAt time.Time
	EndedAt   time.Time // zero while it has not
}

var quarterShape = regexp.MustCompile(`^(20[0-9]{2})-Q([1-4])$`)

// Quarter reads "2026-Q1" as its first day and the first day after it, at midnight in Kabul.
func Quarter(s string) (start, end time.Time, ok bool) {
	m := quarterShape.FindStringSubmatch(s)
	if m == nil {
		return time.Time{}, time.Time{}, false
	}
	year, _ := strconv.Atoi(m[1]) // four digits
	start = time.Date(year, time.Month(3*(m[2][0]-'1')+1), 1, 0, 0, 0, 0, kabul)
	return start, start.AddDate(0, 3, 0), true
}
