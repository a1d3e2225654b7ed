<?php
require_once 'HTTP/Request2.php';

$request = new HTTP_Request2();
$request->setUrl('https://VOTRE-SERVEUR/apiv2/smscode/?id=1042');
$request->setMethod(HTTP_Request2::METHOD_GET);
$request->setHeader([
    'Authorization' => 'Token VOTRE_TOKEN',
]);

try {
    $response = $request->send();
    if ($response->getStatus() === 200) {
        echo $response->getBody(), PHP_EOL;
    } else {
        echo 'HTTP ', $response->getStatus(), ' ', $response->getBody(), PHP_EOL;
    }
} catch (HTTP_Request2_Exception $error) {
    echo $error->getMessage(), PHP_EOL;
}
