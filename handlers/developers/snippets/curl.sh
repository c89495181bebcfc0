curl "{{URL}}/v1/messages" \
  -H "Authorization: Bearer $GHASI_API_KEY" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: $(date +%s)" \
  -d '{"to": "+93700000001", "from": "{{FROM}}", "body": "Your parcel has arrived."}'
