import json
import os
import urllib.request
import uuid

req = urllib.request.Request(
    "{{URL}}/v1/messages",
    data=json.dumps({
        "to": "+93700000001",
        "from": "{{FROM}}",
        "body": "Your parcel has arrived.",
    }).encode(),
    headers={
        "Authorization": "Bearer " + os.environ["GHASI_API_KEY"],
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
    },
)

# An answer other than 2xx raises urllib.error.HTTPError; its body says why.
with urllib.request.urlopen(req, timeout=10) as res:
    print(json.load(res)["messageId"])
