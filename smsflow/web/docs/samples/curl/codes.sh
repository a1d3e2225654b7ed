curl 'https://VOTRE-SERVEUR/apiv2/smscode/?id=1042' \
  --header 'Authorization: Token VOTRE_TOKEN'
