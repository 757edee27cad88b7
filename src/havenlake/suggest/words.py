"""What a column's name says, in English, Spanish, French and German.

A name is cut into words (`phoneNumber`, `téléphone_portable`); accents do not count. `EXACT` are whole words, `STEMS`
parts of longer ones, because German and database names run words together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from havenlake.suggest.sample import Carries


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FREE_TEXT = "free text"
_TEXTS: frozenset[Carries] = frozenset({"text", "list", "json"})
_OR_WHOLE: frozenset[Carries] = _TEXTS | {"whole"}

_WORDS: Mapping[str, tuple[frozenset[Carries], str, str]] = {
    # kind: types that can hold it, whole words, parts of words
    "national id": (
        _OR_WHOLE,
        "ssn sin nino nif dni nie nir insee curp rfc pps ppsn nhs passport ausweis cedula",
        """passport passeport pasaport reisepass ausweis sozialversicher socialsecurity seguridadsocial securitesociale
        nationalid taxid steuerid steuernummer steueridentifik krankenversicher versichertennummer driverslicen
        drivinglicen driverlicen numerosecu""",
    ),
    "secret": (
        _OR_WHOLE,
        "password passwd pwd secret token pin otp cookie session apikey contrasena clave passwort kennwort motdepasse",
        "password passwor kennwort apikey accesstoken sessionid motdepasse contrasena secretkey",
    ),
    "payment detail": (
        _OR_WHOLE,
        "iban bic swift cvv cvc card kontonummer konto tarjeta carte",
        "iban creditcard cardnumber accountnumber kontonummer kreditkarte tarjeta bankaccount routingnumber",
    ),
    "device or online id": (
        _OR_WHOLE,
        "udid imei imsi mac adid gaid idfa useragent fingerprint browser device handle",
        "useragent deviceid macaddress advertisingid fingerprint",
    ),
    "e-mail address": (
        _TEXTS,
        "email mail correo courriel mel emails",
        "email correoelec courriel mailadress mailaddress",
    ),
    "phone number": (
        _OR_WHOLE,
        """phone phones telephone tel mobile cell cellphone msisdn fax whatsapp telefono movil celular portable handy
        rufnummer mobil fon telefon""",
        "phone telefon telephon mobilnummer handynummer rufnummer whatsapp cellnumber",
    ),
    "IP address": (_TEXTS, "ip ips ipv4 ipv6", "ipaddr ipadress remoteaddr clientip"),
    "link": (_TEXTS, "url uri urls link links href website referrer referer enlace lien", "weburl homepage"),
    "postcode": (_OR_WHOLE, "zip zipcode postcode plz cp postal", "postcode postleit zipcode codepostal codigopostal"),
    "place of a person": (
        _OR_WHOLE | {"number"},
        """lat lng lon latitude longitude latitud longitud geo gps coordinates coords location ubicacion standort
        breitengrad laengengrad""",
        "geoloc latitude longitude breitengrad laengengrad coordinat koordinat coordenada coordonnee",
    ),
    "postal address": (
        _TEXTS,
        """address addresses addr street city town hometown direccion domicilio calle ciudad adresse rue ville anschrift
        strasse ort wohnort hausnummer stadt""",
        "address adress direccion domicil strasse anschrift street wohnort",
    ),
    "date of birth or age": (
        _OR_WHOLE | {"date", "instant"},
        "dob yob birth birthday birthdate nacimiento naissance geburtsdatum geburtstag age edad alter",
        "birth nacimiento naissance geburt",
    ),
    "special category of personal data": (
        _OR_WHOLE,
        """gender sex sexo sexe geschlecht ethnicity race religion orientation diagnosis medication disability pronouns
        diagnostico diagnostic diagnose genero genre etnia krankheit""",
        "ethnic religio diagnos medicat disabilit geschlecht sexualor pronoun",
    ),
    "name of a person": (
        _TEXTS,
        """name names surname nickname username login nombre nombres apellido apellidos nom prenom nachname vorname
        familienname benutzername spitzname user alias author contact contacto kontakt""",
        """firstname lastname surname fullname nickname username displayname givenname middlename familyname maidenname
        apellido nachname vorname prenom nombre familienname benutzername spitzname rufname nomdefamille""",
    ),
    FREE_TEXT: (
        _TEXTS,
        """message messages msg body text texts note notes comment comments content description summary subject
        transcript feedback remark remarks story bio about answer response reply memo details observaciones
        observacion nota notas comentario comentarios mensaje texto cuerpo descripcion respuesta asunto remarque
        remarques commentaire commentaires texte corps contenu reponse sujet nachricht notiz notizen bemerkung
        bemerkungen kommentar kommentare inhalt beschreibung antwort betreff freitext verlauf""",
        """message comment kommentar bemerk notiz mensaje comentario observacion transcript nachricht freitext freetext
        beschreib descripcion description protokoll""",
    ),
}
"""Order matters: the first kind that a name fits is taken."""
_KINDS = {kind: (types, _words(exact), _words(stems)) for kind, (types, exact, stems) in _WORDS.items()}

SAFE = _words(
    """status state type kind channel country language lang locale currency category level priority source severity role
    stage platform method mode unit version format tag tags timezone tz code flag active enabled published estado
    tipo canal pais idioma moneda categoria nivel prioridad rol statut etat pays langue devise categorie niveau
    priorite art typ kanal land sprache waehrung kategorie stufe prioritaet rolle zeitzone"""
)
"""Words of columns that hold codes of a fixed list."""
COUNTRY = _words("country countrycode pais codigopais pays codepays land laendercode isocountry")
LANGUAGE = _words("language lang languagecode locale idioma langue sprache sprachcode isolanguage codigoidioma")
_ABOUT = _words(
    """type status state kind count flag level format language lang verified enabled at on id ids uuid version size
    length tipo estado typ art statut code"""
)
"""A column named for one of these tells something about a thing, not the thing: `phone_type`, `tipo_telefono`."""
_WHATEVER = frozenset(
    {
        "national id",
        "secret",
        "payment detail",
        "device or online id",
        "postcode",
        "place of a person",
        "date of birth or age",
        "special category of personal data",
    }
)
"""Kinds that stay sensitive beside such a word: `passport_id`, `postal_code`."""
_REACHED = frozenset({"e-mail address", "phone number", "IP address"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case and without accents.

    >>> words_of("TéléphonePortable"), words_of("straße_nr")
    (('telephone', 'portable'), ('strasse', 'nr'))
    """
    plain = unicodedata.normalize("NFC", _CAMEL.sub("_", name)).lower().translate(_UMLAUTS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return tuple(word for word in re.split(r"[^a-z0-9]+", plain) if word)


def kind_of_name(name: str, carries: Carries) -> str | None:
    """The kind of sensitive data that a name promises, in a type that can hold it.

    >>> kind_of_name("correo_electronico", "text"), kind_of_name("geburtsdatum", "date")
    ('e-mail address', 'date of birth or age')
    >>> kind_of_name("phone_type", "text"), kind_of_name("email_verified", "boolean")
    (None, None)
    """
    words = words_of(name)
    about = len(words) > 1 and bool({words[0], words[-1]} & _ABOUT)
    for kind in _kinds(words, carries):
        if not about or kind in _WHATEVER:
            return kind
    return None


def personal_number(name: str) -> bool:
    """Whether a name holds the word for something that may itself be a number of a person: `whatsapp_id`."""
    return any(kind in _WHATEVER or kind in _REACHED for kind in _kinds(words_of(name), "text"))


def _kinds(words: tuple[str, ...], carries: Carries) -> list[str]:
    joined = "".join(words)
    return [
        kind
        for kind, (types, exact, stems) in _KINDS.items()
        if carries in types and (exact & set(words) or any(stem in joined for stem in stems))
    ]
