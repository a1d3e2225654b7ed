const axios = require('axios');
const FormData = require('form-data');

const data = new FormData();
data.append('username', 'VOTRE_NOM_UTILISATEUR');
data.append('password', 'VOTRE_MOT_DE_PASSE');

const config = {
  method: 'post',
  url: 'https://VOTRE-SERVEUR/auth2/get_token_auth/',
  headers: {
    ...data.getHeaders(),
  },
  data,
};

axios(config)
  .then((response) => console.log(JSON.stringify(response.data)))
  .catch((error) => console.error(error.response ? error.response.data : error.message));
