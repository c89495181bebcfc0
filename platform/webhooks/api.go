package webhooks

import (
	"net/http"

	"ghasi.io/portal/platform/access"
	"ghasi.io/portal/platform/problem"
	"ghasi.io/portal/portal"
)

// maxBody bounds the body of a request, in bytes: a URL of the longest in the widest JSON escapes.
const maxBody = 16 << 10

// answer writes v, or the problem that err is.
func answer(w http.ResponseWriter, r *http.Request, status int, v any, err error) {
	switch {
	case err != nil:
		problem.Write(w, r, err)
	case v == nil:
		w.WriteHeader(status)
	default:
		problem.JSON(w, r, status, v)
	}
}

// target returns the tenant that calls, and the webhook that the path names.
func target(r *http.Request) (tenant, id string, err error) {
	who, _ := access.From(r.Context())
	id = r.PathValue("webhookId")
	if !portal.ValidID("whk", id) {
		return "", "", portal.Fail(portal.NotFound, nil)
	}
	return who.TenantID, id, nil
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) {
	who, _ := access.From(r.Context())
	hooks, err := s.hooks(r.Context(), who.TenantID, "")
	answer(w, r, http.StatusOK, map[string][]portal.Webhook{"items": hooks}, err)
}

func (s *Service) show(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	var hook portal.Webhook
	if err == nil {
		hook, err = s.hook(r.Context(), tenant, id)
	}
	answer(w, r, http.StatusOK, hook, err)
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) {
	who, _ := access.From(r.Context())
	var body portal.NewWebhook
	if err := problem.Decode(w, r, maxBody, &body); err != nil {
		problem.Write(w, r, err)
		return
	}
	valid, err := s.validate(portal.WebhookChange{URL: &body.URL, Events: body.Events}, true)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	saved, err := s.add(r.Context(), who, valid)
	if err == nil {
		w.Header().Set("Location", "/v1/webhooks/"+saved.WebhookID)
	}
	answer(w, r, http.StatusCreated, saved, err)
}

func (s *Service) change(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	var body portal.WebhookChange
	if err := problem.Decode(w, r, maxBody, &body); err != nil {
		problem.Write(w, r, err)
		return
	}
	valid, err := s.validate(body, false)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	saved, err := s.update(r.Context(), tenant, id, valid)
	answer(w, r, http.StatusOK, saved, err)
}

func (s *Service) remove(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	if err == nil {
		err = s.delete(r.Context(), tenant, id)
	}
	answer(w, r, http.StatusNoContent, nil, err)
}

func (s *Service) rotate(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	var body portal.RotateWebhookSecret
	if err := problem.Decode(w, r, maxBody, &body); err != nil {
		problem.Write(w, r, err)
		return
	}
	rotated, err := s.newSigningSecret(r.Context(), tenant, id, body.OverlapSeconds)
	answer(w, r, http.StatusOK, rotated, err)
}

func (s *Service) retire(w http.ResponseWriter, r *http.Request) {
	tenant, id, err := target(r)
	if err == nil {
		err = s.retireOldSecret(r.Context(), tenant, id)
	}
	answer(w, r, http.StatusNoContent, nil, err)
}

func (s *Service) checkURL(w http.ResponseWriter, r *http.Request) {
	var body struct {
		URL string `json:"url"`
	}
	if err := problem.Decode(w, r, maxBody, &body); err != nil {
		problem.Write(w, r, err)
		return
	}
	u, key := s.guard.normalize(body.URL)
	if key == "field.refused_address" { // that is what was asked
		problem.JSON(w, r, http.StatusOK, portal.WebhookCheck{Verdict: verdictRefused, Addresses: []string{}})
		return
	}
	if key != "" {
		problem.Write(w, r, portal.InvalidField("url", key))
		return
	}
	problem.JSON(w, r, http.StatusOK, s.look(r.Context(), u))
}
