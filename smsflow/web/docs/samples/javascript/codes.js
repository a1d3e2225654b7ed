const axios = require('axios');

const config = {
  method: 'get',
  url: 'https://VOTRE-SERVEUR/apiv2/smscode/?id=1042',
  headers: {
    Authorization: 'Token VOTRE_TOKEN',
  },
};

axios(config)
  .then((response) => console.log(JSON.stringify(response.data)))
  .catch((error) => console.error(error.response ? error.response.data : error.message));
