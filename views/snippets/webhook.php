<?php
require 'vendor/autoload.php';

use StandardWebhooks\Exception\WebhookVerificationException;
use StandardWebhooks\Webhook;

$hook = new Webhook(getenv('GHASI_WEBHOOK_SECRET')); // whsec_…
$headers = array_change_key_case(getallheaders(), CASE_LOWER);

try {
    $event = $hook->verify(file_get_contents('php://input'), $headers);
} catch (WebhookVerificationException $e) {
    http_response_code(401);
    exit('not from Ghasi');
}

// webhook-id stays the same when a delivery is repeated: skip those you know.
error_log($headers['webhook-id'] . ' ' . $event['type']);
http_response_code(204);
