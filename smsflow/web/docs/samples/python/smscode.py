import requests

url = "https://VOTRE-SERVEUR/apiv2/smscode/"
headers = {"Authorization": "Token VOTRE_TOKEN"}
payload = {
    "phone_number": "+237690000001",
    "timeout": "900",
}

response = requests.request("POST", url, headers=headers, data=payload, timeout=30)

print(response.text)
