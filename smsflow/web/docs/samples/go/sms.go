package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
)

func main() {
	url := "https://VOTRE-SERVEUR/apiv2/sms/?id=SMS0000001"

	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Token VOTRE_TOKEN")

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()

	body, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(body))
}
