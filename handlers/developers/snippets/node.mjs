import { randomUUID } from "node:crypto";

const res = await fetch("{{URL}}/v1/messages", {
  method: "POST",
  headers: {
    Authorization: `Bearer ${process.env.GHASI_API_KEY}`,
    "Content-Type": "application/json",
    "Idempotency-Key": randomUUID(),
  },
  body: JSON.stringify({
    to: "+93700000001",
    from: "{{FROM}}",
    body: "Your parcel has arrived.",
  }),
});

const answer = await res.json();
if (res.status !== 202) throw new Error(`${res.status}: ${answer.title}`);
console.log(answer.messageId);
