curl 'https://VOTRE-SERVEUR/apiv2/balance/' \
  --header 'Authorization: Token VOTRE_TOKEN'
