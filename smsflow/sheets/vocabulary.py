"""The words that head columns, in French and English, folded to lower case and ASCII."""

import re
from collections.abc import Sequence

# Google's "Phone 1 - Value", with its "Phone 1 - Label" (or "Type", before 2023).
NUMBERED = re.compile(r"phone (\d+) (value|label|type)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MOBILE = _words(
    "mobile mobiles portable portables port gsm cell cellular cellphone cellulaire cel mob mobilephone smartphone msisdn"
)
_CHAT = _words("whatsapp whatsap watsapp wa wsp wapp")
_PHONE = _words(
    "telephone telephones telephonique tel tels tele teleph tph tlf tlph phone phones phonenumber fone telefon telefono telefone"
)
_FIXED = _words(
    "fixe fixes domicile maison bureau home work office business landline standard autre other main company"
)

# Alone, or with each other, these may head a column of numbers or of anything.
_VAGUE = _words(
    "numero numeros num nums no nr nbr n number numbers contact contacts sms ligne destinataire destinataires recipient to"
)
_FILLING = _words(
    "de du des d le la les l the of s client clients customer customers personnel perso principal primary 1 2 3 4 5"
)
WEAK = _VAGUE | _FILLING

# A number that nobody answers, or somebody else does.
NOT_CALLED = _words("fax telecopie telecopieur pager telex assistant assistante")

# With one of these, the column tells something about a number or a person, unless its cells say otherwise.
NEVER_NUMBERS = _words("""label labels type types nom noms name names prenom prenoms email mail courriel date
    operateur operator reseau network pays country indicatif montant amount solde balance statut status etat id identifiant code
    compte account facture invoice cni cin commande order adresse address rue street modele model marque""")

DATES = _words(
    "date dates naissance anniversaire anniv birthday birthdate birth dob ddn ne nee jour day inscription expiration echeance"
)


def rank_of(words: Sequence[str]) -> int | None:
    """Return how likely a column of this name holds the mobile number (0 first), or None when it names no number."""
    present = set(words)
    if present & _MOBILE:
        return 0
    if present & _CHAT:
        return 1
    if present & _PHONE:
        return 3 if present & _FIXED else 2
    if present & _VAGUE and present <= WEAK:
        return 2
    return None


def label_rank(words: Sequence[str], otherwise: int) -> int:
    """Return the rank of a number that stands beside the label of these words."""
    rank = rank_of(words)
    if rank is not None:
        return rank
    return 3 if (_FIXED | NOT_CALLED) & set(words) else otherwise


def is_heading(folded: str) -> bool:
    """Tell whether a cell has a name that heads columns and nothing else."""
    return folded in ATTRIBUTES or rank_of(folded.split()) is not None


def _aliases() -> dict[str, str]:
    named = {
        "prenom": "prenom|prenoms|prenom s|pren|pnom|prenom client|prenom du client|petit nom",
        "nom": "nom|noms|nom s|nom de famille|nom famille|nom client|nom du client|nom complet|nom et prenom|nom et prenoms|noms et prenoms"
        "|nom prenom|nom prenoms|noms prenoms|nom contact|nom du contact",
        "first_name": "first name|firstname|given name|givenname|forename|fname",
        "last_name": "last name|lastname|surname|family name|lname",
        "name": "name|names|full name|fullname|display name|file as|customer name|client name|contact name",
        "email": "email|e mail|mail|courriel|adresse email|adresse e mail|adresse mail|adresse electronique|email address|e mail address"
        "|e mail 1 value|email 1 value|adresse de messagerie",
        "ville": "ville|villes|localite",
        "city": "city|town|home city|address 1 city",
        "entreprise": "entreprise|societe|ste|raison sociale|organisation",
        "company": "company|company name|organization|organization name|organization 1 name",
        "fonction": "fonction|poste|profession|titre professionnel",
        "job_title": "job title|title|organization title|organization 1 title",
        "date_de_naissance": "date de naissance|date naissance|date naiss|date de naiss|ddn|ne le|nee le|ne e le|anniversaire|anniv",
        "birthday": "birthday|birthdate|birth date|date of birth|dob",
        "civilite": "civilite|civ|titre de civilite",
        "adresse": "adresse|adr|adresse postale",
        "quartier": "quartier|qtier|qt",
        "pays": "pays",
        "notes": "notes|note|remarques|remarque|observations|observation|commentaire|commentaires",
    }
    return {written: name for name, all_ in named.items() for written in all_.split("|")}


ATTRIBUTES = _aliases()
