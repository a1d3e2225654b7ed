import requests

url = "https://VOTRE-SERVEUR/apiv2/smscode/?id=1042"
headers = {"Authorization": "Token VOTRE_TOKEN"}

response = requests.request("GET", url, headers=headers, timeout=30)

print(response.text)
