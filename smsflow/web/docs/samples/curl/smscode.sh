curl 'https://VOTRE-SERVEUR/apiv2/smscode/' \
  --header 'Authorization: Token VOTRE_TOKEN' \
  --form-string 'phone_number=+237690000001' \
  --form-string 'timeout=900'
