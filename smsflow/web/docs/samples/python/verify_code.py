import requests

url = "https://VOTRE-SERVEUR/apiv2/verify_code/"
headers = {"Authorization": "Token VOTRE_TOKEN"}
payload = {
    "phone_number": "+237690000001",
    "code": "422510",
}

response = requests.request("POST", url, headers=headers, data=payload, timeout=30)

print(response.text)
