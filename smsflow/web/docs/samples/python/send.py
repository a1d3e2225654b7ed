import requests

url = "https://VOTRE-SERVEUR/apiv2/sms/"
headers = {"Authorization": "Token VOTRE_TOKEN"}
payload = {
    "number": "+237690000001",
    "message": "Votre commande est arrivée",
}

response = requests.request("POST", url, headers=headers, data=payload, timeout=30)

print(response.text)
