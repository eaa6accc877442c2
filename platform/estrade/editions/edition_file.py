"""An edition written down in one readable TOML file: read it, check it, say all that is wrong with it.

Pure: no database. Owns the format `estrade-edition/1` (see the sample in `estrade/demo/data`). What
it returns is sound: every slug that is named exists, weights add up to 100, every level has its
sentence, every text shown to people is there in every language of the edition, and every instant
exists exactly once on the local clock.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from estrade.editions.file_part import Part, Texts

FORMAT = "estrade-edition/1"
FIELD_KINDS = ("short", "long", "link", "file")
MAY_BE_REQUIRED = ("summary", "link")
CATEGORIES = ("school", "higher_education", "business", "public_institution")


class EditionFileError(ValueError):
    """The file cannot be used. `problems`: one sentence each, with the place in the file."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganisationEntry:
    slug: str
    name: str
    short_name: str
    category: str
    spellings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepEntry:
    at: datetime
    title: Texts
    place: Texts
    is_key: bool
    is_fixed: bool = False
    least_minutes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferentEntry:
    first_name: str
    last_name: str
    email: str
    title: Texts
    place: Texts


@dataclass(frozen=True, kw_only=True, slots=True)
class ChallengeEntry:
    """`tags`: words per language. `capacity`: teams at most, or None."""

    slug: str
    partner: str
    title: Texts
    question: Texts
    body: Texts
    tags: Mapping[str, tuple[str, ...]]
    referent: ReferentEntry
    capacity: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionEntry:
    """`levels`: one sentence per step of the scale, lowest first, per language."""

    key: str
    weight: Decimal
    label: Texts
    question: Texts
    levels: tuple[Texts, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricEntry:
    """One scale for all criteria. `labels`: the name of each step, lowest first."""

    lowest: Decimal
    highest: Decimal
    step: Decimal
    labels: tuple[Texts, ...]
    criteria: tuple[CriterionEntry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PrizeEntry:
    """`decided_by`: jury, partner (then the sponsor chooses) or audience. `challenge`: only for its teams, or None."""

    name: Texts
    citation: Texts
    amount: Decimal | None
    currency: str
    sponsor: str | None
    rank: int
    decided_by: str
    challenge: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldEntry:
    """One further field of the submissions. `limit`: characters, or megabytes of one file; 0 for the usual one."""

    key: str
    kind: str
    label: Texts
    hint: Texts
    is_required: bool
    limit: int
    most: int
    accepts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmissionEntry:
    """What teams are asked besides title, text and link. `quota_mb`: megabytes of files per team, None for the usual."""

    required: tuple[str, ...]
    quota_mb: int | None
    fields: tuple[FieldEntry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionFile:
    """A whole edition. Instants are aware; `freeze_at` may be None, and so may the rules of teams and the submission form."""

    network_slug: str
    network_name: str
    slug: str
    number: int
    name: str
    kind: str
    theme: Texts
    lead: Texts
    starts_on: date
    ends_on: date
    time_zone: str
    place: str
    languages: tuple[str, ...]
    is_fictional: bool
    board_mode: str
    opens_at: datetime
    submissions_close_at: datetime
    judging_opens_at: datetime
    freeze_at: datetime | None
    organisations: tuple[OrganisationEntry, ...]
    programme: tuple[StepEntry, ...]
    challenges: tuple[ChallengeEntry, ...]
    rubric: RubricEntry
    prizes: tuple[PrizeEntry, ...]
    welcomes_minors: bool = False
    smallest_team: int | None = None
    largest_team: int | None = None
    most_from_one_school: int | None = None
    submission: SubmissionEntry | None = None


def read_edition_file(data: bytes) -> EditionFile:
    """Read and check an edition. Raises EditionFileError with everything that is wrong, not only the first thing."""
    try:
        content = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise EditionFileError(["The file is not UTF-8 text."]) from None
    except tomllib.TOMLDecodeError as error:
        raise EditionFileError([f"The file is not valid TOML: {error}."]) from None
    problems: list[str] = []
    top = Part(content, "file", problems, ())
    if top.text("format") != FORMAT:
        problems.append(f"file.format must be {FORMAT!r}.")
    edition = _read(top)
    if problems:
        raise EditionFileError(problems)
    return edition


def _read(top: Part) -> EditionFile:
    network, edition = top.part("network"), top.part("edition")
    languages = edition.words("languages") or ("fr",)
    top.languages = edition.languages = languages
    zone = _zone(edition)
    instants = edition.part("instants")
    organisations = tuple(_organisation(part) for part in top.parts("organisation"))
    _unique(top, "organisation", [one.slug for one in organisations])
    slugs = [one.slug for one in organisations]
    challenges = tuple(_challenge(part, slugs) for part in top.parts("challenge"))
    _unique(top, "challenge", [one.slug for one in challenges])
    times = {name: _instant(instants, name, zone) for name in ("opens_at", "submissions_close_at", "judging_opens_at")}
    freeze_at = _instant(instants, "freeze_at", zone) if "freeze_at" in instants.content else None
    _in_order(instants, [*times.values(), freeze_at])
    read = EditionFile(
        network_slug=network.slug("slug"),
        network_name=network.text("name"),
        slug=edition.slug("slug"),
        number=edition.whole("number"),
        name=edition.text("name"),
        kind=edition.one_of("kind", ("hackathon", "ideathon")),
        theme=edition.texts("theme", {}),
        lead=edition.texts("lead", {}),
        starts_on=_day(edition, "starts_on"),
        ends_on=_day(edition, "ends_on"),
        time_zone=str(zone),
        place=edition.text("place", ""),
        languages=languages,
        is_fictional=bool(edition.take("fictional", bool, "true or false", False)),
        board_mode=edition.one_of("board_mode", ("off", "top", "order", "full"), "full"),
        freeze_at=freeze_at,
        organisations=organisations,
        programme=tuple(_step(part, zone) for part in top.parts("step")),
        challenges=challenges,
        rubric=_rubric(top.part("rubric")),
        prizes=tuple(_prize(part, slugs, challenges) for part in top.parts("prize")),
        welcomes_minors=bool(edition.take("minors", bool, "true or false", False)),
        opens_at=times["opens_at"],
        submissions_close_at=times["submissions_close_at"],
        judging_opens_at=times["judging_opens_at"],
        submission=_submission(top.part("submission")) if "submission" in top.content else None,
    )
    read = _with_team_rules(top, read)
    if read.ends_on < read.starts_on:
        edition.complain("ends_on", "is before starts_on")
    for part in (network, instants, edition, top):
        part.end()
    return read


def _with_team_rules(top: Part, read: EditionFile) -> EditionFile:
    if "teams" not in top.content:
        return read
    part = top.part("teams")
    names = ("smallest_team", "largest_team", "most_from_one_school")
    smallest, largest, of_school = (part.whole(name) if name in part.content else None for name in names)
    if smallest is not None and largest is not None and largest < smallest:
        part.complain("largest_team", "is below smallest_team")
    part.end()
    return replace(read, smallest_team=smallest, largest_team=largest, most_from_one_school=of_school)


def _organisation(part: Part) -> OrganisationEntry:
    name = part.text("name")
    entry = OrganisationEntry(
        slug=part.slug("slug"),
        name=name,
        short_name=part.text("short_name", name),
        category=part.one_of("category", CATEGORIES),
        spellings=part.words("aliases"),
    )
    part.end()
    return entry


def _step(part: Part, zone: ZoneInfo) -> StepEntry:
    entry = StepEntry(
        at=_instant(part, "at", zone),
        title=part.texts("title"),
        place=part.texts("place", {}),
        is_key=bool(part.take("key", bool, "true or false", False)),
        is_fixed=bool(part.take("fixed", bool, "true or false", False)),
        least_minutes=part.whole("least_minutes", 0, least=0),
    )
    part.end()
    return entry


def _challenge(part: Part, organisations: list[str]) -> ChallengeEntry:
    referent = part.part("referent")
    entry = ChallengeEntry(
        slug=part.slug("slug"),
        partner=part.one_of("partner", organisations),
        title=part.texts("title"),
        question=part.texts("question"),
        body=part.texts("body"),
        tags=part.lists("tags") if "tags" in part.content else {},
        capacity=part.whole("teams_max") if "teams_max" in part.content else None,
        referent=ReferentEntry(
            first_name=referent.text("first_name"),
            last_name=referent.text("last_name"),
            email=referent.text("email"),
            title=referent.texts("title"),
            place=referent.texts("place"),
        ),
    )
    referent.end()
    part.end()
    return entry


def _rubric(part: Part) -> RubricEntry:
    scale = part.part("scale")
    lowest, highest, step = scale.number("min"), scale.number("max"), scale.number("step", 1)
    if step <= 0 or highest <= lowest or (highest - lowest) % step:
        scale.complain("step", "must divide a scale that goes up")
        lowest, highest, step = Decimal(0), Decimal(1), Decimal(1)
    count = int((highest - lowest) / step) + 1
    labels = _per_level(part.lists("labels", count), count)
    criteria = tuple(_criterion(one, count) for one in part.parts("criterion"))
    _unique(part, "criterion", [one.key for one in criteria])
    if sum(one.weight for one in criteria) != 100:
        part.complain("criterion", "needs weights that add up to 100")
    scale.end()
    part.end()
    return RubricEntry(lowest=lowest, highest=highest, step=step, labels=labels, criteria=criteria)


def _criterion(part: Part, levels: int) -> CriterionEntry:
    entry = CriterionEntry(
        key=part.slug("slug"),
        weight=part.number("weight"),
        label=part.texts("name"),
        question=part.texts("question"),
        levels=_per_level(part.lists("levels", levels), levels),
    )
    if entry.weight <= 0:
        part.complain("weight", "must be more than 0")
    part.end()
    return entry


def _per_level(lists: Mapping[str, tuple[str, ...]], count: int) -> tuple[Texts, ...]:
    return tuple({language: texts[n] for language, texts in lists.items() if n < len(texts)} for n in range(count))


def _prize(part: Part, organisations: list[str], challenges: tuple[ChallengeEntry, ...]) -> PrizeEntry:
    entry = PrizeEntry(
        name=part.texts("name"),
        citation=part.texts("citation", {}),
        amount=part.number("amount") if "amount" in part.content else None,
        currency=part.text("currency", "EUR"),
        sponsor=part.one_of("sponsor", organisations) if "sponsor" in part.content else None,
        rank=part.whole("rank", 1),
        decided_by=part.one_of("decided_by", ("jury", "partner", "audience"), "jury"),
        challenge=part.one_of("challenge", [one.slug for one in challenges]) if "challenge" in part.content else None,
    )
    if entry.decided_by == "partner" and entry.sponsor is None:
        part.complain("sponsor", "is missing, and it is the partner that decides")
    partner = next((one.partner for one in challenges if one.slug == entry.challenge), None)
    if entry.decided_by == "partner" and partner is not None and partner != entry.sponsor:
        part.complain("challenge", "is not one of the sponsor, which could not choose among its teams")
    part.end()
    return entry


def _submission(part: Part) -> SubmissionEntry:
    entry = SubmissionEntry(
        required=part.words("required"),
        quota_mb=part.whole("quota_mb") if "quota_mb" in part.content else None,
        fields=tuple(_field(one) for one in part.parts("field")),
    )
    for name in sorted(set(entry.required) - set(MAY_BE_REQUIRED)):
        part.complain("required", f"has {name!r} but may only have: {', '.join(MAY_BE_REQUIRED)}")
    _unique(part, "field", [one.key for one in entry.fields])
    part.end()
    return entry


def _field(part: Part) -> FieldEntry:
    entry = FieldEntry(
        key=part.text("key"),
        kind=part.one_of("kind", FIELD_KINDS),
        label=part.texts("label"),
        hint=part.texts("hint", {}),
        is_required=bool(part.take("required", bool, "true or false", False)),
        limit=part.whole("limit", 0, least=0),
        most=part.whole("most", 1),
        accepts=part.words("accepts"),
    )
    part.end()
    return entry


def _zone(part: Part) -> ZoneInfo:
    name = part.text("time_zone")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        part.complain("time_zone", f"is {name!r}, which is not a time zone such as 'Europe/Paris'")
        return ZoneInfo("UTC")


def _day(part: Part, key: str) -> date:
    value = part.take(key, date, "a day such as 2027-03-19")
    if isinstance(value, datetime):
        part.complain(key, "must be a day without a time")
    return value if isinstance(value, date) else date.min


def _instant(part: Part, key: str, zone: ZoneInfo) -> datetime:
    """The aware instant of a local time. A time that the clock change skips or repeats is refused."""
    value = part.take(key, datetime, "a date and time such as 2027-03-19T17:30:00")
    if not isinstance(value, datetime):
        return datetime.min.replace(tzinfo=UTC)
    if value.tzinfo is not None:
        return value
    first, second = value.replace(tzinfo=zone, fold=0), value.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        part.complain(key, "falls into the night of the clock change: this time does not exist exactly once")
    return first


def _in_order(part: Part, instants: list[datetime | None]) -> None:
    known = [instant for instant in instants if instant is not None]
    if known != sorted(known):
        part.complain("opens_at", "must come first, then the end of submissions, the start of judging and the freeze")


def _unique(part: Part, key: str, slugs: list[str]) -> None:
    for slug in sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        part.complain(key, f"has {slug!r} twice")
