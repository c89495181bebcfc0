package billing

import (
	"sync"
	"testing"

	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

const (
	toAWCC   = "+93701234567"
	toRoshan = "+93791234567"
	toSalaam = "+93744123456"
)

func TestPrices(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		afn, err := s.Prices(t.Context(), portal.AFN, start)
		s.must(err)
		usd, err := s.Prices(t.Context(), portal.USD, start)
		s.must(err)
		for _, operator := range append([]string{sms.OtherOperator}, sms.Operators...) {
			if afn[operator] != sms.PriceMicros(operator) || usd[operator] <= 0 {
				t.Errorf("%s: AFN %d, USD %d; the form shows %d", operator, afn[operator], usd[operator], sms.PriceMicros(operator))
			}
			currency, unit, err := s.Price(t.Context(), "ten_a", operator, start)
			if err != nil || currency != portal.AFN || unit != afn[operator] {
				t.Errorf("%s costs a new tenant %d %s: %v", operator, unit, currency, err)
			}
		}
		if len(afn) != 6 || len(usd) != 6 {
			t.Errorf("%d and %d operators", len(afn), len(usd))
		}
		midnight := dayOf(start).AddDate(0, 0, 1)
		s.must(s.SetPrice(t.Context(), portal.AFN, "awcc", midnight, 900_000))
		s.must(s.SetPrice(t.Context(), portal.AFN, "awcc", midnight, 990_000))
		for at, want := range map[int64]int64{micros(midnight) - 1: 750_000, micros(midnight): 990_000} {
			if _, unit, err := s.Price(t.Context(), "ten_a", "awcc", fromMicros(at)); err != nil || unit != want {
				t.Errorf("awcc costs %d, want %d: %v", unit, want, err)
			}
		}
	})
}

func TestSetPrice_Refuses(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		tomorrow := dayOf(start).AddDate(0, 0, 1)
		for name, err := range map[string]error{
			"a currency":  s.SetPrice(t.Context(), "EUR", "awcc", tomorrow, 1),
			"an operator": s.SetPrice(t.Context(), portal.AFN, "mtn", tomorrow, 1),
			"the past":    s.SetPrice(t.Context(), portal.AFN, "awcc", dayOf(start), 1),
			"noon":        s.SetPrice(t.Context(), portal.AFN, "awcc", tomorrow.Add(1), 1),
			"nothing":     s.SetPrice(t.Context(), portal.AFN, "awcc", tomorrow, 0),
		} {
			if portal.CodeOf(err) != portal.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestCharge(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.must(s.Credit(t.Context(), "ten_a", TopUp, 10_000_000, "bank 1"))
		s.send("ten_a", toAWCC)
		s.send("ten_a", toRoshan)
		if b := s.balance("ten_a"); b != 10_000_000-750_000-850_000 {
			t.Errorf("the balance is %d", b)
		}
		s.send("ten_b", toSalaam)
		if b := s.balance("ten_b"); b != -500_000 {
			t.Errorf("another tenant's balance is %d", b)
		}
		s.settle()
		if b := s.balance("ten_a"); b != 8_400_000 {
			t.Errorf("after delivery the balance is %d", b)
		}
		s.check("ten_a")
		s.check("ten_b")
	})
}

func TestCharge_InDollars(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.must(s.Agree(t.Context(), "ten_a", Terms{Currency: portal.USD, CreditLimitMicros: 1_000_000, TermsDays: 15}))
		id := s.send("ten_a", toAWCC)
		if b := s.balance("ten_a"); b != -10_800 {
			t.Errorf("the balance is %d", b)
		}
		var m portal.Message
		s.call(200, "GET", "/v1/messages/"+id, "user:ten_a", nil, &m)
		var page portal.MessagePage
		s.call(200, "GET", "/v1/messages", "user:ten_a", nil, &page)
		if m.Currency != portal.USD || m.PriceMicros != 10_800 || page.Items[0].Currency != portal.USD {
			t.Errorf("it cost %d %s, in the list %s", m.PriceMicros, m.Currency, page.Items[0].Currency)
		}
		if err := s.Agree(t.Context(), "ten_a", Terms{Currency: portal.AFN}); portal.CodeOf(err) != portal.Conflict {
			t.Errorf("the currency of an account that is in use changed: %v", err)
		}
		s.check("ten_a")
	})
}

func TestCharge_BeyondTheLimit(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.must(s.Agree(t.Context(), "ten_a", Terms{Currency: portal.AFN, CreditLimitMicros: 1_500_000}))
		s.send("ten_a", toAWCC)
		s.send("ten_a", toAWCC) // to the last afghani
		var p struct {
			Code, Type, Title, Detail, RequestID string
			Status                               int
		}
		body := portal.NewMessage{To: toAWCC, From: "PAMIR", Body: "One too many"}
		s.call(402, "POST", "/v1/messages", "user:ten_a", body, &p)
		if p.Code != string(portal.PaymentRequired) || p.Status != 402 {
			t.Errorf("refused with %+v", p)
		}
		if n := s.number("SELECT COUNT(*) FROM messages"); n != 2 || s.balance("ten_a") != -1_500_000 {
			t.Errorf("%d messages, balance %d", n, s.balance("ten_a"))
		}
		s.must(s.Credit(t.Context(), "ten_a", TopUp, 750_000, "bank 1"))
		s.call(202, "POST", "/v1/messages", "user:ten_a", body, nil)
		s.check("ten_a")
	})
}

