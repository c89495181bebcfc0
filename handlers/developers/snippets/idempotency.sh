curl "{{URL}}/v1/messages" \
  -H "Authorization: Bearer $GHASI_API_KEY" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: order-4711-shipped" \
  -d '{"to": "+93700000001", "from": "{{FROM}}", "body": "Your parcel has arrived."}'
