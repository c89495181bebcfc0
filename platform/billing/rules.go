package billing

import (
	"ghasi.io/portal/platform/messages"
	"ghasi.io/portal/portal"
)

// givesBack is the one rule of refunds. A message that has ended without delivery costs nothing when
//
//   - the operator refused it at the door: it never took it, whatever the reason;
//   - it failed or expired for a reason that the operator or Ghasi must mend, or for none that we know.
//
// It is kept when the operator carried it and the number or the handset was at fault: the operator charges for that too.
func givesBack(r *messages.Record) bool {
	switch r.Status {
	case portal.StatusRejected:
		return r.SentAt == 0
	case portal.StatusFailed, portal.StatusExpired:
		for _, c := range portal.ErrorCodes {
			if c.Code == r.ErrorCode {
				return c.FixedBy == "operator" || c.FixedBy == "us"
			}
		}
		return true
	}
	return false
}
