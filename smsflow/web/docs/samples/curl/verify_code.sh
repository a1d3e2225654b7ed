curl 'https://VOTRE-SERVEUR/apiv2/verify_code/' \
  --header 'Authorization: Token VOTRE_TOKEN' \
  --form-string 'phone_number=+237690000001' \
  --form-string 'code=422510'
