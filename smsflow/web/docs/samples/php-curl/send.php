<?php
$request = curl_init('https://VOTRE-SERVEUR/apiv2/sms/');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ['Authorization: Token VOTRE_TOKEN'],
    CURLOPT_POSTFIELDS => http_build_query([
        'number' => '+237690000001',
        'message' => 'Votre commande est arrivée',
    ]),
]);

$body = curl_exec($request);
$status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
if ($body === false) {
    echo curl_error($request), PHP_EOL;
} elseif ($status === 200) {
    echo $body, PHP_EOL;
} else {
    echo 'HTTP ', $status, ' ', $body, PHP_EOL;
}
