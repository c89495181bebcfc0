package seed

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

const (
	historyDays = 90
	declineDays = 21 // in which a profile's decline and trouble show
)

var kabul = time.FixedZone("Asia/Kabul", 4*3600+1800)

// profile is how a business sends.
type profile struct {
	texts   string  // key of texts.json
	perDay  float64 // on an ordinary working day, in the middle of the history
	trend   float64 // how much more it sends at the end than at the beginning: 0.5 is half as much again
	decline float64 // what is left of its traffic in the last three weeks
	trouble float64 // share of the messages of those weeks that are held, and of those that fail besides
	sources []source
}

type source struct{ kind, name string }

// operatorMix is who the recipients are with.
var operatorMix = []struct {
	weight   int
	prefixes []string
}{
	{31, []string{"70", "71"}},
	{27, []string{"79", "72"}},
	{24, []string{"78", "73"}},
	{12, []string{"77", "76"}},
	{6, []string{"744", "747", "748", "749"}},
}

// byHour is the shape of a day in Kabul: quiet nights, a peak before noon and one in the evening.
var byHour = [24]float64{1, 0.5, 0.3, 0.3, 0.5, 1, 2, 4, 8, 11, 12, 11, 8, 7, 8, 9, 9, 8, 8, 9, 8, 6, 4, 2}

// byWeekday is less on the weekend, which is Thursday and Friday.
var byWeekday = map[time.Weekday]float64{
	time.Saturday: 1.1, time.Sunday: 1.05, time.Monday: 1, time.Tuesday: 1, time.Wednesday: 0.95, time.Thursday: 0.6, time.Friday: 0.4,
}

// traffic makes records of one tenant. The same seed and now give the same ones.
type traffic struct {
	tenant     string
	now        time.Time
	rnd        *rand.Rand
	texts      []text
	weights    int
	sources    []source
	recipients []string
	currency   portal.Currency
	prices     map[string]int64 // a segment, by operator
	outage     time.Time        // when Etisalat did not answer, for two hours
}

func newTraffic(tenant string, p profile, texts map[string][]text, seed uint64, now time.Time) *traffic {
	t := &traffic{
		tenant: tenant, now: now, rnd: rand.New(rand.NewPCG(seed, 1404)), texts: texts[p.texts], sources: p.sources, //nolint:gosec // demo data
		outage: midnight(now).AddDate(0, 0, -9).Add(10 * time.Hour),
	}
	t.currency, t.prices = portal.AFN, map[string]int64{sms.OtherOperator: sms.PriceMicros(sms.OtherOperator)}
	for _, operator := range sms.Operators {
		t.prices[operator] = sms.PriceMicros(operator)
	}
	for _, x := range t.texts {
		t.weights += x.Weight
	}
	t.recipients = make([]string, 2500)
	for i := range t.recipients {
		pick, n := t.rnd.IntN(100), 0
		for pick >= operatorMix[n].weight {
			pick -= operatorMix[n].weight
			n++
		}
		t.recipients[i] = number(t.rnd, operatorMix[n].prefixes)
	}
	return t
}

func midnight(t time.Time) time.Time {
	y, m, d := t.In(kabul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, kabul)
}

