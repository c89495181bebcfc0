import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

hook = Webhook(os.environ["GHASI_WEBHOOK_SECRET"])  # whsec_…


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = hook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.send_error(401, "not from Ghasi")
            return
        # webhook-id stays the same when a delivery is repeated: skip those you know.
        print(self.headers["webhook-id"], event["type"], event["data"])
        self.send_response(204)
        self.end_headers()


HTTPServer(("127.0.0.1", 8000), Receiver).serve_forever()  # behind your HTTPS
