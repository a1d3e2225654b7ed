curl 'https://VOTRE-SERVEUR/apiv2/sms/' \
  --header 'Authorization: Token VOTRE_TOKEN' \
  --form-string 'number=+237690000001' \
  --form-string 'message=Votre commande est arrivée'
