curl "{{URL}}/v1/messages?limit=1" \
  -H "Authorization: Bearer $GHASI_API_KEY"
