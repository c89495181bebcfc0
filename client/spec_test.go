package client_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"ghasi.io/portal/client"
	"ghasi.io/portal/portal"
	"ghasi.io/portal/portal/sms"
)

func schemas(t *testing.T) openapi3.Schemas {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(client.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return doc.Components.Schemas
}

func words[T ~string](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

// TestSets: the closed sets of the document are those of the code.
func TestSets(t *testing.T) {
	var codes []string
	for _, c := range portal.ErrorCodes {
		codes = append(codes, c.Code)
	}
	all := schemas(t)
	for name, want := range map[string][]string{
		"Scope":            words(portal.Scopes),
		"MessageStatus":    words(portal.MessageStatuses),
		"MessageErrorCode": codes,
		"Encoding":         {sms.GSM7, sms.UCS2},
		"Currency":         words(portal.Currencies),
		"WebhookEvent":     words(portal.WebhookEvents),
		"InvoiceStatus":    words(portal.InvoiceStatuses),
	} {
		if diff := cmp.Diff(want, enum(all[name].Value)); diff != "" {
			t.Errorf("%s (-code +document):\n%s", name, diff)
		}
	}
	operators := append(words(sms.Operators), sms.OtherOperator)
	if diff := cmp.Diff(operators, enum(all["Operator"].Value)); diff != "" {
		t.Errorf("operator (-code +document):\n%s", diff)
	}
}

func enum(s *openapi3.Schema) []string {
	var out []string
	for _, v := range s.Enum {
		out = append(out, fmt.Sprint(v))
	}
	return out
}

// TestFields: every field of a wire type is in the document, and the other way round.
func TestFields(t *testing.T) {
	all := schemas(t)
	for name, value := range map[string]any{
		"NewMessage": portal.NewMessage{}, "AcceptedMessage": portal.AcceptedMessage{}, "Message": portal.Message{},
		"MessageSource": portal.MessageSource{}, "MessageEvent": portal.MessageEvent{}, "MessagePage": portal.MessagePage{},
		"MessageStats": portal.MessageStats{}, "MessageDay": portal.MessageDay{}, "NewAPIKey": portal.NewAPIKey{},
		"APIKey": portal.APIKey{}, "CreatedAPIKey": portal.CreatedAPIKey{},
		"Invoice": portal.Invoice{}, "InvoiceLine": portal.InvoiceLine{}, "InvoicePage": portal.InvoicePage{},
		"Webhook": portal.Webhook{}, "SavedWebhook": portal.SavedWebhook{}, "NewWebhook": portal.NewWebhook{},
		"WebhookChange": portal.WebhookChange{}, "WebhookRotation": portal.WebhookRotation{}, "WebhookCheck": portal.WebhookCheck{},
		"WebhookAttempt": portal.WebhookAttempt{}, "WebhookAttemptPage": portal.WebhookAttemptPage{}, "WebhookDelivery": portal.WebhookDelivery{},
		"RotateWebhookSecret": portal.RotateWebhookSecret{}, "RotatedWebhookSecret": portal.RotatedWebhookSecret{},
		"SignedURL": portal.SignedURL{}, "Usage": portal.Usage{}, "BillingSettings": portal.BillingSettings{},
		"Prices": portal.Prices{},
	} {
		documented := map[string]bool{}
		collect(all[name].Value, documented)
		coded := map[string]bool{}
		tags(reflect.TypeOf(value), coded)
		if diff := cmp.Diff(coded, documented); diff != "" {
			t.Errorf("%s (-code +document):\n%s", name, diff)
		}
	}
}

func collect(s *openapi3.Schema, into map[string]bool) {
	for name := range s.Properties {
		into[name] = true
	}
	for _, part := range s.AllOf {
		collect(part.Value, into)
	}
}

func tags(typ reflect.Type, into map[string]bool) {
	for f := range typ.Fields() {
		if f.Anonymous {
			tags(f.Type, into)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		into[name] = true
	}
}
