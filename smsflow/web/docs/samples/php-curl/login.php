<?php
$request = curl_init('https://VOTRE-SERVEUR/auth2/get_token_auth/');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_POSTFIELDS => http_build_query([
        'username' => 'VOTRE_NOM_UTILISATEUR',
        'password' => 'VOTRE_MOT_DE_PASSE',
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