// history makes the last historyDays days, today included, oldest first.
func (t *traffic) history(p profile) []messages.Record {
	total := 0.0
	for _, w := range byHour {
		total += w
	}
	var times []time.Time
	today := midnight(t.now)
	for back := historyDays - 1; back >= 0; back-- {
		day := today.AddDate(0, 0, -back)
		volume := p.perDay * byWeekday[day.Weekday()] * (1 + p.trend*(0.5-float64(back)/historyDays)) * (0.9 + 0.2*t.rnd.Float64())
		if back < declineDays && p.decline > 0 {
			volume *= p.decline
		}
		for hour, weight := range byHour {
			expected := volume * weight / total
			n := int(expected + t.rnd.Float64()) // rounds up as often as the fraction says
			for range n {
				at := day.Add(time.Duration(hour)*time.Hour + time.Duration(t.rnd.Int64N(int64(time.Hour))))
				if at.Before(t.now) {
					times = append(times, at)
				}
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	records := make([]messages.Record, len(times))
	for i, at := range times {
		records[i] = t.message(at)
	}
	t.trouble(p, records)
	return records
}

// message makes a message that was submitted at a time, with what has happened to it until now.
func (t *traffic) message(at time.Time) messages.Record {
	pick, n := t.rnd.IntN(t.weights), 0
	for pick >= t.texts[n].Weight {
		pick -= t.texts[n].Weight
		n++
	}
	x := &t.texts[n]
	src := t.sources[0]
	if t.rnd.IntN(40) == 0 {
		src = t.sources[len(t.sources)-1]
	}
	to := t.recipients[t.rnd.IntN(len(t.recipients))]
	operator := sms.Operator(to)
	r := messages.Record{
		ID: t.id(at), TenantID: t.tenant, SubmittedAt: at.UnixMicro(), To: to, From: x.From, Body: x.write(t.rnd),
		Encoding: x.analysis.Encoding, Segments: x.analysis.Segments,
		Operator: operator, PriceMicros: int64(x.analysis.Segments) * t.prices[operator], Currency: t.currency,
		SourceKind: src.kind, SourceName: src.name,
	}
	t.outcome(&r, at)
	return r
}

// outcome decides how a message ended, or how far it is.
func (t *traffic) outcome(r *messages.Record, at time.Time) {
	sent := at.Add(400*time.Millisecond + t.upTo(1200*time.Millisecond))
	done := sent.Add(time.Second + t.upTo(4*time.Second))
	if t.rnd.IntN(12) == 0 {
		done = done.Add(t.upTo(4 * time.Minute)) // a phone that was off for a while
	}
	status, code := t.ending(r, at)
	switch status {
	case portal.StatusRejected:
		done = sent
	case portal.StatusExpired:
		done = sent.Add(24 * time.Hour)
	}
	switch {
	case sent.After(t.now):
		r.Status, r.DueAt = portal.StatusQueued, sent.UnixMicro()
		return
	case status != portal.StatusRejected:
		r.SentAt = sent.UnixMicro()
	}
	if done.After(t.now) {
		r.Status, r.DueAt = portal.StatusSent, min(done.UnixMicro(), t.now.Add(3*time.Minute).UnixMicro())
		return
	}
	r.Status, r.ErrorCode, r.DoneAt = status, code, done.UnixMicro()
}

// ending is delivered for about 97 in a hundred. The rest fail for the reasons that operators report most.
func (t *traffic) ending(r *messages.Record, at time.Time) (portal.MessageStatus, string) {
	if since := at.Sub(t.outage); r.Operator == "etisalat" && since > 0 && since < 2*time.Hour && t.rnd.IntN(10) < 8 {
		return portal.StatusFailed, "operator_unavailable"
	}
	switch n := t.rnd.IntN(1000); {
	case n < 11:
		return portal.StatusFailed, "absent_subscriber"
	case n < 18:
		return portal.StatusFailed, "unknown_subscriber"
	case n < 21:
		return portal.StatusFailed, "handset_memory_full"
	case n < 23:
		return portal.StatusFailed, "call_barred"
	case n < 27:
		return portal.StatusExpired, "validity_expired"
	case n < 29:
		return portal.StatusRejected, "rejected_by_operator"
	case n < 30:
		return portal.StatusFailed, "system_failure"
	}
	return portal.StatusDelivered, ""
}

func (t *traffic) upTo(d time.Duration) time.Duration { return time.Duration(t.rnd.Int64N(int64(d))) }

// digits is the alphabet of ids (portal.NewID).
const digits = "0123456789abcdefghjkmnpqrstvwxyz"

// id is as portal.NewID makes them, but from the seed: 48 bits of milliseconds in ten digits, 80 random bits in sixteen.
func (t *traffic) id(at time.Time) string {
	var b [26]byte
	ms := at.UnixMilli()
	for i := 9; i >= 0; i-- {
		b[i] = digits[ms&31]
		ms >>= 5
	}
	for i := 10; i < len(b); i++ {
		b[i] = digits[t.rnd.IntN(32)]
	}
	return "msg_" + string(b[:])
}

// latest makes a few messages of the last two minutes, oldest first, some of them under way: they are due one after the
// other in the next minute, so that who looks at the log sees it move.
func (t *traffic) latest() []messages.Record {
	records := make([]messages.Record, 0, 9)
	for i := range 9 {
		r := t.message(t.now.Add(-time.Duration(9-i) * 13 * time.Second))
		if i >= 4 {
			due := t.now.Add(time.Duration(i-3) * 9 * time.Second).UnixMicro()
			r.Status, r.ErrorCode, r.DoneAt, r.DueAt = portal.StatusSent, "", 0, due
			r.SentAt = r.SubmittedAt + time.Second.Microseconds()
		}
		if i >= 7 {
			r.Status, r.SentAt = portal.StatusQueued, 0
		}
		if i == 5 {
			r.Status, r.SentAt, r.HeldAt = portal.StatusHeld, 0, r.SubmittedAt+time.Second.Microseconds()
		}
		records = append(records, r)
	}
	return records
}

// byTime puts records in the order of their ids, which is that of their times.
func byTime(records []messages.Record) {
	slices.SortFunc(records, func(a, b messages.Record) int { return strings.Compare(a.ID, b.ID) })
}
