curl 'https://VOTRE-SERVEUR/auth2/get_token_auth/' \
  --form-string 'username=VOTRE_NOM_UTILISATEUR' \
  --form-string 'password=VOTRE_MOT_DE_PASSE'