// TestCharge_AtTheLimitAtOnce: many senders, two replicas, credit for twenty: twenty are taken.
func TestCharge_AtTheLimitAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		const credit, senders, each = 20, 8, 5
		s.must(s.Agree(t.Context(), "ten_a", Terms{Currency: portal.AFN, CreditLimitMicros: credit * 750_000}))
		two := newSite(t, s.db, s.clock, 0)
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken, refused := 0, 0
		for i := range senders {
			from := []*site{s, two}[i%2]
			wg.Go(func() {
				for range each {
					status := from.try("ten_a", toAWCC)
					mu.Lock()
					switch status {
					case 202:
						taken++
					case 402:
						refused++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if taken != credit || refused != senders*each-credit {
			t.Errorf("%d taken, %d refused", taken, refused)
		}
		if b := s.balance("ten_a"); b != -credit*750_000 {
			t.Errorf("the balance is %d", b)
		}
		s.check("ten_a")
	})
}

func TestRefund_ByCode(t *testing.T) {
	back := map[string]bool{"rejected_by_operator": true, "operator_unavailable": true, "system_failure": true}
	onEach(t, func(t *testing.T, s *site) {
		for _, c := range portal.ErrorCodes {
			tenant := "ten_" + c.Code
			s.send(tenant, numberOf(c.Code))
			want := int64(-750_000)
			if b := s.balance(tenant); b != want {
				t.Errorf("%s: charged %d", c.Code, b)
			}
			s.settle()
			if back[c.Code] {
				want = 0
			}
			if b := s.balance(tenant); b != want {
				t.Errorf("%s: %d is left, want %d", c.Code, b, want)
			}
			s.check(tenant)
		}
	})
}

func TestGivesBack(t *testing.T) {
	for name, tc := range map[string]struct {
		r    messages.Record
		want bool
	}{
		"at the door, for a fault of theirs": {messages.Record{Status: portal.StatusRejected, ErrorCode: "sender_not_registered"}, true},
		"rejected after it was taken":        {messages.Record{Status: portal.StatusRejected, ErrorCode: "sender_not_registered", SentAt: 1}, false},
		"no known reason":                    {messages.Record{Status: portal.StatusFailed, ErrorCode: "novelty", SentAt: 1}, true},
		"expired by our fault":               {messages.Record{Status: portal.StatusExpired, ErrorCode: "system_failure", SentAt: 1}, true},
		"expired with the handset off":       {messages.Record{Status: portal.StatusExpired, ErrorCode: "validity_expired", SentAt: 1}, false},
		"delivered":                          {messages.Record{Status: portal.StatusDelivered, SentAt: 1}, false},
	} {
		if got := givesBack(&tc.r); got != tc.want {
			t.Errorf("%s: given back %v", name, got)
		}
	}
}

// TestRefund_Once: telling of the same end twice gives back once.
func TestRefund_Once(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		id := s.send("ten_a", toAWCC)
		failed := messages.Record{
			ID: id, TenantID: "ten_a", Status: portal.StatusFailed, ErrorCode: "system_failure", Operator: "awcc", Segments: 1,
			PriceMicros: 750_000, SubmittedAt: micros(start), DoneAt: micros(start) + 1,
		}
		never := failed
		never.ID = portal.NewID("msg", start)
		for range 2 {
			s.must(s.tell(messages.Change{Record: failed, Before: portal.StatusSent}, messages.Change{Record: never, Before: portal.StatusSent}))
		}
		if b := s.balance("ten_a"); b != 0 {
			t.Errorf("the balance is %d", b)
		}
		if err := s.tell(messages.Change{Record: messages.Record{ID: id, TenantID: "ten_a", PriceMicros: 1, Segments: 1, SubmittedAt: micros(start)}}); portal.CodeOf(err) != portal.Conflict {
			t.Errorf("charged twice: %v", err)
		}
		if b := s.balance("ten_a"); b != 0 {
			t.Errorf("a refused charge changed the balance to %d", b)
		}
	})
}

func TestCredit_Refuses(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		s.must(s.Credit(t.Context(), "ten_a", TopUp, 1_000_000, "bank 1"))
		s.must(s.Credit(t.Context(), "ten_b", TopUp, 1_000_000, "bank 1"))
		s.must(s.Credit(t.Context(), "ten_a", SLACredit, 1_000_000, "bank 1"))
		for name, tc := range map[string]struct {
			err  error
			want portal.Code
		}{
			"the same again": {s.Credit(t.Context(), "ten_a", TopUp, 1_000_000, "bank 1"), portal.Conflict},
			"no reference":   {s.Credit(t.Context(), "ten_a", TopUp, 1_000_000, " "), portal.Invalid},
			"less":           {s.Credit(t.Context(), "ten_a", TopUp, -1, "bank 2"), portal.Invalid},
			"too much":       {s.Credit(t.Context(), "ten_a", TopUp, maxAmount+1, "bank 2"), portal.Invalid},
			"a payment":      {s.Credit(t.Context(), "ten_a", Payment, 1, "bank 2"), portal.Invalid},
		} {
			if portal.CodeOf(tc.err) != tc.want {
				t.Errorf("%s: %v", name, tc.err)
			}
		}
		if s.balance("ten_a") != 2_000_000 || s.balance("ten_b") != 1_000_000 {
			t.Errorf("balances %d, %d", s.balance("ten_a"), s.balance("ten_b"))
		}
		s.check("ten_a")
	})
}
