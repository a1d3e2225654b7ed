<?php
$request = curl_init('https://VOTRE-SERVEUR/apiv2/smscode/?id=1042');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ['Authorization: Token VOTRE_TOKEN'],
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
