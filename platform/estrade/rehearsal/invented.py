"""Invented names and pitches, for what a set-up lacks. Nobody's and nothing's; pure data."""

from dataclasses import dataclass

FIRST_NAMES = (
    "Ambre", "Basile", "Célestine", "Dorian", "Éline", "Firmin", "Garance", "Hippolyte", "Isaure", "Joachim",
    "Katell", "Léandre", "Mahaut", "Noé", "Ondine", "Pacôme", "Quitterie", "Romarin", "Solène", "Tancrède",
)  # fmt: skip
LAST_NAMES = (
    "Alvarin", "Brimond", "Castelnoir", "Dauvrey", "Esterel", "Fauvart", "Grandval", "Hautmont", "Islemer", "Jonquet",
    "Kerlan", "Lambrun", "Montclar", "Noirval", "Orvane", "Pervence", "Quincey", "Rochebrun", "Sorival", "Tremont",
)  # fmt: skip
TEAM_NAMES = ("Atlas", "Boréal", "Comète", "Delta", "Écume", "Fanal", "Granit", "Horizon", "Iris", "Jade", "Kairos", "Lumen")


@dataclass(frozen=True)
class Pitch:
    """What a simulated team hands in."""

    title: str
    summary: str
    text: str


FRENCH = (
    Pitch(
        "De l’ombre là où l’on marche",
        "Une carte qui dit quelle rue reste fraîche, heure par heure.",
        "## Le problème\nOn sait où il fait chaud, pas où l’on peut marcher.\n\n## Notre solution\nUne carte de l’ombre utile.",
    ),
    Pitch(
        "Le prêt d’à côté",
        "Emprunter une perceuse sans l’acheter, dans son immeuble.",
        "## Le problème\nUn outil sert douze minutes dans sa vie.\n\n## Notre solution\nUn casier, une clé, un voisin.",
    ),
    Pitch(
        "Premier train",
        "Un seul message quand la correspondance est perdue.",
        "## Le problème\nTrois applications, trois réponses.\n\n## Notre solution\nUne phrase, et le prochain départ.",
    ),
    Pitch(
        "La cantine compte",
        "Moins de pain jeté, un menu à la fois.",
        "## Le problème\nOn jette ce que l’on ne mesure pas.\n\n## Notre solution\nUne balance et un tableau que chacun lit.",
    ),
)
ENGLISH = (
    Pitch(
        "Shade where people walk",
        "A map that says which street stays cool, hour by hour.",
        "## The problem\nWe know where it is hot, not where one can walk.\n\n## Our solution\nA map of useful shade.",
    ),
    Pitch(
        "The loan next door",
        "Borrow a drill without buying one, in your own building.",
        "## The problem\nA tool works twelve minutes in its life.\n\n## Our solution\nA locker, a key, a neighbour.",
    ),
    Pitch(
        "First train",
        "One single message when the connection is lost.",
        "## The problem\nThree apps, three answers.\n\n## Our solution\nOne sentence, and the next departure.",
    ),
    Pitch(
        "The canteen counts",
        "Less bread thrown away, one menu at a time.",
        "## The problem\nWhat is not measured is thrown away.\n\n## Our solution\nA scale, and a table that everybody reads.",
    ),
)


def pitch_of(number: int, language: str) -> Pitch:
    """The pitch of the team with this number in order of passage, from 0."""
    pitches = FRENCH if language == "fr" else ENGLISH
    return pitches[number % len(pitches)]


def name_of(number: int) -> tuple[str, str]:
    """First and last name of the simulated person with this number, from 0. 400 before one comes back."""
    return FIRST_NAMES[number % 20], LAST_NAMES[(number + number // 20) % 20]
