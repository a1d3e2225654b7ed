const axios = require('axios');
const FormData = require('form-data');

const data = new FormData();
data.append('number', '+237690000001');
data.append('message', 'Votre commande est arrivée');

const config = {
  method: 'post',
  url: 'https://VOTRE-SERVEUR/apiv2/sms/',
  headers: {
    Authorization: 'Token VOTRE_TOKEN',
    ...data.getHeaders(),
  },
  data,
};

axios(config)
  .then((response) => console.log(JSON.stringify(response.data)))
  .catch((error) => console.error(error.response ? error.response.data : error.message));
