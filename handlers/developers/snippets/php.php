<?php
$curl = curl_init("{{URL}}/v1/messages");
curl_setopt_array($curl, [
    CURLOPT_POST => true,
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 10,
    CURLOPT_HTTPHEADER => [
        "Authorization: Bearer " . getenv("GHASI_API_KEY"),
        "Content-Type: application/json",
        "Idempotency-Key: " . bin2hex(random_bytes(16)),
    ],
    CURLOPT_POSTFIELDS => json_encode([
        "to" => "+93700000001",
        "from" => "{{FROM}}",
        "body" => "Your parcel has arrived.",
    ]),
]);

$answer = json_decode((string) curl_exec($curl), true);
if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 202) {
    exit(($answer["title"] ?? curl_error($curl)) . PHP_EOL);
}
echo $answer["messageId"], PHP_EOL;
