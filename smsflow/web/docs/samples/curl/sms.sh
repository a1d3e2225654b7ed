curl 'https://VOTRE-SERVEUR/apiv2/sms/?id=SMS0000001' \
  --header 'Authorization: Token VOTRE_TOKEN'
