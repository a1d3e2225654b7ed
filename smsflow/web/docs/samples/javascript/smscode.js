const axios = require('axios');
const FormData = require('form-data');

const data = new FormData();
data.append('phone_number', '+237690000001');
data.append('timeout', '900');

const config = {
  method: 'post',
  url: 'https://VOTRE-SERVEUR/apiv2/smscode/',
  headers: {
    Authorization: 'Token VOTRE_TOKEN',
    ...data.getHeaders(),
  },
  data,
};

axios(config)
  .then((response) => console.log(JSON.stringify(response.data)))
  .catch((error) => console.error(error.response ? error.response.data : error.message));
