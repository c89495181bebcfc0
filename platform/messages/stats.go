package messages

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

const (
	defaultDays = 30
	maxDays     = 90
	maxCauses   = 5
)

// stats answers GET /v1/messages/stats.
func (s *Service) stats(w http.ResponseWriter, r *http.Request) {
	who, _ := access.From(r.Context())
	days, err := parseDays(r.URL.RawQuery)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	stats, err := s.statistics(r.Context(), who.TenantID, days)
	if err != nil {
		problem.Write(w, r, database.Map(err))
		return
	}
	problem.JSON(w, r, http.StatusOK, stats)
}

func parseDays(raw string) (int, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return 0, &portal.Error{Code: portal.Invalid, Detail: "The query cannot be read.", Err: err}
	}
	for name := range query {
		if name != "days" {
			return 0, &portal.Error{Code: portal.Invalid, Detail: "There is no such parameter: " + printable(name)}
		}
	}
	if !query.Has("days") {
		return defaultDays, nil
	}
	days, err := strconv.Atoi(query.Get("days"))
	if err != nil || days < 1 || days > maxDays || len(query["days"]) > 1 {
		return 0, portal.InvalidField("days", "field.out_of_range")
	}
	return days, nil
}

// statistics sums the rollups of the last days days, today included.
func (s *Service) statistics(ctx context.Context, tenant string, days int) (portal.MessageStats, error) {
	today := dayOf(s.now().UnixMicro())
	start := today - int64(days-1)*dayMicros
	stats := portal.MessageStats{Days: make([]portal.MessageDay, days), Failures: []portal.FailureCount{}}
	for i := range stats.Days {
		stats.Days[i].Day = time.UnixMicro(start + int64(i)*dayMicros + kabulOffset).UTC().Format(time.DateOnly)
	}
	if err := s.readDays(ctx, tenant, start, stats.Days); err != nil {
		return portal.MessageStats{}, err
	}
	var err error
	if stats.Failures, err = s.readFailures(ctx, tenant, start, today+dayMicros); err != nil {
		return portal.MessageStats{}, err
	}
	err = s.reader.queryRow(ctx, "SELECT EXISTS (SELECT 1 FROM message_totals WHERE tenant_id = $1 AND status = 'delivered' AND messages > 0)",
		[]any{tenant}, &stats.Any)
	if err != nil {
		return portal.MessageStats{}, err
	}
	currency, _, err := s.tariff.Price(ctx, tenant, sms.OtherOperator, s.now())
	if currency != portal.AFN {
		stats.Currency = currency
	}
	return stats, err
}

func (s *Service) readDays(ctx context.Context, tenant string, start int64, days []portal.MessageDay) error {
	rows, err := s.reader.query(ctx,
		"SELECT (bucket - $2) / $4 AS nth, CAST(SUM(submitted) AS BIGINT), CAST(SUM(delivered) AS BIGINT), CAST(SUM(failed) AS BIGINT), "+
			"CAST(SUM(segments) AS BIGINT), CAST(SUM(spend_micros) AS BIGINT) "+
			"FROM message_rollups WHERE tenant_id = $1 AND bucket >= $2 AND bucket < $3 GROUP BY nth",
		[]any{tenant, start, start + int64(len(days))*dayMicros, dayMicros})
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var nth int
		var d portal.MessageDay
		if err := rows.Scan(&nth, &d.Submitted, &d.Delivered, &d.Failed, &d.SegmentCount, &d.SpendMicros); err != nil {
			return err
		}
		d.Day = days[nth].Day
		days[nth] = d
	}
	return rows.Err()
}

func (s *Service) readFailures(ctx context.Context, tenant string, start, end int64) ([]portal.FailureCount, error) {
	rows, err := s.reader.query(ctx,
		"SELECT error_code, CAST(SUM(messages) AS BIGINT) AS n FROM message_failures WHERE tenant_id = $1 AND day >= $2 AND day < $3 "+
			"GROUP BY error_code ORDER BY n DESC, error_code LIMIT "+strconv.Itoa(maxCauses),
		[]any{tenant, start, end})
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	failures := []portal.FailureCount{}
	for rows.Next() {
		var f portal.FailureCount
		if err := rows.Scan(&f.ErrorCode, &f.Count); err != nil {
			return nil, err
		}
		failures = append(failures, f)
	}
	return failures, rows.Err()
}
