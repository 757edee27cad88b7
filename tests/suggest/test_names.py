import pytest

from havenlake.suggest.words import kind_of_name, personal_number

KINDS = {
    "e-mail address": "email contact_email correo_electronico courriel eMailAdresse mail E-Mail",
    "phone number": "phone phone_number mobile telefono tel_movil téléphone telefonnummer handynummer msisdn",
    "name of a person": "first_name lastName full_name nombre apellidos prénom nom nachname vorname display_name",
    "postal address": "address street_1 direccion calle adresse rue anschrift straße wohnort city",
    "date of birth or age": "birth_date dob fecha_nacimiento date_de_naissance geburtsdatum age edad",
    "postcode": "postcode zip_code codigo_postal code_postal plz postleitzahl",
    "national id": "ssn national_id dni numero_securite_sociale passport_no steuernummer personalausweis taxId",
    "IP address": "ip ip_address source_ip clientIp ip_adresse",
    "free text": "message body notes comentarios nachricht bemerkungen commentaire mensaje freitext description",
    "place of a person": "latitude geo_location breitengrad ubicacion",
    "special category of personal data": "gender sexo geschlecht religion diagnosis diagnóstico",
    "secret": "password_hash api_key passwort contraseña",
    "device or online id": "device_id user_agent imei",
    "payment detail": "iban credit_card_number",
    "link": "url website profile_link",
}


@pytest.mark.parametrize(("kind", "name"), [(kind, n) for kind, names in KINDS.items() for n in names.split()])
def test_sensitive_names_are_known_in_four_languages(kind, name):
    assert kind_of_name(name, "text") == kind


@pytest.mark.parametrize(
    "name",
    ["status", "phone_type", "message_id", "tipo_telefono", "email_verified", "risk_score", "created_at", "hours"],
)
def test_names_of_things_about_a_thing_are_not_sensitive(name):
    assert kind_of_name(name, "text") is None


def test_a_name_counts_only_in_a_type_that_can_hold_it():
    assert kind_of_name("message", "whole") is None
    assert kind_of_name("phone", "boolean") is None
    assert kind_of_name("phone", "whole") == "phone number"
    assert kind_of_name("birth_date", "date") == "date of birth or age"
    assert kind_of_name("latitude", "number") == "place of a person"


def test_a_key_may_itself_be_a_number_of_a_person():
    assert personal_number("whatsapp_id")
    assert personal_number("passport_id")
    assert not personal_number("conversation_id")
    assert not personal_number("message_id")
