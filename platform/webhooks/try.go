package webhooks

import "context"

// attemptJob makes one attempt.
func (s *Service) attemptJob(ctx context.Context, j *job) *result {
	at := s.now()
	r := &result{job: j, attemptID: s.attemptIDs.next(at), at: at}
	secret, err := s.vault.open(j.endpoint.id, j.endpoint.secret)
	if err != nil {
		s.log.ErrorContext(ctx, "a webhook's secret cannot be opened", "webhook", j.endpoint.id, "error", err)
		r.err = errConnection
		return r
	}
	secrets := [][]byte{secret}
	if j.endpoint.old != nil {
		if old, err := s.vault.open(j.endpoint.id, j.endpoint.old); err == nil {
			secrets = append(secrets, old)
		}
	}
	if !j.check || len(secrets) == 1 {
		r.outcome = s.sender.post(ctx, j.endpoint.url, j.id, j.payload, secrets...)
		return r
	}
	r.outcome = s.sender.post(ctx, j.endpoint.url, j.id, j.payload, secret)
	accepted := r.err == ""
	switch {
	case accepted:
		r.newAccepted = &accepted
	case refusesSignature(r.status):
		r.newAccepted = &accepted
		alone := r.took
		r.outcome = s.sender.post(ctx, j.endpoint.url, j.id, j.payload, secrets...)
		r.took += alone
	}
	return r
}

// refusesSignature reports whether a status may mean that the signature was not good: a fault of ours, and none of the
// kinds that say something else.
func refusesSignature(status int) bool {
	return status >= 400 && status < 500 && status != 408 && status != statusGone && status != 429
}
