"""Which header cell means which column. Pure.

The words are those of registration forms in French and English, compared without case, accents,
spaces and punctuation.
"""

import re

from teams.spellings import spelling_key

_COLUMNS: dict[str, tuple[str, ...]] = {
    "stamp": ("horodateur", "horodatage", "timestamp", "datedenvoi", "datedinscription", "submittedat"),
    "last_name": ("nom", "nomdefamille", "lastname", "surname", "familyname"),
    "first_name": ("prenom", "firstname", "givenname"),
    "email": ("adresseemail", "adressemail", "email", "mail", "courriel", "adresseelectronique", "emailaddress"),
    "school": ("etablissement", "ecole", "lycee", "etablissementscolaire", "school", "institution"),
    "level": ("niveauformation", "niveau", "formation", "niveaudetudes", "classe", "level", "levelofstudy"),
    "skills": ("competences", "competencesplusieurschoixpossibles", "pointsforts", "atouts", "skills", "strengths"),
    "friends": ("jesouhaiteetreavec", "souhaiteetreavec", "avecqui", "avec", "avecbinome", "binome", "friends", "iwishtobewith"),
    "number": ("n", "no", "num", "numero", "nodordre", "numerodordre", "matricule", "number"),
    "full_name": ("nomprenom", "nometprenom", "prenomnom", "prenometnom", "nomcomplet", "fullname", "name"),
    "minor": ("mineur", "mineure", "mineurs", "estmineur", "minor", "under18"),
    "consent": ("autorisationparentale", "accordparental", "consentementparental", "parentalconsent", "parentalauthorisation"),
}
_BY_KEY = {key: column for column, keys in _COLUMNS.items() for key in keys}
_CHOICE = re.compile(r"(?:choix|voeu|choice|preference)(?:n|no|num|numero)?(?:du)?(?:defi)?([1-9][0-9]?)")
_APART = re.compile(r"a?nepasmettreavec|(?:a)?separerde|keepapart")
# What must never be stored: health, diet, beliefs and free remarks.
_DROPPED = re.compile(r"regime|alimentaire|allergie|remarque|commentaire|handicap|sante|diet|remarks?|comments?|health")


def column_of(header: str) -> str | None:
    """The column a header cell names, `choice.N` for the Nth choice, or None."""
    key = spelling_key(header)
    if choice := _CHOICE.fullmatch(key):
        return f"choice.{int(choice[1])}"
    if _APART.match(key):
        return "apart"
    return _BY_KEY.get(key)


def first_name_comes_first(header: str) -> bool:
    """Of a column with the whole name: whether its title names the first name before the family name."""
    return spelling_key(header).startswith(("prenom", "first", "name", "fullname", "nomcomplet"))


def is_dropped(header: str) -> bool:
    """Whether the column is known and deliberately not stored."""
    return bool(_DROPPED.search(spelling_key(header)))
