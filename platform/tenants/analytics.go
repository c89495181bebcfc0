package tenants

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"ghasi.io/portal/database"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

const (
	topRows       = 10  // of a top list
	timelinessFor = 180 // days of invoices that say how a tenant pays
	daily         = 31  // days up to which a period's compliance is told by the day
)

// analytics answers GET /v1/internal/tenants/{tenantId}/analytics?period=.
func (s *Service) analytics(w http.ResponseWriter, r *http.Request) {
	query, err := parameters(r, "period")
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	now := s.now()
	p, err := parsePeriod(query.Get("period"), now)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	id, err := s.tenant(r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	a, err := s.review(r.Context(), id, p, now)
	if err != nil {
		problem.Write(w, r, database.Map(err))
		return
	}
	a.Period = query.Get("period")
	problem.JSON(w, r, http.StatusOK, a)
}

// review gathers a period's figures from the daily counts, so that it takes as long for a million messages as for ten.
func (s *Service) review(ctx context.Context, tenant string, p period, now time.Time) (portal.Analytics, error) {
	a := portal.Analytics{
		TenantID: tenant, Start: day(p.start), End: day(p.end), Currency: portal.AFN, GeneratedAt: now.UTC(),
	}
	accounts, err := s.money.Accounts(ctx)
	if err != nil {
		return a, err
	}
	if account, ok := accounts[tenant]; ok {
		a.Currency = account.Currency
	}
	// Credits are of whole months, the period before may begin earlier than those.
	from, until := monthOf(p.start), monthOf(p.end.AddDate(0, 0, -1)).AddDate(0, 1, 0)
	if p.previous.Before(from) {
		from = p.previous
	}
	counts, err := s.countsByDay(ctx, tenant, from, until)
	if err != nil {
		return a, err
	}
	spend, err := s.money.SpendByDay(ctx, tenant, from, until)
	if err != nil {
		return a, err
	}
	f := figures{counts, spend}
	a.Totals, a.Previous = f.totals(p.start, p.end), f.totals(p.previous, p.start)
	a.Months, a.Operators = f.months(p, now), f.operators(p)
	a.Compliance, a.SLACredits = f.compliance(p, now), f.credits(p, now)
	if err := s.addRest(ctx, tenant, p, now, &a); err != nil {
		return a, err
	}
	return a, nil
}

// addRest adds what does not come from the daily counts by operator.
func (s *Service) addRest(ctx context.Context, tenant string, p period, now time.Time, a *portal.Analytics) (err error) {
	if a.Senders, err = s.top(ctx, tenant, "sender", p); err != nil {
		return err
	}
	if a.Prefixes, err = s.top(ctx, tenant, "prefix", p); err != nil {
		return err
	}
	if err := s.addHolds(ctx, tenant, p.start, p.end, &a.Totals); err != nil {
		return err
	}
	if err := s.addHolds(ctx, tenant, p.previous, p.start, &a.Previous); err != nil {
		return err
	}
	if a.Totals.BalanceMicros, err = s.money.BalanceAt(ctx, tenant, earlier(p.end, now)); err != nil {
		return err
	}
	if a.Previous.BalanceMicros, err = s.money.BalanceAt(ctx, tenant, p.start); err != nil {
		return err
	}
	a.Invoices, err = s.timeliness(ctx, tenant, earlier(p.end, now))
	return err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// count is what is known of one day's messages to one operator.
type count struct {
	day      time.Time
	operator string

	submitted, delivered, failed, held, flagged, segments int
}

// figures are a run of days, oldest first, and what each cost.
type figures struct {
	counts []count
	spend  map[string]int64
}

func (s *Service) countsByDay(ctx context.Context, tenant string, from, until time.Time) ([]count, error) {
	rows, err := s.db.Read.QueryContext(ctx, "SELECT day, name, submitted, delivered, failed, held, flagged, segments FROM message_days "+
		"WHERE tenant_id = ? AND kind = 'operator' AND day >= ? AND day < ? ORDER BY day, name", tenant, from.UnixMicro(), until.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var all []count
	for rows.Next() {
		var c count
		var at int64
		if err := rows.Scan(&at, &c.operator, &c.submitted, &c.delivered, &c.failed, &c.held, &c.flagged, &c.segments); err != nil {
			return nil, err
		}
		c.day = time.UnixMicro(at).In(kabul)
		all = append(all, c)
	}
	return all, rows.Err()
}

// within yields the counts of the days from one on and before another.
func (f figures) within(from, until time.Time) []count {
	index := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(f.counts, t, func(c count, t time.Time) int { return c.day.Compare(t) })
		return i
	}
	return f.counts[index(from):index(until)]
}

func (f figures) spent(from, until time.Time) int64 {
	var sum int64
	for d := from; d.Before(until); d = d.AddDate(0, 0, 1) {
		sum += f.spend[day(d)]
	}
	return sum
}

func (f figures) totals(from, until time.Time) portal.AnalyticsTotals {
	t := portal.AnalyticsTotals{SpendMicros: f.spent(from, until)}
	for _, c := range f.within(from, until) {
		t.Submitted += c.submitted
		t.Delivered += c.delivered
		t.Failed += c.failed
		t.Held += c.held
		t.Segments += c.segments
	}
	t.Final = t.Delivered + t.Failed
	return t
}

// months cuts a period at the months' ends; those that have not begun are left out.
func (f figures) months(p period, now time.Time) []portal.AnalyticsMonth {
	list := []portal.AnalyticsMonth{}
	for m := monthOf(p.start); m.Before(p.end) && !m.After(now); m = m.AddDate(0, 1, 0) {
		from, until := m, earlier(m.AddDate(0, 1, 0), p.end)
		if from.Before(p.start) {
			from = p.start
		}
		t := f.totals(from, until)
		list = append(list, portal.AnalyticsMonth{
			Month: m.Format("2006-01"), Submitted: t.Submitted, Delivered: t.Delivered, Failed: t.Failed, SpendMicros: t.SpendMicros,
		})
	}
	return list
}

func (f figures) operators(p period) []portal.AnalyticsOperator {
	sums := map[string]portal.AnalyticsOperator{}
	for _, c := range f.within(p.start, p.end) {
		o := sums[c.operator]
		o.Operator = c.operator
		o.Submitted += c.submitted
		o.Delivered += c.delivered
		o.Failed += c.failed
		sums[c.operator] = o
	}
	list := slices.AppendSeq([]portal.AnalyticsOperator{}, maps.Values(sums))
	slices.SortFunc(list, func(a, b portal.AnalyticsOperator) int {
		return cmp.Or(cmp.Compare(b.Submitted, a.Submitted), cmp.Compare(a.Operator, b.Operator))
	})
	return list
}

// wholeScore is a compliance score with nothing against it, in hundredths of a point.
const wholeScore = 10_000

// compliance scores each week of the period that has begun, or each day of a short one. Who sends nothing has nothing
// against them.
func (f figures) compliance(p period, now time.Time) []portal.AnalyticsDay {
	step := 7
	if days(p.start, p.end) <= daily {
		step = 1
	}
	list := []portal.AnalyticsDay{}
	for d := p.start; d.Before(p.end) && !d.After(now); d = d.AddDate(0, 0, step) {
		point := portal.AnalyticsDay{Day: day(d), Score: wholeScore}
		flagged := 0
		for _, c := range f.within(d, earlier(d.AddDate(0, 0, step), p.end)) {
			point.Sent += c.submitted
			point.Held += c.held
			flagged += c.flagged
		}
		if point.Sent > 0 {
			point.Score = wholeScore - (wholeScore*flagged+point.Sent/2)/point.Sent
		}
		list = append(list, point)
	}
	return list
}
