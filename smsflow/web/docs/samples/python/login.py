import requests

url = "https://VOTRE-SERVEUR/auth2/get_token_auth/"
payload = {
    "username": "VOTRE_NOM_UTILISATEUR",
    "password": "VOTRE_MOT_DE_PASSE",
}

response = requests.request("POST", url, data=payload, timeout=30)

print(response.text)
