import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const hook = new Webhook(process.env.GHASI_WEBHOOK_SECRET); // whsec_…

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const event = hook.verify(Buffer.concat(chunks).toString(), request.headers);
    // webhook-id stays the same when a delivery is repeated: skip those you know.
    console.log(request.headers['webhook-id'], event.type, event.data);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end('not from Ghasi');
  }
}).listen(8000, '127.0.0.1'); // behind your HTTPS
