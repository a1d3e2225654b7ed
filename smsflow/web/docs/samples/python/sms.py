import requests

url = "https://VOTRE-SERVEUR/apiv2/sms/?id=SMS0000001"
headers = {"Authorization": "Token VOTRE_TOKEN"}

response = requests.request("GET", url, headers=headers, timeout=30)

print(response.text)
